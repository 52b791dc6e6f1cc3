"""How help looks: as wide as the terminal up to a line that is good to read, in colour where somebody looks."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any, Final

from jjm_tui.cli.output import terminal_width

_WIDEST: Final = 100


class _PlainFormatter(argparse.RawDescriptionHelpFormatter):
    """Lists commands like options: no line of its own for the word COMMAND, no further indent."""

    def _iter_indented_subactions(self, action: argparse.Action) -> Generator[argparse.Action, None, None]:
        for each in super()._iter_indented_subactions(action):
            self._dedent()
            yield each
            self._indent()

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        return text.partition("\n")[2] if action.nargs == argparse.PARSER else text


def formatter(prog: str) -> argparse.HelpFormatter:
    """Plain, or on a terminal with colours: rich is slow to load."""
    colour = not os.environ.get("NO_COLOR") and "--no-color" not in sys.argv and os.environ.get("TERM") != "dumb"
    if not (colour and sys.stdout is not None and sys.stdout.isatty()):
        return _PlainFormatter(prog, width=_width())
    made: argparse.HelpFormatter = _colourful()(prog, width=_width())
    return made


@cache
def _colourful() -> Any:
    from rich_argparse import RawDescriptionRichHelpFormatter

    class ColourFormatter(RawDescriptionRichHelpFormatter, _PlainFormatter):
        """Help texts hold square brackets that are not markup."""

        group_name_formatter = str
        text_markup = False
        help_markup = False

        def _rich_format_action(self, action: argparse.Action) -> Iterator[Any]:
            lines = super()._rich_format_action(action)
            if action.nargs == argparse.PARSER:
                next(lines)
            yield from lines

    return ColourFormatter


def wrap(text: str) -> str:
    """Wrap paragraphs to the width; those with indented lines, such as examples, stay as they are."""
    return "\n\n".join(_wrap_paragraph(paragraph) for paragraph in text.split("\n\n"))


def _wrap_paragraph(paragraph: str) -> str:
    if "\n  " in paragraph:
        return paragraph
    return textwrap.fill(paragraph, _width(), break_long_words=False, break_on_hyphens=False)


def _width() -> int:
    return max(40, min(terminal_width(os.environ), _WIDEST) - 2)
