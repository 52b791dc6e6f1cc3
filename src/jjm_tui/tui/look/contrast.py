"""Text that can be read on its background in every theme, also in one that a person wrote."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from textual.color import Color

ENOUGH: Final = 4.5
"""The least contrast of text to its background (WCAG 2.2, 1.4.3)."""

_STEPS: Final = 20


def contrast(first: Color, second: Color) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2)."""
    darker, brighter = sorted((_luminance(first), _luminance(second)))
    return (brighter + 0.05) / (darker + 0.05)


@lru_cache(1024)
def readable(foreground: Color, background: Color) -> Color:
    """``foreground``, moved towards black or white just as far as it must be to be read on ``background``.

    Colours of a 16-colour theme belong to the terminal and are returned as they are.
    """
    if foreground.ansi is not None or background.ansi is not None:
        return foreground
    seen = background + foreground
    white, black = Color(255, 255, 255), Color(0, 0, 0)
    target = white if contrast(white, background) > contrast(black, background) else black
    for step in range(_STEPS + 1):
        candidate = seen.blend(target, step / _STEPS, 1.0)
        if contrast(candidate, background) >= ENOUGH:
            return candidate
    return target


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
