"""The plans on the sheet of many plans: as they were read, which look alike, and which were on the screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from jjm_tui.domain.plans import diff_plans
from jjm_tui.tui.bulk import Line, State
from jjm_tui.tui.screens.bulk_approval_words import first_steps

if TYPE_CHECKING:
    from jjm_tui.services.results import ApprovalPreview


class BulkPlans:
    """By the ids of their tasks. ``groups``: look-alikes together, in the order of the list; none until all is read."""

    def __init__(self) -> None:
        self.groups: tuple[tuple[str, ...], ...] = ()
        self._read: dict[str, ApprovalPreview] = {}
        self._shown: dict[str, str] = {}
        self._shown_whole: dict[str, str] = {}
        self._grouped: dict[str, str] = {}
        self._first_steps: dict[str, str] = {}

    def get(self, task_id: str) -> ApprovalPreview | None:
        """The plan as it was read last."""
        return self._read.get(task_id)

    def put(self, preview: ApprovalPreview) -> None:
        """Take over a plan that was just read; what changed is what changed since the one on this sheet."""
        before = self._read.get(preview.task.id)
        if before is not None:
            is_same = before.fingerprint == preview.fingerprint
            changes = before.difference if is_same else diff_plans(before.plan, preview.plan)
            preview = replace(preview, difference=changes)
        self._read[preview.task.id] = preview

    def fingerprint(self, task_id: str) -> str:
        """Of the plan as it was read last; it must have been read."""
        return self._read[task_id].fingerprint

    def arrange(self, task_ids: Iterable[str]) -> tuple[str, ...]:
        """Put look-alikes together, and tell the order that comes of it; what was not read comes last."""
        from jjm_tui.services.approving import cluster

        wanted = tuple(task_ids)
        read = [self._read[task_id] for task_id in wanted if task_id in self._read]
        self.groups = tuple(tuple(each.task.id for each in group) for group in cluster(read))
        self._grouped = {each.task.id: each.fingerprint for each in read}
        self._first_steps = {each.task.id: first_steps(each.plan) for each in read}
        return tuple(dict.fromkeys([*(task_id for group in self.groups for task_id in group), *wanted]))

    def group_words(self, group: tuple[str, ...], lines: Mapping[str, Line]) -> str:
        """Whether they still look alike, or did when they were put together, and how they begin."""
        same = all(self._grouped[task_id] == self.fingerprint(task_id) for task_id in group)
        is_undecided = all(lines[task_id].state is State.OPEN for task_id in group)
        alike = "look alike" if same and is_undecided else "looked alike when they were read"
        return f"{len(group)} {alike}: {self._first_steps[group[0]]}"

    def note_shown(self, task_id: str) -> None:
        """Its row is on the screen, at its place, with what is known of the plan now."""
        if self.groups and task_id in self._read:
            self._shown[task_id] = self.fingerprint(task_id)

    def note_shown_whole(self, task_id: str, fingerprint: str) -> None:
        """All of the plan with this fingerprint was on the screen, here or in the look at it."""
        self._shown_whole[task_id] = fingerprint

    def must_be_read(self, task_id: str) -> bool:
        """Whether its row is not enough: it is risky, or another one than was read before."""
        from jjm_tui.services.approving import why_not_ticked

        return why_not_ticked(self._read[task_id]) is not None

    def was_shown(self, task_id: str) -> bool:
        """Whether its row was on the screen for this plan, and all of a plan that must be read; another plan must be
        shown anew."""
        wanted = self.fingerprint(task_id)
        is_read = self._shown_whole.get(task_id) == wanted or not self.must_be_read(task_id)
        return is_read and self._shown.get(task_id) == wanted
