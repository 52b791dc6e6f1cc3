"""``keys``: the effective keys of the dashboard, and what is wrong with those in the settings."""

from __future__ import annotations

from typing import Any

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode
from jjm_tui.cli.output import harmless
from jjm_tui.cli.tables import hanging
from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.keymap import build_keymap


def run(context: CommandContext) -> int:
    """Print the table, and which keys other actions lost; exit code 2 when the settings ask for the impossible."""
    settings = context.load().settings.keys
    keymap = build_keymap(settings.preset, settings.bindings)
    keys, told = keymap.keys, (*keymap.problems, *keymap.taken)
    out = context.out
    if context.arguments.json:
        rows: list[dict[str, Any]] = [
            {
                "action": action,
                "help": ACTIONS[action].help,
                "keys": list(bound),
                "source": keymap.sources[action],
            }
            for action, bound in keys.items()
        ]
        out.document({"keys": harmless(rows), "problems": harmless(list(told))})
    room = max(map(len, keys))
    key_room = max(len(", ".join(bound)) for bound in keys.values())
    for action, bound in keys.items():
        if context.arguments.json:
            break
        if out.terminal:
            head = f"{action:<{room}}  {', '.join(bound) or '-':<{key_room}}  "
            out.line(hanging(head, ACTIONS[action].help, out.look.width))
        else:
            out.row([action, ",".join(bound), ACTIONS[action].help])
    for sentence in told:
        out.warn(sentence)
    return ExitCode.USAGE if keymap.problems else ExitCode.DONE
