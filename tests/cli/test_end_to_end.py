"""Real processes against the simulator: from creating a task to its changes in a work tree."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.cli.task_json import TASK_FIELDS
from jjm_tui.simulator.world import World
from tests.cli.program import PATIENCE, Program

REPO = "acme/webapp"
STILL = 0.001
"""Simulated seconds per second: nothing moves by itself."""


def test_whole_life_of_a_task(served: Program, tmp_path: Path) -> None:
    made = served.ok("create", "--repo", REPO, "--description", "Fix the login bug", "--title", "Login", "--json").json
    assert list(made) == ["schema", "operation", "task_id", "outcome", "message", "task"]
    assert (made["operation"], made["outcome"]) == ("create", "done")
    task_id = made["task_id"]

    served.ok("monitor", task_id, "--until", "waiting_approval", "--interval", "0.1")
    listed = served.ok("list", "--json").json
    assert list(listed) == ["schema", "source", "synced_at", "truncated", "tasks"]
    assert (listed["source"], listed["truncated"]) == ("server", False)
    assert all(tuple(task) == TASK_FIELDS for task in listed["tasks"])
    assert task_id in [task["id"] for task in listed["tasks"]]

    got = served.ok("get", task_id[:12], "--json").json
    assert list(got) == ["schema", "source", "synced_at", "task"]
    plan = got["task"]["plan"]
    assert got["task"]["needs_me"] == "approval"
    assert plan["complete"] is True

    wrong = served.run("approve", task_id, "--plan", "0" * 16, "--yes", "--json")
    assert (wrong.code, wrong.json["outcome"]) == (1, "not_sent")
    approved = served.ok("approve", task_id, "--plan", plan["fingerprint"], "--yes", "--json").json
    assert (approved["operation"], approved["outcome"]) == ("approve", "done")
    again = served.run("approve", task_id, "--yes", "--json")
    assert (again.code, again.json["error"]["code"]) == (1, "wrong_state")

    sent = served.ok("message", task_id, "Use the new API")
    assert sent.rows[0][:3] == [task_id, "done", f"Message sent to task {task_id}."]
    chat = served.ok("get", task_id, "--json").json["task"]["chat_history"]
    assert [message["content"] for message in chat if message["type"] == "user"].count("Use the new API") == 1
    assert chat[0]["content"] == "Fix the login bug"

    watched = served.ok("monitor", task_id, "--until", "completed,waiting_feedback", "--interval", "0.1")
    assert watched.err.endswith("Monitoring stopped: what it waited for is reached.\n")
    assert served.ok("events", task_id, "--type", "operation_done", "--json").json["events"]

    exported = tmp_path / "tasks.json"
    served.ok("export", "--output", str(exported))
    assert json.loads(exported.read_text())["schema"] == "jjm/1"
    other = Program(tmp_path / "other")
    assert other.ok("import", str(exported), "--json").json["added"] == 13
    assert other.ok("import", str(exported), "--json").json["unchanged"] == 13
    theirs = other.ok("get", task_id, "--cached", "--json").json["task"]
    assert theirs["plan"]["fingerprint"] == plan["fingerprint"]


def test_resume_by_message_and_what_is_not_paused(served: Program) -> None:
    served.speed = STILL
    tasks = served.ok("list", "--json").json["tasks"]
    paused = next(task["id"] for task in tasks if task["status"] == "paused")
    done = next(task["id"] for task in tasks if task["status"] == "completed")
    asked = served.run("resume", paused)
    assert (asked.code, f"Resume it: jjm resume {paused} --yes" in asked.err) == (2, True)
    both = served.run("resume", done, paused)
    assert (both.code, f"Resume it: jjm resume {paused} --yes" in both.err) == (2, True)
    in_vain = served.run("resume", done)
    assert (in_vain.code, "is not paused: it is finished" in in_vain.err, "--yes" in in_vain.err) == (1, True, False)
    failed = next(task["id"] for task in tasks if task["status"] == "failed")
    in_vain = served.run("resume", done, failed, "--json")
    assert [each["outcome"] for each in in_vain.json["operations"]] == ["not_sent"] * 2
    result = served.ok("resume", paused, "--yes")
    assert "Please continue." in result.err
    assert result.rows[0][1] == "done"
    refused = served.run("resume", done, paused, "--yes", "--json")
    assert refused.code == 1
    assert refused.json["operations"][0]["outcome"] == "not_sent"
    assert f"To give it something to do: jjm message {done} 'TEXT'" in refused.err


def test_task_that_is_named_twice_is_decided_on_once(served: Program) -> None:
    served.speed = STILL
    tasks = served.ok("list", "--json").json["tasks"]
    for command, status in (("approve", "waiting_approval"), ("resume", "paused")):
        task = next(task for task in tasks if task["status"] == status)
        names = (task["id"], task["id"][:12], task["url"], "9999")
        asked = served.run(command, *names[:3])
        assert (asked.code, f": jjm {command} {task['id']} --" in asked.err) == (2, True), asked
        decided = served.run(command, *names, "--yes", "--json")
        told = [(each["task_id"], each["outcome"]) for each in decided.json["operations"]]
        assert told == [(task["id"], "done"), ("9999", "not_sent")]
    sent = served.ok("outbox", "list", "--all", "--json").json["operations"]
    assert [each["kind"] for each in sent] == ["approve", "resume"]


def test_approve_all_skips_nothing_silently_and_needs_a_yes(served: Program) -> None:
    served.speed = STILL
    waiting = [row[0] for row in served.ok("list", "--status", "waiting_approval").rows]
    assert len(waiting) == 2
    asked = served.run("approve", "--all", "--filter", "repo:a b")
    assert (asked.code, "jjm approve --all --filter 'repo:a b' --yes" in asked.err) == (2, True)
    result = served.ok("approve", "--all", "--yes", "--json")
    assert sorted(each["task_id"] for each in result.json["operations"]) == sorted(waiting)
    assert all(each["outcome"] == "done" for each in result.json["operations"])
    assert "Look twice:" in result.err
    none = served.ok("approve", "--all", "--yes", "--json")
    assert (none.json["operations"], none.err) == ([], "No plan waits for approval.\n")


def test_approve_all_with_a_list_that_is_cut_says_so_and_not_that_no_plan_waits(served: Program) -> None:
    official = replace(served, dialect="official", tasks=130, speed=STILL)
    listed = official.ok("list", "--all", "--json").json
    assert listed["truncated"] is True
    world = World(state_path=served.world)
    beyond = next(each for each in world.session_ids() if each not in {task["id"] for task in listed["tasks"]})
    for task in listed["tasks"]:
        if task["status"] == "waiting_approval":
            world.set_state(task["id"], "IN_PROGRESS")
    world.set_state(beyond, "AWAITING_PLAN_APPROVAL")
    approved = official.ok("approve", "--all", "--yes", "--json")
    assert approved.json["operations"] == []
    assert "The server shows only a part of its tasks; a plan of another one may wait as well.\n" in approved.err
    assert "No plan that waits was found.\n" in approved.err
    assert "No plan waits" not in approved.err


def test_approve_without_a_terminal_and_without_yes_changes_nothing(served: Program) -> None:
    served.speed = STILL
    task_id = served.ok("list", "--status", "waiting_approval", "--fields", "id").rows[0][0]
    first = served.run("approve", task_id)
    assert (first.code, first.out) == (2, "")
    surely = f"jjm approve {task_id} --plan FINGERPRINT --yes"
    assert f"jjm get {task_id}. Approve exactly that one, with the fingerprint it shows: {surely}\n" in first.err
    task = served.ok("get", task_id, "--json").json["task"]
    assert task["status"] == "waiting_approval"
    command = f"jjm approve {task_id} --plan {task['plan']['fingerprint']} --yes"
    second = served.run("approve", task_id, "--json")
    assert (second.code, second.json["error"]["code"]) == (2, "usage_error")
    assert second.json["error"]["hint"].endswith(f"Approve exactly that one: {command}")
    served.ok(*command.split()[1:])


def test_diff_is_exact_in_a_pipe_and_applies_to_a_clean_tree_only(served: Program, tmp_path: Path) -> None:
    served.speed = STILL
    tasks = served.ok("list", "--status", "completed", "--json").json["tasks"]
    task_id = next(task["id"] for task in tasks if "haiku" in task["description"])
    patch = served.ok("diff", task_id).raw
    assert patch.startswith(b"diff --git ")
    assert served.ok("diff", task_id, "--cached").raw == patch
    (row,) = served.ok("diff", task_id, "--stat").rows
    name = row[0]
    assert row[1] == "created"
    assert served.ok("diff", task_id, "--file", name).raw == patch
    assert served.run("diff", task_id, "--file", "nowhere.py").code == 2

    tree = tmp_path / "tree"
    inside = tree / "deep"
    inside.mkdir(parents=True)
    assert served.run("diff", task_id, "--cached", "--apply", str(tree)).code == 2
    git(tree, "init", "-q")
    (tree / "kept.txt").write_text("one\n")
    git(tree, "add", ".")
    git(tree, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first")
    (tree / "kept.txt").write_text("two\n")
    dirty = served.run("diff", task_id, "--cached", "--apply", str(tree))
    assert (dirty.code, (tree / name).exists()) == (1, False)
    git(tree, "checkout", "-q", "kept.txt")
    served.ok("diff", task_id, "--cached", "--apply", str(inside))
    assert (tree / name).exists()
    again = served.run("diff", task_id, "--cached", "--apply", str(tree), "--json")
    assert (again.code, again.json["error"]["code"]) == (1, "operation_failed")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)


def test_create_many_checks_all_before_sending_any(served: Program, tmp_path: Path) -> None:
    served.speed = STILL
    rows = tmp_path / "tasks.csv"
    rows.write_text("description,repo\nOne,acme/webapp\nTwo,nope\n")
    before = len(served.ok("list", "--json").json["tasks"])
    wrong = served.run("create", "--from", str(rows))
    assert (wrong.code, "row 3" in wrong.err) == (2, True)
    assert len(served.ok("list", "--json").json["tasks"]) == before
    rows.write_text("description,repo,parallel\nOne,acme/webapp,2\nTwo,acme/webapp,\n")
    made = served.ok("create", "--from", str(rows), "--json").json["operations"]
    assert [each["outcome"] for each in made] == ["done"] * 3
    assert len({each["task_id"] for each in made}) == 3
    assert len(served.ok("list", "--json").json["tasks"]) == before + 3


def test_create_dry_run_sends_nothing(served: Program) -> None:
    served.speed = STILL
    plan = served.ok("create", "--repo", REPO, "-", "--dry-run", "--json", stdin="Grüße\n".encode()).json
    assert plan["dry_run"] is True
    assert plan["creates"][0]["arguments"]["prompt"] == "Grüße"
    assert plan["creates"][0]["refusal"] is None
    assert len(served.ok("list", "--json").json["tasks"]) == 12


@pytest.mark.parametrize(
    ("arguments", "stdin", "sentence"),
    [
        (["--description", "x"], b"", "Which repository?"),
        (["--repo", REPO], b"", "What is Jules to do?"),
        (["--repo", "nope", "--description", "x"], b"", "'nope' is not a repository"),
        (["--repo", REPO, "--description", " "], b"", "The description is empty."),
        (["--repo", REPO, "-"], b"\xff", "not UTF-8"),
        (["--repo", REPO, "--file", "/nowhere/x"], b"", "cannot be read"),
        (["--repo", REPO, "--file", "/dev/zero"], b"", "/dev/zero is a device, not a file."),
        (["--repo", REPO, "--description", "x", "--watch", "--json"], b"", "--watch"),
    ],
)
def test_create_wrong_input_is_told_before_a_server_is_started(
    program: Program, arguments: list[str], stdin: bytes, sentence: str
) -> None:
    result = program.run("create", *arguments, stdin=stdin)
    assert result.code == 2
    assert sentence in result.err


def test_import_reads_no_device_and_a_pipe(program: Program) -> None:
    refused = program.run("import", "/dev/zero")
    assert (refused.code, "/dev/zero is a device, not a file." in refused.err) == (2, True)
    read = program.run("import", "/dev/stdin", stdin=b"[]")
    assert (read.code, read.rows[0]) == (0, ["added", "0"])


def test_store_of_a_newer_version_says_how_it_is_read(served: Program) -> None:
    ids = [row[0] for row in served.ok("list").rows]
    path = Path(served.ok("store", "info", "--json").json["store"]["path"])
    path.write_bytes(re.sub(rb'"schema_version": ?1\b', b'"schema_version":99', path.read_bytes(), count=1))
    refused = served.run("list")
    assert (refused.code, "reading still works: jjm list --cached." in refused.err) == (1, True)
    assert {row[0] for row in served.ok("list", "--cached").rows} == set(ids)


def test_rows_of_the_last_list_are_remembered_for_this_session(served: Program) -> None:
    served.speed = STILL
    assert served.run("get", "@1", "--cached").code == 1
    ids = [row[0] for row in served.ok("list", "--limit", "3").rows]
    assert served.ok("get", "@2", "--cached", "--json").json["task"]["id"] == ids[1]
    assert served.run("get", "@4", "--cached").code == 1
    served.ok("list", "--limit", "1", "--cached")
    assert "had 1 row.\n" in served.run("get", "@4", "--cached").err
    assert served.run("get", "@x", "--cached").code == 2
    for command in (["approve", "@1"], ["forget", "@1"], ["resume", "@1"]):
        result = served.run(*command, "--yes")
        assert (result.code, "@1 and --yes do not go together" in result.err) == (2, True)
    assert served.run("archive", "@1").code == 2
    assert served.ok("get", ids[0], "--cached", "--json").json["task"]["archived"] is False


def test_local_marks_are_set_and_undone_without_a_server(served: Program) -> None:
    served.speed = STILL
    task_id = next(
        task["id"] for task in served.ok("list", "--json").json["tasks"] if task["status"] == "waiting_approval"
    )
    local = Program(served.home, extra_environ={"JJM_SERVER__COMMAND": "/nowhere/at-all"})

    def cached() -> dict[str, object]:
        found: dict[str, object] = local.ok("get", task_id, "--cached", "--json").json["task"]
        return found

    assert local.ok("archive", task_id, "--json").json["outcome"] == "done"
    assert cached()["archived"] is True
    assert task_id not in local.ok("list", "--cached").out
    assert task_id in local.ok("list", "--cached", "--all").out
    local.ok("unarchive", task_id)
    for bare in (("--for", "2"), ("--until", "2")):
        assert local.run("snooze", task_id, *bare).code == 2
    local.ok("snooze", task_id, "--for", "2h")
    assert cached()["needs_me"] is None
    local.ok("snooze", task_id, "--wake")
    assert cached()["needs_me"] == "approval"
    assert local.ok("seen", task_id, "--json").json["message"] == f"{task_id} is not finished yet."
    assert local.run("forget", task_id).code == 2
    local.ok("forget", task_id, "--yes")
    assert local.run("get", task_id, "--cached").code == 1
    local.ok("forget", "--undo", task_id)
    assert cached()["id"] == task_id
    assert local.run("snooze", task_id, "--until", "2001-01-01").code == 2
    assert local.run("archive", "9999").code == 1


def test_tasks_forgotten_last_come_back_though_the_history_misses_it(served: Program) -> None:
    served.speed = STILL
    first, *last = (row[0] for row in served.ok("list", "--limit", "3").rows)
    local = Program(served.home)
    local.ok("forget", first, "--yes")
    local.ok("forget", *last, "--yes")
    Path(local.ok("store", "info", "--json").json["store"]["path"]).with_name("events.jsonl").unlink()
    unknown = local.run("forget", "--undo", "zzzz")
    assert (unknown.code, all(each in unknown.err for each in (first, *last))) == (1, True)
    assert {row[0] for row in local.ok("forget", "--undo").rows} == set(last)
    assert {row[0] for row in local.ok("forget", "--undo").rows} == {first}
    nothing = local.run("forget", "--undo")
    assert (nothing.code, "No task is forgotten here" in nothing.err) == (1, True)


def test_import_says_what_is_forgotten_here_and_how_it_comes_back(served: Program, tmp_path: Path) -> None:
    served.speed = STILL
    first, second = (row[0] for row in served.ok("list", "--limit", "2").rows)
    exported = tmp_path / "x.json"
    served.ok("export", "--output", str(exported), first, second)
    local = Program(served.home)
    local.ok("forget", first, "--yes")
    imported = local.ok("import", str(exported))
    assert imported.rows == [["added", "0"], ["updated", "0"], ["unchanged", "1"], ["forgotten", "1"]]
    assert f"1 task is forgotten here and left out. Bring it back, then import again: jjm forget --undo {first}" in (
        imported.err
    )
    local.ok("forget", second, "--yes")
    imported = local.ok("import", str(exported), "--json")
    assert (imported.json["unchanged"], imported.json["forgotten"]) == (0, 2)
    assert "2 tasks are forgotten here" in imported.err


def test_local_changes_are_done_although_the_history_cannot_be_written(served: Program, tmp_path: Path) -> None:
    served.speed = STILL
    task_id = served.ok("list", "--limit", "1").rows[0][0]
    exported = tmp_path / "x.json"
    served.ok("export", "--output", str(exported))
    local, other = Program(served.home), Program(tmp_path / "other")
    for each in (local, other):
        history = Path(each.ok("store", "info", "--json").json["store"]["path"]).with_name("events.jsonl")
        history.unlink(missing_ok=True)
        history.mkdir(parents=True)
    archived = local.ok("archive", task_id, "--json")
    assert (archived.json["outcome"], archived.json["task"]["archived"]) == ("done", True)
    assert "It is written down, but not in the history: " in archived.err
    assert "It is written down, but not in the history: " in archived.json["message"]
    imported = other.ok("import", str(exported), "--json")
    assert imported.json["added"] == served.tasks
    assert "It is written down, but not in the history: " in imported.err


def test_seen_is_taken_back_and_the_history_says_so(served: Program) -> None:
    served.speed = STILL
    failed = served.ok("list", "--status", "failed", "--fields", "id").rows[0][0]
    running = served.ok("list", "--cached", "--status", "in_progress", "--fields", "id").rows[0][0]
    undone = served.ok("seen", "--undo", failed, "--json").json
    assert (undone["operation"], undone["outcome"], undone["message"]) == (
        "unseen",
        "done",
        f"{failed} is no longer seen.",
    )
    assert (undone["task"]["seen_at"], undone["task"]["needs_me"]) == (None, "failure")
    assert served.ok("seen", "--undo", failed, running).rows == [
        [failed, "unseen", "unchanged"],
        [running, "unseen", "unchanged"],
    ]
    assert served.ok("seen", failed, "--json").json["task"]["needs_me"] is None
    assert [row[-1] for row in served.ok("events", failed, "--type", "seen").rows] == ["no longer seen", "seen"]


def test_list_with_the_server_down_shows_the_store_its_age_and_why(served: Program) -> None:
    ids = [row[0] for row in served.ok("list").rows]
    away = Program(served.home, world=served.world, faults=("die-at-start",))
    result = away.run("list")
    assert result.code == 0
    assert {row[0] for row in result.rows} == set(ids)
    assert result.err.startswith("jjm: This is what is stored, read from the server ")
    document = away.run("list", "--json").json
    assert (document["source"], document["synced_at"] is not None) == ("store", True)
    assert away.run("message", ids[0], "hello", "--json").json["outcome"] == "not_sent"


def test_list_with_the_server_down_and_nothing_stored_is_a_failure(served: Program) -> None:
    served.faults = ("die-at-start",)
    result = served.run("list", "--json")
    assert result.code == 1
    assert result.json["error"]["code"] == "server_start_failed"


def test_demo_needs_no_settings_and_leaves_nothing(program: Program) -> None:
    result = program.ok("--demo", "list", "--json", "--demo-tasks", "5")
    assert len(result.json["tasks"]) == 5
    assert program.run("list", "--cached").out == ""


def test_without_any_settings_local_commands_work(program: Program) -> None:
    assert program.ok("list", "--cached", "--json").json["tasks"] == []
    for command in (
        ["events"],
        ["outbox", "list"],
        ["export"],
        ["store", "info"],
        ["store", "check"],
        ["keys"],
        ["config", "show"],
    ):
        program.ok(*command)
    result = program.run("list")
    assert result.code == 2
    assert "jjm setup" in result.err


def test_reader_that_goes_away_is_no_error(served: Program) -> None:
    served.ok("list")
    command = " ".join(f"'{word}'" for word in [sys.executable, "-m", "jjm_tui", "export", "--format", "jsonl"])
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -c 10; echo ${{PIPESTATUS[0]}}"],
        env=served.environ,
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    assert done.stdout.splitlines()[-1].endswith(b"0")


@pytest.mark.parametrize("command", [("events", "--follow"), ("monitor", "--interval", "600")])
def test_following_ends_when_its_reader_goes_away(served: Program, command: tuple[str, ...]) -> None:
    served.speed = STILL
    served.ok("list")
    pipe = subprocess.PIPE
    with subprocess.Popen(served.argv(*command), env=served.environ, stdout=pipe, stderr=pipe, bufsize=0) as process:
        assert process.stdout is not None
        assert process.stdout.read(1)
        process.stdout.close()
        try:
            _, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, b"Traceback" in err) == (0, False)


def test_full_disk_for_standard_output_is_told(served: Program) -> None:
    served.ok("list")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jjm_tui", "export"],
            env=served.environ,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"could not be written" in done.stderr
    assert b"Traceback" not in done.stderr


def test_what_is_wrong_is_told_before_a_yes_is_asked_for(served: Program) -> None:
    filtered = served.run("approve", "--all", "--filter", "foo:bar")
    assert (filtered.code, "foo" in filtered.err, "--yes" in filtered.err) == (2, True, False)
    forgotten = served.run("forget", "zzzz")
    assert (forgotten.code, "No stored task starts with zzzz." in forgotten.err, "--yes" in forgotten.err) == (
        1,
        True,
        False,
    )


def test_store_damage_is_told_and_repaired(served: Program) -> None:
    served.ok("list")
    path = Path(served.ok("store", "info", "--json").json["store"]["path"])
    path.write_bytes(path.read_bytes()[:200])
    broken = served.run("list", "--cached", "--json")
    assert (broken.code, broken.json["error"]["code"]) == (1, "store_damaged")
    assert served.run("store", "check").code == 1
    assert served.run("store", "repair").code == 2
    repaired = served.ok("store", "repair", "--yes", "--json").json["repair"]
    assert repaired["set_aside"] is not None
    assert Path(repaired["set_aside"]).exists()
    served.ok("store", "check")


def test_store_copy_puts_every_task_elsewhere(served: Program, tmp_path: Path) -> None:
    served.ok("list")
    target = tmp_path / "copy" / "tasks.json"
    nowhere = served.run("store", "copy", "--to", target.as_uri())
    assert (nowhere.code, f"There is no folder {target.parent}." in nowhere.err) == (2, True)
    target.parent.mkdir()
    assert served.ok("store", "copy", "--to", target.as_uri(), "--json").json["copied"] == 12
    there = served.ok("--store", str(target), "list", "--cached", "--all", "--json").json["tasks"]
    assert len(there) == 12
    again = served.run("store", "copy", "--to", str(target))
    assert (again.code, "is there already" in again.err, "--force" in again.err) == (2, True, True)
    assert served.ok("store", "copy", "--to", str(target), "--force", "--json").json["copied"] == 12
    foreign = tmp_path / "copy" / "notes.txt"
    foreign.write_text("not a store")
    refused = served.run("store", "copy", "--to", str(foreign), "--force")
    assert (refused.code, foreign.read_text()) == (2, "not a store")
    assert served.run("store", "copy", "--to", "postgresql://localhost/x").code == 2
    assert served.run("store", "copy", "--to", "http://[").code == 2


def test_store_with_a_name_that_is_no_text_is_told_as_json(served: Program, tmp_path: Path) -> None:
    served.ok("list")
    odd = os.fsdecode(bytes(tmp_path) + b"/caf\xe9.json")
    shown = odd.replace("\udce9", "\ufffd")
    copied = served.ok("store", "copy", "--to", odd, "--json").json
    assert (copied["copied"], copied["to"]) == (12, shown)
    assert served.ok("--store", odd, "store", "info", "--json").json["store"]["path"] == shown
    assert served.ok("--store", odd, "store", "check", "--json").json["store"]["tasks"] == 12


def test_server_commands_talk_to_the_server_and_refuse_cookies(served: Program) -> None:
    tools = [tool["name"] for tool in served.ok("server", "tools", "--json").json["tools"]]
    assert "list_sessions" in tools
    answer = served.ok("server", "call", "list_sessions", '{"pageSize": 1}', "--json").json
    assert len(json.loads(answer["text"])["sessions"]) == 1
    assert served.run("server", "call", "jules_get_cookies").code == 1
    for wrong in ("[]", '{"pageSize": NaN}', '{"pageSize": [-1e999]}'):
        assert served.run("server", "call", "list_sessions", wrong).code == 2
    assert served.run("server", "call", "no_such_tool", "--json").json["error"]["code"] == "tool_not_found"
    assert served.ok("server", "info", "--json").json["dialect"] == "rest"
    served.ok("server", "resources")


def test_doctor_says_ok_and_failed_with_the_way_out(served: Program, program: Program) -> None:
    fine = served.ok("doctor", "--json").json
    assert fine["ok"] is True
    rows = {row[1]: row for row in served.ok("doctor").rows}
    assert "This server does not list archived tasks." in rows["dialect"][4:]
    served.faults = ("die-at-start",)
    broken = served.run("doctor")
    assert broken.code != 0
    assert any(row[0] == "failed" for row in broken.rows)


def test_list_with_records_that_cannot_be_read_is_no_whole_list(served: Program) -> None:
    served.ok("list", "--json")
    (path,) = served.home.rglob("tasks.json")
    document = json.loads(path.read_text())
    for state in document["sync"].values():
        assert state["unreadable"] == 0
        state["unreadable"] = 1
    path.write_text(json.dumps(document))
    listed = served.ok("list", "--cached", "--json", "--quiet")
    assert listed.json["truncated"] is True
    assert "1 task in the server's list cannot be read, and is missing here." in listed.err
    assert served.ok("list", "--json", "--quiet").json["truncated"] is False


def test_monitor_jsonl_is_one_event_a_line(served: Program) -> None:
    process = subprocess.Popen(
        served.argv("monitor", "--jsonl", "--interval", "0.2"), env=served.environ, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    more, _ = process.communicate(timeout=40)
    assert process.returncode == 130
    events = [json.loads(line) for line in (first + more).splitlines()]
    assert events
    assert all(list(event) == ["at", "type", "task_id", "data"] for event in events)


def test_monitor_of_a_failed_task_exits_with_one(served: Program) -> None:
    task_id = served.ok("list", "--status", "failed", "--fields", "id").rows[0][0]
    assert served.run("monitor", task_id, "--interval", "0.1").code == 1
    assert served.run("monitor", task_id, "--until", "completed", "--interval", "0.1").code == 1
    assert served.run("monitor", task_id, "--until", "failed", "--interval", "0.1").code == 0


def test_monitor_of_every_active_task_tells_that_one_is_completed_and_ends_there(served: Program) -> None:
    served.speed = 500
    watched = served.ok("monitor", "--until", "completed", "--interval", "0.1")
    assert watched.err.endswith("Monitoring stopped: what it waited for is reached.\n")
    ended = [row for row in watched.rows if row[3].endswith("→ completed")]
    assert ended
    assert {row[2] for row in ended} == {"completed"}


@pytest.mark.parametrize("task", ["9999", "99999999999999999999"])
def test_monitor_of_a_task_that_no_server_knows_in_time_exits_with_124(program: Program, task: str) -> None:
    silent = program.run("--server", "sleep 300", "monitor", task, "--timeout", "2")
    assert (silent.code, silent.out) == (124, "")
    assert "The server did not answer before the time was over." in silent.err
    assert silent.err.endswith("Monitoring stopped: the time is over.\n")


def test_monitor_until_one_task_needs_me_exits_with_one_where_it_failed(served: Program) -> None:
    served.speed = STILL
    failed, done = (
        served.ok("list", "--status", status, "--fields", "id").rows[0][0] for status in ("failed", "completed")
    )
    served.ok("seen", "--undo", failed, done)

    def code(*words: str) -> int:
        return served.run("monitor", *words, "--interval", "0.1").code

    assert code(failed, "--until", "needs-me") == 1
    assert code(failed, "--until", "needs-me,failed") == 0
    assert code(done, "--until", "needs-me") == 0
    assert code(failed, done, "--until", "needs-me") == 0


def test_monitor_in_a_pipe_tells_how_a_task_is_now_behind_what_has_changed(served: Program) -> None:
    served.speed = STILL
    task_id = served.ok("list", "--status", "waiting_approval", "--fields", "id").rows[0][0]
    other = Program(served.home.parent / "other", world=served.world, speed=STILL)
    other.ok("approve", task_id, "--yes")
    rows = served.ok("monitor", task_id, "--until", "in_progress").rows
    words = [row[3].split(":")[0] for row in rows]
    assert words.count("status changed") == 1
    assert words.index("now") == len(words) - 1
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)


def test_create_that_watches_ends_where_every_new_task_waits_for_a_person(served: Program) -> None:
    served.extra_environ["JJM_MONITOR__INTERVAL"] = "0.1"
    words = ("--repo", REPO, "--description", "Fix it", "--approval", "required", "--parallel", "2", "--watch")
    watched = served.ok("create", *words)
    assert watched.err.endswith("Monitoring stopped: nothing more happens by itself.\n")
    waits = {row[0] for row in served.ok("list", "--cached", "--status", "waiting_approval", "--fields", "id").rows}
    made = {row[0] for row in watched.rows if row[1] == "done"}
    assert (len(made), made <= waits) == (2, True)


def test_open_prints_web_addresses_only(served: Program) -> None:
    task_id = served.ok("list", "--fields", "id").rows[0][0]
    assert served.ok("open", task_id, "--print").out.startswith("https://jules.google.com/")
    stored = served.ok("export", task_id).out.replace("https://jules.google.com/session/", "file:///etc/passwd#")
    evil = Program(served.home.parent / "evil")
    evil.ok("import", "-", stdin=stored.encode())
    result = evil.run("open", task_id, "--print")
    assert (result.code, result.out) == (1, "")


def test_signals_end_a_monitor_cleanly(served: Program) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process = subprocess.Popen(
            served.plain_argv("monitor", "--interval", "60"),
            env=served.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.readline()
        os.kill(process.pid, number)
        _, err = process.communicate(timeout=40)
        assert process.returncode == 130, number
        assert b"Monitoring stopped" in err
        assert b"Traceback" not in err


def interrupted_message(served: Program, text: str) -> dict[str, object]:
    """A message whose answer never comes, interrupted while it is on its way; answer its record."""
    task_id = served.ok("list", "--status", "in_progress", "--fields", "id").rows[0][0]
    hanging = Program(served.home, world=served.world, speed=STILL, faults=("hang=send_message",))
    process = subprocess.Popen(hanging.argv("message", task_id, text), env=served.environ, stderr=subprocess.PIPE)
    while process.poll() is None:
        operations = served.ok("outbox", "list", "--json").json["operations"]
        if operations and operations[0]["state"] == "sending":
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=40)
    assert process.returncode == 130
    assert b"may have reached the server.\n" in err
    assert b"Find out: jjm outbox settle" in err
    (operation,) = served.ok("outbox", "list", "--json").json["operations"]
    assert (operation["kind"], operation["state"], operation["payload"]["text"]) == ("message", "unconfirmed", text)
    return dict(operation)


def interrupt_while_sending(served: Program, *arguments: str) -> tuple[int, bytes, bytes]:
    """Run a command, and interrupt it when one is done and the next on its way; answer its exit code and output."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(served.argv(*arguments), env=served.environ, stdout=pipe, stderr=pipe)
    while process.poll() is None:
        states = {each["state"] for each in served.ok("outbox", "list", "--all", "--json").json["operations"]}
        if {"done", "sending"} <= states:
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=40)
    return process.returncode, out, err


def test_create_many_interrupted_tells_of_each_what_became_of_it(served: Program, tmp_path: Path) -> None:
    rows = tmp_path / "tasks.csv"
    rows.write_text("repository,description\n" + "".join(f"{REPO},Number {number}\n" for number in range(4)))
    served.speed, served.faults = STILL, ("hang=create_session:skip=1",)
    code, out, err = interrupt_while_sending(served, "create", "--from", str(rows), "--json")
    assert code == 130
    told = json.loads(out)["operations"]
    assert [each["outcome"] for each in told] == ["done", "unconfirmed", "not_sent", "not_sent"]
    assert "may have reached the server" in told[1]["message"]
    assert told[2]["message"] == "Interrupted before its turn; nothing was sent."
    assert b"jjm: Interrupted. Of 4, in their order: 1 done, 2 unconfirmed, 3-4 not sent." in err
    assert b"Traceback" not in err


def test_approve_many_interrupted_tells_what_was_approved_before(served: Program) -> None:
    served.speed, served.faults = STILL, ("hang=approve_plan:skip=1",)
    ids = [row[0] for row in served.ok("list", "--status", "waiting_approval").rows]
    code, out, err = interrupt_while_sending(served, "approve", *ids, "--yes")
    assert code == 130
    told = [line.split("\t")[:2] for line in out.decode().splitlines() if line.startswith(tuple(ids))]
    assert told == [[ids[0], "done"], [ids[1], "unconfirmed"]]
    assert b"1 done, 2 unconfirmed." in err


def test_outbox_keeps_an_interrupted_message_until_a_person_decides(served: Program) -> None:
    served.speed = STILL
    operation_id = str(interrupted_message(served, "Are you there?")["id"])
    assert "Are you there?" in served.ok("outbox", "show", operation_id[:6]).out
    assert served.run("outbox", "show", "zzzz").code == 1
    refused = served.run("outbox", "resend", operation_id)
    assert (refused.code, refused.out) == (2, "")
    sent = served.ok("outbox", "resend", operation_id, "--yes", "--json").json
    assert (sent["operation"], sent["outcome"]) == ("message", "done")
    assert served.ok("outbox", "list").out == ""
    with served.on_terminal("outbox", "list", "--all") as terminal:
        assert terminal.finish() == 0
        assert "sent again" in terminal.text
        assert "discarded" not in terminal.text
    chat = served.ok("get", sent["task_id"], "--json").json["task"]["chat_history"]
    assert [message["content"] for message in chat].count("Are you there?") == 1


def test_damaged_outbox_is_never_taken_for_an_empty_one(served: Program) -> None:
    served.speed = STILL
    task_id = str(interrupted_message(served, "Are you there?")["task_id"])
    (path,) = served.home.rglob("outbox.json")
    path.write_bytes(path.read_bytes()[:-40])
    assert "is set aside as" in served.run("outbox", "list").err
    (aside,) = path.parent.glob("outbox.json.damaged-*")
    for _ in range(2):
        listed = served.run("outbox", "list")
        assert (listed.code, listed.out) == (0, "")
        assert f"set aside as {aside}: what else was sent, or waited there, is not known." in listed.err
        assert "Nothing is open" not in listed.err
        refused = served.run("message", task_id, "Are you there?")
        assert (refused.code, refused.out) == (1, "")
        assert f"remove it: rm {aside}" in refused.err
        assert "The text is kept as the task's draft." in refused.err
    assert served.ok("outbox", "list", "--json").json["set_aside"] == [str(aside)]
    assert any(
        f"set aside as {aside}:" in problem for problem in served.ok("store", "check", "--json").json["problems"]
    )
    checks = served.run("doctor", "--json").json["checks"]
    assert [each["state"] for each in checks if each["name"] == "outbox"] == ["warning"]
    aside.unlink()
    assert served.ok("outbox", "list").err.startswith("Nothing is open")


def test_damaged_drafts_stay_told_until_somebody_removes_them(program: Program) -> None:
    folder = Path(program.ok("store", "info", "--json").json["store"]["path"]).parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "drafts.json").write_text('{"drafts": [')
    words = "texts that were typed and not sent may be missing"
    checks = program.run("doctor", "--json").json["checks"]
    assert [(each["state"], words in each["message"]) for each in checks if each["name"] == "drafts"] == [
        ("warning", True)
    ]
    (aside,) = folder.glob("drafts.json.damaged-*")
    for _ in range(2):
        listed = program.ok("outbox", "list")
        assert f"Damaged drafts were set aside as {aside}: {words}." in listed.err
        assert f"remove it: rm {aside}" in listed.err
        assert "Nothing is open" not in listed.err
        assert str(aside) in program.ok("store", "check").out
    aside.unlink()
    assert program.ok("outbox", "list").err.startswith("Nothing is open")
    assert "problem" not in program.ok("store", "check").out


def test_lines_of_the_history_that_cannot_be_read_are_told_and_kept(program: Program) -> None:
    path = Path(program.ok("store", "info", "--json").json["store"]["path"]).with_name("events.jsonl")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff\n")
    checked = program.ok("store", "check", "--json").json
    assert not checked["damaged"], "the tasks are not, and nothing is to be repaired"
    assert [f"1 line of the history {path} cannot be read (line 1)" in each for each in checked["problems"]] == [True]
    listed = program.ok("events", "--json")
    assert listed.json["events"] == []
    assert "1 line of the history cannot be read and may be missing here. See `jjm store check`." in listed.err
    assert path.read_bytes() == b"\xff\n"


def test_outbox_discard_lets_an_interrupted_message_go(served: Program) -> None:
    served.speed = STILL
    operation_id = str(interrupted_message(served, "Never mind")["id"])
    served.ok("outbox", "discard", operation_id)
    assert served.ok("outbox", "list").out == ""
    assert "Never mind" in served.ok("outbox", "list", "--all", "--json").out


def test_fields_choose_and_order_what_list_and_get_answer(served: Program) -> None:
    served.speed = STILL
    listed = served.ok("list", "--json", "--fields", "status,id").json
    assert list(listed) == ["schema", "source", "synced_at", "truncated", "tasks"]
    assert {tuple(task) for task in listed["tasks"]} == {("status", "id")}
    rows = served.ok("list", "--cached", "--fields", "status,id").rows
    assert rows == [[task["status"], task["id"]] for task in listed["tasks"]]
    task_id = listed["tasks"][0]["id"]
    got = served.ok("get", task_id, "--json", "--fields", "id,plan,title").json
    assert list(got) == ["schema", "source", "synced_at", "task"]
    assert list(got["task"]) == ["id", "plan", "title"]
    rows = served.ok("get", task_id, "--cached", "--fields", "title,id,chat_history").rows
    assert [row[0] for row in rows] == ["title", "id", "chat_history"]
    assert (rows[0][1], rows[1][1]) == (got["task"]["title"], task_id)
    assert isinstance(json.loads(rows[2][1]), list)


def test_get_in_a_pipe_says_whether_it_left_out_messages(served: Program) -> None:
    served.speed = STILL
    task_id = served.ok("list", "--fields", "id").rows[0][0]
    task = served.ok("get", task_id, "--json").json["task"]
    total = len(task["chat_history"])
    for count, cut in (("0", "true"), (str(total - 1), "true"), (str(total), "false")):
        rows = served.ok("get", task_id, "--cached", "--chat", count).rows
        assert [row[0] for row in rows].count("chat") == int(count)
        assert ["chat_truncated", cut] in rows
    assert (total > 1, task["chat_truncated"]) == (True, False)


@pytest.mark.parametrize("command", [("list", "--cached"), ("get", "31415926", "--cached")])
@pytest.mark.parametrize("fields", ["id,nonsense", ",", ""])
def test_fields_that_are_not_there_are_wrong_usage(program: Program, command: tuple[str, ...], fields: str) -> None:
    result = program.run(*command, "--json", "--fields", fields)
    assert (result.code, result.json["error"]["code"]) == (2, "usage_error")
    assert "--fields" in result.err


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_help_and_version_into_a_full_disk_are_a_failure_in_one_sentence(program: Program, option: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            program.argv(option),
            stdout=full,
            stderr=subprocess.PIPE,
            env=program.environ,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr.decode()
    assert done.stderr.decode().startswith("jjm: ")


@pytest.mark.parametrize("words", ["--version", "--help", "keys", "list --cached --json", "store check"])
def test_closed_standard_output_is_a_failure_in_one_sentence(program: Program, words: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f"exec {shlex.join(program.argv(*words.split()))} >&-"],
        stderr=subprocess.PIPE,
        env=program.environ,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == b"jjm: Standard output could not be written: it is closed.\n"
