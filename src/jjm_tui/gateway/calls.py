"""The caller: queue, budget, breaker and retries around single calls, so that a dialect just calls.

Reads may be repeated after failures that are safe and pass by; writes are never repeated.
"""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio

from jjm_tui.errors import (
    Effect,
    JulesManagerError,
    OperationTimeoutError,
    ProtocolError,
    ServerConnectionError,
    ServerStartError,
    ServiceUnavailableError,
    StorageError,
)
from jjm_tui.gateway.breaker import Breaker
from jjm_tui.gateway.budget import Budget
from jjm_tui.gateway.connection import Connection
from jjm_tui.gateway.gate import Gate
from jjm_tui.gateway.retries import Allowance, run_reads_again
from jjm_tui.gateway.silence import Silence
from jjm_tui.gateway.slips import Slip
from jjm_tui.gateway.spec import CallerSettings, CallerState, CallRecord, ServerSpec
from jjm_tui.gateway.wire import CallPolicy, Handshake
from jjm_tui.ports import Clock, ResourceInfo, ToolAnswer

if TYPE_CHECKING:
    from jjm_tui.gateway.link import Link

__all__ = ["CallerSettings", "CallerState", "ServerSpec", "SupervisedCaller"]

Log = Callable[[str, Mapping[str, Any]], None]
_T = TypeVar("_T")
_RECENT = 50
_BUSY_AFTER = 30.0
"""Seconds that a given-up call may keep the one place: the browser dialect waits that long for its page."""

_WAY_FAILURES = (ServerConnectionError, OperationTimeoutError, ServiceUnavailableError)


class SupervisedCaller:
    """``gateway.wire.Caller`` over stdio or HTTP; starts the server on first use and keeps it running.

    ``on_log`` gets the name of an event and its facts: never arguments or secrets, and of a line that is not MCP only
    the beginning.
    """

    def __init__(
        self,
        spec: ServerSpec,
        clock: Clock,
        policy: CallerSettings | None = None,
        on_log: Callable[[str, Mapping[str, Any]], None] | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._spec = spec
        self._clock = clock
        self._settings = policy or CallerSettings()
        self._rng = rng or random.Random()  # noqa: S311
        self._on_log = on_log
        self._connection = Connection(spec, self._settings, clock, self._rng, self._log)
        self._connection.on_change = self._changed
        self._breaker = Breaker(clock, self._settings.breaker_failures, self._settings.breaker_cooldown)
        self._budget = Budget(clock, self._settings.calls_per_minute, self._state_file("budget.json"))
        self._gate = Gate(self._settings.parallel_calls, self._state_file("one-call.lock"))
        self._alone = anyio.Lock()
        self._silence = Silence(clock)
        self._timeouts = 0
        self._recent: deque[CallRecord] = deque(maxlen=_RECENT)
        self._watchers: list[Callable[[CallerState], None]] = []

    # --- what can be seen ------------------------------------------------------------------------------------

    @property
    def state(self) -> CallerState:
        """How things stand now; never waits."""
        trouble = self._connection.trouble
        return CallerState(
            label=self._spec.label,
            status=self._connection.status,
            restarts=self._connection.restarts,
            last_words=self._connection.words.lines(),
            trouble=trouble.message if trouble is not None else None,
            breaker=self._breaker.state,
            budget_used=self._budget.used,
            budget_limit=self._budget.limit,
            waiting=self._gate.waiting,
            running=self._gate.running,
            recent=tuple(self._recent),
            was_up=self._connection.was_up,
            next_start_at=self._connection.next_start_at,
            silent_since=self._silence.since,
        )

    def watch(self, watcher: Callable[[CallerState], None]) -> Callable[[], None]:
        """Call ``watcher`` whenever the connection or the breaker changes; answer how to stop that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher) if watcher in self._watchers else None

    def _changed(self) -> None:
        if self._connection.status != "connected":
            self._silence.forget()
        for watcher in tuple(self._watchers):
            watcher(self.state)

    def _log(self, event: str, facts: Mapping[str, Any]) -> None:
        if self._on_log is not None:
            redact = self._connection.redact
            clean = {key: redact(value) if isinstance(value, str) else value for key, value in facts.items()}
            self._on_log(event, {"server": self._spec.label, **clean})

    # --- the contract ----------------------------------------------------------------------------------------

    async def connect(self) -> Handshake:
        """Start and shake hands if needed. Raises ServerStartError, OperationTimeoutError, AuthenticationError."""
        return (await self._connection.link()).handshake

    async def call(self, tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
        """Call a tool; see ``gateway.wire.Caller``. What ``judge`` objects to is raised."""

        async def send(link: Link, timeout: float, slip: Slip) -> ToolAnswer:
            answer = await link.call_tool(tool, arguments, timeout, slip)
            if answer.is_error:  # before anybody cuts it
                answer = replace(answer, text=self._connection.redact(answer.text))
            if policy.judge is not None and (objection := policy.judge(answer)) is not None:
                raise objection
            return answer

        return await self._operate(tool, policy, send)

    async def list_resources(self, policy: CallPolicy) -> tuple[ResourceInfo, ...]:
        """All resources, all pages."""

        async def send(link: Link, timeout: float, slip: Slip) -> tuple[ResourceInfo, ...]:
            return await link.list_resources(timeout, slip)

        return await self._operate("resources/list", policy, send)

    async def read_resource(self, uri: str, policy: CallPolicy) -> str:
        """The text of a resource. Raises ToolNotFoundError for an unknown one."""

        async def send(link: Link, timeout: float, slip: Slip) -> str:
            return await link.read_resource(uri, timeout, slip)

        return await self._operate(uri, policy, send)

    def use_one_call_at_a_time(self) -> None:
        """From now on never two calls at once, across processes where ``state_dir`` is given."""
        self._gate.use_one_call_at_a_time()
        self._connection.keep_quiet_when_abandoned()

    async def restart(self) -> Handshake:
        """End the server if it runs, forget its crashes and the pause of the breaker, and start it again."""
        self._breaker.reset()
        return (await self._connection.restart()).handshake

    async def close(self) -> None:
        """End the connection and the whole process group of the server; within five seconds, whatever it does."""
        await self._gate.close()
        await self._connection.close()

    # --- one operation ---------------------------------------------------------------------------------------

    async def _operate(self, what: str, policy: CallPolicy, send: Callable[[Link, float, Slip], Awaitable[_T]]) -> _T:
        """Run the attempts of one operation and remember how it went."""
        started_at, started = self._clock.now(), self._clock.monotonic()
        usual = max(policy.at_least or 0.0, self._settings.call_timeout)
        allowance = Allowance(usual if policy.timeout is None else policy.timeout)
        outcome = "cancelled"
        try:
            result = await self._run(what, policy, send, allowance)
            outcome = "ok"
        except JulesManagerError as error:
            outcome = error.code
            self._redact(error)
            raise
        except Exception:
            outcome = "error"
            raise
        finally:
            seconds = self._clock.monotonic() - started
            self._recent.append(
                CallRecord(what, policy.kind, policy.priority, started_at, seconds, allowance.attempts, outcome)
            )
            facts = {"call": what, "kind": policy.kind, "outcome": outcome, "seconds": round(seconds, 3)}
            self._log("call_done", {**facts, "attempts": allowance.attempts})
        return result

    async def _run(
        self,
        what: str,
        policy: CallPolicy,
        send: Callable[[Link, float, Slip], Awaitable[_T]],
        allowance: Allowance,
    ) -> _T:
        async def attempt() -> _T:
            async with self._alone if allowance.alone else nullcontext():
                return await self._attempt(policy, send, allowance)

        if policy.kind == "write":
            return await attempt()

        def tell(facts: Mapping[str, Any]) -> None:
            self._log("call_retry", {"call": what, **facts})

        return await run_reads_again(attempt, allowance, self._settings, self._clock, self._rng, tell)

    async def _attempt(
        self, policy: CallPolicy, send: Callable[[Link, float, Slip], Awaitable[_T]], allowance: Allowance
    ) -> _T:
        """Connect, wait for a token and a place, then send; the two waits cost no allowance.

        Nobody holds a place while waiting for a token or a server, so that people overtake polling there too.
        """
        slip = Slip(policy.written)
        self._breaker.refuse_if_paused(self._spec.label)
        try:
            await self._link(allowance)
        except JulesManagerError as error:
            self._settle(error)
            raise
        await self._wait_for_token(policy)
        async with self._gate.place(policy.priority, slip, _BUSY_AFTER):
            probing = self._breaker.check(self._spec.label)
            told = False
            try:
                link = await self._link(allowance)
                allowance.attempts += 1
                started = self._clock.monotonic()
                try:
                    with self._silence.asking():
                        result = await send(link, allowance.left, slip)
                finally:
                    allowance.spend(self._clock.monotonic() - started)
                told = self._settle(None)
                return result
            except JulesManagerError as error:
                told = self._settle(error)
                raise
            finally:
                if probing and not told:
                    self._breaker.gave_up()

    async def _link(self, allowance: Allowance) -> Link:
        """The live connection. A first start has its own time; waiting for a server to be back costs allowance."""
        if not self._connection.was_up:
            return await self._connection.link()
        started = self._clock.monotonic()
        try:
            with anyio.move_on_after(allowance.left):
                return await self._connection.link()
        finally:
            allowance.spend(self._clock.monotonic() - started)
        raise self._connection.not_back()

    def _settle(self, error: JulesManagerError | None) -> bool:
        """Tell the breaker how an attempt went; answer whether that told it anything."""
        if isinstance(error, ServerStartError | StorageError) or (error is not None and "breaker" in error.context):
            return False
        if isinstance(error, ProtocolError):
            self._timeouts = 0
            return False  # an answer came; that one cannot be read tells nothing about the others
        self._timeouts = self._timeouts + 1 if isinstance(error, OperationTimeoutError) else 0
        if isinstance(error, _WAY_FAILURES):
            if self._breaker.failed():
                self._log("breaker_opened", {"reason": error.message})
                self._changed()
            self._replace_if_hung()
            return True
        if error is not None and error.effect is Effect.NONE:
            return False
        was_open = self._breaker.state != "closed"
        self._breaker.succeeded()
        if was_open:
            self._log("breaker_closed", {})
            self._changed()
        return True

    def _replace_if_hung(self) -> None:
        """A server that let that many calls in a row run out and answered none in between will not wake up."""
        if self._timeouts >= self._settings.breaker_failures:
            self._timeouts = 0
            self._connection.replace_hung()

    async def _wait_for_token(self, policy: CallPolicy) -> None:
        while (seconds := await self._budget.take(policy.priority)) > 0:
            self._log("budget_waits", {"seconds": round(seconds, 2)})
            await self._clock.sleep(seconds)

    def _redact(self, error: JulesManagerError) -> None:
        redact = self._connection.redact
        error.message = redact(error.message)
        error.args = (error.message,)
        error.context = {
            key: redact(value) if isinstance(value, str) else value for key, value in error.context.items()
        }

    def _state_file(self, name: str) -> Path | None:
        if self._settings.state_dir is None:
            return None
        slug = re.sub(r"[^a-z0-9]+", "-", self._spec.label.lower()).strip("-") or "server"
        return self._settings.state_dir / f"{slug}.{name}"
