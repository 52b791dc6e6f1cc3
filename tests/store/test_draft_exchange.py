"""Drafts of several processes: one never overwrites what another has kept meanwhile."""

from __future__ import annotations

from pathlib import Path

import anyio

from jjm_tui.domain.kept_draft import DraftTimes, KeptDraft
from jjm_tui.store.draft_file import FileDrafts
from tests.store.stands import START


async def test_exchange_keeps_the_text_when_nobody_else_changed_it(tmp_path: Path) -> None:
    drafts = FileDrafts(tmp_path / "drafts.json")
    assert await drafts.exchange("message:1", KeptDraft(), KeptDraft("one"))
    assert await drafts.exchange("message:1", KeptDraft("one"), KeptDraft("two"))
    assert await drafts.get("message:1") == "two"
    assert await drafts.exchange("message:1", KeptDraft("two"), KeptDraft())
    assert await drafts.list_keys() == ()


async def test_exchange_leaves_what_another_process_kept(tmp_path: Path) -> None:
    drafts, other = FileDrafts(tmp_path / "drafts.json"), FileDrafts(tmp_path / "drafts.json")
    await drafts.put("message:1", "one")
    await other.put("message:1", "theirs")
    assert not await drafts.exchange("message:1", KeptDraft("one"), KeptDraft("ours"))
    assert await drafts.get("message:1") == "theirs"


async def test_exchange_leaves_what_another_process_typed_anew_in_the_same_words(tmp_path: Path) -> None:
    drafts = FileDrafts(tmp_path / "drafts.json")
    await drafts.put("message:1", "one", DraftTimes(START, {"one": START}))
    assert not await drafts.exchange("message:1", KeptDraft("one"), KeptDraft())
    assert await drafts.get("message:1") == "one"


async def test_draft_comes_back_with_its_times_and_loses_those_of_another_text(tmp_path: Path) -> None:
    drafts, other = FileDrafts(tmp_path / "drafts.json"), FileDrafts(tmp_path / "drafts.json")
    times = DraftTimes(START, {"one": START, "two\nlines": START})
    await drafts.put("message:1", "one", times)
    assert (await other.read()).drafts == {"message:1": KeptDraft("one", times)}
    assert await other.exchange("message:1", KeptDraft("one", times), KeptDraft("three"))
    assert (await drafts.read()).drafts == {"message:1": KeptDraft("three")}


async def test_file_is_the_same_until_it_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "drafts.json"
    drafts, other = FileDrafts(path), FileDrafts(path)
    assert (await drafts.read()).file_id is None
    first = await drafts.exchange("message:1", KeptDraft(), KeptDraft("one"))
    assert first
    assert await other.exchange("message:1", KeptDraft("one"), KeptDraft()) == (await drafts.read()).file_id == first
    path.unlink()
    second = await other.exchange("message:2", KeptDraft(), KeptDraft("two"))
    assert second not in (None, first)
    assert (await drafts.read()).file_id == second


async def test_exchange_of_many_at_once_lets_exactly_one_win(tmp_path: Path) -> None:
    stores = [FileDrafts(tmp_path / "drafts.json") for _ in range(8)]
    won: list[int] = []

    async def try_it(number: int) -> None:
        if await stores[number].exchange("create", KeptDraft(), KeptDraft(f"text {number}")):
            won.append(number)

    async with anyio.create_task_group() as group:
        for number in range(8):
            group.start_soon(try_it, number)
    assert len(won) == 1
    assert await stores[0].get("create") == f"text {won[0]}"
