"""Which server is started, with which environment, under which name; where the files are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jjm_tui.errors import ConfigurationError
from jjm_tui.settings import Locations, StorePaths
from jjm_tui.settings.presets import (
    PRESETS,
    command_label,
    is_configured,
    origin,
    overrides_for_command,
    overrides_for_demo,
    overrides_for_url,
    resolve_server,
)
from jjm_tui.settings.secrets import MASK, masked
from tests.settings.conftest import Load

ENVIRON = {"HOME": "/h", "PATH": "/bin", "JULES_API_KEY": "geheim12", "SHELL": "sh", "SECRET_OF_OTHERS": "x"}


@pytest.mark.parametrize(
    ("preset", "command", "has_key"),
    [
        ("rest", ("npx", "-y", "@amitdeshmukh/google-jules-mcp@0.1.6"), True),
        ("official", ("npx", "-y", "@google/jules-mcp@0.2.0"), True),
        ("text", ("npx", "-y", "google-jules-mcp-server@0.3.2"), True),
        ("browser", ("node", "/s/dist/index.js"), False),
    ],
)
def test_preset_starts_its_pinned_server(load: Load, preset: str, command: tuple[str, ...], has_key: bool) -> None:
    loaded = load(f"[server]\npreset = '{preset}'\nscript = '/s/dist/index.js'\nargs = ['--x']\n")
    server = resolve_server(loaded.settings, ENVIRON)
    assert server.command == (*command, "--x")
    assert server.url is None
    assert server.env.get("JULES_API_KEY") == ("geheim12" if has_key else None)
    assert "SECRET_OF_OTHERS" not in server.env
    assert origin(loaded.settings, loaded.profile) == f"default/{preset}"


def test_demo_starts_the_simulator_with_its_options(load: Load, tmp_path: Path) -> None:
    overrides = overrides_for_demo(tasks=5, speed=2.5, seed=9, state=tmp_path / "world")
    loaded = load(
        "[server]\ncommand = 'other'\n", **{key.replace(".", "__"): value for key, value in overrides.items()}
    )
    server = resolve_server(loaded.settings, ENVIRON)
    assert server.command is not None
    assert server.command[:4] == (sys.executable, "-P", "-m", "jjm_tui.simulator")
    assert server.command[4:] == ("--tasks", "5", "--speed", "2.5", "--seed", "9", "--state", str(tmp_path / "world"))
    assert "JULES_API_KEY" not in server.env
    assert server.label == "demo"


def test_environment_passes_only_what_is_named(load: Load) -> None:
    loaded = load(
        "[server]\ncommand = 'x'\npass_env = ['MINE', 'GROUP_*']\n[server.env]\nA_TOKEN = 'env:OTHER'\nPATH = '/mine'\n"
    )
    given = {"MINE": "1", "GROUP_A": "2", "GROUPS": "3", "OTHER": "geheim34", "HTTPS_PROXY": "p", "LC_ALL": "C"}
    server = resolve_server(loaded.settings, {**ENVIRON, **given})
    expected = {"HOME": "/h", "PATH": "/mine", "SHELL": "sh", "JULES_API_KEY": "geheim12", "MINE": "1", "GROUP_A": "2"}
    assert server.env == {**expected, "A_TOKEN": "geheim34", "HTTPS_PROXY": "p", "LC_ALL": "C"}
    assert "geheim34" not in repr(server)
    assert masked("geheim12 geheim34") == f"{MASK} {MASK}"


@pytest.mark.parametrize("preset", ["rest", "text"])
def test_missing_key_is_told_before_anything_starts(load: Load, preset: str) -> None:
    with pytest.raises(ConfigurationError, match="JULES_API_KEY is not set") as caught:
        resolve_server(load(f"[server]\npreset = '{preset}'\n").settings, {})
    assert "export JULES_API_KEY" in (caught.value.hint or "")


@pytest.mark.parametrize("text", ["preset = 'official'", "command = 'x'"])
def test_missing_key_is_fine_where_the_server_can_do_without(load: Load, text: str) -> None:
    assert "JULES_API_KEY" not in resolve_server(load(f"[server]\n{text}\n").settings, {}).env


def test_broken_reference_names_the_setting(load: Load) -> None:
    loaded = load("[server]\ncommand = 'x'\n[server.env]\nA_TOKEN = 'env:NONE'\n")
    with pytest.raises(ConfigurationError, match=r"server\.env\.A_TOKEN: The reference env:NONE leads nowhere"):
        resolve_server(loaded.settings, {})


def test_rotated_secret_is_read_at_the_next_start(load: Load, tmp_path: Path) -> None:
    key = tmp_path / "key"
    settings = load(f"[server]\npreset = 'rest'\napi_key = 'file:{key}'\n").settings
    for value in ("geheim12", "geheim34"):
        key.write_text(value, encoding="utf-8")
        assert resolve_server(settings, {}).env["JULES_API_KEY"] == value


def test_no_server_is_told_with_the_ways_out(load: Load) -> None:
    settings = load().settings
    assert not is_configured(settings)
    assert origin(settings, "default") == "default/none"
    with pytest.raises(ConfigurationError, match="No Jules MCP server") as caught:
        resolve_server(settings, ENVIRON)
    assert "--demo" in (caught.value.hint or "")


def test_browser_without_script_asks_for_it(load: Load) -> None:
    with pytest.raises(ConfigurationError, match="needs to know where"):
        resolve_server(load("[server]\npreset = 'browser'\n").settings, {})


def test_command_line_is_split_without_a_shell(load: Load) -> None:
    overrides = overrides_for_command("node '/a b/index.js' --x=$HOME ';' \"q\"")
    text = "[server]\npreset = 'rest'\nargs = ['--old']\n[server.env]\nA = '1'\n"
    loaded = load(text, **{key.replace(".", "__"): value for key, value in overrides.items()})
    server = resolve_server(loaded.settings, ENVIRON)
    assert server.command == ("node", "/a b/index.js", "--x=$HOME", ";", "q")
    assert server.env["A"] == "1"


@pytest.mark.parametrize("line", ["", "  ", "'open", "''"])
def test_command_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(ConfigurationError, match="--server"):
        overrides_for_command(line)


def test_url_replaces_the_command_and_the_headers(load: Load) -> None:
    overrides = overrides_for_url("http://127.0.0.1:9/mcp")
    text = "[server]\nurl = 'https://x.example'\nheaders = { Authorization = 'env:T' }\n"
    loaded = load(text, **{key.replace(".", "__"): value for key, value in overrides.items()})
    server = resolve_server(loaded.settings, ENVIRON)
    assert (server.command, server.url, dict(server.headers), dict(server.env)) == (
        None,
        "http://127.0.0.1:9/mcp",
        {},
        {},
    )
    assert server.label == "127.0.0.1:9"
    assert server.target == "http://127.0.0.1:9/mcp"


def test_headers_are_resolved(load: Load) -> None:
    text = "[server]\nurl = 'https://x.example/mcp'\nheaders = { Authorization = 'Bearer ${env:JULES_API_KEY}' }\n"
    assert resolve_server(load(text).settings, ENVIRON).headers == {"Authorization": "Bearer geheim12"}


@pytest.mark.parametrize(
    ("argv", "label"),
    [
        (("node", "/opt/google-jules-mcp/dist/index.js", "--x"), "google-jules-mcp"),
        (("node", "--enable-source-maps", "./my-server.mjs"), "my-server"),
        (("npx", "-y", "@google/jules-mcp@0.2.0"), "@google_jules-mcp"),
        (("npx", "-y", "some-server@1.2"), "some-server"),
        (("python3.12", "-m", "fake.server", "--state", "x"), "fake.server"),
        (("/usr/bin/python3", "/x/fake_server.py", "--hang"), "fake_server"),
        (("uv", "run", "server.py"), "server"),
        (("/opt/bin/jules-mcp", "serve"), "jules-mcp"),
        (("python3",), "python3"),
        (("node", "/index.js"), "index"),
    ],
)
def test_label_of_a_command_is_what_it_runs(argv: tuple[str, ...], label: str) -> None:
    assert command_label(argv) == label


def test_label_can_be_chosen(load: Load) -> None:
    loaded = load("[server]\ncommand = 'x'\nlabel = 'My server'\n", profile="default")
    assert origin(loaded.settings, loaded.profile) == "default/My server"


def test_presets_say_what_they_reach() -> None:
    for preset in PRESETS.values():
        assert preset.reaches
        assert all(0 < fact.find(": ") <= 9 for fact in preset.reaches), preset.name
        assert preset.prerequisites
        assert preset.title


def test_locations_under_home_stay_inside(tmp_path: Path) -> None:
    places = Locations.find({"JJM_HOME": str(tmp_path)})
    assert places.config_file == tmp_path / "jjm.toml"
    paths = places.store_paths("work")
    assert paths.tasks == tmp_path / "data" / "work" / "tasks.json"
    for path in (*vars(places).values(), *vars(paths).values(), places.server_locks, places.terminals):
        assert path.is_relative_to(tmp_path)
    assert not any(tmp_path.iterdir())


def test_locations_of_the_platform_name_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    places = Locations.find({})
    assert all("jjm-tui" in str(path) for path in vars(places).values())


def test_store_files_stand_beside_a_named_store(tmp_path: Path) -> None:
    paths = Locations.under(tmp_path).store_paths("work", tmp_path / "x" / "mine.json")
    assert paths == StorePaths.beside(tmp_path / "x" / "mine.json")
    assert paths.events == tmp_path / "x" / "mine.events.jsonl"
    assert len({path.name for path in vars(paths).values()}) == 6


def test_store_of_a_profile_that_is_no_folder_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        Locations.under(tmp_path).store_paths("../x")
