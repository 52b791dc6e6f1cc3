"""A stage on which everything is hostile, and a walk over it on which every sight and byte is looked at."""

from __future__ import annotations

import base64
import json
import re
import webbrowser
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from textual.drivers.headless_driver import HeadlessDriver
from textual.events import MouseDown, MouseMove, MouseUp
from textual.widget import Widget
from textual.widgets import Button

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.text import clean
from jjm_tui.gateway.spec import CallerState
from jjm_tui.gateway.wire import Handshake
from jjm_tui.ports import ResourceInfo, ToolAnswer, ToolInfo
from jjm_tui.services.board import Connection
from jjm_tui.services.context import ServiceContext
from jjm_tui.tui.finding.palette_entries import keyed_nodes
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.bar import Bar
from jjm_tui.tui.writing.templates import RESOURCE
from tests.services.workbench import Workbench
from tests.tui.evil import EVIL, MARKUP, server_words
from tests.tui.hostile import (
    CONTROLS,
    evil,
    evil_like,
    harm_in,
    harm_on,
    poison_store,
)
from tests.tui.scenes import away, home, in_every_state, with_history
from tests.tui.stage import Stage, stage

_VIEW = f"v\x9d\x1b[4242z{MARKUP}"
"""A name that still has room beside the others where the screen is narrow."""
SETTINGS: Mapping[str, Any] = {
    "views": {_VIEW: "state:failed", "wrong": f"age:{EVIL}"},
    "templates": {f"t{EVIL}": {"description": EVIL, "title": EVIL, "repository": "acme/webapp", "branch": "dev"}},
}


# what is hostile


def hostile_store(workbench: Workbench, context: ServiceContext) -> None:
    """Store files that somebody edited by hand."""
    with_history(workbench, context)
    poison_store(workbench.folder)


def hostile_memory(memory: Memory) -> None:
    """A file of remembered things that somebody edited by hand."""
    memory.sent_texts = [EVIL, f"{EVIL}\nmore"]
    memory.watched = [EVIL, f"stray{EVIL}"]
    memory.view = _VIEW
    away(memory)


def hostile_home(home_folder: Path) -> None:
    """Theme files and a log with everything in them."""
    (home_folder / "themes").mkdir(parents=True)
    (home_folder / "themes" / "evil.toml").write_text(
        'name = "e[/foo][x]\\u001b]52;c;Q0FOQVJZ\\u0007"\nprimary = "#fff"\n'
    )
    (home_folder / "themes" / "[@click=app.quit]c[x].toml").write_text('primary = "\\u001b[4242z[/foo]"\n')
    (home_folder / "logs").mkdir()
    lines = [f"2026-11-20T08:5{n}:00Z error    {EVIL}: {EVIL}  reason={EVIL!s} {EVIL}={EVIL}" for n in range(4)]
    lines += [EVIL, f'{{"timestamp": "2026-11-20T08:59:00Z", "level": "error", "event": "{EVIL}"}}']
    (home_folder / "logs" / "jjm-2026-11-20.log").write_text("\n".join(lines) + "\n")


def make_server_hostile(on: Stage) -> None:
    """From now on every answer, name and word of the server is evil."""
    honest, shake_hands = on.caller.answer, on.caller.connect

    def answer(tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        told = honest(tool, arguments)
        try:
            return replace(told, text=json.dumps(server_words(json.loads(told.text))), structured=None)
        except ValueError:
            return replace(told, text=evil(told.text), structured=None)

    async def connect() -> Handshake:
        tools = (await shake_hands()).tools
        return Handshake(EVIL, EVIL, EVIL, (*tools, ToolInfo(EVIL, EVIL, {})), has_resources=True)

    async def list_resources(policy: object) -> tuple[ResourceInfo, ...]:
        return (ResourceInfo(RESOURCE, EVIL, EVIL, EVIL), evil_like(ResourceInfo))

    async def read_resource(uri: str, policy: object) -> str:
        return json.dumps({f"r{EVIL}": EVIL, f"s{EVIL}": {"text": EVIL, "title": EVIL, "repository": EVIL}})

    for each in (answer, connect, list_resources, read_resource):
        setattr(on.caller, each.__name__, each)
    on.caller.state = replace(evil_like(CallerState), status="gave_up", restarts=3)  # type: ignore[attr-defined]


def show_hostile_operations(on: Stage) -> None:
    """One operation in each state, with evil in all its texts."""
    payload = {"text": EVIL, "description": EVIL, "repository": EVIL, "title": EVIL, "branch": EVIL}
    on.board.set_operations([replace(each, payload=payload, message=EVIL) for each in in_every_state(on)])


LEAVING = frozenset({("QuitDialog", "question.yes"), ("MainScreen", "setup"), ("MainScreen", "composer.editor")})
"""What ends the app, or needs a terminal of its own."""


LEAVING_BY_CLICK = frozenset({"quit", "question.yes", "setup", "connection.setup", "composer.editor"})
"""The same in the lines of keys."""
_DRAWING = re.compile(r"\x1b\[[0-9;]*[mH]|\x1b\]22;[a-z-]*\x07|\x1b\]2;jjm[^\x00-\x1f\x7f-\x9f]*\x07")
"""What is written besides the text of frames: colours, places, the shape of the pointer, the title."""


class _Noting(webbrowser.BaseBrowser):
    """Notes what it is to open."""

    def __init__(self, opened: list[str]) -> None:
        super().__init__("noting")
        self._opened = opened

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:
        self._opened.append(url)
        return True


class _Terminal(HeadlessDriver):
    """Takes frames as the driver of a terminal does: without one Textual draws none."""

    @property
    def is_headless(self) -> bool:
        return False


class Visit:
    """A walk over a stage on which every sight is looked at, and everything that is sent to the terminal: every frame,
    and what else is written. ``clicked``: what was clicked that does something."""

    def __init__(self, on: Stage) -> None:
        self.on = on
        self.literal = 0
        self.clicks = 0
        self.opened: list[str] = []
        self.done: set[str] = set()
        self.marks: set[str] = set()
        self.written: list[str] = []
        self.frames = 0
        self.clicked: set[tuple[str, str]] = set()
        webbrowser.register("noting", None, _Noting(self.opened), preferred=True)
        on.app.open_url = lambda url, **_: self.opened.append(url)  # type: ignore[method-assign]
        assert on.app._driver is not None
        on.app._driver.__class__ = _Terminal
        on.app._driver.write = self._note  # type: ignore[method-assign]

    def _note(self, data: str) -> None:
        self.written.append(data)

    def look(self, what: str) -> None:
        """Nothing harmful is here; count whether the markup can be read."""
        assert harm_on(self.on.app) == [], what
        assert not self.on.app.is_leaving, what
        assert clean(self.on.app.clipboard) == self.on.app.clipboard, what
        copying = f"\x1b]52;c;{base64.b64encode(self.on.app.clipboard.encode()).decode()}\x07"
        written = "".join(self.written).replace(copying, "")
        self.written.clear()
        assert harm_in(written.encode(), CONTROLS) == [], what
        rest = _DRAWING.sub("", written)
        assert clean(rest) == rest, (what, re.findall("[^\x1b\x07]{0,5}[\x1b\x07].{0,30}", rest))
        self.frames += rest != ""
        text = self.on.text
        self.literal += "[/foo]" in text
        self.marks.update(re.findall("«(.+?)»", text))

    async def press(self, *keys: str) -> None:
        """Press keys and look after each."""
        for key in keys:
            await self.on.press(key)
            self.look(f"after {key}")

    async def until_foreign(self) -> None:
        """Wait until something foreign is there: what a screen shows may be read or computed after it has opened."""
        await self.on.shows("[/foo]")

    async def click(self, x: int, y: int) -> None:
        """Press and let go of the mouse, as the driver of a terminal tells it."""
        for kind, button in ((MouseMove, 0), (MouseDown, 1), (MouseUp, 1)):
            self.on.app.post_message(kind(None, x, y, 0, 0, button, False, False, False, x, y))
        self.clicks += 1
        await self.on.settle()

    async def click_controls(self, screen: str, status: TaskStatus | None, keys: Sequence[str]) -> None:
        """Click on everything on a screen that hears of clicks and was not clicked before, each from there."""
        while found := next((each for each in self._controls() if each[0] not in self.clicked), None):
            name, (x, y) = found
            self.clicked.add(name)
            await self.click(x, y)
            self.look(f"clicked {name} on {screen}")
            if type(self.on.app.screen).__name__ != screen:
                await self.go(screen, status, keys)

    def _controls(self) -> Iterator[tuple[tuple[str, str], tuple[int, int]]]:
        """What hears of clicks and is not covered, by kind and part, and where; of lists the first and last line."""
        screen = self.on.app.screen
        for widget in screen.walk_children():
            place = widget.content_region
            if isinstance(widget, Bar):
                parts = {target: (place.x + start, place.y) for start, _, target in widget._places}
            elif isinstance(widget, Button) or any("on_click" in vars(kind) for kind in _ours(widget)):
                at = f"{widget.id} on {type(screen).__name__}"
                lines = {"first": place.y, "last": place.bottom - 1}
                parts = {f"{part} of {at}": (place.x + place.width // 2, y) for part, y in lines.items()}
            else:
                continue
            for part, (x, y) in parts.items():
                if part not in LEAVING_BY_CLICK and place.contains(x, y) and screen.get_widget_at(x, y)[0] is widget:
                    yield (type(widget).__name__, part), (x, y)

    async def click_all(self) -> None:
        """Click on evil that is seen: the first and the last of each kind."""
        screen = self.on.app.screen
        opened = list(self.opened)
        for words in ("[@click=app.quit]c", "[link=https://evil.example]x"):
            lines = self.on.text.splitlines()
            seen = [(line.find(words), y) for y, line in enumerate(lines) if words in line]
            for x, y in dict.fromkeys([*seen[:1], *seen[-1:]]):
                if self.on.app.screen is screen:
                    await self.click(x + len(words) - 1, y)
            self.look(f"clicked {words}")
        assert self.opened == opened

    async def home(self) -> None:
        """Back to the list."""
        self.look("before going home")
        await home(self.on)
        self.look("the list")

    async def go(self, screen: str, status: TaskStatus | None, keys: Sequence[str]) -> None:
        """From the list, with a task of this state under the cursor, by keys to a screen."""
        await self.home()
        self.on.board.change_connection(unavailable={})
        show_hostile_operations(self.on)
        main = self.on.app.screen
        assert isinstance(main, MainScreen)
        if status is not None:
            main.select(next(task.id for task in self.on.board.tasks.values() if task.status is status))
        await self.press(*keys)
        await self.on.until(lambda: type(self.on.app.screen).__name__ == screen)
        self.look(f"{screen} by {keys}")

    async def do_all(self, screen: str, status: TaskStatus | None, keys: Sequence[str]) -> None:
        """Carry out every action that is offered where the keys lead and that was not yet, each from there."""
        await self.go(screen, status, keys)
        for node_kind, action_id in self._left_to_do():
            if type(self.on.app.screen).__name__ != screen:
                await self.go(screen, status, keys)
            self.done.add(action_id)
            nodes = [each for each in keyed_nodes(self.on.app.screen) if type(each).__name__ == node_kind]
            if nodes and (screen, action_id) not in LEAVING:
                await nodes[0].action_perform(action_id)
                await self.on.settle()
                self.look(f"{action_id} on {screen}")

    def _left_to_do(self) -> list[tuple[str, str]]:
        found = [(type(node).__name__, each) for node in keyed_nodes(self.on.app.screen) for each in node.offered()]
        return [each for each in found if each[1] not in self.done]


async def hostile_visit(
    tmp_path: Path, size: tuple[int, int], walk: Callable[[Visit], Awaitable[None]], **more: Any
) -> Visit:
    """Walk over a stage that is hostile all through."""
    hostile_home(tmp_path / "home")
    options: dict[str, Any] = {"settings": SETTINGS, "prepare": hostile_store, "memory": hostile_memory, **more}
    async with stage(tmp_path, size=size, **options) as on:
        visit = Visit(on)
        visit.look("the first frame")
        make_server_hostile(on)
        show_hostile_operations(on)
        on.board.change_connection(**_values(evil_like(Connection)))
        on.board.change_connection(status="gave up", unavailable={"resume": EVIL})
        await on.settle()
        await walk(visit)
        assert visit.literal, "the evil text was nowhere to be read, so nothing was tried"
    return visit


def _ours(widget: Widget) -> list[type]:
    return [kind for kind in type(widget).__mro__ if kind.__module__.startswith("jjm_tui.")]


def _values(record: Any) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}
