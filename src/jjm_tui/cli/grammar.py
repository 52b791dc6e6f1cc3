"""The words in which commands are declared; ``parser.py`` turns them into argparse, ``completion.py`` into scripts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

NO_MORE: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Argument:
    """One option or positional of a command; ``more`` goes to ``ArgumentParser.add_argument`` as it is."""

    flags: tuple[str, ...]
    help: str
    more: Mapping[str, Any] = field(default_factory=lambda: NO_MORE)
    exclusive: str | None = None
    """Arguments with the same word exclude each other."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command, or a group of them (``subcommands``). ``handler`` is ``module:function`` inside ``cli``."""

    name: str
    summary: str
    handler: str | None = None
    arguments: tuple[Argument, ...] = ()
    description: str = ""
    example: str = ""
    subcommands: tuple[Command, ...] = ()
    json: bool = False
    jsonl: bool = False
    fields: bool = False
    more_arguments: str | None = None
    """``module:function`` that adds further arguments to the parser, for a command that lives elsewhere."""


def option(*flags: str, help: str, exclusive: str | None = None, **more: Any) -> Argument:  # noqa: A002
    """An option with its flags."""
    return Argument(flags, help, more, exclusive)


def flag(*flags: str, help: str, exclusive: str | None = None) -> Argument:  # noqa: A002
    """An option without a value."""
    return Argument(flags, help, {"action": "store_true"}, exclusive)


def positional(name: str, *, help: str, metavar: str, **more: Any) -> Argument:  # noqa: A002
    """An argument by position."""
    return Argument((name,), help, {"metavar": metavar, **more})
