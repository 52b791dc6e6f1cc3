"""What Textual remembers of widgets that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._styles_cache import StylesCache
from textual.css.query import NoMatches
from textual.widget import Widget
from textual.worker import NoActiveWorker, WorkerFailed, get_current_worker

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen


def forget_closed(app: App[Any]) -> None:
    """Let go of widgets that watched the app and are gone, and of what was painted of others.

    Textual 8.2.8 keeps watchers until the watched value changes; a text area watches the theme, so that every form that
    was ever open stayed in memory, with its screen. And it remembers two colours together with all lines that the
    widget once showed, for 1 024 widgets: 400 kB for every help that was open (measured).
    """
    StylesCache.get_inner_outer.cache_clear()
    watchers: dict[str, list[tuple[object, object]]] = getattr(app, "__watchers", {})
    for watching in watchers.values():
        watching[:] = [each for each in watching if not isinstance(each[0], Widget) or each[0].is_attached]


def is_gone_at(screen: Screen[Any], x: int, y: int) -> bool:
    """Whether what is still drawn at a place was taken away already: Textual 8.2.8 ends with an error when that is
    clicked, as it asks for its parent."""
    widget, _ = screen.get_widget_and_offset_at(x, y)
    return widget is not None and widget is not screen and widget.parent is None


def found_nothing_in_closed(error: Exception) -> bool:
    """Whether a worker of ours failed because its widget is being closed: Textual 8.2.8 takes the children of a widget
    away some moments before it cancels the widget's workers."""
    if not (isinstance(error, WorkerFailed) and isinstance(error.error, NoMatches)):
        return False
    try:
        node = get_current_worker().node
    except NoActiveWorker:
        return False
    return isinstance(node, Widget) and (node._pruning or not node.is_attached)  # noqa: SLF001 - there is no public one
