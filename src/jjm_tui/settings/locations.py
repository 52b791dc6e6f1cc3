"""Where things are on this machine: settings, stores, logs, caches; in ``JJM_HOME`` or the platform's folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from jjm_tui.errors import ConfigurationError

APP_NAME: Final = "jjm-tui"
CONFIG_NAME: Final = "jjm.toml"
DEFAULT_PROFILE: Final = "default"
DEMO_PROFILE: Final = "demo"
_PROFILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def check_profile_name(name: str) -> None:
    """Raise ConfigurationError unless the name can be a folder's name everywhere."""
    if _PROFILE_NAME.fullmatch(name) is None or name.endswith("."):
        raise ConfigurationError(
            f"{name[:80]!r} cannot be the name of a profile.",
            hint="Use up to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit.",
            context={"key": "profile"},
        )


@dataclass(frozen=True)
class StorePaths:
    """The files of one store; all of them stand beside the tasks.

    ``tasks`` and ``drafts`` and ``outbox`` are JSON, ``events`` JSON lines; ``activities`` has one file per task,
    ``locks`` the lock files of running copies.
    """

    tasks: Path
    events: Path
    outbox: Path
    drafts: Path
    activities: Path
    locks: Path

    @classmethod
    def beside(cls, tasks: Path) -> Self:
        """The files that belong to a store file of any name: ``work.json`` has ``work.events.jsonl`` and so on."""
        stem = _stem(tasks)
        folder = tasks.parent
        return cls(
            tasks=tasks,
            events=folder / f"{stem}events.jsonl",
            outbox=folder / f"{stem}outbox.json",
            drafts=folder / f"{stem}drafts.json",
            activities=folder / f"{stem}activities",
            locks=folder / f"{stem}locks",
        )

    @property
    def dashboard(self) -> Path:
        """What the dashboard remembers, also for other stores of the folder."""
        return self.tasks.parent / "dashboard.json"

    def demo_world(self, seed: int, tasks: int) -> Path:
        """Where the preset demo keeps its world, as the store keeps its tasks; other numbers make another world."""
        return self.tasks.parent / f"{_stem(self.tasks)}demo-{seed}-{tasks}.json"


def _stem(tasks: Path) -> str:
    return "" if tasks.name == "tasks.json" else f"{tasks.name.removesuffix('.json')}."


@dataclass(frozen=True)
class Locations:
    """The folders of this program. Nothing is created here; who writes makes its folder, private to the user."""

    config_dir: Path
    data_dir: Path
    state_dir: Path
    log_dir: Path
    cache_dir: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Self:
        """The folders by ``JJM_HOME``, else where the platform wants them."""
        home = environ.get("JJM_HOME", "").strip()
        if home:
            return cls.under(Path(home).expanduser().absolute())
        import platformdirs

        dirs = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
        return cls(
            config_dir=dirs.user_config_path,
            data_dir=dirs.user_data_path,
            state_dir=dirs.user_state_path,
            log_dir=dirs.user_log_path,
            cache_dir=dirs.user_cache_path,
        )

    @classmethod
    def under(cls, folder: Path) -> Self:
        """Everything in one folder: ``JJM_HOME``, the throw-away folder of a demo, a test's."""
        return cls(folder, folder / "data", folder / "state", folder / "logs", folder / "cache")

    @property
    def config_file(self) -> Path:
        """The settings file in its usual place."""
        return self.config_dir / CONFIG_NAME

    def store_paths(self, profile: str, path: Path | None = None) -> StorePaths:
        """The files of a profile's store, or of the store file that the settings or ``--store`` name."""
        if path is not None:
            return StorePaths.beside(path.expanduser().absolute())
        check_profile_name(profile)
        return StorePaths.beside(self.data_dir / profile / "tasks.json")

    @property
    def server_locks(self) -> Path:
        """Locks that copies with different stores share: one call at a time to the same browser, for example."""
        return self.state_dir / "locks"

    @property
    def terminals(self) -> Path:
        """What terminals remember: the rows of the last ``list``, for ``@N``."""
        return self.state_dir / "terminals"


def locate_config(config_file: Path | None, environ: Mapping[str, str]) -> tuple[Path, bool]:
    """The settings file, and whether it must exist because somebody named it."""
    if config_file is not None:
        return config_file.expanduser().absolute(), True
    named = environ.get("JJM_CONFIG", "").strip()
    if named:
        return Path(named).expanduser().absolute(), True
    return Locations.find(environ).config_file, False
