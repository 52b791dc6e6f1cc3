"""A changing call to a real process is cut, both ways: it is sent once, and nothing is claimed of its effect.

Every single byte is tried without processes, in ``tests/services/test_cut_bytes.py``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import anyio
import pytest

from jjm_tui.errors import Effect, JulesManagerError, ProtocolError, ServerConnectionError
from jjm_tui.gateway.spec import ServerSpec
from jjm_tui.gateway.wire import CallPolicy
from tests.gateway.stand import Stand

AT_ONCE = 6
"""Servers that run beside each other."""
SERVER = Path(__file__).with_name("cut_server.py")
ANSWER = "It is done."


async def _call(stand: Stand, way: str, count: int, heard: Path) -> tuple[str | JulesManagerError, int]:
    """What became of a call whose exchange ends after ``count`` bytes, and how often it was announced."""
    command = (sys.executable, "-I", "-S", str(SERVER), way, str(count), str(heard))
    caller = stand.caller(spec=ServerSpec("cut", command))
    announced: list[None] = []
    try:
        policy = CallPolicy(kind="write", written=lambda: announced.append(None))
        outcome: str | JulesManagerError = (await caller.call("echo", {"text": ANSWER}, policy)).text
    except JulesManagerError as error:
        outcome = error
    await caller.close()
    return outcome, len(announced)


@pytest.mark.parametrize("way", ["answer", "request"])
async def test_call_cut_in_the_middle_is_sent_once_and_its_effect_is_left_open(
    stand: Stand, tmp_path: Path, way: str
) -> None:
    length = tmp_path / "length"
    outcome, announced = await _call(stand, f"measure {way}", 0, length)
    assert (outcome, announced) == (ANSWER, 1)
    size = int(length.read_text())
    places = [0, 1, size // 2, size - 2, size - 1]
    outcomes: dict[int, str | JulesManagerError] = {}
    limit = anyio.CapacityLimiter(AT_ONCE)

    async def cut(count: int) -> None:
        async with limit:
            heard = tmp_path / str(count)
            outcomes[count], announced = await _call(stand, way, count, heard)
        assert announced == 1, count
        assert heard.read_text() == "x", count

    async with anyio.create_task_group() as group:
        for count in places:
            group.start_soon(cut, count)
    whole = [count for count, outcome in outcomes.items() if outcome == ANSWER]
    assert whole in ([], [places[-1]] if way == "answer" else []), "only the whole answer without its line break is one"
    for count in set(places) - set(whole):
        error = outcomes[count]
        assert isinstance(error, ServerConnectionError | ProtocolError), (count, error)
        assert error.effect is Effect.UNKNOWN, count
