"""What deserves a second look before it is approved: CI files, lock files, deletions, migrations, secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from jjm_tui.domain.task import Plan, SourceFile
from jjm_tui.domain.text import clean_line, truncate


class RiskKind(StrEnum):
    """Kinds of risk, most dangerous last. The values are the words for them, everywhere."""

    LOCK_FILE = "lock file"
    CI = "CI"
    MIGRATION = "migrations"
    DELETION = "deletions"
    SECRET = "secrets"  # noqa: S105


@dataclass(frozen=True, slots=True)
class RiskMark:
    """One reason to look twice. ``where`` is ``step N`` or a file name; ``reason`` is a sentence for people.

    ``is_touched``: the mark comes from a file that was changed. Otherwise words of a plan stand behind it, and nobody
    knows before the work is done whether they come true.
    """

    kind: RiskKind
    reason: str
    where: str
    is_touched: bool = False


_CI_FILES: Final = (
    r"\.github/(?:workflows|actions)\b|\.gitlab-ci\.ya?ml|\.circleci\b|\bazure-pipelines\.ya?ml|\bjenkinsfile\b"
    r"|\.travis\.ya?ml|\bbitbucket-pipelines\.ya?ml|\.buildkite\b|\.drone\.ya?ml|\bcloudbuild\.ya?ml"
)
_LOCKED_VERSIONS: Final = (
    r"\bpackage-lock\.json|\bnpm-shrinkwrap\.json|\bpnpm-lock\.ya?ml|\bgo\.sum\b|\bpackages\.lock\.json"
    r"|\bgradle\.lockfile|(?<=[\w-])\.lock(?:b|\.hcl)?(?!\.?\w|\()"
)
_MIGRATION_FILES: Final = r"\b(?:migrations?|alembic|flyway|liquibase)/|\bdb/migrate\b|\bschema\.(?:sql|rb|prisma)\b"
_KEY_FILES: Final = (
    r"(?<![\w.])\.env(?:\.(?!example|sample|template|dist)\w[\w-]*)?(?!\.?\w)|\bid_(?:rsa|ed25519|ecdsa|dsa)\b"
    r"|(?<=[\w-])\.(?:pem|p12|pfx|jks|keystore)\b|\bcredentials?\.(?:json|ya?ml|toml|ini|csv)\b"
    r"|\bsecrets?\.(?:json|ya?ml|toml|ini|env)\b|(?<!\w)\.(?:npmrc|pypirc|netrc|htpasswd)\b"
)
_CONFIDENTIAL_WORDS: Final = (
    r"\b(?:secrets?|credentials?|passwords?|passphrases?)\b"
    r"|\b(?:api|private|signing|encryption|ssh)[ _-]?keys?\b"
    r"|\b(?:access|auth|bearer|refresh|deploy)[ _-]?tokens?\b"
)
_DELETION_WORDS: Final = (
    r"\b(?:delet(?:e|es|ed|ing|ion)|eras(?:e|es|ing)|purg(?:e|es|ing)|wip(?:e|es|ing)|truncat(?:e|es|ing) table)\b"
    r"|\brm -|\bgit (?:push (?:-f|--force)|reset --hard)"
    r"|\bdrop (?:the )?(?:table|column|database|schema|index)\b"
    r"|\b(?:remov(?:e|es|ing)|drop(?:s|ping)?)\b[^.\n]{0,60}?(?:"
    r"\b(?:files?|director(?:y|ies)|folders?|modules?|packages?|tables?|columns?|tests?|databases?|branch(?:es)?)\b"
    r"|\w/\w|\w\.[a-z]{1,4}\b)"
)
_MIGRATION_WORDS: Final = (
    r"\bmigrations?\b|\balembic\b|\balter table\b|\b(?:database|db) schema\b|\bschema changes?\b"
    r"|\bmigrat(?:e|es|ing) (?:the |all |existing )?(?:data|database|db|schema|tables?|rows|users)\b"
)
_CI_WORDS: Final = (
    r"\b(?:ci|ci/cd|build|deploy(?:ment)?) (?:pipelines?|workflows?|config(?:uration)?|jobs?)\b"
    r"|\bgithub actions?\b"
)
_LOCK_WORDS: Final = r"\block[ -]?files?\b"


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_FILES: Final = (
    (RiskKind.SECRET, _any_of(_KEY_FILES)),
    (RiskKind.MIGRATION, _any_of(_MIGRATION_FILES)),
    (RiskKind.CI, _any_of(_CI_FILES)),
    (RiskKind.LOCK_FILE, _any_of(_LOCKED_VERSIONS)),
)
_TEXTS: Final = (
    (RiskKind.SECRET, _any_of(_KEY_FILES, _CONFIDENTIAL_WORDS)),
    (RiskKind.DELETION, _any_of(_DELETION_WORDS)),
    (RiskKind.MIGRATION, _any_of(_MIGRATION_FILES, _MIGRATION_WORDS)),
    (RiskKind.CI, _any_of(_CI_FILES, _CI_WORDS)),
    (RiskKind.LOCK_FILE, _any_of(_LOCKED_VERSIONS, _LOCK_WORDS)),
)

_EFFECTS: Final = {
    RiskKind.MIGRATION: "may change stored data or its schema",
    RiskKind.CI: "may change what the build servers run",
}
_OF_STEPS: Final = {
    **_EFFECTS,
    RiskKind.SECRET: "may concern secrets",
    RiskKind.DELETION: "may delete something",
    RiskKind.LOCK_FILE: "names a lock file",
}
_OF_FILES: Final = {
    **_EFFECTS,
    RiskKind.SECRET: "may hold secrets",
    RiskKind.LOCK_FILE: "may change what gets installed",
}
_EXAMINED_CHARACTERS: Final = 20_000
"""A step longer than this is examined at its beginning only; nobody reads further before approving either."""

_WORD_LENGTH: Final = 60


def risk_marks(plan: Plan | None) -> tuple[RiskMark, ...]:
    """Reasons to look twice at a plan, one of each kind and step, in the order of the steps."""
    marks: list[RiskMark] = []
    for number, step in enumerate(() if plan is None else plan.steps, 1):
        text = f"{step.title}\n{step.description or ''}"[:_EXAMINED_CHARACTERS]
        for kind, pattern in _TEXTS:
            found = pattern.search(text)
            if found is not None:
                words = truncate(clean_line(_whole_words(text, found)), 60)
                evidence = "" if words.casefold() in _OF_STEPS[kind] else f" ('{words}')"
                marks.append(RiskMark(kind, f"Step {number} {_OF_STEPS[kind]}{evidence}.", f"step {number}"))
    return tuple(marks)


def touched_words(risks: Iterable[RiskMark]) -> str:
    """``may delete · names CI, lock file`` of a plan, ``deletes something · touches CI`` of files; or nothing.

    Deletions come first, then the most dangerous kind of each.
    """
    marks = tuple(risks)
    touched = {mark.kind for mark in marks if mark.is_touched}
    named = {mark.kind for mark in marks} - touched
    planned = "may delete" if RiskKind.DELETION in named else ""
    done = "deletes something" if RiskKind.DELETION in touched else ""
    return " · ".join(filter(None, (planned, done, _kinds("names", named), _kinds("touches", touched))))


def _kinds(verb: str, kinds: set[RiskKind]) -> str:
    words = ", ".join(kind for kind in reversed(RiskKind) if kind in kinds and kind is not RiskKind.DELETION)
    return f"{verb} {words}" if words else ""


def _whole_words(text: str, found: re.Match[str]) -> str:
    start, end = found.span()
    while start > 0 and found.start() - start < _WORD_LENGTH and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and end - found.end() < _WORD_LENGTH and not text[end].isspace():
        end += 1
    return text[start:end].lstrip("`'\"(").rstrip("`'\"),.;:")


def file_risk_marks(files: Iterable[SourceFile | str]) -> tuple[RiskMark, ...]:
    """Reasons to look twice at touched files: by name, and for files that are deleted."""
    marks: list[RiskMark] = []
    for file in files:
        name = file if isinstance(file, str) else file.filename
        shown = truncate(clean_line(name), 120)
        if isinstance(file, SourceFile) and file.status == "deleted":
            marks.append(RiskMark(RiskKind.DELETION, f"{shown} is deleted.", name, is_touched=True))
        marks += [
            RiskMark(kind, f"{shown}: {_OF_FILES[kind]}.", name, is_touched=True)
            for kind, pattern in _FILES
            if pattern.search(name)
        ]
    return tuple(marks)
