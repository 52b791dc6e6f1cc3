"""The program: ``jjm-tui``, ``jjm`` and ``python -m jjm_tui``."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (default: the process's own); answer the exit code of ``cli.md``."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments == ["--version"]:
        from jjm_tui.cli.version import print_version

        return print_version()
    from jjm_tui.cli.runner import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
