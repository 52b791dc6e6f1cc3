"""The first line of a page: what it is, and how it stands."""

from __future__ import annotations

from typing import ClassVar

from jjm_tui.tui.widgets.bar import Bar


class PageHeader(Bar):
    """The name of a page and a few facts.

    | component class | for |
    |---|---|
    | ``bar--brand`` | the name |
    | ``bar--quiet``, ``bar--good``, ``bar--trouble`` | facts: calm ones, good ones, those that want a look |
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"bar--brand", "bar--quiet", "bar--good", "bar--trouble"}
    DEFAULT_CSS = """
    PageHeader {
        background: $panel;
        color: $foreground;
        & > .bar--brand { text-style: bold; color: $text-primary; }
        & > .bar--quiet { color: $foreground; }
        & > .bar--good { color: $text-success; }
        & > .bar--trouble { text-style: bold; color: $text-warning; }
    }
    """
