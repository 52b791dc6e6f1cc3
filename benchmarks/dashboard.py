"""The dashboard on a terminal: first page, keys while rows change, long texts, blocked loop, idle cost, memory.

The baseline of every ratio is the smallest Textual program (``baseline_app.py``) in the same run, turn by turn.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import homes
from benchmarks.baseline_app import FIRST_WORDS
from benchmarks.looking import measured, python
from benchmarks.report import Figure, median
from benchmarks.terminal import Screen, Terminal
from jjm_tui.domain.counts import count_tasks
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import heading

ROOT = Path(__file__).parents[1]

ROUNDS = 7
PRESSES = 100
PAGES = 40
OPENINGS = 3
IDLE_SECONDS = 60.0
STRESS_SECONDS = 20.0

_FRAME = "times the first frame of one Static"
_KEY = "times a key of one Static"


# --- what the dashboard shows and which keys it takes: to be changed here when it changes


@dataclass(frozen=True)
class Words:
    """What is expected on the screen."""

    cursor: str = "▌"
    """Stands in the row of the list that has the cursor."""

    shown: int = 30
    """So many first tasks of the list must show for the first page to count as there."""

    def page(self, tasks: Sequence[Task], shown: int) -> Callable[[Screen], bool]:
        """A condition: the first tasks in their order, and in the header how many need the person."""
        needing, titles = self.needing(tasks), [_title(task) for task in tasks[:shown]]

        def shows_it(screen: Screen) -> bool:
            lines = iter(screen.lines)
            return needing in screen.text and all(any(title in line for line in lines) for title in titles)

        return shows_it

    def needing(self, tasks: Sequence[Task]) -> str:
        """The header's words for all tasks that need the person."""
        return f"{count_tasks(tasks, homes.now()).needs_me} need you"

    def has_cursor(self, screen: Screen, task: Task) -> bool:
        """The cursor is on this task's row."""
        return any(self.cursor in line and _title(task) in line for line in screen.lines)

    def shows_newest_entry(self, screen: Screen) -> bool:
        """The end of the long conversation is on the screen: the last lines of its last two entries, as an overview has
        the last one as well."""
        return screen.text.count("look at the log of the nightly job") >= 2

    def shows_plan(self, screen: Screen) -> bool:
        """A step of the plan is on the screen with its description, which an overview leaves out."""
        return "Change what has to be changed" in screen.text

    def shows_diff(self, screen: Screen) -> bool:
        """The beginning of the long patch is on the screen."""
        return "module_0.py" in screen.text and "compute(" in screen.text


@dataclass(frozen=True)
class Keys:
    """What is pressed."""

    down: str = "j"
    up: str = "k"
    open_detail: str = "\r"
    next_tab: str = "]"
    tabs_to_chat: int = 2
    page_up: str = "\x1b[5~"
    page_down: str = "\x1b[6~"
    diff: str = "d"
    back: str = "\x1b"
    refresh: str = "\x12"
    quit: str = "\x03"


WORDS = Words()
KEYS = Keys()


# --- the measurements


@dataclass
class Baseline:
    """What the smallest program needed in this run. Seconds."""

    frames: list[float] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)

    @property
    def frame(self) -> float:
        return median(self.frames)

    @property
    def key(self) -> float:
        return p95(self.keys)

    def measure_frame(self) -> None:
        """One more first frame."""
        with open_baseline() as terminal:
            self.frames.append(terminal.wait_for(shows(FIRST_WORDS)) - terminal.started)
            terminal.end("q")

    def press(self, terminal: Terminal) -> None:
        """One more key, with another count as its effect."""
        self.keys.append(terminal.press("j", shows(f"hit {self.hits(terminal) + 1} times")))

    def hits(self, terminal: Terminal) -> int:
        """What the counter shows."""
        return int(terminal.screen.lines[0].split()[3])


def measure_first_pages(folder: Path) -> list[Figure]:
    """From the start of the process to the first page that is as the store wants it."""
    baseline, budgets = Baseline(), {1_000: 1.8, 10_000: 2.2}
    wanted = {count: homes.prepare_sample_home(folder / str(count), count) for count in budgets}
    orders = {count: homes.list_order(home) for count, home in wanted.items()}
    times: dict[int, list[float]] = {count: [] for count in wanted}
    for turn in range(ROUNDS + 1):
        baseline.measure_frame()
        for count, home in wanted.items():
            with open_dashboard(home) as terminal:
                with measured(f"first page, {count:_} tasks", terminal.pid, is_whole=True):
                    seconds = wait_for_page(terminal, orders[count]) - terminal.started
                leave(terminal)
            if turn > 0:  # the first round fills caches
                times[count].append(seconds)
    return [
        _ratio(f"first page, {count:_} tasks", median(times[count]), baseline.frame, _FRAME, budget)
        for count, budget in budgets.items()
    ]


def measure_keys(folder: Path) -> list[Figure]:
    """The cursor moves up and down over twenty rows while the ten rows below them change twenty times a second."""
    figures = []
    for count, budget in ((1_000, 8), (10_000, 10)):
        baseline, home = Baseline(), homes.prepare_sample_home(folder / str(count), count)
        order = homes.list_order(home)
        changing = home / "changing"
        changing.write_text(" ".join(task.id for task in order[20:30]), encoding="utf-8")
        with open_dashboard(home, changing=changing) as terminal, open_counter() as counter:
            wait_for_page(terminal, order, 20)
            terminal.watch(3)
            times = []
            what = f"key to paint, {count:_} tasks, 10 rows changing 20 times a second, p95"
            with measured(what, terminal.pid):
                for press in up_and_down(terminal, order[:20], PRESSES):
                    baseline.press(counter)
                    times.append(press())
            leave(terminal)
        figures.append(_ratio(what, p95(times), baseline.key, _KEY, budget, f"p50 {median(times) * 1000:.1f} ms"))
    return figures


def up_and_down(terminal: Terminal, order: Sequence[Task], presses: int) -> Iterator[Callable[[], float]]:
    """Presses that move the cursor by one row each, within these tasks; each answers its seconds."""
    place, step = 0, 1
    for _ in range(presses):
        step = 1 if place == 0 else -1 if place == len(order) - 1 else step
        place += step
        there = partial(WORDS.has_cursor, task=order[place])
        yield partial(terminal.press, KEYS.down if step > 0 else KEYS.up, there)
        breathe(terminal)


def measure_long_texts(folder: Path) -> list[Figure]:
    """A conversation of 1 MB and a patch of 20 000 lines of a task that was not looked at yet: until they are there,
    and each page of scrolling."""
    baseline, home = Baseline(), homes.prepare_sample_home(folder, 1_000)
    homes.add_long_conversation(home, 1_000_000)
    homes.add_long_diff(home, 20_000)
    figures = []
    for name, open_it, scroll in (
        ("a conversation of 1 MB", open_chat, KEYS.page_up),
        ("a diff of 20 000 lines", open_diff, KEYS.page_down),
    ):
        opening, scrolling = f"opening {name}", f"scrolling {name} by pages, p95"
        opened, pages = [], []
        for turn in range(OPENINGS):
            baseline.measure_frame()
            with open_dashboard(home) as terminal, open_counter() as counter:
                wait_for_page(terminal, homes.list_order(home))
                terminal.send(KEYS.down)
                terminal.watch(3)
                with measured(opening, terminal.pid):
                    opened.append(open_it(terminal))
                    terminal.settle()
                with measured(scrolling, terminal.pid):
                    for _ in range(PAGES if turn == 0 else 0):
                        baseline.press(counter)
                        pages.append(terminal.press(scroll, partial(_is_another_page, before=terminal.screen.lines)))
                        breathe(terminal)
                leave(terminal)
        figures += [
            _ratio(opening, median(opened), baseline.frame, _FRAME, 1),
            _ratio(scrolling, p95(pages), baseline.key, _KEY, 10),
        ]
    return figures


def open_chat(terminal: Terminal) -> float:
    """Seconds from the last of the keys that go to the task and open its conversation, to its end. It is pressed as
    soon as the tab before is there."""
    for key in (KEYS.up, KEYS.open_detail, *[KEYS.next_tab] * (KEYS.tabs_to_chat - 1)):
        terminal.send(key)
    terminal.wait_for(WORDS.shows_plan)
    return terminal.press(KEYS.next_tab, WORDS.shows_newest_entry)


def open_diff(terminal: Terminal) -> float:
    """Seconds from the last of the keys, typed at once, that go to the task and open its changes, to these."""
    terminal.send(KEYS.up)
    return terminal.press(KEYS.diff, WORDS.shows_diff)


def measure_blocking(folder: Path) -> list[Figure]:
    """500 tasks of a world that runs fast, asked every second, while keys are pressed that go from conversation to
    conversation, and refreshes asked for."""
    home = homes.prepare_world_home(folder / "fast", 500, speed=60.0, interval=1.0)
    what, probe = "longest pause of the event loop, 500 tasks, refresh and stream", folder / "gaps.json"
    with open_dashboard(home, JJM_LOOP_PROBE=str(probe)) as terminal:
        terminal.wait_for(shows(WORDS.cursor))
        for _ in range(KEYS.tabs_to_chat):
            terminal.send(KEYS.next_tab)
        terminal.watch(3)
        with measured(what, terminal.pid):
            began = homes.now().timestamp()
            while homes.now().timestamp() < began + STRESS_SECONDS:
                for key in (KEYS.down, KEYS.down, KEYS.up, KEYS.refresh):
                    terminal.send(key)
                    terminal.watch(0.15)
            ended = homes.now().timestamp()
        leave(terminal)
    found = json.loads(probe.read_text(encoding="utf-8"))
    gaps = [gap for gap in found["gaps"] if began <= gap["wall"] <= ended]
    gaps.sort(key=lambda gap: gap["own_ms"], reverse=True)
    longest = max((gap["own_ms"] for gap in gaps), default=0.0)
    over = [gap for gap in gaps if gap["own_ms"] > 30]
    return [
        Figure(what, longest, "ms", 30, _tell_gaps(over)),
        Figure(f"pauses above 30 ms in {STRESS_SECONDS:.0f} s of that", len(over), "pauses", 0),
    ]


def _tell_gaps(gaps: Sequence[Mapping[str, Any]]) -> str:
    """The three longest in words."""
    return "; ".join(
        f"{gap['own_ms']:.0f} ms ({gap['loop_ms']:.0f} loop, {gap['process_ms']:.0f} process, "
        f"{gap['gc_ms']:.0f} garbage) " + " < ".join(gap["where"][:2])
        for gap in gaps[:3]
    )


def measure_idle(folder: Path) -> list[Figure]:
    """Processor time of the dashboard's process while nothing happens, with the terminal focused and not."""
    home = homes.prepare_world_home(folder / "still", 500, speed=0.0, interval=15.0)
    figures = []
    with open_dashboard(home) as terminal:
        terminal.wait_for(shows(WORDS.cursor))
        terminal.watch(20)
        for name, focus, budget in (("focused", "\x1b[I", 1.0), ("unfocused", "\x1b[O", 0.3)):
            terminal.send(focus)
            terminal.watch(3)
            what = f"idle, 500 tasks, {name}"
            with measured(what, terminal.pid):
                before, written = terminal.cpu_seconds, terminal.written
                terminal.watch(IDLE_SECONDS)
                percent = (terminal.cpu_seconds - before) / IDLE_SECONDS * 100
            detail = f"{(terminal.written - written) / IDLE_SECONDS:.0f} bytes written per second"
            figures.append(Figure(what, percent, "% of a processor", budget, detail))
        leave(terminal)
    return figures


def measure_memory(folder: Path) -> list[Figure]:
    """With many tasks, and with long conversations."""
    big = homes.prepare_sample_home(folder / "big", 10_000)
    talkative = homes.prepare_sample_home(folder / "talkative", 500)
    homes.add_activities(talkative, 200)
    return [
        _memory("10 000 tasks", big, 250),
        _memory("500 tasks with 200 activities each", talkative, 150),
    ]


def _memory(what: str, home: Path, budget: float) -> Figure:
    """Resident memory after a walk through fifty tasks, their conversations open."""
    with open_dashboard(home) as terminal:
        wait_for_page(terminal, homes.list_order(home))
        terminal.watch(5)
        before = terminal.memory_mb
        for _ in range(KEYS.tabs_to_chat):
            terminal.send(KEYS.next_tab)
            terminal.settle()
        for _ in range(50):
            terminal.send(KEYS.down)
            terminal.watch(0.1)
        terminal.settle()
        memory = terminal.memory_mb
        leave(terminal)
    return Figure(f"memory, {what}", memory, "MB", budget, f"{before:.0f} MB before looking around")


# --- programs


def open_baseline() -> Terminal:
    """The smallest program."""
    return Terminal([sys.executable, "-m", "benchmarks.baseline_app"], _environ(), ROOT)


@contextmanager
def open_counter() -> Iterator[Terminal]:
    """The smallest program, ready for keys; pressed turn by turn with the dashboard, so that both meet one load."""
    with open_baseline() as terminal:
        terminal.wait_for(shows(FIRST_WORDS))
        yield terminal


@contextmanager
def open_dashboard(home: Path, *, changing: Path | None = None, **variables: str) -> Iterator[Terminal]:
    """The dashboard over this home. ``changing``: a file with the ids of rows that change twenty times a second."""
    program = ["jjm_tui"] if changing is None else ["benchmarks.changing_dashboard", str(changing)]
    remembered = home / "data" / "default" / "dashboard.json"
    remembered.unlink(missing_ok=True)
    with Terminal(python(*program), {**_environ(), "JJM_HOME": str(home), **variables}, ROOT) as terminal:
        yield terminal


def wait_for_page(terminal: Terminal, order: Sequence[Task], shown: int = WORDS.shown) -> float:
    """When the first page was there, as the store wants it: counts, and so many rows."""
    return terminal.wait_for(WORDS.page(order, shown))


def leave(terminal: Terminal) -> None:
    """Quit as a person does."""
    terminal.end(KEYS.quit)


def breathe(terminal: Terminal) -> None:
    """The pause between two keys of a fast hand; keys without any would wait for Textual's next frame (1/60 s)."""
    terminal.watch(random.uniform(0.04, 0.08))  # noqa: S311


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 stay below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def shows(words: str) -> Callable[[Screen], bool]:
    """A condition: these words are on the screen."""
    return lambda screen: words in screen.text


def _is_another_page(screen: Screen, before: Sequence[str]) -> bool:
    """The middle of the screen is another one; at the edges clocks and ages move by themselves."""
    return screen.lines[8:-4] != before[8:-4]


def _environ() -> dict[str, str]:
    """As an installed program on a plain terminal has it."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _title(task: Task) -> str:
    """The start of the title as every list shows it, with a blank so that 1 is not found in 10."""
    words = heading(task.title, task.description).split(" ")
    return " ".join(words[:3]) + " "


def _ratio(what: str, seconds: float, base: float, unit: str, budget: float, more: str = "") -> Figure:
    detail = f"{seconds * 1000:.1f} ms against {base * 1000:.1f} ms"
    return Figure(
        what.replace("_", " "), seconds / base, unit, budget, " · ".join(part for part in (detail, more) if part)
    )
