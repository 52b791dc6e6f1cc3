"""Going back through texts that were sent, as shells do it: what is changed on the way stays until it is sent."""

from __future__ import annotations

from collections.abc import Iterable

from jjm_tui.services.drafting.joined_texts import ELSEWHERE, Section, write_sections


class TextWalk:
    """A walk through texts, oldest first; the person's own text is the newest and the walk begins there."""

    def __init__(self, older: Iterable[str], own: str) -> None:
        self._sent = list(older)
        self._lines = [*self._sent, own]
        self._at = len(self._sent)

    @property
    def own(self) -> str:
        """The person's own text."""
        return self._lines[-1]

    @property
    def is_at_own(self) -> bool:
        """Whether the own text is shown."""
        return self._at == len(self._sent)

    def step(self, shown: str, by: int) -> str | None:
        """Leave ``shown`` as it is by now and go ``by`` (-1: older) texts on; ``None``: there is no further one."""
        self._lines[self._at] = shown
        if not 0 <= self._at + by < len(self._lines):
            return None
        self._at += by
        return self._lines[self._at]

    def draft(self, shown: str) -> str:
        """What must not be lost while ``shown`` is in the field: the own text, and a sent one only when changed."""
        if self.is_at_own:
            return shown
        if shown == self._sent[self._at]:
            return self.own
        return write_sections([Section(shown), Section(self.own, ELSEWHERE)]) if self.own.strip() else shown
