"""``config``: where the settings are, what they are, what is wrong with them; writing them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jjm_tui.cli.context import CommandContext, overrides
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.output import harmless
from jjm_tui.cli.tables import hanging


def _location(context: CommandContext) -> Path:
    from jjm_tui.settings.locations import locate_config

    given = context.arguments.config
    found, _ = locate_config(None if given is None else Path(given), context.environ)
    return found


def path(context: CommandContext) -> int:
    """Where the settings file is, or would be."""
    found = _location(context)
    if context.arguments.json:
        context.out.document(harmless({"path": str(found), "exists": found.exists()}))
    else:
        context.out.line(str(found))
    if not found.exists():
        context.out.remark("It is not there yet. Write it: jjm config init, or: jjm setup")
    return ExitCode.DONE


def show(context: CommandContext) -> int:
    """Every effective value and where it came from; secrets are masked."""
    from jjm_tui.settings.explain import explain

    rows = explain(context.load())
    out = context.out
    if context.arguments.json:
        out.document(
            {"settings": [harmless({"key": row.key, "value": row.value, "source": row.source}) for row in rows]}
        )
        return ExitCode.DONE
    widest = max(len(row.key) for row in rows)
    for row in rows:
        value = _plain(row.value)
        if out.terminal:
            out.line(hanging(f"{row.key:<{widest}}  ", f"{value or '-'}  ({row.source})", out.look.width))
        else:
            out.row([row.key, value, row.source])
    return ExitCode.DONE


def _plain(value: Any) -> str:
    import json

    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(harmless(value), ensure_ascii=False)


def check(context: CommandContext) -> int:
    """Every mistake and doubt; exit code 2 when something is wrong."""
    from jjm_tui.settings.explain import check_settings

    given = context.arguments
    findings = check_settings(
        config_file=None if given.config is None else Path(given.config),
        profile=given.profile,
        overrides=overrides(given),
        environ=context.environ,
    )
    out = context.out
    if given.json:
        out.document(
            {
                "findings": [
                    harmless({"level": finding.level, "message": finding.message, "hint": finding.hint})
                    for finding in findings
                ]
            }
        )
    for finding in findings:
        if given.json:
            continue
        if out.terminal:
            out.line(hanging(f"{finding.level:<9}", finding.message, out.look.width))
            if finding.hint:
                out.line(hanging(" " * 9, finding.hint, out.look.width))
        else:
            out.row([finding.level, finding.message, finding.hint or ""])
    return ExitCode.USAGE if any(finding.level == "error" for finding in findings) else ExitCode.DONE


def init(context: CommandContext) -> int:
    """Write the commented file."""
    from jjm_tui.settings import document

    target = _location(context)
    kept: Path | None = None
    if target.exists() and context.arguments.force:
        kept = _set_aside(target)
    document.init(target)
    if context.arguments.json:
        context.out.document(harmless({"path": str(target), "kept": None if kept is None else str(kept)}))
    else:
        context.out.line(str(target))
    if kept is not None:
        context.out.remark(f"The old file is now {kept}.")
    return ExitCode.DONE


def _set_aside(target: Path) -> Path:
    number = 1
    while (kept := target.with_name(f"{target.name}.old-{number}")).exists():
        number += 1
    try:
        target.rename(kept)
    except OSError as error:
        raise UsageError(
            f"{target} cannot be set aside: {error.strerror or error}.", hint="Check the folder."
        ) from error
    return kept


def set_value(context: CommandContext) -> int:
    """Set one value; the file's comments stay."""
    from jjm_tui.settings import document

    given = context.arguments
    target = _location(context)
    document.set_values(target, {given.key: given.value}, profile=given.profile)
    if given.json:
        context.out.document(harmless({"path": str(target), "key": given.key, "value": given.value}))
    else:
        context.out.remark(f"{given.key} is set in {target}.")
    return ExitCode.DONE
