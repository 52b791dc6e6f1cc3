"""Our own two themes, the one without colours, and the themes that people write as files.

A file ``themes/NAME.toml`` beside the settings has colours by the names of Textual's themes: ``primary`` is needed,
``dark``, ``secondary``, ``warning``, ``error``, ``success``, ``accent``, ``foreground``, ``background``, ``surface``,
``panel`` and a table ``variables`` are not.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, Final

from textual.color import Color, ColorParseError
from textual.theme import BUILTIN_THEMES, Theme

from jjm_tui.domain.text import clean_line, truncate
from jjm_tui.files import read_file

JJM_DARK: Final = Theme(
    name="jjm-dark",
    dark=True,
    primary="#7aa2d6",
    secondary="#93a5bb",
    accent="#c9ab74",
    warning="#dfb467",
    error="#dd8080",
    success="#8bba8b",
    foreground="#d5dae1",
    background="#14171c",
    surface="#1a1e25",
    panel="#222831",
    variables={
        "block-cursor-background": "#33465f",
        "block-cursor-foreground": "#f2f5f9",
        "text-primary": "#8fb3e0",
        "text-secondary": "#a5b5c8",
        "text-accent": "#d3b784",
        "text-warning": "#e3bc75",
        "text-error": "#e69191",
        "text-success": "#9bc79b",
    },
)
"""Grey-blue and calm; warm only where somebody waits."""

JJM_LIGHT: Final = Theme(
    name="jjm-light",
    dark=False,
    primary="#2f5d8a",
    secondary="#55677a",
    accent="#7d5a1c",
    warning="#8a5a00",
    error="#a3302c",
    success="#2f6b3c",
    foreground="#24292f",
    background="#f6f5f2",
    surface="#fdfcfa",
    panel="#ebeae5",
    variables={
        "block-cursor-background": "#c9d9ea",
        "block-cursor-foreground": "#14202c",
        "text-primary": "#2a5480",
        "text-secondary": "#4f6071",
        "text-accent": "#74521a",
        "text-warning": "#7d5200",
        "text-error": "#9c2d2a",
        "text-success": "#2a6237",
    },
)
"""Paper and ink."""

_STANDING_OUT: Final = (
    "block-cursor-background",
    "input-cursor-background",
    "input-selection-background",
    "screen-selection-background",
    "scrollbar",
    "scrollbar-hover",
    "scrollbar-active",
)
_LYING_FLAT: Final = (
    "block-cursor-foreground",
    "input-cursor-foreground",
    "input-selection-foreground",
    "screen-selection-foreground",
    "border",
    "border-blurred",
    "foreground-disabled",
    "scrollbar-background",
    "scrollbar-background-hover",
    "scrollbar-background-active",
    "scrollbar-corner-color",
)

PLAIN: Final = Theme(
    name="plain",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    success="ansi_default",
    accent="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        **dict.fromkeys(_STANDING_OUT, "ansi_white"),
        **dict.fromkeys(_LYING_FLAT, "ansi_default"),
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-text-style": "underline",
        "input-cursor-text-style": "none",
    },
)
"""Where colour is off: what has a background is reversed (``plain.py``), the rest is told by words and weight."""

_COLORS: Final = (
    "primary", "secondary", "warning", "error", "success", "accent", "foreground", "background", "surface", "panel",
)  # fmt: skip
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_TEXT_STYLES: Final = frozenset({"none", "bold", "dim", "italic", "underline", "reverse", "strike", "b", "i", "u"})
_AUTO: Final = re.compile(r"auto( \d{1,3}%)?")
_SHARE: Final = re.compile(r" \d{1,3}%$")
_BIGGEST: Final = 65_536


class ThemeFileError(Exception):
    """Why a theme file cannot be used, as the rest of a sentence."""


def load_theme_files(folder: Path, taken: Container[str]) -> tuple[list[Theme], list[str]]:
    """The themes of a folder, and a sentence for each file that cannot be used. ``taken``: names that are not free."""
    themes: list[Theme] = []
    problems: list[str] = []
    try:
        paths = sorted(folder.glob("*.toml"))
    except OSError:
        return themes, problems
    for path in paths:
        try:
            theme = _read(path)
            is_taken = theme.name in taken or any(theme.name == other.name for other in themes)
            why = f"there is a theme {theme.name!r} already" if is_taken else None
        except ThemeFileError as error:
            why = str(error)
        if why is None:
            themes.append(theme)
        else:
            problems.append(f"The theme file {path.name} is not used: {truncate(clean_line(why), 200)}.")
    return themes, problems


def _read(path: Path) -> Theme:
    import tomllib

    try:
        if path.stat().st_size > _BIGGEST:
            raise ThemeFileError("it is too big for one")
        content = tomllib.loads(read_file(path).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeFileError(f"it cannot be read ({error})") from error
    except tomllib.TOMLDecodeError as error:
        raise ThemeFileError(f"it is not TOML ({error})") from error
    return decode_theme(content, path.stem)


def decode_theme(content: Mapping[str, Any], stem: str) -> Theme:
    """A theme from the content of its file; the file's name stands in for a missing one. Raises ThemeFileError."""
    unknown = sorted(content.keys() - {"name", "dark", "variables", *_COLORS})
    if unknown:
        raise ThemeFileError(f"it has {unknown[0]!r}, which no theme has")
    name, dark, variables = content.get("name", stem), content.get("dark", True), content.get("variables", {})
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ThemeFileError(f"{str(name)[:40]!r} cannot be the name of a theme")
    if not isinstance(dark, bool):
        raise ThemeFileError("dark must be true or false")
    if not isinstance(variables, dict):
        raise ThemeFileError("variables must be a table")
    if "primary" not in content:
        raise ThemeFileError("primary is missing")
    colors: dict[str, Any] = {key: _color(key, content[key]) for key in _COLORS if key in content}
    known = Theme(name, dark=dark, **colors).to_color_system().generate()
    return Theme(
        name, dark=dark, variables={key: _variable(key, value, known) for key, value in variables.items()}, **colors
    )


def _color(key: str, value: object) -> str:
    try:
        color = Color.parse(str(value))
    except ColorParseError as error:
        raise ThemeFileError(f"{key}: {str(value)[:40]!r} is not a colour") from error
    if color.ansi is not None or color.a < 1:
        raise ThemeFileError(f"{key}: {str(value)[:40]!r} is not a colour of its own, such as #7aa2d6")
    return color.hex


def _variable(key: str, value: object, known: Mapping[str, str]) -> str:
    """What is put into the style sheet must be what it expects there: a slip would stop the whole program."""
    if key not in known:
        raise ThemeFileError(f"variables: {key[:40]!r} is not one that Textual knows")
    text = str(value)
    if key.endswith("style"):
        if not text.split() or not set(text.split()) <= _TEXT_STYLES:
            raise ThemeFileError(f"variables: {key} takes words such as bold, reverse or none")
        return text
    if _AUTO.fullmatch(text) is None:
        _color(f"variables: {key}", _SHARE.sub("", text))
    return text
