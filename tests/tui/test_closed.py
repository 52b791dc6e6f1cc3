"""What is not there any more: clicks on it, and work that was done for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from textual.app import ComposeResult
from textual.content import Content
from textual.events import MouseDown, Resize
from textual.screen import Screen
from textual.widgets import Static
from textual.worker import WorkerFailed

from jjm_tui.domain.draft_keys import CREATE_KEY
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.services.results import Check
from jjm_tui.tui.engine import Engine
from jjm_tui.tui.opening import Opening
from jjm_tui.tui.screens.base import DashboardScreen
from jjm_tui.tui.screens.confirm import ConfirmDialog
from jjm_tui.tui.screens.connection import ConnectionScreen
from jjm_tui.tui.screens.create import CreateScreen
from jjm_tui.tui.screens.detail import DetailScreen
from jjm_tui.tui.screens.help import HelpScreen
from jjm_tui.tui.screens.outbox import OutboxScreen
from jjm_tui.tui.widgets import setup_steps
from jjm_tui.tui.widgets.bar import Bar
from tests.tui.half_closed import gone_before_the_next_frame, half_closed
from tests.tui.stage import stage


async def test_click_on_what_was_just_taken_away_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        note = Static(Content("a note"))
        note.styles.dock = "top"
        await on.app.screen.mount(note)
        await on.shows("a note")
        place = note.region.offset
        parent, note._parent = note._parent, None
        await on.app.on_event(MouseDown(None, *place, 0, 0, 1, False, False, False, *place))
        note._parent = parent
        await on.press("j")
        assert on.app.is_running


@pytest.mark.parametrize("below", ["list", "watch"])
@pytest.mark.parametrize("name", ["detail", "log", "outbox", "setup"])
async def test_second_click_on_the_way_back_in_one_go_takes_nothing_more_away(
    tmp_path: Path, name: str, below: str
) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        if below == "watch":
            on.app.open_screen("watch")
            await on.settle()
        under = on.app.screen
        if name == "detail":
            on.app.push_screen(DetailScreen(next(iter(on.board.tasks))))
        else:
            on.app.open_screen(name)
        await on.settle()
        screen = on.app.screen
        assert screen is not under
        bar = screen.query(Bar).last()
        for _ in range(2):
            screen.post_message(Bar.Chosen(bar, "back"))
        await on.until(lambda: not screen.is_attached)
        await on.settle()
        assert on.app.screen is under
        assert on.app._exception is None


class _Note(Static):
    """Tells when it is gone."""

    def __init__(self) -> None:
        super().__init__("", id="note")
        self.gone = asyncio.Event()

    def on_unmount(self) -> None:
        self.gone.set()


class _Noting(DashboardScreen[None]):
    """Writes on its note when that is gone, or at once on one that never was there."""

    def compose(self) -> ComposeResult:
        yield _Note()

    async def write(self) -> None:
        await self.query_one("#note", _Note).gone.wait()
        self.query_one("#note")

    async def mistake(self) -> None:
        self.query_one("#nothing")


async def test_work_for_a_screen_that_is_being_closed_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        screen = _Noting()
        await on.app.push_screen(screen)
        worker = screen.run_worker(screen.write())
        await on.pilot.pause()
        await screen.dismiss()
        with pytest.raises(WorkerFailed, match="note"):
            await worker.wait()
        await on.press("j")
        assert on.app.is_running
        assert on.app._exception is None


async def _look_for_nothing(folder: Path) -> None:
    async with stage(folder) as on:
        screen = _Noting()
        await on.app.push_screen(screen)
        screen.run_worker(screen.mistake())
        await on.pilot.pause()


async def test_work_that_looks_for_what_an_open_screen_never_had_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match="nothing"):
        await _look_for_nothing(tmp_path)


async def test_draft_that_changes_under_a_form_that_is_being_closed_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("c")
        await on.until(lambda: isinstance(on.app.screen, CreateScreen) and on.app.screen.takes_keys)
        async with half_closed(on, on.app.screen.query_one("#frame")):
            on.app.drafts.put(CREATE_KEY, NewTask(description="from elsewhere").write())
            assert await on.app.drafts.flush() == ()
        assert NewTask.read(await on.context.drafts.get(CREATE_KEY) or "").description == "from elsewhere"


@pytest.mark.parametrize("kind", [OutboxScreen, ConnectionScreen, CreateScreen])
async def test_services_that_open_under_a_screen_that_is_being_closed_are_there_for_the_others(
    tmp_path: Path, kind: type[Screen[None]]
) -> None:
    async with stage(tmp_path) as on:
        engine = on.app.engine
        assert engine is not None
        told: list[Engine] = []
        on.app._opening = Opening(lambda: engine)
        await on.app.push_screen(screen := kind())
        await on.settle()
        on.app.when_open(told.append)
        async with half_closed(on, next(iter(screen.query("#frame")), screen)):
            on.app._opening.is_ready(await on.app._opening.wait())
        assert told == [engine]


async def _no_checks() -> AsyncIterator[Check]:
    for check in ():
        yield check


async def test_step_of_the_set_up_that_is_left_before_it_is_laid_out_anew_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        screen = on.app.screen
        await screen.mount(step := setup_steps.TestStep(_no_checks))
        await on.settle()
        async with gone_before_the_next_frame(on, step, screen):
            step.on_resize(Resize(step.size, step.size))
        await on.press("j")
        assert on.app.is_running


@pytest.mark.parametrize(
    "opened", [lambda _: ConfirmDialog("Sure?", Content("Really?")), HelpScreen], ids=["question", "help"]
)
async def test_screen_that_is_left_before_it_is_laid_out_anew_changes_nothing(
    tmp_path: Path, opened: Callable[[Screen[object]], ConfirmDialog | HelpScreen]
) -> None:
    async with stage(tmp_path) as on:
        below = on.app.screen
        await on.app.push_screen(screen := opened(below))
        await on.settle()
        async with gone_before_the_next_frame(on, screen, below):
            screen.on_resize(Resize(screen.size, screen.size))
        await on.press("j")
        assert on.app.is_running


async def test_page_that_is_laid_out_anew_while_it_is_being_closed_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.app.push_screen(screen := ConnectionScreen())
        await on.settle()
        async with half_closed(on, screen.lines):
            screen.refill(anew=True)
