"""A compositor that paints also where a widget has just gone."""

from __future__ import annotations

from textual._compositor import Compositor, CompositorMap


class SteadyCompositor(Compositor):
    """Textual's, which after a scroll arranges the widgets anew as soon as somebody asks for the place of one.

    Textual 8.2.8 paints, with the next layout, what is elsewhere than before. When a toast goes and somebody asks for a
    place between that and the layout, the toast is not there before either, and stays on the terminal.
    """

    @property
    def full_map(self) -> CompositorMap:
        """As in ``Compositor``; where widgets have gone meanwhile is painted with the next layout."""
        if not self._full_map_invalidated:
            return super().full_map
        before, now = self._full_map, super().full_map
        gone = (before[widget] for widget in before.keys() - now.keys())
        self._dirty_regions.update(filter(None, (each.clip.intersection(each.region) for each in gone)))
        return now
