"""What the first frame shows is what the store holds, or nothing; and it costs nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jjm_tui.assembly import Options, Workplace, open_workplace
from jjm_tui.assembly.first_page import FirstPage, read_first_page
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import Task
from jjm_tui.store.json_file import JsonTaskStore
from jjm_tui.store.row_index import index_path
from tests.store.stands import START, HandClock, make_task, put, put_sync, say


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    with open_workplace(Options(), {"JJM_HOME": str(tmp_path)}) as found:
        yield found


def big_tasks(count: int = 20) -> list[Task]:
    """More than half a megabyte, in conversations."""
    return [
        make_task(f"{number:02}", status=TaskStatus.IN_PROGRESS, chat_history=say("x" * 40_000, "newest"))
        for number in range(count)
    ]


async def save(place: Workplace, *tasks: Task) -> None:
    async with JsonTaskStore(place.store.tasks, HandClock(), index_seconds=60) as store:
        await store.apply(put(*tasks))
        await store.apply({}, put_sync(SyncState(place.origin, START, truncated=True)))


def read(place: Workplace) -> FirstPage:
    page = read_first_page(place, START)
    assert page is not None
    return page


async def test_small_store_is_shown_whole_without_archived_tasks(place: Workplace) -> None:
    waits = make_task("2", status=TaskStatus.WAITING_FEEDBACK, chat_history=say("a", "b", "c"))
    await save(place, make_task("1"), waits, make_task("3", archived=True))
    page = read(place)
    assert page.is_whole
    assert page.tasks == (waits, make_task("1"))
    assert (page.total, page.counts.archived, page.counts.needs["question"]) == (2, 1, 1)
    assert page.sync == SyncState(place.origin, START, truncated=True)


async def test_big_store_is_shown_from_its_index(place: Workplace) -> None:
    await save(place, *big_tasks(), make_task("q", status=TaskStatus.WAITING_FEEDBACK))
    page = read(place)
    assert not page.is_whole
    assert [task.id for task in page.tasks] == ["q", *(f"{number:02}" for number in range(20))]
    assert {task.chat_truncated for task in page.tasks[1:]} == {True}
    assert page.tasks[1].chat_history[-1].content == "newest"
    assert (page.total, page.counts.kinds["running"], page.counts.needs_me) == (21, 20, 1)
    assert page.sync == SyncState(place.origin, START, truncated=True)


async def test_big_store_without_index_has_no_quick_first_page(place: Workplace) -> None:
    await save(place, *big_tasks())
    index_path(place.store.tasks).unlink()
    assert read_first_page(place, START) is None


async def test_big_store_with_a_damaged_index_has_no_quick_first_page(place: Workplace) -> None:
    await save(place, *big_tasks())
    for damage in (b"", b"jjm row index 1 ", b"\xff" * 100):
        index_path(place.store.tasks).write_bytes(damage)
        assert read_first_page(place, START) is None
    index_path(place.store.tasks).unlink()
    index_path(place.store.tasks).mkdir()
    assert read_first_page(place, START) is None


def test_new_profile_has_an_empty_first_page(place: Workplace) -> None:
    page = read(place)
    assert page.is_whole
    assert page.tasks == ()
    assert page.sync == SyncState(place.origin)


async def test_damaged_store_has_no_first_page(place: Workplace) -> None:
    await save(place, make_task("1"))
    await save(place, make_task("2"))
    for damage in (b"", b'{"tasks":[', b"\x00" * 50):
        place.store.tasks.write_bytes(damage)
        assert read_first_page(place, START) is None
    place.store.tasks.unlink()
    assert read_first_page(place, START) is None, "there are backups, so it is not simply new"
    place.store.tasks.symlink_to(place.store.tasks)
    assert read_first_page(place, START) is None


@pytest.mark.parametrize("is_big", [False, True])
async def test_first_page_loads_nothing_heavy(place: Workplace, is_big: bool) -> None:
    await save(place, make_task("1"), *(big_tasks() if is_big else ()))
    program = (
        "import json, sys\n"
        "from datetime import UTC, datetime\n"
        "from jjm_tui.assembly.first_page import read_first_page\n"
        "from jjm_tui.assembly.options import Options\n"
        "from jjm_tui.assembly.workplace import open_workplace\n"
        "with open_workplace(Options(), {'JJM_HOME': sys.argv[1]}) as place:\n"
        "    page = read_first_page(place, datetime(2026, 11, 20, 13, tzinfo=UTC))\n"
        "print(json.dumps([page.is_whole, sorted(sys.modules)]))"
    )
    home = str(place.store.tasks.parents[2])
    done = subprocess.run([sys.executable, "-c", program, home], capture_output=True, text=True, check=True)
    is_whole, loaded = json.loads(done.stdout)
    assert is_whole is not is_big
    heavy = {"anyio", "asyncio", "filelock", "textual", "rich", "pydantic", "mcp", "structlog", "platformdirs"}
    assert not heavy & set(loaded)
