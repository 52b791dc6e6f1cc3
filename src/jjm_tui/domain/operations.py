"""Operations: what a person decided, from the first byte on disk to a true outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from jjm_tui.domain.codec import NO_EXTRA, FieldReader
from jjm_tui.domain.times import format_time


class OperationKind(StrEnum):
    """What changes something on the server."""

    CREATE = "create"
    MESSAGE = "message"
    APPROVE = "approve"
    RESUME = "resume"


class OperationState(StrEnum):
    """How far an operation got.

    ``prepared``: on disk, nothing written to a server. ``sending``: recorded just before the request is written,
    so a crash from here on means *perhaps*. ``discarded``: a person let it go, or sent it again as another one. The
    other four are outcomes.
    """

    PREPARED = "prepared"
    SENDING = "sending"
    DONE = "done"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNCONFIRMED = "unconfirmed"
    DISCARDED = "discarded"

    @property
    def is_open(self) -> bool:
        """Still under way or unsettled: it blocks a second operation of the same task and kind."""
        return self.is_under_way or self is OperationState.UNCONFIRMED

    @property
    def is_under_way(self) -> bool:
        """A process carries it out right now, or died over it."""
        return self in (OperationState.PREPARED, OperationState.SENDING)


SENT_AGAIN: Final = "Sent again as "
"""How the message of an operation begins in whose place another one was sent; the id of that one follows."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One decision of a person.

    ``payload`` is what is to be sent: ``text`` for messages and resumes by message; ``description``,
    ``repository``, ``branch``, ``title``, ``approval``, ``pr`` for creates; ``fingerprint`` for approvals.
    ``baseline`` is what was known before sending and lets a re-read settle the outcome: ``known_ids`` for
    creates, ``equal_messages`` for messages, ``status`` and ``fingerprint`` for approvals and resumes.
    ``owner`` names the process that carries it out; the owner holds a lock of that name while it lives.
    ``instead_of`` is what may have arrived and this was sent again for, as it was then: should nothing be sent at all,
    that one is so still.
    """

    id: str
    kind: OperationKind
    created_at: datetime
    origin: str
    state: OperationState = OperationState.PREPARED
    task_id: str | None = None
    payload: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)
    baseline: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)
    owner: str | None = None
    sent_at: datetime | None = None
    finished_at: datetime | None = None
    message: str | None = None
    instead_of: Self | None = None
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    @property
    def sent_again_as(self) -> str | None:
        """The operation that was sent in its place, because the person said so."""
        if self.state is not OperationState.DISCARDED or not (self.message or "").startswith(SENT_AGAIN):
            return None
        return (self.message or "").removeprefix(SENT_AGAIN).partition(".")[0]

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind.value,
            "created_at": format_time(self.created_at),
            "origin": self.origin,
            "state": self.state.value,
            "task_id": self.task_id,
            "payload": dict(self.payload),
            "baseline": dict(self.baseline),
            "owner": self.owner,
            "sent_at": None if self.sent_at is None else format_time(self.sent_at),
            "finished_at": None if self.finished_at is None else format_time(self.finished_at),
            "message": self.message,
            **({} if self.instead_of is None else {"instead_of": self.instead_of.to_dict()}),
            **self.extra,
        }

    @classmethod
    def from_dict(cls, data: object, where: str = "") -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, where)
        created = read.take_optional_time("created_at")
        if created is None:
            raise read.wrong("created_at", "an RFC 3339 time", None)
        return cls(
            id=read.take_text("id"),
            kind=OperationKind(read.take_word("kind", OperationKind)),
            created_at=created,
            origin=read.take_text("origin"),
            state=OperationState(read.take_word("state", OperationState)),
            task_id=read.take_optional_text("task_id"),
            payload=read.take_optional_object("payload", _decode_object) or NO_EXTRA,
            baseline=read.take_optional_object("baseline", _decode_object) or NO_EXTRA,
            owner=read.take_optional_text("owner"),
            sent_at=read.take_optional_time("sent_at"),
            finished_at=read.take_optional_time("finished_at"),
            message=read.take_optional_text("message"),
            instead_of=read.take_optional_object("instead_of", cls.from_dict),
            extra=read.take_rest(),
        )


def _decode_object(data: object, where: str) -> Mapping[str, Any]:
    return FieldReader(data, where).take_rest()
