"""Setting up twice, wrong answers on the way, and where settings say that things are."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.cli.program import Program


def server_section(program: Program) -> dict[str, object]:
    section: dict[str, object] = tomllib.loads((program.home / "jjm.toml").read_text())["server"]
    return section


@pytest.fixture
def chosen(served: Program) -> Program:
    """A custom server was set up before, with a label and a time-out of the person's own."""
    plain = Program(served.home)
    plain.ok("setup", "--command", served.simulator, "--api-key-from", "env:MY_KEY", "--no-test", "--yes")
    plain.ok("config", "set", "server.label", "mine")
    plain.ok("config", "set", "server.call_timeout", "77")
    return plain


def test_setup_twice_replaces_the_whole_server_and_keeps_the_old_file(chosen: Program) -> None:
    before = (chosen.home / "jjm.toml").read_text()
    result = chosen.ok("setup", "--preset", "demo", "--yes")
    assert server_section(chosen) == {"preset": "demo", "call_timeout": 77.0}
    assert (chosen.home / "jjm.toml.old-1").read_text() == before
    assert result.rows == [[f"Written: {chosen.home / 'jjm.toml'}"], ["server.preset", "demo"]]
    assert f"The old file is now {chosen.home / 'jjm.toml.old-1'}." in result.err
    again = chosen.ok("setup", "--url", "http://127.0.0.1:1/mcp", "--no-test", "--yes", "--json").json
    assert again["kept"] == str(chosen.home / "jjm.toml.old-2")
    assert server_section(chosen) == {"preset": "custom", "url": "http://127.0.0.1:1/mcp", "call_timeout": 77.0}
    chosen.ok("config", "check")


def test_world_of_the_preset_demo_goes_on_from_command_to_command(program: Program) -> None:
    program.ok("setup", "--preset", "demo", "--yes")
    assert not list(program.home.rglob("demo-*"))
    program.ok("config", "set", "demo.speed", "0.001")
    asked = ("create", "--repo", "acme/webapp", "--description")
    made = [program.ok(*asked, text).rows[0][0] for text in ("Add a page", "Add a test")]
    (waiting, *_), *_ = program.ok("list", "--status", "waiting_approval").rows
    program.ok("approve", waiting, "--yes")
    stands = {row[0]: row[1] for row in program.ok("list").rows}
    assert (len(set(made)), set(made) <= set(stands)) == (2, True)
    assert stands[waiting] == "in_progress"


def test_another_seed_makes_another_world_of_the_preset_demo(program: Program) -> None:
    program.ok("setup", "--preset", "demo", "--no-test", "--yes")
    first = {row[0] for row in program.ok("list").rows}
    program.ok("config", "set", "demo.seed", "2")
    assert len({row[0] for row in program.ok("list").rows} - first) == 12


def test_setup_twice_in_a_profile_leaves_the_others_alone(chosen: Program) -> None:
    before = server_section(chosen)
    chosen.ok("config", "set", "server.url", "http://127.0.0.1:1/mcp", "--profile", "work")
    chosen.ok("setup", "--preset", "demo", "--no-test", "--yes", "--profile", "work")
    assert server_section(chosen) == before
    content = tomllib.loads((chosen.home / "jjm.toml").read_text())
    assert content["profiles"]["work"]["server"] == {"preset": "demo"}


def test_setup_in_a_pipe_replaces_nothing_without_yes(chosen: Program) -> None:
    before = (chosen.home / "jjm.toml").read_text()
    result = chosen.run("setup", "--preset", "demo")
    assert (result.code, (chosen.home / "jjm.toml").read_text()) == (2, before)
    assert "names a server already: preset custom" in result.err
    assert "--yes" in result.err


def test_demo_writes_no_settings_of_the_person(program: Program) -> None:
    for words in (["config", "set", "ui.theme", "nord"], ["config", "init"], ["setup", "--preset", "demo", "--yes"]):
        refused = program.run("--demo", *words)
        assert (refused.code, refused.out) == (2, "")
        assert "demo" in refused.err.splitlines()[0]
        assert not (program.home / "jjm.toml").exists()
    assert "so nothing was written" in program.run("config", "init", "--force", "--demo").err


def test_setup_on_a_terminal_asks_before_it_replaces(chosen: Program) -> None:
    before = (chosen.home / "jjm.toml").read_text()
    with chosen.on_terminal("setup", "--preset", "demo", "--no-test") as terminal:
        terminal.wait_for("Replace it? The old file is kept. [y/N]")
        terminal.type("\n")
        assert terminal.finish() == 1
    assert (chosen.home / "jjm.toml").read_text() == before
    with chosen.on_terminal("setup", "--preset", "demo", "--no-test") as terminal:
        terminal.wait_for("Replace it?")
        terminal.type("y\n")
        assert terminal.finish() == 0
    assert server_section(chosen)["preset"] == "demo"


def test_setup_without_the_key_says_that_no_call_was_made(program: Program) -> None:
    result = program.run("setup", "--preset", "rest", "--yes")
    assert result.code == 2
    assert "jjm: No test call could be made: The rest server needs your Jules API key, and JULES_API_KEY" in result.err
    assert "The test call failed" not in result.err
    assert not (program.home / "jjm.toml").exists()


def test_setup_with_a_server_that_does_not_start_says_that_the_call_failed(program: Program) -> None:
    result = program.run("setup", "--command", "/no/such/folder/server", "--yes")
    assert result.code == 1
    sentence = "The program /no/such/folder/server of the server is not there."
    assert f"jjm: The test call failed: {sentence}" in result.err


def test_setup_errors_name_no_temporary_file_and_no_line(program: Program) -> None:
    result = program.run("setup", "--url", "ftp://x", "--yes")
    assert result.code == 2
    assert result.err.startswith("jjm: server.url must be an http or https address")
    assert "jjm.toml" not in result.err
    assert not (program.home / "jjm.toml").exists()


@pytest.mark.parametrize(("preset", "example"), [("custom", "--command 'node"), ("browser", "--script /path")])
def test_setup_without_what_a_preset_needs_has_a_hint_for_that_preset(
    program: Program, preset: str, example: str
) -> None:
    result = program.run("setup", "--preset", preset, "--yes")
    assert result.code == 2
    assert f"--preset {preset}" in result.err
    assert example in result.err


def test_setup_asks_again_after_wrong_answers_and_takes_none_for_the_key(served: Program) -> None:
    plain = Program(served.home)
    with plain.on_terminal("setup", columns=80, rows=24) as terminal:
        terminal.wait_for("Which server? [rest]")
        assert len(terminal.text.splitlines()) <= 24
        assert all(len(line) <= 80 for line in terminal.text.splitlines())
        terminal.type("nonsense\n")
        terminal.wait_for("Please answer one of")
        terminal.type("custom\n")
        terminal.wait_for("Needs: ")
        terminal.wait_for("http address:")
        terminal.type("\n")
        terminal.wait_for("It is needed")
        terminal.type("node 'open\n")
        terminal.wait_for("The command line cannot be split")
        terminal.type(f"{served.simulator}\n")
        terminal.wait_for("Where is your Jules API key? [none]")
        terminal.type("AIzaSyNotAReference\n")
        terminal.wait_for("the key itself must not be given here")
        terminal.type("none\n")
        assert terminal.finish() == 0
        assert "It works: 12 tasks" in terminal.text
        assert "archived_list" not in terminal.text
    assert set(server_section(plain)) == {"preset", "command", "args"}


def test_config_path_tells_all_places(program: Program, tmp_path: Path) -> None:
    settings = str(program.home / "jjm.toml")
    assert program.ok("config", "path").out == f"{settings}\n"
    places = dict(program.ok("config", "path", "--all").rows)
    assert places["settings"] == settings
    assert places["logs"] == str(program.home / "logs")
    assert places["store"].endswith("tasks.json")
    assert program.ok("config", "path", "--json").json["cache"] == places["cache"]
    program.ok("config", "set", "logging.folder", str(tmp_path / "elsewhere"))
    assert dict(program.ok("config", "path", "--all").rows)["logs"] == str(tmp_path / "elsewhere")
    (program.home / "jjm.toml").write_text("[nonsense]\n")
    broken = dict(program.ok("config", "path", "--all").rows)
    assert (broken["settings"], broken["store"].startswith("unknown")) == (settings, True)
    with program.on_terminal("config", "path") as terminal:
        assert terminal.finish() == 0
        assert [line.split()[0] for line in terminal.text.splitlines()[:3]] == ["settings", "store", "logs"]


def test_config_get_and_show_know_one_key(program: Program) -> None:
    program.ok("config", "set", "monitor.interval", "7")
    assert program.ok("config", "get", "monitor.interval").out == "7.0\n"
    assert program.ok("config", "show", "monitor.interval").rows == [["monitor.interval", "7.0", "file"]]
    assert {row[0].partition(".")[0] for row in program.ok("config", "show", "retry").rows} == {"retry"}
    wrong = program.run("config", "get", "monitor.intervall")
    assert (wrong.code, "monitor.interval" in wrong.err) == (2, True)


def test_config_errors_name_no_line_of_a_file_that_has_none(program: Program) -> None:
    result = program.run("config", "set", "monitor.interval", "soon")
    assert result.code == 2
    assert result.err.startswith("jjm: monitor.interval must be a number")


def test_config_init_refusal_names_force(program: Program) -> None:
    program.ok("config", "init")
    assert "jjm config init --force" in program.run("config", "init").err


def test_trial_of_a_server_that_does_not_tell_the_sign_in_does_not_say_that_it_works(served: Program) -> None:
    served.dialect = "browser"
    told = Program(served.home).ok("setup", "--preset", "custom", "--command", served.simulator, "--yes").err
    assert "tasks in its own list. Whether you are signed in shows only when" in told
    assert "It answers: " in told
    assert "It works" not in told
