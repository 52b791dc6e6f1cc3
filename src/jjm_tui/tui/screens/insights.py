"""The insights screen: where the time went, from the history of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar, Final

from textual.content import Content

from jjm_tui.domain.events import TaskEvent
from jjm_tui.services.insights import INSIGHT_TYPES, Insights, compute_insights
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.engine import Engine
from jjm_tui.tui.pages.insights_page import as_of, has_just_begun, insights_lines
from jjm_tui.tui.pages.page_lines import length
from jjm_tui.tui.screens.page import PageScreen
from jjm_tui.tui.widgets.bar import Piece

PERIODS: Final[tuple[int | None, ...]] = (7, 30, None)
"""Days, today included; ``None``: since the history begins."""

_ANEW_AFTER: Final = 60.0
"""Seconds after which the numbers are computed anew, as states go on."""


class InsightsScreen(PageScreen):
    """Plots of states, waiting, days and repositories."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "insights"})
    NAME = "Insights"
    KEYS = ("insights.period",)

    def __init__(self) -> None:
        super().__init__()
        self._events: list[TaskEvent] | None = None
        self._insights: Insights | None = None
        self._period = 0

    def on_mount(self) -> None:
        """Read the history."""
        self.show_empty(Content("Reading the history…"))
        self.show_header(self._pieces())
        self.when_open(self._read)

    async def _read(self, engine: Engine) -> None:
        self._events = list(await engine.manager.query_events(types=INSIGHT_TYPES))
        self._compute()

    def _compute(self) -> None:
        """In a thread, as a history may be long; the newest request wins."""
        if self._events is not None:
            self.run_worker(self._compute_behind(tuple(self._events)), exit_on_error=False, exclusive=True, group="sum")

    async def _compute_behind(self, events: Sequence[TaskEvent]) -> None:
        tasks, days, now = dict(self.board.tasks), PERIODS[self._period], self.now()
        self._insights = await asyncio.to_thread(compute_insights, events, tasks, now, days)
        self.show_header(self._pieces())
        self.refill(anew=True)

    # what is shown

    def fill(self, width: int) -> None:
        """The page anew."""
        if self._insights is not None:
            self.lines.set_lines(insights_lines(self._insights, self.title_of, width))

    def _pieces(self) -> Iterator[Piece]:
        days = PERIODS[self._period]
        yield Piece("all there is" if days is None else f"last {days} days", "quiet", rank=1)
        insights = self._insights
        if insights is None:
            return
        if insights.is_short and insights.history_since is not None:
            seconds = (insights.at - insights.history_since).total_seconds()
            short = "the history has just begun" if has_just_begun(insights) else f"history of {length(seconds)}"
            yield Piece(short, "trouble", rank=2)
        if age := as_of(insights, self.now()):
            yield Piece(age, "quiet", rank=3)

    def events_happened(self, events: Sequence[TaskEvent]) -> None:
        """Count what happens while the screen is open. What the reading had already is heard once more."""
        if self._events is not None:
            new = [event for event in events if event.type in INSIGHT_TYPES and event not in self._events[-500:]]
            if new:
                self._events += new
                self._compute()

    def clock_ticked(self, now: datetime) -> None:
        """States go on."""
        if self._insights is not None and (now - self._insights.at).total_seconds() >= _ANEW_AFTER:
            self._compute()

    # actions

    def do_insights_period(self) -> None:
        """The next period."""
        self._period = (self._period + 1) % len(PERIODS)
        self.show_header(self._pieces())
        self._compute()
