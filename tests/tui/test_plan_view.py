"""A plan as it is read before it is approved: nothing left out, nothing told by colour alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from jjm_tui.domain.plans import diff_plans, fingerprint_chat, fingerprint_steps
from jjm_tui.domain.risks import RiskKind, RiskMark, file_risk_marks, risk_marks
from jjm_tui.domain.task import Plan, PlanStep, SourceFile
from jjm_tui.domain.text import clean
from jjm_tui.tui.text.blocks import LineBlock
from jjm_tui.tui.text.plan_blocks import no_plan_blocks, plan_blocks, touched_words
from jjm_tui.tui.text.rows import row_cells, row_text
from jjm_tui.tui.widgets.blocks.block_selection import line_number, selected_text
from jjm_tui.tui.widgets.blocks.plan_view import PlanView
from tests.domain.strategies import plans


def plan(*steps: tuple[str, str | None], complete: bool = True, approved: bool | None = None) -> Plan:
    raw = [{"title": title, "description": description} for title, description in steps]
    return Plan(
        fingerprint_steps(raw),
        tuple(PlanStep(title, description) for title, description in steps),
        complete=complete,
        approved=approved,
    )


OLD = plan(("Pin SQLAlchemy", "Update requirements.txt."), ("Remove the legacy module", None), ("Run the tests", None))
NEW = plan(
    ("Pin SQLAlchemy 2.0", "Update `requirements.txt` and poetry.lock.\n\n- keep **2.0**"),
    ("Run the tests", None),
    ("Change the CI workflow", "Runs on every push."),
)


class Stage(App[None]):
    """A plan view."""

    CSS = "PlanView { height: 1fr; }"

    def compose(self) -> ComposeResult:
        yield PlanView()

    @property
    def view(self) -> PlanView:
        return self.query_one(PlanView)

    @property
    def text(self) -> list[str]:
        return [self.view.render_line(y).text.rstrip() for y in range(self.view.size.height)]


@asynccontextmanager
async def staged(size: tuple[int, int] = (70, 30)) -> AsyncIterator[tuple[Stage, Pilot[None]]]:
    app = Stage()
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield app, pilot


async def test_a_plan_is_numbered_with_its_risks_where_they_are() -> None:
    async with staged() as (app, _):
        files = file_risk_marks([SourceFile("deploy/.env", "modified")])
        app.view.show(NEW, risks=(*risk_marks(NEW), *files), revision=3, note="has waited for 18m")
        assert app.text[:17] == [
            "Plan 3 seen here · 3 steps · names CI, lock file · touches secrets",
            "has waited for 18m",
            "! deploy/.env: may hold secrets.",
            "",
            "1. Pin SQLAlchemy 2.0",
            "   ! Step 1 names a lock file ('poetry.lock').",
            "   Update requirements.txt and poetry.lock.",
            "",
            "   - keep **2.0**",
            "",
            "2. Run the tests",
            "",
            "3. Change the CI workflow",
            "   ! Step 3 may change what the build servers run ('CI workflow').",
            "   Runs on every push.",
            "",
            "",
        ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Read `a.py` and `b.py`.", "Read a.py and b.py."),
        ("Read `a.py`", "Read a.py"),
        ("``two`` ` alone", "``two`` ` alone"),
        ("` `", "` `"),
        ("", ""),
    ],
)
def test_backticks_of_code_have_no_cell_and_stay_in_what_is_copied(text: str, shown: str) -> None:
    block = LineBlock([(text, ())], has_code=True)
    (row,) = block.rows(80)
    assert row_text(row) == shown
    assert block.source == text
    assert all(text[run.start : run.start + len(run.text)] == run.text for run in row)
    ends = Selection(Offset(0, line_number(0, 0)), Offset(len(shown), line_number(0, 0)))
    assert selected_text(ends, [block], lambda _: block.rows(80)) == text


async def test_what_changed_stands_above_the_steps_with_signs() -> None:
    async with staged() as (app, _):
        app.view.show(NEW, diff_plans(OLD, NEW))
        shown = app.text
        begin, end = shown.index("Changed since it was last read here"), shown.index("The plan now")
        changes = shown[begin + 1 : end]
        assert "- 2. Remove the legacy module" in changes
        assert "~ 1. Pin SQLAlchemy 2.0" in changes
        assert "  - Pin SQLAlchemy" in changes
        assert "+ 3. Change the CI workflow" in changes
        assert "+    Runs on every push." in changes
        assert shown[end + 1] == "1. Pin SQLAlchemy 2.0"


async def test_the_rest_of_a_changed_line_stands_below_its_text() -> None:
    async with staged((40, 30)) as (app, _):
        new = plan(*[(step.title, step.description) for step in OLD.steps], ("Migrate", "word " * 12))
        app.view.show(new, difference=diff_plans(OLD, new))
        first = next(number for number, line in enumerate(app.text) if line.startswith("+    word"))
        assert app.text[first + 1].startswith("     word")


async def test_a_difference_that_cannot_be_seen_is_told() -> None:
    async with staged() as (app, _):
        hidden = Plan("0123456789abcdef", OLD.steps, complete=True)
        app.view.show(hidden, diff_plans(OLD, hidden))
        assert "! The plans differ in a way that cannot be shown." in app.text


@pytest.mark.parametrize(
    ("complete", "approved", "words"),
    [
        (False, None, "! This plan is not known to be whole and the latest."),
        (True, True, "✓ approved"),
        (True, False, "not approved"),
        (True, None, "not known whether it was approved"),
    ],
)
async def test_what_is_known_of_the_plan_is_told(complete: bool, approved: bool | None, words: str) -> None:
    async with staged() as (app, _):
        app.view.show(plan(("One", None), complete=complete, approved=approved))
        assert app.text[0] == "Plan · 1 step"
        assert words in app.text
        assert ("! This plan is not known to be whole and the latest." in app.text) is not complete


async def test_no_plan_says_why() -> None:
    async with staged() as (app, _):
        app.view.show(None)
        assert app.text[:2] == ["No plan is known.", "None was read of this task so far."]
        app.view.show(None, note="This server tells no plans.")
        assert app.text[:2] == ["No plan is known.", "This server tells no plans."]
        app.view.show(OLD)
        assert app.text[0] == "Plan · 3 steps"


async def test_a_plan_that_only_the_chat_tells_says_so() -> None:
    async with staged() as (app, _):
        app.view.show(Plan(fingerprint_chat(["I will do it."])))
        assert "This server shows no plan; what Jules intends is in the chat." in app.text
        app.view.show(Plan("0123456789abcdef"))
        assert "No steps can be shown." in app.text


async def test_hostile_steps_are_literal() -> None:
    async with staged() as (app, pilot):
        text = "[/foo] [@click=app.quit]go[/] \x1b]0;x\x07\u202e [a](https://evil.example)"
        app.view.show(plan((text, text)), diff_plans(OLD, plan((text, text))))
        await pilot.pause()
        shown = "\n".join(app.text)
        assert clean(shown) == shown
        assert "1. [/foo] [@click=app.quit]go[/] \ufffd [a](https://evil.example)" in shown
        assert "   [/foo] [@click=app.quit]go[/] \ufffd [a](https://evil.example)" in shown


async def test_the_same_plan_again_stays_where_it_is_and_another_begins_anew() -> None:
    async with staged((40, 6)) as (app, pilot):
        app.view.show(NEW, risks=risk_marks(NEW))
        app.view.scroll_to(y=5)
        before, laid_out = app.text, app.view.laid_out
        app.view.show(NEW, risks=risk_marks(NEW))
        await pilot.pause()
        assert (app.text, app.view.laid_out) == (before, laid_out)
        app.view.show(OLD)
        await pilot.pause()
        assert app.text[0] == "Plan · 3 steps"


async def test_a_step_of_a_megabyte_is_opened_by_laying_out_a_screenful() -> None:
    async with staged() as (app, pilot):
        huge = plan(("title " * 50_000, "word " * 200_000), ("Last", None))
        app.view.show(huge, diff_plans(OLD, huge))
        await pilot.pause(0)
        assert app.view.laid_out < 40
        assert app.text[0] == "Plan · 2 steps"


async def test_a_search_finds_steps_and_shows_them() -> None:
    async with staged((60, 6)) as (app, _):
        app.view.show(NEW)
        assert app.view.search("every PUSH") == 1
        assert "   Runs on every push." in app.text


def test_kinds_of_risks_are_told_once_the_most_dangerous_first() -> None:
    marks = file_risk_marks(["a.lock", "b.lock", ".github/workflows/ci.yml", "id_rsa"])
    assert touched_words(marks) == "touches secrets, CI, lock file"
    assert touched_words(()) == ""
    planned = [RiskMark(RiskKind.CI, "", ""), RiskMark(RiskKind.DELETION, "", "")]
    assert touched_words(planned) == "may delete · names CI"
    assert touched_words([*planned, *marks]) == "may delete · touches secrets, CI, lock file"
    assert touched_words(file_risk_marks([SourceFile("a.lock", "deleted")])) == "deletes something · touches lock file"


@given(st.none() | plans, plans, st.integers(12, 60), st.none() | st.integers(1, 9), st.none() | st.text(max_size=9))
def test_any_plan_is_harmless_and_fits(
    old: Plan | None, new: Plan, width: int, revision: int | None, note: str | None
) -> None:
    blocks = plan_blocks(new, diff_plans(old, new), risk_marks(new), revision, note)
    for block in (*blocks, *no_plan_blocks(note)):
        rows = block.rows(width)
        assert block.measure(width) == len(rows)
        for row in rows:
            assert clean(row_text(row)) == row_text(row)
            assert row_cells(row) <= width
