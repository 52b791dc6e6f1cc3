"""Since when a server that was asked has not answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from jjm_tui.errors import JulesManagerError, OperationTimeoutError
from jjm_tui.ports import Clock


class Silence:
    """``since``: when the oldest request was sent that followed the last answer; ``None`` when no answer is owed.

    An answer that was not waited for to the end stays owed; one that nobody wants any more does not.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asking = 0
        self.since: datetime | None = None

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around one request, from its sending to its end."""
        self.since = self.since or self._clock.now()
        self._asking += 1
        is_owed = False
        try:
            yield
        except OperationTimeoutError:
            is_owed = True
            raise
        except JulesManagerError:
            raise
        except BaseException:
            is_owed = self._asking > 1
            raise
        finally:
            self._asking -= 1
            if not is_owed:
                self.since = self._clock.now() if self._asking else None

    def forget(self) -> None:
        """The server that owed it is gone."""
        self.since = None
