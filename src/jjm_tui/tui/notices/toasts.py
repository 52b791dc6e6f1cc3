"""Toasts: two at a time, none twice, and taken down when the person wants to see what is behind them.

While a dialog is open or a text is typed, only the newest is shown, in one line that covers neither text nor keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from textual.css.query import NoMatches
from textual.notifications import Notification, SeverityLevel

from jjm_tui.domain.text import clean
from jjm_tui.tui.notices.occupied import is_occupied

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from jjm_tui.tui.app import JulesApp

_AT_ONCE: Final = 2
_SHOWN_FOR: Final[Mapping[SeverityLevel, float]] = {"information": 3.0, "warning": 6.0, "error": 10.0}
"""Seconds that a toast stays: what went well is told shortly."""


@dataclass
class Told(Notification):
    """``whole`` is what is told; ``message`` as much of it as there is room for."""

    whole: str = ""


def show(app: JulesApp, text: str, severity: SeverityLevel) -> None:
    """Show a toast: instead of the same one, and instead of the oldest when there are enough.

    It counts from now on, although it is laid out only some moments later: many may be told in one go. The newest one,
    told again in the first half of its time, stays as it is: each toast lays out the whole screen several times.
    """
    whole = clean(text)
    toast = Told(whole, "", severity, _SHOWN_FOR[severity], markup=False, whole=whole)
    shown = app._notifications  # noqa: SLF001 - there is no public way to count them
    newest = next(reversed(list(shown)), None)
    if newest is not None and _whole(newest) == whole and newest.severity == severity and _is_fresh(newest):
        return
    for each in list(shown):
        if _whole(each) == whole:
            del shown[each]
    for each in list(shown)[: max(0, len(shown) - _AT_ONCE + 1)]:
        del shown[each]
    _tidy(app)
    shown.add(toast)
    fit(app)
    app._refresh_notifications()  # noqa: SLF001 - `notify` adds it only when its message is handled


def withdraw(app: App[Any], text: str) -> None:
    """Take the toast with this text down: what it tells was taken back."""
    shown = app._notifications  # noqa: SLF001
    for each in [each for each in shown if _whole(each) == clean(text)]:
        del shown[each]
    _tidy(app)


def are_shown(app: App[Any]) -> bool:
    """Whether there is a toast to take down."""
    return len(app._notifications) > 0  # noqa: SLF001


def take_down(app: App[Any]) -> None:
    """The person wants to see what is behind them."""
    app.clear_notifications()
    _tidy(app)


def cover(screen: Screen[Any], *, is_covered: bool) -> None:
    """Another screen is on top and shows the toasts now, or it is gone again."""
    rack = screen.query_one_optional("#textual-toastrack")
    if rack is not None:
        rack.set_class(is_covered, "-covered")


def fit(app: JulesApp) -> None:
    """Give the toasts the room that they may take where the person is now."""
    if not are_shown(app) or not app.screen_stack:
        return
    from textual.widgets import Input
    from textual.widgets._toast import Toast

    screen, is_short = app.screen, is_occupied(app)
    rack = screen.query_one_optional("#textual-toastrack")
    if rack is None:
        return
    for each in app._notifications:  # noqa: SLF001
        each.message = _first_line(_whole(each)) if is_short else _whole(each)
    row = screen.size.height - 1 - rack.styles.margin.bottom
    field = screen.focused
    rack.set_class(is_short, "-one-line")
    rack.set_class(isinstance(field, Input) and field.region.y == row, "-above-field")
    for toast in rack.query(Toast):
        toast.refresh(layout=True)


def _is_fresh(toast: Notification) -> bool:
    return toast.time_left > toast.timeout / 2


def _whole(toast: Notification) -> str:
    return toast.whole if isinstance(toast, Told) else toast.message


def _first_line(text: str) -> str:
    first, _, rest = text.partition("\n")
    return f"{first} …" if rest else first


def _tidy(app: App[Any]) -> None:
    """Textual 8.2.8 takes a toast down without the widget around it when another one comes first, and lays out the
    empty ones from then on with every toast; so they are taken down here, on the screens below as well.
    """
    from textual.widgets._toast import ToastHolder, ToastRack

    kept = {ToastRack._toast_id(each) for each in app._notifications}  # noqa: SLF001
    for screen in app.screen_stack:
        try:
            rack = screen.get_child_by_type(ToastRack)
        except NoMatches:
            continue
        for holder in rack.query_children(ToastHolder):
            if holder.id not in kept:
                holder.remove()
