"""One decision for many tasks: carried out one after the other, each with its own true outcome, stopped in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from jjm_tui.errors import (
    AuthenticationError,
    ConfigurationError,
    OperationTimeoutError,
    RateLimitedError,
    ServerConnectionError,
    ServiceUnavailableError,
    StorageError,
)

if TYPE_CHECKING:
    from jjm_tui.services.results import OperationResult

_CONCERNS_ALL: Final = (
    AuthenticationError,
    ConfigurationError,
    OperationTimeoutError,
    RateLimitedError,
    ServerConnectionError,
    ServiceUnavailableError,
    StorageError,
)
"""Failures that the next task would meet as well."""


_REFUSED: Final = "refused"
_NOT_SENT: Final = "not sent"
_FAILURES: Final = (_REFUSED, _NOT_SENT)


class State(Enum):
    """How far one line of a sheet got."""

    OPEN = auto()
    SENDING = auto()
    DONE = auto()
    FAILED = auto()
    """Refused or not sent: nothing happened on the server."""
    DOUBTFUL = auto()
    """Unconfirmed, or done with an alarm: a person must look at it."""


_WORDS: Final = {State.DOUBTFUL: "to look at", State.SENDING: "sending"}


@dataclass(slots=True)
class Line:
    """One task of a sheet.

    ``note``: what became of it, in a few words. ``obstacle``: why it cannot be ticked. ``is_reading``: what there is to
    decide about is being read. ``failure``: how it failed, in a word or two.
    """

    task_id: str
    is_ticked: bool = False
    state: State = State.OPEN
    note: str = ""
    obstacle: str | None = None
    is_reading: bool = False
    failure: str = ""

    @property
    def can_be_ticked(self) -> bool:
        """Whether a tick means anything now."""
        return not self.is_over and not self.is_reading and self.obstacle is None

    @property
    def is_over(self) -> bool:
        """Nothing more can be decided about it in this sheet."""
        return self.state in (State.SENDING, State.DONE, State.DOUBTFUL)

    @property
    def tick(self) -> str:
        """The box in front of it."""
        if self.is_over or self.is_reading:
            return ""
        if self.obstacle is not None:
            return "[-]"
        return "[x]" if self.is_ticked else "[ ]"

    @property
    def role(self) -> str:
        """The role of its note in a ``RowList``."""
        roles = {State.OPEN: "warning", State.DONE: "good", State.FAILED: "bad", State.DOUBTFUL: "warning"}
        return roles.get(self.state, "quiet")

    def take(self, result: OperationResult, done: str) -> None:
        """Take over an outcome; ``done`` is the word for a good one. What failed stays ticked."""
        word = result.outcome.value
        if word == "done" and result.error is None:
            self.state, self.note, self.is_ticked = State.DONE, f"✓ {done}", False
        elif word == "done":
            self.state, self.note, self.is_ticked = State.DOUBTFUL, f"! {' '.join(result.remarks)}", False
        elif word == "unconfirmed":
            self.state, self.note, self.is_ticked = State.DOUBTFUL, f"? unconfirmed. {result.message}", False
        else:
            self.failure = _REFUSED if word == "refused" else _NOT_SENT
            self.state, self.note = State.FAILED, f"✗ {self.failure}. {result.message}"


class Run:
    """Works through lines one by one. ``stop`` lets the one under way end and begins no other."""

    def __init__(self) -> None:
        self.stopped: str | None = None
        """Why it stopped early, as a sentence."""
        self.is_running = False
        self._sending: asyncio.Task[OperationResult] | None = None

    @property
    def is_ending(self) -> bool:
        """Whether what is told right now is told by what the run has sent: it tells its outcome before it ends."""
        return self._sending is not None and self._sending is asyncio.current_task()

    @property
    def is_stopped(self) -> bool:
        """Whether no other line will begin."""
        return self.stopped is not None

    def stop(self, why: str) -> None:
        """Begin no other line."""
        self.stopped = self.stopped or why

    async def work_through(
        self,
        lines: Iterable[Line],
        send: Callable[[Line], asyncio.Task[OperationResult]],
        ended: Callable[[Line, OperationResult], None],
    ) -> None:
        """Send each, waiting for its outcome before the next. A cancelled run leaves what is on its way alone.

        A line that lost its tick meanwhile, or is being read again, is left out: what was decided about has changed.
        """
        self.is_running, self.stopped = True, None
        try:
            for line in lines:
                if self.is_stopped:
                    return
                if not (line.is_ticked and line.can_be_ticked):
                    continue
                line.state, line.note = State.SENDING, "sending…"
                self._sending = sending = send(line)
                await asyncio.wait({sending})
                if sending.cancelled():
                    return
                ended(line, sending.result())
                self._judge(line, sending.result())
        finally:
            self.is_running, self._sending = False, None

    def _judge(self, line: Line, result: OperationResult) -> None:
        if isinstance(result.error, _CONCERNS_ALL):
            self.stop("Stopped: the others would meet the same trouble. They stay ticked.")
        elif line.state is State.DOUBTFUL:
            self.stop("Stopped: look at the one with the doubtful outcome first. The others stay ticked.")


def count_words(lines: Iterable[Line], done: str) -> str:
    """How a sheet went so far: ``3 sent · 1 refused``; empty before anything happened. ``done``: what went well."""
    words = [_WORDS.get(line.state) or line.failure if line.state is not State.DONE else done for line in lines]
    order = (done, *_FAILURES, *_WORDS.values())
    return " · ".join(f"{words.count(word)} {word}" for word in order if word in words)
