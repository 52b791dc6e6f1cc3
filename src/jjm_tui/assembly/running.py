"""The doctor's checks inside a running program: everything local, and the server that runs already; no second one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import anyio

from jjm_tui.assembly.doctor import (
    check_drafts,
    check_outbox,
    check_program,
    check_settings,
    check_store,
    check_unusable,
)
from jjm_tui.assembly.workplace import Workplace
from jjm_tui.errors import JulesManagerError
from jjm_tui.ports import TaskServer
from jjm_tui.services.results import Check
from jjm_tui.settings.presets import PRESETS, is_configured, preset_of


async def check_running(
    place: Workplace,
    environ: Mapping[str, str],
    server: TaskServer | None,
    no_server: JulesManagerError | None = None,
) -> AsyncIterator[Check]:
    """Yield one check after the other; a failed one does not keep the others from being made.

    Args:
        place: Settings and folders.
        environ: Where programs are looked for.
        server: The one that is in use; asked for its list once. It is started if it does not run.
        no_server: Why there is none.
    """
    yield check_settings(place)
    program = _program(place)
    if program is not None:
        yield await anyio.to_thread.run_sync(check_program, *program, environ)
    if server is not None:
        from jjm_tui.services.doctor import check_server

        async for check in check_server(server):
            yield check
    elif no_server is not None:
        yield check_unusable(no_server)
    else:
        yield Check("server", "failed", "No Jules MCP server is configured.", way_out="Choose one: jjm setup")
    for check in await check_store(place):
        yield check
    yield await check_outbox(place)
    for check in await check_drafts(place):
        yield check


def _program(place: Workplace) -> tuple[str, str] | None:
    """The program of the server and its preset; ``None`` for one that is reached over the network."""
    settings = place.loaded.settings
    if not is_configured(settings) or settings.server.url is not None:
        return None
    preset = preset_of(settings.server)
    program = settings.server.command if preset.name == "custom" else (*PRESETS[preset.name].program, "")[0]
    return (program, preset.name) if program else None
