"""Evil text in every field there is: whatever is opened, clicked or typed, it is shown literally and does nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.gateway.spec import CallerState
from jjm_tui.ports import ToolAnswer
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.results import Check
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.screens.main import MainScreen
from tests.services.workbench import Workbench
from tests.tui.hostile import EVIL, evil, harm_on, poison_store, poisoned
from tests.tui.scenes import home, in_every_state, with_history
from tests.tui.stage import Stage, stage

SETTINGS: Mapping[str, Any] = {
    "views": {f"v{EVIL}": "state:failed", "wrong": f"age:{EVIL}"},
    "templates": {f"t{EVIL}": {"description": EVIL, "title": EVIL, "repository": "acme/webapp", "branch": "dev"}},
}


def hostile_store(workbench: Workbench, context: ServiceContext) -> None:
    """Store files that somebody edited by hand."""
    with_history(workbench, context)
    poison_store(workbench.folder)


def hostile_memory(memory: Memory) -> None:
    """A file of remembered things that somebody edited by hand."""
    memory.sent_texts = [EVIL, f"{EVIL}\nmore"]
    memory.watched = [EVIL, f"stray{EVIL}"]
    memory.view = f"v{EVIL}"


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
    import json

    honest = on.caller.answer

    def answer(tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        told = honest(tool, arguments)
        try:
            return replace(told, text=json.dumps(_server_words(json.loads(told.text))), structured=None)
        except ValueError:
            return replace(told, text=evil(told.text), structured=None)

    on.caller.answer = answer  # type: ignore[method-assign]
    words = tuple(f"{EVIL} {number}" for number in range(5))
    on.caller.state = CallerState(EVIL, "gave up", 3, words, EVIL, EVIL)  # type: ignore[attr-defined]


def show_hostile_operations(on: Stage) -> None:
    """One operation in each state, with evil in all its texts."""
    payload = {"text": EVIL, "description": EVIL, "repository": EVIL, "title": EVIL}
    on.board.set_operations([replace(each, payload=payload, message=EVIL) for each in in_every_state(on)])


_SERVER_FIXED = frozenset(
    {"name", "id", "state", "createTime", "updateTime", "source", "url", "originator", "nextPageToken", "prompt"}
)


def _server_words(data: Any) -> Any:
    if isinstance(data, dict):
        return {
            name: value if name in _SERVER_FIXED and isinstance(value, str) else _server_words(value)
            for name, value in data.items()
        }
    return [_server_words(each) for each in data] if isinstance(data, list) else poisoned(data)


class Visit:
    """A walk over a stage on which every sight is looked at."""

    def __init__(self, on: Stage) -> None:
        self.on = on
        self.sights = 0
        self.literal = 0
        self.clicks = 0
        self.opened: list[str] = []
        on.app.open_url = lambda url, **_: self.opened.append(url)  # type: ignore[method-assign]

    def look(self, what: str) -> None:
        """Nothing harmful is here; count whether the markup can be read."""
        assert harm_on(self.on.app) == [], what
        assert not self.on.app.is_leaving, what
        self.sights += 1
        self.literal += "[/foo]" in self.on.text

    async def press(self, *keys: str) -> None:
        """Press keys and look after each."""
        for key in keys:
            await self.on.press(key)
            self.look(f"after {key}")

    async def click_all(self) -> None:
        """Click on evil that is seen: the first and the last of each kind, as each click takes a tenth of a second."""
        screen = self.on.app.screen
        for words in ("[@click=app.quit]c", "[link=https://evil.example]x"):
            lines = self.on.text.splitlines()
            seen = [(line.find(words), y) for y, line in enumerate(lines) if words in line]
            for x, y in dict.fromkeys([*seen[:1], *seen[-1:]]):
                if self.on.app.screen is screen:
                    await self.on.pilot.click(offset=(x + len(words) - 1, y))
                    self.clicks += 1
            self.look(f"clicked {words}")
        assert self.opened == []

    async def home(self) -> None:
        """Back to the list."""
        self.look("before going home")
        await home(self.on)
        self.look("the list")


async def hostile_visit(tmp_path: Path, size: tuple[int, int], walk: Callable[[Visit], Awaitable[None]]) -> Visit:
    """Walk over a stage that is hostile all through."""
    hostile_home(tmp_path / "home")
    options: dict[str, Any] = {"settings": SETTINGS, "prepare": hostile_store, "memory": hostile_memory}
    async with stage(tmp_path, size=size, **options) as on:
        visit = Visit(on)
        visit.look("the first frame")
        make_server_hostile(on)
        show_hostile_operations(on)
        on.board.change_connection(
            status="gave up", label=EVIL, trouble=EVIL, way_out=EVIL, unavailable={"resume": EVIL}
        )
        await on.settle()
        await walk(visit)
        assert visit.literal, "the evil text was nowhere to be read, so nothing was tried"
        assert visit.opened == []
    return visit


SIZES = [(80, 24), (160, 45)]


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_tasks_are_literal_on_the_list_and_every_tab(tmp_path: Path, size: tuple[int, int]) -> None:
    async def walk(visit: Visit) -> None:
        on = visit.on
        await visit.press(
            "V", "V", "V", "0", "t", "t", "t", "space", "asterisk", "escape", "w", "H", "p", "p", "P", "P"
        )
        await visit.click_all()
        for status in (
            TaskStatus.WAITING_APPROVAL,
            TaskStatus.COMPLETED,
            TaskStatus.FAILED,
            TaskStatus.WAITING_FEEDBACK,
        ):
            await visit.home()
            assert isinstance(on.app.screen, MainScreen)
            on.app.screen.select(next(task.id for task in on.board.tasks.values() if task.status is status))
            await visit.press("enter")
            for _ in range(5):
                await visit.click_all()
                await visit.press("right_square_bracket", "d" if status is TaskStatus.COMPLETED else "G", "g")
            await visit.press("slash", "f", "o", "o", "enter", "n", "escape")
        await visit.home()
        on.app.screen.select(next(each for each in on.board.tasks if each.startswith("stray")))
        await visit.press("enter", "y", "Y", "o", "right_square_bracket", "right_square_bracket", "ctrl+r")

    visit = await hostile_visit(tmp_path, size, walk)
    assert visit.clicks >= 10


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_literal_on_every_dialog(tmp_path: Path, size: tuple[int, int]) -> None:
    async def walk(visit: Visit) -> None:
        on = visit.on
        for status, keys in (
            (TaskStatus.WAITING_APPROVAL, ("a", "G", "ctrl+r")),
            (TaskStatus.PAUSED, ("r",)),
            (TaskStatus.WAITING_FEEDBACK, ("m", "alt+up", "alt+up", "ctrl+t", "escape", "x", "escape")),
            (TaskStatus.WAITING_FEEDBACK, ("z",)),
            (TaskStatus.COMPLETED, ("D", "G")),
        ):
            await visit.home()
            on.board.change_connection(unavailable={})
            assert isinstance(on.app.screen, MainScreen)
            on.app.screen.select(next(task.id for task in on.board.tasks.values() if task.status is status))
            for key in keys:
                await visit.press(key)
                await visit.click_all()
        for keys in (
            ("A",),
            ("asterisk", "M", "tab"),
            ("asterisk", "D", "G"),
            ("asterisk", "z"),
            ("c", "h", "ctrl+s"),
            ("T", "enter", "ctrl+s"),
            ("q",),
        ):
            await visit.home()
            show_hostile_operations(on)
            await visit.press(*keys)
            await visit.click_all()

    await hostile_visit(tmp_path, size, walk)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_text_is_literal_on_every_screen_toast_and_palette(tmp_path: Path, size: tuple[int, int]) -> None:
    async def walk(visit: Visit) -> None:
        on = visit.on
        for severity in ("information", "warning", "error"):
            on.app.tell(EVIL, title=EVIL, severity=severity)  # type: ignore[arg-type]
        await on.settle()
        visit.look("toasts")
        await visit.click_all()
        for keys in (
            ("W", "g", "G"),
            ("O", "j", "j", "j", "j", "s", "r"),
            ("C", "t", "G", "R"),
            ("L", "j", "enter", "plus"),
            ("I",),
            ("B",),
        ):
            await visit.home()
            await visit.press(*keys)
            await visit.click_all()
        await visit.home()
        await on.press("C")
        on.app.screen._checks = [Check(EVIL, state, EVIL, EVIL, (EVIL,)) for state in ("ok", "warning", "failed")]  # type: ignore[attr-defined, arg-type]
        on.app.screen._show_state()  # type: ignore[attr-defined]
        await visit.press("G", "g")
        for keys in (("question_mark", "slash", "x"), ("colon", "f", "o", "o"), ("slash", "x", "colon", "enter")):
            await visit.home()
            await visit.press(*keys)
            await visit.click_all()
        await visit.home()
        on.app.open_themes()
        await on.settle()
        await visit.press("e", "enter")

    await hostile_visit(tmp_path, size, walk)


async def test_hostile_outcomes_are_literal(tmp_path: Path) -> None:
    async def walk(visit: Visit) -> None:
        from jjm_tui.errors import Effect, ServerConnectionError

        on = visit.on
        assert on.app.engine is not None
        tasks = [task.id for task in on.board.tasks.values() if task.status is not TaskStatus.FAILED][:4]
        for effect, task_id in zip(
            (Effect.NONE, Effect.UNKNOWN, Effect.DONE if hasattr(Effect, "DONE") else Effect.UNKNOWN),
            tasks,
            strict=False,
        ):

            def cut(tool: str, place: str, effect: Effect = effect) -> BaseException | None:
                return ServerConnectionError(EVIL, effect=effect, hint=EVIL) if place == "before write" else None

            on.caller.cut = cut
            await on.app.engine.desk.send_message(task_id, EVIL)
            await on.settle()
            visit.look(f"toast of {effect}")
            await visit.press("ctrl+r")
        assert any(each.state is OperationState.NOT_SENT for each in on.board.operations)

    await hostile_visit(tmp_path, (160, 45), walk)
