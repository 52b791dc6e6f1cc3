"""The object graph of one profile and one server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from jjm_tui.assembly.clock import SystemClock
from jjm_tui.assembly.options import Options
from jjm_tui.assembly.workplace import Workplace, open_workplace
from jjm_tui.errors import ConfigurationError, JulesManagerError
from jjm_tui.logs import get_logger
from jjm_tui.ports import Clock, TaskServer
from jjm_tui.settings.presets import ResolvedServer, is_configured, resolve_server

if TYPE_CHECKING:
    from jjm_tui.services.context import ServiceContext
    from jjm_tui.services.manager import JobManager

_TROUBLE: Final = frozenset(
    {
        "breaker_opened",
        "call_retry",
        "cannot_start",
        "connection_lost",
        "gave_up",
        "server_line_too_long",
        "server_line_unreadable",
    }
)


def build_server(place: Workplace, resolved: ResolvedServer, clock: Clock) -> TaskServer:
    """The gateway to a resolved server; nothing is started before its first use."""
    from jjm_tui.gateway.calls import SupervisedCaller
    from jjm_tui.gateway.server import JulesServer
    from jjm_tui.gateway.spec import CallerSettings, ServerSpec

    settings = place.loaded.settings
    if resolved.preset == "demo":
        with contextlib.suppress(OSError):  # the simulator tells it better, with the path
            place.store.tasks.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    spec = ServerSpec(
        label=resolved.label,
        command=resolved.command,
        env=resolved.env,
        cwd=resolved.cwd,
        url=resolved.url,
        headers=resolved.headers,
        protocol_mode="auto" if resolved.protocol_mode == "auto" else "legacy",
    )
    limits = CallerSettings(
        start_timeout=resolved.start_timeout,
        call_timeout=resolved.call_timeout,
        max_line_bytes=resolved.max_line_bytes,
        retry_attempts=settings.retry.attempts,
        retry_min=settings.retry.min,
        retry_max=settings.retry.max,
        breaker_failures=settings.breaker.failures,
        breaker_cooldown=settings.breaker.reset_after,
        calls_per_minute=settings.polling.calls_per_minute,
        stderr_log=place.locations.log_dir / f"server-{place.origin.replace('/', '-')}.log",
        state_dir=place.locations.server_locks / place.origin.replace("/", "-"),
    )
    return JulesServer(SupervisedCaller(spec, clock, limits, _log_gateway), clock, resolved.label)


def _log_gateway(event: str, facts: Mapping[str, Any]) -> None:
    """Routine goes to the log only when it is asked for in detail; trouble always does."""
    log = get_logger("gateway")
    if event in _TROUBLE:
        log.warning(event, **facts)
    else:
        log.debug(event, **facts)


def build_context(place: Workplace, environ: Mapping[str, str], clock: Clock | None = None) -> ServiceContext:
    """The ports of a workplace. A server that cannot be used is kept as its error, told when it is needed."""
    from jjm_tui.services.context import ServiceContext
    from jjm_tui.store.draft_file import FileDrafts
    from jjm_tui.store.event_file import FileEventLog
    from jjm_tui.store.json_file import JsonTaskStore
    from jjm_tui.store.leadership import FileLeadership
    from jjm_tui.store.outbox_file import FileOutbox
    from jjm_tui.store.transcripts import FileTranscripts

    clock = clock or SystemClock()
    settings, paths = place.loaded.settings, place.store
    server: TaskServer | None = None
    no_server: JulesManagerError | None = None
    if is_configured(settings):
        try:
            server = build_server(place, resolve_server(settings, environ), clock)
        except ConfigurationError as error:
            no_server = error
    return ServiceContext(
        server=server,
        store=JsonTaskStore(paths.tasks, clock),
        events=FileEventLog(paths.events, clock),
        outbox=FileOutbox(paths.outbox, paths.locks, clock),
        drafts=FileDrafts(paths.drafts),
        transcripts=FileTranscripts(paths.activities),
        leadership=FileLeadership(paths.locks / "poller.lock"),
        clock=clock,
        origin=place.origin,
        no_server=no_server,
        resume_message=settings.resume.message,
        settle_window=settings.outbox.settle_window,
        confirm_for=settings.outbox.confirm_for,
        calls_per_minute=settings.polling.calls_per_minute,
    )


@contextlib.asynccontextmanager
async def open_manager(
    options: Options, environ: Mapping[str, str] | None = None, clock: Clock | None = None
) -> AsyncIterator[JobManager]:
    """A manager over the configured server and store; ends the server and writes what is pending afterwards.

    Raises:
        ConfigurationError: the settings are wrong.
    """
    from jjm_tui.logs import configure_logging
    from jjm_tui.services.manager import JobManager

    variables = os.environ if environ is None else environ
    with open_workplace(options, variables) as place:
        configure_logging(place.loaded.settings, place.locations, to_terminal=False)
        context = build_context(place, variables, clock)
        manager = JobManager(context)
        try:
            if place.demo:
                from jjm_tui.assembly.demo import fill_from_seed

                await fill_from_seed(context, place.loaded.settings.demo)
            yield manager
        finally:
            await manager.close()


def fill_demo(place: Workplace, environ: Mapping[str, str]) -> None:
    """Fill the store of a demo for commands that look at its files only; elsewhere nothing happens. Blocking."""
    if not place.demo:
        return
    import anyio

    from jjm_tui.assembly.demo import fill_from_seed

    anyio.run(fill_from_seed, build_context(place, environ), place.loaded.settings.demo)
