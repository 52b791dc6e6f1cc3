"""Tasks survive being stored and exchanged, whoever wrote them; what is wrong is named."""

from __future__ import annotations

import json
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from jjm_tui.domain.codec import FieldReader
from jjm_tui.domain.status import TaskStatus, normalise_status
from jjm_tui.domain.task import ChatMessage, Plan, PlanStep, Provenance, SourceFile, Task, needs_me
from jjm_tui.domain.times import NoMomentError, format_time, parse_time
from jjm_tui.errors import ValidationError
from tests.domain.strategies import NOON, at, moments, tasks

bounded = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

FULL: dict[str, Any] = Task(
    "1",
    plan=Plan("f", (PlanStep("a", "b"),)),
    chat_history=(ChatMessage("hello", "user", NOON, "1"),),
    source_files=(SourceFile("a.py", "created", 1, 0),),
    provenance={"status": Provenance(3, NOON, "list")},
).to_dict()


@given(tasks)
@bounded
def test_task_round_trip_is_exact_with_unknown_fields_at_every_level(task: Task) -> None:
    through_json = json.loads(json.dumps(task.to_dict()))

    assert Task.from_dict(through_json) == task
    assert Task.from_dict(through_json).to_dict() == task.to_dict()


def test_task_read_from_a_newer_version_keeps_what_it_does_not_know() -> None:
    newer = json.loads(json.dumps(FULL))
    newer["mood"] = {"nested": [1, None]}
    newer["plan"]["mood"] = newer["plan"]["steps"][0]["mood"] = 1
    newer["chat_history"][0]["mood"] = newer["source_files"][0]["mood"] = "x"

    assert Task.from_dict(newer).to_dict() == newer


def test_task_with_only_an_id_is_unknown_in_everything() -> None:
    task = Task.from_dict({"id": "1"})

    assert task == Task("1")
    assert task.status is TaskStatus.UNKNOWN
    assert task.source_files is None
    assert Task.from_dict({"id": "1", "source_files": []}).source_files == ()


def test_task_read_from_a_listing_ignores_the_derived_field() -> None:
    assert Task.from_dict({"id": "1", "needs_me": "approval"}) == Task("1")


def replaced(path: str, value: object) -> dict[str, Any]:
    data = json.loads(json.dumps(FULL))
    *way, last = path.split(".")
    place: Any = data
    for name in way:
        place = place[name][0] if isinstance(place[name], list) else place[name]
    place[last] = value
    return data  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 1),
        ("id", ""),
        ("id", None),
        ("title", 5),
        ("description", []),
        ("status", "sleeping"),
        ("status", 3),
        ("created_at", "yesterday"),
        ("created_at", "2026-11-20T12:00:00"),
        ("updated_at", 12),
        ("waiting_since", "2026-13-01T00:00:00Z"),
        ("plan", "x"),
        ("plan.fingerprint", None),
        ("plan.complete", "yes"),
        ("plan.steps", "x"),
        ("plan.steps.title", None),
        ("plan.steps.description", 1),
        ("chat_history", {}),
        ("chat_history.content", None),
        ("chat_history.type", "robot"),
        ("chat_history.timestamp", "now"),
        ("chat_history.delivery", "lost"),
        ("chat_truncated", 1),
        ("source_files", 1),
        ("source_files.filename", 2),
        ("source_files.status", "renamed"),
        ("source_files.additions", True),
        ("source_files.deletions", 1.5),
        ("archived", "no"),
        ("on_server", "yes"),
        ("snoozed_until", True),
        ("origin", 1),
        ("provenance", []),
        ("provenance.status", "x"),
    ],
)
def test_task_with_a_wrong_type_names_the_field(path: str, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Task.from_dict(replaced(path, value))

    assert caught.value.context["field"] == path
    assert path in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("data", [None, [], "task", 3])
def test_task_that_is_no_object_is_refused(data: object) -> None:
    with pytest.raises(ValidationError, match="must be an object"):
        Task.from_dict(data)


# --- needing a person


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        (Task("1", status=TaskStatus.WAITING_APPROVAL), "approval"),
        (Task("1", status=TaskStatus.WAITING_FEEDBACK), "question"),
        (Task("1", status=TaskStatus.FAILED, waiting_since=at(-5)), "failure"),
        (Task("1", status=TaskStatus.COMPLETED, waiting_since=at(-5)), "review"),
        (Task("1", status=TaskStatus.COMPLETED, waiting_since=at(-5), seen_at=at(-9)), "review"),
        (Task("1", status=TaskStatus.COMPLETED, waiting_since=at(-5), seen_at=at(-4)), None),
        (Task("1", status=TaskStatus.WAITING_APPROVAL, seen_at=at(-4)), "approval"),
        (Task("1", status=TaskStatus.WAITING_APPROVAL, snoozed_until=at(1)), None),
        (Task("1", status=TaskStatus.WAITING_APPROVAL, snoozed_until=at(0)), "approval"),
        (Task("1", status=TaskStatus.WAITING_APPROVAL, archived=True), None),
        (Task("1", status=TaskStatus.WAITING_APPROVAL, on_server=False), None),
        (Task("1", status=TaskStatus.PAUSED), None),
        (Task("1", status=TaskStatus.IN_PROGRESS), None),
        (Task("1"), None),
    ],
)
def test_needs_me_says_why_or_nothing(task: Task, reason: str | None) -> None:
    assert needs_me(task, NOON) == reason


# --- words and times


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("QUEUED", "pending"),
        ("PLANNING", "in_progress"),
        ("inProgress", "in_progress"),
        ("in progress", "in_progress"),
        ("AWAITING_PLAN_APPROVAL", "waiting_approval"),
        ("Waiting for approval", "waiting_approval"),
        ("awaitingUserFeedback", "waiting_feedback"),
        ("PAUSED", "paused"),
        ("Completed", "completed"),
        ("FAILED", "failed"),
        ("STATE_UNSPECIFIED", "unknown"),
        ("completedish", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
    ],
)
def test_normalise_status_understands_every_family_and_never_guesses(word: object, status: str) -> None:
    assert normalise_status(word).value == status


@given(moments)
@bounded
def test_time_round_trip_is_exact_and_in_utc(moment) -> None:  # type: ignore[no-untyped-def]
    written = format_time(moment)

    assert written.endswith("Z")
    assert parse_time(written) == moment
    assert parse_time(written).tzinfo is UTC


def test_time_with_nanoseconds_or_an_offset_is_read() -> None:
    assert format_time(parse_time("2026-11-20T12:00:00.123456789Z")) == "2026-11-20T12:00:00.123456Z"
    assert parse_time("2026-11-20T13:00:00+01:00") == NOON


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_time_that_stands_for_none_is_unknown_wherever_it_was_kept(told: str) -> None:
    with pytest.raises(NoMomentError):
        parse_time(told)
    assert FieldReader({"created_at": told}).take_optional_time("created_at") is None
