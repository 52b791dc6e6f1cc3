"""A Jules task and its parts, as stored, shown and exchanged (field names of ``cli.md``).

Everything is frozen; ``None`` means *not known*, never *no*. ``extra`` holds fields that a newer version wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, Literal, Self, cast, get_args

from jjm_tui.domain.codec import NO_EXTRA, FieldReader
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.times import format_time, parse_time

MessageType = Literal["user", "jules", "system"]
Delivery = Literal["sending", "sent", "failed", "unconfirmed"]
FileStatus = Literal["created", "modified", "deleted", "unchanged"]
NeedsMe = Literal["approval", "question", "failure", "review"]

MESSAGE_TYPES: Final[tuple[str, ...]] = get_args(MessageType)
DELIVERIES: Final[tuple[str, ...]] = get_args(Delivery)
FILE_STATUSES: Final[tuple[str, ...]] = get_args(FileStatus)
STATUSES: Final = tuple(TaskStatus)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_time(moment)


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One numbered step of a plan."""

    title: str
    description: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    def to_dict(self) -> dict[str, Any]:
        return {"title": self.title, "description": self.description, **self.extra}

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, where)
        return cls(read.take_text("title"), read.take_optional_text("description"), read.take_rest())


@dataclass(frozen=True, slots=True)
class Plan:
    """What Jules intends to do.

    ``fingerprint`` is over the raw decoded steps (``domain.plans``); ``complete`` is true only where the plan is
    known to be whole *and* the latest; ``approved`` is ``None`` where the server does not tell. ``approved_instead``
    is the id of the plan that the server names as approved after this one was made, if that is another.
    """

    fingerprint: str
    steps: tuple[PlanStep, ...] = ()
    id: str | None = None
    complete: bool = False
    created_at: datetime | None = None
    approved: bool | None = None
    approved_instead: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "fingerprint": self.fingerprint,
            "complete": self.complete,
            "created_at": _time(self.created_at),
            "approved": self.approved,
            "steps": [step.to_dict() for step in self.steps],
            **({} if self.approved_instead is None else {"approved_instead": self.approved_instead}),
            **self.extra,
        }

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, where)
        return cls(
            fingerprint=read.take_text("fingerprint"),
            steps=read.take_objects("steps", PlanStep.from_dict),
            id=read.take_optional_text("id"),
            complete=read.take_bool("complete", False),
            created_at=read.take_optional_time("created_at"),
            approved=read.take_optional_bool("approved"),
            approved_instead=read.take_optional_text("approved_instead"),
            extra=read.take_rest(),
        )


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One entry of a conversation.

    ``delivery`` is ``None`` for what the server told; else it is ours and says how far it got. ``id`` is the
    server's activity id, ``local:<operation id>`` for ours, or ``None``.
    """

    content: str
    type: MessageType = "system"
    timestamp: datetime | None = None
    id: str | None = None
    delivery: Delivery | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "timestamp": _time(self.timestamp),
            "type": self.type,
            "content": self.content,
            "delivery": self.delivery,
            **self.extra,
        }

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, where)
        delivery = read.take_optional_text("delivery")
        if delivery is not None and delivery not in DELIVERIES:
            raise read.wrong("delivery", "null or one of " + ", ".join(DELIVERIES), delivery)
        return cls(
            content=read.take_text("content"),
            type=cast(MessageType, read.take_word("type", MESSAGE_TYPES)),
            timestamp=read.take_optional_time("timestamp"),
            id=read.take_optional_text("id"),
            delivery=cast("Delivery | None", delivery),
            extra=read.take_rest(),
        )


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that the task touched. ``additions`` and ``deletions`` count lines."""

    filename: str
    status: FileStatus | None = None
    additions: int | None = None
    deletions: int | None = None
    url: str | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    def to_dict(self) -> dict[str, Any]:
        return {
            "filename": self.filename,
            "status": self.status,
            "additions": self.additions,
            "deletions": self.deletions,
            "url": self.url,
            **self.extra,
        }

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, where)
        status = read.take_optional_text("status")
        if status is not None and status not in FILE_STATUSES:
            raise read.wrong("status", "null or one of " + ", ".join(FILE_STATUSES), status)
        return cls(
            filename=read.take_text("filename"),
            status=cast("FileStatus | None", status),
            additions=read.take_optional_int("additions"),
            deletions=read.take_optional_int("deletions"),
            url=read.take_optional_text("url"),
            extra=read.take_rest(),
        )


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the stored value of one field came from.

    ``rank`` is the dialect's rank of the source (see ``domain.facts``), ``observed_at`` when it was read,
    ``source`` a short word such as ``list`` or ``page``.
    """

    rank: int
    observed_at: datetime
    source: str = ""

    def to_dict(self) -> list[Any]:
        return [self.rank, format_time(self.observed_at), self.source]

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Raises ValidationError naming the field."""
        if not isinstance(data, list | tuple) or len(data) != 3:
            raise FieldReader({}, where).wrong("", "[rank, time, source]", data)
        rank, moment_text, source = data
        if type(rank) is int and type(moment_text) is str and type(source) is str:
            try:
                return cast(Self, _read_mark(rank, moment_text, source))
            except ValueError:
                pass
        read = FieldReader({"rank": data[0], "observed_at": data[1], "source": data[2]}, where)
        moment = read.take_optional_time("observed_at")
        if moment is None:
            raise read.wrong("observed_at", "an RFC 3339 time", None)
        return cls(read.take_optional_int("rank") or 0, moment, read.take_text("source"))


@lru_cache(maxsize=1024)
def shared_mark(rank: int, observed_at: datetime, source: str) -> Provenance:
    """The one mark for all that one answer told: a list marks a dozen fields of each of its tasks."""
    return Provenance(rank, observed_at, source)


@lru_cache(maxsize=1024)
def _read_mark(rank: int, text: str, source: str) -> Provenance:
    return shared_mark(rank, parse_time(text), source)


@dataclass(frozen=True, slots=True)
class Task:
    """One Jules task.

    ``status_detail`` is the server's own word. ``waiting_since`` is since when the task waits for a person: the
    change into waiting for approval or feedback, or the moment it was first seen finished. ``synced_at`` is when
    a server last told anything about it. ``on_server`` is ``False`` once the server said not found, ``None``
    before anything was asked. ``origin`` names profile and server (``profile/server``); operations through
    another origin are refused. ``archived``, ``seen_at`` and ``snoozed_until`` are local marks.
    """

    id: str
    title: str | None = None
    description: str | None = None
    repository: str | None = None
    branch: str | None = None
    status: TaskStatus = TaskStatus.UNKNOWN
    status_detail: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    waiting_since: datetime | None = None
    synced_at: datetime | None = None
    url: str | None = None
    pull_request_url: str | None = None
    failure: str | None = None
    plan: Plan | None = None
    chat_history: tuple[ChatMessage, ...] = ()
    chat_truncated: bool | None = None
    source_files: tuple[SourceFile, ...] | None = None
    archived: bool = False
    archived_on_server: bool | None = None
    on_server: bool | None = None
    seen_at: datetime | None = None
    snoozed_until: datetime | None = None
    origin: str | None = None
    provenance: Mapping[str, Provenance] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    @property
    def status_read_at(self) -> datetime | None:
        """When a server last told the status; answers that are silent about it may have told other things since."""
        told = self.provenance.get("status")
        return self.synced_at if told is None or self.synced_at is None else min(told.observed_at, self.synced_at)

    def to_dict(self) -> dict[str, Any]:
        """The stored form. ``needs_me`` is derived and depends on the time, so it is not part of it."""
        return {
            "id": self.id,
            "title": self.title,
            "description": self.description,
            "repository": self.repository,
            "branch": self.branch,
            "status": self.status.value,
            "status_detail": self.status_detail,
            "created_at": _time(self.created_at),
            "updated_at": _time(self.updated_at),
            "waiting_since": _time(self.waiting_since),
            "synced_at": _time(self.synced_at),
            "url": self.url,
            "pull_request_url": self.pull_request_url,
            "failure": self.failure,
            "plan": None if self.plan is None else self.plan.to_dict(),
            "chat_history": [message.to_dict() for message in self.chat_history],
            "chat_truncated": self.chat_truncated,
            "source_files": None if self.source_files is None else [file.to_dict() for file in self.source_files],
            "archived": self.archived,
            "archived_on_server": self.archived_on_server,
            "on_server": self.on_server,
            "seen_at": _time(self.seen_at),
            "snoozed_until": _time(self.snoozed_until),
            "origin": self.origin,
            "provenance": {name: mark.to_dict() for name, mark in self.provenance.items()},
            **self.extra,
        }

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Read the stored form, or what ``list --json`` and ``export`` write.

        Raises:
            ValidationError: a field has the wrong type; ``context["field"]`` names it.
        """
        read = FieldReader(data, where)
        read.drop("needs_me")
        task_id = read.take_text("id")
        if not task_id:
            raise read.wrong("id", "text that is not empty", task_id)
        provenance = read.take_optional_object("provenance", _decode_provenance)
        has_files = isinstance(data, Mapping) and data.get("source_files") is not None
        files = read.take_objects("source_files", SourceFile.from_dict)
        return cls(
            id=task_id,
            title=read.take_optional_text("title"),
            description=read.take_optional_text("description"),
            repository=read.take_optional_text("repository"),
            branch=read.take_optional_text("branch"),
            status=TaskStatus(read.take_word("status", STATUSES, TaskStatus.UNKNOWN)),
            status_detail=read.take_optional_text("status_detail"),
            created_at=read.take_optional_time("created_at"),
            updated_at=read.take_optional_time("updated_at"),
            waiting_since=read.take_optional_time("waiting_since"),
            synced_at=read.take_optional_time("synced_at"),
            url=read.take_optional_text("url"),
            pull_request_url=read.take_optional_text("pull_request_url"),
            failure=read.take_optional_text("failure"),
            plan=read.take_optional_object("plan", Plan.from_dict),
            chat_history=read.take_objects("chat_history", ChatMessage.from_dict),
            chat_truncated=read.take_optional_bool("chat_truncated"),
            source_files=files if has_files else None,
            archived=read.take_bool("archived", False),
            archived_on_server=read.take_optional_bool("archived_on_server"),
            on_server=read.take_optional_bool("on_server"),
            seen_at=read.take_optional_time("seen_at"),
            snoozed_until=read.take_optional_time("snoozed_until"),
            origin=read.take_optional_text("origin"),
            provenance=provenance or {},
            extra=read.take_rest(),
        )


def _decode_provenance(data: object, where: str) -> dict[str, Provenance]:
    if not isinstance(data, Mapping):
        raise FieldReader({}, where).wrong("", "an object", data)
    return {str(name): Provenance.from_dict(value, f"{where}.{name}") for name, value in data.items()}


_TOLD: Final = attrgetter(*(each.name for each in fields(Task) if each.name not in ("synced_at", "provenance")))


def says_the_same(known: Task, task: Task) -> bool:
    """Whether two states of a task differ in nothing but by whom and when it was told."""
    return bool(_TOLD(known) == _TOLD(task))


def needs_me(task: Task, now: datetime) -> NeedsMe | None:
    """Why this task needs a person at ``now``, or ``None``.

    A failure or a review ends when the task was seen after it finished. Snoozed, archived and vanished tasks need
    nobody.
    """
    if (
        task.archived
        or task.archived_on_server
        or task.on_server is False
        or (task.snoozed_until is not None and task.snoozed_until > now)
    ):
        return None
    if task.status is TaskStatus.WAITING_APPROVAL:
        return "approval"
    if task.status is TaskStatus.WAITING_FEEDBACK:
        return "question"
    if task.status.is_final:
        finished = task.waiting_since
        if task.seen_at is None or (finished is not None and task.seen_at < finished):
            return "failure" if task.status is TaskStatus.FAILED else "review"
    return None
