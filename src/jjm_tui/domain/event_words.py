"""What an event says to people, in one line: the same words in the history, the monitor and the dashboard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import SENT_AGAIN
from jjm_tui.domain.text import age, clean_line

_MOST_MESSAGE: Final = 400
"""Characters of a message that are worth a line."""
_NOTED: Final = 60.0
"""Seconds before it was observed from which on the time of writing is told."""
_SIGHTS: Final[Mapping[EventType, str]] = {
    EventType.FILES_CHANGED: "",
    EventType.PULL_REQUEST_OPENED: "pull request",
}
"""What was seen, where the words for what happened do not fit."""
_UNDONE: Final[Mapping[EventType, str]] = {EventType.SEEN: "no longer seen", EventType.SNOOZED: "no longer snoozed"}
"""What is told where such a mark was taken away."""


def event_sentence(event: TaskEvent) -> str:
    """What happened, in one line that stands under the time at which it was observed."""
    head, detail = event_parts(event)
    earlier = (event.at - event.told_at).total_seconds()
    if earlier >= _NOTED:
        head += f", written {age(earlier)} earlier"
    return ": ".join(part for part in (head, detail) if part)


def event_parts(event: TaskEvent) -> tuple[str, str]:
    """What happened, and its details, which may be nothing. Foreign words in them are made harmless.

    What was found at a first look is not said to have happened then.
    """
    if not event.is_first_seen:
        return _parts(event)
    head, detail = _parts(event)
    what = _SIGHTS.get(event.type, head)
    return f"first seen: {what}" if what else "first seen", detail


def _parts(event: TaskEvent) -> tuple[str, str]:
    words = event.type.value.replace("_", " ")
    data = event.data
    if event.type is EventType.STATUS_CHANGED:
        before = f"{data.get('from')} → " if data.get("from") else ""
        return words, clean_line(f"{before}{data.get('to')}")
    if event.type is EventType.MESSAGE_RECEIVED:
        return clean_line(str(data.get("author", "message"))), _message(data.get("content", ""))
    if event.type is EventType.PLAN_READY:
        count = data.get("steps", "?")
        steps = "1 step" if count == 1 else f"{count} steps"
        return words, clean_line(f"{steps}, {data.get('fingerprint', '')}")
    if event.type is EventType.FILES_CHANGED:
        count = data.get("files", "?")
        files = "1 file" if count == 1 else f"{count} files"
        counts = ["?" if data.get(name) is None else data[name] for name in ("additions", "deletions")]
        return words, clean_line(f"{files}, +{counts[0]} -{counts[1]}")
    if event.type is EventType.PULL_REQUEST_OPENED:
        return words, clean_line(str(data.get("url", "")))
    if data.get("undone"):
        words = _UNDONE.get(event.type, words)
    kind = data.get("kind")
    if event.type is EventType.OPERATION_DISCARDED and str(data.get("message") or "").startswith(SENT_AGAIN):
        words = "operation sent again"
    return clean_line(f"{words} ({kind})" if kind else words), clean_line(str(data.get("message") or ""))


def _message(content: object) -> str:
    return clean_line(str(content)[:_MOST_MESSAGE])
