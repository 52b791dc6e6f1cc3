"""Files with many tasks to create: JSON lines, TOML, CSV; mistakes are told by row before anything is sent."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final, Literal, cast

from jjm_tui.cli.csv_text import open_csv
from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.values import json_complaint
from jjm_tui.domain.repository import validate_branch, validate_description, validate_repository
from jjm_tui.errors import ValidationError
from jjm_tui.ports import CreateRequest

_KNOWN: Final = ("description", "repo", "repository", "branch", "title", "approval", "pr", "parallel")
_WORDS: Final = {"approval": ("required", "auto"), "pr": ("auto", "none")}
_MOST_PARALLEL: Final = 50
_SHOWN_MISTAKES: Final = 20
_SHAPES: Final = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row gets where it is silent. ``explicit``: which of them the person asked for."""

    repository: str | None
    branch: str | None
    title: str | None
    approval: Literal["required", "auto"]
    pr: Literal["auto", "none"]
    parallel: int
    explicit: frozenset[str]


def read_requests(text: str, name: str, defaults: Defaults) -> list[CreateRequest]:
    """The tasks of a file, parallel ones repeated.

    Raises:
        UsageError: one or more rows are wrong; the sentence names the first, ``context["rows"]`` all.
    """
    rows = _rows(text, name)
    requests: list[CreateRequest] = []
    mistakes: list[tuple[int, str]] = []
    for number, row in rows:
        try:
            requests.extend(_requests(row, defaults))
        except ValidationError as error:
            mistakes.append((number, error.message))
    if mistakes:
        raise _told(name, mistakes)
    if not requests:
        raise UsageError(f"{name} holds no tasks.", hint="One JSON object per line, [[tasks]] in TOML, or CSV rows.")
    return requests


def _told(name: str, mistakes: list[tuple[int, str]]) -> UsageError:
    lines = [f"{name}, row {number}: {sentence}" for number, sentence in mistakes]
    more = [] if len(lines) <= _SHOWN_MISTAKES else [f"… and {len(lines) - _SHOWN_MISTAKES} more"]
    return UsageError(
        f"{lines[0]} Nothing was sent.",
        hint="\n".join([*lines[1:_SHOWN_MISTAKES], *more]) or "Correct that row and run the command again.",
        context={"rows": [{"row": number, "message": sentence} for number, sentence in mistakes]},
    )


def _rows(text: str, name: str) -> list[tuple[int, Any]]:
    suffix = PurePath(name).suffix.lower()
    if suffix == ".toml":
        return list(enumerate(_toml_rows(text, name), 1))
    if suffix in (".csv", ".tsv"):
        return list(_csv_rows(text, name, "\t" if suffix == ".tsv" else ","))
    return list(_json_rows(text, name))


def _json_rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    mistakes = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError) as error:
            mistakes.append((number, f"this is not a JSON object: {json_complaint(error, number)}."))
    if mistakes:
        raise _told(name, mistakes)


def _toml_rows(text: str, name: str) -> list[Any]:
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{name} is not TOML: {error}.", hint="Write a [[tasks]] table for each task.") from error
    tasks = content.pop("tasks", None)
    if not isinstance(tasks, list) or content:
        raise UsageError(
            f"{name} must hold [[tasks]] tables and nothing else.",
            hint='[[tasks]]\ndescription = "Fix the login bug"\nrepo = "acme/webapp"',
        )
    return tasks


def _csv_rows(text: str, name: str, delimiter: str) -> Iterator[tuple[int, Any]]:
    reader = open_csv(text, delimiter)
    try:
        _check_columns(reader.fieldnames or [], name)
        for row in reader:
            if None in row:
                raise UsageError(
                    f"{name}, row {reader.line_num}: there are more cells than columns. Nothing was sent.",
                    hint="Put cells that hold commas in double quotes.",
                )
            yield reader.line_num, {key.strip(): value for key, value in row.items() if value not in (None, "")}
    except csv.Error as error:
        raise UsageError(
            f"{name}, row {reader.line_num}: {error}. Nothing was sent.", hint="Check the quotes."
        ) from error


def _check_columns(columns: Sequence[str], name: str) -> None:
    unknown = [column.strip() for column in columns if column.strip() not in _KNOWN]
    if unknown:
        sentence = f"there is no field {unknown[0]!r}; there are {', '.join(_KNOWN)}."
        raise UsageError(
            f"{name}, row 1: {sentence} Nothing was sent.",
            hint="Row 1 holds the names of the columns.",
            context={"rows": [{"row": 1, "message": sentence}]},
        )


def _requests(row: Any, defaults: Defaults) -> list[CreateRequest]:
    if not isinstance(row, Mapping):
        raise ValidationError("a task must be an object with a description.")
    unknown = [str(key) for key in row if key not in _KNOWN]
    if unknown:
        raise ValidationError(f"there is no field {unknown[0]!r}; there are {', '.join(_KNOWN)}.")
    if "repo" in row and "repository" in row:
        raise ValidationError("repo and repository are the same; give one of them.")
    texts = {key: _text(row, key) for key in row if key != "parallel"}
    repository = texts.get("repo") or texts.get("repository") or defaults.repository
    if repository is None:
        raise ValidationError("there is no repo, and no --repo or create.repository to take its place.")
    for key, allowed in _WORDS.items():
        if key in texts and texts[key] not in allowed:
            raise ValidationError(f"{key} must be {' or '.join(allowed)}, not {texts[key]!r}.")
    branch = texts.get("branch", defaults.branch)
    request = CreateRequest(
        description=validate_description(texts.get("description", "")),
        repository=validate_repository(repository),
        branch=None if branch is None else validate_branch(branch),
        title=texts.get("title", defaults.title),
        approval=cast("Literal['required', 'auto']", texts.get("approval", defaults.approval)),
        pr=cast("Literal['auto', 'none']", texts.get("pr", defaults.pr)),
        explicit=defaults.explicit | {key for key in ("branch", "title", "approval", "pr") if key in texts},
    )
    return [request] * _parallel(row, defaults)


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str):
        raise ValidationError(f"{key} must be text, not {_SHAPES.get(type(value), 'something else')}.")
    return value


def _parallel(row: Mapping[str, Any], defaults: Defaults) -> int:
    value = row.get("parallel", defaults.parallel)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST_PARALLEL:
        raise ValidationError(f"parallel must be a whole number from 1 to {_MOST_PARALLEL}.")
    return value
