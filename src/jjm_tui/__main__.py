"""The program: ``jjm-tui``, ``jjm`` and ``python -m jjm_tui``."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

_INTERRUPTED = 130
_IMPORTING = "<frozen importlib._bootstrap>"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (default: the process's own); answer the exit code of ``cli.md``.

    As a process of its own it also ends quietly when ctrl+c comes while it is loaded or when all is done, and collects
    no garbage while it is loaded, as there is none: what runs for long switches that on again.
    """
    if argv is not None:
        return _run(list(argv))
    gc.disable()
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return _run(sys.argv[1:])
    signal.signal(signal.SIGINT, _interrupt)
    try:
        return _run(sys.argv[1:])
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        signal.signal(signal.SIGINT, _leave)


def _run(arguments: list[str]) -> int:
    if arguments == ["--version"]:
        from jjm_tui.cli.version import print_version

        return print_version()
    from jjm_tui.cli.runner import run

    return run(arguments)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, but not into an import: libraries in C crash on it."""
    while frame is not None:
        if frame.f_code.co_filename == _IMPORTING:
            _leave(number, frame)
        frame = frame.f_back
    raise KeyboardInterrupt


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
