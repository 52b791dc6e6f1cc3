"""A screen with the list of tasks: rows, marks, moving, filtering, arranging."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from textual import on

from jjm_tui.domain.draft_keys import task_of
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.services.arrangement import Arrangement, View
from jjm_tui.tui.list_view import Filtered, ListChoice, state_hint
from jjm_tui.tui.screens.detail_host import DetailHost
from jjm_tui.tui.widgets.header import COUNT_FILTERS
from jjm_tui.tui.widgets.tasks.task_list import TaskList
from jjm_tui.tui.widgets.tasks.task_row import DELIVERY_MARKS, RowInfo
from jjm_tui.tui.writing.drafts import DraftChange

if TYPE_CHECKING:
    from textual.content import Content

    from jjm_tui.tui.widgets.filter_bar import FilterBar

_STALE_AFTER: Final = timedelta(minutes=5)
_STALE_LOOKS: Final = 6
"""A row is old when it was not confirmed for so many looks, and for five minutes at least."""
_ROOM_FOR_MARKS: Final = 80
"""Columns from which on there is room for the keys and for what the marks are for."""


_NEEDS_ROWS: Final = frozenset(
    {
        *("move.down", "move.up", "move.first", "move.last", "move.half-down", "move.half-up"),
        *("mark", "mark.range", "mark.all"),
    }
)


class ListHost(DetailHost):
    """Holds what the person chose to see, and acts on the task under the cursor or on the marked ones."""

    def __init__(self) -> None:
        super().__init__()
        launch = self.dashboard.launch
        self.choice = choice = ListChoice.remembered(launch.memory, launch.views)
        self._before_typing: Filtered | None = None
        self._cursor_before_typing: str | None = None
        self._drafted: frozenset[str] = frozenset()
        self._awaited: tuple[str, str | None] | None = None
        self._creating_from: tuple[str | None] | None = None
        self._arrangement = Arrangement(View(choice.query, choice.sort, choice.reverse, choice.grouping))

    def show_bars(self) -> None:
        """Counts, marks or the keys that work are others."""
        raise NotImplementedError

    def show_list_state(self) -> None:
        """Filter, order or groups are others."""
        raise NotImplementedError

    @property
    def tasks(self) -> TaskList:
        """The list."""
        return self.query_one(TaskList)

    def row_info(self, task_id: str) -> RowInfo:
        now = self.now()
        delivery = self.board.delivery(task_id, now)
        task = self.board.task(task_id)
        return RowInfo(
            delivery=None if delivery is None else DELIVERY_MARKS.get(delivery.word),
            is_watched=task_id in self.board.watched,
            is_stale=task is not None and self._is_stale(task, now),
            has_draft=self.dashboard.drafts.is_waiting(task_id),
        )

    def follow_drafts(self) -> Callable[[], None]:
        """Mark the tasks for which a message was begun, here or in another process; answer how to stop that."""
        return self.dashboard.drafts.subscribe(self._draft_changed)

    def _draft_changed(self, change: DraftChange) -> None:
        task_id = task_of(change.key)
        if task_id is not None and (task_id in self._drafted) != self.dashboard.drafts.is_waiting(task_id):
            self._drafted ^= {task_id}
            for rows in self.query(TaskList):  # none when the composer saves what was typed while the screen goes away
                rows.update_rows((task_id,))

    def _is_stale(self, task: Task, now: datetime) -> bool:
        if task.status.is_final or task.status_read_at is None:
            return False
        interval = timedelta(seconds=self.dashboard.launch.settings.polling.interval)
        return now - task.status_read_at > max(_STALE_AFTER, _STALE_LOOKS * interval)

    def describe_list(self) -> Content:
        """The title of the list: what is shown, and of how many, as the header counts all tasks."""
        arrangement, counted = self._arrangement, None
        if arrangement.is_whole:
            kinds = arrangement.counts.kinds
            unseen = 0 if self.choice.archived else kinds["archived"]
            counted = arrangement.shown_count, sum(kinds.values()) - unseen
        return self.choice.describe(counted)

    # the cursor and the marks

    def visible_ids(self) -> tuple[str, ...]:
        """The tasks whose rows can be seen."""
        return self.tasks.visible_ids()

    @on(TaskList.MarksChanged)
    def _marks_changed(self) -> None:
        self.show_bars()

    def current_task(self) -> Task | None:
        """The task that a message is typed to, else the one under the cursor."""
        composer = self.composer
        if composer is not None and self.is_typing():
            return self.board.task(composer.task_id)
        return self.board.task(self.tasks.highlighted)

    def unavailable(self, action_id: str) -> str | None:
        """Why not: as for every task, and nothing that needs the person, could be marked or is left out."""
        if action_id in ("next.needs-me", "previous.needs-me") and not self._goes_through_matches():
            if self._arrangement.needing or self.has_need_elsewhere():
                return None
            return "No task in this list needs you." if self.board.tasks else "No task is known yet."
        if action_id in _NEEDS_ROWS and not self.is_in_detail() and not self._arrangement.shown_count:
            return "There is no task in this list."
        if action_id == "mark.all" and self._are_all_marked():
            return f"All of them are marked; {self.dashboard.launch.keymap.first('back')} takes the marks away."
        if action_id == "filter.all" and not self.choice.text:
            return "Everything is shown already."
        return super().unavailable(action_id)

    def _are_all_marked(self) -> bool:
        return all(self.tasks.marks.issuperset(group.task_ids) for group in self._arrangement.groups)

    def note_on_marks(self, action_id: str) -> str | None:
        """What to tell who decides about one task while others are marked."""
        count = len(self.tasks.marks - {self.tasks.highlighted})
        if not count:
            return None
        if self.app.size.width < _ROOM_FOR_MARKS:
            return "this task only"
        key = self.dashboard.launch.keymap.first(action_id)
        return f"this task only; {key} is for the {len(self.tasks.marks)} marked"

    def targets(self) -> tuple[str, ...]:
        """The marked tasks, else the one under the cursor."""
        return self.marked() or super().targets()

    def marked(self) -> tuple[str, ...]:
        """The marked tasks, those with a row in the order of the list."""
        marks = self.tasks.marks
        if not marks:
            return ()
        shown = [task_id for group in self._arrangement.groups for task_id in group.task_ids if task_id in marks]
        return (*shown, *sorted(marks.difference(shown)))

    def marks_used(self) -> None:
        """The marks served their purpose."""
        self.tasks.clear_marks()

    def unmark(self, task_ids: Collection[str]) -> None:
        """Take the marks of these tasks away."""
        for task_id in self.tasks.marks.intersection(task_ids):
            self.tasks.toggle_mark(task_id)

    def select(self, task_id: str) -> None:
        """Bring a task under the cursor, out of the archive or a filter if it must be."""
        if self._arrangement.thaw():
            self.tasks.rearranged(self.dashboard.put_away)
        task = self.board.task(task_id)
        if not self.tasks.select(task_id) and task is not None:
            self.choice.uncover(task, self.now())
            self.rearrange()
            self.tasks.select(task_id)
        if self.is_typing() and task_id == self.tasks.highlighted != self.detail.task_id:
            self.leave_composer()

    def step_off(self, task_ids: Collection[str]) -> None:
        """These tasks are being put away: whatever key comes next is for the row that takes their place."""
        if self.tasks.highlighted in task_ids:
            self.tasks.rearranged(task_ids)

    def await_return(self, task_id: str | None) -> None:
        """An undo was asked for: the cursor goes to its task once that is back, if the person stays here until then."""
        self._awaited = None if task_id is None else (task_id, self.tasks.highlighted)

    def creation_begun(self) -> None:
        """A new task was sent off: the cursor goes to it once it is there, if the person does nothing until then."""
        self._creating_from = (self.tasks.highlighted,)

    @property
    def awaits_new(self) -> bool:
        """Whether the person has done nothing since a new task was sent off."""
        return self._creating_from is not None

    def lead_to_new(self, task_id: str) -> None:
        """A task was created."""
        if self._creating_from is not None:
            (cursor,), self._creating_from = self._creating_from, (task_id,)
            self._awaited = (task_id, cursor)
            self.lead_back((task_id,))

    def lead_back(self, task_ids: Collection[str]) -> None:
        """These tasks have changed: the awaited one comes under the cursor, unless that was moved or something is
        typed."""
        if self._awaited is None or self._awaited[0] not in task_ids:
            return
        task_id, cursor = self._awaited
        stays = cursor == self.tasks.highlighted and self._before_typing is None and not self.is_typing()
        if not stays or self.tasks.select(task_id):
            self._awaited = None

    async def action_perform(self, action_id: str) -> None:
        """Carry out an action; who goes on to something else is not led back."""
        self._awaited = self._creating_from = None
        await super().action_perform(action_id)

    # moving

    def is_in_detail(self) -> bool:
        return self.detail.has_focus_within

    def _goes_through_matches(self) -> bool:
        return self.is_in_detail() and self.is_searching()

    def do_move_down(self) -> None:
        self.detail.move(1) if self.is_in_detail() else self.tasks.move(1)

    def do_move_up(self) -> None:
        self.detail.move(-1) if self.is_in_detail() else self.tasks.move(-1)

    def do_move_first(self) -> None:
        self.detail.move_to_edge(end=False) if self.is_in_detail() else self.tasks.move_first()

    def do_move_last(self) -> None:
        self.detail.move_to_edge(end=True) if self.is_in_detail() else self.tasks.move_last()

    def do_move_half_down(self) -> None:
        self.detail.page(0.5) if self.is_in_detail() else self.tasks.page(0.5)

    def do_move_half_up(self) -> None:
        self.detail.page(-0.5) if self.is_in_detail() else self.tasks.page(-0.5)

    def has_need_in_list(self) -> bool:
        """Whether a task that the list shows, or shows in a moment, needs the person."""
        now, query = self.now(), self.choice.query
        tasks = self.board.tasks.values()
        return any(needs_me(task, now) is not None and (query is None or query.matches(task, now)) for task in tasks)

    def has_need_elsewhere(self) -> bool:
        """Whether the filter leaves nothing, while tasks need the person."""
        return bool(self.choice.text and not self._arrangement.shown_count and self._arrangement.counts.needs_me)

    def do_next_needs_me(self) -> None:
        """The next match while searching, else the next task that needs the person: out of a filter that is empty."""
        self._go_to_next(1)

    def do_previous_needs_me(self) -> None:
        """The previous one."""
        self._go_to_next(-1)

    def _go_to_next(self, step: int) -> None:
        if self._goes_through_matches():
            self.go_to_match(step)
        elif not self.step_to_needing(step):
            self.dashboard.tell("No other task in this list needs you.")

    def step_to_needing(self, step: int) -> str | None:
        """Bring the next task that needs the person under the cursor, or with -1 the previous one, and tell its id;
        ``None``: there is no other."""
        if self.has_need_elsewhere():
            self.filter_by("")
            has_moved = self.tasks.select(self._arrangement.needing[0 if step > 0 else -1])
        else:
            has_moved = self.tasks.next_needing() if step > 0 else self.tasks.previous_needing()
        return self.tasks.highlighted if has_moved else None

    # marking, finding

    def do_mark(self) -> None:
        self.tasks.toggle_mark()
        if not self.tasks.is_marking_range:
            self.tasks.move(1)

    def do_mark_range(self) -> None:
        self.tasks.mark_range()
        self.show_bars()

    def do_mark_all(self) -> None:
        self.tasks.mark_all_shown()

    def do_filter_failed(self) -> None:
        self.filter_by("state:failed")

    def do_filter_questions(self) -> None:
        self.filter_by("state:waiting_feedback")

    def do_filter_plans(self) -> None:
        self.filter_by("state:waiting_approval")

    def do_filter_running(self) -> None:
        self.filter_by(COUNT_FILTERS["running"])

    def do_filter_all(self) -> None:
        self.filter_by("")

    def on_filter_bar_changed(self, message: FilterBar.Changed) -> None:
        """A filter is typed: the result is live, but half a word that matches nothing empties no list."""
        query = message.query
        if query is not None and not message.is_whole and not self._arrangement.has_match(query, self.now()):
            message.bar.show_no_match(query, state_hint(message.text))
            return
        message.bar.show_match(message.text)
        self.choice.set_filter(message.text, query)
        self.rearrange(remembers=False)

    def on_filter_bar_typed(self) -> None:
        """Other keys may work now."""
        self.show_bars()

    def on_filter_bar_kept(self, message: FilterBar.Kept) -> None:
        """This filter it is, whatever it matches; back to the list."""
        if self._before_typing is not None and message.text == self._before_typing.text:
            self.choice.restore_filter(self._before_typing)
        else:
            self.choice.set_filter(message.text, message.query)
            self.dashboard.launch.memory.remember_filter(message.text)
            self.dashboard.launch.memory.save()
        self._end_typing()

    def on_filter_bar_cancelled(self) -> None:
        """As it was before, the task under the cursor too; back to the list."""
        if self._before_typing is not None:
            self.choice.restore_filter(self._before_typing)
        cursor = self._cursor_before_typing
        self._end_typing()
        if cursor is not None:
            self.tasks.select(cursor)

    def begin_typing(self) -> None:
        """A filter is going to be typed: remember what it was, and where the cursor was."""
        if self._before_typing is None:
            self._before_typing, self._cursor_before_typing = self.choice.filtered, self.tasks.highlighted

    def _end_typing(self) -> None:
        self._before_typing = self._cursor_before_typing = None
        self.rearrange()
        self.set_focus(self.tasks)

    def filter_by(self, text: str) -> None:
        """Filter by a text of ours; the same again shows everything."""
        self.choice.toggle_filter(text)
        self.rearrange()

    def do_sort(self) -> None:
        self.choice.next_sort()
        self.rearrange()

    def sort_by(self, field: str) -> None:
        """Sort by one field of ``list_view.SORT_WORDS``, the usual way round."""
        self.choice.sort, self.choice.reverse = field, False
        self.rearrange()

    def do_sort_reverse(self) -> None:
        self.choice.reverse = not self.choice.reverse
        self.rearrange()

    def do_group(self) -> None:
        self.choice.next_grouping()
        self.rearrange()

    def do_archived(self) -> None:
        self.choice.archived = not self.choice.archived
        self.rearrange()

    def rearrange(self, *, remembers: bool = True) -> None:
        choice = self.choice
        self._arrangement.set_view(
            now=self.now(),
            query=choice.query,
            sort=choice.sort,
            reverse=choice.reverse,
            grouping=choice.grouping,
            show_archived=choice.archived,
        )
        self.tasks.end_range()
        self.tasks.rearranged()
        self.show_list_state()
        self.show_bars()
        if remembers:
            choice.remember(self.dashboard.launch.memory)
