"""The grammar of the text server: its list, its status page, its activities and its outputs.

Titles and messages come through unescaped and may hold lines that look like the server's own. Counts in headings and
numbers that must rise tell whether that happened; what is doubtful then is left out rather than guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Final

_LIST_HEADING: Final = re.compile(r"\s*Your Jules sessions \((\d{1,9})\):\n")
_LIST_RECORD: Final = re.compile(
    r"\n   ID: (?P<id>\S+)\n   State: (?P<state>\S.*)\n   Created: (?P<created>\S.*)(?:\n +PR: (?P<pr>\S+))?(?=\n|\Z)"
)
_NUMBERED: Final = re.compile(r"\s*(\d{1,9})\. (.*)\Z", re.DOTALL)
_MORE: Final = re.compile(r"\n+More \w+ available\.[^\n]*?pageToken: (\S+)\s*\Z")
_EMPTY: Final = re.compile(r"\s*(?:No \w+|You have no \w+)\b", re.IGNORECASE)
_ENTRY: Final = re.compile(
    r"^(\d{1,9})\. \[(\w{1,30})\] (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))$", re.MULTILINE
)
_ACTIVITIES_HEADING: Final = re.compile(r"\s*Activities for session (\S+) \((\d{1,9})\):\n")
_CUT_NOTE: Final = re.compile(r"(?i)\b(?:truncated|omitted|shortened|cut off|jules_get_activity|more characters)\b")
_NOTE_LINES: Final = 3
"""A note about cutting stands at the end of what was cut."""
_STEP: Final = re.compile(r"^   (\d{1,9})\. (.*)$")
LONGEST_DIFF: Final = 2000
"""Characters after which the server cuts a diff (``servers.md`` section 3.4)."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list. ``doubtful`` counts records left out because forged lines may hide in them."""

    records: tuple[Mapping[str, str | None], ...]
    next_token: str | None
    doubtful: int
    count: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One activity: who, when, its words, and whether the server says that it cut them."""

    role: str
    created: str
    text: str
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ActivitiesPage:
    """One page of activities. ``trustworthy`` is false when a message holds lines like the server's own."""

    entries: tuple[Entry, ...]
    next_token: str | None
    trustworthy: bool
    is_cut: bool


@dataclass(frozen=True, slots=True)
class StatusPage:
    """One task. ``state`` is ``None`` when more than one line could be it."""

    title: str | None
    state: str | None
    prompt: str | None
    pull_request: str | None


@dataclass(frozen=True, slots=True)
class OutputPage:
    """The result of a completed task. ``diff`` joins all code changes."""

    source: str | None
    pull_request: str | None
    files: tuple[str, ...]
    diff: str | None
    is_cut: bool


def parse_list(text: str) -> ListPage | None:
    """Split the list where a record's three lines end; ``None`` when it is no list."""
    heading = _LIST_HEADING.match(text)
    if heading is None:
        return ListPage((), None, 0, 0) if _EMPTY.match(text) is not None else None
    text, token = split_token(text)
    count = int(heading[1])
    found: list[tuple[int, Mapping[str, str | None]]] = []
    position = heading.end()
    for end in _LIST_RECORD.finditer(text, max(0, position - 1)):
        start = _NUMBERED.match(text[position : end.start()])
        if start is not None:
            found.append((int(start[1]), {"title": start[2], **end.groupdict()}))
        position = end.end()
    records = [record for _, record in found]
    if len(found) != count:
        records = _keep_certain(found)
    return ListPage(tuple(records), token, abs(count - len(found)) + len(found) - len(records), count)


def _keep_certain(found: list[tuple[int, Mapping[str, str | None]]]) -> list[Mapping[str, str | None]]:
    """The records whose number comes once and whose successor's does too: forged ones repeat real numbers."""
    numbers = [number for number, _ in found]
    once = {number for number, count in Counter(numbers).items() if count == 1}
    return [
        record
        for (number, record), following in zip_longest(found, numbers[1:])
        if number in once and (following is None or following in once)
    ]


def split_token(text: str) -> tuple[str, str | None]:
    """The text without the line about more results, and the token in it."""
    more = _MORE.search(text, max(0, len(text) - 5000))
    return (text, None) if more is None else (text[: more.start()], more[1])


def parse_activities(text: str) -> ActivitiesPage | None:
    """Split activities at their heading lines, whose numbers must rise by one; ``None`` when these are none."""
    heading = _ACTIVITIES_HEADING.match(text)
    if heading is None:
        return ActivitiesPage((), None, True, False) if _EMPTY.match(text) is not None else None
    text, token = split_token(text)
    starts = list(_ENTRY.finditer(text, heading.end()))
    numbers = [int(start[1]) for start in starts]
    first = numbers[0] if numbers else 1
    rising = numbers == list(range(first, first + len(numbers)))
    entries = []
    for start, following in zip_longest(starts, starts[1:]):
        body = text[start.end() : len(text) if following is None else following.start()]
        entries.append(Entry(start[2], start[3], _dedent(body), _is_cut(body)))
    declared = int(heading[2])
    return ActivitiesPage(tuple(entries), token, rising and declared == len(entries), declared > len(entries))


def _dedent(body: str) -> str:
    """The words of an entry: its first line is indented by three, what follows in a message is not."""
    lines = body.removeprefix("\n").rstrip("\n").split("\n")
    return "\n".join([lines[0].removeprefix("   "), *lines[1:]])


def _is_cut(body: str) -> bool:
    """Whether a note at the end says that something was cut. A message that talks about cutting counts as cut too."""
    return any(_CUT_NOTE.search(line) is not None for line in body.rstrip().split("\n")[-_NOTE_LINES:])


def parse_plan(text: str) -> list[dict[str, Any]] | None:
    """The steps of a *Generated execution plan* entry, ``None`` when it is none or its numbers do not rise."""
    head, _, rest = text.partition("\n")
    if not head.startswith("Generated execution plan"):
        return None
    steps: list[dict[str, Any]] = []
    for line in rest.split("\n"):
        step = _STEP.match(line)
        if step is not None and int(step[1]) == len(steps) + 1:
            steps.append({"title": step[2], "description": ""})
        elif steps:
            joint = "\n" if steps[-1]["description"] else ""
            steps[-1]["description"] += joint + line.removeprefix("      ")
    return steps


def parse_status(text: str) -> StatusPage | None:
    """The status page. The state stands right before the prompt; two such places mean that one is forged."""
    if not text.lstrip().startswith("Session: "):
        return None
    text = text.lstrip()
    places = [place.start() for place in re.finditer(r"\nState: [^\n]*\nPrompt: ", text)]
    if not places:
        return StatusPage(None, None, None, None)
    title = text[len("Session: ") : places[0]] if len(places) == 1 else None
    state_line, _, rest = text[places[0] + 1 :].partition("\n")
    ends = [position for mark in _PROMPT_ENDS if (position := rest.rfind(mark)) >= 0]
    prompt = rest.removeprefix("Prompt: ")[: max(0, max(ends) - len("Prompt: "))] if ends else None
    pull_request = None
    if prompt is not None:
        request = re.search(r"\n\nPull Request Created:\n  URL: (\S+)", rest)
        if request is not None and rest.count("\n\nPull Request Created:\n") == 1:
            pull_request = request[1]
            prompt = rest.removeprefix("Prompt: ")[: max(0, request.start() - len("Prompt: "))]
    if len(places) > 1:
        return StatusPage(None, None, None, pull_request)
    return StatusPage(title, state_line.removeprefix("State: "), prompt, pull_request)


_PROMPT_ENDS: Final = ("\n\nRecent Activity (", "\n\nNo activities yet")


def parse_output(text: str) -> OutputPage | None:
    """The output of a completed task, ``None`` when the server says that it is not completed, or anything else."""
    if not text.lstrip().startswith("Session Output:"):
        return None
    request = re.search(r"^Pull Request:\n  URL: (\S+)$", text, re.MULTILINE)
    changes = text.split("\nCode Change:\n")[1:]
    sources = [line[10:] for change in changes for line in change.split("\n")[:1] if line.startswith("  Source: ")]
    files: list[str] = []
    diffs: list[str] = []
    for change in changes:
        head, has_diff, body = change.partition("\n  Diff:\n")
        files += [line[6:] for line in head.split("\n") if line.startswith("    - ")]
        if has_diff:
            diffs.append(_indented(body))
    is_cut = any(len(diff) >= LONGEST_DIFF - 20 or _is_cut(diff) for diff in diffs)
    is_cut = is_cut or any("\n  Diff:\n" in change and _is_cut(change) for change in changes)
    return OutputPage(
        source=sources[0] if sources else None,
        pull_request=None if request is None else request[1],
        files=tuple(dict.fromkeys(files)),
        diff="".join(diffs) if diffs else None,
        is_cut=is_cut,
    )


def _indented(body: str) -> str:
    """The lines indented by four, with the indentation taken off."""
    lines = []
    for line in body.split("\n"):
        if not line.startswith("    "):
            break
        lines.append(line[4:] + "\n")
    return "".join(lines)
