"""``doctor``: one line per check, with the way out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, code_for_error
from jjm_tui.cli.output import harmless
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.tables import hanging
from jjm_tui.domain.text import clean_line
from jjm_tui.errors import AuthenticationError
from jjm_tui.services.results import Check

_STATE_ROOM: Final = 9
_STYLES: Final = {"ok": "green", "warning": "yellow", "failed": "bold red"}


async def run(context: CommandContext) -> int:
    """Run every check; exit code 4 when the account is the trouble, 2 for settings, 1 for anything else that failed."""
    checks: list[Check] = []
    async with waiting_for(context.out, "Checking") as progress:
        async for check in _checks(context):
            checks.append(check)
            progress.update(f"Checking; {check.name} is {check.state}")
            if not context.arguments.json:
                progress.clear()
                _show(context, check)
    if context.arguments.json:
        context.out.document(
            {"ok": all(check.state != "failed" for check in checks), "checks": [_document(check) for check in checks]}
        )
    return _code(checks)


async def _checks(context: CommandContext) -> AsyncIterator[Check]:
    """Those of the assembly, and the settings that only the floor of the dashboard knows. All of the program but the
    dashboard works with these, so that none is more than a warning.
    """
    from jjm_tui import assembly
    from jjm_tui.cli.dashboard_settings import dashboard_findings

    async for check in assembly.run_doctor(context.options, context.environ):
        yield check
        if check.name == "settings":
            for part, finding in dashboard_findings(context):
                yield Check(part, "warning", finding.message, way_out=finding.hint)


def _code(checks: list[Check]) -> int:
    failed = [check for check in checks if check.state == "failed"]
    if any(isinstance(check.error, AuthenticationError) for check in failed):
        return ExitCode.NOT_SIGNED_IN
    codes = [ExitCode.FAILED if check.error is None else code_for_error(check.error) for check in failed]
    return codes[0] if codes else ExitCode.DONE


def _document(check: Check) -> dict[str, Any]:
    made: dict[str, Any] = harmless(
        {
            "name": check.name,
            "state": check.state,
            "message": check.message,
            "way_out": check.way_out,
            "details": list(check.details),
            "facts": dict(check.facts),
        }
    )
    return made


def _show(context: CommandContext, check: Check) -> None:
    out = context.out
    if not out.terminal:
        way_out = out.own(check.way_out or "")
        details = (clean_line(text) for text in check.details)
        out.row([check.state, *(clean_line(text) for text in (check.name, check.message, way_out)), *details])
        return
    head, width = f"{check.state:<{_STATE_ROOM}}", out.look.width
    text = clean_line(f"{check.name}: {check.message}")
    for line in hanging(head, text, width).splitlines():
        if len(line) > width:
            out.line(line)
        else:
            out.styled([(line, _STYLES[check.state])])
    for line in (*check.details, *([out.own(check.way_out)] if check.way_out else [])):
        out.line(hanging(" " * _STATE_ROOM, clean_line(line), width))
