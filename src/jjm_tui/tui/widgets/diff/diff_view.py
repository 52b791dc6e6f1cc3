"""The changes of a task, line by line: scrolls like ten lines whether it has ten or a hundred thousand."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

import anyio.lowlevel
from rich.cells import cell_len
from textual import work
from textual.content import Content
from textual.message import Message

from jjm_tui.domain.patch_names import name_key
from jjm_tui.domain.patches import PatchFile
from jjm_tui.tui.patches.patch_lines import Patch
from jjm_tui.tui.patches.patch_search import PatchSearch
from jjm_tui.tui.widgets.diff.diff_canvas import SLICE, DiffCanvas
from jjm_tui.tui.widgets.diff.kept_place import KeptPlace, hunk_and_number

_READING_ROW: Final = 6
"""Rows below the top at which a person is taken to read, and at which hunks are put."""

_SLICES_AT_ONCE: Final = 20
"""Slices of a newer reading that are looked at before it is drawn, so that the person does not see its top before."""


class DiffView(DiffCanvas, can_focus=True):
    """A unified diff, whole and literal, with a header above each file.

    Nothing is copied or opened by it. The arrow keys, page keys, Home and End scroll; everything else is a method.
    """

    class DiffMessage(Message):
        """Of this view."""

        def __init__(self, diff_view: DiffView) -> None:
            super().__init__()
            self.diff_view = diff_view

        @property
        def control(self) -> DiffView:
            """The view that sent it."""
            return self.diff_view

    class PlaceChanged(DiffMessage):
        """Where the person reads: ``file`` (``None`` above the first one), and which of its hunks, counted from one,
        0 above the first. ``hunk_count`` grows while the diff is still being looked at."""

        def __init__(self, diff_view: DiffView, file: str | None, hunk_index: int, hunk_count: int) -> None:
            super().__init__(diff_view)
            self.file = file
            self.hunk_index = hunk_index
            self.hunk_count = hunk_count

    class SearchChanged(DiffMessage):
        """``current`` of the ``total`` places that have ``term`` is shown, counted from one, 0 for none; while
        ``is_complete`` is false, ``total`` is what was found so far. An empty term: nothing is searched any more."""

        def __init__(self, diff_view: DiffView, term: str, current: int, total: int, is_complete: bool) -> None:
            super().__init__(diff_view)
            self.term = term
            self.current = current
            self.total = total
            self.is_complete = is_complete

    class FileMissing(DiffMessage):
        """The whole diff was looked at and has nothing about the file ``name`` that was asked for."""

        def __init__(self, diff_view: DiffView, name: str) -> None:
            super().__init__(diff_view)
            self.name = name

    class DiffRead(DiffMessage):
        """Every line of the diff was looked at: ``files`` is complete."""

        def __init__(self, diff_view: DiffView, files: tuple[PatchFile, ...]) -> None:
            super().__init__(diff_view)
            self.files = files

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        self._text: str | None = None
        self._place_line = 0
        self._is_place_in_view = True
        self._told_place: tuple[str | None, int, int] | None = None
        self._wish: str | None = None
        self._kept: KeptPlace | None = None
        super().__init__(id=id, classes=classes)

    # what is shown

    def show(self, text: str, truncated: bool = False, *, keep_place: bool = False) -> None:
        """Show a diff. ``truncated``: the server cut it short, which is told at its end. ``keep_place``: this is a
        newer reading of the diff shown, so stay at the same line of the same file where it still has it. The same again
        changes nothing.
        """
        if text == self._text and truncated == self._rows.is_cut:
            return
        place = (self._kept or self._place_in_file()) if keep_place else None
        wish = self._wish if keep_place else None
        search = self._lights.search
        self._text = text
        self._start_over(Patch(text), place, wish, is_cut=truncated)
        if search is not None:
            self._search_from_here(search.term, is_brought=place is None)

    def show_note(self, note: Content) -> None:
        """Show why there is no diff, in the parent's words."""
        self._text = None
        self._start_over(Patch(), None, None, note=note)

    def _start_over(
        self,
        patch: Patch,
        place: KeptPlace | None,
        wish: str | None,
        *,
        is_cut: bool = False,
        note: Content | None = None,
    ) -> None:
        self._kept, self._wish, self._told_place, self._place_line = place, wish, None, 0
        if place is not None:
            _look_for(patch, place.name)
        self._take(patch, is_cut=is_cut, note=note)
        self._follow_place()
        self._grant_wish()

    def _more_read(self) -> None:
        self._grant_wish()
        self._tell_place()

    def _patch_read(self) -> None:
        self.post_message(self.DiffRead(self, tuple(self._patch.files)))
        self._grant_wish()
        self._tell_place()

    # where the person is

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The place goes with the rows in view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._follow_place()

    def _reading_offset(self) -> int:
        return min(_READING_ROW, self.size.height // 4)

    def on_resize(self) -> None:
        """The row at which a person is taken to read depends on the height."""
        super().on_resize()
        if self._is_place_in_view:
            self._follow_place()
        elif self._rows.of_line(self._place_line) >= self.scroll_offset.y + self.size.height > 0:
            self._go_to(self._place_line, self._rows.of_line(self._place_line) - self._reading_offset())

    def _follow_place(self) -> None:
        self._is_place_in_view = True
        top = self.scroll_offset.y
        below = min(self._reading_offset(), self._first_row() + top)
        self._place_line = self._rows.line_at(top + below)
        self._tell_place()

    def _first_row(self) -> int:
        """The row that is read at the very top: the first hunk of the first file, however short that is."""
        first = self._patch.files[0] if self._patch.files else None
        return 0 if first is None or not first.hunks else self._rows.of_line(first.hunks[0])

    def _tell_place(self) -> None:
        if self._kept is not None:
            return
        file = self._patch.file_at(self._place_line)
        index = 0 if file is None else bisect_right(file.hunks, self._place_line)
        hunk = file.hunks[index - 1] if file is not None and index else None
        if hunk != self._lights.hunk:
            before, self._lights.hunk = self._lights.hunk, hunk
            for line in (before, hunk):
                if line is not None and line < len(self._patch.lines):
                    self._redraw_lines(line, line + 1)
        place = (None, 0, 0) if file is None else (file.name, index, len(file.hunks))
        if place != self._told_place:
            self._told_place = place
            self.post_message(self.PlaceChanged(self, *place))

    def _place_in_file(self) -> KeptPlace | None:
        line, offset = self._place_line, self.scroll_offset
        file = self._patch.file_at(line)
        if file is None or file.name is None or line >= len(self._patch.lines):
            return None
        where = hunk_and_number(self._patch, file, line)
        below = self._rows.of_line(line) - offset.y
        return KeptPlace(file.name, *where, below, offset.y, offset.x, self._is_place_in_view and not offset.y)

    def _return_to_place(self) -> None:
        """Go where the person was in the reading before, as soon as that file was looked at."""
        kept = self._kept
        index = None if kept is None else _find_file(self._patch.files, kept.name)
        if kept is None or not (self._patch.is_read or (index is not None and self._patch.files[index].is_read)):
            return
        self._kept = None
        if index is None:
            self.scroll_to(y=min(kept.top, self.max_scroll_y), animate=False, force=True)
            self._follow_place()
            return
        line = kept.line_in(self._patch, self._patch.files[index])
        self.scroll_to(x=min(kept.column, self.max_scroll_x), animate=False, force=True)
        self._go_to(line, self._rows.of_line(line) - kept.below)
        self._is_place_in_view = kept.is_followed and not self.scroll_offset.y

    def _go_to(self, line: int, row: int) -> None:
        self._kept = None
        self.scroll_to(y=max(0, min(row, self.max_scroll_y)), animate=False, force=True)
        self._place_line, self._is_place_in_view = line, False
        self._tell_place()

    def _go_to_hunk(self, index: int) -> None:
        if 0 <= index < len(self._patch.hunks):
            line = self._patch.hunks[index]
            self._go_to(line, self._rows.of_line(line) - self._reading_offset())

    def _go_to_nth_file(self, index: int) -> None:
        if 0 <= index < len(self._patch.files):
            self._go_to(self._patch.files[index].start, self._rows.of_file(index))

    def next_hunk(self) -> None:
        """Go to the next hunk, of this file or a later one."""
        self._go_to_hunk(bisect_right(self._patch.hunks, self._place_line))

    def previous_hunk(self) -> None:
        """Go to the beginning of this hunk, or to the one before."""
        self._go_to_hunk(bisect_left(self._patch.hunks, self._place_line) - 1)

    def next_file(self) -> None:
        """Go to the next file."""
        self._go_to_nth_file(bisect_right(self._patch.files, self._place_line, key=_start))

    def previous_file(self) -> None:
        """Go to the beginning of this file, or to the one before."""
        self._go_to_nth_file(bisect_left(self._patch.files, self._place_line, key=_start) - 1)

    def go_to_file(self, name: str) -> None:
        """Go to a file by its path, new or old; as soon as it is found, or ``FileMissing`` is sent."""
        self._wish = name
        self._grant_wish()

    def _grant_wish(self) -> None:
        self._return_to_place()
        if self._wish is None:
            return
        name, index = self._wish, _find_file(self._patch.files, self._wish)
        if index is not None:
            self._wish = None
            self._go_to_nth_file(index)
        elif self._patch.is_read:
            self._wish = None
            self.post_message(self.FileMissing(self, name))

    # search

    def search(self, term: str) -> None:
        """Find ``term``, whatever the case of its letters, and go to the first place from here on."""
        if not term.strip():
            self.clear_search()
            return
        self._search_from_here(term)

    def _search_from_here(self, term: str, *, is_brought: bool = True) -> None:
        """``is_brought``: the place that is found is brought into view."""
        before = self._lights.search
        origin = self._rows.line_at(self.scroll_offset.y) if before is None else before.origin
        self._lights.search = PatchSearch(self._patch, term, origin)
        self._forget_strips()
        self._search_on(self._lights.search, is_brought)

    @work(group="search", exclusive=True)
    async def _search_on(self, search: PatchSearch, is_brought: bool) -> None:
        while not search.is_done:
            search.scan(SLICE)
            if search.at is None and search.start():
                self._show_match(search, is_brought)
            await anyio.lowlevel.checkpoint()
        if search.at is None:
            search.start()
        self._show_match(search, is_brought)

    def _show_match(self, search: PatchSearch, is_brought: bool = True) -> None:
        match = search.match
        if match is not None and is_brought:
            self._bring_into_view(*match, search.length)
        self._forget_strips()
        current = 0 if search.at is None else search.at + 1
        self.post_message(self.SearchChanged(self, search.term, current, len(search.lines), search.is_done))

    def _bring_into_view(self, line: int, start: int, length: int) -> None:
        row, height = self._rows.of_line(line), self.size.height
        if not self.scroll_offset.y <= row < self.scroll_offset.y + height:
            self.scroll_to(y=max(0, row - height // 2), animate=False, force=True)
        text = self._patch.text(line)
        first, last = cell_len(text[:start]), cell_len(text[: start + length])
        room = max(1, self.view_width - self._painter().gutter_width(self.view_width) - 1)
        shift, hidden = self.scroll_offset.x, self._painter().fixed_cells(line)
        if (shift and first < shift + hidden) or last > shift + room:
            shift = min(last - room + room // 4, first - hidden) if last > room else 0
            self.scroll_to(x=max(0, shift), animate=False, force=True)

    def next_match(self) -> None:
        """Go to the next place that was found; after the last comes the first."""
        self._step_match(1)

    def previous_match(self) -> None:
        """Go to the place found before this one."""
        self._step_match(-1)

    def _step_match(self, by: int) -> None:
        search = self._lights.search
        if search is not None:
            search.step(by)
            self._show_match(search)

    def clear_search(self) -> None:
        """Search no more."""
        if self._lights.search is None:
            return
        self.workers.cancel_group(self, "search")
        self._lights.search = None
        self._forget_strips()
        self.post_message(self.SearchChanged(self, "", 0, 0, True))


def _start(file: PatchFile) -> int:
    return file.start


def _look_for(patch: Patch, name: str) -> None:
    """Look at the diff up to the end of a file, unless that is far."""
    for _ in range(_SLICES_AT_ONCE):
        index = _find_file(patch.files, name)
        if patch.is_read or (index is not None and patch.files[index].is_read):
            return
        patch.scan(SLICE)


def _find_file(files: Sequence[PatchFile], name: str) -> int | None:
    """The file with this path now, else before."""
    wanted = name_key(name)
    for paths in ([file.name for file in files], [file.old for file in files]):
        for index, path in enumerate(paths):
            if path == name or (path is not None and name_key(path) == wanted):
                return index
    return None
