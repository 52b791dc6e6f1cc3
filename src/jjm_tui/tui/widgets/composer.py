"""Typing a message to a task: what is typed is on disk before anybody could lose it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from jjm_tui.domain.draft_keys import message_key
from jjm_tui.domain.operations import OperationKind, OperationState
from jjm_tui.domain.repository import validate_message
from jjm_tui.domain.text import clean_line, truncate
from jjm_tui.errors import ValidationError
from jjm_tui.services.drafting.joined_texts import why_undecided
from jjm_tui.tui.actions import Scope
from jjm_tui.tui.keyed import Keyed
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.notices.key_here import key_here
from jjm_tui.tui.widgets.titles import show_subtitle, show_title
from jjm_tui.tui.widgets.typing_area import TypingArea, typed_text
from jjm_tui.tui.writing.drafts import DraftChange, Drafts
from jjm_tui.tui.writing.sent_elsewhere import ask_about, not_again, sent_meanwhile, why_gone
from jjm_tui.tui.writing.text_history import TextWalk

if TYPE_CHECKING:
    from jjm_tui.tui.writing.templates import PreparedTask

_SHORT: Final = 20
"""Rows of the terminal below which the composer takes as few as it can."""


class Composer(Widget, Keyed):
    """A message to one task, with its draft.

    Every keystroke is on disk within half a second, and at once when the task is changed, the composer is left or
    the program ends. Sending empties the field; the text stays on disk until its outcome is known, and comes back
    when it did not go out (``tui.drafts``). ``Sent`` is an intent: the screen hands it to the desk.
    """

    SCOPES: ClassVar[frozenset[Scope]] = frozenset({"composer"})
    DEFAULT_CSS = """
    Composer {
        height: auto;
        border: round $foreground-disabled;
        border-title-color: $foreground;
        border-subtitle-color: $foreground;
        background: $surface;
        &:focus-within { border: round $border; border-title-color: $text-primary; border-title-style: bold; }
        &.-troubled { border-subtitle-color: $text-error; border-subtitle-style: bold; }
        & > TypingArea { min-height: 3; max-height: 8; }
        &.-short > TypingArea { min-height: 1; max-height: 4; }
        &.-idle { display: none; }
    }
    """

    class Sent(Message):
        """The person wants ``text`` sent to the task."""

        def __init__(self, composer: Composer, task_id: str, text: str) -> None:
            super().__init__()
            self.composer = composer
            self.task_id = task_id
            self.text = text

        @property
        def control(self) -> Composer:
            """The composer."""
            return self.composer

    class Left(Message):
        """The person goes back to reading; the draft is kept."""

        def __init__(self, composer: Composer) -> None:
            super().__init__()
            self.composer = composer

        @property
        def control(self) -> Composer:
            """The composer."""
            return self.composer

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.task_id: str | None = None
        self._title = ""
        self._walk: TextWalk | None = None
        self._area = TypingArea(self._typed, placeholder="Write to Jules")
        self._agreed: tuple[str | None, str] | None = None
        self._is_in_editor = False
        self._is_begun = False
        self._stop_listening: Callable[[], None] = lambda: None

    def compose(self) -> ComposeResult:
        yield self._area

    def on_mount(self) -> None:
        """Hear of drafts that are saved, changed elsewhere, or come back."""
        if self.dashboard.launch.settings.ui.reduced_motion:
            self._area.cursor_blink = False
        self._stop_listening = self._drafts.subscribe(self._draft_changed)
        self._area.disabled = self.task_id is None
        self._show(self._drafts.text(self._key))
        self._show_state()

    async def on_unmount(self) -> None:
        """Nothing typed may be lost, whatever takes the composer away."""
        self._stop_listening()
        self._keep()
        await self._drafts.flush()

    # what screens use

    def edit(self, task_id: str, title: str) -> None:
        """Write to this task from now on; the draft of the one before is saved, the draft of this one shown."""
        self._title = title
        if task_id != self.task_id:
            self._keep()
            self.task_id = task_id
            self._show(self._drafts.text(self._key))
            self._look()
        self._area.disabled = False
        self._show_state()

    @property
    def text(self) -> str:
        """What is in the field."""
        return self._area.text

    def focus_text(self) -> None:
        """Let the person type, at once: ``focus()`` acts later, and keys in between would be commands."""
        self.remove_class("-idle")
        self._is_begun = True
        self.screen.set_focus(self._area)

    @property
    def is_used(self) -> bool:
        """Whether the person writes here, from the moment on in which it is given the focus.

        While the terminal is not looked at nothing has the focus; the person comes back to the text.
        """
        focused = self.screen.focused
        return self._is_begun if focused is None else focused is self._area

    def show_recipient(self) -> None:
        """The task may have left the list meanwhile, or be back in it."""
        self._show_state()

    # the draft

    @property
    def _drafts(self) -> Drafts:
        return self.dashboard.drafts

    @property
    def _key(self) -> str:
        return message_key(self.task_id or "")

    def _draft(self) -> str:
        """What must not be lost: what is in the field, and the own text behind a sent one that is looked at."""
        return self.text if self._walk is None else self._walk.draft(self.text)

    def _keep(self) -> None:
        if self.task_id is not None:
            self._drafts.put(self._key, self._draft(), by=self, at_once=True)

    def _show(self, text: str) -> None:
        self._walk = None
        if text != self.text:
            self._area.show_text(text)

    def _look(self) -> None:
        self.run_worker(self._drafts.refresh(self._key), group="draft", exit_on_error=False)

    def _typed(self) -> None:
        if self.task_id is not None:
            self._drafts.put(self._key, self._draft(), by=self)
        self._show_state()

    def _draft_changed(self, change: DraftChange) -> None:
        if change.key != self._key or change.by is self:
            return
        text = self._drafts.text(self._key)
        if text != self._draft():
            before = self._draft()
            if self._walk is None and text.strip() and self.text.strip():
                self._area.change_to(text)
            else:
                self._show(text)
            is_own = change.by is not None or self._drafts.state(self._key).is_sending
            if not text and self.is_used and not is_own:
                self.dashboard.tell(why_gone(self.dashboard, self.task_id or "", before, change.typed_at))
            if change.is_joined:
                self.dashboard.tell("Another text for this task is kept below yours: choose.", severity="warning")
        self._show_state()

    def on_descendant_focus(self) -> None:
        """Another terminal may have typed on meanwhile."""
        self._is_begun = True
        self._look()
        self._show_state()

    def on_descendant_blur(self) -> None:
        """The field or the terminal is left."""
        self._is_begun = self._is_begun and not self.app.app_focus
        self._keep()
        self.call_after_refresh(self._show_state)

    # how it looks

    def on_resize(self, event: events.Resize) -> None:
        """Titles are cut to the width."""
        self.set_class(self.app.size.height < _SHORT, "-short")
        self._show_state()

    def _show_state(self) -> None:
        if not self.is_attached:
            return
        room = max(self.size.width - 6, 1)
        show_title(self, literal_line(self._recipient(room)))
        show_subtitle(self, literal_line(truncate(self._state(), room)))
        self.set_class(self._drafts.state(self._key).trouble is not None, "-troubled")
        self.set_class(self._is_idle(), "-idle")

    def _recipient(self, room: int) -> str:
        if self.task_id is None:
            return truncate("no task to write to", room)
        task = self.dashboard.launch.board.task(self.task_id)
        note = " (gone from the list)" if task is None else " (cannot be sent)" if task.on_server is False else ""
        return truncate(f"message to {clean_line(self._title)}", max(room - len(note), 1)) + note

    def _is_idle(self) -> bool:
        """Nobody types, and there is nothing to be seen: the room is for reading."""
        state = self._drafts.state(self._key)
        is_empty = not self.text.strip() and not self._draft().strip()
        return is_empty and self.screen.focused is not self._area and state.trouble is None and not state.is_sending

    def _state(self) -> str:
        state = self._drafts.state(self._key)
        sending = "sending the last one · " if state.is_sending else ""
        if not self.text.strip() and not self._draft().strip():
            return f"{sending}nothing typed"
        if state.trouble is not None:
            return f"NOT KEPT: {state.trouble}"
        if self._walk is not None and not self._walk.is_at_own:
            return f"{sending}sent before"
        if self._drafts.sent_beginning(self._key, self.text) is not None:
            sending = "its beginning was sent · "
        if not state.is_kept:
            return f"{sending}keeping the draft"
        if state.kept_at is None:
            return f"{sending}draft kept earlier"
        return f"{sending}draft kept {state.kept_at.astimezone():%H:%M}"

    # actions

    def offered(self) -> list[str]:
        """The actions of the scope, and leaving."""
        return [*super().offered(), "back"]

    def unavailable(self, action_id: str) -> str | None:
        """Why the text cannot be sent now; it stays where it is."""
        if action_id != "composer.send":
            return None
        if self.dashboard.engine is None:
            return "Still opening; your text is kept, send it again in a moment."
        if self.task_id is None:
            return "There is no task to write to."
        task = self.dashboard.launch.board.task(self.task_id)
        if task is not None and task.on_server is False:
            return "The server no longer has this task; your text is kept."
        if (undecided := why_undecided(self.text)) is not None:
            return undecided
        try:
            validate_message(self.text)
        except ValidationError as error:
            return " ".join(filter(None, (error.message, error.hint)))
        return self._why_not_yet(self.task_id)

    def _why_not_yet(self, task_id: str) -> str | None:
        operations = self.dashboard.launch.board.operations_of(task_id)
        is_open = any(each.kind is OperationKind.MESSAGE and each.state.is_open for each in operations)
        if not is_open and not self._drafts.state(self._key).is_sending:
            return None
        outbox = key_here(self.dashboard, "outbox")
        return f"Your text is kept; the last message has no outcome yet ({outbox})."

    async def do_composer_send(self) -> None:
        """Send what is in the field, once it is on disk; then the field is empty.

        The own text comes back when a text sent before was chosen instead. Where the beginning went out meanwhile,
        the person is asked first; where another program sent all of it a moment ago, it is told and not sent.
        """
        sent = self._drafts.sent_beginning(self._key, self.text)
        if sent is not None and self._agreed != (self.task_id, self.text):
            ask_about(self.app, sent, partial(self._answered, (self.task_id, self.text)))
            return
        task_id, text, walk = self.task_id, self.text, self._walk
        if task_id is None:
            return
        self._agreed = None
        own = walk.own if walk is not None and not walk.is_at_own else ""
        self._walk = None
        self._drafts.put(self._key, text, by=self)
        await self._drafts.hand_over(self._key, rest=own)
        other = None if own else await sent_meanwhile(self.dashboard, task_id, text)
        if other is not None:
            self._drafts.release(message_key(task_id), is_done=other.state is OperationState.DONE)
            self.dashboard.tell(not_again(other), severity="warning")
        elif not self.post_message(self.Sent(self, task_id, text)):
            self._drafts.give_back(message_key(task_id))

    async def _answered(self, asked: tuple[str | None, str], is_yes: bool | None) -> None:
        """Only the text that was asked about goes out."""
        if is_yes and asked != (self.task_id, self.text):
            self.dashboard.tell("The text was changed meanwhile; nothing was sent.", severity="warning")
        elif is_yes:
            self._agreed = asked
            await self.action_perform("composer.send")

    def do_back(self) -> None:
        """Leave; the draft is kept."""
        self._keep()
        self.post_message(self.Left(self))

    def do_composer_older(self) -> None:
        """The text sent before."""
        self._walk_by(-1)

    def do_composer_newer(self) -> None:
        """The text sent after that, the own one at last."""
        self._walk_by(1)

    def _walk_by(self, step: int) -> None:
        walk = self._walk or TextWalk(self.dashboard.launch.memory.sent_texts, self.text)
        shown = walk.step(self.text, step)
        if shown is not None:
            self._walk = walk
            self._area.show_text(shown)
            self._show_state()

    def do_composer_template(self) -> None:
        """Choose a template; it is put in at the cursor."""
        from jjm_tui.tui.screens.templates import TemplatesScreen

        self.app.push_screen(TemplatesScreen(choose=True), self._put_in)

    def _put_in(self, template: PreparedTask | None) -> None:
        if template is not None:
            self._area.put_in(template.description)
        self.focus_text()

    def do_composer_editor(self) -> None:
        """Write the text in the person's editor."""
        if not self._is_in_editor:
            self._is_in_editor = True
            self.dashboard.begin_editing(self._use_editor(self._key, self.text))

    async def _use_editor(self, key: str, text: str) -> None:
        from jjm_tui.tui.writing.editor import EditorError, edit_outside

        self._keep()
        try:
            edited = await edit_outside(
                self.app, text, self.dashboard.launch.environ, lambda saved: self._take_back(key, saved)
            )
        except EditorError as error:
            self.dashboard.tell(" ".join(filter(None, (error.message, error.hint))), severity="error")
            self._remember(error.saved)
        else:
            self._take_back(key, edited)
        finally:
            self._is_in_editor = False

    def _take_back(self, key: str, edited: str) -> None:
        edited = typed_text(edited)
        if key != self._key or not self.is_attached:
            self._drafts.put(key, edited, at_once=True)
        elif edited != self.text:
            self._area.replace_all(edited)
            self._keep()

    def _remember(self, saved: str | None) -> None:
        if saved is not None:
            memory = self.dashboard.launch.memory
            memory.remember_text(typed_text(saved))
            memory.save()
            older = self.dashboard.launch.keymap.first("composer.older")
            self.dashboard.tell(f"What the editor had saved is kept: {older} shows it.", severity="warning")
