"""The process below the transport: nothing of its last output is lost, and its pipes push back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio
import pytest

from jjm_tui.gateway.environment import Redactor
from jjm_tui.gateway.process import ServerProcess
from jjm_tui.gateway.stderr import LastWords, StderrLog
from tests.gateway.stand import guards_running, wait_until

PATH = {"PATH": os.environ["PATH"]}


async def start(script: str, log: Path | None = None, words: LastWords | None = None) -> ServerProcess:
    redact = Redactor({}, {})
    stderr = StderrLog(log, words or LastWords(), redact)
    return await ServerProcess.start([sys.executable, "-I", "-S", "-c", script], PATH, None, 1 << 20, stderr)


async def read_all(process: ServerProcess) -> list[bytes]:
    lines = []
    while (line := await process.next_line()) is not None:
        lines.append(line)
    return lines


async def test_output_of_a_dead_process_waits_for_a_slow_reader() -> None:
    process = await start("import sys; sys.stdout.write(('x' * 9999 + '\\n') * 108 + 'end\\n')")
    await wait_until(lambda: process.returncode is not None)
    with anyio.move_on_after(0.4):
        await wait_until(lambda: process._output_ended)
    assert not process._output_ended
    lines = await read_all(process)
    await process.close()
    assert len(lines) == 109
    assert lines[-1] == b"end"


async def test_output_faster_than_the_reader_is_held_back() -> None:
    process = await start("import sys\nfor _ in range(600): sys.stdout.write('x' * 9999 + '\\n')")
    await wait_until(lambda: process._reading_paused)
    assert process._lines_size < 2 * 1024 * 1024
    assert process.returncode is None
    assert len(await read_all(process)) == 600
    await process.close()


async def test_close_ends_the_guard_too() -> None:
    process = await start("import sys; sys.stdin.read()")
    await wait_until(lambda: len(guards_running()) == 1)  # for a moment after it began a process has no command line
    await process.close()
    assert guards_running() == []
    assert process.describe_end() == "ended with exit code 0"


@pytest.mark.parametrize("code", [0, 3])
async def test_describe_end_tells_the_exit_code(code: int) -> None:
    process = await start(f"raise SystemExit({code})")
    assert await read_all(process) == []
    await process.wait_last_words()
    assert process.describe_end() == f"ended with exit code {code}"
    await process.close()


async def test_standard_error_file_moves_aside_when_full(tmp_path: Path) -> None:
    log, words = tmp_path / "server.log", LastWords()
    process = await start("import sys\nfor n in range(900): sys.stderr.write(f'{n} ' + 'e' * 4000 + '\\n')", log, words)
    await read_all(process)
    await process.close()
    assert log.with_name("server.log.1").exists()
    assert words.lines()[-1].startswith("899 e")
    assert all(len(line) <= 600 for line in words.lines())
