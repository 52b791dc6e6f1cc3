"""The diffs are real: git applies them, and what comes out is what was meant."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unidiff import PatchSet

from jjm_tui.simulator.patches import FileChange, hash_blob, render_diff
from jjm_tui.simulator.stories import CURATED


@pytest.mark.parametrize("number", range(len(CURATED)))
def test_curated_diff_applies_with_git(tmp_path: Path, number: int) -> None:
    changes = CURATED[number].work.changes
    for change in changes:
        if change.before is not None:
            path = tmp_path / change.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(change.before)
    patch = render_diff(changes)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "--check", "-"], cwd=tmp_path, check=True, input=patch, text=True)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, check=True, input=patch, text=True)
    for change in changes:
        path = tmp_path / change.path
        assert (path.read_text() if path.exists() else None) == change.after


def test_blob_ids_are_those_of_git(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("caf\u00e9\n")
    told = subprocess.run(["git", "hash-object", "file"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert told.stdout.strip() == hash_blob("caf\u00e9\n")


_LINES = st.lists(st.text("ab \t+-@", max_size=5), max_size=12).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(_LINES, _LINES, st.booleans())
def test_any_diff_can_be_parsed_and_counts_its_lines(before: str, after: str, cut: bool) -> None:
    if before == after:
        return
    end = after[:-1] if cut and after else after
    if end == before:
        return
    patch = PatchSet(render_diff([FileChange("a/b.txt", before, end)]))
    assert len(patch) == 1
    assert patch[0].path == "a/b.txt"
    if not cut:
        assert len(after.splitlines()) - len(before.splitlines()) == patch[0].added - patch[0].removed
