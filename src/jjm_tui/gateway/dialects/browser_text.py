"""The words of the browser server: its task list, its task page, its JSON resource."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from jjm_tui.domain.facts import SILENT, FactSource, Rank, Said, TaskFacts
from jjm_tui.domain.ids import is_valid_id
from jjm_tui.domain.status import TaskStatus, normalise_status
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.gateway.dialects.sessions import read_id, said_line, said_text, said_time, said_url

_HEADING: Final = re.compile(r"\s*Jules Tasks \((\d+) of (\d+) total\):\n")
_RECORD_END: Final = re.compile(
    r"\n  Repository: (?P<repository>.*)\n  Status: (?P<status>.*)\n  Created: .*\n  URL: (?P<url>.*+)(?=\n\s*\n|\s*\Z)"
)
"""The last four lines of a record. A title is cut at 50 characters by the server, which is too short to forge them."""
_RECORD_START: Final = re.compile(r"\s*(\S+) - (.*)\Z", re.DOTALL)
_PAGE_START: Final = re.compile(r"\s*Task Details \(([^\n]*)\):\n\nStatus: ")
_CUT: Final = "..."
_MISSING: Final = frozenset({"undefined", "null", "Invalid Date", ""})


@dataclass(frozen=True, slots=True)
class ListText:
    """The server's list as text. ``shown`` and ``total`` are its own counts, ``None`` when it is no such list."""

    records: tuple[Mapping[str, str], ...]
    shown: int | None
    total: int | None


@dataclass(frozen=True, slots=True)
class PageText:
    """One task page. ``message_count`` counts the whole chat; ``recent`` are its last three, cut at 100 characters."""

    task_id: str
    status: str
    url: str
    files: tuple[str, ...]
    file_count: int
    recent: tuple[str, ...]
    message_count: int

    @property
    def is_suspicious(self) -> bool:
        """Nothing at all: not signed in, or no such task. The server itself reports it as success."""
        return self.status.strip().lower() in ("unknown", "") and self.file_count == 0 and self.message_count == 0


def parse_list(text: str) -> ListText:
    """Split the list at the four lines that end each record; titles may hold line breaks and forged lines."""
    heading = _HEADING.match(text)
    if heading is None:
        return ListText((), None, None)
    records = []
    position = heading.end()
    for end in _RECORD_END.finditer(text, position - 1):
        start = _RECORD_START.match(text[position : end.start()])
        if start is not None:
            records.append({"id": start[1], "title": start[2], **end.groupdict()})
        position = end.end()
    return ListText(tuple(records), _count(heading[1]), _count(heading[2]))


def parse_page(text: str) -> PageText | None:
    """The task page, ``None`` when it is none."""
    start = _PAGE_START.match(text)
    if start is None:
        return None
    status, has_url, rest = text[start.end() :].partition("\nURL: ")
    url, has_files, rest = rest.partition("\nSource Files (")
    file_count, _, rest = rest.partition("):\n")
    names, has_chat, rest = rest.partition("\n\nRecent Chat Messages (")
    message_count, _, chat = rest.partition("):")
    if not (has_url and has_files and has_chat and file_count.isdecimal() and message_count.isdecimal()):
        return None
    items = re.split(r"(?:^|\n)  - ", chat)[1:]
    return PageText(
        task_id=start[1],
        status=status,
        url=url,
        files=tuple(line[4:] for line in names.split("\n") if line.startswith("  - ")),
        file_count=_count(file_count),
        recent=tuple(item.strip("\n").removesuffix(_CUT) for item in items),
        message_count=_count(message_count),
    )


def _count(digits: str) -> int:
    """A counted number; absurdly long ones are cut before they cost time."""
    return int(digits[:9])


def decode_listed(record: Mapping[str, str], origin: FactSource) -> TaskFacts | None:
    """Facts of one record of the list text, ``None`` without a usable id. Its date has a country's spelling."""
    if not is_valid_id(record["id"]):
        return None
    title = said_line(_present(record["title"]))
    is_cut = isinstance(title, str) and title.endswith(_CUT)
    status, detail = read_own_status(_present(record["status"]))
    return TaskFacts(
        id=record["id"],
        origin=origin,
        title=title,
        description=title.removesuffix(_CUT) if isinstance(title, str) and is_cut else SILENT,
        description_cut=is_cut,
        repository=said_line(_present(record["repository"])),
        status=status,
        status_detail=detail,
        url=said_url(record["url"]),
    )


def decode_stored(record: object, origin: FactSource) -> TaskFacts | None:
    """Facts of one task of the server's own store; its times of change are times of reading, so they are not told."""
    if not isinstance(record, Mapping):
        return None
    task_id = read_id(record, ("id",))
    if task_id is None:
        return None
    status, detail = read_own_status(record.get("status"))
    return TaskFacts(
        id=task_id,
        origin=origin,
        title=said_line(record.get("title")),
        description=said_text(record.get("description")),
        repository=said_line(record.get("repository")),
        branch=said_line(record.get("branch")),
        status=status,
        status_detail=detail,
        created_at=said_time(record.get("createdAt")),
        url=said_url(record.get("url")),
    )


class StoredTask(NamedTuple):
    """One task of the server's own store: the record itself, and what it says, without telling when."""

    task_id: str
    record: Mapping[str, Any]
    said: TaskFacts

    def facts(self, origin: FactSource) -> TaskFacts:
        return replace(self.said, origin=origin)


_UNTOLD: Final = FactSource(Rank.OWN_STORE, datetime.min.replace(tzinfo=UTC), "")


def read_stored(record: object) -> StoredTask | None:
    """A record of the server's own store, ``None`` without a usable id."""
    said = decode_stored(record, _UNTOLD)
    return StoredTask(said.id, record, said) if said is not None and isinstance(record, Mapping) else None


def read_own_status(word: object) -> tuple[Said[TaskStatus], Said[str | None]]:
    """The stored status; silence where the server stored none."""
    if not isinstance(word, str) or word in _MISSING:
        return SILENT, SILENT
    return normalise_status(word), clean_line(word)


def _present(word: str) -> str | None:
    return None if word.strip() in _MISSING else word


def stored_messages(record: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """The stored conversation, oldest first; roles and times in it mean nothing."""
    history = record.get("chatHistory")
    return tuple(item for item in history if isinstance(item, Mapping)) if isinstance(history, list) else ()


def read_contents(messages: tuple[Mapping[str, Any], ...]) -> tuple[str, ...]:
    """The raw text of each stored message."""
    return tuple(content for item in messages if isinstance(content := item.get("content"), str))


def page_words(status: str) -> tuple[TaskStatus, str | None]:
    """The status that the page shows, and its own words."""
    detail = clean_line(clean(status))
    return normalise_status(status), detail or None
