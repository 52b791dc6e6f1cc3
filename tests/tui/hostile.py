"""Text that does harm where it is drawn carelessly, put into every field of the model, and how to find it again."""

from __future__ import annotations

import builtins
import collections.abc
import dataclasses
import itertools
import json
import sys
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App

from jjm_tui.domain.draft_keys import message_key
from jjm_tui.domain.events import EventType
from jjm_tui.domain.text import clean
from jjm_tui.store.transcripts import transcript_name
from tests.tui.evil import EVIL, PATCH, PATCHES, SEQUENCES

T = TypeVar("T")

RAW = (
    b"\x1b]52",
    b"\x1b]0;owned",
    b"48;5;201",
    b"4242z",
    b"4243z",
    b"\xc2\x9b",
    b"\xc2\x9d",
    b"\xc2\x9c",
    "\u202e".encode(),
    "\u2066".encode(),
)
"""What must never reach a terminal; each is in ``SEQUENCES`` and in nothing of ours."""

FIXED: Mapping[str, str] = {
    "Task.status": "a word of ours",
    "ChatMessage.type": "a word of ours",
    "ChatMessage.delivery": "a word of ours",
    "SourceFile.status": "a word of ours",
    "Operation.kind": "a word of ours",
    "Operation.state": "a word of ours",
    "TaskEvent.type": "a word of ours",
}
"""Fields of text that hold nothing but words of ours, or the record is not read at all."""

STRAY_TASK, FAR_TASK = f"stray{EVIL}", f"far{EVIL}"
STRAY_OPERATION, LOST_OPERATION = f"op{EVIL}", f"lost{EVIL}"
STRAYS: Mapping[str, str] = {
    "Task.id": "finds the task",
    "Task.origin": "has to be the server's for the task to be shown as its own",
    "Task.provenance": "its keys are names of fields",
    "Plan.fingerprint": "compared, never shown",
    "Plan.approved_instead": "compared, never shown",
    "Operation.id": "finds the operation",
    "Operation.origin": "finds the server",
    "Operation.task_id": "finds the task",
    "Operation.owner": "finds the process",
    "Operation.baseline": "compared, never shown",
    "TaskEvent.task_id": "finds the task",
    "Transcript.task_id": "finds the task",
    "SyncState.origin": "finds the server",
    "Draft.key": "finds the task",
    "Draft.extra": "kept, never read",
    "DraftTimes.typed_at": "compared, never shown",
}
"""Fields of text that carry evil only in records of their own, which nothing finds, and why: the others are found by
theirs. All fields in none of both carry evil everywhere."""

_BY_NAME = frozenset(
    {"id", "task_id", "key", "owner", "kind", "type", "state", "status", "origin", "delivery", "fingerprint"}
    | {"provenance", "baseline", "from", "to", "known_ids", "schema_version", "whole", "approved", "complete"}
    | {
        "at",
        "read_at",
        "patch_read_at",
        "begun_at",
        "typed_at",
        "file_id",
        "created_at",
        "finished_at",
        "sent_at",
        "updated_at",
        "waiting_since",
        "synced_at",
    }
    | {"timestamp", "seen_at", "snoozed_until", "createTime", "observed_at", "next_sync_at"}
)
"""Names in files whose values are words of ours, times, or the names of other records."""
_RECORDS = frozenset({"tasks", "plan", "steps", "chat_history", "source_files", "operations", "drafts"})
"""Lists of records, which may have fields that a newer version wrote."""
_URLS = frozenset({"url", "pull_request_url"})
_ABSENT = ("title", "status_detail", "failure", "url", "pull_request_url", "branch", "repository", "description")
"""Fields of a task that are often empty."""


def evil(value: str = "", *, mark: str = "", first: bool = True) -> str:
    """The text with evil around it: before it, as long ones are cut, and behind it, as of paths the end is shown."""
    return f"{mark}{EVIL} {value}{SEQUENCES}" if first else f"{value}{EVIL}"


def mark_of(field: str) -> str:
    """How the text of a field begins: ``title`` is told from ``failure`` on the screen."""
    return f"«{field}»"


def poisoned(data: Any, name: str = "") -> Any:
    """The same JSON with evil in every free text of it, at whatever depth."""
    if isinstance(data, dict):
        later = {"later": EVIL} if name in _RECORDS else {}
        return {each: value if each in _BY_NAME else poisoned(value, each) for each, value in data.items()} | later
    if isinstance(data, list):
        return [poisoned(each, name) for each in data]
    if name in PATCHES and isinstance(data, str):
        return f"{data.rstrip()}{PATCH}"
    if isinstance(data, str):
        return evil(data, mark=mark_of(name), first=name not in _URLS)
    return data


def poison_file(path: Path, *, change: Callable[[Any], Any] = poisoned) -> None:
    """Edit a JSON file by hand: nothing of the program has a look at what it writes."""
    if path.exists():
        path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")


def poisoned_tasks(data: Any) -> Any:
    """A whole task file: every text of every task, also those that were not known, and a task with an evil id."""
    made = poisoned(data)
    for task in made["tasks"]:
        for name in _ABSENT:
            task[name] = task.get(name) or evil(mark=mark_of(name), first=name not in _URLS)
        for message in task["chat_history"]:
            message["id"] = message["id"] and evil(message["id"])
        for source in (task["source_files"] or ())[::2]:
            source["url"] = source.get("url") or evil("https://github.com/x/", first=False)
        task["provenance"] = {name: [*each[:2], EVIL] for name, each in task["provenance"].items()}
        if task["plan"] is not None:
            task["plan"]["id"] = evil(mark=mark_of("plan"))
    stray = {**made["tasks"][0], "id": STRAY_TASK, "origin": None, "on_server": None, "status": "unknown"}
    plan = {"fingerprint": EVIL, "approved_instead": EVIL, "steps": [{"title": EVIL}]}
    far = {"id": FAR_TASK, "title": EVIL, "origin": EVIL, "status": "unknown", "plan": plan}
    made["tasks"] += [stray, {**far, "provenance": {EVIL: [1, "2026-11-20T08:00:00Z", EVIL]}}]
    for sync in made["sync"].values():
        sync["polling_stopped"] = EVIL
    made["sync"][EVIL] = {"synced_at": "2026-11-20T08:00:00Z", "polling_stopped": EVIL}
    return made


def poison_store(folder: Path) -> None:
    """Everything in a folder of stores: tasks, operations, drafts, history, conversations."""
    poison_file(folder / "tasks.json", change=poisoned_tasks)
    task_ids = [task["id"] for task in json.loads((folder / "tasks.json").read_text("utf-8"))["tasks"]]
    for name, records in (("outbox", _operations(task_ids)), ("drafts", _drafts(task_ids))):
        if not (folder / f"{name}.json").exists():
            kind = "operations" if name == "outbox" else name
            (folder / f"{name}.json").write_text(json.dumps({"schema_version": 1, kind: records}), "utf-8")
    for name, kind, strays in (("outbox", "operations", _stray_operations()), ("drafts", "drafts", _stray_drafts())):
        poison_file(folder / f"{name}.json", change=lambda data, kind=kind, strays=strays: _joined(data, kind, strays))
    for path in (folder / "activities").glob("*.json"):
        poison_file(path)
    said = {"type": "user", "content": EVIL}
    stray = {"task_id": STRAY_TASK, "patch": EVIL, "messages": [said], "activities": [{EVIL: EVIL}]}
    (folder / "activities").mkdir(exist_ok=True)
    (folder / "activities" / transcript_name(STRAY_TASK)).write_text(json.dumps(stray), "utf-8")
    events = folder / "events.jsonl"
    lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()] if events.exists() else []
    lines += _events(task_ids)
    events.write_text("".join(json.dumps(poisoned_event(line)) + "\n" for line in lines), "utf-8")


def _joined(data: Any, kind: str, strays: Sequence[dict[str, Any]]) -> Any:
    """The same file with evil in its free texts, and with records more."""
    made = poisoned(data)
    return {**made, kind: [*made[kind], *strays]}


def _stray_operations() -> list[dict[str, Any]]:
    """Operations that nothing of ours made: one over, one that may have arrived, one whose process is gone."""
    at = "2026-11-20T08:31:00Z"
    texts = {"payload": {"text": EVIL}, "baseline": {EVIL: EVIL}, "message": EVIL, "owner": EVIL, "created_at": at}
    return [
        {**texts, "id": STRAY_OPERATION, "kind": "message", "state": "refused", "origin": EVIL, "task_id": STRAY_TASK},
        {**texts, "id": LOST_OPERATION, "kind": "approve", "state": "unconfirmed", "origin": EVIL, "task_id": FAR_TASK},
        {**texts, "id": f"dead{EVIL}", "kind": "resume", "state": "sending", "origin": EVIL, "task_id": f"x{EVIL}"},
    ]


def _stray_drafts() -> list[dict[str, Any]]:
    times = {"typed_at": {EVIL: "2026-11-20T08:31:00Z"}, EVIL: EVIL}
    return [{"key": key, "text": EVIL, **times} for key in (EVIL, message_key(STRAY_TASK))]


def _events(task_ids: Sequence[str]) -> list[dict[str, Any]]:
    """One of each kind for every task, the newest that there are."""
    data = {
        "from": "paused",
        "to": "failed",
        "status": "paused",
        "detail": "x",
        "kind": "message",
        "steps": 3,
        "files": 1,
    }
    return [
        {"at": "2026-11-20T08:58:00Z", "type": kind.value, "task_id": task_id, "data": data}
        for task_id in (*task_ids[:4], STRAY_TASK, EVIL)
        for kind in EventType
    ]


def _operations(task_ids: Sequence[str]) -> list[dict[str, Any]]:
    """An operation in each state that outlives its process."""
    ways = ("refused", "not_sent", "done", "discarded", "unconfirmed")
    kinds = itertools.cycle(("message", "create", "approve", "resume"))
    at = "2026-11-20T08:30:00Z"
    return [
        {
            "id": f"op-{way}",
            "kind": kind,
            "created_at": at,
            "origin": "test/simulator",
            "state": way,
            "task_id": task_id,
        }
        | {"payload": {"text": "x", "description": "x", "repository": "x", "title": "x", "branch": "x"}, "message": "x"}
        | {"baseline": {}, "owner": None, "sent_at": at, "finished_at": None if way == "unconfirmed" else at}
        for way, kind, task_id in zip(ways, kinds, task_ids, strict=False)
    ]


def _drafts(task_ids: Sequence[str]) -> list[dict[str, Any]]:
    return [{"key": f"message:{task_id}", "text": "A draft\nof two lines"} for task_id in task_ids[::3]]


def poisoned_event(event: dict[str, Any]) -> dict[str, Any]:
    """An event with evil in all its data, also in what it has none of; of half the tasks, words of ours stay."""
    kept = ("kind", "from", "to", "status") if event["task_id"][-1:] in "02468" else ()
    data = {
        name: evil(value) if isinstance(value, str) and name not in kept else value
        for name, value in event["data"].items()
    }
    named = {name: evil(mark=mark_of(name)) for name in ("message", "content", "detail", "url", "author")}
    return {**event, "data": {**data, **named}}


# records of our own making


def evil_like(kind: type[T], **given: Any) -> T:
    """A record with evil in every text of it, whatever fields it has or gets, except those that are ``given``."""
    made = dict(given)
    for each in dataclasses.fields(kind):  # type: ignore[arg-type]
        if each.init and each.name not in given:
            made[each.name] = evil_value(hints_of(kind)[each.name], each.name)
            is_wanted = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
            if made[each.name] is None and not is_wanted:
                del made[each.name]
    return kind(**made)


def evil_value(hint: Any, name: str) -> Any:
    """A value of a type, with evil in it where there is room for text; ``None`` where the default will do."""
    if typing.get_args(hint):
        return _evil_generic(typing.get_origin(hint), typing.get_args(hint), name)
    if hint is str:
        return evil(mark=mark_of(name))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return evil_like(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    return _SIMPLE.get(hint)


def _evil_generic(origin: Any, arguments: tuple[Any, ...], name: str) -> Any:
    if origin is typing.Literal:
        return arguments[0]
    if origin in (typing.Union, types.UnionType):
        return next((found for each in arguments if (found := evil_value(each, name)) is not None), None)
    if issubclass(origin, collections.abc.Mapping):
        return {EVIL: EVIL}
    if issubclass(origin, collections.abc.Sequence):
        return (evil_value(arguments[0], name),) * 2
    return frozenset()


_SIMPLE: Mapping[type, Any] = {int: 1, float: 1.0, bool: False, datetime: datetime(2026, 11, 20, 8, tzinfo=UTC)}


# what is harmful


def texts_of(data: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a record and in the records in it, with the class and the field: ``Plan.id``."""
    if isinstance(data, str):
        yield where, data
    elif dataclasses.is_dataclass(data) and not isinstance(data, type):
        for each in dataclasses.fields(data):
            yield from texts_of(getattr(data, each.name), f"{type(data).__name__}.{each.name}")
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from texts_of(key, where)
            yield from texts_of(value, where)
    elif isinstance(data, list | tuple | set | frozenset):
        for each in data:
            yield from texts_of(each, where)


class _Names(dict[str, Any]):
    """What an annotation names that its module imports for type checkers only: containers, else nothing of text."""

    def __init__(self, module: str) -> None:
        super().__init__(vars(builtins) | vars(sys.modules[module]))

    def __missing__(self, name: str) -> Any:
        return getattr(collections.abc, name, getattr(typing, name, object))


def hints_of(kind: type) -> dict[str, Any]:
    """The types of the fields of a record."""
    return typing.get_type_hints(kind, localns=_Names(kind.__module__))


def text_fields(kind: type) -> list[str]:
    """The fields of a record in which there is room for text."""
    hints = hints_of(kind)
    return [f"{kind.__name__}.{each.name}" for each in dataclasses.fields(kind) if _has_text(hints[each.name])]


def _has_text(hint: Any) -> bool:
    if hint is str or hint is Any:
        return True
    if typing.get_origin(hint) is typing.Literal:
        return any(isinstance(each, str) for each in typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, str):
        return True
    return any(map(_has_text, typing.get_args(hint)))


def harm_on(app: App[Any]) -> list[str]:
    """What on the screen would do harm: raw characters, links, actions of others."""
    found = []
    for number, strip in enumerate(app.screen._compositor.render_strips()):
        for segment in strip:
            if clean(segment.text) != segment.text:
                found.append(f"line {number}: {segment.text!r}")
            if segment.style is not None and segment.style.link:
                found.append(f"line {number}: link {segment.style.link!r}")
            if segment.style is not None and "@click" in segment.style.meta:
                found.append(f"line {number}: action {segment.style.meta!r}")
    return found


CONTROLS = (
    *(each for each in RAW if not each.isascii()),
    *(b"\x1b]52", b"\x1b]0", b"\x1b[48;5;201;9m", b"\x1b[4242z", b"\x1bP1$r"),
)
"""The same as far as terminals obey it."""


def harm_in(written: bytes, harmful: Sequence[bytes] = (*RAW, *CONTROLS)) -> list[bytes]:
    """What in the bytes for a terminal would do harm, or is the rest of what would have done it."""
    return [each for each in harmful if each in written]
