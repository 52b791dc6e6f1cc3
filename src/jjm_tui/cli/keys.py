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
    """Print the table; exit code 2 when the settings ask for something impossible."""
    settings = context.load().settings.keys
    keymap = build_keymap(settings.preset, settings.bindings)
    keys, problems = keymap.keys, keymap.problems
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
        out.document({"keys": harmless(rows), "problems": harmless(list(problems))})
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
    for problem in problems:
        out.warn(problem)
    return ExitCode.USAGE if problems else ExitCode.DONE
