"""The dashboard over a server that misbehaves: it tells what is wrong, stays usable, and leaves nothing running."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rude.ground import RudeGround
from tests.rude.table import ANSWERED, REFUSED
from tests.tui.terminal_stage import Modes, Process, TerminalStage

SHOWN = [*ANSWERED[::3], *list(REFUSED)[::2]]
"""The commands meet every mode; here are some of each kind, as all modes come through the same connection."""


@pytest.mark.parametrize("mode", SHOWN)
def test_dashboard_says_what_is_wrong_and_quits_cleanly(mode: str, tmp_path: Path) -> None:
    ground = RudeGround(tmp_path, mode)

    def start(terminal: str) -> Process:
        return ground.program.fork(terminal, "--server", ground.server)

    try:
        with TerminalStage([], {}, columns=160, rows=45, start=start) as terminal:
            if mode in ANSWERED:
                terminal.shows("NEEDS YOU (", "connected")
            else:
                terminal.press("C")
                terminal.shows("Connection", REFUSED[mode][2].split()[0])
                terminal.press("escape")
            terminal.press("?")
            terminal.shows("Help")
            terminal.press("escape", "c")
            terminal.shows("New task")
            terminal.press("escape")
            terminal.insist("q", lambda: terminal.process.poll() is not None, "its end")
            assert terminal.finish() == 0
            assert terminal.modes == Modes()
        assert ground.marked.living() == {}
    finally:
        ground.marked.end()
