"""The saved views of the list: going through them, and keeping the filter in force as one more."""

from __future__ import annotations

from jjm_tui.domain.text import clean_line
from jjm_tui.tui.screens.list_host import ListHost


class ViewHost(ListHost):
    """Shows the list through the filters that have a name in the settings."""

    def unavailable(self, action_id: str) -> str | None:
        """Why not: as for the list, and no view, or nothing to make one of."""
        if action_id == "view.next" and not self.dashboard.launch.views:
            key = self.dashboard.launch.keymap.first("palette")
            return f"There are no saved views; filter the list and save that: {key} save view."
        if action_id == "view.save" and not self.choice.text:
            key = self.dashboard.launch.keymap.first("filter")
            return f"Everything is shown; filter the list with {key} first, then save that as a view."
        if action_id == "view.save" and self.choice.view is not None:
            return f"This is the view {clean_line(self.choice.view)} already."
        return super().unavailable(action_id)

    def apply_view(self, name: str | None) -> None:
        """Show a saved view of the settings; ``None``: everything. A wrong one is told, and the list stays."""
        problem = self.choice.use_view(name)
        if problem is not None:
            self.dashboard.tell(problem, severity="error")
        self.rearrange()

    def do_view_next(self) -> None:
        """The next saved view that can be understood."""
        names = [None, *self.dashboard.launch.views]
        here = names.index(self.choice.view) if self.choice.view in names else 0
        for name in (*names[here + 1 :], *names[: here + 1]):
            problem = self.choice.use_view(name)
            if problem is None:
                break
            self.dashboard.tell(problem, severity="error")
        self.rearrange()

    def do_view_save(self) -> None:
        """Ask how to call the filter that is in force, and keep it."""
        from jjm_tui.tui.screens.save_view import SaveViewDialog

        self.app.push_screen(SaveViewDialog(self.choice.text), self._view_saved)

    def _view_saved(self, name: str | None) -> None:
        if name is not None:
            self.apply_view(name)
