"""How this program must be called again, so that a command in a hint reaches the same store as this one did."""

from __future__ import annotations

import re
import shlex
from argparse import Namespace
from collections.abc import Sequence
from typing import Final

PROGRAM: Final = "jjm"

_NAMED: Final = re.compile(
    r"(?<![\w./-])jjm (?=(?:list|get|create|message|approve|resume|outbox|monitor|diff|events|open|archive|unarchive|"
    r"snooze|seen|forget|export|import|server|store|doctor|config check)\b)"
)
"""A command in a sentence that works on tasks, or checks what this run stands on; the others about settings mean the
settings, whatever that is."""


def own_name(given: Namespace) -> str:
    """The program with the global options that chose settings and store. A server's command may hold secrets: it is
    left out."""
    words = [PROGRAM, *(["--demo"] if given.demo else [])]
    for name in ("demo_tasks", "demo_seed", "config", "profile", "store"):
        value = getattr(given, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)


def own_name_of(argv: Sequence[str]) -> str:
    """The same of a command line that could not be read."""
    return f"{PROGRAM} --demo" if "--demo" in argv else PROGRAM


def as_called(name: str, text: str) -> str:
    """A sentence of ours whose commands are called by ``name``."""
    return text if name == PROGRAM else _NAMED.sub(lambda _: f"{name} ", text)
