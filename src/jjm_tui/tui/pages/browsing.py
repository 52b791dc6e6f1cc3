"""Pages of tasks in the person's browser: http and https only, and the host is told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jjm_tui.domain.text import clean_line, truncate

if TYPE_CHECKING:
    from jjm_tui.tui.app import JulesApp


def open_page(app: JulesApp, url: str | None) -> None:
    """Open an address that a server told, on the person's key, or say why not."""
    if not url:
        app.tell("The server tells no address of this task.", severity="warning")
        return
    host = _web_host(url)
    if host is None:
        app.tell(f"Not opened, as it is no web address: {truncate(clean_line(url), 80)}", severity="error")
        return
    app.open_url(url)
    app.tell(f"Opening it at {host}.")


def _web_host(url: str) -> str | None:
    if not url.isprintable() or " " in url:
        return None  # urlsplit drops some control characters, so the host that is told would not be the whole truth
    try:
        parts = urlsplit(url)
        return parts.hostname or None if parts.scheme in ("http", "https") else None
    except ValueError:
        return None
