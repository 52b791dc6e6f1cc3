"""What is wrong with the local files, place by place, until they work again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from jjm_tui.errors import JulesManagerError

Place = Literal["tasks", "news", "outbox", "aside", "endings", "drafts", "history"]
"""``tasks``: reading the store. ``news``: storing what the server tells. ``aside``: a damaged outbox was set aside.
``endings``: writing down what became of operations. ``drafts``: damaged ones were set aside."""

_WHAT: Final[Mapping[Place, tuple[str, str]]] = {
    "tasks": ("the stored tasks cannot be read", "every 5 s"),
    "news": ("news cannot be stored", "with each look"),
    "outbox": ("the outbox cannot be read", "every 5 s"),
    "aside": ("what was sent before is not known", ""),
    "endings": ("the outbox cannot be written", "every 20 s"),
    "drafts": ("typed texts may be missing", ""),
    "history": ("the history cannot be read", "every 5 s"),
}
"""What does not work and when it is tried again, the gravest first; some waits for the person, and is never tried."""


@dataclass(frozen=True, slots=True)
class StoreTrouble:
    """What does not work (no full stop), why, what to do about it, and when it is tried again (``every 5 s``; empty
    when it is the person's turn)."""

    place: Place
    what: str
    message: str
    hint: str | None
    again: str


@dataclass(slots=True)
class StoreTroubles:
    """The newest error of each place that does not work."""

    _errors: dict[Place, JulesManagerError] = field(default_factory=dict)

    def note(self, place: Place, error: JulesManagerError | None) -> None:
        """It failed just now, or, without an error, it worked."""
        if error is None:
            self._errors.pop(place, None)
        else:
            self._errors[place] = error

    def has(self, place: Place) -> bool:
        """Whether it did not work the last time."""
        return place in self._errors

    @property
    def gravest(self) -> tuple[StoreTrouble, JulesManagerError] | None:
        """What to tell first, and its error."""
        for place, (what, again) in _WHAT.items():
            error = self._errors.get(place)
            if error is not None:
                return StoreTrouble(place, what, error.message, error.hint, again), error
        return None
