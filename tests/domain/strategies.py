"""Generated tasks and facts for the property tests of the domain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from jjm_tui.domain.facts import SILENT, ChatFacts, FactSource, Rank, TaskFacts
from jjm_tui.domain.plans import fingerprint_steps
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import (
    DELIVERIES,
    FILE_STATUSES,
    MESSAGE_TYPES,
    ChatMessage,
    Plan,
    PlanStep,
    Provenance,
    SourceFile,
    Task,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TASK_ID = "10000000000000000003"


def at(minutes: float) -> datetime:
    """A moment ``minutes`` after noon."""
    return NOON + timedelta(minutes=minutes)


def facts(minutes: float = 0, rank: Rank = Rank.LIVE, source: str = "list", **said: Any) -> TaskFacts:
    """Facts about the test task, observed ``minutes`` after noon."""
    return TaskFacts(said.pop("task_id", TASK_ID), FactSource(rank, at(minutes), source), **said)


def plan(*titles: str, **more: Any) -> Plan:
    """A plan of steps without descriptions."""
    return Plan(fingerprint_steps([{"title": title} for title in titles]), tuple(map(PlanStep, titles)), **more)


def told(message_id: str | None, content: str, minutes: float | None = None, author: Any = "jules") -> ChatMessage:
    """A message as a server tells it."""
    return ChatMessage(content, author, None if minutes is None else at(minutes), message_id)


def sent(operation: str, content: str, minutes: float = 0, delivery: Any = "sent") -> ChatMessage:
    """A message of ours that the server has not shown yet."""
    return ChatMessage(content, "user", at(minutes), f"local:{operation}", delivery)


def whole(*messages: ChatMessage) -> ChatFacts:
    return ChatFacts(messages, "whole")


texts = st.text(max_size=12)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
whole_numbers = st.integers(0, 10**6)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
unknown_fields = st.dictionaries(st.text(max_size=6).map(lambda name: f"x_{name}"), json_values, max_size=2)

steps = st.builds(PlanStep, title=texts, description=st.none() | texts, extra=unknown_fields)
plans = st.builds(
    Plan,
    fingerprint=texts,
    steps=st.lists(steps, max_size=2).map(tuple),
    id=st.none() | texts,
    complete=st.booleans(),
    created_at=st.none() | moments,
    approved=st.none() | st.booleans(),
    extra=unknown_fields,
)
messages = st.builds(
    ChatMessage,
    content=texts,
    type=st.sampled_from(MESSAGE_TYPES),
    timestamp=st.none() | moments,
    id=st.none() | texts,
    delivery=st.none() | st.sampled_from(DELIVERIES),
    extra=unknown_fields,
)
files = st.builds(
    SourceFile,
    filename=texts,
    status=st.none() | st.sampled_from(FILE_STATUSES),
    additions=st.none() | whole_numbers,
    deletions=st.none() | whole_numbers,
    url=st.none() | texts,
    extra=unknown_fields,
)
provenances = st.builds(Provenance, rank=st.integers(0, 3), observed_at=moments, source=texts)
tasks = st.builds(
    Task,
    id=st.text(min_size=1, max_size=20),
    title=st.none() | texts,
    description=st.none() | texts,
    repository=st.none() | texts,
    branch=st.none() | texts,
    status=st.sampled_from(TaskStatus),
    status_detail=st.none() | texts,
    created_at=st.none() | moments,
    updated_at=st.none() | moments,
    waiting_since=st.none() | moments,
    synced_at=st.none() | moments,
    url=st.none() | texts,
    pull_request_url=st.none() | texts,
    failure=st.none() | texts,
    plan=st.none() | plans,
    chat_history=st.lists(messages, max_size=2).map(tuple),
    chat_truncated=st.none() | st.booleans(),
    source_files=st.none() | st.lists(files, max_size=2).map(tuple),
    archived=st.booleans(),
    archived_on_server=st.none() | st.booleans(),
    on_server=st.none() | st.booleans(),
    seen_at=st.none() | moments,
    snoozed_until=st.none() | moments,
    origin=st.none() | texts,
    provenance=st.dictionaries(texts, provenances, max_size=2),
    extra=unknown_fields,
)

# --- facts about one task, within an hour of noon, so that they meet each other

minutes = st.integers(0, 12)
near = minutes.map(at)
server_messages = st.builds(
    told,
    st.integers(0, 6).map(str),
    st.sampled_from(["yes", "Working on it.", "Which way?", "Done."]),
    minutes,
    st.sampled_from(["user", "jules"]),
)


def _unique(found: list[ChatMessage]) -> tuple[ChatMessage, ...]:
    return tuple({message.id: message for message in found}.values())


chats = st.builds(
    ChatFacts,
    st.lists(server_messages, max_size=4).map(_unique),
    st.sampled_from(["whole", "oldest", "newest", "excerpt"]),
)
sources = st.builds(FactSource, st.sampled_from(Rank), near, st.sampled_from(["list", "page", "store"]))


def or_silent(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(SILENT) | strategy


short = st.sampled_from(["a", "b", "ab"])
known_statuses = st.sampled_from([status for status in TaskStatus if status is not TaskStatus.UNKNOWN])
any_facts = st.builds(
    TaskFacts,
    id=st.just(TASK_ID),
    origin=sources,
    title=or_silent(st.none() | short),
    description=or_silent(short),
    description_cut=st.booleans(),
    repository=or_silent(st.none() | st.just("acme/webapp")),
    branch=or_silent(st.none() | short),
    status=or_silent(st.sampled_from(TaskStatus)),
    status_detail=or_silent(st.none() | short),
    created_at=or_silent(near),
    updated_at=or_silent(near),
    url=or_silent(short),
    pull_request_url=or_silent(short),
    failure=or_silent(short),
    plan=or_silent(st.none() | st.sampled_from([plan("a"), plan("b", complete=True), plan("b", approved=True)])),
    chat=or_silent(chats),
    source_files=or_silent(st.lists(short, max_size=2, unique=True).map(lambda names: tuple(map(SourceFile, names)))),
    archived_on_server=or_silent(st.booleans()),
    on_server=or_silent(st.booleans()),
)
