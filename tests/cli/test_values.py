"""Durations, times and words on the command line."""

from __future__ import annotations

import argparse
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.cli.exit_codes import ExitCode, code_for_error, code_for_outcome, worst
from jjm_tui.cli.values import choose_fields, moment_after, moment_before, seconds, span, statuses, until
from jjm_tui.domain.status import TaskStatus
from jjm_tui.errors import (
    AmbiguousOutcomeError,
    AuthenticationError,
    ConfigurationError,
    FilterError,
    ServerStartError,
    StorageError,
    TaskNotFoundError,
    WrongStateError,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "value"), [("90", 90), ("1.5", 1.5), ("15m", 900), ("2h", 7200), ("3d", 259_200), ("1w", 604_800)]
)
def test_seconds_spans_are_understood(word: str, value: float) -> None:
    assert seconds(word) == value


@pytest.mark.parametrize("word", ["2", "90", "1.5", " 2 ", "0h", "-5m", "h", "", "2 months"])
def test_span_without_its_unit_is_refused(word: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="with its unit, such as 90s, 15m, 2h, 3d or 1w"):
        span(word)
    with pytest.raises(argparse.ArgumentTypeError, match="30m, 2h or 3d"):
        moment_after(NOW, word)
    assert span("1.5 h") == 5400


@given(st.text())
def test_seconds_any_text_is_a_positive_number_or_a_sentence(word: str) -> None:
    with suppress(argparse.ArgumentTypeError):
        assert seconds(word) > 0


@given(st.text())
def test_moment_any_text_is_a_time_or_a_sentence(word: str) -> None:
    for read in (moment_before, moment_after):
        with suppress(argparse.ArgumentTypeError):
            assert read(NOW, word).tzinfo is not None


def test_moment_spans_go_back_and_ahead() -> None:
    assert moment_before(NOW, "2h") == NOW - timedelta(hours=2)
    assert moment_after(NOW, "2h") == NOW + timedelta(hours=2)
    assert moment_before(NOW, "2026-01-31T09:00:00+01:00") == datetime(2026, 1, 31, 8, tzinfo=UTC)


def test_statuses_all_is_every_one_and_dashes_are_fine() -> None:
    assert statuses("all") == frozenset(TaskStatus)
    assert statuses("waiting-approval, FAILED") == {TaskStatus.WAITING_APPROVAL, TaskStatus.FAILED}


def test_until_needs_me_goes_with_statuses() -> None:
    assert until("needs-me,completed") == (frozenset({TaskStatus.COMPLETED}), True)
    assert until("failed") == (frozenset({TaskStatus.FAILED}), False)
    with pytest.raises(argparse.ArgumentTypeError, match=r"'all'; there are pending, .*, unknown, needs-me$"):
        until("all")


def test_choose_fields_keeps_the_order_asked_for() -> None:
    assert choose_fields(["b", "a", "b"], ["a", "b", "c"]) == ("b", "a")
    with pytest.raises(argparse.ArgumentTypeError, match="does not know the field 'x'; there are a, b"):
        choose_fields(["x"], ["a", "b"])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TaskNotFoundError("x"), 1),
        (WrongStateError("x"), 1),
        (ServerStartError("x"), 1),
        (StorageError("x"), 1),
        (ConfigurationError("x"), 2),
        (FilterError("x"), 2),
        (AuthenticationError("x"), 4),
        (AmbiguousOutcomeError("x"), 5),
    ],
)
def test_code_for_error_follows_the_contract(error: TaskNotFoundError, code: int) -> None:
    assert code_for_error(error) == code


def test_code_for_outcome_follows_the_contract() -> None:
    assert code_for_outcome("done") == 0
    assert code_for_outcome("refused") == 1
    assert code_for_outcome("not_sent") == 1
    assert code_for_outcome("unconfirmed") == 5
    assert code_for_outcome("refused", AuthenticationError("x")) == 4


def test_worst_of_several_wins_in_the_order_of_the_contract() -> None:
    order = [130, 5, 4, 1, 0]
    for position, code in enumerate(order):
        assert worst(reversed(order[position:])) == code
    assert worst([]) is ExitCode.DONE
