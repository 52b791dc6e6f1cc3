"""Whatever a server answers: typed errors or facts, and never a control character in what comes out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jjm_tui.domain.text import clean
from jjm_tui.errors import JulesManagerError
from jjm_tui.gateway.dialects import browser_text
from jjm_tui.gateway.dialects.arguments import read_schema
from jjm_tui.ports import CreateRequest, DiffReading, TaskReading, ToolAnswer, ToolInfo
from jjm_tui.settings.secrets import masked
from tests.gateway.dialects.replay import FakeCaller, Written, load, serve, tool_infos

DIALECTS = ("rest", "official", "text", "browser")
TASK = "1111111111111111111"
KEYS = [
    "sessions",
    "activities",
    "sources",
    "id",
    "name",
    "prompt",
    "title",
    "state",
    "sourceContext",
    "source",
    "githubRepoContext",
    "startingBranch",
    "createTime",
    "updateTime",
    "url",
    "outputs",
    "pullRequest",
    "changeSet",
    "gitPatch",
    "unidiffPatch",
    "archived",
    "originator",
    "description",
    "artifacts",
    "agentMessaged",
    "agentMessage",
    "userMessaged",
    "userMessage",
    "planGenerated",
    "plan",
    "steps",
    "index",
    "planApproved",
    "planId",
    "sessionFailed",
    "reason",
    "githubRepo",
    "owner",
    "repo",
    "defaultBranch",
    "displayName",
    "branches",
    "nextPageToken",
    "results",
    "type",
    "message",
    "status",
    "pendingPlan",
    "lastActivity",
    "activityId",
    "pr",
    "success",
    "data",
    "error",
    "valid",
    "chatHistory",
    "content",
    "sourceFiles",
    "result",
]
NOISE = st.sampled_from(
    [
        "\x1b[31m",
        "\x1b]52;c;aGk=\x07",
        "\x9b2J",
        "\u202e",
        "\r",
        "\x00",
        "\u2028",
        "\ud800",
        "[/x]",
        "\n",
        TASK,
        "sessions/" + TASK,
    ]
)
WORDS = st.one_of(
    st.text(max_size=20),
    st.lists(NOISE, min_size=1, max_size=4).map("".join),
    st.sampled_from(
        [TASK, "COMPLETED", "failed", "stable", "busy", "2026-11-19T11:00:00Z", "sources/github/a/b", "https://x.y/z"]
    ),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=True),
    WORDS,
    st.just(int(TASK)),
    st.just([]),
    st.just({}),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(KEYS), WORDS), inner, max_size=6)
    ),
    max_leaves=25,
)


def recorded_texts(dialect: str) -> list[str]:
    texts = []
    for situation in ("steps", "hostile", "browser"):
        if (dialect == "browser") or situation != "browser":
            for step in load(f"{dialect}/{situation}"):
                for block in step.get("result", {}).get("content", []):
                    texts.append(block["text"][:3000].replace("10000000000000000003", TASK))
    return texts


TEXTS = {dialect: recorded_texts(dialect) for dialect in DIALECTS}


@st.composite
def mutated(draw: st.DrawFn, dialect: str) -> str:
    """A recorded text with a piece cut out, doubled, or noise put in."""
    text = draw(st.sampled_from(TEXTS[dialect]))
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 200)))
        piece = draw(st.one_of(st.just(""), st.just(text[start:end] * 2), NOISE, WORDS))
        text = text[:start] + piece + text[end:]
    return text


def answers(dialect: str) -> st.SearchStrategy[ToolAnswer]:
    dumped = VALUES.map(lambda value: ToolAnswer(json.dumps(value)))
    structured = VALUES.map(lambda value: ToolAnswer("", value))
    texts = st.builds(ToolAnswer, mutated(dialect), st.none(), st.booleans())
    return st.one_of(dumped, structured, texts, texts)


def assert_clean(value: object, where: str) -> None:
    """Every text that people may see is clean; transcripts, patches and diffs stay as the server gave them."""
    if isinstance(value, str):
        assert value == clean(value), f"{where}: {value!r}"
    elif isinstance(value, Enum):
        return
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if isinstance(value, TaskReading) and field.name in ("activities", "patch"):
                continue
            if isinstance(value, DiffReading) and field.name == "text":
                continue
            assert_clean(getattr(value, field.name), f"{where}.{field.name}")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            assert_clean(key, where)
            assert_clean(item, f"{where}.{key}")
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            assert_clean(item, where)


async def use_everything(dialect: str, respond: Callable[[str, Mapping[str, Any]], ToolAnswer], store: str) -> int:
    """Call every operation; answer how many of them ended without an error."""
    resources = {"jules://current/active-tasks": store}
    server = serve(FakeCaller(tool_infos(load(f"{dialect}/steps")), respond, resources=resources))
    request = CreateRequest("Do it", "acme/webapp")
    written = Written()
    calls: list[Callable[[], Any]] = [
        server.list_tasks,
        lambda: server.get_task(TASK),
        lambda: server.get_diff(TASK),
        server.list_repositories,
        lambda: server.plan_create(request),
        lambda: server.create_task(request, written=written),
        lambda: server.send_message(TASK, "hello", written=written),
        lambda: server.approve_plan(TASK, written=written),
        lambda: server.resume_task(TASK, "go on", written=written),
        lambda: server.call_tool(server.info().tools[0], {}),
    ]
    good = 0
    for call in calls:
        try:
            result = await call()
        except JulesManagerError as error:
            assert_clean([error.message, error.hint or "", error.context], type(error).__name__)
        else:
            assert_clean(
                dataclasses.replace(result, structured=None) if isinstance(result, ToolAnswer) else result, "result"
            )
            good += 1
    assert written.count <= 4
    return good


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_answer_gives_facts_or_typed_errors(dialect: str, data: st.DataObject) -> None:
    pool = data.draw(st.lists(answers(dialect), min_size=1, max_size=4))
    store = json.dumps(data.draw(VALUES))
    turn = iter(range(10_000))

    def respond(tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        return pool[next(turn) % len(pool)]

    anyio.run(use_everything, dialect, respond, store)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_deep_and_huge_answers_end_in_time(dialect: str) -> None:
    for body in (
        "[" * 100_000,
        '{"a":' * 100_000,
        "\n" * 100_000,
        "1. " * 50_000,
        "   ID: 1\n" * 20_000,
        "- " * 60_000,
        "9" * 90_000,
    ):
        for prefix in (
            "",
            "Jules Tasks (1 of 1 total):\n\n",
            "Your Jules sessions (1):\n\n",
            "Session: ",
            "Task Details (1):\n\n",
        ):
            answer = ToolAnswer(prefix + body)
            anyio.run(use_everything, dialect, lambda tool, arguments, answer=answer: answer, body)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_recorded_texts_as_they_are_serve_some_operations(dialect: str) -> None:
    served = 0
    for text in TEXTS[dialect]:
        served += anyio.run(use_everything, dialect, lambda tool, arguments, text=text: ToolAnswer(text), "[]")
    assert served > len(TEXTS[dialect])


def test_texts_made_to_be_searched_again_and_again_are_read_once() -> None:
    """Each took minutes once, as time grew with the square of its length."""
    blanks = " " * 200_000
    listing = f"Jules Tasks (1 of 1 total):\n\n1 - t\n  Repository: r\n  Status: s\n  Created: c\n  URL: {blanks}x\ny"
    assert browser_text.parse_list(listing).records == ()
    schema = {"type": "object", "properties": {"id": {"type": "string", "description": "no" + "'" * 200_000}}}
    assert read_schema(ToolInfo("get", None, schema)).id_form("id") == ("bare", False)
    assert masked("eyJ" * 600_000) == "eyJ" * 600_000
