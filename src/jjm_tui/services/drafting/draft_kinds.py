"""Drafts of messages and of new tasks: what of them went out, and how two of them are kept in one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple, Protocol

from jjm_tui.domain.draft_keys import CREATE_KEY, task_of
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.services.board import Board
from jjm_tui.services.drafting.joined_texts import (
    Section,
    are_same,
    join_text,
    merge_sections,
    sections_of,
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

    def unsent(self, key: str, text: str) -> Unsent:
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


def unsent_drafts(stored: Mapping[str, str], operations: Iterable[Operation]) -> dict[str, str]:
    """What of the stored texts did not go out, by key, by the operations that are recorded."""
    board = Board()
    board.set_operations(operations)
    kind = draft_kinds(board)
    left = {key: kind(key).unsent(key, text).text for key, text in stored.items()}
    return {key: text for key, text in left.items() if text}


class MessageDrafts:
    """Plain texts, ``message:<task id>``.

    A stored draft that equals a message which is under way or done was sent: servers and disks can fail between the
    sending and the clearing. It is told from an equal text typed anew only while that is in memory; the person finds
    it among the texts sent before.
    """

    def __init__(self, board: Board) -> None:
        self._board = board

    def unsent(self, key: str, text: str) -> Unsent:
        """See ``DraftKind.unsent``."""
        states: dict[str, list[OperationState]] = {}
        for operation in self.gone(key):
            states.setdefault(_words_of(operation), []).append(operation.state)
        sections = sections_of(text)
        left = [each for each in sections if each.words not in states]
        if len(left) == len(sections):
            return Unsent(text)
        if left:
            return Unsent(write_sections(left))
        is_done = all(state is OperationState.DONE for each in sections for state in states[each.words])
        return Unsent("", is_over=is_done)

    def gone(self, key: str) -> list[Operation]:
        """See ``DraftKind.gone``."""
        return [op for op in self._board.operations_of(task_of(key) or "") if _went_out(op, OperationKind.MESSAGE)]

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

    def unsent(self, key: str, text: str) -> Unsent:
        """How many of the attempts are still to be made: equal tasks created since the form was saved are taken off."""
        if not text:
            return Unsent("")
        task = NewTask.read(text)
        made = [op for op in self.gone(key) if task.is_made_by(op)]
        if not made:
            return Unsent(text)
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


def beginning_of(text: str, sent: Iterable[Operation]) -> str | None:
    """The longest message among ``sent`` that is done and that ``text`` goes on from, not in the middle of a word."""
    words = text.strip()
    done = {_words_of(each) for each in sent if each.state is OperationState.DONE} - {"", words}
    begun = (each for each in done if words.startswith(each) and not words[len(each)].isalnum())
    return max(begun, key=len, default=None)


def _words_of(operation: Operation) -> str:
    return str(operation.payload.get("text", "")).strip()


def _went_out(operation: Operation, kind: OperationKind) -> bool:
    """Whether it is recorded, and under way or done. One that only was begun here is not on disk yet."""
    is_recorded = operation.owner is not None
    return (
        operation.kind is kind and is_recorded and (operation.state.is_open or operation.state is OperationState.DONE)
    )
