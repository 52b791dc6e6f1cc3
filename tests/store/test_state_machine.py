"""Random sequences of changes through two stores on one file, against a plain dictionary."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task
from jjm_tui.errors import ValidationError
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from tests.store.stands import START, HandClock, make_task, put_sync
from tests.store.test_document import NEW_KEYS

IDS = st.sampled_from(["1", "2", "3", "12", "ü/..", "A", "a"])
WHICH = st.sampled_from([0, 1])


class StoreMachine(RuleBasedStateMachine):
    """``model`` is what must be stored, ``hidden`` what was forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="store-machine-"))
        self.path = self.folder / "tasks.json"
        self.model: dict[str, Task] = {}
        self.hidden: dict[str, Task] = {}
        self.sync: dict[str, SyncState] = {}
        self.unknown: dict[str, Any] = {}

    @initialize()
    def open_stores(self) -> None:
        self.stores = [self._open(), self._open()]

    def _open(self) -> JsonTaskStore:
        return JsonTaskStore(self.path, HandClock(), gather_seconds=0)

    def teardown(self) -> None:
        self.runner.close()
        shutil.rmtree(self.folder)

    @rule(which=WHICH, task_id=IDS, title=st.text(max_size=8), extra=NEW_KEYS)
    def put(self, which: int, task_id: str, title: str, extra: dict[str, Any]) -> None:
        task = make_task(task_id, title, extra=extra)
        answer = self.runner.run(self.stores[which].apply({task_id: lambda _: task}))
        if task_id in self.hidden:
            assert answer == {task_id: None}
        else:
            assert answer == {task_id: task}
            self.model[task_id] = task

    @rule(which=WHICH, ids=st.sets(IDS))
    def archive_together(self, which: int, ids: set[str]) -> None:
        def archive(task: Task | None) -> Task | None:
            return None if task is None else replace(task, archived=not task.archived)

        answer = self.runner.run(self.stores[which].apply(dict.fromkeys(ids, archive)))
        for task_id in ids & self.model.keys():
            self.model[task_id] = replace(self.model[task_id], archived=not self.model[task_id].archived)
        assert answer == {task_id: self.model.get(task_id) for task_id in ids}

    @rule(which=WHICH, task_id=IDS)
    def remove(self, which: int, task_id: str) -> None:
        self.runner.run(self.stores[which].apply({task_id: lambda _: None}))
        self.model.pop(task_id, None)

    @rule(which=WHICH, task_id=IDS)
    def fail(self, which: int, task_id: str) -> None:
        def refuse(_: Task | None) -> Task | None:
            raise ValidationError("no")

        with pytest.raises(ValidationError):
            self.runner.run(
                self.stores[which].apply({"1": lambda _: None, "2": lambda _: None, task_id: refuse, "never": refuse})
            )

    @rule(which=WHICH, ids=st.sets(IDS))
    def forget(self, which: int, ids: set[str]) -> None:
        answer = self.runner.run(self.stores[which].forget(ids, START))
        assert answer == {task_id: self.model[task_id] for task_id in ids & self.model.keys()}
        for task_id in answer:
            self.hidden[task_id] = self.model.pop(task_id)

    @rule(which=WHICH, ids=st.sets(IDS))
    def remember(self, which: int, ids: set[str]) -> None:
        answer = self.runner.run(self.stores[which].remember(ids))
        assert answer == {task_id: self.hidden[task_id] for task_id in ids & self.hidden.keys()}
        for task_id in answer:
            self.model[task_id] = self.hidden.pop(task_id)

    @rule(which=WHICH, origin=st.sampled_from(["p/a", "p/b"]), reason=st.none() | st.text(max_size=5))
    def set_sync(self, which: int, origin: str, reason: str | None) -> None:
        self.sync[origin] = SyncState(origin, START, polling_stopped=reason)
        self.runner.run(self.stores[which].apply({}, put_sync(self.sync[origin])))

    @rule(extra=NEW_KEYS)
    def newer_version_adds_siblings(self, extra: dict[str, Any]) -> None:
        from jjm_tui.store.document import decode_json, encode_json

        if self.path.exists():
            self.unknown |= extra
            self.path.write_bytes(encode_json({**decode_json(self.path.read_bytes()), **self.unknown}))

    @rule(which=WHICH)
    def reopen(self, which: int) -> None:
        self.runner.run(self.stores[which].close())
        self.stores[which] = self._open()

    @invariant()
    def everybody_sees_the_model(self) -> None:
        for store in getattr(self, "stores", ()):
            assert {task.id: task for task in self.runner.run(store.list_tasks())} == self.model
            assert set(self.runner.run(store.forgotten())) == set(self.hidden)
            for origin, state in self.sync.items():
                assert self.runner.run(store.get_sync_state(origin)) == state

    @invariant()
    def unknown_siblings_are_kept(self) -> None:
        from jjm_tui.store.document import decode_json

        if self.unknown:
            found = decode_json(self.path.read_bytes())
            assert {name: found[name] for name in self.unknown} == self.unknown
            assert {task.id: task for task in read_tasks(self.path)[0]} == self.model


def test_store_random_changes_agrees_with_a_dictionary() -> None:
    run_state_machine_as_test(StoreMachine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))
