"""What people give to make a task or write a message, checked before sending: repository, branch, prompt, text."""

from __future__ import annotations

import re
from typing import Final

from jjm_tui.domain.text import clean, clean_line, truncate
from jjm_tui.errors import ValidationError

_OWNER: Final = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9])*")
_OWNER_LENGTH: Final = 39
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_ADDRESS: Final = re.compile(r"(?:(?:https?://|ssh://git@)?(?:www\.)?github\.com/|git@github\.com:)", re.IGNORECASE)
_BRANCH_BYTES: Final = 244
"""GitHub's limit of 255 bytes for a whole reference, less ``refs/heads/``."""
_NOT_IN_REFERENCES: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]")
_HEADS: Final = "refs/heads/"


def validate_repository(text: str) -> str:
    """The repository as ``owner/name``; GitHub URLs are accepted and shortened.

    GitHub's own rule: owners are letters, digits and single hyphens inside, at most 39; names are letters, digits,
    ``.``, ``_`` and ``-``, at most 100, not ``.`` or ``..``.

    Raises:
        ValidationError: anything else; ``context["field"]`` is ``repository``.
    """
    typed = text.strip()
    address = _ADDRESS.match(typed)
    path = typed if address is None else typed[address.end() :].rstrip("/")
    owner, slash, name = path.partition("/")
    name = name.removesuffix(".git") if len(name) > len(".git") else name
    if not slash or not owner or not name or "/" in name:
        raise _wrong_repository(typed, "is not a repository of the form owner/name")
    if len(owner) > _OWNER_LENGTH or _OWNER.fullmatch(owner) is None:
        raise _wrong_repository(
            typed,
            f"has no possible owner: GitHub owners are up to {_OWNER_LENGTH} letters, digits and single hyphens inside",
        )
    if _NAME.fullmatch(name) is None or name in (".", ".."):
        raise _wrong_repository(
            typed, "has no possible name: GitHub names are up to 100 letters, digits, '.', '_' and '-'"
        )
    return f"{owner}/{name}"


def _wrong_repository(typed: str, what: str) -> ValidationError:
    shown = truncate(clean_line(typed), 80)
    return ValidationError(
        f"{_named(shown)} {what}." if typed else "No repository was given.",
        hint="Give it as owner/name, for example acme/webapp, or as its GitHub URL.",
        context={"field": "repository", "value": shown},
    )


def _named(shown: str) -> str:
    """What was typed, in a sentence; of an escape sequence nothing is left to show."""
    return f"'{shown}'" if shown else "What was given"


def validate_branch(text: str) -> str:
    """The branch name; ``refs/heads/`` in front is dropped. The rules are git's own (``git check-ref-format``).

    Raises:
        ValidationError: git would not take it; ``context["field"]`` is ``branch``.
    """
    typed = text.strip()
    branch = typed.removeprefix(_HEADS)
    problem = _branch_problem(branch)
    if problem is not None:
        shown = truncate(clean_line(typed), 80)
        raise ValidationError(
            f"{_named(shown)} is not a branch name: {problem}." if typed else "No branch was given.",
            hint="Give the name of an existing branch, for example main.",
            context={"field": "branch", "value": shown},
        )
    return branch


def _branch_problem(branch: str) -> str | None:
    parts = branch.split("/")
    checks = (
        (branch == "", "it is empty"),
        (branch in ("@", "HEAD"), "it has another meaning in git"),
        (branch.startswith("-"), "it starts with '-'"),
        (clean(branch) != branch, "it holds characters that cannot be seen"),
        (_NOT_IN_REFERENCES.search(branch) is not None, "it holds a space or one of ~ ^ : ? * [ \\"),
        (".." in branch, "it holds '..'"),
        ("@{" in branch, "it holds '@{'"),
        ("" in parts, "it starts or ends with '/', or holds '//'"),
        (any(part.startswith(".") for part in parts), "a part of it starts with '.'"),
        (any(part.endswith(".lock") for part in parts), "a part of it ends with '.lock'"),
        (branch.endswith("."), "it ends with '.'"),
    )
    for is_wrong, problem in checks:
        if is_wrong:
            return problem
    return "it is too long" if len(branch.encode()) > _BRANCH_BYTES else None


def validate_description(text: str) -> str:
    """What the task is to do, without white space around it.

    Raises:
        ValidationError: it is empty, or cannot be written as UTF-8; ``context["field"]`` is ``description``.
    """
    return _words(text, "description", "The description is empty.", "Say what Jules is to do.")


def validate_message(text: str) -> str:
    """The message, without white space around it.

    Raises:
        ValidationError: it is empty, or cannot be written as UTF-8; ``context["field"]`` is ``message``.
    """
    return _words(text, "message", "The message is empty.", "Write what Jules is to read.")


def _words(text: str, field: str, if_empty: str, hint: str) -> str:
    words = text.strip()
    if not words:
        raise ValidationError(if_empty, hint=hint, context={"field": field})
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise ValidationError(
            f"The {field} holds half of a character at position {error.start} and cannot be sent.",
            hint="Type that place again; it was probably damaged when it was copied or decoded.",
            context={"field": field, "position": error.start},
        ) from error
    return words
