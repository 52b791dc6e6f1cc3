"""Command lines for every command of the parser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jjm_tui.cli.grammar import Command
from tests.tui.evil import EVIL


@dataclass(frozen=True)
class Line:
    """A command line: ``{waiting}``, ``{asking}``, ``{done}`` and ``{paused}`` are ids of tasks. ``tells``: something
    foreign is to be read in what it writes. ``also_json``: it is tried with ``--json`` as well."""

    words: tuple[str, ...]
    tells: bool = True
    also_json: bool = False


def line(words: str, *more: str, tells: bool = True, also_json: bool = False) -> Line:
    """A line of words, and of some that have spaces in them."""
    return Line((*words.split(), *more), tells, also_json)


LINES: Mapping[str, Sequence[Line]] = {
    "list": (line("list --all", also_json=True), line("list --cached --filter", "foo"), line("list --filter", EVIL)),
    "get": (line("get {waiting} --full", also_json=True), line("get {done} --chat 20"), line("get", EVIL)),
    "create": (
        line("create --dry-run --repo acme/webapp --title", EVIL, "--description", EVIL, also_json=True),
        line("create --repo acme/webapp --approval required --title", EVIL, "--description", EVIL),
    ),
    "message": (line("message {asking}", EVIL, tells=False, also_json=True), line("message", EVIL, "x")),
    "approve": (line("approve {waiting} --yes", also_json=True),),
    "resume": (line("resume {paused} --yes"),),
    "outbox list": (line("outbox list --all", also_json=True),),
    "outbox show": (line("outbox show op-refused", also_json=True), line("outbox show", EVIL)),
    "outbox settle": (line("outbox settle", tells=False),),
    "outbox resend": (line("outbox resend op-not_sent --yes", tells=False),),
    "outbox discard": (line("outbox discard op-refused", tells=False),),
    "monitor": (line("monitor {asking} --timeout 1s --interval 1"),),
    "diff": (
        line("diff {done}", also_json=True),
        line("diff {done} --cached --stat"),
        line("diff {done} --file", EVIL),
    ),
    "events": (line("events --limit 50", also_json=True), line("events {done}"), line("events --type", EVIL)),
    "open": (line("open {done} --print", tells=False), line("open", EVIL)),
    "archive": (line("archive {done}", also_json=True), line("archive", EVIL)),
    "unarchive": (line("unarchive {done}"),),
    "snooze": (line("snooze {asking} --for 2h", also_json=True), line("snooze {asking} --for", EVIL)),
    "seen": (line("seen {done}"), line("seen --undo {done}")),
    "export": (
        line("export --format md"),
        line("export --format csv"),
        line("export --format json", tells=False),
        line("export --output -", tells=False),
    ),
    "import": (line("import {folder}/evil.json --dry-run", also_json=True), line("import", f"/no/such{EVIL}")),
    "server tools": (line("server tools", also_json=True),),
    "server call": (line("server call list_sessions"), line("server call", EVIL, "{}")),
    "server resources": (line("server resources", also_json=True),),
    "server read": (line("server read jules://templates/common-tasks", also_json=True), line("server read", EVIL)),
    "server info": (line("server info", also_json=True),),
    "store info": (line("store info", tells=False),),
    "store check": (line("store check", tells=False, also_json=True),),
    "store repair": (line("store repair --yes", tells=False),),
    "store copy": (line("store copy --to {folder}/copy --force", tells=False),),
    "config path": (line("config path --all", tells=False),),
    "config show": (line("config show", also_json=True), line("config show", EVIL)),
    "config get": (line("config get templates"), line("config get", EVIL)),
    "config check": (line("config check", tells=False),),
    "config init": (line("config init", tells=False),),
    "config set": (line("config set ui.theme", EVIL, tells=False), line("config set", EVIL, "x")),
    "setup": (line("setup --preset custom --yes --no-test --command", f"/foo{EVIL}"),),
    "doctor": (line("doctor", tells=False, also_json=True),),
    "keys": (line("keys", tells=False),),
    "completion": (line("completion bash", tells=False), line("completion", EVIL)),
    "forget": (line("forget {asking} --yes", also_json=True), line("forget --undo")),
}
ALONE = {"simulator": "a server: its output is a protocol"}


def leaves(commands: Sequence[Command], before: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command that does something, by its words."""
    for each in commands:
        if each.subcommands:
            yield from leaves(each.subcommands, (*before, each.name))
        else:
            yield " ".join((*before, each.name))


def ids_of(tasks: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The ids that stand for names in the lines, of tasks as ``jjm list --json`` tells them."""
    found = {each["status"]: each["id"] for each in reversed(tasks)}
    return {
        "waiting": found["waiting_approval"],
        "asking": found["waiting_feedback"],
        "done": found["completed"],
        "paused": found["paused"],
    }
