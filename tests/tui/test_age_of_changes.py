"""The files tab says when its changes were read, as soon as they may not be the newest any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jjm_tui.domain.status import TaskStatus
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.ports import ToolAnswer, Transcript
from tests.tui.scenes import read_to_the_end
from tests.tui.stage import Stage, stage
from tests.tui.test_detail_reader import WIDE, main_of, task_in


async def show_files(on: Stage, task_id: str) -> None:
    """The person opens the task's changes."""
    main_of(on).select(task_id)
    await on.settle()
    await on.press("enter", *["right_square_bracket"] * 3)
    assert (main_of(on).detail.task_id, main_of(on).detail.tab) == (task_id, "files")
    await read_to_the_end(on)


async def keep(on: Stage, task_id: str, patch: str, read_at: datetime | None) -> None:
    """These changes are stored."""

    def with_patch(kept: Transcript) -> Transcript:
        return replace(kept, patch=patch, patch_read_at=read_at)

    await on.context.transcripts.update(task_id, with_patch)


async def test_changes_that_were_read_just_now_have_no_age(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await show_files(on, task_in(on, TaskStatus.COMPLETED))
        await on.shows("-from old import legacy")
        assert "Changes as of" not in on.text


async def test_changes_from_before_the_task_went_on_say_when_they_were_read(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        task_id = task_in(on, TaskStatus.COMPLETED)
        await show_files(on, task_id)
        read_at = on.now
        on.advance(90)
        later = on.now
        await on.context.store.apply({task_id: lambda task: task and replace(task, updated_at=later)})
        on.caller.is_down = True
        await on.shows(f"Changes as of {read_at:%H:%M:%S}. d asks the server.")
        await on.press("d")
        await on.shows("The changes were not read.")
        await on.shows(f"Changes as of {read_at:%H:%M:%S}.")


@pytest.mark.parametrize(
    ("patch", "is_known", "words"),
    [
        ("", True, "No changes, as of {:%H:%M:%S}."),
        ("", False, "No changes, read at an unknown time."),
        ("diff --git a/x b/x\n", False, "Changes read at an unknown time."),
    ],
)
async def test_stored_changes_say_when_they_were_read(tmp_path: Path, patch: str, is_known: bool, words: str) -> None:
    async with stage(tmp_path, size=WIDE, read=0) as on:
        task_id, read_at = task_in(on, TaskStatus.COMPLETED), on.now
        await keep(on, task_id, patch, read_at if is_known else None)
        on.advance(90)
        later = on.now
        await on.context.store.apply({task_id: lambda task: task and replace(task, updated_at=later)})
        on.caller.is_down = True
        await show_files(on, task_id)
        await on.shows(words.format(read_at))


async def test_server_that_shows_no_changes_is_not_offered_to_be_asked_for_them(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, read=0) as on:
        await keep(on, task_in(on, TaskStatus.COMPLETED), "", None)
        on.caller.is_down = True
        await show_files(on, task_in(on, TaskStatus.COMPLETED))
        await on.shows("No changes, read at an unknown time. d asks the server.")
        on.board.change_connection(unavailable={"diff": "This server shows no changes."})
        await on.until(lambda: "d asks the server" not in on.text)
        assert "No changes, read at an unknown time." in on.text


async def test_changes_are_as_old_as_the_question_for_them(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, read=0) as on:
        task_id, asked_at, call = task_in(on, TaskStatus.COMPLETED), on.now, on.caller.call

        async def slowly(tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
            details = main_of(on).detail.details
            if details is not None and details.is_reading:
                on.advance(90)
            return await call(tool, arguments, policy)

        on.caller.call = slowly  # type: ignore[method-assign]
        await show_files(on, task_id)
        await on.press("d")
        await read_to_the_end(on)
        answered_at = on.now
        assert answered_at > asked_at
        await on.context.store.apply({task_id: lambda task: task and replace(task, updated_at=answered_at)})
        await on.shows(f"Changes as of {asked_at:%H:%M:%S}.")
        kept = await on.context.transcripts.get(task_id)
        assert kept is not None
        assert kept.patch_read_at == asked_at
