"""Setting up a server: what the answers mean, a trial of the choice that writes nothing, what the trial found."""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from jjm_tui.assembly.doctor import check_chosen_server
from jjm_tui.assembly.options import Options
from jjm_tui.assembly.workplace import open_workplace
from jjm_tui.domain.facts import SILENT
from jjm_tui.domain.status import TaskStatus
from jjm_tui.errors import ConfigurationError, JulesManagerError
from jjm_tui.ports import Capabilities, TaskServer
from jjm_tui.services.results import Check
from jjm_tui.settings import document
from jjm_tui.settings.secrets import has_secret_shape, is_reference, mask_url

KEY_PLACES: Final = "env:NAME, file:/path, keyring:service/user or command:program"
DEFAULT_KEY: Final = "env:JULES_API_KEY"
NO_KEY: Final = "none"
NOT_A_PLACE: Final = "That is not a place where a key can be; the key itself must not be given here."

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
_FOUND: Final[Mapping[TaskStatus, tuple[str, str]]] = {
    TaskStatus.WAITING_APPROVAL: ("plan waits for you", "plans wait for you"),
    TaskStatus.WAITING_FEEDBACK: ("asks a question", "ask a question"),
    TaskStatus.FAILED: ("failed", "failed"),
    TaskStatus.IN_PROGRESS: ("is running", "are running"),
}


# answers


def read_script(path: str) -> dict[str, str]:
    """The browser server's built file. Raises ConfigurationError."""
    if not Path(path).expanduser().is_file():
        raise ConfigurationError(f"There is no file {path}.")
    return {"server.script": absolute(path)}


def absolute(path: str) -> str:
    """The path from the root, the home folder named."""
    return str(Path(path).expanduser().absolute())


def read_command_or_address(line: str) -> dict[str, str]:
    """A custom server: a command line, or an http address. Raises ConfigurationError."""
    return {"server.url": line} if line.startswith(("http://", "https://")) else read_command(line)


def read_command(line: str) -> dict[str, str]:
    """A command line, split as a shell would. Raises ConfigurationError."""
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise ConfigurationError(f"The command line cannot be split: {error}.", hint="Check its quotes.") from error
    if not words:
        raise ConfigurationError("The command line is empty.")
    return {"server.command": _findable(words[0]), "server.args": document.format_value(words[1:])}


def _findable(program: str) -> str:
    """A path from the folder where one happens to be is made absolute: the program is started from others as well."""
    path = Path(program)
    return str(path.absolute()) if "/" in program and path.exists() else program


def read_key_place(text: str, *, optional: bool) -> str | None:
    """Where the key is, or ``None`` for a server that does without. Raises ConfigurationError; never tells the text."""
    if optional and text.lower() == NO_KEY:
        return None
    if not is_reference(text) or has_secret_shape(text):  # pasted behind the place that was offered
        raise ConfigurationError(NOT_A_PLACE, hint=f"It can be {KEY_PLACES}.")
    return text


# the trial


@contextlib.contextmanager
def trial(
    options: Options, environ: Mapping[str, str], target: Path, values: Mapping[str, str], profile: str | None
) -> Iterator[tuple[Options, dict[str, str]]]:
    """Options and environment under which ``values`` are the settings, with a store that is thrown away.

    Time-outs and limits of the file count. Raises ConfigurationError for wrong values.
    """
    with tempfile.TemporaryDirectory(prefix="jjm-setup-") as folder:
        file = Path(folder) / "jjm.toml"
        document.set_values(file, {**_limits(target, profile), **values})
        kept = {key: value for key, value in options.overrides.items() if not key.startswith("server.")}
        overrides = {**kept, "storage.path": str(Path(folder) / "tasks.json")}
        tried = replace(options, config_file=file, profile=None, demo=False, overrides=overrides)
        yield (
            tried,
            {
                name: value
                for name, value in environ.items()
                if not name.startswith("JJM_SERVER__") and name not in ("JJM_PROFILE", "JJM_CONFIG")
            },
        )


def _limits(target: Path, profile: str | None) -> dict[str, str]:
    there = document.server_of(target, profile=profile)
    return {f"server.{name}": str(there[name]) for name in document.OF_ANY_SERVER if name in there}


async def check_choice(
    environ: Mapping[str, str], target: Path, values: Mapping[str, str], profile: str | None = None
) -> AsyncIterator[Check]:
    """Start the chosen server, as the doctor does, and look at what it has. Ends it also when it is not finished.

    The last check is named ``found`` when all went well.
    """
    try:
        with (
            trial(Options(), environ, target, values, profile) as (options, variables),
            open_workplace(options, variables) as place,
        ):
            async for check in check_chosen_server(place, variables, _look_around):
                yield check
    except ConfigurationError as error:
        yield Check("settings", "failed", error.message, way_out=error.hint, error=error)


async def _look_around(server: TaskServer) -> AsyncIterator[Check]:
    try:
        listing = await server.list_tasks()
    except JulesManagerError as error:
        yield Check("found", "warning", error.message, way_out=error.hint, error=error)
        return
    count = len(listing.tasks)
    head = f"{count} task{'' if count == 1 else 's'}{' and more' if listing.truncated else ''}"
    told = [task.status for task in listing.tasks if task.status is not SILENT]
    parts = [f"{number} {words[number != 1]}" for status, words in _FOUND.items() if (number := told.count(status))]
    if count and not told:
        parts = ["their states show when they are opened"]
    yield Check("found", "ok", f"{': '.join(filter(None, (head, ', '.join(parts))))}.", facts={"tasks": count})


def what_is_missing(capabilities: Capabilities) -> list[str]:
    """A sentence for each operation that the server does not have."""
    return [
        reason
        if reason.startswith("This server")
        else f"Not with this server: {_OPERATIONS.get(operation, operation.replace('_', ' '))}. {reason}"
        for operation, reason in capabilities.unavailable.items()
    ]


def stronger_variables(environ: Mapping[str, str]) -> list[str]:
    """Environment variables that go before what the settings file says about the server."""
    return sorted(name for name in environ if name.startswith("JJM_SERVER__"))


def named_server(target: Path, profile: str | None = None) -> str | None:
    """What the file names as server already, in words. Raises ConfigurationError when it cannot be read."""
    there = document.server_of(target, profile=profile)
    named = [f"{name} {mask_url(str(there[name]))}" for name in ("preset", "command", "url") if there.get(name)]
    return ", ".join(named) or None
