"""What a figure is about, marked in the benchmarks: nothing more, until somebody looks (``profiles.py``)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext


class Looker:
    """Looks at nothing."""

    def python(self, arguments: Sequence[str]) -> list[str]:
        """The command that runs this module with its arguments."""
        return [sys.executable, "-m", *arguments]

    def region(self, what: str, pid: int | None, *, is_whole: bool) -> AbstractContextManager[None]:
        """See ``measured``."""
        return nullcontext()


looker = Looker()


def use(another: Looker) -> None:
    """From now on somebody looks."""
    global looker  # noqa: PLW0603 - one run looks in one way
    looker = another


def python(*arguments: str) -> list[str]:
    """The command that runs this module with its arguments."""
    return looker.python(arguments)


def measured(what: str, pid: int | None = None, *, is_whole: bool = False) -> AbstractContextManager[None]:
    """What happens inside is what the figure ``what`` is about: in this process and those that end meanwhile, or in
    the running program ``pid``; ``is_whole``: in that one since its start."""
    return looker.region(what, pid, is_whole=is_whole)
