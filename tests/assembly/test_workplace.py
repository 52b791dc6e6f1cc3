"""Where a run keeps its files: a demo's go with it, also those of demos that were killed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import pytest

from jjm_tui.assembly import Options, open_workplace
from jjm_tui.errors import ConfigurationError


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_demo_leaves_nothing_behind(temporary):
    with open_workplace(Options(demo=True), {}) as place:
        folder = place.store.tasks.parents[2]
        assert folder.parent == temporary
        (folder / "something").write_text("x")
    assert list(temporary.iterdir()) == []


def test_folder_of_a_killed_demo_goes_with_the_next_one_and_that_of_a_living_one_stays(temporary):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    gone, kept = temporary / f"jjm-demo-{dead.pid}-x", temporary / f"jjm-demo-{os.getpid()}-y"
    gone.mkdir()
    kept.mkdir()
    with open_workplace(Options(demo=True), {}):
        assert not gone.exists()
        assert kept.exists()


@pytest.mark.parametrize("key", ["storage.path", "server.url", "server.command"])
def test_demo_with_another_store_or_server_is_refused(key):
    with (
        pytest.raises(ConfigurationError, match="throw-away"),
        open_workplace(Options(demo=True, overrides={key: "x"}), {}),
    ):
        pass


def test_broken_settings_cannot_spoil_a_demo(tmp_path):
    (tmp_path / "jjm.toml").write_text("[server\n")
    with open_workplace(Options(demo=True), {"JJM_HOME": str(tmp_path)}) as place:
        assert place.loaded.settings.server.preset == "demo"
