"""What a person can have on the screen, as scenes: each plays on a stage and names a picture at every stop.

A scene runs once per size of terminal; ``in_all_looks`` are shown in other colours and characters as well.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.results import Check
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.screens.main import MainScreen
from tests.services.workbench import START, Workbench
from tests.tui.stage import Stage

Play = Callable[[Stage], AsyncIterator[str]]


@dataclass(frozen=True)
class Scene:
    """``pictures``: the names that ``play`` yields, in order. ``ground``: what ``stage`` is called with."""

    pictures: tuple[str, ...]
    play: Play
    ground: Mapping[str, Any] = field(default_factory=dict)
    in_all_looks: bool = False


SCENES: list[Scene] = []


def scene(*pictures: str, in_all_looks: bool = False, **ground: Any) -> Callable[[Play], Play]:
    """Enter a play into ``SCENES``."""

    def enter(play: Play) -> Play:
        SCENES.append(Scene(pictures, play, ground, in_all_looks))
        return play

    return enter


# what happens on the stage


def task_in(on: Stage, status: TaskStatus, *, with_files: bool = False) -> Task:
    """The first task in this state."""
    found = (task for task in on.board.tasks.values() if task.status is status)
    return next(task for task in found if task.source_files or not with_files)


async def select(on: Stage, status: TaskStatus, *, with_files: bool = False) -> Task:
    """Bring such a task under the cursor."""
    task = task_in(on, status, with_files=with_files)
    await home(on)
    assert isinstance(on.app.screen, MainScreen)
    on.app.screen.select(task.id)
    await on.settle()
    on.app.screen.bring_detail()
    await on.settle()
    return task


async def home(on: Stage) -> None:
    """Back to the list, without toasts."""
    while not isinstance(on.app.screen, MainScreen):
        on.app.pop_screen()
        await on.settle()
    on.app.clear_notifications()
    on.app.screen.set_focus(on.app.screen.tasks)
    await on.settle()


async def read_to_the_end(on: Stage) -> None:
    """Wait until the detail has everything."""
    detail = on.app.screen.detail  # type: ignore[attr-defined]
    await on.until(lambda: detail.details is not None and not detail.details.is_reading)
    await on.settle()


def away(memory: Memory) -> None:
    """The last visit was three days ago."""
    memory.last_seen = START - timedelta(days=3)


def operation(on: Stage, number: int, state: OperationState, **changes: Any) -> Operation:
    """A message in some state, sent ``number`` minutes ago."""
    ids = list(on.board.tasks)
    at = on.now - timedelta(minutes=number)
    made = Operation(
        f"op-{number:02}-3f9a",
        OperationKind.MESSAGE,
        at,
        "test/simulator",
        state,
        ids[number % len(ids)],
        {"text": "Please keep the public names as they are, and add a test for the empty list."},
        owner="1-abc" if state.is_open else None,
        sent_at=None if state in (OperationState.PREPARED, OperationState.NOT_SENT) else at,
        finished_at=None if state.is_open else at,
    )
    return replace(made, **changes)


def in_every_state(on: Stage) -> list[Operation]:
    """One operation in each state, and of each kind."""
    fingerprint = {"fingerprint": "sha256:0011"}
    create = {"repository": "acme/webapp", "branch": "main", "description": "Write a haiku about tests.", "title": None}
    return [
        operation(on, 9, OperationState.DISCARDED),
        operation(on, 8, OperationState.DONE, kind=OperationKind.CREATE, payload=create),
        operation(on, 7, OperationState.DONE),
        operation(on, 6, OperationState.REFUSED, message="The session is finished and takes no messages."),
        operation(on, 5, OperationState.NOT_SENT, message="The server could not be reached. Nothing was sent."),
        operation(
            on,
            4,
            OperationState.UNCONFIRMED,
            message="The connection ended before the answer came. It may have arrived.",
        ),
        operation(on, 3, OperationState.SENDING, kind=OperationKind.APPROVE, payload=fingerprint),
        operation(on, 0, OperationState.PREPARED, kind=OperationKind.RESUME),
    ]


_NEXT = {
    "pending": ("in_progress",),
    "in_progress": ("waiting_approval", "waiting_feedback", "paused", "completed", "completed", "failed"),
    "waiting_approval": ("in_progress",),
    "waiting_feedback": ("in_progress",),
    "paused": ("in_progress",),
}


def with_history(workbench: Workbench, context: ServiceContext) -> None:
    """Three weeks of a dozen tasks, always the same."""
    chance = random.Random(5)
    events: list[TaskEvent] = []
    for day in range(21, 0, -1):
        for task_id in chance.sample(list(workbench.world.session_ids()), chance.randint(0, 5)):
            at, state = START - timedelta(days=day, minutes=-chance.randint(0, 600)), "pending"
            events.append(TaskEvent(EventType.TASK_DISCOVERED, at, task_id, {"status": state}))
            while state in _NEXT:
                at += timedelta(minutes=chance.expovariate(1 / 30))
                before, state = state, chance.choice(_NEXT[state])
                events.append(TaskEvent(EventType.STATUS_CHANGED, at, task_id, {"from": before, "to": state}))
    events.sort(key=lambda event: event.at)
    with (workbench.folder / "events.jsonl").open("a") as file:
        file.writelines(json.dumps(event.to_dict()) + "\n" for event in events if event.at < START)


LOG = (
    "2026-11-20T08:58:01Z info     gateway: call_done  call=list_sessions outcome=ok seconds=0.412",
    "2026-11-20T08:58:09Z warning  gateway: call_retry  call=get_session reason=timeout attempt=2",
    "2026-11-20T08:58:31Z debug    store: saved  tasks=40 bytes=120331",
    "2026-11-20T08:59:00Z error    live: live_feed_failed  reason=\"KeyError('x')\"",
    "    Traceback (most recent call last):",
    "    KeyError: 'x'",
    "2026-11-20T08:59:30Z info     operations: operation_done  operation=a1b2c3d4 kind=message",
)

CHECKS = (
    Check("settings", "warning", "There is no settings file; defaults are used.", "Run `jjm setup`."),
    Check("server", "ok", "google-jules-api-mcp-server 1.0.0 answered with 8 tools."),
    Check(
        "account", "failed", "Jules did not let us in.", "Look at the API key.", details=("HTTP 401", "API_KEY_INVALID")
    ),
    Check("store", "ok", "12 tasks."),
    Check("outbox", "warning", "2 operations are unconfirmed.", "Settle them: jjm outbox settle"),
)


# the list


@scene("main", "main-preview-below", "main-marks", "main-range-and-hidden", in_all_looks=True, tasks=40)
async def _list(on: Stage) -> AsyncIterator[str]:
    yield "main"
    await on.press("P")
    yield "main-preview-below"
    await on.press("P", "space", "space", "j", "space")
    yield "main-marks"
    await on.press("v", "j", "j", "exclamation_mark")
    yield "main-range-and-hidden"


@scene("main-filter", "main-filter-wrong", "main-filter-no-match", "main-grouped", "main-flat-old", tasks=40)
async def _filter(on: Stage) -> AsyncIterator[str]:
    await on.press("/", *"state:")
    await on.press(*"failed")
    yield "main-filter"
    await on.press("space", *"age:soon")
    yield "main-filter-wrong"
    await on.press("escape", "/", *"repo:nobody/nothing", "enter")
    yield "main-filter-no-match"
    await on.press("0", "t")
    yield "main-grouped"
    on.advance(7200)
    on.app._tick()
    await on.press("t", "s")
    yield "main-flat-old"


@scene(
    "main-views", settings={"views": {"mine": "repo:acme/*", "ci": "text:CI", "Everything that failed": "state:failed"}}
)
async def _views(on: Stage) -> AsyncIterator[str]:
    await on.press("V")
    yield "main-views"


@scene("main-empty", tasks=0)
async def _empty(on: Stage) -> AsyncIterator[str]:
    on.board.set_sync(SyncState("test/simulator", on.now, complete=True))
    await on.shows("no tasks yet")
    yield "main-empty"


@scene("main-no-server-empty", tasks=0, server=False)
async def _no_server_empty(on: Stage) -> AsyncIterator[str]:
    on.board.change_connection(way_out="Choose one: jjm setup")
    await on.shows("jjm setup")
    yield "main-no-server-empty"


@scene("main-no-server", "connection-no-server", server=False)
async def _no_server(on: Stage) -> AsyncIterator[str]:
    yield "main-no-server"
    await on.press("C")
    yield "connection-no-server"


@scene("main-first-page", "main-trouble", "main-list-cut", tasks=40)
async def _server_states(on: Stage) -> AsyncIterator[str]:
    on.board.change_connection(status="starting", label="google-jules-mcp")
    await on.shows("starting")
    yield "main-first-page"
    on.board.change_connection(
        status="reconnecting",
        trouble="The server does not answer.",
        way_out="It is asked again in 20 seconds.",
    )
    await on.shows("It is asked again")
    yield "main-trouble"
    on.board.change_connection(status="connected", trouble=None, way_out=None, budget_used=38, budget_limit=120)
    on.board.set_sync(SyncState("test/simulator", on.now, truncated=True))
    await on.shows("cut")
    await on.shows("connected" if on.app.size.width >= 100 else "cut")
    yield "main-list-cut"


@scene("main-deliveries", "quit", "outbox", "outbox-not-sent", "quit-many")
async def _operations(on: Stage) -> AsyncIterator[str]:
    on.board.set_operations(in_every_state(on))
    await on.shows("not sent")
    yield "main-deliveries"
    await on.press("q")
    yield "quit"
    await on.press("escape", "O")
    yield "outbox"
    await on.press("j", "j", "j")
    yield "outbox-not-sent"
    await home(on)
    on.board.set_operations([operation(on, number, OperationState.UNCONFIRMED) for number in range(11)])
    await on.shows("11 unconfirmed")
    await on.press("q")
    yield "quit-many"


@scene("toasts", "outbox-empty")
async def _toasts(on: Stage) -> AsyncIterator[str]:
    on.app.tell("Message sent: Why does the nightly job fail?")
    on.app.tell(
        "Not sent: the server could not be reached. Nothing was sent; the text is still in the composer of the task.",
        severity="warning",
    )
    on.app.tell("The store cannot be written: no space left on the disk.", severity="error", title="Upgrade the ORM")
    yield "toasts"
    await home(on)
    await on.press("O")
    yield "outbox-empty"


# one task


_TABS = ("overview", "plan", "chat", "files", "timeline")


@scene(*(f"detail-{tab}" for tab in _TABS), in_all_looks=True)
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
    on.caller.is_down = True
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
    await on.press(*"Take the first way, please.", "enter", *"And add a test for the empty list.")
    await on.shows("draft kept 09:00")
    yield "composer"
    await on.press(*["enter"] * 9, *"x" * 150)
    await on.shows("draft kept 09:00")
    yield "composer-narrowed"
    await on.press("escape", "2", "right_square_bracket", "right_square_bracket", "/", *"the", "enter")
    await on.settle()
    yield "detail-search"


@scene("detail-not-sent", "detail-gone")
async def _not_sent(on: Stage) -> AsyncIterator[str]:
    task = await select(on, TaskStatus.WAITING_FEEDBACK)
    on.caller.is_down = True
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


@scene("approval", "approval-changed", "approval-not-read", in_all_looks=True)
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
    await on.shows("y approve")
    await on.settle()
    yield "approval-changed"
    await home(on)
    on.advance(900)
    on.caller.is_down = True
    await on.press("a")
    await on.shows("The server is down.")
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
    await on.shows("y approve")
    await on.settle()
    yield "approval-not-whole"
    on.advance(0.5)
    await on.press("y")
    await on.shows("type incomplete:")
    yield "approval-word"


@scene("bulk-approval", "bulk-approval-count", "bulk-approval-done", tasks=60, read=60)
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


@scene("bulk-message", "bulk-message-done", "bulk-approval-none")
async def _bulk_message(on: Stage) -> AsyncIterator[str]:
    await on.press("asterisk", "M")
    await on.press(*"Please use the new names.", "enter", *"Thanks!")
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


@scene("resume", "forget", "forget-many", "snooze", "snooze-wrong")
async def _questions(on: Stage) -> AsyncIterator[str]:
    await select(on, TaskStatus.PAUSED)
    await on.press("r")
    await on.shows("This server resumes by a message.")
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


@scene("create", "create-wrong", "create-preview", in_all_looks=True)
async def _create(on: Stage) -> AsyncIterator[str]:
    await on.press("c")
    await on.until(lambda: on.app.screen.focused is not None)
    await on.settle()
    yield "create"
    await on.press(*"nonsense", "tab", "tab", "tab", *"Write a haiku about tests.", "ctrl+s")
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


@scene("templates-none")
async def _templates_none(on: Stage) -> AsyncIterator[str]:
    await on.press("T")
    await on.shows("[templates.deps]")
    yield "templates-none"


# screens of their own


@scene("watch", "watch-nothing", "connection", "connection-checks", "connection-gave-up", prepare=with_history)
async def _live_screens(on: Stage) -> AsyncIterator[str]:
    await on.press("W")
    await on.shows("→ completed")
    await on.press("k", "k", "k")
    yield "watch"
    await on.press("t")
    await on.shows("You watch no task")
    yield "watch-nothing"
    await home(on)
    await on.press("C")
    yield "connection"
    screen: Any = on.app.screen
    screen._checks = list(CHECKS)
    screen._show_state()
    yield "connection-checks"
    on.board.change_connection(
        status="gave up", trouble="It ended 5 times within 3 minutes.", way_out="R starts it again."
    )
    await on.shows("gave up after")
    yield "connection-gave-up"


@scene("insights", "digest", "log", "log-record", prepare=with_history, memory=away)
async def _pages(on: Stage) -> AsyncIterator[str]:
    await on.press("I")
    await on.shows("Time in each state")
    yield "insights"
    await home(on)
    await on.press("B")
    await on.shows("since 17 Nov 09:00")
    yield "digest"
    await home(on)
    object.__setattr__(on.app.launch.place.locations, "log_dir", Path("logs"))  # the header tells the path
    Path("logs").mkdir()
    Path("logs/jjm-2026-11-20.log").write_text("\n".join(LOG) + "\n")
    await on.press("L")
    await on.shows("operation_done")
    yield "log"
    await on.press("k", "enter")
    await on.settle()
    yield "log-record"


@scene("watch-empty", "insights-empty", "digest-empty", tasks=0, memory=away)
async def _empty_screens(on: Stage) -> AsyncIterator[str]:
    await on.press("W")
    await on.settle()
    yield "watch-empty"
    await home(on)
    await on.press("I")
    await on.settle()
    yield "insights-empty"
    await home(on)
    await on.press("B")
    await on.shows("Nothing happened")
    yield "digest-empty"


@scene("help-found", "themes")
async def _finding(on: Stage) -> AsyncIterator[str]:
    await on.press("question_mark", "slash", *"snooz")
    yield "help-found"
    await home(on)
    on.app.open_themes()
    await on.settle()
    yield "themes"


@scene("detail-alone-below-list", "main-compact", "main-list-alone", "main-full-detail", tasks=40)
async def _layouts(on: Stage) -> AsyncIterator[str]:
    await on.press("P", "j", "j")
    await on.settle()
    yield "detail-alone-below-list"
    await on.press("P")
    on.app.toggle_density()
    on.app.clear_notifications()
    await on.settle()
    yield "main-compact"
    on.app.toggle_density()
    await on.press("p")
    await on.settle()
    yield "main-list-alone"
    await on.press("p", "2", "F")
    await on.settle()
    yield "main-full-detail"
