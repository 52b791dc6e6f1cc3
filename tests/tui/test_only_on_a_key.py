"""The clipboard and the browser, on a real terminal: untouched by foreign text, screens and clicks; used by a key."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from tests.tui.ground import ground
from tests.tui.hostile import poison_store
from tests.tui.terminal_stage import TerminalStage
from tests.tui.test_terminal_canary import make_world_hostile, settle, stores

_CLIPBOARD = re.compile(rb"\x1b\]52;[^;]*;([^\x07\x1b]*)")
_LINK = re.compile(rb"\x1b\]8;[^;]*;[^\x07\x1b]")
_STOPS = (
    *(
        "j",
        "V",
        "enter",
        "enter ]",
        "enter ] ]",
        "enter ] ] ]",
        "enter ] ] ] ]",
        "enter G",
        "a",
        "a G",
        "r",
        "m",
        "z",
        "D",
    ),
    *("A", "* M", "c", "T", "W", "O", "C t", "L", "I", "B", "?", ":", "/"),
)
"""Keys that lead from the list to every tab, dialog and screen."""
_HOME = ("escape",) * 4
_TEMPTING = ("[@click=app.quit]c", "[link=https://evil.example]x", "[/foo]", "https://", "Q0FOQVJZ", "evil")
"""What might do something when it is clicked."""


def click(terminal: TerminalStage, x: int, y: int, *, to: int | None = None) -> None:
    """Press and let go of the mouse; in between drag it along the line ``to`` another column."""
    end = x if to is None else to
    drag = "" if to is None else "".join(f"\x1b[<32;{column + 1};{y + 1}M" for column in range(x, end + 1))
    terminal.type(f"\x1b[<0;{x + 1};{y + 1}M{drag}\x1b[<0;{end + 1};{y + 1}m")


def click_all(terminal: TerminalStage) -> int:
    """Click on the first and the last of each kind of what looks tempting, and drag; how many clicks that were."""
    lines = list(enumerate(terminal.text.split("\n")))
    found = [[(line.find(words) + len(words) - 1, y) for y, line in lines if words in line] for words in _TEMPTING]
    places = [place for each in found for place in (*each[:1], *each[-1:])]
    for x, y in places:
        click(terminal, x, y)
    if places:
        x, y = places[-1]
        click(terminal, max(0, x - 12), y, to=x)
    settle(terminal)
    return len(places)


def copied(terminal: TerminalStage) -> list[str]:
    """What was put on the clipboard so far."""
    return [base64.b64decode(found).decode() for found in _CLIPBOARD.findall(terminal.written)]


@pytest.mark.slow
def test_clipboard_and_browser_are_used_on_the_person_s_key_only(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    opened.touch()
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$@" >> {opened}\n')
    browser.chmod(0o700)
    with ground(tmp_path / "ground", "hostile", views={"[x][/foo]": "state:failed"}) as place:
        make_world_hostile(place)
        place.variables["BROWSER"] = str(browser)
        tasks = place.program.ok("list", "--all", "--json").json["tasks"]
        poison_store(stores(place))
        clicks = 0
        with place.open(forked=False, columns=160, rows=45) as terminal:
            terminal.shows("connected")
            for keys in _STOPS:
                terminal.press(*keys.split())
                settle(terminal)
                clicks += click_all(terminal)
                terminal.press(*_HOME)
                assert terminal.process.poll() is None, f"It ended after {keys}:\n{terminal.screen.text}"
            assert clicks > len(_STOPS)
            assert copied(terminal) == []
            assert _LINK.findall(terminal.written) == []
            assert opened.read_text() == ""

            task = tasks[0]
            settle(terminal)
            terminal.press(*_HOME, "0", "/")
            terminal.type(f"id:{task['id']}\r")
            terminal.shows(f"filter: id:{task['id']}", " (1) ")
            settle(terminal)
            terminal.press("y")
            terminal.until(lambda: copied(terminal) == [task["id"]], "the id on the clipboard")
            terminal.press("Y")
            terminal.until(lambda: copied(terminal) == [task["id"], task["url"]], "the address on the clipboard")
            assert opened.read_text() == ""
            terminal.press("o")
            terminal.until(lambda: opened.read_text() == f"{task['url']}\n", "the page in the browser")
            settle(terminal)
            assert len(copied(terminal)) == 2
