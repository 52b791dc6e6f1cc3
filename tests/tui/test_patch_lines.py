"""A diff line by line: what each line is, which lines it has, and that nothing of it is ever lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from jjm_tui.domain.patch_names import name_key, names_of_git_header, path_of_marker, unquote
from jjm_tui.domain.patches import CODE_KINDS, LineKind
from jjm_tui.domain.text import clean
from jjm_tui.simulator.patches import FileChange, render_diff
from jjm_tui.tui.look.contrast import ENOUGH, contrast, readable
from jjm_tui.tui.patches.patch_colors import PatchColors
from jjm_tui.tui.patches.patch_lines import Patch, is_told_above
from jjm_tui.tui.patches.patch_rows import PatchRows, changed_part
from jjm_tui.tui.patches.patch_search import PatchSearch
from jjm_tui.tui.text.cell_text import cut_cells, keep_end, shown
from jjm_tui.tui.text.code_colors import color_lines

GIT = """\
diff --git a/app/db.py b/app/db.py
index 1111111..2222222 100644
--- a/app/db.py
+++ b/app/db.py
@@ -1,4 +1,4 @@ class A:
 one
--- not a header, a removed line
+++ not a header, an added line
 two

@@ -30 +30,2 @@
 thirty
+more
\\ No newline at end of file
diff --git a/new.py b/new.py
new file mode 100755
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+only
diff --git a/old.py b/old.py
deleted file mode 100644
--- a/old.py
+++ /dev/null
@@ -1,2 +0,0 @@
-a
-b
diff --git a/docs/a guide.md b/docs/the guide.md
similarity index 90%
rename from docs/a guide.md
rename to docs/the guide.md
diff --git a/pic.png b/pic.png
index 111..222 100644
Binary files a/pic.png and b/pic.png differ
diff --git a/run.sh b/run.sh
old mode 100644
new mode 100755
"""

PATCH_PIECES = st.sampled_from(
    [
        "diff --git a/x b/x",
        "diff --cc x",
        "--- a/x",
        "+++ b/x",
        "--- /dev/null",
        "@@ -1,2 +1,2 @@ f",
        "@@ -1 +1 @@",
        "@@@ -1 -1 +1,2 @@@",
        "@@ broken @@",
        "@@ -99999999999 +1 @@",
        "rename from a\tb",
        "Binary files a and b differ",
        "\\ No newline at end of file",
        "-- ",
        "+\tadded",
        "-removed",
        " same",
        "  both",
        "",
        "\r",
        "+\x1b]0;x\x07\x9b31m\u202e",
        "+日本語 🎉",
        'diff --git "a/\\303\\251" "b/\\303\\251"',
        "GIT binary patch",
        "literal 10",
    ]
)
ANY_PATCH = st.one_of(
    st.lists(PATCH_PIECES, max_size=30).map("\n".join),
    st.lists(st.one_of(PATCH_PIECES, st.text(max_size=30)), max_size=20).map("\n".join),
    st.text(alphabet="-+@ ad\n\r\\/\x85\u2028\x1b\x9b\t漢", max_size=200),
)
CONTENTS = st.one_of(
    st.none(),
    st.lists(
        st.sampled_from(["a", "b", "-- a/x", "++ b/x", "@@ -1 +1 @@", "diff --git a/x b/x", "", " "]), max_size=25
    ).map(lambda lines: "".join(f"{line}\n" for line in lines)),
)


def read(text: str, slice_length: int = 10**9) -> Patch:
    patch = Patch(text)
    while not patch.is_read:
        patch.scan(slice_length)
    return patch


def kinds(patch: Patch) -> list[str]:
    return [LineKind(kind).name for kind in patch.kinds]


def test_scan_git_diff_knows_files_counts_and_words() -> None:
    patch = read(GIT)
    assert [(file.name, file.additions, file.deletions, file.words) for file in patch.files] == [
        ("app/db.py", 2, 1, ()),
        ("new.py", 1, 0, ("new", "mode 100755")),
        ("old.py", 0, 2, ("deleted",)),
        ("docs/the guide.md", 0, 0, ("renamed from docs/a guide.md",)),
        ("pic.png", 0, 0, ("binary",)),
        ("run.sh", 0, 0, ("mode 100755",)),
    ]
    assert [len(file.hunks) for file in patch.files] == [2, 1, 1, 0, 0, 0]
    assert all(file.is_read for file in patch.files)


def test_scan_removed_line_like_a_header_is_a_removed_line() -> None:
    patch = read(GIT)
    assert kinds(patch)[4:14] == [
        "HUNK",
        "CONTEXT",
        "REMOVED",
        "ADDED",
        "CONTEXT",
        "CONTEXT",
        "HUNK",
        "CONTEXT",
        "ADDED",
        "NOTE",
    ]
    assert list(patch.old_numbers[4:14]) == [0, 1, 2, 0, 3, 4, 0, 30, 0, 0]
    assert list(patch.new_numbers[4:14]) == [0, 1, 0, 2, 3, 4, 0, 30, 31, 0]


@given(st.lists(st.tuples(CONTENTS, CONTENTS).filter(lambda pair: pair != (None, None)), min_size=1, max_size=4))
def test_scan_real_diffs_numbers_point_at_the_very_lines(pairs: list[tuple[str | None, str | None]]) -> None:
    changes = [FileChange(f"f{number}.txt", before, after) for number, (before, after) in enumerate(pairs)]
    patch = read(render_diff(changes))
    assert [file.name for file in patch.files] == [change.path for change in changes]
    for file, change in zip(patch.files, changes, strict=True):
        before, after = ((text or "").splitlines() for text in (change.before, change.after))
        for line in range(file.start, file.end):
            text = patch.lines[line][1:]
            if patch.kinds[line] in (LineKind.CONTEXT, LineKind.REMOVED):
                assert before[patch.old_numbers[line] - 1] == text
            if patch.kinds[line] in (LineKind.CONTEXT, LineKind.ADDED):
                assert after[patch.new_numbers[line] - 1] == text
        assert file.additions - file.deletions == len(after) - len(before)
        assert (file.is_new, file.is_deleted) == (change.before is None, change.after is None)


def test_scan_diff_without_git_headers_knows_names() -> None:
    patch = read(
        "--- a/x\tdate\r\n+++ b/x\tdate\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n--- a/y\n+++ b/y\n@@ -1 +1,2 @@\n a\n+c\n"
    )
    assert [(file.name, file.additions, file.deletions) for file in patch.files] == [("x", 1, 1), ("y", 1, 0)]


def test_scan_merge_diff_reads_marks_of_all_parents() -> None:
    header = "diff --cc m.py\nindex 1,2..3\n--- a/m.py\n+++ b/m.py\n@@@ -1,2 -1,2 +1,3 @@@\n"
    patch = read(f"{header}  same\n- ours\n -theirs\n++both\n")
    assert kinds(patch)[4:] == ["HUNK", "CONTEXT", "REMOVED", "REMOVED", "ADDED"]
    assert [patch.new_numbers[line] for line in (5, 8)] == [1, 2]
    assert patch.mark_cells(8) == 2


def test_scan_wrong_counts_goes_on_while_lines_look_like_the_hunk() -> None:
    patch = read("--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n one\n+two\n-three\n-- \n2.40\n")
    assert kinds(patch)[2:] == ["HUNK", "CONTEXT", "ADDED", "REMOVED", "TEXT", "TEXT"]


def test_scan_counts_too_large_next_file_is_found() -> None:
    patch = read("--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n one\n--- a/y\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n")
    assert [file.name for file in patch.files] == ["x", "y"]


def test_scan_hunk_header_without_numbers_colours_but_numbers_nothing() -> None:
    patch = read("--- a/x\n+++ b/x\n@@ ... @@\n one\n+two\n")
    assert kinds(patch)[2:] == ["HUNK", "CONTEXT", "ADDED"]
    assert not any(patch.old_numbers)
    assert not any(patch.new_numbers)


def test_scan_cut_in_the_middle_keeps_every_line() -> None:
    for end in range(len(GIT)):
        patch = read(GIT[:end])
        assert "\n".join(patch.lines) == GIT[:end].removesuffix("\n")


def test_scan_measures_no_line_that_the_header_of_the_file_stands_for() -> None:
    path = "long/" * 30 + "x"
    assert read(f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n").longest < 20


@given(ANY_PATCH)
def test_scan_any_text_keeps_lines_and_slices_change_nothing(text: str) -> None:
    whole, sliced = read(text), read(text, slice_length=3)
    assert "\n".join(whole.lines) in (text, text.removesuffix("\n"))
    assert bytes(whole.kinds) == bytes(sliced.kinds)
    assert whole.new_numbers == sliced.new_numbers
    assert [(file.name, file.start, file.end, file.hunks) for file in whole.files] == [
        (file.name, file.start, file.end, file.hunks) for file in sliced.files
    ]
    rows = PatchRows(whole)
    drawn = [rows[number].index for number in range(len(rows)) if rows[number].kind == "line"]
    assert whole.longest >= max((cell_len(whole.text(line)) for line in drawn), default=0)
    for line, kind in enumerate(whole.kinds):
        assert kind not in CODE_KINDS or whole.file_at(line) is not None


@given(ANY_PATCH, st.booleans())
def test_rows_any_text_show_each_line_once_in_order(text: str, is_cut: bool) -> None:
    patch = read(text)
    rows = PatchRows(patch, is_cut=is_cut)
    found = [rows[row] for row in range(len(rows))]
    shown_lines = [row.index for row in found if row.kind == "line"]
    left_out = set(range(len(patch.lines))) - set(shown_lines)
    assert shown_lines == sorted(set(shown_lines))
    assert all(is_told_above(patch, line) for line in left_out)
    assert [row.index for row in found if row.kind == "file"] == list(range(len(patch.files)))
    assert [row.kind for row in found].count("end") == is_cut
    assert all(rows.line_at(rows.of_line(line)) == line for line in shown_lines)
    for index, file in enumerate(patch.files):
        assert rows[rows.of_file(index)].kind == "file"
        assert rows.of_line(file.start) == rows.of_file(index) + (file.start in shown_lines)


@given(ANY_PATCH)
def test_changed_part_any_text_is_inside_the_line(text: str) -> None:
    patch = read(text)
    for line, kind in enumerate(patch.kinds):
        if kind in (LineKind.ADDED, LineKind.REMOVED) and (part := changed_part(patch, line)) is not None:
            assert patch.mark_cells(line) <= part[0] < part[1] <= len(patch.text(line))


def test_changed_part_of_one_word_is_that_word() -> None:
    patch = read("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-    total = count(first_name)\n+    total = count(last_name)\n")
    found = [patch.text(line)[slice(*(changed_part(patch, line) or (0, 0)))] for line in (3, 4)]
    assert found == ["first_name", "last_name"]


def _searched(patch: Patch, line: int) -> str:
    """A line as it is shown; of what the header of a file stands for, the name."""
    if not is_told_above(patch, line):
        return patch.text(line)
    file = patch.file_at(line)
    return file.shown_name if file is not None and file.start == line else ""


@given(ANY_PATCH, st.sampled_from(["A", "日", " ", "+", "x\x1b", "."]))
def test_search_any_text_finds_every_place_in_the_shown_text(text: str, term: str) -> None:
    patch = read(text)
    search = PatchSearch(patch, term, 0)
    while not search.is_done:
        search.scan(2)
    found = list(zip(search.lines, search.starts, strict=True))
    wanted = shown(term).lower()
    expected = sum(_searched(patch, line).lower().count(wanted) for line in range(len(patch.lines)))
    assert len(found) == expected
    for line, start in found:
        assert start in search.in_line(line, 0, 10**6)


@given(st.text())
def test_shown_any_text_is_harmless_and_loses_no_visible_character(text: str) -> None:
    line = shown(text)
    assert clean(line) == line
    assert "\n" not in line
    assert "\t" not in line
    visible = [character for character in text if character.isascii() and character.isprintable()]
    kept = [character for character in line if character.isascii() and character.isprintable()]
    assert [character for character in kept if character != " "] == [each for each in visible if each != " "]


def test_shown_escape_sequence_hides_nothing() -> None:
    assert shown("a\x1b]0;rm -rf /\x07b\x9b31m") == "a␛]0;rm -rf /␇b\ufffd31m"


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=40), st.integers(0, 50), st.integers(1, 30))
def test_cut_cells_any_text_fits_and_begins_where_asked(text: str, start: int, width: int) -> None:
    line = shown(text)
    first, last, gap = cut_cells(line, start, width)
    assert 0 <= first <= last <= len(line)
    assert gap in (0, 1)
    assert gap + cell_len(line[first:last]) <= width + 1


def test_cut_cells_wide_characters_are_never_halved() -> None:
    line = "日本語テキスト"
    assert [cut_cells(line, start, 5) for start in (0, 1, 2)] == [(0, 2, 0), (1, 3, 1), (1, 3, 0)]


def test_cut_cells_long_line_reaches_its_end() -> None:
    line = "é" + "x" * 100_000 + "end"
    first, last, _ = cut_cells(line, 100_001, 80)
    assert line[first:last] == "end"


@given(st.text(max_size=40), st.integers(0, 20))
def test_keep_end_any_text_fits(text: str, width: int) -> None:
    line = shown(text)
    cut = keep_end(line, width)
    assert cell_len(cut) <= width
    assert cut == line or (cut[:1] in ("", "…") and line.endswith(cut[1:]))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("diff --git a/x b/x", ("x", "x")),
        ("diff --git a/my file b/my file", ("my file", "my file")),
        ('diff --git "a/caf\\303\\251" "b/caf\\303\\251"', ("café", "café")),
        ('diff --git a/plain "b/with\\ttab"', ("plain", "with\ttab")),
        ("diff --git a/old.py b/new.py", ("old.py", "new.py")),
        ("diff --cc both.py", ("both.py", "both.py")),
        ("diff --git nonsense", (None, None)),
    ],
)
def test_names_of_git_header(line: str, names: tuple[str | None, str | None]) -> None:
    assert names_of_git_header(line) == names


def test_path_of_marker_knows_dates_quotes_and_nowhere() -> None:
    assert path_of_marker("--- a/x\t2026-01-01") == "x"
    assert path_of_marker('+++ "b/\\346\\227\\245"') == "日"
    assert path_of_marker("--- /dev/null") is None


@given(st.text(max_size=20))
def test_unquote_and_name_key_any_text_never_raise(text: str) -> None:
    for name in (text, f'"{text}"', f'"{text}\\'):
        assert isinstance(unquote(name), str)
        assert clean(name_key(name)) == name_key(name)


@given(
    st.sampled_from(["x.py", "x.ts", "x.html", "x.sql", "Makefile", "x.md", "x.yaml", "x.rs", "no", ""]),
    st.lists(st.text(alphabet="abc \"'/*#<>{}()-=\\漢\x00", max_size=25), max_size=10),
)
def test_color_lines_any_code_stays_inside_its_lines(name: str, lines: list[str]) -> None:
    spans = color_lines(name, lines)
    assert len(spans) == len(lines)
    for line, found in zip(lines, spans, strict=True):
        assert all(0 <= start < end <= len(line) for start, end, _ in found)


def test_color_lines_python_knows_keywords_and_comments() -> None:
    (spans,) = color_lines("a.py", ["def run():  # go"])
    assert {(role, "def run():  # go"[start:end]) for start, end, role in spans} >= {
        ("keyword", "def"),
        ("name", "run"),
        ("comment", "# go"),
    }


def test_color_lines_very_long_line_stays_plain_and_others_do_not() -> None:
    spans = color_lines("a.py", ["import os", "x" * 100_000, "import re"])
    assert [bool(found) for found in spans] == [True, False, True]


def test_colors_of_a_block_are_of_both_versions() -> None:
    patch = read("--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@\n import os\n-# old\n+x = 1\n")
    colors = PatchColors(patch)
    block = colors.next_block(0, len(patch.lines))
    assert block is not None
    spans = colors.color(block)
    assert {line: [role for *_, role in found] for line, found in spans.items()}[4] == ["comment"]
    assert "number" in [role for *_, role in spans[5]]
    colors.keep(block, spans)
    assert colors.next_block(0, len(patch.lines)) is None


@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3), st.floats(0, 1))
def test_readable_any_two_colours_have_enough_contrast(
    front: tuple[int, int, int], back: tuple[int, int, int], alpha: float
) -> None:
    from textual.color import Color

    background = Color(*back)
    assert contrast(readable(Color(*front, alpha), background), background) >= ENOUGH


def test_readable_good_enough_colour_is_kept() -> None:
    from textual.color import Color

    assert readable(Color(200, 200, 200), Color(0, 0, 0)) == Color(200, 200, 200)
