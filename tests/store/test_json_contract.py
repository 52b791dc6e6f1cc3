"""The JSON file keeps the contract of all task stores."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jjm_tui.store.json_file import JsonTaskStore
from tests.store.contract import Open, TaskStoreContract
from tests.store.stands import HandClock


class TestJsonTaskStore(TaskStoreContract):
    @pytest.fixture
    async def backend(self, store_path: Path, clock: HandClock) -> AsyncIterator[Open]:
        opened: list[JsonTaskStore] = []

        async def open_store() -> JsonTaskStore:
            opened.append(JsonTaskStore(store_path, clock, gather_seconds=0.01))
            return opened[-1]

        yield open_store
        for store in opened:
            await store.close()
