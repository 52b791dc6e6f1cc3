"""Words on the command line become values: numbers, durations, times, statuses, fields."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.times import check_moment, parse_time

if TYPE_CHECKING:
    from jjm_tui.domain.events import EventType

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)?", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_NEEDS_ME: Final = "needs-me"
_DAYS: Final = {"yesterday": -1, "today": 0, "tomorrow": 1}
_TIME_OF_DAY: Final = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_LONGEST: Final = 10 * 366 * 86_400.0
"""Seconds; longer spans are slips of the finger, and datetime arithmetic would overflow."""


def whole_number(lowest: int, highest: int = 1_000_000) -> Callable[[str], int]:
    """A converter for whole numbers in a range."""

    def convert(word: str) -> int:
        if re.fullmatch(r"[+-]?\d{1,18}", word, re.ASCII) is None or not lowest <= int(word) <= highest:
            raise argparse.ArgumentTypeError(f"wants a whole number from {lowest} to {highest}, not {word!r}")
        return int(word)

    return convert


def any_whole_number(word: str) -> int:
    """A whole number, also a negative one."""
    if re.fullmatch(r"[+-]?\d{1,18}", word, re.ASCII) is None:
        raise argparse.ArgumentTypeError(f"wants a whole number, not {word!r}")
    return int(word)


def positive_number(word: str) -> float:
    """A finite number above zero."""
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1_000_000:
        raise argparse.ArgumentTypeError(f"wants a number above 0, not {word!r}")
    return value


def seconds(word: str) -> float:
    """A duration: ``90``, ``90s``, ``15m``, ``2h``, ``3d`` or ``1w``, above zero."""
    match = _DURATION.fullmatch(word.strip())
    value = 0.0 if match is None else float(match[1]) * _SECONDS[match[2] or "s"]
    if not 0 < value <= _LONGEST:
        raise argparse.ArgumentTypeError(f"wants seconds above 0, or a span such as 15m, 2h or 3d, not {word!r}")
    return value


def span(word: str) -> float:
    """Seconds from a duration with its unit: ``90s``, ``15m``, ``2h``, ``3d`` or ``1w``, above zero."""
    try:
        if word.strip()[-1:] in _SECONDS:
            return seconds(word)
    except argparse.ArgumentTypeError:
        pass
    raise argparse.ArgumentTypeError(f"wants a span with its unit, such as 90s, 15m, 2h, 3d or 1w, not {word!r}")


def some_text(word: str) -> str:
    """Any text but an empty one, which is what a script gives whose variable is not set."""
    if not word.strip():
        raise argparse.ArgumentTypeError("needs a value, and was given an empty one")
    return word


def repository_pattern(word: str) -> str:
    """Which repositories are meant. An empty text means none, and would look as if there were no tasks."""
    return _wanted(word, "a repository such as acme/webapp, or acme/*")


def filter_text(word: str) -> str:
    """A filter, not read yet. An empty one means every task, which nobody writes on purpose."""
    return _wanted(word, "a filter such as is:needs-me")


def _wanted(word: str, what: str) -> str:
    if not word.strip():
        raise argparse.ArgumentTypeError(f"wants {what}, not {word!r}")
    return word


def words(word: str) -> list[str]:
    """Words with commas between them."""
    found = [part.strip() for part in word.split(",") if part.strip()]
    if not found:
        raise argparse.ArgumentTypeError("wants at least one word")
    return found


def statuses(word: str) -> frozenset[TaskStatus]:
    """Statuses with commas between them; ``all`` is every one."""
    chosen: set[TaskStatus] = set()
    for part in words(word):
        if part.lower() == "all":
            chosen.update(TaskStatus)
        elif part.lower().replace("_", "-") in (_NEEDS_ME, f"is:{_NEEDS_ME}"):
            raise argparse.ArgumentTypeError(f"does not know {part!r}, which is a filter: --filter is:{_NEEDS_ME}")
        else:
            chosen.add(_status(part, "all"))
    return frozenset(chosen)


def _status(part: str, other: str) -> TaskStatus:
    """The status of a word. ``other``: what may stand there besides, for the complaint."""
    word = part.lower().replace("-", "_")
    try:
        return TaskStatus(word)
    except ValueError:
        known = [*(status.value for status in TaskStatus), other]
        near = near_words(word, known)
        more = f". Did you mean {near[0]}?" if near else ""
        raise argparse.ArgumentTypeError(
            f"does not know the status {part!r}; there are {', '.join(known)}{more}"
        ) from None


def only_dash(word: str) -> str:
    """The mark for standard input. Raises UsageError for anything else: it is a text in the wrong place."""
    if word != "-":
        raise UsageError(
            f"Not understood: {word}.", hint="Put the text in --description '…', or use - for standard input."
        )
    return word


def near_words(word: str, known: Iterable[str]) -> list[str]:
    """The known word that is nearest, if any is near."""
    from difflib import get_close_matches

    return get_close_matches(word, list(known), n=1, cutoff=0.7)


def until(word: str) -> tuple[frozenset[TaskStatus], bool]:
    """What ``monitor`` waits for: statuses, and whether ``needs-me`` is among them."""
    parts = words(word)
    rest = [part for part in parts if part.lower().replace("_", "-") != _NEEDS_ME]
    return frozenset(_status(part, _NEEDS_ME) for part in rest), len(rest) < len(parts)


def event_types(word: str) -> frozenset[EventType]:
    """Kinds of events with commas between them."""
    from jjm_tui.domain.events import EventType

    chosen: set[EventType] = set()
    for part in words(word):
        try:
            chosen.add(EventType(part.lower().replace("-", "_")))
        except ValueError:
            known = [kind.value for kind in EventType]
            near = near_words(part.lower().replace("-", "_"), known)
            more = f". Did you mean {near[0]}?" if near else ""
            raise argparse.ArgumentTypeError(
                f"does not know the event {part!r}; there are {', '.join(known)}{more}"
            ) from None
    return frozenset(chosen)


def moment_before(now: datetime, word: str) -> datetime:
    """A point in time: RFC 3339, a date (local midnight), or how long ago (``2h``). Raises ArgumentTypeError."""
    return _moment(now, word, -1)


def moment_after(now: datetime, word: str) -> datetime:
    """The same with a span that lies ahead, which needs its unit. Raises ArgumentTypeError."""
    return _moment(now, word, 1)


def _moment(now: datetime, word: str, direction: int) -> datetime:
    try:
        return parse_time(word)
    except ValueError:
        pass
    named = _named_moment(now, word.strip().lower(), direction)
    if named is not None:
        return named
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?", word, re.ASCII):
        try:
            moment = datetime.fromisoformat(word).astimezone().astimezone(UTC)
            check_moment(moment)
            return moment
        except (ValueError, OverflowError, OSError):
            pass
    try:
        return now + direction * timedelta(seconds=span(word) if direction > 0 else seconds(word))
    except (argparse.ArgumentTypeError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"wants a time such as 18:00, {'tomorrow' if direction > 0 else 'yesterday'}, 2026-01-31, "
            f"2026-01-31T09:00:00Z, 30m, 2h or 3d, not {word!r}"
        ) from None


def _named_moment(now: datetime, word: str, direction: int) -> datetime | None:
    """``18:00``: the next one (or the last one); ``today``, ``tomorrow``, ``yesterday``: their local midnight."""
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if word in _DAYS:
        return (today + timedelta(days=_DAYS[word])).astimezone(UTC)
    match = _TIME_OF_DAY.fullmatch(word)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return None
    moment = today + timedelta(hours=int(match[1]), minutes=int(match[2]))
    is_behind = moment.astimezone(UTC) <= now
    if is_behind is (direction > 0):
        moment += timedelta(days=direction)
    return moment.astimezone(UTC)


def choose_fields(wanted: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """The wanted fields, in the order asked for. Raises ArgumentTypeError naming the first unknown one."""
    allowed = list(known)
    chosen = []
    for name in wanted:
        if name not in allowed:
            raise argparse.ArgumentTypeError(f"does not know the field {name!r}; there are {', '.join(allowed)}")
        chosen.append(name)
    return tuple(dict.fromkeys(chosen))


def json_complaint(error: Exception, line: int | None = None) -> str:
    """What is wrong with a JSON text, in people's words; ``line``: of a file whose lines are read one by one."""
    from json import JSONDecodeError

    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if not isinstance(error, JSONDecodeError):
        return "it holds a number or a character that JSON cannot hold"
    what = next((words for start, words in _JSON_WORDS.items() if error.msg.startswith(start)), error.msg.lower())
    if error.pos >= len(error.doc.rstrip()):
        what = "it ends too early"
    place = f"column {error.colno}"
    if line is None and (error.lineno > 1 or "\n" in error.doc.strip()):
        place = f"line {error.lineno}, {place}"
    return f"{what} ({place})"


_JSON_WORDS: Final = {
    "Expecting property name": "a name in double quotes is missing",
    "Expecting value": "a value is missing or is not JSON",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing after a name",
    "Unterminated string": "a text is not closed with a double quote",
    "Invalid control character": "a text holds a line break or a control character",
    "Invalid \\escape": "a text holds a backslash that means nothing",
    "Extra data": "something follows after its end",
    "Illegal trailing comma": "there is a comma too many",
    "Unexpected UTF-8 BOM": "it begins with a byte order mark",
}
