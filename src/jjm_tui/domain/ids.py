"""What people type to name a task: a full id, the beginning of one, a task URL, or a row of the last list."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Final, Literal

from jjm_tui.domain.text import clean_line, truncate
from jjm_tui.errors import ValidationError

MINIMUM_PREFIX: Final = 4
"""Fewer characters of an id are refused (``cli.md``)."""

_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ROW: Final = re.compile(r"@([1-9][0-9]{0,5})")
_RESOURCE_NAME: Final = re.compile(r"sessions/([A-Za-z0-9_-]{1,128})")
_URL: Final = re.compile(
    r"(?:https?://)?jules\.google\.com(?:/u/[0-9]+)?/(?:session|sessions|task|tasks)/([A-Za-z0-9_-]{1,128})/?"
    r"(?:[?#].*)?",
    re.IGNORECASE,
)
_HINT: Final = (
    "Give a task id, at least 4 characters of its beginning, the task's URL, or @N for a row of the last list."
)


@dataclass(frozen=True, slots=True)
class TaskReference:
    """How a person named a task.

    ``kind`` ``id``: ``text`` is exactly the id (from a URL or ``sessions/ID``). ``prefix``: ``text`` is a whole id or
    its beginning; a task whose id equals it wins over longer ones. ``row``: the 1-based ``row`` of the last list.
    """

    kind: Literal["id", "prefix", "row"]
    text: str
    row: int | None = None

    @property
    def is_url(self) -> bool:
        """The id was given whole, so it need not be looked for."""
        return self.kind == "id"


def is_valid_id(text: str) -> bool:
    """Whether this can be a task's id. Ids are opaque: usually 17 to 20 digits, never to be read as numbers."""
    return _ID.fullmatch(text) is not None


def parse_task_reference(text: str) -> TaskReference:
    """Read what a person typed.

    Raises:
        ValidationError: it is none of the four forms; ``context["field"]`` is ``task``.
    """
    typed = text.strip()
    row = _ROW.fullmatch(typed)
    if row is not None:
        return TaskReference("row", typed, row=int(row.group(1)))
    exact = _URL.fullmatch(typed) or _RESOURCE_NAME.fullmatch(typed)
    if exact is not None:
        return TaskReference("id", exact.group(1))
    if not is_valid_id(typed):
        raise _malformed(typed)
    if len(typed) < MINIMUM_PREFIX:
        raise ValidationError(
            f"{typed!r} is too short for a task id: at least {MINIMUM_PREFIX} characters are needed.",
            hint=_HINT,
            context={"field": "task", "value": typed},
        )
    return TaskReference("prefix", typed)


def spell_command(command: str, *ids: str, options: str = "", text: str = "") -> str:
    """A command for people to copy: nothing in the ids means anything to the shell, or is taken for an option.

    ``options`` and ``text`` (an argument behind the ids) are ours and written as they are.
    """
    words = [shlex.quote(each) for each in ids]
    if any(each.startswith("-") for each in ids):
        return " ".join(filter(None, (command, options, "--", *words, text)))
    return " ".join(filter(None, (command, *words, text, options)))


def _malformed(typed: str) -> ValidationError:
    shown = truncate(clean_line(typed), 60)
    if not typed:
        sentence = "No task was named."
    elif typed.startswith("@"):
        sentence = f"'{shown}' is not a row of a list: @1 is the first one."
    elif "/" in typed:
        sentence = f"'{shown}' is not the URL of a Jules task."
    else:
        sentence = f"'{shown}' is not a task id: ids hold letters, digits, '-' and '_' only."
    return ValidationError(sentence, hint=_HINT, context={"field": "task", "value": shown})
