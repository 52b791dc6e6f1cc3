"""Drafts of messages and of new tasks: what of them went out, and how two of them are kept in one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.services.board import Board
from jjm_tui.tui.writing.drafts import CREATE_KEY, DraftKind, Joined, Unsent
from jjm_tui.tui.writing.joined_texts import ELSEWHERE, addition_for, join_texts, split_texts
from jjm_tui.tui.writing.new_task import NewTask


def draft_kinds(board: Board) -> Callable[[str], DraftKind]:
    """The kind of the draft under a key; ``board`` tells which operations are recorded."""
    messages, tasks = MessageDrafts(board), NewTaskDrafts(board)
    return lambda key: tasks if key == CREATE_KEY else messages


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
        gone = [op for op in self._board.operations_of(key.partition(":")[2]) if _went_out(op, OperationKind.MESSAGE)]
        states: dict[str, list[OperationState]] = {}
        for operation in gone:
            states.setdefault(str(operation.payload.get("text", "")).strip(), []).append(operation.state)
        texts = split_texts(text)
        left = [each for each in texts if each.strip() not in states]
        if len(left) == len(texts):
            return Unsent(text)
        if left:
            return Unsent(join_texts(left, ELSEWHERE))
        is_done = all(state is OperationState.DONE for each in texts for state in states[each.strip()])
        return Unsent("", is_over=is_done)

    def join(self, ours: str, theirs: str, why: str) -> Joined | None:
        """See ``DraftKind.join``."""
        addition = addition_for(ours, theirs, why)
        return None if addition is None else Joined(ours + addition, addition)


class NewTaskDrafts:
    """The form of a new task as JSON, ``create``."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def unsent(self, key: str, text: str) -> Unsent:
        """How many of the attempts are still to be made: equal tasks created since the form was saved are taken off."""
        if not text:
            return Unsent("")
        task = NewTask.read(text)
        made = [op for op in self._board.operations if _went_out(op, OperationKind.CREATE) and task.is_made_by(op)]
        if not made:
            return Unsent(text)
        if len(made) >= task.attempts:
            return Unsent("", is_over=all(op.state is OperationState.DONE for op in made))
        return Unsent(replace(task, attempts=task.attempts - len(made)).write())

    def join(self, ours: str, theirs: str, why: str) -> Joined | None:
        """The other form's texts go below our description."""
        mine, other = NewTask.read(ours), NewTask.read(theirs)
        told = other.tell_difference(mine)
        addition = addition_for(mine.description, told, why) if told else None
        if addition is None:
            return None
        return Joined(replace(mine, description=mine.description + addition).write(), addition)


def _went_out(operation: Operation, kind: OperationKind) -> bool:
    """Whether it is recorded, and under way or done. One that only was begun here is not on disk yet."""
    is_recorded = operation.owner is not None
    return (
        operation.kind is kind and is_recorded and (operation.state.is_open or operation.state is OperationState.DONE)
    )
