"""Every stored picture is one that a test names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.tui.snapshots import FOLDER, normalised, words_of

_TESTS = Path(__file__).parent


def _pattern(name: ast.expr) -> str:
    """A regular expression for the names that an argument of ``svg`` can have."""
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        return re.escape(name.value)
    assert isinstance(name, ast.JoinedStr), f"Line {name.lineno}: write the picture's name out, or as an f-string."
    parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in name.values]
    assert any(part != ".+" for part in parts), f"Line {name.lineno}: this name could be any picture's."
    return "".join(parts)


def _named_in(module: Path) -> list[str]:
    calls = [node for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return [_pattern(call.args[0]) for call in calls if isinstance(call.func, ast.Name) and call.func.id == "svg"]


def test_stored_pictures_are_all_named_by_a_test() -> None:
    named = {module.stem: _named_in(module) for module in _TESTS.glob("test_*.py")}
    orphans = [
        str(picture.relative_to(FOLDER))
        for picture in sorted(FOLDER.rglob("*"))
        if picture.is_file()
        and not any(
            picture.suffix == ".svg" and re.fullmatch(pattern, picture.stem)
            for pattern in named.get(picture.parent.name, [])
        )
    ]
    assert orphans == []


def test_pictures_of_equal_screens_are_equal_and_need_no_network() -> None:
    font = '<style>\n    @font-face {\n  src: url("https://x")\n    }\n</style>'
    one = f'{font}<text class="terminal-12-r1" y="20">a&#160;b</text>'
    other = one.replace("12", "987")
    assert normalised(one) == normalised(other)
    assert "https" not in normalised(one)
    assert words_of(one) == ["a b"]
