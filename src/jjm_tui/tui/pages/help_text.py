"""What the help says: the keys of a place, what signs mean, the filter language, what becomes of an operation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from jjm_tui.domain.criteria import KEYS
from jjm_tui.domain.query import parse_query
from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.key_table import PLACES, sections
from jjm_tui.tui.keymap import Keymap, key_name
from jjm_tui.tui.pages.legends import Place, legends


@dataclass(frozen=True, slots=True)
class HelpRow:
    """``head`` stands in the left column. ``note``: why it cannot be done now. ``name``: finds it, and is not shown.

    All of it is clean.
    """

    head: str
    text: str
    note: str = ""
    name: str = ""

    def has(self, words: Iterable[str], title: str = "") -> bool:
        """Whether every word, in lower case, is in it or in the ``title`` above it."""
        whole = f"{title} {self.head} {self.text} {self.note} {self.name}".lower()
        return all(word in whole for word in words)


@dataclass(frozen=True, slots=True)
class HelpSection:
    """A heading with rows; one with ``intro`` says something before them."""

    title: str
    rows: tuple[HelpRow, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """An action as it is offered here, and why it cannot be done now. ``does``: what it does here, where that is not
    what the table says.
    """

    action_id: str
    why_not: str | None = None
    does: str = ""


FILES: Final = "Files"
"""The place of who reads the changes of a task."""

NEW_TASK: Final = "CreateScreen"
"""The place of who fills in a new task."""


def where_one_is(place: str) -> tuple[str, str]:
    """What a screen, or a part of it, is called, and what it is for; dialogs explain themselves."""
    return _PLACES.get(place, ("", ""))


_PLACES: Final = {
    FILES: (
        "files",
        "What the task changed: its files, and their diff. The arrow keys left and right show the rest of long lines.",
    ),
    "MainScreen": ("tasks", "All tasks, what needs you on top. Opening one shows everything about it."),
    "DetailScreen": ("one task", "Everything about one task, in tabs; below it you write to it."),
    "ApprovalScreen": ("a plan", "Read what Jules wants to do. Nothing is approved before you say so here."),
    "BulkApprovalScreen": (
        "plans",
        "All plans that wait. Risky ones are not ticked by themselves; you type how many are ticked to approve them.",
    ),
    "BulkMessageScreen": (
        "a message to several",
        "One text for all marked tasks; each is told apart what became of it.",
    ),
    NEW_TASK: (
        "a new task",
        "What Jules shall do, and where: kept as you type, shown before it is sent. Left and right change a choice.",
    ),
    "OutboxScreen": ("outbox", "What you sent in the last seven days and what became of it, newest first."),
    "WatchScreen": ("watch", "What happens to tasks, as it happens, newest at the bottom."),
    "DigestScreen": ("while you were away", "Who needs you now, then what happened since your last visit."),
    "InsightsScreen": ("insights", "Where the time went, from the history of this machine."),
    "ConnectionScreen": (
        "connection",
        "The server: whether it answers, what it can do, what was asked, the doctor's checks.",
    ),
    "LogScreen": ("log", "What this program did; for finding out why."),
    "FirstRunScreen": ("set-up", "How Jules is reached. Nothing is written before you say so."),
}


def help_sections(offers: Iterable[Offer], keymap: Keymap, place: str = "") -> list[HelpSection]:
    """Everything that the help says at a place where these actions are offered."""
    known = {offer.action_id: offer for offer in offers}
    outcomes = HelpSection(
        "What becomes of what you send",
        _OUTCOMES,
        "Nothing that changes something on the server is ever repeated by itself.",
    )
    if place == NEW_TASK:
        return [*_keys(known, keymap, _IN_A_FORM), outcomes]
    here: frozenset[Scope] = _IN_FILES if place == FILES else _OWN_SCREENS
    return [
        *_keys(known, keymap, here),
        *_legends(known, here),
        HelpSection("Filters", tuple(_filters()), "Words match title, repository, id and last message."),
        outcomes,
        HelpSection("The same as commands", tuple(_twins(known)), "Every command has --help; jjm doctor checks all."),
    ]


def _keys(known: dict[str, Offer], keymap: Keymap, own_scopes: frozenset[Scope]) -> Iterator[HelpSection]:
    """What works here alone comes first, then the rest in the order of the table."""
    here = [action for action_id, action in ACTIONS.items() if action_id in known]
    own = [action for action in here if action.scope in own_scopes]
    rest = sections([action for action in here if action.scope not in own_scopes])
    for title, actions in {"Here": own, **rest}.items() if own else rest.items():
        rows = []
        palette = keymap.first("palette") if "palette" in known else ""
        for action in actions:
            keys = "  ".join(key_name(key) for key in keymap.keys.get(action.id, ()))
            if not keys and palette and action.in_palette:
                keys = f"{palette} {action.title}"
            place = PLACES.get(action.scope)
            text = action.help if place is None or action.scope in own_scopes else f"{action.help} ({place})"
            offer = known[action.id]
            rows.append(HelpRow(keys or "(no key)", offer.does or text, offer.why_not or "", action.title))
        yield HelpSection(title, tuple(rows))


def _legends(known: dict[str, Offer], own_scopes: frozenset[Scope]) -> Iterator[HelpSection]:
    """Those of where the person is come first."""
    scopes = {ACTIONS[action_id].scope for action_id in known if action_id in ACTIONS}
    here = [place for scope, place in _LEGENDS_AT.items() if scope in scopes]
    here.sort(key=lambda place: place not in {_LEGENDS_AT.get(scope) for scope in own_scopes})
    for legend in legends(here):
        yield HelpSection(legend.title, tuple(HelpRow(sign, meaning) for sign, meaning in legend.signs))


_LEGENDS_AT: Final[dict[Scope, Place]] = {"list": "list", "diff": "files", "outbox": "outbox", "watch": "events"}

_OWN_SCREENS: Final[frozenset[Scope]] = frozenset(
    {"dialog", "approval", "question", "outbox", "watch", "connection", "log", "insights"}
)
"""Help about them is only seen there."""

_IN_FILES: Final[frozenset[Scope]] = frozenset({"diff"})

_IN_A_FORM: Final[frozenset[Scope]] = frozenset({"everywhere", "tasks", "composer"})
"""What a form offers is about the form, whatever it is about elsewhere."""

_OUTCOMES: Final = (
    HelpRow("done", "the server accepted it, or a re-read shows it"),
    HelpRow("refused", "the server said no, and nothing was seen of it there; its reason is shown"),
    HelpRow(
        "not sent",
        "it did not arrive: nothing left this machine, or the server shows no sign of it. "
        "Your text is kept and never sent later by itself",
    ),
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
        if action.id in known and action.twin is not None and not known[action.id].does:
            yield HelpRow(action.title, action.twin.replace("{id}", "TASK"))
