"""One picture of the live table: who comes first, what the last lines say, that it fits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jjm_tui.cli.live_table import latest_news, render
from jjm_tui.cli.monitoring import stop_sentence
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import cell_width
from jjm_tui.errors import JulesManagerError, ServerConnectionError
from jjm_tui.services.results import MonitorRequest, MonitorUpdate
from tests.cli.samples import DONE, NOW, RUNNING, WAITING, Screen, ago

QUESTION = replace(WAITING, id="55555555", title="A question", status=TaskStatus.WAITING_FEEDBACK)
QUESTION = replace(QUESTION, waiting_since=ago(hours=1))
YOUNG = replace(RUNNING, id="66666666", title="Just begun", created_at=ago(minutes=1))
TASKS = (RUNNING, WAITING, QUESTION, YOUNG)


def event(kind: EventType, task_id: str = RUNNING.id, **data: object) -> TaskEvent:
    return TaskEvent(at=NOW, type=kind, task_id=task_id, data=data)


def picture(
    tasks: tuple[Task, ...] = TASKS,
    *,
    news: tuple[TaskEvent, ...] = (),
    width: int = 80,
    height: int = 24,
    running: bool = True,
    failure: JulesManagerError | None = None,
) -> list[str]:
    screen = Screen(width=width)
    update = MonitorUpdate(NOW, tasks, news, "server", ago(seconds=2), failure)
    screen.output.render(render(update, news, NOW, screen.output.look, height, running))
    return [line.rstrip() for line in screen.out.splitlines()]


def test_picture_shows_who_needs_a_person_first_and_longest_wait_first() -> None:
    lines = picture()
    assert lines[0].split() == ["ID", "STATUS", "ELAPSED", "FILES", "TITLE"]
    assert [line.split()[0] for line in lines[1:5]] == ["55555555", "31415926", "66666666", "27182818"]
    assert lines[-1] == "4 tasks, 2 need you · read 2s ago · Ctrl+C stops"


def test_picture_that_is_over_does_not_offer_to_stop() -> None:
    assert picture(running=False)[-1] == "4 tasks, 2 need you · read 2s ago"
    assert picture(())[-1] == "No active task · read 2s ago · Ctrl+C stops"
    assert picture((WAITING,))[-1].startswith("1 task, 1 needs you · ")


def test_picture_with_a_server_that_is_away_says_so() -> None:
    assert (
        "· the server did not answer: It is gone."
        in picture(width=120, failure=ServerConnectionError("It is gone."))[-1]
    )


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("height", [10, 24])
def test_picture_fits_the_terminal(width: int, height: int) -> None:
    many = tuple(replace(RUNNING, id=f"{number}7182818284") for number in range(10, 90))
    news = tuple(event(EventType.STATUS_CHANGED, **{"from": "pending", "to": "in_progress"}) for _ in range(5))
    lines = picture(many, news=news, width=width, height=height)
    assert len(lines) <= max(height, 9)
    assert all(cell_width(line) <= width for line in lines)
    assert any(line.startswith("and ") and line.endswith(" more") for line in lines)


def test_news_of_changing_files_take_one_line_for_each_task() -> None:
    first, second = event(EventType.FILES_CHANGED, files=1), event(EventType.FILES_CHANGED, files=2)
    other = event(EventType.FILES_CHANGED, "31415926", files=1)
    told = event(EventType.PLAN_READY)
    assert latest_news((first, told), (other, second)) == (told, other, second)
    assert latest_news([told] * 9, ()) == (told,) * 5


@pytest.mark.parametrize(
    ("tasks", "finished", "needs", "why"),
    [
        ((WAITING, RUNNING), "reached", True, ": 1 task needs you"),
        ((WAITING, replace(WAITING, id="5"), RUNNING), "reached", True, ": 2 tasks need you"),
        ((WAITING,), "reached", False, ": what it waited for is reached"),
        ((RUNNING,), "unreachable", False, ": what it waited for can no longer be reached"),
        ((RUNNING,), "timeout", True, ": the time is over"),
        ((DONE,), "final", False, ": nothing more happens by itself"),
        ((), "final", False, ": no task is active"),
        ((WAITING,), None, True, ""),
    ],
)
def test_monitor_says_why_it_stopped(tasks: tuple[Task, ...], finished: Any, needs: bool, why: str) -> None:
    last = MonitorUpdate(NOW, tasks, finished=finished)
    assert stop_sentence(MonitorRequest(until_needs_me=needs), last, NOW) == f"Monitoring stopped{why}."
