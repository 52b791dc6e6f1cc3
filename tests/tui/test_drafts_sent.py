"""What of a draft counts as sent: only what was sent after it was typed, by whichever program, and after a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from jjm_tui.domain.operations import Operation, OperationState
from jjm_tui.services.drafting.draft_kinds import sent_since
from jjm_tui.services.drafting.joined_texts import split_texts
from jjm_tui.services.results import Outcome
from jjm_tui.store.draft_file import FileDrafts
from tests.services.workbench import START
from tests.tui.test_drafts import KEY, Desk, message, until, until_stored

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def sent(text: str, at: datetime, state: OperationState = OperationState.DONE) -> Operation:
    return replace(message(state, text), id=f"{text} {at}", created_at=at)


def desks(folder: Path, *operations: Operation, count: int = 2) -> list[Desk]:
    """Several programs over one store, all of which know of these messages."""
    made = [Desk(folder) for _ in range(count)]
    for desk in made:
        desk.board.set_operations(operations)
    return made


def advance(*those: Desk, by: timedelta = MINUTE) -> None:
    for desk in those:
        desk.clock.advance(by.total_seconds())


# an equal message of before


async def test_answer_that_reads_like_one_of_yesterday_stays_while_a_second_dashboard_is_open(tmp_path: Path) -> None:
    one, other = desks(tmp_path, sent("Please continue.", START - DAY))
    for desk in (one, other):
        desk.drafts.store_opened()
    one.drafts.put(KEY, "Please continue.")

    async def is_seen() -> bool:
        return other.drafts.text(KEY) != ""

    await until(is_seen)
    for desk in (other, one):
        await desk.drafts.refresh(KEY)
        await desk.drafts.flush()
    assert one.drafts.text(KEY) == other.drafts.text(KEY) == "Please continue."
    assert await one.store.get(KEY) == "Please continue."
    for desk in (one, other):
        await desk.drafts.close()


async def test_answer_that_reads_like_one_of_yesterday_is_there_after_a_restart(tmp_path: Path) -> None:
    before, after = desks(tmp_path, sent("Please continue.", START - DAY))
    before.drafts.put(KEY, "Please continue.")
    await before.drafts.flush()
    await after.drafts.refresh(KEY)
    assert after.drafts.text(KEY) == "Please continue."


async def test_answer_typed_after_the_clock_was_set_back_stays_and_is_not_told_as_sent(tmp_path: Path) -> None:
    one, other = desks(tmp_path, sent("yes", START + DAY))
    one.drafts.put(KEY, "yes")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == other.drafts.text(KEY) == "yes"
    await one.drafts.hand_over(KEY)
    assert sent_since(one.board, KEY, "yes", one.drafts.held_since(KEY)) == []


async def test_text_typed_over_a_draft_that_was_begun_before_an_equal_message_stays(tmp_path: Path) -> None:
    one, other = desks(tmp_path, sent("yes", START + MINUTE))
    one.drafts.put(KEY, "yes, but")
    await one.drafts.flush()
    advance(one, other, by=DAY)
    one.drafts.put(KEY, "yes")
    await one.drafts.flush()
    await other.drafts.refresh(KEY)
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == other.drafts.text(KEY) == "yes"


async def test_text_typed_anew_while_the_first_is_in_doubt_stays_when_that_arrives(tmp_path: Path) -> None:
    one, other = desks(tmp_path)
    one.drafts.put(KEY, "go on")
    await one.drafts.hand_over(KEY)
    for desk in (one, other):
        desk.board.set_operations([sent("go on", START, OperationState.UNCONFIRMED)])
    one.ended(Outcome.UNCONFIRMED)
    await one.drafts.refresh(KEY)
    await other.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == other.drafts.text(KEY) == ""
    advance(one, other)
    one.drafts.put(KEY, "go on")
    await one.drafts.flush()
    for desk in (one, other):
        await desk.drafts.refresh(KEY)
        desk.board.set_operations([sent("go on", START)])
        desk.drafts.reconsider({"t1"})
        await desk.drafts.flush()
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == "go on"
    assert await one.store.get(KEY) == "go on"


async def test_equal_text_counts_from_when_it_was_typed_for_the_last_time_in_whichever_program(tmp_path: Path) -> None:
    one, other, third = desks(tmp_path, count=3)
    one.drafts.put(KEY, "yes")
    await one.drafts.flush()
    for desk in (other, third):
        await desk.drafts.refresh(KEY)
    advance(other, by=2 * MINUTE)
    other.drafts.put(KEY, "yes!")
    other.drafts.put(KEY, "yes")
    await other.drafts.flush()
    for desk in (one, third):
        await desk.drafts.refresh(KEY)
    third.board.set_operations([sent("yes", START + MINUTE)])
    third.drafts.reconsider({"t1"})
    assert third.drafts.text(KEY) == "yes"


async def test_text_that_is_typed_anew_while_the_sent_one_is_being_taken_out_stays(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path, save_after=60.0)
    one.drafts.put(KEY, "yes")
    await one.drafts.flush()
    other.board.set_operations([sent("yes", START + MINUTE)])
    await other.drafts.refresh(KEY)  # which takes it out in a moment
    assert other.drafts.text(KEY) == ""
    advance(one, by=2 * MINUTE)
    one.drafts.put(KEY, "yes!")
    one.drafts.put(KEY, "yes")
    await one.drafts.flush()
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == other.drafts.text(KEY) == "yes"
    assert await one.store.get(KEY) == "yes"


async def test_equal_text_typed_later_in_another_program_keeps_its_time_on_disk(tmp_path: Path) -> None:
    one, other = desks(tmp_path)
    one.drafts.put(KEY, "yes")
    advance(other, by=2 * MINUTE)
    other.drafts.put(KEY, "yes")
    await other.drafts.flush()
    await one.drafts.flush()
    (after,) = desks(tmp_path, sent("yes", START + MINUTE), count=1)
    await after.drafts.refresh(KEY)
    assert after.drafts.text(KEY) == "yes"


async def test_text_below_another_one_has_its_own_time(tmp_path: Path) -> None:
    one, other = desks(tmp_path, sent("right", START + MINUTE))
    one.drafts.put(KEY, "left")
    await one.drafts.flush()
    advance(one, other, by=DAY)
    other.drafts.put(KEY, "right")
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert split_texts(one.drafts.text(KEY)) == ["left", "right"]
    (third,) = desks(tmp_path, sent("right", START + MINUTE), count=1)
    await third.drafts.refresh(KEY)
    assert split_texts(third.drafts.text(KEY)) == ["right", "left"]


async def test_draft_of_an_older_version_is_kept_and_goes_when_it_is_sent_after_it_was_seen(tmp_path: Path) -> None:
    (tmp_path / "drafts.json").write_text(f'{{"drafts":[{{"key":"{KEY}","text":"go on"}}]}}')
    (desk,) = desks(tmp_path, sent("go on", START - MINUTE), count=1)
    await desk.drafts.refresh(KEY)
    assert desk.drafts.text(KEY) == "go on"
    assert desk.drafts.sent_beginning(KEY, "go on, please") is None
    desk.board.set_operations([sent("go on", START + MINUTE)])
    desk.drafts.reconsider({"t1"})
    await desk.drafts.flush()
    assert desk.drafts.text(KEY) == ""
    assert await desk.store.get(KEY) is None


# what was sent since


async def test_text_sent_after_it_was_typed_is_not_offered_after_a_crash(tmp_path: Path) -> None:
    before, after = desks(tmp_path)
    before.drafts.put(KEY, "go on")
    await before.drafts.hand_over(KEY)
    advance(before)
    before.drafts.put(KEY, "and then")
    await before.drafts.flush()
    after.board.set_operations([sent("go on", START + timedelta(seconds=1))])
    advance(after, by=DAY)
    await after.drafts.refresh(KEY)
    assert after.drafts.text(KEY) == "and then"


async def test_draft_of_an_older_version_that_is_sent_is_not_offered_after_a_crash(tmp_path: Path) -> None:
    (tmp_path / "drafts.json").write_text(f'{{"drafts":[{{"key":"{KEY}","text":"go on"}}]}}')
    before, after = desks(tmp_path)
    await before.drafts.refresh(KEY)
    await before.drafts.hand_over(KEY)
    after.board.set_operations([sent("go on", START + timedelta(seconds=1))])
    advance(after, by=DAY)
    await after.drafts.refresh(KEY)
    assert after.drafts.text(KEY) == ""


@pytest.mark.parametrize(("moment", "told"), [(START - MINUTE, None), (START + MINUTE, "go on")])
async def test_beginning_that_was_sent_is_known_after_a_restart_when_the_text_was_begun_before(
    tmp_path: Path, moment: datetime, told: str | None
) -> None:
    before, after = desks(tmp_path, sent("go on", moment))
    before.drafts.put(KEY, "go on, p")
    advance(before, by=DAY)
    before.drafts.put(KEY, "go on, please")
    await before.drafts.flush()
    advance(after, by=DAY + DAY)
    await after.drafts.refresh(KEY)
    for desk in (before, after):
        assert desk.drafts.sent_beginning(KEY, desk.drafts.text(KEY)) == told


async def test_text_that_comes_back_does_not_begin_with_a_message_of_before(tmp_path: Path) -> None:
    (desk,) = desks(tmp_path, sent("Yes", START - DAY), count=1)
    desk.drafts.put(KEY, "Yes, do that")
    await desk.drafts.hand_over(KEY)
    desk.ended(Outcome.REFUSED)
    assert desk.drafts.text(KEY) == "Yes, do that"
    assert desk.drafts.sent_beginning(KEY, "Yes, do that") is None


async def test_text_that_is_the_same_again_after_it_was_sent_and_typed_on_is_asked_about(tmp_path: Path) -> None:
    (desk,) = desks(tmp_path, count=1)
    desk.drafts.put(KEY, "go on")
    desk.board.set_operations([sent("go on", START + MINUTE)])
    assert desk.drafts.sent_beginning(KEY, "go on") is None  # told as sent, and taken out
    advance(desk, by=DAY)
    desk.drafts.put(KEY, "go on.")
    desk.drafts.put(KEY, "go on")
    assert desk.drafts.sent_beginning(KEY, "go on") == "go on"


# another file


@pytest.mark.parametrize("content", [None, '{"drafts":[]}'])
async def test_draft_that_was_lost_with_the_file_stays_when_another_program_begins_it_anew(
    tmp_path: Path, content: str | None
) -> None:
    one, other = desks(tmp_path)
    one.drafts.put(KEY, "long text")
    await one.drafts.flush()
    (tmp_path / "drafts.json").unlink()
    if content is None:
        await FileDrafts(tmp_path / "drafts.json").put("message:t2", "theirs")
    else:
        (tmp_path / "drafts.json").write_text(content)
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == "long text"
    await until_stored(one, "long text")
    await other.drafts.refresh(KEY)
    assert other.drafts.text(KEY) == "long text"
    other.drafts.put(KEY, "")
    await other.drafts.flush()
    await one.drafts.refresh(KEY)
    assert one.drafts.text(KEY) == ""


async def test_draft_stays_that_is_missing_in_a_file_of_an_older_version(tmp_path: Path) -> None:
    (tmp_path / "drafts.json").write_text(f'{{"drafts":[{{"key":"{KEY}","text":"long text"}}]}}')
    (desk,) = desks(tmp_path, count=1)
    await desk.drafts.refresh(KEY)
    (tmp_path / "drafts.json").write_text('{"drafts":[]}')
    await desk.drafts.refresh(KEY)
    assert desk.drafts.text(KEY) == "long text"
    await until_stored(desk, "long text")


async def test_draft_lost_with_the_file_stays_when_another_one_was_looked_at_since(tmp_path: Path) -> None:
    (desk,) = desks(tmp_path, count=1)
    for key in (KEY, "message:t2"):
        desk.drafts.put(key, f"long text of {key}")
    await desk.drafts.flush()
    (tmp_path / "drafts.json").unlink()
    await FileDrafts(tmp_path / "drafts.json").put("message:t3", "theirs")
    for key in ("message:t2", KEY):
        await desk.drafts.refresh(key)
        assert desk.drafts.text(key) == f"long text of {key}"
