"""Building blocks of pages made of lines: headings, names with values, paragraphs, times and lengths of time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len
from textual.content import Content

from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.widgets.line_styles import HEADING, MUTED
from jjm_tui.tui.widgets.lines import Line

BLANK: Final = Line(Content(""))
INDENT: Final = 2
_LEAST_ROOM: Final = 12

_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400


def length(seconds: float) -> str:
    """A length of time in its two largest units: ``45s``, ``18m``, ``2h 05m``, ``3d 4h``."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR}h"


def time_of_day(moment: datetime) -> str:
    """Local time to the second."""
    return moment.astimezone().strftime("%H:%M:%S")


def day_name(moment: datetime) -> str:
    """The local day, ``Friday 20 November 2026``."""
    local = moment.astimezone()
    return f"{local:%A} {local.day} {local:%B} {local.year}"


def heading(text: str, note: str = "") -> Line:
    """A heading with a quiet remark behind it; ``note`` may be foreign."""
    title = Content.styled(f" {text}", HEADING)
    return Line(Content.assemble(title, "  ", literal_line(note, MUTED)) if note else title)


def paragraph(content: Content, width: int, indent: int = INDENT) -> list[Line]:
    """Text broken to ``width`` cells behind a margin."""
    room = max(_LEAST_ROOM, width - indent)
    return [Line(Content(" " * indent) + part) for part in content.wrap(room)]


def pair(name: str, value: Content, width: int, room: int, style: str = MUTED, indent: int = INDENT) -> list[Line]:
    """A name in ``room`` cells and its value beside it, broken below itself."""
    head = Content.styled(" " * indent + name + " " * max(1, room - cell_len(name)), style)
    space = width - head.cell_length
    if space < _LEAST_ROOM:
        return [Line(head), *paragraph(value, width, indent * 2)]
    first, *rest = value.wrap(space) or [Content("")]
    return [Line(head + first), *(Line(Content(" " * head.cell_length) + part) for part in rest)]


def bullets(texts: Sequence[Content], width: int, indent: int = INDENT) -> list[Line]:
    """One paragraph per text, each behind a dot."""
    lines: list[Line] = []
    for text in texts:
        first, *rest = paragraph(text, width, indent + 2)
        lines.append(Line(Content(" " * indent + "· ") + first.content[indent + 2 :]))
        lines += rest
    return lines


def beside(left: Sequence[Line], right: Sequence[Line], width: int) -> list[Line]:
    """Two columns, the left one ``width`` cells wide; what is too long in it is cut with an ellipsis."""
    count = max(len(left), len(right))
    columns = ([*side, *[BLANK] * (count - len(side))] for side in (left, right))
    return [
        Line(one.content.truncate(width, ellipsis=True, pad=True) + other.content)
        for one, other in zip(*columns, strict=True)
    ]
