"""Rows of the task list as people read them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import SourceFile, Task
from jjm_tui.tui.look.appearance import ROLES
from jjm_tui.tui.widgets.tasks.task_row import (
    DELIVERY_MARKS,
    MINUS,
    NO_INFO,
    RowInfo,
    fit,
    format_group,
    format_row,
    row_moment,
)
from tests.domain.strategies import NOON, at, tasks

PLAN = Task(
    "1", title="Upgrade the ORM", repository="acme/api", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(-18)
)
WORKING = Task(
    "2",
    title="Fix the login bug",
    repository="acme/webapp",
    status=TaskStatus.IN_PROGRESS,
    updated_at=at(-0.2),
    synced_at=at(-180),
    source_files=(SourceFile("a", None, 31, 4),),
)
DONE = Task("3", title="Old", status=TaskStatus.COMPLETED, updated_at=at(-60), waiting_since=at(-60), seen_at=NOON)


def row(task: Task, width: int = 80, info: RowInfo = NO_INFO, **flags: bool) -> str:
    """The row; its minus signs as ASCII."""
    return "".join(cell.text for cell in format_row(task, NOON, width, info, **flags)).replace(MINUS, "-")


def styles(task: Task, info: RowInfo = NO_INFO) -> dict[str, str]:
    return {cell.text.strip(): cell.style for cell in format_row(task, NOON, 80, info) if cell.text.strip()}


# --- columns


def test_row_of_80_cells_has_state_title_repository_and_age():
    assert row(PLAN, is_cursor=True).split() == ["▌", "?", "plan", "•", "Upgrade", "the", "ORM", "api", "18m"]


@pytest.mark.parametrize(("minutes", "shown"), [(4, "now"), (6, "?"), (500 * 365 * 24 * 60, "?")])
def test_age_of_a_task_that_changes_in_the_future_is_not_known(minutes: int, shown: str):
    assert row(replace(WORKING, updated_at=at(minutes))).split()[-1] == shown


def test_title_takes_the_room_of_a_repository_that_there_is_not_before_it_is_cut():
    task = replace(WORKING, title="Write a haiku about terminals to haiku.txt", repository=None)
    assert "Write a haiku about terminals to haiku.txt" in row(task, 80)
    assert row(replace(task, title="Haiku"), 80).index("+31") == row(replace(WORKING, title="Haiku"), 80).index("+31")


def test_compact_row_has_state_title_and_age_and_no_column_but_the_signs():
    assert row(PLAN, 57, is_compact=True).split() == ["?", "plan", "•", "Upgrade", "the", "ORM", "18m"]
    assert row(WORKING, 57, is_compact=True).split() == ["▸", "working", "Fix", "the", "login", "bug", "now"]
    assert row(PLAN, 45, is_compact=True).split() == ["?", "plan", "Upgrade", "the", "ORM", "18m"]


FULL = replace(
    WORKING,
    title="x" * 200,
    repository="acme/data-pipeline-of-a-long-name",
    pull_request_url="https://example.org/1",
    source_files=(SourceFile("a", None, 34_000, 1_234),),
)


@pytest.mark.parametrize("width", range(46, 200))
def test_row_from_46_cells_on_keeps_24_cells_of_title(width: int):
    assert row(FULL, width).count("x") >= 23


@pytest.mark.parametrize("width", [49, 52])
def test_row_of_a_list_beside_a_detail_has_a_repository_where_the_title_leaves_room(width: int):
    assert row(PLAN, width).split()[-2:] == ["api", "18m"]
    long = replace(PLAN, title="Upgrade the ORM and everything that hangs on it")
    assert "api" not in row(long, width)


@pytest.mark.parametrize("width", range(55, 74))
def test_row_from_55_cells_on_has_a_repository_however_long_the_title_is(width: int):
    found = row(replace(PLAN, title="Upgrade the ORM and everything that hangs on it, then all the rest"), width)
    assert found.split()[-2:] == ["api", "18m"]


def test_sizes_are_there_where_they_cut_no_title_and_from_74_cells_on_always():
    working = replace(WORKING, pull_request_url="https://example.org/1")
    long = replace(working, title="Fix the login bug and everything that hangs on it, then all the rest")
    assert "PR" not in row(working, 58)
    assert "PR +31 -4" in row(working, 59)
    assert "PR" not in row(long, 73)
    assert "PR +31 -4" in row(long, 74)


def test_row_of_100_cells_has_the_owner_where_there_is_room():
    assert "acme/api" in row(PLAN, 100)
    long = replace(PLAN, repository="a-very-long-owner/a-name")
    assert "a-very" not in row(long, 100)
    assert "a-name" in row(long, 100)


_ROOM = 82 - len("▌+? question •w ") - len("   18m")
_REPOSITORY = len(" data-pipeline")


@pytest.mark.parametrize(
    ("task", "cells"),
    [
        (PLAN, _ROOM - _REPOSITORY),
        (replace(PLAN, repository=None), _ROOM),
        (WORKING, _ROOM - _REPOSITORY - len(" +31 -4")),
        (
            replace(WORKING, pull_request_url="https://example.org/1"),
            _ROOM - _REPOSITORY - len(" PR +31 -4"),
        ),
    ],
    ids=["no-diff", "no-repository", "diff", "pull-request-and-diff"],
)
def test_title_has_all_the_room_that_its_own_row_leaves(task: Task, cells: int):
    title = "word" * 20
    found = row(replace(task, title=title), 82)
    assert found[16 : 16 + cells] == title[: cells - 1] + "…"


def test_repositories_and_ages_stand_below_each_other_whatever_the_diff_is():
    places = {row(task, 82).index(" api  ") for task in (PLAN, replace(WORKING, repository="acme/api"))}
    assert len(places) == 1


def test_row_of_a_list_grouped_by_repository_leaves_it_out():
    assert "api" not in row(PLAN, shows_repository=False)


def test_row_so_narrow_that_nothing_fits_is_cut_and_never_shows_part_of_an_age():
    assert row(PLAN, 20).endswith("18m ")
    assert "18" not in row(PLAN, 12)
    assert row(PLAN, 3) == "  ?"


def test_age_is_one_cell_from_the_right_edge():
    assert row(PLAN, 70).endswith("  18m ")
    assert row(WORKING, 70).endswith("  now ")


def test_age_that_is_not_known_is_a_question_mark():
    assert row(replace(PLAN, waiting_since=None)).endswith(" ? ")


def test_age_of_a_task_that_needs_nobody_is_since_it_last_changed():
    assert row(DONE).endswith(" 1h ")


def test_pull_request_and_diff_size_are_shown_where_known():
    assert "+31 -4" in row(WORKING)
    assert "PR" in row(replace(WORKING, pull_request_url="https://example.org/1")).split()


@pytest.mark.parametrize(
    ("additions", "deletions", "words"),
    [
        (0, 0, "+0 -0"),
        (999, 1_000, "+999 -1.0k"),
        (12_345, 999_999, "+12k -999k"),
        (5_600_000, 10**15, "+5.6M -999M"),
        (31, None, "2 files"),
    ],
)
def test_diff_size_is_short_and_never_too_much(additions, deletions, words):
    files = (SourceFile("a", None, additions, deletions), SourceFile("b", None, 0, 0))
    assert words in row(replace(WORKING, source_files=files))


def test_files_without_counts_are_counted_themselves():
    assert "1 file " in row(replace(WORKING, source_files=(SourceFile("a"),)))


def test_diff_that_is_not_known_is_left_out():
    assert "+" not in row(replace(WORKING, source_files=None))


# --- signs


def test_mark_cursor_watch_and_unread_are_told_by_signs():
    assert row(PLAN, is_cursor=True, is_marked=True).startswith("▌+? plan")
    assert "•w Upgrade" in row(PLAN, info=RowInfo(is_watched=True))
    assert "•" not in row(DONE)


def test_stale_row_is_told_by_words_and_not_by_colour_alone():
    stale = RowInfo(is_stale=True)
    assert row(WORKING, info=stale).endswith("~now ")
    assert row(WORKING, 120, stale).split()[-2:] == ["~3h", "now"]
    assert row(replace(WORKING, synced_at=None), 120, stale).split()[-2:] == ["~?", "now"]
    assert styles(WORKING, stale)["Fix the login bug"] == "task-list--stale"


@pytest.mark.parametrize("word", DELIVERY_MARKS)
@pytest.mark.parametrize("width", [48, 60, 79, 80, 99, 100, 160])
def test_delivery_is_told_in_full_in_a_wide_row(word, width):
    assert f"{DELIVERY_MARKS[word].glyph} {word}" in row(WORKING, width, RowInfo(DELIVERY_MARKS[word]))


@pytest.mark.parametrize("width", [10, 16, 30, 47])
def test_delivery_is_told_by_its_glyph_in_a_narrow_row(width):
    assert "↑" in row(WORKING, width, RowInfo(DELIVERY_MARKS["sending"]))


def test_state_is_styled_by_what_it_means_for_the_person():
    assert styles(PLAN)["plan"] == "state--attention"
    assert styles(WORKING)["working"] == "state--running"
    assert all(mark.role in ROLES and len(mark.word) <= 11 for mark in DELIVERY_MARKS.values())


def test_moment_changes_only_with_what_is_shown():
    assert row_moment(PLAN, NOON) == row_moment(PLAN, NOON + timedelta(seconds=59))
    assert row_moment(PLAN, NOON) != row_moment(PLAN, NOON + timedelta(seconds=60))


# --- foreign text


def test_title_that_looks_like_markup_is_literal():
    assert "[/foo] [x] [@click=app.quit]" in row(replace(PLAN, title="[/foo] [x] [@click=app.quit]"), 120)


def test_title_with_escapes_and_line_breaks_is_one_harmless_line():
    text = row(replace(PLAN, title="a\x1b]52;c;x\x07b\n\tc\u202ed", repository="o/\x1b[31mr"), 120)
    assert text.isprintable()
    assert "ab c" in text


def test_title_that_is_cut_ends_with_an_ellipsis():
    assert "…" in row(replace(PLAN, title="word " * 40))
    assert "…" in row(replace(PLAN, title="長い" * 40))


@pytest.mark.parametrize(
    "title", ["日本語のタイトル" * 9, "👩‍💻 👍🏽 ❤️ emoji " * 9, "한국어" * 30, "e\u0301" * 90, "क्षि" * 40]
)
@pytest.mark.parametrize("width", [40, 41, 60, 61, 80, 100, 160])
def test_wide_characters_keep_the_columns_in_place(title, width):
    wide = replace(PLAN, title=title, repository=f"o/{title}")
    assert cell_len(row(wide, width)) == width
    assert row(wide, width).endswith(" 18m ")


@given(tasks, st.integers(1, 200), st.sampled_from([None, *DELIVERY_MARKS.values()]), st.booleans(), st.booleans())
def test_row_of_any_task_has_exactly_its_width_and_nothing_harmful(task, width, delivery, is_stale, flag):
    cells = format_row(
        task, NOON, width, RowInfo(delivery, flag, is_stale), is_cursor=flag, is_marked=flag, shows_repository=not flag
    )
    text = "".join(cell.text for cell in cells)
    assert sum(cell_len(cell.text) for cell in cells) == width
    assert all(cell.text for cell in cells)
    assert not {"\x1b", "\n", "\t", "\r", "\u202e"} & set(text)


@given(st.text(max_size=30), st.integers(0, 40))
def test_fit_is_exact(text, width):
    from jjm_tui.domain.text import clean_line

    assert cell_len(fit(clean_line(text), width)) == width


# --- headings


def test_group_heading_has_title_and_count():
    assert format_group("NEEDS YOU", 4, 30).rstrip() == " NEEDS YOU (4)"
    assert format_group("NEEDS YOU", 4, 30, is_whole=False).rstrip() == " NEEDS YOU (4+)"


def test_group_heading_that_is_too_long_keeps_its_count():
    heading = format_group("an-owner/with-a-very-long-name\x1b[31m", 12, 24)
    assert heading.rstrip().endswith("… (12)")
    assert len(heading) == 24
