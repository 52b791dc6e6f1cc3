"""A run of the dashboard, from the first frame to the exit code."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from jjm_tui.tui.app import JulesApp
from jjm_tui.tui.ending import Ending, tell

if TYPE_CHECKING:
    from jjm_tui.tui.launch import Launch


def run_dashboard(launch: Launch) -> int:
    """Show the dashboard until the person leaves; answer the exit code."""
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
            for trouble in await app.close_engine():
                tell(f"What you typed last could not be kept: {trouble}")
    return app.return_code or 0
