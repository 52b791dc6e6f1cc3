"""Evil text and a secret in a real run on a terminal: the bytes that were written, the files, the command lines."""

from __future__ import annotations

import base64
import re
import tomllib
from pathlib import Path

import pytest
import tomli_w

from jjm_tui.domain.text import clean
from jjm_tui.simulator.world import World
from tests.tui.evil import EVIL
from tests.tui.ground import Ground, ground
from tests.tui.hostile import CONTROLS, harm_in, poison_store
from tests.tui.terminal_stage import TerminalStage

_COPYING = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
"""What we send ourselves when the person copies; evil has one as well."""
SECRET = "AIzaSyC4n4ryC4n4ryC4n4ryC4n4ryC4n4ry000"
_QUIET = 3
"""Looks at the terminal without a new byte after which everything is drawn."""

TOUR = (
    *("j", "j", "k", "space", "*", "escape", "t", "t", "t", "V", "V", "H"),
    *("enter", "]", "G", "g", "]", "G", "g", "]", "d", "]", "]", "/", "foo\r", "escape", "escape"),
    *("a", "G", "escape", "r", "escape", "m", "escape", "escape", "z", "escape", "D", "escape"),
    *("A", "escape", "*", "M", "escape", "escape", "c", "escape", "T", "escape"),
    *("W", "G", "escape", "O", "j", "escape", "C", "t", "G", "escape", "L", "escape", "I", "escape", "B", "escape"),
    *(
        "?",
        "G",
        "escape",
        ":",
        "foo",
        "escape",
        "/",
        "foo",
        "escape",
        "!",
        "@",
        "#",
        "&",
        "0",
        "y",
        "Y",
        "ctrl+r",
        "f5",
    ),
)
"""Every tab, dialog and screen that a key opens."""


def make_world_hostile(place: Ground) -> None:
    """Evil that the server tells: titles, prompts, plans, conversations."""
    world = World(1, 12, 0.0, state_path=place.world)
    for session_id in world.session_ids():
        state = world.get_session(session_id)["state"]
        if state == "AWAITING_PLAN_APPROVAL":
            world.change_plan(session_id, EVIL)
        if state != "FAILED":
            world.send_message(session_id, f"{EVIL}\n```py\n{EVIL}\n```\n- {EVIL}\n\n# {EVIL}")
            world.say(session_id, EVIL)
    for number in range(2):
        world.create_session(f"{EVIL} {number}", title=f"{EVIL} {number}")


def settle(terminal: TerminalStage) -> None:
    """Wait until nothing more is written."""
    lengths: list[int] = []

    def is_quiet() -> bool:
        lengths.append(len(terminal.written))
        return len(lengths) > _QUIET and len(set(lengths[-_QUIET:])) == 1

    terminal.until(is_quiet, "the terminal quiet")


def walk(terminal: TerminalStage, seen: list[str]) -> None:
    """Go everywhere; remember what was seen."""
    for key in TOUR:
        terminal.press(key)
        settle(terminal)
        assert terminal.process.poll() is None, f"It ended after {key}:\n{terminal.screen.text}"
        seen.append(terminal.screen.text)


def stores(place: Ground) -> Path:
    """The folder of the stores."""
    return next(iter(place.program.home.rglob("tasks.json"))).parent


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
def test_hostile_run_writes_no_byte_of_it_and_shows_it_literally(tmp_path: Path, size: tuple[int, int]) -> None:
    templates = {"evil[/foo]": {"description": EVIL, "title": EVIL}}
    with ground(
        tmp_path / "ground",
        "hostile",
        logging={"level": "debug"},
        templates=templates,
        views={"[x][/foo]": "state:failed"},
    ) as place:
        make_world_hostile(place)
        place.program.ok("list")
        poison_store(stores(place))
        (place.program.home / "themes").mkdir()
        (place.program.home / "themes" / "[x]c[foo].toml").write_text('primary = "\\u001b[4242z[/foo]"\n')
        seen: list[str] = []
        with place.open(columns=size[0], rows=size[1]) as terminal:
            terminal.shows("jjm")
            settle(terminal)
            walk(terminal, seen)
            terminal.press("ctrl+q")
            settle(terminal)
            if terminal.process.poll() is None:
                terminal.press("y")
            terminal.finish()
            written = terminal.written
        copied = [base64.b64decode(found).decode() for found in _COPYING.findall(written)]
        assert [text for text in copied if clean(text) != text or text == "CANARY"] == []
        assert harm_in(_COPYING.sub(b"", written), CONTROLS) == []
        logs = [path for path in place.folder.rglob("logs/*") if path.is_file()]
        assert logs
        assert [path.name for path in logs if harm_in(path.read_bytes(), CONTROLS)] == []
        assert sum("[/foo]" in each for each in seen) > len(seen) // 3
        assert any("[@click=app.quit]" in each for each in seen)


def test_secret_is_nowhere_but_in_the_environment_of_the_server(tmp_path: Path) -> None:
    with ground(tmp_path / "ground", logging={"level": "debug"}) as place:
        environ = {**place.program.environ, "JULES_API_KEY": SECRET, "GITHUB_TOKEN": f"ghp_{SECRET}"}
        terminal = TerminalStage(place.program.plain_argv(), environ, columns=160, rows=45)
        seen: list[str] = []
        with terminal:
            terminal.shows("connected")
            walk(terminal, seen)
            commands = place.processes()
            assert any("held_server" in each for each in commands.values())
            assert not [each for each in commands.values() if SECRET in each]
            terminal.type(f"c{SECRET}")
            settle(terminal)
            terminal.press("escape")
        where = [path for path in place.folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
        assert [path.name for path in where if path.name != "drafts.json"] == []
        assert not [each for each in seen if SECRET in each]


def test_secret_in_the_last_words_of_a_server_is_hidden(tmp_path: Path) -> None:
    program = "import os, sys; sys.exit('No access for ' + os.environ['JULES_API_KEY'] + ' today')"
    with ground(tmp_path / "ground", logging={"level": "debug"}) as place:
        file = place.program.home / "jjm.toml"
        settings = tomllib.loads(file.read_text())
        settings["server"]["args"] = ["-c", program]
        settings["server"]["env"]["JULES_API_KEY"] = "${env:JULES_API_KEY}"
        file.write_text(tomli_w.dumps(settings))
        environ = {**place.program.environ, "JULES_API_KEY": SECRET}
        with TerminalStage(place.program.plain_argv(), environ, columns=160, rows=45) as terminal:
            terminal.shows("jjm")
            terminal.press("C")
            terminal.shows("No access for", "today")
            settle(terminal)
            assert SECRET not in terminal.text
            terminal.press("L")
            settle(terminal)
            assert SECRET.encode() not in terminal.written
        found = [path for path in place.folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
        assert found == []
