"""Fixtures for all tests, and which of them count for the coverage of the core."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import Phase, settings

settings.register_profile("any machine", deadline=None, max_examples=40)
settings.register_profile("long", deadline=None, max_examples=400)
settings.register_profile(
    "first failure", deadline=None, max_examples=40, derandomize=True, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("any machine")

_ABOVE_THE_CORE = frozenset({"tui", "soak"})
"""Folders whose tests would take twice as long while lines of the core are counted, which have tests of their own."""


_OF_GIT = frozenset({"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"})
"""Variables of a hook of Git in which somebody may run the tests; Git of the tests has repositories of its own."""


def pytest_configure() -> None:
    """Programs that tests start shall be interruptible, also where the tests run behind a shell that ignores Ctrl+C;
    and neither a proxy nor the person's settings of Git are for them.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for name in [name for name in os.environ if name.lower().endswith("_proxy") or name in _OF_GIT]:
        del os.environ[name]
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lines are counted only for tests that can tell something about them."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in _ABOVE_THE_CORE:
            item.add_marker("no_cover")


@pytest.fixture
def anyio_backend() -> str:
    """The product runs on asyncio, as Textual does."""
    return "asyncio"
