"""The text server's list of repositories."""

from __future__ import annotations

import re
from typing import Final

from jjm_tui.domain.text import clean_line
from jjm_tui.ports import Repository

_SOURCE: Final = re.compile(
    r"^- (?P<name>[^\s/]+/\S+)(?: \((?P<kind>\w+)\))?\n"
    r"(?:  Branches: (?P<branches>.*)\n)?  Source name: (?P<source>\S+)$",
    re.MULTILINE,
)
_KIND: Final = re.compile(r"\A\s*\S+ \((\w+)\)")
_DEFAULT_BRANCH: Final = re.compile(r"^Default branch: (\S+)$", re.MULTILINE)
_BRANCHES: Final = re.compile(r"^Branches: (.+)$", re.MULTILINE)
_PRIVATE: Final = {"private": True, "public": False}


def parse_sources(text: str) -> list[Repository]:
    """The repositories of one page of the list; it does not tell default branches."""
    return [
        Repository(
            clean_line(match["name"]),
            clean_line(match["source"]),
            None,
            _split(match["branches"] or ""),
            _PRIVATE.get(match["kind"] or ""),
        )
        for match in _SOURCE.finditer(text)
    ]


def parse_source(text: str, name: str) -> Repository:
    """The repository ``name`` as the answer for one repository describes it, with its default branch."""
    kind, default, branches = _KIND.search(text), _DEFAULT_BRANCH.search(text), _BRANCHES.search(text)
    return Repository(
        clean_line(name),
        f"sources/github/{clean_line(name)}",
        None if default is None else clean_line(default[1]),
        () if branches is None else _split(branches[1]),
        None if kind is None else _PRIVATE.get(kind[1]),
    )


def _split(names: str) -> tuple[str, ...]:
    return tuple(clean_line(name) for name in names.split(", ") if name.strip())
