"""Pictures of the watch, connection, log, insights and digest screens, in three sizes and kinds of colours."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.services.context import ServiceContext
from jjm_tui.tui.memory import Memory
from tests.services.workbench import START, Workbench
from tests.tui.stage import Stage, stage

_LOOKS = [((80, 24), "textual-dark"), ((100, 30), "textual-light"), ((160, 45), "ansi-dark")]
_NEXT = {
    "pending": ("in_progress",),
    "in_progress": ("waiting_approval", "waiting_feedback", "paused", "completed", "completed", "failed"),
    "waiting_approval": ("in_progress",),
    "waiting_feedback": ("in_progress",),
    "paused": ("in_progress",),
}


def _history(workbench: Workbench, context: ServiceContext) -> None:
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


def _log(folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = [
        "2026-11-20T08:58:01Z info     gateway: call_done  call=list_sessions outcome=ok seconds=0.412",
        "2026-11-20T08:58:09Z warning  gateway: call_retry  call=get_session reason=timeout attempt=2",
        "2026-11-20T08:58:31Z debug    store: saved  tasks=40 bytes=120331",
        "2026-11-20T08:59:00Z error    live: live_feed_failed  reason=\"KeyError('x')\"",
        "    Traceback (most recent call last):",
        "    KeyError: 'x'",
        "2026-11-20T08:59:30Z info     operations: operation_done  operation=a1b2c3d4 kind=message",
    ]
    (folder / "jjm-2026-11-20.log").write_text("\n".join(lines) + "\n")


def _away(memory: Memory) -> None:
    memory.last_seen = START - timedelta(days=3)


async def _look(on: Stage, theme: str, key: str, words: str) -> None:
    on.app.theme = theme
    await on.press(key)
    await on.shows(words)
    await on.settle()


@pytest.mark.parametrize(("size", "theme"), _LOOKS)
async def test_screens_look_as_they_should(
    tmp_path: Path, svg: Callable[[str], object], size: tuple[int, int], theme: str
) -> None:
    look = f"{size[0]}x{size[1]}-{theme}"
    async with stage(tmp_path, size=size, memory=_away, prepare=_history) as on:
        await _look(on, theme, "W", "→ completed")
        await on.press("k", "k", "k")
        assert on.picture() == svg(f"watch-{look}")
        await on.press("escape")
        await _look(on, theme, "C", "next look")
        assert on.picture() == svg(f"connection-{look}")
        await on.press("escape")
        await _look(on, theme, "I", "Time in each state")
        assert on.picture() == svg(f"insights-{look}")
        await on.press("escape")
        await _look(on, theme, "B", "since 17 Nov 09:00")
        assert on.picture() == svg(f"digest-{look}")


@pytest.mark.parametrize(
    ("size", "theme"), [((80, 24), "textual-dark"), ((100, 30), "textual-light"), ((100, 30), "ansi-dark")]
)
async def test_log_looks_as_it_should(
    tmp_path: Path, svg: Callable[[str], object], size: tuple[int, int], theme: str
) -> None:
    _log(tmp_path / "home" / "logs")
    async with stage(tmp_path, size=size) as on:
        await _look(on, theme, "L", "operation_done")
        await on.press("k", "enter")
        assert on.picture() == svg(f"log-{size[0]}x{size[1]}-{theme}")
