"""A new task: filled in, looked at as the server would get it, and only then sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button

from jjm_tui.domain.draft_keys import CREATE_KEY
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.tui.notices import toasts
from jjm_tui.tui.screens.create_form import CreateForm
from jjm_tui.tui.widgets.create_preview import CreatePreview
from jjm_tui.tui.widgets.form_button import FormButton
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.writing.create_notes import notes_for
from jjm_tui.tui.writing.templates import PreparedTask

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine

READING_TIME: Final = 0.4
"""Seconds that the preview must have been shown before it can be sent, so that keys typed ahead send nothing."""


class CreateScreen(CreateForm):
    """The form of a new task and its preview.

    The key that sends goes from the form to the preview, and only from there to the server; Enter does so only on the
    button that says it. What was not sent comes back into the form.
    """

    DEFAULT_CSS = """
    CreateScreen {
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
        super().__init__(template)
        self._preview = CreatePreview()
        self._planned: NewTask | None = None
        self._shown_at = 0.0

    def compose_inside(self) -> ComposeResult:
        yield from super().compose_inside()
        yield self._preview
        with Horizontal(id="buttons"):
            yield FormButton("Preview", id="preview")
            yield self._clear
            yield FormButton("Send", id="send")
            yield FormButton("Back to the form", id="edit")

    def on_mount(self) -> None:
        """A preview that can be scrolled says so."""
        self.watch(self._preview, "show_vertical_scrollbar", self.show_keys, init=False)

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

    def drop_preview(self) -> None:
        """Back to the form."""
        self._planned = None
        if self.is_previewing:
            self.workers.cancel_group(self, "plan")
            self.remove_class("-previewing")
            self.show_keys()
            self._form.go_to("description")

    async def _send(self) -> None:
        task, engine = self._planned, self.engine
        elapsed = self.dashboard.launch.clock.monotonic() - self._shown_at
        if task is None or engine is None:
            return
        key = self.dashboard.launch.keymap.first("composer.send")
        too_early = f"The preview has just appeared; nothing was sent. Press {key} again."
        if elapsed < READING_TIME:
            self._shown_at += elapsed  # a key that is held down never sends
            self.dashboard.tell(too_early)
            return
        toasts.withdraw(self.app, too_early)
        from jjm_tui.tui.writing.submission import submit

        self._planned = None
        self._stop_listening()
        self._drafts.put(CREATE_KEY, replace(task, saved_at=self.now()).write(), by=self)
        await self._drafts.hand_over(CREATE_KEY)
        self.dashboard.run_worker(
            submit(self.dashboard, engine, task, task.to_request(self._settings)), group="create", exit_on_error=False
        )
        self.dashboard.hearing.creation_begun()
        self.leave(None)

    # keys

    def hints(self) -> Iterable[Hint]:
        if not self.is_previewing:
            yield from super().hints()
            return
        if self._planned is not None:
            yield ("composer.send", "send")
            if self._preview.has_focus or self.query_one("#send").has_focus:
                yield ("enter", "to the button Send" if self._preview.has_focus else "send")
        yield ("back", "back to the form")
        if self._preview.show_vertical_scrollbar:
            yield ("↑↓", "scroll")

    @on(Button.Pressed, "#edit")
    def _edit_pressed(self) -> None:
        self.drop_preview()

    def do_back(self) -> None:
        """From the preview to the form, and from there as a form does."""
        if self.is_previewing:
            self.drop_preview()
        else:
            super().do_back()
