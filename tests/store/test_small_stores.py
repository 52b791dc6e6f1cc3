"""Drafts, transcripts, leadership, backups, and what the first page of a list costs to import."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.times import format_time
from jjm_tui.errors import StorageError, StoreDamagedError
from jjm_tui.ports import Transcript
from jjm_tui.store.backups import Backup, choose_superfluous, list_backups
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.store.durable import FILE_OPS
from jjm_tui.store.json_file import JsonTaskStore, read_tasks
from jjm_tui.store.leadership import FileLeadership
from jjm_tui.store.locks import hold_lock
from jjm_tui.store.transcripts import FileTranscripts, transcript_name
from tests.store.stands import START, HandClock, make_task, no_pause, put, say


async def test_draft_is_kept_until_it_is_empty(tmp_path: Path) -> None:
    drafts, other = FileDrafts(tmp_path / "d" / "drafts.json"), FileDrafts(tmp_path / "d" / "drafts.json")
    await drafts.put("message:1", "two\nlines \ud800")
    await other.put("create", "x")
    assert await other.get("message:1") == "two\nlines \ud800"
    assert await drafts.list_keys() == ("message:1", "create")
    await other.put("message:1", "")
    await other.put("message:2", "")
    assert await drafts.get("message:1") is None
    assert await drafts.list_keys() == ("create",)
    assert (tmp_path / "d" / "drafts.json").stat().st_mode & 0o777 == 0o600


async def test_draft_unknown_fields_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    path.write_text('{"drafts":[{"key":"create","text":"a","cursor":[1,2]}],"new":true}')
    await FileDrafts(path).put("create", "b")
    assert '"cursor":[1,2]' in path.read_text()
    assert '"new":true' in path.read_text()


async def test_damaged_drafts_are_set_aside_and_the_readable_ones_go_on(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    drafts = FileDrafts(path, pause=no_pause)
    await drafts.put("message:1", "one")
    await drafts.put("message:2", "two")
    bad = path.read_bytes()[:-8]
    path.write_bytes(bad)
    with pytest.raises(StoreDamagedError) as caught:
        await drafts.put("create", "x")
    (aside,) = caught.value.context["damaged"]
    assert Path(aside).read_bytes() == bad
    assert await drafts.list_keys() == ("message:1",)
    assert await FileDrafts(path).set_aside() == (aside,)
    Path(aside).unlink()
    assert await drafts.set_aside() == ()


async def test_transcript_comes_back_raw(tmp_path: Path) -> None:
    transcripts = FileTranscripts(tmp_path / "activities")
    activities = ({"id": "a", "n": 2**70, "text": "\x1b[31m \ud800"}, {})
    kept = Transcript("sessions/1", activities, say("x"), "diff --git\r\n", START, True, True, START)
    assert await transcripts.get("sessions/1") is None
    await transcripts.update(kept.task_id, lambda _: kept)
    assert await FileTranscripts(tmp_path / "activities").get("sessions/1") == kept
    await transcripts.update("sessions/1", lambda _: Transcript("sessions/1"))
    assert await transcripts.get("sessions/1") == Transcript("sessions/1")
    await transcripts.remove("sessions/1")
    await transcripts.remove("sessions/1")
    assert await transcripts.get("sessions/1") is None


async def test_transcript_damaged_is_told_and_set_aside_by_the_next_one(tmp_path: Path) -> None:
    transcripts = FileTranscripts(tmp_path)
    await transcripts.update("1", lambda _: Transcript("1", patch="x"))
    path = tmp_path / "1.json"
    path.write_bytes(b'{"task_id":"2"}')
    with pytest.raises(StoreDamagedError, match="task 1"):
        await transcripts.get("1")
    assert await transcripts.update("1", lambda kept: replace(kept, patch="y")) in tmp_path.iterdir()
    assert [found.read_bytes() for found in tmp_path.glob("1.json.damaged-*")] == [b'{"task_id":"2"}']
    assert (await transcripts.get("1") or Transcript("")).patch == "y"


async def test_transcript_updated_by_two_programs_at_once_keeps_what_both_added(tmp_path: Path) -> None:
    def and_one(number: int) -> Callable[[Transcript], Transcript]:
        return lambda kept: replace(kept, activities=(*kept.activities, {"id": number}))

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(FileTranscripts(tmp_path).update, "1", and_one(number))
    kept = await FileTranscripts(tmp_path).get("1")
    assert kept is not None
    assert sorted(activity["id"] for activity in kept.activities) == [*range(20)]


async def test_transcript_that_an_update_leaves_as_it_is_is_not_written(tmp_path: Path) -> None:
    transcripts = FileTranscripts(tmp_path)
    await transcripts.update("1", lambda kept: replace(kept, patch="x"))
    before = FILE_OPS.signature(tmp_path / "1.json")
    assert await transcripts.update("1", lambda kept: replace(kept, patch="x")) is None
    assert FILE_OPS.signature(tmp_path / "1.json") == before


@settings(deadline=None)
@given(st.text(), st.text())
def test_transcript_name_is_one_safe_and_unique_file(one: str, two: str) -> None:
    names = [transcript_name(one), transcript_name(two)]
    assert (names[0].lower() == names[1].lower()) == (one == two)
    for name in names:
        assert name == name.lower()
        assert len(name.encode()) < 120
        assert not set(name) & set('/\\:*?"<>|\0')
        assert not name.startswith((".", "-"))


@pytest.mark.parametrize("task_id", ["../../evil", "/etc/passwd", "..", ".", "", "a\0b", "A", "a", "x" * 5000, "con~1"])
async def test_transcript_of_any_id_stays_in_its_folder(task_id: str, tmp_path: Path) -> None:
    transcripts = FileTranscripts(tmp_path / "activities")
    await transcripts.update(task_id, lambda kept: replace(kept, patch=f"+{task_id[:9]}"))
    kept = await transcripts.get(task_id)
    assert kept == Transcript(task_id, patch=f"+{task_id[:9]}")
    assert [path.name for path in tmp_path.iterdir()] == ["activities"]
    assert len([path for path in (tmp_path / "activities").iterdir() if path.name != ".lock"]) == 1


def test_leadership_only_one_leads(tmp_path: Path) -> None:
    one, two = FileLeadership(tmp_path / "locks" / "poller.lock"), FileLeadership(tmp_path / "locks" / "poller.lock")
    assert one.try_lead()
    assert one.try_lead()
    assert not two.try_lead()
    one.resign()
    one.resign()
    assert two.try_lead()
    assert not one.try_lead()
    two.resign()


def test_leadership_lost_lock_file_ends_it(tmp_path: Path) -> None:
    one, two = FileLeadership(tmp_path / "poller.lock"), FileLeadership(tmp_path / "poller.lock")
    assert one.try_lead()
    (tmp_path / "poller.lock").unlink()
    assert two.try_lead()
    assert not one.try_lead()
    two.resign()


def test_lock_held_too_long_is_told(tmp_path: Path) -> None:
    with (
        hold_lock(tmp_path / "a.lock"),
        pytest.raises(StorageError, match="held by another process") as caught,
        hold_lock(tmp_path / "a.lock", timeout=0.01),
    ):
        pytest.fail("two holders")
    assert caught.value.context["path"] == str(tmp_path / "a.lock")
    with hold_lock(tmp_path / "a.lock", timeout=0.01):
        assert (tmp_path / "a.lock").exists()
    assert (tmp_path / "a.lock").exists()


def test_lock_that_cannot_be_created_is_told_at_once_and_not_as_held() -> None:
    with (
        pytest.raises(StorageError, match="could not be created: No such file or directory") as caught,
        hold_lock(Path("/proc/self/a.lock"), timeout=3600),
    ):
        pytest.fail("a lock in /proc")
    assert caught.value.context["errno"] == "ENOENT"


async def test_backups_are_earlier_versions_newest_first(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock)
    for number in range(6):
        clock.advance(timedelta(minutes=1))
        await store.apply(put(make_task(str(number))))
    assert [len(read_tasks(backup.path)[0]) for backup in list_backups(store_path)] == [5, 4, 3]


async def test_backups_with_a_standing_or_backward_clock_stay_in_order(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock)
    for number in range(8):
        clock.advance(timedelta(minutes=-(number % 3)))
        await store.apply(put(make_task(str(number))))
    assert [len(read_tasks(backup.path)[0]) for backup in list_backups(store_path)] == [7, 6, 5]


async def test_backups_one_per_day_for_seven_days(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock)
    for number in range(48):
        clock.advance(timedelta(hours=6))
        await store.apply(put(make_task(str(number))))
    kept = [backup.replaced_at for backup in list_backups(store_path)]
    assert kept[:3] == [clock.now(), clock.now() - timedelta(hours=6), clock.now() - timedelta(hours=12)]
    assert len({moment.date() for moment in kept}) in (7, 8)
    assert len(kept) <= 3 + 8


@settings(deadline=None)
@given(
    st.lists(st.datetimes(START.replace(tzinfo=None), (START + timedelta(days=30)).replace(tzinfo=None)), max_size=40)
)
def test_choose_superfluous_never_takes_the_newest_three(moments: list[datetime]) -> None:
    backups = [Backup(moment.replace(tzinfo=START.tzinfo), n, Path(str(n))) for n, moment in enumerate(moments)]
    gone = choose_superfluous(backups, START + timedelta(days=30))
    assert not set(sorted(backups)[-3:]) & set(gone)
    assert len(backups) - len(gone) <= 3 + 8


async def test_store_symbolic_link_is_followed_not_replaced(tmp_path: Path, clock: HandClock) -> None:
    link = tmp_path / "config" / "tasks.json"
    link.parent.mkdir()
    link.symlink_to(tmp_path / "elsewhere" / "real.json")
    store = JsonTaskStore(link, clock)
    await store.apply(put(make_task("1")))
    assert link.is_symlink()
    assert len(read_tasks(tmp_path / "elsewhere" / "real.json")[0]) == 1


async def test_read_tasks_answers_everything_beside_the_tasks(store_path: Path, clock: HandClock) -> None:
    assert read_tasks(store_path) == (
        (),
        {"schema_version": 1, "sync": {}, "forgotten": frozenset(), "remarks": ()},
    )
    store = JsonTaskStore(store_path, clock)
    await store.apply(put(make_task("1"), make_task("2")))
    await store.forget(["2"], START)
    tasks, info = read_tasks(store_path)
    assert tasks == (make_task("1"),)
    assert info["forgotten"] == {"2"}


async def test_forgotten_mark_of_another_program_tells_no_time_and_counts(store_path: Path, clock: HandClock) -> None:
    store = JsonTaskStore(store_path, clock)
    await store.apply(put(make_task("1"), make_task("2"), make_task("3")))
    await store.forget(["1", "2"], START)
    mark = b'"1":{"at":"' + format_time(START).encode() + b'"'
    whole = store_path.read_bytes()
    assert mark in whole
    store_path.write_bytes(whole.replace(mark, b'"1":{"at":"yesterday"'))
    assert await store.forgotten() == {"1": None, "2": START}
    assert set(await store.remember(["1"])) == {"1"}


def test_read_tasks_imports_nothing_heavy(store_path: Path) -> None:
    store_path.parent.mkdir()
    store_path.write_text('{"tasks":[{"id":"1"}]}')
    program = (
        "import sys; from pathlib import Path; from jjm_tui.store.json_file import read_tasks;"
        "assert len(read_tasks(Path(sys.argv[1]))[0]) == 1;"
        "heavy = {'watchfiles', 'filelock', 'asyncio', 'anyio', 'mcp', 'textual', 'rich', 'structlog', 'sqlite3'};"
        "sys.exit(str(sorted(heavy & sys.modules.keys())) if heavy & sys.modules.keys() else 0)"
    )
    measuring_left_out = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", program, str(store_path)],
        capture_output=True,
        text=True,
        check=False,
        env=measuring_left_out,
    )
    assert (done.returncode, done.stderr) == (0, "")
