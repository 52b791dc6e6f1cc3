"""The program is told to end with an operation in every state: each is kept, in a true state, and happens once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from tests.tui.ground import Ground, ground
from tests.tui.test_survival import MESSAGES, send, states, tasks_of

LASTING = ("unconfirmed", "done", "refused", "not_sent", "discarded")
ON_THEIR_WAY = {
    "sending, nothing happened": ("hold", "send_message", ("sending", "unconfirmed")),
    "sending, it happened": ("keep", "send_message", ("sending", "unconfirmed")),
    "prepared": ("hold", "get_session", ("prepared", "not_sent")),
}
"""How far the message is: what is done to which call of the server, and what may be kept of it when it ends there."""
HAPPENED = {"unconfirmed", "done", "sending, it happened"}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A store that has read the world, with messages in every state that lasts."""
    with ground(tmp_path_factory.mktemp("stock") / "ground") as made:
        made.program.ok("list")
        tasks = tasks_of(made)
        for state in LASTING:
            bring_about(made, state, tasks[MESSAGES[state]])
        assert states(made) == {state: state for state in LASTING}
        yield made


def bring_about(place: Ground, state: str, task: str) -> None:
    """Send a message by a command so that its operation stays in this state."""
    if state == "unconfirmed":
        place.order("keep", "send_message", task)
        with place.open("message", task, state) as terminal:
            terminal.until(lambda: place.effects("message"), "the effect")
            terminal.kill()
        place.lift_all()
        return
    if state != "done":
        place.order("refuse", "get_session" if state == "not_sent" else "send_message", task)
    place.program.run("message", task, state)
    place.lift_all()
    if state == "discarded":
        place.program.ok("outbox", "discard", place.operations()[-1]["id"])


@pytest.mark.parametrize("way", ["SIGTERM", "SIGHUP", "closed"])
def test_operation_in_every_state_is_kept_when_the_program_is_told_to_end(
    tmp_path: Path, stock: Ground, way: str
) -> None:
    assert {state.partition(",")[0] for state in (*LASTING, *ON_THEIR_WAY)} == {each.value for each in OperationState}
    with ground(tmp_path / "ground") as place:
        place.take_over(stock)
        tasks = tasks_of(place)
        with place.open(columns=160) as terminal:
            terminal.shows("connected", "NEEDS YOU")
            for state, (what, tool, _) in ON_THEIR_WAY.items():
                place.order(what, tool, tasks[MESSAGES[state]])
                send(terminal, MESSAGES[state], state)
                terminal.until(lambda state=state: states(place).get(state) == state.partition(",")[0], state)
            terminal.until(lambda: place.calls("send_message") == 2, "both at the server")
            terminal.until(lambda: {text for _, text in place.effects("message")} == HAPPENED, "what is to happen")
            if way == "closed":
                terminal.hang_up()
            else:
                terminal.signal(getattr(signal, way))
            terminal.finish()
        assert place.processes() == {}
        for state, kept in states(place).items():
            assert kept in (ON_THEIR_WAY[state][2] if state in ON_THEIR_WAY else (state,))
        place.lift_all()
        place.program.run("outbox", "settle")
        settled = {state: "done" if state in HAPPENED else "not_sent" for state in ("unconfirmed", *ON_THEIR_WAY)}
        assert states(place) == {state: state for state in LASTING} | settled
        assert len(place.operations()) == len(MESSAGES)
        assert sorted(text for _, text in place.effects("message")) == sorted(HAPPENED)
        assert set(place.drafts().values()) == set(MESSAGES) - HAPPENED
