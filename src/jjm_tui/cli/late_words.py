"""Words where people put them and argparse does not look: ``--json`` before the command, arguments behind options."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Final

from jjm_tui.cli.grammar import Argument, Command

_OPEN_ENDED: Final = ("?", "*", "+")
_FORMATS: Final = ("--json", "--jsonl")


def formats_behind(arguments: Sequence[str], position: int) -> list[str]:
    """The words with ``--json`` moved behind the command, which stands at ``position``."""
    before, behind = list(arguments[:position]), list(arguments[position:])
    early = [word for word in before if word in _FORMATS]
    end = behind.index("--") if "--" in behind else len(behind)
    return [*(word for word in before if word not in _FORMATS), *behind[:end], *early, *behind[end:]]


def take_late_words(command: Command | None, namespace: argparse.Namespace, rest: Sequence[str]) -> bool:
    """Give what argparse left over to the argument that may have several words, or none, and was closed too early.

    Answers whether there was such an argument; ``namespace`` is changed only then.
    """
    argument = None if command is None else _open_ended(command)
    if argument is None or ("--" not in rest and any(word.startswith("-") and word != "-" for word in rest)):
        return False
    words = [word for number, word in enumerate(rest) if word != "--" or "--" in rest[:number]]
    name, found = argument.flags[0], getattr(namespace, argument.flags[0], None)
    if argument.more["nargs"] != "?":
        setattr(namespace, name, [*(found or ()), *words])
        return True
    if len(words) != 1 or found != argument.more.get("default") or words[0] not in argument.more.get("choices", words):
        return False
    setattr(namespace, name, words[0])
    return True


def _open_ended(command: Command) -> Argument | None:
    positionals = [each for each in command.arguments if not each.flags[0].startswith("-")]
    return next((each for each in positionals if each.more.get("nargs") in _OPEN_ENDED), None)


def find_leaf(commands: Sequence[Command], path: Sequence[str]) -> Command | None:
    """The command that these words name."""
    found: Command | None = None
    for word in path:
        candidates = commands if found is None else found.subcommands
        found = next((command for command in candidates if command.name == word), None)
    return found
