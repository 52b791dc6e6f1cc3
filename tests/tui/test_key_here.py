"""Keys that a toast names work where the person is, or the toast says where they do."""

from __future__ import annotations

from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import needs_me
from jjm_tui.tui.notices.key_here import key_here
from jjm_tui.tui.notices.notifying import notifying_for
from tests.tui.stage import stage


@pytest.mark.parametrize(
    ("keys", "undo", "outbox", "jump"),
    [
        ((), "u", "O", "n"),
        (("2",), "u", "O", "n"),
        (("m",), "u in the list", "O in the list", "n in the list"),
        (("/",), "u in the list", "O in the list", "n in the list"),
        (("c",), "u in the list", "O in the list", "n in the list"),
        (("?",), "u in the list", "O in the list", "n in the list"),
        (("L",), "u in the list", "O", "n in the list"),
    ],
    ids=["list", "detail", "composer", "filter", "form", "dialog", "page"],
)
async def test_key_of_the_list_says_so_where_it_would_be_typed_or_means_nothing(
    tmp_path: Path, keys: tuple[str, ...], undo: str, outbox: str, jump: str
) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        await on.press(*keys)
        found = [key_here(on.app, action_id) for action_id in ("undo", "outbox", "next.needs-me")]
        assert found == [undo, outbox, jump]


async def test_key_of_the_list_that_works_in_a_task_that_fills_the_screen_is_named_as_it_is(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await on.press("enter")
        assert [key_here(on.app, action_id) for action_id in ("next.needs-me", "undo")] == ["n", "u"]


async def test_second_key_is_named_where_only_that_one_works(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30), settings={"keys.preset": "emacs"}) as on:
        await on.press("m")
        assert key_here(on.app, "undo") == "ctrl+_"


async def test_action_without_a_key_has_none_anywhere(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        assert key_here(on.app, "theme") == ""


async def test_news_on_another_screen_tell_where_their_key_works(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        task = next(task for task in on.board.tasks.values() if needs_me(task, on.now))
        await on.press("W")
        notifying = notifying_for(on.app)
        event = TaskEvent(EventType.STATUS_CHANGED, on.now, task.id, {"to": TaskStatus.WAITING_APPROVAL.value})
        await notifying.happened([event])
        await on.shows("n in the list goes to what needs you")
        await notifying.close()


async def test_news_of_a_task_that_the_list_leaves_out_tell_no_key_to_it(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 30)) as on:
        task = next(task for task in on.board.tasks.values() if task.status is TaskStatus.WAITING_APPROVAL)
        await on.press("/", *"state:paused", "enter")
        notifying = notifying_for(on.app)
        event = TaskEvent(EventType.STATUS_CHANGED, on.now, task.id, {"to": TaskStatus.WAITING_APPROVAL.value})
        await notifying.happened([event])
        await on.shows("waits for approval")
        assert "goes to what needs you" not in on.text
        await notifying.close()
