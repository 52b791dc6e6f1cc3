"""A disk that is really full, in a file system of 400 kB: errors are told, what was acknowledged stays, space helps."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.needs_mount

ROOT = Path(__file__).parents[2]


def test_full_disk_loses_nothing_and_tells_it(tmp_path: Path) -> None:
    place = shlex.quote(str(tmp_path))
    script = shlex.join([sys.executable, "-m", "tests.store.full_disk", str(tmp_path)])
    mounted = f"mount -t tmpfs -o size=400k none {place} && cd {shlex.quote(str(ROOT))} && exec {script}"
    ran = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", mounted],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    counts = json.loads(ran.stdout)
    assert set(counts) == {"tasks", "drafts", "operations", "events", "transcripts"}
    assert min(counts.values()) > 3, counts
