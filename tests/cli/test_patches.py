"""A diff cut into files keeps every byte."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.cli.patches import split_patch

DIFF = """\
diff --git a/app/db.py b/app/db.py
index 1111111..2222222 100644
--- a/app/db.py
+++ b/app/db.py
@@ -1,4 +1,4 @@ class A:
 one
--- not a header, a removed line
+++ not a header, an added line
 two
 \x0cthree
diff --git a/new.py b/new.py
new file mode 100644
--- /dev/null
+++ b/new.py
@@ -0,0 +1 @@
+only
\\ No newline at end of file
diff --git a/old.py b/old.py
deleted file mode 100644
--- a/old.py
+++ /dev/null
@@ -1,2 +0,0 @@
-a
-b
diff --git a/pic.png b/pic.png
Binary files a/pic.png and b/pic.png differ
"""


def test_split_patch_names_counts_and_kinds() -> None:
    files = split_patch(DIFF)
    assert [(file.name, file.status, file.additions, file.deletions) for file in files] == [
        ("app/db.py", "modified", 1, 1),
        ("new.py", "created", 1, 0),
        ("old.py", "deleted", 0, 2),
        ("pic.png", "modified", None, None),
    ]


def test_split_patch_of_a_cut_file_has_no_counts_for_it_and_exact_ones_for_others() -> None:
    files = split_patch(DIFF[: DIFF.index("+only")])
    assert [(file.name, file.additions, file.deletions) for file in files] == [
        ("app/db.py", 1, 1),
        ("new.py", None, None),
    ]


def test_split_patch_names_are_as_on_disk_and_harmless() -> None:
    (file,) = split_patch(
        'diff --git "a/caf\\303\\251 \\033[31m.txt" "b/caf\\303\\251 \\033[31m.txt"\nnew file mode 100644\n'
    )
    assert (file.name, file.status) == ("café .txt", "created")


def test_split_patch_joined_is_the_diff_again() -> None:
    assert "".join(file.text for file in split_patch(DIFF)) == DIFF


def test_split_patch_without_git_headers_and_with_carriage_returns() -> None:
    plain = "--- a/x\tdate\r\n+++ b/x\tdate\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n--- a/y\n+++ b/y\n@@ -1 +1,2 @@\n a\n+c\n"
    files = split_patch(plain)
    assert [(file.name, file.additions, file.deletions) for file in files] == [("x", 1, 1), ("y", 1, 0)]
    assert "".join(file.text for file in files) == plain


@given(st.text(alphabet="-+@ ad\n\r\\/\x85\u2028", max_size=200))
def test_split_patch_any_text_loses_nothing_after_the_first_file(text: str) -> None:
    whole = "diff --git a/f b/f\n" + text
    assert "".join(file.text for file in split_patch(whole)) == whole


def test_split_patch_of_nothing_is_nothing() -> None:
    assert split_patch("") == ()
