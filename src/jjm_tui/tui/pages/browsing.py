"""Pages of tasks in the person's browser: http and https only, and nothing deceptive without a question first."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from textual.content import Content

from jjm_tui.domain.text import clean_line, truncate
from jjm_tui.tui.literal import literal_line

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp

_PLAIN_HOST: Final = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+", re.ASCII)
_SHOWN_CELLS: Final = 400


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An address that can be opened. ``host``: where it really leads, as the browser's name service is asked.

    ``warnings``: why it may look like another one, as sentences.
    """

    host: str
    warnings: tuple[str, ...] = ()


def read_address(url: str) -> WebAddress | None:
    """What is to be said before an address is opened; ``None`` for what is no web address, or hides what it is.

    Control and bidi characters, white space and backslashes are such: browsers read them in another way than people.
    """
    if not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        told, _ = parts.hostname or "", parts.port  # a port that is none is an error, too
        host = told if told.isascii() else told.encode("idna").decode("ascii")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not _PLAIN_HOST.fullmatch(host):
        return None
    warnings = []
    if "@" in parts.netloc:
        warnings.append("What stands before the @ is a name to sign in with, not the place it leads to.")
    if not told.isascii() or any(label.startswith("xn--") for label in host.split(".")):
        warnings.append("Its host has letters of other scripts, which can look like those of another host.")
    return WebAddress(host, tuple(warnings))


def open_page(app: JulesApp, url: str | None) -> None:
    """Open an address that a server told, on the person's key; ask first where it may deceive, or say why not."""
    if not url:
        app.tell("The server tells no address of this task.", severity="warning")
        return
    address = read_address(url)
    if address is None:
        app.tell(f"Not opened, as it is no web address: {truncate(clean_line(url), 80)}", severity="error")
    elif not address.warnings:
        _open(app, url, address)
    else:
        from jjm_tui.tui.screens.confirm import ConfirmDialog

        question = ConfirmDialog(
            "Open this address?", _question(url, address), yes="open it", no="leave it", must_be_seen=True
        )
        app.push_screen(question, lambda sure: _open(app, url, address) if sure is True else None)


def _question(url: str, address: WebAddress) -> Content:
    lines = [literal_line(f"It leads to: {address.host}", "bold $text-warning"), Content("")]
    lines += [Content(warning) for warning in address.warnings]
    lines += [Content(""), literal_line(truncate(clean_line(url), _SHOWN_CELLS), "$text-muted")]
    return Content("\n").join(lines)


def _open(app: JulesApp, url: str, address: WebAddress) -> None:
    app.run_worker(_start_browser(app, url, address), group="browser", exit_on_error=False)


async def _start_browser(app: JulesApp, url: str, address: WebAddress) -> None:
    """Only a browser that was started is told as one."""
    import webbrowser

    try:
        is_started = await asyncio.to_thread(webbrowser.open, url)
    except (OSError, webbrowser.Error):
        is_started = False
    if is_started:
        app.tell(f"Opening it at {address.host}.")
    else:
        app.tell(f"No browser could be started; open it yourself: {truncate(clean_line(url), 200)}", severity="error")
