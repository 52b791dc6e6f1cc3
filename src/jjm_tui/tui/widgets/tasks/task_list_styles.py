"""How the lines of the task list are coloured: component classes of the widget made into styles that can be read."""

from __future__ import annotations

from typing import Final, Literal

from rich.style import Style
from textual.widget import Widget

from jjm_tui.tui.look.appearance import ROLES
from jjm_tui.tui.look.contrast import readable

Layer = Literal["task-list--marked", "task-list--cursor", "task-list--cursor-blurred"]
"""What lies over a whole row; the last one given wins."""

TASK_LIST_CLASSES: Final = frozenset(
    {
        "task-list--cursor",
        "task-list--cursor-blurred",
        "task-list--bar",
        "task-list--marked",
        "task-list--mark",
        "task-list--group",
        "task-list--title",
        "task-list--unread",
        "task-list--needing",
        "task-list--muted",
        "task-list--stale",
        "task-list--additions",
        "task-list--deletions",
        *(f"state--{role}" for role in ROLES),
    }
)
"""
| Class | Description |
| :- | :- |
| `task-list--cursor`, `--cursor-blurred` | The row under the cursor, with and without the focus. |
| `task-list--bar` | The bar in front of it. |
| `task-list--marked`, `--mark` | A marked row; its sign. |
| `task-list--group` | Headings of groups. |
| `task-list--title`, `--needing`, `--muted`, `--stale` | Text: plain, needing, minor, old. |
| `task-list--unread` | The sign of news. |
| `task-list--additions`, `--deletions` | Lines changed. |
| `state--<role>` | Glyph and word of a state, for each of `appearance.ROLES`. |
"""

TASK_LIST_CSS: Final = """
TaskList {
    background: $surface;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: auto;
    scrollbar-size-vertical: 1;

    & > .task-list--cursor { background: $primary-muted; text-style: bold; }
    & > .task-list--cursor-blurred { background: $foreground 10%; }
    & > .task-list--bar { color: $primary; text-style: bold; }
    & > .task-list--marked { background: $accent 12%; }
    & > .task-list--mark { color: $text-accent; text-style: bold; }
    & > .task-list--group { color: $text-muted; text-style: bold; }
    & > .task-list--title { color: $foreground; }
    & > .task-list--unread { color: $text-accent; }
    & > .task-list--needing { color: $foreground; text-style: bold; }
    & > .task-list--muted { color: $text-muted; }
    & > .task-list--stale { color: $text-muted; text-style: italic; }
    & > .task-list--additions { color: $text-success; }
    & > .task-list--deletions { color: $text-error; }

    & > .state--attention { color: $text-warning; text-style: bold; }
    & > .state--question { color: $text-warning; text-style: bold; }
    & > .state--failed { color: $text-error; text-style: bold; }
    & > .state--review { color: $text-success; text-style: bold; }
    & > .state--running { color: $text-primary; }
    & > .state--waiting { color: $text-muted; }
    & > .state--paused { color: $text-secondary; }
    & > .state--done { color: $text-muted; }
    & > .state--unknown { color: $text-muted; }

    &:ansi {
        & > .task-list--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: bold not dim;
        }
        & > .task-list--cursor-blurred { background: transparent; text-style: bold not dim; }
        & > .task-list--marked { background: transparent; }
        & > .task-list--muted { text-style: dim; }
        & > .task-list--stale { text-style: italic dim; }
    }
}
"""
"""The backgrounds are faint, so that states keep their colours on them; 16 colours have no faint ones."""


class RowStyles:
    """Styles by component class and layers, computed when first needed and kept until they are cleared."""

    def __init__(self, widget: Widget) -> None:
        self._widget = widget
        self._styles: dict[tuple[str, ...], Style] = {}

    def clear(self) -> None:
        """Forget everything: the style sheet was applied anew."""
        self._styles.clear()

    def style(self, component: str, *layers: Layer) -> Style:
        """Text of one component class under some layers, with a contrast of 4.5 : 1 or more."""
        key = (component, *layers)
        found = self._styles.get(key)
        if found is None:
            found = self._styles[key] = self._compute(key)
        return found

    def _compute(self, components: tuple[str, ...]) -> Style:
        visual = self._widget.get_visual_style(*components)
        style = visual.rich_style
        if visual.foreground is None or visual.background is None:
            return style
        return style + Style(color=readable(visual.foreground, visual.background).rich_color)
