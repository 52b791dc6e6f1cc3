"""Evil text in every field, told by every command on a terminal: shown literally, and no byte of it is a control."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from jjm_tui.cli.grammar import Command
from jjm_tui.cli.parser import COMMANDS
from jjm_tui.simulator.world import World
from tests.tui.evil import EVIL
from tests.tui.ground import Ground, ground
from tests.tui.hostile import CONTROLS, harm_in, poison_store
from tests.tui.terminal_stage import TerminalStage
from tests.tui.test_terminal_canary import stores


@dataclass(frozen=True)
class Line:
    """A command line: ``{waiting}``, ``{asking}``, ``{done}`` and ``{paused}`` are ids of tasks. ``tells``: something
    foreign is to be read in what it writes. ``also_json``: it is tried with ``--json`` as well."""

    words: tuple[str, ...]
    tells: bool = True
    also_json: bool = False


def line(words: str, *more: str, tells: bool = True, also_json: bool = False) -> Line:
    """A line of words, and of some that have spaces in them."""
    return Line((*words.split(), *more), tells, also_json)


LINES: Mapping[str, Sequence[Line]] = {
    "list": (line("list --all", also_json=True), line("list --cached --filter", "foo"), line("list --filter", EVIL)),
    "get": (line("get {waiting} --full", also_json=True), line("get {done} --chat 20"), line("get", EVIL)),
    "create": (
        line("create --dry-run --repo acme/webapp --title", EVIL, "--description", EVIL, also_json=True),
        line("create --repo acme/webapp --approval required --title", EVIL, "--description", EVIL),
    ),
    "message": (line("message {asking}", EVIL, tells=False, also_json=True), line("message", EVIL, "x")),
    "approve": (line("approve {waiting} --yes", also_json=True),),
    "resume": (line("resume {paused} --yes"),),
    "outbox list": (line("outbox list --all", also_json=True),),
    "outbox show": (line("outbox show op-refused", also_json=True), line("outbox show", EVIL)),
    "outbox settle": (line("outbox settle", tells=False),),
    "outbox resend": (line("outbox resend op-not_sent --yes", tells=False),),
    "outbox discard": (line("outbox discard op-refused", tells=False),),
    "monitor": (line("monitor {asking} --timeout 1s --interval 1"),),
    "diff": (
        line("diff {done}", also_json=True),
        line("diff {done} --cached --stat"),
        line("diff {done} --file", EVIL),
    ),
    "events": (line("events --limit 50", also_json=True), line("events {done}"), line("events --type", EVIL)),
    "open": (line("open {done} --print", tells=False), line("open", EVIL)),
    "archive": (line("archive {done}", also_json=True), line("archive", EVIL)),
    "unarchive": (line("unarchive {done}"),),
    "snooze": (line("snooze {asking} --for 2h", also_json=True), line("snooze {asking} --for", EVIL)),
    "seen": (line("seen {done}"),),
    "export": (line("export --format md"), line("export --format csv"), line("export --format json", tells=False)),
    "import": (line("import {folder}/evil.json --dry-run", also_json=True), line("import", f"/no/such{EVIL}")),
    "server tools": (line("server tools", also_json=True),),
    "server call": (line("server call list_sessions"), line("server call", EVIL, "{}")),
    "server resources": (line("server resources", also_json=True),),
    "server read": (line("server read jules://templates/common-tasks", also_json=True), line("server read", EVIL)),
    "server info": (line("server info", also_json=True),),
    "store info": (line("store info", tells=False),),
    "store check": (line("store check", tells=False, also_json=True),),
    "store repair": (line("store repair --yes", tells=False),),
    "store copy": (line("store copy --to {folder}/copy --force", tells=False),),
    "config path": (line("config path --all", tells=False),),
    "config show": (line("config show", also_json=True), line("config show", EVIL)),
    "config get": (line("config get templates"), line("config get", EVIL)),
    "config check": (line("config check", tells=False),),
    "config init": (line("config init", tells=False),),
    "config set": (line("config set ui.theme", EVIL, tells=False), line("config set", EVIL, "x")),
    "setup": (line("setup --preset custom --yes --no-test --command", f"/foo{EVIL}"),),
    "doctor": (line("doctor", tells=False, also_json=True),),
    "keys": (line("keys", tells=False),),
    "completion": (line("completion bash", tells=False), line("completion", EVIL)),
    "forget": (line("forget {asking} --yes", also_json=True), line("forget --undo")),
}
ALONE = {"simulator": "a server: its output is a protocol"}


def leaves(commands: Sequence[Command], before: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that does something, by its words."""
    for each in commands:
        if each.subcommands:
            yield from leaves(each.subcommands, (*before, each.name))
        else:
            yield " ".join((*before, each.name))


@dataclass
class Tour:
    """A hostile ground, and the ids of its tasks."""

    place: Ground
    ids: Mapping[str, str] = field(default_factory=dict)

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
def tour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """A store that somebody edited by hand, and a server that has evil in everything."""
    folder = tmp_path_factory.mktemp("tour")
    templates = {"evil[/foo]": {"description": EVIL, "title": EVIL}}
    with ground(folder / "ground", "hostile", templates=templates, views={"[x][/foo]": "state:failed"}) as place:
        world = World(1, 12, 0.0, state_path=place.world)
        for session_id in world.session_ids():
            if world.get_session(session_id)["state"] == "AWAITING_PLAN_APPROVAL":
                world.change_plan(session_id, EVIL)
            world.say(session_id, EVIL)
        world.create_session(EVIL, title=EVIL)
        tasks = place.program.ok("list", "--all", "--json").json["tasks"]
        poison_store(stores(place))
        (folder / "evil.json").write_text((stores(place) / "tasks.json").read_text())
        found = {each["status"]: each["id"] for each in reversed(tasks)}
        names = {
            "waiting": "waiting_approval", "asking": "waiting_feedback", "done": "completed", "paused": "paused"
        }  # fmt: skip
        yield Tour(place, {name: found[status] for name, status in names.items()} | {"folder": str(folder)})


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
