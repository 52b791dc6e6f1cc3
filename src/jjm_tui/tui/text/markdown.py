"""Markdown read into paragraphs, code and tables: calm, literal, and never more than the text says.

Raw HTML stays literal, links never become terminal hyperlinks: their real host stands beside them. Every character is
cleaned again after the parser, because entities such as ``&#x202e;`` become characters there. What cannot be read as
Markdown in bounded time is shown as plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.text import clean
from jjm_tui.tui.text.items import Align, Code, Document, Item, Paragraph, Table
from jjm_tui.tui.text.languages import file_name_of
from jjm_tui.tui.text.markdown_inline import StyledText, read_inline
from jjm_tui.tui.text.markdown_parts import MOST
from jjm_tui.tui.text.rows import Roles, Row, Run, code_runs

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_TAB: Final = 4
_MOST_SIGNS: Final = {"[": 200, "*": 400, "_": 400}
"""More than these make the search for links and emphasis take the square of their number."""

_MOST_CELLS: Final = 1_000
"""Cells that the tables of a text may have: each row gets as many as the heading, whatever stands in it."""

_RULE_CELLS: Final = 24
_QUOTE_BAR: Final = Run("▌ ", ("bar",))
_BULLET: Final = "• "


def read_plain(text: str, margin: Row = (), roles: Roles = (), *, has_code: bool = False) -> Document:
    """The lines of ``text`` as they are; ``has_code``: with words in backticks as code."""
    shown = clean(text).expandtabs(_TAB).rstrip("\n")
    items: list[Item] = []
    position = 0
    for line in shown.split("\n"):
        runs = tuple(code_runs(line, roles, position)) if has_code else (Run(line, roles, position),)
        items.append(Paragraph(runs, margin, margin))
        position += len(line) + 1
    return Document(shown, tuple(items))


def read_markdown(text: str, margin: Row = (), roles: Roles = ()) -> Document:
    """``text`` as Markdown; plain where it is too long or too strange for that. Never raises."""
    if len(text) > 2 * MOST or any(text.count(sign) > most for sign, most in _MOST_SIGNS.items()):
        return read_plain(text, margin, roles)
    if _may_have_cells(text) > _MOST_CELLS:
        return read_plain(text, margin, roles)
    try:
        return _Reader(margin, roles).read(_parser().parse(clean(text)))
    except Exception:  # noqa: BLE001 - a foreign parser meets foreign text; shown plainly, nothing is lost
        return read_plain(text, margin, roles)


def _may_have_cells(text: str) -> int:
    """How many cells tables of the columns of the widest line would have, were every line a row of theirs."""
    if "|" not in text:
        return 0
    lines = text.splitlines()
    return max(line.count("|") for line in lines) * len(lines)


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


class _Container:
    """A quote or a list item: the margins of what is in it. The first margin is used once."""

    def __init__(self, first: Run, rest: Run) -> None:
        self.first: Run | None = first
        self.rest = rest


class _Reader:
    """Puts the items of one text together, token by token."""

    def __init__(self, margin: Row, roles: Roles) -> None:
        self._margin = margin
        self._roles = roles
        self._items: list[Item] = []
        self._text: list[str] = []
        self._position = 0
        self._containers: list[_Container] = []
        self._lists = 0
        self._has_gap = False
        self._heading: Roles = ()
        self._cells: list[list[Row]] | None = None
        self._aligns: list[Align] = []

    def read(self, tokens: Sequence[Token]) -> Document:
        """The document of all tokens."""
        for token in tokens:
            handler = _HANDLERS.get(token.type)
            if handler is not None:
                handler(self, token)
        return Document("".join(self._text).rstrip("\n"), tuple(self._items))

    # text and margins

    def _add_text(self, text: str, roles: Roles) -> Run:
        run = Run(text, roles, self._position)
        self._text.append(text)
        self._position += len(text)
        return run

    def _margins(self) -> tuple[Row, Row]:
        first = (*self._margin, *(each.first or each.rest for each in self._containers))
        for each in self._containers:
            each.first = None
        return first, self._rest()

    def _rest(self) -> Row:
        return (*self._margin, *(each.rest for each in self._containers))

    def _add_gap(self) -> None:
        """An empty row where something stood before."""
        if self._has_gap:
            self._items.append(Paragraph((), self._rest(), self._rest()))
            self._add_text("\n", ())
            self._has_gap = False

    # blocks

    def open_quote(self, _: Token) -> None:
        self._add_gap()
        self._containers.append(_Container(_QUOTE_BAR, _QUOTE_BAR))

    def close_quote(self, _: Token) -> None:
        self._containers.pop()
        self._has_gap = True

    def open_list(self, _: Token) -> None:
        self._add_gap()
        self._lists += 1

    def close_list(self, _: Token) -> None:
        self._lists -= 1
        self._has_gap = self._has_gap or self._lists == 0

    def open_item(self, token: Token) -> None:
        self._add_gap()
        mark = f"{token.info}{token.markup} " if token.info else _BULLET
        self._containers.append(_Container(self._add_text(mark, ("bullet",)), Run(" " * len(mark))))

    def close_item(self, _: Token) -> None:
        if self._containers[-1].first is not None:
            self._items.append(Paragraph((), *self._margins()))
            self._add_text("\n", ())
        self._containers.pop()

    def open_heading(self, token: Token) -> None:
        self._heading = ("heading", "heading-1") if token.tag == "h1" else ("heading",)

    def close_heading(self, _: Token) -> None:
        self._heading = ()

    def close_paragraph(self, token: Token) -> None:
        self._has_gap = self._has_gap or not token.hidden

    def add_inline(self, token: Token) -> None:
        lines = read_inline(token.children or (), self._roles + self._heading)
        if self._cells is not None:
            self._cells[-1].append(self._cell([part for line in lines for part in line]))
            return
        self._add_gap()
        for line in lines:
            runs = tuple(self._add_text(text, roles) for text, roles in line)
            self._items.append(Paragraph(runs, *self._margins()))
            self._add_text("\n", ())

    def add_code(self, token: Token) -> None:
        code = clean(token.content).removesuffix("\n").expandtabs(_TAB)
        if not code:
            return
        self._add_gap()
        language = token.info.split(maxsplit=1)[0].lower() if token.info.strip() else ""
        margins = self._margins()
        start = self._add_text(code + "\n", ()).start
        is_diff = language in {"diff", "patch"}
        self._items.append(Code(tuple(code.split("\n")), start, file_name_of(language), is_diff, *margins))
        self._has_gap = True

    def add_rule(self, _: Token) -> None:
        self._add_gap()
        self._items.append(Paragraph((Run("─" * _RULE_CELLS, ("bar",)),), *self._margins()))
        self._has_gap = True

    # tables

    def open_table(self, _: Token) -> None:
        self._add_gap()
        self._cells, self._aligns = [], []

    def open_table_row(self, _: Token) -> None:
        if self._cells is not None:
            self._cells.append([])

    def open_table_heading(self, token: Token) -> None:
        style = str(token.attrs.get("style", ""))
        self._aligns.append("right" if "right" in style else "center" if "center" in style else "left")
        self._heading = ("strong",)

    def close_table_heading(self, _: Token) -> None:
        self._heading = ()

    def close_table_row(self, _: Token) -> None:
        self._add_text("\n", ())

    def close_table(self, _: Token) -> None:
        cells, self._cells = self._cells or [], None
        self._items.append(Table(tuple(map(tuple, cells)), tuple(self._aligns), *self._margins()))
        self._has_gap = True

    def _cell(self, parts: Sequence[StyledText]) -> Row:
        if self._cells is not None and self._cells[-1]:
            self._add_text(" | ", ())
        return tuple(self._add_text(text, roles) for text, roles in parts)


_HANDLERS: Final = {
    "blockquote_open": _Reader.open_quote,
    "blockquote_close": _Reader.close_quote,
    "bullet_list_open": _Reader.open_list,
    "bullet_list_close": _Reader.close_list,
    "ordered_list_open": _Reader.open_list,
    "ordered_list_close": _Reader.close_list,
    "list_item_open": _Reader.open_item,
    "list_item_close": _Reader.close_item,
    "heading_open": _Reader.open_heading,
    "heading_close": _Reader.close_heading,
    "paragraph_close": _Reader.close_paragraph,
    "inline": _Reader.add_inline,
    "fence": _Reader.add_code,
    "code_block": _Reader.add_code,
    "hr": _Reader.add_rule,
    "table_open": _Reader.open_table,
    "table_close": _Reader.close_table,
    "tr_open": _Reader.open_table_row,
    "tr_close": _Reader.close_table_row,
    "th_open": _Reader.open_table_heading,
    "th_close": _Reader.close_table_heading,
}
