"""An hour of a person's life with 500 tasks, in a few minutes: nothing grows, nothing is wrong at the end.

The world is stepped five minutes at a time while the dashboard looks on: its server is killed, restarted, answers
errors, prints garbage and comes back; the window changes its size, filters are typed, questions answered and plans
approved. From then on the world stands still, and only the person and the server's troubles go on. At the end what the
dashboard holds must be what the world's own records make of it.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from jjm_tui.simulator.world import World
from tests.cli.program import Program
from tests.soak.truth import Held, happened, lacks, states_in, wrong_in
from tests.tui.terminal_stage import Modes, TerminalStage, read_stat

TASKS = 500
ROUNDS = 30
STEP = 300.0
"""Simulated seconds of a round."""
SETTLED = 12
"""Rounds in which the world moves; in those after them only the person does, so that nothing more has to be kept."""
WARM = 16
"""The round from which on memory is looked at: by then everything was opened, and read into memory, that ever is."""
SPAN = 4
"""The first and the last rounds from there on are compared, by the least that was held in each span."""
GROWTH_MB = 40
"""What memory may grow by between the two spans: the collector lets 25 MB of garbage be before it looks at everything.
Seen: less than 1 to 10, and 35 when more happened at once."""
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


def processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def load_of(pid: int) -> Load:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    children = sum(
        read_stat(entry.name)[1:2] == [str(pid)] for entry in Path("/proc").iterdir() if entry.name.isdigit()
    )
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Load(int(fields["VmRSS"].split()[0]) / 1024, descriptors, int(fields["Threads"]), children)


def least(loads: list[Load]) -> Load:
    """The least of each."""
    return Load(
        min(each.memory for each in loads),
        min(each.descriptors for each in loads),
        min(each.threads for each in loads),
        min(each.children for each in loads),
    )


def servers_of(pid: int) -> list[int]:
    """The servers that a dashboard has started."""
    return [
        int(entry.name)
        for entry in processes()
        if read_stat(entry.name)[1:2] == [str(pid)] and b"jjm_tui.simulator" in (entry / "cmdline").read_bytes()
    ]


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
@pytest.mark.timeout(600)
def test_hour_with_faults_leaves_nothing_behind_and_nothing_wrong(tmp_path: Path) -> None:
    path, told = tmp_path / "world.json", tmp_path / "collected"
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
    argv = [python, "-m", "tests.soak.watched", str(told), *words]
    chance = random.Random(11)
    with TerminalStage(argv, program.environ, columns=160, rows=45) as terminal:
        terminal.shows("connected", "NEEDS YOU")
        held = Held(*(tmp_path / "home").rglob("tasks.json"))
        loads: list[Load] = []
        for number in range(ROUNDS):
            if number < SETTLED:
                world.step(STEP)
            if number % 5 == 3:
                interrupt(terminal, number)
            if number < SETTLED:
                decide(terminal, world, held, number)
            truth = states_in(world)
            live_through(terminal, number, chance)
            if number % 2:
                rest(terminal, told)
            terminal.until(lambda truth=truth: held.states == truth, f"the truth after round {number}")
            if number >= WARM:
                loads.append(load_of(terminal.process.pid))
        decided = [each["task_id"] for each in held.operations]
        for task in decided[-LOOKED_AT:]:
            go_to(terminal, world, task)
            terminal.until(lambda task=task: not lacks(held.tasks[task], world), "the whole conversation")
        widen(terminal)
        terminal.press("escape", "escape", "escape", "0")
        counts = Counter(states_in(world).values())
        assert len(counts) > 4
        running = counts["in_progress"] + counts["pending"]
        terminal.shows(f"{running} running", f"{counts['paused']} paused", f"{counts['failed']} failed")
        terminal.press("q")
        terminal.insist("y", lambda: terminal.process.poll() is not None, "its end")
        assert terminal.finish() == 0
        assert terminal.modes == Modes()
    assert len(decided) == 2 * SETTLED
    assert held.done == happened(world)
    assert [wrong for task in held.tasks.values() for wrong in wrong_in(task, world)] == []
    before, after = least(loads[:SPAN]), least(loads[-SPAN:])
    assert after.memory < before.memory + GROWTH_MB, loads
    assert after.descriptors <= before.descriptors + 1, loads
    assert after.threads <= before.threads + 4, loads
    assert after.children <= before.children, loads
