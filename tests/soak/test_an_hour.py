"""An hour of a person's life with 500 tasks, in a few minutes: nothing grows, nothing is wrong at the end.

The world is stepped five minutes at a time while the dashboard looks on: its server is killed, restarted, answers
errors, prints garbage and comes back; the window changes its size, filters are typed, questions answered and plans
approved; finished tasks go back to work. As much happens in the second half as in the first, and what the dashboard
holds at their ends is compared, object by object. At the end it must be what the world's own records make of it.
"""

from __future__ import annotations

import functools
import json
import operator
import os
import random
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from jjm_tui.simulator.world import World
from tests.cli.program import Program
from tests.soak.truth import Held, happened, kept_by, lacks, states_in, wrong_in
from tests.soak.watched import COUNT
from tests.tui.terminal_stage import Modes, TerminalStage, read_stat

TASKS = 500
ROUNDS = 14
STEP = 300.0
"""Simulated seconds of a round."""
SPAN = ROUNDS // 2
"""Rounds of each of the two spans; in both as much happens, and what is held at their ends is compared."""
BUSY = 30
"""Finished tasks that go back to work in each round, and tasks in which Jules says something."""
LOOKS = 6
"""How often objects are counted each time: the least is what is held, as a poll holds every task once more."""
COPIES = 4
"""Of each record that is kept: a task may be another one to the store, the board, the list and a poll."""
GROWTH = 0.75
"""Objects of a type for each event of the second span: one that leaks makes one or more. Seen: 0.3 at most, and 1.7
where the board kept each task that was replaced."""
COUNTED = ("jjm_tui.", "asyncio.", *(f"builtins.{name}" for name in ("cell", "coroutine", "function", "method")))
"""How types begin of which no more may be there; libraries keep what they have drawn, up to bounds of their own."""
GROWTH_MB = 40
"""What memory may grow by: texts and buffers are not counted apart, and neither is room in pages that are not full."""
LOOKED_AT = 2
"""Tasks that were decided about last, whose conversations are read once more at the end."""
SIZES = ((160, 45), (100, 30), (80, 24), (40, 12), (120, 40))
FAULTS = ("error=500:list_sessions:p=0.05", "garbage=0.02", "error=429:list_activities:p=0.02", "latency=0.002")
FILTERS = ("state:paused", "repo:acme/*", 'text:"zzz', "waiting:>30m -is:archived", "OR", "login")


@dataclass(frozen=True)
class Load:
    """What a process holds: resident memory in MB, descriptors, threads, children."""

    memory: float
    descriptors: int
    threads: int
    children: int


@dataclass(frozen=True)
class End:
    """What there is at the end of a span: ``objects`` in memory and records ``kept`` in tasks, by type, and how many
    ``events`` the history has."""

    load: Load
    objects: Counter[str]
    kept: Counter[str]
    events: int


def processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def load_of(pid: int) -> Load:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    children = sum(
        read_stat(entry.name)[1:2] == [str(pid)] for entry in Path("/proc").iterdir() if entry.name.isdigit()
    )
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Load(int(fields["VmRSS"].split()[0]) / 1024, descriptors, int(fields["Threads"]), children)


def count(terminal: TerminalStage, held: Held, counted: Path) -> Counter[str]:
    """How many objects of each type the program holds between two polls, garbage left out."""
    looks: list[Counter[str]] = []
    for _ in range(LOOKS):
        read_at = held.read_at
        terminal.until(lambda read_at=read_at: held.read_at != read_at, "the server read")
        terminal.settle()
        counted.unlink(missing_ok=True)
        terminal.signal(COUNT)
        terminal.until(counted.exists, "its objects counted")
        looks.append(Counter(json.loads(counted.read_bytes())))
    return functools.reduce(operator.and_, looks)


def grown(before: End, after: End) -> dict[str, int]:
    """Of which types there are too many more, beyond what is kept of them, for what happened between."""
    more = {
        name: number - before.objects[name] - COPIES * (after.kept[name] - before.kept[name])
        for name, number in after.objects.items()
        if name.startswith(COUNTED)
    }
    return {name: number for name, number in more.items() if number > GROWTH * (after.events - before.events)}


def servers_of(pid: int) -> list[int]:
    """The servers that a dashboard has started."""
    return [
        int(entry.name)
        for entry in processes()
        if read_stat(entry.name)[1:2] == [str(pid)] and b"jjm_tui.simulator" in (entry / "cmdline").read_bytes()
    ]


def go_on(world: World, number: int) -> None:
    """Let a round happen: time passes, finished tasks go back to work, and Jules says something in others."""
    world.step(STEP)
    states = states_in(world)
    finished = [task for task, state in states.items() if state == "completed"]
    for task in random.Random(number).sample(finished, BUSY):
        world.set_state(task, "IN_PROGRESS")
    for task in [task for task, state in states.items() if state == "in_progress"][:BUSY]:
        world.say(task, f"News of round {number}.")


def widen(terminal: TerminalStage) -> None:
    """Let there be room; a window that is as wide already is not drawn anew."""
    if terminal.screen.columns != SIZES[0][0]:
        terminal.resize(*SIZES[0])


def go_to(terminal: TerminalStage, world: World, task: str) -> None:
    """Bring a task under the cursor by its id, on a wide screen."""
    widen(terminal)
    terminal.press("escape", "escape", "escape", "0", "/")
    terminal.type(task)
    terminal.shows("1 of 500", f"filter: {task[:8]}", world.get_session(task)["title"][:20])
    terminal.press("enter")
    terminal.hides("last message holds")


def decide(terminal: TerminalStage, world: World, held: Held, number: int) -> None:
    """Answer the first question that waits, and approve the first plan."""

    def has_outcome(kind: str, task: str) -> bool:
        own = [each for each in held.operations if (each["kind"], each["task_id"]) == (kind, task)]
        return bool(own) and own[-1]["state"] not in ("prepared", "sending")

    states = states_in(world)
    terminal.until(lambda: held.states == states, f"the truth in round {number}")
    asking = next(task for task, state in states.items() if state == "waiting_feedback")
    go_to(terminal, world, asking)
    terminal.type(f"mAnswer {number}.")
    terminal.shows(f"│ Answer {number}.")
    terminal.insist("ctrl+s", lambda: has_outcome("message", asking), "an answer")
    planning = next(task for task, state in states.items() if state == "waiting_approval")
    go_to(terminal, world, planning)
    terminal.press("a")
    terminal.shows("y approve")
    terminal.insist("y", lambda: has_outcome("approve", planning), "an approval")


def interrupt(terminal: TerminalStage, number: int) -> None:
    """Let the server die, or have it started anew, which also forgets that it died, and wait for the next one."""
    before = servers_of(terminal.process.pid)
    if number % 2:
        for server in before:
            os.kill(server, signal.SIGKILL)
    else:
        widen(terminal)
        terminal.press("escape", "escape", "escape")
        terminal.insist("C", lambda: "Connection" in terminal.screen.text, "the connection")
        terminal.press("R")
    terminal.until(lambda: set(servers_of(terminal.process.pid)) - set(before), "another server")


def rest(terminal: TerminalStage, told: Path) -> None:
    """Do nothing until garbage was looked for: that needs two screens that were closed, and a still moment."""
    before = told.stat().st_size
    widen(terminal)
    terminal.shows("q quit")  # a window that is drawn anew has no help for a moment
    for _ in range(2):
        terminal.insist("?", lambda: "Help" in terminal.screen.text, "help")
        terminal.insist("escape", lambda: "Help" not in terminal.screen.text, "no help")
    terminal.until(lambda: told.stat().st_size > before, "garbage looked for")


def live_through(terminal: TerminalStage, number: int, chance: random.Random) -> None:
    """One round of whatever comes to the person's mind."""
    terminal.resize(*SIZES[number % len(SIZES)])
    terminal.press("0", "ctrl+r")
    terminal.type("/" + chance.choice(FILTERS))
    terminal.press("escape", "0")
    for _ in range(6):
        terminal.press(chance.choice(["j", "k", "g", "G", "n", "]", "[", "p", "t", "s", "space", "enter", "escape"]))
    screen = chance.choice(["?", "W", "C", ":", "a", "c"])
    terminal.press("escape", "escape", "0", screen)
    terminal.press("escape", "escape", "escape", "ctrl+r")


@pytest.mark.soak
def test_hour_with_faults_leaves_nothing_behind_and_nothing_wrong(tmp_path: Path) -> None:
    path, told, counted = (tmp_path / name for name in ("world.json", "collected", "counted"))
    world = World(3, TASKS, 0.0, state_path=path)
    program = Program(
        tmp_path / "home",
        world=path,
        speed=0.0,
        tasks=TASKS,
        faults=FAULTS,
        extra_environ={
            "JJM_POLLING__INTERVAL": "1",
            "JJM_POLLING__CALLS_PER_MINUTE": "100000",
            "TEXTUAL_ANIMATIONS": "none",
            "LC_ALL": "C.UTF-8",
        },
    )
    python, _, _, *words = program.plain_argv()
    argv = [python, "-m", "tests.soak.watched", str(told), str(counted), *words]
    chance = random.Random(11)
    with TerminalStage(argv, program.environ, columns=160, rows=45) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        held = Held(*(tmp_path / "home").rglob("tasks.json"))
        ends: list[End] = []
        still = next(task for task, state in states_in(world).items() if state == "failed")
        for number in range(ROUNDS):
            go_on(world, number)
            if number % 5 == 3:
                interrupt(terminal, number)
            decide(terminal, world, held, number)
            truth = states_in(world)
            live_through(terminal, number, chance)
            terminal.until(lambda truth=truth: held.states == truth, f"the truth after round {number}")
            if number % SPAN == SPAN - 1:
                rest(terminal, told)
                go_to(terminal, world, still)
                objects = count(terminal, held, counted)
                ends.append(End(load_of(terminal.process.pid), objects, kept_by(held.tasks.values()), held.events))
        decided = [each["task_id"] for each in held.operations]
        for task in decided[-LOOKED_AT:]:
            go_to(terminal, world, task)
            terminal.until(lambda task=task: not lacks(held.tasks[task], world), "the whole conversation")
        widen(terminal)
        terminal.press("escape", "escape", "escape", "0")
        states = Counter(states_in(world).values())
        assert len(states) > 4
        running = states["in_progress"] + states["pending"]
        terminal.shows(f"{running} running", f"{states['paused']} paused", f"{states['failed']} failed")
        terminal.press("q")
        terminal.insist("y", lambda: terminal.process.poll() is not None, "its end")
        assert terminal.finish() == 0
        terminal.until(lambda: terminal.modes == Modes(), "the terminal given back")
    assert len(decided) == 2 * ROUNDS
    assert held.done == happened(world)
    assert [wrong for task in held.tasks.values() for wrong in wrong_in(task, world)] == []
    before, after = ends
    assert grown(before, after) == {}
    loads = before.load, after.load
    assert after.load.memory < before.load.memory + GROWTH_MB, loads
    assert after.load.descriptors <= before.load.descriptors + 1, loads
    assert after.load.threads <= before.load.threads + 4, loads
    assert after.load.children <= before.load.children, loads
