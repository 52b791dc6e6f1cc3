"""What one action is: its words, its keys, and where they work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal[
    "everywhere",
    "tasks",
    "list",
    "detail",
    "diff",
    "search",
    "composer",
    "dialog",
    "approval",
    "question",
    "outbox",
    "watch",
    "connection",
    "log",
    "insights",
]
"""Where an action's keys work. ``everywhere``: every screen; ``tasks``: wherever a task is at hand (main, detail);
``list``: where tasks are listed; ``detail``: where one task is shown; ``diff``: in a diff; ``search``: while something
is searched; ``composer``: while a text is typed; ``dialog``: in sheets and forms; ``approval``: where a plan is
decided; ``question``: where yes or no is asked; ``outbox``: where operations are listed; ``watch``, ``connection``,
``log``, ``insights``: on the screen of that name."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a person can do. ``title``: a word or three for the footer; ``help``: a sentence part for the table.

    ``keys``: the default keys as Textual names them. ``twin``: the command that does the same, ``{id}`` for the task.
    ``footer``: worth a place in the footer, the smaller the number the further left.
    """

    id: str
    title: str
    help: str
    keys: tuple[str, ...]
    scope: Scope
    section: str
    twin: str | None = None
    footer: int | None = None
    in_palette: bool = True


def action(
    action_id: str,
    keys: str,
    scope: Scope,
    title: str,
    help_text: str,
    *,
    section: str,
    twin: str | None = None,
    footer: int | None = None,
    in_palette: bool = True,
) -> Action:
    """An action; ``keys`` are separated by spaces."""
    return Action(action_id, title, help_text, tuple(keys.split()), scope, section, twin, footer, in_palette)


def moving(action_id: str, keys: str, scope: Scope, title: str, help_text: str) -> Action:
    """An action that only moves: everybody finds it, so the palette does without."""
    return action(action_id, keys, scope, title, help_text, section="Move", in_palette=False)
