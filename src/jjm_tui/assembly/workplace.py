"""Settings and the folders of one run; those of a demo are new and go afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from jjm_tui.assembly.options import Options, load
from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import Loaded, Locations, StorePaths
from jjm_tui.settings.presets import origin as origin_of

_DEMO_PREFIX: Final = "jjm-demo-"


@dataclass(frozen=True, slots=True)
class Workplace:
    """Settings and where this run keeps its files. ``store``: the files of the profile's store."""

    loaded: Loaded
    locations: Locations
    store: StorePaths
    origin: str
    demo: bool = False


@contextlib.contextmanager
def open_workplace(options: Options, environ: Mapping[str, str] | None = None) -> Iterator[Workplace]:
    """Settings and folders of one run; those of a demo are new and go afterwards.

    Raises:
        ConfigurationError: the settings are wrong, or ask for a backend that this version does not have.
    """
    variables = os.environ if environ is None else environ
    loaded = load(options, variables)
    settings = loaded.settings
    if settings.storage.backend != "json":
        raise ConfigurationError(
            f"The storage backend {settings.storage.backend} is not in this version.",
            hint='Set storage.backend = "json".',
            context={"key": "storage.backend"},
        )
    origin = origin_of(settings, loaded.profile)
    if not options.demo:
        locations = Locations.find(variables)
        paths = locations.store_paths(loaded.profile, settings.storage.path)
        yield Workplace(_with_lasting_world(loaded, paths), locations, paths, origin)
        return
    import shutil
    import tempfile

    _sweep_demos(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=f"{_DEMO_PREFIX}{os.getpid()}-"))
    try:
        locations = Locations.under(folder)
        shared = _with_world(loaded, folder / "world.json")
        yield Workplace(shared, locations, locations.store_paths(loaded.profile), origin, demo=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _with_lasting_world(loaded: Loaded, store: StorePaths) -> Loaded:
    """The preset demo keeps its world as long as the store its tasks, so that a command sees what the last one did."""
    server, demo = loaded.settings.server, loaded.settings.demo
    if server.preset != "demo" or demo.state is not None:
        return loaded
    return _with_world(loaded, store.demo_world(demo.seed, demo.tasks))


def _with_world(loaded: Loaded, state: Path) -> Loaded:
    settings = loaded.settings
    return replace(loaded, settings=replace(settings, demo=replace(settings.demo, state=state)))


def _sweep_demos(folder: Path) -> None:
    """Remove what demos of ours left behind whose process was killed."""
    import shutil

    for left in folder.glob(f"{_DEMO_PREFIX}*-*"):
        pid = left.name.removeprefix(_DEMO_PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if pid.isdigit() and left.stat().st_uid == os.getuid() and not _is_running(int(pid)):
                shutil.rmtree(left, ignore_errors=True)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
