"""What stands on the screen and in pipes, character by character."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

import pytest

from jjm_tui.cli.appearance import status_text
from jjm_tui.cli.columns import plain_row, task_table
from jjm_tui.cli.output import harmless, plain_cell
from jjm_tui.cli.task_json import TASK_FIELDS, operation_document, task_document
from jjm_tui.domain.operations import OperationKind
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import short_ids
from jjm_tui.services.results import OperationResult, Outcome
from tests.cli.samples import ALL, DONE, NOW, RUNNING, UNKNOWN, WAITING, Screen

NASTY = "\x1b]52;c;aGk=\x07\x9b31m\u202eevil [/foo] [x] [@click=app.quit] \x1b[2J"


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def table(
    width: int, *, unicode: bool = True, tasks: Sequence[Task] = ALL, untold: Collection[str] = frozenset()
) -> str:
    screen = Screen(width=width, unicode=unicode)
    screen.output.render(task_table(tasks, NOW, screen.output.look, untold))
    return "\n".join(line.rstrip() for line in screen.out.splitlines())


def test_table_at_80_columns() -> None:
    assert table(80) == (
        "ID         STATUS          TITLE                             REPOSITORY  UPDATED\n"
        "271828189  ✓ completed     日本語のタイトル                  unknown     5s ago\n"
        "31415926   ? approval 18m  Upgrade the ORM                   api.server  18m ago\n"
        "271828182  ▸ in progress   Fix the login bug that keeps pe…  webapp      2d ago\n"
        "16180339   · unknown       16180339887498948482              unknown     unknown"
    )


def test_table_at_100_columns_says_what_is_needed() -> None:
    assert table(100).splitlines()[:4] == [
        "ID         STATUS              NEEDS YOU     TITLE                               REPOSITORY  UPDATED",
        "271828189  ✓ completed                       日本語のタイトル                    unknown     5s ago",
        "31415926   ? waiting approval  approval 18m  Upgrade the ORM                     api.server  18m ago",
        "271828182  ▸ in progress                     Fix the login bug that keeps peop…  webapp      2d ago",
    ]


@pytest.mark.parametrize(
    ("width", "standing"), [(120, "? waiting approval ~14s  approval 18m"), (80, "? approval 18m ~14s")]
)
def test_status_that_was_not_told_now_is_marked_with_its_age_wherever_it_fits(width: int, standing: str) -> None:
    lines = table(width, untold={WAITING.id}).splitlines()
    assert [line for line in lines if "~" in line] == [line for line in lines if f"  {standing}  " in line]
    assert "~" not in table(width)


def test_status_that_was_not_told_now_is_marked_without_an_age_where_none_is_known_or_fits() -> None:
    assert "  ▸ in progress ~?  " in table(80, untold={RUNNING.id})
    assert "?~" in table(24, untold={WAITING.id})


def test_table_at_160_columns_has_everything() -> None:
    lines = table(160).splitlines()
    assert lines[0].split() == ["ID", "STATUS", "NEEDS", "YOU", "TITLE", "REPOSITORY", "BRANCH", "UPDATED"]
    assert "acme/webapp      feature/a-long-branch-name  2026-11-18 12:00  2d ago" in lines[3]


def test_table_without_anybody_needed_has_no_column_for_it() -> None:
    assert "NEEDS YOU" in table(120)
    assert "NEEDS YOU" not in table(120, tasks=(DONE, UNKNOWN))


def test_table_keeps_the_owner_where_two_have_a_repository_of_that_name() -> None:
    fork = replace(UNKNOWN, id="4444444444", repository="fork/webapp")
    shown = table(80, tasks=(RUNNING, fork, WAITING))
    assert "acme/webapp" in shown
    assert "fork/webapp" in shown
    assert "acme/api.server" not in shown


def test_table_says_which_finished_tasks_nobody_looked_at() -> None:
    new = replace(DONE, id="5555555555", seen_at=None)
    failed = replace(new, id="6666666666", status=TaskStatus.FAILED)
    shown = table(44, tasks=(DONE, new, failed)).splitlines()
    assert [line.partition("  ")[2].partition("  ")[0] for line in shown[1:]] == [
        "✓ completed",
        "✓ completed, new",
        "✗ failed, new",
    ]


@pytest.mark.parametrize("width", [20, 44, 120])
def test_table_says_that_a_task_is_gone_as_the_dashboard_does(width: int) -> None:
    gone = replace(UNKNOWN, on_server=False)
    word = "∅" if width == 20 else "∅ gone"
    assert word in table(width, tasks=(gone, replace(WAITING, on_server=False))).splitlines()[1]
    assert table(width, tasks=(gone, replace(WAITING, on_server=False))).count("∅") == 2
    assert "unknown" in plain_row(gone, NOW, ("id", "status"))
    assert "0 gone" in table(44, unicode=False, tasks=(gone,))


@pytest.mark.parametrize("width", [*range(40, 200, 3), 300])
def test_table_never_cuts_ids_statuses_or_times(width: int) -> None:
    ids, lines = short_ids(task.id for task in ALL), table(width).splitlines()
    for task, line in zip(ALL, lines[1:], strict=True):
        assert line.split()[0] == ids[task.id]
        assert status_text(task.status) in line or (task is WAITING and "? approval 18m" in line)
    if "UPDATED" in lines[0]:
        assert [line.split()[-1] for line in lines[2:4]] == ["ago", "ago"]


@pytest.mark.parametrize("width", [20, 24, 40, 59, 60, 79, 100, 119, 120, 300])
def test_table_never_is_wider_than_the_terminal(width: int) -> None:
    from jjm_tui.domain.text import cell_width

    assert all(cell_width(line) <= width for line in table(width).splitlines())


def test_table_without_unicode_is_ascii_but_for_titles() -> None:
    shown = table(80, unicode=False).replace("日本語のタイトル", "")
    assert shown.isascii()
    assert "v completed" in shown


def test_plain_row_has_full_values_and_no_line_breaks() -> None:
    assert plain_row(WAITING, NOW, None) == [
        "31415926535897932384",
        "waiting_approval",
        "approval",
        "acme/api.server",
        "main",
        "2026-11-20T11:42:00Z",
        "Upgrade the ORM",
    ]
    assert plain_row(UNKNOWN, NOW, ("id", "title", "archived", "plan")) == ["16180339887498948482", "", "false", ""]
    assert plain_cell("a\tb\nc\\d") == "a\\tb\\nc\\\\d"


def test_plain_row_has_titles_whole_and_the_start_of_the_description_where_there_is_none() -> None:
    title = "Upgrade the ORM " * 20
    assert plain_row(replace(WAITING, title=title), NOW, None)[-1] == title
    assert plain_row(replace(WAITING, title=" "), NOW, None)[-1] == "Move to SQLAlchemy 2.0."
    assert plain_row(replace(WAITING, title=None, description=title), NOW, None)[-1].endswith("…")


def test_task_document_has_exactly_the_contract_s_fields_in_order() -> None:
    document = task_document(WAITING, NOW)
    assert tuple(document) == TASK_FIELDS
    assert tuple(document["plan"]) == ("id", "fingerprint", "complete", "created_at", "approved", "steps")
    assert tuple(document["plan"]["steps"][0]) == ("title", "description")
    assert tuple(document["chat_history"][0]) == ("id", "timestamp", "type", "content", "delivery")
    assert tuple(document["source_files"][0]) == ("filename", "status", "additions", "deletions", "url")
    assert document["needs_me"] == "approval"
    assert document["updated_at"] == "2026-11-20T11:42:00Z"


def test_task_document_of_an_unknown_task_says_null_and_leaves_nothing_out() -> None:
    document = task_document(UNKNOWN, NOW)
    assert tuple(document) == TASK_FIELDS
    known = {name: value for name, value in document.items() if value is not None}
    assert known == {"id": UNKNOWN.id, "status": "unknown", "chat_history": [], "archived": False}


def test_task_document_seen_task_needs_nobody() -> None:
    assert task_document(DONE, NOW)["needs_me"] is None


def test_operation_document_has_the_contract_s_fields() -> None:
    result = OperationResult(
        OperationKind.CREATE, Outcome.DONE, "Created.", "1", task=WAITING, remarks=("It has no title switch.",)
    )
    document = operation_document(result, NOW)
    assert tuple(document) == ("operation", "task_id", "outcome", "message", "task")
    assert document["message"] == "Created. It has no title switch."


def test_json_is_ascii_on_a_terminal_and_whole_elsewhere() -> None:
    screen, pipe = Screen(terminal=True), Screen(terminal=False)
    for each in (screen, pipe):
        each.output.document({"title": "日本"})
    assert screen.out.isascii()
    assert "日本" in pipe.out
    assert json.loads(screen.out) == json.loads(pipe.out) == {"schema": "jjm/1", "title": "日本"}


@pytest.mark.parametrize("terminal", [True, False])
def test_json_of_any_number_and_of_half_a_character_is_written_and_can_be_read(terminal: bool) -> None:
    screen = Screen(terminal=terminal)
    screen.output.document({"half": "\udce9", **harmless({"large": 10**20, "endless": [1e999, float("nan")]})})
    read = json.loads(screen.out, parse_constant=pytest.fail)
    assert read == {"schema": "jjm/1", "half": "\udce9", "large": 10**20, "endless": [None, None]}


def test_hostile_text_is_literal_and_harmless_everywhere() -> None:
    screen = Screen()
    screen.output.line(NASTY)
    screen.output.styled([(NASTY, "red")])
    screen.output.warn(NASTY)
    screen.output.remark(NASTY)
    screen.output.row([NASTY, NASTY])
    screen.output.say(NASTY)
    screen.output.prompt(NASTY)
    screen.output.document(harmless({NASTY: [NASTY, {"a": NASTY}]}))
    for text in (screen.out, screen.err):
        assert not set(text) & {"\x1b", "\x07", "\x9b", "\u202e"}
        assert "[/foo] [x] [@click=app.quit]" in text


def test_styled_with_colour_keeps_brackets_and_indents_what_goes_on() -> None:
    screen = Screen(width=30)
    screen.output.look = replace(screen.output.look, color=True)
    screen.output.styled([("    [/foo] " + "word " * 10, "")])
    lines = screen.out.splitlines()
    assert lines[0].startswith("    [/foo] word")
    assert all(line.startswith("    ") for line in lines)


def test_quiet_keeps_errors_and_drops_remarks() -> None:
    screen = Screen(quiet=True)
    screen.output.remark("by the way")
    screen.output.warn("careful")
    assert screen.err == "jjm: careful\n"
