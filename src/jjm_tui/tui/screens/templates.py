"""Choosing a template: those of the settings at once, those of the server when it has answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from jjm_tui.domain.text import clean
from jjm_tui.errors import JulesManagerError
from jjm_tui.tui.finding.fuzzy import match
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.moving import MOVES
from jjm_tui.tui.screens.sheet import Sheet
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.line_input import LineInput
from jjm_tui.tui.widgets.row_list import Cell, ListRow, RowList
from jjm_tui.tui.writing.templates import PreparedTask, server_templates, settings_templates

if TYPE_CHECKING:
    from jjm_tui.tui.engine import Engine

_NONE: Final = (
    "There are no templates yet. Write some into your settings:\n\n"
    "[templates.deps]\n"
    'title = "Update the dependencies"\n'
    'description = "Update all dependencies and repair what breaks."\n\n'
    "`jjm config path` tells where your settings are."
)
_WITHOUT: Final = (("task.create", "new task"), ("back", "back"))
"""The keys while there is none to choose."""
_NO_HIT: Final = "No template has these letters in its name."


class TemplatesScreen(Sheet[PreparedTask]):
    """A list with a filter, and the template under the cursor as a whole.

    Dismisses with the chosen one. Unless it was opened to ``choose`` one for somebody else, a form of a new task is
    opened with it.
    """

    DEFAULT_CSS = """
    TemplatesScreen {
        & > #frame { max-width: 130; max-height: 36; }
        & #query { border: none; height: 1; padding: 0 1; margin: 0 0 1 0; background: $boost; }
        & #query:focus { border: none; }
        & #query > .input--placeholder { color: $text-muted; }
        &.-none #query, &.-none #found { display: none; }
        & #both { height: 1fr; layout: vertical; }
        &.-wide #both { layout: horizontal; }
        & #found { height: 1fr; }
        & #found > .row-list--cursor-blurred { background: $primary-muted; }
        &:ansi #found > .row-list--cursor-blurred {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
        &.-wide #found { width: 34; height: 100%; }
        & #shown { height: 2fr; padding: 0 1; border-top: solid $foreground-disabled; scrollbar-size-vertical: 1; }
        &.-wide #shown { width: 1fr; height: 100%; border-top: none; border-left: solid $foreground-disabled; }
        &.-none #shown { border: none; }
        & #shown > Static { height: auto; }
        & #note { height: auto; max-height: 2; padding: 0 1; color: $text-warning; }
        & #note.-empty { display: none; }
    }
    """
    IS_LARGE = True
    ALWAYS: ClassVar[tuple[str, ...]] = (*Sheet.ALWAYS, *MOVES, "task.create")
    AUTO_FOCUS = "#query"

    def __init__(self, *, choose: bool = False) -> None:
        super().__init__("Template to put in" if choose else "New task from a template")
        self._only_chooses = choose
        self._templates: list[PreparedTask] = []
        self._hits: dict[str, PreparedTask] = {}
        self._is_asking = False

    def compose_inside(self) -> ComposeResult:
        yield LineInput(placeholder="a few letters of its name", id="query", select_on_focus=False)
        with Container(id="both"):
            found = RowList(id="found")
            found.can_focus = False
            yield found
            with VerticalScroll(id="shown", can_focus=False):
                yield Static(id="whole")
        yield Static(id="note", classes="-empty")

    def on_mount(self) -> None:
        """Show what the settings have, then ask the server."""
        self._templates = list(settings_templates(self.dashboard.launch.settings))
        self._search("")
        self.with_engine(self._ask)

    def hints(self) -> Iterable[Hint]:
        if self.chosen is None:
            return tuple((each, words) for each, words in _WITHOUT if self.unavailable(each) is None)
        return (("enter", "choose"), ("↑↓", "move"), ("pgdn", "page"), ("back", "back"))

    # the server's

    def _ask(self, engine: Engine) -> None:
        if engine.context.server is not None:
            self._is_asking = True
            self._show_whole()
            self.run_worker(self._read(engine), group="templates", exit_on_error=False)

    async def _read(self, engine: Engine) -> None:
        try:
            found: Sequence[PreparedTask] = await server_templates(engine.manager.server)
        except JulesManagerError as error:
            found = ()
            self._note(f"The server's templates could not be read: {error.message}")
        finally:
            self._is_asking = False
        self._templates += found
        self._search(self.query_one("#query", Input).value)

    def _note(self, sentence: str) -> None:
        note = self.query_one("#note", Static)
        note.update(literal_line(sentence))
        note.remove_class("-empty")

    # the list

    @on(Input.Changed, "#query")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._search(event.value)

    def _search(self, query: str) -> None:
        words = clean(query).lower().split()
        scored = [
            (found.score, template)
            for template in self._templates
            if (found := match(words, f"{template.name} {template.description}".lower(), len(template.name)))
            is not None
        ]
        if words:
            scored.sort(key=lambda hit: -hit[0])
        self._hits = {str(number): template for number, (_, template) in enumerate(scored)}
        found_list = self.query_one("#found", RowList)
        found_list.show(_row(row_id, template) for row_id, template in self._hits.items())
        if words:
            found_list.move_to_edge(end=False)
        self._show_whole()

    @on(RowList.Moved)
    def _moved(self, event: RowList.Moved) -> None:
        event.stop()
        self._show_whole()

    @property
    def chosen(self) -> PreparedTask | None:
        """The template under the cursor."""
        return self._hits.get(self.query_one("#found", RowList).cursor_id or "")

    def unavailable(self, action_id: str) -> str | None:
        """A task without a template is offered where there is none, unless a form is open already."""
        if action_id == "task.create" and (self._only_chooses or self._has_some):
            return "It is offered where there are no templates."
        return super().unavailable(action_id)

    @property
    def _has_some(self) -> bool:
        """Whether there are templates, or may be in a moment."""
        return bool(self._templates) or self._is_asking

    def _show_field(self) -> None:
        """There is a field to search in where there is something to find."""
        has_some, field = self._has_some, self.query_one("#query", Input)
        self.set_class(not has_some, "-none")
        if field.disabled is has_some:
            field.disabled = not has_some
            if has_some:
                field.focus()

    def do_task_create(self) -> None:
        """An empty form instead."""
        self.leave(None)
        self.dashboard.open_screen("create")

    def _show_whole(self) -> None:
        self._show_field()
        self.query_one("#whole", Static).update(self._whole())
        self.query_one("#shown", VerticalScroll).scroll_home(animate=False)
        self.show_keys()

    def _whole(self) -> Content:
        template = self.chosen
        if template is not None:
            facts = (
                ("title", template.title),
                ("repository", template.repository),
                ("branch", template.branch),
            )
            lines = [Content.assemble(f"{name:<12}", literal_line(text)) for name, text in facts if text]
            lines = [literal_line(template.name, "bold"), *lines, Content(""), literal(template.description)]
            return Content("\n").join(lines)
        if self._is_asking:
            return Content("Asking the server for its templates ...")
        return Content(_NO_HIT if self._templates else _NONE)

    # choosing

    @on(Input.Submitted, "#query")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        template = self.chosen
        if template is None:
            return
        self.leave(template)
        if not self._only_chooses:
            from jjm_tui.tui.screens.create import CreateScreen

            self.dashboard.push_screen(CreateScreen(template))

    def do_move_down(self) -> None:
        self.query_one("#found", RowList).move(1)

    def do_move_up(self) -> None:
        self.query_one("#found", RowList).move(-1)

    def do_move_first(self) -> None:
        self.query_one("#found", RowList).move_to_edge(end=False)

    def do_move_last(self) -> None:
        self.query_one("#found", RowList).move_to_edge(end=True)

    def do_move_half_down(self) -> None:
        """Scroll the template; the list is short."""
        self.query_one("#shown", VerticalScroll).scroll_page_down(animate=False)

    def do_move_half_up(self) -> None:
        """Scroll the template back."""
        self.query_one("#shown", VerticalScroll).scroll_page_up(animate=False)


def _row(row_id: str, template: PreparedTask) -> ListRow:
    origin = "server" if template.source == "server" else "yours"
    return ListRow(row_id, (Cell(template.name), Cell(origin, "quiet", width=6, rank=1)))
