"""While you were away: what is shown, and where Enter leads."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.services.board import ConnectionStatus
from jjm_tui.services.digest import should_show
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.screens.digest import DigestScreen, read_digest
from tests.services.workbench import START
from tests.tui.stage import Stage, stage

EVIL = "evil\x1b]52;c;AAAA\x07 [/foo] [@click=app.quit]x\u202e"


def _remembered(memory: Memory) -> None:
    memory.last_seen = START - timedelta(hours=3)


def _in_state(on: Stage, status: TaskStatus) -> Task:
    return next(task for task in on.board.tasks.values() if task.status is status)


async def _moved(on: Stage, task: Task, minutes_ago: float = 60) -> None:
    at = on.now - timedelta(minutes=minutes_ago)
    event = TaskEvent(EventType.STATUS_CHANGED, at, task.id, {"from": "in_progress", "to": task.status.value})
    await on.context.events.append([event])


async def test_digest_groups_what_happened_and_enter_goes_to_the_task(tmp_path: Path) -> None:
    async with stage(tmp_path, memory=_remembered) as on:
        plan, failed, done = (
            _in_state(on, status) for status in (TaskStatus.WAITING_APPROVAL, TaskStatus.FAILED, TaskStatus.COMPLETED)
        )
        for task in (plan, failed, done):
            await _moved(on, task)
        await on.press("B")
        assert isinstance(on.app.screen, DigestScreen)
        await on.shows("4 tasks got a plan, 1 asked a question, 1 failed, 1 finished.")
        assert "since 06:00  3h 00m" in on.text
        for words in ("Need you now (", "Failed (1)", "Finished (1)"):
            assert words in on.text
        assert "Plans (1)" not in on.text
        shown: list[str] = []
        on.app.show_task = shown.append  # type: ignore[method-assign]
        await on.press("G", "k", "enter")
        assert shown == [failed.id]


async def test_digest_shows_who_waits_now_although_the_history_knows_nothing_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path, memory=_remembered) as on:
        waiting = sorted(
            (task for task in on.board.tasks.values() if needs_me(task, on.now)),
            key=lambda task: str(task.waiting_since),
        )
        assert waiting
        await on.press("B")
        await on.shows(f"Need you now ({len(waiting)})")
        assert "new" not in on.text
        assert "since 09:00  0s  what was before is not known" in on.text
        assert "The history here begins 09:00; nothing happened since then." in on.text
        assert "? plan" in on.text
        assert "for 1h" in on.text
        shown: list[str] = []
        on.app.show_task = shown.append  # type: ignore[method-assign]
        await on.press("enter")
        assert shown == [waiting[0].id]


async def test_digest_has_the_same_columns_in_all_groups_and_cuts_no_title_that_fits(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40), memory=_remembered) as on:
        done = _in_state(on, TaskStatus.COMPLETED)
        plan = next(task for task in on.board.tasks.values() if needs_me(task, on.now))
        long = "A title of exactly fifty-seven cells, which is quite long"
        on.board.apply({task.id: replace(task, title=long) for task in (done, plan)})
        await _moved(on, done)
        await on.press("B")
        await on.shows("1 finished.")
        rows = [row for row in on.text.splitlines() if long in row][:2]
        assert len({row.index(long) for row in rows}) == 1
        assert "✓ done" in rows[1]
        assert "newT" not in on.text


async def test_digest_leaves_the_owners_of_repositories_out_before_it_cuts_titles(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24), memory=_remembered) as on:
        task = next(task for task in on.board.tasks.values() if needs_me(task, on.now))
        title = "A title of thirty-two cells here"
        on.board.apply(
            {task.id: replace(task, title=title, repository="some-owner/webapp", waiting_since=on.now)}
            | {each: replace(other, archived=True) for each, other in on.board.tasks.items() if each != task.id}
        )
        await on.press("B")
        await on.shows("Need you now (1)")
        row = next(row for row in on.text.splitlines() if title in row)
        assert "  webapp  " in row or "some-owner/webapp" in row
        assert len(row) < 80


async def test_digest_when_nothing_happened_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, memory=_remembered, tasks=0) as on:
        await on.press("B")
        await on.shows("Nothing happened since 06:00")
        assert on.text.splitlines()[-1].split() == ["esc", "back", "?", "help"]


@pytest.mark.parametrize(("status", "minutes"), [("starting", 1), ("connected", 5), ("gave up", 1)])
async def test_digest_says_from_when_on_nothing_is_known(
    tmp_path: Path, status: ConnectionStatus, minutes: int
) -> None:
    async with stage(tmp_path, memory=_remembered, tasks=0) as on:
        on.board.set_connection(replace(on.board.connection, status=status))
        on.board.set_sync(replace(on.board.sync, synced_at=on.now - timedelta(minutes=minutes)))
        await on.press("B")
        await on.shows("Nothing happened since 06:00")
        await on.shows(f"The server's list was read 08:{60 - minutes}; later news")
        on.board.set_connection(replace(on.board.connection, status="connected"))
        on.board.set_sync(replace(on.board.sync, synced_at=on.now))
        await on.settle()
        on.app.hearing.clock_ticked(on.now)
        await on.until(lambda: "later news" not in on.text)


async def test_digest_without_an_earlier_visit_shows_the_last_hours_and_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await _moved(on, _in_state(on, TaskStatus.FAILED))
        await on.press("B")
        await on.shows("since 01:00  8h 00m  no earlier visit is remembered")


async def test_digest_without_any_history_claims_nothing_of_the_last_hours(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("B")
        await on.shows("There is no history yet, and no task needs you.")
        assert "since" not in on.text


async def test_digest_says_how_many_of_a_group_are_listed_above(tmp_path: Path) -> None:
    async with stage(tmp_path, memory=_remembered) as on:
        done = [task for task in on.board.tasks.values() if task.status is TaskStatus.COMPLETED][:2]
        for task in done:
            await _moved(on, task)
        on.board.apply({done[0].id: replace(done[0], seen_at=None)})
        await on.press("B")
        await on.shows("Finished (2)  1 of them above")
        running = [task for task in on.board.tasks.values() if task.status is TaskStatus.IN_PROGRESS]
        at = on.now - timedelta(minutes=5)
        found = [TaskEvent(EventType.TASK_DISCOVERED, at, task.id, {}) for task in (running[0], done[1])]
        await on.context.events.append(found)
        await on.shows("New (2)  1 of them above")


async def test_digest_drops_a_task_that_has_moved_on_and_takes_in_what_happens(tmp_path: Path) -> None:
    async with stage(tmp_path, memory=_remembered) as on:
        plan, failed = _in_state(on, TaskStatus.WAITING_APPROVAL), _in_state(on, TaskStatus.FAILED)
        await _moved(on, plan)
        await on.press("B")
        await on.shows("4 tasks got a plan, 1 asked a question.")
        waiting = sum(needs_me(task, on.now) is not None for task in on.board.tasks.values())
        await on.manager.archive([plan.id])
        await on.shows(f"Need you now ({waiting - 1})")
        assert "4 tasks got a plan, 1 asked a question." in on.text
        await _moved(on, failed, 0)
        await on.shows("Failed (1)")
        await on.manager.archive([failed.id])
        await on.until(lambda: "Failed (1)" not in on.text)
        assert "4 tasks got a plan, 1 asked a question, 1 failed." in on.text


async def test_digest_of_an_older_day_tells_the_date(tmp_path: Path) -> None:
    async with stage(
        tmp_path, size=(40, 12), memory=lambda m: setattr(m, "last_seen", START - timedelta(days=3))
    ) as on:
        await _moved(on, _in_state(on, TaskStatus.FAILED), 2000)
        await on.press("B")
        await on.shows("18 Nov 23:40")
        assert "17 Nov 09:00" in on.text


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_foreign_titles_and_failures_are_literal_and_harmless(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size, memory=_remembered) as on:
        task = Task("evil-task", title=EVIL, failure=EVIL, repository=EVIL, status=TaskStatus.FAILED)
        on.board.apply({task.id: task})
        await _moved(on, task)
        await on.press("B")
        await on.shows("evil [/foo]")
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text


async def test_app_can_ask_whether_the_digest_is_worth_showing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        since = on.now - timedelta(hours=3)
        task = _in_state(on, TaskStatus.FAILED)
        await _moved(on, task)
        digest = await read_digest(on.manager, on.board.tasks, since, on.now)
        assert should_show(since, on.now, digest)
        assert [entry.task_id for entry in digest.failed] == [task.id]
