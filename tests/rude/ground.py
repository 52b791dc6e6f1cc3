"""A home whose server misbehaves, and a look at what is left running."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from tests.cli.program import Program
from tests.rude.table import SETTINGS
from tests.tui.marked import Marked
from tests.tui.terminal_stage import ROOT

MARK = "JJM_TEST_MARK"
_GONE_AFTER = 10.0
"""Seconds that what was killed has to be gone."""


@dataclass
class RudeGround:
    """Settings in the environment; all processes carry a mark."""

    folder: Path
    mode: str
    at: tuple[str, ...] = ()
    """The tool at which it misbehaves, if it is not that of the list, and ``deaf`` if it does nothing then."""
    mark: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        self.marked = Marked(f"{MARK}={self.mark}")

    def left(self) -> dict[int, str]:
        """What is left running, after a moment for what was killed to be gone."""
        end = time.monotonic() + _GONE_AFTER
        while (living := self.marked.living()) and time.monotonic() < end:
            time.sleep(0.02)
        return living

    @property
    def server(self) -> str:
        """The command of the server."""
        words = [sys.executable, "-m", "tests.rude.jules_server", self.mode, str(self.folder / "world.json"), *self.at]
        return " ".join(words)

    @property
    def program(self) -> Program:
        """The program with this server."""
        return Program(
            self.folder / "home",
            extra_environ={
                MARK: self.mark,
                "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
                "JJM_SERVER__PASS_ENV": f'["PYTHONPATH", "{MARK}"]',
                "TEXTUAL_ANIMATIONS": "none",
                "LC_ALL": "C.UTF-8",
                **SETTINGS.get(self.mode, {}),
            },
        )
