"""Ways to tell a person who does not look at this screen: bell, the terminal's own notifications, programs."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import html
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from shutil import which
from typing import Final, Literal, Protocol

from jjm_tui.domain.text import clean_line, truncate
from jjm_tui.services.notifier import Announcement

Osc = Literal["9", "99", "777"]
Find = Callable[[str], str | None]

_TIMEOUT: Final = 10.0
"""Seconds until a program that was started for a notification is ended."""

_TITLE_CELLS: Final = 80
_BODY_CELLS: Final = 400

_OSC_9: Final = ("ITERM_SESSION_ID", "WEZTERM_PANE", "GHOSTTY_RESOURCES_DIR")
_OSC_9_PROGRAMS: Final = frozenset({"iTerm.app", "WezTerm", "ghostty"})
_OSC_777_TERMS: Final = ("foot", "rxvt-unicode", "contour")
_APPLE_SCRIPT: Final = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


class ChannelError(Exception):
    """Why somebody could not be told, as a sentence."""


class Channel(Protocol):
    """One way to tell. Raises ChannelError."""

    async def send(self, announcement: Announcement) -> None: ...


@dataclass(frozen=True, slots=True)
class BellChannel:
    """The terminal's bell."""

    ring: Callable[[], None]

    async def send(self, announcement: Announcement) -> None:
        """Ring."""
        self.ring()


@dataclass(frozen=True, slots=True)
class OscChannel:
    """A notification that the terminal shows. ``in_tmux``: it is handed through tmux to the terminal outside, which
    tmux does only with ``allow-passthrough on``."""

    write: Callable[[str], None]
    osc: Osc
    in_tmux: bool = False

    async def send(self, announcement: Announcement) -> None:
        """Send the escape sequence."""
        sequence = osc_sequence(self.osc, announcement.title, announcement.body)
        self.write(_through_tmux(sequence) if self.in_tmux else sequence)


def osc_sequence(osc: Osc, title: str, body: str) -> str:
    """The escape sequence for a notification; nothing in title and body can end it or add a field to it."""
    head, text = _harmless(title, _TITLE_CELLS), _harmless(body.replace("\n", " · "), _BODY_CELLS)
    if osc == "99":
        return f"\x1b]99;i=jjm:d=0:e=1;{_base64(head)}\x1b\\\x1b]99;i=jjm:d=1:e=1:p=body;{_base64(text)}\x1b\\"
    if osc == "777":
        return f"\x1b]777;notify;{head};{text}\x1b\\"
    return f"\x1b]9;{head}: {text}\x1b\\"


def _harmless(text: str, cells: int) -> str:
    return truncate(clean_line(text).replace(";", ","), cells)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode("utf-8")).decode("ascii")


def _through_tmux(sequence: str) -> str:
    doubled = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{doubled}\x1b\\"


@dataclass(frozen=True, slots=True)
class ProgramChannel:
    """A program, started without a shell. ``command`` makes its arguments of an announcement; ``environ`` is what it
    sees beside ``JJM_COUNT``, ``JJM_TASK_IDS``, ``JJM_TITLE`` and ``JJM_TEXT``. Seconds."""

    command: Callable[[Announcement], Sequence[str]]
    environ: Mapping[str, str] = field(repr=False)
    timeout: float = _TIMEOUT

    async def send(self, announcement: Announcement) -> None:
        """Run it and wait for its end; it is ended when it takes too long."""
        argv = self.command(announcement)
        subject = f"The notification program {clean_line(argv[0])}"
        told = {
            "JJM_COUNT": str(len(announcement.task_ids)),
            "JJM_TASK_IDS": clean_line(" ".join(announcement.task_ids)),
            "JJM_TITLE": announcement.title,
            "JJM_TEXT": announcement.body,
        }
        nothing = asyncio.subprocess.DEVNULL
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=nothing, stdout=nothing, stderr=nothing, env={**self.environ, **told},
                start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise ChannelError(
                f"The notification program {clean_line(argv[0])} could not be started: {why}."
            ) from error
        try:
            code = await asyncio.wait_for(process.wait(), self.timeout)
        except TimeoutError as error:
            seconds = f"{self.timeout:g} seconds"
            raise ChannelError(
                f"The notification program {clean_line(argv[0])} ran for {seconds} and was ended."
            ) from error
        finally:
            await _end(process)
        if code != 0:
            raise ChannelError(f"{subject} ended with code {code}.")


async def _end(process: asyncio.subprocess.Process) -> None:
    """End what is left of a program and its children."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def own_command(command: Sequence[str]) -> Callable[[Announcement], Sequence[str]]:
    """The person's command; the text is its last argument."""
    return lambda announcement: [*command, f"{announcement.title}\n{announcement.body}"]


def find_desktop_channel(
    write: Callable[[str], None],
    environ: Mapping[str, str],
    *,
    find: Find = which,
    platform: str = sys.platform,
) -> Channel | None:
    """How this desktop can be told: by its terminal where that is known to do it, else by the system's own program.

    Over ssh no program is started: it would tell the wrong machine. ``None`` when there is no way.
    """
    osc = _osc_of(environ)
    if osc is None and not (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")):
        command = _system_command(environ, find, platform)
        if command is not None:
            return ProgramChannel(command, environ)
    if osc is None and environ.get("VTE_VERSION"):
        osc = "777"
    return None if osc is None else OscChannel(write, osc, in_tmux=bool(environ.get("TMUX")))


def _osc_of(environ: Mapping[str, str]) -> Osc | None:
    """The sequence that the terminal is known to understand. In tmux, what the terminal outside left tells."""
    terminal = environ.get("TERM", "")
    if environ.get("KITTY_WINDOW_ID") or terminal == "xterm-kitty":
        return "99"
    if (
        environ.get("TERM_PROGRAM") in _OSC_9_PROGRAMS
        or environ.get("LC_TERMINAL") == "iTerm2"
        or any(environ.get(name) for name in _OSC_9)
    ):
        return "9"
    return "777" if terminal.startswith(_OSC_777_TERMS) else None


def _system_command(
    environ: Mapping[str, str], find: Find, platform: str
) -> Callable[[Announcement], Sequence[str]] | None:
    if platform == "darwin":
        if (notifier := find("terminal-notifier")) is not None:
            return _terminal_notifier(notifier)
        osascript = find("osascript")
        return None if osascript is None else _osascript(osascript)
    notify_send = find("notify-send") if environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") else None
    return None if notify_send is None else _notify_send(notify_send)


def _notify_send(program: str) -> Callable[[Announcement], Sequence[str]]:
    """Its body is read as markup by the desktop."""
    return lambda told: [program, "--app-name=jjm", "--", told.title, html.escape(told.body, quote=False)]


def _terminal_notifier(program: str) -> Callable[[Announcement], Sequence[str]]:
    """It takes values that begin with a bracket for lists, so none does."""
    return lambda told: [program, "-group", "jjm", "-title", told.title, "-message", f"Jules: {told.body}"]


def _osascript(program: str) -> Callable[[Announcement], Sequence[str]]:
    """The texts are arguments of the script, never part of it."""
    script = [word for line in _APPLE_SCRIPT for word in ("-e", line)]
    return lambda told: [program, *script, told.title, told.body]
