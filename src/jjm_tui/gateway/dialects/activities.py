"""Activities of a session: the conversation, the plan, the changes and the reason of a failure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from jjm_tui.domain.facts import SILENT, ChatCoverage, ChatFacts, Said
from jjm_tui.domain.plans import fingerprint_steps
from jjm_tui.domain.task import ChatMessage, MessageType, Plan, PlanStep
from jjm_tui.domain.text import clean, clean_line
from jjm_tui.errors import ProtocolError
from jjm_tui.gateway.dialects.patches import split_files
from jjm_tui.gateway.dialects.sessions import join_patches, read_id, read_patch, said_time

_KINDS: Final = (
    "agentMessaged",
    "userMessaged",
    "planGenerated",
    "planApproved",
    "progressUpdated",
    "sessionCompleted",
    "sessionFailed",
)
_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity: its kind (empty when unknown), its moment, and the object that holds what it says."""

    raw: Mapping[str, Any]
    kind: str
    payload: Mapping[str, Any]
    moment: datetime | None
    id: str | None


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
        return tuple(activity.raw for activity in self.activities)


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
    """Sort the records of an activity list by time, then id; what is no object is left out and told.

    Two forms are known: the REST one, with one member named after the kind, and the flat one of the official
    server's cache, with ``type`` and the members beside it.
    """
    found: list[tuple[datetime, Activity]] = []
    seen: set[tuple[str | None, str]] = set()
    ordered = readable = True
    last = _EARLIEST
    for record in records:
        if not isinstance(record, Mapping):
            readable = False
            continue
        activity = _decode_activity(record)
        if activity.id is not None:
            if (activity.id, activity.kind) in seen:
                continue
            seen.add((activity.id, activity.kind))
        ordered = ordered and activity.moment is not None
        last = activity.moment or last
        found.append((last, activity))
    found.sort(key=lambda pair: (pair[0], pair[1].id or ""))
    return Conversation(tuple(activity for _, activity in found), ordered or len(found) <= 1, readable)


def _decode_activity(record: Mapping[str, Any]) -> Activity:
    moment = said_time(record.get("createTime", record.get("create_time")))
    kind, payload = "", record
    for name in _KINDS:
        if name in record:
            kind = name
            payload = record[name] if isinstance(record[name], Mapping) else {}
            break
    else:
        word = record.get("type")
        kind = word if isinstance(word, str) and word in _KINDS else ""
    return Activity(record, kind, payload, moment if isinstance(moment, datetime) else None, read_id(record))


def list_messages(conversation: Conversation) -> tuple[ChatMessage, ...]:
    """The conversation of user and agent, and activities of a kind nobody knows by their description."""
    messages = []
    for activity in conversation.activities:
        author, content = _read_message(activity)
        if content:
            messages.append(ChatMessage(clean(content), author, activity.moment, activity.id))
    return tuple(messages)


def _read_message(activity: Activity) -> tuple[MessageType, str]:
    if activity.kind == "agentMessaged":
        return "jules", _first_text(activity.payload, ("agentMessage", "message", "content", "text"))
    if activity.kind == "userMessaged":
        return "user", _first_text(activity.payload, ("userMessage", "message", "content", "prompt", "text"))
    if activity.kind == "":
        return "system", _first_text(activity.raw, ("description", "summary"))
    return "system", ""


def _first_text(payload: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((value for name in names if isinstance(value := payload.get(name), str) and value), "")


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
    readable = len(steps) == len(value) and all(_has_words(step) for step in steps)

    def position(step: Mapping[str, Any]) -> int:
        index = step.get("index", 0)
        return index if isinstance(index, int) and not isinstance(index, bool) else 0

    indexes = [position(step) for step in steps]
    numbered = len(set(indexes)) == len(indexes) or not any(indexes)
    return sorted(steps, key=position), readable and numbered


def _has_words(step: Mapping[str, Any]) -> bool:
    return any(isinstance(step.get(name), str) and step[name] for name in ("title", "description"))


def decode_step(step: Mapping[str, Any]) -> PlanStep:
    """One step as it is shown."""
    title, description = step.get("title"), step.get("description")
    return PlanStep(
        clean_line(title) if isinstance(title, str) else "",
        clean(description) if isinstance(description, str) and description else None,
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


def find_activity_patch(conversation: Conversation) -> str | None:
    """The changes that the activities show, per file the newest ones, in the order in which the files came up.

    Whether an activity carries all changes so far or only its own step is not documented; per file the newest part is
    right in both cases as far as one part can be.
    """
    newest: dict[str, str] = {}
    for activity in conversation.activities:
        artifacts = activity.raw.get("artifacts")
        if isinstance(artifacts, list):
            patches = [patch for item in artifacts if isinstance(item, Mapping) and (patch := _artifact_patch(item))]
            newest.update(split_files(join_patches(patches)) if patches else {})
    return join_patches(list(newest.values())) if newest else None


def _artifact_patch(artifact: Mapping[str, Any]) -> str | None:
    return read_patch(artifact.get("changeSet")) or read_patch(artifact)
