"""Fields of another version, at every level of the files, are there byte for byte after every command."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jjm_tui.cli.output import harmless
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.domain.times import format_time, parse_time
from jjm_tui.services.drafting.joined_texts import NOT_SENT, text_with
from tests.cli.command_lines import LINES, Line, ids_of, line
from tests.tui.evil import EVIL
from tests.tui.ground import Ground, ground

FILES = ("tasks.json", "outbox.json", "drafts.json")
LISTS = ("tasks", "chat_history", "source_files", "steps", "operations", "drafts")
Where = tuple[str, ...]
"""The way to a record: names of fields, and ids."""
OF_A_RECORD = 3
"""How long the way to a task, an operation or a draft is."""

MORE: Mapping[str, Sequence[Line]] = {
    "create": (line("create --repo acme/webapp --approval required --title x --description y"),),
    "message": (line("message {asking}", "go on"),),
    "unarchive": (line("archive {done}"), line("unarchive {done}")),
    "import": (line("import {folder}/newer.json"),),
    "config set": (line("config set ui.theme jjm-light"),),
    "setup": (line("setup --preset custom --yes --no-test --command /foo"),),
}
"""Lines for commands of which all others have evil in them, or find nothing to do."""
CHANGING = {
    **{each: {"tasks"} for each in ("list", "get", "monitor", "create", "approve", "resume")},
    **{each: {"tasks"} for each in ("archive", "unarchive", "snooze", "seen", "forget", "import")},
    "message": {"tasks", "drafts"},
    "outbox settle": {"tasks", "operations"},
    "outbox resend": {"tasks", "operations"},
    "outbox discard": {"operations"},
}
"""What commands write anew of that which has such fields, so that keeping the bytes of others is not enough."""
CODES = {"monitor": 124, "outbox settle": 1, "server read": 1, "config init": 2}


def records_in(data: dict[str, Any], where: Where) -> Iterator[tuple[Where, dict[str, Any]]]:
    """Every record in one, itself as well, with the way to it."""
    yield where, data
    for name in LISTS:
        for number, each in enumerate(data.get(name) or ()):
            named = each.get("id") or each.get("key") or each.get("filename") or str(number)
            yield from records_in(each, (*where, name, named))
    for name in ("plan", "sync", "default/stage"):
        if isinstance(data.get(name), dict):
            yield from records_in(data[name], (*where, name))


def invented(where: Where) -> dict[str, Any]:
    """Fields that nobody knows, other ones for every record."""
    chance = random.Random(repr(where))
    return {
        f"x-{number} {_any_text(chance)} {'/'.join(where)}": _any_value(chance, 2)
        for number in range(chance.randint(1, 3))
    }


def _any_text(chance: random.Random) -> str:
    return "".join(chance.choices('az AZ 09 _-./"\\[]{}:, \n\t\x1b\x7fäß€\u2028\u202e𝄞', k=chance.randint(0, 9)))


def _any_value(chance: random.Random, depth: int) -> Any:
    plain = (None, True, False, 0, -1, 2**53 + 1, -(2**70), 0.1, -0.0, 1e300, 5e-324, 100.0, "", _any_text(chance))
    if depth == 0 or chance.random() < 0.3:
        return chance.choice(plain)
    inner = [_any_value(chance, depth - 1) for _ in range(chance.randint(0, 4))]
    return (
        inner if chance.random() < 0.5 else {f"{_any_text(chance)}{number}": each for number, each in enumerate(inner)}
    )


def spell(data: object) -> bytes:
    """JSON on one line, as the program itself writes it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass
class Strewn:
    """A ground with invented fields in every record. ``places``: the ways to them."""

    place: Ground
    ids: Mapping[str, str]
    places: frozenset[Where] = frozenset()

    @property
    def store(self) -> Path:
        return self.place.program.home / "data" / "default"

    def records(self) -> dict[Where, dict[str, Any]]:
        """Every record in every file."""
        return {
            where: record
            for name in FILES
            if (self.store / name).exists()
            for where, record in records_in(json.loads((self.store / name).read_bytes()), (name,))
        }

    def lost(self) -> list[Where]:
        """The records whose invented fields are not there as they were."""
        raw = {name: (self.store / name).read_bytes() for name in FILES if (self.store / name).exists()}
        found = self.records()
        return sorted(
            where
            for where in self.places
            for name, value in invented(where).items()
            if found.get(where, {}).get(name, raw) != value or spell({name: value})[1:-1] not in raw[where[0]]
        )

    def run(self, words: Sequence[str]) -> int:
        """Run a command line; its exit code."""
        return self.place.program.run(*(each.format_map(self.ids) for each in words)).code


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Strewn]:
    """Tasks that were read whole, of which the server has news since, operations and drafts. No test changes it."""
    with ground(tmp_path_factory.mktemp("stock") / "ground") as place:
        ids = ids_of(place.program.ok("list", "--all", "--json").json["tasks"])
        for task_id in ids.values():
            place.program.ok("diff", task_id)
            place.program.ok("get", task_id, "--full")
        made = Strewn(place, ids)
        (made.store / "outbox.json").write_bytes(spell({"schema_version": 1, "operations": _operations(ids)}))
        drafts = [
            {"key": f"message:{task_id}", "text": text_with("Half a", "go on", NOT_SENT)} for task_id in ids.values()
        ]
        (made.store / "drafts.json").write_bytes(spell({"schema_version": 1, "drafts": drafts}))
        records = made.records()
        for where, record in records.items():
            record.update({"seen_at": None} if "seen_at" in record else {}, **invented(where))
        for name in FILES:
            (made.store / name).write_bytes(spell(records[name,]))
        world = place.change_world()
        for session_id in world.session_ids():
            world.say(session_id, "There is more.")
        yield Strewn(place, ids, frozenset(records))


def _operations(ids: Mapping[str, str]) -> list[dict[str, Any]]:
    """One in each state that outlives its process."""
    now = datetime.now(UTC)
    states = ("refused", "not_sent", "done", "discarded", "unconfirmed")
    return [
        Operation(
            f"op-{state}",
            OperationKind.MESSAGE,
            now,
            "default/stage",
            OperationState(state),
            task_id=ids["done" if state == "not_sent" else "paused"],
            payload={"text": "x"},
            baseline={"equal_messages": 0},
            sent_at=now,
            finished_at=None if state == "unconfirmed" else now,
        ).to_dict()
        for state in states
    ]


def _read_later(tasks: Path) -> dict[str, Any]:
    """The same tasks as somebody with another version has them, to whom the server told them a day later."""
    data: dict[str, Any] = json.loads(tasks.read_bytes())
    for where, record in records_in(data, (tasks.name,)):
        for name in invented(where):
            del record[name]
        if record.get("synced_at") is not None:
            record["synced_at"] = format_time(parse_time(record["synced_at"]) + timedelta(days=1))
    return data


@pytest.fixture
def strewn(stock: Strewn, tmp_path: Path) -> Iterator[Strewn]:
    """The same for one test alone."""
    with ground(tmp_path / "ground") as place:
        place.take_over(stock.place)
        shutil.copy(stock.store / "tasks.json", tmp_path / "evil.json")
        (tmp_path / "newer.json").write_bytes(spell(_read_later(stock.store / "tasks.json")))
        yield Strewn(place, {**stock.ids, "folder": str(tmp_path)}, stock.places)


@pytest.mark.parametrize("command", LINES)
def test_a_command_keeps_every_unknown_field_of_every_record(strewn: Strewn, command: str) -> None:
    assert strewn.lost() == []
    before = strewn.records()
    tame = [each for each in LINES[command] if not any(EVIL in word for word in each.words)]
    touched = set()
    for each in (*tame, *MORE.get(command, ())):
        assert strewn.run(each.words) == CODES.get(command, 0), each.words
        after = strewn.records()
        touched |= {where for where in strewn.places if len(where) == OF_A_RECORD and before[where] != after.get(where)}
    assert strewn.lost() == []
    assert {where[1] for where in touched} == CHANGING.get(command, set())


@pytest.mark.parametrize("action", ["restored", "salvaged"])
def test_a_repaired_store_has_the_unknown_fields_of_every_task(strewn: Strewn, action: str) -> None:
    """Without a backup only the lines of the cut file are left, which are tasks."""
    assert strewn.run(["archive", "{done}"]) == 0
    path = strewn.store / "tasks.json"
    path.write_bytes(path.read_bytes()[:-2])
    backups = strewn.place.program.ok("store", "info", "--json").json["store"]["backups"]
    assert backups
    for backup in backups if action == "salvaged" else ():
        Path(backup).unlink()
    assert strewn.place.program.ok("store", "repair", "--yes", "--json").json["repair"]["action"] == action
    assert [each for each in strewn.lost() if action == "restored" or "tasks" in each] == []


def test_imported_tasks_bring_their_unknown_fields(strewn: Strewn, tmp_path: Path) -> None:
    """Where nothing in them steers terminals: that is cleaned in what comes from elsewhere."""
    whole = {each for each in strewn.places if each[1:2] == ("tasks",) and harmless(invented(each)) == invented(each)}
    assert {"chat_history", "plan", "source_files"} <= {each[3] for each in whole if len(each) > OF_A_RECORD}
    with ground(tmp_path / "empty") as place:
        place.program.ok("import", str(tmp_path / "evil.json"))
        assert Strewn(place, {}, frozenset(whole)).lost() == []
