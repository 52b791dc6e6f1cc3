"""What the insights screen says: waiting, time in states, days, repositories; every plot with its numbers in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from textual.content import Content

from jjm_tui.services.insights import WAIT_LIMITS, Day, Insights, Spread
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.pages.event_lines import status_look, status_words
from jjm_tui.tui.pages.page_lines import BLANK, beside, day_name, heading, length, paragraph
from jjm_tui.tui.widgets.line_styles import ACCENT, BAD, GOOD, MUTED, STRONG, WARNING
from jjm_tui.tui.widgets.lines import Line
from jjm_tui.tui.widgets.plots import BarRow, Chart, bars

TWO_COLUMNS_FROM: Final = 130
"""Cells from which sections stand side by side."""
_STATE_CELLS: Final = 16
_MOST_NAME: Final = 30
_HEAD: Final = 14
_HEIGHT: Final = 5
_WIDE_PITCH: Final = 6
"""Cells from one column to the next from which each has its numbers and its day below it."""
_REPOSITORIES: Final = 12
_TITLE: Final = 60
_JUST_BEGUN: Final = 60.0
"""Seconds up to which a history is too short to say anything about."""

TitleOf = Callable[[str | None], str]


def insights_lines(insights: Insights, title_of: TitleOf, width: int) -> list[Line]:
    """The page in lines of so many cells."""
    half = width if width < TWO_COLUMNS_FROM else (width - 4) // 2
    left = [*_waiting(insights, title_of, half), BLANK, *_states(insights, half)]
    right = [*_days(insights, half), BLANK, *_repositories(insights, half)]
    body = [*left, BLANK, *right] if half == width else beside(left, right, half + 4)
    return [*_honesty(insights, width), BLANK, *body, BLANK, *_how(width)]


def _honesty(insights: Insights, width: int) -> list[Line]:
    """How much history there is."""
    if insights.history_since is None:
        text = "There is no history yet. It begins with the first reading of the server's list, and grows from then on."
        return paragraph(Content.styled(text, WARNING), width, 1)
    begun = "just now" if has_just_begun(insights) else f"{length(_history_seconds(insights))} ago"
    text = f"The history here begins {day_name(insights.history_since)}, {begun}"
    if insights.is_short:
        return paragraph(Content.styled(f"{text}: what was before is not known.", WARNING), width, 1)
    return paragraph(Content.styled(f"{text}.", MUTED), width, 1)


def _history_seconds(insights: Insights) -> float:
    return 0.0 if insights.history_since is None else (insights.at - insights.history_since).total_seconds()


def has_just_begun(insights: Insights) -> bool:
    """Whether the history is too short to say anything about."""
    return insights.history_since is not None and _history_seconds(insights) < _JUST_BEGUN


def _how(width: int) -> list[Line]:
    text = (
        "Times are as this machine saw them: a change while nobody looked counts from when it was seen, and what began "
        "unseen took at least as long as told. Medians are of what ended in the period and whose beginning was seen. "
        "A task counts for each thing that happened to it: one that failed and finished later is counted as both."
    )
    return paragraph(Content.styled(text, MUTED), width, 1)


# waiting and states


def _waiting(insights: Insights, title_of: TitleOf, width: int) -> list[Line]:
    lines = [heading("Waiting for you", "plans to approve and questions to answer")]
    done, partly = insights.waiting, insights.waiting_at_least
    if done.median is not None:
        took = "it took" if done.count == 1 else "half of them within"
        what = f"{_waits(done.count)} ended: {took} "
        lines += paragraph(Content.assemble(what, (length(done.median), STRONG)), width)
        lines += _longest("the longest took", done, title_of, width)
        lines += _wait_lengths(insights.waits, width)
    if partly.median is not None:
        count = f"{partly.count} more" if done.count else _waits(partly.count)
        began, took = (
            ("when it began was not seen", "it took") if partly.count == 1 else
            ("when they began was not seen", "half of them took")
        )  # fmt: skip
        what = f"{count} ended; {began}: {took} at least "
        lines += paragraph(Content.assemble(what, (length(partly.median), STRONG)), width)
        lines += _longest("the longest took at least", partly, title_of, width)
    if done.median is None and partly.median is None:
        nothing = "No wait is known yet." if insights.history_since is None else "No wait has ended in this period."
        lines += paragraph(Content.styled(nothing, MUTED), width)
    return lines + _waiting_now(insights, title_of, width)


def _wait_lengths(counts: Sequence[int], width: int) -> list[Line]:
    """How many waits were how long, as shares of all of them; those whose beginning was not seen are in none."""
    marks = [_short(limit) for limit in WAIT_LIMITS]
    names = [f"under {marks[0]}", *(f"{low} to {high}" for low, high in pairwise(marks)), f"{marks[-1]} or more"]
    rows = [
        BarRow(name, count / sum(counts), f"{count:>3}", WARNING) for name, count in zip(names, counts, strict=True)
    ]
    return bars(rows, width, _STATE_CELLS + 2)


def _short(seconds: int) -> str:
    """A whole number of minutes or hours."""
    return f"{seconds // 60}m" if seconds < 3600 else f"{seconds // 3600}h"


def _waits(count: int) -> str:
    return f"{count} wait{'' if count == 1 else 's'}"


def _waiting_now(insights: Insights, title_of: TitleOf, width: int) -> list[Line]:
    now, unknown = insights.waiting_now, insights.waiting_since_unknown
    count = now.count + unknown
    if not count:
        return paragraph(Content("Nothing waits now."), width)
    lines = paragraph(Content.styled(f"{count} task{' waits' if count == 1 else 's wait'} now", WARNING), width)
    if now.median is not None and now.count > 1:
        lines += paragraph(Content(f"half of them for {length(now.median)} or longer"), width, 4)
    lines += _longest("the longest has waited", now, title_of, width)
    if unknown:
        lines += paragraph(Content(f"since when is not known of {unknown} of them"), width, 4)
    return lines


def _longest(words: str, spread: Spread, title_of: TitleOf, width: int) -> list[Line]:
    if spread.worst is None:
        return []
    title = literal_line(title_of(spread.worst_task), MUTED).truncate(_TITLE, ellipsis=True)
    return paragraph(Content.assemble(f"{words} {length(spread.worst)}: ", title), width, 4)


def _states(insights: Insights, width: int) -> list[Line]:
    lines = [heading("Time in each state", "share of all time until tasks were finished")]
    if not insights.states or has_just_begun(insights):
        nothing = "Nothing was under way in this period."
        if insights.history_since is None:
            nothing = "No time is known yet."
        elif has_just_begun(insights):
            nothing = "The history has only begun; there is no time to compare yet."
        return [*lines, *paragraph(Content.styled(nothing, MUTED), width)]
    rows = [
        BarRow(
            f"{status_look(state.status).glyph} {status_words(state.status)}",
            state.share,
            f"{state.share:>4.0%}  {_median(state.spread)}",
            status_look(state.status).style,
        )
        for state in insights.states
    ]
    return lines + bars(rows, width, _STATE_CELLS + 2)


def _median(spread: Spread) -> str:
    if spread.median is None:
        return "none seen whole"
    if spread.count == 1:
        return f"one seen whole: {length(spread.median)}"
    return f"median {length(spread.median)} of {spread.count}"


# days


@dataclass(frozen=True, slots=True)
class _Bucket:
    """Some days in one column; ``None`` where nothing is known."""

    first: Day
    created: int | None
    finished: int | None
    failed: int | None


def _days(insights: Insights, width: int) -> list[Line]:
    days = insights.days
    known = [day for day in days if day.is_known]
    finished, failed = sum(day.finished for day in known), sum(day.failed for day in known)
    lines = [heading("Per day", _period(insights))]
    if not known:
        return [*lines, *paragraph(Content.styled("No day is known yet.", MUTED), width)]
    summary = f"{finished} finished, {failed} failed, {sum(day.created for day in known)} created"
    most = max(known, key=lambda day: day.finished)
    if finished:
        summary += (
            f"; {finished / len(known):.1f} finished a day, most on {most.date:%a} {most.date.day} ({most.finished})"
        )
    lines += [*paragraph(Content(f"{summary}."), width), BLANK]
    chart, size = _chart(len(days), width - _HEAD)
    buckets = [_bucket(days[start : start + size]) for start in range(0, len(days), size)]
    rows = (
        ("  finished", GOOD, [bucket.finished for bucket in buckets]),
        ("  failed", BAD, [bucket.failed for bucket in buckets]),
        ("  created", ACCENT, [bucket.created for bucket in buckets]),
    )
    is_wide = chart.pitch >= _WIDE_PITCH
    if finished or not is_wide:
        lines += chart.draw(rows[0][2], GOOD, _HEAD, "" if is_wide else rows[0][0])
    if is_wide:
        lines += [chart.numbers(values, style, _HEAD, name) for name, style, values in rows]
    else:
        flat = Chart(1, chart.cells, chart.gap)
        lines += [line for name, style, values in rows[1:] for line in flat.draw(values, style, _HEAD, name)]
    lines.append(chart.labels([_label(bucket, chart) for bucket in buckets], _HEAD))
    notes = [] if size == 1 else [f"each column is {size} days"]
    notes += [] if len(known) == len(days) else ["· is a day before the history begins"]
    return lines + (paragraph(Content.styled("; ".join(notes), MUTED), width) if notes else [])


def _period(insights: Insights) -> str:
    return f"{len(insights.days)} day{'' if len(insights.days) == 1 else 's'}, today included"


def _chart(count: int, room: int) -> tuple[Chart, int]:
    """The widest columns that fit, and how many days each stands for."""
    for cells, gap in ((2, 4), (2, 1), (1, 1), (1, 0)):
        if count * (cells + gap) <= room:
            return Chart(_HEIGHT, cells, gap), 1
    return Chart(_HEIGHT, 1, 0), -(-count // max(1, room))


def _bucket(days: Sequence[Day]) -> _Bucket:
    known = [day for day in days if day.is_known]
    if not known:
        return _Bucket(days[0], None, None, None)
    return _Bucket(
        days[0],
        sum(day.created for day in known),
        sum(day.finished for day in known),
        sum(day.failed for day in known),
    )


def _label(bucket: _Bucket, chart: Chart) -> str:
    """The weekday and the day where columns are wide, else the day of every Monday."""
    date = bucket.first.date
    if chart.pitch >= _WIDE_PITCH:
        return f"{date:%a}"[:2] + str(date.day)
    return f"{date.day} {date:%b}" if date.weekday() == 0 else ""


# repositories


def _repositories(insights: Insights, width: int) -> list[Line]:
    found = insights.repositories
    lines = [heading("Repositories", "tasks created, finished, failed or done waiting")]
    if not found:
        nothing = "This machine saw no task created, finished or failed in this period, and no wait end."
        if insights.history_since is None:
            nothing = "Nothing is known yet."
        return [*lines, *paragraph(Content.styled(nothing, MUTED), width)]
    top = max(each.tasks for each in found)
    names = [each.name or "repository unknown" for each in found[:_REPOSITORIES]]
    rows = [
        BarRow(
            name,
            each.tasks / top,
            f"{each.tasks:>3}  {each.finished} done, {each.failed} failed{_waited(each.waiting)}",
        )
        for name, each in zip(names, found, strict=False)
    ]
    lines += bars(rows, width, min(_MOST_NAME, max(map(len, names)), width // 3), most=12)
    if len(found) > _REPOSITORIES:
        lines += paragraph(Content.styled(f"and {len(found) - _REPOSITORIES} more", MUTED), width)
    return lines


def _waited(spread: Spread) -> str:
    return "" if spread.median is None else f", waited {length(spread.median)}"


def as_of(insights: Insights, now: datetime) -> str:
    """How old the numbers are, where that matters."""
    seconds = (now - insights.at).total_seconds()
    return "" if seconds < 90 else f"as of {length(seconds)} ago"
