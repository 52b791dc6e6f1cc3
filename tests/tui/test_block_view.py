"""A view over blocks: only what is near the screen is laid out, what is on it stays, the end is followed."""

from __future__ import annotations

from jjm_tui.tui.text.blocks import markdown_blocks
from jjm_tui.tui.widgets.blocks.block_view import BlockView
from tests.tui.block_stage import CountedBlock, Follower, Watched, counted, measured, screen, staged

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


async def test_another_width_keeps_the_place_where_the_upper_edge_has_no_text() -> None:
    view = BlockView()
    paragraphs = "\n\n".join(f"p{number} " + "word " * 40 for number in range(80))
    async with staged(view) as (_, pilot):
        view.set_blocks(markdown_blocks(paragraphs))
        blank = next(row for row in range(40, 60) if view.place_of(row).position < 0)
        view.scroll_to(y=blank)
        below = screen(view)[1].split()[0]
        assert screen(view)[0].strip("| ") == ""
        await pilot.resize_terminal(61, 10)
        await pilot.pause()
        assert below in screen(view)[0].split()


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
