"""What the connection screen says: the server, the checks, recent calls, what it can do, its own words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from textual.content import Content

from jjm_tui.domain.sync import SyncState, tell_unreadable
from jjm_tui.domain.text import age, ago, clean_line, truncate
from jjm_tui.ports import RecentCall, ServerInfo
from jjm_tui.services.board import Connection
from jjm_tui.services.doctor import describe_dialect
from jjm_tui.services.results import Check
from jjm_tui.services.store_troubles import StoreTrouble
from jjm_tui.settings.model import ServerSettings, Settings
from jjm_tui.settings.presets import is_configured, preset_of
from jjm_tui.settings.secrets import MASK, is_secret_name, masked
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.pages.page_lines import BLANK, beside, bullets, heading, pair, paragraph, time_of_day
from jjm_tui.tui.widgets.header import connection_look
from jjm_tui.tui.widgets.line_styles import ACCENT, BAD, GOOD, MUTED, WARNING
from jjm_tui.tui.widgets.lines import Line
from jjm_tui.tui.widgets.plots import TRACK, bar
from jjm_tui.tui.widgets.tasks.task_row import fit

TWO_COLUMNS_FROM: Final = 130
"""Cells from which sections stand side by side."""
_NAME: Final = 13
_CALLS: Final = 20
_TOOL: Final = 22
_GAUGE: Final = 20
_WORDS: Final = 20

_ROLES: Final[Mapping[str, str]] = {"good": GOOD, "quiet": MUTED, "trouble": WARNING, "failed": BAD}
_MORE: Final[Mapping[str, str]] = {
    "no server": " is set up",
    "server not ready": ": one is chosen, but it cannot be used yet",
    "not started": "; it is started when it is first needed",
    "followed": ": another copy of this program asks the server",
    "trouble": "; the server itself runs",
    "gave up": " after too many failures",
}
"""What goes on behind the word of the header."""
_IN_TROUBLE: Final = frozenset({"reconnecting", "offline", "could not start", "gave up"})
_STAYS_DOWN: Final = frozenset({"cannot_start", "gave_up"})
"""Of a server's own states: it is not started again before somebody asks for it."""
_CHECKS: Final[Mapping[str, tuple[str, str]]] = {"ok": ("✓", GOOD), "warning": ("!", WARNING), "failed": ("✗", BAD)}
_WORST_FIRST: Final = ("failed", "warning", "ok")
_BREAKER: Final[Mapping[str, str]] = {
    "closed": "go through",
    "open": "are paused for a while after several failures in a row",
    "half_open": "one tries whether the server answers again",
}


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """Everything that the page shows. ``target``: what is started or reached, without secrets. ``monotonic``: seconds
    of the clock by which ``connection.next_poll_at`` counts. The keys as people read them."""

    connection: Connection
    info: ServerInfo | None
    sync: SyncState
    target: str
    profile: str
    checks: Sequence[Check]
    is_checking: bool
    now: datetime
    monotonic: float
    restart_key: str
    check_key: str
    setup_key: str
    palette_key: str
    store_trouble: StoreTrouble | None = None
    refresh_key: str = ""


def shown_target(settings: Settings) -> str:
    """The command or address of the chosen server, without anything that may be secret; empty where none is chosen.
    No secret is read."""
    if not is_configured(settings):
        return ""
    if settings.server.url:
        return masked(_shown_address(settings.server.url))
    return masked(shlex.join(_without_secrets(_command(settings.server))))


def _command(server: ServerSettings) -> Iterator[str]:
    preset = preset_of(server)
    yield from (server.command or "",) if preset.name == "custom" else preset.program
    if preset.name == "browser" and server.script is not None:
        yield str(server.script)
    yield from server.args


def _without_secrets(words: Iterator[str]) -> Iterator[str]:
    is_hidden = False
    for word in words:
        option, equals, _ = word.partition("=")
        is_secret = option.startswith("-") and is_secret_name(option)
        if is_hidden and not word.startswith("-"):
            yield MASK
        else:
            yield f"{option}={MASK}" if is_secret and equals else word
        is_hidden = is_secret and not equals


def _shown_address(url: str) -> str:
    """Scheme, host and path: a name with a password, and what stands behind a question mark, may be secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{'?…' if parts.query else ''}"


def connection_lines(view: ConnectionView, width: int) -> list[Line]:
    """The page in lines of so many cells. Checks that were asked for come first."""
    if width < TWO_COLUMNS_FROM:
        is_asked = view.is_checking or bool(view.checks)
        sections = [
            _checks(view, width) if is_asked else [],
            _server(view, width),
            _last_words(view, width) if view.connection.status in _IN_TROUBLE else [],
            [] if is_asked else _checks(view, width),
            _calls(view, width),
            _abilities(view, width),
            [] if view.connection.status in _IN_TROUBLE else _last_words(view, width),
        ]
        return _joined(sections)
    half = (width - 2) // 2
    left = _joined([_server(view, half), _abilities(view, half)])
    right = _joined([_checks(view, half), _calls(view, half), _last_words(view, half)])
    return beside(left, right, half + 2)


def _joined(sections: Sequence[Sequence[Line]]) -> list[Line]:
    lines: list[Line] = []
    for section in filter(None, sections):
        lines += [BLANK, *section] if lines else section
    return lines


# the server


def _server(view: ConnectionView, width: int) -> list[Line]:
    connection = view.connection
    glyph, word, role = connection_look(connection, view.now)
    silent = ", although it was asked" if connection.silence(view.now) is not None else ""
    told = f"{glyph} {word}{_MORE.get(word, '')}{silent}{_when(view)}"
    lines = [*_store(view, width), heading("Server", f"profile {view.profile}")]

    def add(name: str, value: Content | str) -> None:
        content = literal_line(value) if isinstance(value, str) else value
        lines.extend(pair(name, content, width, _NAME))

    add("status", Content.assemble((told, _ROLES[role]), literal_line(_running(view.info), MUTED)))
    if connection.trouble:
        add("trouble", literal_line(connection.trouble, WARNING))
    if connection.way_out:
        add("way out", connection.way_out)
    elif connection.status == "none":
        add("way out", f"Choose one: {_set_up(view)}, or `jjm setup`.")
    if connection.status == "not ready":
        words = f"Mend it, then open jjm anew; {view.check_key} makes the doctor's checks."
        add("next step", f"{words} Or {_set_up(view)} chooses another server.")
    elif connection.status == "gave up":
        add("next step", f"{view.check_key} makes the doctor's checks; {view.restart_key} restarts it.")
    elif connection.status == "could not start":
        add("next step", f"{view.restart_key} tries again; changed settings count when jjm is opened anew.")
    if connection.label:
        add("name", connection.label + _version(view))
    if view.target:
        add("would run" if connection.status == "not ready" else "runs", view.target)
    if view.info is not None:
        add("last answer", _last_answer(view.info, view.now))
        add("budget", _budget(view.info))
        add("calls", _calls_now(view))
        add("restarts", _restarts(view.info))
    stored = "" if connection.status == "connected" else "; what is shown is stored here"
    add("list read", "never" if view.sync.synced_at is None else f"{_ago(view.sync.synced_at, view.now)}{stored}")
    lines += _missing(view, width)
    if view.info is not None:
        add("next look", _next_look(view))
    return lines


def _missing(view: ConnectionView, width: int) -> list[Line]:
    """Only while the server's list has tasks that are not shown anywhere here."""
    if not view.sync.unreadable:
        return []
    way_out = "`jjm server call` shows the server's whole answer; the website of Jules has every task."
    told = literal_line(tell_unreadable(view.sync.unreadable), WARNING)
    return [*pair("missing", told, width, _NAME), *pair("", literal_line(way_out), width, _NAME)]


def _store(view: ConnectionView, width: int) -> list[Line]:
    """Only while something is wrong with the local files."""
    wrong = view.store_trouble
    if wrong is None:
        return []
    again = f"It is tried again {wrong.again}; {view.refresh_key} tries now." if wrong.again else ""
    told = ((f"! {wrong.what}", WARNING), (wrong.message, ""), (wrong.hint or "", ""), (again, MUTED))
    lines = [heading("Store")]
    for text, style in told:
        lines += paragraph(literal_line(text, style), width) if text else []
    return [*lines, BLANK]


def _set_up(view: ConnectionView) -> str:
    """The way to the set-up: its key on this page, or the palette where it has none."""
    return f"{view.setup_key} (set-up)" if view.setup_key else f"set-up in the palette ({view.palette_key})"


def _when(view: ConnectionView) -> str:
    """When a server that went down is started again, as far as it is known."""
    at = None if view.info is None else view.info.next_start_at
    if view.connection.status != "reconnecting" or at is None or at <= view.monotonic:
        return ""
    return f" in {age(max(1.0, at - view.monotonic))}"


def _restarts(info: ServerInfo) -> str:
    if not info.was_up and info.status in ("down", "cannot_start", "gave_up"):
        tries = info.restarts + 1
        return f"it never ran; {'one try' if tries == 1 else f'{tries} tries'} since this program started"
    return f"{info.restarts} since this program started"


def _calls_now(view: ConnectionView) -> str:
    info = view.info
    if info is None or info.status in _STAYS_DOWN:
        return "none until the server runs again"
    if info.breaker == "closed" and info.status in ("idle", "connecting", "down"):
        return "wait until the server runs"
    return _BREAKER.get(info.breaker, info.breaker)


def _running(info: ServerInfo | None) -> str:
    if info is None or not (info.running or info.waiting):
        return ""
    waiting = f", {info.waiting} waiting" if info.waiting else ""
    return f"; {info.running} call{'' if info.running == 1 else 's'} under way{waiting}"


def _version(view: ConnectionView) -> str:
    info = view.info
    if info is None or not info.name:
        return ""
    words = " ".join(filter(None, (info.name, info.version)))
    return f" ({words}{f', protocol {info.protocol}' if info.protocol else ''}{_as_of(view, '; ')})"


def _as_of(view: ConnectionView, before: str = "") -> str:
    """What a server told of itself is as old as the connection."""
    return "" if view.connection.status == "connected" else f"{before}when last connected"


def _last_answer(info: ServerInfo, now: datetime) -> str:
    answered = [call for call in info.recent if call.outcome == "ok"]
    if not answered:
        return "none yet" if not info.recent else f"none of the last {len(info.recent)} calls was answered"
    newest = answered[-1]
    return f"{_ago(newest.started_at + timedelta(seconds=newest.seconds), now)} ({newest.tool})"


def _ago(then: datetime, now: datetime) -> str:
    return ago((now - then).total_seconds())


def _budget(info: ServerInfo) -> Content:
    used, limit = info.budget_used, info.budget_limit
    if limit <= 0:
        return Content("no limit on calls")
    style = WARNING if used >= limit * 0.9 else ""
    gauge = bar(used / limit, _GAUGE).rstrip()
    track = TRACK * (_GAUGE - len(gauge))
    return Content.assemble(
        (f"{used} of {limit} spent, {limit} come back every minute", style),
        "  ",
        (gauge, style or ACCENT),
        (track, MUTED),
    )


def _next_look(view: ConnectionView) -> str:
    connection = view.connection
    if view.sync.polling_stopped:
        return f"stopped: {view.sync.polling_stopped}"
    if connection.polls_elsewhere:
        return "another copy of this program asks the server; this one follows what it stores"
    if view.info is not None and view.info.status in _STAYS_DOWN:
        return f"none until the server runs again; {view.restart_key} starts it"
    if connection.is_polling:
        return "under way"
    if connection.next_poll_at is None:
        return "not planned"
    seconds = connection.next_poll_at - view.monotonic
    when = f"in {age(seconds)}" if seconds > 0 else "now"
    return f"{when}, and tries to start it again" if connection.status == "could not start" else when


# the other sections


def _checks(view: ConnectionView, width: int) -> list[Line]:
    if not view.checks and not view.is_checking:
        hint = f"{view.check_key} checks settings, server, account, store and outbox."
        hint += "" if view.info is None else " It reads the list once."
        return [heading("Checks"), *paragraph(Content.styled(hint, MUTED), width)]
    lines = [heading("Checks", "under way…" if view.is_checking else _verdict(view.checks))]
    for check in sorted(view.checks, key=lambda check: _WORST_FIRST.index(check.state)):
        glyph, style = _CHECKS[check.state]
        value = literal_line(check.message)
        lines += pair(
            f"{glyph} {check.state}", Content.assemble(literal_line(check.name), ": ", value), width, _NAME, style
        )
        for text in (*check.details, check.way_out or ""):
            if text:
                lines += paragraph(literal_line(text, MUTED), width, 2 + _NAME)
    return lines


def _verdict(checks: Sequence[Check]) -> str:
    """``7 made: 1 failed, 2 warnings``."""
    failed, warnings = (sum(check.state == state for check in checks) for state in ("failed", "warning"))
    words = [f"{failed} failed"] if failed else []
    words += [f"{warnings} warning{'' if warnings == 1 else 's'}"] if warnings else []
    return f"{len(checks)} made: {', '.join(words) or 'all ok'}"


def _calls(view: ConnectionView, width: int) -> list[Line]:
    recent = () if view.info is None else view.info.recent
    if not recent:
        return [heading("Recent calls"), *paragraph(Content.styled("none yet", MUTED), width)]
    return [heading("Recent calls", f"newest first, {len(recent)} kept"), *map(_call, reversed(recent[-_CALLS:]))]


def _call(call: RecentCall) -> Line:
    is_ok = call.outcome == "ok"
    style = GOOD if is_ok else MUTED if call.outcome == "cancelled" else BAD
    tries = f"  {call.attempts} tries" if call.attempts > 1 else ""
    return Line(
        Content.assemble(
            "  ",
            (time_of_day(call.started_at), MUTED),
            f"  {_duration(call.seconds):>7}  ",
            fit(clean_line(call.tool), _TOOL),
            "  ",
            literal_line(call.outcome.replace("_", " "), style),
            (tries, WARNING),
        )
    )


def _duration(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _abilities(view: ConnectionView, width: int) -> list[Line]:
    info = view.info
    if info is None or info.capabilities is None:
        return []
    check = describe_dialect(info.capabilities)
    lines = [heading("What it can do", _as_of(view)), *paragraph(literal_line(f"dialect {check.message}"), width)]
    lines += bullets([literal_line(text, MUTED) for text in check.details], width)
    lines += [BLANK, heading("Tools", f"{len(info.tools)}{_as_of(view, ', ')}")]
    lines += paragraph(literal_line(", ".join(info.tools) or "none"), width)
    return lines


def _last_words(view: ConnectionView, width: int) -> list[Line]:
    """Foreign through and through."""
    if view.info is None:
        return []
    lines = [heading("Its last words", "what the server wrote to its standard error, newest last")]
    words = view.info.last_words[-_WORDS:]
    if not words:
        return [*lines, *paragraph(Content.styled("nothing", MUTED), width)]
    for text in words:
        lines += paragraph(literal_line(truncate(clean_line(text), width * 3)), width)
    return lines
