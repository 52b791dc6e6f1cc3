"""``--version``, the one thing that must be there at once."""

from __future__ import annotations

import os
import sys

from jjm_tui import __version__


def print_version() -> int:
    """Print the version on standard output; a reader that went away is not an error."""
    try:
        sys.stdout.write(f"jjm-tui {__version__}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
