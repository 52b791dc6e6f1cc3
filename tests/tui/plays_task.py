"""The plays of one task: its tabs, writing, deciding, and a new one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from tests.tui.scenes import (
    home,
    read_to_the_end,
    scene,
    select,
    server_down,
)
from tests.tui.stage import Stage

# one task


_TABS = ("overview", "plan", "chat", "files", "timeline")


@scene(*(f"detail-{tab}" for tab in _TABS), screens=("DetailScreen",), in_all_looks=True)
async def _detail(on: Stage) -> AsyncIterator[str]:
    await select(on, TaskStatus.COMPLETED, with_files=True)
    await on.press("enter")
    await read_to_the_end(on)
    for tab in _TABS:
        yield f"detail-{tab}"
        await on.press("right_square_bracket")
        await read_to_the_end(on)


@scene(*(f"detail-empty-{tab}" for tab in _TABS), read=0)
async def _detail_empty(on: Stage) -> AsyncIterator[str]:
    server_down(on)
    await select(on, TaskStatus.IN_PROGRESS)
    await on.press("enter")
    for tab in _TABS:
        await on.settle()
        yield f"detail-empty-{tab}"
        await on.press("right_square_bracket")


@scene("detail-failed", "detail-question", "composer", "composer-narrowed", "detail-search", in_all_looks=True)
async def _writing(on: Stage) -> AsyncIterator[str]:
    await select(on, TaskStatus.FAILED)
    await on.press("enter")
    await read_to_the_end(on)
    yield "detail-failed"
    await select(on, TaskStatus.WAITING_FEEDBACK)
    await on.press("enter")
    await read_to_the_end(on)
    yield "detail-question"
    await on.press("m")
    await on.paste("Take the first way, please.\nAnd add a test for the empty list.")
    await on.shows("draft kept 09:00")
    yield "composer"
    await on.paste("\n" * 9 + "x" * 150)
    await on.shows("draft kept 09:00")
    yield "composer-narrowed"
    await on.press("escape", "2", "right_square_bracket", "right_square_bracket", "/", *"the", "enter")
    await on.settle()
    yield "detail-search"


@scene("detail-not-sent", "detail-gone")
async def _not_sent(on: Stage) -> AsyncIterator[str]:
    task = await select(on, TaskStatus.WAITING_FEEDBACK)
    server_down(on)
    await on.press("m", *"My answer", "ctrl+s")
    await on.until(lambda: any(op.state is OperationState.NOT_SENT for op in on.board.operations_of(task.id)))
    await on.settle()
    await select(on, TaskStatus.WAITING_FEEDBACK)
    await on.press("enter", "right_square_bracket", "right_square_bracket")
    await on.settle()
    yield "detail-not-sent"
    await home(on)
    on.board.apply({task.id: replace(task, on_server=False)})
    await on.press("enter")
    await on.settle()
    yield "detail-gone"


# deciding


@scene("approval", "approval-changed", "approval-not-read", screens=("ApprovalScreen",), in_all_looks=True)
async def _approval(on: Stage) -> AsyncIterator[str]:
    task = await select(on, TaskStatus.WAITING_APPROVAL)
    await on.press("a")
    await on.shows("y approve")
    await on.settle()
    yield "approval"
    on.advance(0.5)
    on.bench.world.change_plan(task.id, "Keep the old names, and write a migration for the users table")
    await on.press("y")
    await on.shows("Nothing was sent; read it")
    await on.until(lambda: "y approve" in on.text or "y read on" in on.text)
    await on.settle()
    yield "approval-changed"
    await home(on)
    on.advance(900)
    server_down(on)
    await on.press("a")
    await on.shows("! The server is down.")
    await on.settle()
    yield "approval-not-read"


@scene("approval-alarm")
async def _alarm(on: Stage) -> AsyncIterator[str]:
    task = await select(on, TaskStatus.WAITING_APPROVAL)
    await on.press("a")
    await on.shows("y approve")
    await on.settle()
    on.advance(0.5)

    def change_at_the_last_moment(tool: str, place: str) -> None:
        if (tool, place) == ("approve_plan", "written"):
            on.bench.world.change_plan(task.id, "Too late to notice")

    on.caller.cut = change_at_the_last_moment  # type: ignore[assignment]
    await on.press("y")
    await on.shows("ALARM")
    await on.settle()
    yield "approval-alarm"


@scene("approval-not-whole", "approval-word", dialect="browser")
async def _not_whole(on: Stage) -> AsyncIterator[str]:
    await select(on, TaskStatus.WAITING_APPROVAL)
    await on.press("a")
    await on.until(lambda: "y approve" in on.text or "y read on" in on.text)
    await on.settle()
    yield "approval-not-whole"
    await on.press("G")
    await on.shows("y approve")
    on.advance(0.5)
    await on.press("y")
    await on.shows("type “incomplete”:")
    yield "approval-word"


@scene(
    "bulk-approval",
    "bulk-approval-count",
    "bulk-approval-done",
    screens=("BulkApprovalScreen",),
    tasks=60,
    read=60,
)
async def _bulk_approval(on: Stage) -> AsyncIterator[str]:
    await on.press("A")
    sheet: Any = on.app.screen
    await on.until(lambda: bool(sheet.lines) and not any(line.is_reading for line in sheet.lines.values()))
    await on.settle()
    yield "bulk-approval"
    await on.press("y")
    await on.press(*str(len(sheet.ticked)))
    yield "bulk-approval-count"
    on.bench.world.change_plan(sheet.ticked[0].task_id, "Another way")
    await on.press("enter")
    await on.until(lambda: not sheet.is_sending)
    on.app.clear_notifications()
    await on.settle()
    yield "bulk-approval-done"


@scene("bulk-message", "bulk-message-done", "bulk-approval-none", screens=("BulkMessageScreen",))
async def _bulk_message(on: Stage) -> AsyncIterator[str]:
    await on.press("asterisk", "M")
    await on.paste("Please use the new names.\nThanks!")
    yield "bulk-message"
    sheet: Any = on.app.screen
    await on.press("ctrl+s", *str(len(sheet.ticked)), "enter")
    await on.until(lambda: len(on.bench.effects("message")) >= 1)
    await on.settle()
    on.app.clear_notifications()
    await on.settle()
    yield "bulk-message-done"
    await home(on)
    for task in list(on.board.tasks.values()):
        if task.status is TaskStatus.WAITING_APPROVAL:
            on.board.apply({task.id: None})
    await on.press("escape", "A")
    await on.settle()
    yield "bulk-approval-none"


@scene(
    "resume",
    "forget",
    "forget-many",
    "snooze",
    "snooze-wrong",
    screens=("ResumeDialog", "ForgetDialog", "SnoozeDialog"),
)
async def _questions(on: Stage) -> AsyncIterator[str]:
    await select(on, TaskStatus.PAUSED)
    await on.press("r")
    await on.shows("This server resumes a task with a message.")
    yield "resume"
    await on.press("escape", "D")
    await on.settle()
    yield "forget"
    await on.press("escape", "asterisk", "D")
    await on.settle()
    yield "forget-many"
    await on.press("escape", "escape", "z")
    yield "snooze"
    await on.press("tab", *"soon", "enter")
    yield "snooze-wrong"


# a new task


@scene("create", "create-wrong", "create-preview", screens=("CreateScreen",), in_all_looks=True)
async def _create(on: Stage) -> AsyncIterator[str]:
    await on.press("c")
    await on.until(lambda: on.app.screen.focused is not None)
    await on.settle()
    yield "create"
    await on.paste("nonsense")
    await on.press("tab", "tab", "tab")
    await on.paste("Write a haiku about tests.")
    await on.press("ctrl+s")
    await on.settle()
    await on.shows("draft kept 09:00")
    yield "create-wrong"
    await on.press("end", *["backspace"] * 8, *"acme/webapp", "ctrl+s")
    await on.shows("tool: ")
    await on.settle()
    yield "create-preview"


_TEMPLATES = {
    "deps": {"description": "Update the dependencies.", "title": "Deps", "repository": "acme/webapp", "branch": "dev"},
    "flaky": {"description": "Find the test that fails now and then, say why, and repair it.\nDo not skip it."},
}


@scene("templates", settings={"templates": _TEMPLATES}, dialect="browser")
async def _templates(on: Stage) -> AsyncIterator[str]:
    await on.press("T")
    await on.shows("flaky")
    await on.settle()
    yield "templates"


@scene("templates-none", screens=("TemplatesScreen",))
async def _templates_none(on: Stage) -> AsyncIterator[str]:
    await on.press("T")
    await on.shows("[templates.deps]")
    yield "templates-none"
