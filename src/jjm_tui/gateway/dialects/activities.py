"""Activities of a session: the conversation, the plan, the changes and the reason of a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from jjm_tui.domain.facts import SILENT, ChatCoverage, ChatFacts, Said
from jjm_tui.domain.plans import fingerprint_steps
from jjm_tui.domain.task import ChatMessage, MessageType, Plan, PlanStep
from jjm_tui.domain.text import clean, clean_exactly, clean_line, fold
from jjm_tui.errors import ProtocolError
from jjm_tui.gateway.dialects.patches import Changes, join_patches, list_changed_files, unite_patches
from jjm_tui.gateway.dialects.sessions import read_id, read_patch, read_session_patch, said_time

_KINDS: Final = (
    "agentMessaged",
    "userMessaged",
    "planGenerated",
    "planApproved",
    "progressUpdated",
    "sessionCompleted",
    "sessionFailed",
)
_UNREADABLE: Final = "unreadable"
"""The kind of what is no activity at all."""

_BESIDE: Final = frozenset(
    (
        *("name", "id", "type", "session", "sessionId", "session_id", "url", "originator", "description", "summary"),
        *("createTime", "create_time", "updateTime", "update_time", "artifacts", "artifactCount"),
    )
)
"""Members that an activity of any kind may have; what is said stands in the others."""

_STEP_WORDS: Final = ("title", "description")
_STEP_MEMBERS: Final = frozenset(("id", "index", *_STEP_WORDS))
"""What a step of a plan may have (``servers.md``); nobody knows what another member would have Jules do."""

_LONGEST_JSON: Final = 2000
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity: its kind (empty when unknown), its moment, and the object that holds what it says.

    ``damaged``: what stood in its place as JSON text, where that is no object.
    """

    raw: Mapping[str, Any]
    kind: str
    payload: Mapping[str, Any]
    moment: datetime | None
    id: str | None
    damaged: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """What the activities of one session tell, oldest first.

    ``ordered``: every activity had a time, so *latest* means something. ``readable``: no record was damaged.
    """

    activities: tuple[Activity, ...]
    ordered: bool = True
    readable: bool = True

    @property
    def raw(self) -> tuple[Mapping[str, Any], ...]:
        """The activities exactly as the server gave them, oldest first."""
        return tuple(activity.raw for activity in self.activities if activity.kind != _UNREADABLE)


class _Repeated:
    """Which records came before, by id and kind: another one of the same is compared with the first, then as text, so
    that a server that gives all of them one id costs no more time than any other."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._others: set[tuple[tuple[str, str], str]] = set()

    def has(self, key: tuple[str, str], record: Mapping[str, Any]) -> bool:
        """Whether this very record came before; from now on it did."""
        if key not in self._first:
            self._first[key] = record
            return False
        if self._first[key] == record:
            return True
        other = (key, json.dumps(record, sort_keys=True))
        known = other in self._others
        self._others.add(other)
        return known


def check_owner(records: Sequence[Any], task_id: str) -> None:
    """See that activities, as far as they name their session, are those of the task that was asked for.

    Raises:
        ProtocolError: they are another one's; its plan must never be approved as this one's.
    """
    for record in records:
        name = record.get("name") if isinstance(record, Mapping) else None
        owner, found, _ = name.rpartition("/activities/") if isinstance(name, str) else ("", "", "")
        owner = owner.rpartition("/")[2]
        if found and owner and owner != task_id:
            raise ProtocolError(
                f"The server answered the conversation of task {owner} when asked for that of {task_id}.",
                hint="Nothing of it is used. Restart the server; if it goes on, report it to the makers of the server.",
                context={"task_id": task_id},
            )


def decode_activities(records: Sequence[Any]) -> Conversation:
    """Sort the records of an activity list by time, then id; what is no object keeps its place and is told.

    Two forms are known: the REST one, with one member named after the kind, and the flat one of the official
    server's cache, with ``type`` and the members beside it.
    """
    found: list[tuple[datetime, Activity]] = []
    repeated = _Repeated()
    ordered = readable = True
    last = _EARLIEST
    for record in records:
        if not isinstance(record, Mapping):
            readable = False
            found.append((last, Activity({}, _UNREADABLE, {}, None, None, _as_json(record))))
            continue
        activity = _decode_activity(record)
        if activity.id is not None and repeated.has((activity.id, activity.kind), record):
            continue
        ordered = ordered and activity.moment is not None
        last = activity.moment or last
        found.append((last, activity))
    found.sort(key=lambda pair: (pair[0], pair[1].id or ""))
    return Conversation(tuple(activity for _, activity in found), ordered or len(found) <= 1, readable)


def _decode_activity(record: Mapping[str, Any]) -> Activity:
    moment = said_time(record.get("createTime", record.get("create_time")))
    kind, payload = "", record
    named = [name for name in _KINDS if name in record]
    if named:
        kind = next((name for name in named if record[name] is not None), named[0])
        said = record[kind]
        payload = said if isinstance(said, Mapping) else {"text": said}
    else:
        word = record.get("type")
        kind = word if isinstance(word, str) and word in _KINDS else ""
    return Activity(record, kind, payload, moment if isinstance(moment, datetime) else None, read_id(record))


def list_messages(conversation: Conversation) -> tuple[ChatMessage, ...]:
    """The conversation of user and agent; whatever may belong to it and is not understood has an entry, too."""
    messages: list[ChatMessage] = []
    shown: dict[str, set[str]] = {}
    for activity in conversation.activities:
        author, content = _read_message(activity)
        if not content:
            continue
        content = clean(content)
        told = shown.setdefault(activity.id or "", set())
        if activity.id is not None and content in told:
            continue
        messages.append(ChatMessage(content, author, activity.moment, None if told else activity.id))
        told.add(content)
    return tuple(messages)


def _read_message(activity: Activity) -> tuple[MessageType, str]:
    if activity.kind == "agentMessaged":
        return "jules", _said(activity, ("agentMessage", "message", "content", "text"))
    if activity.kind == "userMessaged":
        return "user", _said(activity, ("userMessage", "message", "content", "prompt", "text"))
    if activity.kind == _UNREADABLE:
        return "system", f"An entry that cannot be read: {activity.damaged}"
    if activity.kind == "":
        words = _text_or_json(activity.raw, ("description", "summary"))
        unknown = _unknown_kind(activity.raw)
        if unknown:
            return "system", "\n".join(filter(None, (f"An entry of a kind that jjm does not know: {unknown}", words)))
        return "system", words
    return "system", ""


def _said(activity: Activity, names: Sequence[str]) -> str:
    """The text of a message; where there is none, all that it says, so that no message is missing."""
    payload = activity.payload
    beside = _BESIDE if payload is activity.raw else ()
    left = {name: value for name, value in payload.items() if name not in beside and _says_something(value)}
    return _text_or_json(payload, names) or (_as_json(left) if left else "")


def _unknown_kind(record: Mapping[str, Any]) -> str:
    """The name of a kind that nobody here knows, with what it says; empty where there is none."""
    word = record.get("type")
    parts = [clean_line(word)] if isinstance(word, str) else []
    for name, value in record.items():
        if name not in _BESIDE and value is not None:
            parts.append(f"{name} {_as_json(value)}" if _says_something(value) else name)
    return " ".join(parts)


def _says_something(value: object) -> bool:
    return value is not None and value not in ("", [], {})


def _as_json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_JSON else f"{text[:_LONGEST_JSON]}… (cut here by jjm)"


def _text_or_json(payload: Mapping[str, Any], names: Sequence[str]) -> str:
    """The first text under these names; where there is none, the first of anything else."""
    values = [value for name in names if _says_something(value := payload.get(name))]
    texts = [value for value in values if isinstance(value, str)]
    return texts[0] if texts else _as_json(values[0]) if values else ""


def find_coverage(records: Sequence[Any], *, whole: bool) -> ChatCoverage:
    """Which part of the conversation the first page of a list is, judged by the order of its times."""
    if whole:
        return "whole"
    times = [said_time(record.get("createTime")) for record in records if isinstance(record, Mapping)]
    moments = [moment for moment in times if isinstance(moment, datetime)]
    pairs = list(pairwise(moments))
    rising = any(earlier < later for earlier, later in pairs)
    falling = any(earlier > later for earlier, later in pairs)
    if rising == falling:
        return "excerpt"
    return "oldest" if rising else "newest"


def decode_chat(conversation: Conversation, coverage: ChatCoverage) -> ChatFacts:
    """The messages as facts; without times the order is not known, which only a whole conversation survives."""
    if not conversation.ordered and coverage != "whole":
        coverage = "excerpt"
    return ChatFacts(list_messages(conversation), coverage)


def find_plan(conversation: Conversation, *, whole: bool) -> Said[Plan | None]:
    """The latest plan. ``None`` when a whole list has none; silence when a part of a list has none.

    ``complete`` only when every activity was seen and readable, so that no later plan can be hidden, and the
    plan has steps that can all be shown.
    """
    latest: Activity | None = None
    for activity in conversation.activities:
        if activity.kind == "planGenerated":
            latest = activity
    if latest is None:
        return None if whole and conversation.readable else SILENT
    body = latest.payload.get("plan")
    body = body if isinstance(body, Mapping) else {}
    steps, readable = read_steps(body.get("steps"))
    plan_id = body.get("id")
    plan_id = plan_id if isinstance(plan_id, str) and plan_id else None
    return Plan(
        fingerprint=fingerprint_steps(steps),
        steps=tuple(decode_step(step) for step in steps),
        id=None if plan_id is None else clean_line(plan_id),
        complete=whole and conversation.readable and conversation.ordered and readable and bool(steps),
        created_at=latest.moment,
        approved=_is_approved(conversation, latest, plan_id, whole=whole),
        approved_instead=_approved_instead(conversation, latest, plan_id),
    )


def _is_approved(conversation: Conversation, latest: Activity, plan_id: str | None, *, whole: bool) -> bool | None:
    for approved_id in _approvals_after(conversation, latest):
        if approved_id == plan_id or not isinstance(approved_id, str) or plan_id is None:
            return True
    return False if whole and conversation.readable and conversation.ordered else None


def _approved_instead(conversation: Conversation, latest: Activity, plan_id: str | None) -> str | None:
    if plan_id is None or not conversation.ordered:
        return None
    named = [each for each in _approvals_after(conversation, latest) if isinstance(each, str) and each]
    return clean_line(named[-1]) if named and named[-1] != plan_id else None


def _approvals_after(conversation: Conversation, plan: Activity) -> Iterator[object]:
    """The ids that approvals name, of those that came after the plan."""
    later = False
    for activity in conversation.activities:
        later = later or activity is plan
        if later and activity.kind == "planApproved":
            yield activity.payload.get("planId")


def read_steps(value: object) -> tuple[list[Mapping[str, Any]], bool]:
    """The raw steps in their order, and whether all of them could be read. ``index`` 0 is left out by the API."""
    if value is None:
        return [], True
    if not isinstance(value, list):
        return [], False
    steps = [step for step in value if isinstance(step, Mapping)]
    readable = len(steps) == len(value) and all(_can_be_shown(step) for step in steps)

    def position(step: Mapping[str, Any]) -> int:
        index = step.get("index", 0)
        return index if isinstance(index, int) and not isinstance(index, bool) else 0

    indexes = [position(step) for step in steps]
    numbered = len(set(indexes)) == len(indexes) or not any(indexes)
    return sorted(steps, key=position), readable and numbered


def _can_be_shown(step: Mapping[str, Any]) -> bool:
    """Whether it says something, and nothing but what is shown of it."""
    words = [value for name in _STEP_WORDS if _says_something(value := step.get(name))]
    hidden = any(_says_something(value) for name, value in step.items() if name not in _STEP_MEMBERS)
    return bool(words) and all(isinstance(value, str) for value in words) and not hidden


def decode_step(step: Mapping[str, Any]) -> PlanStep:
    """One step as it is shown, with nothing left out: it is what people approve."""
    title, description = step.get("title"), step.get("description")
    return PlanStep(
        fold(clean_exactly(title)) if isinstance(title, str) else "",
        clean_exactly(description) if isinstance(description, str) and description else None,
    )


def find_failure(conversation: Conversation) -> Said[str]:
    """Why the session failed, when the last of its endings is a failure."""
    reason: Said[str] = SILENT
    for activity in conversation.activities:
        if activity.kind == "sessionFailed":
            words = activity.payload.get("reason")
            reason = clean(words) if isinstance(words, str) and words else SILENT
        elif activity.kind == "sessionCompleted":
            reason = SILENT
    return reason


async def find_changes(record: Mapping[str, Any], conversation: Conversation) -> Changes | None:
    """The changes of a session: those of its outputs, else those that its activities show."""
    patch = read_session_patch(record)
    if patch is not None:
        return Changes(patch, await list_changed_files(patch))
    return await find_activity_changes(conversation)


async def find_activity_changes(conversation: Conversation) -> Changes | None:
    """The changes that the activities show, per file the newest ones, in the order in which the files came up.

    Whether an activity carries all changes so far or only its own step is not documented; per file the newest part is
    right in both cases as far as one part can be.
    """
    told: list[str] = []
    for activity in conversation.activities:
        artifacts = activity.raw.get("artifacts")
        if isinstance(artifacts, list):
            patches = [patch for item in artifacts if isinstance(item, Mapping) and (patch := _artifact_patch(item))]
            told += [join_patches(patches)] if patches else []
    return await unite_patches(told) if told else None


def _artifact_patch(artifact: Mapping[str, Any]) -> str | None:
    return read_patch(artifact.get("changeSet")) or read_patch(artifact)
