"""Long sentences on standard error: between words on a terminal, in one line for files and pipes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.cli.wrapping import wrapped
from jjm_tui.domain.text import cell_width
from jjm_tui.errors import WrongStateError
from tests.cli.program import Program
from tests.cli.samples import Screen

SENTENCE = "--status does not know 'x'; there are pending, in_progress, waiting_approval, paused, completed, failed."
HINT = "The answer was lost on its way, so look first. Then: jjm outbox settle, jjm outbox resend ab12."


def test_error_on_a_terminal_breaks_between_words_and_goes_on_under_itself() -> None:
    screen = Screen(error_terminal=True)
    screen.output.tell_error(WrongStateError(SENTENCE, hint=HINT), as_json=False)
    assert screen.err == (
        "jjm: --status does not know 'x'; there are pending, in_progress,\n"
        "     waiting_approval, paused, completed, failed.\n"
        "  The answer was lost on its way, so look first. Then: jjm outbox settle,\n"
        "  jjm outbox resend ab12.\n"
    )


def test_error_in_a_file_is_one_line_with_its_hint_below() -> None:
    screen = Screen(error_terminal=False)
    screen.output.tell_error(WrongStateError(SENTENCE, hint=HINT), as_json=False)
    assert screen.err == f"jjm: {SENTENCE}\n  {HINT}\n"


@pytest.mark.parametrize(
    "kept",
    [
        "jjm approve 31415926535897932384 --plan 9f86d081884c7d65 --yes",
        "`jjm store repair --from anything at all`",
        "(jjm open 31415926535897932384);",
        "/a/path/" + "x" * 100,
    ],
)
@pytest.mark.parametrize("before", range(0, 90, 7))
def test_what_may_be_copied_is_never_broken(kept: str, before: int) -> None:
    told = wrapped("jjm: " + "aa " * (before // 3) + kept, 80)
    assert kept in told.split("\n")[-1]


@given(st.text(alphabet="ab日 `'.(jm/", max_size=200), st.integers(1, 90))
def test_wrapping_loses_nothing_and_is_stable(text: str, width: int) -> None:
    told = wrapped(text, width)
    assert told.split() == text.split()
    assert wrapped(told, width) == told
    assert all(cell_width(line) <= width or len(_breakable(line)) == 1 for line in told.split("\n") if line.strip())


def _breakable(line: str) -> list[str]:
    """A line that is too long is one word, or holds what stays together."""
    return [line] if "`" in line or "jjm" in line else line.split()


def test_messages_of_the_program_fit_the_terminal(program: Program) -> None:
    with program.on_terminal("list", "--status", "waiting_aproval", columns=80) as terminal:
        assert terminal.finish() == 2
        lines = terminal.text.splitlines()
    assert len(lines) > 2
    assert all(len(line) <= 80 for line in lines)
    assert "waiting_feedback," in terminal.text
    assert len(program.run("list", "--status", "waiting_aproval").err.splitlines()) == 2
