"""Builds the object graph from the settings: above the services, below every face.

Its names are loaded on first use, so that the quick commands pay only for what they need.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jjm_tui.assembly.cached import CachedTasks, read_cached
    from jjm_tui.assembly.doctor import run_doctor
    from jjm_tui.assembly.graph import build_server, fill_demo, open_manager
    from jjm_tui.assembly.options import Options, load
    from jjm_tui.assembly.workplace import Workplace, open_workplace

__all__ = [
    "CachedTasks",
    "Options",
    "Workplace",
    "build_server",
    "fill_demo",
    "load",
    "open_manager",
    "open_workplace",
    "read_cached",
    "run_doctor",
]

_ROOMS = {
    "CachedTasks": "cached",
    "read_cached": "cached",
    "run_doctor": "doctor",
    "Workplace": "workplace",
    "build_server": "graph",
    "fill_demo": "graph",
    "open_manager": "graph",
    "open_workplace": "workplace",
    "Options": "options",
    "load": "options",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{room}"), name)
