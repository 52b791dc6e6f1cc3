"""Slips of a new user: each is told by its own name, with the word that was meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.parser import COMMANDS, parse
from jjm_tui.cli.values import moment_after, moment_before

WRONG = [
    (["create", "Fix it"], "Not understood: Fix it.", "--description"),
    (["create", "--repo", "a/b", "-d", "x"], "Not understood: -d.", "jjm create --help"),
    (["create", "--repo", "a/b", "--desc", "x"], "Not understood: --desc.", "Did you mean --description?"),
    (["create", "--template", "nope"], "Not understood: --template.", "jjm create --help"),
    (["create", "--repo", "a/b", "--description", "x", "--yes"], "Not understood: --yes.", "takes no --yes"),
    (["list", "--statsu", "failed"], "Not understood: --statsu.", "Did you mean --status?"),
    (["outbox", "resend", "01J9", "--force"], "Not understood: --force.", "jjm outbox resend --help"),
    (["simulator", "--task", "3"], "Not understood: --task.", "Did you mean --tasks?"),
    (["list", "--jsonl"], "jjm list takes no --jsonl.", "--json gives one document. Lines of JSON: jjm monitor"),
    (["--jsonl", "outbox", "list"], "jjm outbox list takes no --jsonl.", "jjm events --jsonl"),
    (["--jsonx", "list"], "Not understood: --jsonx.", "jjm --help"),
    (["server", "get"], "There is no command 'server get'; there are tools, call,", "jjm server --help"),
    (["config", "pth"], "There is no command 'config pth'", "jjm config path"),
    (["get", "abcd", "efgh"], "jjm get takes one task only. Not understood: efgh.", "jjm get --help"),
    (["message", "abcd", "Use", "the", "API"], "Not understood: the API.", "in quotes"),
    (["list", "--status", "waiting_aproval"], "--status does not know", "jjm list --help"),
    (["simulator", "--speed", "fast"], "--speed wants a number from 0 to 1000000, not 'fast'.", "jjm simulator --help"),
    (["simulator", "--tasks", "x"], "--tasks wants a whole number from 0 to 1000000, not 'x'.", "jjm simulator --help"),
    (["simulator", "--seed", "x"], "--seed wants a whole number, not 'x'.", "jjm simulator --help"),
    (["simulator", "--http", "99999"], "--http wants a port from 0 to 65535, not '99999'.", "jjm simulator --help"),
]


@pytest.mark.parametrize(("words", "sentence", "hint"), WRONG, ids=[" ".join(words) for words, _, _ in WRONG])
def test_slip_is_told_by_its_own_name(words: list[str], sentence: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert caught.value.message.startswith(sentence)
    assert caught.value.hint is not None
    assert hint in caught.value.hint


def test_lines_of_json_come_from_the_commands_that_the_slip_names() -> None:
    leaves = [leaf for command in COMMANDS for leaf in (command, *command.subcommands)]
    assert {leaf.name for leaf in leaves if leaf.jsonl} == {"monitor", "events"}


@pytest.mark.parametrize("command", ["archive", "unarchive", "snooze", "seen", "message"])
def test_yes_is_taken_only_where_something_is_asked(command: str) -> None:
    with pytest.raises(UsageError, match="Not understood: --yes"):
        parse([command, "31415926", *(["hi"] if command == "message" else []), "--yes"])


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["list", "--status", "waiting_aproval"], "Did you mean waiting_approval?"),
        (["monitor", "--until", "completd"], "Did you mean completed?"),
        (["events", "--type", "status_change"], "Did you mean status_changed?"),
        (["list", "--status", "needs-me"], "--filter is:needs-me"),
    ],
)
def test_word_that_is_nearly_right_gets_the_right_one(words: list[str], meant: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(words)
    assert meant in caught.value.message


@pytest.mark.parametrize("words", [["--filter", "-is:needs-me"], ["--filter=-is:needs-me"]])
def test_filter_may_begin_with_a_dash(words: list[str]) -> None:
    assert parse(["list", *words, "--json"]).filter == "-is:needs-me"


def test_text_that_begins_with_a_dash_is_still_text() -> None:
    assert parse(["message", "31415926", "- do this"]).text == "- do this"
    assert parse(["message", "31415926", "--", "--verbatim"]).text == "--verbatim"
    assert parse(["create", "--description", "-1"]).description == "-1"
    assert parse(["list", "-vv"]).verbose == 2


def test_time_of_day_and_days_are_local_and_lie_ahead() -> None:
    local = datetime(2026, 11, 20, 12, 0).astimezone()
    now = local.astimezone(UTC)
    assert moment_after(now, "18:00").astimezone() == local.replace(hour=18)
    assert moment_after(now, "9:30").astimezone() == local.replace(day=21, hour=9, minute=30)
    assert moment_after(now, "tomorrow").astimezone() == local.replace(day=21, hour=0)
    assert moment_before(now, "18:00").astimezone() == local.replace(day=19, hour=18)
    assert moment_before(now, "yesterday").astimezone() == local.replace(day=19, hour=0)
