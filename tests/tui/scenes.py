"""Scenes: what a person can have on the screen. Each plays on a stage and names a picture at every stop.

The plays are in ``plays_…``. ``in_all_looks`` are shown in other colours and characters as well.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.errors import JulesManagerError
from jjm_tui.gateway.spec import CallerState, CallRecord
from jjm_tui.ports import Priority
from jjm_tui.services.context import ServiceContext
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.screens.detail_host import DetailHost
from jjm_tui.tui.screens.main import MainScreen
from tests.services.workbench import START, Workbench
from tests.tui.stage import Stage

Play = Callable[[Stage], AsyncIterator[str]]


@dataclass(frozen=True)
class Scene:
    """``pictures``: the names that ``play`` yields, in order. ``ground``: what ``stage`` is called with.
    ``screens``: classes of screens that are seen on a small terminal."""

    pictures: tuple[str, ...]
    play: Play
    screens: tuple[str, ...]
    ground: Mapping[str, Any] = field(default_factory=dict)
    in_all_looks: bool = False


SCENES: list[Scene] = []


def scene(
    *pictures: str, screens: tuple[str, ...] = (), in_all_looks: bool = False, **ground: Any
) -> Callable[[Play], Play]:
    """Enter a play into ``SCENES``."""

    def enter(play: Play) -> Play:
        SCENES.append(Scene(pictures, play, screens, ground, in_all_looks))
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
    screen = on.app.screen
    assert isinstance(screen, DetailHost)

    def has_everything() -> bool:
        details, reader = screen.detail.details, screen.reader
        if details is None or details.is_reading:
            return False
        return reader.asked is None and not reader.is_reading(details.task.id)

    await on.until(has_everything)
    await on.settle()


def is_coloring(on: Stage) -> bool:
    """Code gets its colours from a thread, some time after its text is there."""
    return any(worker.group == "color" and not worker.is_finished for worker in on.app.workers)


def server_is(on: Stage, state: CallerState, failure: JulesManagerError | None = None) -> None:
    """The server got into this state, and everything that is told of it is."""
    on.caller.state = state  # type: ignore[attr-defined]
    live = on.app.engine.live  # type: ignore[union-attr]
    live._failure = failure
    live._show_connection()


def server_answers(on: Stage) -> None:
    """The server runs, and has just told the list that is on the stage."""
    told = CallRecord("list_sessions", "read", Priority.USER, on.now, 0.4, 1, "ok")
    server_is(on, CallerState("simulator", "connected", was_up=True, recent=(told,)))


def server_down(on: Stage) -> None:
    """The server ended; it is started again in a moment."""
    on.caller.is_down = True
    again_at = on.bench.clock.monotonic() + 4
    trouble = "The server is down."
    server_is(on, CallerState("simulator", "down", trouble=trouble, was_up=True, next_start_at=again_at))


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
