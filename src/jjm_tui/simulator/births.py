"""How sessions come into a world: those of the seed, and those that somebody creates."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from jjm_tui.simulator.catalogue import Work, build_work, find_repository
from jjm_tui.simulator.journal import JournalEntry
from jjm_tui.simulator.script import Ask, Beat, Fail, Story, tell_planning, tell_work
from jjm_tui.simulator.session import SessionSpec, digest
from jjm_tui.simulator.stories import CURATED, HOSTILE, HOUR, MINUTE, open_everyday

_EVERYDAY_EVERY: Final = 7 * MINUTE
_CURATED_AGES: Final = (540, 1260, 720, 240, 7200, 12, 14400, 10800, 5700, 840, 93600, 180000)

ASK_WORD: Final = "simulate:ask"
"""In the prompt of a new session: it asks a question while it works."""
FAIL_WORD: Final = "simulate:fail"
"""In the prompt of a new session: it fails while it works."""
SHORT_WORD: Final = "simulate:short"
"""In the prompt of a new session: it is done one second after its plan was approved."""

_HASTE: Final = 0.6
"""Somebody looks on while a session is planned that was just created: the plan comes within ten seconds."""


def _rng(*parts: object) -> random.Random:
    return random.Random(":".join(map(str, parts)))  # noqa: S311 - a story, no secret


@lru_cache(maxsize=32768)
def seeded_id(seed: int, number: int) -> str:
    """The id of the n-th session of a seed: 20 digits, more than a double holds."""
    return f"1{int(digest(seed, 'session', number, size=8), 16) % 10**19:019d}"


@lru_cache(maxsize=32768)
def seeded_age(seed: int, number: int, hostile: bool) -> float:
    """How many seconds before the start the n-th session of a seed was made."""
    if hostile:
        number -= len(HOSTILE)
        if number < 0:
            return 2 * MINUTE + number * -20
    if number < len(CURATED):
        return float(_CURATED_AGES[number])
    jitter = int(digest(seed, "age", number, size=2), 16) % 300
    return 51 * HOUR + (number - len(CURATED)) * _EVERYDAY_EVERY + jitter


@lru_cache(maxsize=64)
def build_seeded(seed: int, number: int, start: datetime, *, hostile: bool) -> SessionSpec:
    """The n-th session of a seed."""
    session_id, age = seeded_id(seed, number), seeded_age(seed, number, hostile)
    rng = _rng(seed, "story", number)
    story_number = number - len(HOSTILE) if hostile else number
    opening = CURATED[story_number] if 0 <= story_number < len(CURATED) else open_everyday(rng, abs(story_number), age)
    work, story = opening.work, opening.tell(rng, opening.work)
    title, prompt = (work.title, work.prompt) if story_number >= 0 else HOSTILE[number]
    repository = work.repository_entry
    return SessionSpec(
        id=session_id,
        seed=f"{seed}:{number}",
        created=start - timedelta(seconds=age),
        prompt=prompt,
        title=title,
        repository=repository,
        branch=None if repository is None else work.branch or repository.default_branch,
        work=work,
        beats=story.beats(),
    )


def build_created(seed: int, entry: JournalEntry) -> SessionSpec:
    """A session that somebody created."""
    detail, prompt = entry.detail, entry.text
    repository = None if detail["source"] is None else find_repository(detail["source"])
    rng = _rng(seed, entry.session_id)
    work = _invent_work(rng, detail["title"], prompt, None if repository is None else repository.full_name)
    if repository is not None and detail["branch"] not in repository.branches:
        reason = f"The branch {detail['branch']!r} does not exist in {repository.full_name}."
        beats = [Beat(rng.uniform(2.0, 4.0), Fail(reason))]
    else:
        beats = _tell_created(rng, work, prompt, gate=bool(detail["approval"]))
    return SessionSpec(
        id=entry.session_id,
        seed=f"{seed}:{entry.session_id}",
        created=entry.time,
        prompt=prompt,
        title=detail["title"],
        repository=repository,
        branch=detail["branch"],
        work=work,
        beats=Story((), tuple(beats)).beats(),
        pull_request=detail["mode"] == "AUTO_CREATE_PR",
    )


def _tell_created(rng: random.Random, work: Work, prompt: str, *, gate: bool) -> list[Beat]:
    beats = [Beat(beat.delay * _HASTE, beat.effect) for beat in tell_planning(rng, work, gate=gate)]
    if SHORT_WORD in prompt:
        return [*beats, *(Beat(0.3, beat.effect) for beat in tell_work(rng, work)[-3:])]
    if FAIL_WORD in prompt:
        return [*beats, *tell_work(rng, work, interrupt=Fail(work.failure), interrupt_at=1)]
    if ASK_WORD in prompt or rng.random() < 0.25:
        return [*beats, *tell_work(rng, work, interrupt=Ask(work.question), interrupt_at=2)]
    return [*beats, *tell_work(rng, work)]


def _invent_work(rng: random.Random, title: str, prompt: str, repository: str | None) -> Work:
    area = rng.choice(("billing", "auth", "search", "mailer", "reports"))
    part = rng.choice(("models", "views", "rules", "client", "tasks"))
    return build_work(title, prompt, repository, area=area, part=part, variant=rng.randrange(1000))
