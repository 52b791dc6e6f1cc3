"""The real program on a terminal of its own, with a real server: what a person sees, and what the system sees.

Everything is waited for, nothing is slept through.
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from benchmarks.terminal import Screen

from tests.cli.program import PATIENCE

ROOT = Path(__file__).parents[2]
_STEP = 0.02
_QUIET = 3
"""Looks at the terminal and the processes in which nothing goes on, after which everything is drawn."""
_INSISTING = 0.5
"""Seconds. A key that comes again sooner counts as held down, and sends nothing."""

KEYS: Mapping[str, str] = {
    "enter": "\r",
    "escape": "\x1b[27u",
    "tab": "\t",
    "space": " ",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "f5": "\x1b[15~",
    "ctrl+backslash": "\x1c",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
"""What a terminal sends for a key; letters are sent as they are. Escape as the Kitty protocol has it: alone it would
be the beginning of another key when that follows at once."""

_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_KITTY = re.compile(rb"\x1b\[([<>])[0-9]*u")
_QUERY = re.compile(rb"\x1b\[\?(2026|2027|2048)\$p")
_LONGEST_QUERY = len(b"\x1b[?2026$p")
_ALWAYS_ON = frozenset({7, 25})
"""Modes that are on in a fresh terminal: lines wrap, the cursor is shown."""


@dataclass
class Modes:
    """What a program has switched on in a terminal and not off again."""

    on: set[int] = field(default_factory=lambda: set(_ALWAYS_ON))
    kitty: int = 0

    @classmethod
    def after(cls, written: bytes) -> Self:
        """As the bytes leave them, from a fresh terminal on."""
        modes = cls()
        for numbers, letter in _MODE.findall(written):
            for number in map(int, numbers.split(b";")):
                modes.on.add(number) if letter == b"h" else modes.on.discard(number)
        for direction in _KITTY.findall(written):
            modes.kitty = max(0, modes.kitty + (1 if direction == b">" else -1))
        return modes


class Process(Protocol):
    """What is asked of a process."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float) -> int: ...

    def kill(self) -> None: ...


class TerminalStage:
    """A program in its own session on its own terminal.

    ``modern``: the terminal knows resizing in band. ``start``: starts the program on the terminal of this path.
    ``beside``: other terminals, which are read whenever this one is, as a program that nobody reads is held up.
    """

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        *,
        columns: int = 100,
        rows: int = 30,
        modern: bool = False,
        start: Callable[[str], Process] | None = None,
    ) -> None:
        self.screen = Screen(columns, rows)
        self._written = [b""]
        self._length = 0
        self._modern = modern
        self._asking = b""
        self._is_reading = True
        self.beside: tuple[TerminalStage, ...] = ()
        self._master, self._slave = pty.openpty()
        os.set_blocking(self._master, False)
        _set_size(self._slave, columns, rows)
        self.before = termios.tcgetattr(self._slave)
        self.process = start(os.ttyname(self._slave)) if start is not None else self._start(argv, environ)

    def _start(self, argv: Sequence[str], environ: Mapping[str, str]) -> Process:
        return subprocess.Popen(
            list(argv),
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            env=dict(environ),
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - the tests run no threads
        )

    # what a person does

    def type(self, text: str) -> None:
        """Type text as it is; bytes that are no text as ``surrogateescape`` writes them."""
        os.write(self._master, text.encode(errors="surrogateescape"))

    def pour(self, text: str) -> None:
        """Type more than a terminal holds at once, as far and as fast as the program reads it."""
        rest = text.encode(errors="surrogateescape")

        def is_typed() -> bool:
            nonlocal rest
            with contextlib.suppress(BlockingIOError):
                rest = rest[os.write(self._master, rest) :]
            return not rest

        self.until(is_typed, "everything typed")

    def press(self, *keys: str) -> None:
        """Press keys by their names, one after the other."""
        for key in keys:
            self.type(KEYS.get(key, key))

    def resize(self, columns: int, rows: int) -> None:
        """Pull at the corner of the window."""
        self._draw()
        self.screen = Screen(columns, rows)
        _set_size(self._slave, columns, rows)

    @contextlib.contextmanager
    def unread(self) -> Iterator[None]:
        """Let nobody read what the program writes, as when a connection hangs."""
        self._is_reading = False
        yield
        self._is_reading = True

    @property
    def is_open(self) -> bool:
        """Whether the window was not closed."""
        return self._master >= 0

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._slave)
        os.close(self._master)
        self._master = self._slave = -1

    def signal(self, number: int) -> None:
        """Send a signal to the program alone."""
        os.kill(self.process.pid, number)

    # what a person sees

    @property
    def written(self) -> bytes:
        """Everything that was written so far."""
        self._written = [b"".join(self._written)]
        return self._written[0]

    @property
    def text(self) -> str:
        """The screen as it stands."""
        self._draw()
        return self.screen.text

    def shows(self, *words: str) -> None:
        """Wait until all these words are on the screen at once."""

        def are_there() -> bool:
            there = all(each in self.screen.text for each in words)
            assert there or self.process.poll() is None, f"It ended:\n{self.screen.text}"
            return there

        self.until(are_there, f"{words} on the screen")

    def insist(self, key: str, condition: Callable[[], object], what: str) -> None:
        """Press a key now and again until it has its effect: some count only once what they decide about was seen."""
        pressed_at = -math.inf

        def is_so() -> bool:
            nonlocal pressed_at
            done = bool(condition())
            if not done and time.monotonic() - pressed_at > _INSISTING:
                pressed_at = time.monotonic()
                self.press(key)
            return done

        self.until(is_so, what)

    def hides(self, words: str) -> None:
        """Wait until these words are gone from the screen."""
        self.until(lambda: words not in self.screen.text, f"{words!r} gone from the screen")

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for a condition while the program is drawn."""
        deadline = time.monotonic() + PATIENCE
        while True:
            self._draw()
            if condition():
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"Never: {what}. The screen, exit code {self.process.poll()}:\n{self.screen.text}")
            self._wait(_STEP)

    def settle(self) -> None:
        """Wait until what was typed is read, everything is drawn, and the program and what it started sleep.

        What a timer of the program is going to do in a moment is not waited for: wait for its sign.
        """
        quiet, written = 0, -1

        def is_quiet() -> bool:
            nonlocal quiet, written
            is_still = self._length == written and not self._has_unread_keys() and not _works(self.process.pid)
            quiet, written = quiet + 1 if is_still else 0, self._length
            return quiet >= _QUIET

        self.until(is_quiet, "everything drawn and asleep")

    def _has_unread_keys(self) -> bool:
        return any(fcntl.ioctl(self._slave, termios.FIONREAD, b"\0" * 4))

    @property
    def modes(self) -> Modes:
        """What is switched on in the terminal right now."""
        self._draw()
        return Modes.after(self.written)

    @property
    def attributes(self) -> list[Any]:
        """The line discipline right now, to compare with ``before``."""
        return termios.tcgetattr(self._slave)

    # the process

    @property
    def state(self) -> str:
        """The letter of the process: ``T`` is stopped."""
        return read_stat(self.process.pid)[0]

    def finish(self) -> int:
        """Draw to the end; answer the exit code."""
        deadline = time.monotonic() + PATIENCE
        while (code := self.process.poll()) is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"The program does not end. The screen:\n{self.screen.text}")
            self._draw()
            self._wait(_STEP)
        self._wait(_STEP)  # a worker of the system hands over what was written last
        self._draw()
        return code

    def kill(self) -> None:
        """End the program as ``kill -9`` does."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def close(self) -> None:
        """End what is left."""
        if self.process.poll() is None:
            self.kill()
        for descriptor in {self._master, self._slave} - {-1}:
            os.close(descriptor)
        self._master = self._slave = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # the wire

    def _wait(self, seconds: float) -> None:
        select.select([self._master] if self.is_open and self._is_reading else [], [], [], seconds)

    def _draw(self) -> None:
        for terminal in (self, *self.beside):
            terminal._read()

    def _read(self) -> None:
        while self.is_open and self._is_reading:
            try:
                piece = os.read(self._master, 1 << 16)
            except OSError:
                return
            if not piece:
                return
            self._written.append(piece)
            self._length += len(piece)
            self.screen.feed(piece)
            self._answer(piece)

    def _answer(self, piece: bytes) -> None:
        """What is asked about modes is answered, as a real terminal does."""
        self._asking += piece
        for query in _QUERY.findall(self._asking):
            known = 2 if self._modern and query == b"2048" else 0
            os.write(self._master, b"\x1b[?%b;%d$y" % (query, known))
        self._asking = _QUERY.sub(b"", self._asking)[-_LONGEST_QUERY:]


def _set_size(descriptor: int, columns: int, rows: int) -> None:
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _works(pid: int | str) -> bool:
    """Whether a thread of this process, or of one that it started, runs or waits for its turn or for a disk."""
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        if read_stat(f"{pid}/task/{thread.name}")[0] in "RD":
            return True
        with contextlib.suppress(OSError):
            if any(map(_works, (thread / "children").read_text().split())):
                return True
    return False


def read_stat(pid: int | str) -> list[str]:
    """The fields of a process after its name: state, parent, group, session …; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ["-"]
