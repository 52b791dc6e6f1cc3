"""Telling the person: what is told, once, by which way; that nothing foreign can steer a terminal or a program."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Task
from jjm_tui.services.board import Board
from jjm_tui.services.notifier import Announcement
from jjm_tui.settings import load_settings
from jjm_tui.store.leadership import FileLeadership
from jjm_tui.tui.notices.channels import (
    BellChannel,
    ChannelError,
    OscChannel,
    ProgramChannel,
    find_desktop_channel,
    osc_sequence,
    own_command,
)
from jjm_tui.tui.notices.notifying import Notifying, make_channels, notifying_for
from jjm_tui.tui.notices.terminal_title import TerminalTitle
from jjm_tui.tui.notices.told_file import ToldFile
from tests.services.workbench import HandClock
from tests.tui.stage import stage

_NASTY = "a;b \x1b]0;pwned\x07 \x1b\\ \x9c [red]x[/red] \u202e<b>bold</b> -x \x07 \n second line"


class Desk:
    """A person's desk: what they see and hear of one dashboard."""

    def __init__(self, folder: Path, *, name: str = "one", **settings: Any) -> None:
        overrides = {f"notifications.{key}": value for key, value in settings.items()}
        self.settings = load_settings(environ={}, overrides=overrides, use_file=False).settings.notifications
        self.clock = HandClock()
        self.board = Board()
        self.toasts: list[tuple[str, str, str]] = []
        self.rings: list[float] = []
        self.lead = FileLeadership(folder / "announcer.lock")
        self.notifying = Notifying(
            self.settings,
            self.board,
            self.clock,
            lambda text, title, severity: self.toasts.append((title, text, severity)),
            channels=[BellChannel(lambda: self.rings.append(self.clock.monotonic()))],
            leads=self.lead.try_lead,
            told=ToldFile(folder / "announced.json"),
            jump_key=lambda: "n",
        )

    def change(self, task_id: str, to: str, **fields: Any) -> TaskEvent:
        """A task goes into another status, on the board too."""
        fields.setdefault("title", f"Title of {task_id}")
        self.board.apply({task_id: Task(task_id, status=TaskStatus(to), **fields)})
        return TaskEvent(EventType.STATUS_CHANGED, self.clock.now(), task_id, {"from": "in_progress", "to": to})

    async def tick(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.notifying.tick()
        await asyncio.gather(*self.notifying._running)


async def test_transition_is_told_once_with_the_task_and_the_key_to_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.notifying.happened([desk.change("1", "waiting_approval")])
    assert desk.toasts == [("Needs you", "Title of 1 waits for approval\nn goes to what needs you", "warning")]
    assert len(desk.rings) == 1
    await desk.notifying.happened([desk.change("1", "in_progress")])
    assert len(desk.toasts) == len(desk.rings) == 1


@pytest.mark.parametrize(
    ("to", "title", "severity"),
    [
        ("failed", "Failed", "error"),
        ("completed", "Finished", "information"),
        ("waiting_feedback", "Needs you", "warning"),
    ],
)
async def test_toast_says_what_kind_of_news_it_is(tmp_path: Path, to: str, title: str, severity: str) -> None:
    desk = Desk(tmp_path)
    await desk.notifying.happened([desk.change("1", to)])
    assert [(toast[0], toast[2]) for toast in desk.toasts] == [(title, severity)]


async def test_burst_is_summed_up_and_the_next_ones_wait_for_their_turn(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.notifying.happened([desk.change(task_id, "failed") for task_id in "abcde"])
    assert "and 2 more" in desk.toasts[0][1]
    for task_id in "fgh":
        await desk.notifying.happened([desk.change(task_id, "completed")])
    await desk.tick(5)
    assert (len(desk.toasts), len(desk.rings)) == (4, 1)
    await desk.tick(6)
    await desk.tick(60)
    assert len(desk.rings) == 2


async def test_only_the_dashboard_with_the_lock_tells_the_world_outside(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    for number in range(3):
        for desk in (one, other):
            desk.clock.advance(20)
            await desk.notifying.happened([desk.change(str(number), "failed")])
    assert (len(one.rings), len(other.rings)) == (3, 0)
    assert len(one.toasts) == len(other.toasts) == 3
    one.lead.resign()
    other.clock.advance(20)
    await other.notifying.happened([other.change("9", "failed")])
    assert len(other.rings) == 1


async def test_what_was_told_is_not_told_again_by_the_next_dashboard(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    event = one.change("1", "failed")
    await one.notifying.happened([event])
    one.lead.resign()
    other.board.apply(one.board.tasks)
    await other.notifying.happened([event])
    assert (len(one.rings), len(other.rings)) == (1, 0)
    later = TaskEvent(event.type, event.at + timedelta(hours=1), "1", event.data)
    await other.notifying.happened([later])
    assert len(other.rings) in (0, 1)
    await other.tick(20)
    assert len(other.rings) == 1


async def test_what_the_leading_dashboard_had_no_time_to_tell_is_told_by_the_other(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    for task_id in ("1", "2"):
        event = one.change(task_id, "failed")
        other.board.apply(one.board.tasks)
        for desk in (one, other):
            await desk.notifying.happened([event])
    assert (len(one.rings), len(other.rings)) == (1, 0)
    one.lead.resign()
    await other.tick(1)
    assert len(other.rings) == 1
    assert json.loads((tmp_path / "announced.json").read_text())[-1].startswith("2 ")


async def test_dashboard_that_takes_over_does_not_tell_what_is_long_past(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    event = one.change("1", "failed")
    assert one.lead.try_lead()
    other.board.apply(one.board.tasks)
    await other.notifying.happened([event])
    await other.tick(100)
    one.lead.resign()
    await other.tick(1)
    assert other.rings == []


async def test_dashboard_that_takes_over_tells_the_next_change_at_once(tmp_path: Path) -> None:
    one, other = Desk(tmp_path), Desk(tmp_path)
    event = one.change("1", "failed")
    await one.notifying.happened([event])
    one.lead.resign()
    other.board.apply(one.board.tasks)
    await other.notifying.happened([event])
    assert other.rings == []
    await other.notifying.happened([other.change("2", "failed")])
    assert len(other.rings) == 1


async def test_what_is_no_longer_so_is_not_told_later(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.notifying.happened([desk.change("1", "failed")])
    await desk.notifying.happened([desk.change("2", "waiting_approval"), desk.change("3", "waiting_approval")])
    await desk.notifying.happened([desk.change("2", "in_progress")])
    assert len(desk.rings) == 1
    await desk.tick(11)
    assert len(desk.rings) == 2
    told = json.loads((tmp_path / "announced.json").read_text())
    assert [line.split()[0] for line in told] == ["1", "3"]


async def test_damaged_or_unwritable_memory_of_what_was_told_stops_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "announced.json").write_text("{")
    await desk.notifying.happened([desk.change("1", "failed")])
    assert json.loads((tmp_path / "announced.json").read_text())
    lost = ToldFile(tmp_path / "announced.json" / "below" / "a-file")
    events = [desk.change("2", "failed")]
    assert lost.take(events) == events
    assert lost.take(events) == []


async def test_quiet_hours_snooze_archive_and_reasons_are_honoured(tmp_path: Path) -> None:
    desk = Desk(tmp_path, reasons=("failure",))
    later = desk.clock.now() + timedelta(hours=1)
    await desk.notifying.happened(
        [
            desk.change("1", "failed", snoozed_until=later),
            desk.change("2", "failed", archived=True),
            desk.change("3", "failed", archived_on_server=True),
            desk.change("4", "completed"),
        ]
    )
    assert desk.toasts == []
    local = desk.clock.now().astimezone()
    span = f"{local - timedelta(hours=1):%H:%M}-{local + timedelta(hours=1):%H:%M}"
    quiet = Desk(tmp_path, quiet_hours=span)
    await quiet.notifying.happened([quiet.change("1", "failed")])
    assert (quiet.toasts, quiet.rings) == ([], [])


async def test_new_task_that_the_board_does_not_know_yet_is_waited_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    event = TaskEvent(EventType.TASK_DISCOVERED, desk.clock.now(), "new", {"status": "waiting_approval"})
    telling = asyncio.create_task(desk.notifying.happened([event]))
    await asyncio.sleep(0)
    assert desk.toasts == []
    desk.board.apply({"new": Task("new", title="Brand new", status=TaskStatus.WAITING_APPROVAL)})
    await telling
    assert "Brand new waits for approval" in desk.toasts[0][1]


async def test_words_of_the_agent_are_told_only_when_the_person_wants_it(tmp_path: Path) -> None:
    chat = (ChatMessage("Which database\nshall I use?", "jules"), ChatMessage("mine", "user"))
    for agent_text in (False, True):
        desk = Desk(tmp_path / str(agent_text), agent_text=agent_text)
        told: list[Announcement] = []

        class Ear:
            async def send(self, announcement: Announcement, told: list[Announcement] = told) -> None:
                told.append(announcement)

        desk.notifying._channels = [Ear()]
        await desk.notifying.happened([desk.change("1", "waiting_feedback", chat_history=chat)])
        assert ("Which database shall I use?" in told[0].body) is agent_text
        assert "database" not in desk.toasts[0][1]


# channels


@pytest.mark.parametrize(
    ("environ", "begins"),
    [
        ({"KITTY_WINDOW_ID": "1"}, "\x1b]99;"),
        ({"TERM": "xterm-kitty"}, "\x1b]99;"),
        ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;"),
        ({"LC_TERMINAL": "iTerm2", "SSH_CONNECTION": "a b"}, "\x1b]9;"),
        ({"TERM_PROGRAM": "ghostty"}, "\x1b]9;"),
        ({"TERM_PROGRAM": "tmux", "WEZTERM_PANE": "0", "TMUX": "/tmp/t"}, "\x1bPtmux;\x1b\x1b]9;"),
        ({"TERM": "foot"}, "\x1b]777;notify;"),
        ({"VTE_VERSION": "7600"}, "\x1b]777;notify;"),
    ],
)
async def test_terminal_is_told_in_its_own_way(environ: Mapping[str, str], begins: str) -> None:
    written: list[str] = []
    channel = find_desktop_channel(written.append, environ, find=lambda _: None, platform="linux")
    assert channel is not None
    await channel.send(Announcement("Jules: 1 task", "Fix it failed", ("1",)))
    assert written[0].startswith(begins)
    assert written[0].endswith("\x1b\\")


@pytest.mark.parametrize(
    ("environ", "platform", "program"),
    [
        ({"DISPLAY": ":0", "VTE_VERSION": "7600"}, "linux", "notify-send"),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", "notify-send"),
        ({}, "darwin", "terminal-notifier"),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", None),
        ({}, "linux", None),
    ],
)
def test_system_is_told_by_its_program_but_never_over_ssh(
    environ: Mapping[str, str], platform: str, program: str | None
) -> None:
    channel = find_desktop_channel(lambda _: None, environ, find=lambda name: f"/bin/{name}", platform=platform)
    if program is None:
        assert channel is None
    else:
        assert isinstance(channel, ProgramChannel)
        argv = channel.command(Announcement("Jules: 1 task", "-- [x] <b>", ("1",)))
        assert argv[0] == f"/bin/{program}"
        assert "<b>" not in argv[-1] or program != "notify-send"


def test_osascript_gets_texts_as_arguments_and_not_as_script() -> None:
    def find(name: str) -> str | None:
        return "/bin/osascript" if name == "osascript" else None

    channel = find_desktop_channel(lambda _: None, {}, find=find, platform="darwin")
    assert isinstance(channel, ProgramChannel)
    argv = list(channel.command(Announcement("Jules", '" & do shell script "x', ("1",))))
    assert argv[-1] == '" & do shell script "x'
    assert not any("do shell" in word for word in argv[:-1])


@given(title=st.text(), body=st.text())
@pytest.mark.parametrize("osc", ["9", "99", "777"])
def test_no_text_ends_a_sequence_or_adds_a_field(osc: Any, title: str, body: str) -> None:
    for text in (osc_sequence(osc, title, body), osc_sequence(osc, _NASTY + title, _NASTY + body)):
        inner = re.fullmatch(r"(?:\x1b\][^\x1b\x07\x9c]*\x1b\\)+", text)
        assert inner is not None
        assert not re.search(r"[\x00-\x1a\x1c-\x1f\x7f-\x9f]", text)
        assert {part.count(";") for part in text.split("\x1b\\")[:-1]} <= {1, 2, 3}
        assert text.count(";") == {"9": 1, "99": 4, "777": 3}[osc]


def test_kitty_gets_its_texts_encoded() -> None:
    parts = osc_sequence("99", "Jules: 1 task", "Grüße").split("\x1b\\")
    assert base64.b64decode(parts[1].rpartition(";")[2]).decode() == "Grüße"


async def test_command_gets_the_text_and_the_ids_and_no_shell(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    script = "import json, os, sys; json.dump([sys.argv[1:], {k: v for k, v in os.environ.items() if 'JJM' in k}], open(sys.argv[1], 'w'))"  # noqa: E501
    channel = ProgramChannel(own_command([sys.executable, "-c", script, str(out)]), dict(os.environ))
    await channel.send(Announcement("Jules: 2 tasks", "`touch x` $(id) ; failed", ("1", "2")))
    argv, environ = json.loads(out.read_text())
    assert argv[1:] == ["Jules: 2 tasks\n`touch x` $(id) ; failed"]
    assert environ["JJM_COUNT"] == "2"
    assert environ["JJM_TASK_IDS"] == "1 2"
    assert environ["JJM_TITLE"] == "Jules: 2 tasks"


async def test_program_is_ended_with_its_children_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    script = f"exec > {pipe}; sleep 60 & echo up; wait; #"
    channel = ProgramChannel(own_command(["sh", "-c", script]), dict(os.environ))
    sending = asyncio.create_task(channel.send(Announcement("Jules", "x", ("1",))))
    await _until(lambda: _read(reader) == b"up\n")
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    await _until(lambda: _read(reader) == b"")
    os.close(reader)


def _read(descriptor: int) -> bytes | None:
    """What was written; nothing at all when nobody could write any more, ``None`` when somebody still could."""
    try:
        return os.read(descriptor, 100)
    except BlockingIOError:
        return None


async def _until(condition: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not condition():  # noqa: ASYNC110 - a pipe and a process tell nobody
            await anyio.sleep(0.01)


async def test_command_that_fails_hangs_or_is_missing_is_told_once(tmp_path: Path) -> None:
    environ = dict(os.environ)
    told = Announcement("Jules", "x", ("1",))
    with pytest.raises(ChannelError, match="could not be started"):
        await ProgramChannel(own_command(["/no/such/program"]), environ).send(told)
    with pytest.raises(ChannelError, match="ended with code 3"):
        await ProgramChannel(own_command(["sh", "-c", "exit 3"]), environ).send(told)
    with pytest.raises(ChannelError, match="and was ended"):
        await ProgramChannel(own_command(["sh", "-c", "sleep 60"]), environ, timeout=0.02).send(told)
    desk = Desk(tmp_path)
    desk.notifying._channels = [ProgramChannel(own_command(["/no/such/program"]), environ)]
    for number in range(2):
        desk.clock.advance(20)
        await desk.notifying.happened([desk.change(str(number), "failed")])
    assert [title for title, *_ in desk.toasts] == ["Failed", "Notifications", "Failed"]


def test_channels_are_those_of_the_settings() -> None:
    def made(environ: Mapping[str, str], **settings: Any) -> tuple[list[str], bool]:
        overrides = {f"notifications.{key}": value for key, value in settings.items()}
        notifications = load_settings(environ={}, overrides=overrides, use_file=False).settings.notifications
        channels, remark = make_channels(notifications, lambda _: None, lambda: None, environ)
        return [type(channel).__name__ for channel in channels], remark is not None

    assert made({}) == ([], False)
    assert made({}, bell=True, command=("x",)) == (["BellChannel", "ProgramChannel"], False)
    assert made({"TERM": "foot"}, desktop=True) == ([OscChannel.__name__], False)
    assert made({"SSH_TTY": "x"}, desktop=True) == ([], True)


# the terminal's title


def test_title_tells_the_count_and_comes_back() -> None:
    written: list[str] = []
    title = TerminalTitle(written.append)
    title.restore(written.append)
    assert written == []
    for count in (4, 4, 0):
        title.show(count)
    title.restore(written.append)
    title.restore(written.append)
    assert written == ["\x1b[22;2t\x1b]2;jjm ● 4\x07", "\x1b]2;jjm\x07", "\x1b]2;\x07\x1b[23;2t"]


async def test_foreign_title_in_a_toast_is_harmless(tmp_path: Path) -> None:
    async with stage(tmp_path, tasks=0) as on:
        notifying = notifying_for(on.app)
        on.board.apply({"1": Task("1", title=_NASTY, status=TaskStatus.FAILED)})
        await notifying.happened([TaskEvent(EventType.STATUS_CHANGED, on.now, "1", {"to": "failed"})])
        notifying.show_count(3)
        await on.shows("[red]x[/red]")
        await on.shows("n goes to what needs you")
        assert "\x1b" not in on.text
        await notifying.close()
