"""What every transport of ours offers besides its pair of streams."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import anyio

from jjm_tui.errors import JulesManagerError
from jjm_tui.gateway.slips import SlipBook


class Wire(Protocol):
    """A transport with what we add to it."""

    is_http: bool
    book: SlipBook
    ended: anyio.Event
    failure: JulesManagerError | None

    def open(self) -> AbstractAsyncContextManager[tuple[Any, Any]]:
        """The pair of streams."""

    async def wait_last_words(self) -> None:
        """Wait a moment for what the server says while dying."""

    def describe_end(self) -> str:
        """How it ended."""
