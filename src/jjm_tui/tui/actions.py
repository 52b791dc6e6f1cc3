"""The one table of actions: keys, footer, help, palette, README and ``jjm keys`` are all made from it.

Pure data: nothing of Textual is loaded here, so that ``jjm keys`` stays quick. An action is carried out by the method
``do_<id>`` (dots and dashes become underscores) of the screen or widget whose scopes hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Scope = Literal[
    "everywhere",
    "tasks",
    "list",
    "detail",
    "diff",
    "search",
    "composer",
    "dialog",
    "approval",
    "question",
    "outbox",
    "watch",
    "connection",
    "log",
    "insights",
]
"""Where an action's keys work. ``everywhere``: every screen; ``tasks``: wherever a task is at hand (main, detail);
``list``: where tasks are listed; ``detail``: where one task is shown; ``diff``: in a diff; ``search``: while something
is searched; ``composer``: while a text is typed; ``dialog``: in sheets and forms; ``approval``: where a plan is
decided; ``question``: where yes or no is asked; ``outbox``: where operations are listed; ``watch``, ``connection``,
``log``, ``insights``: on the screen of that name."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. ``title``: a word or three for the footer; ``help``: a sentence part for the table.

    ``keys``: the default keys as Textual names them. ``twin``: the command that does the same, ``{id}`` for the task.
    ``footer``: worth a place in the footer, the smaller the number the further left.
    """

    id: str
    title: str
    help: str
    keys: tuple[str, ...]
    scope: Scope
    section: str
    twin: str | None = None
    footer: int | None = None
    in_palette: bool = True


def _action(
    action_id: str,
    keys: str,
    scope: Scope,
    title: str,
    help_text: str,
    *,
    section: str,
    twin: str | None = None,
    footer: int | None = None,
    in_palette: bool = True,
) -> Action:
    return Action(action_id, title, help_text, tuple(keys.split()), scope, section, twin, footer, in_palette)


def _moving(action_id: str, keys: str, scope: Scope, title: str, help_text: str) -> Action:
    return _action(action_id, keys, scope, title, help_text, section="Move", in_palette=False)


_MOVE: Final = (
    _moving("move.down", "j down", "tasks", "down", "next row or line"),
    _moving("move.up", "k up", "tasks", "up", "previous row or line"),
    _moving("move.first", "g home", "tasks", "first", "first row, top"),
    _moving("move.last", "G end", "tasks", "last", "last row, bottom"),
    _moving("move.half-down", "ctrl+d pagedown", "tasks", "page down", "half a page down"),
    _moving("move.half-up", "ctrl+u pageup", "tasks", "page up", "half a page up"),
    _action(
        "next.needs-me", "n", "tasks", "next", "next task that needs you, or the next match", section="Move", footer=50
    ),
    _action("previous.needs-me", "N", "tasks", "previous", "previous task that needs you, or match", section="Move"),
    _action("open", "enter", "tasks", "open", "open the task, go into its detail", section="Move", twin="jjm get {id}"),
    _moving("next.pane", "tab", "tasks", "next pane", "next pane"),
    _moving("previous.pane", "shift+tab", "tasks", "previous pane", "previous pane"),
    _moving("pane.list", "1", "tasks", "pane 1", "go to the task list"),
    _moving("pane.detail", "2", "tasks", "pane 2", "go to the detail"),
    _moving("pane.composer", "3", "tasks", "pane 3", "go to the composer"),
    _moving("pane.filter", "4", "tasks", "pane 4", "go to the filter"),
    _action("previous.tab", "[", "tasks", "previous tab", "previous tab of the detail", section="Move"),
    _action("next.tab", "]", "tasks", "next tab", "next tab of the detail", section="Move"),
)

_MARK: Final = (
    _action("mark", "space", "list", "mark", "mark the task, or take its mark away", section="Mark"),
    _action("mark.range", "v", "list", "mark range", "mark from here to where you go next", section="Mark"),
    _action("mark.all", "*", "list", "mark all", "mark every task shown", section="Mark"),
    _action("back", "escape", "everywhere", "back", "clear marks, leave, go back", section="Mark", in_palette=False),
)

_DECIDE: Final = (
    _action(
        "task.approve",
        "a",
        "tasks",
        "approve",
        "read the plan, then approve it with y",
        section="Decide",
        twin="jjm approve {id}",
        footer=10,
    ),
    _action(
        "task.approve-many",
        "A",
        "tasks",
        "approve many",
        "sheet of all plans that wait",
        section="Decide",
        twin="jjm approve --all",
    ),
    _action(
        "approval.confirm",
        "y",
        "approval",
        "approve",
        "approve the plan you have read",
        section="Decide",
        footer=1,
        in_palette=False,
    ),
    _action("question.yes", "y", "question", "yes", "yes, do it", section="Decide", footer=1, in_palette=False),
    _action(
        "task.message",
        "m",
        "tasks",
        "message",
        "answer or message the task",
        section="Decide",
        twin="jjm message {id} TEXT",
        footer=20,
    ),
    _action(
        "task.message-many",
        "M",
        "tasks",
        "message marked",
        "one message to all marked tasks",
        section="Decide",
        twin="jjm message {id} ... TEXT",
    ),
    _action(
        "task.resume",
        "r",
        "tasks",
        "resume",
        "let a paused task go on",
        section="Decide",
        twin="jjm resume {id}",
        footer=30,
    ),
    _action("task.create", "c", "tasks", "new task", "new task", section="Decide", twin="jjm create", footer=40),
    _action(
        "task.create-from-template",
        "T",
        "tasks",
        "from template",
        "new task from a template",
        section="Decide",
        twin="jjm create",
    ),
    _action(
        "composer.send", "ctrl+s", "composer", "send", "send the text", section="Decide", footer=1, in_palette=False
    ),
    _action(
        "composer.editor",
        "ctrl+g",
        "composer",
        "editor",
        "write it in $EDITOR",
        section="Decide",
        footer=2,
        in_palette=False,
    ),
    _action(
        "composer.template",
        "ctrl+t",
        "composer",
        "template",
        "put in a template",
        section="Decide",
        footer=3,
        in_palette=False,
    ),
    _action(
        "composer.older",
        "alt+up ctrl+up",
        "composer",
        "older text",
        "what you sent before",
        section="Decide",
        in_palette=False,
    ),
    _action(
        "composer.newer",
        "alt+down ctrl+down",
        "composer",
        "newer text",
        "what you sent after that",
        section="Decide",
        in_palette=False,
    ),
)

_OUTBOX: Final = (
    _action(
        "outbox.settle",
        "s",
        "outbox",
        "settle all",
        "find out by reading what became of them",
        section="Outbox",
        twin="jjm outbox settle",
        footer=1,
        in_palette=False,
    ),
    _action(
        "outbox.resend",
        "r",
        "outbox",
        "send again",
        "send it again, after a question",
        section="Outbox",
        twin="jjm outbox resend OPERATION",
        footer=2,
        in_palette=False,
    ),
    _action(
        "outbox.discard",
        "x",
        "outbox",
        "discard",
        "stop caring about it, after a question",
        section="Outbox",
        twin="jjm outbox discard OPERATION",
        footer=3,
        in_palette=False,
    ),
    _action("outbox.copy", "y", "outbox", "copy text", "copy its text", section="Outbox", footer=4, in_palette=False),
)


def _on_screen(action_id: str, keys: str, scope: Scope, title: str, help_text: str, twin: str | None = None) -> Action:
    return _action(action_id, keys, scope, title, help_text, section="Screens", twin=twin, footer=1, in_palette=False)


_SCREENS: Final = (
    _on_screen("watch.only-watched", "t", "watch", "only watched", "only watched tasks, or all that run"),
    _on_screen("connection.restart", "R", "connection", "restart", "end the server and start it again"),
    _on_screen("connection.check", "t", "connection", "check", "make the doctor's checks", "jjm doctor"),
    _on_screen("log.more", "+", "log", "more", "less important records as well"),
    _on_screen("log.less", "-", "log", "fewer", "more important records only"),
    _on_screen("insights.period", "t", "insights", "period", "7 days, 30 days, or all there is"),
)

_FIND: Final = (
    _action(
        "filter",
        "/",
        "tasks",
        "filter",
        "filter the list, or search in the chat or diff",
        section="Find",
        twin="jjm list --filter ...",
        footer=60,
    ),
    _action(
        "filter.failed",
        "!",
        "list",
        "only failed",
        "only failed ones",
        section="Find",
        twin="jjm list --filter state:failed",
    ),
    _action(
        "filter.questions",
        "@",
        "list",
        "only questions",
        "only questions",
        section="Find",
        twin="jjm list --filter state:waiting_feedback",
    ),
    _action(
        "filter.plans",
        "#",
        "list",
        "only plans",
        "only plans that wait",
        section="Find",
        twin="jjm list --filter state:waiting_approval",
    ),
    _action(
        "filter.running",
        "&",
        "list",
        "only running",
        "only running ones",
        section="Find",
        twin="jjm list --filter state:in_progress",
    ),
    _action("filter.all", "0", "list", "everything", "everything again", section="Find", twin="jjm list"),
    _action("view.next", "V", "list", "next view", "next saved view", section="Find"),
    _action("sort", "s", "list", "sort", "next order", section="Find", twin="jjm list --sort ..."),
    _action("sort.reverse", "S", "list", "reverse", "the other way round", section="Find", twin="jjm list --reverse"),
    _action("group", "t", "list", "group", "group by need, by repository, not at all", section="Find"),
    _action(
        "archived",
        "H",
        "list",
        "archived",
        "show archived tasks as well, or hide them",
        section="Find",
        twin="jjm list --all",
    ),
)

_CARE: Final = (
    _action(
        "task.archive",
        "x",
        "tasks",
        "archive",
        "archive here (marked or this one)",
        section="Care",
        twin="jjm archive {id}",
    ),
    _action(
        "task.unarchive",
        "X",
        "tasks",
        "unarchive",
        "take out of the archive",
        section="Care",
        twin="jjm unarchive {id}",
    ),
    _action(
        "task.snooze",
        "z",
        "tasks",
        "snooze",
        "let it need nobody for a while",
        section="Care",
        twin="jjm snooze {id} --for 2h",
    ),
    _action("undo", "u", "tasks", "undo", "undo the last local change", section="Care"),
    _action(
        "task.watch",
        "w",
        "tasks",
        "watch",
        "watch (marked or this one), or stop it",
        section="Care",
        twin="jjm monitor {id}",
    ),
    _action(
        "task.forget",
        "D",
        "tasks",
        "forget",
        "remove from this machine, after a question",
        section="Care",
        twin="jjm forget {id}",
    ),
    _action("refresh", "ctrl+r f5", "everywhere", "refresh", "ask the server now", section="Care", twin="jjm list"),
)

_LOOK: Final = (
    _action(
        "task.diff", "d", "tasks", "diff", "what the task changed", section="Look", twin="jjm diff {id}", footer=35
    ),
    _action("task.open", "o", "tasks", "browser", "its page in the browser", section="Look", twin="jjm open {id}"),
    _action("task.copy-id", "y", "tasks", "copy id", "copy its id", section="Look"),
    _action("task.copy-url", "Y", "tasks", "copy address", "copy its address", section="Look"),
    _action("preview", "p", "list", "preview", "detail beside the list, on or off", section="Look"),
    _action("preview.place", "P", "list", "preview place", "detail right or below", section="Look"),
    _action("follow", "f", "tasks", "follow", "stay at the newest message", section="Look"),
    _action("full-screen", "F", "tasks", "full screen", "this pane on the whole screen", section="Look"),
    _moving("next.hunk", "}", "diff", "next hunk", "next hunk"),
    _moving("previous.hunk", "{", "diff", "previous hunk", "previous hunk"),
    _moving("next.file", ")", "diff", "next file", "next file"),
    _moving("previous.file", "(", "diff", "previous file", "previous file"),
)

_GO: Final = (
    _action(
        "watch",
        "W",
        "everywhere",
        "watch screen",
        "live feed of what runs or is watched",
        section="Go",
        twin="jjm monitor",
    ),
    _action(
        "outbox",
        "O",
        "everywhere",
        "outbox",
        "what you sent, and what became of it",
        section="Go",
        twin="jjm outbox list",
    ),
    _action(
        "connection",
        "C",
        "everywhere",
        "connection",
        "the server, and the doctor's checks",
        section="Go",
        twin="jjm doctor",
    ),
    _action("log", "L", "everywhere", "log", "what this program did", section="Go"),
    _action("insights", "I", "everywhere", "insights", "where the time went", section="Go", twin="jjm events"),
    _action(
        "digest",
        "B",
        "everywhere",
        "while away",
        "what happened while you were away",
        section="Go",
        twin="jjm events --since 8h",
    ),
    _action(
        "palette",
        ": ctrl+p",
        "everywhere",
        "palette",
        "every action, task, theme and view by name",
        section="Go",
        in_palette=False,
    ),
    _action("theme", "", "everywhere", "theme", "choose the colours", section="Go"),
    _action("density", "", "everywhere", "density", "rows closer together, or further apart", section="Go"),
    _action("setup", "", "everywhere", "set-up", "choose and test a server", section="Go", twin="jjm setup"),
    _action("help", "? f1", "everywhere", "help", "help for where you are", section="Go", footer=90, in_palette=False),
    _action(
        "quit",
        "q ctrl+q ctrl+c",
        "everywhere",
        "quit",
        "back, then quit; ctrl+c copies when text is selected",
        section="Go",
        footer=95,
    ),
)

ACTIONS: Final[Mapping[str, Action]] = {
    action.id: action for action in (*_DECIDE, *_MOVE, *_MARK, *_OUTBOX, *_SCREENS, *_FIND, *_CARE, *_LOOK, *_GO)
}

ALWAYS_THERE: Final = ("help", "quit")
"""Actions that never lose their last key, whatever the settings say (``dashboard.md``, Keys)."""


def method_name(action_id: str) -> str:
    """The method that carries an action out."""
    return "do_" + action_id.replace(".", "_").replace("-", "_")
