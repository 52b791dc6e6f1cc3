"""``setup``: choose a server, say where the key is, try it, write the settings."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.progress import waiting_for
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.selection import ListRequest

if TYPE_CHECKING:
    from jjm_tui.settings.presets import Preset

_HINT = "For scripts: jjm setup --preset rest --api-key-from env:JULES_API_KEY --yes"


async def run(context: CommandContext) -> int:
    """Ask what is not given, try it, write it."""
    given = context.arguments
    if given.demo:
        raise UsageError("The demo needs no set-up.", hint="jjm --demo list")
    target = _target(context)
    preset = await _preset(context)
    values = {"server.preset": preset.name, **await _details(context, preset)}
    key = await _key(context, preset)
    if key is not None:
        values["server.api_key"] = key
    code: int = ExitCode.DONE
    found: dict[str, object] = {"tasks": None, "error": None}
    if not given.no_test:
        code, found = await _try(context, values)
        if code != ExitCode.DONE and not await _keep_anyway(context):
            context.out.warn("Nothing was written.")
            if given.json:
                context.out.document({"path": str(target), "written": False, "settings": values, **found})
            return code
    from jjm_tui.settings import document

    document.set_values(target, values, profile=given.profile)
    if given.json:
        context.out.document({"path": str(target), "written": True, "settings": values, **found})
    else:
        context.out.line(f"Written: {target}")
        context.out.remark("Next: jjm list")
    return ExitCode.DONE


def _target(context: CommandContext) -> Path:
    from jjm_tui.settings.locations import locate_config

    given = context.arguments.config
    found, _ = locate_config(None if given is None else Path(given), context.environ)
    return found


async def _preset(context: CommandContext) -> Preset:
    from jjm_tui.settings.presets import PRESETS

    given = context.arguments
    name = given.preset
    if name is None and (given.server_command is not None or given.url is not None):
        name = "custom"
    if name is None:
        if given.yes or not context.prompts.can_ask:
            raise UsageError("Which kind of server? Name it with --preset.", hint=_HINT)
        _introduce(context, list(PRESETS.values()))
        name = await context.prompts.choose("Which server?", list(PRESETS), default="rest")
    if name is None:
        raise UsageError("No server was chosen; nothing was written.", hint=_HINT)
    return PRESETS[name]


def _introduce(context: CommandContext, presets: list[Preset]) -> None:
    for number, preset in enumerate(presets, 1):
        context.out.say(f"{number}. {preset.name}: {preset.title}")
        for line in preset.reaches:
            context.out.say(f"     {line}")
        context.out.say(f"     Needs: {preset.prerequisites}")


async def _details(context: CommandContext, preset: Preset) -> dict[str, str]:
    given = context.arguments
    if preset.name == "custom":
        return await _own_server(context)
    if preset.name == "browser":
        script = given.script or await _answer(context, "Path of google-jules-mcp's dist/index.js:", "--script")
        return {"server.script": _absolute(script)}
    return {}


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


async def _own_server(context: CommandContext) -> dict[str, str]:
    given = context.arguments
    if given.url is not None and given.server_command is not None:
        raise UsageError("--command and --url do not go together: a server is started, or reached.", hint=_HINT)
    if given.url is not None:
        return {"server.url": given.url}
    line = given.server_command or await _answer(context, "Command line that starts it:", "--command")
    from jjm_tui.settings.document import format_value

    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"The command line cannot be split: {error}.", hint="Check its quotes.") from error
    if not words:
        raise UsageError("The command line is empty.", hint="jjm setup --command 'node /path/to/server.js'")
    return {"server.command": words[0], "server.args": format_value(words[1:])}


async def _key(context: CommandContext, preset: Preset) -> str | None:
    """Where the key is: a reference; the key itself is never asked for, so that it lands in no file."""
    from jjm_tui.settings.secrets import is_reference

    reference = context.arguments.api_key_from
    if reference is None:
        if not preset.takes_key or context.arguments.yes or not context.prompts.can_ask:
            return None
        reference = await context.prompts.text(
            "Where is your Jules API key (env:NAME, file:/path, keyring:service/user, command:program)?",
            default="env:JULES_API_KEY",
        )
    if reference is None:
        return None
    if not is_reference(reference):
        raise UsageError(
            "That is not a place where a key can be; the key itself must not be given here.",
            hint="env:NAME, file:/path, keyring:service/user or command:program",
        )
    return str(reference)


async def _answer(context: CommandContext, question: str, flag: str) -> str:
    if context.arguments.yes or not context.prompts.can_ask:
        raise UsageError(f"This choice needs {flag}.", hint=_HINT)
    answer = await context.prompts.text(question)
    if not answer:
        raise UsageError("Nothing was answered, so nothing was written.", hint=_HINT)
    return answer


async def _try(context: CommandContext, values: dict[str, str]) -> tuple[int, dict[str, object]]:
    """Start the server with these settings and read its list, into a store that is thrown away."""
    import tempfile

    from jjm_tui import assembly
    from jjm_tui.cli.exit_codes import code_for_error

    with tempfile.TemporaryDirectory(prefix="jjm-setup-") as folder:
        trial = Path(folder) / "jjm.toml"
        from jjm_tui.settings import document

        document.set_values(trial, values)
        options = replace(context.options, config_file=trial, profile=None)
        options = replace(options, overrides={**options.overrides, "storage.path": str(Path(folder) / "tasks.json")})
        environ = {name: value for name, value in context.environ.items() if not name.startswith("JJM_SERVER__")}
        try:
            async with (
                assembly.open_manager(options, environ) as manager,
                waiting_for(context.out, "Trying the server"),
            ):
                listed = await manager.list_tasks(ListRequest(include_archived=True))
                if listed.failure is not None:
                    raise listed.failure
                capabilities = await manager.server.connect()
        except JulesManagerError as error:
            context.out.warn(f"The test call failed: {error.message}")
            if error.hint:
                context.out.say(f"  {error.hint}")
            return code_for_error(error), {"tasks": None, "error": error.to_dict()}
    cut = "; there are more than it shows" if listed.truncated else ""
    context.out.remark(f"It works: {listed.total} tasks{cut}.")
    for operation, reason in capabilities.unavailable.items():
        context.out.remark(f"Not with this server: {operation}. {reason}")
    return ExitCode.DONE, {"tasks": listed.total, "error": None}


async def _keep_anyway(context: CommandContext) -> bool:
    if context.arguments.yes or not context.prompts.can_ask:
        return False
    return await context.prompts.confirm("Write these settings all the same?", hint=_HINT)
