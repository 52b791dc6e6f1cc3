"""What a start of the dashboard is given: everything that is known before the first frame."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jjm_tui.assembly.workplace import Workplace
    from jjm_tui.ports import Clock
    from jjm_tui.services.board import Board
    from jjm_tui.settings.model import Settings
    from jjm_tui.tui.engine import Engine
    from jjm_tui.tui.keymap import Keymap
    from jjm_tui.tui.memory import Memory


@dataclass(frozen=True, slots=True)
class Launch:
    """``open_engine`` is called once, in a thread, behind the first frame. ``is_configured``: a server is set up;
    without one the guided set-up opens. ``remarks``: sentences to show once, such as wrong keys in the settings.
    """

    place: Workplace
    environ: Mapping[str, str]
    keymap: Keymap
    clock: Clock
    memory: Memory
    board: Board
    open_engine: Callable[[Board], Engine]
    is_configured: bool = True
    remarks: tuple[str, ...] = field(default=())
    new_views: dict[str, str] = field(default_factory=dict)
    """Views that were saved since the start: the settings of a run do not change."""

    @property
    def settings(self) -> Settings:
        """The settings of this run."""
        return self.place.loaded.settings

    @property
    def views(self) -> Mapping[str, str]:
        """The saved filters by name, as they are at any time."""
        return ChainMap(self.new_views, dict(self.settings.views))

    @property
    def is_simulated(self) -> bool:
        """Whether everything that is shown is made up, so that every screen says so."""
        return self.place.demo or self.settings.server.preset == "demo"

    @property
    def profile(self) -> str:
        """The profile's name."""
        return self.place.loaded.profile
