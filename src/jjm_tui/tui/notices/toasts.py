"""Room for the next toast: a screenful of old news helps nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from textual.css.query import NoMatches

if TYPE_CHECKING:
    from textual.app import App

_AT_ONCE: Final = 2


def make_room(app: App[Any]) -> None:
    """Take down all toasts when enough are shown.

    Textual 8.2.8 takes a toast down without the widget around it when another one comes first, and lays out the empty
    ones from then on with every toast; so they are taken down here.
    """
    from textual.widgets._toast import ToastHolder, ToastRack

    is_full = len(app._notifications) >= _AT_ONCE  # noqa: SLF001 - there is no public way to count them
    if is_full:
        app.clear_notifications()
    for screen in app.screen_stack:
        try:
            rack = screen.get_child_by_type(ToastRack)
        except NoMatches:
            continue
        for holder in rack.query_children(ToastHolder):
            if is_full or not holder.children:
                holder.remove()
