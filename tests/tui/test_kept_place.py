"""A diff that is read again with more in it leaves the person where they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from jjm_tui.tui.widgets.diff.diff_view import DiffView
from jjm_tui.tui.widgets.diff.files_pane import FilesPane
from tests.tui.test_diff_view import long_diff, opened, screen_rows, settle
from tests.tui.test_files_pane import PaneApp

NAMES = ("app/c.py", "app/e.py", "app/m.py", "app/x.py")
GROWN = ("app/a.py", "app/d/y.py", *NAMES, "app/z.py", "b.py")


def growing(names: tuple[str, ...], more: int) -> str:
    """Files of three hunks, the first one with ``more`` lines, and one hunk before it once there are many."""
    added = "".join(f"+more {number}\n" for number in range(more))
    early = "@@ -1 +1,2 @@\n z\n+early\n" if more > 5 else ""
    first = f"@@ -9,2 +9,{2 + more} @@\n a\n{added} b\n"
    hunks = f"{first}@@ -20,2 +{29 + more},3 @@\n c\n+new\n d\n@@ -50 +60,2 @@\n e\n+end\n"
    return "".join(f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n{early}{hunks}" for name in names)


class PlaceApp(PaneApp):
    """Notes where the person is."""

    place: tuple[str | None, int] = (None, 0)

    def on_diff_view_place_changed(self, message: DiffView.PlaceChanged) -> None:
        self.place = message.file, message.hunk_index


@asynccontextmanager
async def reading(size: tuple[int, int]) -> AsyncIterator[tuple[PlaceApp, FilesPane, Pilot[None]]]:
    app = PlaceApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        app.pane.show(None, growing(NAMES, 1))
        app.pane.diff_view.focus()
        await settle(pilot)
        yield app, app.pane, pilot


def marked(app: PlaceApp) -> list[tuple[int, str]]:
    """The row of the diff with the marked hunk, and its header up to the numbers that may change."""
    rows = enumerate(screen_rows(app)[app.pane.diff_view.region.y :])
    return [(number, row.split("\u25b8 ")[1].split(" +")[0]) for number, row in rows if "\u25b8" in row]


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 24)])
@pytest.mark.parametrize(
    ("steps", "file", "hunk", "header"),
    [
        ((")",) * 2, "app/m.py", 0, None),
        ((")",) * 3, "app/x.py", 0, None),
        ((")", ")", "}"), "app/m.py", 1, "@@ -9,2"),
        ((")", "}", "}", "}"), "app/e.py", 3, "@@ -50"),
        ((")", ")", ")", "}", "}", "}"), "app/x.py", 3, "@@ -50"),
    ],
)
async def test_pane_diff_that_grows_keeps_file_hunk_and_row(
    size: tuple[int, int], steps: tuple[str, ...], file: str, hunk: int, header: str | None
) -> None:
    async with reading(size) as (app, files, pilot):
        view = files.diff_view
        for step in steps:
            view.next_file() if step == ")" else view.next_hunk()
            await settle(pilot)
        assert app.place == (file, hunk)
        before = marked(app)
        assert [text for _, text in before] == ([header] if header and size[0] > 60 else [])
        for names, more in ((NAMES, 3), (GROWN[1:], 4), (GROWN, 9)):
            files.show(None, growing(names, more))
            await settle(pilot)
            assert app.place == (file, hunk + (more > 5 and hunk > 0))
            assert marked(app) == before
            assert files.file_tree.cursor_file == file


async def test_pane_goes_on_from_the_hunk_after_the_diff_grew() -> None:
    async with reading((60, 20)) as (app, files, pilot):
        for step in (files.diff_view.next_file, files.diff_view.next_hunk):
            step()
            await settle(pilot)
        files.show(None, growing(GROWN, 4))
        await settle(pilot)
        files.diff_view.next_hunk()
        await settle(pilot)
        assert app.place == ("app/e.py", 2)


async def test_show_newer_diff_keeps_the_line_that_is_read_and_how_far_it_is_shifted() -> None:
    long = "x" * 200
    older = f"--- a/m\n+++ b/m\n@@ -1,90 +1,91 @@\n+{long}\n" + "".join(
        f" the line that has the number {n}.\n" for n in range(90)
    )
    newer = older.replace("@@ -1,90 +1,91 @@\n", "@@ -1,90 +1,94 @@\n+1\n+2\n+3\n")
    async with opened(older, size=(100, 20)) as (app, view, pilot):
        view.move(40)
        view.action_scroll_right()
        await settle(pilot)
        before = screen_rows(app)[0]
        view.show("--- a/a\n+++ b/a\n@@ -1 +1,2 @@\n x\n+x\n" + newer, keep_place=True)
        await settle(pilot)
        assert screen_rows(app)[0].split()[-3:] == before.split()[-3:] != []
        assert view.scroll_offset.x > 0


async def test_show_newer_diff_tells_no_other_place_and_is_not_moved_by_a_search() -> None:
    async with opened(long_diff(30, 60), size=(100, 20)) as (app, view, pilot):
        view.search("new_3_")
        await settle(pilot)
        view.go_to_file("src/f20.py")
        view.next_hunk()
        await settle(pilot)
        app.said.clear()
        view.show("--- a/a\n+++ b/a\n@@ -1 +1 @@\n+x\n" + long_diff(31, 60), keep_place=True)
        await settle(pilot)
        places = {(each.file, each.hunk_index) for each in app.said if isinstance(each, DiffView.PlaceChanged)}
        assert places == {("src/f20.py", 1)}
        assert any("\u25b8" in row for row in screen_rows(app))
        assert app.last(DiffView.SearchChanged).total > 0


async def test_show_newer_diff_without_the_file_that_is_read_does_not_complain_of_it() -> None:
    async with opened(long_diff(5, 50), size=(100, 20)) as (app, view, pilot):
        view.go_to_file("src/f4.py")
        await settle(pilot)
        view.show(long_diff(4, 50), keep_place=True)
        await settle(pilot)
        assert app.last(DiffView.FileMissing) is None
        assert app.last(DiffView.PlaceChanged).file == "src/f3.py"
