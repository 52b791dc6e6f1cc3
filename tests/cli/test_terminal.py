"""On a terminal of its own: tables, questions, the live monitor, Ctrl+C, a terminal that goes away."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jjm_tui.simulator.world import World
from tests.cli.program import PATIENCE, Program, Terminal

STILL = 0.001


@pytest.fixture
def stocked(served: Program) -> Program:
    """A store that was read once from a world that stands still."""
    served.speed = STILL
    served.ok("list")
    return served


def waiting_task(program: Program) -> str:
    return program.ok("list", "--cached", "--status", "waiting_approval", "--fields", "id").rows[0][0]


def status_of(program: Program, task_id: str) -> str:
    status: str = program.ok("get", task_id, "--json").json["task"]["status"]
    return status


def wait_until_sending(program: Program) -> None:
    """Until it is on record that something is on its way."""
    end = time.monotonic() + PATIENCE
    while "sending" not in {each["state"] for each in program.ok("outbox", "list", "--json").json["operations"]}:
        assert time.monotonic() < end, "nothing is being sent"


def test_list_on_a_terminal_is_a_table_that_fits(stocked: Program) -> None:
    with stocked.on_terminal("list", "--cached", columns=80) as terminal:
        assert terminal.finish() == 0
        lines = terminal.text.splitlines()
        assert lines[0].split() == ["ID", "STATUS", "TITLE", "REPOSITORY", "UPDATED"]
        assert all(len(line) <= 80 for line in lines[:-1])
        assert "? approval 1h" in terminal.text
        assert b"\x1b[" in terminal.seen
        assert "This is what is stored, read from the server" in lines[-1]


def test_list_marks_what_its_server_did_not_tell_with_its_age(stocked: Program, tmp_path: Path) -> None:
    path = Path(stocked.ok("store", "info", "--json").json["store"]["path"])
    document = json.loads(path.read_text())
    weeks_ago = (datetime.now(UTC) - timedelta(days=14, hours=1)).isoformat()
    task = next(task for task in document["tasks"] if task["status"] == "waiting_approval")
    task["synced_at"] = weeks_ago
    for mark in task["provenance"].values():
        mark[1] = weeks_ago
    path.write_text(json.dumps(document))
    with stocked.on_terminal("list", "--cached") as terminal:
        assert terminal.finish() == 0
        assert re.search(
            r"^This is what is stored, read from the server .*, some of it 14d ago\.$", terminal.text, re.MULTILINE
        )
    other = tmp_path / "other.py"
    other.write_text("from jjm_tui.simulator.__main__ import main\nraise SystemExit(main())\n")
    server = f"{sys.executable} {other} --tasks 3 --seed 9 --state {tmp_path / 'other.json'} --speed {STILL}"
    told = "jjm: 12 of 15 tasks are of another server, which was not asked; the oldest status was read 14d ago."
    elsewhere = Program(stocked.home)
    with elsewhere.on_terminal("--server", server, "list", columns=160) as terminal:
        assert terminal.finish() == 0
        assert told in terminal.text
        rows = [line for line in terminal.text.splitlines() if re.match(r"\d{4}", line)]
        marked = [line for line in rows if re.search(r" ~\d+[smd]  ", line)]
        assert (len(rows), len(marked)) == (15, 12)
        assert [line for line in marked if "? waiting approval ~14d  approval" in line]
    piped = elsewhere.ok("--server", server, "list", "--quiet")
    assert piped.err.splitlines() == [told]
    assert {len(row) for row in piped.rows} == {7}


def test_list_on_a_terminal_that_knows_no_size_is_80_columns_wide(stocked: Program) -> None:
    with stocked.on_terminal("list", "--cached", columns=0, rows=0) as terminal:
        assert terminal.finish() == 0
        lines = terminal.text.splitlines()
        assert lines[0].split() == ["ID", "STATUS", "TITLE", "REPOSITORY", "UPDATED"]
        assert 60 < max(map(len, lines[:-1])) <= 80


@pytest.mark.parametrize(("zone", "moment"), [("WEST8", "0001-01-01T00:00:00Z"), ("EAST-14", "9999-12-31T23:59:59Z")])
def test_task_of_a_time_that_no_clock_here_can_show_is_listed_and_shown(
    stocked: Program, tmp_path: Path, zone: str, moment: str
) -> None:
    exported = json.loads(stocked.ok("export").out)
    for task in exported["tasks"]:
        task.update(created_at=moment, updated_at=moment)
        for message in task["chat_history"]:
            message["timestamp"] = moment
    (tmp_path / "tasks.json").write_text(json.dumps(exported))
    away = Program(tmp_path / "away", extra_environ={"TZ": zone})
    assert away.ok("import", str(tmp_path / "tasks.json"), "--json").json["added"] == 12
    for words in (["list", "--cached"], ["get", exported["tasks"][0]["id"], "--cached"]):
        with away.on_terminal(*words) as terminal:
            assert terminal.finish() == 0, terminal.text
            assert "unknown" in terminal.text


def test_list_on_a_terminal_without_colour(stocked: Program) -> None:
    with stocked.on_terminal("list", "--cached", "--no-color") as terminal:
        assert terminal.finish() == 0
        assert b"\x1b" not in terminal.seen


def test_empty_list_helps(program: Program) -> None:
    with program.on_terminal("list", "--cached") as terminal:
        assert terminal.finish() == 0
        assert "Nothing is stored yet." in terminal.text


def test_get_on_a_terminal_shows_everything_and_counts_as_seen(stocked: Program) -> None:
    done = stocked.ok("list", "--cached", "--status", "failed", "--fields", "id").rows[0][0]
    task_id = waiting_task(stocked)
    with stocked.on_terminal("get", done, "--cached") as terminal:
        assert terminal.finish() == 0
    assert stocked.ok("get", done, "--cached", "--json").json["task"]["seen_at"] is not None
    with stocked.on_terminal("get", task_id) as terminal:
        assert terminal.finish() == 0
        for words in (task_id, "Needs you", "approve its plan", "Plan ", "  1. ", "Chat ("):
            assert words in terminal.text


@pytest.mark.parametrize("words", ["list --cached --json", "export", "export -o -", "export -o - --format jsonl"])
def test_json_on_a_terminal_is_ascii(stocked: Program, words: str) -> None:
    path = Path(stocked.ok("store", "info", "--json").json["store"]["path"])
    document = json.loads(path.read_text())
    for task in document["tasks"]:
        task.update({"title": "Grüße", "x-note": "\u202e\x9b31m"})
    path.write_text(json.dumps(document))
    with stocked.on_terminal(*words.split()) as terminal:
        assert terminal.finish() == 0
        assert r"Gr\u00fc\u00dfe" in terminal.text
        assert terminal.seen.isascii()


@pytest.mark.parametrize(("answer", "code", "status"), [("n", 1, "waiting_approval"), ("y", 0, "in_progress")])
def test_approve_asks_after_showing_the_plan(stocked: Program, answer: str, code: int, status: str) -> None:
    task_id = waiting_task(stocked)
    with stocked.on_terminal("approve", task_id) as terminal:
        terminal.wait_for("Approve this plan? [y/N]")
        assert "  1. " in terminal.text
        terminal.type(f"{answer}\n")
        assert terminal.finish() == code
    assert status_of(stocked, task_id) == status


@pytest.mark.parametrize(("options", "answer"), [((), "y"), (("--json",), "y"), (("--all",), "2")])
def test_plan_that_changes_before_the_yes_is_not_approved_and_the_difference_is_shown(
    stocked: Program, options: tuple[str, ...], answer: str
) -> None:
    task_id = waiting_task(stocked)
    with stocked.on_terminal("approve", *([] if "--all" in options else [task_id]), *options) as terminal:
        terminal.wait_for("type their number:" if "--all" in options else "Approve this plan? [y/N]")
        World(state_path=stocked.world).change_plan(task_id, "Rewrite it all")
        stocked.ok("get", task_id)
        terminal.type(f"{answer}\n")
        assert terminal.finish() == 1
        _, _, told = terminal.text.partition("Changed since it was read:\n")
        assert f"The plan of task {task_id} is not the one that was read; nothing was sent." in terminal.text
        if "--json" in options:
            document = json.loads(terminal.text[terminal.text.index("\n{") : terminal.text.rindex("}") + 1])
            assert document["outcome"] == "not_sent"
            changed = document["message"].partition("nothing was sent.\nChanged since it was read:\n")[2].splitlines()
            assert [line.strip() for line in changed] == [line.strip() for line in told.splitlines()]
        assert "Rewrite it all" in told
    assert status_of(stocked, task_id) == "waiting_approval"


def test_ctrl_c_at_the_question_sends_nothing(stocked: Program) -> None:
    task_id = waiting_task(stocked)
    with stocked.on_terminal("approve", task_id) as terminal:
        terminal.wait_for("Approve this plan? [y/N]")
        terminal.interrupt()
        assert terminal.finish() == 130
        assert "Interrupted." in terminal.text
        assert "Traceback" not in terminal.text
    assert status_of(stocked, task_id) == "waiting_approval"


def test_row_of_the_list_shows_its_title_and_asks(stocked: Program) -> None:
    argv = [
        "bash",
        "-c",
        '"$0" -m jjm_tui list --cached --limit 1 --status waiting_approval && "$0" -m jjm_tui archive @1',
        stocked.plain_argv()[0],
    ]
    with Terminal(argv, stocked.environ, 100, 40) as terminal:
        terminal.wait_for("Go on with archive? [y/N]")
        terminal.type("y\n")
        assert terminal.finish() == 0
        assert "is archived" in terminal.text


@pytest.mark.parametrize(
    "words", ["archive @1", "forget @1", "diff @1 --cached --apply {tree}", "store repair", "setup --preset rest"]
)
def test_no_to_a_question_is_an_error_object_as_json(stocked: Program, tmp_path: Path, words: str) -> None:
    tree, answered = tmp_path / "tree", tmp_path / "answered.json"
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    stocked.ok("setup", "--preset", "demo", "--yes", "--no-test")
    (done,) = stocked.ok("list", "--filter", "haiku", "--fields", "id").rows[0]
    stocked.ok("diff", done)
    store = Path(stocked.ok("store", "info", "--json").json["store"]["path"])
    damage = f"printf broken > {store} &&" if words == "store repair" else ""
    jjm = '"$0" -m jjm_tui'
    line = f"{jjm} list --cached --filter haiku && {damage} {jjm} {words.format(tree=tree)} --json > {answered}"
    with Terminal(["bash", "-c", line, stocked.plain_argv()[0]], stocked.environ, 100, 40) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("n\n")
        assert terminal.finish() == 1
        assert terminal.text.count("You did not say yes, so nothing was") == 1
    assert json.loads(answered.read_text())["error"]["code"] == "declined"


@pytest.mark.parametrize(("answer", "codes"), [("n\n", {1}), ("\x04", {1}), ("\x03", {130}), (None, {1, 130})])
def test_message_to_a_row_without_a_yes_is_kept_as_a_draft(
    stocked: Program, answer: str | None, codes: set[int]
) -> None:
    task_id = waiting_task(stocked)
    words = '"$0" -m jjm_tui list --cached --limit 1 --status waiting_approval && exec "$0" -m jjm_tui message @1 "$1"'
    argv = ["bash", "-c", words, stocked.plain_argv()[0], "My long answer"]
    with Terminal(argv, stocked.environ, 100, 40) as terminal:
        terminal.wait_for("Send the message to this task? [y/N]")
        if answer is None:
            terminal.hang_up()
        else:
            terminal.type(answer)
        assert terminal.finish() in codes
        if answer is not None:
            assert "nothing was sent.\n  The text is kept as the task's draft.\n" in terminal.text
        assert "Traceback" not in terminal.text
    kept = stocked.ok("outbox", "list", "--json").json["drafts"]
    assert [(draft["task_id"], draft["text"]) for draft in kept] == [(task_id, "My long answer")]


def test_message_interrupted_before_its_task_is_found_says_that_the_text_is_not_kept(stocked: Program) -> None:
    slow = Program(stocked.home, world=stocked.world, speed=STILL, faults=("hang=list_sessions",))
    with slow.on_terminal("message", "9999", "My long answer", "--json") as terminal:
        terminal.wait_for("Finding the task (")
        terminal.interrupt()
        assert terminal.finish() == 130
        told = json.loads(terminal.text[terminal.text.index("{") : terminal.text.rindex("}") + 1])
        assert (told["task_id"], told["outcome"]) == ("9999", "not_sent")
        assert "nothing was sent.\n  The text is not kept: only a full id tells whose it is.\n" in terminal.text
    assert stocked.ok("outbox", "list", "--json").json["drafts"] == []


@pytest.mark.parametrize(("answer", "code"), [("n", 1), ("y", 0)])
def test_diff_of_a_row_shows_its_title_and_asks_before_it_is_applied(
    stocked: Program, tmp_path: Path, answer: str, code: int
) -> None:
    tree = tmp_path / "tree"
    subprocess.run(["git", "init", "-q", str(tree)], check=True)
    (done,) = (
        task
        for task in stocked.ok("list", "--status", "completed", "--json").json["tasks"]
        if "haiku" in task["description"]
    )
    (row,) = stocked.ok("diff", done["id"], "--stat").rows
    list_and_apply = f'"$0" -m jjm_tui list --cached --filter haiku && "$0" -m jjm_tui diff @1 --cached --apply {tree}'
    with Terminal(["bash", "-c", list_and_apply, stocked.plain_argv()[0]], stocked.environ, 100, 40) as terminal:
        terminal.wait_for(f"Apply its changes to {tree}? [y/N]")
        assert f"{done['id']}  {done['description'][:40]}" in terminal.text
        assert not (tree / row[0]).exists()
        terminal.type(f"{answer}\n")
        assert terminal.finish() == code
    assert (tree / row[0]).exists() == (answer == "y")


def test_ctrl_c_while_a_message_is_being_sent_tells_what_was_recorded(served: Program, tmp_path: Path) -> None:
    served.speed = STILL
    served.ok("list")
    task_id = waiting_task(served)
    slow = Program(served.home, world=served.world, speed=STILL, faults=("hang=send_message",))
    with slow.on_terminal("message", task_id, "Hello there") as terminal:
        terminal.wait_for("Sending the message (")
        wait_until_sending(served)
        terminal.interrupt()
        assert terminal.finish() == 130
        assert "Interrupted" in terminal.text
        assert "Traceback" not in terminal.text
        told = "jjm outbox settle" in terminal.text
    operations = served.ok("outbox", "list", "--all", "--json").json["operations"]
    states = [operation["state"] for operation in operations if operation["kind"] == "message"]
    assert states == (["unconfirmed"] if told else ["not_sent"])


def test_monitor_on_a_terminal_is_live_and_stops_on_ctrl_c(stocked: Program) -> None:
    with stocked.on_terminal("monitor", "--interval", "60", columns=120) as terminal:
        terminal.wait_for("Ctrl+C stops")
        terminal.interrupt()
        assert terminal.finish() == 130
        last = terminal.text.rstrip().splitlines()
        assert last[-1] == "Monitoring stopped."
        assert "8 tasks" in last[-2]
        assert "Ctrl+C" not in last[-2]
        assert terminal.seen.rstrip().rfind(b"\x1b[?25h") > terminal.seen.rfind(b"\x1b[?25l")


def test_no_command_on_a_terminal_opens_the_dashboard(stocked: Program) -> None:
    with stocked.on_terminal() as terminal:
        terminal.wait_for("NEEDS YOU")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == 130


@pytest.mark.parametrize("options", [(), ("--no-color",)])
def test_dashboard_has_colours_unless_told_otherwise(stocked: Program, options: tuple[str, ...]) -> None:
    with stocked.on_terminal(*options) as terminal:
        terminal.wait_for("NEEDS YOU")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == 130
        styles = re.findall(rb"\x1b\[([0-9;]*)m", terminal.seen)
    colours = [style for style in styles if re.search(rb"(?:^|;)(?:[349][0-7]|10[0-7]|[34]8;[25];)", style)]
    assert bool(colours) == (not options)


def test_terminal_that_goes_away_ends_the_program(stocked: Program) -> None:
    with stocked.on_terminal("monitor", "--interval", "60") as terminal:
        terminal.wait_for("Ctrl+C stops")
        terminal.hang_up()
        assert terminal.finish() == 130


def test_help_on_a_terminal_keeps_square_brackets(program: Program) -> None:
    with program.on_terminal("list", "--help") as terminal:
        assert terminal.finish() == 0
        assert "--status S[,S…]" in terminal.text
        assert b"\x1b[" in terminal.seen


def test_setup_asks_tries_and_writes(served: Program) -> None:
    with Program(served.home).on_terminal("setup") as terminal:
        terminal.wait_for("Which server?")
        terminal.type("custom\n")
        terminal.wait_for("Command line that starts it")
        terminal.type(f"{served.simulator}\n")
        terminal.wait_for("Where is your Jules API key")
        terminal.type("\n")
        terminal.wait_for("Written: ")
        assert terminal.finish() == 0
        assert "It works: 12 tasks" in terminal.text
    assert len(Program(served.home).ok("list", "--json").json["tasks"]) == 12


def test_hostile_text_in_the_store_never_reaches_the_terminal(stocked: Program) -> None:
    path = Path(stocked.ok("store", "info", "--json").json["store"]["path"])
    document = json.loads(path.read_text())
    token = "\x1b]52;c;CANARY\x07\x9b31mCANARY\u202eCANARY\x1b]0;CANARY\x07 [/foo] [x] [@click=app.quit]"
    for task in document["tasks"]:
        for name in ("title", "description", "repository", "branch", "status_detail", "failure"):
            task[name] = token
        task["chat_history"] = [{"id": None, "timestamp": None, "type": "jules", "content": token, "delivery": None}]
        task["source_files"] = [{"filename": token}]
    path.write_text(json.dumps(document))
    task_id = document["tasks"][0]["id"]
    for arguments in (
        ["list", "--cached", "--all"],
        ["list", "--cached", "--json"],
        ["get", task_id, "--cached"],
        ["export", "--format", "md"],
    ):
        with stocked.on_terminal(*arguments, columns=150) as terminal:
            assert terminal.finish() == 0
            for evil in ("\x1b]", "\x07", "\x9b", "\u202e"):
                assert evil.encode() not in terminal.seen, (arguments, evil)
    with stocked.on_terminal("get", task_id, "--cached", columns=150) as terminal:
        assert terminal.finish() == 0
        assert "[/foo] [x] [@click=app.quit]" in terminal.text


@pytest.mark.parametrize("hiding", ["\x9d", "\x1b]", "\x1b[8m", "\x1b_"])
def test_diff_on_a_terminal_hides_nothing_behind_control_characters(stocked: Program, hiding: str) -> None:
    (task_id,) = (
        task["id"]
        for task in stocked.ok("list", "--status", "completed", "--json").json["tasks"]
        if "haiku" in task["description"]
    )
    patch = stocked.ok("diff", task_id).out
    added = next(line for line in patch.splitlines() if re.match(r"\+ *\w", line))
    (kept,) = [path for path in stocked.home.rglob("activities/**/*") if path.is_file() and task_id in path.name]
    spoiled = json.dumps(f"{added}{hiding}; evil(")[1:-1]
    kept.write_text(kept.read_text().replace(json.dumps(added)[1:-1], spoiled))
    assert f"{added}{hiding}; evil(" in stocked.ok("diff", task_id, "--cached").out
    with stocked.on_terminal("diff", task_id, "--cached", columns=300) as terminal:
        assert terminal.finish() == 0
        assert hiding.encode() not in terminal.seen
        assert "; evil(" in terminal.text
        assert f"{added}; evil(" not in terminal.text


def test_error_with_standard_error_closed_is_told_on_the_terminal(program: Program) -> None:
    argv = ["sh", "-c", 'exec "$@" 2>&- </dev/null', "sh", *program.plain_argv("--demo")]
    with Terminal(argv, program.environ, 80, 24) as terminal:
        assert terminal.finish() == 2
        assert "standard input is not one" in terminal.text
