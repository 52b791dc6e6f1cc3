"""What can be done to the task at hand, on whichever screen it is shown: decide, care, look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task, needs_me
from jjm_tui.domain.text import heading, truncate
from jjm_tui.errors import JulesManagerError
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.look.appearance import appearance_of_status
from jjm_tui.tui.notices import toasts
from jjm_tui.tui.notices.key_here import key_here
from jjm_tui.tui.screens.base import DashboardScreen
from jjm_tui.tui.text.local_time import local_words
from jjm_tui.tui.undo import Change, Place, Undoing
from jjm_tui.tui.watching import undo_watch, watch

if TYPE_CHECKING:
    from jjm_tui.services.results import MarkResult
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.keymap import Keymap

_NEEDS_TASK: Final = frozenset(
    {
        "task.approve",
        "task.message",
        "task.resume",
        "task.archive",
        "task.unarchive",
        "task.snooze",
        "task.watch",
        "task.forget",
        "task.diff",
        "task.open",
        "task.copy-id",
        "task.copy-url",
        "open",
    }
)
_NEEDS_ENGINE: Final = frozenset(
    {"task.approve", "task.approve-many", "task.resume", "task.archive", "task.unarchive", "task.snooze", "task.forget"}
)
_OPERATIONS: Final = {"task.approve": "approve", "task.message": "message", "task.diff": "diff"}
"""Actions that need the server to be able to do something, by the name in its capabilities."""

_GONE: Final = "The server no longer has this task."
_STILL_OPENING: Final = "Still opening; try again in a moment."


class TaskScreen(DashboardScreen[str]):
    """A screen with a task at hand."""

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"everywhere", "tasks", "detail"})

    # what a subclass tells

    def current_task(self) -> Task | None:
        """The task at hand."""
        raise NotImplementedError

    def targets(self) -> tuple[str, ...]:
        """The tasks that archive, snooze and watch act on: the marked ones, else the one at hand."""
        task = self.current_task()
        return () if task is None else (task.id,)

    def marks_used(self) -> None:
        """An action was carried out on the marked tasks."""

    def keys_changed(self) -> None:
        """Other keys work: another tab is shown, searching ended, something can be undone."""

    def note_on_marks(self, action_id: str) -> str | None:
        """What to tell who decides about the task at hand while others are marked; the action is for those."""
        return None

    # availability

    def unavailable(self, action_id: str) -> str | None:
        """Why not: no task, not opened yet, wrong state, or a server that cannot."""
        if action_id in _NEEDS_TASK and not self.targets():
            return "There is no task under the cursor."
        if action_id in _NEEDS_ENGINE and self.engine is None:
            return _STILL_OPENING
        task = self.current_task()
        missing = self.board.connection.unavailable.get(_OPERATIONS.get(action_id, ""))
        if missing is not None:
            return f"This server cannot do that: {missing}"
        if task is None:
            return None
        keymap = self.dashboard.launch.keymap
        if action_id == "task.resume":
            return _why_no_resume(task, keymap, by_message=self.board.connection.resume_by_message)
        return _unavailable_for(task, action_id, keymap)

    # deciding

    def do_task_approve(self) -> None:
        """Read the plan, approve it."""
        task = self.current_task()
        if task is not None:
            from jjm_tui.tui.screens.approval import ApprovalScreen

            sheet = ApprovalScreen(task.id, note=self.note_on_marks("task.approve-many"))
            self.app.push_screen(sheet, lambda done: self._after_approval(task.id, done))

    def _after_approval(self, task_id: str, done: object) -> None:
        if done is True:
            self.go_on_from(task_id)
        elif done == "message":
            self.message_to(task_id)
        elif done == "diff":
            self.call_later(self.action_perform, "task.diff")

    def do_task_approve_many(self) -> None:
        """The sheet of all plans that wait."""
        from jjm_tui.tui.screens.bulk_approval import BulkApprovalScreen

        self.app.push_screen(BulkApprovalScreen(self.marked()), self._after_bulk)

    def do_task_message_many(self) -> None:
        """One message to all marked tasks."""
        marked = self.marked()
        if not marked:
            self.dashboard.tell("Nothing is marked; space marks a task.", severity="warning")
            return
        from jjm_tui.tui.screens.bulk_message import BulkMessageScreen

        self.app.push_screen(BulkMessageScreen(marked), self._after_bulk)

    def _after_bulk(self, done: frozenset[str] | None) -> None:
        """What worked is no longer marked; what did not stays."""
        if done:
            self.unmark(done)

    def unmark(self, task_ids: Collection[str]) -> None:
        """Take the marks of these tasks away."""

    def marked(self) -> tuple[str, ...]:
        """The marked tasks in the order of the list."""
        return ()

    def do_task_message(self) -> None:
        """Type a message to the task at hand."""
        raise NotImplementedError

    def message_to(self, task_id: str) -> None:
        """Type a message to this task and no other."""
        raise NotImplementedError

    def go_on_from(self, task_id: str) -> None:
        """A decision on this task was made: the next one that needs the person comes under the cursor."""

    def do_task_resume(self) -> None:
        """Let a paused or failed task go on, after a look at what will be sent."""
        task = self.current_task()
        engine = self.engine
        if task is None or engine is None:
            return
        from jjm_tui.tui.screens.confirm import ResumeDialog

        self.app.push_screen(
            ResumeDialog(task.id), lambda sure: self._resume(engine, task.id) if sure is True else None
        )

    def _resume(self, engine: Engine, task_id: str) -> None:
        engine.desk.resume(task_id)
        self.go_on_from(task_id)

    def do_task_create(self) -> None:
        """A new task; under the cursor on one that failed, filled in as that was, unless a draft is kept."""
        task = self.current_task()
        if task is not None and task.status is TaskStatus.FAILED:
            from jjm_tui.tui.screens.create import CreateScreen
            from jjm_tui.tui.writing.templates import once_more

            self.app.push_screen(CreateScreen(once_more(task)))
        else:
            self.dashboard.open_screen("create")

    def do_task_create_from_template(self) -> None:
        """A new task from a template."""
        self.dashboard.open_screen("templates")

    # caring

    def do_task_archive(self) -> None:
        """Archive the targets here."""
        ids = self.targets()
        self._mark("archived", ids, lambda engine: engine.manager.archive(ids), lambda e: e.manager.unarchive(ids))

    def do_task_unarchive(self) -> None:
        """Take the targets out of the archive."""
        ids = self.targets()
        self._mark("unarchived", ids, lambda engine: engine.manager.unarchive(ids), lambda e: e.manager.archive(ids))

    def do_task_snooze(self) -> None:
        """Choose how long the targets need nobody."""
        from jjm_tui.tui.screens.snooze import SnoozeDialog

        ids = self.targets()
        tasks = [task for task_id in ids if (task := self.board.task(task_id)) is not None]
        self.app.push_screen(SnoozeDialog(tasks), lambda until: self._snooze(ids, until))

    def _snooze(self, ids: tuple[str, ...], until: datetime | None) -> None:
        if until is not None:
            before = {task_id: task.snoozed_until for task_id in ids if (task := self.board.task(task_id)) is not None}
            is_ahead = until > (now := self.now())
            self._mark(
                "snoozed" if is_ahead else "woke",
                ids,
                lambda engine: engine.manager.snooze(ids, until),
                lambda e: _wake(e, before),
                f" until {local_words(until, now)}" if is_ahead else "",
            )

    def do_task_forget(self) -> None:
        """Forget the targets here, after a question that names what would be lost."""
        from jjm_tui.tui.screens.confirm import ForgetDialog

        ids = self.targets()
        self.app.push_screen(ForgetDialog(ids), lambda sure: self._forget(ids) if sure is True else None)

    def _forget(self, ids: tuple[str, ...]) -> None:
        self._mark("forgot", ids, lambda engine: engine.manager.forget(ids), lambda e: e.manager.remember(ids))

    def do_task_watch(self) -> None:
        """Watch the targets; if all of them are watched already, stop that."""
        ids, watched, launch = self.targets(), self.board.watched, self.dashboard.launch
        stops = watched.issuperset(ids)
        changed = tuple(task_id for task_id in ids if stops or task_id not in watched)
        watch(launch, changed, stops=stops)
        word = "no longer watching" if stops else "watching"
        place = self.dashboard.undo.begin(changed)
        self._tell_change(place, word, changed, lambda: undo_watch(launch, changed, stops=stops))

    def do_undo(self) -> None:
        """Take the last local change back."""
        place = self.dashboard.undo.pop()
        if place is None:
            self.dashboard.tell("There is nothing to undo. What a server heard of cannot be taken back.")
            return
        self.dashboard.put_away = frozenset()
        self.dashboard.hearing.keys_changed()  # this screen may be closed by now: it waited for what was done last
        if self.is_running:
            self.await_return(place.task_id)
        self.dashboard.run_worker(self._undo(place), group="marks")  # it outlives this screen

    async def _undo(self, place: Place) -> None:
        change = await place.change
        if change is None:
            self.do_undo()
            return
        try:
            await change.undoing()
        except JulesManagerError as error:
            if self.is_running:
                self.await_return(None)
            self.dashboard.tell(f"That could not be undone: {error.message}", severity="error")
        else:
            toasts.withdraw(self.dashboard, change.told)
            self.dashboard.tell(f"Undone: {change.what}.")

    def await_return(self, task_id: str | None) -> None:
        """An undo was asked for: this task is going to be as it was; ``None``: it is not."""

    def _mark(
        self,
        word: str,
        ids: Sequence[str],
        mark: Callable[[Engine], Awaitable[MarkResult]],
        unmark: Callable[[Engine], Awaitable[object]],
        until: str = "",
    ) -> None:
        engine = self.engine
        if engine is not None:
            self.dashboard.put_away = self._put_away(word, ids)
            self.step_off(self.dashboard.put_away)
            marking = self._carry_out_mark(engine, self.dashboard.undo.begin(ids), word, ids, mark, unmark, until)
            self.dashboard.run_worker(marking, group="marks")  # it outlives this screen

    def _put_away(self, word: str, ids: Sequence[str]) -> frozenset[str]:
        """Those of these tasks that the person is done with: the cursor does not go with them."""
        if word == "archived":
            tasks = [task for task_id in ids if (task := self.board.task(task_id)) is not None]
            return frozenset(task.id for task in tasks if not task.archived)
        return frozenset(ids) if word == "snoozed" else frozenset()

    def step_off(self, task_ids: Collection[str]) -> None:
        """These tasks are being put away: whatever key comes next is not for them."""

    async def _carry_out_mark(
        self,
        engine: Engine,
        place: Place,
        word: str,
        ids: Sequence[str],
        mark: Callable[[Engine], Awaitable[MarkResult]],
        unmark: Callable[[Engine], Awaitable[object]],
        until: str = "",
    ) -> None:
        waiting = self._waiting(ids) if word == "archived" else frozenset()
        try:
            result = await mark(engine)
        except JulesManagerError as error:
            self._take_place(place, None)
            self.dashboard.put_away = frozenset()
            self.dashboard.tell(" ".join(filter(None, (error.message, error.hint))), severity="error")
            return
        changed = tuple(task_id for task_id in ids if task_id not in result.unchanged)
        if not changed:
            self._take_place(place, None)
            self.dashboard.tell("Nothing had to change.")
            return
        wait = _of_them_wait(len(waiting.intersection(changed)), len(changed))
        self._tell_change(place, word, changed, lambda: unmark(engine), until, wait, result.remarks)

    def _tell_change(
        self,
        place: Place,
        word: str,
        changed: tuple[str, ...],
        undoing: Undoing,
        until: str = "",
        wait: str = "",
        remarks: Sequence[str] = (),
    ) -> None:
        """These tasks were changed here: say so, and that it can be taken back."""
        task = self.board.task(changed[0]) if len(changed) == 1 else None
        what = f"{word} {_tasks(len(changed))}" if task is None else f"{word} '{_name(task)}'"
        told = f"{what[0].upper()}{what[1:]}{until}{wait}. {key_here(self.dashboard, 'undo')} undoes it."
        told = " ".join((told, *remarks))
        self._take_place(place, Change(what, changed, undoing, told))
        if self.is_running:
            self.marks_used()
        self.dashboard.tell(told, severity="warning" if wait or remarks else "information")

    def _take_place(self, place: Place, change: Change | None) -> None:
        place.change.set_result(change)
        self.dashboard.hearing.keys_changed()

    def _waiting(self, ids: Sequence[str]) -> frozenset[str]:
        """Those of these tasks that need the person."""
        tasks = [task for task_id in ids if (task := self.board.task(task_id)) is not None]
        return frozenset(task.id for task in tasks if needs_me(task, self.now()) is not None)

    # looking

    def do_task_open(self) -> None:
        """Open its page in the browser, or its pull request where it has no page; only http and https."""
        from jjm_tui.tui.pages.browsing import open_page

        task = self.current_task()
        open_page(self.dashboard, None if task is None else task.url or task.pull_request_url)

    def do_task_copy_id(self) -> None:
        """Copy the id."""
        task = self.current_task()
        if task is not None:
            self.dashboard.copy(task.id)

    def do_task_copy_url(self) -> None:
        """Copy the address of its page, or of its pull request where it has no page."""
        task = self.current_task()
        if task is not None and (url := task.url or task.pull_request_url):
            self.dashboard.copy(url)


def _wake(engine: Engine, before: dict[str, datetime | None]) -> Awaitable[object]:
    async def wake() -> None:
        for task_id, until in before.items():
            await engine.manager.snooze([task_id], until)

    return wake()


def _unavailable_for(task: Task, action_id: str, keymap: Keymap) -> str | None:
    if action_id == "task.approve" and task.status not in (TaskStatus.WAITING_APPROVAL, TaskStatus.UNKNOWN):
        return f"No plan waits here: the task {appearance_of_status(task.status).sentence}."
    if action_id in ("task.approve", "task.message") and task.on_server is False:
        return _GONE
    if action_id == "task.diff":
        return _why_no_diff(task, keymap.first("refresh"))
    if action_id in ("task.open", "task.copy-url") and not (task.url or task.pull_request_url):
        return f"The server tells no address of this task; {keymap.first('task.copy-id')} copies its id."
    return None


def _why_no_resume(task: Task, keymap: Keymap, *, by_message: bool | None) -> str | None:
    """Failed is final for Jules; only a server with a way of its own may let such a task go on, and says so itself."""
    if task.status is TaskStatus.FAILED and by_message is True:
        return (
            f"A failed task does not go on. A new task can take over; {keymap.first('task.create')} begins one like it."
        )
    if task.status not in (TaskStatus.PAUSED, TaskStatus.FAILED, TaskStatus.UNKNOWN):
        return f"Only paused tasks can be resumed; {keymap.first('refresh')} refreshes."
    return _GONE if task.on_server is False else None


def _why_no_diff(task: Task, refresh_key: str) -> str | None:
    """Only what is known: where nobody looked yet, looking is what the key is for."""
    if task.status is TaskStatus.PENDING:
        return "It waits in Jules's queue and has changed nothing yet."
    if task.source_files is None or task.source_files:
        return None
    if task.status.is_final:
        return "It ended without changing a file; the chat tells what it did."
    return f"It has changed no files so far; {refresh_key} asks the server again."


def _name(task: Task) -> str:
    return truncate(heading(task.title, task.description, task.id), 40)


def _of_them_wait(count: int, of: int) -> str:
    """What is told of tasks that are put away although they wait for the person."""
    if not count:
        return ""
    who = "it waits" if of == 1 else f"{'all' if count == of else count} of them wait{'s' if count == 1 else ''}"
    return f", although {who} for you"


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"
