"""Settings: typed, documented per field, layered, explained."""

from __future__ import annotations

from jjm_tui.settings.loader import Loaded, load_settings
from jjm_tui.settings.locations import Locations, StorePaths
from jjm_tui.settings.model import Settings

__all__ = ["Loaded", "Locations", "Settings", "StorePaths", "load_settings"]
