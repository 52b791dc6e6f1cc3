"""What of our environment a server gets, and what of its own words must not be repeated."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from jjm_tui.settings.secrets import mask_cut, masked

INHERITED = ("HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR")
"""Variables that every server gets: those the MCP SDK passes, and those of language, time zone and folders."""

INHERITED_PREFIXES = ("LC_", "XDG_")

_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|COOKIE|AUTH|CREDENTIAL", re.IGNORECASE)
_PLACE_NAME = re.compile(r"_(PATH|DIR|FILE|HOME|SOCK|NAME|ID)$", re.IGNORECASE)
_MASK = "•••"


def build_environment(extra: Mapping[str, str], ours: Mapping[str, str] | None = None) -> dict[str, str]:
    """The whole environment of a server: harmless variables of ours, then ``extra``."""
    source = os.environ if ours is None else ours
    inherited = {
        name: value
        for name, value in source.items()
        if (name in INHERITED or name.startswith(INHERITED_PREFIXES)) and not value.startswith("()")
    }
    return {**inherited, **extra}


class Redactor:
    """Masks the secrets that we handed to a server wherever the server repeats them."""

    def __init__(self, env: Mapping[str, str], headers: Mapping[str, str]) -> None:
        secrets = [value for name, value in env.items() if _SECRET_NAME.search(name) and not _PLACE_NAME.search(name)]
        secrets += [part for value in headers.values() for part in (value, value.split(" ")[-1])]
        self._secrets = _longest_first(secrets)

    def __call__(self, text: str) -> str:
        """The text without them, and without every secret that a reference of the settings led to."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return masked(mask_cut(text, self._secrets, _MASK))


def _longest_first(secrets: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True))
