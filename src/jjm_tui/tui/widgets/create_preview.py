"""What a new task would send, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from jjm_tui.domain.text import clean_line
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.writing.new_task import NewTask

if TYPE_CHECKING:
    from jjm_tui.errors import JulesManagerError
    from jjm_tui.ports import CreatePlan

_LONG: Final = 60
"""Characters of a text that still stands beside its name."""


class CreatePreview(VerticalScroll, can_focus=True):
    """The answer of a dry run: what is sent, what does not hold, or why it cannot be sent."""

    DEFAULT_CSS = """
    CreatePreview {
        height: 1fr;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        & > Static { height: auto; }
    }
    """

    def compose(self) -> ComposeResult:
        yield Static()

    def _show(self, *lines: Content) -> None:
        self.query_one(Static).update(Content("\n").join(lines))
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

    def show_plan(self, task: NewTask, plan: CreatePlan) -> None:
        """What would be sent."""
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
        told = [Content.assemble("tool: ", literal_line(plan.tool)), *_arguments(plan.arguments)]
        self._show(*head, *([Content(""), *remarks] if remarks else []), Content(""), *told)


def _arguments(arguments: Mapping[str, Any], depth: int = 0) -> list[Content]:
    """Every argument by its name; long texts below it, exactly as they are."""
    lines: list[Content] = []
    for name, value in arguments.items():
        label = f"{'  ' * depth}{clean_line(str(name))}: "
        if isinstance(value, Mapping):
            lines.append(Content.assemble(label))
            lines += _arguments(value, depth + 1)
        elif isinstance(value, str) and ("\n" in value or len(value) > _LONG):
            lines += [Content.assemble(label), literal(value), Content("")]
        else:
            lines.append(Content.assemble(label, literal_line(_words(value))))
    return lines


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
