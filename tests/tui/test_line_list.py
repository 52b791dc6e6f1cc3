"""Lines, a cursor, a tail."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterable

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.pilot import Pilot

from jjm_tui.tui.look.contrast import ENOUGH, contrast
from jjm_tui.tui.widgets.line_list import LineList
from jjm_tui.tui.widgets.line_styles import MUTED
from jjm_tui.tui.widgets.lines import Line, Lines


class _Bench(App[None]):
    """One list of ten rows."""

    CSS = "LineList { height: 10; }"

    def __init__(self, line_list: LineList) -> None:
        super().__init__()
        self.line_list = line_list
        self.chosen: list[str | None] = []
        self.highlighted: list[str | None] = []

    def compose(self) -> ComposeResult:
        yield self.line_list

    def on_line_list_chosen(self, message: LineList.Chosen) -> None:
        self.chosen.append(None if message.line is None else message.line.key)

    def on_line_list_highlighted(self, message: LineList.Highlighted) -> None:
        assert message.control is self.line_list
        self.highlighted.append(None if message.line is None else message.line.key)

    @property
    def rows(self) -> list[str]:
        width = self.size.width - 1
        return [strip.text[:width].rstrip() for strip in self.screen._compositor.render_strips()][:10]


@contextlib.asynccontextmanager
async def _shown(line_list: LineList, size: tuple[int, int] = (40, 12)) -> AsyncIterator[tuple[_Bench, Pilot[None]]]:
    app = _Bench(line_list)
    async with app.run_test(size=size, notifications=True) as pilot:
        yield app, pilot


def _lines(numbers: Iterable[int], word: str = "line") -> list[Line]:
    return [Line(Content(f"{word} {number}"), str(number)) for number in numbers]


async def test_tail_is_followed_until_the_person_moves_away_and_counts_what_is_new():
    feed = LineList(has_cursor=True, has_tail=True)
    async with _shown(feed) as (app, pilot):
        feed.add_lines(_lines(range(30)))
        await pilot.pause()
        assert app.rows[-1] == "line 29"
        feed.move(-3)
        feed.add_lines(_lines(range(30, 34)))
        await pilot.pause()
        assert app.rows[-1].startswith("line 29")
        assert app.rows[-1].endswith("▾ 4 new below")
        feed.move_last()
        await pilot.pause()
        assert app.rows[-1] == "line 33"
        feed.add_lines(_lines([34]))
        await pilot.pause()
        assert app.rows[-1] == "line 34"


async def test_scrollbar_of_a_list_that_is_filled_at_once_stands_where_the_view_is():
    feed = LineList(has_cursor=True, has_tail=True)
    async with _shown(feed) as (app, pilot):
        feed.add_lines(_lines(range(30)))
        await pilot.pause()
        assert app.rows[-1] == "line 29"
        assert feed.vertical_scrollbar.position == feed.scroll_y == 20


async def test_scrolling_with_the_mouse_leaves_the_tail_and_comes_back_to_it():
    feed = LineList(has_cursor=True, has_tail=True)
    async with _shown(feed) as (app, pilot):
        feed.add_lines(_lines(range(30)))
        await pilot.pause()
        feed.scroll_to(y=5, animate=False, immediate=True)
        feed.add_lines(_lines([30]))
        await pilot.pause()
        assert app.rows[0] == "line 5"
        assert not feed.follows
        feed.scroll_end(animate=False, immediate=True)
        await pilot.pause()
        assert feed.follows
        assert feed.highlighted is not None
        assert feed.highlighted.key == "30"


async def test_follow_is_toggled_and_a_list_without_tail_never_follows():
    feed, page = LineList(has_tail=True), LineList(has_cursor=True)
    async with _shown(feed) as (app, pilot):
        feed.add_lines(_lines(range(12)))
        feed.toggle_follow()
        feed.add_lines(_lines(range(12, 15)))
        await pilot.pause()
        assert app.rows[0] == "line 2"
        feed.toggle_follow()
        await pilot.pause()
        assert app.rows[-1] == "line 14"
    async with _shown(page) as (app, pilot):
        page.toggle_follow()
        page.set_lines(_lines(range(12)))
        await pilot.pause()
        assert app.rows[0] == "line 0"


async def test_cursor_rests_on_lines_with_a_key_only_and_shows_the_heading_above():
    page = LineList(has_cursor=True)
    async with _shown(page) as (app, pilot):
        heads = [
            Line(Content("head")),
            *_lines(range(6)),
            Line(Content("")),
            Line(Content("more")),
            *_lines(range(6, 12)),
        ]
        page.set_lines(heads)
        page.move(6)
        await pilot.pause()
        assert page.highlighted is not None
        assert page.highlighted.key == "6"
        page.move(-9)
        await pilot.pause()
        assert app.rows[0] == "head"
        page.choose()
        await pilot.pause()
        assert app.chosen == ["0"]


async def test_replaced_lines_keep_the_cursor_on_its_key():
    page = LineList(has_cursor=True)
    async with _shown(page) as (app, pilot):
        page.set_lines(_lines(range(5)))
        page.move(3)
        page.set_lines(_lines([9, 3, 8]))
        assert page.highlighted == Line(Content("line 3"), "3")
        page.set_lines(_lines([3, 9, 8]))
        assert page.highlighted == Line(Content("line 3"), "3")
        page.set_lines(_lines([1]))
        await pilot.pause()
        assert page.highlighted == Line(Content("line 1"), "1")
        assert app.highlighted[-1] == "1"
        page.set_lines([])
        await pilot.pause()
        assert app.highlighted[-1] is None


async def test_equal_lines_are_not_drawn_again():
    drawn: list[int] = []

    class Counting(LineList):
        def render_line(self, y: int):
            drawn.append(y)
            return super().render_line(y)

    page = Counting()
    async with _shown(page) as (app, pilot):
        page.set_lines(_lines(range(8)))
        await pilot.pause()
        drawn.clear()
        page.set_lines([*_lines(range(5)), Line(Content("other"), "5"), *_lines([6, 7])])
        await pilot.pause()
        assert drawn == [5]
        assert app.rows[5] == "other"


async def test_filter_hides_lines_and_keeps_the_cursor():
    feed = LineList(has_cursor=True, has_tail=True)
    async with _shown(feed) as (app, pilot):
        feed.add_lines(_lines(range(20)))
        feed.move(-9)
        feed.set_filter(lambda line: line.key is not None and int(line.key) % 2 == 0)
        await pilot.pause()
        assert feed.highlighted is not None
        assert feed.highlighted.key == "10"
        assert [len(feed.lines), feed.total] == [10, 20]
        feed.set_filter(lambda line: False)
        feed.show_empty(Content("Nothing matches, whatever you may have wished for here."))
        await pilot.pause()
        assert "Nothing matches" in app.rows[1]
        feed.set_filter(None)
        await pilot.pause()
        assert "line 19" in app.rows[-1]


async def test_too_many_lines_lose_the_oldest_and_the_view_stays():
    feed = LineList(has_cursor=True, has_tail=True, most=50)
    async with _shown(feed) as (app, pilot):
        feed.add_lines(_lines(range(50)))
        feed.move(-20)
        await pilot.pause()
        before = app.rows[:9]
        feed.add_lines(_lines(range(50, 60)))
        await pilot.pause()
        assert app.rows[:9] == before
        assert feed.total == 50
        assert feed.highlighted is not None
        assert feed.highlighted.key == "29"


async def test_long_and_wide_lines_end_with_an_ellipsis_and_fill_the_row():
    page = LineList()
    async with _shown(page, size=(20, 12)) as (app, pilot):
        page.set_lines([Line(Content("x" * 50)), Line(Content("漢字" * 20)), Line(Content("short"))])
        await pilot.pause()
        assert app.rows[0] == "x" * 18 + "…"
        assert app.rows[1].startswith("漢字")
        assert app.rows[1].endswith("…")
        assert all(strip.cell_length == 19 for strip in map(page.render_line, range(3)))


async def test_click_moves_the_cursor_and_a_second_one_chooses():
    page = LineList(has_cursor=True)
    async with _shown(page) as (app, pilot):
        page.set_lines(_lines(range(5)))
        await pilot.click(LineList, offset=(2, 3))
        assert app.chosen == []
        assert page.highlighted is not None
        assert page.highlighted.key == "3"
        await pilot.click(LineList, offset=(2, 3), times=2)
        assert app.chosen == ["3"]


async def test_selected_text_is_whole_even_where_the_line_is_cut():
    page = LineList()
    async with _shown(page, size=(20, 12)) as (app, pilot):
        page.set_lines([Line(Content("a" * 30)), Line(Content("b" * 30))])
        await pilot.pause()
        await pilot.mouse_down(LineList, offset=(5, 0))
        await pilot.hover(LineList, offset=(3, 1))
        await pilot.mouse_up(LineList, offset=(3, 1))
        assert app.screen.get_selected_text() == "a" * 25 + "\nbbbb"


async def test_resized_list_stays_at_its_tail():
    feed = LineList(has_cursor=True, has_tail=True)
    async with _shown(feed) as (app, pilot):
        feed.styles.height = "100%"
        feed.add_lines(_lines(range(40)))
        await pilot.pause()
        await pilot.resize_terminal(60, 6)
        await pilot.pause()
        assert app.rows[5] == "line 39"
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert feed.follows


async def test_colours_of_every_theme_can_be_read():
    page = LineList(has_cursor=True)
    async with _shown(page) as (app, pilot):
        names = [MUTED, *(f"$text-{word}" for word in ("warning", "error", "success", "primary", "secondary"))]
        for theme in app.available_themes:
            app.theme = theme
            page.set_lines([Line(Content.styled("words", name), name) for name in names])
            await pilot.pause()
            for y in range(len(names)):
                style = next(iter(page.render_line(y))).style
                assert style is not None
                if style.color is None or style.bgcolor is None or style.color.triplet is None:
                    continue
                assert style.bgcolor.triplet is not None
                seen = contrast(Color(*style.color.triplet), Color(*style.bgcolor.triplet))
                assert seen >= ENOUGH - 0.05, (theme, names[y])


_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(st.integers(0, 9), max_size=8)),
        st.tuples(st.just("replace"), st.lists(st.integers(0, 9), max_size=8)),
        st.tuples(st.just("filter"), st.sampled_from([None, 2, 3])),
    ),
    max_size=12,
)


@given(_STEPS, st.sampled_from([None, 5]))
def test_lines_shown_are_always_those_of_all_that_pass(steps, most):
    model: list[int] = []
    divisor: int | None = None
    lines = Lines(most)
    for what, value in steps:
        if what == "filter":
            divisor = value
            lines.filter(None if value is None else lambda line, by=value: int(line.key) % by == 0)
        elif what == "add":
            model += value
            lines.add(_lines(value))
        else:
            model = list(value)
            lines.replace(_lines(value))
        model = model[-most:] if most else model
        assert [int(line.key) for line in lines.shown] == [n for n in model if divisor is None or n % divisor == 0]
        assert lines.total == len(model)
