"""One run from the arguments to the exit code: errors become sentences, signals end everything cleanly."""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Sequence

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError, code_for_error
from jjm_tui.cli.output import Output, open_output
from jjm_tui.cli.own_name import own_name, own_name_of
from jjm_tui.cli.parser import parse
from jjm_tui.errors import JulesManagerError

Handler = Callable[[CommandContext], "int | Awaitable[int]"]


def run(argv: Sequence[str]) -> int:
    """Run one command line; answer its exit code. Never raises for what a person or a server did."""
    quiet, no_color = "--quiet" in argv, "--no-color" in argv
    out = open_output(os.environ, quiet=quiet, no_color=no_color)
    out.program = own_name_of(argv)
    as_json = "--json" in argv or "--jsonl" in argv
    try:
        return _run(argv, out)
    except JulesManagerError as error:
        code = code_for_error(error)
        out.tell_error(error, as_json=as_json)
        return code
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        return ExitCode.DONE
    except Exception as error:  # noqa: BLE001 - whatever it is, people get a sentence and scripts an error object
        out.tell_error(_unexpected(error, out, verbose="-v" in argv or "--verbose" in argv), as_json=as_json)
        return ExitCode.FAILED
    finally:
        out.finish()


def _unexpected(error: Exception, out: Output, *, verbose: bool) -> JulesManagerError:
    """A mistake of this program itself, as an error that can be told."""
    if verbose:
        import traceback

        out.say("".join(traceback.format_exception(error)).rstrip())
    return JulesManagerError(
        f"Something went wrong inside jjm itself: {type(error).__name__}: {error}",
        hint="Please report it, with what `-v` prints. See `jjm outbox list` for what may be unsettled.",
    )


def _run(argv: Sequence[str], out: Output) -> int:
    try:
        arguments = parse(argv)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else ExitCode.DONE
    out.program = own_name(arguments)
    context = CommandContext(arguments, os.environ, out)
    handler = _load(_handler_name(context))
    if not inspect.iscoroutinefunction(handler):
        answer = handler(context)
        assert isinstance(answer, int)  # noqa: S101 - a handler is either a coroutine function or answers a number
        return answer
    from jjm_tui.cli.loop import run_async

    return run_async(handler, context)


def _handler_name(context: CommandContext) -> str:
    arguments = context.arguments
    if isinstance(arguments.handler, str):
        return arguments.handler
    if not context.out.terminal or sys.stdin is None or not sys.stdin.isatty():
        which = "input" if context.out.terminal else "output"
        raise UsageError(
            f"The dashboard needs a terminal, and standard {which} is not one.",
            hint="Name a command, for example: jjm list. See: jjm --help",
        )
    if context.environ.get("TERM", "").strip().lower() == "dumb":
        raise UsageError(
            "The dashboard needs a terminal that can move its cursor, and TERM=dumb says that this one cannot.",
            hint="Set TERM to what it really is, for example xterm-256color; or name a command, for example: jjm list.",
        )
    return "dashboard:run"


def _load(name: str) -> Handler:
    module, _, function = name.partition(":")
    loaded: Handler = getattr(importlib.import_module(f"jjm_tui.cli.{module}"), function)
    return loaded
