"""The command line: global options, the parser made from the declared commands, and errors as plain sentences."""

from __future__ import annotations

import argparse
import errno
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any, Final, NoReturn

from jjm_tui import __version__
from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.grammar import Argument, Command, flag, option
from jjm_tui.cli.grammar_local import LOCAL_COMMANDS
from jjm_tui.cli.grammar_tasks import TASK_COMMANDS
from jjm_tui.cli.late_words import find_leaf, formats_behind, take_late_words
from jjm_tui.cli.output import unwritable
from jjm_tui.cli.slips import checked_words, left_over
from jjm_tui.cli.values import any_whole_number, positive_number, some_text, whole_number

COMMANDS: Final[tuple[Command, ...]] = (*TASK_COMMANDS, *LOCAL_COMMANDS)

GLOBAL_OPTIONS: Final[tuple[Argument, ...]] = (
    option(
        "--config",
        metavar="FILE",
        type=some_text,
        help="settings file (default: $JJM_CONFIG, else jjm.toml in your config folder)",
    ),
    option("--profile", metavar="NAME", type=some_text, help="a named profile of the settings file"),
    flag("--demo", help="use the built-in simulator with a throw-away store: no account, no network, no settings"),
    option("--demo-tasks", metavar="N", type=whole_number(0, 100_000), help="how many tasks the demo starts with (12)"),
    option("--demo-speed", metavar="X", type=positive_number, help="simulated seconds per second in the demo (1)"),
    option("--demo-seed", metavar="N", type=any_whole_number, help="number from which the demo's world is made"),
    option("--store", metavar="PATH", type=some_text, help="JSON store file instead of the configured one"),
    option(
        "--server", metavar="CMDLINE", help="start this MCP server instead of the configured one (no shell is used)"
    ),
    option("--server-url", metavar="URL", type=some_text, help="reach an MCP server over streamable HTTP instead"),
    option(
        "--log-level",
        metavar="L",
        type=str.lower,
        choices=("debug", "info", "warning", "error", "critical"),
        help="least important records in the log: debug, info, warning, error, critical",
    ),
    option("-v", "--verbose", action="count", help="more in the log (like --log-level debug)"),
    flag("--quiet", help="only data and errors; no remarks on standard error"),
    flag("--no-color", help="no colour (also: NO_COLOR in the environment)"),
    option("--version", action="version", version=f"jjm-tui {__version__}", help="print the version and exit"),
    option("-h", "--help", action="help", help="show help and exit"),
)

_TAKES_VALUE: Final = frozenset(
    name
    for argument in GLOBAL_OPTIONS
    if "metavar" in argument.more
    for name in argument.flags
    if name.startswith("--")
)

_OVERVIEW: Final = """\
Look after many Google Jules tasks: see which of them wait for you, read what they plan, answer.
Without a command it opens the dashboard."""

_PROG: Final = "jjm"
_USAGE: Final = "%(prog)s [global options] COMMAND ..."
_PLAIN_WIDTH: Final = 80
_COMMANDS_TITLE: Final = "commands"

_FIRST_STEPS: Final = """\
first steps:
  jjm --demo list            try it: no account, no network
  jjm setup                  connect a Jules MCP server
  jjm list --filter is:needs-me
  jjm get 3141592653         details, plan, files, chat
  jjm approve 3141592653     read the plan, then approve it

exit codes: 0 done, 1 failed, refused or not sent, 2 wrong usage or settings, 4 not signed in,
5 unconfirmed, 124 monitor ran out of time, 130 interrupted.

Help on one command: jjm COMMAND --help"""

_MORE_HELP: Final = "Global options such as --demo, --profile and --quiet: see jjm --help"

_NO_COMMAND: Final = ""
"""Without a command the dashboard opens: building the parsers of all would take it a twentieth of a second."""

_REQUIRED: Final = re.compile(r"the following arguments are required: (.+)")
_OF_ARGUMENT: Final = re.compile(r"argument ([^:]+): (.+)", re.DOTALL)
_CHOICE: Final = re.compile(r"invalid choice: (.+) \(choose from (.+)\)", re.DOTALL)


class CommandParser(argparse.ArgumentParser):
    """An ``ArgumentParser`` whose errors are one sentence and a hint."""

    commands: Mapping[str, CommandParser] = {}
    """The parsers of the commands inside this one, by name."""

    def option_for(self, word: str) -> argparse.Action | None:
        """The option that a word names: ``--name``, ``--name=value``, ``-x`` or several short ones together."""
        found = self._option_string_actions.get(word.partition("=")[0])
        if found is None and not word.startswith("--"):
            found = self._option_string_actions.get(word[:2])
        return found

    def option_names(self) -> list[str]:
        """Every option in its long form that help tells of."""
        return [name for name in self._option_string_actions if name.startswith("--")]

    def _print_message(self, message: str, file: Any = None) -> None:
        """Print help; argparse itself would keep silent about a full disk. Raises StorageError."""
        if file is None:
            raise unwritable(OSError(errno.EBADF, "closed"))
        try:
            file.write(message)
            file.flush()
        except BrokenPipeError:
            return
        except OSError as error:
            raise unwritable(error) from error

    def error(self, message: str) -> NoReturn:
        """Raise the complaint of argparse as a UsageError."""
        raise UsageError(
            self._missing_choice(message) or _sentence(message, self.prog), hint=f"See: {self.prog} --help"
        )

    def _missing_choice(self, message: str) -> str | None:
        """What there is to choose from, where nothing was chosen."""
        match = _REQUIRED.fullmatch(message)
        choices = next((action.choices for action in self._actions if match and action.metavar == match[1]), None)
        return f"{self.prog} needs one of {', '.join(map(str, choices))}." if choices else None

    def format_help(self) -> str:
        """The help, its texts wrapped to the width at hand."""
        from jjm_tui.cli.help import wrap

        self.description, self.epilog = wrap(self.description or ""), wrap(self.epilog or "")
        return super().format_help()


def _sentence(message: str, prog: str) -> str:
    if match := _REQUIRED.fullmatch(message):
        return f"Missing: {match[1]}."
    if match := _OF_ARGUMENT.fullmatch(message):
        what, complaint = match[1].split("/")[-1], match[2]
        if choice := _CHOICE.fullmatch(complaint):
            who = what if what.startswith("-") else prog
            return f"{who} does not know {choice[1]}; there are {choice[2].replace(chr(39), '')}."
        if complaint.startswith("expected "):
            return f"{what} needs a value."
        if complaint.startswith("not allowed with argument "):
            return f"{what} cannot go together with {complaint.removeprefix('not allowed with argument ')}."
        return f"{what} {complaint}" + ("" if complaint.endswith("?") else ".")
    return message[:1].upper() + message[1:] + "."


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Read a command line; only the parser of the command at hand is built.

    The namespace has every global option, ``command`` (words, may be empty), ``handler`` (or ``None``), and the
    arguments of the command.

    Raises:
        UsageError: one sentence, and where to look.
        SystemExit: after ``--help`` or ``--version``.
    """
    arguments = list(argv)
    position = _find_command(arguments)
    if position is not None and arguments[position] == "help":
        asked = [word for word in arguments[position + 1 :] if not word.startswith("-")]
        arguments = [*asked, "--help"]
        position = 0 if asked else None
    name = None if position is None else arguments[position]
    if name is not None and all(command.name != name for command in COMMANDS):
        raise _unknown_command(name)
    if position is not None:
        arguments = formats_behind(arguments, position)
    parser = build_parser(only=name if name is not None or not _only_long_options(arguments) else _NO_COMMAND)
    namespace, rest = parser.parse_known_args(checked_words(parser, arguments))
    _complete(namespace)
    if rest and not take_late_words(find_leaf(COMMANDS, namespace.command), namespace, rest):
        raise left_over(namespace, rest)
    return namespace


def _only_long_options(arguments: Sequence[str]) -> bool:
    """Whether nothing but long options and their values were given, none of which asks for help."""
    return "--help" not in arguments and all(
        word.startswith("--") or before in _TAKES_VALUE for before, word in pairwise(("", *arguments))
    )


def build_parser(*, only: str | None = None, show_globals: bool = False) -> CommandParser:
    """The parser of all commands, or with ``only`` of a single one (quicker).

    Every command takes the global options; ``show_globals``: it also tells them, for completion scripts.
    """
    formatter = _formatter()
    parser = CommandParser(
        prog=_PROG,
        usage=_USAGE,
        description=_OVERVIEW,
        epilog=_FIRST_STEPS,
        allow_abbrev=False,
        add_help=False,
        formatter_class=formatter,
    )
    subparsers = parser.add_subparsers(
        title=_COMMANDS_TITLE, metavar="COMMAND", dest="command_0", parser_class=CommandParser, prog=_PROG
    )
    _add_globals(parser.add_argument_group("global options (before or after the command)"))
    parser.commands = subparsers.choices
    shared = CommandParser(add_help=False, formatter_class=formatter)
    _add_globals(shared, hidden=not show_globals)
    for command in COMMANDS:
        if only is None or command.name == only:
            _add_command(subparsers, command, 1, shared)
    return parser


def _add_command(subparsers: Any, command: Command, depth: int, shared: CommandParser) -> None:
    parser = subparsers.add_parser(
        command.name,
        help=command.summary,
        usage=_usage(command),
        description=_description(command),
        epilog=_epilog(command),
        allow_abbrev=False,
        add_help=False,
        formatter_class=shared.formatter_class,
        parents=[shared],
    )
    arguments, options = parser.add_argument_group("arguments"), parser.add_argument_group("options")
    exclusive: dict[str, Any] = {}
    for argument in (*command.arguments, *_output_options(command)):
        target = options if argument.flags[0].startswith("-") else arguments
        if argument.exclusive is not None:
            if argument.exclusive not in exclusive:
                exclusive[argument.exclusive] = target.add_mutually_exclusive_group()
            target = exclusive[argument.exclusive]
        target.add_argument(*argument.flags, help=argument.help, **argument.more)
    if command.more_arguments is not None:
        module, _, function = command.more_arguments.partition(":")
        getattr(import_module(module), function)(parser)
    if command.subcommands:
        nested = parser.add_subparsers(
            title=_COMMANDS_TITLE,
            metavar="COMMAND",
            dest=f"command_{depth}",
            parser_class=CommandParser,
            required=True,
            prog=parser.prog,
        )
        parser.commands = nested.choices
        for sub in command.subcommands:
            _add_command(nested, sub, depth + 1, shared)
    else:
        parser.set_defaults(handler=command.handler)


def _output_options(command: Command) -> list[Argument]:
    options = []
    if command.json:
        options.append(flag("--json", help="one JSON document on standard output", exclusive="format"))
    if command.jsonl:
        options.append(flag("--jsonl", help="one JSON document per line", exclusive="format"))
    if command.fields:
        options.append(option("--fields", metavar="A,B", help="only these fields, in this order"))
    return options


def _add_globals(target: Any, *, hidden: bool = False) -> None:
    """The global options; a command takes them too, but its help does not repeat them."""
    for argument in GLOBAL_OPTIONS:
        shown = argparse.SUPPRESS if hidden else argument.help
        target.add_argument(*argument.flags, help=shown, default=argparse.SUPPRESS, **argument.more)


def _complete(namespace: argparse.Namespace) -> None:
    given = vars(namespace)
    for argument in GLOBAL_OPTIONS:
        name = argument.flags[-1].lstrip("-").replace("-", "_")
        if name not in ("help", "version"):
            given.setdefault(name, False if argument.more.get("action") == "store_true" else None)
    for name in ("json", "jsonl", "fields", "handler"):
        given.setdefault(name, None)
    namespace.command = tuple(given.pop(key) for key in ("command_0", "command_1") if given.get(key) is not None)


def _find_command(arguments: Sequence[str]) -> int | None:
    position = 0
    while position < len(arguments):
        word = arguments[position]
        if word == "--":
            return position + 1 if position + 1 < len(arguments) else None
        if not word.startswith("-") or word == "-":
            return position
        position += 2 if word in _TAKES_VALUE else 1
    return None


def _unknown_command(name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, [command.name for command in COMMANDS], n=1)
    hint = f"Did you mean: jjm {near[0]}" if near else "See: jjm --help"
    return UsageError(f"There is no command {name!r}.", hint=hint, context={"command": name})


def _usage(command: Command) -> str:
    words = ["%(prog)s"]
    own = any(argument.flags[0].startswith("-") for argument in command.arguments)
    if own or command.more_arguments or _output_options(command):
        words.append("[options]")
    words += [_usage_word(argument) for argument in command.arguments]
    if command.subcommands:
        words.append("COMMAND ...")
    return " ".join(word for word in words if word)


def _usage_word(argument: Argument) -> str:
    name = str(argument.more.get("metavar", ""))
    if argument.flags[0].startswith("-"):
        return f"{argument.flags[0]} {name}" if argument.more.get("required") else ""
    shapes = {"+": f"{name} [{name} ...]", "*": f"[{name} ...]", "?": f"[{name}]"}
    return shapes.get(str(argument.more.get("nargs", "")), name)


def _description(command: Command) -> str:
    return f"{command.summary[:1].upper()}{command.summary[1:]}.\n\n{command.description}".rstrip()


def _epilog(command: Command) -> str:
    if not command.example:
        return _MORE_HELP
    lines = command.example.splitlines()
    title = "example:" if len(lines) == 1 else "examples:"
    return "\n".join((title, *(f"  {line}" for line in lines), "", _MORE_HELP))


def _formatter() -> Any:
    """The formatter that argparse asks for. Only where help is wanted it needs to know the terminal."""
    if any(word in ("-h", "--help", "help") for word in sys.argv[1:]):
        from jjm_tui.cli.help import formatter

        return formatter
    return lambda prog: argparse.HelpFormatter(prog, width=_PLAIN_WIDTH)
