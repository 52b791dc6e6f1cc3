"""While you were away: who needs the person now, then what happened since the last visit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from textual.content import Content

from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import cell_width, clean_line
from jjm_tui.services.board import BoardChange
from jjm_tui.services.digest import DIGEST_GROUPS, Digest, DigestEntry, DigestGroup, make_digest, summary_parts
from jjm_tui.tui.engine import Engine
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.look.appearance import appearance_of
from jjm_tui.tui.pages.event_lines import Look, local_day, status_look, status_words
from jjm_tui.tui.pages.page_lines import BLANK, heading, length, paragraph, time_of_day
from jjm_tui.tui.screens.page import PageScreen
from jjm_tui.tui.widgets.bar import Piece
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.line_styles import MUTED, WARNING
from jjm_tui.tui.widgets.lines import Line
from jjm_tui.tui.widgets.tasks.task_row import fit

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager

_USUAL: Final = timedelta(hours=8)
"""What is shown when no earlier visit is remembered."""
_ANEW_AFTER: Final = 30.0
"""Seconds after which lengths of time are told anew."""
_LATE: Final = 120.0
"""Seconds; a list is read once a minute at least."""
_REPOSITORY_FROM: Final = 70
_REPOSITORY: Final = 20
_WORDS_FROM: Final = 50
"""Cells from which glyphs have their word."""
_LEAST_TITLE: Final = 12
_NEW: Final = "  new"

_TITLES: Final[Mapping[DigestGroup, str]] = {
    "plans": "Plans",
    "questions": "Questions",
    "failed": "Failed",
    "finished": "Finished",
    "gone": "No longer on the server",
    "created": "New",
}


class _Entry(NamedTuple):
    """A task as one line: how it looks, its title, when, and what else is told of it. ``note`` is foreign."""

    task_id: str
    look: str
    style: str
    title: str
    repository: str
    when: str
    is_new: bool
    note: str


class _Columns(NamedTuple):
    """The cells of each column, the same for all lines of the page; 0: it is not there. ``has_owners``: repositories
    stand with them."""

    look: int
    title: int
    repository: int
    when: int
    has_owners: bool = True


async def read_digest(manager: JobManager, tasks: Mapping[str, Task], since: datetime, now: datetime) -> Digest:
    """The digest from the stored history. Raises StorageError when it cannot be read."""
    return make_digest(await manager.query_events(since=since), tasks, since, now)


class DigestScreen(PageScreen):
    """Who needs the person, and what happened since ``since``; without it since the last visit. Enter goes to the task.

    Every task has one line: who needs the person is not listed again below what happened, but counted there.
    """

    NAME = "While you were away"
    KEYS = ("open",)
    DOES: ClassVar[Mapping[str, str]] = MappingProxyType({"open": "go to the task of this line"})
    TITLES: ClassVar[Mapping[str, str]] = MappingProxyType({"open": "go to task"})

    def __init__(self, since: datetime | None = None) -> None:
        super().__init__()
        self._since = since
        self._is_remembered = True
        self._opened_at: datetime | None = None
        self._events: list[TaskEvent] | None = None
        self._has_history = True
        self._digest: Digest | None = None
        self._is_stale = False

    def make_list(self) -> LineList:
        """Tasks with a cursor."""
        return LineList(has_cursor=True)

    def on_mount(self) -> None:
        """Read what happened."""
        self._opened_at = self.now()
        if self._since is None:
            self._since = self.dashboard.launch.memory.last_seen
        if self._since is None:
            self._since = self._opened_at - _USUAL
            self._is_remembered = False
        self.show_empty(Content("Reading the history…"))
        self.show_header(self._pieces())
        self.when_open(self._read)

    async def _read(self, engine: Engine) -> None:
        if self._since is not None:
            self._events = list(await engine.manager.query_events(since=self._since))
            if not self._is_remembered:
                self._has_history = bool(self._events or await engine.manager.query_events(limit=1))
            self._make()

    def _make(self) -> None:
        if self._events is not None and self._since is not None:
            self._digest = make_digest(self._events, self.board.tasks, self._since, self.now())
            self._is_stale = False
            self.show_header(self._pieces())
            self.refill(anew=True)

    # what is shown

    def _pieces(self) -> Iterator[Piece]:
        digest = self._digest
        begin = self._since if digest is None else digest.since
        if begin is not None and self._opened_at is not None and self._has_history:
            since = _moment(begin, self._opened_at)
            yield Piece(f"since {since}", "quiet", rank=1, short=since)
            yield Piece(length((self._opened_at - begin).total_seconds()), "quiet", rank=2)
        if digest is not None and digest.is_cut:
            yield Piece("what was before is not known", "trouble", rank=3)
        elif not self._is_remembered:
            yield Piece("no earlier visit is remembered", "trouble", rank=3)

    def fill(self, width: int) -> None:
        """The page anew."""
        digest = self._digest
        if digest is None:
            return
        since, unread = _moment(digest.since, digest.until), self._unread(digest.until)
        if digest.is_empty and not digest.waiting:
            nothing = f"{_nothing(digest, since, self._has_history)}, and no task needs you."
            self.show_empty(Content(f"{nothing} {unread}".strip()))
            self.lines.set_lines(())
            return
        waiting = list(self._waiting(digest))
        happened = {name: [self._happened(name, each) for each in digest.others(name)] for name in DIGEST_GROUPS}
        columns = _columns([*waiting, *(entry for entries in happened.values() for entry in entries)], width - 1)
        lines: list[Line] = []

        def add(entries: Iterable[_Entry]) -> None:
            lines.extend(line for entry in entries for line in _lines(entry, columns))

        if waiting:
            news = sum(entry.is_new for entry in waiting)
            note = f"{news} of them new since {since}" if news else ""
            lines.append(heading(f"Need you now ({len(waiting)})", note))
            add(waiting)
            lines.append(BLANK)
        lines += paragraph(Content(f"{_told(digest, since, self._has_history)} {unread}".strip()), width, 1)
        for name, entries in happened.items():
            if entries:
                lines += [BLANK, heading(f"{_TITLES[name]} ({digest.count(name)})", _elsewhere(digest, name))]
                add(entries)
        self.lines.set_lines(lines)

    def _unread(self, now: datetime) -> str:
        """From when on nothing is known, when the list was not read just now."""
        read, status = self.board.sync.synced_at, self.board.connection.status
        if read is None:
            return "The server was not read yet."
        is_awaited = status not in ("connected", "idle")
        is_late = (now - read).total_seconds() > (0.0 if is_awaited else _LATE)
        return f"The server's list was read {_moment(read, now)}; later news are not here yet." if is_late else ""

    def _waiting(self, digest: Digest) -> Iterator[_Entry]:
        now = self.now()
        for entry in digest.waiting:
            task = self.board.task(entry.task_id)
            if task is not None:
                told = "since ?" if entry.at is None else f"for {length((now - entry.at).total_seconds())}"
                look = appearance_of(task, now)
                style = status_look(task.status).style
                yield self._entry(entry.task_id, f"{look.glyph} {look.word}", style, told, is_new=entry.is_news)

    def _happened(self, group: DigestGroup, entry: DigestEntry) -> _Entry:
        task, now = self.board.task(entry.task_id), self.now()
        status = TaskStatus.UNKNOWN if task is None else task.status
        look = Look("∅", WARNING) if group == "gone" else status_look(status)
        word = "gone" if group == "gone" else status_words(status)
        failure = task.failure if group == "failed" and task is not None and task.failure else ""
        is_new = entry.is_new and group != "created"
        when = _moment(entry.at, now)
        return self._entry(entry.task_id, f"{look.glyph} {word}", look.style, when, is_new=is_new, note=failure)

    def _entry(self, task_id: str, look: str, style: str, when: str, *, is_new: bool, note: str = "") -> _Entry:
        task = self.board.task(task_id)
        repository = "" if task is None or not task.repository else clean_line(task.repository)
        return _Entry(task_id, look, style, clean_line(self.title_of(task_id)), repository, when, is_new, note)

    def board_changed(self, change: BoardChange) -> None:
        """Tasks moved on: what is listed must be true; made anew with the next second."""
        self._is_stale |= bool(change.task_ids) or not change.aspects.isdisjoint(("sync", "connection"))

    def events_happened(self, events: Sequence[TaskEvent]) -> None:
        """More happened while the screen is open."""
        if self._events is not None:
            self._events += events
            self._has_history = self._is_stale = True

    def clock_ticked(self, now: datetime) -> None:
        """Take over what changed in the last second, and waits that got longer."""
        if self._is_stale or (self._digest is not None and (now - self._digest.until).total_seconds() >= _ANEW_AFTER):
            self._make()

    # actions

    def do_open(self) -> None:
        """Go to the task of this line."""
        self.lines.choose()

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        """Go to the task."""
        if message.line is not None:
            self.dashboard.show_task(message.line.key)


def _told(digest: Digest, since: str, has_history: bool) -> str:
    """What happened, in a sentence; it counts also what has moved on since, or is archived."""
    parts = summary_parts(digest)
    if not parts:
        return f"{_nothing(digest, since, has_history)}."
    begin = f"The history here begins {since}. Since then" if digest.is_cut else f"Since {since}"
    away = "" if digest.lists_anything else " All of that is archived or has moved on since."
    return f"{begin}: {', '.join(parts)}.{away}"


def _elsewhere(digest: Digest, name: DigestGroup) -> str:
    """Where those are that a heading counts and that are not below it."""
    listed = [each for other in DIGEST_GROUPS for each in digest.group(other) if each.is_new]
    there = len(listed if name == "created" else digest.group(name))
    above, away = there - len(digest.others(name)), digest.count(name) - there
    return ", ".join(
        (*([f"{above} of them above"] if above else []), *([f"{away} archived or moved on since"] if away else []))
    )


def _nothing(digest: Digest, since: str, has_history: bool) -> str:
    if not has_history:
        return "There is no history yet"
    if digest.is_cut:
        return f"The history here begins {since}; nothing happened since then"
    return f"Nothing happened since {since}"


def _moment(at: datetime, now: datetime) -> str:
    """The time of day, with the date when it is another day."""
    local, clock = at.astimezone(), time_of_day(at)[:5]
    return clock if local_day(at) == local_day(now) else f"{local.day} {local:%b} {clock}"


def _columns(entries: Sequence[_Entry], width: int) -> _Columns:
    """Columns as wide as what is in them, and what is left for the titles: the owners of repositories give way."""
    columns = _share(entries, width)
    if columns.title < _widest(each.title for each in entries):
        columns = _share([each._replace(repository=_short(each.repository)) for each in entries], width)
        return columns._replace(has_owners=False)
    return columns


def _widest(texts: Iterable[str]) -> int:
    return max(map(cell_width, texts), default=0)


def _short(repository: str) -> str:
    return repository.rpartition("/")[2]


def _share(entries: Sequence[_Entry], width: int) -> _Columns:
    look = _widest(each.look for each in entries) if width >= _WORDS_FROM else 1
    when = _widest(each.when for each in entries)
    repository = min(_REPOSITORY, _widest(each.repository for each in entries)) if width >= _REPOSITORY_FROM else 0
    rest = 2 + look + 2 + (repository + 2 if repository else 0) + 2 + when
    rest += len(_NEW) if any(each.is_new for each in entries) else 0
    title = max(_LEAST_TITLE, min(width - rest, _widest(each.title for each in entries)))
    return _Columns(look, title, repository, when)


def _lines(entry: _Entry, columns: _Columns) -> Iterator[Line]:
    """Its line, and what else is told of it below its title."""
    repository = entry.repository if columns.has_owners else _short(entry.repository)
    yield Line(
        Content.assemble(
            "  ",
            (fit(entry.look, columns.look) if columns.look > 1 else entry.look[:1], entry.style),
            "  ",
            fit(entry.title, columns.title),
            (f"  {fit(repository, columns.repository)}" if columns.repository else "", MUTED),
            "  ",
            (f"{entry.when:>{columns.when}}", MUTED),
            (_NEW if entry.is_new else "", MUTED),
        ),
        entry.task_id,
    )
    if entry.note:
        yield Line(Content.assemble(" " * (columns.look + 4), literal_line(entry.note, MUTED)))
