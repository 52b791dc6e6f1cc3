"""Evil text in every field: whatever is opened, clicked, typed or done, it is shown literally and does nothing.

Fields, screens and actions are found in the code, so that a new one is tried as well or noticed to be missing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import textual.app
import textual.pilot
from textual.widgets import Input

import jjm_tui.domain
from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.text import clean
from jjm_tui.errors import Effect, ServerConnectionError
from jjm_tui.ports import Transcript
from jjm_tui.services.results import Check
from jjm_tui.store.draft_file import Draft
from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.pages.setup_answers import CHOICES
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.widgets.setup_steps import TestStep as TryingStep
from tests.tui.evil import EVIL
from tests.tui.hostile import FIXED, STRAYS, evil_like, text_fields
from tests.tui.idle import until_idle
from tests.tui.screens_in_code import screens_in_code
from tests.tui.stage import stage
from tests.tui.test_model_canary import STORED, records_of
from tests.tui.visit import Visit, hostile_visit

SMALL, LARGE = (80, 24), (160, 45)
"""Each walk goes over one of them; over the other in `make soak`, as the same widgets draw there."""


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are a thousand keys to press."""
    monkeypatch.setattr(textual.app, "wait_for_idle", until_idle)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", until_idle)


# the walks


@dataclass(frozen=True)
class Stop:
    """A screen, and by which ``keys`` it is reached from the list. ``here``: those pressed there. ``plain``: nothing
    foreign is shown there. ``narrow``: it opens on small terminals only. ``more``: what else is to be seen there."""

    screen: str
    keys: tuple[str, ...] = ()
    status: TaskStatus | None = None
    here: tuple[str, ...] = ()
    plain: bool = False
    narrow: bool = False
    more: Callable[[Visit], Awaitable[None]] | None = field(default=None, repr=False)


async def show_checks(visit: Visit) -> None:
    """The checks of the doctor, of every outcome."""
    screen: Any = visit.on.app.screen
    screen._checks = [replace(evil_like(Check), state=state) for state in ("ok", "warning", "failed")]
    screen._show_state()
    await visit.press("G", "g")


async def show_toasts(visit: Visit) -> None:
    """Toasts of every kind."""
    for severity in ("information", "warning", "error"):
        visit.on.app.tell(EVIL, title=EVIL, severity=severity)  # type: ignore[arg-type]
        await visit.on.settle()
        visit.look(f"toast {severity}")
    await visit.click_all()


async def show_difference(visit: Visit) -> None:
    """What became another plan while it was read."""
    task_id = next(task.id for task in visit.on.board.tasks.values() if task.status is W)
    visit.on.bench.world.change_plan(task_id, EVIL)
    await visit.press("ctrl+r")
    await visit.on.shows("Changed since")
    await visit.press("g")
    await visit.click_all()


async def show_last_option(visit: Visit) -> None:
    """Another theme, a hostile one, while it is being chosen."""
    await visit.press("f", "o", "o", "enter")


W, Q, C, P = TaskStatus.WAITING_APPROVAL, TaskStatus.WAITING_FEEDBACK, TaskStatus.COMPLETED, TaskStatus.PAUSED
STOPS = (
    Stop("MainScreen", (), Q, ("m", "alt+up", "alt+up", "ctrl+t", "escape", "escape", "x", "u"), more=show_toasts),
    Stop("MainScreen", ("slash",), None, ("x", "colon", "enter", "escape"), plain=True),
    Stop("DetailScreen", ("enter",), C, ("right_square_bracket", "d", "G"), narrow=True),
    Stop("ApprovalScreen", ("a",), W, ("G", "ctrl+r"), more=show_difference),
    Stop("ResumeDialog", ("r",), P),
    Stop("SnoozeDialog", ("z",), Q, ("tab", "x", "enter")),
    Stop("ForgetDialog", ("D",), C, ("G",)),
    Stop("ForgetDialog", ("asterisk", "D"), None, ("G",)),
    Stop("BulkApprovalScreen", ("A",), None, ("j", "space")),
    Stop("BulkMessageScreen", ("asterisk", "M"), None, ("tab",)),
    Stop("CreateScreen", ("c",), None, ("h", "ctrl+s")),
    Stop("TemplatesScreen", ("T",), None, ("j", "j", "s")),
    Stop("CreateScreen", ("T", "enter"), None, ("ctrl+s",)),
    Stop("QuitDialog", ("q",), None, ()),
    Stop("ConfirmDialog", ("O", "j", "j", "j", "x"), None, ("G",)),
    Stop("WatchScreen", ("W",), None, ("g", "G", "t")),
    Stop("OutboxScreen", ("O",), None, ("j", "j", "j", "j", "s", "r")),
    Stop("ConnectionScreen", ("C",), None, ("t", "G", "R"), more=show_checks),
    Stop("LogScreen", ("L",), None, ("j", "enter", "plus")),
    Stop("InsightsScreen", ("I",), None, ("p",)),
    Stop("DigestScreen", ("B",), None, ("G",)),
    Stop("HelpScreen", ("question_mark",), None, ("slash", "x"), plain=True),
    Stop("SaveViewDialog", ("0", "!", "colon", *"save", "enter"), None, ("x", "enter"), plain=True),
    Stop("Palette", ("colon",), None, ("f", "o", "o", "down")),
    Stop("ThemePalette", ("colon", *"theme", "enter"), None, (), more=show_last_option),
)
ALONE = frozenset({"FirstRunScreen"})
"""Screens with a test of their own."""
BY_KEY = frozenset({"composer.older", "composer.newer"})
"""Actions that are on their way with a key only: ``STOPS`` presses it."""


ON_SCREENS = frozenset(
    {"author", "details", "failure", "label", "last_words", "message", "name", "outcome"}
    | {"repository", "text", "title", "tool", "trouble", "url", "way_out"}
)
"""Fields that have to be read somewhere on the walk over all screens."""
IN_TABS = frozenset(
    {"branch", "content", "description", "failure", "filename", "repository", "status_detail"} | {"text", "title"}
)
"""Fields that have to be read on the list and in the tabs of tasks."""
UNREAD: Mapping[str, str] = {
    "TaskEvent.data": "its texts are author, message and url",
    "Operation.payload": "its texts are text, title, description, repository and branch",
    "Transcript.activities": "told as content",
    "Transcript.patch": "told as files",
    "Plan.id": "compared, never shown",
    "ChatMessage.id": "compared, never shown",
    "Provenance.source": "compared, never shown",
    "Task.pull_request_url": "its end is shown, and the mark of a text is at its beginning",
    "SyncState.polling_stopped": "gone with the first list that is read",
    **{
        f"{kind}.extra": "kept, never shown"
        for kind in ("Task", "Plan", "PlanStep", "ChatMessage", "SourceFile", "Operation")
    },
}
"""Fields whose mark is to be read nowhere, and why."""


def test_every_field_has_to_be_read_somewhere_or_has_a_reason() -> None:
    kinds = [kind for kind in records_of(jjm_tui.domain) if kind.__name__ in STORED]
    fields = {each for kind in (*kinds, Transcript, Draft) for each in text_fields(kind)} - {*FIXED, *STRAYS}
    assert {each for each in fields if each.partition(".")[2] not in ON_SCREENS | IN_TABS} == set(UNREAD)


def test_every_screen_of_the_code_is_visited() -> None:
    assert screens_in_code() == {stop.screen for stop in STOPS} | ALONE


@pytest.mark.parametrize("size", [SMALL, pytest.param(LARGE, marks=pytest.mark.soak)])
async def test_hostile_text_is_literal_on_every_screen_whatever_is_done_there(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    is_narrow = size[0] < 100
    reached: set[str] = set()

    async def walk(visit: Visit) -> None:
        for stop in STOPS:
            if stop.narrow and not is_narrow:
                continue
            await visit.go(stop.screen, stop.status, stop.keys)
            reached.add(stop.screen)
            if not stop.plain:
                await visit.until_foreign()
            before = visit.literal
            await visit.click_all()
            await visit.press(*stop.here)
            await visit.click_all()
            if type(visit.on.app.screen).__name__ != stop.screen:
                await visit.go(stop.screen, stop.status, stop.keys)
            await visit.click_controls(stop.screen, stop.status, stop.keys)
            if stop.more is not None:
                await visit.go(stop.screen, stop.status, stop.keys)
                await stop.more(visit)
            assert visit.literal > before or stop.plain, f"nothing foreign was seen at {stop}"

    visit = await hostile_visit(tmp_path, size, walk)
    assert all(re.match("https?://", url) and clean(url) == url for url in visit.opened)
    assert reached == {stop.screen for stop in STOPS if is_narrow or not stop.narrow}
    assert ON_SCREENS - visit.marks == set()
    assert visit.frames > 100
    kinds = {kind for kind, _ in visit.clicked}
    assert kinds >= {"KeyBar", "StatusBar", "HeaderBar", "ViewTabs", "TabBar", "TaskList", "RowList", "FormButton"}


async def test_hostile_text_is_literal_whatever_is_done(tmp_path: Path) -> None:
    async def walk(visit: Visit) -> None:
        for stop in sorted(STOPS, key=lambda stop: stop.screen == "ForgetDialog"):
            await visit.do_all(stop.screen, stop.status, stop.keys)

    visit = await hostile_visit(tmp_path, (80, 24), walk)
    assert all(re.match("https?://", url) and clean(url) == url for url in visit.opened)
    assert visit.done >= set(ACTIONS) - BY_KEY


@pytest.mark.parametrize("size", [LARGE, pytest.param(SMALL, marks=pytest.mark.soak)])
async def test_hostile_tasks_are_literal_on_the_list_and_every_tab(tmp_path: Path, size: tuple[int, int]) -> None:
    async def walk(visit: Visit) -> None:
        on = visit.on
        await visit.press("V", "V", "V", "0", "t", "t", "t", "space", "asterisk", "escape", "w", "H", "H")
        await visit.press("p", "p", "P", "P")
        await visit.click_all()
        for status in (W, C, TaskStatus.FAILED, Q):
            await visit.home()
            assert isinstance(on.app.screen, MainScreen)
            on.app.screen.select(next(task.id for task in on.board.tasks.values() if task.status is status))
            await visit.press("enter")
            for _ in range(5):
                await visit.click_all()
                await visit.press("right_square_bracket", "d" if status is C else "G", "g")
            await visit.press("slash", "f", "o", "o", "enter", "n", "escape")
        await visit.home()
        on.app.screen.select(next(each for each in on.board.tasks if each.startswith("stray")))
        await visit.press("enter", "y", "Y", "o", "right_square_bracket", "right_square_bracket", "ctrl+r")

    visit = await hostile_visit(tmp_path, size, walk)
    assert visit.clicks >= 10
    if size == LARGE:
        assert IN_TABS - visit.marks == set()


async def test_hostile_answers_and_checks_are_literal_in_the_set_up(tmp_path: Path) -> None:
    options: dict[str, Any] = {"tasks": 0, "server": False, "configured": False, "size": SMALL}
    async with stage(tmp_path, **options) as on:
        visit = Visit(on)
        await visit.press("home", *["down"] * CHOICES.index("custom"), "enter")
        for answer in (f"/no/such/{EVIL}", f"env:{EVIL}", f"file:/no/such/{EVIL}", "none"):
            await on.until(lambda: bool(on.app.screen.query(Input)) or bool(on.app.screen.query(TryingStep)))
            if on.app.screen.query(Input):
                on.app.screen.query_one(Input).value = ""
                await on.paste(answer)
                await visit.press("enter")
                await visit.click_all()
        await on.until(lambda: bool(on.app.screen.query(TryingStep)) and on.app.screen.query_one(TryingStep).is_over)
        visit.look("the checks that failed")
        step = on.app.screen.query_one(TryingStep)
        step._checks = [replace(evil_like(Check), state=state) for state in ("ok", "warning", "failed")]
        step._show()
        await on.settle()
        visit.look("hostile checks")
        await visit.click_all()
        await visit.press("G", "enter")
        await on.shows("Write it?")
        await visit.click_all()
        assert visit.literal


# outcomes


async def test_hostile_outcomes_are_literal(tmp_path: Path) -> None:
    async def walk(visit: Visit) -> None:
        on = visit.on
        assert on.app.engine is not None
        tasks = [task.id for task in on.board.tasks.values() if task.status is not TaskStatus.FAILED][:2]
        for effect, task_id in zip((Effect.NONE, Effect.UNKNOWN), tasks, strict=True):

            def cut(tool: str, place: str, effect: Effect = effect) -> BaseException | None:
                return ServerConnectionError(EVIL, effect=effect, hint=EVIL) if place == "before write" else None

            on.caller.cut = cut
            await on.app.engine.desk.send_message(task_id, EVIL)
            await on.settle()
            visit.look(f"toast of {effect}")
            await visit.press("ctrl+r")
        assert any(each.state is OperationState.NOT_SENT for each in on.board.operations)

    await hostile_visit(tmp_path, (160, 45), walk)
