"""Toasts come and go without leaving anything behind."""

from __future__ import annotations

from pathlib import Path

from textual.widgets._toast import Toast, ToastHolder

from tests.tui.stage import stage


async def test_many_toasts_leave_two_at_most_and_no_empty_frames(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        for number in range(20):
            on.app.tell(f"Toast {number}.")
            await on.pilot.pause()
        await on.shows("Toast 19.")
        holders = [holder for screen in on.app.screen_stack for holder in screen.query(ToastHolder)]
        assert 1 <= len(holders) <= 2
        assert all(isinstance(child, Toast) for holder in holders for child in holder.children)


async def test_toasts_of_a_screen_below_are_taken_down_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.app.tell("First.")
        await on.shows("First.")
        await on.press("?")
        for number in range(6):
            on.app.tell(f"Toast {number}.")
            await on.pilot.pause()
        await on.shows("Toast 5.")
        assert not on.app.screen_stack[0].query(ToastHolder)
