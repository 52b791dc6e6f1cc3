"""Keys typed faster than the focus moves: what was meant for a text field becomes text, never a command, never lost.

Textual gives a key to what has the focus when it arrives, and looks for its command when it has bubbled up to the app.
A command before it may have put the focus into a text field meanwhile, which then hears nothing of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.events import Key, Paste

if TYPE_CHECKING:
    from textual.widget import Widget

_MARK: Final = "typed_to"


def note(event: Key | Paste, focused: Widget | None) -> None:
    """Remember to whom a new key or paste goes."""
    if not event.is_forwarded:
        setattr(event, _MARK, focused)


def pass_on(event: Key | Paste, focused: Widget | None) -> bool:
    """Give what bubbled up to the text field that has the focus by now; false when it is none of its business."""
    if focused is None or getattr(event, _MARK, focused) is focused or not _takes(focused, event):
        return False
    again = Paste(event.text) if isinstance(event, Paste) else Key(event.key, event.character)
    setattr(again, _MARK, focused)
    focused._forward_event(again)  # noqa: SLF001 - as the app itself gives keys to widgets
    return True


def _takes(field: Widget, event: Key | Paste) -> bool:
    """Whether it is a text field that makes text of it."""
    if isinstance(event, Paste):
        return field.check_consume_key("a", "a")
    is_new_line = event.key == "enter" and hasattr(field, "document")
    return is_new_line or field.check_consume_key(event.key, event.character)
