"""Secrets of every kind go through everything there is; then all that was written is searched for them.

The server gets its keys by references, and repeats them wherever a server talks of itself. Nothing may pass them on:
terminals, what commands write, command lines, environments of other processes, and all files.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from jjm_tui.cli.parser import COMMANDS
from tests.cli.test_command_canary import ALONE, leaves
from tests.tui.ground import Ground, ground
from tests.tui.screens_in_code import screens_in_code
from tests.tui.terminal_stage import TerminalStage
from tests.tui.terminal_tour import go, stop_at, walk

SECRETS: Mapping[str, str] = {
    "an environment variable": "kanarie.Zx81Qw55Tt02.envvar",
    "a file": "kanarie.Pq37Rr19Mn44.infile",
    "a command": "kanarie.Lk62Vb80Hy13.bycommand",
    "a header": "kanarie.Dd05Gs77Ju29.header",
    "an address": "kanarie.Nn48Xc21Fe96.address",
    "a database": "kanarie.Ww33Ty64Bo58.database",
    "a variable of nobody": "kanarie.Cc90Ua17Ki35.ambient",
    "the key of Jules": "kanarie.Rb52Tm08Vd71.jules",
}
OF_THE_SERVER = {"an environment variable", "a file", "a command", "the key of Jules"}
"""What the settings hand to the server, and what every server of Jules is given."""
TYPED = "AIzaSyC4n4ryC4n4ryC4n4ryC4n4ryC4n4ry000"
"""A secret that somebody types by mistake, where texts are kept."""
PIECE = 12
"""Characters of a secret that count as the secret: screens break lines."""


def leaks_in(data: bytes | str) -> list[str]:
    """Which secrets are in there, at least in part."""
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    return [
        name
        for name, secret in SECRETS.items()
        if any(secret[start : start + PIECE] in text for start in range(len("kanarie."), len(secret) - PIECE + 1))
    ]


def files_with_leaks(folder: Path, *, known: Path) -> dict[str, list[str]]:
    """The files below a folder that hold secrets; ``known``: where one is kept."""
    files = [path for path in folder.rglob("*") if path.is_file() and path != known]
    found = {str(path.relative_to(folder)): leaks_in(path.read_bytes()) for path in files}
    return {name: leaks for name, leaks in found.items() if leaks}


@contextmanager
def leaking_ground(folder: Path) -> Iterator[Ground]:
    """A ground whose server has secrets of all kinds and repeats them."""
    kept = folder / "key"
    folder.mkdir()
    kept.write_text(SECRETS["a file"])
    kept.chmod(0o600)
    script = folder / "vault.sh"
    word = SECRETS["a command"]
    pieces = "''".join(word[at : at + 6] for at in range(0, len(word), 6))
    script.write_text(f"#!/bin/sh\necho {pieces}\n")
    script.chmod(0o700)
    sections: dict[str, dict[str, Any]] = {
        "logging": {"level": "debug"},
        "storage": {"database_url": "env:MY_DB"},
        "templates": {"one": {"description": "Do it", "repository": "acme/webapp"}},
    }
    with ground(folder / "ground", "leaky", **sections) as place:
        settings = place.program.home / "jjm.toml"
        by_reference = {
            "LEAKED_API_KEY": "env:MY_KEY",
            "LEAKED_COOKIE": f"file:{kept}",
            "LEAKED_WORD": f"command:{script}",
            "LEAKED_MIXED": "Bearer ${env:MY_KEY}",
        }
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in by_reference.items())
        text = settings.read_text()
        assert "[server.env]\n" in text
        settings.write_text(text.replace("[server.env]\n", f"[server.env]\n{lines}"))
        database = f"postgresql://me:{SECRETS['a database']}@db.example/x"
        place.variables["MY_KEY"] = SECRETS["an environment variable"]
        place.variables["MY_DB"] = database
        place.variables["GITHUB_TOKEN"] = SECRETS["a variable of nobody"]
        place.variables["JULES_API_KEY"] = SECRETS["the key of Jules"]
        yield place


def told_of(pid: int, what: str) -> bytes:
    """The environment with which a process was started, or its command line; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return b""


def check_processes(place: Ground, program: int) -> int:
    """No command line has a secret, and no environment but the person's and the server's; how many have all theirs.

    A command that the person named to tell a secret runs in the person's environment.
    """
    servers = 0
    for pid in place.processes():
        environment = told_of(pid, "environ")
        command = told_of(pid, "cmdline")  # asked after that: a new process has both of its parent first
        leaks = set(leaks_in(environment))
        assert leaks_in(command) == [], command
        if b"held_server" in command:
            servers += leaks == OF_THE_SERVER
            assert b"MY_KEY=" not in environment
            assert leaks <= OF_THE_SERVER, command
        elif command and pid != program and b"vault.sh" not in command:
            assert not leaks, command
    return servers


LINES = (
    *("list --all", "list --json", "get {done} --full", "get {done} --json", "get {waiting}", "diff {done}"),
    *("diff {done} --json", "events", "events --json", "outbox list --all --json", "outbox settle"),
    *("doctor --no-color", "doctor --json", "store info --json", "store check", "store repair --yes"),
    *("config path --all", "config check --json", "config show", "config show --json", "config get server"),
    *("config get server.env.LEAKED_API_KEY", "config get storage.database_url", "config set ui.theme jjm-light"),
    *("config init", "config init --force", "server info --json", "server tools --json", "server resources", "keys"),
    *("server call get_session {{}}", "server read jules://templates/common-tasks"),
    *("export --format json", "export --format jsonl", "export --format csv", "export --format md"),
    *("open {done} --print", "export --format json --output {folder}/all.json", "import {folder}/all.json"),
    *("message {asking} hello", "message {waiting} hello --json", "approve {waiting} --yes", "resume {paused} --yes"),
    *("create --repo acme/webapp hello", "create --repo acme/webapp hello --json", "outbox list --all"),
    *("archive {done}", "unarchive {done}", "snooze {asking} --for 2h", "seen {done}", "forget {done} --yes"),
    *("completion bash", "monitor {asking} --timeout 1s --interval 1", "export --format md --output {folder}/all.md"),
    *("store copy --to {folder}/copy --force", "list --verbose", "get nothing --verbose", "list --no-such-option"),
    *("setup --preset custom --command true --api-key-from env:MY_KEY --no-test --yes", "config show --all"),
)
CALLED = ("list_sessions", "get_session", "list_activities", "create_session", "send_message", "approve_plan")
"""Tools of the server that are called by commands."""
REFUSED = ("outbox show {refused}", "outbox resend {refused} --yes", "outbox discard {refused}")
"""What is done with an operation that was refused before."""


def test_every_command_of_the_parser_has_a_line() -> None:
    known = set(leaves(COMMANDS))
    tried = {
        next((each for each in known if f"{words} ".startswith(f"{each} ")), words) for words in (*LINES, *REFUSED)
    }
    assert tried == known - set(ALONE)


def refuse_all(place: Ground) -> None:
    for tool in ("create_session", "send_message", "approve_plan"):
        place.order("refuse", tool)


def run(place: Ground, words: str) -> bytes:
    """What a command writes on a terminal. All that it starts is looked at, while its first call is held for that."""
    for tool in CALLED:
        place.order("hold", tool)
    calls = sum(map(place.calls, CALLED))
    servers = 0
    with place.open(*words.split(), columns=200, rows=50) as terminal:

        def has_ended() -> bool:
            nonlocal servers
            servers = max(servers, check_processes(place, terminal.process.pid))
            if servers:
                for tool in CALLED:
                    place.lift("hold", tool)
            return terminal.process.poll() is not None

        terminal.until(has_ended, f"the end of {words}")
        terminal.finish()
        assert servers or sum(map(place.calls, CALLED)) == calls, f"nobody looked at the server of {words}"
        return terminal.written


def test_secret_is_in_nothing_that_commands_write_and_in_no_other_process(tmp_path: Path) -> None:
    with leaking_ground(tmp_path / "all") as place:
        tasks = place.program.ok("list", "--all", "--json").json["tasks"]
        found = {each["status"]: each["id"] for each in reversed(tasks)}
        named = {"waiting": "waiting_approval", "asking": "waiting_feedback", "done": "completed", "paused": "paused"}
        ids = {name: found[status] for name, status in named.items()} | {"folder": str(place.folder)}
        refuse_all(place)
        place.order("refuse", "get_session", ids["done"])
        run(place, "message {asking} no".format_map(ids))
        ids["refused"] = place.operations()[-1]["id"]
        written = {words: run(place, words.format_map(ids)) for words in (*REFUSED, *LINES)}
        assert {words: leaks for words, each in written.items() if (leaks := leaks_in(each))} == {}
        assert any(b"API key not valid" in each for each in written.values()), "the server leaked nowhere"
        assert files_with_leaks(tmp_path, known=tmp_path / "all" / "key") == {}
        logs = [path.read_text() for path in place.folder.rglob("logs/*")]
        assert any("calling" in text for text in logs)


def fill_outbox(place: Ground) -> None:
    """Messages that the server refused, repeating its secrets, and one of another server that nobody settles."""
    tasks = place.program.ok("list", "--json").json["tasks"]
    asking = next(task["id"] for task in tasks if task["status"] == "waiting_feedback")
    for number in range(4):
        run(place, f"message {asking} {number}")
    (path,) = place.program.home.rglob("outbox.json")
    kept = json.loads(path.read_text())
    refused = kept["operations"][-1]
    assert refused["state"] == "refused"
    kept["operations"].append({**refused, "id": "left", "origin": "other/server", "state": "unconfirmed"})
    path.write_text(json.dumps(kept))


def set_up_another_server(terminal: TerminalStage) -> None:
    """Go through the set-up by keys: a key is typed behind the place that is offered for it, and the server repeats
    its own."""
    program = "import os, sys; sys.exit('No access for ' + os.environ['JULES_API_KEY'] + ' today')"
    go(terminal, stop_at("FirstRunScreen"))
    terminal.press("G", "enter")
    terminal.shows("step 2 of 5")
    terminal.settle()
    terminal.type(f'\x1b[200~{sys.executable} -c "{program}"\x1b[201~')
    terminal.settle()
    terminal.press("enter")
    terminal.shows("Where is your Jules API key?")
    terminal.settle()
    terminal.type(TYPED)
    terminal.shows(TYPED)
    terminal.press("enter")
    terminal.shows("the key itself must not be given here")
    terminal.hides(TYPED)
    terminal.type("env:MY_KEY\r")
    terminal.shows("It does not work yet.", "No access for •••")
    terminal.press("enter")
    terminal.shows("Write it?", "env:MY_KEY")
    terminal.settle()
    terminal.press("y")
    terminal.shows("Written")
    terminal.settle()


def photograph(terminal: TerminalStage, file: Path) -> str:
    """The screen as the dashboard exports it."""
    terminal.signal(signal.SIGUSR1)
    terminal.until(file.exists, "the picture")
    return file.read_text()


def test_secret_is_on_no_screen_and_in_no_other_process(tmp_path: Path) -> None:
    with leaking_ground(tmp_path / "all") as place:
        refuse_all(place)
        fill_outbox(place)
        words = [sys.executable, "-m", "tests.tui.photographed", str(place.folder / "screen.svg")]
        with TerminalStage(words, place.program.environ, columns=160, rows=45) as terminal:
            terminal.shows("connected")
            servers = check_processes(place, terminal.process.pid)
            seen = walk(terminal, filled=True)
            servers += check_processes(place, terminal.process.pid)
            go(terminal, stop_at("ConnectionScreen"))
            terminal.shows("calling")
            picture = photograph(terminal, place.folder / "screen.svg")
            go(terminal, stop_at("CreateScreen"))
            terminal.type(TYPED)
            terminal.shows(TYPED)
            terminal.press("escape")
            terminal.hides(TYPED)
            set_up_another_server(terminal)
            written = terminal.written
        assert servers == 2
        assert "calling" in picture
        assert leaks_in(picture) == []
        assert leaks_in(written) == []
        assert [stop for stop, text in seen.items() if leaks_in(text)] == []
        assert {stop.screen for stop in seen} == screens_in_code() - {"DetailScreen"}
        assert files_with_leaks(tmp_path, known=tmp_path / "all" / "key") == {}
        files = [path for path in place.folder.rglob("*") if path.is_file()]
        assert {path.name for path in files if TYPED.encode() in path.read_bytes()} <= {"drafts.json"}


class _Repeating(BaseHTTPRequestHandler):
    """Refuses everything, and repeats everything that it was sent."""

    asked: ClassVar[list[str]] = []

    def _refuse(self) -> None:
        self.asked.append(f"{dict(self.headers)} {self.path}")
        words = f"No access for {dict(self.headers)} at {self.path}".encode()
        self.send_response(500)
        self.send_header("Content-Length", str(len(words)))
        self.end_headers()
        self.wfile.write(words)

    do_GET = do_POST = do_DELETE = _refuse  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    """Where a server listens that repeats everything."""
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _Repeating)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    _Repeating.asked.clear()
    yield listener.server_port
    listener.shutdown()
    listener.server_close()


def look_everywhere(place: Ground) -> None:
    """Use the server by commands and with the dashboard; nothing tells a secret."""
    for words in ("list", "list --json --verbose", "doctor --json", "server info", "config show --json"):
        assert leaks_in(run(place, words)) == [], words
    with place.open(columns=160, rows=45) as terminal:
        terminal.shows("jjm")
        terminal.press("C")
        terminal.shows("127.0.0.1")
        terminal.settle()
        terminal.press("escape", "L")
        terminal.shows(*stop_at("LogScreen").words)
        terminal.settle()
        assert leaks_in(terminal.written) == []
    assert files_with_leaks(place.folder, known=place.folder) == {}


def test_secret_in_a_header_is_told_to_that_server_only(tmp_path: Path, port: int) -> None:
    with ground(tmp_path / "ground") as place:
        place.variables["MY_TOKEN"] = SECRETS["a header"]
        (place.program.home / "jjm.toml").write_text(
            f'[server]\nurl = "http://127.0.0.1:{port}/mcp"\n[logging]\nlevel = "debug"\n'
            '[server.headers]\nAuthorization = "Bearer ${env:MY_TOKEN}"\n'
        )
        look_everywhere(place)
    assert any("a header" in leaks_in(each) for each in _Repeating.asked)


@pytest.mark.parametrize(
    "address", ["http://me:{word}@127.0.0.1:{port}/mcp", "http://127.0.0.1:{port}/x?api_key={word}"]
)
def test_secret_in_an_address_is_told_to_that_server_only(tmp_path: Path, port: int, address: str) -> None:
    with ground(tmp_path / "ground") as place:
        (place.program.home / "jjm.toml").write_text('[logging]\nlevel = "debug"\n')
        place.variables["JJM_SERVER__URL"] = address.format(word=SECRETS["an address"], port=port)
        look_everywhere(place)
    assert _Repeating.asked
