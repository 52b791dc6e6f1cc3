"""Fixtures of the store tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.store.stands import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "profile" / "tasks.json"
