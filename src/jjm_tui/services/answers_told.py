"""Answers of servers that nothing here was made for, told like any other bad answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Final

from jjm_tui.errors import Effect, JulesManagerError, ProtocolError, ValidationError
from jjm_tui.logs import get_logger

_log: Final = get_logger("reading")


@contextlib.contextmanager
def answers_told(what: str, context: Mapping[str, str] | None = None, effect: Effect = Effect.NONE) -> Iterator[None]:
    """Whatever the body stumbles over in an answer, such as one nested too deeply, becomes a typed failure.

    ``what``: the answer, as the subject of a sentence. ``effect``: of a call that may have changed something.

    Raises:
        ProtocolError: in place of every failure that is none of ours, and of input that an answer made wrong.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, JulesManagerError) and not isinstance(error, ValidationError):
            raise
        _log.exception("answer_unusable", **(context or {}), reason=repr(error))
        raise ProtocolError(
            f"{what} cannot be worked with ({type(error).__name__}).",
            hint="What was known is kept. Please report it, with the newest log file.",
            context=context,
            effect=effect,
        ) from error
