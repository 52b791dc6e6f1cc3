"""The stories that a world tells: the same for the same seed, alive, and patient where a person is needed."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

import pytest

from jjm_tui.simulator.states import State
from jjm_tui.simulator.world import World
from tests.simulator.conftest import HandClock, ids_in


def tell(world: World) -> list[Any]:
    """Everything that a client can see."""
    seen: list[Any] = []
    token = None
    while True:
        page = world.list_sessions(100, token)
        for session in page.get("sessions", []):
            seen.append(session)
            activities = None
            while True:
                answer = world.list_activities(session["id"], 100, activities)
                seen.append(answer.get("activities"))
                activities = answer.get("nextPageToken")
                if activities is None:
                    break
        token = page.get("nextPageToken")
        if token is None:
            return seen


@pytest.mark.parametrize("seed", [1, 2, 77])
def test_two_worlds_of_one_seed_tell_the_same_story(seed: int) -> None:
    one, two = World(seed, 40, clock=HandClock()), World(seed, 40, clock=HandClock())
    two.list_sessions(100)
    for _ in range(30):
        one.step(4)
    two.step(120)
    assert tell(one) == tell(two)


def test_worlds_of_different_seeds_differ() -> None:
    assert tell(World(1, 40, clock=HandClock())) != tell(World(2, 40, clock=HandClock()))


def test_default_world_has_something_of_everything(world: World) -> None:
    states = Counter(session["state"] for session in world.list_sessions()["sessions"])
    assert sum(states.values()) == 12
    assert states["AWAITING_PLAN_APPROVAL"] in {2, 3}
    assert states["AWAITING_USER_FEEDBACK"] in {1, 2}
    assert states["IN_PROGRESS"] >= 3
    assert states["PAUSED"] == 1
    assert states["FAILED"] == 1
    assert states["COMPLETED"] >= 2
    world.step(20)
    assert len(ids_in(world, "AWAITING_PLAN_APPROVAL")) in {2, 3}


def test_running_world_changes_every_three_seconds_for_ten_minutes(world: World, clock: HandClock) -> None:
    def look() -> str:
        return json.dumps([session["updateTime"] for session in world.list_sessions(100)["sessions"]])

    seen = [look()]
    for _ in range(200):
        clock.move(3)
        seen.append(look())
    unchanged = sum(before == after for before, after in itertools.pairwise(seen))
    assert unchanged <= 200 * 0.15


def test_waiting_sessions_wait_for_a_person(world: World, clock: HandClock) -> None:
    waiting = [
        session_id
        for state in ("AWAITING_PLAN_APPROVAL", "AWAITING_USER_FEEDBACK", "PAUSED", "FAILED")
        for session_id in ids_in(world, state)
    ]
    before = [world.get_session(session_id) for session_id in waiting]
    clock.move(86400)
    assert [world.get_session(session_id) for session_id in waiting] == before


@pytest.mark.parametrize("number", range(12))
def test_new_session_shows_a_plan_within_ten_seconds(world: World, clock: HandClock, number: int) -> None:
    source = "sources/github/acme/webapp"
    made = world.create_session(f"Task {number}", source, starting_branch="main", require_plan_approval=True)
    assert made["state"] == "QUEUED"
    clock.move(3)
    assert world.get_session(made["id"])["state"] == "PLANNING"
    clock.move(7)
    assert world.get_session(made["id"])["state"] == "AWAITING_PLAN_APPROVAL"


@pytest.mark.parametrize("state", ["AWAITING_PLAN_APPROVAL", "AWAITING_USER_FEEDBACK", "PAUSED"])
def test_session_goes_on_within_seconds_and_ends_when_a_person_has_answered(clock: HandClock, state: str) -> None:
    world = World(tasks=40, clock=clock)
    waiting = ids_in(world, state)
    assert waiting
    for session_id in waiting:
        if state == "AWAITING_PLAN_APPROVAL":
            world.approve_plan(session_id)
        elif state == "PAUSED":
            world.resume(session_id)
        else:
            world.send_message(session_id, "Take the first way.")
    before = {session_id: len(world.session(session_id).activities) for session_id in waiting}
    clock.move(10)
    assert [each for each in waiting if len(world.session(each).activities) <= before[each]] == []
    clock.move(110)
    assert {world.get_session(session_id)["state"] for session_id in waiting} == {"COMPLETED"}


@pytest.mark.parametrize("title", ["Strict types for the whole backend", "Repair every broken link in the docs"])
def test_big_session_says_how_many_files_it_is_about(world: World, clock: HandClock, title: str) -> None:
    """So that a number which stays the same after a while is not taken for a limit."""
    session = next(each for each in map(world.session, world.session_ids()) if each.spec.title == title)
    clock.move(900)
    world.session(session.spec.id)
    count = len(session.done_changes)
    assert count == len(session.spec.work.changes)
    assert any(f"{count} of {count}" in str(record.payload) for record in session.activities)


def test_without_approval_a_new_session_goes_on_by_itself(world: World) -> None:
    made = world.create_session("Fix it", "sources/github/acme/webapp", starting_branch="main")
    world.step(300)
    session = world.session(made["id"])
    assert State.AWAITING_PLAN_APPROVAL not in [state for _, state in session.state_log]
    assert "planApproved" in [record.kind for record in session.activities]


@pytest.mark.parametrize(
    ("word", "state"),
    [("simulate:ask", "AWAITING_USER_FEEDBACK"), ("simulate:fail", "FAILED"), ("simulate:short", "COMPLETED")],
)
def test_words_in_the_prompt_lead_the_story(world: World, word: str, state: str) -> None:
    made = world.create_session(f"Do it, {word}", "sources/github/acme/webapp", starting_branch="main")
    world.step(120)
    assert world.get_session(made["id"])["state"] == state


def test_branch_that_does_not_exist_fails_and_says_why(world: World) -> None:
    made = world.create_session("Do it", "sources/github/octo-labs/docs_site", starting_branch="main")
    world.step(10)
    assert world.get_session(made["id"])["state"] == "FAILED"
    assert "'main'" in world.list_activities(made["id"])["activities"][-1]["sessionFailed"]["reason"]


def test_python_that_sessions_write_is_python(clock: HandClock) -> None:
    world = World(tasks=60, clock=clock)
    changes = {change for each in world.session_ids() for change in world.session(each).spec.work.changes}
    written = [change for change in changes if change.path.endswith(".py")]
    assert len(written) > 100
    for change in written:
        for text in (change.before, change.after):
            compile(text or "", change.path, "exec")


def test_ten_thousand_tasks_are_there_at_once_and_listed_page_by_page() -> None:
    world = World(tasks=10_000, clock=HandClock())
    first = world.list_sessions(100)
    assert len(world._sessions) == 100
    assert len(first["sessions"]) == 100
    seen = {session["id"] for session in first["sessions"]}
    token = first["nextPageToken"]
    while token:
        page = world.list_sessions(100, token)
        seen |= {session["id"] for session in page["sessions"]}
        token = page.get("nextPageToken")
    assert len(seen) == 10_000


def test_list_is_newest_first(world: World) -> None:
    for number in range(3):
        world.step(1)
        world.create_session(f"Task {number}")
    times = [session["createTime"] for session in world.list_sessions()["sessions"]]
    assert times == sorted(times, reverse=True)


def test_hostile_world_has_titles_that_hurt() -> None:
    world = World(tasks=20, hostile=True, clock=HandClock())
    titles = [session.get("title") for session in world.list_sessions(100)["sessions"]]
    assert any(title and "\x1b" in title for title in titles)
    assert any(title and "\n" in title for title in titles)
    assert None in titles


def test_clock_stops_steps_and_hurries(world: World, clock: HandClock) -> None:
    start = world.now
    world.pause()
    clock.move(60)
    assert world.now == start
    world.step(5)
    assert (world.now - start).total_seconds() == 5
    world.go_on()
    clock.move(1)
    assert (world.now - start).total_seconds() == 6
    world.set_speed(10)
    clock.move(1)
    assert (world.now - start).total_seconds() == 16
    clock.move(-30)
    assert (world.now - start).total_seconds() == 16
