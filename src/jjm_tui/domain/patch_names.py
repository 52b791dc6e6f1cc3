"""Names of files as diffs write them: with prefixes, quoted like in C, followed by a date."""

from __future__ import annotations

import re
from typing import Final

from jjm_tui.domain.text import clean_line

_NOWHERE: Final = "/dev/null"
_ESCAPES: Final = {"a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r"}
_ESCAPE: Final = re.compile(rb"\\([0-3][0-7]{2}|.)", re.DOTALL)


def unquote(name: str) -> str:
    """A name as it is on disk; git quotes those with special characters: ``"caf\\303\\251"``."""
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    raw = name[1:-1].encode("utf-8", "surrogatepass")
    return _ESCAPE.sub(_plain, raw).decode("utf-8", "replace")


def name_key(name: str) -> str:
    """What is equal for two writings of a name: quoted or not, with characters that cannot be shown or without."""
    return clean_line(unquote(name))


def _plain(found: re.Match[bytes]) -> bytes:
    escaped = found[1]
    if len(escaped) == 3:
        return bytes([int(escaped, 8)])
    return _ESCAPES.get(escaped.decode("latin-1"), escaped.decode("latin-1")).encode("latin-1")


def path_of_marker(line: str) -> str | None:
    """The path of a ``--- a/path`` or ``+++ b/path`` line, ``None`` for a file that is not there."""
    written = line[4:]
    name = unquote(written) if written.startswith('"') else written.split("\t", 1)[0]
    return None if name == _NOWHERE else _without_prefix(name)


def names_of_git_header(line: str) -> tuple[str | None, str | None]:
    """The paths before and after of a ``diff --git a/old b/new`` line, as far as it tells them apart.

    Names with spaces are ambiguous there; equal ones are found, others are told by the lines that follow.
    """
    rest = line.rstrip("\r").split(" ", 2)[2]
    if not line.startswith("diff --git "):
        return unquote(rest), unquote(rest)
    half, odd = divmod(len(rest), 2)
    if odd and rest[half] == " ":
        old, new = unquote(rest[:half]), unquote(rest[half + 1 :])
        if _without_prefix(old) == _without_prefix(new):
            return _without_prefix(old), _without_prefix(new)
    found = re.fullmatch(r'("(?:[^"\\]|\\.)*"|a/.*?) ("(?:[^"\\]|\\.)*"|b/.*)', rest)
    if found is None:
        return None, None
    return _without_prefix(unquote(found[1])), _without_prefix(unquote(found[2]))


def _without_prefix(name: str) -> str:
    return name[2:] if name.startswith(("a/", "b/")) else name
