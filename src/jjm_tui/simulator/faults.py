"""Faults on demand: what a server can do wrong, where, and how often.

A specification is ``KIND``, ``KIND=VALUE`` or ``KIND=TOOL[:COUNT][:p=PROBABILITY][:skip=CALLS]``:

=====================  ================================================================================
``latency=SECONDS``    every answer comes that much later
``error=CODE:TOOL:N``  Jules answers an HTTP error, such as 429, to the first N calls of the tool
``lost-answer=TOOL``   the effect happens, the answer never comes
``hang=TOOL``          no effect, no answer
``crash-before=TOOL``  the server dies before the effect
``crash-after=TOOL``   the server dies after the effect, before the answer
``garbage=P``          with that probability, something that is not MCP on standard output before an answer
``refuse-key``         Jules refuses the API key (browser dialect: nobody is signed in)
``die-at-start=TEXT``  the server says that on standard error and ends
``silent-start``       the server never answers anything
=====================  ================================================================================

``TOOL`` may be ``*`` and is ``*`` when left out; without ``COUNT`` a fault never stops. ``skip`` leaves the first
calls alone. With a state file, counts are kept there, so that a server that crashed once does not crash again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Final, Self

from jjm_tui.errors import ValidationError

COUNTED: Final = ("error", "lost-answer", "hang", "crash-before", "crash-after")
KINDS: Final = (*COUNTED, "latency", "garbage", "refuse-key", "die-at-start", "silent-start")


@dataclass(frozen=True, slots=True)
class Fault:
    """One parsed specification; see the module."""

    spec: str
    kind: str
    tool: str = "*"
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    number: float = 0.0
    text: str = ""

    @classmethod
    def parse(cls, spec: str) -> Self:
        """Read a specification.

        Raises:
            ValidationError: nobody can read it; the message is one sentence for people.
        """
        kind, _, value = spec.partition("=")
        if kind not in KINDS:
            meant = kind.partition(":")[0]
            if meant in KINDS:
                raise _wrong(spec, f"{meant} wants an equals sign before its tool: {kind.replace(':', '=', 1)}")
            raise ValidationError(
                f"{kind!r} is not a fault; known are {', '.join(sorted(KINDS))}.", context={"field": "fault"}
            )
        if kind in {"latency", "garbage"}:
            return cls(spec, kind, number=_number(spec, value, largest=1.0 if kind == "garbage" else None))
        if kind == "die-at-start":
            return cls(spec, kind, text=value or "The simulated server was asked to die at its start.")
        if kind in {"refuse-key", "silent-start"}:
            if value:
                raise _wrong(spec, f"{kind} takes no value")
            return cls(spec, kind)
        parts = value.split(":") if value else []
        number = 0.0
        if kind == "error":
            number = _number(spec, parts.pop(0) if parts else "", smallest=400, largest=599)
        tool = parts.pop(0) if parts and "=" not in parts[0] and not parts[0].isdigit() else "*"
        return cls(spec, kind, tool or "*", number=number, **_options(spec, parts))  # type: ignore[arg-type]

    def applies(self, tool: str) -> bool:
        return self.tool in {"*", tool}


def _options(spec: str, parts: Iterable[str]) -> dict[str, int | float | None]:
    options: dict[str, int | float | None] = {}
    for part in parts:
        name, _, value = part.partition("=")
        if part.isdigit():
            options["count"] = int(part)
        elif name == "p":
            options["probability"] = _number(spec, value, largest=1.0)
        elif name == "skip" and value.isdigit():
            options["skip"] = int(value)
        else:
            raise _wrong(spec, f"{part!r} is neither a count nor p=PROBABILITY nor skip=CALLS")
    return options


def _number(spec: str, text: str, *, smallest: float = 0.0, largest: float | None = None) -> float:
    try:
        number = float(text)
    except ValueError:
        raise _wrong(spec, f"{text!r} is not a number") from None
    if not number >= smallest or (largest is not None and number > largest):
        raise _wrong(spec, f"{text} is out of range")
    return number


def _wrong(spec: str, why: str) -> ValidationError:
    return ValidationError(f"The fault {spec!r} cannot be read: {why}.", context={"field": "fault"})


class FaultPlan:
    """Decides which fault strikes which call.

    Args:
        faults: in the order in which they are tried.
        seed: of the probabilities.
        used: answers where the counts are kept, when that is not here.
    """

    def __init__(
        self, faults: Iterable[Fault] = (), *, seed: int = 1, used: Callable[[], MutableMapping[str, int]] | None = None
    ) -> None:
        self.faults = list(faults)
        self._random = random.Random(f"{seed}:faults")  # noqa: S311 - a story, no secret
        own: dict[str, int] = {}
        self._used = used or (lambda: own)

    @property
    def used(self) -> MutableMapping[str, int]:
        """How many calls each fault has seen and struck, by specification."""
        return self._used()

    def add(self, fault: Fault) -> None:
        """One more from now on, with counts of its own."""
        self.used.pop(fault.spec, None)
        self.used.pop(f"seen {fault.spec}", None)
        self.faults.append(fault)

    def clear(self) -> None:
        """No faults from now on."""
        self.faults.clear()

    def has(self, kind: str) -> bool:
        return any(fault.kind == kind for fault in self.faults)

    def first(self, kind: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.kind == kind), None)

    def latency(self) -> float:
        """Seconds to wait before anything else."""
        return sum(fault.number for fault in self.faults if fault.kind == "latency")

    def is_garbage_due(self) -> bool:
        """Whether this answer comes with something that is not MCP."""
        return any(fault.kind == "garbage" and self._random.random() < fault.number for fault in self.faults)

    def pick_garbage(self) -> bytes:
        """A line that is not MCP."""
        return self._random.choice(GARBAGE)

    def strike(self, tool: str) -> dict[str, Fault]:
        """The counted faults that strike this call, by kind; each call counts once."""
        struck: dict[str, Fault] = {}
        for fault in self.faults:
            if fault.kind not in COUNTED or not fault.applies(tool) or fault.kind in struck:
                continue
            seen = self.used.get(f"seen {fault.spec}", 0)
            self.used[f"seen {fault.spec}"] = seen + 1
            done = self.used.get(fault.spec, 0)
            if seen < fault.skip or (fault.count is not None and done >= fault.count):
                continue
            if fault.probability < 1.0 and self._random.random() >= fault.probability:
                continue
            self.used[fault.spec] = done + 1
            struck[fault.kind] = fault
        return struck

    @property
    def needs_counts(self) -> bool:
        return any(fault.kind in COUNTED for fault in self.faults)


GARBAGE: Final = (
    b"Debug: navigating to the task page\n",
    b"\x1b[33mwarning\x1b[0m: something is deprecated\n",
    b'{"jsonrpc":"2.0","id":\n',
    b'{"level":"info","message":"not a protocol message"}\n',
    b"\xff\xfe\x00 bad bytes\n",
    b'{"jsonrpc":"2.0","id":987654321,"result":{}}\n',
    b"\r\n",
)
"""Lines that real servers have put on standard output between their answers."""
