"""Every text field of the stored model carries evil in the canary, no decoder lets it in raw, nothing sends it on."""

from __future__ import annotations

import base64
import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

import jjm_tui.domain
import jjm_tui.tui
from jjm_tui.domain.text import clean
from jjm_tui.gateway.stderr import LastWords
from jjm_tui.gateway.wire import Handshake
from jjm_tui.ports import ResourceInfo, ToolInfo, Transcript
from jjm_tui.services.notifier import Announcement
from jjm_tui.store.document import parse_document
from jjm_tui.store.draft_file import DRAFTS, Draft
from jjm_tui.tui.notices.channels import OscChannel
from tests.services.workbench import DIALECTS, bench
from tests.tui.evil import EVIL
from tests.tui.hostile import (
    FIXED,
    STRAY_TASK,
    STRAYS,
    evil_like,
    harm_in,
    text_fields,
    texts_of,
)
from tests.tui.stage import stage
from tests.tui.visit import SETTINGS, hostile_home, hostile_store

# beyond the screen


@pytest.mark.parametrize("in_tmux", [False, True])
@pytest.mark.parametrize("osc", ["9", "99", "777"])
async def test_hostile_notification_is_one_harmless_sequence(osc: Any, in_tmux: bool) -> None:
    written: list[str] = []
    await OscChannel(written.append, osc, in_tmux).send(evil_like(Announcement))
    sequence = "".join(written)
    assert harm_in(sequence.encode()) == []
    inside = (
        sequence.removeprefix("\x1bPtmux;").removesuffix("\x1b\\").replace("\x1b\x1b", "\x1b") if in_tmux else sequence
    )
    for part in filter(None, inside.split("\x1b\\")):
        body = part.removeprefix("\x1b]")
        assert clean(body) == body
        if osc == "99":
            assert clean(told := base64.b64decode(body.rpartition(";")[2]).decode()) == told
        else:
            assert "[/foo]" in body
            assert body.count(";") == (1 if osc == "9" else 3)


# fields


def records_of(package: Any) -> list[type]:
    """The records that the modules of a package declare."""
    modules = [
        importlib.import_module(each.name) for each in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    ]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and is_dataclass(value) and value.__module__ == module.__name__
    ]


STORED = frozenset(
    {
        "Task",
        "Plan",
        "PlanStep",
        "ChatMessage",
        "SourceFile",
        "Provenance",
        "Operation",
        "TaskEvent",
        "SyncState",
        "DraftTimes",
    }
)
"""The records of the domain that stand in files. The others are made of these, or of what a person types."""


async def test_every_text_field_of_the_stored_model_carries_evil(tmp_path: Path) -> None:
    found: dict[str, list[str]] = {}
    hostile_home(tmp_path / "home")
    async with stage(tmp_path, settings=SETTINGS, prepare=hostile_store) as on:
        context = on.context
        task_ids = [*on.bench.world.session_ids(), STRAY_TASK]
        transcripts = [await context.transcripts.get(task_id) for task_id in task_ids]
        drafts = parse_document((on.bench.folder / "drafts.json").read_bytes(), DRAFTS)
        stored = (
            await context.store.list_tasks(),
            await context.outbox.list_operations(),
            await context.events.query(),
            transcripts,
            list(drafts.items()),
            [await context.store.get_sync_state(origin) for origin in (context.origin, EVIL)],
        )
    for where, text in texts_of(stored):
        found.setdefault(where, []).append(text)
    kinds = [kind for kind in records_of(jjm_tui.domain) if kind.__name__ in STORED]
    assert {kind.__name__ for kind in kinds} == STORED
    wanted = {each for kind in (*kinds, Transcript, Draft) for each in text_fields(kind)} - set(FIXED)
    assert sorted(each for each in wanted if not any("\x1b]52" in text for text in found.get(each, ()))) == []


def test_fields_that_stay_as_they_are_exist() -> None:
    kinds = [*records_of(jjm_tui.domain), Transcript, Draft]
    assert {*FIXED, *STRAYS} <= {each for kind in kinds for each in text_fields(kind)}
    assert not set(FIXED) & set(STRAYS)


LITERAL: Mapping[str, frozenset[str]] = {
    "rest": frozenset({"TaskFacts.title", "TaskFacts.description", "ChatMessage.content", "PlanStep.description"}),
    "official": frozenset({"TaskFacts.title", "TaskFacts.description", "ChatMessage.content", "PlanStep.description"}),
    "browser": frozenset({"ChatMessage.content"}),
}
"""What each family of servers tells in the person's words or in those of the agent."""


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_no_raw_text_of_a_server_enters_the_model(tmp_path: Path, dialect: str) -> None:
    workbench = bench(tmp_path / "store", dialect=dialect)
    world = workbench.world
    for session_id in world.session_ids():
        if world.get_session(session_id)["state"] == "AWAITING_PLAN_APPROVAL":
            world.change_plan(session_id, EVIL)
        if world.get_session(session_id)["state"] != "FAILED":
            world.say(session_id, EVIL)
    world.create_session(EVIL, title=EVIL)
    _, _, context = workbench.process()
    assert context.server is not None
    listing = await context.server.list_tasks()
    readings = [await context.server.get_task(session_id) for session_id in world.session_ids()]
    told = [*listing.tasks, *(each.facts for each in readings)]
    raw = {where for where, text in texts_of(told) if clean(text) != text}
    assert raw == set()
    literal = {where for where, text in texts_of(told) if "[/foo]" in text}
    assert literal >= LITERAL[dialect]


async def test_no_raw_word_of_a_server_about_itself_enters_the_model(tmp_path: Path) -> None:
    _, caller, context = bench(tmp_path / "store").process()
    server, shake_hands = context.server, caller.connect
    assert server is not None

    async def connect() -> Handshake:
        tools = (await shake_hands()).tools
        return Handshake(EVIL, EVIL, EVIL, (*tools, ToolInfo(EVIL, EVIL, {})), has_resources=True)

    async def list_resources(policy: object) -> tuple[ResourceInfo, ...]:
        return (evil_like(ResourceInfo),)

    async def read_resource(uri: str, policy: object) -> str:
        return EVIL

    for each in (connect, list_resources, read_resource):
        setattr(caller, each.__name__, each)
    await server.connect()
    words = LastWords()
    words.add(f"{EVIL}\nmore {EVIL}")
    said = [
        server.info(),
        await server.list_tools(),
        await server.list_resources(),
        await server.read_resource("x"),
        words.lines(),
    ]
    assert [where for where, text in texts_of(said) if clean(text) != text] == []
