"""What is written beside each setting: its documentation and its rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
"""A table without entries."""


def nothing() -> Mapping[str, Any]:
    """The default of tables."""
    return NOTHING


def about(
    doc: str,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    pattern: str | None = None,
    rule: Literal["repository", "branch", "address"] | None = None,
    wanted: str | None = None,
    secret: bool = False,
    customary: str | None = None,
) -> Mapping[str, Any]:
    """The metadata of one setting.

    Args:
        doc: sentences for people; they end up in the example file.
        at_least: smallest number allowed.
        at_most: largest number allowed.
        pattern: regular expression that a text must match as a whole.
        rule: a repository or branch is checked as creating a task checks it (``domain.repository``); an address must
            have a host, and a port that can be.
        wanted: what such a text is, for people ("``owner/name``").
        secret: holds a secret; the settings file may only refer to it (``secrets.py``).
        customary: an environment variable outside our own naming that also sets it.
    """
    return {
        "doc": doc,
        "at_least": at_least,
        "at_most": at_most,
        "pattern": pattern,
        "rule": rule,
        "wanted": wanted,
        "secret": secret,
        "customary": customary,
    }
