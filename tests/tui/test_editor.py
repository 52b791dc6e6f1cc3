"""The person's own editor: found, given the terminal, its text taken back, nothing lost when it fails."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from jjm_tui.cli.exit_codes import ExitCode
from jjm_tui.services.drafting.joined_texts import split_texts
from jjm_tui.services.drafting.new_task import NewTask
from jjm_tui.store.draft_file import FileDrafts
from jjm_tui.tui.writing.editor import EditorError, find_editor, run_editor
from tests.cli.program import Program, Terminal
from tests.tui.stage import stage
from tests.tui.test_composer import WIDE, composer_of, write

ENVIRON = {"PATH": os.environ["PATH"]}


def script(folder: Path, lines: str, name: str = "editor") -> str:
    """A tiny editor: a shell script that gets the file as its last argument."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{lines}\n")
    path.chmod(0o755)
    return str(path)


async def edit(folder: Path, lines: str, text: str) -> str:
    return await run_editor([script(folder, lines)], text, ENVIRON)


async def written(pid: Path) -> None:
    """Wait until a process has written its number there."""
    with anyio.fail_after(60):
        while not (pid.exists() and pid.read_text().strip()):  # noqa: ASYNC110 - a file tells nobody
            await anyio.sleep(0.01)


def assert_is_gone(pid: Path) -> None:
    """The process that wrote its number there has ended."""
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


# finding it


def test_visual_goes_before_editor_and_arguments_are_kept(tmp_path: Path) -> None:
    one, two = script(tmp_path, "", "one"), script(tmp_path, "", "two")
    assert find_editor({"VISUAL": f"'{one}' --wait", "EDITOR": two}) == [one, "--wait"]
    assert find_editor({"VISUAL": " ", "EDITOR": two}) == [two]


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "Neither $VISUAL nor $EDITOR is set"),
        (
            {"EDITOR": "no-such-editor-anywhere -w"},
            "Start jjm with another $EDITOR; this one was not found: no-such-editor-anywhere -w",
        ),
        ({"VISUAL": "vi 'half"}, "Check the quotes of $VISUAL, it is not a command: vi 'half"),
        ({"EDITOR": "\x1b]0;owned\x07evil"}, "Start jjm with another $EDITOR; this one was not found: evil"),
    ],
)
def test_missing_editor_is_told_in_one_sentence(environ: dict[str, str], words: str) -> None:
    with pytest.raises(EditorError) as caught:
        find_editor({**ENVIRON, **environ})
    assert caught.value.message.startswith(words)
    assert "\n" not in caught.value.message


# running it


async def test_text_goes_to_the_editor_and_comes_back(tmp_path: Path) -> None:
    assert await edit(tmp_path, 'echo "more" >> "$1"', "first\n") == "first\nmore\n"


async def test_line_break_that_the_editor_adds_is_no_change(tmp_path: Path) -> None:
    assert await edit(tmp_path, 'printf "%s\\n" "$(cat "$1")" > "$1"', "first") == "first"


async def test_file_is_private_and_removed_with_everything_beside_it(tmp_path: Path) -> None:
    told = tmp_path / "told"
    await edit(
        tmp_path, f'touch "$1~"; echo "$1" > {told}; ls -ldn "$1" >> {told}; ls -ldn "${{1%/*}}" >> {told}', "secret"
    )
    path, file_mode, folder_mode = told.read_text().splitlines()
    assert file_mode.startswith("-rw-------")
    assert folder_mode.startswith("drwx------")
    assert not Path(path).parent.exists()


async def test_failing_editor_leaves_the_text_and_tells_what_it_had_saved(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match="ended with code 3") as caught:
        await edit(tmp_path, 'echo "half" > "$1"; exit 3', "before")
    assert caught.value.saved == "half"
    with pytest.raises(EditorError) as caught:
        await edit(tmp_path, "exit 1", "before")
    assert caught.value.saved is None


async def test_killed_editor_is_told(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match="ended by signal 9"):
        await edit(tmp_path, "kill -9 $$", "before")


async def test_editor_that_removes_the_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(EditorError, match="could not be used"):
        await edit(tmp_path, 'rm "$1"', "before")


async def test_bytes_that_are_no_text_become_visible(tmp_path: Path) -> None:
    assert await edit(tmp_path, 'printf "a\\377b" > "$1"', "before") == "a�b"


async def test_ending_the_program_ends_the_editor_and_rescues_what_it_saved(tmp_path: Path) -> None:
    rescued: list[str] = []
    pid = tmp_path / "pid"
    command = [script(tmp_path, f'echo "half" > "$1"; echo $$ > {pid}; trap "" TERM; while :; do sleep 0.05; done')]
    running = asyncio.create_task(run_editor(command, "before", ENVIRON, rescued.append))
    await written(pid)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert rescued == ["half"]
    assert_is_gone(pid)


async def test_ending_the_program_is_no_failure_of_an_editor_that_removed_the_file(tmp_path: Path) -> None:
    rescued: list[str] = []
    pid = tmp_path / "pid"
    command = [script(tmp_path, f'rm "$1"; echo $$ > {pid}; while :; do sleep 0.05; done')]
    running = asyncio.create_task(run_editor(command, "before", ENVIRON, rescued.append))
    await written(pid)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not rescued


# in the dashboard


async def test_without_an_editor_the_composer_says_so_and_keeps_the_text(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await write(on, "mine")
        await on.press("ctrl+g")
        await on.shows("Neither $VISUAL nor $EDITOR is set")
        assert composer_of(on).text == "mine"


async def test_terminal_that_cannot_be_handed_over_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        on.app.launch.environ.update({**ENVIRON, "EDITOR": "true"})  # type: ignore[attr-defined]
        await write(on, "mine")
        await on.press("ctrl+g")
        await on.shows("cannot be handed to an editor")
        assert composer_of(on).text == "mine"


async def test_emacs_preset_opens_the_editor_with_f2(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE, settings={"keys.preset": "emacs"}) as on:
        await write(on, "mine")
        await on.press("f2")
        await on.shows("Neither $VISUAL nor $EDITOR is set")


def drafts_in(home: Path) -> list[str]:
    paths = list(home.rglob("drafts.json"))

    async def read() -> list[str]:
        texts = []
        for path in paths:
            store = FileDrafts(path)
            texts += [await store.get(key) or "" for key in await store.list_keys()]
        return texts

    return asyncio.run(read())


OPEN_FOR_EVER = 'echo "EDITOR IS OPEN"; while :; do sleep 0.1; done'


@contextmanager
def opened(folder: Path, editor: str) -> Iterator[Terminal]:
    """The real program on a real terminal."""
    command = script(folder, editor)
    program = Program(folder / "home", folder / "world.json", extra_environ={"EDITOR": command})
    with program.on_terminal(columns=120, rows=30) as terminal:
        terminal.wait_for("NEEDS YOU")
        yield terminal


@contextmanager
def typing(folder: Path, editor: str) -> Iterator[Terminal]:
    """The same, with a text typed into its composer."""
    with opened(folder, editor) as terminal:
        terminal.type("m")
        terminal.wait_for("ctrl+s send")
        terminal.type("from the dashboard")
        yield terminal


def test_real_terminal_is_handed_to_the_editor_and_taken_back(tmp_path: Path) -> None:
    with typing(tmp_path, 'printf "EDITOR HAS: "; cat "$1"; read answer; echo " and $answer" >> "$1"') as terminal:
        terminal.wait_for("draft kept")
        terminal.type("\x07")
        terminal.wait_for("EDITOR HAS: from the dashboard")
        terminal.type("back\r")
        terminal.wait_for("dashboard and back")
        terminal.type("!")
        terminal.wait_for("back!")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    assert drafts_in(tmp_path / "home") == ["from the dashboard and back!"]


def test_ctrl_c_in_the_editor_ends_only_the_editor(tmp_path: Path) -> None:
    with typing(tmp_path, 'echo "EDITOR IS OPEN"; read answer') as terminal:
        terminal.type("\x07")
        terminal.wait_for("EDITOR IS OPEN")
        terminal.type("\x03")
        terminal.wait_for("The editor ended")
        assert terminal.process.poll() is None
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    assert drafts_in(tmp_path / "home") == ["from the dashboard"]


def test_ctrl_z_in_the_editor_of_a_program_that_no_shell_waits_for_stops_nothing(tmp_path: Path) -> None:
    with typing(tmp_path, 'echo "EDITOR IS OPEN"; read answer; echo " and $answer" >> "$1"') as terminal:
        terminal.type("\x07")
        terminal.wait_for("EDITOR IS OPEN")
        terminal.type("\x1aback\r")
        terminal.wait_for("dashboard and back")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED


@pytest.mark.parametrize("trap", ["", 'trap "" TERM; '], ids=["obeys", "ignores"])
def test_sigterm_while_the_editor_is_open_keeps_what_it_saved_and_leaves_nothing_running(
    tmp_path: Path, trap: str
) -> None:
    pid = tmp_path / "pid"
    with typing(tmp_path, f'{trap}echo " and saved" >> "$1"; echo $$ > {pid}; {OPEN_FOR_EVER}') as terminal:
        terminal.type("\x07")
        terminal.wait_for("EDITOR IS OPEN")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    assert drafts_in(tmp_path / "home") == ["from the dashboard and saved"]
    assert_is_gone(pid)


def test_sigterm_while_the_editor_has_the_description_of_a_new_task_keeps_the_form_with_what_it_saved(
    tmp_path: Path,
) -> None:
    pid = tmp_path / "pid"
    with opened(tmp_path, f'trap "" TERM; echo "A haiku" > "$1"; echo $$ > {pid}; {OPEN_FOR_EVER}') as terminal:
        terminal.type("c")
        terminal.wait_for("nothing filled in")
        terminal.type("acme/webapp\x07")
        terminal.wait_for("EDITOR IS OPEN")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    (kept,) = map(NewTask.read, drafts_in(tmp_path / "home"))
    assert (kept.repository, kept.description) == ("acme/webapp", "A haiku")
    assert_is_gone(pid)


@contextmanager
def typing_to_many(folder: Path, editor: str) -> Iterator[Terminal]:
    """The same, with a text typed to marked tasks."""
    with opened(folder, editor) as terminal:
        terminal.type(" M")
        terminal.wait_for("Write to all of them")
        terminal.type("to all")
        terminal.wait_for("to all")
        yield terminal


def test_message_to_many_is_written_in_the_editor(tmp_path: Path) -> None:
    with typing_to_many(tmp_path, 'printf "EDITOR HAS: "; cat "$1"; read answer; echo " $answer" >> "$1"') as terminal:
        terminal.type("\x07")
        terminal.wait_for("EDITOR HAS: to all")
        terminal.type("of them\r")
        terminal.wait_for("to all of them")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    assert drafts_in(tmp_path / "home") == ["to all of them"]


def test_message_to_many_keeps_what_an_editor_saved_that_failed(tmp_path: Path) -> None:
    with typing_to_many(tmp_path, 'echo "anew" > "$1"; exit 3') as terminal:
        terminal.type("\x07")
        terminal.wait_for("The editor ended with code 3")
        terminal.wait_for("saved by the editor")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    (kept,) = drafts_in(tmp_path / "home")
    assert split_texts(kept) == ["to all", "anew"]


def test_sigterm_while_the_editor_has_a_message_to_many_keeps_what_it_saved(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    with typing_to_many(tmp_path, f'echo "anew" > "$1"; echo $$ > {pid}; {OPEN_FOR_EVER}') as terminal:
        terminal.type("\x07")
        terminal.wait_for("EDITOR IS OPEN")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    assert drafts_in(tmp_path / "home") == ["anew"]
    assert_is_gone(pid)


async def test_text_that_is_counted_or_sent_is_not_given_to_the_editor(tmp_path: Path) -> None:
    async with stage(tmp_path, size=WIDE) as on:
        await on.press("*", "M", *"to all", "ctrl+s")
        await on.shows("type how many")
        await on.press("ctrl+g")
        await on.shows("The text cannot be changed now.")


def test_text_just_typed_survives_sigterm(tmp_path: Path) -> None:
    with typing(tmp_path, "true") as terminal:
        terminal.wait_for("dashboard")
        os.kill(terminal.process.pid, signal.SIGTERM)
        assert terminal.finish() == ExitCode.INTERRUPTED
    assert drafts_in(tmp_path / "home") == ["from the dashboard"]


def test_text_that_is_told_to_be_kept_survives_kill(tmp_path: Path) -> None:
    with typing(tmp_path, "true") as terminal:
        terminal.wait_for("draft kept")
        os.killpg(terminal.process.pid, signal.SIGKILL)
        terminal.finish()
    (kept,) = drafts_in(tmp_path / "home")
    assert kept
    assert "from the dashboard".startswith(kept)
