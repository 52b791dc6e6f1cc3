"""What all use cases share: the ports, the clock and a few settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.operations import Operation
from jjm_tui.errors import JulesManagerError, StorageError
from jjm_tui.ports import Clock, DraftStore, EventLog, Leadership, OutboxStore, TaskServer, TaskStore, TranscriptStore
from jjm_tui.services.read_troubles import ReadTroubles

NOT_IN_HISTORY: Final = "It is written down, but not in the history: {}"
"""Where only the history cannot be written; what happened has happened all the same."""


class Unwritten(NamedTuple):
    """An operation as it ended, while its record does not tell so, and in a sentence why not."""

    operation: Operation
    why: str


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """The ports of one profile and one server.

    ``server`` is ``None`` when there is none to use, and ``no_server`` says why; everything local still works.
    ``origin`` is ``profile/server label``. ``settle_window``: seconds; ``None`` takes the dialect's own.
    ``read_troubles``: tasks that could not be read lately, shared by all use cases, as are two things about operations
    by their ids: ``let_go``, this process is done with them, whatever their records say; ``unrecorded``, how they
    ended where that could not be written down yet. ``untold``: what happened and is missing in the history, as that
    could not be written.
    ``confirm_for``: seconds that an accepted change is re-read until it shows. ``calls_per_minute``: the call budget.
    """

    server: TaskServer | None
    store: TaskStore
    events: EventLog
    outbox: OutboxStore
    drafts: DraftStore
    transcripts: TranscriptStore
    leadership: Leadership
    clock: Clock
    origin: str
    no_server: JulesManagerError | None = None
    resume_message: str = "Please continue."
    settle_window: float | None = None
    confirm_for: float = 5.0
    calls_per_minute: int = 120
    read_troubles: ReadTroubles = field(default_factory=ReadTroubles)
    let_go: set[str] = field(default_factory=set)
    unrecorded: dict[str, Unwritten] = field(default_factory=dict)
    untold: list[TaskEvent] = field(default_factory=list)

    async def tell(self, events: Sequence[TaskEvent]) -> None:
        """Append to the history, behind what it misses; what was stored never happens again, so nothing is left out.

        Raises:
            StorageError: the history cannot be written; the events are kept for the next time.
        """
        missing = [*self.untold, *events]
        self.untold.clear()
        try:
            await self.events.append(missing)
        except StorageError:
            self.untold[:0] = missing
            raise

    async def tell_done(self, events: Sequence[TaskEvent]) -> tuple[str, ...]:
        """The same of what is stored already and cannot fail any more: a remark where the history cannot be written."""
        try:
            await self.tell(events)
        except StorageError as error:
            return (NOT_IN_HISTORY.format(error.message),)
        return ()
