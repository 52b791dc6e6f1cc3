"""What every task store promises, written once: subclass it with a ``backend`` fixture and the suite runs over it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Plan, PlanStep, Provenance, SourceFile, Task
from jjm_tui.errors import JulesManagerError, ValidationError
from jjm_tui.ports import TaskStore
from tests.store.stands import START, make_task, put, put_sync, say

Open = Callable[[], Awaitable[TaskStore]]
"""Opens the same stored data anew, as another process would."""


class TaskStoreContract:
    """The fixture ``backend`` answers an ``Open``."""

    @pytest.fixture
    def backend(self) -> Open:
        raise LookupError("a subclass says which backend")

    async def test_list_new_store_is_empty(self, backend: Open) -> None:
        store = await backend()
        assert await store.list_tasks() == ()
        assert await store.get_task("1") is None
        assert await store.find_ids("") == ()
        assert await store.forgotten() == {}

    async def test_apply_new_tasks_are_there_for_everybody(self, backend: Open) -> None:
        store = await backend()
        answer = await store.apply(put(make_task("1"), make_task("2")))
        other = await backend()
        assert answer == {"1": make_task("1"), "2": make_task("2")}
        assert {task.id: task for task in await other.list_tasks()} == answer
        assert await store.get_task("2") == make_task("2")

    async def test_apply_every_field_comes_back_equal(self, backend: Open) -> None:
        task = make_task(
            "sessions-1",
            "Ünïcode \U0001f600 \u2028 \x00 \ud800",
            description="two\nlines",
            repository="a/b.c",
            branch="main",
            status=TaskStatus.WAITING_APPROVAL,
            status_detail="AWAITING_PLAN_APPROVAL",
            created_at=START,
            waiting_since=START + timedelta(microseconds=1),
            synced_at=START,
            url="https://jules.google.com/task/1",
            pull_request_url="https://github.com/a/b/pull/1",
            failure="no",
            plan=Plan("f", (PlanStep("s", "d", {"new": 1}),), "p", True, START, False, "q", {"x": [1]}),
            chat_history=say("one", "two"),
            chat_truncated=False,
            source_files=(SourceFile("a.py", "modified", 1, 2, None, {"y": None}),),
            archived=True,
            archived_on_server=False,
            on_server=True,
            seen_at=START,
            snoozed_until=START,
            origin="default/jules",
            provenance={"status": Provenance(3, START, "list")},
            extra={"unknown": {"deep": [1.5, None, "é", 123456789012345678901234567890]}},
        )
        await (await backend()).apply(put(task))
        assert await (await backend()).get_task(task.id) == task

    async def test_apply_no_files_known_differs_from_no_files(self, backend: Open) -> None:
        await (await backend()).apply(put(make_task("1", source_files=None), make_task("2", source_files=())))
        store = await backend()
        found = {task.id: task.source_files for task in await store.list_tasks()}
        assert found == {"1": None, "2": ()}

    async def test_apply_gets_newest_state_of_other_process(self, backend: Open) -> None:
        one, two = await backend(), await backend()
        await one.apply(put(make_task("1", "old")))
        await two.list_tasks()
        await one.apply(put(make_task("1", "newer")))
        seen: list[Any] = []

        def change(task: Task | None) -> Task | None:
            seen.append(task and task.title)
            return make_task("1", "newest")

        await two.apply({"1": change})
        assert seen[-1] == "newer"
        found = await one.get_task("1")
        assert found is not None
        assert found.title == "newest"

    async def test_apply_none_removes(self, backend: Open) -> None:
        store = await backend()
        await store.apply(put(make_task("1"), make_task("2")))
        assert await store.apply({"1": lambda _: None, "3": lambda _: None}) == {"1": None, "3": None}
        assert await (await backend()).find_ids("") == ("2",)

    async def test_apply_failing_change_changes_nothing(self, backend: Open) -> None:
        store = await backend()
        await store.apply(put(make_task("1")))

        def fail(_: Task | None) -> Task | None:
            raise ValidationError("no")

        with pytest.raises(ValidationError):
            await store.apply({**put(make_task("1", "changed"), make_task("2")), "3": fail})
        assert await store.list_tasks() == (make_task("1"),)
        assert await (await backend()).list_tasks() == (make_task("1"),)

    async def test_apply_failing_change_leaves_concurrent_ones_alone(self, backend: Open) -> None:
        store = await backend()

        def fail(_: Task | None) -> Task | None:
            raise ValidationError("no")

        answers = await asyncio.gather(
            store.apply(put(make_task("1"))),
            store.apply({"2": fail}),
            store.apply(put(make_task("3"))),
            return_exceptions=True,
        )
        assert isinstance(answers[1], ValidationError)
        assert sorted(await (await backend()).find_ids("")) == ["1", "3"]

    async def test_apply_other_id_is_refused(self, backend: Open) -> None:
        store = await backend()
        with pytest.raises(JulesManagerError):
            await store.apply({"1": lambda _: make_task("2")})
        assert await store.list_tasks() == ()

    async def test_apply_long_chat_keeps_newest_twenty(self, backend: Open) -> None:
        store = await backend()
        task = make_task("1", chat_history=say(*(str(n) for n in range(50))))
        answer = (await store.apply(put(task)))["1"]
        assert answer is not None
        assert [message.content for message in answer.chat_history][-20:] == [str(n) for n in range(30, 50)]
        assert answer.chat_truncated is True
        assert await (await backend()).get_task("1") == answer

    async def test_apply_many_at_once_all_arrive(self, backend: Open) -> None:
        one, two = await backend(), await backend()

        def bump(task: Task | None) -> Task:
            return make_task("n", str(int(task.title or 0) + 1 if task else 1))

        await asyncio.gather(*(store.apply({"n": bump}) for store in (one, two) for _ in range(25)))
        task = await (await backend()).get_task("n")
        assert task is not None
        assert task.title == "50"

    async def test_find_ids_prefix_finds_all(self, backend: Open) -> None:
        store = await backend()
        await store.apply(put(*(make_task(task_id) for task_id in ("12a", "12b", "13", "%2"))))
        assert sorted(await store.find_ids("12")) == ["12a", "12b"]
        assert await store.find_ids("%") == ("%2",)
        assert await store.find_ids("_") == ()

    async def test_sync_state_unknown_origin_is_blank(self, backend: Open) -> None:
        assert await (await backend()).get_sync_state("a/b") == SyncState("a/b")

    async def test_sync_state_set_is_kept_per_origin(self, backend: Open) -> None:
        store = await backend()
        one = SyncState("a/b", START, True, False, True, "signed out")
        two = SyncState("a/c", START, False, True, False, None)
        await store.apply({}, put_sync(one))
        await store.apply({}, put_sync(two))
        other = await backend()
        assert await other.get_sync_state("a/b") == one
        assert await other.get_sync_state("a/c") == two

    async def test_forget_task_is_gone_and_marked(self, backend: Open) -> None:
        store = await backend()
        await store.apply(put(make_task("1"), make_task("2")))
        assert await store.forget(["1", "9"], START) == {"1": make_task("1")}
        other = await backend()
        assert await other.list_tasks() == (make_task("2"),)
        assert await other.forgotten() == {"1": START}

    async def test_forget_then_apply_does_not_bring_back(self, backend: Open) -> None:
        store = await backend()
        await store.apply(put(make_task("1")))
        await store.forget(["1"], START)
        assert await (await backend()).apply(put(make_task("1", "polled"))) == {"1": None}
        assert await store.list_tasks() == ()

    async def test_remember_brings_back_whole(self, backend: Open) -> None:
        store = await backend()
        task = make_task("1", chat_history=say("a"), extra={"big": 2**80, "float": 1.5})
        await store.apply(put(task))
        await store.forget(["1"], START)
        other = await backend()
        assert await other.remember(["1", "unknown"]) == {"1": task}
        assert await store.get_task("1") == task
        assert await store.forgotten() == {}
        assert await other.remember(["1"]) == {}

    async def test_watch_own_change_is_yielded(self, backend: Open) -> None:
        store = await backend()
        await store.apply(put(make_task("1")))
        changes = store.watch()
        await store.apply(put(make_task("1", "new"), make_task("2")))
        assert await anext(changes) == {"1", "2"}

    async def test_watch_change_of_other_process_is_yielded(self, backend: Open) -> None:
        store, other = await backend(), await backend()
        await store.apply(put(make_task("1"), make_task("2")))
        changes = store.watch()
        await other.forget(["1"], START)
        assert await anext(changes) == {"1"}
        await other.remember(["1"])
        assert await anext(changes) == {"1"}
        await other.apply({"2": lambda _: None})
        assert await anext(changes) == {"2"}

    async def test_close_waits_for_what_is_pending(self, backend: Open) -> None:
        store = await backend()
        pending = asyncio.gather(*(store.apply(put(make_task(str(n)))) for n in range(10)))
        await asyncio.sleep(0)
        await store.close()
        assert len(await (await backend()).list_tasks()) == 10
        await pending

    async def test_apply_cancelled_caller_change_is_still_made(self, backend: Open) -> None:
        store = await backend()
        caller = asyncio.create_task(store.apply(put(make_task("1"))))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        await store.close()
        assert await (await backend()).find_ids("") == ("1",)
