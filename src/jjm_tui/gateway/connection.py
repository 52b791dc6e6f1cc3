"""One server kept running: one owner task starts it, notices its death, starts it again, gives up, and ends it.

All calls may come from any task; only the owner enters and leaves the SDK's client, because that client cannot be left
from another task. The SDK is imported in a worker thread, so that the first frame never waits for it.
"""

from __future__ import annotations

import asyncio
import importlib
import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from jjm_tui.errors import (
    AuthenticationError,
    JulesManagerError,
    OperationTimeoutError,
    ServerConnectionError,
    ServerStartError,
)
from jjm_tui.gateway import faults, start_faults
from jjm_tui.gateway.environment import Redactor
from jjm_tui.gateway.spec import CallerSettings, ConnectionStatus, ServerSpec, server_named
from jjm_tui.gateway.stderr import LastWords, StderrLog
from jjm_tui.ports import Clock

if TYPE_CHECKING:
    from jjm_tui.gateway.link import Link
    from jjm_tui.gateway.wires import Wire

CRASHES = 5
CRASH_WINDOW = 180.0
"""This many ends within this many seconds, and the server is not started again by itself (design: Gateway)."""
_STAYS_DOWN = frozenset({"gave_up", "cannot_start"})
"""Not started again before somebody asks for it."""
BACKOFF_MIN = 0.05
BACKOFF_MAX = 5.0
_ANSWER_LATE = 0.25

Log = Callable[[str, Mapping[str, Any]], None]


class Connection:
    """Keeps one server reachable. ``link`` waits for it; ``status``, ``trouble`` and ``restarts`` can be watched.

    ``was_up``: whether it was ready at some time. ``next_start_at``: when it is started again by itself, by the clock.
    """

    def __init__(self, spec: ServerSpec, settings: CallerSettings, clock: Clock, rng: random.Random, log: Log) -> None:
        self.status: ConnectionStatus = "idle"
        self.trouble: JulesManagerError | None = None
        self.starts = 0
        self.on_change: Callable[[], None] = lambda: None
        self.quiet_when_abandoned = False
        self.redact = Redactor(spec.env, spec.headers)
        self.words = LastWords()
        self._spec = spec
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._log = log
        self._link: Link | None = None
        self._crashes: deque[tuple[float, bool]] = deque(maxlen=CRASHES)
        self._owner: asyncio.Task[None] | None = None
        self._life: anyio.CancelScope | None = None
        self._pause: anyio.CancelScope | None = None
        self._attempt: asyncio.Future[Link] | None = None
        self._attempt_started = 0.0
        self._wanted = asyncio.Event()
        self._stop = asyncio.Event()
        self._restarting = False
        self.was_up = False
        self.next_start_at: float | None = None

    @property
    def restarts(self) -> int:
        """How often the server was started again."""
        return max(0, self.starts - 1)

    @property
    def current(self) -> Link | None:
        """The live link, if there is one; never waits."""
        return self._link if self._link is not None and self._link.is_alive else None

    def keep_quiet_when_abandoned(self) -> None:
        """Do not tell the server about calls that were given up, so that its late answer shows when it is free."""
        self.quiet_when_abandoned = True
        if self._link is not None:
            self._link.wire.book.quiet_when_abandoned = True

    async def link(self) -> Link:
        """The live connection; starts the server first if need be.

        Raises:
            ServerStartError: it cannot be started, or it was given up after too many crashes. What is not there to be
                started is not tried again before ``restart``.
            AuthenticationError: it says that it lacks a key.
            OperationTimeoutError: it never answered the handshake.
        """
        if self._stop.is_set():
            raise self._closed()
        if (link := self.current) is not None:
            return link
        if self.status in _STAYS_DOWN and self.trouble is not None:
            raise _copy(self.trouble)
        return await self._wait_for(self._begin_attempt())

    async def _wait_for(self, attempt: asyncio.Future[Link]) -> Link:
        patience = self._settings.start_timeout - (anyio.current_time() - self._attempt_started) + _ANSWER_LATE
        with anyio.move_on_after(max(patience, 0.0)):
            try:
                return await asyncio.shield(attempt)
            except JulesManagerError as error:
                raise _copy(error) from error
        raise self._never_answered()

    def _begin_attempt(self) -> asyncio.Future[Link]:
        if self._attempt is None or self._attempt.done():
            self._attempt = asyncio.get_running_loop().create_future()
            self._attempt.add_done_callback(_retrieve)
            self._attempt_started = anyio.current_time()
        self._wanted.set()
        if self._owner is None or self._owner.done():
            self._owner = asyncio.create_task(self._own(), name=f"owner of {self._spec.label}")
        return self._attempt

    async def restart(self) -> Link:
        """End the server if it runs, forget its crashes, and start it again, without the pause before a start."""
        self._crashes.clear()
        self._end_pause()
        if self.status in _STAYS_DOWN:
            self._set("down", None)
        if not self._end_life():
            return await self.link()
        return await self._wait_for(self._begin_attempt())

    def replace_hung(self) -> None:
        """End a server that answers nothing any more, and start another."""
        if self.current is not None and self._end_life():
            self._log("server_replaced", {"reason": "it answered nothing any more"})

    def _end_life(self) -> bool:
        """End the present life so that the owner begins another; answer whether there is one."""
        if self._life is None or self._stop.is_set():
            return False
        self._restarting = True
        self._link = None
        self._life.cancel()
        return True

    async def close(self) -> None:
        """End the connection and the server's whole process group; at most about four seconds."""
        self._stop.set()
        self._link = None
        self._wanted.set()
        if self._life is not None:
            self._life.cancel()
        self._end_pause()
        if self._owner is not None:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([self._owner])
        self._resolve(error=self._closed())
        self._set("closed", None)

    # --- the owner task --------------------------------------------------------------------------------------

    async def _own(self) -> None:
        """Live after life, until closed. After a start that failed on demand it waits to be wanted again."""
        failures = 0
        while not self._stop.is_set():
            self._wanted.clear()
            was_up, error = await self._live()
            if self._stop.is_set():
                break
            if self._restarting:
                self._restarting = False
                continue
            failures = 0 if was_up else failures + 1
            self._note_crash(error, was_up=was_up)
            if self._attempt is None or self._attempt.done():
                self._wanted.clear()
            if self.status in _STAYS_DOWN or not self.was_up:
                await self._wanted.wait()
            else:
                pause = min(BACKOFF_MAX, BACKOFF_MIN * 2**failures) * self._rng.uniform(0.5, 1.0)
                await self._rest(pause)

    async def _rest(self, seconds: float) -> None:
        """The pause before the next start; ``close`` and ``restart`` end it."""
        self.next_start_at = self._clock.monotonic() + seconds
        with anyio.CancelScope() as self._pause:
            await self._clock.sleep(seconds)
        self._pause = None
        self.next_start_at = None

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()

    async def _live(self) -> tuple[bool, JulesManagerError]:
        """Start the server and stay until it ends; answer whether it was ready at some time, and why it ended."""
        self._set("connecting", self.trouble)
        self.starts += 1
        self._attempt_started = anyio.current_time()
        self.words.begin()
        wire: Wire | None = None
        was_up = False
        failure: BaseException | None = None
        with anyio.CancelScope(deadline=self._attempt_started + self._settings.start_timeout) as scope:
            self._life = scope
            try:
                module = await anyio.to_thread.run_sync(_load)
                stderr = StderrLog(self._settings.stderr_log, self.words, self.redact)
                wire = module.make_wire(self._spec, self._settings, stderr, self._log)
                wire.book.quiet_when_abandoned = self.quiet_when_abandoned
                async with module.open_link(wire, self._spec, self._settings) as link:
                    scope.deadline = float("inf")
                    was_up = True
                    self._welcome(link)
                    await wire.ended.wait()
            except Exception as error:  # noqa: BLE001
                failure = error
        self._life = None
        self._link = None
        return was_up, self._find_reason(wire, was_up, failure, timed_out=scope.cancelled_caught)

    def _find_reason(
        self, wire: Wire | None, was_up: bool, failure: BaseException | None, *, timed_out: bool
    ) -> JulesManagerError:
        if was_up and wire is not None and wire.failure is not None:
            return wire.failure
        if timed_out:
            return self._never_answered()
        if failure is None:
            return ServerConnectionError(f"The connection to {self._spec.label} ended.")
        if wire is not None and wire.failure is not None and not was_up:
            failure = wire.failure
        if getattr(faults.flatten(failure), "code", None) == -32001:
            return self._never_answered()
        return start_faults.start_error(failure, self._spec, wire, self.words.of_this_life())

    def _welcome(self, link: Link) -> None:
        self._link = link
        self.was_up = True
        about = link.handshake
        self._log("connected", {"name": about.name, "version": about.version, "tools": len(about.tools)})
        self._set("connected", None)
        if self._attempt is not None and not self._attempt.done():
            self._attempt.set_result(link)

    def _note_crash(self, error: JulesManagerError, *, was_up: bool) -> None:
        """Count an end; one too many gives up. Who waits for the next life is not told about the end of the last."""
        now = self._clock.monotonic()
        self._log("connection_lost", {"reason": error.message})
        if not self.was_up and start_faults.cannot_run(error):
            self._set("cannot_start", error)
            self._log("cannot_start", {"reason": error.message})
            self._resolve(error=error)
            return
        if self._spec.command and "cut_an_answer" not in error.context:
            self._crashes.append((now, was_up))
        if len(self._crashes) == CRASHES and now - self._crashes[0][0] <= CRASH_WINDOW:
            gave_up = self._too_many(error)
            self._set("gave_up", gave_up)
            self._log("gave_up", {"reason": error.message})
            self._resolve(error=gave_up)
            return
        self._set("down", error)
        if not was_up:
            self._resolve(error=error)

    def _too_many(self, error: JulesManagerError) -> JulesManagerError:
        words = self.words.lines()
        kind = AuthenticationError if isinstance(error, AuthenticationError) else ServerStartError
        ends = sum(was_up for _, was_up in self._crashes)
        what = "ended" if ends == CRASHES else "ended or could not start" if ends else "could not start"
        return kind(
            f"The {server_named(self._spec.label)} {what} {CRASHES} times within {CRASH_WINDOW / 60:.0f} minutes "
            f"and is not started again; the last time: {error.message}",
            hint=f"{'Look at its last words, m' if words else 'M'}end the cause, then restart it.",
            context={**error.context, "last_words": list(words[-10:])},
        )

    def _never_answered(self) -> OperationTimeoutError:
        if self._spec.url is not None:
            hint = "Check the address and the network; raise the time to start in the settings if it is only slow."
        else:
            hint = (
                "A first start with npx downloads the server; raise the time to start in the settings if that is why."
            )
        return OperationTimeoutError(
            f"The {server_named(self._spec.label)} was not ready within {self._settings.start_timeout:.3g} s.",
            hint=hint,
            context={"last_words": list(self.words.of_this_life()[-10:]), "timeout": self._settings.start_timeout},
        )

    def not_back(self) -> OperationTimeoutError:
        """What a call is told that has no more time to wait for a server to be back."""
        return OperationTimeoutError(
            f"The {server_named(self._spec.label)} was not ready again in the time that the call had.",
            hint="Try again in a moment; its last words are on the connection screen and in `jjm doctor`.",
            context={"last_words": list(self.words.of_this_life()[-10:])},
        )

    def _closed(self) -> ServerConnectionError:
        return ServerConnectionError(f"The connection to {self._spec.label} was closed.", context={"closed": True})

    def _resolve(self, *, error: JulesManagerError) -> None:
        if self._attempt is not None and not self._attempt.done():
            self._attempt.set_exception(error)

    def _set(self, status: ConnectionStatus, trouble: JulesManagerError | None) -> None:
        self.status = status
        self.trouble = trouble
        self.on_change()


def _load() -> Any:
    """Import the SDK and what its first call would import, away from the event loop."""
    for name in ("jsonschema", "jsonschema.validators", "referencing", "jjm_tui.domain.text"):
        importlib.import_module(name)
    return importlib.import_module("jjm_tui.gateway.link")


def _copy(error: JulesManagerError) -> JulesManagerError:
    """A fresh error for each caller: a shared one would grow a traceback with every raise."""
    return type(error)(error.message, hint=error.hint, context=error.context, effect=error.effect)


def _retrieve(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
