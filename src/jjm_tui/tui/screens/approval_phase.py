"""How far the sheet is on which one plan is approved."""

from __future__ import annotations

from enum import Enum, auto


class Phase(Enum):
    """Where the sheet is. Only in ``READY`` and ``WORD`` can something be approved."""

    READING = auto()
    READY = auto()
    WORD = auto()
    """The extra word is being typed."""
    SENDING = auto()
    OVER = auto()
    """It could not be read, or has an outcome that must be looked at; reading again begins anew."""
    APPROVED = auto()
    """Approved, with something to look at first."""


def more_rows(count: int) -> str:
    """Rows of the plan that are still to come, in words."""
    return f"{count} more row{'' if count == 1 else 's'}"
