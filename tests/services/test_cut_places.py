"""An operation is cut at every place, in the client, in the server and in both: one effect at most, and told truly.

The simulated world's own journal is the truth. What is told has to be all that can be known then: *unconfirmed* is
right only while the server cannot be asked, it is too early to take silence for a no, or its list is cut short.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.errors import Effect, OperationTimeoutError, ServiceUnavailableError
from jjm_tui.services.results import Outcome
from tests.services.cutting import KINDS, Decision, count_effects, make_decision
from tests.services.workbench import DIALECTS, WRITES, CuttingCaller, Killed, Workbench, bench, lost

PLACES = ("before write", "written", "effect", "answer", "confirm")
"""``answer``: it has come, and nothing was made of it yet; ``confirm``: it is written down, and not yet looked at."""
DEATHS = ("client", "server", "both")
"""A dead server is not there again before another process asks it; that of ``both`` lets the first one ask in vain."""
FAILURES = ("connection", "time out", "502")
"""Of one call; those after it go well."""
CASES = [(place, way) for place in PLACES for way in (*DEATHS, *(() if place == "answer" else FAILURES))]
NEVER_TOLD = ("browser", "create", "written")
"""This family lists only the newest tasks, so a task that is not listed may be there."""
WAITS = (0.0, 30.0, 120.0)
WINDOW = 60.0


def _arm(caller: CuttingCaller, work: Workbench, place: str, way: str) -> list[str]:
    """Let the changing call, or the first look after it, fail at the place; the answer ends with ``over`` then."""
    seen: list[str] = []

    def cut(tool: str, where: str) -> BaseException | None:
        if tool in WRITES:
            seen.append(where)
        looks_again = tool not in WRITES and where == "before write" and "effect" in seen
        if "over" in seen or not (looks_again if place == "confirm" else tool in WRITES and where == place):
            return None
        seen.append("over")
        effect = Effect.NONE if where == "before write" else Effect.UNKNOWN
        if way in ("client", "both"):
            shutil.copytree(work.folder, _at_death(work))
            return Killed()
        if way == "server":
            caller.is_down = True
            return None if place == "answer" else lost(effect)
        if way == "time out":
            return OperationTimeoutError("No answer in time.", effect=effect)
        return lost(effect) if way == "connection" else ServiceUnavailableError("It answered 502.", effect=effect)

    caller.cut = cut
    return seen


def _at_death(work: Workbench) -> Path:
    return work.folder.with_name("at death")


async def _decide(work: Workbench, decide: Decision, place: str, way: str) -> Outcome | None:
    """Make the decision in a process of its own; ``None`` when it was killed, and then it wrote nothing more."""
    manager, caller, context = work.process()
    seen = _arm(caller, work, place, way)
    try:
        return (await decide(manager)).outcome
    except Killed:
        return None
    finally:
        assert seen[-1] == "over"
        context.outbox.close()
        if _at_death(work).exists():
            shutil.rmtree(work.folder)
            _at_death(work).rename(work.folder)


def _what_is_known(place: str, *, answered: bool, can_ask: bool, is_late: bool) -> Outcome:
    """What a program has to say that knows all there is to know; ``answered``: it is written down already."""
    if place == "before write":
        return Outcome.NOT_SENT
    if answered:
        return Outcome.DONE
    if place == "written":
        return Outcome.NOT_SENT if can_ask and is_late else Outcome.UNCONFIRMED
    return Outcome.DONE if can_ask else Outcome.UNCONFIRMED


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("place", "way"), CASES)
async def test_cut_at_a_place_happens_at_most_once_and_all_that_can_be_known_is_told(
    tmp_path, dialect, kind, place, way
):
    work = bench(tmp_path / "stores", seed=1 + PLACES.index(place) % 3, dialect=dialect)
    work.settle_window = WINDOW
    decide = await make_decision(work, kind)
    before = count_effects(work, kind)
    effects = 0 if place in ("before write", "written") else 1
    told = await _decide(work, decide, place, way)
    assert (told is None) is (way in ("client", "both"))
    answered = place == "confirm" or (place == "answer" and way == "server")
    if told is not None:
        assert told is _what_is_known(place, answered=answered, can_ask=way != "server", is_late=False)
    for wait in WAITS:
        work.clock.advance(wait)
        manager, caller, context = work.process()
        caller.is_down = way == "both" and wait == WAITS[0]
        known = _what_is_known(place, answered=answered, can_ask=not caller.is_down, is_late=wait > WINDOW)
        if (dialect, kind, place) == NEVER_TOLD:
            known = Outcome.UNCONFIRMED
        assert {result.outcome for result in await manager.settle_operations()} <= {known}
        (operation,) = await manager.list_operations(open_only=False)
        assert operation.state is OperationState(known.value)
        context.outbox.close()
        assert count_effects(work, kind) - before == effects
