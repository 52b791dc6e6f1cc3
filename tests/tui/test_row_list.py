"""Rows made of cells: they fit whatever there is room for, and the cursor follows its row."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from jjm_tui.domain.text import cell_width
from jjm_tui.tui.widgets.row_list import Cell, ListRow, RowList, fit

CELLS = st.lists(
    st.builds(
        Cell,
        text=st.text(max_size=60),
        width=st.none() | st.integers(1, 20),
        rank=st.integers(0, 3),
        right=st.booleans(),
        grow=st.integers(1, 3),
    ),
    min_size=1,
    max_size=6,
)


@given(CELLS, st.integers(30, 200))
def test_fit_every_cell_is_cut_or_filled_to_its_width(cells: list[Cell], width: int) -> None:
    fitted = fit(cells, width)
    always = [cell for cell in cells if cell.rank == 0]
    assert len(fitted) >= len(always)
    for cell in fitted:
        if cell.width is not None:
            assert cell_width(cell.text) == cell.width
    optional = [cell for cell in fitted if cell.rank]
    if optional:
        assert sum(cell_width(cell.text) for cell in fitted) + 2 * (len(fitted) - 1) <= width


def test_fit_gives_a_cell_what_is_enough_for_it_and_the_rest_to_the_others() -> None:
    cells = [Cell("a title of some length", least=10), Cell("repository", width=12, rank=2), Cell("why not", enough=7)]
    assert [cell_width(each.text) for each in fit(cells, 40)] == [17, 12, 7]
    assert [cell_width(each.text) for each in fit(cells, 30)] == [21, 7]
    assert [cell_width(each.text) for each in fit(cells, 14)] == [6, 6]


class Lines(App[None]):
    def compose(self) -> ComposeResult:
        yield RowList()

    def on_mount(self) -> None:
        self.moved: list[str | None] = []

    def on_row_list_moved(self, message: RowList.Moved) -> None:
        self.moved.append(message.row_id)


def rows(*names: str) -> list[ListRow]:
    """Rows of one cell; names in capitals are headings."""
    return [ListRow(name, (Cell(name),), is_heading=name.isupper()) for name in names]


async def test_cursor_follows_its_row_when_rows_come_and_go() -> None:
    app = Lines()
    async with app.run_test(size=(30, 6)) as pilot:
        lines = app.query_one(RowList)
        lines.show(rows("HEAD", "a", "b", "c"))
        assert lines.cursor_id == "a"
        lines.move(1)
        lines.show(rows("HEAD", "x", "y", "a", "OTHER", "b", "c"))
        assert lines.cursor_id == "b"
        lines.show(rows("HEAD", "x", "y"))
        assert lines.cursor_id == "y"
        lines.show([])
        assert lines.cursor_id is None
        await pilot.pause()
        assert app.moved == ["a", "b", "y", None]


async def test_cursor_passes_over_headings_and_stops_at_the_ends() -> None:
    app = Lines()
    async with app.run_test(size=(30, 4)) as pilot:
        lines = app.query_one(RowList)
        lines.show(rows("HEAD", "a", "OTHER", "b"))
        lines.move(1)
        assert lines.cursor_id == "b"
        lines.move(1)
        assert lines.cursor_id == "b"
        lines.move(-1)
        lines.move(-1)
        assert lines.cursor_id == "a"
        lines.move_to_edge(end=True)
        await pilot.pause()
        assert lines.cursor_id == "b"


async def test_click_puts_the_cursor_there_but_not_on_a_heading() -> None:
    app = Lines()
    async with app.run_test(size=(30, 6)) as pilot:
        lines = app.query_one(RowList)
        lines.show(rows("HEAD", "a", "b"))
        await pilot.click(RowList, offset=(3, 2))
        assert lines.cursor_id == "b"
        await pilot.click(RowList, offset=(3, 0))
        assert lines.cursor_id == "b"


async def test_list_tells_which_rows_are_on_the_screen_and_brings_a_hidden_one_to_the_top() -> None:
    app = Lines()
    async with app.run_test(size=(30, 3)) as pilot:
        lines = app.query_one(RowList)
        lines.show(rows("HEAD", "a", "b", "c", "OTHER", "d", "e", "f", "g"))
        await pilot.pause()
        assert lines.ids_on_screen == ("a", "b")
        lines.move_to("d")
        await pilot.pause()
        assert (lines.cursor_id, lines.ids_on_screen) == ("d", ("d", "e"))
        lines.move_to("e")
        assert (lines.cursor_id, lines.ids_on_screen) == ("e", ("d", "e"))
        lines.move_to("nowhere")
        assert lines.cursor_id == "e"
        await pilot.resize_terminal(30, 1)
        lines.move_to("a")
        await pilot.pause()
        assert (lines.cursor_id, lines.ids_on_screen) == ("a", ("a",))
        assert app.moved == ["a", "d", "e", "a"]
