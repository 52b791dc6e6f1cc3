"""Evil text and a secret in a real run on a terminal: the bytes that were written, the files, the command lines."""

from __future__ import annotations

import base64
import re
import tomllib
from pathlib import Path

import tomli_w

from jjm_tui.domain.text import clean
from jjm_tui.simulator.world import World
from tests.tui.evil import EVIL
from tests.tui.ground import Ground, ground
from tests.tui.hostile import CONTROLS, harm_in, poison_store
from tests.tui.screens_in_code import screens_in_code
from tests.tui.terminal_stage import TerminalStage
from tests.tui.terminal_tour import STOPS, Stop, click_foreign, click_lines, stop_at, walk

_COPYING = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")
"""What we send ourselves when the person copies; evil has one as well."""
SECRET = "AIzaSyC4n4ryC4n4ryC4n4ryC4n4ryC4n4ry000"


def make_world_hostile(place: Ground) -> None:
    """Evil that the server tells: titles, prompts, plans, conversations. Tasks stay in their states."""
    world = World(1, 12, 0.0, state_path=place.world)
    for session_id in world.session_ids():
        state = world.get_session(session_id)["state"]
        if state == "AWAITING_PLAN_APPROVAL":
            world.change_plan(session_id, EVIL)
        if state == "IN_PROGRESS":
            world.send_message(session_id, EVIL)
        world.say(session_id, f"{EVIL}\n```py\n{EVIL}\n```\n- {EVIL}\n\n# {EVIL}")
    for number in range(2):
        world.create_session(f"{EVIL} {number}", title=f"{EVIL} {number}")


def stores(place: Ground) -> Path:
    """The folder of the stores."""
    return next(iter(place.program.home.rglob("tasks.json"))).parent


def copied(written: bytes) -> list[str]:
    """What was put on the clipboard."""
    return [base64.b64decode(found).decode() for found in _COPYING.findall(written)]


def click_toast(place: Ground, terminal: TerminalStage) -> None:
    """Send what the server refuses in words of its own, and click on the toast that repeats them."""
    place.order("refuse", "send_message")
    terminal.press("x", "ctrl+s")
    terminal.shows("▎ The server said no", "▎ [link=https://evil.example]x[/link]")
    click_lines(terminal, [y for y, line in enumerate(terminal.text.split("\n")) if line.startswith("▎")])
    terminal.hides("▎ The server said no")


def test_every_screen_of_the_code_is_on_the_tour() -> None:
    assert {stop.screen for stop in STOPS} == screens_in_code()


def test_hostile_run_writes_no_byte_of_it_and_shows_it_literally(tmp_path: Path) -> None:
    templates = {"evil[/foo]": {"description": EVIL, "title": EVIL}}
    clicked: dict[Stop, int] = {}

    def click_here(terminal: TerminalStage, stop: Stop) -> None:
        before = copied(terminal.written)
        clicked[stop] = click_foreign(terminal, stop)
        if stop.keys == "m":
            click_toast(place, terminal)
        assert copied(terminal.written) == before, f"A click copied at {stop}"

    with ground(
        tmp_path / "ground",
        "hostile",
        logging={"level": "debug"},
        polling={"interval": 10.0},
        templates=templates,
        views={"[x][/foo]": "state:failed"},
    ) as place:
        make_world_hostile(place)
        place.program.ok("list")
        poison_store(stores(place))
        (place.program.home / "themes").mkdir()
        (place.program.home / "themes" / "[x]c[foo].toml").write_text('primary = "\\u001b[4242z[/foo]"\n')
        with place.open(columns=80, rows=24) as terminal:
            seen = walk(terminal, filled=True, first=click_here)
            terminal.press("y")
            assert terminal.finish() == 0
            written = terminal.written
        assert {stop.screen for stop, count in clicked.items() if not count} <= {
            stop.screen for stop in seen if stop.plain
        }
        assert copied(written)
        assert [text for text in copied(written) if clean(text) != text or text == "CANARY"] == []
        assert harm_in(_COPYING.sub(b"", written), CONTROLS) == []
        logs = [path for path in place.folder.rglob("logs/*") if path.is_file()]
        assert logs
        assert [path.name for path in logs if harm_in(path.read_bytes(), CONTROLS)] == []
        assert [stop for stop, text in seen.items() if "[/foo]" not in text and not stop.plain] == []
        assert [stop for stop, text in seen.items() if "[@click=app.quit]" in text]


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
            terminal.settle()
            assert SECRET not in terminal.text
            terminal.press("L")
            terminal.shows(*stop_at("LogScreen").words)
            terminal.settle()
            assert SECRET.encode() not in terminal.written
        found = [path for path in place.folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
        assert found == []
