"""Session records of the public REST API, as the rest and the official family answer them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from jjm_tui.domain.facts import SILENT, FactSource, Said, TaskFacts
from jjm_tui.domain.ids import is_valid_id
from jjm_tui.domain.retelling import said_by
from jjm_tui.domain.status import TaskStatus, normalise_status
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.domain.times import parse_time
from jjm_tui.gateway.dialects.patches import join_patches

_SOURCE: Final = re.compile(r"(?:sources/)?github/([^/\s]+)/([^/\s]+)")
_LIST_KEYS: Final = {
    "sessions": ("sessions", "tasks", "items", "results", "data"),
    "activities": ("activities", "items", "results", "data"),
    "sources": ("sources", "repositories", "repos", "items", "results", "data"),
}
_TOKEN_KEYS: Final = ("nextPageToken", "next_page_token", "nextCursor", "next_cursor", "next_page")
_MORE_KEYS: Final = ("hasMore", "has_more", "truncated")
_BESIDE_A_LIST: Final = frozenset(
    {*_TOKEN_KEYS, *_MORE_KEYS, "count", "total", "totalCount", "total_count", "totalSize", "page", "pageSize", "_meta"}
)
"""What may stand alone where an empty list was left out; anything else is some other answer."""

_DEEPEST_LIST: Final = 5
"""Objects around a list that are seen through."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its records, the token of the next one, and whether the server says that it goes on."""

    records: tuple[Any, ...]
    next_token: str | None = None
    has_more: bool = False
    bare: bool = False
    """A bare list: there was no room for a token."""


def read_page(value: Any, kind: str, levels: int = _DEEPEST_LIST) -> Page | None:
    """The records of a list answer, ``None`` when it is no list. ``kind``: sessions, activities or sources.

    ``{}`` is a legal empty list: the REST API leaves out what is empty.
    """
    if isinstance(value, list):
        return Page(tuple(value), bare=True)
    if not isinstance(value, Mapping):
        return None
    token = next((str(value[key]) for key in _TOKEN_KEYS if isinstance(value.get(key), str | int) and value[key]), None)
    more = any(value.get(key) is True for key in _MORE_KEYS)
    for key in _LIST_KEYS[kind]:
        inner = value.get(key)
        if isinstance(inner, list):
            return Page(tuple(inner), token, more or token is not None)
        if isinstance(inner, Mapping) and key in ("data", "results") and levels:
            nested = read_page(inner, kind, levels - 1)
            if nested is not None:
                token = token or nested.next_token
                return Page(nested.records, token, more or nested.has_more or token is not None, nested.bare)
        elif inner is not None:
            return None
    if not _BESIDE_A_LIST.issuperset(value):
        return None
    return Page((), token, more or token is not None)


def read_id(record: Mapping[str, Any], keys: Sequence[str] = ("id", "name", "sessionId", "session_id")) -> str | None:
    """The id of a record as text; never through a floating number, which would lose digits."""
    for key in keys:
        value = record.get(key)
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            continue
        text = str(value)
        if "/" in text:
            text = text.rpartition("/activities/")[2].removeprefix("sessions/")
        if is_valid_id(text):
            return text
    return None


def said_text(value: object) -> Said[str]:
    """Text over several lines, cleaned; silence for anything else and for the empty text."""
    return clean(value) if isinstance(value, str) and value else SILENT


def said_line(value: object) -> Said[str]:
    """Text on one line, cleaned."""
    line = clean_line(value).strip() if isinstance(value, str) else ""
    return line or SILENT


def said_time(value: object) -> Said[datetime]:
    """An RFC 3339 time; silence for anything else, such as a date in some country's spelling."""
    if not isinstance(value, str):
        return SILENT
    try:
        return parse_time(value)
    except ValueError:
        return SILENT


def said_url(value: object) -> Said[str]:
    """An http or https address that can be taken apart, without a control character or a space."""
    if not isinstance(value, str) or re.fullmatch(r"https?://[^\s\x00-\x1f\x7f-\x9f]+", value) is None:
        return SILENT
    try:
        urlsplit(value)
    except ValueError:
        return SILENT
    return value if clean(value) == value else SILENT


def read_status(word: object) -> tuple[TaskStatus, str | None]:
    """The neutral status and the server's own word."""
    if not isinstance(word, str) or not word.strip():
        return TaskStatus.UNKNOWN, None
    return normalise_status(word), clean_line(word).strip()


def decode_repository_name(source: object, names: Mapping[str, str]) -> Said[str | None]:
    """``owner/name`` of an opaque source name: as the source list told, else by the one documented form."""
    if not isinstance(source, str):
        return SILENT
    if source in names:
        return names[source]
    match = _SOURCE.fullmatch(source)
    return SILENT if match is None else said_line(f"{match[1]}/{match[2]}")


def decode_session(
    record: Mapping[str, Any], origin: FactSource, *, names: Mapping[str, str] | None = None, listed: bool = False
) -> TaskFacts | None:
    """Facts of one whole session record, ``None`` when it has no usable id.

    No state says that the server has none: the REST API leaves an unspecified one out.
    ``listed``: it came in a list, which hides archived sessions, so not saying *archived* means that it is not.
    """
    task_id = read_id(record)
    if task_id is None:
        return None
    context = record.get("sourceContext")
    context = context if isinstance(context, Mapping) else {}
    place = context.get("githubRepoContext")
    place = place if isinstance(place, Mapping) else {}
    status, detail = read_status(record.get("state", record.get("status")))
    archived = record.get("archived")
    return TaskFacts(
        id=task_id,
        origin=origin,
        title=said_line(record.get("title")),
        description=said_text(record.get("prompt")),
        repository=decode_repository_name(context.get("source"), names or {}),
        branch=said_line(place.get("startingBranch")),
        status=status,
        status_detail=detail,
        created_at=said_time(record.get("createTime")),
        updated_at=said_time(record.get("updateTime")),
        url=said_url(record.get("url")),
        pull_request_url=read_pull_request(record),
        archived_on_server=archived if isinstance(archived, bool) else (False if listed else SILENT),
        on_server=True,
    )


def without_missing_state(facts: TaskFacts) -> TaskFacts:
    """The same, silent about a state that the record leaves out: the answer to a create may be a part of a session."""
    if facts.status is not TaskStatus.UNKNOWN or facts.status_detail is not None:
        return facts
    return replace(facts, status=SILENT, status_detail=SILENT)


def read_outputs(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The outputs of a session that are objects."""
    outputs = record.get("outputs")
    return [item for item in outputs if isinstance(item, Mapping)] if isinstance(outputs, list) else []


def read_pull_request(record: Mapping[str, Any]) -> Said[str]:
    """The address of the last pull request among the outputs."""
    found: Said[str] = SILENT
    for output in read_outputs(record):
        request = output.get("pullRequest")
        if isinstance(request, Mapping):
            address = said_url(request.get("url"))
            found = found if address is SILENT else address
    return found


def read_patch(change_set: object) -> str | None:
    """The unified diff of a change set, exactly."""
    if not isinstance(change_set, Mapping):
        return None
    patch = change_set.get("gitPatch")
    text = patch.get("unidiffPatch") if isinstance(patch, Mapping) else None
    return text if isinstance(text, str) and text else None


def read_session_patch(record: Mapping[str, Any]) -> str | None:
    """The diff of the session's outputs; several change sets are put one after the other."""
    patches = [patch for output in read_outputs(record) if (patch := read_patch(output.get("changeSet")))]
    return join_patches(patches) if patches else None


@dataclass(slots=True)
class SessionCollector:
    """Gathers the sessions of a list over its pages.

    ``before``: the same list as it was read last; a record that has not changed says the same again. ``unreadable``:
    how many records could not be read, or had the id of another one on their page.
    """

    origin: FactSource
    names: Mapping[str, str] = field(default_factory=dict)
    before: SessionCollector | None = None
    tasks: dict[str, TaskFacts] = field(default_factory=dict)
    raw: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    unreadable: int = 0

    def add(self, records: Sequence[Any]) -> int:
        """Take the records of a page; answer how many of them were new."""
        new = 0
        here: set[str] = set()
        for record in records:
            facts = self._read(record) if _is_object(record) else None
            if facts is None:
                self.unreadable += 1
            elif facts.id not in self.tasks:
                new += 1
                self.tasks[facts.id] = facts
                self.raw[facts.id] = record
                here.add(facts.id)
            elif facts.id in here and self.raw[facts.id] != record:
                self.unreadable += 1  # on a later page, it may be the same task, moved on while pages were read
        return new

    def _read(self, record: Mapping[str, Any]) -> TaskFacts | None:
        before = self.before
        task_id = None if before is None else read_id(record)
        if (
            before is not None
            and task_id in before.raw
            and before.raw[task_id] == record
            and before.names == self.names
        ):
            return said_by(self.origin, before.tasks[task_id])
        return decode_session(record, self.origin, names=self.names, listed=True)


def _is_object(record: object) -> bool:
    return isinstance(record, Mapping)
