"""Reading tasks: stale, cut short, vanished, forgotten or interrupted, it is always said which."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest

from jjm_tui.domain.operations import OperationState
from jjm_tui.domain.query import parse_query
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.sync import SyncState
from jjm_tui.domain.task import ChatMessage
from jjm_tui.errors import (
    AmbiguousTaskError,
    ConfigurationError,
    Effect,
    StorageError,
    TaskNotFoundError,
    ValidationError,
    WrongStateError,
)
from jjm_tui.ports import CreateRequest, DiffReading, Priority, ToolAnswer
from jjm_tui.services.doctor import check_server
from jjm_tui.services.manager import JobManager
from jjm_tui.services.reading import TaskReader
from jjm_tui.services.results import MonitorRequest, Outcome
from jjm_tui.services.selection import ListRequest
from jjm_tui.store.json_file import JsonTaskStore
from tests.services.workbench import START, WRITES, CuttingCaller, bench, lost
from tests.store.stands import put_sync


async def _listed(work):
    manager, caller, context = work.process()
    await manager.list_tasks(ListRequest())
    return manager, caller, context


async def test_without_a_server_the_store_can_be_read_and_asking_is_told(tmp_path):
    work = bench(tmp_path)
    _, _, context = await _listed(work)
    alone = JobManager(replace(context, server=None))
    assert len((await alone.list_tasks(ListRequest(), cached=True)).tasks) == 12
    with pytest.raises(ConfigurationError, match="No Jules MCP server"):
        await alone.list_tasks(ListRequest())
    with pytest.raises(TaskNotFoundError):
        await alone.resolve("zzzzzzzzzzzzzzzzzzzz")
    await alone.close()


async def test_stored_diff_tells_when_it_was_read_and_that_it_is_only_a_part(tmp_path, monkeypatch):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    task_id = work.session_in("COMPLETED")

    async def get_diff(*_):
        return DiffReading("--- a/x\n", truncated=True)

    monkeypatch.setattr(context.server, "get_diff", get_diff)
    await manager.get_diff(task_id)
    work.clock.advance(7200)
    assert (await manager.get_task(task_id, cached=True)).patch_cut
    part = await manager.get_diff(task_id, cached=True)
    assert (part.truncated, part.remarks) == (True, ("This is the diff as it was read 2h ago.",))
    monkeypatch.undo()
    await manager.get_task(task_id)
    whole = await manager.get_diff(task_id, cached=True)
    assert (whole.truncated, whole.remarks) == (False, ("This is the diff as it was read just now.",))
    await manager.close()


async def test_list_is_chosen_by_status_repository_and_filter(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    only = ListRequest(statuses=frozenset({TaskStatus.FAILED}))
    assert {task.status for task in (await manager.list_tasks(only, cached=True)).tasks} == {TaskStatus.FAILED}
    here = ListRequest(repository="acme/*", query=parse_query("state:waiting_approval"))
    found = (await manager.list_tasks(here, cached=True)).tasks
    assert found
    assert all((task.repository or "").startswith("acme/") for task in found)


async def test_prefix_that_only_the_server_knows_is_found_there(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = work.process()
    task_id = work.world.session_ids()[0]
    assert await manager.resolve(task_id[:9]) == task_id
    with pytest.raises(ValidationError, match="no list here"):
        await manager.resolve("@1")
    caller.is_down = True
    with pytest.raises(TaskNotFoundError, match="could not be asked"):
        await manager.resolve("zzzzzz")


async def test_task_is_not_called_unknown_where_no_server_is_to_be_asked(tmp_path):
    _, _, context = bench(tmp_path).process()
    without = JobManager(replace(context, server=None))
    for reference in ("15359618", "153596181234567890"):
        with pytest.raises(TaskNotFoundError, match="could not be asked: No Jules MCP server is configured") as caught:
            await without.resolve(reference)
        assert "setup" in str(caught.value.hint)
    with pytest.raises(TaskNotFoundError, match=r"No stored task starts with 15359618\."):
        await without.resolve("15359618", ask_server=False)


async def test_task_that_the_server_lost_is_shown_as_it_was_known(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    work.clock.advance(600)
    work.world.delete_session(task_id)
    result = await manager.get_task(task_id)
    assert result.task.on_server is False
    assert result.source == "store"
    assert any("no longer has this task" in remark for remark in result.remarks)
    with pytest.raises(TaskNotFoundError):
        await manager.get_task("99999999999999999999")


async def test_new_task_that_is_not_found_for_a_moment_has_not_vanished(tmp_path):
    work = bench(tmp_path)
    manager, caller, context = work.process()
    created = await manager.create_task(CreateRequest("Add a badge.", "acme/webapp"))
    real = caller.answer
    caller.answer = lambda tool, arguments: (
        ToolAnswer("Error getting session: Request failed with status code 404", is_error=True)
        if tool == "get_session"
        else real(tool, arguments)
    )
    await manager.get_task(created.task_id or "")
    task = await context.store.get_task(created.task_id or "")
    assert task is not None
    assert task.on_server is True


async def test_diff_is_kept_and_a_missing_one_is_told(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    done = next(
        task_id for task_id in work.world.session_ids() if work.world.get_session(task_id).get("outputs") is not None
    )
    with pytest.raises(TaskNotFoundError):
        await manager.get_diff(done, cached=True)
    fresh = await manager.get_diff(done)
    assert fresh.text.startswith("diff --git ")
    assert (await manager.get_diff(done, cached=True)).text == fresh.text


async def test_whole_conversation_is_read_from_the_transcript(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    for number in range(40):
        work.world.say(task_id, f"Line {number}")
    await manager.get_task(task_id)
    stored = (await manager.list_tasks(ListRequest(), cached=True)).tasks
    assert len(next(task for task in stored if task.id == task_id).chat_history) == 20
    whole = (await manager.get_task(task_id, cached=True)).task
    assert [message.content for message in whole.chat_history][-40:] == [f"Line {number}" for number in range(40)]
    assert whole.chat_truncated is False


async def test_unsent_message_stands_at_its_time_in_the_conversation(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = await _listed(work)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    await manager.get_task(task_id)
    caller.is_down = True
    await manager.send_message(task_id, "Too early.")
    caller.is_down = False
    work.clock.advance(60)
    work.world.step(120)
    work.world.say(task_id, "Said later.")
    chat = (await manager.get_task(task_id)).task.chat_history
    contents = [message.content for message in chat]
    assert contents.index("Too early.") < contents.index("Said later.")


async def test_message_into_a_conversation_that_is_cut_short_stays_unconfirmed_without_an_answer(tmp_path):
    work = bench(tmp_path)
    manager, caller, context = await _listed(work)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    await manager.get_task(task_id)
    server = context.server
    assert server is not None
    reading = server.get_task

    async def shortened(*arguments, **options):
        whole = await reading(*arguments, **options)
        facts = tuple(
            replace(fact, chat=replace(fact.chat, coverage="oldest", messages=fact.chat.messages[:1]))
            if isinstance(getattr(fact.chat, "messages", None), tuple)
            else fact
            for fact in whole.facts
        )
        return replace(whole, facts=facts)

    server.get_task = shortened  # type: ignore[method-assign]
    state = {"struck": False}

    def cut(tool: str, place: str) -> BaseException | None:
        if not state["struck"] and tool in WRITES and place == "written":
            state["struck"] = True
            return lost()
        return None

    caller.cut = cut
    assert (await manager.send_message(task_id, "Take the first way.")).outcome is Outcome.UNCONFIRMED
    work.clock.advance(600)
    (settled,) = await manager.settle_operations()
    assert settled.outcome is Outcome.UNCONFIRMED
    assert "only a part" in settled.message


async def test_poll_of_the_browser_family_stops_while_it_looks_signed_out(tmp_path):
    work = bench(tmp_path, dialect="browser")
    manager, caller, context = await _listed(work)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    await manager.get_task(task_id)
    real = caller.answer

    def signed_out(tool, arguments):
        if tool != "jules_get_task":
            return real(tool, arguments)
        return ToolAnswer(
            f"Task Details ({arguments['taskId']}):\n\nStatus: unknown\nURL: https://jules.google.com/task/x\n"
            "Source Files (0):\n\n\nRecent Chat Messages (0):\n"
        )

    caller.answer = signed_out
    watching = manager.monitor(MonitorRequest(interval=60))
    await manager.get_task(task_id)
    assert (await context.store.get_sync_state(context.origin)).polling_stopped
    caller.calls.clear()
    await anext(watching)
    assert "jules_get_task" not in caller.calls
    await watching.aclose()


async def test_polling_that_another_process_stopped_while_the_list_was_read_stays_stopped(tmp_path):
    work = bench(tmp_path, dialect="browser")
    _, _, context = work.process()
    _, _, other = work.process()

    class Meanwhile(JsonTaskStore):
        async def apply(self, changes, sync=None):
            await other.store.apply({}, put_sync(SyncState(other.origin, polling_stopped="signed out")))
            return await super().apply(changes, sync)

    store = Meanwhile(context.store.path, work.clock, gather_seconds=0)
    await TaskReader(replace(context, store=store)).refresh_list()
    sync = await other.store.get_sync_state(other.origin)
    assert sync.polling_stopped == "signed out"
    assert sync.synced_at == work.clock.now()


async def test_doctor_of_each_family_tells_its_limits(tmp_path):
    for dialect in ("rest", "official", "browser"):
        work = bench(tmp_path / dialect, dialect=dialect)
        _, _, context = work.process()
        assert context.server is not None
        checks = {check.name: check async for check in check_server(context.server)}
        assert checks["server"].state == "ok"
        assert checks["dialect"].message.startswith(dialect)
        assert checks["account"].state == ("warning" if dialect == "browser" else "ok")


def _spoiling(caller, names=(None, "42 17")):
    """Lists have records more whose ids cannot be read."""
    answer_truly = caller.answer

    def answer(tool, arguments):
        said = answer_truly(tool, arguments)
        if tool != "list_sessions":
            return said
        page = json.loads(said.text)
        spoilt = [{**page["sessions"][0], "id": name, "name": name} for name in names]
        return ToolAnswer(json.dumps({**page, "sessions": [*spoilt, *page["sessions"]]}))

    caller.answer = answer
    return lambda: setattr(caller, "answer", answer_truly)


async def test_records_that_cannot_be_read_are_told_by_list_store_and_doctor_until_they_can(tmp_path):
    work = bench(tmp_path)
    manager, caller, context = work.process()
    mend = _spoiling(caller)
    listed = await manager.list_tasks(ListRequest())
    assert (len(listed.tasks), listed.unreadable, listed.truncated) == (12, 2, False)
    other, _, _ = work.process()
    assert (await other.list_tasks(ListRequest(), cached=True)).unreadable == 2
    assert (await other.sync_state()).unreadable == 2
    assert context.server is not None
    checks = {check.name: check async for check in check_server(context.server)}
    assert checks["account"].state == "warning"
    assert "2 tasks in the server's list cannot be read, and are missing here." in checks["account"].message
    mend()
    assert (await manager.list_tasks(ListRequest())).unreadable == 0
    assert (await other.sync_state()).unreadable == 0


async def test_doctor_tells_a_list_that_fails(tmp_path):
    work = bench(tmp_path)
    _, caller, context = work.process()
    caller.cut = lambda tool, place: lost(Effect.NONE) if tool == "list_sessions" else None
    assert context.server is not None
    checks = {check.name: check async for check in check_server(context.server)}
    assert checks["account"].state == "failed"


async def test_forgotten_task_is_neither_sent_to_nor_resumed(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("PAUSED")
    await manager.forget([task_id])
    with pytest.raises(WrongStateError, match="forgotten"):
        await manager.preview_resume(task_id)
    assert (await manager.resume_task(task_id)).outcome is Outcome.NOT_SENT
    with pytest.raises(TaskNotFoundError):
        await manager.remember(["zzzz"])
    assert work.effects("message") == []


async def test_ambiguous_forgotten_task_is_told(tmp_path):
    work = bench(tmp_path)
    manager, _, context = await _listed(work)
    task = (await context.store.list_tasks())[0]
    twin = replace(task, id=task.id[:-1] + ("0" if task.id[-1] != "0" else "1"))
    await manager.import_tasks([twin])
    await manager.forget([task.id, twin.id])
    with pytest.raises(AmbiguousTaskError):
        await manager.remember([task.id[:-1]])
    assert len((await manager.remember([task.id])).tasks) == 1


async def test_approval_of_what_does_not_wait_sends_nothing(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    for state, does in (("COMPLETED", "is finished"), ("AWAITING_USER_FEEDBACK", "waits for your answer")):
        task_id = work.session_in(state)
        with pytest.raises(WrongStateError, match=rf"^Nothing to approve: the task {task_id} {does}\.$"):
            await manager.preview_approval(task_id)
        with pytest.raises(WrongStateError, match=rf"is not paused: it {does}\.$"):
            await manager.preview_resume(task_id)
    result = await manager.approve_plan(work.session_in("FAILED"), "0123456789abcdef")
    assert result.outcome is Outcome.NOT_SENT
    assert work.effects("approve") == []


async def test_resend_of_an_approval_reads_the_plan_again(tmp_path):
    work = bench(tmp_path)
    manager, caller, _ = await _listed(work)
    task_id = work.session_in("AWAITING_PLAN_APPROVAL")
    fingerprint = (await manager.preview_approval(task_id)).fingerprint
    caller.cut = lambda tool, place: lost(Effect.NONE) if tool in WRITES else None
    first = await manager.approve_plan(task_id, fingerprint)
    caller.cut = lambda tool, place: None
    work.world.change_plan(task_id, "Another way")
    again = await manager.resend_operation(first.operation_id or "")
    assert again.outcome is Outcome.NOT_SENT
    assert work.effects("approve") == []
    states = [op.state for op in await manager.list_operations(open_only=False)]
    assert states == [OperationState.DISCARDED, OperationState.NOT_SENT]


async def test_snooze_ends_with_none_and_events_are_kept(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.world.session_ids()[0]
    await manager.snooze([task_id], work.clock.now() + timedelta(hours=1))
    (task,) = (await manager.snooze([task_id], None)).tasks
    assert task.snoozed_until is None
    kinds = [event.type.value for event in await manager.query_events(task_id=task_id)]
    assert kinds.count("snoozed") == 2


async def test_repositories_are_listed(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = work.process()
    assert "acme/webapp" in {repository.name for repository in await manager.list_repositories()}


def test_local_entries_keep_their_place_without_times():
    from jjm_tui.domain.task import Task
    from jjm_tui.services.conversations import with_operations

    task = Task("a", chat_history=(ChatMessage("one"), ChatMessage("two")))
    assert with_operations(task, ()) == task


async def test_reading_without_a_conversation_or_diff_loses_nothing_of_what_was_kept(tmp_path):
    work = bench(tmp_path)
    manager, caller, context = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    for number in range(40):
        work.world.say(task_id, f"Line {number}")
    await manager.get_task(task_id)
    before = await context.transcripts.get(task_id)
    assert before is not None
    assert before.whole
    real = caller.answer
    caller.answer = lambda tool, arguments: (
        ToolAnswer("Error listing activities: Request failed with status code 404", is_error=True)
        if tool == "list_activities"
        else real(tool, arguments)
    )
    await manager.get_task(task_id)
    after = await context.transcripts.get(task_id)
    assert after is not None
    assert (after.messages, after.patch, after.activities) == (before.messages, before.patch, before.activities)
    shown = (await manager.get_task(task_id, cached=True)).task
    assert [message.content for message in shown.chat_history][-40:] == [f"Line {number}" for number in range(40)]


def _hold_first(caller: CuttingCaller, tool: str) -> tuple[anyio.Event, anyio.Event]:
    """The first answer of a tool is on its way until the second event is set; the first one tells that it is."""
    real, held, go_on = caller.call, anyio.Event(), anyio.Event()

    async def call(name, arguments, policy):
        answer = await real(name, arguments, policy)
        if name == tool and not held.is_set():
            held.set()
            await go_on.wait()
        return answer

    caller.call = call
    return held, go_on


async def test_reading_that_was_overtaken_cuts_no_kept_conversation_and_proves_nothing(tmp_path):
    work = bench(tmp_path)
    _, caller, context = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    for number in range(40):
        work.world.say(task_id, f"Line {number}")
    held, go_on = _hold_first(caller, "list_activities")
    late = []

    async def read_late():
        late.append(await TaskReader(context).refresh_task(task_id, priority=Priority.POLL))

    async with anyio.create_task_group() as group:
        group.start_soon(read_late)
        await held.wait()
        work.clock.advance(1.0)
        work.world.say(task_id, "Line 40")
        assert (await TaskReader(context).refresh_task(task_id)).saw_whole_chat
        before = await context.transcripts.get(task_id)
        go_on.set()

    assert (late[0].saw_whole_chat, late[0].is_overtaken) == (False, True)
    assert before is not None
    assert [message.content for message in before.messages][-41:] == [f"Line {number}" for number in range(41)]
    assert await context.transcripts.get(task_id) == before


async def test_message_whose_reading_was_overtaken_is_counted_in_the_whole_conversation(tmp_path):
    work = bench(tmp_path)
    manager, caller, context = await _listed(work)
    task_id = work.session_in("AWAITING_USER_FEEDBACK")
    work.world.send_message(task_id, "continue")
    for number in range(40):
        work.world.say(task_id, f"Line {number}")
    held, go_on = _hold_first(caller, "list_activities")

    async with anyio.create_task_group() as group:
        group.start_soon(manager.send_message, task_id, "continue")
        await held.wait()
        work.clock.advance(1.0)
        await TaskReader(context).refresh_task(task_id)
        go_on.set()

    (sent,) = await manager.list_operations(open_only=False)
    assert (sent.baseline["equal_messages"], sent.baseline["saw_whole_chat"]) == (1, True)


async def test_damaged_transcript_does_not_keep_a_task_from_being_read(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    await manager.get_task(task_id)
    (tmp_path / "activities" / f"{task_id}.json").write_text("{")
    work.world.say(task_id, "Something new.")
    result = await manager.get_task(task_id)
    assert result.source == "server"
    assert any(message.content == "Something new." for message in result.task.chat_history)


async def test_what_happened_while_the_history_could_not_be_written_is_in_it_later(tmp_path):
    work = bench(tmp_path)
    manager, _, _ = await _listed(work)
    task_id = work.session_in("IN_PROGRESS")
    history = tmp_path / "events.jsonl"
    history.rename(tmp_path / "away")
    history.mkdir()
    work.world.set_state(task_id, "AWAITING_USER_FEEDBACK")
    with pytest.raises(StorageError, match="could not be written") as caught:
        await manager.list_tasks(ListRequest())
    assert (caught.value.hint or "").startswith("The history is as it was.")
    work.clock.advance(15)
    listed = await manager.list_tasks(ListRequest())
    assert listed.source == "server"
    history.rmdir()
    (tmp_path / "away").rename(history)
    for _ in range(2):
        work.clock.advance(15)
        await manager.list_tasks(ListRequest())
    changes = [event for event in await manager.query_events(task_id=task_id) if event.type.value == "status_changed"]
    assert [(event.at, event.data["to"]) for event in changes] == [(START, "waiting_feedback")]
