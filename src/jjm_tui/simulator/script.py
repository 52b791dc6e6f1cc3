"""Scripts: what happens to a session and after how many simulated seconds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from jjm_tui.simulator.catalogue import Work, pick
from jjm_tui.simulator.states import State

_READING: Final = ("Explored the repository", "Read the code around it", "Looked through the history")
_UNDERWAY: Final = (
    "The plan is clear. I will start with the first step.",
    "Thank you. I am starting now and will report after every step.",
    "Starting with the parts that nothing depends on.",
)


@dataclass(frozen=True, slots=True)
class Enter:
    """The session moves to a state without an activity."""

    state: State


@dataclass(frozen=True, slots=True)
class Say:
    """Jules says something."""

    text: str


@dataclass(frozen=True, slots=True)
class Hear:
    """A person said something before the world began; it is not in the journal."""

    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Jules asks and waits for the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Propose:
    """Jules shows a plan; with ``gate`` it waits for approval. ``remark``: what a person said about the last one."""

    gate: bool
    remark: str | None = None


@dataclass(frozen=True, slots=True)
class Approve:
    """The latest plan counts as approved: by itself, or by somebody before the world began."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step is done. ``changes`` are indexes into the work's changes; ``command`` and ``media`` add artifacts."""

    title: str
    description: str | None = None
    changes: tuple[int, ...] = ()
    command: bool = False
    media: bool = False


@dataclass(frozen=True, slots=True)
class Halt:
    """Somebody paused the session in the browser."""


@dataclass(frozen=True, slots=True)
class Complete:
    """The work is done."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The session ends without a result."""

    reason: str


Effect = Enter | Say | Hear | Ask | Propose | Approve | Progress | Halt | Complete | Fail


@dataclass(frozen=True, slots=True)
class Beat:
    """An effect, ``delay`` simulated seconds after the one before."""

    delay: float
    effect: Effect


@dataclass(frozen=True, slots=True)
class Story:
    """What happened before the world began, and what is to come.

    ``past`` is spread over the time between the session's creation and ``quiet`` seconds before the world's start.
    Where it ends with a wait for a person, ``future`` is counted from when that person has decided.
    """

    past: tuple[Beat, ...]
    future: tuple[Beat, ...]
    age: float = 0.0
    quiet: float = 0.0

    def beats(self) -> tuple[Beat, ...]:
        """All beats with their real delays, counted from the creation."""
        total = sum(beat.delay for beat in self.past)
        scale = max(0.0, self.age - self.quiet) / total if total else 0.0
        past = [Beat(beat.delay * scale, beat.effect) for beat in self.past]
        waited = self.quiet if past else self.age
        future = list(self.future)
        if future and not (past and _waits_for_a_person(past[-1].effect)):
            future[0] = Beat(future[0].delay + waited, future[0].effect)
        return (*past, *future)


def _waits_for_a_person(effect: Effect) -> bool:
    match effect:
        case Propose(gate):
            return gate
        case Ask() | Halt():
            return True
        case _:
            return False


def tell_planning(rng: random.Random, work: Work, *, gate: bool) -> list[Beat]:
    """From queued to a plan. Without ``gate`` the plan approves itself."""
    beats = [Beat(rng.uniform(2.0, 4.0), Enter(State.PLANNING))]
    beats.append(Beat(rng.uniform(2.0, 4.0), Progress(pick(rng, _READING))))
    beats += [Beat(rng.uniform(1.5, 3.5), Say(text)) for text in work.thoughts]
    beats.append(Beat(rng.uniform(2.0, 4.0), Propose(gate=gate)))
    if not gate:
        beats.append(Beat(rng.uniform(0.8, 1.6), Approve()))
    return beats


def tell_work(
    rng: random.Random,
    work: Work,
    *,
    pace: tuple[float, float] = (4.0, 8.0),
    interrupt: Effect | None = None,
    interrupt_at: int | None = None,
) -> list[Beat]:
    """From an approved plan to the end. ``interrupt`` (a question, a pause, a failure) comes after that many steps."""
    beats = [Beat(rng.uniform(1.5, 3.0), Say(pick(rng, _UNDERWAY)))]
    last = len(work.progress) - 1
    for number, (title, description) in enumerate(work.progress):
        if number == interrupt_at and interrupt is not None:
            beats.append(Beat(rng.uniform(*pace), interrupt))
            if isinstance(interrupt, Fail):
                return beats
        changes = (number,) if number < len(work.changes) else ()
        shown = Progress(
            title,
            description,
            changes=changes,
            command=number == last or number % 12 == 7,
            media="screenshot" in title,
        )
        beats.append(Beat(rng.uniform(*pace), shown))
    beats.append(Beat(rng.uniform(2.0, 4.0), Say(work.summary)))
    beats.append(Beat(rng.uniform(1.0, 2.0), Complete()))
    return beats


def tell_follow_up(rng: random.Random, request: str) -> list[Beat]:
    """What a completed session does when a message re-opens it."""
    return [
        Beat(rng.uniform(1.5, 2.5), Say(acknowledge(request))),
        Beat(rng.uniform(4.0, 7.0), Progress("Made the change you asked for", "One more commit on the same branch.")),
        Beat(rng.uniform(3.0, 6.0), Progress("Ran the checks again", "Everything passes.", command=True)),
        Beat(rng.uniform(2.0, 3.0), Say("Done. The pull request is up to date.")),
        Beat(rng.uniform(0.8, 1.6), Complete()),
    ]


def acknowledge(message: str) -> str:
    """How Jules answers a message: by repeating its beginning."""
    line = next((line.strip() for line in message.splitlines() if line.strip()), "")
    return f"Understood: {line[:200]}"


def cut_after(beats: Sequence[Beat], count: int) -> tuple[tuple[Beat, ...], tuple[Beat, ...]]:
    """The first ``count`` beats and the rest."""
    return tuple(beats[:count]), tuple(beats[count:])
