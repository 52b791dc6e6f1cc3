"""A stored task and fresh facts become a newer task and the events between the two.

Every field carries its provenance: rank of the source and when it was asked. A fact replaces a stored value

* of the same rank, unless it was observed earlier;
* of a lower rank, unless the server proved that something happened after the fact was observed;
* of a higher rank only with that proof: the facts' own ``updated_at`` is later than the stored observation.

A server's private store (``Rank.OWN_STORE``) never has that proof. What nobody ever told may be filled by anybody;
``UNKNOWN``, and ``None`` told by a server, are things told. Silence keeps. An observation that lies ahead of now was
made by a clock that was wrong, so that it is as good as none.

``Task.provenance`` has one entry per field, and four that are not fields: ``discovered`` (the first facts ever),
``synced_at``, ``description_cut`` (the stored description is only a beginning) and ``chat_excerpt`` (the stored
conversation is an excerpt).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from jjm_tui.domain.changes import find_changes
from jjm_tui.domain.conversation import Conversation, keep_newest, merge_chat, prompt_entry, server_part
from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.facts import SILENT, Rank, TaskFacts
from jjm_tui.domain.newer_copy import files_with_known, plan_with_known
from jjm_tui.domain.plans import is_older_plan
from jjm_tui.domain.status import WAITING_STATUSES, TaskStatus
from jjm_tui.domain.task import ChatMessage, Provenance, Task, says_the_same, shared_mark

__all__ = ["NOT_ON_SERVER", "MergeResult", "keep_newest", "merge"]

NOT_ON_SERVER: Final = "not found on the server"
"""``status_detail`` of a task that vanished."""

_PLAIN_FIELDS: Final = (
    "title",
    "repository",
    "branch",
    "created_at",
    "updated_at",
    "url",
    "pull_request_url",
    "failure",
    "archived_on_server",
)


@dataclass(frozen=True, slots=True)
class MergeResult:
    """The newer task and what happened.

    ``changed``: something visible differs, more than ages. ``settled``: ids of local chat entries that the server's
    own message replaced in this merge.
    """

    task: Task
    events: tuple[TaskEvent, ...] = ()
    changed: bool = False
    settled: tuple[str, ...] = ()


def merge(
    stored: Task | None,
    facts: TaskFacts,
    *,
    first_sync: bool = False,
    local_messages: Sequence[ChatMessage] = (),
    now: datetime | None = None,
) -> MergeResult:
    """Merge the facts of one answer into the stored task; idempotent.

    Args:
        stored: The newest stored state, ``None`` when the task is not known yet.
        facts: What one answer said; text already cleaned. Suspicious readings must not come here.
        first_sync: The very first synchronisation with this server: tasks found final count as seen.
        local_messages: Entries of ours (id ``local:…``) to show in the conversation; one with a known id replaces it.
            Pass only entries that no earlier merge reported as settled.
        now: No earlier than any true observation. ``None``: what is stored is taken to be true.
    """
    merging = _Merging(stored or Task(facts.id), facts, now)
    if stored is None:
        merging.prove("discovered")
    merging.merge_presence()
    merging.merge_plain_fields()
    merging.merge_description()
    merging.merge_status()
    merging.merge_plan()
    merging.merge_files()
    conversation = merging.merge_conversation(local_messages)
    merging.mark_time(first_sync=first_sync)
    task = merging.result()
    changes = find_changes(stored, task, facts.origin.observed_at, conversation.arrived, first_sync=first_sync)
    return MergeResult(task, changes, stored is None or not says_the_same(stored, task), conversation.settled)


class _Merging:
    """One merge under way: the old task, the facts, and the values that differ so far."""

    def __init__(self, old: Task, facts: TaskFacts, now: datetime | None) -> None:
        self.old = old
        self.facts = facts
        self.now = now
        self.rank = facts.origin.rank
        self.observed_at = facts.origin.observed_at
        self.values: dict[str, Any] = {}
        self.provenance = dict(old.provenance)
        self.mark = shared_mark(int(self.rank), self.observed_at, facts.origin.source)

    def result(self) -> Task:
        return replace(self.old, **self.values, provenance=self.provenance)

    def prove(self, name: str) -> None:
        self.provenance[name] = self.mark

    def accepts(self, name: str, *, is_known: bool) -> bool:
        """Whether these facts may replace the stored value of a field (rules of this module)."""
        known_from = self.old.provenance.get(name)
        if known_from is None or self._is_ahead(known_from.observed_at):
            return not is_known or self.rank > Rank.OWN_STORE
        if self.rank == known_from.rank:
            return self.observed_at >= known_from.observed_at
        if self.rank > known_from.rank:
            return not self._is_overtaken(known_from)
        updated = self.facts.updated_at
        return self.rank > Rank.OWN_STORE and updated is not SILENT and updated > known_from.observed_at

    def _is_ahead(self, moment: datetime) -> bool:
        """Whether this cannot have been yet: the clock was set back since."""
        return self.now is not None and moment > self.now

    def _is_overtaken(self, known_from: Provenance) -> bool:
        """The stored value came, from a lower rank, with the proof that it is newer than these facts."""
        return (
            known_from.rank > Rank.OWN_STORE
            and self.old.updated_at is not None
            and self.old.updated_at > self.observed_at
            and self.old.provenance.get("updated_at") == known_from
        )

    def merge_presence(self) -> None:
        """Any word about a task says that it is on the server, except the one that says it is not."""
        is_there = self.facts.on_server is not False
        if not self.accepts("on_server", is_known=self.old.on_server is not None):
            return
        self.prove("on_server")
        self.values["on_server"] = is_there
        if not is_there:
            self.values.update(status=TaskStatus.UNKNOWN, status_detail=NOT_ON_SERVER)
            self.prove("status")
        elif self.old.on_server is False and self.old.status_detail == NOT_ON_SERVER:
            self.values["status_detail"] = None

    def merge_plain_fields(self) -> None:
        for name in _PLAIN_FIELDS:
            said = getattr(self.facts, name)
            if said is SILENT or said == "":
                continue
            known = getattr(self.old, name)
            if said is None and self.rank < Rank.CACHE:
                continue
            if self.accepts(name, is_known=known is not None):
                if said is None and known is not None and self._is_lower(name):
                    continue
                self.values[name] = said
                self.prove(name)

    def _is_lower(self, name: str) -> bool:
        known_from = self.old.provenance.get(name)
        return known_from is not None and self.rank < known_from.rank

    def merge_description(self) -> None:
        said = self.facts.description
        known = self.old.description
        if said is SILENT or not said:
            return
        is_cut = self.facts.description_cut
        known_cut = "description_cut" in self.old.provenance
        if known and is_cut and len(_stem(said)) <= len(known) and known.startswith(_stem(said)):
            return
        completes = bool(known) and known_cut and said.startswith(_stem(known or ""))
        if not completes and not self.accepts("description", is_known=bool(known)):
            return
        self.values["description"] = said
        self.prove("description")
        if is_cut:
            self.prove("description_cut")
        else:
            self.provenance.pop("description_cut", None)

    def merge_status(self) -> None:
        """A word that is not understood is news, and so is that there is none; a weak source without one is silent."""
        facts, old = self.facts, self.old
        if facts.on_server is False or facts.status is SILENT:
            return
        detail = None if facts.status_detail is SILENT else facts.status_detail
        is_known = old.status is not TaskStatus.UNKNOWN
        if facts.status is TaskStatus.UNKNOWN and self.rank < Rank.CACHE and (detail is None or is_known):
            return
        if is_known and self.rank == Rank.OWN_STORE and facts.status is not old.status:
            return
        if not self.accepts("status", is_known=is_known):
            return
        if detail is None and facts.status is old.status is not TaskStatus.UNKNOWN:
            detail = old.status_detail
        self.values.update(status=facts.status, status_detail=detail)
        self.prove("status")
        is_over = old.status is TaskStatus.FAILED and facts.status is not TaskStatus.FAILED
        if is_over and old.failure is not None and facts.failure is SILENT:
            self.values["failure"] = None
            self.prove("failure")

    def merge_plan(self) -> None:
        """A plan is never erased: that a server shows none now does not undo what was read, but makes it doubtful."""
        said, known = self.facts.plan, self.old.plan
        if said is SILENT:
            return
        if said is None:
            if known is not None and known.complete and self.rank >= Rank.CACHE and self.accepts("plan", is_known=True):
                self.values["plan"] = replace(known, complete=False)
            return
        if self.accepts("plan", is_known=known is not None) and not (known and is_older_plan(said, known)):
            self.values["plan"] = plan_with_known(said, known)
            self.prove("plan")
        elif known is not None and known.fingerprint == said.fingerprint and known.approved is None:
            self.values["plan"] = replace(known, approved=said.approved)

    def merge_files(self) -> None:
        said, known = self.facts.source_files, self.old.source_files
        if said is SILENT or (not said and known and self.rank < Rank.CACHE):
            return
        if self.accepts("source_files", is_known=known is not None):
            self.values["source_files"] = files_with_known(said, known or ())
            self.prove("source_files")

    def merge_conversation(self, local_messages: Sequence[ChatMessage]) -> Conversation:
        old, chat = self.old, self.facts.chat
        description = self.values.get("description", old.description)
        prompt = None
        if description and "description_cut" not in self.provenance:
            prompt = prompt_entry(description, self.values.get("created_at", old.created_at))
        was_excerpt = "chat_excerpt" in old.provenance
        is_taken = chat is not SILENT and (
            self.accepts("chat_history", is_known=bool(server_part(old.chat_history)))
            or (was_excerpt and chat.coverage != "excerpt")
        )
        conversation = merge_chat(
            old.chat_history,
            old.chat_truncated,
            chat if chat is not SILENT and is_taken else None,
            prompt=prompt,
            local_messages=local_messages,
            was_excerpt=was_excerpt,
            may_empty=self.rank == Rank.LIVE,
        )
        if conversation.messages != old.chat_history:
            self.values["chat_history"] = conversation.messages
        self.values["chat_truncated"] = conversation.is_truncated
        if conversation.is_taken:
            self.prove("chat_history")
            self.provenance.pop("chat_excerpt", None)
            if conversation.is_excerpt:
                self.prove("chat_excerpt")
        return conversation

    def mark_time(self, *, first_sync: bool) -> None:
        self._mark_sync()
        status = self.values.get("status", self.old.status)
        old = self.old
        is_told = self.provenance.get("status") is self.mark
        if status not in WAITING_STATUSES and not status.is_final:
            self.values["waiting_since"] = None
        elif status is not old.status or (old.waiting_since is None and is_told):
            self.values["waiting_since"] = self._changed_at()
            if status is not old.status:
                self.values["snoozed_until"] = None
                if old.seen_at is not None and self._is_ahead(old.seen_at):
                    self.values["seen_at"] = None  # what ends now has not been looked at
        if first_sync and status.is_final and old.seen_at is None and self._was_never_told():
            since = self.values.get("waiting_since", old.waiting_since)
            self.values["seen_at"] = self.observed_at if since is None else max(since, self.observed_at)

    def _mark_sync(self) -> None:
        known_from = self.provenance.get("synced_at")
        known = self.old.synced_at
        is_weak = self.rank < Rank.CACHE
        was_weak = known_from is not None and known_from.rank < Rank.CACHE
        if known is None or self._is_ahead(known) or (was_weak and not is_weak):
            is_news = True
        elif is_weak and not was_weak:
            is_news = False
        else:
            is_news = self.observed_at >= known
        if is_news:
            self.values["synced_at"] = self.observed_at
            self.prove("synced_at")

    def _changed_at(self) -> datetime:
        """When the status changed: what the server says, as far as that can be; else when we saw it."""
        updated, before = self.facts.updated_at, self.old.waiting_since
        if updated is SILENT or (before is not None and updated <= before):
            return self.observed_at
        return min(updated, self.observed_at)

    def _was_never_told(self) -> bool:
        """No source that can be trusted had told the status before."""
        known_from = self.old.provenance.get("status")
        return self.old.status is TaskStatus.UNKNOWN or (known_from is not None and known_from.rank == Rank.OWN_STORE)


def _stem(text: str) -> str:
    """A cut text without the dots that say so."""
    return text.rstrip().removesuffix("...").removesuffix("…").rstrip()
