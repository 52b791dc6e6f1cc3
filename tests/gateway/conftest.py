"""Fixtures for the tests of the gateway."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.gateway.stand import Stand, guards_running, wait_until


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    """Callers of rude servers; afterwards nothing of them may be left running."""
    stand = Stand(tmp_path)
    yield stand
    await stand.close()
    with contextlib.suppress(TimeoutError):  # what was killed may take a moment to be gone
        await wait_until(lambda: not stand.left_running() and not guards_running())
    assert stand.left_running() == []
    assert guards_running() == []
