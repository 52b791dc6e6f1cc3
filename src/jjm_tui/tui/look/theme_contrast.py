"""Themes whose texts can be read on their backgrounds: every theme is corrected, just as far as it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from textual.color import Color
from textual.theme import Theme

from jjm_tui.tui.look.contrast import ENOUGH, contrast

GROUNDS: Final = ("background", "surface", "panel")
"""The backgrounds on which our widgets write."""

TEXTS: Final = (
    "foreground",
    "text-primary",
    "text-secondary",
    "text-warning",
    "text-error",
    "text-success",
    "text-accent",
)
_FAINT: Final = ("text-muted", "text-disabled")
"""``auto 60%`` and ``auto 38%``, which Textual 8.2.8 takes at full strength in styles of content: colours instead."""

_LACKING: Final = {"foreground-disabled": "ansi_bright_black", "surface-active": "transparent"}
"""What Textual 8.2.8 leaves out of its 16-colour themes: a style sheet that names it would end the program. A share of
a colour of the terminal is all of it, so what stands back has a colour of its own."""

_STEPS: Final = 40
_BLACK, _WHITE = Color(0, 0, 0), Color(255, 255, 255)


def made_readable(theme: Theme) -> Theme:
    """The theme, its text colours moved towards black or white until they have a contrast of 4.5 : 1 everywhere.

    The colours of a theme of 16 belong to the terminal; it only gets the variables that Textual forgot, and
    frames in the colour of their titles.
    """
    if theme.ansi:
        return replace(theme, variables={**_LACKING, **theme.variables, "border": theme.primary})
    made = variables_of(theme)
    grounds = grounds_of(made)
    texts = {name: _moved(Color.parse(made[name]), grounds).hex for name in TEXTS}
    texts |= {name: _moved(seen(name, made, grounds[1]), grounds).hex for name in _FAINT}
    texts["text"] = _strengthened(made["text"], grounds)
    cursor_text = {"block-cursor-foreground": made["block-cursor-foreground"]} if texts["text"] != made["text"] else {}
    return _with_readable_cursors(_changed(theme, {**texts, **cursor_text}, {**made, "block-cursor-foreground": ""}))


def variables_of(theme: Theme) -> dict[str, str]:
    """All variables of a theme as the style sheets see them."""
    return {**theme.to_color_system().generate(), **theme.variables}


def _with_readable_cursors(theme: Theme) -> Theme:
    made = variables_of(theme)
    grounds = grounds_of(made)
    blurred = Color.parse(made["block-cursor-blurred-background"])
    behind = [ground + blurred for ground in grounds]
    wanted = {
        "block-cursor-background": _cursor(made).hex,
        "block-cursor-blurred-foreground": _moved(seen("block-cursor-blurred-foreground", made, behind[0]), behind).hex,
        "footer-key-foreground": _moved(Color.parse(made["footer-key-foreground"]), grounds).hex,
    }
    return _changed(theme, wanted, made)


def _changed(theme: Theme, wanted: Mapping[str, str], made: Mapping[str, str]) -> Theme:
    """A foreground is both a colour of the theme, from which others are made, and a variable, as that is exact."""
    news = {name: value for name, value in wanted.items() if value != made[name]}
    return replace(theme, foreground=news.get("foreground", theme.foreground), variables={**theme.variables, **news})


def grounds_of(variables: Mapping[str, str]) -> list[Color]:
    """The backgrounds of a theme's variables, opaque."""
    base = Color.parse(variables["background"])
    return [base + Color.parse(variables[name]) for name in GROUNDS]


def seen(name: str, variables: Mapping[str, str], ground: Color) -> Color:
    """The colour of a variable on a background, opaque; ``auto 60%`` is black or white, so strong."""
    value = variables[name]
    if not value.startswith("auto"):
        return ground + Color.parse(value)
    strength = value.removeprefix("auto").strip().removesuffix("%")
    return ground + ground.get_contrast_text(float(strength or 100) / 100)


def _moved(color: Color, grounds: Sequence[Color]) -> Color:
    target = max((_WHITE, _BLACK), key=lambda end: min(contrast(end, ground) for ground in grounds))
    for step in range(_STEPS + 1):
        candidate = color.blend(target, step / _STEPS, 1.0) if step else color
        if all(contrast(ground + candidate, ground) >= ENOUGH for ground in grounds):
            return candidate
    return target


def _strengthened(value: str, grounds: Sequence[Color]) -> str:
    if not value.startswith("auto"):
        return _moved(Color.parse(value), grounds).hex
    least = int(float(value.removeprefix("auto").strip().removesuffix("%") or 100))
    for strength in range(least, 101):
        texts = [(ground + ground.get_contrast_text(strength / 100), ground) for ground in grounds]
        if all(contrast(text, ground) >= ENOUGH for text, ground in texts):
            return value if strength == least else f"auto {strength}%"
    return _moved(grounds[0].get_contrast_text(1.0), grounds).hex


def _cursor(made: Mapping[str, str]) -> Color:
    """The cursor's background, moved away from its text: a white text stays white."""
    background = Color.parse(made["block-cursor-background"])
    text = seen("block-cursor-foreground", made, background)
    away = max((_BLACK, _WHITE), key=lambda end: contrast(text, end))
    for step in range(_STEPS + 1):
        candidate = background.blend(away, step / _STEPS, 1.0) if step else background
        if contrast(seen("block-cursor-foreground", made, candidate), candidate) >= ENOUGH:
            return candidate
    return away
