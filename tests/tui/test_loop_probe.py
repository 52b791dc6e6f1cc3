"""The probe of the event loop finds what blocks it, and names it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import asyncio, sys, time
from pathlib import Path
from jjm_tui.tui.loop_probe import LoopProbe

def blocks_the_loop():
    time.sleep(0.4)

async def work():
    LoopProbe(Path(sys.argv[1]))
    await asyncio.sleep(0.02)
    blocks_the_loop()
    await asyncio.sleep(0.02)

asyncio.run(work())
"""


def run_probed(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False)


def test_probe_at_exit_tells_the_longest_gap_and_where_it_was(tmp_path: Path) -> None:
    done = run_probed(tmp_path / "gaps.json")
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads((tmp_path / "gaps.json").read_text())
    assert found["gaps"][0]["ms"] >= 390
    assert any("blocks_the_loop" in line for gap in found["gaps"] for line in gap["where"])
    assert found["beats"] > 2


def test_probe_whose_file_cannot_be_written_harms_nothing(tmp_path: Path) -> None:
    done = run_probed(tmp_path / "no folder" / "gaps.json")
    assert (done.returncode, done.stderr) == (0, "")
