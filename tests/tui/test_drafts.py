"""Drafts reach the disk by themselves, and nobody's text is ever lost or replaced."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.draft_keys import CREATE_KEY
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.text import clean
from jjm_tui.services.board import Board
from jjm_tui.services.drafting.draft_kinds import draft_kinds
from jjm_tui.services.drafting.joined_texts import (
    ELSEWHERE,
    Section,
    has_marker,
    merge_sections,
    sections_of,
    split_texts,
    write_sections,
)
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.services.results import OperationResult, Outcome
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.store.durable import FileOps
from jjm_tui.tui.writing.drafts import DraftChange, Drafts
from tests.services.workbench import START, HandClock

KEY = "message:t1"


class FullDisk(FileOps):
    """A disk that can be full."""

    is_full = False

    def __init__(self) -> None:
        self.is_writing = threading.Event()
        self.may_write = threading.Event()
        self.may_write.set()

    def write(self, descriptor: int, data: bytes) -> None:
        self.is_writing.set()
        assert self.may_write.wait(30)
        if self.is_full:
            raise OSError(28, "No space left on device")
        super().write(descriptor, data)


class Desk:
    """One dashboard's drafts over a folder, as a process has them."""

    def __init__(self, folder: Path, save_after: float = 0.01) -> None:
        self.board = Board()
        self.ops = FullDisk()
        self.store = FileDrafts(folder / "drafts.json", ops=self.ops)
        self.is_open = True
        self.clock = HandClock()
        self.drafts = Drafts(
            lambda: self.store if self.is_open else None,
            draft_kinds(self.board),
            self.clock.now,
            save_after=save_after,
        )
        self.changes: list[DraftChange] = []
        self.drafts.subscribe(self.changes.append)

    def recorded(self, state: OperationState, text: str) -> None:
        self.board.set_operations([*self.board.operations, message(state, text)])

    def ended(self, outcome: Outcome) -> None:
        self.drafts.ended(OperationResult(OperationKind.MESSAGE, outcome, "", task_id="t1"))


def message(state: OperationState, text: str) -> Operation:
    return Operation(
        f"op-{text}", OperationKind.MESSAGE, START, "test/simulator", state, "t1", {"text": text}, owner="somebody"
    )


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    with anyio.fail_after(30):
        while not await condition():  # noqa: ASYNC110 - a file tells nobody
            await anyio.sleep(0.005)


async def until_stored(desk: Desk, text: str | None) -> None:
    async def is_stored() -> bool:
        return await FileDrafts(desk.store._file.path).get(KEY) == text

    await until(is_stored)


async def test_typing_is_stored_by_itself(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "Please")
    desk.drafts.put(KEY, "Please wait")
    assert not desk.drafts.state(KEY).is_kept
    await until_stored(desk, "Please wait")
    await desk.drafts.flush()
    assert desk.drafts.state(KEY).is_kept
    assert desk.drafts.state(KEY).kept_at == START


async def test_clearing_the_text_removes_the_stored_draft(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "Please")
    await desk.drafts.flush()
    desk.drafts.put(KEY, "")
    await desk.drafts.flush()
    await until_stored(desk, None)


async def test_typing_before_the_store_is_open_is_stored_once_it_is(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.is_open = False
    desk.drafts.put(KEY, "early")
    await desk.drafts.flush()
    assert await desk.store.get(KEY) is None
    assert desk.drafts.state(KEY).trouble == "the store is not open"
    desk.is_open = True
    desk.drafts.store_opened()
    await until_stored(desk, "early")


async def test_typing_before_the_store_is_open_keeps_the_older_draft_as_well(tmp_path: Path) -> None:
    before, desk = Desk(tmp_path), Desk(tmp_path)
    before.drafts.put(KEY, "from yesterday")
    await before.drafts.flush()
    desk.is_open = False
    desk.drafts.put(KEY, "early")
    desk.is_open = True
    desk.drafts.store_opened()
    await until_stored(
        desk, "early\n\n----- typed elsewhere: delete this line, and what you do not want -----\nfrom yesterday"
    )
    assert split_texts(desk.drafts.text(KEY)) == ["early", "from yesterday"]


async def test_a_new_process_finds_the_draft(tmp_path: Path) -> None:
    first, second = Desk(tmp_path), Desk(tmp_path)
    first.drafts.put(KEY, "half a tho")
    await first.drafts.flush()
    await second.drafts.refresh(KEY)
    assert second.drafts.text(KEY) == "half a tho"
    assert second.drafts.state(KEY).is_kept
    assert second.drafts.state(KEY).kept_at is None


async def test_a_full_disk_is_told_and_the_text_is_stored_when_there_is_room_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "first")
    await desk.drafts.flush()
    desk.ops.is_full = True
    desk.drafts.put(KEY, "second")
    (trouble,) = await desk.drafts.flush()
    assert "the disk is full" in trouble
    assert desk.drafts.state(KEY).trouble == trouble
    assert desk.drafts.text(KEY) == "second"
    desk.ops.is_full = False
    assert await desk.drafts.flush() == ()
    assert await desk.store.get(KEY) == "second"
    assert desk.drafts.state(KEY).trouble is None


async def test_a_text_that_is_not_kept_is_called_so_while_it_is_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, save_after=30)
    desk.ops.is_full = True
    desk.drafts.put(KEY, "Please")
    await desk.drafts.flush()
    desk.ops.is_writing.clear()
    desk.ops.may_write.clear()
    again = asyncio.create_task(desk.drafts.flush())
    assert await asyncio.to_thread(desk.ops.is_writing.wait, 30)
    assert [each.text for each in desk.drafts.unkept()] == ["Please"]
    desk.ops.is_full = False
    desk.ops.may_write.set()
    assert await again == ()
    assert desk.drafts.unkept() == ()


async def test_what_is_typed_while_the_text_is_written_is_written_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path, save_after=30)
    desk.ops.may_write.clear()
    desk.drafts.put(KEY, "Please")
    writing = asyncio.create_task(desk.drafts.flush())
    assert await asyncio.to_thread(desk.ops.is_writing.wait, 30)
    desk.drafts.put(KEY, "Please wait")
    desk.ops.may_write.set()
    assert await writing == ()
    assert not desk.drafts.state(KEY).is_kept
    await desk.drafts.flush()
    assert await desk.store.get(KEY) == "Please wait"
    assert desk.drafts.state(KEY).is_kept


# several processes


async def test_a_draft_typed_on_elsewhere_is_taken_over_where_nothing_was_typed(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "Please")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    other.drafts.put(KEY, "Please wait")
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == "Please wait"


async def test_drafts_typed_in_two_places_are_both_kept_and_must_be_chosen_from(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "left")
    await one.drafts.flush()
    other.drafts.put(KEY, "right")
    await other.drafts.flush()
    kept = await one.store.get(KEY)
    assert kept is not None
    assert split_texts(kept) == ["right", "left"]
    assert has_marker(kept)
    assert any(change.is_joined for change in other.changes)


async def test_equal_texts_typed_in_two_places_need_no_choice(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "same")
    other.drafts.put(KEY, "same")
    await one.drafts.flush()
    await other.drafts.flush()
    assert await one.store.get(KEY) == "same"


async def test_a_draft_that_vanished_from_the_disk_is_stored_again(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "still here")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    (tmp_path / "drafts.json").unlink()
    await one.drafts.refresh(KEY)
    await other.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == other.drafts.text(KEY) == "still here"
    await until_stored(one, "still here")


async def test_a_draft_that_was_taken_out_elsewhere_goes_here_as_well(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "never mind")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    assert other.drafts.text(KEY) == "never mind"
    for here, there in ((one, other), (other, one)):
        here.drafts.put(KEY, "")
        await here.drafts.flush()
        await there.drafts.refresh(KEY)
        assert there.drafts.text(KEY) == ""
        await there.drafts.flush()
        assert await one.store.get(KEY) is None
        here.drafts.put(KEY, "again")
        await here.drafts.flush()
        await there.drafts.refresh(KEY)
        assert there.drafts.text(KEY) == "again"


async def test_a_draft_that_is_typed_on_stays_when_it_is_taken_out_elsewhere(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path, save_after=60.0)
    one.drafts.put(KEY, "never")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    other.drafts.put(KEY, "never say never")
    one.drafts.put(KEY, "")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    assert other.drafts.text(KEY) == "never say never"
    await other.drafts.flush()
    assert await one.store.get(KEY) == "never say never"


async def test_a_draft_that_another_process_sent_goes_here_as_well(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "go on")
    await one.drafts.flush()
    await other.store.put(KEY, "")
    one.recorded(OperationState.DONE, "go on")
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == ""


async def type_in_turns(desks: list[Desk], key: str, texts: list[Callable[[int], str]], times: int) -> list[int]:
    """Each desk goes on typing its own text, in turns; answer how long the draft on disk was."""
    sizes = []
    for number in range(times):
        for desk, text in zip(desks, texts, strict=True):
            desk.drafts.put(key, with_head(key, desk.drafts.text(key), text(number)))
            await desk.drafts.flush()
            sizes.append(len(await desk.store.get(key) or ""))
    return sizes


def with_head(key: str, draft: str, head: str) -> str:
    """The draft with another text of its own; what stands below it stays."""
    if key != CREATE_KEY:
        return write_sections([Section(head), *sections_of(draft)[1:]])
    task = NewTask.read(draft)
    below = sections_of(task.description)[1:]
    return replace(task, repository="acme/webapp", description=write_sections([Section(head), *below])).write()


@pytest.mark.parametrize("key", [KEY, CREATE_KEY])
@pytest.mark.parametrize("count", [2, 3])
async def test_copies_that_type_in_turns_have_one_text_each_in_the_draft(tmp_path: Path, key: str, count: int) -> None:
    desks = [Desk(tmp_path) for _ in range(count)]
    names = ["left", "right", "third"][:count]
    texts: list[Callable[[int], str]] = [lambda number, name=name: f"{name} {'x' * number}" for name in names]
    await type_in_turns(desks, key, texts, 50)
    kept = await desks[0].store.get(key) or ""
    description = kept if key == KEY else NewTask.read(kept).description
    sections = [section.words.rpartition("\n")[2] for section in sections_of(description)]
    assert sorted(sections) == sorted(text(49) for text in texts)


async def test_copies_that_follow_the_store_come_to_rest(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    for desk in (one, other):
        desk.drafts.store_opened()
    for number in range(10):
        one.drafts.put(KEY, with_head(KEY, one.drafts.text(KEY), f"left {number}"))
        other.drafts.put(KEY, with_head(KEY, other.drafts.text(KEY), f"right {number}"))
        await anyio.sleep(0.02)

    async def are_in_step() -> bool:
        texts = [split_texts(desk.drafts.text(KEY)) for desk in (one, other)]
        is_at_rest = not any(desk.drafts._dirty() or desk.drafts._turn.locked() for desk in (one, other))
        return texts == [["left 9", "right 9"], ["right 9", "left 9"]] and is_at_rest

    await until(are_in_step)
    before = one.store._file.path.stat().st_mtime_ns
    for desk in (one, other, one, other):
        await desk.drafts.refresh(KEY)
        await desk.drafts.flush()
    assert [await desk.drafts.close() for desk in (one, other)] == [(), ()]
    assert one.store._file.path.stat().st_mtime_ns == before
    assert await are_in_step()


async def test_text_deleted_elsewhere_after_a_choice_is_gone_here_as_well(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "left")
    await one.drafts.flush()
    other.drafts.put(KEY, "right")
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert split_texts(one.drafts.text(KEY)) == ["left", "right"]
    other.drafts.put(KEY, "right")
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == "right"


async def test_draft_of_another_process_is_known_to_wait_and_gone_when_it_is_cleared(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.store_opened()
    assert not one.drafts.is_waiting("t1")
    other.drafts.put(KEY, "Please")
    await other.drafts.flush()

    async def waits() -> bool:
        return one.drafts.is_waiting("t1")

    async def waits_no_more() -> bool:
        return not one.drafts.is_waiting("t1")

    await until(waits)
    assert any(change.key == KEY for change in one.changes)
    other.drafts.put(KEY, "")
    await other.drafts.flush()
    one.recorded(OperationState.DONE, "Please")
    one.drafts.reconsider({"t1"})
    await until(waits_no_more)
    await one.drafts.close()


async def test_text_that_is_handed_over_is_on_disk_before_the_field_is_emptied(tmp_path: Path) -> None:
    desk = Desk(tmp_path, save_after=10.0)
    desk.drafts.put(KEY, "go on")
    seen: list[tuple[str, str]] = []

    def changed(change: DraftChange) -> None:
        path = desk.store._file.path
        seen.append((desk.drafts.text(KEY), path.read_text() if path.exists() else ""))

    desk.drafts.subscribe(changed)
    await desk.drafts.hand_over(KEY, rest="and mine")
    assert seen
    assert all("go on" in stored and "and mine" in stored for text, stored in seen if text != "go on")
    assert split_texts(await desk.store.get(KEY) or "") == ["and mine", "go on"]


async def test_text_sent_elsewhere_that_is_known_late_is_not_stored_again(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "go on")
    await one.drafts.flush()
    await other.store.put(KEY, "")
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == ""
    one.recorded(OperationState.DONE, "go on")
    one.drafts.reconsider({"t1"})
    assert one.drafts.text(KEY) == ""
    await one.drafts.flush()
    assert await one.store.get(KEY) is None


async def test_text_typed_anew_that_reads_like_one_sent_before_stays(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.recorded(OperationState.DONE, "go on")
    desk.drafts.put(KEY, "go on")
    await desk.drafts.flush()
    desk.drafts.reconsider({"t1"})
    assert desk.drafts.text(KEY) == "go on"


async def test_text_typed_on_in_one_while_the_other_sends_its_beginning_is_known_in_both(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(KEY, "go on")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    await one.drafts.hand_over(KEY)
    other.drafts.put(KEY, "go on, please")
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    for desk in (one, other):
        desk.recorded(OperationState.DONE, "go on")
        desk.drafts.reconsider({"t1"})
    one.ended(Outcome.DONE)
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    for desk in (one, other):
        assert desk.drafts.text(KEY) == "go on, please"
        assert desk.drafts.sent_beginning(KEY, "go on, please") == "go on"
        assert desk.drafts.sent_beginning(KEY, "please") is None
        assert desk.drafts.sent_beginning(KEY, "go onwards") is None


async def test_text_begun_after_a_message_may_begin_like_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.recorded(OperationState.DONE, "go on")
    desk.clock.advance(1)
    desk.drafts.put(KEY, "go on, please")
    assert desk.drafts.sent_beginning(KEY, "go on, please") is None


PIECES = st.text(alphabet="ab\n -", max_size=6)


@given(st.lists(PIECES, min_size=1, max_size=4), st.lists(PIECES, max_size=4), st.lists(PIECES, max_size=4))
def test_merging_keeps_what_is_new_on_both_sides(ours: list[str], base: list[str], theirs: list[str]) -> None:
    mine, known, others = ([Section(text) for text in texts] for texts in (ours, base, theirs))
    merged = merge_sections(known, mine, others)
    before, there = {each.words for each in known}, {each.words for each in others}
    words = [each.words for each in merged]
    assert {each.words for each in mine if each.words} - before <= set(words)
    assert there - before - {""} <= set(words)
    assert [each for each in words if each and each in before - there] == []


STEPS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["type", "look", "save"])), max_size=14)


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_was_typed_in_several_places_is_on_disk_in_the_end(steps: list[tuple[int, str]]) -> None:
    async def work(folder: Path) -> tuple[str, list[str]]:
        desks = [Desk(folder, save_after=0.001) for _ in range(3)]
        words = []
        for number, (index, step) in enumerate(steps):
            drafts = desks[index].drafts
            if step == "type":
                words.append(f"w{number};")
                drafts.put(KEY, drafts.text(KEY) + words[-1])
            elif step == "look":
                await drafts.refresh(KEY)
            else:
                await drafts.flush()
        for desk in desks:
            await desk.drafts.flush()
        return await desks[0].store.get(KEY) or "", words

    with TemporaryDirectory() as folder:
        kept, words = asyncio.run(work(Path(folder)))
    assert [word for word in words if word not in kept] == []


# sending


async def test_a_text_that_is_being_sent_stays_on_disk_until_it_is_done(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "go on")
    await desk.drafts.hand_over(KEY)
    assert desk.drafts.text(KEY) == ""
    assert desk.drafts.state(KEY).is_sending
    await desk.drafts.flush()
    assert await desk.store.get(KEY) == "go on"
    desk.ended(Outcome.DONE)
    await desk.drafts.flush()
    assert await desk.store.get(KEY) is None


async def test_typing_while_the_last_text_is_being_sent_keeps_both_on_disk(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "go on")
    await desk.drafts.hand_over(KEY)
    desk.drafts.put(KEY, "and then")
    await desk.drafts.flush()
    assert split_texts(await desk.store.get(KEY) or "") == ["and then", "go on"]
    desk.ended(Outcome.DONE)
    await desk.drafts.flush()
    assert await desk.store.get(KEY) == "and then"
    assert desk.drafts.text(KEY) == "and then"


@pytest.mark.parametrize("outcome", [Outcome.NOT_SENT, Outcome.REFUSED])
async def test_a_text_that_did_not_go_out_comes_back(tmp_path: Path, outcome: Outcome) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "go on")
    await desk.drafts.hand_over(KEY)
    desk.ended(outcome)
    assert desk.drafts.text(KEY) == "go on"
    await desk.drafts.flush()
    assert await desk.store.get(KEY) == "go on"


async def test_a_text_that_comes_back_was_begun_when_it_was_typed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "go on")
    await desk.drafts.hand_over(KEY)
    desk.clock.advance(60)
    desk.ended(Outcome.NOT_SENT)
    await desk.drafts.hand_over(KEY)
    assert desk.drafts.held_since(KEY) == START


async def test_a_text_that_did_not_go_out_comes_back_below_what_was_typed_meanwhile(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "go on")
    await desk.drafts.hand_over(KEY)
    desk.drafts.put(KEY, "and then")
    desk.ended(Outcome.NOT_SENT)
    assert split_texts(desk.drafts.text(KEY)) == ["and then", "go on"]


async def test_an_unconfirmed_text_is_not_offered_until_it_is_known_that_it_did_not_go_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.drafts.put(KEY, "go on")
    await desk.drafts.hand_over(KEY)
    await desk.drafts.flush()
    desk.recorded(OperationState.UNCONFIRMED, "go on")
    desk.ended(Outcome.UNCONFIRMED)
    await desk.drafts.refresh(KEY)
    assert desk.drafts.text(KEY) == ""
    assert await desk.store.get(KEY) == "go on"
    desk.board.set_operations([message(OperationState.NOT_SENT, "go on")])
    await desk.drafts.refresh(KEY)
    assert desk.drafts.text(KEY) == "go on"


@pytest.mark.parametrize("state", [OperationState.DONE, OperationState.UNCONFIRMED, OperationState.SENDING])
async def test_a_new_process_does_not_offer_a_text_that_went_out(tmp_path: Path, state: OperationState) -> None:
    first, second = Desk(tmp_path), Desk(tmp_path)
    first.drafts.put(KEY, "go on")
    await first.drafts.flush()
    second.recorded(state, "go on")
    await second.drafts.refresh(KEY)
    assert second.drafts.text(KEY) == ""
    await second.drafts.flush()
    assert await second.store.get(KEY) == (None if state is OperationState.DONE else "go on")


async def test_after_a_crash_while_sending_only_the_unsent_text_is_offered(tmp_path: Path) -> None:
    first, second = Desk(tmp_path), Desk(tmp_path)
    first.drafts.put(KEY, "go on")
    await first.drafts.hand_over(KEY)
    first.drafts.put(KEY, "and then")
    await first.drafts.flush()
    second.recorded(OperationState.SENDING, "go on")
    await second.drafts.refresh(KEY)
    assert second.drafts.text(KEY) == "and then"


@pytest.mark.parametrize("state", [OperationState.NOT_SENT, OperationState.REFUSED, OperationState.DISCARDED])
async def test_a_new_process_offers_a_text_that_did_not_go_out(tmp_path: Path, state: OperationState) -> None:
    first, second = Desk(tmp_path), Desk(tmp_path)
    first.drafts.put(KEY, "go on")
    await first.drafts.flush()
    second.recorded(state, "go on")
    await second.drafts.refresh(KEY)
    assert second.drafts.text(KEY) == "go on"


# forms of new tasks


def creation(task: NewTask, state: OperationState, number: int = 1) -> Operation:
    payload = {"description": task.description, "repository": task.repository, "title": task.title or None}
    return Operation(f"c{number}", OperationKind.CREATE, START, "test/simulator", state, None, payload, owner="me")


FORM = NewTask(repository="acme/webapp", description="Fix it", attempts=3, saved_at=START)


async def test_a_form_of_which_some_attempts_were_made_offers_the_others(tmp_path: Path) -> None:
    first, second = Desk(tmp_path), Desk(tmp_path)
    first.drafts.put(CREATE_KEY, replace(FORM, attempts=4).write())
    await first.drafts.flush()
    second.board.set_operations([creation(FORM, OperationState.DONE, 1), creation(FORM, OperationState.UNCONFIRMED, 2)])
    await second.drafts.refresh(CREATE_KEY)
    assert NewTask.read(second.drafts.text(CREATE_KEY)).attempts == 2
    # and no fewer when they are looked at again
    second.drafts.reconsider([])
    assert NewTask.read(second.drafts.text(CREATE_KEY)).attempts == 2


async def test_a_form_of_which_all_attempts_were_made_is_not_offered(tmp_path: Path) -> None:
    first, second = Desk(tmp_path), Desk(tmp_path)
    first.drafts.put(CREATE_KEY, replace(FORM, attempts=1).write())
    await first.drafts.flush()
    second.board.set_operations([creation(FORM, OperationState.DONE)])
    await second.drafts.refresh(CREATE_KEY)
    assert second.drafts.text(CREATE_KEY) == ""
    await second.drafts.flush()
    assert await second.store.get(CREATE_KEY) is None


async def test_an_equal_task_created_before_the_form_was_filled_in_does_not_count(tmp_path: Path) -> None:
    first, second = Desk(tmp_path), Desk(tmp_path)
    later = replace(FORM, saved_at=START.replace(hour=START.hour + 1))
    first.drafts.put(CREATE_KEY, later.write())
    await first.drafts.flush()
    second.board.set_operations([creation(FORM, OperationState.DONE)])
    await second.drafts.refresh(CREATE_KEY)
    assert NewTask.read(second.drafts.text(CREATE_KEY)) == later


async def test_forms_filled_in_in_two_places_are_both_kept(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    one.drafts.put(CREATE_KEY, FORM.write())
    await one.drafts.flush()
    other.drafts.put(CREATE_KEY, NewTask(repository="acme/api", description="Break it").write())
    await other.drafts.flush()
    kept = NewTask.read(await one.store.get(CREATE_KEY) or "")
    assert kept.repository == "acme/api"
    assert split_texts(kept.description) == ["Break it", "repository: acme/webapp\nFix it"]
    assert kept.problem_of("description") is not None


@given(st.text())
def test_a_stored_form_that_nobody_understands_becomes_the_description(text: str) -> None:
    task = NewTask.read(text)
    assert task.description == clean(text) or NewTask.read(task.write()) == task


WORDS = st.text(alphabet=st.characters(blacklist_characters="\n\r", blacklist_categories=("Cc", "Cs"))).filter(
    lambda text: not has_marker(text)
)


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_joined_texts_can_be_told_apart_again(texts: list[str]) -> None:
    assert split_texts(write_sections([Section(text, ELSEWHERE) for text in texts])) == texts
