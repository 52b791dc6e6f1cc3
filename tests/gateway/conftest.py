"""Fixtures for the tests of the gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.stand import Stand, guards_running


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """Callers of rude servers; afterwards nothing of them may be left running."""
    stand = Stand(tmp_path)
    yield stand
    await stand.close()
    assert stand.left_running() == []
    assert guards_running() == []
