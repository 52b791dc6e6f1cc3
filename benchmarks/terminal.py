"""A terminal for programs under measurement: a pseudo terminal, a small picture of its screen, and a stop watch.

The picture knows what full-screen programs write (absolute positions, erasing, wide characters) and no colours. Bytes
are stamped by a thread when they arrive, so that drawing the picture does not count as the program's time.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import threading
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

PATIENCE = 60.0
"""Seconds until a program that does not show what is expected is given up."""

_PAUSE = 0.004
"""Seconds without anything new after which what arrived is drawn."""

_MOST = 500
"""Pieces after which it is drawn anyway."""

_TICKS = os.sysconf("SC_CLK_TCK")

_TOKEN = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|(?P<text>[^\x00-\x1f\x7f\x1b]+)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
)
_QUERY = re.compile(
    rb"\x1b\[(?:(?P<mode>\?\d+)\$p|(?P<attributes>>|=)?0?c|(?P<version>>0?q)|(?P<position>6n)|(?P<size>18t))"
    rb"|\x1b\](?P<color>1[01]);\?(?P<end>\x07|\x1b\\)"
)
_UNKNOWN_MODES = (b"?2026", b"?2027", b"?2048")
"""Modes that a plain xterm does not have: synchronised output, grapheme clusters, resizing in band."""


class Screen:
    """What stands on the screen, as text."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._cells = [[" "] * columns for _ in range(rows)]
        self._row = self._column = 0
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def lines(self) -> list[str]:
        """The rows; a wide character is followed by nothing."""
        return ["".join(cells) for cells in self._cells]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def feed(self, data: bytes) -> None:
        """Draw what a program wrote."""
        stream = self._rest + self._decoder.decode(data)
        at = 0
        while at < len(stream):
            match = _TOKEN.match(stream, at)
            if match is None:
                break
            at = match.end()
            if match["text"] is not None:
                self._write(match["text"])
            elif match["final"] is not None:
                self._obey(match["final"], match["parameters"])
            elif match["control"] is not None:
                self._control(match["control"])
        self._rest = stream[at:]

    def _write(self, text: str) -> None:
        for character in text:
            width = _width(character)
            if width == 0 or self._row >= self.rows or self._column + width > self.columns:
                continue
            cells = self._cells[self._row]
            cells[self._column] = character
            if width == 2:
                cells[self._column + 1] = ""
            self._column += width

    def _control(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._row = min(self.rows - 1, self._row + 1)
        elif character == "\b":
            self._column = max(0, self._column - 1)

    def _obey(self, final: str, parameters: str) -> None:
        numbers = [int(part) if part.isdigit() else 0 for part in parameters.split(";")]
        first = max(1, numbers[0])
        if final in "Hf":
            self._row = first - 1
            self._column = max(1, numbers[1] if len(numbers) > 1 else 1) - 1
        elif final in "ABCD":
            down, right = {"A": (-first, 0), "B": (first, 0), "C": (0, first), "D": (0, -first)}[final]
            self._row = min(self.rows - 1, max(0, self._row + down))
            self._column = min(self.columns - 1, max(0, self._column + right))
        elif final == "G":
            self._column = first - 1
        elif final == "K":
            self._erase_line(numbers[0])
        elif (final == "J" and numbers[0] == 2) or parameters == "?1049":
            self._cells = [[" "] * self.columns for _ in range(self.rows)]

    def _erase_line(self, part: int) -> None:
        start = 0 if part else self._column
        end = self._column + 1 if part == 1 else self.columns
        self._cells[self._row][start:end] = [" "] * (end - start)


def _width(character: str) -> int:
    if character < "\x7f":
        return 1
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Terminal:
    """A program on a terminal of its own. Times are seconds of ``time.perf_counter``."""

    def __init__(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str],
        folder: str | os.PathLike[str],
        columns: int = 120,
        rows: int = 40,
    ) -> None:
        self.screen = Screen(columns, rows)
        self._news: list[tuple[float, bytes]] = []
        self._arrived = threading.Condition()
        self._is_open = True
        self._leaving, self._leave = os.pipe()
        self.written = 0
        self.started = time.perf_counter()
        self.pid, self._descriptor = pty.fork()
        if self.pid == 0:
            _become(argv, environ, folder, columns, rows)
        fcntl.ioctl(self._descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # waiting

    def wait_for(self, condition: Callable[[Screen], bool], patience: float = PATIENCE) -> float:
        """Draw what arrives until the screen is as wanted; answer when the bytes arrived that made it so.

        Raises:
            AssertionError: it never was; the message shows the screen.
        """
        deadline = time.perf_counter() + patience
        while True:
            news = self._take(deadline)
            for number, (stamp, data) in enumerate(news, 1):
                self.screen.feed(data)
                if condition(self.screen):
                    self._put_back(news[number:])
                    return stamp
            if time.perf_counter() >= deadline or not self._is_open:
                raise AssertionError(f"The screen never showed what was expected:\n{self.screen.text}")

    def press(self, key: str, condition: Callable[[Screen], bool], patience: float = PATIENCE) -> float:
        """Press a key and wait for its effect; answer the seconds between.

        Raises:
            AssertionError: there was none; the message shows the screen.
        """
        self.settle(0)
        pressed = time.perf_counter()
        self.send(key)
        return self.wait_for(condition, patience) - pressed

    def send(self, text: str) -> None:
        """Type, or answer as a terminal does, without waiting."""
        os.write(self._descriptor, text.encode())

    def settle(self, quiet: float = 0.3, patience: float = PATIENCE) -> None:
        """Draw everything until nothing has arrived for ``quiet`` seconds."""
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline:
            news = self._take(time.perf_counter() + quiet)
            for _, data in news:
                self.screen.feed(data)
            if not news:
                return

    def watch(self, seconds: float) -> None:
        """Let the program run for a while, drawing what it writes."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end and self._is_open:
            for _, data in self._take(end):
                self.screen.feed(data)

    # the process

    @property
    def cpu_seconds(self) -> float:
        """Processor time of this process alone, in user and system mode, so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def memory_mb(self) -> float:
        """Resident memory of this process alone, in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii", errors="replace")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6

    def end(self, keys: str = "", patience: float | None = None) -> int | None:
        """Press the keys that leave, and wait; a program that stays is killed. Answers its exit code.

        ``patience``: without keys no time at all, if it is not given.
        """
        if keys:
            self.send(keys)
        if patience is None:
            patience = 10.0 if keys else 0.0
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                return self._close(os.waitstatus_to_exitcode(status))
            time.sleep(0.01)
        os.killpg(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self._close(0)
        return None

    def hang_up(self) -> None:
        """The terminal goes away."""
        os.write(self._leave, b"!")  # who waits for the terminal would hold it
        self._reader.join()
        os.close(self._descriptor)
        self._descriptor, self._is_open = -1, False

    def _close(self, code: int) -> int:
        self._reader.join(1)
        if self._descriptor >= 0:
            os.close(self._descriptor)
        os.close(self._leave)
        os.close(self._leaving)
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_running():
            self.end()

    def _is_running(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    # the wire

    def _take(self, deadline: float) -> list[tuple[float, bytes]]:
        """What arrived by then. As long as more comes at once, nothing is drawn: the program would wait for us."""
        with self._arrived:
            if not self._news and self._is_open:
                self._arrived.wait(max(0.0, deadline - time.perf_counter()))
            while self._news and self._arrived.wait(_PAUSE) and len(self._news) < _MOST:
                pass
            news, self._news = self._news, []
        return news

    def _put_back(self, news: list[tuple[float, bytes]]) -> None:
        with self._arrived:
            self._news[:0] = news

    def _read(self) -> None:
        while True:
            try:
                if self._leaving in select.select([self._descriptor, self._leaving], [], [])[0]:
                    return
                data = os.read(self._descriptor, 1 << 16)
            except (OSError, ValueError):
                data = b""
            stamp = time.perf_counter()
            with self._arrived:
                self.written += len(data)
                if data:
                    self._news.append((stamp, data))
                else:
                    self._is_open = False
                self._arrived.notify_all()
            if not data:
                return
            for query in _QUERY.finditer(data):
                os.write(self._descriptor, _answer(query, self.screen))


def _answer(query: re.Match[bytes], screen: Screen) -> bytes:
    """What a plain xterm answers."""
    if query["mode"] is not None:
        return b"\x1b[%b;%d$y" % (query["mode"], 0 if query["mode"] in _UNKNOWN_MODES else 2)
    if query["color"] is not None:
        value = b"ffff/ffff/ffff" if query["color"] == b"10" else b"0000/0000/0000"
        return b"\x1b]%b;rgb:%b%b" % (query["color"], value, query["end"])
    if query["version"] is not None:
        return b"\x1bP>|XTerm(390)\x1b\\"
    if query["position"] is not None:
        return b"\x1b[1;1R"
    if query["size"] is not None:
        return b"\x1b[8;%d;%dt" % (screen.rows, screen.columns)
    answers = {
        None: b"\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c",
        b">": b"\x1b[>41;390;0c",
        b"=": b"\x1bP!|00000000\x1b\\",
    }
    return answers[query["attributes"]]


def _become(
    argv: Sequence[str], environ: Mapping[str, str], folder: str | os.PathLike[str], columns: int, rows: int
) -> None:
    """In the child: become the program."""
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.chdir(folder)
        os.execve(argv[0], list(argv), dict(environ))  # noqa: S606
    finally:
        os._exit(127)
