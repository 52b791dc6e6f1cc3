"""Starts a real third-party Jules MCP server against the stand-in for Google's API.

Nothing leaves this machine while the server runs: its requests are led to the stand-in, all others are refused.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from filelock import FileLock

from tests.standin.google_api import GOOD_KEY

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PACKAGE = "@amitdeshmukh/google-jules-mcp"
PRELOAD = HERE.parent / "standin" / "preload.cjs"
ENTRY = HERE / "node_modules" / PACKAGE / "dist" / "server.js"


class MissingToolError(RuntimeError):
    """Node or npm is not installed."""


def find_tool(name: str) -> str:
    """The path of a program; its absence fails by name."""
    path = shutil.which(name)
    if path is None:
        raise MissingToolError(f"{name} is needed for the tests against a real server, and is not installed")
    return path


def install_server() -> Path:
    """Install the pinned package once; answers the script to start."""
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"][PACKAGE]
    with FileLock(Path(tempfile.gettempdir()) / f"jjm-tui-real-server-{os.getuid()}.lock"):
        manifest = HERE / "node_modules" / PACKAGE / "package.json"
        if not manifest.exists() or json.loads(manifest.read_text())["version"] != wanted:
            install = [find_tool("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(install, cwd=HERE, check=True, capture_output=True, text=True, timeout=300)
    return ENTRY


@dataclass(frozen=True)
class WorldControl:
    """A test's hand on the world behind the stand-in."""

    port: int

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
            return json.loads(answer.read())

    def act(self, action: str, **arguments: Any) -> dict[str, Any]:
        """Any action of ``simulator_control``: step, set_state, change_plan, create, message, approve, say …"""
        result: dict[str, Any] = self._ask("POST", "/control/act", {"action": action, **arguments})
        return result

    def step(self, seconds: float) -> None:
        """Move the simulated time."""
        self.act("step", seconds=seconds)

    def fail(self, match: str, status: int, *, count: int = 1, body: str | None = None, after: bool = False) -> None:
        """Let the next requests fail whose ``METHOD /path`` begins with ``match``; see the stand-in."""
        failure = {"match": match, "status": status, "count": count, "body": body, "after": after}
        self._ask("POST", "/control/fail", failure)

    def journal(self) -> list[dict[str, Any]]:
        """Every effect so far: kind, session, text, time, detail."""
        entries: list[dict[str, Any]] = self._ask("GET", "/control/journal")
        return entries

    def requests(self) -> list[str]:
        """Every request that reached the API."""
        lines: list[str] = self._ask("GET", "/control/requests")
        return lines


@dataclass(frozen=True)
class RealServer:
    """How to start the real server, and the world that it will show.

    ``env`` is all that the server needs in its environment, the key included.
    """

    command: tuple[str, ...]
    env: Mapping[str, str]
    world: WorldControl
    package: str = field(default=PACKAGE)

    def with_key(self, key: str | None) -> RealServer:
        """The same with another API key, or without one."""
        env = {name: value for name, value in self.env.items() if name != "JULES_API_KEY"}
        return RealServer(self.command, env if key is None else {**env, "JULES_API_KEY": key}, self.world, self.package)


@contextmanager
def run_stand_in(*, tasks: int = 12, seed: int = 1, speed: float = 0.0) -> Iterator[int]:
    """A stand-in process; gives its port. The world stands still unless a speed is given."""
    options = ["--tasks", str(tasks), "--seed", str(seed), "--speed", str(speed)]
    with subprocess.Popen(
        [sys.executable, "-m", "tests.standin.google_api", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(timeout=10)


@contextmanager
def run_real_server(*, tasks: int = 12, seed: int = 1, speed: float = 0.0) -> Iterator[RealServer]:
    """Everything that a test needs to start the real server itself."""
    script = install_server()
    with run_stand_in(tasks=tasks, seed=seed, speed=speed) as port:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(HERE),
            "NODE_OPTIONS": f"--require={PRELOAD}",
            "JJM_STANDIN_PORT": str(port),
            "JULES_API_KEY": GOOD_KEY,
        }
        yield RealServer((find_tool("node"), str(script)), env, WorldControl(port))
