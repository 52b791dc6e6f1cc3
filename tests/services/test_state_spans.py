"""How long tasks were in each state."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.events import EventType
from jjm_tui.domain.status import TaskStatus
from jjm_tui.services.state_spans import StateSpan, state_spans
from tests.services.histories import at, event, found, moved


def test_spans_of_a_new_task_begin_with_its_creation_and_end_with_each_change():
    spans = state_spans([found(1, "pending"), moved(3, "in_progress"), moved(13, "completed")], {"1": at(0)})
    assert spans == (
        StateSpan("1", TaskStatus.PENDING, at(0), at(3)),
        StateSpan("1", TaskStatus.IN_PROGRESS, at(3), at(13)),
        StateSpan("1", TaskStatus.COMPLETED, at(13)),
    )


def test_span_of_an_old_task_says_that_its_beginning_was_not_seen():
    (span,) = state_spans([found(100, "in_progress", first_sync=True)], {"1": at(0)})
    assert (span.since, span.saw_start) == (at(100), False)


def test_vanished_task_has_no_state_until_it_is_seen_again():
    gone = [
        found(0, "in_progress"),
        event(5, EventType.TASK_VANISHED),
        moved(5, "unknown"),
        event(9, EventType.TASK_RETURNED),
        moved(9, "in_progress"),
    ]
    assert [(span.status.value, span.since, span.until) for span in state_spans(gone)] == [
        ("in_progress", at(0), at(5)),
        ("in_progress", at(9), None),
    ]


def test_forgotten_task_stops_and_begins_anew_when_it_is_discovered_again():
    spans = state_spans([found(0, "paused"), event(4, EventType.FORGOTTEN), found(60, "completed")])
    assert [(span.since, span.until) for span in spans] == [(at(0), at(4)), (at(60), None)]


def test_task_that_was_forgotten_and_taken_back_was_in_its_state_all_the_time():
    told = [found(0, "waiting_approval"), event(4, EventType.FORGOTTEN)]
    assert [(span.since, span.until, span.is_cut) for span in state_spans(told)] == [(at(0), at(4), True)]
    told.append(event(5, EventType.REMEMBERED))
    assert [(span.since, span.until, span.is_cut) for span in state_spans(told)] == [(at(0), None, False)]
    told.append(moved(9, "in_progress"))
    assert [(span.since, span.until, span.is_cut) for span in state_spans(told)] == [
        (at(0), at(9), False),
        (at(9), None, False),
    ]


_EVENTS = st.lists(
    st.one_of(
        st.builds(found, st.integers(0, 500), st.sampled_from(TaskStatus), st.sampled_from("ab")),
        st.builds(moved, st.integers(0, 500), st.sampled_from(TaskStatus), st.sampled_from("ab")),
        st.builds(
            event,
            st.integers(0, 500),
            st.sampled_from(
                [
                    EventType.TASK_VANISHED,
                    EventType.TASK_RETURNED,
                    EventType.FORGOTTEN,
                    EventType.REMEMBERED,
                    EventType.SEEN,
                ]
            ),
            st.sampled_from("ab"),
        ),
    ),
    max_size=40,
).map(lambda events: sorted(events, key=lambda each: each.at))


@given(_EVENTS)
def test_spans_of_one_task_never_overlap_and_only_the_last_one_lasts(events):
    spans = state_spans(events)
    for task_id in "ab":
        own = [span for span in spans if span.task_id == task_id]
        for one, following in pairwise(own):
            assert one.until is not None
            assert one.since <= one.until <= following.since


@given(_EVENTS, st.integers(0, 600), st.integers(0, 600))
def test_seconds_within_never_exceed_the_time_between(events, first, last):
    start, end = at(min(first, last)), at(max(first, last))
    for span in state_spans(events):
        assert 0 <= span.seconds_within(start, end) <= (end - start) / timedelta(seconds=1)
