"""The changes of a task: the files that it touched, and their diff beside or below them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from jjm_tui.domain.patch_names import name_key
from jjm_tui.domain.patches import PatchFile
from jjm_tui.domain.task import SourceFile
from jjm_tui.tui.literal import literal_line
from jjm_tui.tui.patches.file_rows import files_of_patch, fill_from_patch
from jjm_tui.tui.patches.patch_order import in_tree_order
from jjm_tui.tui.widgets.diff.diff_view import DiffView
from jjm_tui.tui.widgets.diff.file_tree import FileTree

_NARROW: Final = 90
"""Cells below which the tree stands above the diff."""

_NO_CHANGES: Final = Content.styled("No changes yet.", "bold")
_CUT_SHORT: Final = Content("The server cut this diff short: it is not the whole change.")


def unknown_changes(why: str = "", again: str = "", *, has_files: bool = False) -> Content:
    """What stands where changes will be. ``why``: why there are none, which may be foreign; ``again``: how they come;
    ``has_files``: the files that were changed are told beside it."""
    if has_files:
        head = "What changed in these files is not known." if why else "The changes have not been read yet."
    else:
        head, why = "No changes are known.", why or "They have not been read yet."
    return Content.assemble((head, "bold"), "\n", literal_line(f"{why} {again}".strip(), "$text-muted"))


class FilesPane(Widget):
    """A tree of files and a diff in the same order.

    Choosing a file scrolls the diff to it, or tells that the diff lacks it.
    """

    DEFAULT_CSS = """
    FilesPane {
        height: 1fr;
        layout: vertical;
        background: $surface;

        & > .files-pane--line { height: auto; max-height: 3; padding: 0 1; display: none; }
        & > .files-pane--line.-told { display: block; }
        & > #files-note { color: $text-muted; }
        & > #files-warning { color: $text-warning; }
        & > #files-both { layout: horizontal; height: 1fr; }

        & FileTree { width: auto; min-width: 30; max-width: 34%; height: 1fr; }
        & FileTree.-empty { display: none; }
        & DiffView { width: 1fr; height: 1fr; }
        & FileTree.-beside { border-right: vkey $border-blurred; }

        &.-narrow > #files-both { layout: vertical; }
        &.-narrow FileTree { width: 1fr; max-width: 100%; height: auto; max-height: 35%; border: none; }
        &.-without-tree FileTree { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.file_tree = FileTree(classes="-empty -beside")
        """The files. For the screen's actions."""
        self.diff_view = DiffView()
        """The diff. For the screen's actions."""
        self._note = Static(id="files-note", classes="files-pane--line")
        self._warning = Static(id="files-warning", classes="files-pane--line")
        self._files: tuple[SourceFile, ...] = ()
        self._patch_files: tuple[PatchFile, ...] = ()
        self._is_cut = False
        self._arranged = ("", False, "")
        self._shown: tuple[tuple[SourceFile, ...], tuple[PatchFile, ...], bool] | None = None
        self._told: dict[Static, Content] = {}

    def compose(self) -> ComposeResult:
        """The lines above, the tree, the diff."""
        yield self._note
        yield self._warning
        with Container(id="files-both"):
            yield self.file_tree
            yield self.diff_view

    def show(
        self, files: Sequence[SourceFile] | None, diff: str | None, truncated: bool = False, note: Content | None = None
    ) -> None:
        """Show what a task changed.

        ``files`` ``None``: not known; then the tree is made from the diff. ``diff`` ``None``: there is none to show,
        and ``note`` says why; with a diff, ``note`` stands above it. A diff that follows another one is taken for a
        newer reading of the same task, and stays where the person reads; that of another task comes after ``None``.
        """
        self._files = tuple(files or ())
        if diff:
            self._is_cut = truncated
            if self._arranged[:2] != (diff, truncated):
                self._arranged = diff, truncated, in_tree_order(diff, is_cut=truncated)
            self.diff_view.show(self._arranged[2], truncated, keep_place=True)
        else:
            self._patch_files, self._is_cut = (), False
            self.diff_view.show_note(note or (unknown_changes(has_files=bool(files)) if diff is None else _NO_CHANGES))
        self._tell(self._note, note if diff else None)
        self._tell(self._warning, _CUT_SHORT if diff and truncated else None)
        self._show_tree()

    def toggle_tree(self) -> None:
        """Hide the tree, or show it again; the focus goes to the diff before it would be lost."""
        if self.file_tree.has_focus:
            self.diff_view.focus()
        self.toggle_class("-without-tree")

    def move(self, lines: int) -> None:
        """Some lines or files down, or up when negative: in the tree where that has the focus, else in the diff."""
        self._mover().move(lines)

    def page(self, share: float) -> None:
        """A share of the height down, or up when negative."""
        self._mover().page(share)

    def move_to_edge(self, *, end: bool) -> None:
        """To the top, or to the end."""
        self._mover().move_to_edge(end=end)

    def _mover(self) -> FileTree | DiffView:
        return self.file_tree if self.file_tree.has_focus else self.diff_view

    def on_resize(self, event: Resize) -> None:
        """Beside each other where there is room."""
        self.set_class(event.size.width < _NARROW, "-narrow")

    def _show_tree(self) -> None:
        shown = (self._files, self._patch_files, self._is_cut)
        if shown == self._shown:
            return
        self._shown = shown
        told = files_of_patch(self._patch_files, is_cut=self._is_cut)
        files = fill_from_patch(self._files, told) if self._files else told
        renamed = {name_key(file.name or "") for file in self._patch_files if file.is_renamed}
        self.file_tree.show(files, {file.filename for file in files if name_key(file.filename) in renamed})
        self.file_tree.set_class(not files, "-empty")

    def _tell(self, line: Static, content: Content | None) -> None:
        line.set_class(content is not None, "-told")
        if content is not None and content != self._told.get(line):
            self._told[line] = content
            line.update(content)

    def on_diff_view_diff_read(self, message: DiffView.DiffRead) -> None:
        """Now it is known which files the diff has."""
        message.stop()
        patch = self.diff_view.patch
        self._patch_files = tuple(patch.files) if patch.is_read else ()
        self._show_tree()

    def on_diff_view_place_changed(self, message: DiffView.PlaceChanged) -> None:
        """The tree goes along with the file that is read; the screen hears of it too."""
        self.file_tree.show_place(message.file)

    def on_file_tree_file_chosen(self, message: FileTree.FileChosen) -> None:
        """Go to the file in the diff."""
        message.stop()
        self._tell(self._warning, _CUT_SHORT if self._is_cut else None)
        if self.diff_view.has_diff:
            self.diff_view.focus()
            self.diff_view.go_to_file(message.filename)

    def on_diff_view_file_missing(self, message: DiffView.FileMissing) -> None:
        """Say that the diff lacks the file that was chosen."""
        message.stop()
        why = ", which the server cut short," if self._is_cut else ""
        self._tell(self._warning, literal_line(f"The diff{why} has nothing about {message.name}"))
        self.file_tree.focus()
