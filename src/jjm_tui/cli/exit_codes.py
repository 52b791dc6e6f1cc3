"""Exit codes of ``cli.md``, and which outcome or error means which."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from jjm_tui.errors import (
    AmbiguousOutcomeError,
    AuthenticationError,
    ConfigurationError,
    JulesManagerError,
    ValidationError,
)


class ExitCode(IntEnum):
    """What scripts read."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_SIGNED_IN = 4
    UNCONFIRMED = 5
    TIMED_OUT = 124
    INTERRUPTED = 130


_WORST_FIRST: Final = (
    ExitCode.INTERRUPTED,
    ExitCode.TIMED_OUT,
    ExitCode.UNCONFIRMED,
    ExitCode.NOT_SIGNED_IN,
    ExitCode.USAGE,
    ExitCode.FAILED,
    ExitCode.DONE,
)


class UsageError(ValidationError):
    """The command line asks for something that cannot be."""

    code = "usage_error"


class DeclinedError(JulesManagerError):
    """The person was asked and did not say yes. ``undone``: what did not happen then, such as ``changed``."""

    code = "declined"

    def __init__(self, undone: str) -> None:
        super().__init__(f"You did not say yes, so nothing was {undone}.")


def code_for_error(error: JulesManagerError) -> ExitCode:
    """The exit code that an error means."""
    if isinstance(error, AuthenticationError):
        return ExitCode.NOT_SIGNED_IN
    if isinstance(error, AmbiguousOutcomeError):
        return ExitCode.UNCONFIRMED
    if isinstance(error, ConfigurationError | ValidationError):
        return ExitCode.USAGE
    return ExitCode.FAILED


def code_for_outcome(outcome: str, error: JulesManagerError | None = None) -> ExitCode:
    """The exit code of an operation's outcome; ``error`` is what stands behind it.

    ``done`` with an error is an alarm: it happened, but not as the person meant it.
    """
    if outcome == "done":
        return ExitCode.DONE if error is None else ExitCode.FAILED
    if outcome == "unconfirmed":
        return ExitCode.UNCONFIRMED
    return ExitCode.NOT_SIGNED_IN if isinstance(error, AuthenticationError) else ExitCode.FAILED


def worst(codes: Iterable[int]) -> ExitCode:
    """The code that several results mean together: 130, 5, 4, 1, 0."""
    found = {ExitCode(code) for code in codes}
    return next((code for code in _WORST_FIRST if code in found), ExitCode.DONE)
