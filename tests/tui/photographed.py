"""A dashboard that exports a picture of its screen whenever SIGUSR1 comes: ``photographed FILE [ARGUMENT…]``."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

from textual.app import App

from jjm_tui.cli.runner import run


def _photograph_into(file: Path) -> None:
    """Let every app save its pictures there, each in one go."""
    start = App._ready

    async def ready(app: App[object]) -> None:
        def save() -> None:
            Path(app.save_screenshot(f"{file.name}.new", str(file.parent))).rename(file)

        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, save)
        await start(app)

    App._ready = ready  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    _photograph_into(Path(sys.argv[1]))
    sys.exit(run(sys.argv[2:]))
