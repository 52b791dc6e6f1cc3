"""A newer copy of a part of a task, with what only the known copy has: unknown fields, and what was not told again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from jjm_tui.domain.task import Plan, PlanStep, SourceFile


def both_extras(said: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """The unknown fields of both copies; where both have one, it may be a mark of this machine, so the known stays."""
    return {**said, **known} if said and known else said or known


def plan_with_known(said: Plan, known: Plan | None) -> Plan:
    """A plan; of another one than the known it takes nothing."""
    if known is None or said.fingerprint != known.fingerprint:
        return said
    return replace(
        said,
        steps=_steps_with_known(said.steps, known.steps),
        id=said.id or known.id,
        created_at=said.created_at or known.created_at,
        approved=known.approved if said.approved is None else said.approved,
        approved_instead=said.approved_instead or known.approved_instead,
        extra=both_extras(said.extra, known.extra),
    )


def _steps_with_known(said: tuple[PlanStep, ...], known: tuple[PlanStep, ...]) -> tuple[PlanStep, ...]:
    if len(said) != len(known) or not any(step.extra for step in known):
        return said
    return tuple(replace(step, extra=both_extras(step.extra, old.extra)) for step, old in zip(said, known, strict=True))


def files_with_known(said: tuple[SourceFile, ...], known: tuple[SourceFile, ...]) -> tuple[SourceFile, ...]:
    """The files that were told, each with what is known of the one of its name."""
    by_name = {file.filename: file for file in known}
    return tuple(_file_with_known(file, by_name.get(file.filename)) for file in said)


def _file_with_known(said: SourceFile, known: SourceFile | None) -> SourceFile:
    if known is None or not (known.extra or known.url):
        return said
    return replace(said, url=said.url or known.url, extra=both_extras(said.extra, known.extra))
