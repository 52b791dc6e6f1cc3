"""What a store holds after a soak, held against the world's own records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from jjm_tui.domain.task import Task
from jjm_tui.simulator.world import World
from jjm_tui.store.json_file import read_tasks

STATUS = {
    "QUEUED": "pending",
    "PLANNING": "in_progress",
    "AWAITING_PLAN_APPROVAL": "waiting_approval",
    "AWAITING_USER_FEEDBACK": "waiting_feedback",
    "IN_PROGRESS": "in_progress",
    "PAUSED": "paused",
    "FAILED": "failed",
    "COMPLETED": "completed",
}


def states_in(world: World) -> dict[str, str]:
    """The truth, in our words."""
    return {session_id: STATUS[world.get_session(session_id)["state"]] for session_id in world.session_ids()}


class Held:
    """What the dashboard has saved; read anew only when it changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = (0, 0, 0)
        self._tasks: Mapping[str, Task] = {}

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks by their ids."""
        now = (stat := self._path.stat()).st_ino, stat.st_mtime_ns, stat.st_size
        if now != self._seen:
            self._seen, self._tasks = now, {task.id: task for task in read_tasks(self._path)[0]}
        return self._tasks

    @property
    def states(self) -> dict[str, str]:
        """The state of each task."""
        return {task.id: task.status.value for task in self.tasks.values()}

    @property
    def operations(self) -> list[dict[str, Any]]:
        """What the outbox beside the tasks holds."""
        outbox = self._path.with_name("outbox.json")
        found: list[dict[str, Any]] = json.loads(outbox.read_bytes())["operations"] if outbox.exists() else []
        return found

    @property
    def events(self) -> int:
        """How many events the history has."""
        return sum(path.read_bytes().count(b"\n") for path in self._path.parent.glob("events*.jsonl"))

    @property
    def read_at(self) -> int:
        """Another number whenever the server was read and told no news; they are beside the tasks."""
        return self._path.with_name(f"{self._path.name}.confirmed").stat().st_mtime_ns

    @property
    def done(self) -> Counter[tuple[str, str, str]]:
        """What the outbox says that happened, in the words of ``happened``."""
        made = (each for each in self.operations if each["state"] == "done")
        return Counter((each["kind"], each["task_id"], each["payload"].get("text", "")) for each in made)


def kept_by(records: Iterable[object]) -> Counter[str]:
    """How many records of each type these are made of, by the type's full name; equal marks of a task are one."""
    kept: Counter[str] = Counter()
    left = list(records)
    while left:
        each = left.pop()
        if isinstance(each, tuple):
            left += each
        elif isinstance(each, Mapping):
            left += {repr(value): value for value in each.values()}.values()
        elif is_dataclass(each):
            kept[f"{type(each).__module__}.{type(each).__qualname__}"] += 1
            left += [getattr(each, field.name) for field in fields(each)]
    return kept


def happened(world: World) -> Counter[tuple[str, str, str]]:
    """What people did: kind, task, and the text of a message."""
    return Counter((each.kind, each.session_id, each.text if each.kind == "message" else "") for each in world.journal)


def activities_of(world: World, session_id: str) -> dict[str, dict[str, Any]]:
    """Everything in a conversation, by its id, oldest first."""
    found: dict[str, dict[str, Any]] = {}
    token: str | None = ""
    while token is not None:
        page = world.list_activities(session_id, 100, token or None)
        found |= {each["id"]: each for each in page.get("activities", ())}
        token = page.get("nextPageToken")
    return found


def _said(activity: Mapping[str, Any]) -> str | None:
    """The words of a person or of Jules."""
    told = activity.get("userMessaged", {}).get("userMessage") or activity.get("agentMessaged", {}).get("agentMessage")
    return None if told is None else str(told)


def lacks(task: Task, world: World) -> list[str]:
    """What was said in a conversation and is not in the task."""
    there = {message.id for message in task.chat_history}
    return [key for key, each in activities_of(world, task.id).items() if _said(each) is not None and key not in there]


def wrong_in(task: Task, world: World) -> Iterator[str]:
    """What a task says and the world does not: names, plan, and what was told of the conversation, in its order."""
    session, activities = world.get_session(task.id), activities_of(world, task.id)
    told = (task.title, task.description, task.url)
    if told != (session.get("title"), session["prompt"], session["url"]):
        yield f"{task.id}: {told}"
    source = session.get("sourceContext", {"source": "sources/github/None", "githubRepoContext": {}})
    place = (f"sources/github/{task.repository}", task.branch)
    if place != (source["source"], source["githubRepoContext"].get("startingBranch")):
        yield f"{task.id}: {place}"
    chat = [message for message in task.chat_history if message.delivery is None and message.id != "prompt"]
    ids = [message.id for message in chat]
    if ids != [key for key in activities if key in ids]:
        yield f"{task.id}: another order, or told twice: {ids}"
    for message in chat:
        said = _said(activities.get(message.id or "", {}))
        if said is not None and said.split() != message.content.split():
            yield f"{task.id}: {message.content!r} instead of {said!r}"
    if task.plan is not None:
        plans = [each["planGenerated"]["plan"] for each in activities.values() if "planGenerated" in each]
        if [step.title for step in task.plan.steps] not in [
            [step["title"] for step in each["steps"]] for each in plans
        ]:
            yield f"{task.id}: a plan that nobody made: {task.plan}"
