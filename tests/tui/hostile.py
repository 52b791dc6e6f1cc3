"""Text that does harm where it is drawn carelessly, put into every field of a store, and how to find it again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App

from jjm_tui.domain.text import clean

MARKUP = "[/foo] [x] [@click=app.quit]c[/] [link=https://evil.example]x[/link]"
SEQUENCES = (
    "\x1b]52;c;Q0FOQVJZ\x07\x1b]0;owned\x07\x1b[48;5;201;9m\x1b[4242z"
    "\x1bP1$r4242\x1b\\\x9b4243z\x9d0;owned\x9c\u202e\u2066\x07\x08"
)
EVIL = f"{SEQUENCES}{MARKUP}"

RAW = (
    b"Q0FOQVJZ",
    b"]0;owned",
    b"48;5;201",
    b"4242",
    b"4243z",
    b"\xc2\x9b",
    b"\xc2\x9d",
    b"\xc2\x9c",
    "\u202e".encode(),
    "\u2066".encode(),
)
"""What must never reach a terminal; each is in ``SEQUENCES`` and in nothing of ours."""

_FIXED = (
    "id",
    "task_id",
    "key",
    "owner",
    "kind",
    "type",
    "state",
    "status",
    "origin",
    "delivery",
    "approved",
    "complete",
)
_PARTS = (
    "fingerprint",
    "sync",
    "provenance",
    "baseline",
    "from",
    "to",
    "known_ids",
    "schema_version",
    "whole",
    "text",
    "patch",
)
_TIMES = (
    "at",
    "read_at",
    "created_at",
    "finished_at",
    "sent_at",
    "updated_at",
    "waiting_since",
    "synced_at",
    "timestamp",
    "seen_at",
    "snoozed_until",
)
_NEVER = frozenset({*_FIXED, *_PARTS, *_TIMES})
"""Fields whose words are fixed, or that name other records. ``text`` and ``patch`` are poisoned by name below."""
_URLS = frozenset({"url", "pull_request_url"})
_EMPTY = ("title", "status_detail", "failure", "url", "pull_request_url", "branch", "repository", "description")


def evil(value: str = "", *, first: bool = True) -> str:
    """The text with evil around it: before it, as long ones are cut, and behind it, as of paths the end is shown."""
    return f"{EVIL} {value}{SEQUENCES}" if first else f"{value}{EVIL}"


def poisoned(data: Any, name: str = "") -> Any:
    """The same JSON with evil in every free text of it, at whatever depth."""
    if isinstance(data, dict):
        return {each: value if each in _NEVER else poisoned(value, each) for each, value in data.items()} | {
            each: evil(str(data[each])) for each in ("text", "patch") if isinstance(data.get(each), str)
        }
    if isinstance(data, list):
        return [poisoned(each, name) for each in data]
    if isinstance(data, str):
        return evil(data, first=name not in _URLS)
    return data


def poison_file(path: Path, *, change: Callable[[Any], Any] = poisoned) -> None:
    """Edit a JSON file by hand: nothing of the program has a look at what it writes."""
    if path.exists():
        path.write_text(json.dumps(change(json.loads(path.read_text("utf-8")))), "utf-8")


def poisoned_tasks(data: Any) -> Any:
    """A whole task file: every text of every task, also those that were not known, and a task with an evil id."""
    made = poisoned(data)
    for task in made["tasks"]:
        for name in _EMPTY:
            task[name] = task.get(name) or evil(first=name not in _URLS)
    stray = {**made["tasks"][0], "id": f"stray{EVIL}", "origin": None, "on_server": None}
    made["tasks"].append(stray)
    return made


def poison_store(folder: Path) -> None:
    """Everything in a folder of stores: tasks, operations, drafts, history, conversations."""
    poison_file(folder / "tasks.json", change=poisoned_tasks)
    for name in ("outbox.json", "drafts.json"):
        poison_file(folder / name)
    for path in (folder / "activities").glob("*.json"):
        poison_file(path)
    events = folder / "events.jsonl"
    if events.exists():
        lines = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
        events.write_text("".join(json.dumps(poisoned_event(line)) + "\n" for line in lines), "utf-8")


def poisoned_event(event: dict[str, Any]) -> dict[str, Any]:
    """An event with evil in all its data; a status stays one, in half of them."""
    data = {name: evil(value) if isinstance(value, str) else value for name, value in event["data"].items()}
    return {**event, "data": {**data, "message": EVIL, "content": EVIL, "detail": EVIL, "url": EVIL, "author": EVIL}}


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
