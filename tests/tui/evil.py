"""The evil text itself: escape sequences of every kind, bidirectional overrides, markup, links, actions."""

from __future__ import annotations

from typing import Any

MARKUP = "[/foo] [x] [@click=app.quit]c[/] [link=https://evil.example]x[/link]"
SEQUENCES = (
    "\x1b]52;c;Q0FOQVJZ\x07\x1b]0;owned\x07\x1b[48;5;201;9m\x1b[4242z"
    "\x1bP1$r4242\x1b\\\x9b4243z\x9d0;owned\x9c\u202e\u2066\x07\x08"
)
EVIL = f"\x9d\x1b[4242z{MARKUP}{SEQUENCES}"

PATCH = (
    f"\ndiff --git a/raw{EVIL.replace('/', '_')}.py b/raw{EVIL.replace('/', '_')}.py\n--- /dev/null\n"
    f"+++ b/raw{EVIL.replace('/', '_')}.py\n@@ -0,0 +1 @@ {EVIL}\n+{EVIL}\n"
    'diff --git "a/\\033]0;owned\\a[/foo] [x]\\302\\233.py" "b/\\033]0;owned\\a[/foo] [x]\\302\\233.py"\n'
    '--- "a/\\033]0;owned\\a[/foo] [x]\\302\\233.py"\n+++ "b/\\033]0;owned\\a[/foo] [x]\\302\\233.py"\n'
    f"@@ -1 +1 @@\n-{EVIL}\n+{EVIL}2\n"
)
"""Two files whose names are evil: one as it is, one as git quotes it."""
PATCHES = frozenset({"patch", "unidiffPatch"})
_FIXED = frozenset(
    {"name", "id", "state", "createTime", "updateTime", "source", "url", "originator", "nextPageToken", "prompt"}
)
"""Fields of Jules's answers that the program itself goes by."""


def server_words(data: Any, name: str = "") -> Any:
    """An answer of Jules with evil in everything that a person or the agent may have written."""
    if isinstance(data, dict):
        return {each: value if each in _FIXED else server_words(value, each) for each, value in data.items()}
    if isinstance(data, list):
        return [server_words(each, name) for each in data]
    if name in PATCHES and isinstance(data, str):
        return f"{data.rstrip()}{PATCH}"
    return f"{EVIL} {data}{SEQUENCES}" if isinstance(data, str) else data
