"""What this terminal can show, as far as its environment tells: colours, light or dark, characters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jjm_tui.settings.model import Settings

_MANY_COLOURS: Final = frozenset({"256color", "kitty", "direct"})
_DARK_PALETTE: Final = frozenset({"0", "1", "2", "3", "4", "5", "6", "8", "default"})


def has_few_colours(environ: Mapping[str, str]) -> bool:
    """Whether only the 16 colours of the terminal's own palette can be counted on, as Rich decides it.

    A terminal that says nothing about itself is taken for a modern one.
    """
    if environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return False
    terminal = environ.get("TERM", "").strip().lower()
    return bool(terminal) and terminal.rpartition("-")[2] not in _MANY_COLOURS


def is_light(environ: Mapping[str, str]) -> bool:
    """Whether the terminal's background is light, by ``COLORFGBG`` (``0;15``), which few terminals set."""
    background = environ.get("COLORFGBG", "").rpartition(";")[2].strip()
    return background.isdigit() and background not in _DARK_PALETTE


def has_title(environ: Mapping[str, str]) -> bool:
    """Whether the terminal can be given a title; the Linux console would print it."""
    return environ.get("TERM", "").strip().lower() not in ("linux", "dumb")


def wants_ascii(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether only ASCII can be shown: by setting, or because the locale names another encoding than UTF-8.

    The first of ``LC_ALL``, ``LC_CTYPE`` and ``LANG`` that is set decides; without any, nothing speaks against UTF-8.
    """
    if settings.ui.ascii:
        return True
    named = (environ.get(name, "").strip() for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    locale = next((name for name in named if name), "utf-8").lower()
    return "utf-8" not in locale and "utf8" not in locale
