"""The palette: what is found, what it does, what it shows of foreign titles, and how it behaves with many tasks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.tui.finding.fuzzy import match
from jjm_tui.tui.finding.palette import Palette, ThemePalette
from jjm_tui.tui.finding.palette_entries import Entry
from jjm_tui.tui.screens.help import HelpScreen
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.screens.watch import WatchScreen
from tests.tui.scenes import read_to_the_end
from tests.tui.stage import Stage, stage

_NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_NASTY = "[/foo] [x] \x1b[31mred\x1b]52;c;aGk=\x07 [@click=app.quit]go[/] \u202eevil"


async def _type(on: Stage, text: str) -> None:
    await on.press(*("space" if letter == " " else letter for letter in text))
    await on.app.workers.wait_for_complete(
        [worker for worker in on.app.workers if worker.node is on.app.screen and worker.group == "search"]
    )
    await on.settle()


def _found(on: Stage) -> list[Entry]:
    """What the palette shows, the best first."""
    palette = on.app.screen
    assert isinstance(palette, Palette)
    return list(palette._shown.values())


async def test_action_is_found_by_its_help_and_runs_on_the_screen_below(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("colon")
        await on.shows("approve many")
        await _type(on, "failed tasks")
        await on.shows("!         only failed")
        await on.shows("jjm list --filter state:failed")
        await on.press("enter")
        assert isinstance(on.app.screen, MainScreen)
        assert on.app.screen.choice.text == "state:failed"


async def test_task_is_found_by_letters_and_gets_the_cursor(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        wanted = next(task for task in on.board.tasks.values() if task.title and "dark mode" in task.title)
        await on.press("ctrl+p")
        await _type(on, "adrkmo")
        await on.shows("Add a dark mode")
        await on.press("enter")
        assert isinstance(on.app.screen, MainScreen)
        assert on.app.screen.current_task() == wanted
        await on.press("ctrl+p")
        await _type(on, wanted.id[:9])
        await on.shows(wanted.id)


async def test_task_that_was_removed_while_it_was_looked_for_closes_nothing_and_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        wanted = next(task for task in on.board.tasks.values() if task.title and "dark mode" in task.title)
        await on.press("W", "ctrl+p")
        await _type(on, "adrkmo")
        await on.shows("Add a dark mode")
        manager, _, _ = on.bench.process()
        await manager.forget([wanted.id])
        await on.until(lambda: on.board.task(wanted.id) is None)
        await on.press("enter")
        await on.shows("This task is not stored here any more.")
        assert isinstance(on.app.screen, WatchScreen)


async def test_age_of_a_task_stays_whole_however_long_its_title_is(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, size=(80, 24)) as on:
        changed = on.app.launch.clock.now() - timedelta(minutes=44)
        on.board.load([Task("1", title="Words " * 15, repository="octo-labs/docs_site", updated_at=changed)])
        await on.press("colon")
        await _type(on, "words")
        await on.shows("task  44m Words Words")


async def test_foreign_titles_are_shown_as_they_are(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, size=(120, 24)) as on:
        on.board.load([Task("1", title=_NASTY, repository="[red]acme/x")])
        await on.press("colon")
        await _type(on, "red evil")
        await on.shows("[/foo] [x] red [@click=app.quit]go[/] \ufffdevil")
        await on.shows("[red]acme/x")
        assert "\x1b" not in on.text


async def test_action_that_cannot_be_done_now_says_why(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("colon")
        await _type(on, "approve read")
        why = on.app.screen_stack[-2].unavailable("task.approve")
        assert why
        await on.shows(why[:40])
        await on.press("enter")
        assert isinstance(on.app.screen, Palette)
        assert [notice.message for notice in on.app._notifications] == [why]


async def test_help_is_found_by_name(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("colon")
        await _type(on, "help")
        await on.press("enter")
        assert isinstance(on.app.screen, HelpScreen)


async def test_settings_are_found_by_name_and_their_place_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("colon")
        await _type(on, "settings")
        await on.shows("where your settings are")
        await on.press("enter")
        (told,) = (notice.message for notice in on.app._notifications)
        assert str(tmp_path / "home" / "jjm.toml") in told
        assert "jjm config set" in told


async def test_screen_of_its_own_offers_its_own_actions(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("L", "colon")
        await _type(on, "less important")
        await on.shows("less important records as well")


async def test_saved_view_is_applied(tmp_path: Path) -> None:
    async with stage(tmp_path, settings={"views": {"mine": "repo:acme/*"}}) as on:
        await on.press("colon")
        await _type(on, "mine")
        await on.shows("repo:acme/*")
        await on.press("enter")
        assert on.app.screen.choice.view == "mine"


async def test_theme_is_picked_and_kept(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("colon")
        await _type(on, "jjm-light")
        await on.press("enter")
        assert (on.app.theme, on.app.launch.memory.theme) == ("jjm-light", "jjm-light")


async def test_action_whose_name_begins_so_stands_before_themes_and_tasks(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, size=(120, 40)) as on:
        await on.press("colon")
        await _type(on, "appr")
        kinds = [entry.kind for entry in _found(on)]
        assert kinds[:2] == ["action", "action"]
        assert "catppuccin-frappe" in [entry.title for entry in _found(on)][2:]


async def test_themes_are_found_by_what_they_are(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("colon")
        await _type(on, "theme")
        found = _found(on)
        assert found[0].kind == "action"
        assert {"jjm-dark", "jjm-light", "nord"} <= {entry.title for entry in found}


async def test_order_is_found_by_name_and_chosen(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("S", "colon")
        await _type(on, "sort newest")
        await on.shows("sort: newest")
        await on.press("enter")
        assert (on.app.screen.choice.sort, on.app.screen.choice.reverse) == ("created_at", False)


async def test_themes_are_shown_while_choosing_and_escape_brings_the_old_one_back(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        on.app.open_themes()
        await on.settle()
        assert isinstance(on.app.screen, ThemePalette)
        await _type(on, "nord")
        assert on.app.theme == "nord"
        await on.press("escape")
        assert (on.app.theme, on.app.launch.memory.theme) == ("jjm-dark", None)
        on.app.open_themes()
        await on.settle()
        await on.press("down", "enter")
        assert on.app.theme == on.app.launch.memory.theme == "jjm-light"


async def test_without_colour_no_theme_can_be_chosen(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0, settings={"ui.color": False}) as on:
        on.app.open_themes()
        await on.shows("Colours are off")
        assert not isinstance(on.app.screen, Palette)


async def test_ten_thousand_tasks_are_searched_in_slices_and_few_are_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        tasks = [
            Task(str(number), title=f"Task {number} {'a' * 60}", status=TaskStatus.IN_PROGRESS, updated_at=_NOW)
            for number in range(10_000)
        ]
        on.board.load(tasks)
        await on.press("colon")
        await _type(on, "9876")
        await on.shows("Task 9876")
        await _type(on, " aaaaaaaaaaaaaaaaaaaaab")
        await on.shows("Nothing has these letters in its name.")
        palette = on.app.screen
        assert isinstance(palette, Palette)
        await on.press(*["backspace"] * 27)
        await _type(on, "task")
        assert len(palette.query_one("#found").lines) == 60


async def test_palette_is_left_by_escape_and_opens_once(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        await on.press("ctrl+p")
        on.app.open_palette()
        await on.settle()
        assert len([screen for screen in on.app.screen_stack if isinstance(screen, Palette)]) == 1
        await on.press("escape")
        assert isinstance(on.app.screen, MainScreen)


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "dark"), ((100, 30), "light"), ((160, 45), "dark")])
async def test_palette_looks_as_it_did(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], size: tuple[int, int], theme: str
) -> None:
    async with stage(tmp_path, size=size, settings={"ui.theme": f"jjm-{theme}"}) as on:
        await read_to_the_end(on)
        await on.press("colon")
        assert on.picture() == svg(f"palette-{size[0]}x{size[1]}-{theme}")
        await _type(on, "the")
        assert on.picture() == svg(f"palette-the-{size[0]}x{size[1]}-{theme}")


_LETTERS = st.text("ab c", max_size=30)


@given(query=st.text("abc", min_size=1, max_size=6), text=_LETTERS, name=st.integers(0, 30))
def test_match_is_made_of_the_letters_of_the_query(query: str, text: str, name: int) -> None:
    found = match([query], text, min(name, len(text)))
    if found is not None:
        assert "".join(text[place] for place in found.positions) == query
        assert list(found.positions) == sorted(set(found.positions))
    else:
        assert query not in text[:name]


def test_better_matches_come_first() -> None:
    texts = ["fix login", "relogin page", "long plan", "zzz login"]
    scores = [match(["login"], text, 9) for text in texts]
    assert [round(found.score, 1) if found else None for found in scores] == [5.5, 3.5, None, 5.5]
    assert match(["lg"], "long plan") is not None
    assert match(["page"], "relogin page", 7) is not None
    assert match(["pge"], "relogin page", 7) is None
