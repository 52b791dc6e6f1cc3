"""What an operation is said to be: the same words in the outbox, the history and on the command line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from jjm_tui.domain.event_words import event_sentence
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operation_words import sent_again_message, state_sentence, state_word
from jjm_tui.domain.operations import Operation, OperationKind, OperationState

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MESSAGE = Operation("0a1b2c3d4e5f", OperationKind.MESSAGE, NOON, "default/demo", payload={"text": "Hello."})


@pytest.mark.parametrize("state", OperationState)
def test_every_state_has_a_short_word_and_a_sentence(state: OperationState) -> None:
    operation = replace(MESSAGE, state=state)
    assert 4 <= len(state_word(operation)) <= 11
    assert "_" not in state_word(operation)
    assert state_sentence(operation).endswith(".")


def test_operation_that_is_prepared_means_what_its_word_says() -> None:
    prepared = replace(MESSAGE, state=OperationState.PREPARED)
    assert state_word(prepared) == "sending"
    assert state_sentence(prepared) == "It is being sent; nothing has left this machine yet."


def test_operation_that_was_sent_again_says_so_and_what_it_had_been() -> None:
    old = replace(MESSAGE, state=OperationState.NOT_SENT)
    again = replace(old, state=OperationState.DISCARDED, message=sent_again_message(old, "ffff00001111"))
    assert again.message == "Sent again as ffff00001111. This one was not sent."
    assert state_word(again) == "sent again"
    assert again.sent_again_as == "ffff00001111"
    assert "stop" not in state_sentence(again)
    told = TaskEvent(EventType.OPERATION_DISCARDED, NOON, "1", {"kind": "message", "message": again.message})
    assert event_sentence(told).startswith("operation sent again (message): Sent again as ffff00001111.")


def test_operation_that_was_discarded_says_that_the_person_did_it() -> None:
    gone = replace(MESSAGE, state=OperationState.DISCARDED, message="Discarded by you.")
    assert state_word(gone) == "discarded"
    assert gone.sent_again_as is None
    told = TaskEvent(EventType.OPERATION_DISCARDED, NOON, "1", {"kind": "message", "message": gone.message})
    assert event_sentence(told) == "operation discarded (message): Discarded by you."


def test_unconfirmed_operation_that_was_sent_again_may_still_have_arrived() -> None:
    old = replace(MESSAGE, state=OperationState.UNCONFIRMED)
    assert sent_again_message(old, "ab") == "Sent again as ab. This one was unconfirmed: it may have arrived as well."


def test_message_that_was_written_and_left_no_trace_did_not_arrive() -> None:
    operation = replace(MESSAGE, state=OperationState.NOT_SENT, sent_at=NOON)
    assert state_sentence(operation).startswith("It did not arrive")
