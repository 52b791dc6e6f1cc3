"""``simulator``: hands over to the built-in Jules MCP server."""

from __future__ import annotations

from jjm_tui.cli.context import CommandContext


def run(context: CommandContext) -> int:
    """Serve until the client goes away."""
    from jjm_tui.simulator import command

    return command.run(context.arguments)
