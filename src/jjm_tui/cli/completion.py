"""``completion``: scripts for bash and zsh by shtab, for fish from the same declared commands."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from importlib import import_module
from typing import Final

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode
from jjm_tui.cli.grammar import Argument, Command
from jjm_tui.cli.parser import COMMANDS, GLOBAL_OPTIONS, build_parser
from jjm_tui.domain.events import EventType
from jjm_tui.domain.status import TaskStatus

_PROGRAMS: Final = ("jjm", "jjm-tui")


def run(context: CommandContext) -> int:
    """Print the script."""
    shell = context.arguments.shell
    context.out.write(fish_script() if shell == "fish" else _shtab_script(shell))
    return ExitCode.DONE


def _shtab_script(shell: str) -> str:
    import shtab

    parser: argparse.ArgumentParser = build_parser(show_globals=True)
    _offer_words(parser)
    script: str = shtab.complete(parser, shell=shell)
    second = {
        "bash": "complete -o filenames -F _shtab_jjm jjm-tui\n",
        "zsh": "compdef _shtab_jjm jjm-tui\n",
    }[shell]
    return f"{script.rstrip()}\n{second}"


def _offer_words(parser: argparse.ArgumentParser) -> None:
    """Statuses and kinds of events are read by functions; for completion they are choices."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in action.choices.values():
                _offer_words(inner)
        elif words := _words_of(str(action.metavar)):
            action.choices = words


def _words_of(metavar: str) -> tuple[str, ...]:
    """What stands for the value of an option whose words the parser itself does not list."""
    statuses = tuple(status.value for status in TaskStatus)
    kinds = tuple(kind.value for kind in EventType)
    return {"S[,S…]": (*statuses, "all"), "STATUS[,…]": (*statuses, "needs-me"), "T[,T…]": kinds}.get(metavar, ())


def fish_script() -> str:
    """Completions for fish."""
    return "".join(f"{line}\n" for program in _PROGRAMS for line in _fish_lines(program))


def _fish_lines(program: str) -> Iterator[str]:
    names = " ".join(command.name for command in COMMANDS)
    yield f"complete -c {program} -f"
    nothing_yet = f"not __fish_seen_subcommand_from {names}"
    for command in COMMANDS:
        yield f"complete -c {program} -n {_quoted(nothing_yet)} -a {command.name} -d {_quoted(command.summary)}"
    for argument in GLOBAL_OPTIONS:
        yield from _fish_option(program, None, argument)
    for command in COMMANDS:
        here = f"__fish_seen_subcommand_from {command.name}"
        yield from _fish_command(program, here, command)


def _fish_command(program: str, here: str, command: Command) -> Iterator[str]:
    for argument in _arguments(command):
        yield from _fish_option(program, here, argument)
    names = " ".join(sub.name for sub in command.subcommands)
    for sub in command.subcommands:
        condition = f"{here}; and not __fish_seen_subcommand_from {names}"
        yield f"complete -c {program} -n {_quoted(condition)} -a {sub.name} -d {_quoted(sub.summary)}"
        yield from _fish_command(program, f"{here}; and __fish_seen_subcommand_from {sub.name}", sub)


def _arguments(command: Command) -> Iterator[Argument]:
    yield from command.arguments
    if command.more_arguments is not None:
        yield from _arguments_from_elsewhere(command.more_arguments)
    for wanted, name, text in (
        (command.json, "--json", "one JSON document"),
        (command.jsonl, "--jsonl", "one JSON document per line"),
    ):
        if wanted:
            yield Argument((name,), text, {"action": "store_true"})
    if command.fields:
        yield Argument(("--fields",), "only these fields", {"metavar": "A,B"})


def _arguments_from_elsewhere(where: str) -> Iterator[Argument]:
    module, _, function = where.partition(":")
    parser = argparse.ArgumentParser(add_help=False)
    getattr(import_module(module), function)(parser)
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        if action.help != argparse.SUPPRESS and action.option_strings:
            more = {"choices": tuple(action.choices)} if action.choices else {"metavar": action.metavar or "VALUE"}
            yield Argument(tuple(action.option_strings), action.help or "", more)


def _fish_option(program: str, here: str | None, argument: Argument) -> Iterator[str]:
    condition = f" -n {_quoted(here)}" if here else ""
    choices = " ".join(argument.more.get("choices") or _words_of(str(argument.more.get("metavar"))))
    if not argument.flags[0].startswith("-"):
        if choices:
            yield f"complete -c {program}{condition} -a {_quoted(choices)} -d {_quoted(argument.help)}"
        return
    names = "".join(f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}" for flag in argument.flags)
    takes = ""
    if "metavar" in argument.more or choices:
        files = " -F" if argument.more.get("metavar") in ("FILE", "PATH", "DIR") else ""
        takes = f" -x -a {_quoted(choices)}" if choices else f" -r{files}"
    yield f"complete -c {program}{condition}{names}{takes} -d {_quoted(argument.help)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
