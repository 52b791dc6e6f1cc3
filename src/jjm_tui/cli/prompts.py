"""Questions to a person on the terminal; without a terminal there are no answers, only exit code 2."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.output import Output


class Prompts:
    """Asks on standard error and reads standard input, without stopping the event loop.

    Reading goes through the loop, not through a thread: a question can be interrupted, and nothing is left waiting.
    """

    def __init__(self, out: Output) -> None:
        self._out = out

    @property
    def can_ask(self) -> bool:
        """A person sits at both ends: input and error output are terminals."""
        return sys.stdin is not None and sys.stdin.isatty() and self._out.look.error_terminal

    def require(self, hint: str) -> None:
        """Raises UsageError when nobody can be asked."""
        if not self.can_ask:
            raise UsageError("This needs a person to say yes, and there is no terminal to ask on.", hint=hint)

    async def confirm(self, question: str, *, hint: str) -> bool:
        """Ask yes or no; anything but yes is no. Raises UsageError without a terminal."""
        self.require(hint)
        answer = await self._ask(f"{question} [y/N] ")
        return answer is not None and answer.strip().lower() in ("y", "yes")

    async def text(self, question: str, *, default: str | None = None, secret: bool = False) -> str | None:
        """Ask for a line; ``None`` at the end of input."""
        shown = f"{question} [{default}] " if default else f"{question} "
        answer = await self._ask(shown, secret=secret)
        if answer is None:
            return None
        return answer.strip() or (default or "")

    async def choose(self, question: str, choices: Sequence[str], *, default: str | None = None) -> str | None:
        """Ask until one of ``choices`` (or its number) is given; ``None`` at the end of input."""
        while True:
            answer = await self.text(question, default=default)
            if answer is None or answer in choices:
                return answer
            if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(choices):
                return choices[int(answer) - 1]
            self._out.say(f"Please answer one of: {', '.join(choices)}.")

    async def _ask(self, question: str, *, secret: bool = False) -> str | None:
        self._out.prompt(question)
        descriptor = sys.stdin.fileno()
        with _echo_off(descriptor) if secret else _nothing():
            try:
                return await _read_line(descriptor)
            except asyncio.CancelledError:
                self._out.say("\nInterrupted.")
                raise
            finally:
                if secret:
                    self._out.prompt("\n")


async def _read_line(descriptor: int) -> str | None:
    loop = asyncio.get_running_loop()
    collected = b""
    while True:
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_reader(descriptor, _announce, ready)
        try:
            await ready
        finally:
            loop.remove_reader(descriptor)
        piece = os.read(descriptor, 4096)
        collected += piece
        if not piece:
            return collected.decode("utf-8", "replace") if collected else None
        if b"\n" in collected:
            return collected.split(b"\n", 1)[0].decode("utf-8", "replace")


def _announce(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _echo_off(descriptor: int) -> Iterator[None]:
    import termios

    before = termios.tcgetattr(descriptor)
    silent = list(before)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
