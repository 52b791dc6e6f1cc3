"""Slips on the command line: unknown options and commands, words too many - each told by its own name."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.values import near_words

if TYPE_CHECKING:
    from jjm_tui.cli.parser import CommandParser

_NEGATIVE: Final = re.compile(r"-\d+|-\d*\.\d+", re.ASCII)
_NEGATIVE_SPAN: Final = re.compile(r"-[\d.]+[a-z]+", re.ASCII | re.IGNORECASE)
_FILTER: Final = "--filter"


def checked_words(parser: CommandParser, arguments: Sequence[str]) -> list[str]:
    """The same words after a look for unknown options and commands; a filter and a span may begin with a dash.

    Argparse would take the value of an option that it does not know for an argument, and complain about that one.
    """
    checked: list[str] = []
    waiting = iter(arguments)
    for word in waiting:
        checked.append(word)
        if word == "--":
            return [*checked, *waiting]
        if not _is_option(word):
            if parser.commands and word not in parser.commands:
                raise _unknown_subcommand(parser, word)
            parser = parser.commands.get(word, parser)
            continue
        option = parser.option_for(word)
        if option is None:
            raise _unknown_option(parser, word, arguments)
        if option.nargs is None and "=" not in word and word in option.option_strings:
            value = next(waiting, None)
            if value is not None and (word == _FILTER or _is_negative_span(word, value)):
                checked[-1] = f"{word}={value}"
            elif value is not None:
                checked.append(value)
    return checked


def _is_negative_span(option: str, value: str) -> bool:
    """``--for -5m``: argparse would take it for an option, and say that the value is missing."""
    return option.startswith("--") and _NEGATIVE_SPAN.fullmatch(value) is not None


def _is_option(word: str) -> bool:
    """What argparse takes for an option: it begins with a dash, and is neither a number nor several words."""
    if len(word) < 2 or not word.startswith("-") or _NEGATIVE.fullmatch(word):
        return False
    return " " not in word.partition("=")[0]


def _unknown_option(parser: CommandParser, word: str, given: Sequence[str]) -> UsageError:
    name = word.partition("=")[0]
    see = f"See: {parser.prog} --help"
    if name in ("-y", "--yes"):
        return UsageError(f"Not understood: {name}.", hint=f"{parser.prog} takes no --yes; leave it out. {see}")
    if name == "--jsonl" and "--json" in parser.option_names():
        hint = "--json gives one document. Lines of JSON: jjm monitor --jsonl, or jjm events --jsonl."
        return UsageError(f"{parser.prog} takes no --jsonl.", hint=hint, context={"option": name})
    left = [known for known in parser.option_names() if known not in given]
    near = [known for known in left if len(name) > 3 and known.startswith(name)] or near_words(name, left)
    hint = f"Did you mean {near[0]}? {see}" if near else see
    return UsageError(f"Not understood: {name}.", hint=hint, context={"option": name})


def _unknown_subcommand(parser: CommandParser, name: str) -> UsageError:
    near = near_words(name, parser.commands)
    hint = f"Did you mean: {parser.prog} {near[0]}" if near else f"See: {parser.prog} --help"
    return UsageError(
        f"There is no command '{parser.prog.removeprefix('jjm ')} {name}'; there are {', '.join(parser.commands)}.",
        hint=hint,
        context={"command": name},
    )


def left_over(namespace: argparse.Namespace, rest: Sequence[str]) -> UsageError:
    """Words that no argument takes."""
    where = " ".join(("jjm", *namespace.command))
    words, hint = " ".join(rest), f"See: {where} --help"
    if hasattr(namespace, "text") and hasattr(namespace, "task"):
        return UsageError(f"Not understood: {words}.", hint=f"Put the text in quotes: {where} TASK 'TEXT'")
    if getattr(namespace, "task", None) is not None:
        return UsageError(f"{where} takes one task only. Not understood: {words}.", hint=hint)
    return UsageError(f"Not understood: {words}.", hint=hint)
