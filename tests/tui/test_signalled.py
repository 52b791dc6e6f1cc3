"""The program is told to end while a message is on its way: it is kept, in a true state, and happens once."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.ground import Ground, ground

TEXT = "Take the first way."
ON_ITS_WAY = {
    "prepared": ("hold", "get_session", "not_sent"),
    "sending, nothing happened": ("hold", "send_message", "not_sent"),
    "sending, it happened": ("keep", "send_message", "done"),
}
"""How far the message is: what is done to which call of the server, and what it comes to when everything is known."""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Ground]:
    with ground(tmp_path / "ground") as made:
        yield made


def states(place: Ground) -> list[tuple[str, str]]:
    """The operations on disk: text and state."""
    return [(each["payload"].get("text", ""), each["state"]) for each in place.operations()]


@pytest.mark.parametrize("way", ["SIGTERM", "SIGHUP", "closed"])
@pytest.mark.parametrize("moment", ON_ITS_WAY)
def test_message_on_its_way_when_the_program_is_told_to_end_is_kept_and_happens_once(
    place: Ground, moment: str, way: str
) -> None:
    what, tool, end = ON_ITS_WAY[moment]
    happened = [TEXT] if end == "done" else []
    with place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.press("m")
        terminal.type(TEXT)
        terminal.shows(TEXT, "draft kept")
        place.order(what, tool)
        terminal.press("ctrl+s")
        terminal.until(lambda: states(place) == [(TEXT, moment.partition(",")[0])], moment)
        if tool == "send_message":
            terminal.until(lambda: place.calls(tool), "the message at the server")
        terminal.until(lambda: [text for _, text in place.effects("message")] == happened, "what is to happen")
        if way == "closed":
            terminal.hang_up()
        else:
            terminal.signal(getattr(signal, way))
        terminal.finish()
    assert place.processes() == {}
    place.lift_all()
    assert len(states(place)) == 1
    place.program.run("outbox", "settle")
    assert states(place) == [(TEXT, end)]
    assert [text for _, text in place.effects("message")] == happened
    assert TEXT in place.drafts().values() or happened
