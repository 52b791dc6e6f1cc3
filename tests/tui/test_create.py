"""A new task is sent once, from its preview only, and nothing that was filled in is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from textual.events import AppBlur, AppFocus
from textual.widgets import Button

from jjm_tui.domain.draft_keys import CREATE_KEY
from jjm_tui.domain.events import EventType
from jjm_tui.domain.status import TaskStatus
from jjm_tui.gateway.wire import CallPolicy
from jjm_tui.ports import CreateRequest, ToolAnswer
from jjm_tui.services.drafting.joined_texts import split_texts
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.services.drafting.template_taken import take_template
from jjm_tui.tui import typed_ahead
from jjm_tui.tui.screens.create import READING_TIME, CreateScreen
from jjm_tui.tui.screens.main import MainScreen
from jjm_tui.tui.screens.templates import TemplatesScreen
from jjm_tui.tui.widgets.choice import Choice
from jjm_tui.tui.widgets.new_task_form import NewTaskForm
from jjm_tui.tui.writing.known_repositories import KnownRepositories, suggest
from jjm_tui.tui.writing.submission import _bring_back
from jjm_tui.tui.writing.templates import PreparedTask, decode_templates
from tests.services.workbench import WRITES, lost
from tests.tui.stage import Stage, stage

REPOSITORY = "acme/webapp"
DESCRIPTION = "A haiku"
SETTINGS = {
    "templates": {
        "deps": {"description": "Update the dependencies.", "title": "Deps", "repository": REPOSITORY, "branch": "dev"},
        "words": {"description": "Only words."},
        "hostile": {"description": "\x1b]0;owned\x07[/foo] [@click=app.quit]x[/]"},
    }
}


def form_of(on: Stage) -> NewTaskForm:
    return on.app.screen.query_one(NewTaskForm)


async def open_form(on: Stage) -> None:
    await on.press("c")
    await on.until(lambda: isinstance(on.app.screen, CreateScreen) and on.app.screen.takes_keys)
    await on.until(lambda: on.app.screen.focused is not None)


async def fill(on: Stage, *, repository: str = REPOSITORY, description: str = DESCRIPTION) -> None:
    """Open the form and fill it from the clipboard."""
    await open_form(on)
    await on.paste(repository)
    await on.press("tab", "tab", "tab")
    await on.paste(description)


async def preview(on: Stage) -> None:
    """Go to the preview and look at it long enough."""
    await on.press("ctrl+s")
    await on.shows("[ Send ]")
    on.advance(READING_TIME)


async def send(on: Stage) -> None:
    await preview(on)
    await on.press("ctrl+s")


async def stored(on: Stage) -> NewTask | None:
    await on.app.drafts.flush()
    text = await on.context.drafts.get(CREATE_KEY)
    return None if text is None else NewTask.read(text)


def created(on: Stage) -> list[str]:
    return [text for _, text in on.bench.effects("create")]


async def until_created(on: Stage, count: int) -> None:
    """Wait until the world made so many tasks and the program knows it, and let everything else come that may."""
    await on.until(lambda: len(created(on)) >= count)
    await on.until(lambda: not on.app.drafts.state(CREATE_KEY).is_sending)
    await on.settle()
    assert len(created(on)) == count


# sending


async def test_task_is_created_once_however_often_the_key_is_pressed(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on)
        await preview(on)
        await on.press("ctrl+s", "ctrl+s", "ctrl+s")
        await until_created(on, len(before) + 1)
        assert created(on)[-1] == DESCRIPTION
        assert await stored(on) is None


async def test_new_task_comes_under_the_cursor_of_who_waits_for_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        known = set(on.board.tasks)
        await fill(on)
        await send(on)
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        await on.until(lambda: bool(set(on.board.tasks) - known))
        (new,) = set(on.board.tasks) - known
        await on.until(lambda: screen.tasks.highlighted == new)


async def test_new_task_takes_the_cursor_from_nobody_who_went_on(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        screen.creation_begun()
        await on.press("j", "?", "escape")
        cursor = screen.tasks.highlighted
        manager, _, _ = on.bench.process()
        result = await manager.create_task(CreateRequest(DESCRIPTION, REPOSITORY))
        screen.operation_ended(result)
        await on.until(lambda: result.task_id in on.board.tasks)
        await on.settle()
        assert screen.tasks.highlighted == cursor != result.task_id


async def test_new_task_on_a_failed_one_is_filled_in_as_that_was_and_no_draft_before_it_is_changed(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path) as on:
        failed = next(task for task in on.app.launch.board.tasks.values() if task.status is TaskStatus.FAILED)
        on.app.show_task(failed.id)
        await open_form(on)
        await on.shows("as for: ")
        filled = form_of(on).filled_in
        assert (filled.repository, filled.description) == (failed.repository, failed.description)
        await on.shows("filled in, not changed yet")
        assert "nothing filled in" not in on.text
        await on.press("escape")
        assert await stored(on) is None
        await open_form(on)
        await on.press(*" please")
        await on.press("escape")
        kept = await stored(on)
        assert kept is not None
        await open_form(on)
        assert form_of(on).filled_in.description == kept.description, "the draft, not the failed task again"


async def test_failed_task_is_asked_anew_as_it_was(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        failed = next(task for task in on.app.launch.board.tasks.values() if task.status is TaskStatus.FAILED)
        on.app.show_task(failed.id)
        await open_form(on)
        await on.shows("as for: ")
        await send(on)
        await until_created(on, len(before) + 1)
        assert created(on)[-1] == failed.description
        assert await stored(on) is None


async def test_enter_sends_nothing_anywhere(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await open_form(on)
        await on.press(*REPOSITORY, "enter", "enter", "enter", *DESCRIPTION, "tab", "enter", "tab", "enter", "enter")
        await preview(on)
        await on.press("enter", "enter", "space", "y")
        assert isinstance(on.app.screen, CreateScreen)
        assert created(on) == before


async def test_enter_goes_to_the_button_first_and_sends_on_it_once_that_was_seen(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on)
        await preview(on)
        assert "enter to the button Send" in on.text
        await on.press("enter")
        button = on.app.screen.query_one("#send", Button)
        assert on.app.screen.focused is button
        assert "enter send" in on.text
        for _ in range(3):
            on.advance(READING_TIME / 2)
            await on.press("enter")
            await on.until(lambda: not button.has_class("-active"))
        assert created(on) == before
        on.advance(2 * READING_TIME)
        await on.press("enter")
        await until_created(on, len(before) + 1)


async def test_keys_typed_ahead_do_not_send_a_preview_that_nobody_can_have_read(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on)
        await on.press("ctrl+s", "ctrl+s", "ctrl+s")
        await on.shows("tool: ")
        await on.press("ctrl+s")
        assert created(on) == before
        await on.shows("The preview has just appeared; nothing was sent. Press ctrl+s again.")
        on.advance(READING_TIME)
        await on.press("ctrl+s")
        await until_created(on, len(before) + 1)
        assert "just appeared" not in on.text


async def test_preview_shows_what_will_be_sent_and_editing_drops_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on)
        await preview(on)
        for words in ("create_session", "sources/github/acme/webapp", DESCRIPTION, "requirePlanApproval"):
            assert words in on.text
        told, call = on.text.split("The call:")
        rows = [line.strip("│ ") for line in told.splitlines()]
        assert rows[rows.index("Repository     " + REPOSITORY) :][:6] == [
            f"Repository     {REPOSITORY}",
            "Branch         main (its default)",
            "Title          none; lists show how the description begins",
            "Approval       required · Jules waits for your yes",
            "Pull request   auto · Jules opens one when it is done",
            f"Description    {DESCRIPTION}",
        ]
        assert "create_session" in call
        await on.press("escape")
        await on.press("!", "ctrl+s")
        await on.shows(DESCRIPTION + "!")
        await on.press("ctrl+s")
        assert created(on) == before


async def test_preview_tells_what_the_server_makes_of_a_field_and_shows_a_long_description_once(tmp_path: Path) -> None:
    async with stage(tmp_path, dialect="browser", size=(120, 45)) as on:
        await on.press("down")  # the first one failed: a form would begin with what that one was asked
        await open_form(on)
        await on.press(*REPOSITORY, "tab", "tab", *"Mine", "tab", *"word " * 20)
        await preview(on)
        assert "Title          Mine · not sent" in on.text
        assert on.text.count("word") == 20
        assert "(the description above)" in on.text


async def test_buttons_do_the_same_as_the_keys(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on)
        on.app.screen.query_one("#preview", Button).press()
        await on.shows("tool: ")
        on.app.screen.query_one("#edit", Button).press()
        await on.shows("[ Preview ]")
        on.app.screen.query_one("#preview", Button).press()
        await on.shows("tool: ")
        on.advance(READING_TIME)
        on.app.screen.query_one("#send", Button).press()
        await until_created(on, len(before) + 1)
        assert created(on)[-1] == DESCRIPTION


async def test_attempts_make_equal_tasks_one_after_the_other(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on)
        await on.press("tab", "tab", "tab", "right", "right")
        await preview(on)
        assert "3 equal tasks, one after the other" in on.text
        await on.press("ctrl+s")
        await until_created(on, len(before) + 3)
        assert created(on)[len(before) :] == [DESCRIPTION] * 3
        assert await stored(on) is None


async def test_leaving_tells_of_the_attempts_that_did_not_begin(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on)
        await on.press("tab", "tab", "tab", "right", "right")
        await preview(on)
        call = on.caller.call

        async def hold(tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
            if tool in WRITES:
                await anyio.sleep_forever()
            return await call(tool, arguments, policy)

        on.caller.call = hold  # type: ignore[method-assign]
        await on.pilot.press("ctrl+s")
        await on.until(lambda: bool(on.board.open_operations()))
        await on.pilot.press("q")
        await on.shows("One operation has no clear outcome yet.")
        await on.shows("Of that new task 2 more attempts did not begin")


async def test_options_reach_the_server(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        known = set(on.bench.world.session_ids())
        await open_form(on)
        await on.press(*REPOSITORY, "tab", *"main", "tab", *"My title", "tab", *DESCRIPTION)
        await on.press("tab", "right", "tab", "right")
        await send(on)
        await on.until(lambda: len(on.bench.world.session_ids()) > len(known))
        (made,) = set(on.bench.world.session_ids()) - known
        session = on.bench.world.get_session(made)
        assert session["title"] == "My title"
        assert not session.get("requirePlanApproval")
        assert session.get("automationMode") != "AUTO_CREATE_PR"


# what goes wrong


async def test_first_task_of_all_is_created(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typed_ahead, "_IN_ONE_GO", 0.0)  # who looks up between two keys
    async with stage(tmp_path, tasks=0) as on:
        await fill(on)
        await send(on)
        await until_created(on, 1)


async def test_server_that_is_down_sends_nothing_and_the_form_comes_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on)
        await preview(on)
        on.caller.is_down = True
        await on.press("ctrl+s")
        await on.shows("Not sent")
        await on.until(lambda: isinstance(on.app.screen, CreateScreen))
        await on.until(lambda: form_of(on).filled_in.description == DESCRIPTION)
        assert form_of(on).filled_in.repository == REPOSITORY
        assert created(on) == before
        kept = await stored(on)
        assert kept is not None
        assert kept.description == DESCRIPTION
        on.caller.is_down = False
        on.app.clear_notifications()
        await send(on)
        await until_created(on, len(before) + 1)


async def test_preview_of_a_server_that_is_down_says_so_and_cannot_be_sent(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        on.caller.is_down = True
        await fill(on, repository="acme/new")
        await on.shows("The server's repositories could not be read")
        await on.press("ctrl+s")
        await on.shows("This cannot be sent now.")
        assert "[ Send ]" not in on.text
        on.advance(READING_TIME)
        await on.press("ctrl+s", "escape")
        assert form_of(on).filled_in.description == DESCRIPTION


async def test_repository_that_the_server_does_not_have_is_refused_in_the_preview(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = created(on)
        await fill(on, repository="acme/new")
        await on.press("ctrl+s")
        await on.shows("This cannot be sent so.")
        on.advance(READING_TIME)
        await on.press("ctrl+s", "ctrl+s")
        assert created(on) == before
        await on.press("escape")
        assert form_of(on).filled_in.repository == "acme/new"


async def test_without_a_server_the_preview_says_so_and_the_form_is_kept(tmp_path: Path) -> None:
    async with stage(tmp_path, server=False) as on:
        await fill(on)
        await on.shows("No server is set up: this is kept as a draft, not sent")
        await on.press("ctrl+s")
        await on.shows("This cannot be sent now.")
        assert (await stored(on) or NewTask()).description == DESCRIPTION


async def test_attempts_stop_at_the_first_that_is_not_made_and_the_others_wait_in_the_form(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = len(created(on))
        await fill(on)
        await on.press("tab", "tab", "tab", "right", "right", "right")
        await preview(on)

        def cut(tool: str, place: str) -> BaseException | None:
            if tool in WRITES and place == "answer" and len(created(on)) == before + 2:
                on.caller.is_down = True
            return None

        on.caller.cut = cut
        await on.press("ctrl+s")
        await on.shows("2 of 4 attempts were made; 2 were not")
        assert created(on)[before:] == [DESCRIPTION] * 2
        kept = await stored(on)
        assert kept is not None
        assert (kept.attempts, kept.description) == (2, DESCRIPTION)


async def test_task_of_unknown_fate_is_not_offered_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        before = len(created(on))
        await fill(on)
        await preview(on)

        def cut(tool: str, place: str) -> BaseException | None:
            if tool not in WRITES or place != "effect":
                return None
            on.caller.is_down = True
            return lost()

        on.caller.cut = cut
        await on.press("ctrl+s")
        await on.shows("Not confirmed")
        assert len(created(on)) == before + 1
        on.app.clear_notifications()
        await open_form(on)
        await on.shows("nothing filled in")
        assert form_of(on).filled_in.description == ""


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("n", "o", "tab"), "'no' is not a repository of the form owner/name."),
        (("tab",), "No repository was given."),
        ((*REPOSITORY, "tab", *"a..b", "tab"), "'a..b' is not a branch name"),
        ((*REPOSITORY, "tab", "tab", "tab", "tab"), "The description is empty."),
    ],
)
async def test_what_is_wrong_is_told_as_soon_as_the_field_is_left(
    tmp_path: Path, keys: tuple[str, ...], words: str
) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await open_form(on)
        assert "✗" not in on.text
        await on.press(*keys)
        await on.shows(words)


async def test_wrong_form_is_not_previewed_and_the_first_wrong_field_is_gone_to(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await fill(on, repository="nonsense")
        await on.press("ctrl+s")
        await on.shows("✗ 'nonsense' is not a repository")
        assert "[ Preview ]" in on.text
        await on.press("end", *"/x")
        assert form_of(on).filled_in.repository == "nonsense/x"
        assert "✗" not in on.text


# offering


async def test_known_repositories_and_branches_are_offered(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_form(on)
        await on.shows("acme/api.server")
        await on.press(*"webapp", "down", "enter")
        assert form_of(on).filled_in.repository == REPOSITORY
        await on.shows("(its default)")
        await on.press("down", "enter")
        assert form_of(on).filled_in.branch


@pytest.mark.parametrize("key", ["enter", "tab"])
async def test_only_a_suggestion_that_was_gone_to_is_marked_and_taken(tmp_path: Path, key: str) -> None:
    async with stage(tmp_path) as on:
        await open_form(on)
        await on.shows("acme/api.server")
        await on.press(*"webap")
        await on.shows(" acme/webapp")
        assert "▸acme" not in on.text
        await on.press(key)
        assert form_of(on).filled_in.repository == "webap"
        await on.shows("✗ 'webap' is not a repository")
        await on.press("shift+tab", *"p", "down")
        assert "▸acme/webapp" in on.text
        await on.press(key)
        assert form_of(on).filled_in.repository == REPOSITORY
        assert "✗" not in on.text
        await on.shows("─ known branches ─")


async def test_what_is_wrong_with_the_field_that_is_typed_in_is_not_hidden_by_its_list(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await open_form(on)
        await on.shows("acme/api.server")
        await on.press("ctrl+s")
        await on.shows("✗ No repository was given.")
        assert "known repositories" not in on.text
        await on.press("w")
        await on.shows("known repositories")


async def test_list_of_suggestions_has_a_frame_that_says_what_it_is_and_how_to_choose(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await open_form(on)
        await on.shows("acme/api.server")
        below = on.text.splitlines()[2:]
        assert "─ known repositories ─" in below[0]
        last = next(line for line in below if "arrow down goes into the list, enter takes one" in line)
        edge = below[0].index("╭")
        framed = [line[edge:].strip(" │") for line in below[1 : below.index(last)]]
        assert framed == [
            "acme/webapp",
            "acme/api.server",
            "octo-labs/docs_site",
            "nordwind/mobile",
            "octo-labs/data-pipeline",
        ]
        await on.pilot.click(offset=(30, 4))
        await on.settle()
        assert form_of(on).filled_in.repository == "acme/api.server"
        await on.press("tab")
        await on.shows("─ known branches ─")


async def test_esc_closes_the_list_of_suggestions_before_the_form(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_form(on)
        await on.press("w", "down", "escape")
        assert isinstance(on.app.screen, CreateScreen)
        await on.press("escape")
        assert not isinstance(on.app.screen, CreateScreen)


def test_suggestions_begin_with_what_begins_so() -> None:
    known = ["acme/webapp", "web/tools", "acme/cobweb"]
    assert suggest("web", known, 5) == ["acme/webapp", "web/tools", "acme/cobweb"]
    assert suggest("WEB/", known, 5) == ["web/tools"]
    assert suggest("acme/webapp", known, 5) == []
    assert suggest("", known, 2) == ["acme/webapp", "web/tools"]


def test_hostile_names_of_repositories_and_branches_become_harmless() -> None:
    from jjm_tui.ports import Repository

    known = KnownRepositories(None, ())
    known.learn([Repository("a/\x1b[31mb", "s", default_branch="m\x1b]0;x\x07ain", branches=("x\ny",))])
    assert known.names == ("a/b",)
    assert known.branches("a/\x1b[31mb") == ("main", "x y")


@pytest.mark.parametrize(
    ("dialect", "words"),
    [("browser", "This server takes no title: it will not be sent."), ("official", "This server takes no title")],
)
async def test_what_the_server_cannot_do_is_told_beside_the_field(tmp_path: Path, dialect: str, words: str) -> None:
    async with stage(tmp_path, dialect=dialect, size=(80, 24)) as on:
        await open_form(on)
        await on.press("escape") if not isinstance(on.app.screen, CreateScreen) else None
        await on.press("tab")
        capabilities = on.context.server.info().capabilities if on.context.server else None
        assert capabilities is not None
        if capabilities.create_title == "yes":
            assert words not in on.text
        else:
            await on.shows(words)


# drafts


async def test_form_survives_leaving_and_a_new_program(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on)
        await on.press("tab", "right", "escape")
        await on.shows("NEEDS YOU")
        await open_form(on)
        await on.shows("draft from 09:00")
        assert form_of(on).filled_in.approval == "auto"
    async with stage(tmp_path) as on:
        await open_form(on)
        await on.shows("draft from 09:00")
        assert form_of(on).filled_in == NewTask(REPOSITORY, description=DESCRIPTION, approval="auto")


async def test_draft_can_be_thrown_away_and_brought_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on)
        on.app.screen.query_one("#empty", Button).press()
        await on.shows("nothing filled in")
        assert form_of(on).filled_in == NewTask()
        assert await stored(on) is None
        on.app.screen.query_one("#empty", Button).press()
        await on.shows(DESCRIPTION)
        assert (await stored(on) or NewTask()).description == DESCRIPTION


async def test_form_filled_in_elsewhere_is_kept_below_and_must_be_chosen_from(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on, description="mine")
        await on.app.drafts.flush()
        _, _, other = on.bench.process()
        async with on.app.drafts._turn:  # nothing is read before both have typed
            await other.drafts.put(CREATE_KEY, NewTask("acme/api.server", description="yours").write())
            await on.press("!")
        await on.shows("typed elsewhere")
        assert split_texts(form_of(on).filled_in.description) == ["mine!", "repository: acme/api.server\nyours"]
        await on.press("ctrl+s")
        await on.shows("There are two texts in here")


async def test_form_of_which_the_task_was_created_before_a_crash_is_not_offered(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on)
        task = await stored(on)
        assert task is not None
        text = task.write()
        count = len(created(on))
        await send(on)
        await until_created(on, count + 1)
        await on.app.drafts.flush()
        await on.context.drafts.put(CREATE_KEY, text)
    async with stage(tmp_path) as on:
        await open_form(on)
        await on.shows("nothing filled in")


async def test_space_typed_last_is_there_when_the_draft_was_kept(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on)
        await on.press("shift+tab", *"Two ")
        await on.shows("draft kept")
        await on.app.drafts.flush()
        await on.pilot.pause()
        await on.press(*"words ")
        assert form_of(on).filled_in.title == "Two words "


# templates


async def test_template_of_the_settings_fills_the_form(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=SETTINGS) as on:
        await on.press("T")
        await on.shows("deps")
        await on.press(*"deps")
        await on.shows("Update the dependencies.")
        assert "enter choose  ↑↓ move  pgdn page  esc back" in on.text
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, CreateScreen) and form_of(on).filled_in.title == "Deps")
        assert form_of(on).filled_in == NewTask(REPOSITORY, "dev", "Deps", "Update the dependencies.")


async def test_template_keeps_the_draft_that_was_there(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=SETTINGS) as on:
        await fill(on, description="mine")
        await on.press("escape")
        on.app.push_screen(CreateScreen("deps"))
        await on.shows("typed before")
        assert split_texts(form_of(on).filled_in.description) == ["Update the dependencies.", "mine"]


async def test_template_leaves_what_it_does_not_say_and_does_not_nest_what_was_typed(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=SETTINGS) as on:
        await fill(on, repository="acme/other", description="mine")
        await on.press("tab", "right", "tab", "right", "tab", "right")
        chosen = form_of(on).filled_in
        assert (chosen.approval, chosen.pr, chosen.attempts) == ("auto", "none", 2)
        for _ in range(2):
            await on.press("escape", "T")
            await on.press(*"words")
            await on.shows("Only words.")
            await on.press("enter")
            await on.shows("typed before")
            await on.settle()
            filled = form_of(on).filled_in
            assert split_texts(filled.description) == ["Only words.", "mine"]
            assert replace(filled, description="mine") == chosen
        assert "repository:" not in on.text


@pytest.mark.parametrize(
    ("typed", "template", "form", "texts"),
    [
        (NewTask("a/b", "dev", "Mine"), NewTask(description="T"), ("a/b", "dev", "Mine"), ["T"]),
        (NewTask("a/b", description="T"), NewTask(description="T"), ("a/b", "", ""), ["T"]),
        (NewTask("own/repo"), NewTask("a/c", "", "Title", "T"), ("a/c", "", "Title"), ["T"]),
        (NewTask("a/b", "dev"), NewTask("A/B", description="T"), ("A/B", "dev", ""), ["T"]),
        (
            NewTask("a/b", "dev", "Mine", "m"),
            NewTask("a/c", "", "Title", "T"),
            ("a/c", "", "Title"),
            ["T", "repository: a/b\nbranch: dev\ntitle: Mine\nm"],
        ),
    ],
)
def test_take_template_twice_is_as_once_and_nothing_chosen_is_lost(
    typed: NewTask, template: NewTask, form: tuple[str, str, str], texts: list[str]
) -> None:
    blank = NewTask("own/repo")
    taken = take_template(typed, template, blank)
    assert (taken.repository, taken.branch, taken.title) == form
    assert split_texts(taken.description) == texts
    assert take_template(taken, template, blank) == taken
    other = take_template(taken, NewTask(description="U"), blank)
    assert split_texts(other.description) == ["U", *texts]


async def test_templates_of_the_server_are_offered_and_hostile_ones_are_literal(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=SETTINGS, dialect="browser") as on:
        await on.press("T")
        await on.shows("Bug fix")
        await on.press(*"hostile")
        await on.shows("[/foo] [@click=app.quit]x[/]")
        await on.press("enter")
        await on.until(lambda: isinstance(on.app.screen, CreateScreen) and form_of(on).filled_in.description != "")
        assert form_of(on).filled_in.description == "[/foo] [@click=app.quit]x[/]"


async def test_template_is_put_into_a_message_at_the_cursor(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=SETTINGS, size=(120, 30)) as on:
        await on.press("m", "a", "ctrl+t")
        await on.until(lambda: isinstance(on.app.screen, TemplatesScreen))
        await on.press(*"deps", "enter")
        await on.shows("aUpdate the dependencies.")


async def test_without_templates_the_chooser_says_how_to_write_one(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await on.press("T")
        await on.shows("[templates.deps]")
        assert "choose" not in on.text
        assert "pgdn" not in on.text
        await on.press("enter")
        assert isinstance(on.app.screen, TemplatesScreen)
        assert "a few letters" not in on.text
        assert "c new task  esc back" in on.text
        await on.press("c")
        await on.until(lambda: isinstance(on.app.screen, CreateScreen))
        assert form_of(on).filled_in.description == ""


async def test_server_that_is_down_is_told_and_own_templates_are_there(tmp_path: Path) -> None:
    async with stage(tmp_path, settings=SETTINGS, dialect="browser") as on:
        server: Any = on.context.server

        async def broken(*_: object) -> None:
            raise lost()

        server._caller.list_resources = broken
        await on.press("T")
        await on.shows("The server's templates could not be read")
        assert "deps" in on.text


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"bug-fix": "Fix it.", "empty": ""}', [PreparedTask("bug-fix", "Fix it.", source="server")]),
        ('[{"name": "A", "description": "b"}, 3, null]', [PreparedTask("A", "b", source="server")]),
        (
            '{"templates": {"x": {"prompt": "p", "title": "t", "branch": "m"}}}',
            [PreparedTask("x", "p", "t", "", "m", "server")],
        ),
        ('["\\u001b[31mred\\nmore"]', [PreparedTask("red more", "red\nmore", source="server")]),
        ("not json", []),
        ("3", []),
    ],
)
def test_templates_of_servers_are_understood_in_every_shape(text: str, wanted: list[PreparedTask]) -> None:
    assert list(decode_templates(text)) == wanted


# small terminals


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_form_works_on_small_terminals(tmp_path: Path, size: tuple[int, int]) -> None:
    async with stage(tmp_path, size=size) as on:
        before = len(created(on))
        await fill(on)
        await on.shows(DESCRIPTION)
        await send(on)
        await until_created(on, before + 1)
        events = await on.manager.query_events(types=frozenset({EventType.OPERATION_DONE}))
        assert len(events) == 1


@pytest.mark.parametrize(("size", "rows"), [((80, 24), 11), ((160, 45), 17), ((40, 12), 4)])
async def test_description_has_all_the_rows_that_the_other_fields_leave(
    tmp_path: Path, size: tuple[int, int], rows: int
) -> None:
    async with stage(tmp_path, size=size) as on:
        await open_form(on)
        form = form_of(on)
        assert form.description.size.height == rows
        assert (form.max_scroll_y == 0) == (rows > 4)


async def test_description_with_something_wrong_keeps_its_rows_and_tells_it_below(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(40, 12)) as on:
        await open_form(on)
        await on.press("tab", "tab", "tab", "x", "backspace", "shift+tab")
        form = form_of(on)
        form.go_to("description")
        await on.settle()
        assert form.description.size.height >= 4
        await on.press("pagedown")
        form.scroll_end(animate=False)
        await on.shows("✗")


async def test_form_and_preview_look_calm(tmp_path: Path, svg: Callable[[str], Any]) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await fill(on, repository="nonsense")
        await on.press("tab")
        await on.app.drafts.flush()
        await on.shows("draft kept 09:00")
        assert on.picture() == svg("form-wrong-80x24")
        form_of(on).show_task(NewTask(REPOSITORY, description=DESCRIPTION, attempts=2))
        await preview(on)
        assert on.picture() == svg("preview-80x24")


# typing where nothing can be typed


async def test_stray_text_changes_no_choice_and_is_no_command(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on)
        before = form_of(on).filled_in
        for _ in range(3):
            await on.press("tab", *"Hello q a y x?")
            assert isinstance(on.app.focused, Choice)
            assert isinstance(on.app.screen, CreateScreen)
            assert form_of(on).filled_in == before
        await on.press("tab", *"q? x")
        assert isinstance(on.app.focused, Button)
        assert isinstance(on.app.screen, CreateScreen)
        assert form_of(on).filled_in == before


async def test_paste_of_more_lines_into_a_line_says_how_many_were_left_out(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(80, 24)) as on:
        await open_form(on)
        await on.paste("\nacme/webapp\n \n")
        assert form_of(on).filled_in.repository == REPOSITORY
        assert "left out" not in on.text
        await on.press("tab", "tab")
        await on.paste("A title\n\nand why\n")
        assert form_of(on).filled_in.title == "A title"
        await on.shows("Only the first line was taken; 1 more was left out.")
        await on.paste(", long\nmore\r\nand more")
        assert form_of(on).filled_in.title == "A title, long"
        await on.shows("Only the first line was taken; 2 more were left out.")


async def test_arrows_change_a_choice(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await fill(on)
        await on.press("tab", "tab", "tab", "right", "right", "left")
        assert form_of(on).filled_in.attempts == 2


async def test_chosen_word_is_told_from_others_where_only_ascii_is_shown(tmp_path: Path) -> None:
    async with stage(tmp_path, settings={"ui.ascii": True}) as on:
        await fill(on)
        await on.shows("(*) required   ( ) auto")
        await on.pilot.click("#field-approval Choice", offset=(21, 0))
        await on.shows("( ) required   (*) auto")
        assert form_of(on).filled_in.approval == "auto"


async def test_form_that_comes_back_does_not_come_over_a_message_while_the_terminal_is_not_looked_at(
    tmp_path: Path,
) -> None:
    async with stage(tmp_path, size=(140, 30)) as on:
        await on.press("m", "H")
        on.app.post_message(AppBlur())
        await on.until(lambda: on.app.focused is None)
        main = on.app.screen
        assert isinstance(main, MainScreen)
        main.creation_begun()
        _bring_back(on.app)
        await on.pilot.pause()
        assert not isinstance(on.app.screen, CreateScreen)
        on.app.post_message(AppFocus())
        await on.press("i")
        await on.shows("Hi")


async def test_form_comes_back_only_to_who_did_nothing_since_it_was_sent(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        screen = on.app.screen
        assert isinstance(screen, MainScreen)
        screen.creation_begun()
        await on.press("j")
        _bring_back(on.app)
        await on.shows("The form of the new task is kept as it was: c opens it.")
        assert on.app.screen is screen
        screen.creation_begun()
        _bring_back(on.app)
        await on.until(lambda: isinstance(on.app.screen, CreateScreen) and on.app.screen.focused is not None)


async def test_form_says_that_it_is_kept_only_when_there_is_something_to_keep(tmp_path: Path) -> None:
    async with stage(tmp_path) as on:
        await open_form(on)
        await on.shows("esc close  ")
        await on.press("tab", "tab", "tab", "x")
        await on.shows("esc close, kept")
