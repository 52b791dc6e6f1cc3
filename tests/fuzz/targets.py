"""Everything that reads foreign text, and what must be true of it whatever the text is."""

from __future__ import annotations

import atexit
import contextlib
import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import anyio

from jjm_tui.cli.interchange import exported_task, read_tasks, to_csv
from jjm_tui.cli.patches import split_patch
from jjm_tui.cli.task_files import Defaults, read_requests
from jjm_tui.domain.event_words import event_sentence
from jjm_tui.domain.events import EventType, TaskEvent
from jjm_tui.domain.operations import Operation, OperationKind
from jjm_tui.domain.patch_names import name_key, unquote
from jjm_tui.domain.patches import read_patch_files
from jjm_tui.domain.query import FILTER_KEYS, parse_query
from jjm_tui.domain.text import cell_width, clean, clean_line, truncate
from jjm_tui.errors import ConfigurationError, FilterError, JulesManagerError, ValidationError
from jjm_tui.gateway.lines import EndlessLine, Line, LineSplitter, find_answer_ids, find_long_answer_ids
from jjm_tui.ports import ToolAnswer, Transcript
from jjm_tui.settings.layers import read_settings_file
from jjm_tui.settings.loader import check_content
from jjm_tui.store.document import Document, RecordKind, decode_json, encode_json, parse_document, salvage_records
from jjm_tui.store.draft_file import DRAFTS, Draft
from jjm_tui.store.event_file import decode_event
from jjm_tui.store.event_lines import read_backwards
from jjm_tui.store.json_scan import DamagedDocumentError
from jjm_tui.store.outbox_file import OPERATIONS
from jjm_tui.store.task_line import TASKS, encode_task
from jjm_tui.store.transcripts import decode_transcript, encode_transcript
from jjm_tui.tui.memory import Memory
from jjm_tui.tui.pages.event_lines import event_content, event_look
from jjm_tui.tui.patches.patch_lines import Patch
from jjm_tui.tui.patches.patch_rows import PatchRows, changed_part
from jjm_tui.tui.text.blocks import MarkdownBlock
from jjm_tui.tui.text.markdown_parts import split_parts
from tests.cli.samples import ALL, NOW
from tests.cli.test_patches import DIFF
from tests.domain.test_text import TRICKY, is_harmless
from tests.fuzz.fuzzer import Target
from tests.gateway.dialects.test_fuzz import DIALECTS, KEYS, TEXTS, use_everything
from tests.tui.evil import EVIL, PATCH
from tests.tui.test_patch_lines import GIT

_TASKS_JSON: Final = [encode_task(task).decode() for task in ALL]
_MARKDOWN: Final = (
    "# Title\n\ntext **bold _it_** `code` [x](https://a.b/c) ![i](d)\n\n- one\n  - two\n\n1. a\n2. b\n\n> quote\n\n"
    "```py\ndef f(): ...\n```\n\n|a|b|\n|-|:-:|\n|c|d|\n\n---\n<b>html</b> &amp; http://x.y\n"
)
_DEFAULTS: Final = Defaults("acme/webapp", None, None, "required", "none", 1, frozenset())


def as_bytes(text: str) -> bytes:
    """The bytes of a text; half characters stand for bytes that are no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def read_clean(text: str) -> None:
    once, line = clean(text), clean_line(text)
    assert clean(once) == once
    assert all(map(is_harmless, once))
    assert clean_line(line) == line
    assert len(line.splitlines()) <= 1
    for width in (0, 1, 2, 7):
        assert cell_width(truncate(line, width)) <= width


def read_filter(text: str) -> None:
    try:
        query = parse_query(text)
    except FilterError as error:
        said, position = f"{error.message}{error.hint}", error.context["position"]
    else:
        said, position = query.explain(), 0
        for task in ALL:
            assert query.matches(task, NOW) in (True, False)
    assert 0 <= position <= len(text)
    assert clean(said) == said


def read_patch(text: str) -> None:
    patch, files = read_patch_files(text)
    whole = "".join(map(patch.part, files))
    assert text.endswith(whole)
    assert all(file.is_read and clean_line(file.shown_name) == file.shown_name for file in files)
    assert "".join(part.text for part in split_patch(text)) == whole
    shown = Patch(text)
    while not shown.is_read:
        shown.scan(50)
    rows = PatchRows(shown, is_cut=False)
    lines = [row.index for row in map(rows.__getitem__, range(len(rows))) if row.kind == "line"]
    assert lines == sorted(set(lines))
    for number in range(min(len(shown.lines), 100)):
        assert clean(shown.text(number)) == shown.text(number)
        changed_part(shown, number)
    for line in text.split("\n")[:50]:
        name_key(unquote(line))


def read_lines(text: str) -> None:
    data = as_bytes(text)
    found: list[list[Line]] = []
    for step in (1, 7, 1 + len(data)):
        splitter = LineSplitter(200, skipped=3_000)
        lines: list[Line] = []
        try:
            for start in range(0, len(data), step):
                lines += splitter.feed(data[start : start + step])
        except EndlessLine:
            continue
        found.append([*lines, splitter.rest()])
    sizes = [[line if isinstance(line, bytes) else line.size for line in lines] for lines in found]
    assert all(each == sizes[-1] for each in sizes)
    for line in found[-1] if found else ():
        if isinstance(line, bytes):
            find_answer_ids(line)
        else:
            find_long_answer_ids(line)


def read_answer(dialect: str, text: str) -> None:
    """Facts or typed errors, and nothing of it harmful: see ``use_everything``."""
    structured: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        structured = json.loads(text)
    parts = text.split("\x1e") or [""]
    turn = iter(range(10_000))

    def respond(tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        number = next(turn)
        return ToolAnswer(parts[number % len(parts)], structured if number % 2 and structured is not None else None)

    anyio.run(use_everything, dialect, respond, text)


def read_store(kind: RecordKind[Any], text: str) -> None:
    data = as_bytes(text)
    salvage_records(data, kind)
    try:
        document = parse_document(data, kind)
    except DamagedDocumentError:
        return
    document.problems()
    written = document.encode()
    again = parse_document(written, kind, document)
    assert again.encode() == written
    assert list(map(repr, again.items())) == list(map(repr, document.items()))
    json.loads(written)


@cache
def _folder() -> Path:
    folder = mkdtemp(prefix="fuzz-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def read_history(text: str) -> None:
    data, path = as_bytes(text), _folder() / "events.jsonl"
    path.write_bytes(data)
    lines = list(read_backwards(path, set()))
    assert b"\n".join(reversed(lines)) == data
    for event in filter(None, map(decode_event, lines)):
        assert repr(decode_event(encode_json(event.to_dict()))) == repr(event)
        for told in (event_sentence(event), event_content(event).plain):
            assert clean_line(told) == told
        event_look(event)


def read_transcript(text: str) -> None:
    try:
        transcript = decode_transcript(as_bytes(text), "1")
    except (ValueError, ValidationError):
        return
    written = encode_transcript(transcript)
    again = decode_transcript(written, "1")
    assert repr(again) == repr(transcript)
    assert encode_transcript(again) == written


def read_settings(text: str) -> None:
    path = _folder() / "jjm.toml"
    path.write_bytes(as_bytes(text))
    try:
        problems = check_content(read_settings_file(path))
    except ConfigurationError as error:
        problems = [error]
    assert all(isinstance(problem, ConfigurationError) for problem in problems)


def read_memory(text: str) -> None:
    path = _folder() / "memory.json"
    path.write_bytes(as_bytes(text))
    Memory.load(path).save()


def read_import(text: str) -> None:
    for name in ("x.json", "x.csv"):
        try:
            tasks = read_tasks(text, name)
        except JulesManagerError:
            continue
        for task in tasks:
            exported_task(task, NOW)
        to_csv(tasks, NOW)


def read_task_file(suffix: str, text: str) -> None:
    with contextlib.suppress(JulesManagerError):
        read_requests(text, f"x.{suffix}", _DEFAULTS)


def read_markdown(text: str) -> None:
    for part in split_parts(text):
        block = MarkdownBlock(part)
        for width in (3, 20, 80):
            rows = block.rows(width)
            assert block.measure(width) == len(rows)
            words = ["".join(run.text for run in row) for row in rows]
            assert [each for each in words if clean(each) != each or "\n" in each] == []


def _file_of(kind: RecordKind[Any], records: list[str]) -> list[str]:
    document: Document[Any] = Document(kind)
    for record in records:
        document.put(record.encode())
    whole = document.encode()
    return [whole.decode(), json.dumps(decode_json(whole), indent=1)]


def _operation() -> str:
    operation = Operation(
        "abc123", OperationKind.MESSAGE, NOW, "test/x", task_id="1", payload={"text": EVIL}, owner="1-0123456789ab"
    )
    return encode_json(operation.to_dict()).decode()


def _history() -> list[str]:
    """Two lines of each kind: one with words of ours, and one with evil that tells when it happened."""
    words = {"from": "working", "to": "paused", "status": "failed", "kind": "message", "steps": 3, "files": 1}
    named = ("from", "to", "status", "kind", "content", "author", "message", "url", "fingerprint")
    evil = dict.fromkeys(named, EVIL) | {"happened_at": "2026-11-20T10:00:00Z", "first_seen": True}
    events = [TaskEvent(kind, NOW, "1", data) for kind in EventType for data in (words, evil)]
    return [encode_json(event.to_dict()).decode() for event in events]


_TRANSCRIPT: Final = Transcript("1", ({"id": "a", "n": 2**70},), ALL[0].chat_history, PATCH, NOW, whole=True)
_SETTINGS: Final = (
    '[server]\npreset = "custom"\ncommand = "x"\nargs = ["-m", "y"]\nenv = { A = "env:B" }\n[polling]\ninterval = 15\n'
    '[views]\nmine = "state:failed"\n[profiles.work.server]\nurl = "https://x.example"\n'
    '[templates.a]\ndescription = "x"\n'
)
_READ: Final[Mapping[str, tuple[Callable[[str], object], list[str], list[str]]]] = {
    "clean": (read_clean, [EVIL, "plain", "👩\u200d👧 ❤\ufe0f"], TRICKY),
    "filter": (
        read_filter,
        ['state:failed -repo:acme/* OR files:>3 "a b"', "age:>2h is:needs-me pr:yes", "updated:2026-11-20 id:1,2"],
        [*(f"{key}:" for key in FILTER_KEYS), " OR ", "-", '"', ",", ">=", "<", "2h", "*", "yes", "2026-11-20"],
    ),
    "patch": (
        read_patch,
        [DIFF, GIT, PATCH],
        [
            "diff --git a/x b/x\n",
            "--- a/x\n",
            "+++ b/x\n",
            "@@ -1,2 +1,3 @@\n",
            "\n+",
            "\n-",
            "\n ",
            '"a/\\303"',
            "/dev/null",
        ],
    ),
    "lines": (
        read_lines,
        [
            '{"jsonrpc":"2.0","id":7,"result":{"a":[1]}}\n{"method":"x","id":"7"}\nbanner\r\n',
            '{"id":1' + "x" * 500 + "}\n",
        ],
        ['"id":', '"method":', "\n", "7}", '"a\\"b"'],
    ),
    **{
        f"answers of {dialect}": (
            partial(read_answer, dialect),
            [*(each for each in TEXTS[dialect] if len(each) < 2500), "{}", "[]"],
            [*(f'"{key}":' for key in KEYS), "\x1e", "\n\n", "Status: ", "ID: ", "1. ", "1111111111111111111"],
        )
        for dialect in DIALECTS
    },
    "tasks file": (
        partial(read_store, TASKS),
        _file_of(TASKS, _TASKS_JSON[:3]),
        ['"tasks":[', "\n]}\n", '"id":', "},\n{"],
    ),
    "outbox file": (
        partial(read_store, OPERATIONS),
        _file_of(OPERATIONS, [_operation()]),
        ['"operations":[', '"state":'],
    ),
    "drafts file": (
        partial(read_store, DRAFTS),
        _file_of(DRAFTS, [encode_json(Draft("message/1", EVIL).to_dict()).decode()]),
        ['"drafts":[', '"key":', '"text":'],
    ),
    "events file": (
        read_history,
        [*_history(), "\n".join(_history()[:3])],
        ['"type":', '"at":', '"data":{', '"status":', "}\n{", *(f'"{kind}"' for kind in EventType)],
    ),
    "transcript": (
        read_transcript,
        [encode_transcript(_TRANSCRIPT).decode(), '{"task_id":"1"}'],
        [
            '"messages":[',
            '"activities":[',
            '"patch":',
            '"read_at":',
            '"whole":',
            '"patch_cut":',
            '"patch_read_at":',
            '"task_id":"1"',
        ],
    ),
    "settings": (
        read_settings,
        [_SETTINGS],
        ["[server]\n", "[profiles.x]\n", "= [", "= {", '"""', "env:X", "${env:X}"],
    ),
    "memory": (read_memory, ['{"sort":"updated","watched":["1"],"last_seen":"2026-11-20T10:00:00Z","x":{}}'], []),
    "import": (
        read_import,
        [
            json.dumps({"schema": "jjm/1", "tasks": [exported_task(task, NOW) for task in ALL[:2]]}),
            to_csv(ALL[:2], NOW),
        ],
        ['"tasks":', "id,", '"schema":'],
    ),
    "tasks to create (jsonl)": (
        partial(read_task_file, "jsonl"),
        ['{"description":"x","repo":"a/b","parallel":2}\n{"description":"y","approval":"auto","pr":"none"}\n'],
        ['"description":', '"parallel":', '"approval":'],
    ),
    "tasks to create (toml)": (
        partial(read_task_file, "toml"),
        ['[[tasks]]\ndescription = "x"\nrepo = "a/b"\nbranch = "main"\n'],
        ["[[tasks]]\n", "parallel = ", '"""', "= [", "= {"],
    ),
    "tasks to create (csv)": (
        partial(read_task_file, "csv"),
        ["description,repo,parallel\nx,a/b,2\n"],
        ['"', ",", "\n", "description"],
    ),
    "markdown": (
        read_markdown,
        [_MARKDOWN, EVIL],
        ["```", "~~~", "- ", "> ", "|", "|-|-|\n", "**", "_", "`", "[", "](", "<", "&#27;", "1. ", "    ", "#"],
    ),
}
TARGETS: Final = {name: Target(name, read, seeds, words) for name, (read, seeds, words) in _READ.items()}
