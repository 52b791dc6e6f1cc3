"""Foreign text for widgets: cleaned, and never read as markup (``promises.md``, terminal safety 2).

Every string that came from outside (a server, a file, a draft, an error) goes to a widget through one of
these. ``Content`` and ``Text`` objects are taken by Textual as they are; a plain ``str`` would be parsed.
"""

from __future__ import annotations

from rich.style import Style as RichStyle
from rich.text import Text
from textual.content import Content
from textual.style import Style

from jjm_tui.domain.text import clean, clean_line

_TAB = 4


def literal(text: str, style: str | Style = "") -> Content:
    """Cleaned text with its line breaks, shown exactly as it is."""
    return Content(clean(text).expandtabs(_TAB)).stylize(style) if style else Content(clean(text).expandtabs(_TAB))


def literal_line(text: str, style: str | Style = "") -> Content:
    """The same on one line: all white space folded."""
    return Content(clean_line(text)).stylize(style) if style else Content(clean_line(text))


def literal_rich(text: str, style: str | RichStyle = "") -> Text:
    """Cleaned text for widgets that render with Rich."""
    return Text(clean(text).expandtabs(_TAB), style=style, end="")
