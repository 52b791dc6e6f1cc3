"""Which key does what in this run: the defaults, a preset over them, the person's own keys over both.

Textual accepts unknown ids and impossible keys silently and drops bindings on a clash (``facts.md`` 3.6), so keys are
checked and resolved here, and screens bind the result.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from jjm_tui.tui.actions import ACTIONS, ALWAYS_THERE, Scope
from jjm_tui.tui.key_names import read_key

Source = Literal["default", "preset", "settings"]

PRESETS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "default": {},
    "vim": {
        "move.half-down": ("ctrl+d", "ctrl+f", "pagedown"),
        "move.down": ("j", "down", "ctrl+e"),
        "previous.tab": ("h", "["),
        "next.tab": ("l", "]"),
        "palette": (":", "ctrl+p"),
    },
    "emacs": {
        "move.down": ("ctrl+n", "down", "j"),
        "move.up": ("ctrl+p", "up", "k"),
        "move.half-down": ("ctrl+v", "pagedown"),
        "move.half-up": ("alt+v", "pageup"),
        "move.first": ("alt+<", "home", "g"),
        "move.last": ("alt+>", "end", "G"),
        "back": ("escape", "ctrl+g"),
        "palette": ("alt+x", ":"),
        "filter": ("/", "ctrl+s"),
        "composer.editor": ("f2",),
        "undo": ("u", "ctrl+underscore"),
    },
}
"""What a preset changes; keys that it gives to an action are taken from the one that had them by default."""

_UNUSABLE: Final = frozenset(f"ctrl+{key}" for key in ("h", "i", "j", "m", "[", "z", "space", "a", "b"))
"""What terminals send for other keys, or keep for themselves and for tmux and screen (``dashboard.md``, Keys)."""

_PAGES: Final[frozenset[Scope]] = frozenset({"watch", "connection", "log", "insights"})

_TOGETHER: Final[Mapping[Scope, frozenset[Scope]]] = {
    "everywhere": _PAGES
    | {"everywhere", "tasks", "list", "detail", "diff", "dialog", "approval", "question", "outbox"},
    "tasks": _PAGES | {"everywhere", "tasks", "list", "detail", "diff"},
    "list": frozenset({"everywhere", "tasks", "list", "diff"}),
    "detail": frozenset({"everywhere", "tasks", "detail", "diff"}),
    "diff": frozenset({"everywhere", "tasks", "list", "detail", "diff"}),
    "search": frozenset({"search"}),
    "composer": frozenset({"composer"}),
    "dialog": frozenset({"everywhere", "dialog", "approval", "question"}),
    "approval": frozenset({"everywhere", "dialog", "approval"}),
    "question": frozenset({"everywhere", "dialog", "question"}),
    "outbox": frozenset({"everywhere", "outbox"}),
    **{page: frozenset({"everywhere", "tasks", page}) for page in _PAGES},
}
"""Scopes whose keys work at the same time, so that one key must not mean two things in them. A search and a
text that is typed have the focus to themselves: what they bind goes before everything else."""

_NAMES: Final = {
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "right_curly_bracket": "}",
    "left_curly_bracket": "{",
    "underscore": "_",
}


@dataclass(frozen=True, slots=True)
class Keymap:
    """The effective keys by action. ``problems``: sentences about what the settings ask for and cannot have;
    ``taken``: about keys that they took from the defaults of other actions, which may be wanted.
    """

    keys: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, Source]
    problems: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()

    def first(self, action_id: str) -> str:
        """The first key of an action as people read it, or nothing when it has none."""
        keys = self.keys.get(action_id, ())
        return key_name(keys[0]) if keys else ""


def key_name(key: str) -> str:
    """A key as people read it: ``ctrl+s``, ``esc``, ``}``."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    return "+".join([*modifiers, _NAMES.get(last, last)])


def build_keymap(preset: str = "default", bindings: Mapping[str, Sequence[str]] | None = None) -> Keymap:
    """The keys of every action: defaults, then ``preset``, then the person's ``bindings`` by action id.

    Quit and help always keep a key; a doubly given key is told and left with the first who asked, one that cannot be
    is told, and an action that would get no other keeps those it had.
    """
    wishes = bindings or {}
    problems = [f"There is no action {action!r}." for action in wishes if action not in ACTIONS]
    if preset not in PRESETS:
        problems.append(f"There is no preset {preset!r}; the default keys are used.")
    own: dict[str, tuple[str, ...]] = {}
    for action, wanted in wishes.items():
        if action in ACTIONS:
            good, bad = _read(action, wanted)
            problems += bad
            if good or not wanted:
                own[action] = good
    problems += _clashes(own)
    kept = _without_clashes(own)
    keys = {action.id: action.keys for action in ACTIONS.values()}
    sources: dict[str, Source] = dict.fromkeys(keys, "default")
    layers: tuple[tuple[Source, Mapping[str, tuple[str, ...]]], ...] = (
        ("preset", PRESETS.get(preset, {})),
        ("settings", kept),
    )
    for source, layer in layers:
        before, keys = keys, _overlay(keys, layer)
        sources.update(dict.fromkeys(layer, source))
    for action in ALWAYS_THERE:
        if not keys[action]:
            problems.append(f"{action} must keep a key; its defaults stay.")
            keys = _overlay(keys, {action: ACTIONS[action].keys})
            sources[action] = "default"
    return Keymap(keys, sources, tuple(problems), tuple(_taken(kept, before, keys)))


def _read(action: str, wanted: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The keys that can be, and sentences about the others."""
    good: list[str] = []
    problems = []
    for word in wanted:
        key = read_key(word)
        if word.lower() in _UNUSABLE:
            problems.append(f"Terminals cannot tell {word} apart; {action} needs another key.")
        elif key is None:
            problems.append(f"There is no key {word!r}; {action} needs another one.")
        else:
            good.append(key)
    return tuple(dict.fromkeys(good)), problems


def _taken(
    own: Mapping[str, tuple[str, ...]], before: Mapping[str, tuple[str, ...]], after: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """Sentences about keys of other actions that went to those of the person."""
    for other in [action for action in before if action not in own]:
        together = _TOGETHER[ACTIONS[other].scope]
        for key in before[other]:
            takers = [action for action, keys in own.items() if key in keys and ACTIONS[action].scope in together]
            if takers and key not in after[other]:
                left = ", ".join(after[other])
                yield f"{key} went from {other} to {takers[0]}; {other} has {left or 'no key'} now."


def _overlay(keys: Mapping[str, tuple[str, ...]], layer: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """``keys`` with those of ``layer``; a key that was given away is taken from whoever had it in the same place."""
    result = {**keys, **layer}
    for action, wanted in layer.items():
        together = _TOGETHER[ACTIONS[action].scope]
        for other, theirs in result.items():
            if other not in layer and ACTIONS[other].scope in together:
                result[other] = tuple(key for key in theirs if key not in wanted)
    return result


def _clashes(own: Mapping[str, tuple[str, ...]]) -> list[str]:
    claimed: dict[str, list[str]] = {}
    problems = []
    for action, keys in own.items():
        for key in keys:
            others = [
                other for other in claimed.get(key, ()) if ACTIONS[other].scope in _TOGETHER[ACTIONS[action].scope]
            ]
            problems += [f"{key} is bound to both {other} and {action}." for other in others]
            claimed.setdefault(key, []).append(action)
    return problems


def _without_clashes(own: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    kept: dict[str, tuple[str, ...]] = {}
    for action, keys in own.items():
        together = _TOGETHER[ACTIONS[action].scope]
        taken = {key for other, theirs in kept.items() if ACTIONS[other].scope in together for key in theirs}
        kept[action] = tuple(key for key in keys if key not in taken)
    return kept
