"""What has gone from the screen is painted over, whoever asks for places in between."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from jjm_tui.tui.steady_compositor import SteadyCompositor


class Page(Screen[None]):
    CSS = "Page { layers: below above; #toast { layer: above; width: 9; height: 1; } VerticalScroll { height: 5; } }"

    def __init__(self) -> None:
        super().__init__()
        self._compositor = SteadyCompositor()

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            for number in range(20):
                yield Static(f"row {number}", id=f"row-{number}")
        yield Static("a toast", id="toast")


async def test_where_a_widget_has_gone_is_painted_although_places_were_asked_for_meanwhile() -> None:
    app: App[None] = App()
    async with app.run_test(size=(40, 10)) as pilot:
        page = Page()
        await app.push_screen(page)
        await pilot.pause()
        toast = page.query_one("#toast")
        place, compositor = toast.region, page._compositor
        compositor._dirty_regions.clear()
        compositor._full_map_invalidated = True  # as a scroll leaves it
        toast.display = False
        assert page.query_one("#row-3").region
        assert place in compositor._dirty_regions
