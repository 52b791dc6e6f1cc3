"""The inside of a Markdown paragraph: emphasis, code, links with their real target, images as words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from jjm_tui.domain.text import clean, clean_line, truncate
from jjm_tui.tui.text.rows import Roles

if TYPE_CHECKING:
    from markdown_it.token import Token

StyledText = tuple[str, Roles]

_TARGET_CELLS: Final = 60
_OPENING: Final = {"strong_open": "strong", "em_open": "em", "s_open": "struck", "link_open": "link"}
_CLOSING: Final = frozenset({"strong_close", "em_close", "s_close", "link_close"})
_SPACES: Final = str.maketrans("\n\t", "  ")


def read_inline(tokens: Sequence[Token], roles: Roles) -> list[list[StyledText]]:
    """The lines of one paragraph. A line break in the source stays one: people and Jules write line by line."""
    lines: list[list[StyledText]] = [[]]
    stack = [roles]
    links: list[tuple[str, int, int]] = []
    for token in tokens:
        if token.type in _OPENING:
            stack.append((*stack[-1], _OPENING[token.type]))
            if token.type == "link_open":
                links.append((str(token.attrs.get("href", "")), len(lines) - 1, len(lines[-1])))
        elif token.type in _CLOSING:
            stack.pop()
            if token.type == "link_close":
                lines[-1] += _target(*links.pop(), lines=lines, roles=stack[-1])
        elif token.type in ("softbreak", "hardbreak"):
            lines.append([])
        elif token.type == "image":
            lines[-1] += _image(token, stack[-1])
        else:
            role = (*stack[-1], "code-inline") if token.type == "code_inline" else stack[-1]
            lines[-1].append((clean(token.content).translate(_SPACES), role))
    return lines


def _image(token: Token, roles: Roles) -> list[StyledText]:
    words = clean_line(token.content) or "without a description"
    target = target_words(str(token.attrs.get("src", "")), words)
    return [("image: ", (*roles, "muted")), (words, roles), *([(f" ({target})", (*roles, "muted"))] if target else [])]


def _target(href: str, line: int, part: int, *, lines: list[list[StyledText]], roles: Roles) -> list[StyledText]:
    parts = [*lines[line][part:], *(each for later in lines[line + 1 :] for each in later)]
    target = target_words(href, "".join(text for text, _ in parts))
    return [(f" ({target})", (*roles, "muted"))] if target else []


def target_words(href: str, shown: str) -> str:
    """Where a link really goes: its host, or the whole target where it has none; nothing where ``shown`` says so.

    A name and password before the host look like a host themselves, so the host is then always told.
    """
    target = clean_line(href)
    host, is_disguised = _host(target)
    if not host:
        return "" if target == shown.strip() else truncate(target, _TARGET_CELLS)
    said, _ = _host(shown.strip())
    is_said = shown.strip().lower() == host or said == host
    return "" if is_said and host.isascii() and not is_disguised else truncate(host, _TARGET_CELLS)


def _host(address: str) -> tuple[str, bool]:
    """Host and port of an http address, and whether a user name stands before them."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "", False
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "", False
    return parts.hostname if port is None else f"{parts.hostname}:{port}", "@" in parts.netloc
