"""A Jules MCP server without an SDK, quick to start, whose calls can be held, refused or cut, as files beside it say.

``python -m tests.tui.held_server FOLDER [TRAIT…]``. The world is ``FOLDER/world.json``; every call is a line in
``FOLDER/calls.log``, its tool and our process, before anything else happens. Files named ``<what>-<tool>`` or
``<what>-<tool>-<task>`` decide about a call of that tool: ``hold`` waits before the effect and ``keep`` after it, for
as long as the file is there; ``refuse`` says no; ``die`` ends the server before the effect and ``drop`` after it, once.
Traits: ``deaf`` ends neither on SIGTERM nor at the end of its input, ``silent`` never answers the handshake,
``parent`` has a child that outlives it, ``hostile`` has evil in every name and word of its own, ``leaky`` repeats the
secrets of its environment wherever a server talks of itself: standard error, lines that are no protocol, refusals.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.dialect import CallRefusedError
from jjm_tui.simulator.rest_dialect import RestDialect
from jjm_tui.simulator.world import World
from tests.tui.evil import EVIL, server_words

_STEP = 0.005


class HeldServer:
    """Each call has a thread of its own, so that one that is held does not hold the others."""

    def __init__(self, folder: Path, *, is_hostile: bool = False, leak: str = "") -> None:
        self._folder = folder
        self._word = EVIL if is_hostile else ""
        self._leak = leak
        self._dialect = RestDialect(World(1, 12, 0.0, state_path=folder / "world.json"))
        self._turn = threading.Lock()

    def answer(self, request: dict[str, Any]) -> None:
        """Answer one request."""
        method, params = request["method"], request.get("params") or {}
        if method == "tools/call":
            threading.Thread(target=self._call, args=(request["id"], params), daemon=True).start()
        elif method == "initialize":
            about = {"name": f"held{self._word}", "version": f"1{self._word}"}
            can = {"tools": {}, "resources": {}} if self._word else {"tools": {}}
            self._say(request["id"], result={"protocolVersion": "2025-11-25", "capabilities": can, "serverInfo": about})
        elif method == "tools/list":
            more = {"name": self._word, "description": self._word, "inputSchema": {"type": "object"}}
            self._say(request["id"], result={"tools": [*self._dialect.tools(), *([more] if self._word else ())]})
        elif method == "resources/list" and self._word:
            more = {"uri": "jules://templates/common-tasks", "name": self._word, "description": self._word}
            self._say(request["id"], result={"resources": [more, {**more, "uri": f"x:{self._word}"}]})
        elif method == "resources/read" and self._word:
            text = json.dumps({self._word: self._word})
            self._say(request["id"], result={"contents": [{"uri": params["uri"], "text": text}]})
        else:
            self._say(request["id"], error={"code": -32601, "message": "Method not found"})

    def _call(self, request_id: object, params: dict[str, Any]) -> None:
        tool, arguments = params["name"], params.get("arguments") or {}
        names = (tool, f"{tool}-{arguments.get('sessionId')}")
        with self._turn, (self._folder / "calls.log").open("a", encoding="utf-8") as log:
            log.write(f"{tool} {os.getpid()}\n")
        self._mutter(f"calling {tool} with {self._leak}")
        self._wait_while("hold", names)
        self._end_if("die", names)
        try:
            with self._turn:
                reply = (
                    self._dialect.refuse(tool, arguments, ApiError(400))
                    if self._find("refuse", names)
                    else self._dialect.call(tool, arguments)
                )
        except CallRefusedError as refusal:
            self._say(request_id, error={"code": refusal.code, "message": f"{refusal.message} {self._leak}".rstrip()})
            return
        self._wait_while("keep", names)
        self._end_if("drop", names)
        text = f"API key not valid: {self._leak} {reply.text}" if self._leak and reply.is_error else reply.text
        content = [{"type": "text", "text": self._hostile(text)}]
        self._say(request_id, result={"content": content, "isError": reply.is_error})

    def _mutter(self, words: str) -> None:
        if self._leak:
            with self._turn:
                os.write(2, f"{words}\n".encode())
                os.write(1, f"{words}\n".encode())

    def _hostile(self, text: str) -> str:
        if not self._word:
            return text
        try:
            return json.dumps(server_words(json.loads(text)))
        except ValueError:
            return f"{self._word} {text}"

    def _find(self, what: str, names: Iterable[str]) -> Path | None:
        paths = (self._folder / f"{what}-{name}" for name in names)
        return next((path for path in paths if path.exists()), None)

    def _wait_while(self, what: str, names: Iterable[str]) -> None:
        while self._find(what, names):
            time.sleep(_STEP)

    def _end_if(self, what: str, names: Iterable[str]) -> None:
        if (path := self._find(what, names)) is not None:
            path.unlink()
            os._exit(9)

    def _say(self, request_id: object, **message: object) -> None:
        line = json.dumps({"jsonrpc": "2.0", "id": request_id, **message}).encode() + b"\n"
        with self._turn:
            try:
                os.write(1, line)
            except BrokenPipeError:
                os._exit(0)


def main() -> None:
    folder, traits = Path(sys.argv[1]), sys.argv[2:]
    if "deaf" in traits:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "parent" in traits:
        subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    secrets = [value for name, value in sorted(os.environ.items()) if name.startswith("LEAKED_")]
    leak = " ".join(secrets) if "leaky" in traits else ""
    server = HeldServer(folder, is_hostile="hostile" in traits, leak=leak)
    if "hostile" in traits:
        sys.stderr.write(f"{EVIL}\n" * 3)
        sys.stderr.flush()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if "id" in request and "method" in request and "silent" not in traits:
            server.answer(request)
    if "deaf" in traits:
        threading.Event().wait()
    os._exit(0)


if __name__ == "__main__":
    main()
