"""Where blocks stand, by themselves: any heights, any estimates, any place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.tui.widgets.blocks.block_layout import BlockLayout
from tests.tui.block_stage import CountedBlock

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
