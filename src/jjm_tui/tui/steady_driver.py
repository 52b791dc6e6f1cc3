"""The hold on a real terminal: never held up by one that does not read, and given back as it was.

Textual's driver for POSIX systems is taken as it is, except where the dashboard would stop, go mad or leave traces:

- it would draw to standard error, which people send into a file (``jjm-tui 2>errors.log``) and then see nothing; the
  program begins only where standard output is a terminal, so that is drawn to;
- a terminal that reads nothing (a connection that hangs, a window that is held) would stop the event loop at the 31st
  write; here a thread of our own waits for it, and what cannot be shown is drawn anew once it reads again;
- a terminal that is gone would kill the writing thread, and with it the end of the program;
- when the size changes while the handler of an earlier change runs, the old size would be told last;
- a signal that comes while the terminal is given back or taken would be answered in the midst of that;
- one that comes when the screen is gone, and the server still to be ended, would take the terminal for good;
- who ends a stopped job from the shell would see it stop again, as it would touch a terminal that is not its own;
- SIGCONT without SIGTSTP before it would save the raw mode as the one to return to;
- after SIGTSTP and SIGCONT nothing would be drawn, as the size is still the same;
- the mouse would go on to be reported in pixels to the next program that asks for it;
- what the terminal answers while it is given back would switch modes on again;
- an escape character inside a paste would end it, and the rest would count as keys (``pasted``);
- a byte that is not UTF-8 would end the program, and any mistake while reading keys would look like a good end;
- it would wake up ten times a second to see whether a key came, and take a fifth of a second to stop reading.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message

from jjm_tui.tui.job_control import has_shell
from jjm_tui.tui.pasted import PasteParser

if TYPE_CHECKING:
    from textual.app import App

_MOST_WAITING: Final = 1 << 18
"""Characters that may wait for the terminal; a whole screen of 200 x 60 coloured cells is some 100 000."""

_MOST_READ: Final = 4096
"""Bytes of what was typed or pasted that are read at once."""

_SLEEP_AGAIN_AFTER: Final = 0.1
"""Seconds that whoever continued us in the background has for telling us to end."""

_LAST_PATIENCE: Final = 1.0
"""Seconds that a terminal has at the end to read how it is put back."""


class Outlet:
    """Writes in a thread of its own. ``on_drained`` is called there whenever everything was written.

    What a terminal that is gone cannot take is dropped.
    """

    def __init__(self, descriptor: int, on_drained: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._on_drained = on_drained
        self._queue: SimpleQueue[bytes | None] = SimpleQueue()
        self._waiting = 0
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="terminal-outlet", daemon=True)
        self.is_gone = False
        self._thread.start()

    @property
    def is_behind(self) -> bool:
        """Whether so much waits that more makes no sense."""
        return self._waiting > _MOST_WAITING

    def put(self, text: str) -> None:
        """Let it be written; never waits."""
        data = text.encode("utf-8", "replace")
        with self._lock:
            self._waiting += len(data)
        self._queue.put(data)

    def drop(self) -> None:
        """Forget what waits."""
        while not self._queue.empty():
            data = self._queue.get()
            with self._lock:
                self._waiting -= len(data or b"")

    def finish(self, patience: float) -> None:
        """Write what waits, for ``patience`` seconds at most."""
        self._queue.put(None)
        self._thread.join(patience)

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                _write_all(self._descriptor, data)
            except OSError:
                self.is_gone = True
            with self._lock:
                self._waiting -= len(data)
            if self._waiting == 0:
                self._on_drained()


def _write_all(descriptor: int, data: bytes) -> None:
    """Some programs leave a terminal in the mode in which a write does not wait; then we wait for it."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select([], [descriptor], [])


class Ending(threading.Event):
    """An event that also ends the waiting for a descriptor: ``descriptor`` can be read from while it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.descriptor, self._other_end = os.pipe()

    def set(self) -> None:
        """End the waiting."""
        if not self.is_set():
            super().set()
            os.write(self._other_end, b"!")

    def clear(self) -> None:
        """Wait again from now on."""
        if self.is_set():
            os.read(self.descriptor, 1)
            super().clear()


class SteadyDriver(LinuxDriver):
    """See the module."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        assert sys.__stdout__ is not None  # noqa: S101 - the program begins only with a terminal
        self._file = sys.__stdout__
        self._screen = self._file.fileno()
        self._outlet: Outlet | None = None
        self._is_suspended = False
        self._is_stopping = False
        self._is_over = False
        self._owes = False
        self.exit_event = self._ending = Ending()

    # reading

    def run_input_thread(self) -> None:
        """Wait for what the terminal sends. What is no text stands there as U+FFFD, and what was typed goes on."""
        parser = PasteParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        is_last = False
        while not is_last:
            is_last = self._ending.is_set()
            readable, _, _ = select.select([self.fileno, self._ending.descriptor], [], [], parser.patience)
            if self.fileno in readable:
                if not (data := os.read(self.fileno, _MOST_READ)):
                    return
                if text := decode(data):
                    self._process(parser.feed(text))
            self._process(parser.tick())

    def _process(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self.process_message(message)

    def _run_input_thread(self) -> None:
        try:
            self.run_input_thread()
        except Exception as error:  # noqa: BLE001 - whatever it is, it ends the program as every other mistake does
            self._app.call_later(self._app._handle_exception, error)  # noqa: SLF001

    # writing

    def write(self, data: str) -> None:
        """Let data be written. What a terminal that does not read would get is drawn anew when it reads again."""
        if self._outlet is None:
            return
        if self._outlet.is_behind and not self._is_stopping:
            self._owes = True
        else:
            self._outlet.put(data)

    def _drained(self) -> None:
        if self._owes:
            self._owes = False
            self._do_soon(self._draw_anew)

    def _draw_anew(self) -> None:
        if self._app.is_running:
            self._app.refresh(layout=True)

    @property
    def is_gone(self) -> bool:
        """Whether the terminal is not there any more."""
        if self._outlet is not None and self._outlet.is_gone:
            return True
        try:
            termios.tcgetattr(self.fileno)
        except termios.error:
            return self.input_tty
        return False

    @property
    def _is_in_front(self) -> bool:
        """Whether the terminal is ours: who sets its modes from the background is stopped."""
        try:
            return os.tcgetpgrp(self.fileno) == os.getpgrp()
        except OSError:
            return True

    # beginning and end

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._is_stopping = False
        self._outlet = Outlet(self._screen, self._drained)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self._loop.add_signal_handler(signal.SIGWINCH, self._tell_size)

    def _tell_size(self) -> None:
        if not self._in_band_window_resize:
            size = Size(*self._get_terminal_size())
            self._app.post_message(Resize(size, size))

    def stop_application_mode(self) -> None:
        """Give the terminal back for good."""
        self._give_back()
        self._is_over = True

    def _give_back(self) -> None:
        """Leave the terminal as it was; in the background the shell has its own modes set by then."""
        if self._is_suspended:
            return
        if not self._is_in_front:
            self.attrs_before = None
        self._is_stopping = True
        self.disable_input()  # who still reads would switch on what the terminal only now says that it can
        if self._outlet is not None and self._outlet.is_behind:
            self._outlet.drop()
        self.write("\x1b[H\x1b[2J")  # tmux would give lines of a window that grew to the shell
        if self._mouse_pixels:
            self.write("\x1b[?1016l")
            self._mouse_pixels = False
        super().stop_application_mode()

    def disable_input(self) -> None:
        """Read no more keys; in the background that would stop us."""
        if self._is_suspended:
            return
        if not self._is_in_front:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        super().disable_input()

    def close(self) -> None:
        """Let the terminal read the rest."""
        super().close()
        if self._outlet is not None:
            self._outlet.finish(_LAST_PATIENCE)
            self._outlet = None

    # being stopped, and going on

    def suspend_application_mode(self) -> None:
        """Give the terminal to others."""
        self._give_back()
        self.close()
        self._is_suspended = True

    def resume_application_mode(self) -> None:
        """Take the terminal again, and draw everything: others have written on it."""
        super().resume_application_mode()
        self._is_suspended = False
        self._loop.call_soon_threadsafe(self._draw_anew)

    @property
    def _comes_back(self) -> bool:
        """Whether the screen goes and comes with a sleep: not while an editor has the terminal, nor at the end."""
        return self._auto_restart and not self._is_over

    def _sigtstp_application(self, *_: object) -> None:
        """To be stopped: between two steps of the event loop, but at once while an editor keeps that waiting."""
        if self._auto_restart:
            self._do_soon(self._fall_asleep)
        else:
            self._fall_asleep()

    def _fall_asleep(self) -> None:
        """Stop. ``fall_asleep`` of the app is called before.

        What is typed in an editor or below the last screen comes here as well, and where no shell can wake us up, that
        stops nothing. The whole job is stopped, as the key does it in any other program: who started us in it, such as
        ``make``, would wait for us and keep the terminal from the shell.
        """
        if not self._comes_back and not has_shell():
            return
        if (fall_asleep := getattr(self._app, "fall_asleep", None)) is not None:
            fall_asleep()
        if self._comes_back:
            self.suspend_application_mode()
            self._must_signal_resume = True
        os.killpg(os.getpgrp(), signal.SIGSTOP)

    def _sigcont_application(self, *_: object) -> None:
        """Continued: by the shell, and by the system as well when the terminal goes away, so maybe twice at once."""
        self._do_soon(self._wake_up)

    def _do_soon(self, action: Callable[[], None]) -> None:
        """Between two steps of the event loop; a signal that comes when that is closed changes nothing any more."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(action)

    def _wake_up(self) -> None:
        """Go on. Without a SIGTSTP before, the terminal was not given back, but others may have used it."""
        if not self._comes_back:
            return
        if not self._is_in_front:
            self._loop.call_later(_SLEEP_AGAIN_AFTER, self._sleep_again)
            return
        if not self._is_suspended:
            self.suspend_application_mode()
        self.resume_application_mode()

    def _sleep_again(self) -> None:
        """There is nothing to do in the background but to end."""
        if not getattr(self._app, "is_leaving", False) and not self._is_in_front:
            os.killpg(os.getpgrp(), signal.SIGSTOP)
