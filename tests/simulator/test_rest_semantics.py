"""The rules of the REST API v1alpha: who may do what when, what is left out, what is refused."""

from __future__ import annotations

import pytest

from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.world import World
from tests.simulator.conftest import HandClock, ids_in

SOURCE = "sources/github/acme/webapp"


def code_of(error: pytest.ExceptionInfo[ApiError]) -> tuple[int, str]:
    return error.value.code, error.value.status


def test_approve_happens_once_and_names_the_latest_plan(world: World) -> None:
    session_id = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    plans = [entry for entry in world.list_activities(session_id)["activities"] if "planGenerated" in entry]
    assert world.approve_plan(session_id) == {}
    approved = world.list_activities(session_id)["activities"][-1]
    assert approved["originator"] == "user"
    assert approved["planApproved"] == {"planId": plans[-1]["planGenerated"]["plan"]["id"]}
    with pytest.raises(ApiError) as error:
        world.approve_plan(session_id)
    assert code_of(error) == (400, "FAILED_PRECONDITION")


@pytest.mark.parametrize(
    "state", ["PLANNING", "IN_PROGRESS", "AWAITING_USER_FEEDBACK", "PAUSED", "COMPLETED", "FAILED"]
)
def test_approve_in_another_state_is_refused(world: World, state: str) -> None:
    with pytest.raises(ApiError) as error:
        world.approve_plan(ids_in(world, state)[0])
    assert code_of(error) == (400, "FAILED_PRECONDITION")
    assert world.journal == ()


@pytest.mark.parametrize("state", ["AWAITING_USER_FEEDBACK", "PAUSED", "COMPLETED"])
def test_message_sets_a_session_in_motion(world: World, state: str) -> None:
    session_id = ids_in(world, state)[0]
    world.send_message(session_id, "Please go on.")
    assert world.get_session(session_id)["state"] == "IN_PROGRESS"
    world.step(3)
    last = world.list_activities(session_id, 100)["activities"][-1]
    assert last["agentMessaged"]["agentMessage"] == "Understood: Please go on."


def test_reopened_session_completes_again_with_its_pull_request(world: World) -> None:
    session_id = ids_in(world, "COMPLETED")[0]
    before = world.get_session(session_id)["outputs"]
    world.send_message(session_id, "One more thing.")
    assert "outputs" not in world.get_session(session_id)
    world.step(60)
    assert world.get_session(session_id)["outputs"] == before


def test_message_to_a_waiting_plan_brings_another_plan(world: World) -> None:
    session_id = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    world.send_message(session_id, "Do not touch the reports.")
    assert world.get_session(session_id)["state"] == "PLANNING"
    world.step(20)
    assert world.get_session(session_id)["state"] == "AWAITING_PLAN_APPROVAL"
    plans = [
        entry["planGenerated"]["plan"]
        for entry in world.list_activities(session_id, 100)["activities"]
        if "planGenerated" in entry
    ]
    assert len({plan["id"] for plan in plans}) == len(plans) >= 2
    assert any("Do not touch the reports." in step.get("description", "") for step in plans[-1]["steps"])


def test_message_to_a_running_session_is_heard_without_a_change_of_state(world: World) -> None:
    session_id = ids_in(world, "IN_PROGRESS")[0]
    world.send_message(session_id, "Thanks!")
    assert world.get_session(session_id)["state"] == "IN_PROGRESS"
    assert world.list_activities(session_id, 100)["activities"][-1]["userMessaged"] == {"userMessage": "Thanks!"}


def test_message_to_a_failed_session_is_refused(world: World) -> None:
    with pytest.raises(ApiError) as error:
        world.send_message(ids_in(world, "FAILED")[0], "Again, please.")
    assert code_of(error) == (400, "FAILED_PRECONDITION")


@pytest.mark.parametrize("prompt", ["", "   ", None, 7])
def test_empty_texts_are_refused(world: World, prompt: object) -> None:
    for attempt in (
        lambda: world.create_session(prompt),
        lambda: world.send_message(ids_in(world, "PAUSED")[0], prompt),
    ):
        with pytest.raises(ApiError) as error:
            attempt()
        assert code_of(error) == (400, "INVALID_ARGUMENT")


def test_create_checks_source_mode_and_branch(world: World) -> None:
    with pytest.raises(ApiError) as missing:
        world.create_session("x", "acme/webapp", starting_branch="main")
    assert code_of(missing) == (404, "NOT_FOUND")
    for mode in ("MANUAL", "NONE", ""):
        with pytest.raises(ApiError) as wrong:
            world.create_session("x", SOURCE, starting_branch="main", automation_mode=mode)
        assert code_of(wrong) == (400, "INVALID_ARGUMENT")
    with pytest.raises(ApiError):
        world.create_session("x", SOURCE)
    assert world.journal == ()


def test_pull_request_comes_only_when_wanted(world: World) -> None:
    made = {
        mode: world.create_session("simulate:short", SOURCE, starting_branch="main", automation_mode=mode)["id"]
        for mode in ("AUTO_CREATE_PR", None)
    }
    world.step(90)
    kinds = {
        mode: [next(iter(output)) for output in world.get_session(session_id)["outputs"]]
        for mode, session_id in made.items()
    }
    assert kinds == {"AUTO_CREATE_PR": ["pullRequest", "changeSet"], None: ["changeSet"]}


def test_repoless_session_has_no_source_context(world: World) -> None:
    made = world.create_session("Write a poem")
    assert "sourceContext" not in made
    assert made["title"] == "Write a poem"


def test_empty_values_are_left_out(world: World) -> None:
    made = world.create_session("Fresh")
    assert world.list_activities(made["id"]) == {}
    assert "outputs" not in made
    assert "archived" not in made
    assert World(tasks=0, clock=HandClock()).list_sessions() == {}
    plan_of = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    plan = world.list_activities(plan_of)["activities"][-1]["planGenerated"]["plan"]
    assert [step.get("index") for step in plan["steps"]] == [None, *range(1, len(plan["steps"]))]


def test_activities_are_not_found_right_after_a_create_when_asked_for(clock: HandClock) -> None:
    world = World(clock=clock, activities_race=3)
    made = world.create_session("Fresh")
    with pytest.raises(ApiError) as error:
        world.list_activities(made["id"])
    assert error.value.code == 404
    clock.move(3)
    assert "nextPageToken" not in world.list_activities(made["id"])


def test_archived_sessions_are_listed_only_when_asked_for(world: World) -> None:
    session_id = ids_in(world, "COMPLETED")[0]
    world.archive(session_id)
    assert session_id not in [session["id"] for session in world.list_sessions()["sessions"]]
    shown = world.list_sessions(filter_text="archived = true")["sessions"]
    assert [(session["id"], session["archived"]) for session in shown] == [(session_id, True)]
    world.archive(session_id, archived=False)
    assert session_id in [session["id"] for session in world.list_sessions()["sessions"]]


def test_deleted_session_is_gone(world: World) -> None:
    session_id = ids_in(world, "COMPLETED")[0]
    assert world.delete_session(session_id) == {}
    for attempt in (world.get_session, world.list_activities, world.delete_session, world.approve_plan):
        with pytest.raises(ApiError) as error:
            attempt(session_id)
        assert error.value.code == 404
    assert session_id not in [session["id"] for session in world.list_sessions()["sessions"]]


def test_pages_hold_each_session_once_although_new_ones_come() -> None:
    world = World(tasks=50, clock=HandClock())
    first = world.list_sessions(20)
    world.create_session("Meanwhile")
    second = world.list_sessions(20, first["nextPageToken"])
    third = world.list_sessions(20, second["nextPageToken"])
    seen = [session["id"] for page in (first, second, third) for session in page["sessions"]]
    assert len(seen) == len(set(seen)) == 50
    assert "nextPageToken" not in third


@pytest.mark.parametrize(("size", "shown"), [(None, 30), (0, 30), (1, 1), (100, 100), (1000, 100), ("7", 7)])
def test_page_sizes_are_bounded(size: object, shown: int) -> None:
    assert len(World(tasks=150, clock=HandClock()).list_sessions(size)["sessions"]) == shown


def test_bad_paging_is_refused(world: World) -> None:
    for attempt in (
        lambda: world.list_sessions("two"),
        lambda: world.list_sessions(-1),
        lambda: world.list_sessions(page_token="???"),
        lambda: world.list_sessions(filter_text="state = 1"),
        lambda: world.list_activities(ids_in(world, "PAUSED")[0], filter_text="create_time>yesterday"),
    ):
        with pytest.raises(ApiError) as error:
            attempt()
        assert code_of(error) == (400, "INVALID_ARGUMENT")


def test_activities_can_be_read_from_a_time_on(world: World) -> None:
    session_id = ids_in(world, "IN_PROGRESS")[0]
    all_of_them = world.list_activities(session_id, 100)["activities"]
    since = all_of_them[3]["createTime"]
    later = world.list_activities(session_id, 100, filter_text=f'create_time>"{since}"')["activities"]
    assert later == all_of_them[4:]
    assert world.get_activity(session_id, all_of_them[3]["id"]) == all_of_them[3]


def test_sources_show_their_branches(world: World) -> None:
    sources = {source["id"]: source["githubRepo"] for source in world.list_sources()["sources"]}
    assert sources["github/octo-labs/docs_site"]["defaultBranch"] == {"displayName": "trunk"}
    assert "isPrivate" not in sources["github/acme/api.server"]
    with pytest.raises(ApiError):
        world.get_source("sources/github/acme/none")


def test_world_shows_every_kind_of_activity_and_artifact() -> None:
    world = World(tasks=12, clock=HandClock())
    for session_id in ids_in(world, "AWAITING_PLAN_APPROVAL"):
        world.approve_plan(session_id)
    world.step(120)
    kinds: set[str] = set()
    for session_id in world.session_ids():
        for activity in world.list_activities(session_id, 100)["activities"]:
            kinds |= activity.keys()
            kinds |= {name for artifact in activity.get("artifacts", []) for name in artifact}
    assert kinds >= {
        "agentMessaged",
        "userMessaged",
        "planGenerated",
        "planApproved",
        "progressUpdated",
        "sessionCompleted",
        "sessionFailed",
        "changeSet",
        "bashOutput",
        "media",
    }


def test_ids_are_long_decimal_texts(world: World) -> None:
    for session_id in [*world.session_ids(), world.create_session("x")["id"]]:
        assert session_id.isdecimal()
        assert 17 <= len(session_id) <= 20
        assert int(float(session_id)) != int(session_id)


def test_forced_states_and_plans_are_seen_but_not_in_the_journal(world: World) -> None:
    session_id = ids_in(world, "IN_PROGRESS")[0]
    for state in ("AWAITING_PLAN_APPROVAL", "PAUSED", "AWAITING_USER_FEEDBACK", "COMPLETED", "FAILED"):
        world.set_state(session_id, state)
        assert world.get_session(session_id)["state"] == state
    waiting = ids_in(world, "AWAITING_PLAN_APPROVAL")[0]
    new = world.change_plan(waiting, "Changed behind your back.")
    assert world.list_activities(waiting)["activities"][-1]["planGenerated"]["plan"]["id"] == new
    world.say(waiting, "Hello?")
    assert world.journal == ()
    world.approve_plan(waiting)
    assert [(entry.kind, entry.text) for entry in world.journal] == [("approve", new)]
    with pytest.raises(ApiError):
        world.set_state(session_id, "NAPPING")
