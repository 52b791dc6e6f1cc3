"""The conversation of a task, put together from what servers show of it and from what we sent ourselves.

An entry is the first prompt (id ``prompt``), ours and not seen on the server yet (``delivery`` set, id ``local:…``),
or the server's. Only the server's part is merged; ours stays until the server shows the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.newer_copy import both_extras
from jjm_tui.domain.task import ChatMessage, Task
from jjm_tui.domain.text import clean

if TYPE_CHECKING:
    from jjm_tui.domain.facts import ChatFacts

PROMPT_ID: Final = "prompt"
LOCAL_PREFIX: Final = "local:"
KEPT_MESSAGES: Final = 20
"""How many messages of a task the store keeps (``design.md``, Store)."""

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How much earlier than we sent a message the server may claim to have received it."""
_PROMPT_DELAY: Final = timedelta(minutes=1)
"""A user's message this close to the creation of the task, with the words of the prompt, is the prompt."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A merged conversation.

    ``is_taken``: the facts told something about it. ``is_excerpt``: what is known now is only an excerpt.
    ``arrived``: messages of the server that were not there before. ``settled``: ids of local entries that the
    server's own message replaced.
    """

    messages: tuple[ChatMessage, ...]
    is_truncated: bool | None
    is_taken: bool = False
    is_excerpt: bool = False
    arrived: tuple[ChatMessage, ...] = ()
    settled: tuple[str, ...] = ()


def is_local(message: ChatMessage) -> bool:
    """Whether the entry is ours and the server has not shown it yet."""
    return message.delivery is not None or (message.id or "").startswith(LOCAL_PREFIX)


def server_part(entries: Iterable[ChatMessage]) -> list[ChatMessage]:
    """The entries that a server told, without the first prompt."""
    return [message for message in entries if message.id != PROMPT_ID and not is_local(message)]


def is_unread(task: Task) -> bool:
    """Whether something that concerns a person happened since the task was last seen: it began to wait or finished,
    a plan came, or Jules wrote.
    """
    moments = [task.waiting_since, task.plan.created_at if task.plan is not None else None]
    moments += [
        message.timestamp
        for message in task.chat_history
        if message.type != "user" and message.id != PROMPT_ID and not is_local(message)
    ]
    seen = task.seen_at
    return any(moment is not None and (seen is None or moment > seen) for moment in moments)


def prompt_entry(description: str, created_at: datetime | None) -> ChatMessage:
    """The first prompt as the first line of the conversation; servers do not list it (``servers.md`` section 1)."""
    return ChatMessage(description, "user", created_at, PROMPT_ID)


def merge_chat(
    entries: tuple[ChatMessage, ...],
    truncated: bool | None,
    facts: ChatFacts | None,
    *,
    prompt: ChatMessage | None = None,
    local_messages: Sequence[ChatMessage] = (),
    was_excerpt: bool = False,
    may_empty: bool = False,
) -> Conversation:
    """Merge what a server showed of a conversation into the stored entries.

    Args:
        entries: The stored conversation.
        truncated: Whether the stored conversation is known to be a part of a longer one.
        facts: What was shown, ``None`` when nothing was said or the source is not good enough.
        prompt: The first prompt where it is known whole.
        local_messages: Entries of ours to add, or to replace by id.
        was_excerpt: The stored server's part is only an excerpt.
        may_empty: The source is good enough to say that there are no messages at all.
    """
    stored_prompt = next((message for message in entries if message.id == PROMPT_ID), None)
    if facts is not None:
        stored_prompt = stored_prompt or next((m for m in facts.messages if m.id == PROMPT_ID), None)
    first = _newer_prompt(stored_prompt, prompt)
    known = server_part(entries)
    ours = _with_new([message for message in entries if is_local(message)], local_messages)
    shown = [] if facts is None else _shown(facts, first)
    if facts is None or not _is_better(facts, shown, known, was_excerpt=was_excerpt, may_empty=may_empty):
        return Conversation(_assemble(first, known, ours), truncated)
    if facts.coverage == "excerpt":
        return Conversation(_assemble(first, shown, ours), True, is_taken=True, is_excerpt=True)
    before = [] if was_excerpt else known
    united, is_truncated = _unite(before, shown, facts, truncated)
    arrived = _arrived(before, united, is_part=truncated is not False)
    roles_known = any(message.type != "system" for message in facts.messages)
    united, ours, settled = _settle(united, ours, arrived, roles_known=roles_known)
    return Conversation(
        _assemble(first, united, ours),
        is_truncated,
        is_taken=True,
        arrived=tuple(united[position] for position in arrived),
        settled=settled,
    )


def _newer_prompt(stored: ChatMessage | None, prompt: ChatMessage | None) -> ChatMessage | None:
    if stored is None or prompt is None:
        return prompt or stored
    return replace(prompt, timestamp=prompt.timestamp or stored.timestamp, extra=stored.extra)


def _with_new(ours: list[ChatMessage], new: Sequence[ChatMessage]) -> list[ChatMessage]:
    by_id = {message.id: message for message in new}
    known = {message.id for message in ours}
    kept = [by_id.get(message.id, message) for message in ours]
    return [*kept, *(message for message in new if message.id not in known)]


def _shown(facts: ChatFacts, prompt: ChatMessage | None) -> list[ChatMessage]:
    messages = in_order([message for message in facts.messages if message.id != PROMPT_ID])
    is_start = facts.coverage in ("whole", "oldest")
    if messages and prompt is not None and is_start and _is_prompt(messages[0], prompt):
        return messages[1:]
    return messages


def _is_prompt(message: ChatMessage, prompt: ChatMessage) -> bool:
    if message.type == "jules" or _words(message) != _words(prompt):
        return False
    if message.timestamp is None or prompt.timestamp is None:
        return True
    return abs(message.timestamp - prompt.timestamp) <= _PROMPT_DELAY


def _is_better(
    facts: ChatFacts, shown: list[ChatMessage], known: list[ChatMessage], *, was_excerpt: bool, may_empty: bool
) -> bool:
    if facts.coverage == "whole":
        return bool(shown) or not known or may_empty
    return bool(shown) and (facts.coverage != "excerpt" or not known or was_excerpt)


def in_order(messages: list[ChatMessage]) -> list[ChatMessage]:
    """Oldest first, by time and then id; as the server gave them where a time is missing."""
    moments = [(message.timestamp, message.id or "") for message in messages]
    if any(moment is None for moment, _ in moments):
        return messages
    order = sorted(range(len(messages)), key=lambda position: moments[position])
    return [messages[position] for position in order]


def _words(message: ChatMessage) -> str:
    return " ".join(clean(message.content).split())


# --- uniting two readings of the server's part


def _unite(
    known: list[ChatMessage], shown: list[ChatMessage], facts: ChatFacts, truncated: bool | None
) -> tuple[list[ChatMessage], bool]:
    """The server's part after this reading, and whether it is known to be only a part of the conversation."""
    matches = _match(known, shown)
    carried = _carried(shown, matches)
    if facts.coverage == "whole":
        return carried, False
    if all(message.timestamp is not None for message in (*known, *carried)):
        matched = {id(message) for message in matches.values()}
        united = in_order([*carried, *(message for message in known if id(message) not in matched)])
        overlap = len(matches)
    else:
        united, overlap = _join(known, carried, facts.coverage == "newest")
    has_news = len(united) > len(known)
    was_whole = truncated is False
    still_whole = was_whole and (overlap > 0 if facts.coverage == "newest" else not has_news)
    return united, not still_whole


def _match(known: list[ChatMessage], shown: list[ChatMessage]) -> dict[int, ChatMessage]:
    """Which shown message (by position) is which known one: by id, else by words, in order, newest first."""
    by_id = {message.id: message for message in known if message.id is not None}
    matches = {
        position: by_id[message.id] for position, message in enumerate(shown) if message.id and message.id in by_id
    }
    places: dict[str, list[int]] = {}
    for position, message in enumerate(shown):
        if position not in matches and message.id is None:
            places.setdefault(_words(message), []).append(position)
    end = len(shown)
    for message in reversed(known):
        if message.id is not None:
            continue
        left = places.get(_words(message), [])
        while left and (left[-1] >= end or not _may_be(message, shown[left[-1]])):
            left.pop()
        if left:
            end = left.pop()
            matches[end] = message
    return matches


def _may_be(known: ChatMessage, shown: ChatMessage) -> bool:
    if shown.type == "system" or known.type == "system":
        return True
    if known.type != shown.type:
        return False
    return known.timestamp is None or shown.timestamp is None or known.timestamp == shown.timestamp


def messages_with_known(said: tuple[ChatMessage, ...], known: tuple[ChatMessage, ...]) -> tuple[ChatMessage, ...]:
    """A newer copy of a stored conversation; its entries have what only the known copy has of them."""
    shown = list(said)
    return tuple(_carried(shown, _match(list(known), shown)))


def _carried(shown: list[ChatMessage], matches: Mapping[int, ChatMessage]) -> list[ChatMessage]:
    return [_carry(message, matches.get(position)) for position, message in enumerate(shown)]


def _carry(message: ChatMessage, known: ChatMessage | None) -> ChatMessage:
    """The server's newer copy of a message, with what only we remember: our own role, and unknown fields."""
    if known is None:
        return message
    extra = both_extras(message.extra, known.extra)
    if message.id is None and message.type == "system" and known.type == "user":
        return replace(message, type="user", timestamp=known.timestamp or message.timestamp, extra=extra)
    return message if extra is message.extra else replace(message, extra=extra)


def _join(known: list[ChatMessage], shown: list[ChatMessage], shown_is_newest: bool) -> tuple[list[ChatMessage], int]:
    """Two stretches of one conversation without times, joined where the end of one is the start of the other."""
    if not known:
        return shown, 0
    if _find(known, shown):
        return shown, len(known)
    if _find(shown, known):
        return known, len(shown)
    older, newer = (known, shown) if shown_is_newest else (shown, known)
    overlap = _overlap(older, newer)
    return [*older, *newer[overlap:]], overlap


def _prefix_lengths(words: Sequence[object]) -> list[int]:
    """Knuth, Morris and Pratt: for every position the longest proper prefix that ends there."""
    lengths = [0] * len(words)
    length = 0
    for position in range(1, len(words)):
        while length and words[position] != words[length]:
            length = lengths[length - 1]
        if words[position] == words[length]:
            length += 1
        lengths[position] = length
    return lengths


def _keys(messages: list[ChatMessage]) -> list[object]:
    return [message.id or _words(message) for message in messages]


def _find(part: list[ChatMessage], whole: list[ChatMessage]) -> bool:
    separator = object()
    lengths = _prefix_lengths([*_keys(part), separator, *_keys(whole)])
    return len(part) in lengths[len(part) + 1 :]


def _overlap(older: list[ChatMessage], newer: list[ChatMessage]) -> int:
    return _prefix_lengths([*_keys(newer), object(), *_keys(older)])[-1]


def _arrived(known: list[ChatMessage], united: list[ChatMessage], *, is_part: bool) -> list[int]:
    """Positions of messages that were not there before.

    What is older than everything known is no news when only a part was known: it is a page of the past.
    """
    matched = set(_match(known, united))
    new = [position for position in range(len(united)) if position not in matched]
    if not known or not is_part:
        return new
    if matched:
        first = min(matched)
        return [position for position in new if position > first]
    last = known[-1].timestamp
    return [position for position in new if last is not None and _is_after(united[position], last)]


# --- our own entries


def _settle(
    united: list[ChatMessage], ours: list[ChatMessage], arrived: list[int], *, roles_known: bool
) -> tuple[list[ChatMessage], list[ChatMessage], tuple[str, ...]]:
    """Replace entries of ours by the server's new message of the same words, each by one message at most."""
    if not ours or not arrived:
        return united, ours, ()
    result = list(united)
    left: list[ChatMessage] = []
    settled: list[str] = []
    role = "user" if roles_known else "system"
    free = [position for position in arrived if united[position].type == role]
    for message in ours:
        position = next((place for place in free if _is_echo(united[place], message)), None)
        if position is None:
            left.append(message)
            continue
        free.remove(position)
        echo = united[position]
        result[position] = replace(echo, type="user", timestamp=echo.timestamp or message.timestamp)
        settled.append(message.id or "")
    return result, left, tuple(settled)


def _is_echo(shown: ChatMessage, ours: ChatMessage) -> bool:
    if shown.timestamp is not None and ours.timestamp is not None and shown.timestamp < ours.timestamp - CLOCK_SKEW:
        return False
    return _words(shown) == _words(ours)


def _assemble(
    prompt: ChatMessage | None, theirs: list[ChatMessage], ours: list[ChatMessage]
) -> tuple[ChatMessage, ...]:
    """Prompt, then the server's entries with ours where their times put them, else at the end."""
    placed = list(theirs)
    has_times = all(message.timestamp is not None for message in theirs)
    for message in ours:
        place = len(placed)
        if has_times and message.timestamp is not None:
            while place and _is_after(placed[place - 1], message.timestamp):
                place -= 1
        placed.insert(place, message)
    return tuple(placed) if prompt is None else (prompt, *placed)


def _is_after(message: ChatMessage, moment: datetime) -> bool:
    return message.timestamp is not None and message.timestamp > moment


def keep_newest(task: Task, limit: int = KEPT_MESSAGES) -> Task:
    """The task with at most ``limit`` chat entries, as the store keeps it; ``chat_truncated`` says that some are left
    out. The first prompt stays first. Entries of ours that the server has not shown stay, beyond the limit if old.
    """
    entries = task.chat_history
    if len(entries) <= limit:
        return task
    first = 1 if entries[0].id == PROMPT_ID else 0
    newest = range(max(first, len(entries) - max(1, limit - first)), len(entries))
    ours = (position for position, message in enumerate(entries) if is_local(message))
    kept = {*range(first), *newest, *ours}
    if len(kept) == len(entries):
        return task
    return replace(task, chat_history=tuple(entries[position] for position in sorted(kept)), chat_truncated=True)
