"""Drafts of several processes: one never overwrites what another has kept meanwhile."""

from __future__ import annotations

from pathlib import Path

import anyio

from jjm_tui.store.draft_file import FileDrafts


async def test_exchange_keeps_the_text_when_nobody_else_changed_it(tmp_path: Path) -> None:
    drafts = FileDrafts(tmp_path / "drafts.json")
    assert await drafts.exchange("message:1", "", "one")
    assert await drafts.exchange("message:1", "one", "two")
    assert await drafts.get("message:1") == "two"
    assert await drafts.exchange("message:1", "two", "")
    assert await drafts.list_keys() == ()


async def test_exchange_leaves_what_another_process_kept(tmp_path: Path) -> None:
    drafts, other = FileDrafts(tmp_path / "drafts.json"), FileDrafts(tmp_path / "drafts.json")
    await drafts.put("message:1", "one")
    await other.put("message:1", "theirs")
    assert not await drafts.exchange("message:1", "one", "ours")
    assert await drafts.get("message:1") == "theirs"


async def test_exchange_of_many_at_once_lets_exactly_one_win(tmp_path: Path) -> None:
    stores = [FileDrafts(tmp_path / "drafts.json") for _ in range(8)]
    won: list[int] = []

    async def try_it(number: int) -> None:
        if await stores[number].exchange("create", "", f"text {number}"):
            won.append(number)

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(try_it, number)
    assert len(won) == 1
    assert await stores[0].get("create") == f"text {won[0]}"
