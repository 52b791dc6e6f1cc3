"""What a new task would send, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from jjm_tui.domain.text import clean_line
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.widgets.new_task_form import APPROVALS, LABELS, PULL_REQUESTS, AnyField

if TYPE_CHECKING:
    from jjm_tui.errors import JulesManagerError
    from jjm_tui.ports import CreatePlan

_LONG: Final = 60
"""Characters of a text that still stands beside its name."""
_TOLD: Final[tuple[AnyField, ...]] = ("repository", "branch", "title", "approval", "pr", "description")


class CreatePreview(VerticalScroll, can_focus=True):
    """The answer of a dry run: what is sent, what does not hold, or why it cannot be sent.

    First in the words of the form, then the call itself as the server would get it. Enter goes on to what sends it.
    """

    class Read(Message):
        """The person is done with reading."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "tell_read", "to the button", show=False)]

    DEFAULT_CSS = """
    CreatePreview {
        height: 1fr;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        & Static { height: auto; }
        & #fields, & #call { display: none; margin: 1 0 0 0; }
        &.-planned #fields, &.-planned #call { display: block; }
        & #fields { height: auto; }
        & #fields Horizontal { height: auto; }
        & .preview--label { width: 15; color: $text-muted; }
        & .preview--value { width: 1fr; }
        & #call { color: $text-muted; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static(id="head")
        with Vertical(id="fields"):
            for name in _TOLD:
                with Horizontal():
                    yield Static(LABELS[name], classes="preview--label")
                    yield Static(id=f"told-{name}", classes="preview--value")
        yield Static(id="call")

    def action_tell_read(self) -> None:
        """Go on."""
        self.post_message(self.Read())

    def _show(self, *lines: Content) -> None:
        self.query_one("#head", Static).update(Content("\n").join(lines))
        self.remove_class("-planned")
        self.scroll_home(animate=False)

    def show_waiting(self) -> None:
        """The server is asked."""
        self._show(Content("Asking the server what it can do ... Nothing is sent yet."))

    def show_failure(self, error: JulesManagerError) -> None:
        """It could not be found out."""
        self._show(
            Content.styled("✗ This cannot be sent now.", "bold $text-error"),
            literal(error.message),
            *([literal(error.hint)] if error.hint else []),
            Content(""),
            Content("Nothing was sent, and the form is kept."),
        )

    def show_plan(self, task: NewTask, plan: CreatePlan, branch: str, notes: Mapping[AnyField, str]) -> None:
        """What would be sent. ``branch``: what applies where none was typed; ``notes``: what this server makes of
        fields; it is among the remarks."""
        if plan.refusal is not None:
            head = [
                Content.styled("✗ This cannot be sent so.", "bold $text-error"),
                literal(plan.refusal),
                Content("Nothing was sent, and the form is kept: change it, and look again."),
            ]
        else:
            times = "one task" if task.attempts == 1 else f"{task.attempts} equal tasks, one after the other"
            head = [Content.styled(f"This makes {times}. Nothing is sent yet.", "bold")]
        remarks = [Content.assemble(("! ", "bold $text-warning"), literal(remark)) for remark in plan.remarks]
        self._show(*head, *([Content(""), *remarks] if remarks else []))
        for name, words in _told(task, branch, notes).items():
            self.query_one(f"#told-{name}", Static).update(literal(words))
        call = [Content("The call:"), Content.assemble("tool: ", literal_line(plan.tool))]
        self.query_one("#call", Static).update(Content("\n").join([*call, *_arguments(plan.arguments, task)]))
        self.add_class("-planned")


def _told(task: NewTask, branch: str, notes: Mapping[AnyField, str]) -> dict[AnyField, str]:
    """The fields in the words of the form; what a choice means is told only where the server has no say in it."""
    approval, pr = APPROVALS[task.approval], PULL_REQUESTS[task.pr]
    return {
        "repository": clean_line(task.repository),
        "branch": clean_line(task.branch) or branch,
        "title": _title(task, is_sent="title" not in notes),
        "approval": task.approval if "approval" in notes else f"{task.approval} · {approval}",
        "pr": task.pr if "pr" in notes else f"{task.pr} · {pr}",
        "description": task.description.strip(),
    }


def _title(task: NewTask, *, is_sent: bool) -> str:
    title = clean_line(task.title)
    return (title if is_sent else f"{title} · not sent") if title else "none; lists show how the description begins"


def _arguments(arguments: Mapping[str, Any], task: NewTask, depth: int = 0) -> list[Content]:
    """Every argument by its name; long texts below it, exactly as they are, but the description only once."""
    lines: list[Content] = []
    for name, value in arguments.items():
        label = f"{'  ' * depth}{clean_line(str(name))}: "
        if isinstance(value, Mapping):
            lines.append(Content.assemble(label))
            lines += _arguments(value, task, depth + 1)
        elif isinstance(value, str) and ("\n" in value or len(value) > _LONG):
            if value == task.description.strip():
                lines.append(Content.assemble(label, "(the description above)"))
            else:
                lines += [Content.assemble(label), literal(value), Content("")]
        else:
            lines.append(Content.assemble(label, literal_line(_words(value))))
    return lines


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
