"""What ``outbox`` says of texts that wait on this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jjm_tui.domain.operation_words import sent_again_message
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.times import format_time
from jjm_tui.settings.locations import StorePaths
from jjm_tui.store.outbox_file import FileOutbox
from tests.cli.program import Program
from tests.services.workbench import HandClock


def keep_drafts(program: Program, *records: dict[str, Any], version: int = 1) -> Path:
    folder = Path(program.ok("store", "info", "--json").json["store"]["path"]).parent
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "drafts.json"
    path.write_text(json.dumps({"schema_version": version, "drafts": records}))
    return path


def test_outbox_list_with_drafts_tells_how_many_wait_and_where(program: Program) -> None:
    message = {"key": "message:12345", "text": "Try \x1b[31mthe other way"}
    keep_drafts(program, message, {"key": "create", "text": "{}"}, {"key": "message-many", "text": "All of you"})
    listed = program.ok("outbox", "list").err
    for all_of_it in (listed, program.ok("outbox", "list", "--all").err):
        assert "no text of yours waits" not in all_of_it
    assert "3 drafts are kept and not sent yet: for task 12345; for a new task; for several tasks." in listed
    assert "send what is kept: jjm\n" in listed
    (draft, *_) = program.ok("outbox", "list", "--json").json["drafts"]
    assert (draft["key"], draft["task_id"]) == ("message:12345", "12345")
    assert "\x1b" not in draft["text"]


@pytest.mark.parametrize(
    ("state", "told"), [("sending", 0), ("unconfirmed", 0), ("done", 0), ("not_sent", 2), ("discarded", 2)]
)
async def test_stored_draft_is_told_as_not_sent_only_until_it_goes_out(program: Program, state: str, told: int) -> None:
    now = datetime.now(UTC)
    before = format_time(now - timedelta(minutes=1))
    form = {"repository": "owner/name", "description": "Tidy up", "saved_at": before}
    typed = {"key": "message:12345", "text": "Are you there?\n", "typed_at": {"Are you there?": before}}
    kept = keep_drafts(program, typed, {"key": "create", "text": json.dumps(form)})
    paths = StorePaths.beside(kept.with_name("tasks.json"))
    outbox = FileOutbox(paths.outbox, paths.locks, HandClock(now))
    said = {"text": "Are you there?"}
    message = Operation(
        "0a1b", OperationKind.MESSAGE, now, "default/demo", OperationState(state), "12345", said, owner=outbox.owner()
    )
    await outbox.add(message)
    asked = {"repository": "owner/name", "description": "Tidy up"}
    await outbox.add(replace(message, id="2c3d", kind=OperationKind.CREATE, task_id=None, payload=asked))
    listed = program.ok("outbox", "list", "--json").json
    assert len(listed["drafts"]) == told
    assert ("not sent yet" in program.ok("outbox", "list").err) is (told > 0)
    outbox.close()


@pytest.mark.parametrize("wrong", [{"key": "message:5", "text": ["x"]}, {"key": 5, "text": "x"}])
def test_draft_that_cannot_be_read_is_told_wherever_somebody_looks(program: Program, wrong: dict[str, Any]) -> None:
    path = keep_drafts(program, {"key": "message:12345", "text": "Good"}, wrong)
    before = path.read_bytes()
    words = f"1 of the drafts in {path} cannot be read."
    listed = program.ok("outbox", "list").err
    assert words in listed
    assert "1 draft is kept and not sent yet: for task 12345." in listed
    assert words in program.ok("store", "check").out
    checks = program.run("doctor", "--json").json["checks"]
    assert [words in each["message"] for each in checks if each["name"] == "drafts"] == [True]
    assert path.read_bytes() == before


def test_drafts_of_a_newer_version_are_told_and_left_alone(program: Program) -> None:
    path = keep_drafts(program, {"key": "message:12345", "text": "Good"}, version=99)
    listed = program.ok("outbox", "list").err
    assert f"{path} was written by a newer version" in listed
    assert "newer version" in program.ok("store", "check").out


@pytest.mark.parametrize(("length", "words"), [(None, "The text is kept as the task's draft."), (6, "is not kept")])
def test_message_with_a_damaged_store_says_what_became_of_the_text(
    served: Program, length: int | None, words: str
) -> None:
    task_id = served.ok("list", "--fields", "id").rows[0][0]
    path = Path(served.ok("store", "info", "--json").json["store"]["path"])
    path.write_bytes(path.read_bytes()[:-400])
    refused = served.run("message", task_id[:length], "Are you there?")
    assert (refused.code, refused.out) == (1, "")
    assert words in refused.err
    kept = served.ok("outbox", "list", "--json").json["drafts"]
    assert [draft["text"] for draft in kept] == (["Are you there?"] if length is None else [])


def test_message_whose_task_is_not_found_says_that_the_text_is_not_kept(program: Program) -> None:
    for options in ((), ("--json",)):
        refused = program.run("message", "9999", "-", *options, stdin=b"Are you there?")
        assert (refused.code, "The text is not kept: only a full id tells whose it is." in refused.err) == (1, True)


def test_message_to_a_row_that_nobody_can_be_asked_about_is_kept_as_a_draft(served: Program) -> None:
    written = served.ok("list", "--json").json
    short = {**written["tasks"][0], "id": "54321"}
    local = replace(served, world=None, home=served.home.with_name("other"))
    local.ok("import", "-", stdin=json.dumps({**written, "tasks": [short]}).encode())
    local.ok("list", "--cached")
    refused = local.run("message", "@1", "-", stdin=b"Are you there?")
    assert (refused.code, "The text is kept as the task's draft." in refused.err) == (2, True)
    kept = local.ok("outbox", "list", "--json").json["drafts"]
    assert [(draft["task_id"], draft["text"]) for draft in kept] == [("54321", "Are you there?")]


def test_resend_of_what_is_not_there_says_so_before_it_asks_for_yes(program: Program) -> None:
    refused = program.run("outbox", "resend", "xyz")
    assert refused.code == 1
    assert "There is no operation xyz in the outbox." in refused.err
    assert "--yes" not in refused.err


@pytest.mark.parametrize("state", ["not_sent", "unconfirmed"])
async def test_resend_of_a_text_that_arrived_since_is_refused_before_it_asks(program: Program, state: str) -> None:
    paths = StorePaths.beside(Path(program.ok("store", "info", "--json").json["store"]["path"]))
    now, said = datetime.now(UTC), {"text": "Are you there?"}
    outbox = FileOutbox(paths.outbox, paths.locks, HandClock(now))
    failed = Operation("0a1b", OperationKind.MESSAGE, now, "default/demo", OperationState(state), "12345", said)
    await outbox.add(
        replace(failed, id="2c3d", state=OperationState.DONE, created_at=now + timedelta(seconds=1), finished_at=now)
    )
    await outbox.add(failed)
    outbox.close()
    for options in ((), ("--yes",)):
        refused = program.run("outbox", "resend", "0a1b", *options)
        assert refused.code == 1
        assert "The text of operation 0a1b arrived since, as 2c3d; nothing was sent." in refused.err
        assert "jjm outbox show 2c3d" in refused.err
        assert "--yes" not in refused.err


NEVER = "Nothing left this machine."
DOUBT = "It may have reached the server already."


async def leave_message(program: Program, state: OperationState, *, was_written: bool) -> None:
    """One message in the outbox, as operation 0a1b."""
    paths = StorePaths.beside(Path(program.ok("store", "info", "--json").json["store"]["path"]))
    now, said = datetime.now(UTC), {"text": "Are you there?"}
    outbox = FileOutbox(paths.outbox, paths.locks, HandClock(now))
    message = Operation("0a1b", OperationKind.MESSAGE, now, "default/demo", state, "12345", said)
    await outbox.add(replace(message, sent_at=now) if was_written else message)
    outbox.close()


@pytest.mark.parametrize(
    ("state", "was_written", "known"),
    [
        (OperationState.NOT_SENT, False, NEVER),
        (OperationState.NOT_SENT, True, "the server was read again and shows no sign of it."),
        (OperationState.REFUSED, True, "The server said no, and nothing was seen of it there."),
        (OperationState.UNCONFIRMED, True, DOUBT),
        (OperationState.DISCARDED, True, "You let it go without knowing whether it arrived."),
        (OperationState.DISCARDED, False, NEVER),
    ],
)
async def test_resend_asks_with_what_is_known_of_the_first_attempt(
    program: Program, state: OperationState, was_written: bool, known: str
) -> None:
    await leave_message(program, state, was_written=was_written)
    with program.on_terminal("outbox", "resend", "0a1b", columns=160) as terminal:
        terminal.wait_for(f"{known} Send it again? [y/N]")
        assert (DOUBT in terminal.text) is (known == DOUBT)
        terminal.type("n\n")
        assert terminal.finish() == 1
    refused = program.run("outbox", "resend", "0a1b")
    assert refused.code == 2
    is_in_doubt = known.startswith((DOUBT, "You let it go"))
    way_out = "If you are sure that it did not happen:" if is_in_doubt else f"{known} Send it again:"
    assert f"{way_out} jjm outbox resend 0a1b --yes" in refused.err


@pytest.mark.parametrize("options", [(), ("--yes",)])
async def test_resend_of_what_is_done_is_refused_before_it_asks(program: Program, options: tuple[str, ...]) -> None:
    await leave_message(program, OperationState.DONE, was_written=True)
    refused = program.run("outbox", "resend", "0a1b", *options)
    assert refused.code == 1
    assert "The operation 0a1b is done; there is nothing to send again." in refused.err
    assert "--yes" not in refused.err


async def test_message_that_is_being_sent_again_is_told_so_by_list_settle_and_discard(program: Program) -> None:
    paths = StorePaths.beside(Path(program.ok("store", "info", "--json").json["store"]["path"]))
    outbox = FileOutbox(paths.outbox, paths.locks, HandClock(datetime.now(UTC)))
    now, said = datetime.now(UTC), {"text": "Are you there?"}
    doubtful = Operation(
        "0a1b", OperationKind.MESSAGE, now, "default/demo", OperationState.UNCONFIRMED, "12345", said, sent_at=now
    )
    again = replace(doubtful, id="2c3d", state=OperationState.SENDING, owner=outbox.owner(), instead_of=doubtful)
    over = replace(doubtful, state=OperationState.DISCARDED, message=sent_again_message(doubtful, again.id))
    await outbox.add(doubtful)
    await outbox.supersede(doubtful, over, again)

    assert {row[0]: row[1] for row in program.ok("outbox", "list", "--all").rows} == {
        "0a1b": "sent_again",
        "2c3d": "sending",
    }
    listed = program.ok("outbox", "list", "--all", "--json").json["operations"]
    assert {each["id"]: each["state"] for each in listed} == {"0a1b": "discarded", "2c3d": "sending"}
    assert ["state", "sent_again"] in program.ok("outbox", "show", "0a1b").rows
    settled = program.ok("outbox", "settle")
    assert settled.out == ""
    assert "1 operation is being sent right now and cannot be settled yet." in settled.err
    assert "nothing to settle" not in settled.err
    refused = program.run("outbox", "discard", "0a1b")
    assert (refused.code, "0a1b was sent again, as 2c3d; nothing to discard." in refused.err) == (1, True)
    outbox.close()


async def test_outbox_list_on_a_terminal_names_tasks_by_their_titles_and_on_a_pipe_by_their_ids(
    served: Program,
) -> None:
    task_id, title = served.ok("list", "--fields", "id,title").rows[0]
    paths = StorePaths.beside(Path(served.ok("store", "info", "--json").json["store"]["path"]))
    outbox = FileOutbox(paths.outbox, paths.locks, HandClock(datetime.now(UTC)))
    now = datetime.now(UTC)
    kept = Operation(
        "0a1b", OperationKind.MESSAGE, now, "default/demo", OperationState.NOT_SENT, task_id, {"text": "Are you there?"}
    )
    await outbox.add(kept)
    await outbox.add(replace(kept, id="2c3d", task_id="12345"))
    await outbox.add(replace(kept, id="4e5f", payload={"text": "Well?\n" + "word " * 80}))
    outbox.close()
    with served.on_terminal("outbox", "list", columns=160) as terminal:
        assert terminal.finish() == 0
        assert f"{title}: Are you there?" in terminal.text
        assert "12345 Are you there?" in terminal.text
    assert [row[4:] for row in served.ok("outbox", "list").rows] == [
        [task_id, f"{task_id} Are you there?"],
        ["12345", "12345 Are you there?"],
        [task_id, f"{task_id} Well?\\n" + "word " * 80],
    ]


async def test_settle_says_which_operation_each_line_is_about(program: Program) -> None:
    paths = StorePaths.beside(Path(program.ok("store", "info", "--json").json["store"]["path"]))
    outbox, now = FileOutbox(paths.outbox, paths.locks, HandClock(datetime.now(UTC))), datetime.now(UTC)
    for number in (1, 2):
        asked = {"repository": "acme/webapp", "description": f"Tidy up {number}"}
        await outbox.add(
            Operation(f"0a1b{number}", OperationKind.CREATE, now, "default/demo", OperationState.PREPARED, None, asked)
        )
    outbox.close()
    settled = program.run("outbox", "settle")
    assert settled.code == 1
    told = [f"create 0a1b{number}: The program ended before anything was sent." for number in (1, 2)]
    assert [row[:3] for row in settled.rows] == [["", "not_sent", sentence] for sentence in told]
    assert all(f"not sent: {sentence}" in settled.err for sentence in told)


async def test_discard_asks_nothing_and_tells_where_the_text_still_is(program: Program) -> None:
    paths = StorePaths.beside(Path(program.ok("store", "info", "--json").json["store"]["path"]))
    outbox, now = FileOutbox(paths.outbox, paths.locks, HandClock(datetime.now(UTC))), datetime.now(UTC)
    said = {"text": "Are you there?"}
    await outbox.add(
        Operation("0a1b", OperationKind.MESSAGE, now, "default/demo", OperationState.NOT_SENT, "12345", said)
    )
    outbox.close()
    with program.on_terminal("outbox", "discard", "0a1b") as terminal:
        assert terminal.finish() == 0
        assert "is discarded; see it for seven days: jjm outbox show 0a1b" in terminal.text
    assert ["text", "Are you there?"] in program.ok("outbox", "show", "0a1b").rows
