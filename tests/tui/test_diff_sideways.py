"""A diff that is moved sideways: which lines were added and removed stays told, and headings stay readable."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tui.test_diff_view import opened, screen_rows, settle
from tests.tui.test_patch_lines import ANY_PATCH

WIDE = (
    "--- a/x\n+++ b/x\n@@ -1,4 +1,4 @@ def f():\n kept = "
    + "k" * 200
    + "\n-removed = "
    + "r" * 200
    + "\n+added = "
    + "a" * 200
    + "\n-\n"
)


async def test_moved_sideways_keeps_numbers_and_signs() -> None:
    async with opened(WIDE, size=(100, 12)) as (app, _, pilot):
        await pilot.press("right", "right")
        rows = screen_rows(app)
    assert rows[1].strip() == "▸ @@ -1,4 +1,4 @@ def f():"
    assert rows[2].startswith("  1   1   \u2039kkk")
    assert rows[3].startswith("  2      -\u2039rrr")
    assert rows[4].startswith("      2  +\u2039aaa")
    assert rows[5] == "  3      -"


async def test_moved_sideways_in_a_narrow_view_keeps_signs_and_heading() -> None:
    async with opened(WIDE, size=(40, 12)) as (app, _, pilot):
        await pilot.press("right", "right")
        rows = screen_rows(app)
    assert rows[1] == "@@ -1,4 +1,4 @@ def f():"
    assert [row[:3] for row in rows[2:6]] == [" \u2039k", "-\u2039r", "+\u2039a", "-"]


async def test_moved_sideways_a_long_heading_goes_to_its_end_and_no_further() -> None:
    text = WIDE.replace("def f():", "def " + "f" * 60 + "():")
    async with opened(text, size=(50, 12)) as (app, _, pilot):
        await pilot.press(*["right"] * 10)
        assert screen_rows(app)[1].startswith("\u2039fff")
        assert screen_rows(app)[1].endswith("ff():")


async def test_search_in_a_view_moved_sideways_finds_what_the_edge_covers() -> None:
    async with opened(WIDE.replace("-removed", "-0123456789"), size=(50, 12)) as (app, view, pilot):
        await pilot.press("right")
        assert "789" not in screen_rows(app)[3][:2]
        view.search("78")
        await settle(pilot)
        assert "78" in screen_rows(app)[3]


async def test_selection_in_a_view_moved_sideways_is_the_text_under_the_mouse() -> None:
    async with opened(WIDE.replace("a" * 200, "0123456789" * 20), size=(100, 12)) as (app, view, pilot):
        await pilot.press("right")
        row = screen_rows(app)[4]
        await pilot.mouse_down(type(view), offset=(20, 4))
        await pilot.hover(type(view), offset=(28, 4))
        await pilot.mouse_up(type(view), offset=(30, 4))
        await pilot.pause()
        assert app.screen.get_selected_text() == row[20:31]


async def test_moved_sideways_any_text_keeps_its_width_and_its_marks() -> None:
    async with opened(None) as (_, view, _):

        @settings(deadline=None, max_examples=100)
        @given(ANY_PATCH, st.integers(1, 40), st.sampled_from((2, 3, 4, 30, 61, 95)))
        @example("@@@ -1 -1 +1,2 @@@\n+日本語 🎉", 1, 30)
        def check(text: str, scroll_x: int, width: int) -> None:
            view.show(text)
            for row in range(view.virtual_size.height):
                strip = view.paint_row(row, scroll_x, width)
                assert strip.cell_length == sum(segment.cell_length for segment in strip)
                assert strip.cell_length == width

        check()
