"""``keys``: the effective keys of the dashboard, and what is wrong with those in the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode
from jjm_tui.cli.output import harmless
from jjm_tui.cli.tables import hanging

DEFAULT_KEYS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "move.down": ("next row", ("j", "down")),
    "move.up": ("previous row", ("k", "up")),
    "move.first": ("first row", ("g",)),
    "move.last": ("last row", ("G",)),
    "move.half-down": ("half a page down", ("ctrl+d", "pagedown")),
    "move.half-up": ("half a page up", ("ctrl+u", "pageup")),
    "next.needs-me": ("next task that needs me", ("n",)),
    "previous.needs-me": ("previous task that needs me", ("N",)),
    "open": ("open the detail", ("enter",)),
    "next.pane": ("next pane", ("tab",)),
    "mark": ("mark the task", ("space",)),
    "mark.range": ("mark a range", ("v",)),
    "mark.all": ("mark all shown", ("*",)),
    "back": ("clear marks, go back", ("escape",)),
    "previous.tab": ("previous tab", ("[",)),
    "next.tab": ("next tab", ("]",)),
    "task.approve": ("read the plan, approve it", ("a",)),
    "task.approve-many": ("approve many", ("A",)),
    "task.message": ("message the task", ("m",)),
    "task.message-many": ("message the marked tasks", ("M",)),
    "task.resume": ("resume the task", ("r",)),
    "task.create": ("new task", ("c",)),
    "task.create-from-template": ("new task from a template", ("T",)),
    "refresh": ("refresh now", ("ctrl+r", "f5")),
    "filter": ("filter", ("/",)),
    "filter.failed": ("only failed", ("!",)),
    "filter.questions": ("only questions", ("@",)),
    "filter.plans": ("only plans", ("#",)),
    "filter.running": ("only running", ("&",)),
    "filter.all": ("everything", ("0",)),
    "sort": ("sort", ("s",)),
    "sort.reverse": ("the other way round", ("S",)),
    "group": ("group", ("t",)),
    "task.archive": ("archive", ("x",)),
    "task.unarchive": ("unarchive", ("X",)),
    "task.snooze": ("snooze", ("z",)),
    "undo": ("undo", ("u",)),
    "task.watch": ("watch the task", ("w",)),
    "watch": ("watch screen", ("W",)),
    "preview": ("preview on or off", ("p",)),
    "preview.place": ("preview right or below", ("P",)),
    "task.open": ("open in the browser", ("o",)),
    "task.copy-id": ("copy the id", ("y",)),
    "task.copy-url": ("copy the address", ("Y",)),
    "task.diff": ("show the diff", ("d",)),
    "follow": ("follow the tail", ("f",)),
    "full-screen": ("pane on the full screen", ("F",)),
    "task.forget": ("forget locally", ("D",)),
    "palette": ("every action", (":", "ctrl+p")),
    "help": ("help for where you are", ("?",)),
    "quit": ("back, then quit", ("q", "ctrl+q", "ctrl+c")),
}
"""Actions with what they do and their default keys (``dashboard.md``)."""

_ALWAYS_THERE: Final = ("help", "quit")
_UNUSABLE: Final = frozenset(f"ctrl+{key}" for key in ("h", "i", "j", "m", "[", "z", "space", "a", "b"))
"""What terminals send for other keys, or keep for themselves and for tmux and screen."""


def effective_keys(bindings: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The keys of every action after the person's own bindings, and sentences about what is wrong with those.

    A key that was given to another action is taken from the one that had it by default. Quit and help always stay.
    """
    problems = [f"There is no action {action!r}." for action in bindings if action not in DEFAULT_KEYS]
    own = {action: keys for action, keys in bindings.items() if action in DEFAULT_KEYS}
    claimed: dict[str, str] = {}
    for action, keys in own.items():
        for key in keys:
            if key in _UNUSABLE:
                problems.append(f"Terminals cannot tell {key} apart; {action} needs another key.")
            if key in claimed and claimed[key] != action:
                problems.append(f"{key} is bound to both {claimed[key]} and {action}.")
            claimed.setdefault(key, action)
    effective: dict[str, tuple[str, ...]] = {}
    for action, (_, defaults) in DEFAULT_KEYS.items():
        keys = own.get(action, tuple(key for key in defaults if claimed.get(key, action) == action))
        if action in _ALWAYS_THERE and not keys:
            problems.append(f"{action} must keep a key; its defaults stay.")
            keys = defaults
        effective[action] = keys
    return effective, problems


def run(context: CommandContext) -> int:
    """Print the table; exit code 2 when the settings ask for something impossible."""
    keys, problems = effective_keys(context.load().settings.keys.bindings)
    own = context.load().settings.keys.bindings
    out = context.out
    if context.arguments.json:
        rows: list[dict[str, Any]] = [
            {
                "action": action,
                "help": DEFAULT_KEYS[action][0],
                "keys": list(bound),
                "source": "settings" if action in own else "default",
            }
            for action, bound in keys.items()
        ]
        out.document({"keys": harmless(rows), "problems": harmless(problems)})
    room = max(map(len, keys))
    key_room = max(len(", ".join(bound)) for bound in keys.values())
    for action, bound in keys.items():
        if context.arguments.json:
            break
        if out.terminal:
            head = f"{action:<{room}}  {', '.join(bound) or '-':<{key_room}}  "
            out.line(hanging(head, DEFAULT_KEYS[action][0], out.look.width))
        else:
            out.row([action, ",".join(bound), DEFAULT_KEYS[action][0]])
    for problem in problems:
        out.warn(problem)
    return ExitCode.USAGE if problems else ExitCode.DONE
