"""What is told when the dashboard itself breaks: where, to the log; a sentence, to the person."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Final

from rich.text import Text

from jjm_tui.domain.text import clean
from jjm_tui.logs import get_logger

_log: Final = get_logger("dashboard")

_PLACES: Final = 12
"""The innermost calls tell enough."""


def report_mistake(error: BaseException) -> Text:
    """Write down where a mistake of ours happened, without values, as they may hold secrets; answer what to tell the
    person.
    """
    _log.error("dashboard_failed", reason=repr(error), at=_places(error))
    return Text(
        f"{mistake_sentence(error)}\n"
        "Nothing that was sent is lost: jjm outbox list. Please report it, with the newest log file."
    )


def mistake_sentence(error: BaseException) -> str:
    """What went wrong, as a sentence for the person."""
    return f"Something went wrong inside jjm itself: {type(error).__name__}: {clean(str(error))}"


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
