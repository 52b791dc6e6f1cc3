"""One line made of pieces that drop out by importance when it is too narrow; pieces can be clicked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from jjm_tui.domain.text import cell_width, clean_line, truncate
from jjm_tui.tui.look.ascii import key_in_ascii, shows_ascii_only


@dataclass(frozen=True, slots=True)
class Piece:
    """``text`` may be foreign. ``role``: a component class of the bar, without its prefix. ``rank``: the larger, the
    earlier it drops out when room is scarce; 0 never does. ``short`` stands in before it drops out, of several the
    longest that fits. ``target``: told when it is clicked. ``right``: belongs to the right end. ``glue``: what stands
    before it."""

    text: str
    role: str = "text"
    rank: int = 0
    short: str | tuple[str, ...] | None = None
    target: str | None = None
    right: bool = False
    glue: str = "  "


SIMULATED: Final = Piece("DEMO", "trouble")
"""The first piece of a bar while everything shown is made up; it never drops out."""


class Bar(Widget):
    """A line of pieces, left ones and right ones. Subclasses declare the component classes of their roles."""

    DEFAULT_CSS = """
    Bar { height: 1; width: 1fr; }
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--text"}

    class Chosen(Message):
        """A piece was clicked; ``target`` is what it stands for."""

        def __init__(self, bar: Bar, target: str) -> None:
            super().__init__()
            self.bar = bar
            self.target = target

        @property
        def control(self) -> Bar:
            """The bar."""
            return self.bar

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._pieces: tuple[Piece, ...] = ()
        self._places: list[tuple[int, int, str]] = []
        self._fitted: tuple[int, tuple[tuple[Piece, str], ...]] | None = None

    def show(self, pieces: Iterable[Piece]) -> None:
        """Replace the pieces; nothing is drawn when they are the same."""
        newest = tuple(pieces)
        if newest != self._pieces:
            self._pieces = newest
            self._fitted = None
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line: left pieces, space, right pieces."""
        width = self.size.width
        background = self.rich_style
        if y != 0 or width <= 0:
            return Strip.blank(width, background)
        fitted = self._fit(width)
        left = [(piece, text) for piece, text in fitted if not piece.right]
        right = [(piece, text) for piece, text in fitted if piece.right]
        segments: list[Segment] = []
        places: list[tuple[int, int, str]] = []
        used = self._draw(left, 0, segments, places)
        room = width - used - _length(right)
        if room > 0:
            segments.append(Segment(" " * room, background))
        self._draw(right, used + max(room, 0), segments, places)
        self._places = places
        return Strip(segments).adjust_cell_length(width, background)

    def _draw(
        self,
        pieces: Sequence[tuple[Piece, str]],
        start: int,
        segments: list[Segment],
        places: list[tuple[int, int, str]],
    ) -> int:
        at = start
        background = self.rich_style
        for number, (piece, text) in enumerate(pieces):
            glue = piece.glue if number else " "
            segments.append(Segment(glue, background))
            at += cell_width(glue)
            style = background + self.get_component_rich_style(f"bar--{piece.role}", partial=True)
            segments.append(Segment(text, style))
            width = cell_width(text)
            if piece.target is not None:
                places.append((at, at + width, piece.target))
            at += width
        return at

    def _fit(self, width: int) -> tuple[tuple[Piece, str], ...]:
        """The pieces with the texts that fit: shortened, then dropped by rank, the last one cut with an ellipsis."""
        if self._fitted is not None and self._fitted[0] == width:
            return self._fitted[1]
        named = key_in_ascii if shows_ascii_only(self.app) else str
        chosen = [(piece, clean_line(named(piece.text))) for piece in self._pieces if piece.text]
        for rank in sorted({piece.rank for piece, _ in chosen if piece.rank}, reverse=True):
            if _length(chosen) <= width:
                break
            if _length(closer := _closer(chosen)) <= width:
                chosen = closer
                break
            chosen = _shortened(chosen, rank, width)
            if _length(chosen) > width:
                chosen = [(piece, text) for piece, text in chosen if piece.rank != rank or piece.short is not None]
        for rank in sorted({piece.rank for piece, _ in chosen if piece.rank}, reverse=True):
            if _length(chosen) > width:
                chosen = [(piece, text) for piece, text in chosen if piece.rank != rank]
        excess = _length(chosen) - width
        if excess > 0 and chosen:
            widest = max(range(len(chosen)), key=lambda index: cell_width(chosen[index][1]))
            piece, text = chosen[widest]
            chosen[widest] = (piece, truncate(text, max(1, cell_width(text) - excess)))
        fitted = tuple(chosen)
        self._fitted = (width, fitted)
        return fitted

    def on_click(self, event: Click) -> None:
        """Tell which piece was clicked."""
        for start, end, target in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(self, target))
                return


def _closer(chosen: list[tuple[Piece, str]]) -> list[tuple[Piece, str]]:
    """The same without wider gaps than two cells."""
    return [(replace(piece, glue=piece.glue[:2]), text) for piece, text in chosen]


def _shortened(chosen: list[tuple[Piece, str]], rank: int, width: int) -> list[tuple[Piece, str]]:
    """The same with what stands in for pieces of this rank: the longest texts that fit, else the shortest."""
    shorts = {piece: _shorts(piece) for piece, _ in chosen if piece.rank == rank and piece.short is not None}
    for step in range(max(map(len, shorts.values()), default=0)):
        chosen = [
            (piece, clean_line(shorts[piece][min(step, len(shorts[piece]) - 1)]) if piece in shorts else text)
            for piece, text in chosen
        ]
        if _length(chosen) <= width:
            break
    return chosen


def _shorts(piece: Piece) -> tuple[str, ...]:
    return piece.short if isinstance(piece.short, tuple) else (piece.short or "",)


def _length(pieces: Sequence[tuple[Piece, str]]) -> int:
    """Cells of these pieces with the space before each; the first of each end has one cell, one is left behind, and
    the ends keep a second cell apart."""
    total = 0
    seen = set()
    for piece, text in pieces:
        total += cell_width(text) + (cell_width(piece.glue) if piece.right in seen else 1)
        seen.add(piece.right)
    return total + max(1, len(seen))
