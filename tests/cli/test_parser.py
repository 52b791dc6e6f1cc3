"""What people mistype becomes one sentence and a hint, with exit code 2."""

from __future__ import annotations

import pytest

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.parser import COMMANDS, build_parser, parse
from tests.cli.program import Program

WRONG = [
    ("lst", "There is no command 'lst'.", "Did you mean: jjm list"),
    ("--config", "--config needs a value.", "See: jjm --help"),
    ("--demo-tasks x list", "--demo-tasks wants a whole number from 0 to 100000, not 'x'.", "See: jjm --help"),
    ("list --limit 0", "--limit wants a whole number from 1 to 1000000, not '0'.", "See: jjm list --help"),
    ("list --bogus", "Not understood: --bogus.", "See: jjm list --help"),
    ("list extra", "Not understood: extra.", "See: jjm list --help"),
    ("list --status open", "--status does not know the status 'open'; there are pending,", "See: jjm list --help"),
    ("list --log-level loud", "--log-level does not know 'loud'; there are debug,", "See: jjm list --help"),
    ("get", "Missing: TASK.", "See: jjm get --help"),
    ("get abcd --chat -1", "--chat", "See: jjm get --help"),
    (
        "create --approval maybe",
        "--approval does not know 'maybe'; there are required, auto.",
        "See: jjm create --help",
    ),
    ("create --description a --file b", "--file cannot go together with --description.", "See: jjm create --help"),
    ("create --parallel 0", "--parallel wants a whole number from 1 to 50, not '0'.", "See: jjm create --help"),
    ("message abcd", "Missing: TEXT.", "See: jjm message --help"),
    ("resume", "Missing: TASK.", "See: jjm resume --help"),
    ("outbox", "jjm outbox needs one of list, show, settle, resend, discard.", "See: jjm outbox --help"),
    ("outbox resend", "Missing: ID.", "See: jjm outbox resend --help"),
    ("outbox lst", "There is no command 'outbox lst'; there are list, show,", "Did you mean: jjm outbox list"),
    ("monitor --interval 0", "--interval wants seconds above 0", "See: jjm monitor --help"),
    ("monitor --interval nan", "--interval wants seconds above 0", "See: jjm monitor --help"),
    ("monitor --until soon", "--until does not know the status 'soon'", "See: jjm monitor --help"),
    ("monitor --until all", "--until does not know the status 'all'; there are pending,", "See: jjm monitor --help"),
    ("--store= list", "--store needs a value, and was given an empty one.", "See: jjm --help"),
    ("list --profile=", "--profile needs a value, and was given an empty one.", "See: jjm list --help"),
    ("list --repo=", "--repo wants a repository such as acme/webapp, or acme/*, not ''.", "See: jjm list --help"),
    ("export --repo=", "--repo wants a repository such as acme/webapp, or", "See: jjm export --help"),
    ("list --filter=", "--filter wants a filter such as is:needs-me, not ''.", "See: jjm list --help"),
    ("approve --all --filter=", "--filter wants a filter such as is:needs-me,", "See: jjm approve --help"),
    ("snooze abcd --for -5m", "--for wants a span with its unit, such as", "See: jjm snooze --help"),
    ("snooze abcd --for 2", "--for wants a span with its unit, such as 90s, 15m, 2h,", "See: jjm snooze --help"),
    ("monitor --timeout -1.5h", "--timeout wants seconds above 0, or a span such", "See: jjm monitor --help"),
    ("diff abcd --stat --apply", "--apply cannot go together with --stat.", "See: jjm diff --help"),
    ("events --type boom", "--type does not know the event 'boom'", "See: jjm events --help"),
    ("open", "Missing: TASK.", "See: jjm open --help"),
    ("archive", "Missing: TASK.", "See: jjm archive --help"),
    ("snooze abcd --for 2h --wake", "--wake cannot go together with --for.", "See: jjm snooze --help"),
    ("export --format xml", "--format does not know 'xml'; there are json,", "See: jjm export --help"),
    ("import", "Missing: FILE.", "See: jjm import --help"),
    ("server call", "Missing: TOOL.", "See: jjm server call --help"),
    ("store copy", "Missing: --to.", "See: jjm store copy --help"),
    ("config set a", "Missing: VALUE.", "See: jjm config set --help"),
    ("completion", "jjm completion needs one of bash, zsh, fish.", "See: jjm completion --help"),
    ("completion tcsh", "jjm completion does not know 'tcsh'; there are bash, zsh,", "See: jjm completion --help"),
    (
        "list --json --jsonl",
        "jjm list takes no --jsonl.",
        "--json gives one document. Lines of JSON: jjm monitor --jsonl, or jjm events --jsonl.",
    ),
    ("events --json --jsonl", "--jsonl cannot go together with --json.", "See: jjm events --help"),
]


@pytest.mark.parametrize(("line", "sentence", "hint"), WRONG, ids=[line for line, _, _ in WRONG])
def test_parse_wrong_input_says_what_and_where(line: str, sentence: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line.split())
    assert caught.value.message.startswith(sentence)
    assert caught.value.hint == hint


@pytest.mark.parametrize("empty", ["", " "])
def test_filter_of_the_list_that_is_empty_is_wrong_usage(program: Program, empty: str) -> None:
    for option in ("--status", "--repo", "--filter", "--sort", "--fields"):
        result = program.run("list", "--cached", option, empty)
        assert (result.code, result.out) == (2, ""), option


def test_global_options_before_and_after_the_command_mean_the_same() -> None:
    options = [
        "--demo",
        "--demo-seed",
        "-3",
        "--store",
        "a.json",
        "--no-color",
        "--quiet",
        "-v",
        "--log-level",
        "ERROR",
    ]
    before, after = parse([*options, "list"]), parse(["list", *options])
    assert before == after
    assert (before.demo, before.demo_seed, before.store, before.log_level) == (True, -3, "a.json", "error")


def test_json_before_the_command_means_the_same_as_after_it() -> None:
    assert parse(["--json", "--demo", "list"]) == parse(["--demo", "list", "--json"])
    assert parse(["--json", "server", "call", "x", "--", "-"]) == parse(["server", "call", "x", "--json", "--", "-"])
    assert parse(["--jsonl", "monitor"]).jsonl is True
    with pytest.raises(UsageError, match="Not understood: --json"):
        parse(["--json", "open", "31415926"])


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("server call x --json {}", "arguments", "{}"),
        ("server call x --json -", "arguments", "-"),
        ("server call x --json -- -1", "arguments", "-1"),
        ("resume aaaa --yes bbbb", "tasks", ["aaaa", "bbbb"]),
        ("approve aaaa --yes bbbb cccc", "tasks", ["aaaa", "bbbb", "cccc"]),
        ("monitor --interval 5 aaaa --timeout 5 bbbb", "tasks", ["aaaa", "bbbb"]),
        ("events --follow aaaa", "task", "aaaa"),
        ("create --repo a/b -", "stdin", "-"),
        ("create - --repo a/b", "stdin", "-"),
    ],
)
def test_words_may_stand_behind_options(line: str, name: str, value: object) -> None:
    assert getattr(parse(line.split()), name) == value


@pytest.mark.parametrize(
    "line",
    ["server call x [1] --json {}", "resume aaaa --yes --bogus", "events aaaa --follow bbbb", "create --repo a/b word"],
)
def test_words_that_are_too_many_are_not_understood(line: str) -> None:
    with pytest.raises(UsageError):
        parse(line.split())


def test_global_options_on_both_sides_are_all_kept() -> None:
    arguments = parse(["--profile", "work", "--demo", "server", "--quiet", "tools", "--server-url", "http://localhost"])
    assert (arguments.profile, arguments.demo, arguments.quiet) == ("work", True, True)
    assert arguments.server_url == "http://localhost"
    assert arguments.command == ("server", "tools")


def test_every_command_has_a_handler_help_and_an_example() -> None:
    for command in COMMANDS:
        for leaf in command.subcommands or (command,):
            assert leaf.handler
            assert leaf.summary
            assert leaf.example, leaf.name
            assert leaf.example.startswith(("jjm ", "git "))


def test_build_parser_whole_and_single_agree() -> None:
    whole = build_parser().parse_args(["list", "--limit", "3"])
    single = build_parser(only="list").parse_args(["list", "--limit", "3"])
    assert whole == single


def test_every_example_in_the_help_parses() -> None:
    import shlex

    for command in COMMANDS:
        for leaf in command.subcommands or (command,):
            for line in leaf.example.splitlines():
                words = shlex.split(line.rpartition("| ")[2].partition(" < ")[0].partition(" > ")[0])
                assert parse(words[1:]).handler in (leaf.handler, "listing:run"), line


@pytest.mark.parametrize("arguments", [["--help"], ["help"], ["list", "--help"], ["help", "outbox", "resend"]])
def test_help_is_plain_text_without_a_terminal(program: Program, arguments: list[str]) -> None:
    result = program.run(*arguments)
    assert result.code == 0
    assert "usage: jjm" in result.out
    assert "\x1b" not in result.out


def test_wrong_usage_with_json_is_an_error_object_and_a_sentence(program: Program) -> None:
    result = program.run("list", "--json", "--sort", "colour")
    assert result.code == 2
    assert result.json["schema"] == "jjm/1"
    assert result.json["error"]["code"] == "validation_error"
    assert set(result.json["error"]) == {"code", "message", "hint", "context"}
    assert result.err.startswith("jjm: Tasks cannot be sorted by 'colour'.")


def test_wrong_usage_is_a_sentence_with_an_indented_hint(program: Program) -> None:
    result = program.run("lst")
    assert (result.code, result.out) == (2, "")
    assert result.err == "jjm: There is no command 'lst'.\n  Did you mean: jjm list\n"


def test_wrong_filter_says_where(program: Program) -> None:
    result = program.run("list", "--cached", "--filter", "state:paused colour:red", "--json")
    assert result.code == 2
    assert result.json["error"]["code"] == "filter_error"
    assert result.json["error"]["context"]["position"] == 13


def test_no_command_without_a_terminal_is_wrong_usage(program: Program) -> None:
    result = program.run()
    assert (result.code, result.out) == (2, "")
    assert "jjm list" in result.err


def test_version_is_one_line(program: Program) -> None:
    from jjm_tui import __version__

    for arguments in (["--version"], ["--demo", "--version"], ["list", "--version"]):
        result = program.run(*arguments)
        assert (result.code, result.out, result.err) == (0, f"jjm-tui {__version__}\n", "")
