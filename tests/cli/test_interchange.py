"""Exported tasks come back as they were."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.interchange import exported_task, read_tasks, to_csv, to_markdown
from jjm_tui.cli.task_json import TASK_FIELDS
from jjm_tui.domain.text import clean
from tests.cli.samples import ALL, NOW, WAITING


def test_json_round_trip_keeps_tasks_and_unknown_fields() -> None:
    document = {"schema": "jjm/1", "tasks": [exported_task(task, NOW) for task in ALL]}
    assert tuple(read_tasks(json.dumps(document), "x.json")) == ALL


def test_json_lines_round_trip() -> None:
    text = "".join(json.dumps(exported_task(task, NOW)) + "\n" for task in ALL)
    assert tuple(read_tasks(text, "x.jsonl")) == ALL


def test_exported_task_begins_with_the_contract_s_fields() -> None:
    assert tuple(exported_task(WAITING, NOW))[: len(TASK_FIELDS)] == TASK_FIELDS


@pytest.mark.parametrize("title", ["=1+1", "'=1", "'", "+49", "-x", "@sum", "\tx", "plain", "two\nlines", 'a "b", c'])
def test_csv_round_trip_is_exact_and_no_cell_is_a_formula(title: str) -> None:
    task = replace(WAITING, title=title, plan=None, chat_history=(), chat_truncated=None, source_files=None, extra={})
    text = to_csv([task], NOW)
    cells = next(iter(list(csv.reader(io.StringIO(text, newline="")))[1:]))
    assert not any(cell[:1] in "=+-@\t\r" for cell in cells if cell)
    assert read_tasks(text, "x.csv") == [task]


def test_markdown_keeps_markup_literal() -> None:
    task = replace(WAITING, title="<script>[x](y)*", description="# no heading\n`code`")
    text = to_markdown([task], NOW)
    assert text.startswith("## \\<script\\>\\[x\\](y)\\*\n")
    assert "> \\# no heading" in text


@pytest.mark.parametrize("hidden", ["\x1b", "\x1b[0m", "\x1b]0;x\x07"])
def test_escape_sequences_hide_no_formula_and_no_markup(hidden: str) -> None:
    task = replace(WAITING, title=f"{hidden}[x{hidden}](http://evil.example)", branch=f"{hidden}=1+1")
    cells = next(iter(list(csv.reader(io.StringIO(clean(to_csv([task], NOW)), newline="")))[1:]))
    assert not any(cell[:1] in "=+-@\t\r" for cell in cells if cell)
    assert "[x](" not in clean(to_markdown([task], NOW))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.json", "nonsense"),
        ("x.json", "3"),
        ("x.md", "# x"),
        ("x.csv", "colour\nred\n"),
        ("x.csv", 'id,"tit"le\n1,a\n'),
        ("x.json", '{"schema": "jjm/99", "tasks": []}'),
        ("x.json", '{"schema": "jjm/1", "tasks": [{"id": 3}]}'),
        ("x.json", '{"schema": "jjm/1", "tasks": [{"id": "../../etc"}]}'),
        ("x.jsonl", '{"id": "abcd"}\n{'),
    ],
)
def test_read_tasks_of_something_else_is_a_sentence(name: str, text: str) -> None:
    with pytest.raises(UsageError):
        read_tasks(text, name)


def test_csv_description_of_any_length_comes_back() -> None:
    task = replace(WAITING, description="x, " * 70_000, plan=None, chat_history=(), chat_truncated=None, extra={})
    task = replace(task, source_files=None)
    assert read_tasks(to_csv([task], NOW), "x.csv") == [task]


def test_read_tasks_of_a_row_with_more_cells_than_columns_reads_nothing() -> None:
    with pytest.raises(UsageError, match=r"x\.csv, line 3: there are more cells than columns\. Nothing was imported\."):
        read_tasks("id,title\nabcd,fine\nabce,one, two\n", "x.csv")


def test_read_tasks_makes_foreign_text_harmless() -> None:
    (task,) = read_tasks(json.dumps({"id": "abcd", "title": "\x1b]0;x\x07hi\u202e"}), "x.json")
    assert task.title == "hi\ufffd"
