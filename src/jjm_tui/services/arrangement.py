"""Which tasks a live list shows, in which groups and in which order, kept up to date change by change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Final, Literal

from jjm_tui.domain.counts import KINDS, REASONS, Kind, TaskCounts, is_archived, is_snoozed, kind_of
from jjm_tui.domain.order import Place, check_sort_field, place_by
from jjm_tui.domain.task import NeedsMe, Task, needs_me
from jjm_tui.services.arranged_groups import Group, OrderedGroups, Position, Slot

if TYPE_CHECKING:
    from jjm_tui.domain.query import Query

__all__ = ["Arrangement", "Group", "Grouping", "Position", "View"]

Grouping = Literal["needs", "repository", "none"]

_NEEDS_TITLES: Final[Mapping[str, str]] = {
    "needs-me": "NEEDS YOU",
    "running": "RUNNING",
    "queued": "QUEUED",
    "paused": "PAUSED",
    "snoozed": "SNOOZED",
    "failed": "FAILED",
    "done": "DONE",
    "unknown": "GONE OR UNKNOWN",
    "archived": "ARCHIVED",
}
"""The groups by need, in their order: one for each kind."""

_ALL: Final = "all"
_NO_REPOSITORY: Final = ""
_NO_REPOSITORY_TITLE: Final = "REPOSITORY UNKNOWN"

_AGE_KEYS: Final = ("age:", "updated:", "waiting:")
"""Keys of the filter language whose answer changes by time alone; the end of a snooze is known by itself."""

_MATCHES_PER_SECOND: Final = 1_000
"""How many tasks a filter by age may match again per second on average: about 0.3 % of one core."""


@dataclass(frozen=True, slots=True)
class View:
    """What a person chose to see. ``sort`` is one of ``domain.order.SORT_FIELDS``."""

    query: Query | None = None
    sort: str = "needs-me"
    reverse: bool = False
    grouping: Grouping = "needs"
    show_archived: bool = False

    @property
    def depends_on_time(self) -> bool:
        """Whether the filter asks for ages. Quoted words may look like it: that costs a little, no more."""
        return self.query is not None and any(key in self.query.text.lower() for key in _AGE_KEYS)


@dataclass(slots=True)
class _Entry:
    """One task, why it needs a person, what kind it is, and where it belongs."""

    task: Task
    needs: NeedsMe | None
    kind: Kind
    slot: Slot


@dataclass(frozen=True, slots=True)
class _Frozen:
    """The order as it was when a dialog opened."""

    groups: tuple[Group, ...]
    positions: Mapping[str, Position]


class Arrangement:
    """Tasks in groups and order, and the counts over all of them.

    Every method that can change the order answers whether it did: then a list lays its rows out anew, else it repaints
    the rows whose tasks changed. ``now`` is always aware. Nothing here reads a clock.
    """

    def __init__(self, view: View | None = None) -> None:
        """Raises ValidationError: ``view.sort`` is no field."""
        self._entries: dict[str, _Entry] = {}
        self._tally = _Tally()
        self._wakings: list[tuple[datetime, str]] = []
        self._matched_at: datetime | None = None
        self._frozen: _Frozen | None = None
        self._is_whole = True
        self._use(view or View())

    def _use(self, view: View) -> None:
        self._place_of: Callable[[Task, bool], Place] = place_by(view.sort, reverse=view.reverse)
        self._view = view
        self._order = _ordered_groups(view.grouping)

    # what is shown

    @property
    def view(self) -> View:
        """What the person chose to see."""
        return self._view

    @property
    def groups(self) -> tuple[Group, ...]:
        """All groups that have tasks, in order; while frozen, as they were. Never changed afterwards: safe to keep."""
        return self._frozen.groups if self._frozen is not None else self._order.groups

    def now_in(self, group: Group) -> tuple[int, bool]:
        """How many tasks a group has now, and whether those are the ones of ``group``: while frozen they may not be."""
        if self._frozen is None:
            return len(group.task_ids), True
        task_ids = next((each.task_ids for each in self._order.groups if each.key == group.key), ())
        return len(task_ids), task_ids is group.task_ids or set(task_ids) == set(group.task_ids)

    @property
    def counts(self) -> TaskCounts:
        """Counts over all loaded tasks, whatever is filtered or frozen."""
        return self._tally.counts

    @property
    def is_whole(self) -> bool:
        """Whether the groups have all their tasks; else there are at least so many."""
        return self._is_whole

    @property
    def shown_count(self) -> int:
        """How many tasks have a row."""
        return sum(len(group.task_ids) for group in self.groups)

    @property
    def needing(self) -> tuple[str, ...]:
        """The shown tasks that need a person now, in the order of the list."""
        if self._frozen is None and self._view.grouping == "needs":
            return next((group.task_ids for group in self.groups if group.key == "needs-me"), ())
        return tuple(task_id for group in self.groups for task_id in group.task_ids if self.needs(task_id) is not None)

    def needs(self, task_id: str) -> NeedsMe | None:
        """Why this task needs a person, frozen or not."""
        entry = self._entries.get(task_id)
        return None if entry is None else entry.needs

    def is_shown(self, task_id: str) -> bool:
        """Whether the task has a row."""
        if self._frozen is not None:
            return task_id in self._frozen.positions
        entry = self._entries.get(task_id)
        return entry is not None and entry.slot.group is not None

    def has_match(self, query: Query, now: datetime) -> bool:
        """Whether a filter would leave anything of what is shown without one."""
        return any(
            query.matches(entry.task, now)
            for entry in self._entries.values()
            if self._view.show_archived or entry.kind != "archived"
        )

    def position(self, task_id: str) -> Position | None:
        """Where the task stands in ``groups``, or ``None`` when it has no row."""
        if self._frozen is not None:
            return self._frozen.positions.get(task_id)
        entry = self._entries.get(task_id)
        return None if entry is None else self._order.position(entry.slot)

    # changes

    def load(self, tasks: Mapping[str, Task], now: datetime, *, is_whole: bool = True) -> bool:
        """Replace all tasks; ``is_whole``: these are all there are, and not only the first page of a big store."""
        was_whole, self._is_whole = self._is_whole, is_whole
        self._entries = {task.id: self._entry(task, now) for task in tasks.values()}
        self._tally = _Tally()
        self._wakings = []
        for task_id, entry in self._entries.items():
            self._tally.add(entry, 1)
            if (until := _snooze_end(entry.task, now)) is not None:
                self._wakings.append((until, task_id))
        heapify(self._wakings)
        self._matched_at = now
        return self._fill(self._order.groups) or (was_whole != is_whole and self._frozen is None)

    def update(self, changed: Mapping[str, Task | None], now: datetime) -> bool:
        """Take over changed tasks; ``None`` removes one."""
        has_moved = False
        for task_id, task in changed.items():
            has_moved |= self._replace(task_id, task, now)
        return has_moved and self._frozen is None

    def set_view(
        self,
        *,
        now: datetime,
        query: Query | EllipsisType | None = ...,
        sort: str | None = None,
        reverse: bool | None = None,
        grouping: Grouping | None = None,
        show_archived: bool | None = None,
    ) -> bool:
        """Arrange all tasks anew; what is not given stays. ``query=None`` ends filtering.

        While frozen the new view waits until ``thaw``.

        Raises:
            ValidationError: there is no such sort field; nothing has changed.
        """
        view, before = self._view, self._order.groups
        self._use(
            replace(
                view,
                query=view.query if query is ... else query,
                sort=view.sort if sort is None else check_sort_field(sort),
                reverse=view.reverse if reverse is None else reverse,
                grouping=view.grouping if grouping is None else grouping,
                show_archived=view.show_archived if show_archived is None else show_archived,
            )
        )
        is_same_order = (view.sort, view.reverse) == (self._view.sort, self._view.reverse)
        for entry in self._entries.values():
            place = entry.slot.place if is_same_order else self._place_of(entry.task, entry.needs is not None)
            entry.slot = Slot(self._group_of(entry.task, entry.kind, now), place)
        self._matched_at = now
        return self._fill(before)

    def refresh(self, now: datetime) -> bool:
        """Follow the time: snoozes that ended, and filters by age. Costs nothing before ``next_change``."""
        has_moved = False
        while self._wakings and self._wakings[0][0] <= now:
            _, task_id = heappop(self._wakings)
            if (entry := self._entries.get(task_id)) is not None:
                has_moved |= self._replace(task_id, entry.task, now)
        due = self._match_due()
        if due is not None and due <= now:
            has_moved |= self._match_again(now)
        return has_moved and self._frozen is None

    def next_change(self, now: datetime) -> datetime | None:
        """When ``refresh`` has something to do, never before ``now``; ``None``: time alone changes nothing.

        Exact for snoozes. A filter by age is matched again every second up to 1 000 tasks, and more rarely in
        proportion above (every 10 s with 10 000).
        """
        moments = [moment for moment in (self._match_due(), self._wakings[0][0] if self._wakings else None) if moment]
        return max(now, min(moments)) if moments else None

    # holding still

    @property
    def is_frozen(self) -> bool:
        """Whether the order is held."""
        return self._frozen is not None

    def freeze(self) -> None:
        """Hold the order while a dialog is open: new tasks have no row yet, and removed ones keep theirs.

        Counts, and which tasks need a person, stay true all the time.
        """
        if self._frozen is None:
            groups = self._order.groups
            positions = {
                task_id: Position(number, place)
                for number, group in enumerate(groups)
                for place, task_id in enumerate(group.task_ids)
            }
            self._frozen = _Frozen(groups, positions)

    def thaw(self) -> bool:
        """Take over everything that was held back; answers whether the order is another now."""
        frozen, self._frozen = self._frozen, None
        return frozen is not None and frozen.groups != self._order.groups

    # inside

    def _entry(self, task: Task, now: datetime) -> _Entry:
        needs, kind = needs_me(task, now), kind_of(task, now)
        place = self._place_of(task, needs is not None)
        return _Entry(task, needs, kind, Slot(self._group_of(task, kind, now), place))

    def _group_of(self, task: Task, kind: Kind, now: datetime) -> str | None:
        view = self._view
        if not view.show_archived and is_archived(task):
            return None
        if view.query is not None and not view.query.matches(task, now):
            return None
        if view.grouping == "needs":
            return kind
        return _ALL if view.grouping == "none" else task.repository or _NO_REPOSITORY

    def _fill(self, before: tuple[Group, ...]) -> bool:
        self._order.fill(entry.slot for entry in self._entries.values())
        return self._frozen is None and self._order.groups != before

    def _replace(self, task_id: str, task: Task | None, now: datetime) -> bool:
        old = self._entries.pop(task_id, None)
        new = None if task is None else self._entry(task, now)
        if old is not None:
            self._tally.add(old, -1)
        if new is not None:
            self._entries[task_id] = new
            self._tally.add(new, 1)
            until = _snooze_end(new.task, now)
            if until is not None and (old is None or old.task.snoozed_until != until):
                heappush(self._wakings, (until, task_id))
        return self._order.move(None if old is None else old.slot, None if new is None else new.slot)

    def _match_due(self) -> datetime | None:
        if self._matched_at is None or not self._view.depends_on_time:
            return None
        return self._matched_at + timedelta(seconds=max(1.0, len(self._entries) / _MATCHES_PER_SECOND))

    def _match_again(self, now: datetime) -> bool:
        self._matched_at = now
        moved = [
            (task_id, entry.task)
            for task_id, entry in self._entries.items()
            if self._group_of(entry.task, entry.kind, now) != entry.slot.group
        ]
        for task_id, task in moved:
            self._replace(task_id, task, now)
        return bool(moved)


class _Tally:
    """The counts, changed task by task."""

    def __init__(self) -> None:
        self._needs: dict[NeedsMe, int] = dict.fromkeys(REASONS, 0)
        self._kinds: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        self._counts: TaskCounts | None = None

    @property
    def counts(self) -> TaskCounts:
        if self._counts is None:
            self._counts = TaskCounts(dict(self._needs), dict(self._kinds))
        return self._counts

    def add(self, entry: _Entry, step: int) -> None:
        """Count one task, or with ``step=-1`` no longer."""
        self._counts = None
        self._kinds[entry.kind] += step
        if entry.needs is not None:
            self._needs[entry.needs] += step


def _snooze_end(task: Task, now: datetime) -> datetime | None:
    return task.snoozed_until if is_snoozed(task, now) else None


def _ordered_groups(grouping: Grouping) -> OrderedGroups:
    if grouping == "needs":
        ranks = {key: rank for rank, key in enumerate(_NEEDS_TITLES)}
        return OrderedGroups(_NEEDS_TITLES.__getitem__, ranks.__getitem__)
    if grouping == "none":
        return OrderedGroups(lambda _key: "", lambda _key: 0)
    return OrderedGroups(lambda key: key or _NO_REPOSITORY_TITLE, _rank_of_repository)


def _rank_of_repository(key: str) -> Any:
    return key == _NO_REPOSITORY, key.casefold(), key
