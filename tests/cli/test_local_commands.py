"""Settings, keys, completion and what the quick commands may load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jjm_tui.cli.completion import fish_script
from jjm_tui.cli.parser import COMMANDS
from jjm_tui.tui.memory import Memory
from tests.cli.program import Program


def test_config_commands_write_show_and_check(program: Program) -> None:
    path = program.ok("config", "path").out.strip()
    assert path.startswith(str(program.home))
    program.ok("config", "init")
    assert program.run("config", "init").code == 2
    program.ok("config", "init", "--force")
    program.ok("config", "set", "monitor.interval", "7")
    rows = {row["key"]: row for row in program.ok("config", "show", "--json").json["settings"]}
    assert (rows["monitor.interval"]["value"], rows["monitor.interval"]["source"]) == (7.0, "file")
    assert program.run("config", "set", "monitor.intervall", "7").code == 2
    assert program.run("config", "set", "monitor.interval", "soon").code == 2
    program.ok("config", "check")
    broken = program.run("config", "check", environ={"JJM_MONITOR__INTERVAL": "soon"})
    assert (broken.code, broken.rows[0][0]) == (2, "error")


def test_config_show_of_a_demo_names_the_demo_where_it_chose_a_value(program: Program) -> None:
    ours = {"JJM_MONITOR__INTERVAL": "7"}
    rows = program.run("--demo", "--demo-tasks", "5", "config", "show", environ=ours).rows
    sources = {key: source for key, _, source in rows}
    assert sources["polling.interval"] == "demo"
    assert sources["monitor.interval"] == "environment JJM_MONITOR__INTERVAL"
    assert sources["demo.tasks"] == "command line"


def test_config_show_has_what_was_chosen_in_the_dashboard_until_somebody_sets_it(program: Program) -> None:
    Memory(program.home / "data" / "default" / "dashboard.json", theme="nord", density="compact").save()
    assert program.ok("config", "show", "ui.density").rows == [["ui.density", "compact", "dashboard"]]
    assert program.ok("config", "get", "ui.theme").out == "nord\n"
    set_here = program.run("config", "show", "ui.density", environ={"JJM_UI__DENSITY": "comfortable"})
    assert set_here.rows == [["ui.density", "comfortable", "environment JJM_UI__DENSITY"]]
    program.ok("config", "set", "ui.theme", "jjm-dark")
    assert program.ok("config", "show", "ui.theme").rows == [["ui.theme", "jjm-dark", "file"]]
    assert program.ok("--demo", "config", "show", "ui.density").rows == [["ui.density", "comfortable", "default"]]


def test_theme_that_is_not_there_is_told_before_the_dashboard_opens(program: Program) -> None:
    refused = program.run("config", "set", "ui.theme", "drakula")
    assert (refused.code, "There is no theme 'drakula'." in refused.err) == (2, True)
    assert "Did you mean dracula?" in refused.err
    assert program.run("config", "set", "profiles.work.ui.theme", "plain").code == 2
    program.ok("config", "set", "ui.theme", "dracula")
    assert "There is no theme" not in program.ok("config", "check").out
    elsewhere = {"JJM_UI__THEME": "sea"}
    told = [row[:2] for row in program.run("config", "check", environ=elsewhere).rows]
    assert ["warning", "There is no theme 'sea'."] in told
    checks = program.run("doctor", "--json", environ=elsewhere).json["checks"]
    assert [check["state"] for check in checks if check["name"] == "theme"] == ["warning"]
    (program.home / "themes").mkdir()
    (program.home / "themes" / "sea.toml").write_text('primary = "#7aa2d6"\n')
    program.ok("config", "set", "ui.theme", "sea")
    assert "There is no theme" not in program.ok("config", "check").out


def test_views_and_keys_that_mean_nothing_are_told_before_the_dashboard_opens(program: Program) -> None:
    program.home.mkdir()
    settings = program.home / "jjm.toml"
    settings.write_text('[views]\ngood = "repo:acme/*"\n"a\\nb" = "state:"\n\n[keys.bindings]\njump = "f2"\n')
    view = "The view a b in the settings is wrong: The filter is wrong at column 1: 'state:' needs a value."
    checked = program.run("config", "check")
    assert checked.code == program.run("keys").code == 2
    told = [row[:2] for row in checked.rows if row[0] != "warning"]
    assert told == [["error", "There is no action 'jump'."], ["error", view]]
    checks = program.run("doctor", "--json").json["checks"]
    told = [[check["name"], check["state"], check["message"]] for check in checks if check["name"] in ("keys", "views")]
    assert told == [["keys", "warning", "There is no action 'jump'."], ["views", "warning", view]]
    assert all(check["way_out"] for check in checks if check["name"] in ("keys", "views"))
    settings.write_text('[views]\ngood = "repo:acme/*"\n\n[keys.bindings]\nrefresh = "f5"\n')
    assert program.run("config", "check").code == 0


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("views.bad", "stat:failed", "The view bad in the settings is wrong"),
        ("views", '{ bad = "state:" }', "The view bad in the settings is wrong"),
        ("profiles.work.views.bad", "state:", "The view bad in the settings is wrong"),
        ("keys.bindings.nosuch", "z", "There is no action 'nosuch'."),
        ("keys.bindings", '{ "task.approve" = "nosuchkey" }', "There is no key 'nosuchkey'"),
        ("keys.bindings.sort", "zz", "There is no key 'zz'"),
        ("keys.bindings.filter", "f3", "f3 is bound to both refresh and filter."),
    ],
)
def test_setting_what_the_check_would_call_wrong_is_refused(program: Program, key: str, value: str, words: str) -> None:
    program.home.mkdir()
    settings = program.home / "jjm.toml"
    settings.write_text('[views]\nold = "state:"\n\n[keys.bindings]\nrefresh = "f3"\n\n[profiles.work.ui]\n')
    before = settings.read_text()
    result = program.run("config", "set", key, value)
    assert (result.code, words in result.err) == (2, True), result
    assert settings.read_text() == before
    program.ok("config", "set", "monitor.interval", "7")  # an old mistake stands in the way of nothing else
    assert program.run("config", "set", "views.old", "stat:failed").code == 2
    program.ok("config", "set", "views.old", "state:failed")
    program.ok("config", "check")


def test_key_that_is_taken_from_another_action_is_told_and_no_mistake(program: Program) -> None:
    sentence = "z went from task.snooze to task.approve; task.snooze has no key now."
    assert sentence in program.ok("config", "set", "keys.bindings.task.approve", "z").err
    assert "went from" not in program.ok("config", "set", "monitor.interval", "7").err
    assert program.ok("keys", "--json").json["problems"] == [sentence]
    assert sentence in program.ok("keys").err
    assert "went from" not in program.ok("config", "check").out


def test_config_show_never_shows_a_key(program: Program) -> None:
    secret = "AIzaSyA" + "x" * 32
    result = program.run("config", "show", environ={"JULES_API_KEY": secret})
    assert result.code == 0
    assert secret not in result.out + result.err


def test_setup_for_scripts_needs_no_terminal(served: Program) -> None:
    plain = Program(served.home)
    result = plain.ok("setup", "--command", served.simulator, "--yes", "--json").json
    assert (result["written"], result["tasks"]) == (True, 12)
    assert len(plain.ok("list", "--json").json["tasks"]) == 12


def test_setup_that_fails_its_test_writes_nothing(program: Program) -> None:
    result = program.run("setup", "--command", "/nowhere/server", "--yes")
    assert result.code == 1
    assert "Nothing was written." in result.err
    assert program.run("config", "path", "--json").json["exists"] is False


@pytest.mark.parametrize(
    "arguments",
    [[], ["--preset", "custom"], ["--preset", "browser"], ["--preset", "rest", "--api-key-from", "AIzaSyA"]],
)
def test_setup_without_answers_says_which_option(program: Program, arguments: list[str]) -> None:
    assert program.run("setup", *arguments, "--yes").code == 2


def test_keys_with_a_wrong_binding_exits_with_two(program: Program) -> None:
    program.home.mkdir()
    (program.home / "jjm.toml").write_text('[keys.bindings]\njump = "f2"\n')
    result = program.run("keys")
    assert (result.code, "There is no action 'jump'." in result.err) == (2, True)


def test_completion_for_bash_is_a_script_that_bash_reads_and_that_completes(program: Program) -> None:
    script = program.ok("completion", "bash").out
    ask = (
        f"{script}\nCOMP_WORDS=(jjm outbox se) COMP_CWORD=2 COMP_LINE='jjm outbox se' COMP_POINT=13\n"
        "_shtab_jjm jjm se outbox; echo ${COMPREPLY[@]}"
    )
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["settle"]
    assert "jjm-tui" in script


def test_completion_for_zsh_and_fish_names_every_command(program: Program) -> None:
    zsh = program.ok("completion", "zsh").out
    fish = program.ok("completion", "fish").out
    assert zsh.startswith("#compdef")
    assert fish == fish_script()
    for command in COMMANDS:
        assert command.name in zsh
        assert f" -a {command.name} -d " in fish
    assert fish.count("'") % 2 == fish.count("\\'") % 2


LOADED = (
    "import sys; from jjm_tui.__main__ import main; code = main(sys.argv[1:]); "
    "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr); sys.exit(code)"
)


def loaded_by(program: Program, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", LOADED, *arguments], env=program.environ, capture_output=True, text=True, check=True
    )
    return set(done.stderr.splitlines()[-1].split())


def test_version_and_help_load_nothing_heavy(program: Program) -> None:
    heavy = {"asyncio", "anyio", "rich", "textual", "mcp", "structlog", "orjson", "filelock", "platformdirs"}
    assert not loaded_by(program, "--version") & (heavy | {"argparse", "json"})
    assert not loaded_by(program, "--help") & heavy


def test_cached_list_and_get_load_no_sdk(served: Program) -> None:
    served.ok("list")
    task_id = served.ok("list", "--cached", "--fields", "id").rows[0][0]
    heavy = {"rich", "textual", "mcp", "mcp_types", "pydantic", "structlog", "watchfiles", "tenacity", "sqlalchemy"}
    assert not loaded_by(served, "list", "--cached", "--json") & (heavy | {"asyncio", "filelock"})
    assert not loaded_by(served, "get", task_id, "--cached", "--json") & heavy


@pytest.mark.parametrize("end", ["nowhere.toml", "jjm.toml"])
def test_settings_file_that_is_a_link_to_nowhere_is_told_as_one(program: Program, end: str) -> None:
    program.home.mkdir()
    (program.home / "jjm.toml").symlink_to(end)
    sentence = f"is a link that leads nowhere: it points to {end}."
    for command in (("list",), ("config", "show"), ("config", "init"), ("config", "check")):
        result = program.run(*command)
        assert (result.code, sentence in result.err + result.out) == (2, True), (command, result)
    assert "It is a link that leads nowhere" in program.ok("config", "path").err
    assert program.run("list", environ={"JJM_CONFIG": str(program.home / "jjm.toml")}).code == 2


def test_setting_a_value_goes_where_a_link_leads_and_refuses_one_to_itself(program: Program) -> None:
    program.home.mkdir()
    (program.home / "jjm.toml").symlink_to("real.toml")
    program.ok("config", "set", "polling.interval", "20")
    assert (program.home / "jjm.toml").is_symlink()
    assert "interval = 20" in (program.home / "real.toml").read_text()
    (program.home / "real.toml").unlink()
    (program.home / "real.toml").symlink_to("jjm.toml")
    result = program.run("config", "set", "polling.interval", "20")
    assert (result.code, "leads nowhere" in result.err) == (2, True)
