"""Actions that care for tasks on this machine, and those that look closer."""

from __future__ import annotations

from typing import Final

from jjm_tui.tui.actions.model import action, moving

CARE: Final = (
    action(
        "task.archive",
        "x",
        "tasks",
        "archive",
        "archive here (marked or this one)",
        section="Care",
        twin="jjm archive {id}",
        footer=62,
    ),
    action(
        "task.unarchive",
        "X",
        "tasks",
        "unarchive",
        "take out of the archive (marked or this one)",
        section="Care",
        twin="jjm unarchive {id}",
    ),
    action(
        "task.snooze",
        "z",
        "tasks",
        "snooze",
        "needs nobody for a while (marked or this one)",
        section="Care",
        twin="jjm snooze {id} --for 2h",
        footer=64,
    ),
    action("undo", "u", "tasks", "undo", "undo the last local change", section="Care", footer=63),
    action(
        "task.watch",
        "w",
        "tasks",
        "watch",
        "watch (marked or this one), or stop it",
        section="Care",
        twin="jjm monitor {id}",
    ),
    action(
        "task.forget",
        "D",
        "tasks",
        "forget",
        "remove here, after a question (marked or this one)",
        section="Care",
        twin="jjm forget {id}",
    ),
    action("refresh", "ctrl+r f5", "everywhere", "refresh", "ask the server now", section="Care", twin="jjm list"),
)

LOOK: Final = (
    action("task.diff", "d", "tasks", "diff", "what the task changed", section="Look", twin="jjm diff {id}", footer=35),
    action("task.open", "o", "tasks", "browser", "its page in the browser", section="Look", twin="jjm open {id}"),
    action("task.copy-id", "y", "tasks", "copy id", "copy its id", section="Look"),
    action("task.copy-url", "Y", "tasks", "copy address", "copy its address", section="Look"),
    action("preview", "p", "list", "preview", "detail beside the list, on or off", section="Look"),
    action("preview.place", "P", "list", "preview place", "detail right or below", section="Look"),
    action("follow", "f", "tasks", "follow", "stay at the newest message", section="Look"),
    action("full-screen", "F", "list", "full screen", "this pane on the whole screen", section="Look"),
    moving("next.hunk", "}", "diff", "next hunk", "next hunk"),
    moving("previous.hunk", "{", "diff", "previous hunk", "previous hunk"),
    moving("next.file", ")", "diff", "next file", "next file"),
    moving("previous.file", "(", "diff", "previous file", "previous file"),
)
