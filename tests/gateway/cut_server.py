"""A stdio server that ends in the middle of its only call: ``cut_server.py WAY COUNT FILE``.

WAY ``request``: it ends after reading COUNT bytes of the call (one at least); ``answer``: after writing COUNT bytes of
the answer. With ``measure`` before it, it answers, and writes into FILE how many bytes there are. Else FILE gets one x
for each call.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

WAY, COUNT, FILE = sys.argv[1].split()[-1], int(sys.argv[2]), Path(sys.argv[3])
MEASURES = sys.argv[1].startswith("measure")
INFO = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "cut", "version": "1"}}
ECHO = {"name": "echo", "inputSchema": {"type": "object"}}
BEFORE: dict[str, dict[str, Any]] = {"initialize": INFO, "tools/list": {"tools": [ECHO]}}


def read(count: int) -> bytes:
    """So many bytes, or fewer at the end."""
    found = b""
    while len(found) < count and (more := os.read(0, count - len(found))):
        found += more
    return found


def read_line(known: bytes = b"") -> bytes:
    """One line, byte by byte, so that nothing of the next one is taken."""
    line = known
    while not line.endswith(b"\n") and (more := os.read(0, 1)):
        line += more
    return line


def encode(request: dict[str, Any], result: dict[str, Any]) -> bytes:
    """An answer as a line."""
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode() + b"\n"


def shake_hands() -> None:
    """Answer until the tools are told."""
    while line := read_line():
        request = json.loads(line)
        if "id" in request:
            os.write(1, encode(request, BEFORE[request["method"]]))
        if request.get("method") == "tools/list":
            return


def note() -> None:
    """A call was heard."""
    with FILE.open("a") as file:
        file.write("x")


def main() -> None:
    """One call."""
    shake_hands()
    known = read(1)
    if not MEASURES:
        note()
        if WAY == "request":
            read(COUNT - 1)
            os._exit(9)
    line = read_line(known)
    request = json.loads(line)
    answer = encode(request, {"content": [{"type": "text", "text": request["params"]["arguments"]["text"]}]})
    if MEASURES:
        FILE.write_text(str(len(line if WAY == "request" else answer)))
        os.write(1, answer)
        read_line()
    os.write(1, answer[:COUNT])
    os._exit(9)


if __name__ == "__main__":
    main()
