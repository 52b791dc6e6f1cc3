"""A filter that is half typed: the list shows the last whole one, and the line below it is told to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.stage import Stage, stage
from tests.tui.test_filter_bar import shown


def _words(on: Stage) -> str:
    """What stands below the filter, wherever its lines were broken."""
    lines = (line.partition("││")[0].strip(" │") for line in on.text.splitlines()[2:8])
    return " ".join(lines)


@pytest.mark.parametrize("size", [(160, 45), (80, 24)])
async def test_wrong_word_is_explained_to_the_end(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        everything = shown(on)
        await on.press("/", *"state:fai")
        assert "Did you mean failed or failure? The list still shows: everything." in _words(on)
        assert shown(on) == everything


async def test_half_a_word_is_not_told_as_the_filter_that_the_list_shows(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45), tasks=40) as on:
        await on.press("/", *"repo:acme/*", "space")
        found = shown(on)
        await on.press("O", "R")
        assert "The list still shows: repo:acme/*." in _words(on)
        assert shown(on) == found


async def test_filter_that_was_in_force_is_still_shown_when_it_is_spoilt(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(160, 45), tasks=40) as on:
        await on.press("/", *"state:failed", "enter")
        found = shown(on)
        await on.press("/", "end", "x")
        assert "The list still shows: state:failed." in _words(on)
        assert shown(on) == found
