"""What was typed, after a power cut at any moment: the text that was told as kept, or a newer one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jjm_tui.store.draft_file import FileDrafts
from tests.store.power_cut import Recorder
from tests.store.stands import no_pause
from tests.store.test_power_cut import find_bad_states

KEY = "message:1"
TEXTS = ("Take", "Take the", "Take the first way.", "")


def _see(folder: Path) -> str | None:
    return asyncio.run(FileDrafts(folder / "a" / "drafts.json", pause=no_pause).get(KEY))


@pytest.mark.parametrize("mutant", [{}, {"forget_file_sync": True}, {"forget_folder_sync": True}])
def test_draft_after_every_power_cut_is_the_one_that_was_kept(mutant: dict[str, bool], tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    recorder = Recorder(root, **mutant)
    drafts = FileDrafts(root / "a" / "drafts.json", pause=no_pause, ops=recorder)
    recorder.mark(_see(root))
    for text in TEXTS:
        asyncio.run(drafts.put(KEY, text))
        recorder.mark(_see(root))
    count, bad = find_bad_states(recorder, _see, tmp_path)
    assert bool(bad) is bool(mutant), bad
    assert count > len(TEXTS)
