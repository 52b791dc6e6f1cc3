"""``config``: where the settings are, what they are, what is wrong with them; writing them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jjm_tui.cli.context import CommandContext, overrides
from jjm_tui.cli.dashboard_settings import dashboard_findings, mistakes, taken_keys
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.output import harmless
from jjm_tui.cli.tables import hanging, pairs
from jjm_tui.cli.themes import check_theme
from jjm_tui.errors import ConfigurationError

if TYPE_CHECKING:
    from jjm_tui.settings import Loaded
    from jjm_tui.settings.explain import Explained


def _location(context: CommandContext) -> Path:
    from jjm_tui.settings.locations import locate_config

    given = context.arguments.config
    found, _ = locate_config(None if given is None else Path(given), context.environ)
    return found


def path(context: CommandContext) -> int:
    """Where the settings file is, or would be; on a terminal and with ``--all`` the other places, too."""
    found, out = _location(context), context.out
    if context.arguments.json:
        out.document(harmless({"path": str(found), "exists": found.exists(), **_places(context)}))
    elif out.terminal:
        for line in pairs({"settings": str(found), **_places(context)}.items(), out.look.width):
            out.line(line)
    elif context.arguments.all:
        for name, place in {"settings": str(found), **_places(context)}.items():
            out.row([name, place])
    else:
        out.line(str(found))
    if not os.path.lexists(found):
        out.remark("It is not there yet. Write it: jjm config init, or: jjm setup")
    elif not found.exists():
        out.warn(f"It is a link that leads nowhere: it points to {found.readlink()}.")
    return ExitCode.DONE


def _places(context: CommandContext) -> dict[str, str]:
    """Store file and folders. Wrong settings leave out only what they decide."""
    from jjm_tui.settings.locations import Locations

    locations = Locations.find(context.environ)
    try:
        loaded = context.load()
    except ConfigurationError:
        store, logs = "unknown: the settings are wrong, see jjm config check", str(locations.log_dir)
    else:
        settings = loaded.settings
        store = str(locations.store_paths(loaded.profile, settings.storage.path).tasks)
        logs = str(settings.logging.folder or locations.log_dir)
    return {"store": store, "logs": logs, "cache": str(locations.cache_dir), "state": str(locations.state_dir)}


def show(context: CommandContext) -> int:
    """Every effective value and where it came from, or those of one setting or section; secrets are masked."""
    rows = _rows(context, context.arguments.key)
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


def get(context: CommandContext) -> int:
    """The effective value of one setting, alone where a script reads it."""
    if context.arguments.json or context.out.terminal:
        return show(context)
    for row in _rows(context, context.arguments.key):
        is_entry = row.key != context.arguments.key
        context.out.row([row.key, _plain(row.value)] if is_entry else [_plain(row.value)])
    return ExitCode.DONE


def _rows(context: CommandContext, key: str | None) -> list[Explained]:
    """The rows of a setting, a section, or of everything. Raises ConfigurationError for an unknown key."""
    from jjm_tui.settings.catalogue import suggest_key
    from jjm_tui.settings.explain import explain

    rows = _as_chosen(context, explain(loaded := context.load()), loaded)
    if key is None:
        return rows
    found = [row for row in rows if row.key == key or row.key.startswith(f"{key}.")]
    if not found:
        raise ConfigurationError(f"There is no setting {key!r}.", hint=suggest_key(key), context={"key": key})
    return found


def _as_chosen(context: CommandContext, rows: list[Explained], loaded: Loaded) -> list[Explained]:
    """The rows with what was chosen in the dashboard, where that holds; a demo begins without."""
    from jjm_tui.settings.locations import Locations
    from jjm_tui.tui.memory import Memory

    if context.arguments.demo:
        return rows
    store = Locations.find(context.environ).store_paths(loaded.profile, loaded.settings.storage.path)
    choices = Memory.load(store.dashboard).choices(loaded.sources)
    return [row._replace(value=choices[row.key], source="dashboard") if row.key in choices else row for row in rows]


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
    if found := dashboard_findings(context):
        findings = [finding for finding in findings if finding.level != "ok"] + [each.finding for each in found]
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

    _refuse_demo(context)
    target = _location(context)
    kept: Path | None = None
    if os.path.lexists(target) and context.arguments.force:
        kept = _set_aside(target)
    document.init(target)
    with context.out.telling_what_is_done():
        if context.arguments.json:
            context.out.document(harmless({"path": str(target), "kept": None if kept is None else str(kept)}))
        else:
            context.out.line(str(target))
    if kept is not None:
        context.out.remark(f"The old file is now {kept}.")
    return ExitCode.DONE


def _refuse_demo(context: CommandContext) -> None:
    """Raise UsageError in a demo: it reads no settings file, and the person's own is not what it is about."""
    if context.arguments.demo:
        raise UsageError(
            "A demo has no settings file, so nothing was written.",
            hint="To write your own settings leave out --demo.",
        )


def _set_aside(target: Path) -> Path:
    number = 1
    while os.path.lexists(kept := target.with_name(f"{target.name}.old-{number}")):
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

    _refuse_demo(context)
    given = context.arguments
    if given.key == "ui.theme" or (given.key.startswith("profiles.") and given.key.endswith(".ui.theme")):
        check_theme(given.value, context.environ)
    target = _location(context)
    taken_before = taken_keys(context)
    document.set_values(target, {given.key: given.value}, profile=given.profile, judge=mistakes)
    if given.json:
        with context.out.telling_what_is_done():
            context.out.document(harmless({"path": str(target), "key": given.key, "value": given.value}))
    else:
        context.out.remark(f"{given.key} is set in {target}.")
    for sentence in taken_keys(context):
        if sentence not in taken_before:
            context.out.remark(sentence)
    return ExitCode.DONE
