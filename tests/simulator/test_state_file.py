"""One world in a file, seen by several processes and after restarts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jjm_tui.errors import StorageError
from jjm_tui.simulator.journal import read_journal
from jjm_tui.simulator.world import World
from tests.simulator.conftest import HandClock, ids_in

SOURCE = "sources/github/acme/webapp"

WORKER = """
import sys
from pathlib import Path
from jjm_tui.simulator.world import World
world = World(state_path=Path(sys.argv[1]))
for number in range(int(sys.argv[3])):
    made = world.create_session(f"{sys.argv[2]} {number}", "sources/github/acme/webapp", starting_branch="main")
    world.send_message(made["id"], "go on")
"""


def test_two_worlds_of_one_file_see_each_other(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "world.json"
    one, two = World(clock=clock, state_path=path), World(seed=9, tasks=99, clock=clock, state_path=path)
    waiting = ids_in(two, "AWAITING_PLAN_APPROVAL")[0]
    assert one.session_ids() == two.session_ids()
    one.approve_plan(waiting)
    assert two.get_session(waiting)["state"] == "IN_PROGRESS"
    made = two.create_session("From the other side", SOURCE, starting_branch="main")
    assert one.get_session(made["id"]) == made
    two.step(30)
    assert one.now == two.now
    assert one.list_sessions(100) == two.list_sessions(100)
    assert [entry.kind for entry in one.journal] == ["approve", "create"]


def test_restart_finds_the_same_world(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "deep" / "world.json"
    before = World(seed=3, clock=clock, state_path=path)
    for session_id in ids_in(before, "AWAITING_PLAN_APPROVAL"):
        before.send_message(session_id, "Another way, please.")
    before.set_state(ids_in(before, "IN_PROGRESS")[0], "PAUSED")
    clock.move(33)
    after = World(clock=clock, state_path=path)
    assert after.list_sessions(100) == before.list_sessions(100)
    for session_id in before.session_ids():
        assert after.list_activities(session_id, 100) == before.list_activities(session_id, 100)
    assert after.journal == before.journal


def test_processes_at_once_lose_no_effect(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    World(tasks=3, state_path=path)
    workers = [subprocess.Popen([sys.executable, "-c", WORKER, str(path), name, "20"]) for name in ("a", "b", "c")]
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0, 0]
    journal = read_journal(path)
    created = [entry for entry in journal if entry.kind == "create"]
    assert sorted(entry.text for entry in created) == sorted(
        f"{name} {number}" for name in "abc" for number in range(20)
    )
    assert len({entry.session_id for entry in created}) == 60
    assert len(journal) == 120
    assert len(World(state_path=path).session_ids()) == 63
    assert [file.name for file in tmp_path.iterdir() if file.suffix not in {".json", ".lock"}] == []


def test_journal_file_is_plain_json_and_hides_the_testers_hand(tmp_path: Path, clock: HandClock) -> None:
    path = tmp_path / "world.json"
    world = World(clock=clock, state_path=path)
    made = world.create_session("Do it", SOURCE, starting_branch="main", title="T", require_plan_approval=True)
    world.say(made["id"], "Hello")
    raw = json.loads(path.read_text())
    assert [entry["kind"] for entry in raw["journal"]] == ["create", "control.say"]
    (entry,) = read_journal(path)
    assert (entry.kind, entry.session_id, entry.text, entry.time) == ("create", made["id"], "Do it", world.now)
    assert entry.detail == {"source": SOURCE, "branch": "main", "title": "T", "approval": True, "mode": None}


@pytest.mark.parametrize("content", ["", "{not json", "[]", "{}", '{"seed": 1}'])
def test_damaged_file_is_told_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "world.json"
    path.write_text(content)
    with pytest.raises(StorageError) as error:
        World(state_path=path)
    assert error.value.context["path"] == str(path)
    assert path.read_text() == content


def test_missing_journal_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        read_journal(tmp_path / "none.json")


def test_file_holds_effects_not_sessions(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    World(tasks=10_000, state_path=path)
    assert path.stat().st_size < 1000
