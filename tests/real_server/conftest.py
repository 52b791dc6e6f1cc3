"""The real server as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.real_server.harness import RealServer, run_real_server


@pytest.fixture
def real_server() -> Iterator[RealServer]:
    """A third-party server against a world of twelve tasks that stands still until it is stepped."""
    with run_real_server() as server:
        yield server
