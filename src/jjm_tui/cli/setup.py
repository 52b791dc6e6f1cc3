"""``setup``: choose a server, say where the key is, try it, write the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.assembly.setup import (
    DEFAULT_KEY,
    KEY_PLACES,
    NO_KEY,
    absolute,
    named_server,
    read_command,
    read_command_or_address,
    read_key_place,
    read_script,
    stronger_variables,
    what_is_missing,
)
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import DeclinedError, ExitCode, UsageError
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.tables import hanging
from jjm_tui.domain.text import clean_line
from jjm_tui.errors import ConfigurationError, JulesManagerError
from jjm_tui.services.selection import ListRequest

if TYPE_CHECKING:
    from jjm_tui.settings.presets import Preset

_SIGN_IN_SHOWS = "Whether you are signed in shows only when a task is opened: jjm get TASK"
_HINT = "For scripts: jjm setup --preset rest --api-key-from env:JULES_API_KEY --yes"
_HINTS: Final[Mapping[str, str]] = {
    "custom": "For example: jjm setup --preset custom --command 'node /path/to/server.js' --yes, or with --url ADDRESS",
    "browser": "For example: jjm setup --preset browser --script /path/to/dist/index.js --yes",
}
_DEFAULT_PRESET: Final = "rest"


async def run(context: CommandContext) -> int:
    """Ask what is not given, try it, write it in place of the server that is there."""
    given = context.arguments
    if given.demo:
        raise UsageError("The demo needs no set-up.", hint="jjm --demo list")
    target = _target(context)
    if not await _may_replace(context, target):
        raise DeclinedError("written")
    preset = await _preset(context)
    values = {"server.preset": preset.name, **await _details(context, preset)}
    key = None if "server.url" in values else await _key(context, preset)
    if key is not None:
        values["server.api_key"] = key
    from jjm_tui.settings import document

    document.check_server(target, values, profile=given.profile)
    code: int = ExitCode.DONE
    found: dict[str, object] = {"tasks": None, "error": None}
    if not given.no_test:
        code, found = await _try(context, target, values)
        if code != ExitCode.DONE and not await _keep_anyway(context):
            context.out.warn("Nothing was written.")
            if given.json:
                context.out.document({"path": str(target), "written": False, "kept": None, "settings": values, **found})
            return code
    kept = document.replace_server(target, values, profile=given.profile)
    with context.out.telling_what_is_done():
        if given.json:
            kept_name = None if kept is None else str(kept)
            context.out.document({"path": str(target), "written": True, "kept": kept_name, "settings": values, **found})
        else:
            _tell_written(context, target, values, kept)
    return ExitCode.DONE


def _tell_written(context: CommandContext, target: Path, values: Mapping[str, str], kept: Path | None) -> None:
    out, profile = context.out, context.arguments.profile
    inside = "" if profile is None else f"profiles.{profile}."
    out.line(f"Written: {target}")
    for key, value in values.items():
        out.line(
            hanging(f"  {inside}{key} = ", value or '""', out.look.width) if out.terminal else f"{inside}{key}\t{value}"
        )
    if kept is not None:
        out.remark(f"The old file is now {kept}.")
    for name in stronger_variables(context.environ):
        out.warn(f"The environment variable {name} is stronger than this file.")
    out.remark("Next: jjm list")


def _target(context: CommandContext) -> Path:
    from jjm_tui.settings.locations import locate_config

    given = context.arguments.config
    found, _ = locate_config(None if given is None else Path(given), context.environ)
    return found


async def _may_replace(context: CommandContext, target: Path) -> bool:
    """A server that was chosen before is replaced only when the person says so."""
    named = named_server(target, context.arguments.profile)
    if named is None or context.arguments.yes:
        return True
    sentence = f"{target} names a server already: {clean_line(named)}."
    if not context.prompts.can_ask:
        raise UsageError(sentence, hint="To replace it add --yes; the old file is kept beside the new one.")
    _say(context, sentence)
    return await context.prompts.confirm("Replace it? The old file is kept.", hint="Add --yes.")


def _say(context: CommandContext, text: str, head: str = "") -> None:
    """Wrapped where somebody reads along."""
    context.out.say(hanging(head, text, context.out.look.width) if context.out.look.error_terminal else head + text)


async def _preset(context: CommandContext) -> Preset:
    from jjm_tui.settings.presets import PRESETS

    given = context.arguments
    name = given.preset
    if name is None and (given.server_command is not None or given.url is not None):
        name = "custom"
    if name is not None:
        return PRESETS[name]
    if given.yes or not context.prompts.can_ask:
        raise UsageError("Which kind of server? Name it with --preset.", hint=_HINT)
    _say(context, "Jules is reached through MCP servers of different reach. Choose one by its name or number:")
    widest = max(map(len, PRESETS))
    for number, preset in enumerate(PRESETS.values(), 1):
        _say(context, preset.title, f"  {number}. {preset.name:<{widest}}  ")
    name = await context.prompts.choose("Which server?", list(PRESETS), default=_DEFAULT_PRESET)
    if name is None:
        raise UsageError("No server was chosen; nothing was written.", hint=_HINT)
    _say(context, f"{PRESETS[name].title}.")
    for line in PRESETS[name].reaches:
        _say(context, line, "  ")
    _say(context, f"Needs: {PRESETS[name].prerequisites}", "  ")
    return PRESETS[name]


async def _details(context: CommandContext, preset: Preset) -> dict[str, str]:
    given = context.arguments
    if preset.name == "custom":
        return await _own_server(context)
    if preset.name == "browser":
        if given.script is not None:
            return {"server.script": absolute(given.script)}
        question = "Path of google-jules-mcp's dist/index.js:"
        return await _answer(context, question, "--script", "browser", read_script)
    return {}


async def _own_server(context: CommandContext) -> dict[str, str]:
    given = context.arguments
    if given.url is not None and given.server_command is not None:
        raise UsageError(
            "--command and --url do not go together: a server is started, or reached.", hint=_HINTS["custom"]
        )
    if given.url is not None:
        return {"server.url": given.url}
    if given.server_command is not None:
        return _as_usage(read_command, given.server_command)
    return await _answer(
        context,
        "Command line that starts it, or its http address:",
        "--command or --url",
        "custom",
        read_command_or_address,
    )


def _as_usage(read: Callable[[str], dict[str, str]], line: str) -> dict[str, str]:
    try:
        return read(line)
    except ConfigurationError as error:
        raise UsageError(error.message, hint=error.hint or _HINTS["custom"]) from error


async def _key(context: CommandContext, preset: Preset) -> str | None:
    """Where the key is: a reference; the key itself is never asked for, so that it lands in no file."""
    given = context.arguments.api_key_from
    optional = not preset.requires_key
    if given is not None:
        try:
            return read_key_place(given, optional=optional)
        except ConfigurationError as error:
            raise UsageError(error.message, hint=KEY_PLACES) from error
    if not preset.takes_key or context.arguments.yes or not context.prompts.can_ask:
        return None
    _say(context, f"The key stays where it is: {KEY_PLACES}{'; none: this server needs no key' if optional else ''}.")
    default = NO_KEY if optional and not context.environ.get("JULES_API_KEY") else DEFAULT_KEY
    while True:
        reference = await context.prompts.text("Where is your Jules API key?", default=default)
        if reference is None:
            raise UsageError("Nothing was answered, so nothing was written.", hint=_HINT)
        try:
            return read_key_place(reference, optional=optional)
        except ConfigurationError as error:
            _say(context, f"{error.message} {error.hint}")


async def _answer(
    context: CommandContext, question: str, option: str, preset: str, read: Callable[[str], Any]
) -> dict[str, str]:
    """Ask until the answer can be used, saying each time why not."""
    if context.arguments.yes or not context.prompts.can_ask:
        raise UsageError(f"The preset {preset} needs {option}.", hint=_HINTS[preset])
    while True:
        answer = await context.prompts.text(question)
        if answer is None:
            raise UsageError("Nothing was answered, so nothing was written.", hint=_HINTS[preset])
        if not answer:
            _say(context, "It is needed; Ctrl+C ends the set-up and writes nothing.")
            continue
        try:
            values: dict[str, str] = read(answer)
        except ConfigurationError as error:
            _say(context, error.message)
            continue
        return values


async def _try(context: CommandContext, target: Path, values: Mapping[str, str]) -> tuple[int, dict[str, object]]:
    """Start the server with these settings and read its list, into a store that is thrown away."""
    from jjm_tui import assembly
    from jjm_tui.assembly.setup import trial
    from jjm_tui.cli.exit_codes import code_for_error

    given, what_failed = context.arguments, "No test call could be made"
    try:
        with trial(context.options, context.environ, target, values, given.profile) as (options, environ):
            async with (
                assembly.open_manager(options, environ) as manager,
                waiting_for(context.out, "Trying the server"),
            ):
                server, what_failed = manager.server, "The test call failed"
                listed = await manager.list_tasks(ListRequest(include_archived=True))
                if listed.failure is not None:
                    raise listed.failure
                capabilities = await server.connect()
    except JulesManagerError as error:
        _say(context, f"jjm: {what_failed}: {error.message}")
        if error.hint:
            _say(context, error.hint, "  ")
        return code_for_error(error), {"tasks": None, "error": error.to_dict()}
    cut = "; there are more than it shows" if listed.truncated else ""
    tasks = f"{listed.total} task{'' if listed.total == 1 else 's'}{cut}"
    if capabilities.list_has_status:
        context.out.remark(f"It works: {tasks}.")
    else:
        context.out.remark(f"It answers: {tasks} in its own list. {_SIGN_IN_SHOWS}")
    if not context.out.look.quiet:
        for sentence in what_is_missing(capabilities):
            _say(context, sentence)
    return ExitCode.DONE, {"tasks": listed.total, "error": None}


async def _keep_anyway(context: CommandContext) -> bool:
    if context.arguments.yes or not context.prompts.can_ask:
        return False
    return await context.prompts.confirm("Write these settings all the same?", hint=_HINT)
