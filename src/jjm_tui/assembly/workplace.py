"""Settings and the folders of one run; those of a demo are new and go afterwards."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from jjm_tui.assembly.options import Options, load
from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import Loaded, Locations, StorePaths
from jjm_tui.settings.presets import origin as origin_of


@dataclass(frozen=True, slots=True)
class Workplace:
    """Settings and where this run keeps its files. ``store``: the files of the profile's store."""

    loaded: Loaded
    locations: Locations
    store: StorePaths
    origin: str
    demo: bool = False


@contextlib.contextmanager
def workplace(options: Options, environ: Mapping[str, str] | None = None) -> Iterator[Workplace]:
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
        yield Workplace(loaded, locations, paths, origin)
        return
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="jjm-demo-"))
    try:
        locations = Locations.under(folder)
        shared = replace(settings, demo=replace(settings.demo, state=folder / "world.json"))
        demo = replace(loaded, settings=shared)
        yield Workplace(demo, locations, locations.store_paths(loaded.profile), origin, demo=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
