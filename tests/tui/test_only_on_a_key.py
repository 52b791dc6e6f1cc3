"""The clipboard and the browser, on a real terminal: untouched by foreign text, screens and clicks; used by a key."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from tests.tui.evil import EVIL
from tests.tui.ground import ground
from tests.tui.hostile import CONTROLS, harm_in, poison_store
from tests.tui.terminal_stage import TerminalStage
from tests.tui.terminal_tour import STOPS, Stop, begin, go, go_home, press_here
from tests.tui.test_terminal_canary import make_world_hostile, stores

_CLIPBOARD = re.compile(rb"\x1b\]52;[^;]*;([^\x07\x1b]*)[\x07\x1b]")
_LINK = re.compile(rb"\x1b\]8;[^;]*;[^\x07\x1b]")
_TEMPTING = ("[@click=app.quit]c", "[link=https://evil.example]x", "[/foo]", "https://", "Q0FOQVJZ", "evil")
"""What might do something when it is clicked."""


def click(terminal: TerminalStage, x: int, y: int, *, to: int | None = None) -> None:
    """Press and let go of the mouse; in between drag it along the line ``to`` another column."""
    end = x if to is None else to
    drag = "" if to is None else "".join(f"\x1b[<32;{column + 1};{y + 1}M" for column in range(x, end + 1))
    terminal.type(f"\x1b[<0;{x + 1};{y + 1}M{drag}\x1b[<0;{end + 1};{y + 1}m")


def tempting_on(text: str) -> list[tuple[int, int]]:
    """Where there is something tempting: the first and the last of each kind."""
    lines = list(enumerate(text.split("\n")))
    found = [[(line.find(words) + len(words) - 1, y) for y, line in lines if words in line] for words in _TEMPTING]
    return list(dict.fromkeys(place for each in found for place in (*each[:1], *each[-1:])))


def click_all(terminal: TerminalStage, stop: Stop) -> int:
    """Click on everything tempting, one after the other, each time on this screen, and drag; how many clicks."""
    places = tempting_on(terminal.text)
    for x, y in places:
        if not all(words in terminal.text for words in stop.words):
            go(terminal, stop)
        click(terminal, x, y)
        terminal.settle()
    if places:
        x, y = places[-1]
        click(terminal, max(0, x - 12), y, to=x)
        terminal.settle()
    assert terminal.process.poll() is None, f"It ended after clicks at {stop}:\n{terminal.text}"
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
    templates, views = {"evil[/foo]": {"description": EVIL, "title": EVIL}}, {"[x][/foo]": "state:failed"}
    with ground(tmp_path / "ground", "hostile", templates=templates, views=views, polling={"interval": 10.0}) as place:
        make_world_hostile(place)
        place.variables["BROWSER"] = str(browser)
        tasks = place.program.ok("list", "--all", "--json").json["tasks"]
        poison_store(stores(place))
        clicks: dict[Stop, int] = {}
        seen: list[str] = []
        with place.open(forked=False, columns=160, rows=45) as terminal:
            begin(terminal)
            for stop in STOPS:
                if stop.is_on(terminal):
                    go(terminal, stop)
                    if stop.keys == "enter":
                        seen += press_here(terminal, stop)
                    seen.append(terminal.text)
                    clicks[stop] = click_all(terminal, stop)
            dull = {stop.screen for stop, count in clicks.items() if not count}
            assert dull <= {"LogScreen", *(stop.screen for stop in STOPS if stop.plain)}
            assert copied(terminal) == []
            assert _LINK.findall(terminal.written) == []
            assert opened.read_text() == ""
            assert harm_in(terminal.written, CONTROLS) == []
            assert sum("[@click=app.quit]c" in text for text in seen) > len(STOPS) // 2

            task = tasks[0]
            go_home(terminal)
            terminal.press("/", f"id:{task['id']}\r")
            terminal.shows(f"filter: id:{task['id']}", " (1) ")
            terminal.hides("enter keep")
            terminal.settle()
            terminal.press("y")
            terminal.until(lambda: copied(terminal) == [task["id"]], "the id on the clipboard")
            terminal.press("Y")
            terminal.until(lambda: copied(terminal) == [task["id"], task["url"]], "the address on the clipboard")
            assert opened.read_text() == ""
            terminal.press("o")
            terminal.until(lambda: opened.read_text() == f"{task['url']}\n", "the page in the browser")
            terminal.settle()
            assert len(copied(terminal)) == 2
