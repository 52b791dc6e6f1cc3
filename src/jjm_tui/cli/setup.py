"""``setup``: choose a server, say where the key is, try it, write the settings."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.output import harmless
from jjm_tui.cli.progress import waiting_for
from jjm_tui.cli.tables import hanging
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.selection import ListRequest

if TYPE_CHECKING:
    from jjm_tui.settings.presets import Preset

_HINT = "For scripts: jjm setup --preset rest --api-key-from env:JULES_API_KEY --yes"
_HINTS: Final[Mapping[str, str]] = {
    "custom": "For example: jjm setup --preset custom --command 'node /path/to/server.js' --yes, or with --url ADDRESS",
    "browser": "For example: jjm setup --preset browser --script /path/to/dist/index.js --yes",
}
_DEFAULT_PRESET: Final = "rest"
_DEFAULT_KEY: Final = "env:JULES_API_KEY"
_NO_KEY: Final = "none"
_KEY_PLACES: Final = "env:NAME, file:/path, keyring:service/user or command:program"
_NOT_A_PLACE: Final = "That is not a place where a key can be; the key itself must not be given here."
_OPERATIONS: Final[Mapping[str, str]] = {
    "list": "listing tasks",
    "get": "details of a task",
    "chat": "conversations",
    "plan": "plans",
    "diff": "diffs",
    "create": "creating tasks",
    "message": "sending messages",
    "approve": "approving plans",
    "resume": "resuming tasks",
    "repositories": "listing repositories",
    "archived_list": "listing archived tasks",
}


async def run(context: CommandContext) -> int:
    """Ask what is not given, try it, write it in place of the server that is there."""
    given = context.arguments
    if given.demo:
        raise UsageError("The demo needs no set-up.", hint="jjm --demo list")
    target = _target(context)
    if not await _may_replace(context, target):
        context.out.warn("You did not say yes, so nothing was written.")
        return ExitCode.FAILED
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
    for name in sorted(name for name in context.environ if name.startswith("JJM_SERVER__")):
        out.warn(f"The environment variable {name} is stronger than this file.")
    out.remark("Next: jjm list")


def _target(context: CommandContext) -> Path:
    from jjm_tui.settings.locations import locate_config

    given = context.arguments.config
    found, _ = locate_config(None if given is None else Path(given), context.environ)
    return found


async def _may_replace(context: CommandContext, target: Path) -> bool:
    """A server that was chosen before is replaced only when the person says so."""
    from jjm_tui.settings import document

    there = harmless(document.server_of(target, profile=context.arguments.profile))
    named = [f"{name} {there[name]}" for name in ("preset", "command", "url") if there.get(name)]
    if not named or context.arguments.yes:
        return True
    sentence = f"{target} names a server already: {', '.join(named)}."
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
            return {"server.script": _absolute(given.script)}
        question = "Path of google-jules-mcp's dist/index.js:"
        return await _answer(context, question, "--script", "browser", lambda path: {"server.script": _script(path)})
    return {}


def _script(path: str) -> str:
    if not Path(path).expanduser().is_file():
        raise UsageError(f"There is no file {path}.", hint=_HINTS["browser"])
    return _absolute(path)


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute())


async def _own_server(context: CommandContext) -> dict[str, str]:
    given = context.arguments
    if given.url is not None and given.server_command is not None:
        raise UsageError(
            "--command and --url do not go together: a server is started, or reached.", hint=_HINTS["custom"]
        )
    if given.url is not None:
        return {"server.url": given.url}
    if given.server_command is not None:
        return _command(given.server_command)
    return await _answer(
        context, "Command line that starts it, or its http address:", "--command or --url", "custom", _command_or_url
    )


def _command_or_url(line: str) -> dict[str, str]:
    return {"server.url": line} if line.startswith(("http://", "https://")) else _command(line)


def _command(line: str) -> dict[str, str]:
    from jjm_tui.settings.document import format_value

    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"The command line cannot be split: {error}.", hint="Check its quotes.") from error
    if not words:
        raise UsageError("The command line is empty.", hint=_HINTS["custom"])
    return {"server.command": words[0], "server.args": format_value(words[1:])}


async def _key(context: CommandContext, preset: Preset) -> str | None:
    """Where the key is: a reference; the key itself is never asked for, so that it lands in no file."""
    from jjm_tui.settings.secrets import is_reference

    given = context.arguments.api_key_from
    optional = not preset.requires_key
    if given is not None:
        if optional and given == _NO_KEY:
            return None
        if not is_reference(given):
            raise UsageError(_NOT_A_PLACE, hint=_KEY_PLACES)
        return str(given)
    if not preset.takes_key or context.arguments.yes or not context.prompts.can_ask:
        return None
    _say(context, f"The key stays where it is: {_KEY_PLACES}{'; none: this server needs no key' if optional else ''}.")
    default = _NO_KEY if optional and not context.environ.get("JULES_API_KEY") else _DEFAULT_KEY
    while True:
        reference = await context.prompts.text("Where is your Jules API key?", default=default)
        if reference is None:
            raise UsageError("Nothing was answered, so nothing was written.", hint=_HINT)
        if optional and reference.lower() == _NO_KEY:
            return None
        if is_reference(reference):
            return reference
        _say(context, f"{_NOT_A_PLACE} It can be {_KEY_PLACES}.")


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
        except UsageError as error:
            _say(context, error.message)
            continue
        return values


async def _try(context: CommandContext, target: Path, values: Mapping[str, str]) -> tuple[int, dict[str, object]]:
    """Start the server with these settings and read its list, into a store that is thrown away."""
    import tempfile

    from jjm_tui import assembly
    from jjm_tui.cli.exit_codes import code_for_error
    from jjm_tui.settings import document

    with tempfile.TemporaryDirectory(prefix="jjm-setup-") as folder:
        trial = Path(folder) / "jjm.toml"
        document.set_values(trial, {**_limits(context, target), **values})
        options = replace(context.options, config_file=trial, profile=None)
        options = replace(options, overrides={**options.overrides, "storage.path": str(Path(folder) / "tasks.json")})
        environ = {
            name: value
            for name, value in context.environ.items()
            if not name.startswith("JJM_SERVER__") and name not in ("JJM_PROFILE", "JJM_CONFIG")
        }
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
            _say(context, f"jjm: The test call failed: {error.message}")
            if error.hint:
                _say(context, error.hint, "  ")
            return code_for_error(error), {"tasks": None, "error": error.to_dict()}
    cut = "; there are more than it shows" if listed.truncated else ""
    context.out.remark(f"It works: {listed.total} tasks{cut}.")
    for operation, reason in capabilities.unavailable.items():
        what = _OPERATIONS.get(operation, operation.replace("_", " "))
        if not context.out.look.quiet:
            _say(context, reason if reason.startswith("This server") else f"Not with this server: {what}. {reason}")
    return ExitCode.DONE, {"tasks": listed.total, "error": None}


def _limits(context: CommandContext, target: Path) -> dict[str, str]:
    """Time-outs of the file count for the test call, too."""
    from jjm_tui.settings import document

    there = document.server_of(target, profile=context.arguments.profile)
    return {f"server.{name}": str(there[name]) for name in document.OF_ANY_SERVER if name in there}


async def _keep_anyway(context: CommandContext) -> bool:
    if context.arguments.yes or not context.prompts.can_ask:
        return False
    return await context.prompts.confirm("Write these settings all the same?", hint=_HINT)
