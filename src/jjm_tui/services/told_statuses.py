"""Which readings told a status: that a server is silent about it, or noted it once, does not make a stored one new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from jjm_tui.domain.facts import SILENT, Rank, TaskFacts
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import ago


def tells_status(task: Task, facts: Sequence[TaskFacts], now: datetime) -> bool:
    """Whether the task, into which one reading's facts (weakest first) were merged, has the status that they told.

    What another reading told since this one began is as good.
    """
    told = [each.status for each in facts if each.status is not SILENT and each.origin.rank > Rank.OWN_STORE]
    if told and told[-1] is task.status:
        return True
    known_from = task.provenance.get("status")
    began = min((each.origin.observed_at for each in facts), default=None)
    return known_from is not None and began is not None and began <= known_from.observed_at <= now


def status_remarks(task: Task, now: datetime) -> tuple[str, ...]:
    """What to remark of a task whose reading did not tell the status that it has."""
    if task.status is TaskStatus.UNKNOWN:
        return ()
    known_from = task.provenance.get("status")
    age = "at an unknown time" if known_from is None else ago((now - known_from.observed_at).total_seconds())
    return (f"The server does not tell the status for certain now; this one was read {age}.",)


def own_note_remarks(tasks: Iterable[Task]) -> tuple[str, ...]:
    """Some servers note a status once and never ask Jules again (browser family): that must not pass for a status."""
    count = sum(
        1
        for task in tasks
        if not task.archived and (mark := task.provenance.get("status")) is not None and mark.rank == Rank.OWN_STORE
    )
    if not count:
        return ()
    statuses = "1 status is" if count == 1 else f"{count} statuses are"
    return (f"{statuses} only the server's own first note, never updated: `jjm get TASK` or `jjm monitor` asks Jules.",)


def untold_since(tasks: Iterable[Task], began: datetime, origin: str, now: datetime) -> tuple[Task, ...]:
    """Those with a status that the server of this origin did not tell since a reading of its list began."""
    return tuple(
        task for task in tasks if task.status is not TaskStatus.UNKNOWN and not _is_told(task, began, origin, now)
    )


def _is_told(task: Task, began: datetime, origin: str, now: datetime) -> bool:
    read_at = task.status_read_at
    return task.origin == origin and read_at is not None and began <= read_at <= now


def untold_warnings(untold: Sequence[Task], total: int, origin: str, now: datetime) -> tuple[str, ...]:
    """Of how many tasks of a list, ``total`` in all, the status is not the one of now, and how old it is."""
    foreign = [task for task in untold if task.origin not in (origin, None)]
    silent = [task for task in untold if task.origin in (origin, None)]
    of_all = f"of {total} task{'' if total == 1 else 's'}"
    warnings = []
    if silent:
        which = "it" if len(silent) == 1 else "the oldest"
        warnings.append(
            f"The server did not tell the status of {len(silent)} {of_all} now; {which} was read "
            f"{_oldest(silent, now)}. `jjm get TASK` asks for one."
        )
    if foreign:
        are, which = ("is", "its status") if len(foreign) == 1 else ("are", "the oldest status")
        warnings.append(
            f"{len(foreign)} {of_all} {are} of another server, which was not asked; {which} was read "
            f"{_oldest(foreign, now)}."
        )
    return tuple(warnings)


def _oldest(tasks: Iterable[Task], now: datetime) -> str:
    """How long ago the oldest of their statuses was read; one that nobody knows may be older than all."""
    moments = [task.status_read_at for task in tasks]
    known = [moment for moment in moments if moment is not None]
    return "at an unknown time" if len(known) < len(moments) else ago((now - min(known)).total_seconds())
