"""Events and operations survive being written down; what is wrong is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import ValidationError
from tests.domain.strategies import NOON, moments, texts, unknown_fields

bounded = settings(max_examples=40, deadline=None)
events = st.builds(
    TaskEvent, type=st.sampled_from(EventType), at=moments, task_id=st.none() | texts, data=unknown_fields
)
operations = st.builds(
    Operation,
    id=texts,
    kind=st.sampled_from(OperationKind),
    created_at=moments,
    origin=texts,
    state=st.sampled_from(OperationState),
    task_id=st.none() | texts,
    payload=unknown_fields,
    baseline=unknown_fields,
    owner=st.none() | texts,
    sent_at=st.none() | moments,
    finished_at=st.none() | moments,
    message=st.none() | texts,
    extra=unknown_fields,
)


@given(events)
@bounded
def test_event_round_trip_is_exact(event: TaskEvent) -> None:
    assert TaskEvent.from_dict(event.to_dict()) == event


@given(operations)
@bounded
def test_operation_round_trip_is_exact(operation: Operation) -> None:
    assert Operation.from_dict(operation.to_dict()) == operation


@pytest.mark.parametrize(("name", "value"), [("at", None), ("type", "exploded"), ("task_id", 5), ("data", [])])
def test_event_with_a_wrong_field_names_it(name: str, value: object) -> None:
    data = TaskEvent(EventType.SEEN, NOON, "1").to_dict() | {name: value}

    with pytest.raises(ValidationError) as caught:
        TaskEvent.from_dict(data)

    assert caught.value.context["field"] == name


@pytest.mark.parametrize(
    ("name", "value"), [("created_at", None), ("kind", "delete"), ("state", "lost"), ("payload", []), ("id", None)]
)
def test_operation_with_a_wrong_field_names_it(name: str, value: object) -> None:
    data = Operation("1", OperationKind.MESSAGE, NOON, "work/server").to_dict() | {name: value}

    with pytest.raises(ValidationError) as caught:
        Operation.from_dict(data)

    assert caught.value.context["field"] == name


@pytest.mark.parametrize("state", OperationState)
def test_operation_is_open_until_its_outcome_is_settled(state: OperationState) -> None:
    assert state.is_open is (state.value in {"prepared", "sending", "unconfirmed"})
