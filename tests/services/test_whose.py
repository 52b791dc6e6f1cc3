"""What belongs to another task is never taken for this one's, and a text that cannot go out yet is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from jjm_tui.errors import ProtocolError, WrongStateError
from jjm_tui.gateway.dialects.activities import check_owner
from jjm_tui.services.drafting.joined_texts import split_texts
from tests.services.workbench import CuttingCaller, Workbench, bench, lost


@pytest.mark.parametrize(
    "record",
    [
        {"name": "sessions/77/activities/1"},
        {"name": "activities/1"},
        {"name": 3},
        {},
        "text",
        {"name": "/activities/1"},
    ],
)
def test_activities_of_the_task_or_of_nobody_pass(record: object) -> None:
    check_owner([record], "77")


def test_activities_of_another_task_are_refused() -> None:
    with pytest.raises(ProtocolError, match="task 78 when asked for that of 77"):
        check_owner([{"name": "sessions/77/activities/1"}, {"name": "sessions/78/activities/1"}], "77")


async def test_plan_of_another_task_is_neither_shown_nor_approved(tmp_path: Path) -> None:
    work: Workbench = bench(tmp_path)
    manager, caller, context = work.process()
    waiting = [
        id_ for id_ in work.world.session_ids() if work.world.get_session(id_).get("state") == "AWAITING_PLAN_APPROVAL"
    ]
    asked, other = waiting[:2]
    honest = CuttingCaller.answer

    def mixed_up(tool: str, arguments: dict[str, object]) -> object:
        return honest(caller, tool, {**arguments, "sessionId": other} if tool == "list_activities" else arguments)

    caller.answer = mixed_up  # type: ignore[method-assign,assignment]
    with pytest.raises(ProtocolError, match=f"task {other} when asked for that of {asked}"):
        await manager.preview_approval(asked)
    stored = await context.store.get_task(asked)
    assert stored is None or stored.plan is None
    assert work.effects("approve") == []
    await manager.close()


async def test_message_while_another_is_open_is_kept_as_the_draft(tmp_path: Path) -> None:
    work = bench(tmp_path)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    manager, caller, context = work.process()
    caller.cut = lambda tool, place: lost() if (tool, place) == ("send_message", "written") else None
    await manager.send_message(task_id, "The first.")
    await context.drafts.put(f"message:{task_id}", "Begun before.")
    for text in ("The second.", "The second.", "The third.", "third", "The second."):
        with pytest.raises(WrongStateError) as caught:
            await manager.send_message(task_id, text)
        assert "kept as the task's draft" in (caught.value.hint or "")
    kept = split_texts(await context.drafts.get(f"message:{task_id}") or "")
    assert kept == ["Begun before.", "The second.", "The third.", "third"]
    await manager.close()
