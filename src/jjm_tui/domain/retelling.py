"""The same facts told once more: what merging them would give, without merging.

A list tells hundreds of tasks every few seconds, nearly all of them word for word as before. Whatever such facts said
is in the task already, so that only their marks are newer. Where it is not as plain as that, the answer is ``None``,
and the facts are merged (``merge``, whose rules these are).
"""

from __future__ import annotations

from dataclasses import fields, replace
from operator import attrgetter
from typing import Final

from jjm_tui.domain.facts import SILENT, FactSource, Rank, TaskFacts
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Provenance, Task, shared_mark

_SAID: Final = attrgetter(*(each.name for each in fields(TaskFacts) if each.name != "origin"))
_REST: Final = attrgetter(*(each.name for each in fields(TaskFacts) if each.name not in ("id", "origin")))

_SAID_AS: Final = {"description_cut": "description"}
_NEVER_SAID: Final = frozenset({"discovered", "chat_history", "chat_excerpt", "plan", "source_files"})
"""Marks that facts without conversation, plan and files never move."""


def said_by(origin: FactSource, before: TaskFacts) -> TaskFacts:
    """The same facts from another source, or at another time (``dataclasses.replace`` takes twice as long)."""
    return TaskFacts(before.id, origin, *_REST(before))


def is_said_again(before: TaskFacts, facts: TaskFacts) -> bool:
    """Whether the same source says the same, word for word, at another time."""
    was, now = before.origin, facts.origin
    return was.rank is now.rank and was.source == now.source and _SAID(before) == _SAID(facts)


def tell_again(task: Task, before: TaskFacts, facts: TaskFacts) -> Task | None:
    """The task after ``facts`` were merged into it, which itself is what merging ``before`` gave. No event follows.

    ``None``: merge them. The facts say something else, or are older; or some mark is not theirs, so that what was too
    weak or too early the last time may count now.
    """
    was, now = before.origin, facts.origin
    if now.observed_at < was.observed_at or not _is_plain(facts) or not is_said_again(before, facts):
        return None
    told = shared_mark(int(was.rank), was.observed_at, was.source)
    mark = shared_mark(int(now.rank), now.observed_at, now.source)
    provenance: dict[str, Provenance] = {}
    for name, known in task.provenance.items():
        said = getattr(facts, _SAID_AS.get(name, name), None)
        if name in _NEVER_SAID or (said is SILENT and name != "on_server"):
            provenance[name] = known
        elif known == told and said != "":
            provenance[name] = mark
        else:
            return None
    if provenance.get("synced_at") is not mark or provenance.get("on_server") is not mark:
        return None
    return replace(task, synced_at=now.observed_at, provenance=provenance)


def _is_plain(facts: TaskFacts) -> bool:
    """Nothing in them is weighed against what is known before it is taken over, as beginnings of texts are."""
    return (
        facts.origin.rank >= Rank.CACHE
        and facts.on_server is not False
        and facts.status is not TaskStatus.UNKNOWN
        and not facts.description_cut
        and facts.chat is facts.plan is facts.source_files is SILENT
    )
