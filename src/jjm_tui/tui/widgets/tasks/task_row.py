"""One task as one line of the list: which columns there is room for, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from rich.cells import cell_len, set_cell_size

from jjm_tui.domain.conversation import is_unread
from jjm_tui.domain.task import SourceFile, Task, needs_me
from jjm_tui.domain.text import ELLIPSIS, age, clean_line, heading, is_age, truncate
from jjm_tui.tui.look.appearance import Appearance, Role, appearance_of

CURSOR_BAR: Final = "▌"
MARK: Final = "+"
UNREAD: Final = "•"
WATCHED: Final = "w"
DRAFT: Final = "✎"
STALE: Final = "~"
UNKNOWN_TIME: Final = "?"
NOW: Final = "now"
MINUS: Final = "\u2212"

TITLE: Final = "task-list--title"
UNREAD_SIGN: Final = "task-list--unread"
NEEDING_TITLE: Final = "task-list--needing"
MUTED: Final = "task-list--muted"
STALE_TEXT: Final = "task-list--stale"
MARK_SIGN: Final = "task-list--mark"
BAR: Final = "task-list--bar"
ADDITIONS: Final = "task-list--additions"
DELETIONS: Final = "task-list--deletions"

SIGNS_FROM: Final = 46
"""From here on there is room for the signs of news and of watching, and 24 cells of title."""
REPOSITORY_FROM: Final = 55
"""From here on there is room for the repository and 24 cells of title; below, only beside a title that is whole."""
SIZES_FROM: Final = 74
"""From here on there is room for pull request and diff size as well; below, only beside a title that is whole."""
FULL_FROM: Final = 100
_WORD_FROM: Final = 30
_DELIVERY_WORD_FROM: Final = 48
_AGE_FROM: Final = 16

_MINUTE: Final = 60
_WORD_CELLS: Final = 8
_AGE_CELLS: Final = 5
_DATA_AGE_CELLS: Final = 6
_LEAST_REPOSITORY_CELLS: Final = 8
_MOST_REPOSITORY_CELLS: Final = 32
_BESIDE_REPOSITORY_CELLS: Final = 47
"""Everything else of a row without sizes, with 24 cells of title."""


@dataclass(frozen=True, slots=True)
class DeliveryMark:
    """How far an operation of the person got. ``word``: 11 cells at most; ``glyph``: one; ``role``: for the colour."""

    word: str
    glyph: str
    role: Role


DELIVERY_MARKS: Final[Mapping[str, DeliveryMark]] = {
    mark.word: mark
    for mark in (
        DeliveryMark("sending", "↑", "running"),
        DeliveryMark("sent", "↑", "running"),
        DeliveryMark("confirmed", "✓", "review"),
        DeliveryMark("not sent", "✗", "failed"),
        DeliveryMark("refused", "✗", "failed"),
        DeliveryMark("unconfirmed", "?", "attention"),
    )
}
"""By word, as the board tells it."""


@dataclass(frozen=True, slots=True)
class RowInfo:
    """What a row shows that is not part of the task. ``is_stale``: its data is older than it should be. ``has_draft``:
    a message to it was begun and not sent."""

    delivery: DeliveryMark | None = None
    is_watched: bool = False
    is_stale: bool = False
    has_draft: bool = False


NO_INFO: Final = RowInfo()


class RowMoment(NamedTuple):
    """Everything of a row that time alone can change."""

    appearance: Appearance
    age: str
    data_age: str


class Cell(NamedTuple):
    """A piece of a line and the component class of the list that styles it."""

    text: str
    style: str


def row_moment(task: Task, now: datetime, info: RowInfo = NO_INFO) -> RowMoment:
    """How the row looks at ``now``. The age: how long the task has waited for a person, else since it last changed;
    ``?`` where that is not known. The age of the data is told for stale rows only.
    """
    appearance = appearance_of(task, now)
    since = task.waiting_since if needs_me(task, now) is not None else task.updated_at or task.created_at
    data_age = _age(task.status_read_at, now) if info.is_stale else ""
    return RowMoment(appearance, _age(since, now), data_age)


def format_row(
    task: Task,
    now: datetime,
    width: int,
    info: RowInfo = NO_INFO,
    *,
    is_cursor: bool = False,
    is_marked: bool = False,
    is_compact: bool = False,
    shows_repository: bool = True,
) -> tuple[Cell, ...]:
    """The row in exactly ``width`` cells.

    ``▌`` cursor, ``+`` mark, glyph and word of the state, ``•`` unread, ``w`` watched, ``✎`` draft, title, pull request
    and diff size, repository, age of stale data, age; ``is_compact``: no pull request, diff size and repository. What
    there is no room for is left out; a draft never is, nor a delivery mark: it takes the place of the diff size, else
    of the repository, else the end of the title. What stands between title and repository takes no more room than it
    needs: the title has the rest, and before it is cut that of a repository which there is not. In a narrow row sizes,
    then the repository are there only beside a title that is whole.
    """
    moment = row_moment(task, now, info)
    state = f"state--{moment.appearance.role}"
    left = [
        Cell(CURSOR_BAR if is_cursor else " ", BAR),
        Cell(MARK if is_marked else " ", MARK_SIGN),
        Cell(moment.appearance.glyph + " ", state),
    ]
    if width >= _WORD_FROM:
        left.append(Cell(fit(moment.appearance.word, _WORD_CELLS) + " ", state))
    if width >= SIGNS_FROM:
        left.append(Cell(UNREAD if is_unread(task) else " ", UNREAD_SIGN))
        left.append(Cell((WATCHED if info.is_watched else " ") + " ", MUTED))
    if info.has_draft:
        left.append(Cell(DRAFT + " ", UNREAD_SIGN))
    style = _title_style(moment, info, needs_person=needs_me(task, now) is not None)
    title = heading(task.title, task.description, task.id)
    right: list[Cell] = []
    room = width - _cells(left) - cell_len(title)
    for columns in _columns(task, width, info, is_compact=is_compact, shows_repository=shows_repository):
        right = _right(task, moment, width, info, columns)
        if _cells(right) <= room:
            break
    return _cut((*left, Cell(fit(title, width - _cells((*left, *right))), style), *right), width)


def format_group(title: str, count: int, width: int, *, is_whole: bool = True, is_held: bool = False) -> str:
    """The heading of a group in exactly ``width`` cells, ``NEEDS YOU (4)``; ``title`` may be foreign text.

    Where the tasks are not all known yet, the count says so: ``(4+)``. ``is_held``: the rows below keep their
    places, so that they may be others than the counted ones.
    """
    tail = f" ({count})" if is_whole else f" ({count}+)"
    tail += " · order held" if is_held else ""
    line = " " + truncate(clean_line(title), max(1, width - 1 - len(tail))) + tail
    return fit(line, width)


def fit(text: str, width: int) -> str:
    """One line of clean text in exactly ``width`` cells as Textual counts them; what was cut ends with ``…``."""
    if width <= 0:
        return ""
    cut = truncate(text, width)
    if cell_len(cut) > width:
        cut = set_cell_size(text, width - 1).rstrip() + ELLIPSIS
    return cut + " " * (width - cell_len(cut))


def _fit_right(text: str, width: int) -> str:
    return fit(text, width) if cell_len(text) >= width else " " * (width - cell_len(text)) + text


def _age(since: datetime | None, now: datetime) -> str:
    """Minutes and more: rows that count seconds would be painted every second and tell nobody anything."""
    if since is None:
        return UNKNOWN_TIME
    seconds = (now - since).total_seconds()
    return NOW if is_age(seconds) and seconds < _MINUTE else age(seconds)


def _title_style(moment: RowMoment, info: RowInfo, *, needs_person: bool) -> str:
    if info.is_stale:
        return STALE_TEXT
    if needs_person:
        return NEEDING_TITLE
    return MUTED if moment.appearance.role in ("done", "unknown") else TITLE


class _Columns(NamedTuple):
    """Which columns a row has that not every row has."""

    repository: bool
    sizes: bool


def _columns(task: Task, width: int, info: RowInfo, *, is_compact: bool, shows_repository: bool) -> Iterable[_Columns]:
    """What a row may have, the most first; only beside the last of them a title is cut."""
    if is_compact:
        return (_Columns(repository=False, sizes=False),)
    keeps_sizes = width >= SIZES_FROM
    keeps_repository = width >= (REPOSITORY_FROM if info.delivery is None else SIZES_FROM)
    least = _Columns(shows_repository and keeps_repository and bool(task.repository), keeps_sizes)
    return dict.fromkeys((_Columns(shows_repository, sizes=True), _Columns(shows_repository, keeps_sizes), least))


def _right(task: Task, moment: RowMoment, width: int, info: RowInfo, columns: _Columns) -> list[Cell]:
    """Everything right of the title."""
    delivery = info.delivery
    cells: list[Cell] = []
    if delivery is not None:
        cells.append(Cell(" " + _delivery(delivery, width), f"state--{delivery.role}"))
    elif columns.sizes:
        cells += _size_cells(task)
    if columns.repository and (task.repository or cells):
        most = min(_MOST_REPOSITORY_CELLS, width // 6, width - _BESIDE_REPOSITORY_CELLS)
        room = max(_LEAST_REPOSITORY_CELLS, most)
        style = STALE_TEXT if info.is_stale else MUTED
        cells.append(Cell(" " + fit(_repository(task, room, with_owner=width >= FULL_FROM), room), style))
    if width >= FULL_FROM:
        as_of = STALE + moment.data_age if info.is_stale else ""
        cells.append(Cell(_fit_right(as_of, _DATA_AGE_CELLS), STALE_TEXT))
    if width >= _AGE_FROM:
        cells.append(_age_cell(moment, width, info))
    return cells


def _delivery(mark: DeliveryMark, width: int) -> str:
    return mark.glyph if width < _DELIVERY_WORD_FROM else f"{mark.glyph} {mark.word}"


def _age_cell(moment: RowMoment, width: int, info: RowInfo) -> Cell:
    if info.is_stale:
        text = moment.age if width >= FULL_FROM else STALE + moment.age
        return Cell(_fit_age(text), STALE_TEXT)
    is_waiting = moment.appearance.role in ("attention", "question", "failed", "review")
    return Cell(_fit_age(moment.age), TITLE if is_waiting else MUTED)


def _fit_age(text: str) -> str:
    """Away from what stands to the left, and from the scrollbar as far as there is room."""
    room = " " if cell_len(text) < _AGE_CELLS else ""
    return " " + _fit_right(text + room, _AGE_CELLS)


def _repository(task: Task, room: int, *, with_owner: bool) -> str:
    whole = clean_line(task.repository or "")
    if with_owner and cell_len(whole) <= room:
        return whole
    return whole.rpartition("/")[2] or whole


def _size_cells(task: Task) -> list[Cell]:
    """Pull request and lines changed, those that are known: 14 cells at most."""
    cells = [Cell(" PR", MUTED)] if task.pull_request_url else []
    parts = _diff_cells(task.source_files)
    return [*cells, Cell(" ", MUTED), *parts] if parts else cells


def _diff_cells(files: tuple[SourceFile, ...] | None) -> list[Cell]:
    if not files:
        return []
    if any(file.additions is None or file.deletions is None for file in files):
        return [Cell(f"{len(files)} file" + ("" if len(files) == 1 else "s"), MUTED)]
    added = sum(file.additions or 0 for file in files)
    deleted = sum(file.deletions or 0 for file in files)
    return [Cell(f"+{_short(added)} ", ADDITIONS), Cell(f"{MINUS}{_short(deleted)}", DELETIONS)]


def _short(number: int) -> str:
    """At most four cells: ``999``, ``1.2k``, ``34k``, ``5.6M``; rounded down, never more than there is."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            tenths = number * 10 // size
            return f"{tenths // 10}.{tenths % 10}{unit}" if tenths < 100 else f"{min(tenths // 10, 999)}{unit}"
    return str(number)


def _cells(cells: Iterable[Cell]) -> int:
    return sum(cell_len(cell.text) for cell in cells)


def _cut(cells: tuple[Cell, ...], width: int) -> tuple[Cell, ...]:
    """Only what fits, for lists so narrow that the columns alone are too much; empty cells left out."""
    kept: list[Cell] = []
    room = width
    for cell in cells:
        if room <= 0:
            break
        text = cell.text if cell_len(cell.text) <= room else set_cell_size(cell.text, room)
        if text:
            kept.append(Cell(text, cell.style))
        room -= cell_len(text)
    return tuple(kept)
