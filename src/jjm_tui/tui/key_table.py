"""The table of keys for people, from the one table of actions; ``python -m jjm_tui.tui.key_table`` prints it.

With the name of a Markdown file, the part of it between the two marks is replaced. Pure.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from jjm_tui.tui.actions import ACTIONS, Action, Scope
from jjm_tui.tui.keymap import key_name

BEGIN: Final = "<!-- keys -->"
END: Final = "<!-- /keys -->"

PLACES: Final[Mapping[Scope, str]] = {
    "diff": "in a diff",
    "search": "while searching",
    "composer": "in the composer",
    "dialog": "in sheets",
    "approval": "when approving",
    "question": "in questions",
    "outbox": "in the outbox",
    "watch": "on the watch screen",
    "connection": "on the connection screen",
    "log": "in the log",
    "insights": "on the insights screen",
}
"""Where an action's keys work, when it is not wherever tasks are."""


def sections(actions: Sequence[Action]) -> dict[str, list[Action]]:
    """Actions by their section, in the order of the table."""
    found: dict[str, list[Action]] = {}
    for action in actions:
        found.setdefault(action.section, []).append(action)
    return found


def describe(action: Action) -> str:
    """What an action does, and where when that is somewhere special."""
    place = PLACES.get(action.scope)
    return action.help if place is None else f"{action.help} ({place})"


def key_table() -> str:
    """The default keys of every action that has one, as Markdown; ends with a line feed."""
    return "".join(f"{line}\n" for line in _lines())


def _lines() -> Iterator[str]:
    yield "| key | does | as a command |"
    yield "|---|---|---|"
    for section, actions in sections([action for action in ACTIONS.values() if action.keys]).items():
        yield f"| **{section}** | | |"
        for action in actions:
            keys = " ".join(_code(key_name(key)) for key in action.keys)
            yield f"| {keys} | {_plain(describe(action))} | {_code(action.twin) if action.twin else ''} |"


def _code(text: str) -> str:
    """Code in a cell of a Markdown table; a backquote or a bar would end it."""
    safe = text.replace("|", "\\|")
    return f"`` {safe} ``" if "`" in safe else f"`{safe}`"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def with_table(text: str) -> str:
    """A Markdown text with the present table between its marks. Raises ValueError when it has none."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"There is no {BEGIN} … {END} in it.")
    return f"{before}{BEGIN}\n{key_table()}{END}{after}"


def main(arguments: Sequence[str]) -> None:
    """Print the table, or put it into the named file."""
    if not arguments:
        sys.stdout.write(key_table())
        return
    path = Path(arguments[0])
    path.write_text(with_table(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
