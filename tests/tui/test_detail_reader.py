"""What the detail shows while the server takes its time: the cursor has gone on to another task, or comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio

from jjm_tui.domain.status import TaskStatus
from jjm_tui.errors import JulesManagerError
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.ports.server import ToolAnswer
from jjm_tui.tui.screens.main import MainScreen
from tests.services.workbench import lost
from tests.tui.scenes import read_to_the_end
from tests.tui.stage import Stage, stage

WIDE = (140, 40)


class SlowServer:
    """What it is asked about one task is answered, or fails, when it may be."""

    def __init__(self, on: Stage, task_id: str) -> None:
        self.asked: list[str] = []
        self.may_answer = anyio.Event()
        self.failure: JulesManagerError | None = None
        self._task_id = task_id
        self._call = on.caller.call
        on.caller.call = self._slowly  # type: ignore[method-assign]

    async def _slowly(self, tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
        if self._task_id in arguments.values():
            self.asked.append(tool)
            await self.may_answer.wait()
            if self.failure is not None:
                raise self.failure
        return await self._call(tool, arguments, policy)


def main_of(on: Stage) -> MainScreen:
    screen = on.app.screen
    assert isinstance(screen, MainScreen)
    return screen


def task_in(on: Stage, status: TaskStatus) -> str:
    return next(task.id for task in on.board.tasks.values() if task.status is status)


async def go_to(on: Stage, task_id: str) -> None:
    """The cursor comes to this task and rests, until what is stored of it is shown."""
    main_of(on).select(task_id)
    await on.settle()
    await on.until(lambda: main_of(on).detail.details is not None)
    assert main_of(on).detail.task_id == task_id


def rest_for_long(on: Stage) -> None:
    """The cursor has rested on this task, however long that takes."""
    main_of(on)._resting.stop()
    main_of(on)._rested()


async def open_slowly(on: Stage, task_id: str) -> SlowServer:
    """The person goes into a task, for which the server takes its time."""
    server = SlowServer(on, task_id)
    await go_to(on, task_id)
    await on.press("enter")
    await on.until(lambda: bool(server.asked))
    return server


async def test_task_that_the_cursor_goes_on_to_has_its_history_while_another_is_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await on.press("left_square_bracket")
        await open_slowly(on, task_in(on, TaskStatus.WAITING_FEEDBACK))
        await go_to(on, task_in(on, TaskStatus.COMPLETED))
        await on.shows("discovered: done")


async def test_task_that_the_cursor_comes_back_to_has_its_history_while_it_is_still_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await on.press("left_square_bracket")
        asked = task_in(on, TaskStatus.COMPLETED)
        server = await open_slowly(on, asked)
        await go_to(on, task_in(on, TaskStatus.WAITING_FEEDBACK))
        await go_to(on, asked)
        await on.shows("discovered: done")
        assert main_of(on).reader.asked == asked
        server.failure = lost()
        server.may_answer.set()
        await on.shows("What is shown is what is stored.")
        assert "discovered: done" in on.text


async def test_failure_for_a_task_that_is_not_shown_any_more_is_not_told_of_the_one_that_is(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        server = await open_slowly(on, task_in(on, TaskStatus.WAITING_FEEDBACK))
        await go_to(on, task_in(on, TaskStatus.COMPLETED))
        server.failure = lost()
        server.may_answer.set()
        await read_to_the_end(on)
        assert not on.app._notifications


async def test_cursor_that_rests_ends_nothing_that_the_person_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, read=0) as on:
        opened, passed = task_in(on, TaskStatus.FAILED), task_in(on, TaskStatus.IN_PROGRESS)
        for each in (opened, passed):
            await on.context.store.apply({each: lambda task: task and replace(task, chat_history=())})
            await on.until(lambda each=each: not on.board.tasks[each].chat_history)  # type: ignore[misc]
        server = await open_slowly(on, opened)
        rest_for_long(on)
        await go_to(on, passed)
        rest_for_long(on)
        await on.settle()
        assert main_of(on).reader.asked == opened
        assert len(server.asked) == 1
        server.may_answer.set()
        await on.until(lambda: on.board.tasks[opened].seen_at is not None)
        await on.until(lambda: bool(on.board.tasks[passed].chat_history))
        assert main_of(on).detail.task_id == passed


async def test_older_messages_are_asked_for_while_another_task_is(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, read=0) as on:
        await on.press("right_square_bracket", "right_square_bracket")
        await open_slowly(on, task_in(on, TaskStatus.FAILED))
        wanted = task_in(on, TaskStatus.PAUSED)
        await go_to(on, wanted)
        await on.shows("It is not known whether there are older messages.")
        main_of(on).detail.focus_pane()
        await on.press("up")
        await on.until(lambda: len(on.board.tasks[wanted].chat_history) > 1)
