"""A dashboard that is killed: what was typed and decided is there afterwards, in a true state, and happened once."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jjm_tui.domain.operations import OperationState
from tests.tui.ground import Ground, ground
from tests.tui.terminal_stage import TerminalStage

CREATED = "Write a poem about ptys"

MESSAGES = {
    "discarded": "Translate the guides to French",
    "done": "Upgrade the ORM",
    "refused": "Split the CI build into two jobs",
    "not_sent": "Repair every broken link in the docs",
    "unconfirmed": "Why does the nightly job fail?",
    "sending, nothing happened": "Add a dark mode to the settings page",
    "sending, it happened": "Strict types for the whole backend",
    "prepared": "Rate limit for the public API",
}
"""A state that lasts, and the task whose message is brought into it. The text of each message is its state."""

HALF_TYPED, HALF_TYPED_TO = "Wait for the", "Rewrite the image resizer in Rust"

BEGINNING = 12
"""Characters by which a title is found."""

SENT = "Take the first way."

FRESH = timedelta(minutes=1)

POINTS = {
    "decided": (1, range(6), ("", "prepared"), 0),
    "prepared": (2, range(6), ("prepared",), 0),
    "about to be sent": (3, range(6), ("prepared", "sending"), 0),
    "answered": (4, range(4), ("sending",), 1),
    "done": (4, range(4, 10), ("sending", "done"), 1),
}
"""Where a dashboard is killed on the way of an operation: at which save of the outbox and how many steps of the program
after it began, in which states the operation is then, and how often it happened. The last step after the third save is
the line to the server."""


@pytest.fixture(scope="module")
def stocks() -> list[Ground]:
    """Grounds whose store has read the world; the last one is the freshest."""
    return []


@pytest.fixture
def place(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, stocks: list[Ground]) -> Iterator[Ground]:
    """The store holds the tasks already. Worlds stand still: one that is old has another time than the program."""
    if not stocks or stocks[-1].change_world().now < datetime.now(UTC) - FRESH:
        stocks.append(Ground(tmp_path_factory.mktemp("stock") / "ground"))
        stocks[-1].program.ok("list")
    with ground(tmp_path / "ground") as made:
        made.take_over(stocks[-1])
        yield made


def tasks_of(place: Ground) -> dict[str, str]:
    """The ids of the tasks by their titles."""
    tasks = place.program.ok("list", "--cached", "--json").json["tasks"]
    return {task["title"] or task["description"]: task["id"] for task in tasks}


def go_to(terminal: TerminalStage, title: str) -> None:
    """Bring the only task whose title begins like this one under the cursor."""
    terminal.press("0", "/")
    terminal.type(title[:BEGINNING])
    terminal.shows(f"filter: {title[:BEGINNING].strip()}", f"╭─ {title[:30]}", "last message holds")
    terminal.press("enter")
    terminal.hides("last message holds")


def send(terminal: TerminalStage, title: str, text: str) -> None:
    """Type a message to a task and send it."""
    go_to(terminal, title)
    terminal.type(f"m{text}")
    terminal.shows("draft kept")
    terminal.press("ctrl+s")


def states(place: Ground) -> dict[str, str]:
    """What the outbox on disk says: the state of each operation by its text, or its kind where there is none."""
    return {each["payload"].get("text") or each["kind"]: each["state"] for each in place.operations()}


def until_states(terminal: TerminalStage, place: Ground, **wanted: str) -> None:
    """Wait until the outbox on disk says so, among other things."""
    terminal.until(lambda: wanted.items() <= states(place).items(), f"{wanted}, but {states(place)}")


def bring_about(terminal: TerminalStage, place: Ground, state: str, tasks: dict[str, str]) -> None:
    """Send a message so that its operation stays in this state."""
    title = MESSAGES[state]
    orders = {
        "done": [],
        "discarded": [("refuse", "send_message")],
        "refused": [("refuse", "send_message")],
        "not_sent": [("refuse", "get_session")],
        "unconfirmed": [("drop", "send_message"), ("keep", "send_message")],
        "sending, nothing happened": [("hold", "send_message")],
        "sending, it happened": [("keep", "send_message")],
        "prepared": [("hold", "get_session")],
    }
    for what, tool in orders[state]:
        place.order(what, tool, tasks[title])
    send(terminal, title, state)
    if state == "unconfirmed":
        terminal.until(lambda: state in [text for _, text in place.effects("message")], "the effect")
        place.order("refuse", "get_session", tasks[title])
        place.lift("keep", "send_message", tasks[title])
    if state == "discarded":
        until_states(terminal, place, discarded="refused")
        terminal.press("O")
        terminal.shows("Outbox  1 refused", "x discard")
        terminal.press("x")
        terminal.shows("Discard it?")
        terminal.insist("y", lambda: states(place).get(state) == state, "discarding")
        terminal.press("escape")
        terminal.hides("Outbox ")
    until_states(terminal, place, **{state: state.partition(",")[0]})


@pytest.mark.slow
def test_everything_is_there_after_a_kill_and_true(place: Ground) -> None:
    """Messages in every state, one that is half typed, and a new task that is half filled in, all at once."""
    assert {state.partition(",")[0] for state in MESSAGES} == {each.value for each in OperationState}
    tasks = tasks_of(place)
    with place.open(columns=160) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        for state in MESSAGES:
            bring_about(terminal, place, state, tasks)
        terminal.until(lambda: len(place.effects("message")) == 3, "three effects")
        go_to(terminal, HALF_TYPED_TO)
        terminal.type(f"m{HALF_TYPED}")
        terminal.shows(f"│ {HALF_TYPED} ", "draft kept")
        terminal.press("escape")
        go_to(terminal, MESSAGES["done"])
        fill_form(terminal, place)
        before = states(place)
        terminal.kill()
    assert states(place) == before
    happened = {"done", "unconfirmed", "sending, it happened"}
    assert {text for _, text in place.effects("message")} == happened
    place.lift_all()
    with place.open(columns=160) as terminal:
        lasting = {state: state for state in ("done", "refused", "not_sent", "discarded")}
        unsettled = {state: "unconfirmed" for state in MESSAGES if state.startswith(("sending", "unconfirmed"))}
        until_states(terminal, place, prepared="not_sent", **lasting, **unsettled)
        terminal.shows("connected", "NEEDS YOU", "3 unconfirmed")
        terminal.press("O")
        terminal.shows("Outbox", *(f"  {state}" for state in MESSAGES))
        terminal.press("s")
        settled = {state: "done" if state in happened else "not_sent" for state in unsettled}
        until_states(terminal, place, prepared="not_sent", **lasting, **settled)
        assert len(place.operations()) == len(MESSAGES)
        terminal.press("escape")
        for state in ("discarded", "refused", "not_sent", "prepared", "sending, nothing happened"):
            go_to(terminal, MESSAGES[state])
            terminal.press("m")
            terminal.shows(f"│ {state} ")
            terminal.press("escape")
        for state in ("done", "unconfirmed", "sending, it happened"):
            go_to(terminal, MESSAGES[state])
            terminal.press("m")
            terminal.shows("nothing typed")
            terminal.press("escape")
        go_to(terminal, HALF_TYPED_TO)
        terminal.press("m")
        terminal.shows(f"│ {HALF_TYPED} ", "draft kept")
        terminal.press("escape", "c")
        terminal.shows("New task", CREATED, "acme/webapp", "draft from")
        terminal.press("escape")
        terminal.hides("New task")
        terminal.press("q")
        assert terminal.finish() == 0
    assert sorted(text for _, text in place.effects("message")) == sorted(happened)
    kept = set(place.drafts().values())
    assert {text for text in kept if CREATED not in text} == (set(MESSAGES) - happened) | {HALF_TYPED}
    assert [text for text in kept if CREATED in text]


@pytest.mark.parametrize("place_of_death", ["hold", "keep"])
def test_decisions_on_their_way_are_there_after_a_kill_and_true(place: Ground, place_of_death: str) -> None:
    tasks = tasks_of(place)
    for tool in ("approve_plan", "send_message", "create_session"):
        place.order(place_of_death, tool)
    with place.open(columns=160) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        go_to(terminal, "Upgrade the ORM")
        terminal.press("a")
        terminal.shows("y approve")
        terminal.insist("y", lambda: states(place).get("approve") == "sending", "the approval on its way")
        terminal.press("escape")
        go_to(terminal, "Translate the guides to French")
        terminal.press("r")
        terminal.insist("y", lambda: states(place).get("Please continue.") == "sending", "the resume on its way")
        terminal.press("escape")
        fill_form(terminal, place)
        terminal.press("ctrl+s")
        terminal.shows("tool: ")
        terminal.insist("ctrl+s", lambda: states(place).get("create") == "sending", "the create on its way")
        if place_of_death == "keep":
            terminal.until(lambda: len(effects(place)) == 3, "the effects")
        terminal.kill()
    before = effects(place)
    assert len(before) == (3 if place_of_death == "keep" else 0)
    place.lift_all()
    with place.open(columns=160) as terminal:
        kinds = ("approve", "Please continue.", "create")
        until_states(terminal, place, **dict.fromkeys(kinds, "unconfirmed"))
        terminal.shows("connected", "NEEDS YOU", "3 unconfirmed")
        terminal.press("O")
        terminal.shows("Outbox", "3 unconfirmed")
        terminal.press("s")
        until_states(terminal, place, **dict.fromkeys(kinds, "done" if place_of_death == "keep" else "not_sent"))
        terminal.shows("Read again: 3", "It arrived." if place_of_death == "keep" else "It did not arrive")
        assert "Nothing left this machine" not in terminal.text
        terminal.press("escape", "c")
        terminal.shows(*(["nothing filled in"] if place_of_death == "keep" else [CREATED, "draft"]))
        terminal.signal(signal.SIGTERM)
        terminal.finish()
    assert effects(place) == before
    approved = [(tasks["Upgrade the ORM"])] if place_of_death == "keep" else []
    assert [task for task, _ in place.effects("approve")] == approved


def effects(place: Ground) -> list[tuple[str, str]]:
    """What happened in the world, of every kind."""
    return [effect for kind in ("create", "message", "approve") for effect in place.effects(kind)]


def fill_form(terminal: TerminalStage, place: Ground) -> None:
    """Fill in a new task, and wait until it is kept, also when a composer beside it says that its text is."""
    terminal.press("c")
    terminal.shows("New task", "nothing filled in", "acme/webapp")
    terminal.type("acme/webapp\t\t\t")
    terminal.type(CREATED)
    terminal.shows(CREATED, "draft kept")
    terminal.until(lambda: any(CREATED in text for text in place.drafts().values()), "the form on disk")


# texts that nobody sent


def test_half_typed_message_and_form_are_there_after_a_kill(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.type("mWait for the")
        terminal.shows("Wait for the", "draft kept")
        terminal.press("escape")
        fill_form(terminal, place)
        terminal.kill()
    with place.open() as terminal:
        terminal.shows("connected", "Wait for the", "draft kept")
        terminal.type("m rest")
        terminal.shows("Wait for the rest")
        terminal.press("escape", "c")
        terminal.shows("New task", CREATED, "acme/webapp", "draft from")
    assert effects(place) == []


def test_byte_that_is_no_text_ends_nothing_and_what_was_typed_goes_on(place: Ground) -> None:
    with place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.type("\udcff")
        terminal.type("mWait\udcff for the end")
        terminal.shows("Wait\ufffd for the end", "draft kept")
        terminal.press("escape", "q")
        assert terminal.finish() == 0


@pytest.mark.parametrize("way", ["SIGTERM", "SIGHUP", "closed"])
def test_text_typed_just_before_the_end_is_kept(place: Ground, way: str) -> None:
    with place.open() as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.type("mWait for the")
        terminal.shows("Wait for the")
        if way == "closed":
            terminal.hang_up()
        else:
            terminal.signal(getattr(signal, way))
        terminal.finish()
    assert list(place.drafts().values()) == ["Wait for the"]


def test_text_typed_in_the_first_moment_is_kept_though_the_program_ends_in_the_second(place: Ground) -> None:
    with place.open() as terminal:
        terminal.until(lambda: b"\x1b[?2004h" in terminal.written, "the terminal taken")
        terminal.type("mWait for the")
        terminal.shows("│ Wait for the ")
        terminal.signal(signal.SIGTERM)
        terminal.finish()
    assert list(place.drafts().values()) == ["Wait for the"]


# killed anywhere


def decide(terminal: TerminalStage, place: Ground, kind: str) -> None:
    """Make a decision by keys, until it is kept, or was the end of the dashboard."""
    last = "ctrl+s"
    if kind == "message":
        terminal.type(f"m{SENT}")
        terminal.shows(f"│ {SENT} ", "draft kept")
    elif kind == "create":
        terminal.press("c")
        terminal.shows("New task", "acme/api.server")
        terminal.type(f"acme/webapp\t\t\t{SENT}")
        terminal.shows(SENT, "draft kept")
        terminal.insist(last, lambda: "tool: " in terminal.screen.text, "what is about to be sent")
    else:
        terminal.press({"approve": "a", "resume": "r"}[kind])
        last = "y"
    terminal.insist(last, lambda: states(place) or terminal.process.poll() is not None, kind)


@pytest.mark.parametrize("kind", ["message", "create", "approve", "resume"])
@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_happens_at_most_once_and_is_told_truly(place: Ground, kind: str, point: str) -> None:
    save, steps, there, happened = POINTS[point]
    kill_at = (save, random.Random(f"{kind} {point}").choice(steps))
    with place.open(columns=160, kill_at=kill_at) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        if kind == "resume":
            go_to(terminal, "Translate the guides to French")
        decide(terminal, place, kind)
        assert terminal.finish() == -signal.SIGKILL
    assert list(states(place).values()) in [[state] if state else [] for state in there], kill_at
    assert len(effects(place)) == happened, kill_at
    check(place, f"killed at {kill_at}", kind)


def check(place: Ground, where: str, kind: str) -> None:
    """Open it again, let it find out, and hold what it says, and what it keeps of a text, against what happened."""
    before = effects(place)
    with place.open(columns=160) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        terminal.until(lambda: not {"prepared", "sending"} & set(states(place).values()), f"{where}: adopted")
        if "unconfirmed" in states(place).values():
            terminal.shows("1 unconfirmed")
            terminal.press("O")
            terminal.shows("Outbox")
            terminal.press("s")
            terminal.until(lambda: "unconfirmed" not in states(place).values(), f"{where}: settled")
        if kind == "message":
            is_kept = [] if before else [SENT]
            terminal.until(lambda: list(place.drafts().values()) == is_kept, f"{where}: a draft unless it happened")
        elif kind == "create":
            terminal.press("escape", "c")
            terminal.shows("New task", "nothing filled in" if before else SENT)
        terminal.kill()
    assert effects(place) == before, where
    assert len(before) <= 1, where
    assert list(states(place).values()) in ([], ["done"] if before else ["not_sent"]), where
    assert place.operations() or not before, where
