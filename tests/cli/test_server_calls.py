"""``server call`` whose answer never comes: it may have happened, and nobody is told that it failed."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from tests.cli.program import PATIENCE, Program

CREATE = ("server", "call", "create_session", '{"prompt": "Do it", "source": "sources/github/acme/webapp"}')


def with_fault(served: Program, *faults: str) -> Program:
    return Program(served.home, world=served.world, faults=faults, extra_environ={"JJM_SERVER__CALL_TIMEOUT": "3"})


def tasks_of(served: Program) -> int:
    """How many tasks the server has."""
    return len(served.ok("list", "--json").json["tasks"])


@pytest.mark.parametrize(
    ("fault", "cause", "made"),
    [
        ("crash-after=create_session", "connection_failed", 1),
        ("lost-answer=create_session", "timeout", 1),
        ("error=500:create_session", "service_unavailable", 0),
    ],
)
def test_call_without_a_clear_answer_may_have_happened(served: Program, fault: str, cause: str, made: int) -> None:
    before = tasks_of(served)
    called = with_fault(served, fault).run(*CREATE, "--json")
    error = called.json["error"]
    assert (called.code, error["code"], error["context"]["cause"]) == (5, "ambiguous_outcome", cause)
    assert error["message"].startswith("The call of create_session may have happened: ")
    assert "before you make it again" in called.err
    assert tasks_of(served) == before + made


def test_call_that_is_refused_or_never_left_is_a_failure(served: Program) -> None:
    refused = with_fault(served, "error=404:create_session").run(*CREATE, "--json")
    assert (refused.code, "may have happened" in refused.err) == (1, False)
    unstarted = with_fault(served, "die-at-start=no").run(*CREATE, "--json")
    assert (unstarted.code, unstarted.json["error"]["code"]) == (1, "server_start_failed")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_call_that_is_interrupted_may_have_happened(served: Program, number: int) -> None:
    before = tasks_of(served)
    waiting = Program(served.home, world=served.world, faults=("lost-answer=create_session",))
    pipe = subprocess.PIPE
    process = subprocess.Popen(waiting.argv(*CREATE, "--json"), env=waiting.environ, stdout=pipe, stderr=pipe)
    while process.poll() is None and tasks_of(served) == before:
        pass
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert json.loads(out)["error"]["code"] == "ambiguous_outcome"
    assert b"The call of create_session may have happened: It was interrupted" in err


def test_call_that_is_interrupted_before_it_left_was_not_sent(served: Program) -> None:
    with with_fault(served, "silent-start").on_terminal(*CREATE) as terminal:
        terminal.wait_for("Calling create_session (")
        terminal.interrupt()
        assert terminal.finish() == 130
        assert "Interrupted; nothing was sent." in terminal.text
