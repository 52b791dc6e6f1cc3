"""Running a command on an event loop: signals cancel it, so that the server is ended and the truth is told."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, code_for_error
from jjm_tui.cli.output import Output
from jjm_tui.errors import JulesManagerError

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run_async(handler: Callable[[CommandContext], Awaitable[Any]], context: CommandContext) -> int:
    """Run a command on an event loop. Ctrl+C, SIGTERM and SIGHUP cancel it, so that it can clean up; exit code 130.

    A second signal is told that the end is under way, a third one ends the program at once. What failed is told before
    the server is left, which may take seconds.
    """
    received: list[int] = []

    async def main() -> int:
        task = asyncio.current_task()
        loop = asyncio.get_running_loop()

        def stop(number: int) -> None:
            received.append(number)
            if len(received) == 1:
                if task is not None:
                    task.cancel()
            elif len(received) == 2:
                context.out.say("jjm: ending the server; press Ctrl+C once more to leave at once.")
                for each in _SIGNALS:
                    loop.remove_signal_handler(each)
                    signal.signal(each, signal.SIG_DFL)

        for each in _SIGNALS:
            loop.add_signal_handler(each, stop, each)
        gc.enable()  # __main__ switched it off while the program was loaded
        async with context.closing:
            return await _carry_out(handler, context, received)

    with asyncio.Runner() as runner:
        try:
            code = runner.run(main())
        except (asyncio.CancelledError, KeyboardInterrupt):
            return ExitCode.INTERRUPTED
        except (JulesManagerError, BaseExceptionGroup) as error:
            if received:
                return ExitCode.INTERRUPTED
            raise _first_of(error) from error
    return ExitCode.INTERRUPTED if received else code


async def _carry_out(
    handler: Callable[[CommandContext], Awaitable[Any]], context: CommandContext, received: Sequence[int]
) -> int:
    try:
        return int(await handler(context))
    except (JulesManagerError, BaseExceptionGroup) as error:
        failure = _first_of(error)
        if received or not isinstance(failure, JulesManagerError):
            raise
        context.out.tell_error(failure, as_json=context.as_json)
        return code_for_error(failure)


@contextmanager
def while_somebody_reads(out: Output) -> Iterator[None]:
    """For a body that waits for what may never come: end it when the reader of standard output goes away."""
    import anyio

    loop, pipe = asyncio.get_running_loop(), out.pipe
    with anyio.CancelScope() as scope:

        def end() -> None:
            if pipe is not None:
                loop.remove_reader(pipe)
            scope.cancel()

        if out.broken:
            end()
        elif pipe is not None:
            loop.add_reader(pipe, end)  # there is nothing to read from a pipe for writing: it only tells that it broke
        try:
            yield
        finally:
            if pipe is not None:
                loop.remove_reader(pipe)


def _first_of(error: BaseException) -> BaseException:
    """A task group wraps what failed inside it; people get the sentence itself."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    inner = [_first_of(each) for each in error.exceptions]
    return next((each for each in inner if isinstance(each, JulesManagerError)), inner[0])
