"""The diff view: what a person sees of a diff, how they move in it, and that a long one costs no more than a page."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.color import Color
from textual.content import Content
from textual.message import Message
from textual.pilot import Pilot
from textual.selection import Selection
from textual.strip import Strip

from jjm_tui.domain.text import clean
from jjm_tui.tui.look.contrast import contrast
from jjm_tui.tui.patches.patch_lines import is_told_above
from jjm_tui.tui.text.cell_text import MINUS, shown
from jjm_tui.tui.widgets.diff.diff_view import DiffView
from tests.tui.test_patch_lines import ANY_PATCH, GIT

HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def long_diff(files: int, changes: int) -> str:
    """``files`` files of ``2 * changes + 5`` lines each."""
    parts = []
    for number in range(files):
        parts += [
            f"diff --git a/src/f{number}.py b/src/f{number}.py",
            "index 111..222 100644",
            f"--- a/src/f{number}.py",
            f"+++ b/src/f{number}.py",
            f"@@ -1,{changes} +1,{changes} @@",
        ]
        parts += [f"-old_{number}_{line} = 1" for line in range(changes)]
        parts += [f"+new_{number}_{line} = 2" for line in range(changes)]
    return "\n".join(parts) + "\n"


class CountingView(DiffView):
    """Notes which rows were drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[int] = []

    def paint_row(self, row: int, scroll_x: int, width: int) -> Strip:
        self.painted.append(row)
        return super().paint_row(row, scroll_x, width)


class DiffApp(App[None]):
    """One diff view and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.view = CountingView()
        self.said: list[DiffView.DiffMessage] = []

    def compose(self) -> ComposeResult:
        yield self.view

    def note(self, message: Message) -> None:
        if isinstance(message, DiffView.DiffMessage):
            self.said.append(message)

    on_diff_view_place_changed = note
    on_diff_view_search_changed = note
    on_diff_view_file_missing = note
    on_diff_view_diff_read = note

    def last(self, kind: type[Message]) -> Any:
        return next((message for message in reversed(self.said) if isinstance(message, kind)), None)


@asynccontextmanager
async def opened(
    text: str | None = GIT, size: tuple[int, int] = (100, 24), theme: str = "textual-dark", **how: Any
) -> Any:
    app = DiffApp()
    app.theme = theme
    async with app.run_test(size=size, notifications=True) as pilot:
        app.view.focus()
        if text is not None:
            app.view.show(text, **how)
        await settle(pilot)
        yield app, app.view, pilot


async def settle(pilot: Pilot[Any]) -> None:
    """Wait until the diff is read, searched and coloured, and everything is drawn."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def screen_rows(app: App[Any]) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


def all_rows(view: DiffView, width: int = 400) -> list[str]:
    """Every row of the diff, drawn as wide as its widest line."""
    width = max(width, view.virtual_size.width + 20)
    return [view.paint_row(row, 0, width).text for row in range(view.virtual_size.height)]


async def test_show_git_diff_has_headers_numbers_and_marks() -> None:
    async with opened() as (app, _, _):
        rows = screen_rows(app)
    assert rows[0] == f" app/db.py  +2 {MINUS}1"
    assert rows[1].strip() == "▸ @@ -1,4 +1,4 @@ class A:"
    assert rows[2:5] == [
        "  1   1   one",
        "  2      --- not a header, a removed line",
        "      2  +++ not a header, an added line",
    ]
    assert rows[11] == f" new.py  +1 {MINUS}0  new  mode 100755"
    assert not any(words in row for row in rows for words in ("diff --git", "index ", "--- a/", "+++ b/"))


async def test_show_narrow_view_has_one_number_then_none() -> None:
    async with opened(size=(70, 24)) as (app, _, _):
        assert screen_rows(app)[2:4] == ["  1   one", "  2  --- not a header, a removed line"]
    async with opened(size=(50, 24)) as (app, _, _):
        assert screen_rows(app)[2:4] == [" one", "--- not a header, a removed line"]


async def test_show_says_renamed_deleted_and_binary_in_words() -> None:
    async with opened() as (_, view, _):
        headers = [row.strip() for row in all_rows(view)]
    assert f"old.py  +0 {MINUS}2  deleted" in headers
    assert "docs/the guide.md  renamed from docs/a guide.md" in headers
    assert "pic.png  binary" in headers


async def test_show_truncated_says_so_and_does_not_count_the_last_file_as_whole() -> None:
    async with opened("--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n+one\n+tw", truncated=True) as (app, _, _):
        rows = screen_rows(app)
    assert rows[0] == f" x  +2 {MINUS}0  cut short"
    assert rows[4] == " The server cut this diff short here: it is not the whole change."


async def test_show_long_line_is_cut_with_an_ellipsis_and_scrolls_to_its_end() -> None:
    async with opened("--- a/x\n+++ b/x\n@@ -1 +1 @@\n+" + "a" * 150 + "END\n", size=(100, 10)) as (app, _, pilot):
        assert screen_rows(app)[2].endswith("aaa…")
        await pilot.press(*["right"] * 20)
        assert screen_rows(app)[2].endswith("aaaEND")
        assert screen_rows(app)[2].startswith("      1  ")


async def test_show_tabs_and_wide_characters_stay_aligned() -> None:
    async with opened("--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n+日本\tx\n+ab\tx\n") as (app, _, _):
        first, second = (row[9:] for row in screen_rows(app)[2:4])
    assert cell_len(first[: first.index("x")]) == 8
    assert second == "+ab x"


async def test_show_crlf_diff_is_calm_and_crlf_files_are_told() -> None:
    async with opened("--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n+a\r\n") as (app, _, _):
        assert screen_rows(app)[2] == "      1  +a"
    async with opened("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\r\n+a\n") as (app, _, _):
        assert screen_rows(app)[2:4] == ["  1      -a␍", "      1  +a"]


async def test_show_markup_and_escapes_are_literal() -> None:
    line = "+[/foo] [x] done [@click=app.quit]q[/] \x1b]52;c;eA==\x07 \x9b2J \u202etxt"
    async with opened(f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n{line}\n") as (app, _, _):
        row = screen_rows(app)[2]
    assert "[/foo] [x] done [@click=app.quit]q[/] ␛]52;c;eA==␇ \ufffd2J \ufffdtxt" in row


async def test_show_any_text_never_raises_keeps_every_line_and_is_harmless() -> None:
    async with opened(None) as (_, view, _):

        @settings(deadline=None, max_examples=150)
        @given(ANY_PATCH)
        def check(text: str) -> None:
            view.show(text)
            rows = iter(all_rows(view))
            assert all(clean(row) == row and not HARMFUL.search(row) for row in all_rows(view))
            for number, line in enumerate(view.patch.lines):
                wanted = shown(line.removesuffix("\r")).rstrip()
                assert is_told_above(view.patch, number) or any(wanted in row for row in rows), line

        check()


async def test_show_20_000_lines_draws_one_screenful() -> None:
    async with opened(None, size=(120, 40)) as (_, view, pilot):
        view.painted.clear()
        view.show(long_diff(40, 250))
        await settle(pilot)
        assert set(view.painted) == set(range(40))
        assert view.virtual_size.height == 40 * (501 + 1)


async def test_page_down_draws_one_page() -> None:
    async with opened(long_diff(40, 250), size=(120, 40)) as (_, view, pilot):
        view.painted.clear()
        await pilot.press("pagedown")
        await settle(pilot)
        assert set(view.painted) == set(range(40, 80))


async def test_show_same_diff_again_draws_nothing() -> None:
    async with opened() as (_, view, pilot):
        view.painted.clear()
        view.show(GIT)
        await settle(pilot)
        assert view.painted == []


async def test_jump_to_the_end_while_reading_stays_at_the_end() -> None:
    async with opened(None, size=(80, 20)) as (app, view, pilot):
        view.show(long_diff(100, 100))
        view.move_to_edge(end=True)
        await settle(pilot)
        assert "new_99_99 = 2" in screen_rows(app)[-1]


async def test_next_hunk_and_file_go_through_all_and_tell_the_place() -> None:
    async with opened(long_diff(3, 60)) as (app, view, pilot):
        places = []
        for step in (
            view.next_hunk,
            view.next_file,
            view.next_hunk,
            view.next_hunk,
            view.previous_file,
            view.previous_hunk,
        ):
            step()
            await pilot.pause()
            place = app.last(DiffView.PlaceChanged)
            places.append((place.file, place.hunk_index, place.hunk_count))
    assert places == [
        ("src/f1.py", 1, 1),
        ("src/f2.py", 0, 1),
        ("src/f2.py", 1, 1),
        ("src/f2.py", 1, 1),
        ("src/f2.py", 0, 1),
        ("src/f1.py", 1, 1),
    ]


async def test_place_goes_with_the_height_and_stays_where_the_person_went() -> None:
    """A pane gets its height some time after its diff: the hunk that is marked must not depend on which came first."""
    async with opened(None, size=(100, 24)) as (app, view, pilot):
        view.styles.height = 2
        await settle(pilot)
        view.show(long_diff(3, 30))
        await settle(pilot)
        assert app.last(DiffView.PlaceChanged).hunk_index == 0
        view.styles.height = "1fr"
        await settle(pilot)
        assert app.last(DiffView.PlaceChanged).hunk_index == 1
        view.next_file()
        await settle(pilot)
        assert app.last(DiffView.PlaceChanged).file == "src/f1.py"
        place = app.last(DiffView.PlaceChanged)
        view.styles.height = 12
        await settle(pilot)
        assert app.last(DiffView.PlaceChanged) is place


async def test_place_at_the_top_is_the_first_hunk_of_the_first_file_however_short() -> None:
    short = "".join(f"--- a/f{number}\n+++ b/f{number}\n@@ -0,0 +1 @@\n+x\n" for number in range(40))
    async with opened(short, size=(100, 30)) as (app, view, pilot):
        await settle(pilot)
        place = app.last(DiffView.PlaceChanged)
        assert (place.file, place.hunk_index) == ("f0", 1)
        view.move(20)
        await settle(pilot)
        assert app.last(DiffView.PlaceChanged).file == "f8"
        view.move_to_edge(end=False)
        await settle(pilot)
        assert app.last(DiffView.PlaceChanged).file == "f0"


async def test_next_hunk_in_a_diff_that_fits_marks_the_hunk() -> None:
    async with opened(size=(100, 60)) as (app, view, pilot):
        view.next_hunk()
        await pilot.pause()
        assert [row.strip() for row in screen_rows(app) if "▸" in row] == ["▸ @@ -30 +30,2 @@"]
        assert app.last(DiffView.PlaceChanged).hunk_index == 2


async def test_go_to_file_by_any_of_its_names_shows_it_at_the_top() -> None:
    async with opened(size=(100, 3)) as (app, view, pilot):
        for name in ("docs/the guide.md", "docs/a guide.md"):
            view.move_to_edge(end=False)
            view.go_to_file(name)
            await pilot.pause()
            assert screen_rows(app)[0].startswith(" docs/the guide.md")


async def test_go_to_file_before_the_diff_is_read_goes_there_later() -> None:
    async with opened(None) as (app, view, pilot):
        view.show(long_diff(100, 100))
        view.go_to_file("src/f99.py")
        await settle(pilot)
        assert screen_rows(app)[0].startswith(" src/f99.py")


async def test_go_to_file_that_is_not_there_says_so_and_stays() -> None:
    async with opened() as (app, view, pilot):
        view.go_to_file("nowhere.py")
        await pilot.pause()
        assert app.last(DiffView.FileMissing).name == "nowhere.py"
        assert screen_rows(app)[0].startswith(" app/db.py")


async def test_show_newer_diff_keeps_the_place_when_asked() -> None:
    async with opened(long_diff(5, 50)) as (app, view, pilot):
        view.go_to_file("src/f3.py")
        view.move(7)
        await pilot.pause()
        before = screen_rows(app)[0]
        view.show("--- a/first\n+++ b/first\n@@ -1 +1 @@\n+x\n" + long_diff(6, 50), keep_place=True)
        await settle(pilot)
        assert screen_rows(app)[0] == before
        view.show(long_diff(4, 50))
        await settle(pilot)
        assert screen_rows(app)[0].startswith(" src/f0.py")


async def test_search_finds_goes_round_and_is_cleared() -> None:
    async with opened(long_diff(40, 250), size=(100, 20)) as (app, view, pilot):
        view.search("NEW_39_24")
        await settle(pilot)
        found = app.last(DiffView.SearchChanged)
        assert (found.term, found.current, found.total, found.is_complete) == ("NEW_39_24", 1, 11, True)
        assert any("+new_39_24 = 2" in row for row in screen_rows(app))
        view.previous_match()
        await settle(pilot)
        assert app.last(DiffView.SearchChanged).current == 11
        assert any("+new_39_249 = 2" in row for row in screen_rows(app))
        view.next_match()
        await settle(pilot)
        assert app.last(DiffView.SearchChanged).current == 1
        view.clear_search()
        await settle(pilot)
        assert app.last(DiffView.SearchChanged).term == ""


async def test_search_without_result_says_none() -> None:
    async with opened() as (app, view, pilot):
        view.search("no such words")
        await settle(pilot)
        found = app.last(DiffView.SearchChanged)
        assert (found.current, found.total) == (0, 0)
        view.next_match()
        await settle(pilot)
        assert app.last(DiffView.SearchChanged).current == 0


async def test_search_far_to_the_right_scrolls_there() -> None:
    async with opened("--- a/x\n+++ b/x\n@@ -1 +1 @@\n+" + "日" * 200 + "needle" + "." * 50 + "\n") as (
        app,
        view,
        pilot,
    ):
        view.search("needle")
        await settle(pilot)
        assert "needle" in screen_rows(app)[2]


async def test_show_note_is_shown_literally_and_then_a_diff() -> None:
    async with opened(None) as (app, view, pilot):
        view.show_note(Content("Not read yet: press d [x]"))
        await settle(pilot)
        assert screen_rows(app)[0].strip() == "Not read yet: press d [x]"
        assert not view.has_diff
        view.show(GIT)
        await settle(pilot)
        assert screen_rows(app)[0].startswith(" app/db.py")


async def test_show_before_mount_is_read_after_it() -> None:
    app = DiffApp()
    app.view.show(GIT)
    async with app.run_test() as pilot:
        await settle(pilot)
        assert screen_rows(app)[0].startswith(" app/db.py")
        assert len(app.last(DiffView.DiffRead).files) == 6


async def test_selection_by_mouse_gives_the_text_of_the_diff_only() -> None:
    async with opened() as (app, _, pilot):
        await pilot.mouse_down(CountingView, offset=(2, 3))
        await pilot.hover(CountingView, offset=(40, 4))
        await pilot.mouse_up(CountingView, offset=(12, 4))
        await pilot.pause()
        assert app.screen.get_selected_text() == "--- not a header, a removed line\n+++ "


async def test_selection_of_everything_is_the_diff_verbatim() -> None:
    async with opened() as (app, view, _):
        app.screen.selections = {view: Selection(None, None)}
        assert app.screen.get_selected_text() == GIT.removesuffix("\n")


async def test_code_is_coloured_near_the_view_only() -> None:
    text = long_diff(1, 2000)
    async with opened(text, size=(100, 20)) as (_, view, _):
        coloured = view.painted and view._lights.colors.spans
    assert coloured
    assert max(coloured) < 200


def _styles(view: DiffView) -> set[tuple[Any, Any]]:
    strips = [view.paint_row(row, 0, 100) for row in range(view.virtual_size.height)]
    return {
        (segment.style.color.get_truecolor(), segment.style.bgcolor.get_truecolor())
        for strip in strips
        for segment in strip
        if segment.style is not None and segment.style.color is not None and segment.style.bgcolor is not None
    }


SAMPLE = """\
--- a/x.py
+++ b/x.py
@@ -1,6 +1,6 @@ def run():
 import os  # comment
-def run(self) -> int: return "text", 12, None  # comment
+def walk(self) -> int: return "text", 13, None  # comment
 @decorated
 class A(ValueError): pass
\\ No newline at end of file
"""


@pytest.mark.parametrize("theme", sorted(name for name in App().available_themes if not name.startswith("ansi")))
async def test_every_theme_has_enough_contrast_everywhere(theme: str) -> None:
    async with opened(SAMPLE, theme=theme, truncated=True) as (_, view, pilot):
        view.search("comment")
        await settle(pilot)
        styles = _styles(view)
    assert len(styles) > 12
    for front, back in styles:
        assert contrast(Color(*front), Color(*back)) >= 4.5, (front, back)


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light"])
async def test_16_colour_themes_use_the_colours_of_the_terminal(theme: str) -> None:
    async with opened(SAMPLE, theme=theme) as (_, view, _):
        strips = [view.paint_row(row, 0, 100) for row in range(view.virtual_size.height)]
    numbers = {
        color.number
        for strip in strips
        for segment in strip
        for color in (segment.style.color, segment.style.bgcolor)
        if color is not None and not color.is_default
    }
    assert {1, 2} <= numbers <= set(range(16))
