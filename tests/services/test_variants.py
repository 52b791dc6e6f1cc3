"""Servers of the rest family that nobody has seen: everything works from the schemas of their tools alone."""

from __future__ import annotations

import random

import pytest

from jjm_tui.errors import UnsupportedOperationError
from jjm_tui.ports import CreateRequest
from jjm_tui.services.results import Outcome
from jjm_tui.services.selection import ListRequest
from jjm_tui.simulator.variants import Variant, VariantDialect
from jjm_tui.simulator.world import World
from tests.services.workbench import HandClock, Workbench

_CHOICES = {
    "prefix": ("", "jules_", "jules-"),
    "id": ("sessionId", "session_id", "session_name", "name", "taskId"),
    "names": ("0", "1"),
    "text": ("prompt", "message"),
    "wrap": ("none", "bare", "envelope", "structured"),
    "list": ("tool", "resource"),
    "action": ("0", "1"),
    "page": ("pageSize", "page_size", "limit", "none"),
    "create": ("source", "source_id", "sourceContext", "repo", "repository", "split"),
    "format": ("0", "1"),
    "confirm": ("0", "1"),
}


def _generated(count: int) -> list[str]:
    chooser = random.Random(20261120)
    return [",".join(f"{key}={chooser.choice(values)}" for key, values in _CHOICES.items()) for _ in range(count)]


def _bench(folder, spec: str) -> Workbench:
    clock = HandClock()
    world = World(1, 12, 0.0, clock)
    return Workbench(folder, world, clock, VariantDialect(world, Variant.parse(spec)))


@pytest.mark.parametrize("spec", ["plain=1", *_generated(40)])
async def test_unseen_server_lists_shows_creates_answers_approves_and_resumes(tmp_path, spec):
    work = _bench(tmp_path, spec)
    manager, _, _ = work.process()
    listed = await manager.list_tasks(ListRequest())
    assert listed.failure is None, listed.failure
    assert {task.id for task in listed.tasks} == set(work.world.session_ids())

    waiting = work.session_in("AWAITING_PLAN_APPROVAL")
    preview = await manager.preview_approval(waiting)
    assert preview.plan.steps
    approved = await manager.approve_plan(waiting, preview.fingerprint, incomplete=preview.needs_extra_word)
    assert approved.outcome is Outcome.DONE, approved
    assert len(work.effects("approve")) == 1

    asking = work.session_in("AWAITING_USER_FEEDBACK")
    assert (await manager.send_message(asking, "Take the first way.")).outcome is Outcome.DONE
    assert work.effects("message") == [(asking, "Take the first way.")]

    paused = work.session_in("PAUSED")
    assert (await manager.resume_task(paused)).outcome is Outcome.DONE

    created = await manager.create_task(CreateRequest("Add a badge.", "acme/webapp"))
    assert created.outcome is Outcome.DONE, created
    assert [task_id for task_id, _ in work.effects("create")] == [created.task_id]

    done = await manager.get_diff(work.session_in("COMPLETED"))
    assert done.text == "" or done.text.startswith("diff --git ")


async def test_required_argument_that_nobody_knows_makes_only_that_operation_unavailable(tmp_path):
    work = _bench(tmp_path, "required=costCentre")
    manager, _, _ = work.process()
    assert (await manager.list_tasks(ListRequest())).failure is None
    result = await manager.create_task(CreateRequest("Add a badge.", "acme/webapp"))
    assert result.outcome is Outcome.NOT_SENT
    assert isinstance(result.error, UnsupportedOperationError)
    assert "costCentre" in result.message
    assert work.effects("create") == []
