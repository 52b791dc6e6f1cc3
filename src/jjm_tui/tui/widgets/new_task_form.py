"""The fields of a new task, each with what is wrong with it, or what holds for it, below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantBlur
from textual.widget import Widget
from textual.widgets import Static

from jjm_tui.services.drafting.new_task import MOST_ATTEMPTS, TEXT_FIELDS, FieldName, NewTask
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.widgets.choice import Choice
from jjm_tui.tui.widgets.line_field import LineField, SuggestField
from jjm_tui.tui.widgets.typing_area import TypingArea
from jjm_tui.tui.writing.known_repositories import KnownRepositories

AnyField = Literal["repository", "branch", "title", "description", "approval", "pr", "attempts"]

LABELS: Final[Mapping[AnyField, str]] = {
    "repository": "Repository",
    "branch": "Branch",
    "title": "Title",
    "description": "Description",
    "approval": "Approval",
    "pr": "Pull request",
    "attempts": "Attempts",
}
"""The names of the fields."""

APPROVALS: Final = {"required": "Jules waits for your yes", "auto": "Jules goes on at once"}
PULL_REQUESTS: Final = {"auto": "Jules opens one when it is done", "none": "Jules opens none"}
"""What the words of a choice mean, as above for the approval."""
_ATTEMPTS: Final = {
    str(number): "one task" if number == 1 else f"{number} equal tasks, made one after the other"
    for number in range(1, MOST_ATTEMPTS + 1)
}


class FormField(Vertical):
    """A label, a control, and a line below that is only there when there is something to say."""

    DEFAULT_CSS = """
    FormField {
        height: auto;
        & > Horizontal { height: auto; }
        & .field--label { width: 15; color: $foreground; }
        & .field--note { display: none; height: auto; margin: 0 0 0 15; padding: 0 1; color: $text-muted; }
        &.-noted .field--note { display: block; }
        &.-wrong .field--note { color: $text-error; }
        &.-wrong .field--label { color: $text-error; text-style: bold; }
        &.-current .field--label { text-style: bold; color: $text-primary; }
    }
    """

    def __init__(self, name: AnyField, control: Widget) -> None:
        super().__init__(id=f"field-{name}")
        self.control = control
        self._label = Static(LABELS[name], classes="field--label")
        self._line = Static(classes="field--note")
        self._problem: str | None = None
        self._note: str | None = None

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield self._label
            yield self.control
        yield self._line

    def on_descendant_focus(self) -> None:
        """The label of the field that is typed in stands out."""
        self.add_class("-current")

    def on_descendant_blur(self) -> None:
        """The same."""
        self.remove_class("-current")

    @property
    def problem(self) -> str | None:
        """What is shown to be wrong."""
        return self._problem

    def show_problem(self, problem: str | None) -> None:
        """Say what is wrong, or that nothing is."""
        self._problem = problem
        if isinstance(self.control, SuggestField):
            self.control.waits_for_typing = problem is not None
        self._show()

    def show_note(self, note: str | None) -> None:
        """Say what holds for this field; what is wrong goes before it."""
        self._note = note
        if isinstance(self.control, Choice):
            self.control.explains = note is None
        self._show()

    def _show(self) -> None:
        words = f"✗ {self._problem}" if self._problem else self._note or ""
        self.set_class(bool(words), "-noted")
        self.set_class(bool(self._problem), "-wrong")
        self._line.update(literal_line(words))


class NewTaskForm(VerticalScroll, can_focus=False):
    """All fields. ``on_edit`` is called at every change by the person, before anything else can happen."""

    DEFAULT_CSS = """
    NewTaskForm {
        height: 1fr;
        scrollbar-size-vertical: 1;
        & TypingArea {
            height: 1fr;
            min-height: 4;
            padding: 0 1 0 0;
            background: $boost;
            border-left: outer $foreground-disabled;
        }
        & TypingArea:focus { border: none; border-left: outer $border; }
        & #field-description { margin: 1 0; height: 1fr; min-height: 4; }
        & #field-description > Horizontal { height: 1fr; }
        & #field-description.-noted { min-height: 6; }
    }
    """

    def __init__(self, on_edit: Callable[[], None], known: KnownRepositories) -> None:
        super().__init__()
        self._tell = on_edit
        self.known = known
        self._repository = SuggestField(self._edited, heading="known repositories", placeholder="owner/name")
        self._branch = SuggestField(self._edited, heading="known branches")
        self._title = LineField(self._edited, placeholder="optional; else the beginning of the description")
        self.description = TypingArea(self._edited, placeholder="What is Jules to do?")
        self._approval = Choice(APPROVALS)
        self._pr = Choice(PULL_REQUESTS)
        self._attempts = Choice(_ATTEMPTS)
        self._configured_branch: str | None = None
        controls: dict[AnyField, Widget] = {
            "repository": self._repository,
            "branch": self._branch,
            "title": self._title,
            "description": self.description,
            "approval": self._approval,
            "pr": self._pr,
            "attempts": self._attempts,
        }
        self._fields = {name: FormField(name, control) for name, control in controls.items()}

    def compose(self) -> ComposeResult:
        yield from self._fields.values()

    # what it holds

    @property
    def filled_in(self) -> NewTask:
        """The form as it stands."""
        return NewTask(
            repository=self._repository.input.value,
            branch=self._branch.input.value,
            title=self._title.value,
            description=self.description.text,
            approval="auto" if self._approval.value == "auto" else "required",
            pr="none" if self._pr.value == "none" else "auto",
            attempts=int(self._attempts.value),
        )

    def show_task(self, task: NewTask) -> None:
        """Fill it in; this is no edit."""
        self._repository.input.show_value(task.repository)
        self._branch.input.show_value(task.branch)
        self._title.show_value(task.title)
        if task.description != self.description.text:
            self.description.change_to(task.description)
        self._approval.value, self._pr.value, self._attempts.value = task.approval, task.pr, str(task.attempts)
        for name in TEXT_FIELDS:
            self._fields[name].show_problem(None)
        self.refresh_offers()

    def _edited(self) -> None:
        self._tell()
        current = self.filled_in
        for name in TEXT_FIELDS:
            if self._fields[name].problem is not None:
                self._fields[name].show_problem(current.problem_of(name))
        if self._repository.input.has_focus:
            self.refresh_offers()

    # what it says

    def refresh_offers(self) -> None:
        """Offer what is known by now, and say which branch applies where none is typed."""
        repository = self._repository.input.value
        self._repository.offer(self.known.names)
        self._branch.offer(self.known.branches(repository))
        self._branch.input.show_placeholder(self.default_branch)

    @property
    def default_branch(self) -> str:
        """Which branch applies where none is typed, and why; foreign text."""
        if self._configured_branch:
            return f"{self._configured_branch} (from your settings)"
        default = self.known.default_branch(self._repository.input.value)
        return f"{default} (its default)" if default else "its default branch, else main"

    def show_configured_branch(self, branch: str | None) -> None:
        """The branch of the settings applies where none is typed."""
        self._configured_branch = branch
        self.refresh_offers()

    def show_notes(self, notes: Mapping[AnyField, str]) -> None:
        """Say what holds for fields with this server."""
        for name, field in self._fields.items():
            field.show_note(notes.get(name))

    def show_problems(self, problems: Mapping[FieldName, str]) -> None:
        """Say what is wrong, and go to the first place, where no list hides it."""
        for name in TEXT_FIELDS:
            self._fields[name].show_problem(problems.get(name))
        for field in (self._repository, self._branch):
            field.close()
        first = next((name for name in TEXT_FIELDS if name in problems), None)
        if first is not None:
            self.go_to(first)

    def go_to(self, name: FieldName) -> None:
        """Let the person type there."""
        control = self._fields[name].control
        self.screen.set_focus(control.input if isinstance(control, SuggestField) else control)

    def close_suggestions(self) -> bool:
        """Close the list of suggestions under which one is chosen; false when there is none."""
        opened = [field for field in (self._repository, self._branch) if field.is_open]
        for field in opened:
            field.close()
        return bool(opened)

    # leaving fields

    def on_descendant_blur(self, event: DescendantBlur) -> None:
        """What is wrong with a field is told as soon as it is left."""
        if not self.app.app_focus:
            return
        current = self.filled_in
        for name in TEXT_FIELDS:
            if self._fields[name] in event.widget.ancestors:
                self._fields[name].show_problem(current.problem_of(name))

    def on_suggest_field_entered(self, event: SuggestField.Entered) -> None:
        """Enter goes on to the next field."""
        event.stop()
        self.screen.focus_next()

    def on_input_submitted(self, event: LineField.Submitted) -> None:
        """The same in a line without suggestions."""
        event.stop()
        self.screen.focus_next()

    def on_choice_changed(self, event: Choice.Changed) -> None:
        """A choice is an edit."""
        event.stop()
        self._edited()
