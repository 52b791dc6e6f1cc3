"""A store that can be read and not be written: what is stored can still be shown, and the error says how."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.program import Program


@pytest.fixture
def kept(served: Program) -> Program:
    """A store that was read once, and in which nothing can be saved any more: its lock is a folder."""
    served.speed = 0.001
    served.ok("list")
    store = Path(served.ok("store", "info", "--json").json["store"]["path"])
    lock = store.with_name("tasks.json.lock")
    lock.unlink()
    lock.mkdir()
    return served


def task_of(program: Program) -> str:
    return program.ok("list", "--cached", "--fields", "id").rows[0][0]


def test_list_and_get_say_how_what_is_stored_is_shown(kept: Program) -> None:
    task_id = task_of(kept)
    for command in (("list",), ("get", task_id)):
        refused = kept.run(*command)
        assert (refused.code, "could not be locked" in refused.err) == (1, True), refused
        told = " ".join(refused.err.split())
        assert told.endswith(f"What is stored: jjm {' '.join(command)} --cached"), told
        kept.ok(*command, "--cached")


def test_hint_is_left_out_where_nothing_stored_can_be_shown(kept: Program) -> None:
    store = Path(kept.ok("store", "info", "--json").json["store"]["path"])
    for each in store.parent.glob("tasks.json*"):
        if each.is_file():
            each.unlink()
    refused = kept.run("list")
    assert (refused.code, "could not be locked" in refused.err, "--cached" in refused.err) == (1, True, False), refused


def test_task_is_shown_where_it_cannot_be_noted_that_it_was_seen(kept: Program) -> None:
    task_id = task_of(kept)
    with kept.on_terminal("get", task_id, "--cached") as terminal:
        assert terminal.finish() == 0
        assert task_id in terminal.text
        assert "That you saw this task is not noted" in terminal.text
