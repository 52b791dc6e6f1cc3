"""The one reader of diffs: files and their parts, whatever the text is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.patches import read_patch_files
from jjm_tui.domain.text import clean_line

ANY_TEXT = st.lists(
    st.sampled_from(
        [
            "diff --git a/f b/f\n",
            'diff --git "a/\\303\\244" "b/\\303\\244"\n',
            "--- a/f\n+++ b/f\n",
            "new file mode 100644\n",
            "@@ -1,2 +1,2 @@\n",
            "@@ -x +y @@\n",
            " same\n",
            "-out\n",
            "+in",
            "\\ No newline at end of file\n",
            "\n",
            "\x1b[31m\r\n",
        ]
    )
).map("".join)


@given(ANY_TEXT)
def test_parts_of_files_are_the_diff_from_the_first_file_on(text: str) -> None:
    patch, files = read_patch_files(text)
    whole = "".join(patch.part(file) for file in files)
    assert text.endswith(whole)
    assert all(file.is_read for file in files)
    assert all(file.shown_name == clean_line(file.shown_name) != "" for file in files)


def test_file_is_whole_only_when_its_hunks_have_the_lines_that_they_tell_of() -> None:
    head = "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n"
    bodies = (" a\n-b\n+c\n", " a\n-b\n", " a\n-b\n+c\n+d\n")
    assert [read_patch_files(head + body)[1][0].is_whole for body in bodies] == [True, False, False]
    assert not read_patch_files("--- a/f\n+++ b/f\n@@ -1,9999999999 +1 @@\n")[1][0].is_whole
    merged = "diff --cc f\n--- a/f\n+++ b/f\n@@@ -1,2 -1,2 +1,3 @@@\n  a\n +b\n+ c\n"
    assert read_patch_files(merged)[1][0].is_whole


def test_file_that_no_header_names_is_unknown() -> None:
    assert [file.shown_name for file in read_patch_files("@@ -1 +1 @@\n-a\n+b\n")[1]] == ["unknown"]
