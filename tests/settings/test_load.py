"""Layers, profiles, types and the sentences about what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import Settings, load_settings
from jjm_tui.settings.catalogue import all_settings
from jjm_tui.settings.loader import inspect_settings
from jjm_tui.settings.model import Template
from tests.settings.conftest import Load


def problem(load: Load, text: str | None = None, **options: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        load(text, **options)
    return caught.value


def test_load_without_file_gives_the_defaults(load: Load, settings_file: Path) -> None:
    loaded = load()
    assert loaded.settings == Settings()
    assert loaded.file is None
    assert loaded.path == settings_file
    assert loaded.profile == "default"
    assert set(loaded.sources) == set(all_settings())
    assert set(loaded.sources.values()) == {"default"}


def test_layers_stronger_one_wins(load: Load) -> None:
    text = (
        "[polling]\ninterval = 2\ncalls_per_minute = 20\n[retry]\nattempts = 4\n[profiles.work.polling]\ninterval = 3\n"
    )
    assert load(text).settings.polling.interval == 2
    assert load(text, profile="work").settings.polling.interval == 3
    environ = {"JJM_POLLING__INTERVAL": "4"}
    assert load(text, environ, profile="work").settings.polling.interval == 4
    loaded = load(text, environ, profile="work", polling__interval=5)
    assert loaded.settings.polling.interval == 5
    assert loaded.settings.polling.calls_per_minute == 20
    assert loaded.settings.retry.attempts == 4
    assert loaded.sources["polling.interval"] == "command line"
    assert loaded.sources["polling.calls_per_minute"] == "file"
    assert loaded.sources["retry.min"] == "default"


def test_sources_name_the_profile_and_the_variable(load: Load) -> None:
    loaded = load("[profiles.work.retry]\nmin = 2\n", {"JJM_RETRY__MAX": "9", "NO_COLOR": "1"}, profile="work")
    assert loaded.sources["retry.min"] == "profile work"
    assert loaded.sources["retry.max"] == "environment JJM_RETRY__MAX"
    assert loaded.sources["ui.color"] == "environment NO_COLOR"
    assert loaded.settings.ui.color is False


def test_override_none_is_not_given(load: Load) -> None:
    assert load("[polling]\ninterval = 2\n", polling__interval=None).settings.polling.interval == 2


def test_profile_of_the_file_is_used_unless_another_is_named(load: Load) -> None:
    text = 'profile = "work"\n[profiles.work.ui]\ntheme = "nord"\n[profiles.home.ui]\ntheme = "dracula"\n'
    assert load(text).settings.ui.theme == "nord"
    assert load(text).profile == "work"
    assert load(text, profile="home").settings.ui.theme == "dracula"
    assert load(text, {"JJM_PROFILE": "home"}).profile == "home"
    assert load(text, {"JJM_PROFILE": "home"}, profile="work").profile == "work"


def test_profile_unknown_is_told_with_the_nearest(load: Load) -> None:
    error = problem(load, "[profiles.work.ui]\nmouse = false\n", profile="wrok")
    assert "no profile 'wrok'" in error.message
    assert error.hint == "Did you mean 'work'?"


def test_profile_without_file_is_unknown(load: Load) -> None:
    assert "there is no settings file" in problem(load, profile="work").message


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 65, "a b", "con."])
def test_profile_name_that_is_no_folder_name_is_refused(load: Load, name: str) -> None:
    text = f'profile = "{name}"\n'
    if name == "":
        assert load(text).profile == "default"
    else:
        assert "cannot be the name of a profile" in problem(load, text).message


def test_default_profile_table_applies_when_it_is_chosen(load: Load) -> None:
    text = "[profiles.default.retry]\nattempts = 7\n"
    assert load(text, profile="default").settings.retry.attempts == 7


@pytest.mark.parametrize(
    ("text", "key", "line", "words"),
    [
        ("[polling]\n\ninterval = 'soon'\n", "polling.interval", 3, "polling.interval must be a number from"),
        ("[polling]\ninterval = true\n", "polling.interval", 2, "not true"),
        ("[polling]\ninterval = nan\n", "polling.interval", 2, "must be a number"),
        ("[polling]\ninterval = 0\n", "polling.interval", 2, "from 0.05 to 86400"),
        ("[polling]\ncalls_per_minute = 1.5\n", "polling.calls_per_minute", 2, "a whole number from 1"),
        ("[ui]\nmouse = 'yes'\n", "ui.mouse", 2, "must be true or false"),
        ("[ui]\ntheme = 3\n", "ui.theme", 2, "must be a text"),
        ('[ui]\ntheme = "\\u001b[31mx"\n', "ui.theme", 2, "must be a text without control characters, not the text"),
        ("[ui]\ndensity = 'tight'\n", "ui.density", 2, "one of comfortable, compact"),
        ("[server]\nargs = 'x'\n", "server.args", 2, "a list of texts"),
        ("[server]\nargs = ['x', 1]\n", "server.args", 2, "a list of texts"),
        ("[server]\nenv = 3\n", "server.env", 2, "a table of texts"),
        ("[server.env]\nA = 'x'\nB = 1\n", "server.env", 3, "server.env.B must be a text"),
        ("[server]\nscript = 3\n", "server.script", 2, "a path"),
        ("[server]\nurl = 'ftp://x'\n", "server.url", 2, "an http or https address"),
        ("[server]\nurl = 'http://[::1'\n", "server.url", 2, "an http or https address with a host and a port that"),
        ("[server]\nurl = 'http://x:y/'\n", "server.url", 2, "an http or https address with a host and a port that"),
        ("[server]\nurl = 'http://x:99999/'\n", "server.url", 2, "a port that can be, not the text 'http://x:99999/'"),
        ("[server]\nurl = 'http://u:pw@x:99999/'\n", "server.url", 2, "a port that can be."),
        ("[server]\nurl = 'http://x:0/'\n", "server.url", 2, "a port that can be"),
        ("[server]\nurl = 'http://:80/'\n", "server.url", 2, "a host"),
        ("[create]\nrepository = 'acme'\n", "create.repository", 2, "create.repository: 'acme' is not a repository"),
        ("[create]\nbranch = 'a..b'\n", "create.branch", 2, "create.branch: "),
        ("[templates.a]\ndescription = 'x'\nrepository = 'y'\n", "templates", 3, "templates.a.repository: 'y'"),
        ("[resume]\nmessage = '  '\n", "resume.message", 2, "a text that is not empty"),
        ("[notifications]\nquiet_hours = '25:00-07:00'\n", "notifications.quiet_hours", 2, "22:00-07:00"),
        ("[notifications]\nreasons = ['approval', 'all']\n", "notifications.reasons", 2, "a list of approval"),
        ("[keys.bindings]\nrefresh = 5\n", "keys.bindings", 2, "a key or a list of keys"),
        ("[templates.a]\ntitle = 'x'\n", "templates", 1, "a table with a description"),
        ("[templates.a]\ndescription = 'x'\nrepo = 'y'\n", "templates", 3, "templates.a has no setting 'repo'"),
        ("[views]\nmine = 3\n", "views", 2, "views.mine must be a text"),
        ("\n[poling]\ninterval = 1\n", "poling", 2, "no section or setting 'poling'"),
        ("[polling]\n# interval\nintervall = 1\n", "polling.intervall", 3, "no setting 'polling.intervall'"),
        ("polling = 3\n", "polling", 1, "polling must be a section"),
        ("[retry]\nmax = 5\nmin = 6\n", "retry.min", 3, "must not be greater than retry.max"),
        ("[storage]\nbackend = 'sqlite'\n", "storage.backend", 2, "only json is"),
        ("[server]\ncommand = 'a'\nurl = 'http://b'\n", "server.url", 3, "exclude each other"),
        ("[server]\npreset = 'rest'\ncommand = 'a'\n", "server.command", 3, "only for the preset custom"),
        ("[server]\npreset = 'custom'\n", "server.preset", 2, "needs server.command or server.url"),
        ('[server]\nenv = """\n"""\ncwd = 3\n', "server.env", 2, "a table of texts"),
    ],
)
def test_load_wrong_value_names_file_line_and_key(
    load: Load, settings_file: Path, text: str, key: str, line: int, words: str
) -> None:
    error = problem(load, text)
    assert error.context["key"] == key
    assert error.context["line"] == line
    assert error.context["file"] == str(settings_file)
    assert error.message.startswith(f"{settings_file}, line {line}: ")
    assert words in error.message
    assert error.hint


def test_load_unknown_setting_suggests_the_nearest(load: Load) -> None:
    assert problem(load, "[polling]\nintervall = 1\n").hint == "Did you mean 'polling.interval'?"
    assert problem(load, "[server]\ntheme = 'x'\n").hint == "Did you mean 'ui.theme'?"
    assert problem(load, "[ui]\ndensity = 'compat'\n").hint == "Did you mean 'compact'?"


def test_load_several_problems_are_counted(load: Load) -> None:
    error = problem(load, "[ui]\nmouse = 1\ntheme = 2\nasci = true\n")
    assert len(error.context["problems"]) == 3
    assert "2 more" in (error.hint or "")


def test_load_problem_that_only_follows_from_another_is_not_told(load: Load) -> None:
    error = problem(load, server__preset="custom", server__url="bogus")
    assert "'bogus'" in error.message
    assert len(error.context["problems"]) == 1
    assert "more" not in (error.hint or "")
    error = problem(load, "[retry]\nmin = 500\nmax = 'x'\n")
    assert len(error.context["problems"]) == 1
    error = problem(load, "[server]\npreset = 'custom'\nurl = 'bogus'\n")
    assert len(error.context["problems"]) == 1


def test_load_conflict_is_told_although_a_value_beneath_was_wrong(load: Load) -> None:
    error = problem(load, "[retry]\nmin = 50\nmax = 'x'\n", environ={"JJM_RETRY__MAX": "5"})
    assert len(error.context["problems"]) == 2


def test_load_advice_counts_only_what_is_found_without_the_command_line(load: Load) -> None:
    error = problem(load, "[ui]\nmouse = 1\n", server__preset="custom", server__url="bogus")
    assert len(error.context["problems"]) == 2
    assert "more" not in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "line", "column"), [("[ui\n", 1, 4), ("\n[ui]\nmouse = = 3\n", 3, 9), ("[ui]\nmouse = [1,", 2, 12)]
)
def test_load_bad_toml_names_line_and_column(load: Load, text: str, line: int, column: int) -> None:
    error = problem(load, text)
    assert (error.context["line"], error.context["column"]) == (line, column)
    assert f"line {line}, column {column}: this is not TOML" in error.message
    assert "(at" not in error.message


def test_load_file_with_byte_order_mark_and_windows_lines_is_read(load: Load, settings_file: Path) -> None:
    settings_file.parent.mkdir()
    settings_file.write_bytes(b"\xef\xbb\xbf[polling]\r\ninterval = 2\r\n")
    assert load().settings.polling.interval == 2


def test_load_file_that_is_not_utf8_names_the_line(load: Load, settings_file: Path) -> None:
    settings_file.parent.mkdir()
    settings_file.write_bytes(b"[ui]\ntheme = '\xe9'\n")
    assert "not UTF-8 text (line 2)" in problem(load).message


def test_load_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    for options in (
        {"config_file": tmp_path / "none.toml", "environ": {}},
        {"environ": {"JJM_CONFIG": str(tmp_path / "none.toml")}},
    ):
        with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
            load_settings(**options)


def test_load_without_use_file_reads_no_file(tmp_path: Path) -> None:
    broken = tmp_path / "jjm.toml"
    broken.write_text("[[[", encoding="utf-8")
    assert load_settings(environ={"JJM_HOME": str(tmp_path)}, use_file=False).settings == Settings()


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("JJM_SERVER__ARGS", '["a b", "c"]', ("a b", "c")),
        ("JJM_SERVER__ENV", '{ A = "x" }', {"A": "x"}),
        ("JJM_UI__MOUSE", "off", False),
        ("JJM_UI__ASCII", "1", True),
        ("JJM_POLLING__INTERVAL", " 2.5 ", 2.5),
        ("JJM_POLLING__CALLS_PER_MINUTE", "9", 9),
        ("JJM_KEYS__BINDINGS", '{ refresh = ["f5", "r"], quit = "q" }', {"refresh": ("f5", "r"), "quit": ("q",)}),
        ("JJM_TEMPLATES", '{ a = { description = "d" } }', {"a": Template("d")}),
        ("JJM_VIEWS", '{ mine = "is:needs-me" }', {"mine": "is:needs-me"}),
        ("JJM_CREATE__REPOSITORY", "https://github.com/acme/web.app", "acme/web.app"),
        ("JJM_OUTBOX__SETTLE_WINDOW", "4", 4.0),
    ],
)
def test_environment_text_becomes_the_settings_type(load: Load, variable: str, text: str, value: object) -> None:
    loaded = load(None, {variable: text})
    setting = next(item for item in all_settings().values() if item.variable == variable)
    owner = getattr(loaded.settings, setting.section) if setting.section else loaded.settings
    assert getattr(owner, setting.name) == value
    assert loaded.sources[setting.key] == f"environment {variable}"


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("JJM_POLLING__INTERVAL", "soon"),
        ("JJM_UI__MOUSE", "maybe"),
        ("JJM_SERVER__ARGS", "a b"),
        ("JJM_SERVER__ENV", "A=1"),
        ("JJM_UI__DENSITY", "Compact"),
    ],
)
def test_environment_wrong_value_names_the_variable(load: Load, variable: str, text: str) -> None:
    assert problem(load, environ={variable: text}).message.startswith(f"environment variable {variable}: ")


def test_environment_empty_variable_is_not_set(load: Load) -> None:
    assert load("[ui]\ntheme = 'nord'\n", {"JJM_UI__THEME": "", "NO_COLOR": ""}).settings.ui.theme == "nord"


def test_environment_unknown_variable_of_ours_is_told(load: Load) -> None:
    error = problem(load, environ={"JJM_POLING__INTERVAL": "3"})
    assert "JJM_POLING__INTERVAL" in error.message
    assert error.hint == "Did you mean 'JJM_POLLING__INTERVAL'?"


def test_environment_customary_addresses_are_kept_and_change_no_backend(load: Load) -> None:
    loaded = load(None, {"DATABASE_URL": "postgresql://u:geheim12@db/x", "REDIS_URL": "redis://r"})
    assert loaded.settings.storage.backend == "json"
    assert loaded.settings.storage.database_url == "postgresql://u:geheim12@db/x"
    assert loaded.sources["storage.redis_url"] == "environment REDIS_URL"
    assert "geheim12" not in repr(loaded)


def test_environment_key_is_referred_to_not_kept(load: Load) -> None:
    loaded = load("[server]\napi_key = 'keyring:jules/work'\n", {"JULES_API_KEY": "not-a-real-key"})
    assert loaded.settings.server.api_key == "env:JULES_API_KEY"
    assert load(None, {"JJM_SERVER__API_KEY": "not-a-real-key"}).settings.server.api_key == "env:JJM_SERVER__API_KEY"


def test_override_of_an_unknown_key_is_refused(load: Load) -> None:
    assert "no setting 'polling.x'" in problem(load, polling__x=1).message


def test_server_named_by_a_stronger_layer_replaces_the_weaker_one(load: Load) -> None:
    text = (
        "[server]\ncommand = 'node'\nargs = ['a.js']\nlabel = 'mine'\npass_env = ['X']\n"
        "[profiles.web.server]\nurl = 'https://jules.example'\n[profiles.args.server]\nargs = ['b.js']\n"
    )
    web = load(text, profile="web").settings.server
    assert (web.url, web.command, web.args, web.label, web.pass_env) == (
        "https://jules.example",
        None,
        (),
        None,
        ("X",),
    )
    assert load(text, profile="args").settings.server.command == "node"
    assert load(text, {"JJM_SERVER__PRESET": "demo"}).settings.server.command is None


def test_tables_of_layers_are_joined_by_entry(load: Load) -> None:
    text = "[server.env]\nA = '1'\nB = '1'\n[profiles.work.server.env]\nB = '2'\n"
    loaded = load(text, {"JJM_SERVER__ENV": '{ C = "3" }'}, profile="work")
    assert loaded.settings.server.env == {"A": "1", "B": "2", "C": "3"}
    assert loaded.sources["server.env.A"] == "file"
    assert loaded.sources["server.env.B"] == "profile work"
    assert loaded.sources["server.env.C"] == "environment JJM_SERVER__ENV"


def test_empty_text_means_none_for_what_may_be_missing(load: Load) -> None:
    text = "[create]\nbranch = 'dev'\n[profiles.work.create]\nbranch = ''\n"
    assert load(text, profile="work").settings.create.branch is None


def test_paths_start_from_the_file_the_home_or_the_current_folder(
    load: Load, settings_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    text = "[storage]\npath = 'x/tasks.json'\n[logging]\nfolder = '~/logs'\n"
    loaded = load(text, {"JJM_SERVER__CWD": "here"})
    assert loaded.settings.storage.path == settings_file.parent / "x" / "tasks.json"
    assert loaded.settings.logging.folder == tmp_path / "me" / "logs"
    assert loaded.settings.server.cwd == tmp_path / "here"
    assert load(None, storage__path=Path("b.json")).settings.storage.path == tmp_path / "b.json"


def test_settings_cannot_be_changed(load: Load) -> None:
    settings = load("[server.env]\nA = '1'\n").settings
    with pytest.raises(AttributeError):
        settings.polling.interval = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.server.env["A"] = "2"  # type: ignore[index]


@given(st.text(max_size=200))
def test_load_any_text_loads_or_tells(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    loaded, problems = inspect_settings(config_file=path, environ={})
    assert (loaded is None) == bool(problems)
    assert all(str(path) in problem.message for problem in problems)


def test_settings_file_without_an_end_is_told() -> None:
    with pytest.raises(ConfigurationError, match="longer than 4194304 bytes"):
        load_settings(config_file=Path("/dev/zero"), environ={})
