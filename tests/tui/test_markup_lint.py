"""No call that parses markup gets anything but constants and ``Content``, and the check for it finds those that do."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

import jjm_tui
from jjm_tui.domain.task import ChatMessage, SourceFile, Task
from tests.tui.markup_lint import FOREIGN, SINKS, find, package_sources

PACKAGE = Path(jjm_tui.__file__).parent

BEFORE = """
HEADING: Final = Content("What it is")
WORDS = {"one": "One", "two": Content("[two]")}
TEXTS = {"one": "[b]One"}


def told(task) -> Content | None:
    return literal(task.title)


def named(task) -> str:
    return task.title


class Place:
    look: Content
    name: str

    def __init__(self, task, body: Content, words: str) -> None:
        self._line = Static()
        self._body = body
        self._words = words

    @property
    def about(self) -> Content:
        return literal_line(self.name)

    def describe(self) -> Text:
        return literal_rich(self.name)

    def show(self, task, given: Content, text: str, label: Static, error) -> None:
        line = self.query_one("#x", Static)
        both = Content() if text is None else literal(text)
        either = literal(text)
        if task:
            either = task.title
        self.seen = {}
        for each in self.query("#y").results(Static):
            pass
        """

SAFE = (
    'Static("plain words")',
    'Static(id="x")',
    "Static(literal(task.title))",
    "Label(literal_line(text))",
    "Static(given)",
    "Static(both)",
    "Static(told(task))",
    "Static(HEADING)",
    "Static(WORDS[text])",
    "Static(self._body)",
    "Static(self.about)",
    "Static(task.look)",
    "Static(self.describe())",
    'Static(Content(text) + " more")',
    'Static(Content("\\n").join([given, given]))',
    'Static(Content.styled(text, "bold") if task else "none")',
    "line.update(given)",
    "self._line.update(literal(text))",
    "label.update(both)",
    "each.update(self._body)",
    "self.seen.update(text)",
    "self.border_title = given",
    "self.border_title = self.border_subtitle = None",
    "self.query_one(Static).update(Content(text))",
    'TypingArea(text, placeholder="Write here")',
    "Input(placeholder=text)",
    "Content(clean_line(task.description))",
    'Content.assemble("a: ", literal(error.message), (fit(task.branch), "bold"))',
)

UNSAFE = (
    "Static(task.title)",
    "Static(text)",
    "Static(either)",
    'Static("[b]bold")',
    'Static(f"{task.title} is open")',
    "Static(str(error))",
    "Static(clean(text))",
    "Static(named(task))",
    "Static(TEXTS[text])",
    "Static(self._words)",
    "Static(self.name)",
    'Static("Open: " + text)',
    'Static(text or "none")',
    "Label(text)",
    "Button(label=text)",
    "Checkbox(text)",
    "TabPane(text)",
    "line.update(text)",
    "self._line.update(text)",
    "label.update(named(task))",
    "each.update(self._words)",
    'self.query_one("#x", Static).update(error.message)',
    "self.border_title = text",
    "self.border_subtitle = task.title",
    "self.tooltip = text",
    "self.with_tooltip(text)",
    "self.app.notify(literal(text))",
    "TypingArea(placeholder=text)",
    "OptionList(text)",
    "Markdown(text)",
    "Text.from_markup(text)",
    "Content.from_text(text)",
    "Static(Content.from_markup(text))",
    "Content(task.description)",
    'Content.styled(f" {error.message}", "bold")',
    'Content.assemble("a", (task.branch, "bold"))',
    'Text(task.repository or "none")',
    "Segment(task.failure[:80], None)",
)


@pytest.mark.parametrize("line", SAFE)
def test_harmless_line_is_let_pass(line: str) -> None:
    assert find({"x.py": BEFORE + line}) == []


@pytest.mark.parametrize("line", UNSAFE)
def test_line_that_could_parse_foreign_text_is_found(line: str) -> None:
    assert find({"x.py": BEFORE + line}) != []


@pytest.mark.parametrize(
    "call",
    [
        "self.notify(text, markup=False)",
        "self.notify(clean(text))",
        "self.notify(clean(text), title=task.title, markup=False)",
        "self.notify(clean(text), markup=True)",
    ],
)
def test_toast_of_the_app_with_markup_or_raw_text_is_found(call: str) -> None:
    assert find({"app.py": BEFORE + call}) != []
    assert find({"app.py": BEFORE + "self.notify(clean(text), title=clean(text), markup=False)"}) == []


def test_no_call_in_the_dashboard_could_read_foreign_text_as_markup() -> None:
    sources = package_sources(PACKAGE / "tui")
    assert [str(each) for each in find(sources)] == []
    calls = [node for text in sources.values() for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert sum(isinstance(call.func, ast.Name) and call.func.id in SINKS for call in calls) > 30


def test_commands_print_on_consoles_without_markup() -> None:
    sources = package_sources(PACKAGE / "cli")
    assert [str(each) for each in find(sources)] == []
    consoles = [
        (path, call)
        for path, text in sources.items()
        for call in ast.walk(ast.parse(text))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("Console")
    ]
    for path, call in consoles:
        assert ("markup", "False") in {(each.arg, ast.unparse(each.value)) for each in call.keywords}, path
    assert consoles


def test_fields_named_foreign_are_fields_of_the_model() -> None:
    texts = {each.name for kind in (Task, ChatMessage, SourceFile) for each in fields(kind) if "str" in str(each.type)}
    own = {"id", "title", "origin", "type", "status", "delivery", "extra", "provenance"}
    assert texts - own <= FOREIGN
