"""Blocks of text for a ``BlockView``: each becomes rows for a width, when it is looked at and not before.

A block never changes. What a view remembers of it is kept by identity, so a block that is handed over again costs
nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache
from typing import Final

from jjm_tui.domain.text import clean, clean_line
from jjm_tui.tui.text.code_colors import color_lines
from jjm_tui.tui.text.items import Document, Paragraph
from jjm_tui.tui.text.languages import COMMON
from jjm_tui.tui.text.markdown import read_markdown, read_plain
from jjm_tui.tui.text.markdown_parts import Part, split_parts
from jjm_tui.tui.text.rows import Roles, Row, Run, code_runs, row_cells, wrap

Piece = tuple[str, Roles]
"""Foreign or own text, cleaned here, and its roles."""

_TAB: Final = 4
_DOT: Final = " · "


class Block:
    """Something that is shown from its first to its last row.

    Attributes:
        key: What the block stands for, such as a message's id: a block with a key that was not there before is news.
        holds_place: May hold the view in place when something above it changes; a remark at the top may not.
    """

    __slots__ = ("holds_place", "key")

    def __init__(self, key: Hashable | None = None, *, holds_place: bool = True) -> None:
        self.key = key
        self.holds_place = holds_place

    @property
    def text(self) -> str:
        """What is shown, unwrapped: what a search looks through. Runs of rows point into it."""
        return ""

    @property
    def source(self) -> str:
        """What is copied when the whole block is selected; clean."""
        return self.text

    def rows(self, width: int) -> tuple[Row, ...]:
        """The rows for a width in cells."""
        raise NotImplementedError

    def measure(self, width: int) -> int:
        """How many rows there are for a width; no more work than that takes."""
        return len(self.rows(width))

    def estimate(self, width: int) -> int:
        """About how many rows there are, told at once."""
        return self.measure(width)


class DocumentBlock(Block):
    """A block over a document, which is read when it is needed; of most blocks only the text is kept."""

    __slots__ = ("_gap", "_text")

    def __init__(self, key: Hashable | None = None, *, holds_place: bool = True, gap: int = 0) -> None:
        super().__init__(key, holds_place=holds_place)
        self._gap = gap
        self._text: str | None = None

    def read(self) -> Document:
        """Read the document."""
        raise NotImplementedError

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = _document(self).text
        return self._text

    def rows(self, width: int) -> tuple[Row, ...]:
        return (*_document(self).rows(width, colored=True), *((),) * self._gap)

    def measure(self, width: int) -> int:
        document = _document(self)
        self._text = document.text
        return len(document.rows(width, colored=False)) + self._gap


@lru_cache(64)
def _document(block: DocumentBlock) -> Document:
    """The document of a block; a screenful is remembered between measuring and showing it."""
    return block.read()


class MarkdownBlock(DocumentBlock):
    """A part of a Markdown text. ``gap``: empty rows after it; ``margin`` stands before every row."""

    __slots__ = ("_margin", "_part", "_roles")

    def __init__(self, part: Part, *, margin: Row = (), roles: Roles = (), gap: int = 0, key: Hashable = None) -> None:
        super().__init__(key, gap=gap)
        self._part = part
        self._margin = margin
        self._roles = roles

    @property
    def part(self) -> Part:
        """The text that it shows."""
        return self._part

    @property
    def source(self) -> str:
        return clean(self._part.text).rstrip("\n")

    def read(self) -> Document:
        part = self._part
        return read_markdown(f"{part.opening}\n{part.text}" if part.opening else part.text, self._margin, self._roles)

    def estimate(self, width: int) -> int:
        text = self._part.text
        return max(text.count("\n") + 1, len(text) // max(1, width - row_cells(self._margin)) + 1) + self._gap


class LineBlock(DocumentBlock):
    """One line of our own words and foreign pieces, broken between words, with a hanging margin. ``has_code``: words in
    backticks are shown as code."""

    __slots__ = ("_first", "_has_code", "_pieces", "_rest")

    def __init__(
        self,
        pieces: Iterable[Piece],
        *,
        first: Row = (),
        rest: Row = (),
        gap: int = 0,
        key: Hashable | None = None,
        holds_place: bool = True,
        has_code: bool = False,
    ) -> None:
        super().__init__(key, holds_place=holds_place, gap=gap)
        self._has_code = has_code
        self._pieces = tuple(pieces)
        self._first = first
        self._rest = rest

    def read(self) -> Document:
        runs: list[Run] = []
        whole = ""
        for text, roles in self._pieces:
            shown = " ".join(clean(text).expandtabs(_TAB).split("\n"))
            runs += code_runs(shown, roles, len(whole)) if self._has_code else [Run(shown, roles, len(whole))]
            whole += shown
        return Document(whole, (Paragraph(tuple(runs), self._first, self._rest),))


class PartsBlock(LineBlock):
    """Parts with a dot between each two, broken between parts rather than within one; no line ends with a dot."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Iterable[Iterable[Piece]]) -> None:
        self._parts = tuple(tuple((clean_line(text), roles) for text, roles in part) for part in parts)
        dotted: list[Piece] = []
        for part in self._parts:
            dotted += [(_DOT, ("muted",)), *part] if dotted else part
        super().__init__(dotted)

    def rows(self, width: int) -> tuple[Row, ...]:
        lines: list[Row] = []
        start = 0
        for part in self._parts:
            dot = Run(_DOT, ("muted",), start)
            start += len(_DOT) if lines else 0
            runs: list[Run] = []
            for text, roles in part:
                runs.append(Run(text, roles, start))
                start += len(text)
            if lines and row_cells((*lines[-1], dot, *runs)) <= width:
                lines[-1] = (*lines[-1], dot, *runs)
            else:
                lines.append(tuple(runs))
        return tuple(row for line in lines for row in wrap(line, width))

    def measure(self, width: int) -> int:
        return len(self.rows(width))


class PlainBlock(DocumentBlock):
    """Text whose lines are shown as they are, broken between words. ``has_code``: words in backticks are shown as
    code."""

    __slots__ = ("_has_code", "_margin", "_plain", "_roles")

    def __init__(
        self,
        text: str,
        *,
        roles: Roles = (),
        margin: Row = (),
        gap: int = 0,
        key: Hashable | None = None,
        has_code: bool = False,
    ) -> None:
        super().__init__(key, gap=gap)
        self._has_code = has_code
        self._plain = text
        self._roles = roles
        self._margin = margin

    def read(self) -> Document:
        return read_plain(self._plain, self._margin, self._roles, has_code=self._has_code)


def markdown_blocks(
    text: str, *, margin: Row = (), roles: Roles = (), gap: int = 0, known: Iterable[Block] = ()
) -> list[Block]:
    """A Markdown text of any length as blocks of bounded size; ``gap`` rows are left empty after the last one.

    Blocks of ``known`` whose part of the text is the same are taken again: a text that grows is read at its end only.
    """
    parts = split_parts(text)
    if len(parts) == 1:
        return [MarkdownBlock(parts[0], margin=margin, roles=roles, gap=gap)]
    again = {block.part: block for block in known if isinstance(block, MarkdownBlock)}
    blocks: list[Block] = []
    for part in parts[:-1]:
        block = again.pop(part, None) if again else None
        blocks.append(
            MarkdownBlock(part, margin=margin, roles=roles, gap=int(part.has_gap)) if block is None else block
        )
    return [*blocks, *(MarkdownBlock(part, margin=margin, roles=roles, gap=gap) for part in parts[-1:])]


def warm_up() -> None:
    """Load what reads Markdown and colours code: a tenth of a second, to be spent in a thread before it is needed."""
    read_markdown("`ready`")
    for ending in COMMON:
        color_lines(f"x.{ending}", ["ready = 1"])
