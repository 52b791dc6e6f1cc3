"""The example file, ``config init``, ``config set``, ``config show`` and ``config check``."""

from __future__ import annotations

import re
import stat
import tomllib
from pathlib import Path

import pytest

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import Settings, load_settings
from jjm_tui.settings.catalogue import all_settings, sections
from jjm_tui.settings.document import example, format_value, init, set_values
from jjm_tui.settings.explain import check_settings, explain
from jjm_tui.settings.secrets import MASK
from tests.settings.conftest import Load

COMMITTED = Path(__file__).parents[2] / "jjm.toml.example"


def load_file(path: Path, profile: str | None = None) -> Settings:
    return load_settings(config_file=path, profile=profile, environ={}).settings


def test_committed_example_is_what_the_dataclasses_say() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == example()


def test_example_as_it_is_gives_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "jjm.toml"
    path.write_text(example(), encoding="utf-8")
    assert load_file(path) == Settings()


def test_example_with_every_line_switched_on_gives_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "jjm.toml"
    text, count = re.subn(r"^#(?=[a-z_]+ = )", "", example(), flags=re.MULTILINE)
    assert count == len(all_settings())
    path.write_text(text, encoding="utf-8")
    loaded = load_settings(config_file=path, environ={})
    assert loaded.settings == Settings()
    assert set(loaded.sources.values()) == {"file"}


def test_every_setting_is_documented_with_its_variable() -> None:
    text = example()
    for section in sections():
        assert section.doc.endswith(".")
    for setting in all_settings().values():
        assert setting.doc.endswith((".", ")", '"')), setting.key
        assert f"# Environment: {setting.variable}" in text


@pytest.mark.parametrize(
    "value", ["a", 'q"\\\n\x1b', 3, 2.5, True, [], ["x", 'y"'], {}, {"a b": ["x"], "c": {"d": "e"}}, "", "日本"]
)
def test_format_value_reads_back(value: object) -> None:
    text = format_value(value)
    assert "\n" not in text
    assert tomllib.loads(f"value = {text}")["value"] == value


def test_init_writes_a_private_file_and_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "new" / "jjm.toml"
    init(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.read_text(encoding="utf-8") == example()
    path.write_text("# mine\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="already"):
        init(path)
    assert path.read_text(encoding="utf-8") == "# mine\n"


def test_set_begins_a_missing_file_from_the_example(tmp_path: Path) -> None:
    path = tmp_path / "jjm.toml"
    set_values(path, {"polling.interval": "7", "server.preset": "demo"})
    assert load_file(path).polling.interval == 7
    changed = [line for line in path.read_text(encoding="utf-8").splitlines() if line not in example().splitlines()]
    assert changed == ['preset = "demo"', "interval = 7"]


def test_set_keeps_comments_order_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "jjm.toml"
    path.write_text("# top\n[ui] # look\ntheme = 'nord'   # dark\n\n# end\n[retry]\nattempts = 2\n", encoding="utf-8")
    path.chmod(0o644)
    set_values(path, {"ui.theme": "dracula", "ui.mouse": "no"})
    text = path.read_text(encoding="utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    for words in ("# top\n", "[ui] # look\n", "# dark\n", "# end\n", "[retry]\nattempts = 2\n"):
        assert words in text
    assert load_file(path).ui.theme == "dracula"
    assert load_file(path).ui.mouse is False
    assert list(tmp_path.iterdir()) == [path]


def test_set_follows_a_symbolic_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("[ui]\ntheme = 'nord'\n", encoding="utf-8")
    link = tmp_path / "jjm.toml"
    link.symlink_to(real)
    set_values(link, {"ui.theme": "dracula"})
    assert link.is_symlink()
    assert load_file(real).ui.theme == "dracula"


@pytest.mark.parametrize("begin", ["", "[ui]\nmouse = true\n", "example"])
def test_set_reaches_into_tables_and_profiles(tmp_path: Path, begin: str) -> None:
    path = tmp_path / "jjm.toml"
    path.write_text(example() if begin == "example" else begin, encoding="utf-8")
    set_values(
        path,
        {
            "server.command": "node",
            "server.args": '["a.js"]',
            "server.env.FOO": "bar",
            "views.mine": "is:needs-me",
            "keys.bindings.task.open": '["o", "enter"]',
            "templates.deps": "Update.",
            "templates.deps.title": "Dependencies",
            "profiles.home.server.preset": "demo",
        },
    )
    set_values(path, {"polling.interval": "3"}, profile="work")
    settings = load_file(path)
    assert settings.server.args == ("a.js",)
    assert settings.server.env == {"FOO": "bar"}
    assert settings.views == {"mine": "is:needs-me"}
    assert settings.keys.bindings == {"task.open": ("o", "enter")}
    assert settings.templates["deps"].title == "Dependencies"
    assert load_file(path, "home").server.preset == "demo"
    assert load_file(path, "work").polling.interval == 3
    assert settings.polling.interval == 15


@pytest.mark.parametrize("begin", ["", "[templates]\nother = { description = 'Stay' }\n", "example"])
def test_set_template_is_a_table_or_only_its_description(tmp_path: Path, begin: str) -> None:
    path = tmp_path / "jjm.toml"
    path.write_text(example() if begin == "example" else begin, encoding="utf-8")
    set_values(path, {"templates.deps": '{ title = "Update deps", description = "Update all of it" }'})
    deps = load_file(path).templates["deps"]
    assert (deps.title, deps.description) == ("Update deps", "Update all of it")
    set_values(path, {"templates.deps": "Update most of it"})
    deps = load_file(path).templates["deps"]
    assert (deps.title, deps.description) == ("Update deps", "Update most of it")
    assert ("other" in load_file(path).templates) == ("other" in begin)


def test_set_key_that_is_a_bracket_is_no_list(tmp_path: Path) -> None:
    path = tmp_path / "jjm.toml"
    set_values(path, {"keys.bindings.previous.tab": "["})
    assert load_file(path).keys.bindings == {"previous.tab": ("[",)}


def test_set_path_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config" / "jjm.toml"
    set_values(path, {"server.script": "dist/index.js"})
    assert load_file(path).server.script == tmp_path / "dist" / "index.js"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("polling.intervall", "3", "no setting"),
        ("polling", "3", "a whole section"),
        ("polling.interval", "soon", "a number"),
        ("polling.interval", "nan", "a number from .* not the text 'nan'"),
        ("ui.theme", "a\nb", "ui.theme must be a text of one line"),
        ("storage.backend", "sqlite", "only json"),
        ("server.api_key", "AIza-not-a-real-key-0000000000000000000", "has a secret in it"),
        ("server.env.JULES_API_KEY", "abc", "has a secret in it"),
        ("profiles.a b.ui.theme", "x", "name of a profile"),
        ("server.args", "a b", "written as TOML"),
        ("templates.deps", "{ title = 'Update' }", "a table with a description"),
        ("templates.deps", "{ title: 'Update' }", "templates.deps begins like TOML and is none"),
        ("keys.bindings.sort", '["f5"', "keys.bindings.sort begins like TOML and is none"),
        ("retry.min", "100", "must not be greater"),
    ],
)
def test_set_wrong_value_changes_nothing(tmp_path: Path, key: str, value: str, words: str) -> None:
    path = tmp_path / "jjm.toml"
    path.write_text("[ui]\ntheme = 'nord'\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words) as caught:
        set_values(path, {"ui.theme": "dracula", key: value})
    assert path.read_text(encoding="utf-8") == "[ui]\ntheme = 'nord'\n"
    assert "AIza" not in str(caught.value)


def test_set_can_mend_a_file_one_value_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "jjm.toml"
    path.write_text("[ui]\nmouse = 3\n[retry]\nattempts = 'x'\n", encoding="utf-8")
    set_values(path, {"ui.mouse": "true"})
    set_values(path, {"retry.attempts": "2"})
    assert load_file(path).retry.attempts == 2


def test_set_unwritable_folder_tells_and_keeps_the_file(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        set_values(blocked / "jjm.toml", {"ui.theme": "nord"})
    with pytest.raises(ConfigurationError, match="cannot be written"):
        init(blocked / "jjm.toml")


def test_explain_has_a_row_per_setting_and_per_entry(load: Load) -> None:
    rows = {row.key: row for row in explain(load("[server.env]\nA = '1'\n[ui]\nmouse = false\n"))}
    assert rows["ui.mouse"] == ("ui.mouse", False, "file")
    assert rows["server.env.A"] == ("server.env.A", "1", "file")
    assert rows["views"] == ("views", {}, "default")
    assert rows["storage.path"].value is None
    assert set(all_settings()) - set(rows) == {"server.env"}


def test_explain_masks_what_came_from_the_environment(load: Load) -> None:
    environ = {
        "DATABASE_URL": "postgresql://u:geheim12@db/x",
        "JJM_SERVER__HEADERS": '{ X-Api-Key = "geheim34", Plain = "p", Authorization = "Bearer ${env:T}" }',
    }
    rows = {row.key: row.value for row in explain(load("[server]\nurl = 'https://x.example'\n", environ))}
    assert rows["storage.database_url"] == f"postgresql://u:{MASK}@db/x"
    assert rows["server.headers.X-Api-Key"] == MASK
    assert rows["server.headers.Plain"] == "p"
    assert rows["server.headers.Authorization"] == "Bearer ${env:T}"
    assert "geheim" not in repr(rows)


def test_check_finds_problems_of_every_profile(load: Load, settings_file: Path) -> None:
    load("[ui]\nmouse = true\n")
    settings_file.write_text("[profiles.a.ui]\nmouse = 1\n[profiles.b.retry]\nmin = 99\n", encoding="utf-8")
    findings = check_settings(environ={"JJM_HOME": str(settings_file.parent)})
    errors = [finding.message for finding in findings if finding.level == "error"]
    assert len(errors) == 2
    assert "line 2: ui.mouse" in errors[0]
    assert "retry.min must not be greater" in errors[1]


def test_check_good_file_is_said_to_be_fine(load: Load, settings_file: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("not-a-real-key", encoding="utf-8")
    key.chmod(0o600)
    load(f"[server]\npreset = 'rest'\napi_key = 'file:{key}'\n")
    environ = {"JJM_HOME": str(settings_file.parent)}
    assert [finding.level for finding in check_settings(environ=environ)] == ["ok"]
    key.chmod(0o644)
    findings = check_settings(environ=environ)
    assert [finding.level for finding in findings] == ["ok", "warning"]
    assert f"chmod 600 {key}" in findings[1].message


def test_check_without_file_or_server_warns(tmp_path: Path) -> None:
    findings = check_settings(environ={"JJM_HOME": str(tmp_path)})
    assert [finding.level for finding in findings] == ["warning", "warning"]
    assert "config init" in (findings[0].hint or "")
    assert "setup" in (findings[1].hint or "")


def test_check_missing_variable_and_script_warn(load: Load, settings_file: Path) -> None:
    environ = {"JJM_HOME": str(settings_file.parent)}
    load("[server]\npreset = 'rest'\n")
    assert "JULES_API_KEY is not set" in check_settings(environ=environ)[-1].message
    load("[server]\npreset = 'browser'\nscript = 'none.js'\n")
    assert "does not exist" in check_settings(environ=environ)[-1].message
