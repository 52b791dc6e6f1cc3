"""A new task: filled in, looked at as the server would get it, and only then sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Static

from jjm_tui.domain.draft_keys import CREATE_KEY
from jjm_tui.domain.text import truncate
from jjm_tui.errors import JulesManagerError, UnsupportedOperationError
from jjm_tui.services.board import BoardChange
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.screens.sheet import Sheet
from jjm_tui.tui.widgets.create_preview import CreatePreview
from jjm_tui.tui.widgets.form_button import FormButton
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.new_task_form import NewTaskForm
from jjm_tui.tui.widgets.typing_area import typed_text
from jjm_tui.tui.writing.create_notes import notes_for, why_only_a_draft
from jjm_tui.tui.writing.drafts import DraftChange, Drafts, drafts_of
from jjm_tui.tui.writing.editor import EditorError, edit_outside
from jjm_tui.tui.writing.joined_texts import EARLIER, EDITED
from jjm_tui.tui.writing.known_repositories import KnownRepositories
from jjm_tui.tui.writing.new_task import FieldName, NewTask
from jjm_tui.tui.writing.templates import PreparedTask, find_template

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine

READING_TIME: Final = 0.4
"""Seconds that the preview must have been shown before it can be sent, so that keys typed ahead send nothing."""


class CreateScreen(Sheet[None]):
    """The form of a new task and its preview.

    The key that sends goes from the form to the preview, and only from there to the server; Enter does so only on the
    button that says it. The form is a draft from its first keystroke on (``tui.drafts``), and what was not sent comes
    back into it.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog", "composer"})
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - Textual's
        (0, "-short"),
        (20, "-middle"),
        (36, "-tall"),
    ]
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    CreateScreen {
        & > #frame { width: 100; height: 100%; max-height: 30; border-subtitle-color: $foreground; }
        &.-tall TypingArea { min-height: 8; }
        & #origin { height: 1; color: $text-muted; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #origin.-empty { display: none; }
        & CreatePreview, & #send, & #edit { display: none; }
        &.-previewing CreatePreview, &.-previewing #edit, &.-previewing.-ready #send { display: block; }
        &.-previewing NewTaskForm, &.-previewing #preview, &.-previewing #empty { display: none; }
        & #buttons { height: 1; margin: 1 0 0 1; }
        &.-short #buttons { margin: 0 0 0 1; }
        & Button { margin: 0 2 0 0; min-width: 4; }
    }
    """

    def __init__(self, template: str | PreparedTask | None = None) -> None:
        """``template``: one to start from; a name means one of the settings."""
        super().__init__("New task")
        launch = self.dashboard.launch
        self._settings = launch.settings.create
        self._blank = NewTask.blank(self._settings)
        self._template = find_template(launch.settings, template)
        self._known = KnownRepositories(self._settings.repository, self.board.tasks.values())
        self._form = NewTaskForm(self._edited, self._known)
        self._preview = CreatePreview()
        self._planned: NewTask | None = None
        self._has_sent = False
        self._origin = ""
        self._trouble: str | None = None
        self._shown_at = 0.0
        self._emptied: NewTask | None = None
        self._is_in_editor = False
        self._is_loading = True
        self._stop_listening: Callable[[], None] = lambda: None

    def compose_inside(self) -> ComposeResult:
        yield Static(id="origin", classes="-empty")
        yield self._form
        yield self._preview
        with Horizontal(id="buttons"):
            yield FormButton("Preview", id="preview")
            yield FormButton("Clear the form", id="empty")
            yield FormButton("Send", id="send")
            yield FormButton("Back to the form", id="edit")

    def on_mount(self) -> None:
        """Fill in the draft or the template, and learn behind that what can be offered."""
        self._stop_listening = self._drafts.subscribe(self._draft_changed)
        if self.dashboard.launch.settings.ui.reduced_motion:
            self._form.description.cursor_blink = False
        self._form.show_configured_branch(self._settings.branch)
        self._form.show_task(self._blank)
        self._form.go_to(self._first_field)
        self.run_worker(self._load(), group="draft", exit_on_error=False)
        self.watch(self._preview, "show_vertical_scrollbar", self.show_keys, init=False)
        self._show_notes()
        self._show_state()
        self.with_engine(self._learn)

    async def on_unmount(self) -> None:
        """Nothing filled in may be lost."""
        self._stop_listening()
        await self._drafts.flush()

    # the draft

    @property
    def _drafts(self) -> Drafts:
        return drafts_of(self.dashboard)

    @property
    def takes_keys(self) -> bool:
        """Whether the draft is in the form; keys wait until then, so that what is typed goes on with it."""
        return not self._is_loading

    @property
    def _first_field(self) -> FieldName:
        return "description" if self._form.filled_in.repository else "repository"

    async def _load(self) -> None:
        first = self._first_field
        try:
            await self._drafts.refresh(CREATE_KEY)
            self._show_draft()
            self._use_template()
        finally:
            self._is_loading = False
        if self._first_field != first:
            self._form.go_to(self._first_field)

    def _use_template(self) -> None:
        template, self._template = self._template, None
        before = self._drafts.text(CREATE_KEY)
        if template is None or (before and template.source == "task"):
            return
        repository = template.repository or self._blank.repository
        task = replace(self._blank, repository=repository, branch=template.branch, title=template.title)
        self._form.show_task(replace(task, description=template.description))
        if template.source == "task":
            self._show_origin(template.note)
            self._show_state()
            return
        self._edited()
        if before:
            self._drafts.add_below(CREATE_KEY, before, EARLIER)

    def _show_draft(self) -> None:
        text = self._drafts.text(CREATE_KEY)
        task = NewTask.read(text) if text else self._blank
        if not task.is_same_as(self._form.filled_in):
            self._form.show_task(task)
        if text:
            self._show_origin(f"draft from {task.tell_saved(self.now())}")
        self._show_state()

    def _show_origin(self, words: str) -> None:
        self._origin = words
        why = why_only_a_draft(None if self.engine is None else self.engine.context)
        words = " · ".join(filter(None, (why, words)))
        origin = self.query_one("#origin", Static)
        origin.update(literal_line(words, "bold $text-warning" if why else ""))
        origin.set_class(not words, "-empty")

    def _edited(self) -> None:
        """Keep what was filled in; a preview of something else is worth nothing any more."""
        self._put(self._form.filled_in)
        self._emptied = None
        self.query_one("#empty", FormButton).say("Clear the form")
        if self._origin:
            self._show_origin("")

    def _put(self, task: NewTask, *, at_once: bool = False) -> None:
        text = "" if task.is_same_as(self._blank) else replace(task, saved_at=self.now()).write()
        self._drafts.put(CREATE_KEY, text, by=self, at_once=at_once)
        self._drop_preview()
        self._show_state()

    def _draft_changed(self, change: DraftChange) -> None:
        if change.key != CREATE_KEY or change.by is self or self._has_sent:
            return
        text = self._drafts.text(CREATE_KEY)
        kept = NewTask.read(text) if text else self._blank
        if not kept.is_same_as(self._form.filled_in):
            self._drop_preview()
            self._show_draft()
            if change.is_joined:
                self.dashboard.tell("Another text for a new task is kept below yours: choose.", severity="warning")
        self._show_state()

    def _show_state(self) -> None:
        state = self._drafts.state(CREATE_KEY)
        if state.trouble is not None:
            words = f"NOT KEPT: {state.trouble}"
        elif not self._drafts.text(CREATE_KEY):
            words = "nothing filled in"
        elif not state.is_kept:
            words = "keeping the draft"
        else:
            words = "draft kept" + ("" if state.kept_at is None else f" {state.kept_at.astimezone():%H:%M}")
        frame = self.query_one("#frame")
        frame.border_subtitle = literal_line(truncate(words, max(frame.size.width - 6, 1)))
        self.show_keys()

    @on(Button.Pressed, "#empty")
    def _start_empty(self) -> None:
        """Empty the form; the same button brings it back as long as nothing else was typed."""
        before, self._emptied = self._emptied, self._form.filled_in
        self._form.show_task(before or self._blank)
        self._put(before or self._blank, at_once=True)
        self._emptied = None if before is not None else self._emptied
        self.query_one("#empty", FormButton).say("Clear the form" if self._emptied is None else "Bring it back")
        self._show_origin("")

    # what can be offered

    def _learn(self, engine: Engine) -> None:
        self._show_notes()
        self._show_origin(self._origin)
        if engine.context.server is not None:
            self.run_worker(self._read_repositories(engine), group="repositories", exit_on_error=False)

    async def _read_repositories(self, engine: Engine) -> None:
        try:
            self._known.learn(await engine.manager.list_repositories())
        except UnsupportedOperationError:
            pass
        except JulesManagerError as error:
            self._trouble = f"The server's repositories could not be read: {error.message}"
        self._form.refresh_offers()
        self._show_notes()

    def _show_notes(self) -> None:
        notes = notes_for(None if self.engine is None else self.engine.context)
        if self._trouble is not None:
            notes["repository"] = self._trouble
        self._form.show_notes(notes)

    def board_changed(self, change: BoardChange) -> None:
        """The server may be known by now."""
        if "connection" in change.aspects:
            self._show_notes()

    # previewing and sending

    @property
    def is_previewing(self) -> bool:
        """Whether the preview is shown instead of the form."""
        return self.has_class("-previewing")

    def unavailable(self, action_id: str) -> str | None:
        """Why nothing can be sent now; the form is kept."""
        if action_id != "composer.send":
            return None
        if self.engine is None:
            return "Still opening; the form is kept, try again in a moment."
        if self._drafts.state(CREATE_KEY).is_sending:
            return "The task before this one is still being created; the form is kept."
        return None

    @on(Button.Pressed, "#preview")
    @on(Button.Pressed, "#send")
    async def _pressed(self) -> None:
        await self.action_perform("composer.send")

    async def do_composer_send(self) -> None:
        """From the form to the preview, from the preview to the server."""
        if self.is_previewing:
            await self._send()
            return
        task = self._form.filled_in
        problems = task.problems()
        if problems:
            self._form.show_problems(problems)
        elif self.engine is not None:
            self.add_class("-previewing")
            self.remove_class("-ready")
            self.show_keys()
            self._preview.show_waiting()
            self.set_focus(self._preview)
            self.run_worker(self._plan(self.engine, task), group="plan", exclusive=True, exit_on_error=False)

    async def _plan(self, engine: Engine, task: NewTask) -> None:
        try:
            plan = await engine.manager.plan_create(task.to_request(self._settings))
        except JulesManagerError as error:
            self._preview.show_failure(error)
        else:
            self._preview.show_plan(task, plan, self._form.default_branch, notes_for(engine.context))
            self._planned = None if plan.refusal is not None else task
            self.set_class(self._planned is not None, "-ready")
            self._shown_at = self.dashboard.launch.clock.monotonic()
        self._show_notes()
        self.show_keys()

    @on(CreatePreview.Read)
    def _go_to_send(self) -> None:
        """From the text to the button, which must have been seen before a key presses it."""
        if self._planned is not None:
            self.query_one("#send").focus()
            self._shown_at = self.dashboard.launch.clock.monotonic()

    def on_descendant_focus(self) -> None:
        """Enter means something else."""
        self.show_keys()

    def _drop_preview(self) -> None:
        self._planned = None
        if self.is_previewing:
            self.workers.cancel_group(self, "plan")
            self.remove_class("-previewing")
            self.show_keys()
            self._form.go_to("description")

    async def _send(self) -> None:
        task, engine = self._planned, self.engine
        elapsed = self.dashboard.launch.clock.monotonic() - self._shown_at
        if task is None or engine is None or elapsed < READING_TIME:
            self._shown_at += elapsed  # a key that is held down never sends
            return
        from jjm_tui.tui.writing.submission import submit

        self._planned, self._has_sent = None, True
        self._drafts.put(CREATE_KEY, replace(task, saved_at=self.now()).write(), by=self)
        await self._drafts.hand_over(CREATE_KEY)
        self.dashboard.run_worker(
            submit(self.dashboard, engine, task, task.to_request(self._settings)), group="create", exit_on_error=False
        )
        self.leave(None)

    # other actions

    def hints(self) -> Iterable[Hint]:
        if not self.is_previewing:
            yield ("composer.send", "preview")
            yield ("tab", "next field")
            yield ("back", "close, kept" if self._drafts.text(CREATE_KEY) else "close")
            yield ("composer.editor", "editor")
            yield ("composer.template", "template")
        else:
            if self._planned is not None:
                yield ("composer.send", "send")
                if self._preview.has_focus or self.query_one("#send").has_focus:
                    yield ("enter", "to the button Send" if self._preview.has_focus else "send")
            yield ("back", "back to the form")
            if self._preview.show_vertical_scrollbar:
                yield ("↑↓", "scroll")

    @on(Button.Pressed, "#edit")
    def _edit_pressed(self) -> None:
        self._drop_preview()

    def do_back(self) -> None:
        """Close a list, go back to the form, or leave it; it is kept."""
        if self.is_previewing:
            self._drop_preview()
        elif not self._form.close_suggestions():
            self.leave(None)

    def do_composer_template(self) -> None:
        """Put the description of a template in at the cursor."""
        from jjm_tui.tui.screens.templates import TemplatesScreen

        if not self.is_previewing:
            self.app.push_screen(TemplatesScreen(choose=True), self._put_in)

    def _put_in(self, template: PreparedTask | None) -> None:
        if template is not None:
            self._form.description.put_in(template.description)
            self._form.go_to("description")

    def do_composer_editor(self) -> None:
        """Write the description in the person's editor."""
        if not self._is_in_editor and not self.is_previewing:
            self._is_in_editor = True
            self.app.run_worker(self._use_editor(), group="editor", exit_on_error=False)

    async def _use_editor(self) -> None:
        self._put(self._form.filled_in, at_once=True)
        area = self._form.description
        try:
            edited = await edit_outside(self.app, area.text, self.dashboard.launch.environ, self._take_back)
        except EditorError as error:
            self.dashboard.tell(" ".join(filter(None, (error.message, error.hint))), severity="error")
            if error.saved is not None:
                self._drafts.add_below(CREATE_KEY, NewTask(description=typed_text(error.saved)).write(), EDITED)
        else:
            self._take_back(edited)
        finally:
            self._is_in_editor = False

    def _take_back(self, edited: str) -> None:
        if typed_text(edited) != self._form.description.text:
            self._form.description.replace_all(edited)
