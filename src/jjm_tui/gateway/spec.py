"""What a caller is told about its server and its patience, and what it tells about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from jjm_tui.gateway.wire import CallKind
from jjm_tui.ports import Priority

ProtocolMode = Literal["legacy", "auto"]
"""``legacy`` shakes hands at once; ``auto`` first asks for the newest protocol, which costs ten seconds with a
server that ignores the question."""

ConnectionStatus = Literal["idle", "connecting", "connected", "down", "cannot_start", "gave_up", "closed"]


def server_named(label: str) -> str:
    """``server mine``, in a sentence. One that is labelled ``server``, as after its program, is not called so twice."""
    return label if label == "server" else f"server {label}"


@dataclass(frozen=True, slots=True)
class ServerSpec:
    """How to reach one MCP server: either ``command`` (over stdio) or ``url`` (Streamable HTTP).

    ``env`` holds the variables that the server gets besides the harmless ones; secrets travel only there and in
    ``headers``, never in ``command``. Both are kept out of ``repr``.
    """

    label: str
    command: tuple[str, ...] | None = None
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | Path | None = None
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    protocol_mode: ProtocolMode = "legacy"


@dataclass(frozen=True, slots=True)
class CallerSettings:
    """Limits and patience. Times are seconds.

    ``start_timeout``: from starting the server to the end of the handshake and its list of tools (``npx`` downloads
    first). ``call_timeout``: one operation with all its retries and with waiting for a server to be back, unless the
    call says otherwise; waiting in the queue and for a first start comes on top. ``max_line_bytes``: the longest
    message accepted; some servers answer a list with megabytes.
    ``retry_min``/``retry_max``: bounds of the jittered wait between attempts of a read. ``breaker_failures`` failures
    in a row pause all calls for ``breaker_cooldown``. ``calls_per_minute``: token budget, 0 for none.
    ``parallel_calls``: how many calls may wait for the server at once. ``state_dir``: where the processes of this
    machine share the budget and the one-call-at-a-time lock; without it they do not share.
    """

    start_timeout: float = 60.0
    call_timeout: float = 90.0
    max_line_bytes: int = 8 * 1024 * 1024
    retry_attempts: int = 3
    retry_min: float = 1.0
    retry_max: float = 60.0
    breaker_failures: int = 5
    breaker_cooldown: float = 30.0
    calls_per_minute: int = 120
    parallel_calls: int = 8
    stderr_log: Path | None = None
    state_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One finished operation: ``outcome`` is ``ok``, ``cancelled`` or the code of the error; no arguments are kept."""

    tool: str
    kind: CallKind
    priority: Priority
    started_at: datetime
    seconds: float
    attempts: int
    outcome: str


@dataclass(frozen=True, slots=True)
class CallerState:
    """A picture of the caller at one moment.

    ``restarts``: how often the server was started again. ``was_up``: whether it was ready at some time.
    ``next_start_at``: when it is started again by itself, by the clock's ``monotonic``; ``None``: not by itself.
    ``last_words``: the newest lines of its standard error, made harmless. ``trouble``: why it is down, for people.
    ``budget_used``/``budget_limit``: calls spent and not come back, of all processes as far as known. ``recent``: the
    newest last. ``silent_since``: since when it owes an answer, see ``Silence``.
    """

    label: str
    status: ConnectionStatus
    restarts: int = 0
    last_words: tuple[str, ...] = ()
    trouble: str | None = None
    breaker: str = "closed"
    budget_used: int = 0
    budget_limit: int = 0
    waiting: int = 0
    running: int = 0
    recent: tuple[CallRecord, ...] = ()
    was_up: bool = False
    next_start_at: float | None = None
    silent_since: datetime | None = None
