"""Languages as people name them after a code fence, and the endings by which ``code_colors`` knows them.

Only these are coloured: the name comes from outside, and not every lexer is quick on every text.
"""

from __future__ import annotations

from typing import Final

_ENDINGS: Final = {
    **{
        name: name
        for name in ("c", "cpp", "css", "go", "html", "ini", "java", "json", "lua", "php", "scss", "sql", "toml")
    },
    **dict.fromkeys(("bash", "sh", "shell", "zsh"), "sh"),
    **dict.fromkeys(("c#", "cs", "csharp"), "cs"),
    **dict.fromkeys(("c++", "cc", "cxx"), "cpp"),
    **dict.fromkeys(("golang",), "go"),
    **dict.fromkeys(("javascript", "js", "jsx", "mjs", "node"), "js"),
    **dict.fromkeys(("jsonc", "json5"), "json"),
    **dict.fromkeys(("kotlin", "kt", "kts"), "kt"),
    **dict.fromkeys(("ps1", "powershell", "pwsh"), "ps1"),
    **dict.fromkeys(("py", "python", "python3"), "py"),
    **dict.fromkeys(("rb", "ruby"), "rb"),
    **dict.fromkeys(("rs", "rust"), "rs"),
    **dict.fromkeys(("swift",), "swift"),
    **dict.fromkeys(("ts", "typescript"), "ts"),
    **dict.fromkeys(("tsx",), "tsx"),
    **dict.fromkeys(("xml", "svg", "xhtml"), "xml"),
    **dict.fromkeys(("yaml", "yml"), "yaml"),
}
_NAMES: Final = {"dockerfile": "Dockerfile", "docker": "Dockerfile", "make": "Makefile", "makefile": "Makefile"}

COMMON: Final = ("py", "js", "ts", "json", "yaml", "sh")
"""Endings of the languages that turn up most; their lexers are worth loading beforehand."""


def file_name_of(language: str) -> str:
    """A file name in ``language``, or nothing where it is not one of ours."""
    name = language.lower()
    return f"x.{_ENDINGS[name]}" if name in _ENDINGS else _NAMES.get(name, "")
