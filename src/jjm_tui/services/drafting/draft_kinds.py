"""Drafts of messages and of new tasks: what of them went out, and how two of them are kept in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Protocol

from jjm_tui.domain.draft_keys import CREATE_KEY, task_of
from jjm_tui.domain.kept_draft import DraftTimes, KeptDraft
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.services.board import Board
from jjm_tui.services.drafting.joined_texts import (
    Section,
    are_same,
    join_text,
    merge_sections,
    sections_of,
    words_in,
    write_sections,
)
from jjm_tui.services.drafting.new_task import NewTask

_NEXT: Final = timedelta(microseconds=1)
"""From one time that can be written to the next one."""


class Unsent(NamedTuple):
    """What of a stored draft is still to be sent. ``is_over``: all of it went out, and the draft can go."""

    text: str
    is_over: bool = False


class DraftKind(Protocol):
    """What is known about drafts of one kind: which went out, and how two of them are kept in one."""

    def times(self, key: str, text: str, known: DraftTimes, now: datetime) -> DraftTimes:
        """Since when the texts in a draft have been there: as far as that is not known, they are typed now."""

    def unsent(self, key: str, draft: KeptDraft) -> Unsent:
        """What of a stored draft did not go out."""

    def gone(self, key: str) -> list[Operation]:
        """What of this kind is recorded for the key as under way or done."""

    def join(self, ours: str, theirs: str, why: str) -> str | None:
        """Both, ours first, behind a marker line that says ``why``; ``None``: all of theirs is in ours."""

    def merge(self, bases: Iterable[str], ours: str, theirs: str) -> str:
        """What is typed here with what others changed since ``bases``, the texts that both knew; ours first."""

    def is_same(self, one: str, other: str) -> bool:
        """Whether the same texts are in both, in whatever order."""


def draft_kinds(board: Board) -> Callable[[str], DraftKind]:
    """The kind of the draft under a key; ``board`` tells which operations are recorded."""
    messages, tasks = MessageDrafts(board), NewTaskDrafts(board)
    return lambda key: tasks if key == CREATE_KEY else messages


def unsent_drafts(stored: Mapping[str, KeptDraft], operations: Iterable[Operation]) -> dict[str, str]:
    """What of the stored drafts did not go out, by key, by the operations that are recorded."""
    board = Board()
    board.set_operations(operations)
    kind = draft_kinds(board)
    left = {key: kind(key).unsent(key, draft).text for key, draft in stored.items()}
    return {key: text for key, text in left.items() if text}


class MessageDrafts:
    """Plain texts, ``message:<task id>``.

    A stored text was sent when a message in these words was begun after it was typed, and is under way or done: servers
    and disks can fail between the sending and the clearing. An equal text of unknown age may have been typed anew.
    """

    def __init__(self, board: Board) -> None:
        self._board = board

    def times(self, key: str, text: str, known: DraftTimes, now: datetime) -> DraftTimes:
        """See ``DraftKind.times``. Typed now is after each message that is known, also when the clock was set back."""
        words = words_in(text)
        before = {_words_of(op): op.created_at + _NEXT for op in self.gone(key)}
        typed_at = {each: max(now, before.get(each, now)) for each in words if each not in known.typed_at}
        return known.joined(DraftTimes(now, typed_at)).typed(words, now)

    def unsent(self, key: str, draft: KeptDraft) -> Unsent:
        """See ``DraftKind.unsent``."""
        sections = sections_of(draft.text)
        sent = [sent_since(self._board, key, each.words, draft.times.typed_at.get(each.words)) for each in sections]
        left = [each for each, operations in zip(sections, sent, strict=True) if not operations]
        if len(left) == len(sections):
            return Unsent(draft.text)
        if left:
            return Unsent(write_sections(left))
        is_done = all(operation.state is OperationState.DONE for operations in sent for operation in operations)
        return Unsent("", is_over=is_done)

    def gone(self, key: str) -> list[Operation]:
        """See ``DraftKind.gone``."""
        return _messages(self._board, key)

    def join(self, ours: str, theirs: str, why: str) -> str | None:
        """See ``DraftKind.join``."""
        return join_text(ours, theirs, why)

    def merge(self, bases: Iterable[str], ours: str, theirs: str) -> str:
        """See ``DraftKind.merge``."""
        base = [section for text in bases for section in sections_of(text)]
        return write_sections(merge_sections(base, sections_of(ours), sections_of(theirs)))

    def is_same(self, one: str, other: str) -> bool:
        """See ``DraftKind.is_same``."""
        return one == other or are_same(sections_of(one), sections_of(other))


class NewTaskDrafts:
    """The form of a new task as JSON, ``create``. Another form becomes a text below our description."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def times(self, key: str, text: str, known: DraftTimes, now: datetime) -> DraftTimes:
        """See ``DraftKind.times``. The form says itself when it was changed."""
        return known.typed((), now)

    def unsent(self, key: str, draft: KeptDraft) -> Unsent:
        """How many of the attempts are still to be made: equal tasks created since the form was saved are taken off."""
        if not draft.text:
            return Unsent("")
        task = NewTask.read(draft.text)
        made = [op for op in self.gone(key) if task.is_made_by(op)]
        if not made:
            return Unsent(draft.text)
        if len(made) >= task.attempts:
            return Unsent("", is_over=all(op.state is OperationState.DONE for op in made))
        counted = max(op.created_at for op in made) + _NEXT  # the same ones are not taken off again
        return Unsent(replace(task, attempts=task.attempts - len(made), saved_at=counted).write())

    def gone(self, key: str) -> list[Operation]:
        """See ``DraftKind.gone``."""
        return [op for op in self._board.operations if _went_out(op, OperationKind.CREATE)]

    def join(self, ours: str, theirs: str, why: str) -> str | None:
        """See ``DraftKind.join``."""
        mine = NewTask.read(ours)
        told = NewTask.read(theirs).tell_difference(mine)
        joined = join_text(mine.description, told, why) if told else None
        return None if joined is None else replace(mine, description=joined).write()

    def merge(self, bases: Iterable[str], ours: str, theirs: str) -> str:
        """See ``DraftKind.merge``."""
        known = [NewTask.read(text) for text in bases if text]
        mine, other = NewTask.read(ours), NewTask.read(theirs)
        base = [section for task in known for section in _sections(task)]
        here, there = _sections(mine), _sections(other)
        merged = merge_sections(base, here, there)
        if not merged:
            return ours
        first, *others = merged
        if first.words == there[0].words != here[0].words:
            return replace(other, description=_description(other, others)).write()
        if first.words != here[0].words:
            return replace(mine, description=write_sections([first, *others])).write()
        if first.words == there[0].words:
            mine = _with_choices(mine, known, other)
        return replace(mine, description=_description(mine, others)).write()

    def is_same(self, one: str, other: str) -> bool:
        """See ``DraftKind.is_same``; of one and the same form the choices must be the same as well."""
        if one == other or not (one and other):
            return one == other
        ours, theirs = NewTask.read(one), NewTask.read(other)
        here, there = _sections(ours), _sections(theirs)
        return are_same(here, there) and (here[0] != there[0] or _choices(ours) == _choices(theirs))


def _sections(task: NewTask) -> list[Section]:
    """The form itself as the text that it is when it stands below another one, then what stands below it already."""
    first, *others = sections_of(task.description)
    return [Section(replace(task, description=first.text).tell_difference(NewTask())), *others]


def _description(task: NewTask, others: Iterable[Section]) -> str:
    return write_sections([sections_of(task.description)[0], *others])


def _choices(task: NewTask) -> dict[str, Any]:
    return {"approval": task.approval, "pr": task.pr, "attempts": task.attempts}


def _with_choices(ours: NewTask, known: list[NewTask], theirs: NewTask) -> NewTask:
    """The same form with the choices that were changed elsewhere and not here."""
    before = _choices(known[0]) if known else _choices(ours)
    mine, other = _choices(ours), _choices(theirs)
    return replace(ours, **{name: other[name] if mine[name] == before[name] else mine[name] for name in mine})


def sent_since(board: Board, key: str, words: str, since: datetime | None) -> list[Operation]:
    """The messages in these words that went out, or may have, since then, oldest first; none when that is not known."""
    if since is None:
        return []
    return [op for op in _messages(board, key) if op.created_at >= since and _words_of(op) == words]


def beginning_of(text: str, times: DraftTimes, sent: Iterable[Operation]) -> str | None:
    """The longest message among ``sent`` that is done and that ``text`` goes on from, not in the middle of a word.

    Only what was sent after the text was begun counts; all of the text does when it was typed on after that, and came
    to be the same once more.
    """
    words, begun_at = text.strip(), times.begun_at
    typed_at = times.typed_at.get(words)

    def is_beginning(operation: Operation) -> bool:
        told = _words_of(operation)
        if told == words:
            return typed_at is not None and operation.created_at < typed_at
        return bool(told) and words.startswith(told) and not words[len(told)].isalnum()

    if begun_at is None:
        return None
    done = (op for op in sent if op.state is OperationState.DONE and op.created_at >= begun_at)
    return max((_words_of(op) for op in done if is_beginning(op)), key=len, default=None)


def _messages(board: Board, key: str) -> list[Operation]:
    return [op for op in board.operations_of(task_of(key) or "") if _went_out(op, OperationKind.MESSAGE)]


def _words_of(operation: Operation) -> str:
    return str(operation.payload.get("text", "")).strip()


def _went_out(operation: Operation, kind: OperationKind) -> bool:
    """Whether it is recorded, and under way or done. One that only was begun here is not on disk yet."""
    is_recorded = operation.owner is not None
    return (
        operation.kind is kind and is_recorded and (operation.state.is_open or operation.state is OperationState.DONE)
    )
