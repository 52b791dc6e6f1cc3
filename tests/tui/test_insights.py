"""The insights screen: plots with their numbers, honest about how much history there is."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.services.insights import compute_insights
from jjm_tui.tui.pages.insights_page import insights_lines
from jjm_tui.tui.screens.insights import InsightsScreen
from jjm_tui.tui.widgets.plots import BarRow, Chart, bar, bars
from tests.services.histories import START, at, found, moved
from tests.tui.stage import Stage, stage

EVIL = "evil\x1b]52;c;AAAA\x07 [/foo] [@click=app.quit]x\u202e"


async def _fill(on: Stage) -> Task:
    """Two days of one task: an hour of work, half an hour of waiting."""
    task = next(iter(on.board.tasks.values()))
    start = on.now - timedelta(days=2)
    steps = [(0, "in_progress"), (60, "waiting_approval"), (90, "in_progress"), (100, "completed")]
    await on.context.events.append(
        [
            TaskEvent(EventType.STATUS_CHANGED, start + timedelta(minutes=minutes), task.id, {"to": word})
            for minutes, word in steps
        ]
    )
    return task


async def test_insights_show_waiting_states_days_and_repositories(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 45)) as on:
        task = await _fill(on)
        await on.press("I")
        assert isinstance(on.app.screen, InsightsScreen)
        await on.shows("1 wait ended: it took 30m")
        (bar,) = [line.split() for line in on.text.splitlines() if "10m to 1h" in line]
        assert bar == ["10m", "to", "1h", "█" * 30, "1"]
        assert "▸ working" in on.text
        assert "median 35m of 2" in on.text
        assert "1 finished, 0 failed" in on.text
        assert "We18" in on.text
        assert str(task.repository) in on.text
        assert "Times are as this machine saw them" in on.text


def test_page_of_a_history_that_has_just_begun_claims_nothing_about_states() -> None:
    seen = compute_insights([found(0, "in_progress", first_sync=True)], {}, at(0), zone=UTC)
    page = "\n".join(line.content.plain for line in insights_lines(seen, str, 100))
    assert "begins Friday 20 November 2026, just now" in page
    assert "0s" not in page
    assert "Nothing was under way" not in page
    assert "The history has only begun; there is no time to compare yet." in page


def test_page_of_a_history_of_seconds_shows_no_shares_and_of_one_case_no_median() -> None:
    def page(seconds: float) -> str:
        created = {"1": Task("1", created_at=at(-0.5))}
        events = (found(0, "in_progress", first_sync=True), moved(0.1, "waiting_approval"))
        seen = compute_insights(events, created, at(seconds / 60), zone=UTC)
        return "\n".join(line.content.plain for line in insights_lines(seen, str, 100))

    assert "The history has only begun" in page(11)
    assert "%" not in page(11)
    assert "one seen whole: 36s" in page(90)
    assert "median" not in page(90)


def test_page_tells_waits_whose_beginning_was_not_seen() -> None:
    def page(*events: TaskEvent, **tasks: Task) -> str:
        seen = compute_insights(events, tasks, at(60), zone=UTC)
        return "\n".join(line.content.plain for line in insights_lines(seen, str, 100))

    first = found(0, "waiting_approval", "a", first_sync=True, since=at(-70))
    only = page(first, moved(10, "in_progress", "a"))
    assert "1 wait ended; when it began was not seen: it took at least 1h 20m" in only
    assert "No wait has ended" not in only
    others = (found(0, "waiting_feedback", name, first_sync=True, since=at(-5)) for name in "bc")
    ends = (moved(minute, "in_progress", name) for minute, name in ((5, "b"), (9, "c")))
    both = page(first, *others, *ends, moved(10, "in_progress", "a"), moved(20, "waiting_approval", "d"),
                moved(30, "in_progress", "d"))  # fmt: skip
    assert "1 wait ended: it took 10m" in both
    assert "3 more ended; when they began was not seen: half of them took at least 14m" in both
    waiting = Task("d", status=TaskStatus.WAITING_APPROVAL, waiting_since=at(-60))
    now = page(d=waiting, e=Task("e", status=TaskStatus.WAITING_FEEDBACK))
    assert "2 tasks wait now" in now
    assert "the longest has waited 2h 00m: d" in now
    assert "since when is not known of 1 of them" in now


def test_page_plots_the_lengths_of_waits_where_there_are_any() -> None:
    def page(*events: TaskEvent) -> list[str]:
        seen = compute_insights(sorted(events, key=lambda each: each.at), {}, at(60 * 24), zone=UTC)
        return [line.content.plain.rstrip() for line in insights_lines(seen, str, 60)]

    ends = {"a": 2, "b": 5, "c": 70, "d": 600}
    begun = (moved(0, "waiting_approval", name) for name in ends)
    rows = page(*begun, *(moved(minute, "in_progress", name) for name, minute in ends.items()))
    first = rows.index("  under 10m           ███████████████                   2")
    assert rows[first + 1 : first + 4] == [
        "  10m to 1h                                             0",
        "  1h to 8h            ███████▌                          1",
        "  8h or more          ███████▌                          1",
    ]
    unseen = found(0, "waiting_approval", "a", first_sync=True), moved(10, "in_progress", "a")
    assert not [row for row in page(*unseen) if "under 10m" in row]


def test_page_of_a_period_with_a_new_plan_only_does_not_say_that_nothing_happened() -> None:
    events = [found(-20, "in_progress", first_sync=True), moved(-10, "waiting_approval")]
    page = "\n".join(line.content.plain for line in insights_lines(compute_insights(events, {}, START), str, 100))
    assert "Nothing happened" not in page
    assert "saw no task created, finished or failed in this period, and no wait end." in page


async def test_insights_are_honest_about_short_history_and_switch_the_period(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await _fill(on)
        await on.press("I")
        await on.shows("last 7 days  history of 2d 0h")
        assert "2d 0h ago: what was before" in " ".join(on.text.split())
        await on.press("t")
        await on.shows("last 30 days")
        await on.press("t")
        await on.shows("all there is")
        await on.shows("The history here begins Wednesday 18 November 2026, 2d 0h ago.")
        await on.press("t")
        await on.shows("last 7 days")


async def test_insights_without_history_say_so(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("I")
        await on.shows("There is no history yet.")
        assert "No day is known yet." in on.text
        assert "Nothing is known yet." in on.text
        assert "in this period" not in on.text


async def test_insights_count_what_happens_while_they_are_open(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 45)) as on:
        task = await _fill(on)
        await on.press("I")
        await on.shows("1 finished, 0 failed")
        await on.context.events.append([TaskEvent(EventType.STATUS_CHANGED, on.now, task.id, {"to": "failed"})])
        await on.shows("1 finished, 1 failed")
        assert "1 done, 1 failed" in on.text
        assert "that failed and finished later is counted as both." in " ".join(on.text.split())


# the page by itself


@pytest.mark.parametrize("width", [38, 80, 100, 160])
@pytest.mark.parametrize("days", [7, 30, None])
def test_page_fits_every_width_and_foreign_names_are_literal(width: int, days: int | None) -> None:
    events = [found(-50_000 + 700 * n, "pending", str(n % 9)) for n in range(60)]
    events += [moved(-50_000 + 700 * n + 90, "completed", str(n % 9)) for n in range(60)]
    events.sort(key=lambda each: each.at)
    tasks = {str(n): Task(str(n), title=EVIL, repository=f"{EVIL}{n}") for n in range(9)}
    tasks["0"] = Task("0", title=EVIL, status=TaskStatus.WAITING_APPROVAL, waiting_since=at(-90))
    lines = insights_lines(compute_insights(events, tasks, START, days, UTC), lambda task_id: EVIL, width)
    text = "\n".join(line.content.plain for line in lines)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "60 finished" in text or days is not None
    if width >= 80:
        assert max(line.content.cell_length for line in lines) <= width


def test_days_before_the_history_are_dots_and_days_without_anything_are_empty() -> None:
    insights = compute_insights([moved(-2 * 1440, "completed"), moved(-1440, "failed")], {}, START, 7, UTC)
    rows = [line.content.plain for line in insights_lines(insights, str, 80)]
    (finished,) = [row for row in rows if row.startswith("  finished")]
    assert finished.split() == ["finished", "·", "·", "·", "·", "1", "0", "0"]


@given(st.floats(0, 1), st.integers(0, 40))
def test_bars_never_leave_their_width_and_more_than_nothing_shows(fraction: float, width: int) -> None:
    drawn = bar(fraction, width)
    assert len(drawn) == width
    assert bool(drawn.strip()) == (fraction > 0 and width > 0)


def test_bars_stand_below_each_other_with_their_numbers() -> None:
    rows = bars([BarRow("one", 1.0, "12"), BarRow(EVIL, 0.5, "6")], 30, 10)
    assert [line.content.plain for line in rows] == [
        "  one         ████████████  12",
        "  evil [/fo…  ██████        6",
    ]


@given(st.lists(st.one_of(st.none(), st.integers(0, 1000)), min_size=1, max_size=40), st.integers(1, 6))
def test_columns_are_as_high_as_their_numbers_and_unknown_ones_are_dots(values: list[int | None], height: int) -> None:
    rows = [line.content.plain[8:] for line in Chart(height, 1, 1).draw(values, "", 8)]
    assert len(rows) == height
    for place, value in enumerate(values):
        column = "".join(row[place * 2] for row in reversed(rows))
        if value is None:
            assert column == "·" + " " * (height - 1)
        else:
            assert bool(column.strip()) == (value > 0)
    top = max((value or 0 for value in values), default=0)
    if top:
        assert rows[0][values.index(top) * 2] == "█"
