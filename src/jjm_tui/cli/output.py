"""Everything the commands write: data on standard output, all else on standard error, nothing harmful on a terminal."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, TextIO, cast

from jjm_tui.cli.own_name import PROGRAM, as_called
from jjm_tui.domain.text import clean
from jjm_tui.errors import JulesManagerError, StorageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

SCHEMA: Final = "jjm/1"


@dataclass(frozen=True, slots=True)
class Look:
    """How the two streams are written to. ``width`` in columns; ``unicode``: glyphs beyond ASCII may be used."""

    terminal: bool = False
    error_terminal: bool = False
    width: int = 80
    color: bool = False
    unicode: bool = True
    quiet: bool = False


class UnwritableError(StorageError):
    """Standard output cannot be written: its disk is full, or it is closed."""


class Output:
    """The two streams of one run.

    A reader that went away (``jjm list | head -1``) is no error: ``broken`` becomes true and the rest is dropped, so
    that an operation under way is still finished and its exit code stays true. Any other failure is raised, and again
    by all that is written later. ``program``: what a hint must call this program, with the options that lead to the
    same store.
    """

    def __init__(self, stdout: TextIO, stderr: TextIO, look: Look | None = None) -> None:
        self._stdout = stdout
        self._stderr = stderr
        self.look = look or Look()
        self.broken = False
        self._unwritable: UnwritableError | None = None
        self.program = PROGRAM
        self._console: Console | None = None
        self._before_writing: Callable[[], None] | None = None

    @property
    def terminal(self) -> bool:
        """Standard output is read by a person."""
        return self.look.terminal

    @property
    def pipe(self) -> int | None:
        """The descriptor of standard output where it is a pipe, whose reader may go away."""
        try:
            descriptor = self._stdout.fileno()
            return descriptor if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else None
        except (OSError, ValueError):
            return None

    # standard output

    def write(self, text: str) -> None:
        """Write text as it is; it must be clean already. Raises UnwritableError when the disk is full."""
        if self._is_lost():
            return
        if self._before_writing is not None and self.look.terminal:
            self._before_writing()
        try:
            self._stdout.write(text)
            self._stdout.flush()
        except (BrokenPipeError, ConnectionResetError):
            self._give_up()
        except OSError as error:
            self._give_up()
            self._unwritable = unwritable(error)
            raise self._unwritable from error

    def write_bytes(self, data: bytes) -> None:
        """Write bytes exactly, for patches into files and pipes."""
        buffer: IO[bytes] = self._stdout.buffer
        if self._is_lost():
            return
        try:
            self._stdout.flush()
            buffer.write(data)
            buffer.flush()
        except (BrokenPipeError, ConnectionResetError):
            self._give_up()
        except OSError as error:
            self._give_up()
            self._unwritable = unwritable(error)
            raise self._unwritable from error

    @contextlib.contextmanager
    def telling_what_is_done(self) -> Iterator[None]:
        """For a body that only writes what was done before: where it cannot, that is said, and what is done stays so.

        An exit code of failure would have a script do it twice.
        """
        try:
            yield
        except UnwritableError as error:
            self.warn(error.message)

    def line(self, text: str = "") -> None:
        """Write one line of text made harmless."""
        self.write(clean(text) + "\n")

    def row(self, cells: Iterable[str]) -> None:
        """Write one tab-separated line, made harmless; line breaks and tabs inside cells become ``\\n`` and ``\\t``."""
        self.write("\t".join(plain_cell(clean(cell)) for cell in cells) + "\n")

    def document(self, body: Mapping[str, Any]) -> None:
        """Write one JSON document with its schema; ASCII-escaped on a terminal."""
        self.write(self.encode({"schema": SCHEMA, **body}, indent=2 if self.terminal else None) + "\n")

    def json_line(self, body: Mapping[str, Any]) -> None:
        """Write one JSON document on one line."""
        self.write(self.encode(body) + "\n")

    def encode(self, value: Any, indent: int | None = None) -> str:
        """JSON text, escaped where the reader is a terminal, or the encoding or the value needs it."""
        if not self.terminal and self.look.unicode:
            import orjson

            with contextlib.suppress(orjson.JSONEncodeError):  # it knows no number beyond 64 bits, no half a character
                return orjson.dumps(value).decode()
        import json

        return json.dumps(value, ensure_ascii=True, indent=indent)

    @property
    def console(self) -> Console:
        """Rich's console on standard output; markup, emoji codes and highlighting are off."""
        if self._console is None:
            stream = cast("TextIO", _LastingStream(self._stdout, self._give_up))
            self._console = self._make_console(stream, self.look.terminal)
        return self._console

    def render(self, *parts: RenderableType) -> None:
        """Write rich renderables made of cleaned text."""
        with self.console.capture() as capture:
            for part in parts:
                self.console.print(part)
        self.write(capture.get())

    def styled(self, lines: Iterable[tuple[str, str]], *, to_error: bool = False) -> None:
        """Write lines, each with a rich style that counts only on a terminal with colour."""
        if not self.look.color:
            if to_error:
                for line, _ in lines:
                    self._say(line)
            else:
                self.write("".join(f"{clean(line)}\n" for line, _ in lines))
            return
        parts = [self._styled_line(clean(line), style) for line, style in lines]
        if to_error:
            self.render_error(*parts)
        else:
            self.render(*parts)

    def _styled_line(self, line: str, style: str) -> RenderableType:
        """A line that is too long goes on under its own beginning."""
        from rich.padding import Padding
        from rich.text import Text

        indent = len(line) - len(line.lstrip(" "))
        if not indent or len(line) <= self.look.width:
            return Text(line, style=style)
        return Padding(Text(line[indent:], style=style), (0, 0, 0, indent))

    # standard error

    def remark(self, text: str) -> None:
        """A sentence for people that is neither data nor an error."""
        if not self.look.quiet:
            self._say(self.own(text))

    def warn(self, text: str) -> None:
        """A sentence that must not be missed."""
        self._say(f"jjm: {self.own(text)}")

    def own(self, text: str) -> str:
        """A sentence of ours with its commands as they must be given to reach the store of this run."""
        return as_called(self.program, text)

    def say(self, text: str) -> None:
        """Text that belongs to a question; always written."""
        self._say(text)

    def prompt(self, text: str) -> None:
        """The beginning of a line on standard error, for an answer to follow."""
        self._write_error(clean(text))

    def render_error(self, *parts: RenderableType) -> None:
        """Write rich renderables made of cleaned text to standard error."""
        console = self._make_console(self._stderr, self.look.error_terminal)
        with console.capture() as capture:
            for part in parts:
                console.print(part)
        self._write_error(capture.get())

    def tell_error(self, error: JulesManagerError, *, as_json: bool) -> None:
        """An error: a sentence with its hint on standard error, with ``--json`` the error object on standard output, if
        that can be written."""
        hint = self.own(error.hint or "")
        if as_json:
            with contextlib.suppress(UnwritableError):
                self.document({"error": harmless({**error.to_dict(), "hint": hint or error.hint})})
        self._say(f"jjm: {error.message}")
        if hint:
            self._say("\n".join(f"  {line}" for line in hint.splitlines()))

    def before_writing(self, action: Callable[[], None] | None) -> None:
        """Have ``action`` clear a progress line before anything else is written."""
        self._before_writing = action

    def _say(self, text: str) -> None:
        """A terminal gets long lines broken between words; in files and pipes a sentence is one line."""
        told = clean(text)
        if self.look.error_terminal:
            from jjm_tui.cli.wrapping import wrapped

            told = wrapped(told, self.look.width)
        self._write_error(told + "\n")

    def _write_error(self, text: str) -> None:
        if self._before_writing is not None:
            self._before_writing()
        try:
            self._stderr.write(text)
            self._stderr.flush()
        except (OSError, ValueError):
            return

    def raw_error(self, text: str) -> None:
        """Write to standard error without clearing a progress line: for that line itself."""
        try:
            self._stderr.write(text)
            self._stderr.flush()
        except (OSError, ValueError):
            return

    def finish(self) -> None:
        """Write out what is left; streams whose reader is gone are closed quietly, so that the exit code stays."""
        for stream in (self._stdout, self._stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                _turn_away(stream)

    def _is_lost(self) -> bool:
        """Whether nobody reads what is written. Raises UnwritableError when it could not be written before."""
        if self._unwritable is not None:
            raise self._unwritable
        return self.broken

    def _give_up(self) -> None:
        self.broken = True
        _turn_away(self._stdout)

    def _make_console(self, stream: TextIO, terminal: bool) -> Console:
        from rich.console import Console

        return Console(
            file=stream,
            force_terminal=terminal,
            color_system="auto" if self.look.color else None,
            no_color=not self.look.color,
            width=self.look.width,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=False,
        )


def unwritable(error: OSError) -> UnwritableError:
    """What a failed writing to standard output means; a closed one has no descriptor."""
    if error.errno == errno.EBADF:
        return UnwritableError("Standard output could not be written: it is closed.")
    return UnwritableError(
        f"Standard output could not be written: {error.strerror or error}.",
        hint="Free some space, or write to another place.",
    )


class _LastingStream:
    """What rich writes to: a terminal that went away must not make its drawing thread fail."""

    def __init__(self, stream: TextIO, give_up: Callable[[], None]) -> None:
        self._stream = stream
        self._give_up = give_up

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._give_up()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @property
    def encoding(self) -> str:
        return self._stream.encoding


def _turn_away(stream: TextIO) -> None:
    """Send whatever is still written to the stream nowhere."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, stream.fileno())
        os.close(descriptor)
    except (OSError, ValueError):
        return


def plain_cell(text: str) -> str:
    """One cell of a tab-separated line."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") if _needs_escape(text) else text


def _needs_escape(text: str) -> bool:
    return "\t" in text or "\n" in text


def harmless(value: Any) -> Any:
    """The same JSON value with every text made harmless."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): harmless(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [harmless(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no such number
    return value if value is None or isinstance(value, bool | int | float) else clean(str(value))


def open_output(environ: Mapping[str, str], *, quiet: bool = False, no_color: bool = False) -> Output:
    """The streams of this process as they are."""
    stdout = sys.stdout or _closed(os.O_RDONLY)
    terminal = stdout.isatty()
    stderr = sys.stderr or (stdout if terminal else _closed(os.O_WRONLY))  # a person is told whatever is closed
    error_terminal = stderr.isatty()
    color = terminal and not no_color and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    if not terminal:
        _reconfigure(stdout, encoding="utf-8", errors="backslashreplace")
    else:
        _reconfigure(stdout, errors="replace")
    _reconfigure(stderr, errors="backslashreplace")
    encoding = (stdout.encoding or "ascii").lower().replace("-", "")
    return Output(
        stdout,
        stderr,
        Look(terminal, error_terminal, terminal_width(environ), color, encoding.startswith("utf"), quiet),
    )


def _closed(way: int) -> TextIO:
    """What stands for a standard stream that was closed when the process began: with ``O_RDONLY``, writing fails."""
    return os.fdopen(os.open(os.devnull, way), "w", encoding="utf-8")


def _reconfigure(stream: TextIO, **options: str) -> None:
    change = getattr(stream, "reconfigure", None)
    if change is not None:
        change(**options)


def terminal_width(environ: Mapping[str, str]) -> int:
    """Columns: as ``COLUMNS`` says, else of the terminal at hand, else, or where that knows none, 80."""
    given = environ.get("COLUMNS", "")
    if given.isascii() and given.isdigit() and int(given) > 0:
        return min(int(given), 1000)
    for descriptor in (1, 2, 0):
        with contextlib.suppress(OSError):
            if columns := os.get_terminal_size(descriptor).columns:
                return max(20, columns)
    return 80
