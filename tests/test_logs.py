"""Logs: what is kept, where, what is masked, and that nothing reaches the screen."""

from __future__ import annotations

import json
import logging
import stat
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from jjm_tui.logs import (
    bound,
    close_logging,
    configure_logging,
    get_logger,
    log_server_line,
    log_trouble,
    warm_up,
)
from jjm_tui.logs.daily import DailyFile, file_name
from jjm_tui.settings import Locations, load_settings
from jjm_tui.settings.secrets import MASK, forget_secrets, remember_secret

Configure = Callable[..., None]
Records = Callable[[], list[dict[str, Any]]]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def configure(tmp_path: Path) -> Iterator[Configure]:
    """Switch logging on with settings from environment variables; it is off again afterwards."""
    level = logging.getLogger().level

    def switch_on(environ: Mapping[str, str] | None = None, *, to_terminal: bool = False) -> None:
        settings = load_settings(environ={"JJM_LOGGING__FORMAT": "json", **(environ or {})}, use_file=False).settings
        configure_logging(settings, Locations.under(tmp_path), to_terminal=to_terminal)

    yield switch_on
    close_logging()
    logging.getLogger().setLevel(level)
    forget_secrets()


@pytest.fixture
def records(folder: Path) -> Records:
    """All records so far."""

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for path in sorted(folder.iterdir()) for line in path.read_text("utf-8").splitlines()]

    return read


def raise_error(text: str) -> None:
    raise ValueError(text)


def test_record_has_time_level_room_event_and_fields(configure: Configure, records: Records) -> None:
    configure()
    get_logger("gateway", server="demo").bind(tool="list").info("call done", seconds=0.5, ids=("a",), path=Path("/x"))
    [record] = records()
    moment = datetime.fromisoformat(record.pop("time"))
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)
    assert record == {
        "level": "info",
        "logger": "gateway",
        "event": "call done",
        "server": "demo",
        "tool": "list",
        "seconds": 0.5,
        "ids": ["a"],
        "path": "/x",
    }


def test_levels_below_the_chosen_one_are_not_kept(configure: Configure, records: Records) -> None:
    configure({"JJM_LOGGING__LEVEL": "warning"})
    log = get_logger("x")
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert [record["event"] for record in records()] == ["c", "d"]
    assert not log.is_enabled("info")
    assert log.is_enabled("error")


def test_nothing_is_kept_before_it_is_configured(folder: Path) -> None:
    get_logger("x").error("lost")
    warm_up()
    assert not folder.exists()
    assert log_trouble() is None


def test_fields_named_like_our_own_are_kept_beside_them(configure: Configure, records: Records) -> None:
    configure()
    get_logger("x").info("e", level="l", time="t", logger="o")
    [record] = records()
    assert (record["level"], record["level_"], record["time_"], record["logger_"]) == ("info", "l", "t", "o")


async def test_bound_context_follows_async_tasks(configure: Configure, records: Records) -> None:
    configure()
    log = get_logger("x")
    ready = anyio.Event()

    async def work(task: str) -> None:
        with bound(task=task, operation="approve"):
            await ready.wait()
            log.info("sent")

    async with anyio.create_task_group() as group:
        group.start_soon(work, "t1")
        group.start_soon(work, "t2")
        await anyio.lowlevel.checkpoint()
        ready.set()
    log.info("after")
    found = [(record["event"], record.get("task"), record.get("operation")) for record in records()]
    assert sorted(found[:2]) == [("sent", "t1", "approve"), ("sent", "t2", "approve")]
    assert found[2] == ("after", None, None)


def test_standard_logging_of_rooms_and_libraries_is_kept(configure: Configure, records: Records) -> None:
    configure()
    logging.getLogger("jjm_tui.gateway.link").info("restart %s", 2, extra={"server": "demo"})
    logging.getLogger("mcp.client").warning("odd")
    logging.getLogger("mcp.client").info("chatter")
    broken = logging.makeLogRecord({"name": "asyncio", "levelno": 40, "msg": "wrong %d", "args": ("not a number",)})
    logging.getLogger().handlers[-1].handle(broken)
    found = [(record["logger"], record["level"], record["event"], record.get("server")) for record in records()]
    assert found == [
        ("gateway.link", "info", "restart 2", "demo"),
        ("mcp.client", "warning", "odd", None),
        ("asyncio", "error", "wrong %d", None),
    ]


def test_exception_is_kept_with_its_traceback_and_without_secrets(configure: Configure, records: Records) -> None:
    configure()
    remember_secret('geheim"12\\x')
    try:
        raise_error('the key geheim"12\\x is wrong')
    except ValueError:
        get_logger("x").exception("call failed")
        logging.getLogger("jjm_tui.y").exception("again")
    for record in records():
        assert "Traceback" in record["exception"]
        assert f"the key {MASK} is wrong" in record["exception"]


class _Awkward:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_secrets_are_masked_wherever_they_stand(configure: Configure, folder: Path) -> None:
    configure()
    remember_secret("geheim/12")
    token = "AIza" + "x" * 35
    get_logger("x").info(
        "started geheim/12",
        argv=["node", "--token", "abc-1", "--key=abc-2", "--flag", f"k={token}", "geheim/12"],
        env={"JULES_API_KEY": "abc-3", "deep": [{"password": "abc-4"}], "url": "x?k=geheim%2F12"},
        authorization="abc-5",
        error=ValueError("geheim/12"),
        awkward=_Awkward(),
        key="polling.interval",
    )
    log_server_line("demo", "my key is geheim/12")
    text = "".join(path.read_text("utf-8") for path in folder.iterdir())
    for secret in ("geheim", token, "abc-1", "abc-2", "abc-3", "abc-4", "abc-5"):
        assert secret not in text
    assert '"key": "polling.interval"' in text
    assert "cannot be shown" in text
    assert '"logger": "server.stderr"' in text


def test_console_format_is_one_harmless_line(configure: Configure, folder: Path) -> None:
    configure({"JJM_LOGGING__FORMAT": "console"})
    get_logger("x").info("a\x1b[31mb\nc", title="red\x1b]0;t\x07\ntext", empty="", n=None, words="a b", ids=[1])
    [path] = folder.iterdir()
    text = path.read_text("utf-8")
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert "\x07" not in text
    assert " info     x: ab\\nc  " in text
    assert 'empty=""  n=null  words="a b"  ids=[1]' in text


def test_console_format_shows_the_exception_below(configure: Configure, folder: Path) -> None:
    configure({"JJM_LOGGING__FORMAT": "console"})
    try:
        raise_error("a\x1b[31m")
    except ValueError:
        get_logger("x").exception("bad")
    [path] = folder.iterdir()
    lines = path.read_text("utf-8").splitlines()
    assert lines[0].endswith("error    x: bad")
    assert lines[-1] == "    ValueError: a"


def test_very_long_text_is_cut_and_says_so(configure: Configure, records: Records) -> None:
    configure()
    get_logger("x").info("e", text="y" * 50_000)
    [record] = records()
    assert len(record["text"]) < 21_000
    assert record["text"].endswith("(50000 characters)")


def test_nothing_reaches_the_terminal(
    configure: Configure, records: Records, capfd: pytest.CaptureFixture[str]
) -> None:
    configure()
    get_logger("x").error("own")
    logging.getLogger("library").error("foreign")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)
        warnings.warn("deprecated", UserWarning, stacklevel=1)
    logging.captureWarnings(False)
    assert capfd.readouterr() == ("", "")
    assert [record["logger"] for record in records()] == ["x", "library", "py.warnings"]


def test_terminal_gets_records_when_asked_for(configure: Configure, capfd: pytest.CaptureFixture[str]) -> None:
    configure(to_terminal=True)
    remember_secret("geheim12")
    get_logger("x").info("hello\x1b[31m geheim12")
    out, err = capfd.readouterr()
    assert out == ""
    assert err.endswith(f"info     x: hello {MASK}\n")


def test_files_are_private(configure: Configure, folder: Path) -> None:
    configure()
    get_logger("x").info("e")
    [path] = folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_folder_of_the_settings_is_used(configure: Configure, folder: Path, tmp_path: Path) -> None:
    configure({"JJM_LOGGING__FOLDER": str(tmp_path / "elsewhere")})
    get_logger("x").info("e")
    assert not folder.exists()
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


def test_log_that_cannot_be_written_never_stops_the_program(configure: Configure, folder: Path) -> None:
    configure()
    folder.write_text("in the way", encoding="utf-8")
    get_logger("x").error("e")
    assert "cannot be written" in (log_trouble() or "")
    folder.unlink()
    get_logger("x").error("e")
    assert log_trouble() is None


def test_new_day_begins_a_new_file_and_old_ones_go(folder: Path) -> None:
    folder.mkdir()
    kept = [file_name((NOON - timedelta(days=days)).date()) for days in range(1, 30)]
    gone = [file_name((NOON - timedelta(days=days)).date()) for days in (30, 31, 400)]
    others = ["notes.log", "jjm-2020-13-99.log", "server-demo.log"]
    for name in (*kept, *gone, *others):
        (folder / name).touch()
    file = DailyFile(folder, keep_days=30)
    file.write("a", NOON)
    assert {path.name for path in folder.iterdir()} == {file_name(NOON.date()), *kept, *others}
    file.write("b", NOON + timedelta(days=1))
    file.write("c", NOON + timedelta(days=1))
    file.close()
    assert (folder / file_name(NOON.date())).read_text("utf-8") == "a\n"
    assert (folder / "jjm-2026-11-21.log").read_text("utf-8") == "b\nc\n"
    assert kept[-1] not in {path.name for path in folder.iterdir()}


def test_several_threads_write_whole_lines(folder: Path) -> None:
    file = DailyFile(folder, keep_days=30)

    def write(name: str) -> None:
        for number in range(200):
            file.write(f"{name}-{number}-" + "z" * 200, NOON)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    file.close()
    [path] = folder.iterdir()
    lines = path.read_text("utf-8").splitlines()
    assert len(set(lines)) == 800
    assert {len(line.rpartition("-")[2]) for line in lines} == {200}


def test_several_processes_write_whole_lines(folder: Path) -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from jjm_tui.logs.daily import DailyFile\n"
        "file = DailyFile(Path(sys.argv[1]), 30)\n"
        "for n in range(300): file.write(f'{sys.argv[2]}-{n}-' + 'z' * 500, datetime(2026, 11, 20, tzinfo=UTC))\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(folder), name]) for name in "abc"]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    [path] = folder.iterdir()
    lines = path.read_text("utf-8").splitlines()
    assert len(set(lines)) == 900
    assert {len(line.rpartition("-")[2]) for line in lines} == {500}


def test_structlog_is_imported_with_the_first_kept_record_only(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from jjm_tui.logs import bound, configure_logging, get_logger\n"
        "from jjm_tui.settings import Locations, load_settings\n"
        "settings = load_settings(environ={}, use_file=False).settings\n"
        "configure_logging(settings, Locations.under(Path(sys.argv[1])), to_terminal=False)\n"
        "log = get_logger('x')\n"
        "with bound(task='t'): log.debug('not kept')\n"
        "print('structlog' in sys.modules)\n"
        "log.info('kept')\n"
        "print('structlog' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
    assert done.stderr == ""
