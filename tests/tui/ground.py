"""What a dashboard on a terminal stands on: a home with settings, a server whose world is in a file, what is left.

Every process carries a mark in its environment, so that one that is left behind is found wherever it went.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import tomli_w

from jjm_tui.simulator.journal import read_journal
from jjm_tui.simulator.world import World
from tests.cli.program import Program
from tests.forking.quick_python import Nursling, quick_python
from tests.tui.marked import Marked
from tests.tui.terminal_stage import ROOT, TerminalStage

MARK = "JJM_TEST_MARK"
PATHS = os.pathsep.join([str(ROOT), str(ROOT / "src")])


@dataclass
class Ground:
    """A home with settings, and a server whose world is in a file. All processes on it carry ``mark``.

    ``variables``: what else is in the environment of the program.
    """

    folder: Path
    traits: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid4().hex)
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._marked = Marked(f"{MARK}={self.mark}")
        self.folder.mkdir(parents=True, exist_ok=True)
        World(1, 12, 0.0, state_path=self.world)
        home = self.program.home
        home.mkdir()
        (home / "jjm.toml").write_text(tomli_w.dumps(self._all_settings()))

    def _all_settings(self) -> dict[str, Any]:
        standard: dict[str, dict[str, Any]] = {
            "server": {
                "label": "stage",
                "command": sys.executable,
                "args": ["-m", "tests.tui.held_server", str(self.folder), *self.traits],
                "env": {MARK: self.mark, "PYTHONPATH": PATHS},
                "cwd": str(ROOT),
            },
            "polling": {"interval": 0.5, "calls_per_minute": 100_000},
            "outbox": {"confirm_for": 0.0, "settle_window": 0.0},
            "ui": {"reduced_motion": True},
        }
        return {
            name: {**standard.get(name, {}), **self.settings.get(name, {})} for name in {**standard, **self.settings}
        }

    @property
    def world(self) -> Path:
        """The file of the world."""
        return self.folder / "world.json"

    @property
    def program(self) -> Program:
        """The program over this home, for commands beside the dashboard."""
        variables = {MARK: self.mark, "TEXTUAL_ANIMATIONS": "none", "LC_ALL": "C.UTF-8", "PYTHONPATH": PATHS}
        return Program(self.folder / "home", extra_environ={**variables, **self.variables})

    def open(
        self, *arguments: str, forked: bool = True, kill_at: tuple[int, int] = (0, 0), **options: Any
    ) -> TerminalStage:
        """Open the dashboard, or with arguments run a command, on a terminal.

        ``forked``: quickly, from a process that has everything imported. ``kill_at``: it kills itself at this save of
        the outbox, so many steps after it began; see ``self_killing``.
        """
        program = self.program
        if not forked:
            return TerminalStage(program.plain_argv(*arguments), program.environ, **options)

        def start(terminal: str) -> Nursling:
            words = [*map(str, kill_at), *arguments]
            return quick_python(program.environ).fork("tests.tui.self_killing", words, terminal, program.environ)

        return TerminalStage([], {}, start=start, **options)

    def take_over(self, other: Ground) -> None:
        """Begin with the store and the world of another ground."""
        shutil.copy(other.world, self.world)
        ignored = shutil.ignore_patterns("jjm.toml", "*.lock")
        shutil.copytree(other.program.home, self.program.home, ignore=ignored, dirs_exist_ok=True)

    # the server

    def order(self, what: str, tool: str, task_id: str | None = None) -> None:
        """Let calls of a tool, for one task only if it is named, be held, refused or cut; see ``held_server``."""
        (self.folder / "-".join(filter(None, (what, tool, task_id)))).touch()

    def lift(self, what: str, tool: str, task_id: str | None = None) -> None:
        """Let them pass again."""
        (self.folder / "-".join(filter(None, (what, tool, task_id)))).unlink(missing_ok=True)

    def lift_all(self) -> None:
        """Let everything pass again."""
        for what in ("hold", "keep", "refuse", "die", "drop"):
            for path in self.folder.glob(f"{what}-*"):
                path.unlink(missing_ok=True)

    def calls(self, tool: str) -> int:
        """How often a tool was called."""
        return len(self.askers(tool))

    def askers(self, tool: str) -> list[int]:
        """The servers that were asked for a tool, by their process ids, in the order of the calls."""
        log = self.folder / "calls.log"
        lines = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
        return [int(pid) for name, pid in lines if name == tool]

    def change_world(self) -> World:
        """The world, for what happens in it elsewhere."""
        return World(1, 12, 0.0, state_path=self.world)

    def effects(self, kind: str) -> list[tuple[str, str]]:
        """What really happened in the world: session and text, oldest first."""
        return [(entry.session_id, entry.text) for entry in read_journal(self.world) if entry.kind == kind]

    def drafts(self) -> dict[str, str]:
        """The texts on disk that did not go out, by their keys."""
        return {each["key"]: each["text"] for each in self._stored("drafts") if each["text"]}

    def operations(self) -> list[dict[str, Any]]:
        """The operations on disk, oldest first."""
        return self._stored("outbox", "operations")

    def _stored(self, name: str, key: str | None = None) -> list[dict[str, Any]]:
        found = list((self.folder / "home").rglob(f"{name}.json"))
        records: list[dict[str, Any]] = json.loads(found[0].read_bytes())[key or name] if found else []
        return records

    # processes

    def processes(self) -> dict[int, str]:
        """Every living process of this ground: their command lines by their ids."""
        return self._marked.living()

    def end_processes(self) -> None:
        """Kill what a failed test has left."""
        self._marked.end()


@contextlib.contextmanager
def ground(folder: Path, *traits: str, **settings: Mapping[str, Any]) -> Iterator[Ground]:
    """A ground that leaves no process behind."""
    made = Ground(folder, traits, settings)
    try:
        yield made
    finally:
        made.end_processes()
