"""What a new user met: questions, true empty states, files that are kept, one sentence for one thing."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from jjm_tui.cli.appearance import task_heading
from jjm_tui.cli.completion import fish_script
from jjm_tui.cli.details import next_command, plan_state
from jjm_tui.cli.interchange import read_tasks
from jjm_tui.cli.operating import tell_results
from jjm_tui.cli.plan_view import preview_lines
from jjm_tui.cli.tables import hanging
from jjm_tui.cli.task_files import Defaults, read_requests
from jjm_tui.cli.values import json_complaint
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.risks import risk_marks
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan, PlanStep, Task
from jjm_tui.errors import ValidationError
from jjm_tui.services.results import ApprovalPreview, GetResult, OperationResult, Outcome
from tests.cli.program import PATIENCE, Program
from tests.cli.samples import DONE, NOW, RUNNING, WAITING, Screen

STILL = 0.001
DEFAULTS = Defaults("acme/webapp", None, None, "required", "auto", 1, frozenset())


@pytest.fixture
def stocked(served: Program) -> Program:
    """A store that was read once from a world that stands still."""
    served.speed = STILL
    served.ok("list")
    return served


def one_task(program: Program, status: str) -> str:
    return program.ok("list", "--cached", "--status", status, "--fields", "id").rows[0][0]


# forget


def test_forget_asks_and_names_what_would_go(stocked: Program) -> None:
    task_id = one_task(stocked, "waiting_approval")
    stocked.ok("archive", task_id)
    with stocked.on_terminal("forget", task_id) as terminal:
        terminal.wait_for("Forget this task? [y/N]")
        for words in (task_id, "title", "message", "its marks (archived)"):
            assert words in terminal.text
        terminal.type("n\n")
        assert terminal.finish() == 1
    assert task_id in stocked.ok("list", "--cached", "--all").out


def test_forget_in_a_pipe_needs_yes_and_its_hint_works(stocked: Program) -> None:
    task_id = one_task(stocked, "failed")
    refused = stocked.run("forget", task_id)
    assert (refused.code, f"jjm forget {task_id} --yes" in refused.err) == (2, True)
    message = stocked.ok("forget", task_id, "--yes", "--json").json["message"]
    words = re.search(r"jjm (forget --undo \d+)", message)
    assert words is not None
    assert stocked.ok(*words[1].split()).rows == [[task_id, "remember", "done"]]


def test_forget_undo_without_a_task_brings_the_last_group_back(stocked: Program) -> None:
    first, second, third = (one_task(stocked, word) for word in ("failed", "paused", "completed"))
    stocked.ok("forget", first, "--yes")
    stocked.ok("forget", second, third, "--yes")
    wrong = stocked.run("forget", "--undo", "99999999")
    assert (wrong.code, first in wrong.err, second in wrong.err) == (1, True, True)
    assert {row[0] for row in stocked.ok("forget", "--undo").rows} == {second, third}
    assert [row[0] for row in stocked.ok("forget", "--undo").rows] == [first]
    assert "nothing to bring back" in stocked.run("forget", "--undo").err


def test_snooze_in_a_pipe_tells_until_when(stocked: Program) -> None:
    task_id = one_task(stocked, "waiting_approval")
    (row,) = stocked.ok("snooze", task_id, "--until", "tomorrow").rows
    assert row[:3] == [task_id, "snooze", "done"]
    assert row[3].endswith("T00:00:00Z")
    assert row[3] == stocked.ok("get", task_id, "--cached", "--json").json["task"]["snoozed_until"]


# approving


def test_approve_all_without_a_match_says_that_others_wait(stocked: Program) -> None:
    result = stocked.ok("approve", "--all", "--filter", "repo:nobody/*", "--yes")
    assert result.err.endswith("No waiting plan matches the filter (2 wait).\n")


def test_approve_plan_takes_the_beginning_of_the_fingerprint(stocked: Program) -> None:
    task = stocked.ok("get", one_task(stocked, "waiting_approval"), "--json").json["task"]
    short = task["plan"]["fingerprint"][:8]
    wrong = stocked.run("approve", task["id"], "--plan", short[:7], "--yes")
    assert (wrong.code, "8 or more characters" in wrong.err) == (2, True)
    other = stocked.run("approve", task["id"], "--plan", "00000000", "--yes", "--json")
    assert (other.code, other.json["outcome"]) == (1, "not_sent")
    assert stocked.ok("approve", task["id"], "--plan", short, "--yes", "--json").json["outcome"] == "done"


def test_risk_lines_say_each_thing_once() -> None:
    plan = Plan("ab", (PlanStep("Update the lock file"),), complete=True)
    preview = ApprovalPreview(WAITING, plan, "ab", False, None, risk_marks(plan))
    lines = [line for line, _ in preview_lines(preview, NOW)]
    assert "  ! Step 1 names a lock file." in lines


def test_no_to_several_is_told_once(stocked: Program) -> None:
    ids = [row[0] for row in stocked.ok("list", "--cached", "--status", "waiting_approval", "--fields", "id").rows]
    assert len(ids) == 2
    with stocked.on_terminal("approve", "--all") as terminal:
        terminal.wait_for("type their number:")
        terminal.type("\n")
        assert terminal.finish() == 1
        assert terminal.text.count("You did not say yes") == 1
        assert "not sent (2 tasks): " in terminal.text


class Context:
    """As much of a command's context as telling results needs."""

    def __init__(self, screen: Screen) -> None:
        import argparse

        self.out, self.arguments = screen.output, argparse.Namespace(json=False, jsonl=False, demo=False)

    def now(self) -> object:
        return NOW


def told(result: OperationResult) -> str:
    screen = Screen()
    tell_results(Context(screen), [result], many=False)  # type: ignore[arg-type]
    return screen.err


def test_words_of_the_server_are_said_once() -> None:
    sentence = "The server said: Request failed with status code 401."
    said = "Error sending message: Request failed with status code 401"
    result = OperationResult(OperationKind.MESSAGE, Outcome.REFUSED, sentence, "1", "op", server_said=said)
    assert told(result).count("401") == 1
    other = OperationResult(OperationKind.MESSAGE, Outcome.REFUSED, "No.", "1", "op", server_said="quota used up")
    assert "The server said: quota used up" in told(other)


def test_unconfirmed_has_one_hint_with_the_id() -> None:
    hint = "It may have happened: jjm outbox settle, jjm outbox resend ID, or jjm outbox discard ID."
    result = OperationResult(OperationKind.MESSAGE, Outcome.UNCONFIRMED, "Perhaps.", "1", "ab12", hint=hint)
    text = told(result)
    assert text.count("jjm outbox settle") == 1
    assert "jjm outbox resend ab12, or jjm outbox discard ab12." in text
    bare = OperationResult(OperationKind.MESSAGE, Outcome.UNCONFIRMED, "Perhaps.", "1", "ab12")
    assert "It is kept as ab12: jjm outbox settle" in told(bare)


def test_demo_that_sent_nothing_promises_no_text_that_is_kept(program: Program) -> None:
    result = program.run("--demo", "create", "--repo", "acme/webap", "--description", "x")
    assert result.code == 1
    assert result.err.splitlines()[-1].startswith("  A demo ends with its command and forgets this. ")
    assert "outbox" not in result.err


def test_mistyped_repository_is_answered_with_the_one_that_was_meant(stocked: Program) -> None:
    refused = stocked.run("create", "--repo", "acme/webap", "--description", "x")
    assert "Did you mean acme/webapp? Else connect the repository" in refused.err
    assert "option" not in refused.err


def test_missing_repository_is_answered_with_those_of_the_stored_tasks(stocked: Program) -> None:
    refused = stocked.run("create", "--description", "x")
    assert refused.code == 2
    assert "Your tasks have acme/" in refused.err
    assert "jjm create --repo" in refused.err


def test_message_to_a_failed_task_is_refused_with_one_reason(stocked: Program) -> None:
    refused = stocked.run("message", one_task(stocked, "failed"), "Go on")
    assert "a failed task takes no messages in Jules" in refused.err
    assert "gave no reason" not in refused.err
    assert "Your text is kept: jjm outbox show " in refused.err
    assert "jjm outbox resend" not in refused.err


def test_message_whose_text_is_a_task_is_refused(stocked: Program) -> None:
    first, second = one_task(stocked, "waiting_feedback"), one_task(stocked, "in_progress")
    for text in (second, second[:8], first):
        refused = stocked.run("message", first[:8], text)
        assert refused.code == 2
        assert f"{text} is a task, not a text" in refused.err
        assert f"Give the text in quotes: jjm message {first[:8]} 'TEXT'" in refused.err
    assert stocked.ok("outbox", "list", "--all").rows == []


def test_message_of_a_few_digits_and_one_from_standard_input_are_sent_as_they_are(stocked: Program) -> None:
    first, second = one_task(stocked, "waiting_feedback"), one_task(stocked, "in_progress")
    stocked.ok("message", first, second[:3])
    stocked.ok("message", first, "-", stdin=second.encode())
    chat = stocked.ok("get", first, "--json").json["task"]["chat_history"]
    assert [entry["content"] for entry in chat[-2:]] == [second[:3], second]


# the outbox


def test_outbox_shows_texts_that_did_not_go_out_until_they_are_sent_or_let_go(stocked: Program) -> None:
    task_id = one_task(stocked, "in_progress")
    refusing = Program(stocked.home, world=stocked.world, speed=STILL, faults=("error=403:send_message",))
    assert refusing.run("message", task_id, "First words").code != 0
    assert refusing.run("message", task_id, "Second words").code != 0
    rows = stocked.ok("outbox", "list").rows
    assert [row[1:3] for row in rows] == [["refused", "message"]] * 2
    stocked.ok("outbox", "discard", rows[0][0])
    stocked.ok("message", task_id, "Second words")
    empty = stocked.ok("outbox", "list")
    assert (empty.out, f"1 draft is kept and not sent yet: for task {task_id}." in empty.err) == ("", True)
    assert len(stocked.ok("outbox", "list", "--all").rows) == 3


# files


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"id": null}\n{"id": "3141592653589793"}\n', "task 1: it has no id"),
        ('{"description": "Fix it", "repo": "acme/webapp"}', "with jjm create --from. Nothing was imported."),
        ('[{"id": "3141592653589793"}, 7]', "task 2: it is no task"),
        ('{"id": "3141592653589793", "title": 7}', "must be text or null, not a number."),
        ('{"tasks": [\n{"id": "31415', "is not JSON: a text is not closed with a double quote (line 2, column"),
        ('{"id": "3141592653589793"}\n{"id": "31415', "line 2 is not JSON: a text is not closed"),
    ],
)
def test_import_of_something_else_says_which_row_in_words(text: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read_tasks(text, "tasks.json")
    assert sentence in caught.value.message
    assert "NoneType" not in str(caught.value.to_dict())


def test_import_of_foreign_csv_columns_is_row_one() -> None:
    with pytest.raises(ValidationError, match="row 1: there is no column 'colour'"):
        read_tasks("id,colour\n1,red\n", "tasks.csv")


def test_create_file_mistakes_are_told_in_words() -> None:
    with pytest.raises(ValidationError, match="row 1: there is no field 'descr'") as caught:
        read_requests("descr,repo\nFix it,acme/webapp\n", "tasks.csv", DEFAULTS)
    assert caught.value.context["rows"][0]["row"] == 1
    with pytest.raises(ValidationError, match=r"row 2: description must be text, not null\."):
        read_requests('{"description": "x"}\n{"description": null}', "tasks.jsonl", DEFAULTS)
    with pytest.raises(ValidationError, match=r"row 1: this is not a JSON object: it ends too early \(column 19\)"):
        read_requests('{"description":"x"', "tasks.jsonl", DEFAULTS)


def test_every_json_slip_is_told_in_words() -> None:
    for text in ("{a}", "[1 2]", '{"a" 1}', "[1] 2", '["a\nb"]', '["\\x"]', '["abc', "{", "[1,]", "nope"):
        with pytest.raises(json.JSONDecodeError) as caught:
            json.loads(text)
        words = json_complaint(caught.value)
        assert not re.search(r"Expecting|delimiter|char \d|Unterminated|Extra data|Invalid", words), (text, words)


def test_export_writes_over_nothing_unasked(stocked: Program, tmp_path: Path) -> None:
    target = tmp_path / "tasks.json"
    target.write_text("mine")
    refused = stocked.run("export", "-o", str(target))
    assert (refused.code, target.read_text(), "--force" in refused.err) == (2, "mine", True)
    with stocked.on_terminal("export", "-o", str(target)) as terminal:
        terminal.wait_for("Write over it? [y/N]")
        terminal.type("n\n")
        assert terminal.finish() == 2
    assert target.read_text() == "mine"
    stocked.ok("export", "-o", str(target), "--force")
    assert len(json.loads(target.read_text())["tasks"]) == 12
    nowhere = stocked.run("export", "-o", str(tmp_path / "no" / "tasks.json"))
    assert (nowhere.code, "There is no folder" in nowhere.err) == (2, True)
    for folders in ("", "a" * 300):
        endless = stocked.run("export", "-o", str(tmp_path / folders / ("a" * 300)))
        assert (endless.code, "File name too long. Nothing was written." in endless.err) == (2, True)
    strange = stocked.run("export", "-o", str(tmp_path / "tasks.foo"))
    assert (strange.code, ".foo says nothing" in strange.err) == (2, True)
    stocked.ok("export", "-o", str(tmp_path / "tasks.foo"), "--format", "csv")


def test_export_into_a_pipe_waits_for_its_reader_and_ctrl_c_ends_that(stocked: Program, tmp_path: Path) -> None:
    target = tmp_path / "tasks.json"
    os.mkfifo(target)

    def start() -> subprocess.Popen[bytes]:
        argv = stocked.plain_argv("export", "-o", str(target))
        process = subprocess.Popen(argv, env=stocked.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        end = time.monotonic() + PATIENCE
        while Path(f"/proc/{process.pid}/wchan").read_text().partition(".")[0] != "wait_for_partner":
            assert process.poll() is None, "it does not wait for a reader"
            assert time.monotonic() < end, "it does something else"
            time.sleep(0.02)
        return process

    waiting = start()
    waiting.send_signal(signal.SIGINT)
    _, err = waiting.communicate(timeout=PATIENCE)
    assert (waiting.returncode, b"Traceback" in err) == (130, False)
    waiting = start()
    assert len(json.loads(target.read_text())["tasks"]) == 12
    waiting.communicate(timeout=PATIENCE)
    assert waiting.returncode == 0


def test_simulator_errors_have_the_prefix_and_name_what_is_meant(program: Program, tmp_path: Path) -> None:
    state = program.run("simulator", "--state", str(tmp_path / "no" / "x.json"))
    assert (state.code, (tmp_path / "no").exists()) == (2, False)
    assert state.err.startswith("jjm: --state ")
    assert "there is no folder" in state.err
    fault = program.run("simulator", "--fault", "lost-answer:send_message")
    assert fault.code == 2
    assert fault.err.startswith("jjm: The fault 'lost-answer:send_message' cannot be read")
    assert "lost-answer=send_message" in fault.err


def test_store_repair_says_what_may_be_missing_and_where_it_is(stocked: Program) -> None:
    path = Path(stocked.ok("store", "info", "--json").json["store"]["path"])
    for old in path.parent.glob("tasks.json.backup-*"):
        old.unlink()
    lines = path.read_bytes().split(b"\n")
    lines[4] = lines[4][:40]
    path.write_bytes(b"\n".join(lines[:-2]))
    repaired = stocked.ok("store", "repair", "--yes")
    kept = dict(repaired.rows)["set_aside"]
    assert "1 line of the damaged file could not be read" in repaired.err
    assert f"The damaged file is kept as it was: {kept}" in repaired.err
    assert Path(kept).exists()


def test_store_repair_of_a_demo_says_that_nothing_is_damaged(program: Program) -> None:
    repaired = program.ok("--demo", "store", "repair")
    assert "The store is not damaged; nothing was changed." in repaired.out + repaired.err


# looking at one task


def result_of(task: Task, *operations: Operation) -> GetResult:
    return GetResult(task, "server", NOW, operations)


def test_get_names_the_command_that_the_task_needs() -> None:
    assert next_command(result_of(WAITING)) == f"jjm approve {WAITING.id}"
    assert next_command(result_of(RUNNING)) == f"jjm monitor {RUNNING.id}"
    assert next_command(result_of(DONE)) == f"jjm diff {DONE.id}"
    asking = Task(id="1", status=TaskStatus.WAITING_FEEDBACK)
    assert next_command(result_of(asking)) == "jjm message 1 'YOUR ANSWER'"
    assert next_command(result_of(Task(id="1", status=TaskStatus.PAUSED))) == "jjm resume 1"
    assert next_command(result_of(Task(id="1", status=TaskStatus.UNKNOWN))) is None
    assert next_command(result_of(Task(id="1", status=TaskStatus.PAUSED, on_server=False))) is None


def test_get_never_suggests_what_is_under_way() -> None:
    def under_way(state: OperationState) -> Operation:
        return Operation("ab", OperationKind.APPROVE, NOW, "default/rest", state=state, task_id=WAITING.id)

    assert next_command(result_of(WAITING, under_way(OperationState.SENDING))) is None
    assert next_command(result_of(WAITING, under_way(OperationState.UNCONFIRMED))) == "jjm outbox settle"


def test_plan_heading_says_how_it_stands() -> None:
    whole = Plan("ab", complete=True)
    assert plan_state(WAITING, whole) == "waiting for approval"
    assert plan_state(WAITING, Plan("ab")) == "waiting for approval · not known to be complete"
    assert plan_state(RUNNING, Plan("ab", complete=True, approved=True)) == "approved"
    assert plan_state(RUNNING, whole) == "not known whether it was approved"


def test_get_shows_the_prompt_once_and_parts_the_sections(stocked: Program) -> None:
    task_id = one_task(stocked, "waiting_approval")
    task = stocked.ok("get", task_id, "--json").json["task"]
    with stocked.on_terminal("get", task_id, columns=160) as terminal:
        assert terminal.finish() == 0
        text = terminal.text
    assert text.count(task["description"][:40]) == 1
    for heading in ("Description\n", "Plan ", "Chat ("):
        assert f"\n\n{heading}" in text
    assert text.rstrip().endswith(f"Next: jjm approve {task_id}")


def test_diff_stat_counts_one_file_as_one(stocked: Program) -> None:
    tasks = stocked.ok("list", "--status", "completed", "--json").json["tasks"]
    task_id = next(task["id"] for task in tasks if "haiku" in task["description"])
    with stocked.on_terminal("diff", task_id, "--stat") as terminal:
        assert terminal.finish() == 0
        assert re.search(r" 1 file, \+\d+ -\d+", terminal.text)


# waiting, wrapping, completing


def test_wrapping_breaks_no_word(stocked: Program) -> None:
    long = "/a/folder/with-a-very-long-name/that-goes-on/tasks.json"
    assert long in hanging("path   ", f"It is {long} here", 40)
    assert hanging("2026-11-20 23:17  14151873  ", "remembered · Repair every link", 40).split() == [
        *("2026-11-20", "23:17", "14151873", "remembered", "·", "Repair", "every", "link")
    ]
    task = stocked.ok("list", "--cached", "--json", "--limit", "1").json["tasks"][0]
    whole = task_heading(Task.from_dict(task)).split()
    with stocked.on_terminal("archive", task["id"], columns=30) as terminal:
        assert terminal.finish() == 0
        assert terminal.text.split()[-len(whole) :] == whole


def drawn(data: bytes, columns: int) -> list[str]:
    """What stands on a terminal after all that: carriage returns, erased line ends, wrapped lines."""
    rows, column = [""], 0
    text = re.sub(r"\x1b\[(?!K)[0-9;?]*[A-Za-z]", "", data.decode())
    for piece in re.findall(r"\x1b\[K|[\s\S]", text):
        if piece == "\x1b[K":
            rows[-1] = rows[-1][:column]
        elif piece == "\n":
            rows.append("")
        elif piece == "\r":
            column = 0
        else:
            if column == columns:
                rows.append("")
                column = 0
            rows[-1] = rows[-1][:column].ljust(column) + piece + rows[-1][column + 1 :]
            column += 1
    return rows


@pytest.mark.parametrize(("columns", "told_columns"), [(80, "80"), (40, "40"), (24, "80")])
def test_doctor_leaves_nothing_of_its_progress_line(served: Program, columns: int, told_columns: str) -> None:
    served.faults = ("latency=1.3",)
    served.extra_environ = {"COLUMNS": told_columns}
    with served.on_terminal("doctor", columns=columns) as terminal:
        terminal.wait_for("Checking")
        assert terminal.finish() == 0
        rows = drawn(terminal.seen, columns)
    assert not [row for row in rows if "Checking" in row or "⠋" in row]
    assert [row for row in rows if row.startswith("ok ")]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("hang=send_message", b"There is no clear answer from the server yet. Ctrl+C is safe"),
        ("hang=list_activities:skip=1", b"The server has answered; it is read again until it shows the change. Ctrl+C"),
    ],
)
def test_message_that_takes_long_says_once_how_far_it_is_in_a_pipe(tmp_path: Path, fault: str, words: bytes) -> None:
    for number in range(5):  # a busy machine may truly have no answer yet when it is told how far the message is
        plain = Program(tmp_path / f"home{number}", world=tmp_path / f"world{number}.json", speed=STILL)
        plain.ok("list")
        task_id = one_task(plain, "in_progress")
        slow = replace(plain, faults=(fault,))
        process = subprocess.Popen(
            slow.argv("message", task_id, "Hello"), env=slow.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        line = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert b"Ctrl+C" not in err
        if line.startswith(words):
            break
        assert line.startswith(b"There is no clear answer from the server yet. Ctrl+C is safe")
    assert line.startswith(words)


def test_completion_offers_statuses_and_presets(program: Program) -> None:
    script = program.ok("completion", "bash").out

    def offered(*words: str) -> set[str]:
        line = " ".join(f"'{word}'" for word in ("jjm", *words))
        ask = (
            f"{script}\nCOMP_WORDS=({line}) COMP_CWORD={len(words)}\n"
            f"_shtab_jjm jjm '{words[-1]}' '{words[-2]}'; echo ${{COMPREPLY[@]}}"
        )
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
        return set(done.stdout.split())

    assert offered("list", "--status", "wa") == {"waiting_approval", "waiting_feedback"}
    assert offered("monitor", "--until", "need") == {"needs-me"}
    assert "browser" in offered("setup", "--preset", "")
    assert "-l status -x -a 'pending in_progress" in fish_script()


@pytest.mark.parametrize("command", ["list", "get 31415926535", "diff 31415926535"])
def test_reading_without_a_key_tells_how_to_see_what_is_stored(program: Program, command: str) -> None:
    program.home.mkdir()
    (program.home / "jjm.toml").write_text('[server]\npreset = "rest"\n')
    program.ok("import", "-", stdin=b'{"id":"31415926535","title":"x","status":"completed"}')
    result = program.run(*command.split())
    assert (result.code, "JULES_API_KEY is not set" in result.err) == (2, True)
    assert f"What is stored: jjm {command} --cached\n" in result.err
    assert program.run("list", "--cached").rows[0][0] == "31415926535"
