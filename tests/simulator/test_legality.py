"""Whatever people do, sessions move only along the documented transitions, and the journal is exact."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.session import BLOCKED
from jjm_tui.simulator.states import FOLLOWERS, State
from jjm_tui.simulator.world import World
from tests.simulator.conftest import HandClock

MOVED_BY_PEOPLE = BLOCKED - {State.FAILED}


class PeopleAtWork(RuleBasedStateMachine):
    """People create, write, approve, resume, archive and delete at random moments."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock()
        self.world = World(seed=5, tasks=16, clock=self.clock)
        self.expected: list[tuple[str, str, str]] = []

    def pick(self, number: int) -> str:
        ids = self.world.session_ids() + self.world.session_ids(archived=True)
        return ids[number % len(ids)] if ids else "0"

    def attempt(self, kind: str, session_id: str, text: str, call: Any) -> None:
        if self.is_done(call, {400, 404}):
            self.expected.append((kind, session_id, text))

    def is_done(self, call: Any, refusals: set[int]) -> bool:
        code = None
        try:
            call()
        except ApiError as error:
            code = error.code
        assert code is None or code in refusals
        return code is None

    @rule(seconds=st.floats(0.1, 400))
    def wait(self, seconds: float) -> None:
        self.clock.move(seconds)

    @rule(
        text=st.sampled_from(["Do it", "simulate:ask", "simulate:fail", "simulate:short"]),
        approval=st.booleans(),
        branch=st.sampled_from(["main", "develop", "nowhere"]),
        source=st.sampled_from(["sources/github/acme/webapp", "sources/github/acme/none", None]),
    )
    def create(self, text: str, approval: bool, branch: str, source: str | None) -> None:
        before = set(self.world.session_ids())

        def call() -> None:
            self.world.create_session(text, source, starting_branch=branch, require_plan_approval=approval)

        done = self.is_done(call, {404})
        made = set(self.world.session_ids()) - before
        assert len(made) == done
        self.expected += [("create", new, text) for new in made]

    @rule(number=st.integers(0, 50), text=st.text(max_size=20))
    def message(self, number: int, text: str) -> None:
        session_id = self.pick(number)
        self.attempt("message", session_id, text, lambda: self.world.send_message(session_id, text))

    @rule(number=st.integers(0, 50))
    def approve(self, number: int) -> None:
        session_id = self.pick(number)
        plan = self.world.session(session_id).latest_plan if session_id != "0" else None
        text = "" if plan is None else plan.id
        self.attempt("approve", session_id, text, lambda: self.world.approve_plan(session_id))

    @rule(number=st.integers(0, 50))
    def resume(self, number: int) -> None:
        session_id = self.pick(number)
        self.attempt("resume", session_id, "", lambda: self.world.resume(session_id))

    @rule(number=st.integers(0, 50), archived=st.booleans())
    def archive(self, number: int, archived: bool) -> None:
        session_id = self.pick(number)
        kind = "archive" if archived else "unarchive"
        self.attempt(kind, session_id, "", lambda: self.world.archive(session_id, archived=archived))

    @rule(number=st.integers(0, 50))
    def delete(self, number: int) -> None:
        session_id = self.pick(number)
        self.attempt("delete", session_id, "", lambda: self.world.delete_session(session_id))

    @invariant()
    def journal_is_exact(self) -> None:
        assert [(entry.kind, entry.session_id, entry.text) for entry in self.world.journal] == self.expected

    @invariant()
    def transitions_are_legal(self) -> None:
        moments = {(entry.session_id, entry.time) for entry in self.world.journal}
        for session_id in self.world.session_ids():
            log = self.world.session(session_id).state_log
            for (_, before), (moment, after) in itertools.pairwise(log):
                assert after in FOLLOWERS[before], f"{before} -> {after}"
                if before in MOVED_BY_PEOPLE:
                    assert (session_id, moment) in moments, f"{before} ended by itself"

    @invariant()
    def times_never_go_back(self) -> None:
        for session_id in self.world.session_ids():
            times = [record.time for record in self.world.session(session_id).activities]
            assert times == sorted(times)
            ids = [record.id for record in self.world.session(session_id).activities]
            assert ids == sorted(set(ids))


PeopleAtWork.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


class TestPeopleAtWork(PeopleAtWork.TestCase):  # type: ignore[name-defined, misc]
    """The state machine as a test."""
