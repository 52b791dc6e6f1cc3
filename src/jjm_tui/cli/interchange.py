"""Tasks as JSON, JSON lines, CSV and Markdown, and back from all but the last."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from jjm_tui.cli.appearance import status_text, task_heading
from jjm_tui.cli.csv_text import open_csv
from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.output import SCHEMA, harmless
from jjm_tui.cli.task_json import TASK_FIELDS, task_document
from jjm_tui.cli.values import json_complaint
from jjm_tui.domain.ids import is_valid_id
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean
from jjm_tui.domain.times import format_time
from jjm_tui.errors import ValidationError

_NOT_IN_CELLS: Final = frozenset({"plan", "chat_history", "chat_truncated", "source_files"})
CSV_FIELDS: Final = tuple(name for name in TASK_FIELDS if name not in _NOT_IN_CELLS)
_BOOLEANS: Final = frozenset({"archived", "archived_on_server", "on_server"})
_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
"""Cells that a spreadsheet would run; an apostrophe in front keeps them text (CSV injection)."""
_GUARDED: Final = re.compile(r"'+[=+\-@\t\r]")
_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>#|])")
_SHOWN_MISTAKES: Final = 20
_SHAPES: Final = {
    "NoneType": "null",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "str": "text",
    "list": "a list",
    "dict": "an object",
}
_TYPE_NAME: Final = re.compile(rf", not ({'|'.join(_SHAPES)})\.$")
_NO_EXPORT: Final = "This does not look like what `jjm export` or `jjm list --json` writes."


def exported_task(task: Task, now: datetime) -> dict[str, Any]:
    """The contract's fields, then those that a newer version wrote."""
    whole = task.to_dict()
    document = task_document(task, now)
    for name in ("plan", "chat_history", "source_files"):
        document[name] = whole[name]
    return {**document, **task.extra}


def to_csv(tasks: Iterable[Task], now: datetime) -> str:
    """A header and a row per task; plans, chats and files are left out."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_FIELDS)
    for task in tasks:
        document = task_document(task, now)
        writer.writerow([_cell(document[name]) for name in CSV_FIELDS])
    return text.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = clean(str(value))
    return f"'{text}" if _FORMULA.match(text) else text


def to_markdown(tasks: Iterable[Task], now: datetime) -> str:
    """A section per task, for reading."""
    return "\n".join(line for task in tasks for line in _markdown_lines(task, now))


def _markdown_lines(task: Task, now: datetime) -> Iterator[str]:
    document = task_document(task, now)
    yield f"## {_escaped(task_heading(task))}"
    yield ""
    yield f"- Status: {status_text(task.status)}"
    for name in (
        "id",
        "repository",
        "branch",
        "needs_me",
        "created_at",
        "updated_at",
        "url",
        "pull_request_url",
        "failure",
    ):
        if document[name] is not None:
            yield f"- {name.replace('_', ' ').capitalize()}: {_escaped(str(document[name]))}"
    if task.description:
        yield ""
        yield from (f"> {_escaped(line)}" for line in task.description.splitlines())
    if task.plan is not None and task.plan.steps:
        yield ""
        yield f"Plan `{task.plan.fingerprint}`:"
        yield ""
        yield from (f"{number}. {_escaped(step.title)}" for number, step in enumerate(task.plan.steps, 1))
    if task.source_files:
        yield ""
        yield from (f"- {file.status or 'unknown'}: {_escaped(file.filename)}" for file in task.source_files)
    if task.chat_history:
        yield ""
        for message in task.chat_history:
            when = "" if message.timestamp is None else f" ({format_time(message.timestamp)})"
            yield f"**{message.type}**{when}:"
            yield ""
            yield from (f"> {_escaped(line)}" for line in message.content.splitlines())
            yield ""
    yield ""


def _escaped(text: str) -> str:
    """Text that means nothing in Markdown; cleaned first, else an escape character would take the backslash along."""
    return _MARKDOWN.sub(r"\\\1", clean(text))


def read_tasks(text: str, name: str) -> list[Task]:
    """The tasks of a file that ``export`` or ``list --json`` wrote; foreign text in it is made harmless.

    Raises:
        UsageError: it is something else, or rows are wrong; ``context["rows"]`` has all of them.
    """
    tasks: list[Task] = []
    mistakes: list[tuple[int, str]] = []
    for number, row in _rows(text.removeprefix("\ufeff"), name):
        try:
            tasks.append(_task(row))
        except ValidationError as error:
            mistakes.append((number, error.message))
    if mistakes:
        lines = [f"{name}, task {number}: {sentence}" for number, sentence in mistakes]
        raise UsageError(
            f"{lines[0]} Nothing was imported.",
            hint="\n".join(lines[1:_SHOWN_MISTAKES]) or "Correct it and run the command again.",
            context={"rows": [{"row": number, "message": sentence} for number, sentence in mistakes]},
        )
    return tasks


def _task(row: Any) -> Task:
    if not isinstance(row, Mapping):
        raise ValidationError(f"it is no task: an object with an id is needed. {_NO_EXPORT}")
    if "id" not in row and "description" in row:
        raise ValidationError("it has no id: this looks like tasks to be created, with jjm create --from.")
    if not isinstance(row.get("id"), str):
        raise ValidationError(f"it has no id, so it is no task of an export. {_NO_EXPORT}")
    try:
        task = Task.from_dict(harmless(row))
    except ValidationError as error:
        raise ValidationError(_TYPE_NAME.sub(lambda found: f", not {_SHAPES[found[1]]}.", error.message)) from error
    if not is_valid_id(task.id):
        raise ValidationError(f"{task.id[:60]!r} is not a task id.")
    return task


def _rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    if name.lower().endswith((".md", ".markdown")):
        raise UsageError(
            "Markdown is for reading; it cannot be imported.", hint="Export as json, jsonl or csv instead."
        )
    if name.lower().endswith(".csv") or text.startswith(("id,", "id\r", "id\n")):
        return _csv_rows(text, name)
    return enumerate(_json_rows(text, name), 1)


def _json_rows(text: str, name: str) -> Sequence[Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _json_lines(text, name, error)
    if isinstance(document, list):
        return document
    if not isinstance(document, Mapping):
        raise _not_ours(name)
    if document.get("schema", SCHEMA) != SCHEMA:
        raise UsageError(
            f"{name} has the schema {document['schema']!r}; this version reads {SCHEMA}.",
            hint="Import it with the version that wrote it, or export it again.",
        )
    if isinstance(document.get("tasks"), list):
        return list(document["tasks"])
    return [document["task"] if isinstance(document.get("task"), Mapping) else document]


def _json_lines(text: str, name: str, whole: Exception) -> list[Any]:
    """A document per line. ``whole``: why the text is no single document."""
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            rows.append(json.loads(line))
        except (ValueError, RecursionError) as error:
            if not rows and not text.lstrip().startswith(("{", "[")):
                raise _not_ours(name) from error
            if not rows:
                raise UsageError(
                    f"{name} is not JSON: {json_complaint(whole)}. Nothing was imported.",
                    hint="Is it whole? Export it again, or correct it there.",
                ) from error
            raise UsageError(
                f"{name}, line {number} is not JSON: {json_complaint(error, number)}. Nothing was imported.",
                hint="Export it again, or correct that line.",
            ) from error
    return rows


def _not_ours(name: str) -> UsageError:
    return UsageError(
        f"{name} is not what `jjm export` or `jjm list --json` writes.", hint="It reads JSON, JSON lines and CSV."
    )


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = open_csv(text)
    try:
        _check_columns(reader.fieldnames or (), name)
        for number, row in enumerate(reader, 1):
            if None in row:
                raise UsageError(
                    f"{name}, line {reader.line_num}: there are more cells than columns. Nothing was imported.",
                    hint="Put cells that hold commas in double quotes.",
                )
            yield number, {key: _value(key, cell) for key, cell in row.items()}
    except csv.Error as error:
        raise UsageError(f"{name}, line {reader.line_num}: {error}. Nothing was imported.") from error


def _check_columns(columns: Sequence[str], name: str) -> None:
    unknown = [column for column in columns if column not in CSV_FIELDS]
    if unknown or "id" not in columns:
        what = f"there is no column {unknown[0]!r}" if unknown else "the column id is missing"
        raise UsageError(
            f"{name}, row 1: {what} in a CSV file of `jjm export`. Nothing was imported.",
            hint=f"The columns are {', '.join(CSV_FIELDS)}.",
        )


def _value(key: str, cell: str | None) -> Any:
    if cell is None or cell == "":
        return None
    if key in _BOOLEANS and cell in ("true", "false"):
        return cell == "true"
    return cell[1:] if _GUARDED.match(cell) else cell
