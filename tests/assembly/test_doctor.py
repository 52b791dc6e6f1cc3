"""The doctor finds what is wrong and says what to do about it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from jjm_tui.assembly import Options, run_doctor
from jjm_tui.settings.presets import overrides_for_command

SIMULATOR = f"{sys.executable} -P -m jjm_tui.simulator"


def _environ(home: Path, **more: str) -> dict[str, str]:
    return {"JJM_HOME": str(home), "PATH": os.environ["PATH"], "HOME": str(home), **more}


def _through(command: str, **overrides: object) -> Options:
    return Options(overrides={**overrides_for_command(command), **overrides})


async def _examine(options: Options, environ: dict[str, str]):
    return {check.name: check async for check in run_doctor(options, environ)}


async def test_healthy_server_is_all_well(tmp_path):
    checks = await _examine(_through(SIMULATOR), _environ(tmp_path))
    assert {name: check.state for name, check in checks.items() if check.state == "failed"} == {}
    assert "12 tasks" in checks["account"].message
    assert checks["dialect"].message.startswith("rest")
    assert checks["program"].message == f"{sys.executable} is there."


async def test_missing_node_is_found_and_explained(tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    options = Options(overrides={"server.preset": "rest"})
    checks = await _examine(options, _environ(tmp_path, PATH=str(empty), JULES_API_KEY="not-a-real-key"))
    assert checks["program"].state == "failed"
    assert "npx" in checks["program"].message
    assert "Node.js" in (checks["program"].way_out or "")
    assert "server" not in checks


@pytest.mark.parametrize(("version", "state"), [("v20.20.2", "failed"), ("v22.19.0", "ok")])
async def test_node_older_than_the_server_needs_is_found(tmp_path, version, state):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("node", "npx"):
        (folder / name).write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo {version} && exit 0\nexit 1\n')
        (folder / name).chmod(0o755)
    options = Options(overrides={"server.preset": "text", "server.start_timeout": 5.0})
    environ = _environ(tmp_path, PATH=f"{folder}:/usr/bin:/bin", JULES_API_KEY="not-a-real-key")
    checks = await _examine(options, environ)
    assert checks["program"].state == state
    assert version[1:] in checks["program"].message
    assert state == "failed" or checks["program"].message == f"npx is at {folder}/npx, Node {version[1:]}."


async def test_missing_key_is_found_and_explained(tmp_path):
    checks = await _examine(Options(overrides={"server.preset": "rest"}), _environ(tmp_path))
    assert checks["key"].state == "failed"
    assert "JULES_API_KEY" in checks["key"].message
    assert "jules.google.com" in (checks["key"].way_out or "")


async def test_script_that_was_never_told_is_no_matter_of_the_key(tmp_path):
    checks = await _examine(Options(overrides={"server.preset": "browser"}), _environ(tmp_path))
    assert checks["server"].state == "failed"
    assert "google-jules-mcp" in checks["server"].message
    assert "key" not in checks


async def test_refused_key_is_found_and_explained(tmp_path):
    checks = await _examine(_through(f"{SIMULATOR} --fault refuse-key"), _environ(tmp_path))
    assert checks["server"].state == "ok"
    assert checks["account"].state == "failed"
    assert "key" in f"{checks['account'].message} {checks['account'].way_out}"


async def test_server_that_dies_at_start_is_quoted(tmp_path):
    command = f"{SIMULATOR} --fault 'die-at-start=The flux capacitor is empty.'"
    checks = await _examine(_through(command), _environ(tmp_path))
    assert checks["server"].state == "failed"
    assert any("flux capacitor" in line for line in (checks["server"].message, *checks["server"].details))


async def test_server_that_never_answers_is_told_after_the_time_to_start(tmp_path):
    options = _through(f"{SIMULATOR} --fault silent-start", **{"server.start_timeout": 1.0})
    checks = await _examine(options, _environ(tmp_path))
    assert checks["server"].state == "failed"
    assert "not ready within 1" in checks["server"].message
    assert checks["server"].way_out


async def test_unknown_dialect_is_told_with_the_tools_it_has(tmp_path):
    script = tmp_path / "other.py"
    script.write_text(
        "from mcp.server.mcpserver import MCPServer\n"
        "server = MCPServer('other')\n"
        "@server.tool()\n"
        "def fetch_weather(city: str) -> str:\n"
        "    return 'sunny'\n"
        "server.run()\n"
    )
    checks = await _examine(_through(f"{sys.executable} {script}"), _environ(tmp_path))
    assert checks["server"].state == "ok"
    assert checks["dialect"].state == "failed"
    assert "fetch_weather" in f"{checks['dialect'].message} {checks['dialect'].details} {checks['dialect'].way_out}"


async def test_unwritable_store_is_found_and_explained(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    options = _through(SIMULATOR, **{"storage.path": blocker / "below" / "tasks.json"})
    checks = await _examine(options, _environ(tmp_path))
    assert checks["store"].state == "failed"
    assert checks["store"].way_out


async def test_damaged_store_is_found_and_left_alone(tmp_path):
    store = tmp_path / "tasks.json"
    store.write_text('{"tasks": [')
    checks = await _examine(_through(SIMULATOR, **{"storage.path": store}), _environ(tmp_path))
    assert checks["store"].state == "failed"
    assert "repair" in (checks["store"].way_out or "")
    assert store.read_text() == '{"tasks": ['


async def test_wrong_settings_do_not_keep_the_terminal_from_being_checked(tmp_path):
    (tmp_path / "jjm.toml").write_text("[server]\npresett = 'rest'\n")
    checks = await _examine(Options(), _environ(tmp_path))
    assert checks["settings"].state == "failed"
    assert "preset" in (checks["settings"].way_out or "")
    assert "terminal" in checks


async def test_nothing_configured_points_to_setup_and_demo(tmp_path):
    checks = await _examine(Options(), _environ(tmp_path))
    assert checks["server"].state == "failed"
    assert "setup" in (checks["server"].way_out or "")


async def test_demo_is_healthy_without_anything(tmp_path):
    checks = await _examine(Options(demo=True), _environ(tmp_path))
    assert {name for name, check in checks.items() if check.state == "failed"} == set()
