"""Fresh processes prove what importing a room loads: the floors of the house, and no heavy library before its time."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from functools import cache

import pytest

import jjm_tui

SCREENS = ("textual", "rich")
HEAVY = (*SCREENS, "mcp", "mcp_types", "structlog", "sqlalchemy", "pydantic", "tenacity", "platformdirs", "keyring")
HEADLESS = ("domain", "ports", "errors", "settings", "gateway", "store", "services", "simulator", "assembly")
"""Not the logs' pipeline: structlog loads Rich where it is installed, which is why it comes with the first record."""
LIGHT = ("files", "domain", "ports", "errors", "settings", "store", "services", "assembly")
"""Rooms that every command may load."""
PURE = ("files", "domain", "ports", "errors")
FLOORS = ("files", "errors", "domain", "ports", "settings", "services", "assembly", "tui", "cli")
"""Ground first. The gateway, the store, the simulator and the logs stand between the settings and the services."""
MIDDLE = ("gateway", "store", "simulator", "logs")
ENTRY = "__main__"


def all_modules() -> list[str]:
    """Every module of the package, found by walking it; importing nothing."""
    found = ["jjm_tui"]

    def walk(path: list[str], prefix: str) -> None:
        for item in pkgutil.iter_modules(path, prefix):
            found.append(item.name)
            if item.ispkg:
                walk([f"{path[0]}/{item.name.rpartition('.')[2]}"], f"{item.name}.")

    walk(list(jjm_tui.__path__), "jjm_tui.")
    return sorted(found)


def rooms(*names: str) -> list[str]:
    """The modules of the named rooms."""
    return [module for module in all_modules() if room_of(module) in names and not module.endswith(ENTRY)]


@cache
def loaded_by(modules: tuple[str, ...]) -> frozenset[str]:
    """What a fresh process has loaded after importing these modules."""
    program = (
        "import importlib, json, sys\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(modules)], capture_output=True, text=True, check=False, env=plain
    )
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout))


def room_of(module: str) -> str:
    return [*module.split("."), ""][1]


def test_walk_finds_the_rooms() -> None:
    found = {room_of(module) for module in all_modules()}
    assert {"domain", "settings", "ports", "errors", "gateway", "store", "services", "logs"} <= found


def test_package_itself_loads_nothing_of_ours_and_nothing_heavy() -> None:
    loaded = loaded_by(("jjm_tui",))
    assert {name for name in loaded if name.startswith("jjm_tui")} == {"jjm_tui"}
    assert not loaded & set(HEAVY)


@pytest.mark.parametrize("room", LIGHT)
def test_light_room_loads_no_heavy_library(room: str) -> None:
    modules = rooms(room)
    assert modules, room
    assert not loaded_by(tuple(modules)) & set(HEAVY)


@pytest.mark.parametrize("module", rooms("domain", "settings", "store", "services"))
def test_light_module_by_itself_loads_no_heavy_library(module: str) -> None:
    assert not loaded_by((module,)) & set(HEAVY)


def test_headless_rooms_load_no_screen() -> None:
    assert not loaded_by(tuple(rooms(*HEADLESS))) & set(SCREENS)


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_load_the_standard_library_only(room: str) -> None:
    loaded = {name.partition(".")[0] for name in loaded_by(tuple(rooms(room)))}
    bare = {name.partition(".")[0] for name in loaded_by(())}
    assert loaded - bare - set(sys.stdlib_module_names) == {"jjm_tui"}


@pytest.mark.parametrize("room", [*FLOORS, *MIDDLE])
def test_room_loads_only_what_is_below_it(room: str) -> None:
    modules = rooms(room)
    if room in MIDDLE:
        above = {*FLOORS[FLOORS.index("services") :], *MIDDLE} - {room}
    else:
        above = set(FLOORS[FLOORS.index(room) + 1 :])
        if FLOORS.index(room) <= FLOORS.index("settings"):
            above |= set(MIDDLE)
    found = {room_of(name) for name in loaded_by(tuple(modules)) if name.startswith("jjm_tui.")}
    assert not found & above
    if room == "services":
        assert not found & {"gateway", "store", "simulator"}


def test_logs_load_structlog_only_in_their_pipeline() -> None:
    assert "structlog" not in loaded_by(("jjm_tui.logs",))
    assert "structlog" in loaded_by(("jjm_tui.logs.pipeline",))
