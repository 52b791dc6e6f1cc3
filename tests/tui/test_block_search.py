"""Text in a view over blocks is found, selected and readable wherever it is."""

from __future__ import annotations

from typing import Any

import pytest
from rich.color import ColorType
from textual.color import Color
from textual.pilot import Pilot

from jjm_tui.tui.look.contrast import ENOUGH, contrast
from jjm_tui.tui.text.blocks import PlainBlock, markdown_blocks
from jjm_tui.tui.widgets.blocks.block_view import ROLES, BlockView
from tests.tui.block_stage import CountedBlock, Follower, counted, measured, screen, staged, until

# searching


async def test_every_match_can_be_gone_to_and_is_seen() -> None:
    view = BlockView()
    text = "".join(f"Line {number} with a **Need**le that {'word ' * (number % 40)}\n\n" for number in range(300))
    async with staged(view) as (app, pilot):
        view.set_blocks(markdown_blocks(text))
        view.search("NEEDLE")
        await until(pilot, lambda: bool(app.searches) and app.searches[-1][3])
        assert app.searches[-1] == ("NEEDLE", 1, 300, True)
        for number in range(1, 301):
            view.next_match()
            assert f"Line {number % 300} with" in " ".join(screen(view))
            assert marked(view, "match-current") == "Needle"
        await pilot.pause()
        assert app.searches[-1][1] == 1
        view.previous_match()
        await pilot.pause()
        assert app.searches[-1][1] == 300


async def searched(pilot: Pilot[Any], view: BlockView) -> None:
    """Wait until everything was searched, which a busy machine does in slices, and that is told."""
    await until(pilot, lambda: view._search is not None and view._search.is_complete)
    await pilot.pause()


def marked(view: BlockView, role: str) -> str:
    """The characters on the screen that carry the style of a role."""
    overlay = view._role_styles.overlay(role)
    return "".join(
        segment.text
        for y in range(view.size.height)
        for segment in view.render_line(y)
        if segment.style is not None and segment.style.reverse == overlay.reverse and segment.style.bold == overlay.bold
    )


async def test_a_match_over_two_rows_is_marked_on_both() -> None:
    view = BlockView()
    async with staged(view, (20, 5)) as (_, pilot):
        view.set_blocks([PlainBlock("one two three four five six")])
        assert view.search("four five") == 1
        await pilot.pause()
        assert marked(view, "match-current") == "fourfive"


async def test_searching_starts_at_what_is_on_the_screen() -> None:
    view = BlockView()
    async with staged(view) as (app, pilot):
        view.set_blocks(counted(100))
        await measured(pilot, view)
        view.scroll_to(y=150)
        view.search("b")
        await searched(pilot, view)
        assert app.searches[-1] == ("b", 151, 300, True)
        assert screen(view)[0] == "| b50.0"


async def test_no_match_is_told_and_moves_nothing() -> None:
    view = BlockView()
    async with staged(view) as (app, pilot):
        view.set_blocks(counted(10))
        assert view.search("zebra") == 0
        view.next_match()
        await searched(pilot, view)
        assert [told for told in app.searches if told[3]] == [("zebra", 0, 0, True)]
        view.clear_search()
        await pilot.pause()
        assert app.searches[-1] == ("", 0, 0, True)


async def test_new_blocks_are_searched_as_well() -> None:
    view = BlockView()
    blocks = counted(4)
    async with staged(view) as (app, pilot):
        view.set_blocks(blocks)
        view.search("b1.2")
        view.set_blocks([*blocks, PlainBlock("B1.2 again")])
        await searched(pilot, view)
        assert app.searches[-1] == ("b1.2", 1, 2, True)
        view.set_blocks(blocks[2:])
        await searched(pilot, view)
        assert app.searches[-1] == ("b1.2", 0, 0, True)


async def test_a_long_text_is_searched_in_slices() -> None:
    view = BlockView()
    async with staged(view) as (app, pilot):
        view.set_blocks(markdown_blocks("Some **words** and a [link](https://a.example).\n\n" * 4_000))
        at_once = view.search("words")
        assert 0 < at_once < 4_000
        await until(pilot, lambda: bool(app.searches) and app.searches[-1][3])
        assert app.searches[-1] == ("words", 1, 4_000, True)


# selecting


async def test_text_selected_with_the_mouse_is_copied_without_our_line_breaks() -> None:
    view = BlockView()
    async with staged(view, (20, 6)) as (app, pilot):
        view.set_blocks(
            [PlainBlock("one two three four five six", gap=1), PlainBlock("middle **m**"), PlainBlock("end")]
        )
        await pilot.pause()
        assert screen(view)[:5] == ["one two three four", "five six", "", "middle **m**", "end"]
        await pilot.mouse_down(view, offset=(4, 0))
        await pilot.hover(view, offset=(3, 1))
        await pilot.mouse_up(view, offset=(3, 1))
        assert app.screen.get_selected_text() == "two three four five"
        await pilot.mouse_down(view, offset=(14, 0))
        await pilot.hover(view, offset=(1, 4))
        await pilot.mouse_up(view, offset=(1, 4))
        assert app.screen.get_selected_text() == "four five six\nmiddle **m**\nen"


async def test_a_selection_stays_on_its_text_while_heights_become_known() -> None:
    view = Follower()
    blocks = counted(2_000, height=5, estimate=2)
    async with staged(view) as (app, pilot):
        view.set_blocks(blocks)
        await pilot.mouse_down(view, offset=(2, 3))
        await pilot.hover(view, offset=(8, 3))
        await pilot.mouse_up(view, offset=(8, 3))
        selected = app.screen.get_selected_text()
        assert selected == screen(view)[3][2:9]
        await measured(pilot, view)
        assert app.screen.get_selected_text() == selected
        view.set_blocks([CountedBlock("older", 2), *blocks])
        assert not app.screen.get_selected_text()


async def test_everything_selected_is_copied_as_it_was_written() -> None:
    view = BlockView()
    async with staged(view) as (app, pilot):
        view.set_blocks(markdown_blocks("# Title\n\nsome **bold** text\x1b[31m"))
        await pilot.pause()
        view.text_select_all()
        assert app.screen.get_selected_text() == "# Title\n\nsome **bold** text"


# looks


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "nord", "solarized-light", "dracula", "ansi-dark"])
async def test_every_role_can_be_read_in_every_theme(theme: str) -> None:
    view = BlockView()
    async with staged(view) as (app, pilot):
        app.theme = theme
        await pilot.pause()
        for style in [view._role_styles.selection(), *(view._role_styles((role,)) for role in ROLES)]:
            assert style.color is not None
            assert style.bgcolor is not None
            if style.color.type is ColorType.TRUECOLOR and not style.reverse:
                colors = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
                assert contrast(*colors) >= ENOUGH


async def test_another_theme_lays_nothing_out_again() -> None:
    view = BlockView()
    async with staged(view) as (app, pilot):
        view.set_blocks(counted(30))
        await measured(pilot, view)
        laid_out = view.laid_out
        app.theme = "textual-light"
        await pilot.pause()
        assert view.laid_out == laid_out
        assert view.render_line(0)._segments[0].style.bgcolor == view.rich_style.bgcolor
