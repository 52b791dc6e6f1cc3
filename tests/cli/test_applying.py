"""``diff --apply`` where git fails, or is interrupted, in the middle: what it tells is how the work tree is."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import anyio
import pytest

from jjm_tui.ports import Transcript
from jjm_tui.store.transcripts import FileTranscripts
from tests.cli.program import Program

STILL = 0.001
"""Simulated seconds per second: nothing moves by itself."""

DIFF = """\
diff --git a/a.txt b/a.txt
--- a/a.txt
+++ b/a.txt
@@ -1 +1 @@
-one
+two
diff --git a/b.txt b/b.txt
--- a/b.txt
+++ b/b.txt
@@ -1 +1 @@
-one
+two
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A clean work tree to which the diff can be applied."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for name in ("a.txt", "b.txt"):
        (tree / name).write_text("one\n")
    (tree / ".gitattributes").write_text("b.txt filter=meeting\n")
    git(tree, "init", "-q")
    git(tree, "add", ".")
    git(tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    return tree


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True).stdout


def meet(tree: Path, command: str) -> None:
    """Have git run a command when it writes b.txt, after a.txt is written."""
    git(tree, "config", "filter.meeting.required", "true")
    git(tree, "config", "filter.meeting.clean", "cat")
    git(tree, "config", "filter.meeting.smudge", command)


def task_with(served: Program, diff: str, *, is_cut: bool = False) -> str:
    """The id of a task whose stored diff is this one, or this part of it."""
    served.speed = STILL
    task_id = served.ok("list", "--fields", "id").rows[0][0]
    store = Path(served.ok("store", "info", "--json").json["store"]["path"])
    kept = FileTranscripts(store.parent / "activities")
    anyio.run(kept.update, task_id, lambda _: Transcript(task_id, patch=diff, patch_cut=is_cut))
    return task_id


def test_apply_that_stops_on_the_way_says_that_a_part_may_be_applied(served: Program, tree: Path) -> None:
    task_id = task_with(served, DIFF)
    meet(tree, "false")
    stopped = served.run("diff", task_id, "--cached", "--apply", str(tree), "--json")
    assert (tree / "a.txt").read_text() == "two\n"
    error = stopped.json["error"]
    assert (stopped.code, error["code"]) == (1, "operation_failed")
    assert error["message"].endswith("a part of it may be applied.")
    assert "nothing was changed" not in stopped.err
    assert "filter" in error["hint"]
    way_back = error["hint"].partition("come back with: ")[2].splitlines()[0]
    git(tree, "config", "filter.meeting.smudge", "cat")
    subprocess.run(shlex.split(way_back), check=True)
    assert git(tree, "status", "--porcelain") == ""


def test_ctrl_c_while_the_diff_is_applied_lets_git_come_to_its_end(served: Program, tree: Path) -> None:
    task_id = task_with(served, DIFF)
    here, go_on = tree.parent / "here", tree.parent / "go_on"
    os.mkfifo(here)
    os.mkfifo(go_on)
    meet(tree, f"sh -c 'echo here > {here} && cat {go_on} > /dev/null && cat'")
    with served.on_terminal("diff", task_id, "--cached", "--apply", str(tree)) as terminal:
        assert here.read_text() == "here\n"
        terminal.interrupt()
        terminal.wait_for("Interrupted while git applies the diff")
        go_on.write_text("")
        assert terminal.finish() == 130
        assert f"Applied to {tree}: 2 files." in " ".join(terminal.text.split())
    assert [(tree / name).read_text() for name in ("a.txt", "b.txt")] == ["two\n", "two\n"]


def test_stored_diff_that_was_cut_short_is_told_and_not_applied(served: Program, tree: Path) -> None:
    task_id = task_with(served, DIFF, is_cut=True)
    shown = served.ok("diff", task_id, "--cached", "--json")
    assert shown.json["truncated"]
    assert "This is the diff as it was read at an unknown time." in shown.err
    assert "The server cut this diff short" in shown.err
    refused = served.run("diff", task_id, "--cached", "--apply", str(tree))
    assert (refused.code, "cut this diff short, so it is not applied" in refused.err) == (1, True)
    assert git(tree, "status", "--porcelain") == ""


def test_apply_of_no_changes_is_a_document_as_json(served: Program, tree: Path) -> None:
    applied = served.ok("diff", task_with(served, ""), "--cached", "--apply", str(tree), "--json")
    assert applied.json == {"schema": "jjm/1", "applied_to": None, "files": []}


def test_apply_in_a_folder_with_a_name_that_is_no_text_is_told_as_json(served: Program, tree: Path) -> None:
    task_id = task_with(served, DIFF)
    odd = tree.rename(os.fsdecode(bytes(tree) + b"\xe9"))
    applied = served.ok("diff", task_id, "--cached", "--apply", str(odd), "--json").json
    assert applied["applied_to"] == str(odd).replace("\udce9", "\ufffd")
    assert (odd / "a.txt").read_text() == "two\n"


def test_apply_in_a_folder_that_there_cannot_be_is_a_sentence(served: Program) -> None:
    endless = served.run("diff", task_with(served, DIFF), "--cached", "--apply", "a" * 300)
    assert (endless.code, "cannot be looked at: File name too long." in endless.err) == (2, True)


def test_apply_where_git_cannot_tell_of_changes_applies_nothing(served: Program, tree: Path) -> None:
    task_id = task_with(served, DIFF)
    (tree / ".git" / "index").write_bytes(b"damaged")
    refused = served.run("diff", task_id, "--cached", "--apply", str(tree), "--json")
    assert (refused.code, refused.json["error"]["code"]) == (1, "operation_failed")
    assert "nothing was applied" in refused.err
    assert "index" in refused.json["error"]["hint"]
    assert (tree / "a.txt").read_text() == "one\n"
