"""The files tab: the tree of touched files, and how it goes together with the diff."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from jjm_tui.domain.task import SourceFile
from jjm_tui.domain.text import clean
from jjm_tui.tui.patches.file_rows import arrange_files, files_of_patch, fill_from_patch, sum_files
from jjm_tui.tui.patches.patch_lines import Patch
from jjm_tui.tui.patches.patch_order import in_tree_order
from jjm_tui.tui.text.cell_text import MINUS
from jjm_tui.tui.widgets.diff.file_tree import FileTree
from jjm_tui.tui.widgets.diff.files_pane import FilesPane, unknown_changes
from tests.tui.test_diff_view import HARMFUL, long_diff, screen_rows, settle
from tests.tui.test_patch_lines import GIT

FILES = (
    SourceFile("src/app/db.py", "modified", 31, 4),
    SourceFile("src/app/models/order.py", "created", 120, 0),
    SourceFile("README.md", "modified", 1, 1),
    SourceFile(".github/workflows/ci.yml", "modified", 3, 3),
    SourceFile("uv.lock", "modified", 40, 38),
    SourceFile("config/.env", "created", 1, 0),
    SourceFile("old.py", "deleted", 0, 12),
    SourceFile("told/by/nobody.txt"),
)

NAMES = st.one_of(
    st.text(alphabet="ab/.", max_size=12),
    st.sampled_from(
        ["a/b", "/etc/x", "a//b", "", "/", "日本/語.txt", "x\x1b[31m\n\u202e", '"a\\303\\251/b"', "[/foo]", "a/" * 300]
    ),
)
SOME_FILES = st.lists(
    st.builds(
        SourceFile,
        NAMES,
        st.sampled_from([None, "created", "modified", "deleted", "unchanged"]),
        st.one_of(st.none(), st.integers(0, 10**7)),
        st.one_of(st.none(), st.integers(0, 10**7)),
    ),
    max_size=12,
)


class PaneApp(App[None]):
    """One pane, and what its tree said."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = FilesPane()
        self.highlighted: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_file_tree_file_highlighted(self, message: FileTree.FileHighlighted) -> None:
        assert message.control is self.pane.file_tree
        self.highlighted.append(message.filename)


class TreeApp(App[None]):
    """A tree alone."""

    def __init__(self) -> None:
        super().__init__()
        self.file_tree = FileTree()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.file_tree

    def on_file_tree_file_chosen(self, message: FileTree.FileChosen) -> None:
        self.chosen.append(message.filename)


@asynccontextmanager
async def tree(files: tuple[SourceFile, ...] = FILES, size: tuple[int, int] = (50, 24)) -> Any:
    app = TreeApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        app.file_tree.focus()
        app.file_tree.show(files)
        await settle(pilot)
        yield app, app.file_tree, pilot


@asynccontextmanager
async def pane(*what: Any, size: tuple[int, int] = (120, 24)) -> Any:
    app = PaneApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        app.pane.show(*what)
        await settle(pilot)
        yield app, app.pane, pilot


async def settle_focus(pilot: Pilot[Any], widget: Any) -> None:
    widget.focus()
    await settle(pilot)


def test_arrange_files_joins_single_folders_and_puts_folders_first() -> None:
    rows = [f"{'  ' * row.depth}{row.letter} {row.name}".rstrip() for row in arrange_files(FILES)]
    assert rows == [
        " .github/workflows/",
        "  M ci.yml",
        " config/",
        "  A .env",
        " src/app/",
        "   models/",
        "    A order.py",
        "  M db.py",
        " told/by/",
        "  ? nobody.txt",
        "D old.py",
        "M README.md",
        "M uv.lock",
    ]


def test_sum_files_says_how_many_are_not_counted() -> None:
    totals = sum_files(arrange_files(FILES))
    assert (totals.files, totals.additions, totals.deletions, totals.uncounted) == (8, 196, 58, 1)
    assert totals.legend == ("A added", "M modified", "D deleted", "? not told")


@given(SOME_FILES)
def test_arrange_files_any_names_keep_every_file(files: list[SourceFile]) -> None:
    rows = arrange_files(files)
    assert sorted(id(row.file) for row in rows if row.file) == sorted(id(file) for file in files)
    assert all(clean(row.name) == row.name and not HARMFUL.search(row.name) for row in rows)


def test_fill_from_patch_tells_only_what_nobody_told() -> None:
    patch = Patch(GIT)
    patch.scan(10**9)
    told = files_of_patch(patch.files)
    filled = fill_from_patch((SourceFile("new.py"), SourceFile("old.py", "modified", 7, 7), SourceFile("x")), told)
    assert filled == (
        SourceFile("new.py", "created", 1, 0),
        SourceFile("old.py", "modified", 7, 7),
        SourceFile("x"),
    )


def test_files_of_patch_that_was_cut_does_not_count_the_last_file() -> None:
    patch = Patch("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- a/y\n+++ b/y\n@@ -1,9 +1,9 @@\n+b\n")
    patch.scan(10**9)
    assert files_of_patch(patch.files, is_cut=True) == (
        SourceFile("x", "modified", 1, 1),
        SourceFile("y", "modified", None, None),
    )


async def test_tree_shows_letters_counts_risks_and_totals() -> None:
    async with tree() as (app, _, _):
        rows = screen_rows(app)
    assert rows[:2] == [f" 8 files  +196 {MINUS}58  1 not counted", " A added  M modified  D deleted  ? not told"]
    assert rows[2] == "    .github/workflows/"
    assert rows[3].split() == ["▌", "M", "ci.yml", "CI", "+3", f"{MINUS}3"]
    assert rows[5].split() == ["A", ".env", "secrets", "+1", f"{MINUS}0"]
    assert rows[11].split() == ["?", "nobody.txt"]
    assert rows[14].split() == ["M", "uv.lock", "lock", "file", "+40", f"{MINUS}38"]


async def test_tree_wide_and_low_has_the_legend_beside_the_totals() -> None:
    async with tree(size=(100, 6)) as (app, _, _):
        rows = screen_rows(app)
    assert rows[0].endswith("A added  M modified  D deleted  ? not told")
    assert rows[1].strip() == ".github/workflows/"


async def test_tree_narrow_cuts_names_with_an_ellipsis_and_keeps_risks() -> None:
    files = (SourceFile("a-rather-long-name-of-a.lock", "modified", 100, 100),)
    async with tree(files, size=(30, 10)) as (app, _, _):
        row = next(row for row in screen_rows(app) if "▌" in row)
    assert "…" in row
    assert "lock file" in row


async def test_tree_cursor_skips_folders_and_stops_at_the_ends() -> None:
    async with tree() as (app, file_tree, pilot):
        await pilot.press("down", "down")
        assert file_tree.cursor_file == "src/app/models/order.py"
        await pilot.press("up", "up", "up", "up")
        assert file_tree.cursor_file == ".github/workflows/ci.yml"
        await pilot.press("end")
        assert file_tree.cursor_file == "uv.lock"
        await pilot.press("down", "enter")
        assert app.chosen == ["uv.lock"]


async def test_tree_cursor_stays_on_its_file_when_others_come_and_go() -> None:
    async with tree() as (_, file_tree, pilot):
        await pilot.press("end", "up")
        assert file_tree.cursor_file == "README.md"
        file_tree.show((SourceFile("aaa.py", "created", 1, 0), *FILES[2:]))
        await settle(pilot)
        assert file_tree.cursor_file == "README.md"
        file_tree.show((SourceFile("aaa.py", "created", 1, 0), *FILES[3:]))
        await settle(pilot)
        assert file_tree.cursor_file == "uv.lock"


async def test_tree_click_on_a_file_chooses_it_and_on_a_folder_nothing() -> None:
    async with tree() as (app, file_tree, pilot):
        await pilot.click(FileTree, offset=(8, 5))
        await pilot.click(FileTree, offset=(8, 4))
        await pilot.click(FileTree, offset=(8, 0))
        assert app.chosen == ["config/.env"]
        assert file_tree.cursor_file == "config/.env"


async def test_tree_of_5_000_files_draws_a_screenful_and_follows_the_cursor() -> None:
    class CountingTree(FileTree):
        painted: set[int]

        def paint_row(self, index: int, styles: Any) -> Any:
            self.painted.add(index)
            return super().paint_row(index, styles)

    app = TreeApp()
    app.file_tree = counting = CountingTree()
    counting.painted = set()
    async with app.run_test(size=(60, 20)) as pilot:
        counting.focus()
        counting.show([SourceFile(f"src/m{number % 50}/f{number}.py", "modified", 1, 1) for number in range(5000)])
        await settle(pilot)
        assert len(counting.painted) <= 20
        counting.painted.clear()
        await pilot.press("pagedown")
        assert len(counting.painted) <= 20
        await pilot.press("end")
        assert "f959.py" in screen_rows(app)[-1]


async def test_tree_any_files_never_raise_and_are_harmless() -> None:
    async with tree() as (_, file_tree, _):

        @settings(deadline=None, max_examples=100)
        @given(SOME_FILES)
        def check(files: list[SourceFile]) -> None:
            file_tree.show(files)
            for y in range(20):
                strip = file_tree.render_line(y)
                assert not HARMFUL.search(strip.text)
                assert cell_len(strip.text) == 50 - file_tree.scrollbar_size_vertical

        check()


async def test_pane_choosing_a_file_scrolls_the_diff_to_it() -> None:
    async with pane((SourceFile("app/db.py", "modified"), SourceFile("old.py", "deleted")), GIT, size=(120, 12)) as (
        app,
        files,
        pilot,
    ):
        await settle_focus(pilot, files.file_tree)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert any(f" old.py  +0 {MINUS}2  deleted" in row for row in screen_rows(app))
        assert files.diff_view.has_focus
        assert app.highlighted == ["app/db.py", "old.py"]


async def test_pane_choosing_a_file_that_the_diff_lacks_says_so() -> None:
    async with pane((SourceFile("app/db.py"), SourceFile("gone/[x].py")), GIT) as (app, files, pilot):
        await settle_focus(pilot, files.file_tree)
        await pilot.press("end", "enter")
        await settle(pilot)
        assert screen_rows(app)[0].strip() == "The diff has nothing about gone/[x].py"
        assert files.file_tree.has_focus
        await pilot.press("home", "enter")
        await settle(pilot)
        assert not any("has nothing about" in row for row in screen_rows(app))


async def test_pane_without_a_list_of_files_makes_the_tree_from_the_diff() -> None:
    async with pane(None, GIT) as (app, _, _):
        text = "\n".join(screen_rows(app))
    assert "6 files" in text
    assert "R renamed" in text
    assert "the guide.md" in text


async def test_pane_marks_in_the_tree_which_file_is_read() -> None:
    async with pane(None, long_diff(3, 60)) as (app, files, pilot):
        files.diff_view.next_file()
        await settle(pilot)
        assert [row.split()[2] for row in screen_rows(app) if row.startswith("\u203a")] == ["f1.py"]


async def test_pane_has_files_and_diff_in_one_order_and_the_cursor_follows_the_diff() -> None:
    first, second, third = (_part(name) for name in ("requirements.txt", "app/models/user.py", "app/z.py"))
    async with pane(None, first + third + second, size=(120, 24)) as (_, files, pilot):
        await settle_focus(pilot, files.diff_view)
        assert [file.name for file in files.diff_view.patch.files] == [
            "app/models/user.py",
            "app/z.py",
            "requirements.txt",
        ]
        assert files.file_tree.cursor_file == "app/models/user.py"
        for name in ("app/z.py", "requirements.txt"):
            files.diff_view.next_file()
            await settle(pilot)
            assert files.file_tree.cursor_file == name


def _part(name: str) -> str:
    lines = "".join(f"+line {number}\n" for number in range(40))
    return f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -0,0 +1,40 @@\n{lines}"


@given(st.permutations(["b.txt", "a/x.py", "a/b/c.py", "Z", "a/y"]), st.booleans(), st.booleans())
def test_in_tree_order_loses_no_line_and_keeps_a_cut_file_last(names: list[str], is_cut: bool, is_ended: bool) -> None:
    text = "".join(map(_part, names)).removesuffix("" if is_ended else "\n")
    ordered = in_tree_order(text, is_cut=is_cut)
    assert sorted(ordered.split("\n")) == sorted(text.split("\n"))
    patch = Patch(ordered)
    patch.scan(len(patch.lines))
    shown = [row.file.filename for row in arrange_files(map(SourceFile, names)) if row.file is not None]
    if is_cut:
        shown = [name for name in shown if name != names[-1]] + [names[-1]]
    assert [file.name for file in patch.files] == shown


@pytest.mark.parametrize("text", ["", "From 1234\n" + _part("b") + _part("a/a"), "diff --git", "--- a\n+++ b\n@@"])
def test_in_tree_order_of_what_has_no_sure_beginnings_of_files_is_as_it_was(text: str) -> None:
    assert in_tree_order(text) == text


async def test_pane_cut_diff_says_so_above_it() -> None:
    async with pane(FILES, GIT, True) as (app, _, _):
        assert screen_rows(app)[0].strip() == "The server cut this diff short: it is not the whole change."


async def test_pane_without_a_diff_shows_the_note_and_the_files() -> None:
    async with pane(FILES, None, False, Content("This server cannot show diffs.")) as (app, files, pilot):
        text = "\n".join(screen_rows(app))
        assert "This server cannot show diffs." in text
        assert "8 files" in text
        await settle_focus(pilot, files.file_tree)
        await pilot.press("enter")
        assert files.file_tree.has_focus


async def test_pane_with_nothing_says_what_is_known() -> None:
    async with pane(None, None) as (app, files, pilot):
        assert "They have not been read yet." in "\n".join(screen_rows(app))
        files.show((), "")
        await settle(pilot)
        assert "No changes yet." in "\n".join(screen_rows(app))
        assert "files" not in "\n".join(screen_rows(app))


async def test_pane_that_names_files_does_not_say_that_no_changes_are_known() -> None:
    async with pane(FILES, None) as (app, files, pilot):
        text = "\n".join(screen_rows(app))
        assert "8 files" in text
        assert "The changes have not been read yet." in text
        files.show(FILES, None, note=unknown_changes("No answer.", "d asks the server.", has_files=True))
        await settle(pilot)
        text = "\n".join(screen_rows(app))
        assert "What changed in these files is not known." in text
        assert "No answer. d asks the server." in text
        assert "No changes are known" not in text


async def test_pane_with_a_diff_shows_the_note_above_it() -> None:
    async with pane(FILES, GIT, False, Content("As of yesterday.")) as (app, _, _):
        assert screen_rows(app)[0].strip() == "As of yesterday."


async def test_pane_newer_reading_stays_where_the_person_reads_and_another_task_begins_at_the_top() -> None:
    async with pane(None, long_diff(4, 60)) as (app, files, pilot):
        files.diff_view.go_to_file("src/f2.py")
        await settle(pilot)
        files.show(None, "--- a/a\n+++ b/a\n@@ -1 +1 @@\n+x\n" + long_diff(4, 60))
        await settle(pilot)
        assert " src/f2.py" in screen_rows(app)[0]
        files.show(None, None)
        files.show(None, long_diff(5, 60))
        await settle(pilot)
        assert " src/f0.py" in screen_rows(app)[0]
        assert "5 files" in screen_rows(app)[0]


async def test_pane_narrow_has_the_tree_above_and_wide_beside() -> None:
    async with pane(FILES, GIT, size=(80, 24)) as (_, files, pilot):
        assert files.file_tree.region.bottom <= files.diff_view.region.y
        assert files.file_tree.size.height <= 9
        assert files.diff_view.size.width >= 78
        await pilot.resize_terminal(120, 24)
        await settle(pilot)
        assert files.file_tree.region.right <= files.diff_view.region.x
        assert files.diff_view.size.width >= 70
        await settle_focus(pilot, files.file_tree)
        files.toggle_tree()
        await settle(pilot)
        assert files.diff_view.size.width == 120
        assert files.diff_view.has_focus


async def test_pane_moves_what_has_the_focus() -> None:
    async with pane(FILES, long_diff(3, 60)) as (app, files, pilot):
        await settle_focus(pilot, files.file_tree)
        files.move(1)
        assert files.file_tree.cursor_file == "config/.env"
        await settle_focus(pilot, files.diff_view)
        files.move(3)
        files.page(0.5)
        await settle(pilot)
        assert files.diff_view.scroll_offset.y == 15
        files.move_to_edge(end=True)
        await settle(pilot)
        assert "new_2_59 = 2" in screen_rows(app)[-1]
