"""Actions that move, mark, and go to other screens."""

from __future__ import annotations

from typing import Final

from jjm_tui.tui.actions.model import action, moving

MOVE: Final = (
    moving("move.down", "j down", "tasks", "down", "next row or line"),
    moving("move.up", "k up", "tasks", "up", "previous row or line"),
    moving("move.first", "g home", "tasks", "first", "first row, top"),
    moving("move.last", "G end", "tasks", "last", "last row, bottom"),
    moving("move.half-down", "ctrl+d pagedown", "tasks", "page down", "half a page down"),
    moving("move.half-up", "ctrl+u pageup", "tasks", "page up", "half a page up"),
    action(
        "next.needs-me", "n", "tasks", "next", "next task that needs you, or the next match", section="Move", footer=50
    ),
    action("previous.needs-me", "N", "tasks", "previous", "previous task that needs you, or match", section="Move"),
    action("open", "enter", "tasks", "open", "open the task, go into its detail", section="Move", twin="jjm get {id}"),
    moving("next.pane", "tab", "tasks", "next pane", "next pane"),
    moving("previous.pane", "shift+tab", "tasks", "previous pane", "previous pane"),
    moving("pane.list", "1", "tasks", "to the list", "go to the task list"),
    moving("pane.detail", "2", "tasks", "to the detail", "go to the detail"),
    moving("pane.composer", "3", "tasks", "to the composer", "go to the composer"),
    moving("pane.filter", "4", "list", "to the filter", "go to the filter"),
    action("previous.tab", "[", "tasks", "previous tab", "previous tab of the detail", section="Move"),
    action("next.tab", "]", "tasks", "next tab", "next tab of the detail", section="Move"),
)

MARK: Final = (
    action(
        "mark",
        "space",
        "list",
        "mark",
        "mark the task, or unmark it, and go on",
        section="Mark",
        footer=61,
    ),
    action("mark.range", "v", "list", "mark range", "mark from here to where you go next", section="Mark"),
    action("mark.all", "*", "list", "mark all", "mark every task shown", section="Mark"),
    action("back", "escape", "everywhere", "back", "clear marks, leave, go back", section="Mark", in_palette=False),
)

GO: Final = (
    action(
        "watch",
        "W",
        "everywhere",
        "watch screen",
        "live feed of what happens to tasks",
        section="Go",
        twin="jjm monitor",
    ),
    action(
        "outbox",
        "O",
        "everywhere",
        "outbox",
        "what you sent, and what became of it",
        section="Go",
        twin="jjm outbox list",
    ),
    action(
        "connection",
        "C",
        "everywhere",
        "connection",
        "the server, and the doctor's checks",
        section="Go",
        twin="jjm doctor",
    ),
    action("log", "L", "everywhere", "log", "what this program did", section="Go"),
    action("insights", "I", "everywhere", "insights", "where the time went", section="Go", twin="jjm events"),
    action(
        "digest",
        "B",
        "everywhere",
        "while away",
        "what happened while you were away",
        section="Go",
        twin="jjm events --since 8h",
    ),
    action(
        "palette",
        ": ctrl+p",
        "everywhere",
        "palette",
        "actions, tasks, views, orders and themes by name",
        section="Go",
        in_palette=False,
    ),
    action("theme", "", "everywhere", "theme", "choose the colours", section="Go"),
    action("density", "", "everywhere", "density", "rows closer together, or further apart", section="Go"),
    action("setup", "", "everywhere", "set-up", "choose and test a server", section="Go", twin="jjm setup"),
    action(
        "settings",
        "",
        "everywhere",
        "settings",
        "where your settings are, and how to change them",
        section="Go",
        twin="jjm config path",
    ),
    action("help", "? f1", "everywhere", "help", "help for where you are", section="Go", footer=90),
    action(
        "quit",
        "q ctrl+q ctrl+c",
        "everywhere",
        "quit",
        "back, then quit; ctrl+c copies when text is selected",
        section="Go",
        footer=95,
    ),
)
