"""The form of a new task: a draft from its first keystroke on, begun from a template, offered what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Button, Static

from jjm_tui.domain.draft_keys import CREATE_KEY
from jjm_tui.domain.text import truncate
from jjm_tui.errors import JulesManagerError, UnsupportedOperationError
from jjm_tui.services.board import BoardChange
from jjm_tui.services.drafting.joined_texts import EDITED, has_marker
from jjm_tui.services.drafting.new_task import FieldName, NewTask
from jjm_tui.services.drafting.template_taken import take_template
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.screens.sheet import Sheet
from jjm_tui.tui.widgets.form_button import FormButton
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.new_task_form import NewTaskForm
from jjm_tui.tui.widgets.typing_area import typed_text
from jjm_tui.tui.writing.create_notes import notes_for, why_only_a_draft
from jjm_tui.tui.writing.drafts import DraftChange, Drafts
from jjm_tui.tui.writing.editor import EditorError, edit_outside
from jjm_tui.tui.writing.known_repositories import KnownRepositories
from jjm_tui.tui.writing.templates import PreparedTask, find_template

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine


class CreateForm(Sheet[None]):
    """What is filled in and kept (``tui.writing.drafts``); nothing is sent from here.

    ``CreateScreen`` shows a preview in its place, and drops that by ``drop_preview`` when the form changes.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"dialog", "composer"})
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType(
        {
            "composer.send": "preview; from there, send the task",
            "composer.editor": "write the description in $EDITOR",
            "composer.template": "put the description of a template in",
            "next.pane": "next field",
            "previous.pane": "previous field",
            "back": "close the suggestions, the preview, or the form; what is filled in is kept",
            "quit": "close as well; ctrl+c copies when text is selected",
            "help": "help for this form",
        }
    )
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [  # noqa: RUF012 - Textual's
        (0, "-short"),
        (20, "-middle"),
        (36, "-tall"),
    ]
    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    CreateForm {
        & > #frame { width: 100; height: 100%; max-height: 30; border-subtitle-color: $foreground; }
        &.-tall TypingArea { min-height: 8; }
        & #origin { height: 1; color: $text-muted; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #origin.-empty { display: none; }
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
        self._clear = FormButton("Clear the form", id="empty")
        self._origin = ""
        self._trouble: str | None = None
        self._emptied: NewTask | None = None
        self._is_in_editor = False
        self._is_loading = True
        self._stop_listening: Callable[[], None] = lambda: None

    def compose_inside(self) -> ComposeResult:
        yield Static(id="origin", classes="-empty")
        yield self._form

    def on_mount(self) -> None:
        """Fill in the draft or the template, and learn behind that what can be offered."""
        self._stop_listening = self._drafts.subscribe(self._draft_changed)
        if self.dashboard.launch.settings.ui.reduced_motion:
            self._form.description.cursor_blink = False
        self._form.show_configured_branch(self._settings.branch)
        self._form.show_task(self._blank)
        first = self._first_field
        self._form.go_to(first)
        self.run_worker(self._load(first), group="draft", exit_on_error=False)
        self._show_notes()
        self._show_state()
        self.with_engine(self._learn)

    async def on_unmount(self) -> None:
        """Nothing filled in may be lost."""
        self._stop_listening()
        await self._drafts.flush()

    # the preview in its place

    @property
    def is_previewing(self) -> bool:
        """Whether the preview is shown instead of the form."""
        return self.has_class("-previewing")

    def drop_preview(self) -> None:
        """A preview of something else is worth nothing any more."""

    # the draft

    @property
    def _drafts(self) -> Drafts:
        return self.dashboard.drafts

    @property
    def takes_keys(self) -> bool:
        """Whether the draft is in the form; keys wait until then, so that what is typed goes on with it."""
        return not self._is_loading

    @property
    def _first_field(self) -> FieldName:
        return "description" if self._form.filled_in.repository else "repository"

    async def _load(self, first: FieldName) -> None:
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
        typed = NewTask.read(before) if before else self._blank
        said = NewTask(template.repository, template.branch, template.title, template.description)
        task = take_template(typed, said, self._blank)
        self._form.show_task(task)
        if template.source == "task":
            self._show_origin(template.note)
            self._show_state()
            return
        self._edited()
        if has_marker(task.description):
            self._tell_two_texts()

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
        self._clear.say("Clear the form")
        if self._origin:
            self._show_origin("")

    def _put(self, task: NewTask, *, at_once: bool = False) -> None:
        self._keep(task, at_once=at_once)
        self.drop_preview()
        self._show_state()

    def _keep(self, task: NewTask, *, at_once: bool) -> None:
        text = "" if task.is_same_as(self._blank) else replace(task, saved_at=self.now()).write()
        self._drafts.put(CREATE_KEY, text, by=self, at_once=at_once)

    def _draft_changed(self, change: DraftChange) -> None:
        if change.key != CREATE_KEY or change.by is self or not self.is_running:
            return
        text = self._drafts.text(CREATE_KEY)
        kept = NewTask.read(text) if text else self._blank
        if not kept.is_same_as(self._form.filled_in):
            self.drop_preview()
            self._show_draft()
            if change.is_joined:
                self._tell_two_texts()
        self._show_state()

    def _tell_two_texts(self) -> None:
        self.dashboard.tell("Another text for a new task is kept below yours: choose.", severity="warning")

    def _show_state(self) -> None:
        state = self._drafts.state(CREATE_KEY)
        if state.trouble is not None:
            words = f"NOT KEPT: {state.trouble}"
        elif not self._drafts.text(CREATE_KEY):
            is_blank = self._form.filled_in.is_same_as(self._blank)
            words = "nothing filled in" if is_blank else "filled in, not changed yet"
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
        self._clear.say("Clear the form" if self._emptied is None else "Bring it back")
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

    # actions

    def hints(self) -> Iterable[Hint]:
        yield ("composer.send", "preview")
        yield ("tab", "next field")
        yield ("back", "close, kept" if self._drafts.text(CREATE_KEY) else "close")
        yield ("composer.editor", "editor")
        yield ("composer.template", "template")

    def do_back(self) -> None:
        """Close a list, or leave the form; it is kept."""
        if not self._form.close_suggestions():
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
            self.dashboard.begin_editing(self._use_editor())

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
        description = typed_text(edited)
        if description == self._form.description.text:
            return
        if self.is_running:
            self._form.description.replace_all(edited)
        else:  # the program ended under the editor
            self._keep(replace(self._form.filled_in, description=description), at_once=True)
