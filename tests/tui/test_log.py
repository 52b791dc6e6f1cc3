"""The log screen: the program's own records, followed and filtered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jjm_tui.logs.pipeline import Pipeline
from jjm_tui.tui.pages.log_tail import LogRecord, LogTail, parse_records
from jjm_tui.tui.screens.log import LogScreen
from tests.services.workbench import START
from tests.tui.stage import Stage, stage

EVIL = "evil\x1b]52;c;AAAA\x07 [/foo] [@click=app.quit]x\u202e"


def _writer(folder: Path, form: str = "console", at: datetime = START) -> Pipeline:
    return Pipeline(folder, form, 30, now=lambda: at)


def _logs(tmp_path: Path) -> Path:
    return tmp_path / "home" / "logs"


def _write(tmp_path: Path, form: str = "console", at: datetime = START) -> None:
    log = _writer(_logs(tmp_path), form, at)
    log.write("gateway", "debug", "call_done", {"call": "list_sessions", "seconds": 0.4})
    log.write("gateway", "warning", "call_retry", {"call": "list_sessions", "reason": "timed out"})
    log.write("operations", "info", "operation_done", {"task": "1234"})
    log.close()


async def _open(on: Stage) -> None:
    await on.press("L")
    assert isinstance(on.app.screen, LogScreen)


@pytest.mark.parametrize("form", ["console", "json"])
async def test_log_in_either_form_shows_time_level_and_what_happened(tmp_path: Path, form: str) -> None:
    _write(tmp_path, form)
    async with stage(tmp_path, settings={"logging.level": "debug"}) as on:
        await _open(on)
        await on.shows("09:00:00  warning  gateway: call_retry  call=list_sessions")
        assert "09:00:00  debug    gateway: call_done" in on.text
        assert "records  " in on.text


async def test_log_line_tells_kind_and_task_of_an_operation_on_a_small_terminal(tmp_path: Path) -> None:
    log = _writer(_logs(tmp_path))
    fields = {"operation": "130aefd32e85", "kind": "message", "task": "17116172421976764703"}
    log.write("operations", "info", "operation_requested", fields)
    log.close()
    async with stage(tmp_path, size=(80, 24)) as on:
        await _open(on)
        await on.shows("info     operation_requested  kind=message task=17116172 ")
        await on.press("enter")
        assert "  1 record  " in on.text
        for words in ("operations", "operation=130aefd32e85", "task=17116172421976764703"):
            await on.shows(words)


async def test_log_follows_what_is_written(tmp_path: Path) -> None:
    _write(tmp_path)
    async with stage(tmp_path) as on:
        await _open(on)
        await on.shows("operation_done")
        log = _writer(_logs(tmp_path))
        log.write("live", "error", "something_new", {})
        await on.shows("error    live: something_new")
        log.close()


async def test_log_after_midnight_goes_on_with_the_next_file(tmp_path: Path) -> None:
    _write(tmp_path)
    async with stage(tmp_path) as on:
        await _open(on)
        await on.shows("operation_done")
        on.advance(24 * 3600)
        log = _writer(_logs(tmp_path), at=on.now)
        log.write("live", "info", "a_new_day", {})
        log.close()
        await on.shows("a_new_day")
        assert "operation_done" in on.text
        assert "jjm-2026-11-21.log" in on.text


async def test_log_without_any_record_says_where_it_would_be(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await _open(on)
        await on.shows("Nothing was logged today. Records from info on go to")
        assert "logging.level" in on.text


async def test_level_is_raised_and_lowered_and_what_is_not_kept_is_told(tmp_path: Path) -> None:
    _write(tmp_path)
    async with stage(tmp_path) as on:
        await _open(on)
        await on.shows("info and above")
        await on.press("-")
        assert "warning and above" in on.text
        assert "operation_done" not in on.text
        assert "1 of " in on.text
        await on.press("+", "+")
        await on.shows("kept from info on (logging.level)")
        assert "call_done" in on.text
        await on.press("+")
        await on.shows("All records are shown.")


async def test_text_filter_hides_other_records_until_it_is_left(tmp_path: Path) -> None:
    _write(tmp_path)
    async with stage(tmp_path) as on:
        await _open(on)
        await on.shows("operation_done")
        await on.press("slash", *"TIMED q")
        assert "with “timed q”" in on.text
        assert "No record passes. esc takes the text away" in on.text
        await on.press("backspace", "backspace", "enter")
        assert "call_retry" in on.text
        assert "operation_done" not in on.text
        await on.press("escape")
        assert "operation_done" in on.text
        assert isinstance(on.app.screen, LogScreen)
        await on.press("escape")
        assert not isinstance(on.app.screen, LogScreen)


async def test_whole_record_is_shown_with_its_exception(tmp_path: Path) -> None:
    log = _writer(_logs(tmp_path))
    try:
        int("the reason")
    except ValueError:
        log.write("live", "error", "it_broke", {"exc_info": True, "long": "x" * 200})
    log.close()
    async with stage(tmp_path, size=(80, 24)) as on:
        await _open(on)
        await on.shows("it_broke")
        assert "the reason" not in on.text
        await on.press("enter")
        await on.shows("Friday 20 November 2026, 09:00:00  error  live")
        assert "Traceback (most recent call last):" in on.text
        assert "enter close record" in on.text
        await on.press("escape")
        assert "Traceback" not in on.text
        assert "enter whole record" in on.text


async def test_foreign_text_in_the_log_is_literal_and_harmless(tmp_path: Path) -> None:
    folder = _logs(tmp_path)
    folder.mkdir(parents=True)
    (folder / "jjm-2026-11-20.log").write_text(
        f"2026-11-20T09:00:00Z info     server.stderr: {EVIL}  server={EVIL}\nno record: {EVIL}\n"
    )
    async with stage(tmp_path, size=(160, 45)) as on:
        await _open(on)
        await on.shows("server.stderr: evil [/foo] [@click=app.quit]x")
        await on.press("k", "enter")
        await on.shows("server=evil [/foo] [@click=app.quit]x")
        assert "no record: evil [/foo]" in on.text
        assert "\x1b" not in on.text
        assert "\u202e" not in on.text


async def test_log_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    folder = _logs(tmp_path)
    (folder / "jjm-2026-11-20.log").mkdir(parents=True)
    async with stage(tmp_path) as on:
        await _open(on)
        await on.shows("cannot be read: Is a directory.")


# the tail by itself


def test_tail_of_a_big_file_begins_with_a_whole_line_near_its_end(tmp_path: Path) -> None:
    path = tmp_path / "jjm-2026-11-20.log"
    path.write_text("".join(f"2026-11-20T09:00:00Z info     room: event {n} {'x' * 500}\n" for n in range(4000)))
    records, is_replaced = LogTail(tmp_path).read(START)
    assert not is_replaced
    assert len(records) > 1000
    assert records[-1].event.startswith("event 3999")
    assert all(record.level == "info" for record in records)


def test_tail_of_a_file_that_was_emptied_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "jjm-2026-11-20.log"
    tail = LogTail(tmp_path)
    path.write_text("2026-11-20T09:00:00Z info     room: one\n2026-11-20T09:00:00Z info     room: two\n")
    assert len(tail.read(START)[0]) == 2
    path.write_text("2026-11-20T09:00:00Z info     room: three\n")
    records, is_replaced = tail.read(START)
    assert is_replaced
    assert [record.event for record in records] == ["three"]


def test_tail_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    path = tmp_path / "jjm-2026-11-20.log"
    tail = LogTail(tmp_path)
    path.write_bytes(b"2026-11-20T09:00:00Z info     room: caf\xc3")
    assert tail.read(START) == ((), False)
    path.write_bytes(path.read_bytes() + b"\xa9\n")
    assert [record.event for record in tail.read(START + timedelta(seconds=1))[0]] == ["café"]


def test_records_of_odd_lines_are_kept_as_they_are() -> None:
    lines = ["  nothing before", '{"level": 5}', "[1]", '{"level": "info", "logger": "a", "event": "b", "n": [1]}', "{"]
    first, record = parse_records(lines)
    assert first == LogRecord(None, "", "", "  nothing before", more=('{"level": 5}', "[1]"))
    assert record == LogRecord(None, "info", "a", "b", "n=[1]", ("{",))


def test_time_of_a_record_is_read_with_its_zone() -> None:
    (record,) = parse_records(["2026-11-20T09:00:00.5Z warning  a.b: it broke  n=1"])
    assert record.at == datetime(2026, 11, 20, 9, 0, 0, 500_000, UTC)
    assert (record.logger, record.event, record.fields) == ("a.b", "it broke", "n=1")
