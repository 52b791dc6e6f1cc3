"""Standard output that cannot be written: what was done stays done, and what was only to be read was not told."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from tests.cli.program import PATIENCE, Program, Result

FULL = ">/dev/full"
CLOSED = ">&-"


def run(program: Program, words: str, where: str) -> Result:
    """Run a command line with its streams going where a shell is told to let them go."""
    done = subprocess.run(
        ["sh", "-c", f"exec {shlex.join(program.argv(*shlex.split(words)))} {where}"],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=program.environ,
        timeout=PATIENCE * 2,
        check=False,
    )
    return Result(done.returncode, "", done.stderr.decode())


def waiting(served: Program, status: str) -> str:
    return served.ok("list", "--status", status).rows[0][0]


@pytest.mark.parametrize("where", [FULL, CLOSED, f"{FULL} 2>/dev/full", f"{CLOSED} 2>&-"])
def test_message_that_is_sent_is_no_failure_where_nothing_can_be_written(served: Program, where: str) -> None:
    task_id = waiting(served, "waiting_feedback")
    result = run(served, f"message {task_id} 'Take the first way.'", where)
    assert result.code == 0
    assert [row[1] for row in served.ok("outbox", "list", "--all").rows] == ["done"]
    if "2>" not in where:
        assert "done: Message sent" in result.err
        assert result.err.count("Standard output could not be written") == 1


@pytest.mark.parametrize("more", ["", " --json", " --watch"])
def test_create_that_is_done_is_no_failure_where_nothing_can_be_written(served: Program, more: str) -> None:
    result = run(served, f"create --repo acme/webapp --description 'Fix the login bug'{more}", FULL)
    assert result.code == 0
    assert "done: " in result.err
    assert "Standard output could not be written" in result.err
    assert [row[1] for row in served.ok("outbox", "list", "--all").rows] == ["done"]


def test_message_that_is_refused_stays_a_failure_where_nothing_can_be_written(served: Program) -> None:
    result = run(served, f"message {waiting(served, 'failed')} 'Go on.'", f"{FULL} 2>/dev/full")
    assert result.code == 1


def test_plans_that_cannot_be_shown_are_not_approved(served: Program) -> None:
    ids = [row[0] for row in served.ok("list", "--status", "waiting_approval").rows]
    assert len(ids) > 1
    result = run(served, f"approve {' '.join(ids)} --yes", FULL)
    assert result.code == 1
    assert "not sent" in result.err
    assert served.ok("outbox", "list", "--all").rows == []


@pytest.mark.parametrize("words", ["archive {}", "archive {} --json", "snooze {}", "forget {} --yes"])
def test_mark_that_is_set_is_no_failure_where_nothing_can_be_written(served: Program, words: str) -> None:
    task_id = waiting(served, "waiting_feedback")
    result = run(served, words.format(task_id), FULL)
    assert (result.code, result.err.count("Standard output could not be written")) == (0, 1)
    assert served.ok("events", "--type", "archived,snoozed,forgotten").rows


@pytest.mark.parametrize("where", [FULL, f"{FULL} 2>/dev/full", f"{CLOSED} 2>&-"])
@pytest.mark.parametrize("words", ["list", "list --cached --json", "export", "get {}", "outbox list --json"])
def test_what_was_only_to_be_read_is_a_failure_where_nothing_can_be_written(
    served: Program, words: str, where: str
) -> None:
    result = run(served, words.format(waiting(served, "waiting_feedback")), where)
    assert result.code == 1
    if "2>" not in where:
        assert result.err.startswith("jjm: Standard output could not be written")
