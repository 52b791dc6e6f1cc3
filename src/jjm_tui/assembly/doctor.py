"""All checks of ``jjm doctor``: settings, programs, key, server, dialect, account, store, outbox, drafts, terminal."""

from __future__ import annotations

import locale
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final

import anyio

from jjm_tui.assembly.clock import SystemClock
from jjm_tui.assembly.graph import build_context, build_server
from jjm_tui.assembly.options import Options
from jjm_tui.assembly.workplace import Workplace, open_workplace
from jjm_tui.errors import ConfigurationError, JulesManagerError, StorageError
from jjm_tui.ports import TaskServer
from jjm_tui.services.results import Check
from jjm_tui.settings.presets import PRESETS, ResolvedServer, is_configured, preset_of, resolve_server

_NODE_PROGRAMS: Final = frozenset({"node", "npx", "npm"})
_NODE_NEEDED: Final[Mapping[str, tuple[int, int]]] = {"rest": (18, 0), "official": (18, 0), "text": (22, 19)}
"""The oldest Node version that each preset's server runs on (``servers.md`` section 3)."""

LookAround = Callable[[TaskServer], AsyncIterator[Check]]

_OTHER_PLACE: Final = "Correct the permissions, or choose another place with storage.path."

_NODE_HINT: Final = "Install Node.js from nodejs.org or with your package manager, so that `node` and `npx` are found."


async def run_doctor(options: Options, environ: Mapping[str, str] | None = None) -> AsyncIterator[Check]:
    """Yield one check after the other; a failed one does not keep the others from being made."""
    variables = os.environ if environ is None else environ
    try:
        with open_workplace(options, variables) as place:
            yield check_settings(place)
            async for check in check_chosen_server(place, variables):
                yield check
            if place.demo:
                from jjm_tui.assembly.demo import fill_from_seed

                await fill_from_seed(build_context(place, variables), place.loaded.settings.demo)
            for check in await check_store(place):
                yield check
            yield await check_outbox(place)
            for check in await check_drafts(place):
                yield check
    except ConfigurationError as error:
        problems = error.context.get("problems")
        details = tuple(str(line) for line in problems[1:]) if isinstance(problems, list) else ()
        yield Check("settings", "failed", error.message, way_out=error.hint, details=details, error=error)
    yield _check_terminal(variables)


def check_settings(place: Workplace) -> Check:
    """Where the settings came from."""
    loaded = place.loaded
    if place.demo:
        return Check("settings", "ok", "The demo needs none.")
    if loaded.file is None:
        return Check(
            "settings",
            "warning",
            f"There is no settings file ({loaded.path}); defaults and the environment are used.",
            way_out="Run `jjm setup`, or `jjm config init` for a commented file.",
        )
    return Check("settings", "ok", f"{loaded.file}, profile {loaded.profile}.")


async def check_chosen_server(
    place: Workplace, environ: Mapping[str, str], look_around: LookAround | None = None
) -> AsyncIterator[Check]:
    """The checks of the server that the settings choose: program, key, start, dialect, account.

    ``look_around`` makes further ones with the running server when all of these went well.
    """
    from jjm_tui.services.doctor import check_server

    settings = place.loaded.settings
    if not is_configured(settings):
        yield Check(
            "server",
            "failed",
            "No Jules MCP server is configured.",
            way_out="Run `jjm setup`, or look around first with --demo.",
            error=ConfigurationError("No Jules MCP server is configured."),
        )
        return
    preset = preset_of(settings.server)
    program = settings.server.command if preset.name == "custom" else (*PRESETS[preset.name].program, "")[0]
    found = True
    if program and settings.server.url is None:
        check = await anyio.to_thread.run_sync(check_program, program, preset.name, environ)
        found = check.state != "failed"
        yield check
    try:
        resolved: ResolvedServer = await anyio.to_thread.run_sync(
            resolve_server, settings, environ, abandon_on_cancel=True
        )
    except ConfigurationError as error:
        yield check_unusable(error)
        return
    if preset.takes_key and preset.requires_key:
        yield Check("key", "ok", "A Jules API key is set; whether it is good shows below.")
    if not found:
        return
    server = build_server(place, resolved, SystemClock())
    is_well = True
    try:
        async for check in check_server(server):
            is_well = is_well and check.state != "failed"
            yield check
        if is_well and look_around is not None:
            async for check in look_around(server):
                yield check
    finally:
        with anyio.CancelScope(shield=True):
            await server.close()


def check_unusable(error: JulesManagerError) -> Check:
    """Why the chosen server cannot be started at all: its script is not told, or a key leads nowhere."""
    name = "server" if error.context.get("key") == "server.script" else "key"
    return Check(name, "failed", error.message, way_out=error.hint, error=error)


def check_program(program: str, preset: str, environ: Mapping[str, str]) -> Check:
    """Whether the program is there, and for Node whether it is new enough."""
    is_node = os.path.basename(program) in _NODE_PROGRAMS  # noqa: PTH119 - a name, perhaps without any folder
    path = shutil.which(program, path=environ.get("PATH"))
    if path is None:
        way_out = (
            _NODE_HINT
            if is_node
            else "Install it, or give its whole path as the server's command (server.command in the settings)."
        )
        return Check(
            "program",
            "failed",
            f"The program {program} is not found.",
            way_out=way_out,
            error=ConfigurationError(f"The program {program} is not found."),
        )
    found = f"{path} is there" if path == program else f"{program} is at {path}"
    needed = _NODE_NEEDED.get(preset)
    if not is_node or needed is None:
        return Check("program", "ok", f"{found}.")
    version = _node_version(environ)
    if version is None:
        return Check("program", "warning", f"{found}, but `node --version` tells nothing.", _NODE_HINT)
    word = ".".join(str(part) for part in version)
    if version < needed:
        wanted = ".".join(str(part) for part in needed)
        message = f"Node is {word}; the {preset} server needs {wanted} or newer."
        return Check("program", "failed", message, way_out=_NODE_HINT, error=ConfigurationError(message))
    return Check("program", "ok", f"{found}, Node {word}.")


def _node_version(environ: Mapping[str, str]) -> tuple[int, ...] | None:
    node = shutil.which("node", path=environ.get("PATH"))
    if node is None:
        return None
    try:
        done = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+).*", done.stdout.strip())
    return tuple(int(part) for part in match.groups()) if match else None


async def check_store(place: Workplace) -> list[Check]:
    """Whether the store can be read and written."""
    from jjm_tui.store import inspection

    path = place.store.tasks
    try:
        report = await anyio.to_thread.run_sync(inspection.check_store, path)
    except StorageError as error:
        return [Check("store", "failed", error.message, way_out=error.hint, error=error)]
    checks = []
    if report.problems:
        checks.append(
            Check(
                "store",
                "failed" if report.damaged else "warning",
                report.problems[0],
                way_out=report.way_out,
                details=tuple(report.problems[1:]),
                error=StorageError(report.problems[0], context={"path": str(path)}) if report.damaged else None,
            )
        )
    else:
        checks.append(Check("store", "ok", f"{path}: {report.tasks} task{'' if report.tasks == 1 else 's'}."))
    unwritable = await anyio.to_thread.run_sync(_why_not_writable, path)
    if unwritable is not None:
        reason, way_out = unwritable
        message = f"The store cannot be written: {reason}"
        checks.append(
            Check(
                "store",
                "failed",
                message,
                way_out=way_out,
                error=StorageError(message, context={"path": str(path)}),
            )
        )
    return checks


def _why_not_writable(path: Path) -> tuple[str, str] | None:
    """Why the store could not be written once more, and the way out, or ``None``.

    An empty file can be made on a full disk, too, so that as much is written as the store has. Folders that are
    missing are looked for upwards.
    """
    from jjm_tui.store.durable import FILE_OPS, explain_failure, try_writing, whole_path

    path = whole_path(path)
    folder = path.parent
    try:
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        if not folder.is_dir():
            return f"{folder} is not a folder.", _OTHER_PLACE
        is_there = path.exists()
        try_writing(folder / path.name, FILE_OPS.read(path)[0] if is_there else b"\n")
    except OSError as error:
        reason, way_out = explain_failure(error)
        return f"{folder}: {reason}.", way_out
    if is_there and not os.access(path, os.W_OK):
        return f"{path} may not be written.", _OTHER_PLACE
    return None


async def check_outbox(place: Workplace) -> Check:
    """Whether something that was sent is not settled."""
    from jjm_tui.services.recording import unknown_outbox
    from jjm_tui.store.outbox_file import FileOutbox

    outbox = FileOutbox(place.store.outbox, place.store.locks, SystemClock())
    if aside := await outbox.set_aside():
        unknown = unknown_outbox(aside)
        return Check("outbox", "warning", unknown.message, way_out=unknown.hint)
    if not place.store.outbox.exists():
        return Check("outbox", "ok", "Nothing is open.")
    try:
        operations = await outbox.list_operations(open_only=True)
        under_way = 0
        for operation in operations:
            is_under_way = operation.state.is_under_way and operation.owner is not None
            under_way += is_under_way and await outbox.is_alive(operation.owner or "")
    except JulesManagerError as error:
        return Check("outbox", "failed", error.message, way_out=error.hint, error=error)
    sent_now = f"{_operations(under_way)} under way." if under_way else ""
    if not (unsettled := len(operations) - under_way):
        return Check("outbox", "ok", sent_now or "Nothing is open.")
    message = f"{_operations(unsettled)} not confirmed. {sent_now}".rstrip()
    return Check("outbox", "warning", message, way_out="Run `jjm outbox settle`.")


def _operations(count: int) -> str:
    return "1 operation" if count == 1 else f"{count} operations"


async def check_drafts(place: Workplace) -> list[Check]:
    """Whether typed texts may be missing; nothing is told when all is well."""
    from jjm_tui.services.recording import what_is_unknown
    from jjm_tui.store.draft_file import FileDrafts

    drafts = FileDrafts(place.store.drafts)
    try:
        trouble = await drafts.find_trouble()  # what is damaged is set aside now
        unknown = what_is_unknown((), await drafts.set_aside())
    except JulesManagerError as error:
        return [Check("drafts", "failed", error.message, way_out=error.hint, error=error)]
    told = [*unknown, *([trouble] if trouble is not None else ())]
    return [Check("drafts", "warning", each.message, way_out=each.hint) for each in told]


def _check_terminal(environ: Mapping[str, str]) -> Check:
    if not sys.stdout.isatty():
        return Check("terminal", "ok", "Output does not go to a terminal: plain text without colour.")
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(do_setlocale=False)).lower()
    words = f"{environ.get('TERM', 'TERM not set')}, {size.columns}x{size.lines}, {encoding}"
    if environ.get("TERM") in (None, "", "dumb"):
        return Check("terminal", "warning", words, way_out="Set TERM, for example to xterm-256color.")
    if "utf" not in encoding:
        return Check("terminal", "warning", words, way_out="Use a UTF-8 locale, or set ui.ascii = true.")
    if size.columns < 80 or size.lines < 24:
        return Check("terminal", "warning", words, way_out="80 columns and 24 lines are comfortable.")
    return Check("terminal", "ok", words)
