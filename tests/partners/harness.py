"""Installs the pinned partners of the protocol, and finds the Node that they need."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

from filelock import FileLock

from tests.real_server.harness import find_tool

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
CONFORMANCE = MODULES / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
EVERYTHING = MODULES / "@modelcontextprotocol" / "server-everything" / "dist" / "index.js"


def install_partners() -> None:
    """Install what ``package.json`` pins, unless it is there already."""
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    with FileLock(Path(tempfile.gettempdir()) / f"jjm-tui-partners-{os.getuid()}.lock"):
        manifests = {name: MODULES / name / "package.json" for name in wanted}
        if all(path.exists() and json.loads(path.read_text())["version"] == wanted[n] for n, path in manifests.items()):
            return
        install = [find_tool("npm"), "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(install, cwd=HERE, check=True, capture_output=True, text=True, timeout=300)


def new_node() -> str:
    """The Node that came with the partners where there is one for this processor, else the machine's."""
    return next((str(path) for path in sorted(MODULES.glob("node-*/bin/node"))), None) or find_tool("node")
