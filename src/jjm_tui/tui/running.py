"""A run of the dashboard, from the first frame to the exit code."""

from __future__ import annotations

import asyncio
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jjm_tui.tui.app import JulesApp
from jjm_tui.tui.ending import Ending, tell

if TYPE_CHECKING:
    from jjm_tui.tui.launch import Launch


_SWITCH: Final = 0.001
"""Seconds after which a worker thread lets the event loop go on. With Python's own 5 ms, for each wait of the loop, the
merging of a poll made pauses of 34 to 63 ms in which the loop itself worked for 12 to 17, on a busy machine."""

_LOST: Final = 1
"""The exit code when something that was typed could not be kept (``cli.md``, Exit codes: failed)."""


def run_dashboard(launch: Launch) -> int:
    """Show the dashboard until the person leaves; answer the exit code."""
    sys.setswitchinterval(_SWITCH)
    # What a screen was about to read when the person left never begins: nothing to tell them below the empty screen.
    warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
    return asyncio.run(_run(JulesApp(launch)))


async def _run(app: JulesApp) -> int:
    if path := app.launch.environ.get("JJM_LOOP_PROBE"):
        from jjm_tui.tui.loop_probe import LoopProbe

        LoopProbe(Path(path))
    with Ending(app.interrupt) as ending:
        try:
            await app.run_async(mouse=app.launch.settings.ui.mouse)
        finally:
            ending.screen_gone()
            lost = await app.close_engine()
            for draft in lost:
                what = draft.name(app.launch.board)
                tell(f"What you typed last could not be kept: {draft.trouble}\n{what}:\n{draft.words()}")
    return app.return_code or (_LOST if lost else 0)
