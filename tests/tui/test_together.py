"""Two dashboards and a monitor on one store and one server: in step, one voice to the server, one to the person."""

from __future__ import annotations

import contextlib
import json
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.tui.ground import Ground, ground
from tests.tui.terminal_stage import TerminalStage

PLAN, OTHER_PLAN = "Split the CI build", "Upgrade the ORM"
RUNNING = ("Repair every broken link", "Add a dark mode", "Strict types", "Rate limit")
TELL = """import os, sys; open(sys.argv[1], "a").write(f"{os.environ['JJM_COUNT']} {os.getppid()}\\n")"""
OUTCOMES = {"done", "not_sent", "refused"}
WATCHED = ("monitor", "--interval", "1")


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


def put_together(*terminals: TerminalStage) -> None:
    """Let all be read whenever one of them is."""
    for terminal in terminals:
        terminal.beside = tuple(other for other in terminals if other is not terminal)


@contextlib.contextmanager
def pair(place: Ground) -> Iterator[tuple[TerminalStage, TerminalStage]]:
    """Two dashboards; the first one asks the server, the second one follows the store."""
    with place.open(columns=160, rows=45) as first:
        first.shows("connected", "NEEDS YOU")
        with place.open(columns=160, rows=45) as second:
            put_together(first, second)
            second.shows("followed", "NEEDS YOU")
            yield first, second


def all_show(terminals: Sequence[TerminalStage], *words: str) -> None:
    """Wait until each has shown these words, if only for the moment."""
    waiting = list(terminals)

    def have_shown() -> bool:
        waiting[:] = [terminal for terminal in waiting if not all(each in terminal.screen.text for each in words)]
        return not waiting

    try:
        terminals[0].until(have_shown, f"{words} on all screens")
    except AssertionError as failure:
        others = "\n".join(terminal.screen.text for terminal in waiting)
        raise AssertionError(f"{failure}\nThose that did not:\n{others}") from None


def ask_again(terminal: TerminalStage, place: Ground, times: int = 3) -> list[int]:
    """Wait until the server was asked some more times; answer which servers were, one per time."""
    before = place.calls("list_sessions")
    terminal.until(lambda: place.calls("list_sessions") >= before + times, "the server asked again")
    return place.askers("list_sessions")[before:]


def find(place: Ground, title: str) -> str:
    """The id of a task."""
    tasks = place.program.ok("list", "--cached", "--json").json["tasks"]
    return str(next(task["id"] for task in tasks if (task["title"] or task["description"]).startswith(title)))


def go_to(terminal: TerminalStage, title: str) -> None:
    """Bring the only task with this title under the cursor."""
    terminal.press("0", "/")
    terminal.type(title)
    terminal.shows(f"filter: {title}", f"╭─ {title}", "last message holds")
    terminal.press("enter")
    terminal.hides("last message holds")


# in step


def test_only_one_asks_the_server_and_all_see_what_changed(place: Ground) -> None:
    task_id = find(place, RUNNING[0])
    with pair(place) as (first, second), place.open(*WATCHED, columns=160) as monitor:
        put_together(first, second, monitor)
        monitor.shows("Ctrl+C stops", RUNNING[0])
        ask_again(first, place)
        place.change_world().set_state(task_id, "AWAITING_USER_FEEDBACK")
        all_show((first, second), "4 need you", "NEEDS YOU (4)")
        monitor.shows("4 need you", f"in_progress → waiting_feedback · {RUNNING[0]}")
        ask_again(first, place)
        assert len(set(place.askers("list_sessions"))) == 1


def test_dashboard_follows_a_monitor_and_asks_itself_when_that_ends(place: Ground) -> None:
    task_id = find(place, RUNNING[0])
    with place.open(*WATCHED, columns=160) as monitor:
        monitor.shows("Ctrl+C stops", RUNNING[0])
        with place.open(columns=160) as terminal:
            put_together(terminal, monitor)
            terminal.shows("followed", "NEEDS YOU")
            (asker,) = set(ask_again(terminal, place))
            monitor.press("ctrl+c")
            monitor.finish()
            place.change_world().set_state(task_id, "AWAITING_USER_FEEDBACK")
            terminal.shows("connected", "4 need you", "NEEDS YOU (4)")
            assert asker not in ask_again(terminal, place)


def test_what_is_done_in_one_is_seen_in_the_other(place: Ground) -> None:
    with pair(place) as (first, second):
        go_to(first, PLAN)
        first.press("x")
        second.hides(PLAN)
        first.press("u")
        second.shows(PLAN)
        go_to(second, PLAN)
        second.type("mWait for the")
        second.shows("│ Wait for the ", "draft kept")
        second.press("escape")
        go_to(first, PLAN)
        first.press("m")
        first.shows("│ Wait for the ")
        first.press("ctrl+s")
        all_show((first, second), "2 need you")
        first.until(lambda: place.drafts() == {}, "the draft gone")
    assert [text for _, text in place.effects("message")] == ["Wait for the"]


def test_message_on_its_way_in_one_is_not_sent_again_from_the_other(place: Ground) -> None:
    with pair(place) as (first, second):
        place.order("hold", "send_message")
        for terminal in (first, second):
            go_to(terminal, PLAN)
        first.type("mTake way 1.")
        first.shows("│ Take way 1. ")
        first.press("ctrl+s")
        all_show((first, second), "outbox 1 sending")
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


@pytest.mark.parametrize("is_held", [False, True])
def test_plan_approved_in_both_at_once_is_approved_once(place: Ground, is_held: bool) -> None:
    with pair(place) as (first, second):
        for terminal in (first, second):
            go_to(terminal, PLAN)
            terminal.press("a")
            terminal.shows("y approve", PLAN)
        if is_held:
            place.order("hold", "approve_plan")
        if is_held:
            first.insist("y", lambda: place.calls("approve_plan"), "the approval on its way")
            second.insist("y", lambda: "Nothing was sent." in second.screen.text, "that it is on its way already")
            assert [each["state"] for each in place.operations()] == ["sending"], "it is the first one's"
            place.lift_all()
        else:
            insist_in_both(first, second, place)
        first.until(lambda: place.effects("approve"), "its effect")
        for terminal in (first, second):
            terminal.hides("outbox 1")
            terminal.press("escape", "escape", "escape", "0")
        all_show((first, second), "2 need you", f" {OTHER_PLAN} ")
        first.until(lambda: {each["state"] for each in place.operations()} <= OUTCOMES, "all outcomes")
    assert len(place.effects("approve")) == 1
    assert [each["state"] for each in place.operations()].count("done") == 1


def insist_in_both(first: TerminalStage, second: TerminalStage, place: Ground) -> None:
    """Press the key that approves, in both at the same time, until it has its effect."""

    def is_approved() -> bool:
        second.press("y")
        return bool(place.calls("approve_plan"))

    first.insist("y", is_approved, "the approval")


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
            assert asker not in ask_again(first, place)


# telling the person


def told(place: Ground) -> list[tuple[str, int]]:
    """How many tasks each call of the person's own program was about, and which dashboard made it."""
    path = place.folder / "told"
    lines = path.read_text().splitlines() if path.exists() else []
    return [(line.split()[0], int(line.split()[1])) for line in lines]


@pytest.fixture
def telling(tmp_path: Path, stock: Ground) -> Iterator[Ground]:
    """The person has a program that is called when a task needs them."""
    command = [sys.executable, "-c", TELL, str(tmp_path / "ground" / "told")]
    with stocked(tmp_path / "ground", stock, notifications={"command": command}) as made:
        yield made


@pytest.mark.parametrize("count", [1, 3])
def test_person_is_told_once_about_what_happened_at_once(telling: Ground, count: int) -> None:
    task_ids = [find(telling, title) for title in RUNNING[:count]]
    with pair(telling) as terminals, telling.open(*WATCHED, "--jsonl") as monitor:
        put_together(*terminals, monitor)
        ask_again(terminals[0], telling)
        world = telling.change_world()
        with world.changing():
            for task_id in task_ids:
                world.set_state(task_id, "AWAITING_USER_FEEDBACK")
        all_show(terminals, f"NEEDS YOU ({3 + count})", "Needs you")  # a toast stays for six seconds
        terminals[0].until(lambda: told(telling), "the program called")
        terminals[0].until(lambda: len(lines_about_questions(monitor)) >= count, "the monitor's lines")
        ask_again(terminals[0], telling)
        assert sorted(lines_about_questions(monitor)) == sorted(task_ids)
    assert [about for about, _ in told(telling)] == [str(count)]


def lines_about_questions(monitor: TerminalStage) -> list[str]:
    """The tasks whose change into a question the monitor has told."""
    lines = (line.strip() for line in monitor.written.splitlines())
    events = [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"}")]
    return [str(event["task_id"]) for event in events if event["data"].get("to") == "waiting_feedback"]


def test_the_other_one_tells_when_the_first_is_gone(telling: Ground) -> None:
    task_ids = [find(telling, title) for title in RUNNING[:2]]
    with pair(telling) as terminals:
        telling.change_world().set_state(task_ids[0], "AWAITING_USER_FEEDBACK")
        all_show(terminals, "4 need you")
        terminals[0].until(lambda: told(telling), "the program called")
        ((_, teller),) = told(telling)
        gone, other = sorted(terminals, key=lambda terminal: terminal.process.pid != teller)
        assert gone.process.pid == teller
        gone.kill()
        telling.change_world().set_state(task_ids[1], "AWAITING_USER_FEEDBACK")
        other.shows("5 need you")
        other.until(lambda: len(told(telling)) == 2, "the program called again")
    assert told(telling) == [("1", teller), ("1", other.process.pid)]
