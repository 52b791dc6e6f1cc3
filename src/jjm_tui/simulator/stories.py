"""The sessions that a world starts with: twelve curated ones, then as many everyday ones as wanted."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jjm_tui.simulator import more_works, works
from jjm_tui.simulator.catalogue import Work, build_chore
from jjm_tui.simulator.script import (
    Ask,
    Beat,
    Enter,
    Fail,
    Halt,
    Hear,
    Propose,
    Say,
    Story,
    cut_after,
    tell_planning,
    tell_work,
)

MINUTE: Final = 60.0
HOUR: Final = 3600.0
MARATHON_PACE: Final = (2.5, 4.5)


@dataclass(frozen=True, slots=True)
class Opening:
    """How a session stands when the world begins."""

    work: Work
    tell: Callable[[random.Random, Work], Story]


def _count(beats: list[Beat], kind: type) -> int:
    """How many beats there are up to and including the first of a kind."""
    return next(number for number, beat in enumerate(beats, 1) if isinstance(beat.effect, kind))


def _approved(rng: random.Random, work: Work) -> list[Beat]:
    return tell_planning(rng, work, gate=False)


def queued(age: float) -> Callable[[random.Random, Work], Story]:
    """Just made; everything is still to come."""

    def tell(rng: random.Random, work: Work) -> Story:
        beats = [*tell_planning(rng, work, gate=True), *tell_work(rng, work)]
        return Story((), tuple(beats), age)

    return tell


def planning(age: float, quiet: float) -> Callable[[random.Random, Work], Story]:
    """Reading the code; a plan comes within seconds."""

    def tell(rng: random.Random, work: Work) -> Story:
        beats = [*tell_planning(rng, work, gate=True), *tell_work(rng, work)]
        past, future = cut_after(beats, _count(beats, Enter) + 1)
        return Story(past, future, age, quiet)

    return tell


def plan_waiting(age: float, quiet: float, remark: str | None = None) -> Callable[[random.Random, Work], Story]:
    """A plan waits for approval; with ``remark`` it is the second one, made after a person said something."""

    def tell(rng: random.Random, work: Work) -> Story:
        beats = tell_planning(rng, work, gate=remark is None)
        if remark is not None:
            beats = [*beats[:-1], Beat(8.0, Hear(remark)), Beat(2.0, Say("I will change the plan accordingly."))]
            beats.append(Beat(6.0, Propose(gate=True, remark=remark)))
        return Story(tuple(beats), tuple(tell_work(rng, work)), age, quiet)

    return tell


def running(
    age: float, quiet: float, done: int, pace: tuple[float, float] = (4.0, 8.0)
) -> Callable[[random.Random, Work], Story]:
    """At work, with ``done`` steps behind it."""

    def tell(rng: random.Random, work: Work) -> Story:
        before = _approved(rng, work)
        after = tell_work(rng, work, pace=pace)
        past, future = cut_after([*before, *after], len(before) + 1 + done)
        return Story(past, future, age, quiet)

    return tell


def asking(age: float, quiet: float) -> Callable[[random.Random, Work], Story]:
    """Waiting for an answer after two steps."""

    def tell(rng: random.Random, work: Work) -> Story:
        before = _approved(rng, work)
        for answer in work.answers:
            before.append(Beat(4.0, Hear(answer)))
        interrupt_at = min(2, len(work.progress) - 1)
        after = tell_work(rng, work, interrupt=Ask(work.question), interrupt_at=interrupt_at)
        past, future = cut_after([*before, *after], len(before) + _count(after, Ask))
        return Story(past, future, age, quiet)

    return tell


def paused(age: float, quiet: float) -> Callable[[random.Random, Work], Story]:
    """Paused in the browser after a few steps."""

    def tell(rng: random.Random, work: Work) -> Story:
        before = _approved(rng, work)
        after = tell_work(rng, work, interrupt=Halt(), interrupt_at=min(3, len(work.progress) - 1))
        past, future = cut_after([*before, *after], len(before) + _count(after, Halt))
        return Story(past, future, age, quiet)

    return tell


def failed(age: float, quiet: float) -> Callable[[random.Random, Work], Story]:
    """Ended without a result."""

    def tell(rng: random.Random, work: Work) -> Story:
        after = tell_work(rng, work, interrupt=Fail(work.failure), interrupt_at=len(work.progress) - 1)
        return Story((*_approved(rng, work), *after), (), age, quiet)

    return tell


def completed(age: float, quiet: float) -> Callable[[random.Random, Work], Story]:
    """Done; where the work has ``answers``, a person took part in the conversation."""

    def tell(rng: random.Random, work: Work) -> Story:
        beats = tell_work(rng, work)
        for number, answer in enumerate(work.answers):
            at = 2 + number * 3
            beats[at:at] = [Beat(5.0, Hear(answer)), Beat(3.0, Say(_reply(rng, number)))]
        return Story((*_approved(rng, work), *beats), (), age, quiet)

    return tell


def _reply(rng: random.Random, number: int) -> str:
    return (
        "Agreed, no sleeps. I wait on the writer itself:\n\n```python\nupload.writer.join()\n```",
        f"On 3.11, 3.12 and 3.13, {rng.randrange(2, 6)} runs each. All of them are green.",
    )[number % 2]


CURATED: Final[tuple[Opening, ...]] = (
    Opening(works.STRICT_TYPES, running(9 * MINUTE, 2, 36, MARATHON_PACE)),
    Opening(works.UPGRADE_ORM, plan_waiting(21 * MINUTE, 18 * MINUTE)),
    Opening(works.NIGHTLY_JOB, asking(12 * MINUTE, 7 * MINUTE)),
    Opening(works.DARK_MODE, running(4 * MINUTE, 1, 1, (6.0, 9.0))),
    Opening(
        more_works.SPLIT_CI,
        plan_waiting(2 * HOUR, 70 * MINUTE, "Please keep the name of the workflow, other rules refer to it."),
    ),
    Opening(more_works.RATE_LIMIT, planning(12, 3)),
    Opening(more_works.LEGACY_MODULE, completed(4 * HOUR, 3 * HOUR)),
    Opening(more_works.PORT_TO_RUST, failed(3 * HOUR, 2 * HOUR)),
    Opening(more_works.TRANSLATE, paused(95 * MINUTE, 45 * MINUTE)),
    Opening(works.LINK_CHECK, running(14 * MINUTE, 1, 58, MARATHON_PACE)),
    Opening(more_works.HAIKU, completed(26 * HOUR, 25.9 * HOUR)),
    Opening(more_works.FLAKY_TEST, completed(50 * HOUR, 47 * HOUR)),
)


def open_everyday(rng: random.Random, number: int, age: float) -> Opening:
    """One of the sessions after the curated ones; the newer, the more likely it is still under way."""
    work = build_chore(rng)
    active = 0.5 if number < 60 else 0.25 if number < 500 else 0.08
    quiet = rng.uniform(0.2, 0.9) * age
    if rng.random() >= active:
        return Opening(work, failed(age, quiet) if rng.random() < 0.12 else completed(age, quiet))
    kind = rng.random()
    if kind < 0.25:
        return Opening(work, plan_waiting(age, quiet))
    if kind < 0.4:
        return Opening(work, asking(age, quiet))
    if kind < 0.5:
        return Opening(work, paused(age, quiet))
    return Opening(_lengthen(rng, work), running(age, rng.uniform(0.5, 20.0), rng.randrange(5, 30), (8.0, 30.0)))


def _lengthen(rng: random.Random, work: Work) -> Work:
    """The same work with many more steps, so that a large world keeps moving."""
    from dataclasses import replace

    rounds = rng.randrange(40, 120)
    more = tuple(
        (f"Worked on case {number} of {rounds}", "Checked against production data.") for number in range(rounds)
    )
    return replace(work, progress=(*work.progress, *more))


HOSTILE: Final[tuple[tuple[str | None, str], ...]] = (
    ("\x1b[31mred\x1b[0m \x1b]0;owned\x07 title", "Escape \x1b[2J sequences \x9b31m in the prompt"),
    ("[bold]markup[/bold] [/] [@click=app.quit]click[/] [link=https://example.org]x[/link]", "[/foo] [x] and [red]"),
    ("line one\n  Status: completed\nline three", "A title with line breaks"),
    ("x" * 500, "p" * 5000),
    ("\u202eright to left\u202c \u2028 separators \U000e0041 tags", "Bidirectional overrides"),
    ("日本語のタイトル 🐙👩‍👩‍👧 café", "Wide and joined characters"),
    (None, "No title at all"),
)
"""Titles and prompts that a careless client draws wrongly."""
