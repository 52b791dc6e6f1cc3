"""A view over blocks: only what is near the screen is laid out, what is on it stays, every match can be reached."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorType
from textual.app import App, ComposeResult
from textual.color import Color
from textual.pilot import Pilot
from textual.strip import Strip

from jjm_tui.tui.blocks import Block, PlainBlock, markdown_blocks
from jjm_tui.tui.contrast import ENOUGH, contrast
from jjm_tui.tui.rows import Row, Run
from jjm_tui.tui.widgets.block_layout import BlockLayout
from jjm_tui.tui.widgets.block_view import ROLES, BlockView


class CountedBlock(Block):
    """So many rows, of which a wrong number is estimated; counts how often it was laid out."""

    def __init__(self, name: str, height: int, estimate: int = 1) -> None:
        super().__init__(name)
        self.name = name
        self.height = height
        self.estimated = estimate
        self.laid_out = 0
        self.measured = 0

    @property
    def text(self) -> str:
        return "\n".join(f"{self.name}.{number}" for number in range(self.height))

    def rows(self, width: int) -> tuple[Row, ...]:
        self.laid_out += 1
        rows: list[Row] = []
        position = 0
        for line in self.text.split("\n") if self.height else []:
            rows.append((Run("| "), Run(line, (), position)))
            position += len(line) + 1
        return tuple(rows)

    def measure(self, width: int) -> int:
        self.measured += 1
        return self.height

    def estimate(self, width: int) -> int:
        return self.estimated


class Watched(BlockView):
    """Writes down which rows of the screen are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: set[int] = set()

    def render_line(self, y: int) -> Strip:
        self.painted.add(y)
        return super().render_line(y)


class Follower(BlockView):
    """A view that follows its end."""

    AUTO_FOLLOW = True


class Stage(App[None]):
    """One view, and what it told."""

    CSS = "BlockView { height: 1fr; }"

    def __init__(self, view: BlockView) -> None:
        super().__init__()
        self.view = view
        self.searches: list[tuple[str, int, int, bool]] = []
        self.tails: list[tuple[bool, int]] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def on_block_view_search_changed(self, message: BlockView.SearchChanged) -> None:
        self.searches.append((message.term, message.current, message.total, message.is_complete))

    def on_block_view_tail_changed(self, message: BlockView.TailChanged) -> None:
        self.tails.append((message.following, message.new_below))


@asynccontextmanager
async def staged(view: BlockView, size: tuple[int, int] = (40, 10)) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    app = Stage(view)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield app, pilot


def screen(view: BlockView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not condition():
            await pilot.pause(0.01)


async def measured(pilot: Pilot[Any], view: BlockView) -> None:
    await until(pilot, lambda: view._page.is_measured)
    await pilot.pause()


def counted(number: int, height: int = 3, estimate: int = 1) -> list[CountedBlock]:
    return [CountedBlock(f"b{index}", height, estimate) for index in range(number)]


# laying out


async def test_opening_lays_out_a_screenful_only() -> None:
    view = BlockView()
    blocks = counted(10_000)
    async with staged(view) as (_, pilot):
        view.set_blocks(blocks)
        assert sum(block.measured for block in blocks) <= 5
        await pilot.pause(0)
        assert sum(block.laid_out for block in blocks) <= 5
        assert screen(view)[:4] == ["| b0.0", "| b0.1", "| b0.2", "| b1.0"]


async def test_a_view_that_follows_opens_at_the_end_and_lays_out_a_screenful_only() -> None:
    view = Follower()
    blocks = counted(10_000)
    async with staged(view) as (_, _pilot):
        view.set_blocks(blocks)
        assert screen(view)[-1] == "| b9999.2"
        assert sum(block.laid_out for block in blocks) <= 5


async def test_all_heights_are_measured_behind_the_screen_and_add_up() -> None:
    view = BlockView()
    blocks = [CountedBlock(f"b{index}", index % 7, estimate=3) for index in range(500)]
    async with staged(view) as (_, pilot):
        view.set_blocks(blocks)
        await measured(pilot, view)
        assert view.virtual_size.height == sum(block.height for block in blocks)
        assert all(block.measured == 1 for block in blocks)


async def test_what_is_on_the_screen_stays_while_heights_become_known() -> None:
    view = BlockView()
    async with staged(view) as (_, pilot):
        view.set_blocks(counted(3_000, height=5, estimate=1))
        view.scroll_to(y=1_500)
        before = screen(view)
        await measured(pilot, view)
        assert screen(view) == before
        assert view.scroll_y > 1_500


async def test_an_appended_block_is_the_only_one_laid_out() -> None:
    view = Follower()
    blocks = counted(50)
    async with staged(view) as (_, pilot):
        view.set_blocks(blocks)
        await measured(pilot, view)
        laid_out = view.laid_out
        new = CountedBlock("new", 2)
        view.set_blocks([*blocks, new])
        await pilot.pause()
        assert (view.laid_out - laid_out, new.laid_out) == (1, 1)
        assert screen(view)[-1] == "| new.1"


async def test_only_rows_that_changed_are_painted() -> None:
    view = Watched()
    blocks = counted(2)
    async with staged(view) as (_, pilot):
        view.set_blocks(blocks)
        await measured(pilot, view)
        view.painted.clear()
        view.set_blocks(list(blocks))
        await pilot.pause()
        assert view.painted == set()
        view.set_blocks([*blocks, CountedBlock("new", 2)])
        await pilot.pause()
        assert view.painted == {6, 7, 8, 9}


async def test_no_blocks_and_no_room_are_no_trouble() -> None:
    view = BlockView()
    async with staged(view, (2, 1)) as (_, pilot):
        view.set_blocks([])
        view.search("x")
        view.scroll_to_end()
        view.set_blocks(counted(3))
        await pilot.resize_terminal(1, 1)
        await pilot.resize_terminal(30, 5)
        await pilot.pause()
        assert screen(view)[0] == "| b0.0"
        view.set_blocks([])
        await pilot.pause()
        assert screen(view) == [""] * 5


# staying in place


async def test_blocks_put_before_leave_the_screen_as_it_is() -> None:
    view = BlockView()
    blocks = counted(30)
    async with staged(view) as (_, pilot):
        view.set_blocks(blocks)
        await measured(pilot, view)
        view.scroll_to(y=31)
        before = screen(view)
        view.set_blocks([*[CountedBlock(f"older{index}", 4) for index in range(20)], *blocks])
        await pilot.pause()
        assert screen(view) == before


async def test_a_block_that_takes_the_place_of_another_keeps_the_view_there() -> None:
    view = BlockView()
    blocks = counted(30)
    async with staged(view) as (_, pilot):
        view.set_blocks(blocks)
        await measured(pilot, view)
        view.scroll_to(y=30)
        before = screen(view)
        view.set_blocks([*blocks[:9], CountedBlock("b9", 9), *blocks[10:]])
        await pilot.pause()
        assert screen(view) == before
        view.set_blocks([*view.blocks[:10], CountedBlock("b10", 2), *blocks[11:]])
        await pilot.pause()
        assert screen(view) == ["| b10.0", "| b10.1", *before[3:], screen(view)[-1]]


async def test_another_width_keeps_the_text_at_the_upper_edge() -> None:
    view = BlockView()
    words = " ".join(f"w{number}" for number in range(2_000))
    async with staged(view) as (_, pilot):
        view.set_blocks(markdown_blocks(words))
        view.scroll_to(y=100)
        first = screen(view)[0].split()[0]
        await pilot.resize_terminal(61, 10)
        await pilot.pause()
        assert first in screen(view)[0].split()


async def test_something_else_begins_at_its_beginning() -> None:
    view = BlockView()
    async with staged(view) as (_, pilot):
        view.set_blocks(counted(30))
        view.scroll_to(y=40)
        view.search("b3.1")
        view.set_blocks(counted(30), fresh=True)
        await pilot.pause()
        assert screen(view)[0] == "| b0.0"


# the tail


async def test_at_the_end_the_view_stays_at_the_end() -> None:
    view = Follower()
    blocks = counted(20)
    async with staged(view) as (app, pilot):
        view.set_blocks(blocks)
        view.set_blocks([*blocks, CountedBlock("new", 1)])
        await pilot.pause()
        assert view.follow
        assert screen(view)[-1] == "| new.0"
        assert app.tails == []


async def test_scrolled_up_new_blocks_move_nothing_and_are_counted() -> None:
    view = Follower()
    blocks = counted(20)
    async with staged(view) as (app, pilot):
        view.set_blocks(blocks)
        await pilot.pause()
        view.focus()
        await pilot.press("pageup")
        before = screen(view)
        more = [*blocks, CountedBlock("n1", 12), CountedBlock("n2", 12)]
        view.set_blocks(more)
        await pilot.pause()
        assert screen(view) == before
        assert not view.follow
        assert app.tails == [(False, 0), (False, 2)]
        await pilot.press("pagedown", "pagedown")
        assert app.tails[-1] == (False, 1)
        await pilot.press("end")
        assert screen(view)[-1] == "| n2.11"
        assert app.tails[-1] == (True, 0)


async def test_follow_goes_to_the_end_and_can_be_ended_there() -> None:
    view = Follower()
    blocks = counted(20)
    async with staged(view) as (_, pilot):
        view.set_blocks(blocks)
        view.scroll_home()
        assert not view.follow
        view.follow = True
        assert screen(view)[-1] == "| b19.2"
        view.follow = False
        view.set_blocks([*blocks, CountedBlock("new", 1)])
        await pilot.pause()
        assert screen(view)[-1] == "| b19.2"
        assert view.new_below == 1


async def test_less_room_keeps_the_end_in_view() -> None:
    view = Follower()
    async with staged(view) as (_, pilot):
        view.set_blocks(counted(20))
        for size in ((40, 5), (30, 20), (60, 8)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert screen(view)[-1] == "| b19.2"
            assert view.follow


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
        assert view.search("b") == 300
        await pilot.pause()
        assert app.searches[-1] == ("b", 151, 300, True)
        assert screen(view)[0] == "| b50.0"


async def test_no_match_is_told_and_moves_nothing() -> None:
    view = BlockView()
    async with staged(view) as (app, pilot):
        view.set_blocks(counted(10))
        assert view.search("zebra") == 0
        view.next_match()
        await pilot.pause()
        assert app.searches == [("zebra", 0, 0, True)]
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
        await pilot.pause()
        assert app.searches[-1] == ("b1.2", 1, 2, True)
        view.set_blocks(blocks[2:])
        await pilot.pause()
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


# places, by themselves


heights = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=30)


def arranged(sizes: Sequence[tuple[int, int]]) -> BlockLayout:
    layout = BlockLayout()
    layout.resize(40)
    layout.replace([CountedBlock(f"b{index}", *size) for index, size in enumerate(sizes)])
    return layout


@given(heights, st.data())
def test_a_row_is_placed_where_it_is_wanted_or_the_screen_is_full(sizes: list[tuple[int, int]], data: Any) -> None:
    layout = arranged(sizes)
    height = data.draw(st.integers(1, 20))
    screen_row = data.draw(st.integers(0, height - 1))
    index = data.draw(st.integers(0, len(sizes) - 1))
    row = data.draw(st.integers(0, 12))
    top = layout.place(index, row, screen_row, height)
    wanted = layout.top_of(index) + min(row, max(0, sizes[index][0] - 1))
    visible = {layout.blocks[layout.find(line)[0]] for line in range(top, min(top + height, layout.total))}
    assert all(layout.measure(layout.index(block)) == block.height for block in visible)
    assert layout.total < height or 0 <= top <= layout.total - height
    assert top in (wanted - screen_row, 0, max(0, layout.total - height))


@given(heights, st.integers(1, 20))
def test_the_end_is_placed_at_the_lower_edge(sizes: list[tuple[int, int]], height: int) -> None:
    layout = arranged(sizes)
    assert layout.place_end(height) == max(0, layout.total - height)


@given(heights)
def test_measuring_a_block_at_a_time_ends_with_all_heights_true(sizes: list[tuple[int, int]]) -> None:
    layout = arranged(sizes)
    while not layout.is_measured:
        layout.measure_some(len(sizes) // 2, lambda: True)
    assert layout.total == sum(height for height, _ in sizes)
