"""Opens the dashboard: what the program does without a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jjm_tui.cli.context import CommandContext

if TYPE_CHECKING:
    from datetime import datetime

    from jjm_tui.assembly.workplace import Workplace
    from jjm_tui.services.board import Board
    from jjm_tui.tui.launch import Launch


def run(context: CommandContext) -> int:
    """Show the dashboard until the person leaves."""
    from jjm_tui.assembly.graph import fill_demo
    from jjm_tui.assembly.workplace import open_workplace
    from jjm_tui.logs import configure_logging
    from jjm_tui.tui.app import run_dashboard

    with open_workplace(context.options, context.environ) as place:
        configure_logging(place.loaded.settings, place.locations, to_terminal=False)
        fill_demo(place, context.environ)
        return run_dashboard(_prepare(context, place))


def _first_page(place: Workplace, now: datetime) -> Board:
    """The board as the first frame shows it: the stored tasks, of a big store those of its first page."""
    from jjm_tui.assembly.first_page import read_first_page
    from jjm_tui.services.board import Board

    board = Board()
    page = read_first_page(place, now)
    if page is not None:
        board.load(page.tasks, counts=page.counts)
        board.set_sync(page.sync)
    return board


def _prepare(context: CommandContext, place: Workplace) -> Launch:
    from jjm_tui.assembly.clock import SystemClock
    from jjm_tui.settings.presets import is_configured
    from jjm_tui.tui.engine import open_engine
    from jjm_tui.tui.keymap import build_keymap
    from jjm_tui.tui.launch import Launch
    from jjm_tui.tui.memory import Memory

    settings, clock = place.loaded.settings, SystemClock()
    keymap = build_keymap(settings.keys.preset, settings.keys.bindings)
    return Launch(
        place=place,
        environ=context.environ,
        keymap=keymap,
        clock=clock,
        memory=Memory.load(place.store.tasks.with_name("dashboard.json")),
        board=_first_page(place, clock.now()),
        open_engine=lambda board: open_engine(place, context.environ, clock, board),
        is_configured=is_configured(settings),
        remarks=keymap.problems,
    )
