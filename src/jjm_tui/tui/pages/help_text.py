"""What the help says: the keys of a place, what glyphs mean, the filter language, what becomes of an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from jjm_tui.domain.criteria import KEYS
from jjm_tui.domain.query import parse_query
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.tui.actions import ACTIONS
from jjm_tui.tui.key_table import PLACES, sections
from jjm_tui.tui.keymap import Keymap, key_name
from jjm_tui.tui.look.appearance import Appearance, appearance_of
from jjm_tui.tui.widgets.tasks.task_row import CURSOR_BAR, DELIVERY_MARKS, MARK, STALE, UNREAD, WATCHED


@dataclass(frozen=True, slots=True)
class HelpRow:
    """``head`` stands in the left column. ``note``: why it cannot be done now. ``name``: finds it, and is not shown.

    All of it is clean.
    """

    head: str
    text: str
    note: str = ""
    name: str = ""

    def has(self, words: Iterable[str]) -> bool:
        """Whether every word, in lower case, is in it."""
        whole = f"{self.head} {self.text} {self.note} {self.name}".lower()
        return all(word in whole for word in words)


@dataclass(frozen=True, slots=True)
class HelpSection:
    """A heading with rows; one with ``intro`` says something before them."""

    title: str
    rows: tuple[HelpRow, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as it is offered here, and why it cannot be done now."""

    action_id: str
    why_not: str | None = None


def help_sections(offers: Iterable[Offer], keymap: Keymap) -> list[HelpSection]:
    """Everything that the help says at a place where these actions are offered."""
    known = {offer.action_id: offer for offer in offers}
    return [
        *_keys(known, keymap),
        HelpSection("What the glyphs mean", tuple(_glyphs())),
        HelpSection("Filters", tuple(_filters()), "Words match title, repository, id and last message."),
        HelpSection(
            "What becomes of what you send",
            _OUTCOMES,
            "Nothing that changes something on the server is ever repeated by itself.",
        ),
        HelpSection("The same as commands", tuple(_twins(known)), "Every command has --help; jjm doctor checks all."),
    ]


def _keys(known: dict[str, Offer], keymap: Keymap) -> Iterator[HelpSection]:
    """In the order of the table; what works at special places comes last of its section."""
    here = [action for action_id, action in ACTIONS.items() if action_id in known]
    for title, actions in sections(here).items():
        rows = []
        for action in actions:
            keys = "  ".join(key_name(key) for key in keymap.keys.get(action.id, ()))
            place = PLACES.get(action.scope)
            text = action.help if place is None or action.scope in _OWN_SCREENS else f"{action.help} ({place})"
            rows.append(HelpRow(keys or "(no key)", text, known[action.id].why_not or "", action.title))
        yield HelpSection(title, tuple(rows))


_OWN_SCREENS: Final = frozenset({"dialog", "approval", "question", "outbox", "watch", "connection", "log", "insights"})
"""Help about them is only seen there."""

_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


def _glyphs() -> Iterator[HelpRow]:
    """Every look that a task can have, as the list shows it."""
    looks: dict[Appearance, None] = {}
    seen = _NOW + timedelta(days=1)
    for status in TaskStatus:
        for task in (Task("t", status=status), Task("t", status=status, seen_at=seen)):
            looks[appearance_of(task, _NOW)] = None
    looks[appearance_of(Task("t", snoozed_until=seen), _NOW)] = None
    looks[appearance_of(Task("t", on_server=False), _NOW)] = None
    for look in looks:
        yield HelpRow(f"{look.glyph} {look.word}", look.sentence)
    yield HelpRow(CURSOR_BAR, "the task under the cursor")
    yield HelpRow(MARK, "marked: what acts on several tasks acts on it")
    yield HelpRow(UNREAD, "something happened since you last looked at it")
    yield HelpRow(WATCHED, "you watch it")
    yield HelpRow(f"{STALE}5m", "its data is this old; the server has not told anything newer")
    for mark in DELIVERY_MARKS.values():
        if mark.word != "sent":
            yield HelpRow(f"{mark.glyph} {mark.word}", _DELIVERIES[mark.word])


_DELIVERIES: Final = {
    "sending": "what you sent is on its way",
    "confirmed": "what you sent has arrived",
    "not sent": "what you sent did not leave this machine; your text is kept",
    "refused": "the server said no to what you sent",
    "unconfirmed": "what you sent may have arrived; look before you send it again",
}

_OUTCOMES: Final = (
    HelpRow("done", "the server accepted it, or a re-read shows it"),
    HelpRow("refused", "the server said no; nothing changed, and its reason is shown"),
    HelpRow("not sent", "nothing left this machine; your text is kept as a draft and never sent later by itself"),
    HelpRow(
        "unconfirmed",
        "it may have happened. The outbox settles it by reading again, or you look and decide: send again, discard",
    ),
)


def _filters() -> Iterator[HelpRow]:
    for key in KEYS.values():
        yield HelpRow(key.example, parse_query(key.example).explain())
    yield HelpRow("-repo:docs", "the opposite: - before a word or a key")
    yield HelpRow("is:paused OR is:failed", "either of the two")


def _twins(known: dict[str, Offer]) -> Iterator[HelpRow]:
    for action in ACTIONS.values():
        if action.id in known and action.twin is not None:
            yield HelpRow(action.title, action.twin.replace("{id}", "TASK"))
