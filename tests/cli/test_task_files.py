"""Many tasks from one file: right rows become requests, wrong ones are told by row."""

from __future__ import annotations

import pytest

from jjm_tui.cli.exit_codes import UsageError
from jjm_tui.cli.task_files import Defaults, read_requests

DEFAULTS = Defaults("acme/webapp", None, None, "required", "auto", 1, frozenset())


def test_read_requests_json_lines() -> None:
    text = '{"description": "one"}\n\n{"description": "two", "repo": "acme/api.server", "parallel": 2, "pr": "none"}\n'
    requests = read_requests(text, "tasks.jsonl", DEFAULTS)
    assert [(each.description, each.repository, each.pr) for each in requests] == [
        ("one", "acme/webapp", "auto"),
        ("two", "acme/api.server", "none"),
        ("two", "acme/api.server", "none"),
    ]
    assert requests[0].explicit == frozenset()
    assert requests[1].explicit == {"pr"}


def test_read_requests_toml_and_csv_say_the_same() -> None:
    toml = '[[tasks]]\ndescription = "a, b"\nbranch = "dev"\n[[tasks]]\ndescription = """two\nlines"""\nparallel = 2\n'
    csv = 'description,branch,parallel\n"a, b",dev,\n"two\nlines",,2\n'
    assert read_requests(toml, "x.toml", DEFAULTS) == read_requests(csv, "x.csv", DEFAULTS)


def test_read_requests_csv_description_of_any_length() -> None:
    (request,) = read_requests(f'description\n"{"x, " * 70_000}"\n', "x.csv", DEFAULTS)
    assert len(request.description) >= 200_000


@pytest.mark.parametrize(
    ("name", "text", "rows"),
    [
        ("x.jsonl", '{"description": "fine"}\n{"description": ""}\n{"description": "x", "repo": "nope"}\n', [2, 3]),
        ("x.jsonl", '{"description": "fine"}\nnonsense\n', [2]),
        ("x.jsonl", '{"description": "x", "colour": "red"}\n[]\n{"description": 3}\n', [1, 2, 3]),
        ("x.jsonl", '{"description": "x", "approval": "maybe"}\n{"description": "x", "parallel": 99}', [1, 2]),
        ("x.toml", '[[tasks]]\ndescription = "x"\n[[tasks]]\nbranch = "a b"\ndescription = "y"\n', [2]),
        ("x.csv", "description,branch\nfine,main\n,main\n", [3]),
        ("x.jsonl", '{"description": "x", "repo": "a/b", "repository": "a/b"}', [1]),
    ],
)
def test_read_requests_wrong_rows_are_all_named_and_nothing_is_read(name: str, text: str, rows: list[int]) -> None:
    with pytest.raises(UsageError, match="Nothing was sent") as caught:
        read_requests(text, name, DEFAULTS)
    assert [row["row"] for row in caught.value.context["rows"]] == rows
    assert f"{name}, row {rows[0]}:" in caught.value.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.toml", "tasks = 3"),
        ("x.toml", "= ="),
        ("x.csv", "description\na,b\n"),
        ("x.csv", 'description\n"a'),
        ("x.jsonl", "\n"),
    ],
)
def test_read_requests_wrong_files_are_told(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=name):
        read_requests(text, name, DEFAULTS)


def test_read_requests_without_any_repository_says_so() -> None:
    with pytest.raises(UsageError, match="no --repo or create"):
        read_requests('{"description": "x"}', "x.jsonl", Defaults(None, None, None, "required", "auto", 1, frozenset()))
