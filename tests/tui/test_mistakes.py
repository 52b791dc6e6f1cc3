"""A mistake inside the dashboard: the log says where, the person gets a sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.logs import close_logging, configure_logging
from jjm_tui.settings import Locations, load_settings
from jjm_tui.tui.mistakes import report_mistake
from jjm_tui.tui.widgets.header import connection_look
from tests.tui.stage import stage


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Path]:
    settings = load_settings(environ={"JJM_LOGGING__FORMAT": "json"}, use_file=False).settings
    configure_logging(settings, Locations.under(tmp_path), to_terminal=False)
    yield tmp_path / "logs"
    close_logging()


def break_down(depth: int) -> None:
    value_that_nobody_should_read = "s3cret-in-a-local"
    if not depth:
        raise RuntimeError("it [/broke]\x1b]52;c;AA\x07")
    break_down(depth - len(value_that_nobody_should_read[:1]))


def test_mistake_of_ours_is_logged_with_its_places_and_without_values(logs: Path) -> None:
    try:
        break_down(3)
    except RuntimeError as error:
        told = report_mistake(error)
    assert "\x1b" not in told.plain
    assert "RuntimeError: it [/broke]" in told.plain
    assert "jjm outbox list" in told.plain
    text = "".join(path.read_text() for path in logs.glob("*"))
    record = json.loads(text.splitlines()[-1])
    places = record["at"]
    assert len(places) == 5
    assert all(place.startswith("test_mistakes.py:") for place in places)
    assert places[-1].endswith(" break_down")
    assert "s3cret" not in text


async def test_following_that_a_mistake_of_ours_ended_says_so_and_begins_again_with_a_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path, polls=True, size=(140, 30)) as on:
        await on.until(lambda: bool(on.caller.calls))
        with monkeypatch.context() as broken:
            broken.setattr(on.context.leadership, "try_lead", lambda: break_down(1))
            await on.press("ctrl+r")
            await on.shows("no longer followed")
            await on.shows("What is shown is not followed any more, because of a mistake inside jjm.")
            assert connection_look(replace(on.board.connection, status="connected"), on.now)[1] == "trouble"
        asked = len(on.caller.calls)
        await on.press("ctrl+r")
        await on.until(lambda: len(on.caller.calls) > asked)
        await on.until(lambda: on.board.connection.trouble is None)
        assert "not followed any more" not in on.text
