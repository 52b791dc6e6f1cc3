"""The guided set-up: every step, the way back from each, what is tried, what is written and what never is."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input

from jjm_tui.settings import document, load_settings
from jjm_tui.settings.presets import PRESETS
from jjm_tui.tui.again import Again
from jjm_tui.tui.pages.setup_answers import CHOICES
from jjm_tui.tui.screens.first_run import FirstRunScreen
from jjm_tui.tui.screens.main import MainScreen
from tests.cli.program import Program
from tests.tui.stage import Stage, stage

_SIMULATOR = f"{sys.executable} -P -m jjm_tui.simulator --tasks 5"
_KEY = "AIzaSyD-not-a-real-key-0123456789abcdef"


def _first_run(tmp_path: Path, **options: object):
    return stage(tmp_path, **{"size": (80, 24), "tasks": 0, "server": False, "configured": False, **options})


async def _choose(on: Stage, name: str) -> None:
    """Choose a preset in the first step."""
    await on.shows("Which server?")
    await on.press("home", *["down"] * CHOICES.index(name), "enter")


async def _type(on: Stage, text: str) -> None:
    """Answer a question."""
    await on.until(lambda: bool(on.app.screen.query(Input)))
    on.app.screen.query_one(Input).value = text
    await on.press("enter")


async def _says(on: Stage, words: str) -> None:
    """Wait until these words are on the screen, broken into lines wherever."""
    await on.until(lambda: words in " ".join(on.text.split()))


def _settings(tmp_path: Path) -> Path:
    return tmp_path / "home" / "jjm.toml"


async def test_without_a_server_the_set_up_opens_and_tells_what_each_server_reaches(tmp_path: Path) -> None:
    async with _first_run(tmp_path, size=(100, 40)) as on:
        assert isinstance(on.app.screen, FirstRunScreen)
        await on.shows("Which server?")
        for name in CHOICES:
            await on.shows(PRESETS[name].title)
            label, _, told = PRESETS[name].reaches[0].partition(": ")
            await on.shows(f"{label}:")
            await on.shows(told[:60])
            await on.press("down")
        assert not _settings(tmp_path).exists()


async def test_demo_is_one_key_away_and_writes_nothing(tmp_path: Path) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, "demo")
        await on.until(lambda: on.app.return_code == Again.DEMO)
    assert not _settings(tmp_path).exists()


async def test_own_server_is_tried_shown_written_and_started_with(tmp_path: Path) -> None:
    async with _first_run(tmp_path, size=(100, 30)) as on:
        await _choose(on, "custom")
        await on.shows("step 2 of 5")
        await _type(on, _SIMULATOR)
        await on.shows("Where is your Jules API key?")
        await _type(on, "none")
        await on.shows("It works.")
        await on.shows("found")
        await on.shows("5 tasks: ")
        assert not _settings(tmp_path).exists()
        await on.press("enter")
        await on.shows("Write it?")
        await on.shows('preset = "custom"')
        await on.press("enter")
        assert not _settings(tmp_path).exists()
        await on.press("y")
        await on.shows("Ready")
        section = tomllib.loads(_settings(tmp_path).read_text())["server"]
        command, *args = _SIMULATOR.split()
        assert section == {"preset": "custom", "command": command, "args": args}
        await on.press("enter")
        await on.until(lambda: on.app.return_code == Again.SETTINGS)
    assert load_settings(environ={"JJM_HOME": str(tmp_path / "home")}).settings.server.command == command


async def test_file_is_the_one_that_the_command_writes(tmp_path: Path) -> None:
    program = Program(tmp_path / "other")
    program.ok("setup", "--preset", "official", "--api-key-from", "env:MY_KEY", "--no-test", "--yes")
    async with _first_run(tmp_path) as on:
        await _choose(on, "official")
        await _type(on, "env:MY_KEY")
        await on.shows("It does not work yet.")
        await on.press("enter", "y")
        await on.shows("Written:")
    assert _settings(tmp_path).read_text() == (program.home / "jjm.toml").read_text()


@pytest.mark.parametrize("back", ["escape", "ctrl+q", "n"])
async def test_every_way_back_goes_one_step_and_answers_stay(tmp_path: Path, back: str) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, "custom")
        await _type(on, "/no/such/program --flag")
        await _type(on, "file:/somewhere")
        await on.shows("It does not work yet.")
        await on.press("enter")
        await on.shows("Write it?")
        for heading in ("Does it work?", "Where is your Jules API key?", "Which command or address?", "Which server?"):
            await on.press("escape" if back == "n" and heading != "Does it work?" else back)
            await on.shows(heading)
            fields = on.app.screen.query(Input)
            if fields:
                assert fields.first().value in ("file:/somewhere", "/no/such/program --flag")
        await on.press("q" if back == "ctrl+q" else "escape")
        assert isinstance(on.app.screen, MainScreen)
    assert not _settings(tmp_path).exists()


async def test_key_itself_is_refused_cleared_away_and_never_shown_or_written(tmp_path: Path) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, "rest")
        await on.shows("(not set here)")
        await _type(on, _KEY)
        await _says(on, "the key itself must not be given here")
        assert on.app.screen.query_one(Input).value == ""
        assert _KEY not in on.text
        assert _KEY not in on.picture()
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(_KEY.encode() in content for content in kept)


@pytest.mark.parametrize(
    ("preset", "answer", "words"),
    [
        ("browser", "/no/such/index.js", "There is no file /no/such/index.js."),
        ("custom", "node 'open", "The command line cannot be split"),
        ("custom", "   ", "It is needed to go on."),
        ("rest", "none", "the key itself must not be given here"),
    ],
)
async def test_wrong_answer_says_why_and_stays_at_the_question(
    tmp_path: Path, preset: str, answer: str, words: str
) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, preset)
        await _type(on, answer)
        await _says(on, words)
        await on.shows("step 2 of")


async def test_command_that_is_pasted_with_more_lines_says_what_was_left_out(tmp_path: Path) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, "custom")
        await on.paste("node server.js\n--verbose\n")
        await on.shows("Only the first line was taken; 1 more was left out.")
        assert "node server.js" in on.text


async def test_address_asks_for_no_key(tmp_path: Path) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, "custom")
        await _type(on, "http://127.0.0.1:1/mcp")
        await on.shows("Does it work?")
        await on.shows("It does not work yet.")
        await on.press("enter", "y")
        await on.shows("Written:")
    assert tomllib.loads(_settings(tmp_path).read_text())["server"]["url"] == "http://127.0.0.1:1/mcp"


async def test_trial_with_a_warning_says_what_to_look_at_instead_of_that_it_works(tmp_path: Path) -> None:
    async with _first_run(tmp_path, size=(100, 30)) as on:
        await _choose(on, "custom")
        await _type(on, f"{_SIMULATOR} --dialect browser")
        await _type(on, "none")
        await on.shows("It answers. Look at ")
        await _says(on, "account")
        await _says(on, "whether you are signed in shows only when a task is opened")
        assert "It works" not in on.text


async def test_failed_trial_says_what_to_do_and_can_be_repeated(tmp_path: Path) -> None:
    program = tmp_path / "server"
    async with _first_run(tmp_path) as on:
        await _choose(on, "custom")
        await _type(on, str(program))
        await _type(on, "none")
        await on.shows("It does not work yet.")
        await on.shows("What to do: Install it")
        program.write_text(f"#!/bin/sh\nexec {_SIMULATOR}\n")
        program.chmod(0o755)
        await on.press("ctrl+r")
        await on.shows("It works.")


async def test_going_on_after_a_failed_trial_ends_with_what_is_left_to_do_and_how_to_try_again(
    tmp_path: Path,
) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, "rest")
        await _type(on, "env:JULES_API_KEY")
        await on.shows("It does not work yet.")
        await on.press("enter", "y")
        await on.shows("Written, but it does not work yet")
        await _says(on, "JULES_API_KEY is not set")
        await _says(on, "Left to do: Get a key on the settings page of jules.google.com")
        assert "Ready" not in on.text
        assert "within a few seconds" not in on.text
        assert "ctrl+r try again" in on.text
        await on.press("ctrl+r")
        await on.shows("Does it work?")


async def test_trial_that_hangs_is_stopped_by_escape_and_leaves_no_process(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    script = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    async with _first_run(tmp_path) as on:
        await _choose(on, "custom")
        await _type(on, f'{sys.executable} -c "{script}"')
        await _type(on, "none")
        await on.until(lambda: mark.exists() and mark.read_text() != "")
        await on.shows("esc stop")
        await on.press("escape")
        await on.shows("Where is your Jules API key?")
        await on.until(lambda: not _is_alive(int(mark.read_text())))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_server_that_is_there_is_named_and_the_old_file_is_kept(tmp_path: Path) -> None:
    before = '# mine\n[server]\npreset = "rest"\ncall_timeout = 77.0\n[ui]\ntheme = "jjm-dark"\n'
    async with _first_run(tmp_path, config=before, configured=True) as on:
        on.app.open_screen("setup")
        await _choose(on, "custom")
        await _type(on, "/no/such/program")
        await _type(on, "none")
        await on.shows("It does not work yet.")
        await on.press("enter")
        await _says(on, "names a server already (preset rest)")
        await on.press("y")
        await _says(on, "The old file is now")
    assert (tmp_path / "home" / "jjm.toml.old-1").read_text() == before
    after = tomllib.loads(_settings(tmp_path).read_text())
    assert after["server"] == {"preset": "custom", "command": "/no/such/program", "args": [], "call_timeout": 77.0}
    assert after["ui"] == {"theme": "jjm-dark"}


async def test_profile_in_use_gets_the_server(tmp_path: Path) -> None:
    config = 'profile = "work"\n[profiles.work.server]\npreset = "rest"\n'
    async with _first_run(tmp_path, config=config) as on:
        await _choose(on, "custom")
        await _type(on, "/no/such/program")
        await _type(on, "none")
        await on.shows("It does not work yet.")
        await on.press("enter")
        await on.shows("[profiles.work.server]")
        await on.press("y")
        await on.shows("Written:")
    after = tomllib.loads(_settings(tmp_path).read_text())
    assert after["profiles"]["work"]["server"]["command"] == "/no/such/program"
    assert "server" not in after


async def test_file_that_cannot_be_written_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    async with _first_run(tmp_path) as on:
        await _choose(on, "custom")
        await _type(on, "/no/such/program")
        await _type(on, "none")
        await on.shows("It does not work yet.")
        await on.press("enter")
        (tmp_path / "home").rmdir() if (tmp_path / "home").exists() else None
        (tmp_path / "home").write_text("in the way")
        await on.press("y")
        await on.shows("Nothing was written.")


async def test_settings_that_are_being_written_can_neither_be_left_nor_written_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write, replace_server = threading.Event(), document.replace_server

    def replace_late(path: Path, values: Mapping[str, str], *, profile: str | None = None) -> Path | None:
        may_write.wait()
        return replace_server(path, values, profile=profile)

    monkeypatch.setattr(document, "replace_server", replace_late)
    async with _first_run(tmp_path, config='[server]\npreset = "rest"\n', configured=True) as on:
        on.app.open_screen("setup")
        await _choose(on, "custom")
        await _type(on, "/no/such/program")
        await _type(on, "none")
        await on.shows("It does not work yet.")
        await on.press("enter")
        await on.shows("Write it?")
        try:
            for key in ("y", "y", "n", "escape", "q"):
                await on.press(key)
                assert "Write it?" in on.text
            assert "The settings are being written" in on.text
        finally:
            may_write.set()
        await _says(on, "The old file is now")
    assert not (tmp_path / "home" / "jjm.toml.old-2").exists()


async def test_file_that_could_not_be_written_is_left_or_written_again_as_before(tmp_path: Path) -> None:
    async with _first_run(tmp_path, config="[ui]\n") as on:
        await _choose(on, "custom")
        await _type(on, "/no/such/program")
        await _type(on, "none")
        await on.shows("It does not work yet.")
        await on.press("enter")
        _settings(tmp_path).write_text("[ui\n")
        await on.press("y")
        await on.shows("Nothing was written.")
        await on.press("escape")
        await on.shows("Does it work?")
        await on.shows("It does not work yet.")
        _settings(tmp_path).write_text("[ui]\n")
        await on.press("enter", "y")
        await on.shows("Written:")


async def test_nothing_is_started_again_while_something_is_being_sent(tmp_path: Path) -> None:
    async with _first_run(tmp_path) as on:
        assert on.app.engine is not None
        sending = asyncio.get_running_loop().create_future()
        on.app.engine.desk._running.add(sending)
        await on.pilot.press("home", "enter")
        on.app.engine.desk._running.discard(sending)
        await on.shows("Something is still being sent")
        assert on.app.return_code is None


def test_program_without_settings_goes_into_the_demo_and_leaves_properly(tmp_path: Path) -> None:
    with Program(tmp_path / "home").on_terminal(columns=90, rows=30) as terminal:
        terminal.wait_for("Which server?")
        terminal.type("\r")
        terminal.wait_for("Upgrade the ORM")
        terminal.type("q")
        assert terminal.finish() == 0
    assert not (tmp_path / "home" / "jjm.toml").exists()


async def test_small_terminal_shows_the_choice_and_the_field(tmp_path: Path) -> None:
    async with _first_run(tmp_path, size=(40, 12)) as on:
        await _choose(on, "rest")
        await on.shows("env:JULES_API_KEY")
        await on.shows("enter go on  esc back")
        await on.shows("…")


@pytest.mark.parametrize(("size", "theme"), [((80, 24), "dark"), ((100, 30), "light"), ((160, 45), "dark")])
async def test_set_up_looks_as_it_did(
    tmp_path: Path, svg: Callable[[str], SnapshotAssertion], size: tuple[int, int], theme: str
) -> None:
    name = f"{size[0]}x{size[1]}-{theme}"
    async with _first_run(tmp_path, size=size, settings={"ui.theme": f"jjm-{theme}"}) as on:
        await on.shows("Which server?")
        await on.press("down", "down")
        assert on.picture() == svg(f"choose-{name}")
        await on.press("enter")
        await on.shows("Where is your Jules API key?")
        assert on.picture() == svg(f"key-{name}")
        await on.press("escape", "end", "enter")
        await _type(on, "/no/such/program")
        await _type(on, "none")
        await on.shows("It does not work yet.")
        await on.settle()
        assert on.picture() == svg(f"test-{name}")
