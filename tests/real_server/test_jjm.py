"""The whole program through a real third-party server, unchanged, against the stand-in for Google's API."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.forking.quick_python import quick_python
from tests.real_server.harness import RealServer

pytestmark = pytest.mark.needs_node


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Person:
    """Somebody who has set up the real server and types commands."""

    home: Path
    server: RealServer

    def run(self, *arguments: str, text: str = "") -> Answer:
        self.home.mkdir(exist_ok=True)
        environ = {
            **{name: value for name, value in self.server.env.items() if name != "HOME"},
            "JJM_HOME": str(self.home),
            "HOME": str(self.home),
            "JJM_SERVER__PASS_ENV": '["NODE_OPTIONS", "JJM_STANDIN_PORT"]',
            "JJM_OUTBOX__CONFIRM_FOR": "1",
            "TZ": "UTC",
            **{name: os.environ[name] for name in ("LANG", "COVERAGE_PROCESS_START") if name in os.environ},
        }
        python = str(quick_python(environ).command)
        argv = [python, "-m", "jjm_tui", "--server", shlex.join(self.server.command), *arguments]
        done = subprocess.run(argv, input=text, capture_output=True, text=True, env=environ, timeout=100, check=False)
        return Answer(done.returncode, done.stdout, done.stderr)

    def read(self, *arguments: str) -> Any:
        answer = self.run(*arguments, "--json")
        assert answer.code == 0, answer
        return answer.json

    def find(self, status: str) -> str:
        return str(self.read("list", "--status", status)["tasks"][0]["id"])

    def effects(self, kind: str) -> list[tuple[str, str]]:
        return [(entry["session"], entry["text"]) for entry in self.server.world.journal() if entry["kind"] == kind]


@pytest.fixture
def person(real_server, tmp_path) -> Person:
    return Person(tmp_path / "home", real_server)


def test_list_shows_every_task_with_status_and_reason(person):
    document = person.read("list")
    assert document["source"] == "server"
    assert len(document["tasks"]) == 12
    statuses = {task["status"] for task in document["tasks"]}
    assert {"waiting_approval", "waiting_feedback", "paused", "failed", "completed"} <= statuses
    waiting = [task for task in document["tasks"] if task["status"] == "waiting_approval"]
    assert {task["needs_me"] for task in waiting} == {"approval"}


def test_get_of_a_waiting_plan_has_chat_plan_and_repository(person):
    task = person.read("get", person.find("waiting_approval"))["task"]
    assert task["repository"].count("/") == 1
    assert len(task["plan"]["steps"]) >= 2
    assert task["plan"]["complete"] is True
    assert task["plan"]["approved"] in (False, None)
    assert task["chat_history"][0]["content"] == task["description"]
    assert {message["type"] for message in task["chat_history"]} <= {"user", "jules", "system"}


def test_get_of_a_completed_task_has_files_and_pull_request_and_diff_is_exact(person):
    completed = [
        person.read("get", task["id"])["task"] for task in person.read("list", "--status", "completed")["tasks"]
    ]
    done = next(task for task in completed if task["pull_request_url"])
    assert done["pull_request_url"].startswith("https://github.com/")
    assert done["source_files"]
    diff = person.run("diff", done["id"])
    assert diff.code == 0
    assert diff.out.startswith("diff --git ")
    assert sum(line.startswith("diff --git ") for line in diff.out.splitlines()) == len(done["source_files"])


def test_create_message_and_approve_happen_once_and_are_told(person):
    created = person.read("create", "--repo", "acme/webapp", "--description", "Add a badge")
    assert created["outcome"] == "done"
    assert person.effects("create") == [(created["task_id"], "Add a badge")]
    person.server.world.step(40)
    plan = person.read("get", created["task_id"])["task"]["plan"]
    approved = person.read("approve", created["task_id"], "--plan", plan["fingerprint"], "--yes")
    assert approved["outcome"] == "done"
    again = person.run("approve", created["task_id"], "--yes", "--json")
    assert again.code == 1
    assert "approve" in again.err.lower()
    assert len(person.effects("approve")) == 1

    asking = person.find("waiting_feedback")
    sent = person.read("message", asking, "Take way 1.")
    assert sent["outcome"] == "done"
    assert person.effects("message") == [(asking, "Take way 1.")]
    person.server.world.step(5)
    chat = person.read("get", asking)["task"]["chat_history"]
    assert [m["content"] for m in chat if m["type"] == "user"].count("Take way 1.") == 1
    assert any(m["type"] == "jules" and "Understood" in m["content"] for m in chat)


def test_resume_of_a_paused_task_sends_the_configured_message(person):
    paused = person.find("paused")
    assert person.read("resume", paused, "--yes")["outcome"] == "done"
    assert person.effects("message") == [(paused, "Please continue.")]
    again = person.run("resume", paused, "--yes")
    assert again.code == 1
    assert "not paused" in again.err


def test_approval_that_the_api_refuses_is_refused(person):
    waiting = person.find("waiting_approval")
    plan = person.read("get", waiting)["task"]["plan"]
    person.server.world.fail("POST /v1alpha/sessions/", 400)
    answer = person.run("approve", waiting, "--plan", plan["fingerprint"], "--yes", "--json")
    assert answer.code == 1
    assert answer.json["outcome"] == "refused"
    assert person.effects("approve") == []


def test_message_whose_answer_is_lost_behind_a_502_is_told_truly(person):
    asking = person.find("waiting_feedback")
    person.server.world.fail("POST /v1alpha/sessions/", 502, after=True)
    answer = person.run("message", asking, "Take way 2.", "--json")
    assert answer.json["outcome"] == "done"
    assert person.effects("message") == [(asking, "Take way 2.")]


def test_unknown_task_is_not_found(person):
    answer = person.run("get", "99999999999999999999", "--json")
    assert answer.code == 1
    assert answer.json["error"]["code"] == "task_not_found"


def test_branch_that_the_server_cannot_take_is_refused_before_sending(person):
    answer = person.run("create", "--repo", "acme/webapp", "--branch", "develop", "--description", "x", "--json")
    assert answer.code == 1
    assert answer.json["outcome"] == "not_sent"
    assert person.effects("create") == []


def test_refused_key_is_told_with_what_to_do(person):
    stranger = Person(person.home, person.server.with_key("wrong"))
    for command in (["list"], ["get", "99999999999999999999"], ["message", "99999999999999999999", "Hello."]):
        answer = stranger.run(*command)
        assert answer.code == 4, answer
        assert "key" in answer.err
    doctor = stranger.run("doctor")
    assert doctor.code == 4
    assert "key" in doctor.out


def test_missing_key_quotes_the_servers_last_words(person):
    stranger = Person(person.home, person.server.with_key(None))
    answer = stranger.run("get", "99999999999999999999")
    assert answer.code == 4
    assert "JULES_API_KEY" in answer.err


def test_list_with_the_server_away_answers_from_the_store_with_its_age(person):
    person.read("list")
    broken = {**person.server.env, "NODE_OPTIONS": "--require=/nowhere/missing.js"}
    away = Person(person.home, replace(person.server, env=broken))
    answer = away.run("list", "--json")
    assert answer.code == 0
    assert answer.json["source"] == "store"
    assert len(answer.json["tasks"]) == 12
    assert "read from the server" in answer.err
    assert "missing.js" in answer.err
