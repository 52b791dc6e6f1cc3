"""Fixtures of the dashboard's tests: the same surroundings on every machine, and pictures."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator

import pytest
import textual.app
import textual.pilot
import textual.screen
from syrupy.assertion import SnapshotAssertion
from textual import constants
from textual.widgets import Input, TextArea

from jjm_tui.services import live
from jjm_tui.tui import returning
from jjm_tui.tui.notices import toasts
from tests.tui.idle import until_idle
from tests.tui.snapshots import SvgPicture

_DECIDING = ("NO_COLOR", "COLORTERM", "COLORFGBG", "TERM_PROGRAM", "TMUX", "KITTY_WINDOW_ID", "VTE_VERSION")


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No animation, no blinking cursor, UTC, no colours or terminals of the person; pauses end when nothing is done.

    What is drawn is drawn at once, as every key waits for it. A toast does not go, and nothing comes by itself, while a
    slow machine is still getting to look.
    """
    monkeypatch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(Input, "_toggle_cursor", lambda self: None)
    monkeypatch.setattr(TextArea, "_toggle_cursor_blink_visible", lambda self: None)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in _DECIDING:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(textual.screen, "UPDATE_PERIOD", 1 / 1000)
    monkeypatch.setattr(textual.app, "wait_for_idle", until_idle)
    monkeypatch.setattr(textual.pilot, "wait_for_idle", until_idle)
    monkeypatch.setattr(toasts, "_SHOWN_FOR", dict.fromkeys(toasts._SHOWN_FOR, 600.0))
    monkeypatch.setattr(live, "_ADOPT_EVERY", 600.0)
    monkeypatch.setattr(returning, "_PATIENCE", 600.0)
    time.tzset()
    collecting, steps = gc.isenabled(), gc.get_threshold()
    yield
    gc.enable() if collecting else gc.disable()
    gc.set_threshold(*steps)
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def svg(snapshot: SnapshotAssertion) -> Callable[[str], SnapshotAssertion]:
    """``assert on.picture() == svg("main-80x24-dark")``: compares with ``snapshots/<test module>/<name>.svg``.

    The name is written out, or an f-string with fixed parts. ``--snapshot-update`` writes; then look at the picture.
    """
    pictures = snapshot.use_extension(SvgPicture)
    return lambda name: pictures(name=name)
