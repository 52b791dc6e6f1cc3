"""The dashboard over a server that misbehaves: it tells what is wrong, stays usable, and leaves nothing running."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rude.ground import RudeGround
from tests.rude.table import ANSWERED, REFUSED
from tests.tui.terminal_stage import Modes, Process, TerminalStage

ALIKE = frozenset(
    (
        *("grandchild_ignores_sigterm", "glued", "no_newline", "chatty", "chatters_at_length", "much_and_exit"),
        *("speaks_html", "refuses_handshake", "grandchild_dies", "endless_drip"),
        *("no_result", "no_jsonrpc", "broken_json", "null_id", "forgets_structure"),
    )
)
"""Ways of misbehaving that end as another one does; the commands and the benchmark meet them."""
SHOWN = [mode for mode in (*ANSWERED, *REFUSED) if mode not in ALIKE]

COLUMNS = 160
GROUPS = ("NEEDS YOU (3)", "RUNNING (4)", "PAUSED (1)", "FAILED (1)", "DONE (3)")
"""All twelve tasks of the world."""


def says(terminal: TerminalStage, *words: str) -> Callable[[], bool]:
    """Whether the left half of the screen says this, wherever its lines are broken."""

    def is_said() -> bool:
        lines = [line[: COLUMNS // 2] for line in terminal.screen.text.splitlines()]
        said = " ".join(" ".join(lines).split())
        return all(each in said for each in words)

    return is_said


@pytest.mark.parametrize("mode", SHOWN)
def test_dashboard_says_what_is_wrong_and_quits_cleanly(mode: str, tmp_path: Path) -> None:
    ground = RudeGround(tmp_path, mode)

    def start(terminal: str) -> Process:
        return ground.program.fork(terminal, "--server", ground.server)

    try:
        with TerminalStage([], {}, columns=COLUMNS, rows=35, start=start) as terminal:
            if mode in ANSWERED:
                terminal.shows("connected", *GROUPS)
            else:
                terminal.press("C")
                told = REFUSED[mode]
                terminal.until(says(terminal, "trouble ", told.words, "way out ", told.way_out), f"{told}")
                terminal.press("escape")
            terminal.press("c")
            terminal.shows("New task")
            terminal.press("escape")
            terminal.insist("q", lambda: terminal.process.poll() is not None, "its end")
            assert terminal.finish() == 0
            terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")
        assert ground.left() == {}
    finally:
        ground.marked.end()
