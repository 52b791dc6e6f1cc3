"""Evil text in every field, told by every command on a terminal: shown literally, and no byte of it is a control."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from jjm_tui.cli.parser import COMMANDS
from jjm_tui.simulator.world import World
from tests.cli.command_lines import ALONE, LINES, ids_of, leaves
from tests.tui.evil import EVIL
from tests.tui.ground import Ground, ground
from tests.tui.hostile import CONTROLS, LOST_OPERATION, STRAY_OPERATION, harm_in, poison_store
from tests.tui.terminal_stage import TerminalStage
from tests.tui.test_terminal_canary import stores

SETTINGS = {
    "templates": {"evil[/foo]": {"description": EVIL, "title": EVIL}},
    "views": {"[x][/foo]": "state:failed"},
}


@dataclass
class Tour:
    """A hostile ground, and the ids of its tasks."""

    place: Ground
    ids: Mapping[str, str]

    def run(self, words: Sequence[str]) -> bytes:
        """What a command line writes on a terminal."""
        given = [each.format_map(self.ids) if "{" in each and each != "{}" else each for each in words]
        with self.place.open(*given, columns=150, rows=50) as terminal:
            self._answer(terminal)
            return terminal.written

    @staticmethod
    def _answer(terminal: TerminalStage) -> None:
        assert terminal.finish() in (0, 1, 2, 5, 124)


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """A store that somebody edited by hand, and a world that has evil in everything. No test changes it."""
    with ground(tmp_path_factory.mktemp("stock") / "ground", "hostile", **SETTINGS) as place:
        world = World(1, 12, 0.0, state_path=place.world)
        for session_id in world.session_ids():
            if world.get_session(session_id)["state"] == "AWAITING_PLAN_APPROVAL":
                world.change_plan(session_id, EVIL)
            world.say(session_id, EVIL)
        world.create_session(EVIL, title=EVIL)
        tasks = place.program.ok("list", "--all", "--json").json["tasks"]
        poison_store(stores(place))
        yield Tour(place, ids_of(tasks))


@pytest.fixture
def tour(stock: Tour, tmp_path: Path) -> Iterator[Tour]:
    """The same for one test alone, whatever it changes."""
    with ground(tmp_path / "ground", "hostile", **SETTINGS) as place:
        place.take_over(stock.place)
        shutil.copy(stores(place) / "tasks.json", tmp_path / "evil.json")
        yield Tour(place, {**stock.ids, "folder": str(tmp_path)})


def test_every_command_of_the_parser_has_a_line() -> None:
    assert set(leaves(COMMANDS)) == set(LINES) | set(ALONE)


@pytest.mark.parametrize("command", LINES)
def test_hostile_text_is_literal_in_what_a_command_writes(tour: Tour, command: str) -> None:
    for each in LINES[command]:
        written = tour.run(each.words)
        assert harm_in(written, CONTROLS) == [], written
        assert b"/foo" in written or not each.tells, written.decode()
        if each.also_json:
            assert harm_in(tour.run([*each.words, "--json"]), CONTROLS) == []


BY_HOSTILE_IDS = {
    "show": ("outbox", "show", STRAY_OPERATION),
    "resend": ("outbox", "resend", STRAY_OPERATION, "--yes"),
    "resend what may have arrived": ("outbox", "resend", LOST_OPERATION, "--yes"),
    "discard": ("outbox", "discard", LOST_OPERATION),
}
"""What is done to operations whose ids nothing of ours made."""


@pytest.mark.parametrize("words", BY_HOSTILE_IDS.values(), ids=BY_HOSTILE_IDS)
def test_operation_with_a_hostile_id_is_told_literally(tour: Tour, words: Sequence[str]) -> None:
    for more in ((), ("--json",)):
        written = tour.run([*words, *more])
        assert harm_in(written, CONTROLS) == [], written
        assert b"/foo" in written, written.decode()


PIPED = (
    "list --all --cached",
    "get {done} --full --cached",
    "events",
    "outbox list --all",
    "server tools",
)
"""Commands that write rows for programs, which often end up on a terminal all the same."""


@pytest.mark.parametrize("words", PIPED)
def test_hostile_text_is_harmless_in_a_pipe(tour: Tour, words: str) -> None:
    result = tour.place.program.run(*words.format_map(tour.ids).split())
    assert result.code == 0
    assert "/foo" in result.out
    assert harm_in(result.raw, CONTROLS) == [], result.out
