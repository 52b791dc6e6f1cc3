"""One simulated session: moves along its script as time passes and reacts to what people do."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

from jjm_tui.simulator.catalogue import PlanStepText, SimulatedRepository, Work
from jjm_tui.simulator.script import (
    Approve,
    Ask,
    Beat,
    Complete,
    Effect,
    Enter,
    Fail,
    Halt,
    Hear,
    Progress,
    Propose,
    Say,
    acknowledge,
    tell_follow_up,
    tell_work,
)
from jjm_tui.simulator.states import State

BLOCKED: Final = frozenset(
    {State.AWAITING_PLAN_APPROVAL, State.AWAITING_USER_FEEDBACK, State.PAUSED, State.COMPLETED, State.FAILED}
)


def digest(*parts: object, size: int = 16) -> str:
    """A stable hexadecimal id made of some parts."""
    return blake2b("\x1f".join(map(str, parts)).encode(), digest_size=size).hexdigest()


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan that Jules showed."""

    id: str
    steps: tuple[PlanStepText, ...]
    created: datetime


@dataclass(frozen=True, slots=True)
class ActivityRecord:
    """One activity; ``kind`` is the REST member that holds ``payload``."""

    id: str
    time: datetime
    originator: str
    kind: str | None
    payload: Any
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a session was made with, and the script that it follows."""

    id: str
    seed: str
    created: datetime
    prompt: str
    title: str | None
    repository: SimulatedRepository | None
    branch: str | None
    work: Work
    beats: tuple[Beat, ...]
    pull_request: bool = True
    hostile: bool = False


@dataclass(slots=True)
class Session:
    """A session as far as it has been played."""

    spec: SessionSpec
    state: State = State.QUEUED
    updated: datetime = field(init=False)
    prefix: str = field(init=False)
    activities: list[ActivityRecord] = field(default_factory=list)
    plans: list[PlanRecord] = field(default_factory=list)
    done_changes: list[int] = field(default_factory=list)
    completions: int = 0
    archived: bool = False
    queue: deque[Beat] = field(init=False)
    next_at: datetime | None = field(init=False)
    state_log: list[tuple[datetime, State]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.updated = self.spec.created
        self.prefix = digest(self.spec.id, size=4)
        self.queue = deque(self.spec.beats)
        self.next_at = None
        self.state_log.append((self.spec.created, self.state))
        self._schedule(self.spec.created)

    @property
    def latest_plan(self) -> PlanRecord | None:
        return self.plans[-1] if self.plans else None

    def random_for(self, purpose: str) -> random.Random:
        """The same numbers for the same purpose at the same point of the story."""
        return random.Random(f"{self.spec.seed}:{purpose}:{len(self.activities)}")  # noqa: S311 - a story, no secret

    def advance(self, now: datetime) -> None:
        """Play everything that is due."""
        while self.next_at is not None and self.next_at <= now:
            moment = self.next_at
            self._play(self.queue.popleft().effect, moment)
            self._schedule(moment)

    def _schedule(self, moment: datetime) -> None:
        if self.state in BLOCKED or not self.queue:
            self.next_at = None
        else:
            self.next_at = moment + timedelta(seconds=self.queue[0].delay)

    def _enter(self, state: State, moment: datetime) -> None:
        self.updated = moment
        if state is not self.state:
            self.state = state
            self.state_log.append((moment, state))

    def _record(
        self, moment: datetime, originator: str, kind: str | None, payload: Any, progress: Progress | None = None
    ) -> ActivityRecord:
        activity_id = f"{self.prefix}{len(self.activities) + 1:08x}"
        record = ActivityRecord(activity_id, moment, originator, kind, payload, progress)
        self.activities.append(record)
        self.updated = moment
        return record

    def _play(self, effect: Effect, moment: datetime) -> None:
        match effect:
            case Enter(state):
                self._enter(state, moment)
            case Say(text):
                self._record(moment, "agent", "agentMessaged", {"agentMessage": text})
            case Hear(text):
                self._record(moment, "user", "userMessaged", {"userMessage": text})
            case Ask(text):
                self._record(moment, "agent", "agentMessaged", {"agentMessage": text})
                self._enter(State.AWAITING_USER_FEEDBACK, moment)
            case Propose(gate, remark):
                self.propose(moment, remark)
                if gate:
                    self._enter(State.AWAITING_PLAN_APPROVAL, moment)
            case Approve():
                self._approve_latest(moment, "agent")
            case Progress():
                self._report(effect, moment)
            case Halt():
                self._enter(State.PAUSED, moment)
            case Complete():
                self.completions += 1
                self._record(moment, "agent", "sessionCompleted", {})
                self._enter(State.COMPLETED, moment)
            case Fail(reason):
                self._record(moment, "system", "sessionFailed", {"reason": reason})
                self._enter(State.FAILED, moment)

    def _report(self, progress: Progress, moment: datetime) -> None:
        self.done_changes += [index for index in progress.changes if index not in self.done_changes]
        payload = {"title": progress.title}
        if progress.description:
            payload["description"] = progress.description
        self._record(moment, "agent", "progressUpdated", payload, progress)

    def propose(self, moment: datetime, remark: str | None) -> PlanRecord:
        """Show a plan; a later one says what changed because of ``remark``."""
        steps = self.spec.work.steps
        if self.plans:
            steps = self.plans[-1].steps
        if remark is not None:
            line = " ".join(remark.split())
            added = PlanStepText(f"Take the remark into account ({len(self.plans) + 1})", f"You wrote: {line[:300]}")
            steps = (*steps[:1], added, *steps[1:])
        plan = PlanRecord(digest(self.spec.id, "plan", len(self.plans)), steps, moment)
        self.plans.append(plan)
        self._record(moment, "agent", "planGenerated", plan)
        return plan

    def _approve_latest(self, moment: datetime, originator: str) -> None:
        plan = self.latest_plan
        if plan is not None:
            self._record(moment, originator, "planApproved", {"planId": plan.id})
        self._enter(State.IN_PROGRESS, moment)

    def _first(self, beats: Sequence[Beat], moment: datetime, *, keep_wait: bool = False) -> None:
        """Put beats before the rest of the script; ``keep_wait`` keeps what was left of the present delay."""
        if keep_wait and self.queue and self.next_at is not None:
            left = (self.next_at - moment).total_seconds()
            self.queue[0] = Beat(max(0.0, left), self.queue[0].effect)
        self.queue.extendleft(reversed(beats))
        self._schedule(moment)

    # --- what people do -------------------------------------------------------------------------------------------

    def approve(self, moment: datetime) -> PlanRecord:
        """Approve the latest plan; the session must be waiting for that."""
        plan = self.plans[-1]
        self._approve_latest(moment, "user")
        self._schedule(moment)
        return plan

    def hear(self, moment: datetime, text: str) -> None:
        """Take a message: answer it, change the plan, go on, or open again, depending on the state."""
        rng = self.random_for("message")
        before = self.state
        self._record(moment, "user", "userMessaged", {"userMessage": text})
        answer = Beat(rng.uniform(1.5, 2.5), Say(acknowledge(text)))
        if before is State.AWAITING_PLAN_APPROVAL:
            self._enter(State.PLANNING, moment)
            self._first([answer, Beat(rng.uniform(3.0, 5.0), Propose(gate=True, remark=text))], moment)
        elif before is State.COMPLETED:
            self._enter(State.IN_PROGRESS, moment)
            self.queue.clear()
            self._first(tell_follow_up(rng, text), moment)
        elif before in {State.AWAITING_USER_FEEDBACK, State.PAUSED}:
            self._enter(State.IN_PROGRESS, moment)
            self._first([answer], moment)
        else:
            self._first([answer], moment, keep_wait=True)

    def resume(self, moment: datetime) -> None:
        """Go on after a pause."""
        self._enter(State.IN_PROGRESS, moment)
        self._schedule(moment)

    # --- a tester's hand ------------------------------------------------------------------------------------------

    def force_state(self, moment: datetime, state: State) -> None:
        """Put the session into a state at once, with the activity that belongs to it."""
        rng = self.random_for("forced")
        match state:
            case State.AWAITING_PLAN_APPROVAL:
                self.propose(moment, None)
            case State.AWAITING_USER_FEEDBACK:
                self._record(moment, "agent", "agentMessaged", {"agentMessage": self.spec.work.question})
            case State.COMPLETED:
                self.done_changes = list(range(len(self.spec.work.changes)))
                self.completions += 1
                self._record(moment, "agent", "sessionCompleted", {})
            case State.FAILED:
                self._record(moment, "system", "sessionFailed", {"reason": self.spec.work.failure})
            case State.QUEUED | State.PLANNING | State.IN_PROGRESS | State.PAUSED:
                pass
        if state not in {State.QUEUED, State.PLANNING}:
            self._skip_planning()
        if not self.queue and state not in {State.COMPLETED, State.FAILED}:
            self.queue.extend(tell_work(rng, self.spec.work))
        self._enter(state, moment)
        self._schedule(moment)

    def _skip_planning(self) -> None:
        """Drop what the script still has to plan."""
        kinds = [isinstance(beat.effect, Propose | Approve) for beat in self.queue]
        for _ in range(len(kinds) - kinds[::-1].index(True) if True in kinds else 0):
            self.queue.popleft()

    def change_plan(self, moment: datetime, remark: str) -> PlanRecord:
        """Show another plan although nobody asked for it."""
        return self.propose(moment, remark)

    def say(self, moment: datetime, text: str) -> None:
        """Make Jules say something now."""
        self._record(moment, "agent", "agentMessaged", {"agentMessage": text})
