"""Which calls could read foreign text as markup: an expression goes to them only if it is provably harmless.

Textual parses a plain ``str`` in the calls of ``SINKS`` as markup. So what goes there is a constant without brackets,
or a ``Content`` or ``Text`` as ``tui.literal`` and functions annotated with these types make it. Whatever cannot be
told by its form counts as foreign.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SINKS: Final = frozenset({"Static", "Label", "Button", "Checkbox", "RadioButton", "ToggleButton", "Link", "TabPane"})
"""Widgets that take a ``Content``: their first argument, and these keywords."""
_AREAS: Final = frozenset({"TextArea", "TypingArea"})
"""They parse their placeholder, other than an ``Input``."""
_KEYWORDS: Final = frozenset({"content", "label", "title", "prompt", "tooltip", "border_title", "border_subtitle"})
_ATTRIBUTES: Final = frozenset({"border_title", "border_subtitle", "tooltip", "label"})
_METHODS: Final = frozenset({"with_tooltip"})
_UPDATED: Final = "update"
"""A method of ``Static``, and of dicts and sets: looked at where the receiver is known to be a widget."""

FORBIDDEN: Final = frozenset(
    {"DataTable", "Markdown", "MarkdownViewer", "RichLog", "Log", "Tree", "DirectoryTree", "Select", "SelectionList"}
    | {"OptionList", "Option", "Collapsible", "Tab", "Tabs", "Toast", "SystemCommand", "Hit", "DiscoveryHit", "Pretty"}
    | {"from_markup", "from_text", "from_ansi", "render_str", "markup_to_content"}
)
"""Never called: they parse markup where no ``Content`` helps, or keep what they are given in ways of their own."""

_MAKERS: Final = frozenset({"literal", "literal_line", "literal_rich", "Content", "Text"})
_TYPES: Final = frozenset({"Content", "Text", "Visual"})
_TELLER: Final = "app.py"
"""The one module that calls ``notify``; it does so with cleaned text and without markup."""
_RAW_MAKERS: Final = frozenset({"Content", "Text", "Segment"})
FOREIGN: Final = frozenset(
    {"description", "repository", "branch", "default_branch", "status_detail", "failure", "url", "pull_request_url"}
    | {"content", "filename", "message", "hint", "server_said", "trouble", "way_out", "tool", "version", "protocol"}
)
"""Fields that hold text of others, as far as their names are not also those of our own words."""
_CLEANERS: Final = frozenset({"clean", "clean_line"})

Functions = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that has to be changed."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


@dataclass(slots=True)
class Known:
    """What names mean in a package: whether functions and methods answer a ``Content``, attributes and constants are
    one. Whoever shares a name must be safe with it; functions of the same module go first."""

    functions: dict[str, dict[str, list[bool]]] = field(default_factory=dict)
    methods: dict[str, list[bool]] = field(default_factory=dict)
    attributes: dict[str, list[bool]] = field(default_factory=dict)
    constants: dict[str, list[ast.expr]] = field(default_factory=dict)
    widgets: set[str] = field(default_factory=set)


def _is_content_type(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    names = {name.strip().rpartition(".")[2] for name in ast.unparse(annotation).strip("'\"").split("|")}
    return bool(names - {"None"}) and names <= _TYPES | {"None"}


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_widget(node: ast.expr) -> bool:
    """``Static(...)``, or ``query_one(..., Static)`` and its like."""
    if not isinstance(node, ast.Call):
        return False
    name = _name_of(node.func)
    return name in SINKS or (name.startswith("query") and any(_name_of(each) in SINKS for each in node.args))


def collect(trees: Mapping[str, ast.Module]) -> Known:
    """Look at all modules first."""
    known = Known()
    for path, tree in trees.items():
        for statement in tree.body:
            for name, value in _assigned_in(statement):
                known.constants.setdefault(name, []).append(value)
            if isinstance(statement, Functions):
                here = known.functions.setdefault(statement.name, {}).setdefault(path, [])
                here.append(_is_content_type(statement.returns))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                _collect_class(node, known)
    for path, tree in trees.items():
        for function, node in _with_functions(tree):
            for target, value in _targets(node):
                if isinstance(target, ast.Attribute) and _name_of(target.value) == "self":
                    if _is_widget(value):
                        known.widgets.add(target.attr)
                    known.attributes.setdefault(target.attr, []).append(Judge(known, path, function).is_safe(value))
    return known


def _collect_class(node: ast.ClassDef, known: Known) -> None:
    for each in node.body:
        if isinstance(each, Functions):
            answers = _is_content_type(each.returns)
            is_read = any(_name_of(name) in ("property", "cached_property") for name in each.decorator_list)
            (known.attributes if is_read else known.methods).setdefault(each.name, []).append(answers)
        elif isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            known.attributes.setdefault(each.target.id, []).append(_is_content_type(each.annotation))


def _targets(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What is assigned to what, also side by side."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            pairs = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            if pairs and len(target.elts) == len(node.value.elts):
                yield from zip(target.elts, node.value.elts, strict=True)
            else:
                yield target, node.value
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value


def _with_functions(tree: ast.AST, function: Functions | None = None) -> Iterator[tuple[Functions | None, ast.AST]]:
    for node in ast.iter_child_nodes(tree):
        yield function, node
        yield from _with_functions(node, node if isinstance(node, Functions) else function)


@dataclass(slots=True)
class Judge:
    """Whether an expression is safe in a function."""

    known: Known
    path: str
    function: Functions | None
    _asked: set[str] = field(default_factory=set)

    def is_safe(self, node: ast.expr) -> bool:
        """A ``Content``, a ``Text``, ``None``, or a constant that holds no markup."""
        match node:
            case ast.Constant(value=value):
                return not isinstance(value, str) or "[" not in value
            case ast.IfExp(body=body, orelse=otherwise):
                return self.is_safe(body) and self.is_safe(otherwise)
            case ast.BoolOp(values=values):
                return all(map(self.is_safe, values))
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self.is_content(left) or self.is_content(right) or (self.is_safe(left) and self.is_safe(right))
            case ast.Subscript(value=ast.Name(id=name)):
                return self._are_values_safe(name)
            case ast.NamedExpr(value=value):
                return self.is_safe(value)
            case _:
                return self.is_content(node)

    def is_content(self, node: ast.expr) -> bool:
        """Certainly no ``str``."""
        match node:
            case ast.Call(func=ast.Name(id=name)):
                return name in _MAKERS or self._function_makes(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if owner in _TYPES:
                return name not in FORBIDDEN
            case ast.Call(func=ast.Attribute(value=receiver, attr=name)):
                is_part = name in ("split", "wrap", "divide")
                return _all_of(self.known.methods.get(name)) or (self.is_content(receiver) and not is_part)
            case ast.Name(id=name):
                return self._is_name_content(name)
            case ast.Attribute(attr=name):
                return _all_of(self.known.attributes.get(name))
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self.is_content(left) or self.is_content(right)
            case ast.IfExp(body=body, orelse=otherwise):
                return self.is_content(body) and self.is_content(otherwise)
        return False

    def _function_makes(self, name: str) -> bool:
        places = self.known.functions.get(name, {})
        return _all_of(places.get(self.path) or [each for found in places.values() for each in found])

    def _are_values_safe(self, name: str) -> bool:
        values = self.known.constants.get(name, [])
        dicts = [value for value in values if isinstance(value, ast.Dict)]
        return bool(values) and len(dicts) == len(values) and all(self.is_safe(v) for d in dicts for v in d.values)

    def _is_name_content(self, name: str) -> bool:
        if name in self._asked:
            return True
        self._asked.add(name)
        try:
            return self._is_local_content(name)
        finally:
            self._asked.discard(name)

    def _is_local_content(self, name: str) -> bool:
        if self.function is not None:
            arguments = self.function.args
            for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
                if each.arg == name:
                    return _is_content_type(each.annotation)
            nodes = list(ast.walk(self.function))
            annotations = [
                node.annotation
                for node in nodes
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name
            ]
            if annotations:
                return all(map(_is_content_type, annotations))
            values = [value for node in nodes for each, value in _assigned_in(node) if each == name]
            bound = sum(isinstance(node, ast.Name) and node.id == name and _is_store(node) for node in nodes)
            if bound:
                return len(values) == bound and all(map(self.is_safe, values))
        values = self.known.constants.get(name, [])
        return bool(values) and all(map(self.is_safe, values))


def _all_of(answers: list[bool] | None) -> bool:
    return bool(answers) and all(answers or [])


def _assigned_in(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    return ((target.id, value) for target, value in _targets(node) if isinstance(target, ast.Name))


def _is_store(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def find(sources: Mapping[str, str]) -> list[Finding]:
    """All places in these modules (path to text) where something that may be foreign would be parsed."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    known = collect(trees)
    found: list[Finding] = []
    for path, tree in trees.items():
        for function, node in _with_functions(tree):
            judge = Judge(known, path, function)
            whats = [*_faults(node, judge, is_teller=Path(path).name == _TELLER), *_raw_faults(node)]
            found += [Finding(path, getattr(node, "lineno", 0), what) for what in whats]
    return found


def _faults(node: ast.AST, judge: Judge, *, is_teller: bool) -> Iterator[str]:
    for target, value in _targets(node):
        if isinstance(target, ast.Attribute) and target.attr in _ATTRIBUTES and not judge.is_safe(value):
            yield f"{target.attr} = {ast.unparse(value)}"
    if not isinstance(node, ast.Call):
        return
    name = _name_of(node.func)
    if name in FORBIDDEN:
        yield f"{name} is not to be used"
    if name == "notify":
        yield from _notify_faults(node, is_teller=is_teller)
    if name in SINKS or name in _METHODS or (name == _UPDATED and _updates_widget(node.func, judge)):
        given = [*node.args[:1], *(each.value for each in node.keywords if each.arg in _KEYWORDS)]
        yield from (f"{name}({ast.unparse(each)})" for each in given if not judge.is_safe(each))
    if name in _AREAS:
        given = [each.value for each in node.keywords if each.arg == "placeholder"]
        yield from (f"placeholder={ast.unparse(each)}" for each in given if not judge.is_safe(each))


def _notify_faults(node: ast.Call, *, is_teller: bool) -> Iterator[str]:
    if not is_teller:
        yield "notify: tell it with JulesApp.tell"
        return
    keywords = {each.arg: each.value for each in node.keywords}
    markup = keywords.get("markup")
    if not (isinstance(markup, ast.Constant) and markup.value is False):
        yield "notify with markup"
    for each in filter(None, [*node.args[:1], keywords.get("message"), keywords.get("title")]):
        if not (isinstance(each, ast.Call) and _name_of(each.func) in _CLEANERS):
            yield f"notify({ast.unparse(each)}) is not cleaned"


def _updates_widget(function: ast.expr, judge: Judge) -> bool:
    """Whether the receiver of ``.update`` is a widget: known by how it was got."""
    if not isinstance(function, ast.Attribute):
        return False
    receiver = function.value
    if _is_widget(receiver) or (isinstance(receiver, ast.Attribute) and receiver.attr in judge.known.widgets):
        return True
    if not isinstance(receiver, ast.Name) or judge.function is None:
        return False
    arguments = (*judge.function.args.args, *judge.function.args.kwonlyargs)
    if any(each.arg == receiver.id and _name_of(each.annotation or receiver) in SINKS for each in arguments):
        return True
    for node in ast.walk(judge.function):
        if isinstance(node, ast.For) and _name_of(node.target) == receiver.id and _names_widget(node.iter):
            return True
        if any(name == receiver.id and _is_widget(value) for name, value in _assigned_in(node)):
            return True
    return False


def _names_widget(node: ast.expr) -> bool:
    return any(_name_of(each) in SINKS for each in ast.walk(node) if isinstance(each, ast.expr))


def _raw_faults(node: ast.AST) -> Iterator[str]:
    """A field of the model in a ``Content``, ``Text`` or ``Segment`` that no function has had in its hands: markup is
    not read there, but raw characters pass."""
    if not isinstance(node, ast.Call):
        return
    name = ast.unparse(node.func)
    if name in _RAW_MAKERS or name.startswith("Content."):
        given = node.args if name == "Content.assemble" else node.args[:1]
        found = [each for part in given for each in _raw_fields(part)]
        yield from (f"{name} of {ast.unparse(each)}, which is not cleaned" for each in found)


def _raw_fields(node: ast.expr) -> Iterator[ast.Attribute]:
    match node:
        case ast.Attribute(attr=attr) if attr in FOREIGN:
            yield node
        case ast.JoinedStr(values=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from _raw_fields(part)
        case ast.FormattedValue(value=value) | ast.Subscript(value=value):
            yield from _raw_fields(value)
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            yield from (*_raw_fields(one), *_raw_fields(other))
        case ast.BoolOp(values=values):
            for each in values:
                yield from _raw_fields(each)


def package_sources(folder: Path) -> dict[str, str]:
    """The modules of a package."""
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}


def main(folders: Sequence[str]) -> int:
    """Print what is found in these packages; the exit code says whether it was something."""
    found = [str(each) for folder in folders for each in find(package_sources(Path(folder)))]
    sys.stdout.write("".join(f"{each}\n" for each in found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
