"""Repository records of the public REST API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jjm_tui.domain.text import clean_line
from jjm_tui.gateway.dialects.sessions import decode_repository_name
from jjm_tui.ports import Repository


def decode_source(record: object) -> Repository | None:
    """One connected repository; ``None`` when neither its name nor its owner and name can be read."""
    if not isinstance(record, Mapping):
        return None
    source = record.get("name") if isinstance(record.get("name"), str) else None
    if source is not None and clean_line(source) != source:
        return None
    place = record.get("githubRepo")
    place = place if isinstance(place, Mapping) else {}
    owner, repo = place.get("owner"), place.get("repo")
    if isinstance(owner, str) and owner and isinstance(repo, str) and repo:
        name = clean_line(f"{owner}/{repo}")
    else:
        decoded = decode_repository_name(source or record.get("id"), {})
        if not isinstance(decoded, str):
            return None
        name = decoded
    branches = place.get("branches")
    listed = [_display_name(item) for item in branches] if isinstance(branches, list) else []
    private = place.get("isPrivate")
    return Repository(
        name=name,
        source=source or f"sources/github/{name}",
        default_branch=_display_name(place.get("defaultBranch")),
        branches=tuple(item for item in listed if item),
        private=private if isinstance(private, bool) else None,
    )


def _display_name(record: Any) -> str | None:
    if isinstance(record, str):
        return clean_line(record) or None
    value = record.get("displayName") if isinstance(record, Mapping) else None
    return clean_line(value) if isinstance(value, str) and value else None
