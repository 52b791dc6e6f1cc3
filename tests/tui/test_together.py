"""Two dashboards and a monitor on one store and one server: in step, one voice to the server, one to the person."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.tui.ground import Ground, ground
from tests.tui.terminal_stage import TerminalStage

PLAN, OTHER_PLAN = "Split the CI build into two jobs", "Upgrade the ORM"
RUNNING = ("Repair every broken link", "Add a dark mode", "Strict types", "Rate limit")
TELL = """import os, sys; open(sys.argv[1], "a").write(os.environ["JJM_COUNT"] + "\\n")"""


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """A store that has read the world."""
    made = Ground(tmp_path_factory.mktemp("stock") / "ground")
    made.program.ok("list")
    return made


@contextlib.contextmanager
def stocked(folder: Path, stock: Ground, **settings: Mapping[str, Any]) -> Iterator[Ground]:
    """A ground that begins with the stock."""
    with ground(folder, **settings) as made:
        made.take_over(stock)
        yield made


@pytest.fixture
def place(tmp_path: Path, stock: Ground) -> Iterator[Ground]:
    """The store holds the tasks already."""
    with stocked(tmp_path / "ground", stock) as made:
        yield made


@contextlib.contextmanager
def pair(place: Ground) -> Iterator[tuple[TerminalStage, TerminalStage]]:
    """Two dashboards; the first one asks the server, the second one follows the store."""
    with place.open(columns=160) as first:
        first.shows("connected", "NEEDS YOU")
        with place.open(columns=160) as second:
            second.shows("followed", "NEEDS YOU")
            yield first, second


def find(place: Ground, title: str) -> str:
    """The id of a task."""
    tasks = place.program.ok("list", "--cached", "--json").json["tasks"]
    return next(task["id"] for task in tasks if (task["title"] or task["description"]).startswith(title))


def test_only_one_asks_the_server_and_all_see_what_changed(place: Ground) -> None:
    task_id = find(place, RUNNING[0])
    with pair(place) as (first, second), place.open("monitor", "--interval", "1", columns=160) as monitor:
        monitor.shows("Ctrl+C stops", RUNNING[0])
        asked = place.calls("list_sessions")
        first.until(lambda: place.calls("list_sessions") > asked + 3, "the server asked again")
        place.change_world().set_state(task_id, "AWAITING_USER_FEEDBACK")
        for terminal in (first, second):
            terminal.shows("4 need you", "NEEDS YOU (4)")
        monitor.until(lambda: "4 need you" in monitor.screen.text or "question" in monitor.screen.text, "the question")
        assert len(set(place.askers("list_sessions"))) == 1


def test_what_is_done_in_one_is_seen_in_the_other(place: Ground) -> None:
    with pair(place) as (first, second):
        first.press("x")
        second.hides(PLAN)
        first.press("u")
        second.shows(PLAN)
        second.type("mWait for the")
        second.shows("│ Wait for the ", "draft kept")
        second.press("escape")
        first.press("m")
        first.shows("│ Wait for the ")
        first.press("ctrl+s")
        for terminal in (first, second):
            terminal.shows("2 need you", "NEEDS YOU (2)")
    assert [text for _, text in place.effects("message")] == ["Wait for the"]
    assert place.drafts() == {}


def test_message_on_its_way_in_one_is_not_sent_again_from_the_other(place: Ground) -> None:
    with pair(place) as (first, second):
        place.order("hold", "send_message")
        first.type("mTake way 1.")
        first.shows("│ Take way 1. ")
        first.press("ctrl+s")
        for terminal in (first, second):
            terminal.shows("outbox 1 sending")
        second.type("mTake way 1.")
        second.shows("│ Take way 1. ")
        second.press("ctrl+s")
        second.shows("no outcome yet")
        place.lift_all()
        for terminal in (first, second):
            terminal.hides("outbox 1 sending")
        second.press("escape")
        second.shows("2 need you")
    assert [text for _, text in place.effects("message")] == ["Take way 1."]


def test_plan_approved_in_both_at_once_is_approved_once(place: Ground) -> None:
    with pair(place) as (first, second):
        for terminal in (first, second):
            terminal.press("a")
            terminal.shows("y approve", PLAN)
        for terminal in (first, second):
            terminal.insist("y", lambda: place.effects("approve"), "the approval")
        for terminal in (first, second):
            terminal.press("escape", "escape")
            terminal.shows("2 need you")
        first.until(
            lambda: {each["state"] for each in place.operations()} <= {"done", "not_sent", "refused"}, "all outcomes"
        )
    assert len(place.effects("approve")) == 1
    assert [each["state"] for each in place.operations()].count("done") == 1


@pytest.mark.parametrize("way", ["killed", "quit", "asleep"])
def test_the_other_one_asks_when_the_first_is_gone(place: Ground, way: str) -> None:
    task_id = find(place, RUNNING[0])
    with pair(place) as (first, second):
        (asker,) = set(place.askers("list_sessions"))
        if way == "killed":
            first.kill()
        elif way == "quit":
            first.press("q")
            first.finish()
        else:
            first.signal(signal.SIGTSTP)
            first.until(lambda: first.state == "T", "asleep")
        place.change_world().set_state(task_id, "AWAITING_USER_FEEDBACK")
        second.shows("connected", "4 need you")
        assert place.askers("list_sessions")[-1] != asker
        if way == "asleep":
            first.signal(signal.SIGCONT)
            first.shows("4 need you")
            asked = place.calls("list_sessions")
            second.until(lambda: place.calls("list_sessions") > asked + 3, "the server asked again")
            assert asker not in place.askers("list_sessions")[asked:]


# telling the person


def told(place: Ground) -> list[str]:
    """How many tasks each call of the person's own program was about."""
    path = place.folder / "told"
    return path.read_text().split() if path.exists() else []


@pytest.fixture
def telling(tmp_path: Path, stock: Ground) -> Iterator[Ground]:
    """The person has a program that is called when a task needs them."""
    command = [sys.executable, "-c", TELL, str(tmp_path / "ground" / "told")]
    with stocked(tmp_path / "ground", stock, notifications={"command": command}) as made:
        yield made


@pytest.mark.parametrize("count", [1, 3])
def test_person_is_told_once_about_what_happened_at_once(telling: Ground, count: int) -> None:
    task_ids = [find(telling, title) for title in RUNNING[:count]]
    with pair(telling) as terminals:
        world = telling.change_world()
        with world.changing():
            for task_id in task_ids:
                world.set_state(task_id, "AWAITING_USER_FEEDBACK")
        for terminal in terminals:
            terminal.shows(f"NEEDS YOU ({3 + count})", "Needs you")
        terminals[0].until(lambda: told(telling), "the program called")
        asked = telling.calls("list_sessions")
        terminals[0].until(lambda: telling.calls("list_sessions") > asked + 2, "the server asked again")
    assert told(telling) == [str(count)]


def test_the_other_one_tells_when_the_first_is_gone(telling: Ground) -> None:
    task_ids = [find(telling, title) for title in RUNNING[:2]]
    with pair(telling) as (first, second):
        telling.change_world().set_state(task_ids[0], "AWAITING_USER_FEEDBACK")
        second.until(lambda: told(telling), "the program called")
        first.kill()
        telling.change_world().set_state(task_ids[1], "AWAITING_USER_FEEDBACK")
        second.shows("5 need you")
        second.until(lambda: len(told(telling)) == 2, "the program called again")
    assert told(telling) == ["1", "1"]
