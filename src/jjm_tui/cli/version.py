"""``--version``, the one thing that must be there at once."""

from __future__ import annotations

import os
import sys

from jjm_tui import __version__


def print_version() -> int:
    """Print the version on standard output; a reader that went away is not an error, a full disk is."""
    if sys.stdout is None:
        if sys.stderr is not None:
            sys.stderr.write("jjm: Standard output could not be written: it is closed.\n")
        return 1
    try:
        sys.stdout.write(f"jjm-tui {__version__}\n")
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 0
        sys.stderr.write(f"jjm: Standard output could not be written: {error.strerror}.\n")
        return 1
    return 0
