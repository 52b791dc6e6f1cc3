"""What a filter can ask of a task, key by key, and the orders in which lists are shown."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from jjm_tui.domain.conversation import is_unread
from jjm_tui.domain.counts import KINDS, Kind, is_archived, is_snoozed, kind_of
from jjm_tui.domain.status import ACTIVE_STATUSES, FINAL_STATUSES, WAITING_STATUSES, TaskStatus, normalise_status
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import clean_line, heading, truncate

Test = Callable[[Task, datetime], bool]


@dataclass(frozen=True, slots=True)
class Value:
    """One value as typed, and the 0-based column where it stands."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """A condition on a task, and what it says to people."""

    test: Test
    sentence: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value is wrong, where, and what to write instead."""

    position: int
    sentence: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the filter language: ``check`` turns values into a criterion or a problem."""

    check: Callable[[Sequence[Value]], Criterion | Problem]
    example: str


def shown(text: str) -> str:
    """What a person typed, fit to be quoted in a sentence."""
    return truncate(clean_line(text), 60)


def words(text: str) -> Criterion:
    """A bare word: in the title, the repository, the id or the last message; upper and lower case are the same."""
    wanted = text.casefold()

    def test(task: Task, _now: datetime) -> bool:
        last = task.chat_history[-1].content if task.chat_history else ""
        places = (heading(task.title, task.description), task.repository or "", task.id, last)
        return any(wanted in place.casefold() for place in places)

    return Criterion(test, f"title, repository, id or last message holds '{shown(text)}'")


def matches_repository(task: Task, pattern: str) -> bool:
    """Whether the repository matches: ``owner/name`` with ``*`` and ``?``, only the name, or its whole owner.

    Case does not matter.
    """
    if task.repository is None:
        return False
    repository, wanted = task.repository.casefold(), pattern.casefold()
    owner, _, name = repository.rpartition("/")
    return wanted == owner or _glob(wanted).match(repository if "/" in wanted else name) is not None


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(pattern))


# --- words


_NEEDS: Final = ("approval", "question", "failure", "review")


def _has_status(*statuses: TaskStatus) -> Test:
    wanted = frozenset(statuses)
    return lambda task, _now: task.status in wanted


def _needs(*reasons: str) -> Test:
    wanted = frozenset(reasons)
    return lambda task, now: needs_me(task, now) in wanted


_STATES: Final[Mapping[str, Test]] = {
    **{status.value.replace("_", "-"): _has_status(status) for status in TaskStatus},
    "running": _has_status(TaskStatus.PENDING, TaskStatus.IN_PROGRESS),
    "waiting": _has_status(*WAITING_STATUSES),
    "plan": _has_status(TaskStatus.WAITING_APPROVAL),
    "done": _has_status(TaskStatus.COMPLETED),
    "final": _has_status(*FINAL_STATUSES),
    "active": _has_status(*ACTIVE_STATUSES),
    "needs-me": _needs(*_NEEDS),
    **{reason: _needs(reason) for reason in _NEEDS},
    "snoozed": is_snoozed,
    "gone": lambda task, _now: task.on_server is False,
    "all": lambda _task, _now: True,
}
_KINDS: Final[Mapping[str, Test]] = {
    **{name: test for name, test in _STATES.items() if name != "all"},
    "archived": lambda task, _now: is_archived(task),
    "unread": lambda task, _now: is_unread(task),
    "vanished": _STATES["gone"],
}
_NEEDED: Final[Mapping[str, Test]] = {
    **{reason: _needs(reason) for reason in _NEEDS},
    "any": _needs(*_NEEDS),
    "none": lambda task, now: needs_me(task, now) is None,
}


def _is_of(kind: Kind) -> Test:
    return lambda task, now: kind_of(task, now) == kind


_GROUPS: Final[Mapping[str, Test]] = {kind: _is_of(kind) for kind in KINDS}
"""The groups of the dashboard and the counts of its header: every task is in exactly one."""


def _word(text: str) -> str:
    return text.casefold().replace("_", "-").replace(" ", "-")


def _kind_word(text: str) -> str:
    """The word itself, or the neutral word for a server's own, such as ``AWAITING_PLAN_APPROVAL``."""
    word = _word(text)
    if word in _STATES or word in _KINDS:
        return word
    status = normalise_status(text)
    return word if status is TaskStatus.UNKNOWN else status.value.replace("_", "-")


def _one_of(
    subject: str, tests: Mapping[str, Test], read: Callable[[str], str] = _word
) -> Callable[[Sequence[Value]], Criterion | Problem]:
    def check(values: Sequence[Value]) -> Criterion | Problem:
        chosen = []
        for value in values:
            word = read(value.text)
            if word not in tests:
                return _unknown_word(value, word, tests)
            chosen.append(word)
        wanted = [tests[word] for word in chosen]
        return Criterion(
            lambda task, now: any(test(task, now) for test in wanted),
            f"{subject} {' or '.join(word.replace('-', ' ') for word in chosen)}",
        )

    return check


def _unknown_word(value: Value, word: str, allowed: Iterable[str]) -> Problem:
    known = list(allowed)
    meant = [each for each in known if word and each.startswith(word)] or get_close_matches(word, known, 1, 0.5)
    hint = f"Did you mean {' or '.join(meant)}?" if meant else "Use one of " + ", ".join(known) + "."
    return Problem(value.position, f"'{shown(value.text)}' is not a word for this.", hint)


_YES: Final = frozenset({"yes", "y", "true"})
_NO: Final = frozenset({"no", "n", "false"})


def _yes_or_no(
    test: Callable[[Task], bool], if_yes: str, if_no: str
) -> Callable[[Sequence[Value]], Criterion | Problem]:
    def check(values: Sequence[Value]) -> Criterion | Problem:
        value = values[0]
        if len(values) > 1 or _word(value.text) not in _YES | _NO:
            return Problem(values[-1].position, "only yes or no can stand here.", "Write yes or no.")
        wanted = _word(value.text) in _YES
        return Criterion(lambda task, _now: test(task) is wanted, if_yes if wanted else if_no)

    return check


# --- text


def _patterns(subject: str, matches: Callable[[Task, str], bool]) -> Callable[[Sequence[Value]], Criterion | Problem]:
    def check(values: Sequence[Value]) -> Criterion | Problem:
        patterns = [value.text for value in values]
        return Criterion(
            lambda task, _now: any(matches(task, pattern) for pattern in patterns),
            f"{subject} {' or '.join(shown(pattern) for pattern in patterns)}",
        )

    return check


def _matches_branch(task: Task, pattern: str) -> bool:
    return task.branch is not None and _glob(pattern.casefold()).match(task.branch.casefold()) is not None


def _matches_id(task: Task, start: str) -> bool:
    return task.id.startswith(start)


def _holds_text(task: Task, text: str) -> bool:
    wanted = text.casefold()
    if any(wanted in (place or "").casefold() for place in (task.title, task.description, task.failure)):
        return True
    return any(wanted in message.content.casefold() for message in task.chat_history)


# --- numbers and times


_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LENGTH: Final = re.compile(r"(?:[0-9]{1,9}[smhdw])+", re.IGNORECASE)
_LENGTH_PART: Final = re.compile(r"([0-9]+)([smhdw])", re.IGNORECASE)
_COMPARED: Final = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
_COMPARISONS: Final[Mapping[str, tuple[Callable[[float, float], bool], str]]] = {
    ">": (lambda found, wanted: found > wanted, "more than"),
    ">=": (lambda found, wanted: found >= wanted, "at least"),
    "<": (lambda found, wanted: found < wanted, "less than"),
    "<=": (lambda found, wanted: found <= wanted, "at most"),
    "=": (lambda found, wanted: found == wanted, "exactly"),
}


def _split_comparison(text: str) -> tuple[str | None, str]:
    match = _COMPARED.fullmatch(text)
    return (None, text) if match is None else (match.group(1), match.group(2))


def _length_of_time(
    subject: str, since: Callable[[Task, datetime], datetime | None]
) -> Callable[[Sequence[Value]], Criterion | Problem]:
    def check(values: Sequence[Value]) -> Criterion | Problem:
        value = values[0]
        sign, length = _split_comparison(value.text)
        if len(values) > 1:
            return Problem(values[1].position, "only one length of time can stand here.")
        if sign not in (">", ">=", "<", "<="):
            return Problem(value.position, "a length of time needs '>' or '<' in front.")
        if _LENGTH.fullmatch(length) is None:
            return Problem(
                value.position + len(sign),
                f"'{shown(length)}' is not a length of time.",
                "Write a number and s, m, h, d or w, such as 30m, 2h or 1h30m.",
            )
        seconds = sum(int(number) * _UNITS[unit.lower()] for number, unit in _LENGTH_PART.findall(length))
        compare, phrase = _COMPARISONS[sign]

        def test(task: Task, now: datetime) -> bool:
            moment = since(task, now)
            return moment is not None and compare((now - moment) / timedelta(seconds=1), seconds)

        return Criterion(test, f"{subject} {phrase} {length} ago")

    return check


def _waiting_since(task: Task, now: datetime) -> datetime | None:
    is_waiting = task.status in WAITING_STATUSES or needs_me(task, now) is not None
    return task.waiting_since if is_waiting else None


def _file_count(values: Sequence[Value]) -> Criterion | Problem:
    value = values[0]
    sign, number = _split_comparison(value.text)
    if len(values) > 1:
        return Problem(values[1].position, "only one number can stand here.")
    if not (number.isascii() and number.isdecimal() and len(number) <= 9):
        return Problem(value.position + len(sign or ""), f"'{shown(number)}' is not a number of files.")
    compare, phrase = _COMPARISONS[sign or "="]
    wanted = int(number)

    def test(task: Task, _now: datetime) -> bool:
        return task.source_files is not None and compare(len(task.source_files), wanted)

    return Criterion(test, f"{phrase} {wanted} files touched")


KEYS: Final[Mapping[str, Key]] = {
    "state": Key(_one_of("state is", _STATES, _kind_word), "state:paused,failed"),
    "group": Key(_one_of("group is", _GROUPS), "group:running"),
    "repo": Key(_patterns("repository matches", matches_repository), "repo:acme/*"),
    "branch": Key(_patterns("branch matches", _matches_branch), "branch:release/*"),
    "id": Key(_patterns("id starts with", _matches_id), "id:1234"),
    "text": Key(_patterns("title, description, failure or conversation holds", _holds_text), 'text:"exact words"'),
    "age": Key(_length_of_time("created", lambda task, _now: task.created_at), "age:>2h"),
    "updated": Key(_length_of_time("updated", lambda task, _now: task.updated_at), "updated:<10m"),
    "waiting": Key(_length_of_time("began to wait for a person", _waiting_since), "waiting:>30m"),
    "files": Key(_file_count, "files:>10"),
    "pr": Key(
        _yes_or_no(lambda task: bool(task.pull_request_url), "has a pull request", "has no known pull request"),
        "pr:yes",
    ),
    "unread": Key(_yes_or_no(is_unread, "has unread news", "has no unread news"), "unread:yes"),
    "is": Key(_one_of("is", _KINDS, _kind_word), "is:needs-me"),
    "needs": Key(_one_of("needs", _NEEDED), "needs:approval"),
}
