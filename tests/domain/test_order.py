"""Places: the same order as sorting, and fit for bisection."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.order import SORT_FIELDS, place_by, sort_tasks
from jjm_tui.domain.task import needs_me
from jjm_tui.errors import ValidationError
from tests.domain.strategies import NOON, tasks

lists_of_tasks = st.lists(tasks, max_size=12, unique_by=lambda task: task.id)


@given(lists_of_tasks, st.sampled_from(SORT_FIELDS), st.booleans())
def test_places_sorted_are_the_sorted_tasks(found, field, reverse):
    place_of = place_by(field, reverse=reverse)
    places = sorted(place_of(task, needs_me(task, NOON) is not None) for task in found)
    assert [place[-1] for place in places] == [task.id for task in sort_tasks(found, field, reverse, now=NOON)]


@given(lists_of_tasks, st.sampled_from(SORT_FIELDS), st.booleans())
def test_place_of_a_task_is_found_by_bisection(found, field, reverse):
    place_of = place_by(field, reverse=reverse)
    places = sorted(place_of(task, needs_me(task, NOON) is not None) for task in found)
    for task in found:
        place = place_of(task, needs_me(task, NOON) is not None)
        assert places[bisect_left(places, place)][-1] == task.id


def test_place_by_of_an_unknown_field_is_refused():
    with pytest.raises(ValidationError):
        place_by("colour")


@given(lists_of_tasks, st.booleans())
def test_waiting_begins_with_what_needs_a_person_now(found, reverse):
    needing = [needs_me(task, NOON) is not None for task in sort_tasks(found, "waiting", reverse, now=NOON)]
    assert needing == sorted(needing, reverse=True)
