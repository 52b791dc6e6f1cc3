"""How the dashboard asks to be started again, by the code it ends with. Scripts never see these codes."""

from __future__ import annotations

from enum import IntEnum


class Again(IntEnum):
    """Larger than any exit code. ``SETTINGS``: with the settings as they are now; ``DEMO``: as the demo."""

    SETTINGS = 1001
    DEMO = 1002
