"""One line for every event."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jjm_tui.domain.event_words import event_parts, event_sentence
from jjm_tui.domain.events import EventType, TaskEvent

_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_SENTENCES = (
    (
        EventType.STATUS_CHANGED,
        {"from": "in_progress", "to": "completed"},
        "status changed: in_progress → completed",
    ),
    (EventType.STATUS_CHANGED, {"to": "failed"}, "status changed: failed"),
    (EventType.MESSAGE_RECEIVED, {"author": "jules", "content": "Which\nbranch?"}, "jules: Which branch?"),
    (EventType.PLAN_READY, {"steps": 1, "fingerprint": "ab12"}, "plan ready: 1 step, ab12"),
    (EventType.FILES_CHANGED, {"files": 3, "additions": 5}, "files changed: 3 files, +5 -?"),
    (EventType.OPERATION_REFUSED, {"kind": "approve", "message": "No plan."}, "operation refused (approve): No plan."),
    (EventType.ARCHIVED, {}, "archived"),
    (EventType.SEEN, {}, "seen"),
    (EventType.SEEN, {"undone": True}, "no longer seen"),
    (EventType.SNOOZED, {"undone": True}, "no longer snoozed"),
    (EventType.PLAN_APPROVED, {"first_seen": True}, "first seen: plan approved"),
    (
        EventType.PULL_REQUEST_OPENED,
        {"first_seen": True, "url": "https://x.test/1"},
        "first seen: pull request: https://x.test/1",
    ),
    (
        EventType.FILES_CHANGED,
        {"files": 3, "additions": 5, "deletions": 2, "first_seen": True},
        "first seen: 3 files, +5 -2",
    ),
    (
        EventType.PLAN_READY,
        {"steps": 2, "fingerprint": "ab12", "first_seen": True, "happened_at": "2026-11-20T08:52:00Z"},
        "plan ready, written 8m earlier: 2 steps, ab12",
    ),
    (
        EventType.MESSAGE_RECEIVED,
        {"author": "jules", "content": "Which?", "happened_at": "2026-11-20T08:59:30Z"},
        "jules: Which?",
    ),
)


@pytest.mark.parametrize(("kind", "data", "sentence"), _SENTENCES)
def test_event_sentence_of_each_kind_says_what_happened(kind, data, sentence):
    assert event_sentence(TaskEvent(kind, _AT, "1", data)) == sentence


@pytest.mark.parametrize("kind", EventType)
def test_event_parts_with_escape_sequences_in_every_field_are_harmless(kind):
    evil = "a\x1b]52;c;AAAA\x07b\nc\u202e"
    names = ("from", "to", "author", "content", "steps", "fingerprint", "files", "additions", "url", "message", "kind")
    head, detail = event_parts(TaskEvent(kind, _AT, "1", dict.fromkeys(names, evil)))
    assert (head + detail).isprintable()
