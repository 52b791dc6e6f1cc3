"""Columns, cuts and wrapped lines, and the commands that are made of them, on a terminal."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.cli.tables import GAP, Cell, Column, cut, hanging, pairs, widths_of, with_title
from jjm_tui.domain.text import cell_width
from tests.cli.program import Program


def column(*texts: str, share: int | None = None) -> Column:
    return Column("T", [Cell(text) for text in texts], share)


def test_widths_give_fixed_columns_what_they_need_and_flexible_ones_the_rest() -> None:
    columns = [column("12345678"), column("x" * 50, share=2), column("y" * 50, share=1), column("9 ago")]
    assert widths_of(columns, 8 + 30 + 5 + 3 * GAP) == [8, 20, 10, 5]
    assert widths_of(columns, 200) == [8, 50, 50, 5]


def test_widths_leave_to_others_what_a_modest_column_does_not_need() -> None:
    assert widths_of([column("abc", share=1), column("x" * 50, share=1)], 43 + GAP) == [3, 40]


@given(st.text(max_size=80), st.integers(1, 60), st.booleans())
def test_cut_never_is_wider_than_asked_for(text: str, width: int, unicode: bool) -> None:
    assert cell_width(cut(text, width, unicode=unicode)) <= width


def test_cut_ends_with_an_ellipsis_that_the_terminal_can_show() -> None:
    assert cut("Fix the login", 8) == "Fix the…"
    assert cut("Fix the login", 8, unicode=False) == "Fix t..."
    assert cut("Fix", 8) == "Fix"


def test_hanging_goes_on_under_its_own_beginning() -> None:
    assert (
        hanging("name  ", "one two three four five six seven", 30) == "name  one two three four five\n      six seven"
    )
    assert hanging("name  ", "", 30) == "name  "


def test_title_is_added_only_where_it_says_something() -> None:
    assert with_title("plan ready", "Upgrade the ORM", 40) == "plan ready · Upgrade the ORM"
    assert with_title("plan ready", "Upgrade the whole of the ORM", 30) == "plan ready · Upgrade the whol…"
    assert with_title("plan ready", "Upgrade the ORM", 20) == "plan ready"
    assert with_title("plan ready", None, 40) == "plan ready"


def test_pairs_stand_under_each_other() -> None:
    assert pairs([("a", "1"), ("long name", "2")], 80) == ["a          1", "long name  2"]
    assert pairs([], 80) == []


def test_doctor_on_a_terminal_writes_over_its_own_progress(program: Program) -> None:
    with program.on_terminal("--demo", "doctor", columns=80) as terminal:
        assert terminal.finish() == 0
        drawn = terminal.seen.decode().replace("\r\n", "\n").split("\n")
    last = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line.rpartition("\r")[2]) for line in drawn]
    assert [line.split()[0] for line in last if line and not line.startswith(" ")] == ["ok"] * 8
    assert all(len(line) <= 80 for line in last)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_events_on_a_terminal_are_one_line_each_with_short_id_and_title(served: Program, columns: int) -> None:
    served.speed = 0.001
    task_id = served.ok("list", "--fields", "id").rows[0][0]
    with served.on_terminal("events", "--type", "task_discovered", columns=columns) as terminal:
        assert terminal.finish() == 0
        lines = terminal.text.splitlines()
    assert len(lines) == 12
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d  \d{8}  task discovered · \S", line) for line in lines[:-1])
    assert all(cell_width(line) <= columns for line in lines)
    with served.on_terminal("events", task_id, columns=columns) as terminal:
        assert terminal.finish() == 0
        assert "·" not in terminal.text


def test_server_tools_on_a_terminal_are_names_with_their_arguments_beside_them(served: Program) -> None:
    with served.on_terminal("server", "tools", "--no-color", columns=60) as terminal:
        assert terminal.finish() == 0
        lines = terminal.text.splitlines()
    assert any(re.match(r"create_session +prompt\*, source,", line) for line in lines)
    assert all(len(line) <= 60 for line in lines)


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_list_on_a_usual_terminal_tells_what_needs_you(served: Program, columns: int) -> None:
    served.speed = 0.001
    served.ok("list")
    with served.on_terminal("list", "--cached", "--no-color", columns=columns) as terminal:
        assert terminal.finish() == 0
        head, *rows = terminal.text.splitlines()
    assert ("NEEDS YOU" in head) is (columns >= 100)
    assert "UPDATED" in head
    assert ("REPOSITORY" in head) is (columns >= 80)
    assert any("approval 1h" in row for row in rows)
    assert all(cell_width(row) <= columns for row in rows)
