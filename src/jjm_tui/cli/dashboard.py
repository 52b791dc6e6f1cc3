"""Opens the dashboard: what the program does without a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jjm_tui.cli.context import CommandContext

if TYPE_CHECKING:
    from datetime import datetime

    from jjm_tui.assembly.options import Options
    from jjm_tui.assembly.workplace import Workplace
    from jjm_tui.ports import Clock
    from jjm_tui.services.board import Board
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.launch import Launch


def run(context: CommandContext) -> int:
    """Show the dashboard until the person leaves; anew with what the guided set-up chose."""
    from jjm_tui.tui.again import Again

    options = context.options
    while True:
        code = _show(options, context.environ)
        if code == Again.DEMO:
            options = replace(options, demo=True, overrides=_without(options.overrides, "server.", "storage."))
        elif code == Again.SETTINGS:
            options = replace(options, demo=False, overrides=_without(options.overrides, "server."))
        else:
            return code


def _without(overrides: Mapping[str, Any], *sections: str) -> dict[str, Any]:
    return {key: value for key, value in overrides.items() if not key.startswith(sections)}


def _show(options: Options, environ: Mapping[str, str]) -> int:
    from jjm_tui.assembly.workplace import open_workplace
    from jjm_tui.logs import configure_logging
    from jjm_tui.tui.running import run_dashboard

    with open_workplace(options, environ) as place:
        configure_logging(place.loaded.settings, place.locations, to_terminal=False)
        if place.demo:
            from jjm_tui.assembly.graph import fill_demo

            fill_demo(place, environ)
        return run_dashboard(_prepare(environ, place))


def _first_page(place: Workplace, now: datetime) -> Board:
    """The board as the first frame shows it: the stored tasks, of a big store those of its first page."""
    from jjm_tui.assembly.first_page import read_first_page
    from jjm_tui.services.board import Board

    board = Board()
    page = read_first_page(place, now)
    if page is not None:
        board.load(page.tasks, counts=None if page.is_whole else page.counts)
        board.set_sync(page.sync)
    return board


def _open_engine(place: Workplace, environ: Mapping[str, str], clock: Clock, board: Board) -> Engine:
    from jjm_tui.tui.engine import open_engine

    return open_engine(place, environ, clock, board)


def _prepare(environ: Mapping[str, str], place: Workplace) -> Launch:
    from jjm_tui.assembly.clock import SystemClock
    from jjm_tui.settings.presets import is_configured
    from jjm_tui.tui.keymap import build_keymap
    from jjm_tui.tui.launch import Launch
    from jjm_tui.tui.memory import Memory

    settings, clock = place.loaded.settings, SystemClock()
    keymap = build_keymap(settings.keys.preset, settings.keys.bindings)
    return Launch(
        place=place,
        environ=environ,
        keymap=keymap,
        clock=clock,
        memory=Memory.load(place.store.dashboard),
        board=_first_page(place, clock.now()),
        open_engine=partial(_open_engine, place, environ, clock),
        is_configured=is_configured(settings),
        remarks=keymap.problems,
    )
