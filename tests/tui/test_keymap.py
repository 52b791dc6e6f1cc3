"""Keys: defaults, presets, own bindings, conflicts."""

from __future__ import annotations

from itertools import combinations

import pytest
from textual.keys import Keys

from jjm_tui.tui.actions import ACTIONS, Scope
from jjm_tui.tui.key_names import read_key
from jjm_tui.tui.keymap import PRESETS, build_keymap, key_name

_MAIN: frozenset[Scope] = frozenset({"everywhere", "tasks", "list", "detail", "diff"})
_DIALOG: frozenset[Scope] = frozenset({"everywhere", "dialog", "approval"})
_QUESTION: frozenset[Scope] = frozenset({"everywhere", "dialog", "question"})
_OUTBOX: frozenset[Scope] = frozenset({"everywhere", "outbox"})
_PAGES: list[frozenset[Scope]] = [
    frozenset({"everywhere", "tasks", "watch"}),
    frozenset({"everywhere", "tasks", "connection"}),
    frozenset({"everywhere", "tasks", "log"}),
    frozenset({"everywhere", "tasks", "insights"}),
]
_FORBIDDEN = {f"ctrl+{key}" for key in ("h", "i", "j", "m", "[", "z", "space", "a", "b")}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "together", [_MAIN, _DIALOG, _QUESTION, _OUTBOX, *_PAGES, frozenset({"composer"}), frozenset({"diff"})]
)
def test_keys_that_work_at_the_same_time_mean_one_thing(preset: str, together: frozenset[Scope]) -> None:
    keys = build_keymap(preset).keys
    here = [action for action in ACTIONS.values() if action.scope in together]
    for one, other in combinations(here, 2):
        assert not set(keys[one.id]) & set(keys[other.id]), (one.id, other.id)


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_uses_a_key_that_terminals_cannot_tell_apart(preset: str) -> None:
    bound = {key for keys in build_keymap(preset).keys.values() for key in keys}
    assert not bound & _FORBIDDEN


def test_own_bindings_win_and_quit_stays() -> None:
    keymap = build_keymap("default", {"sort": ("j",), "refresh": (), "quit": ()})
    assert keymap.keys["sort"] == ("j",)
    assert keymap.keys["move.down"] == ("down",)
    assert keymap.keys["refresh"] == ()
    assert keymap.keys["quit"] == ACTIONS["quit"].keys
    assert keymap.problems == ("quit must keep a key; its defaults stay.",)
    assert keymap.sources["sort"] == "settings"


def test_conflicts_are_told_and_the_first_keeps_the_key() -> None:
    keymap = build_keymap("default", {"sort": ("f3",), "filter": ("f3",), "jump": ("f2",), "mark": ("ctrl+m",)})
    assert keymap.problems == (
        "There is no action 'jump'.",
        "Terminals cannot tell ctrl+m apart; mark needs another key.",
        "f3 is bound to both sort and filter.",
    )
    assert keymap.keys["sort"] == ("f3",)
    assert keymap.keys["filter"] == ()


def test_key_that_there_is_not_is_told_and_the_action_keeps_those_it_has() -> None:
    keymap = build_keymap("default", {"task.approve": ("nosuchkey",), "sort": ("zz", "f3"), "mark": ("ctrl+m",)})
    assert keymap.problems == (
        "There is no key 'nosuchkey'; task.approve needs another one.",
        "There is no key 'zz'; sort needs another one.",
        "Terminals cannot tell ctrl+m apart; mark needs another key.",
    )
    for action, keys in {"task.approve": ("a",), "sort": ("f3",), "mark": ("space",)}.items():
        assert keymap.keys[action] == keys


def test_key_that_goes_from_one_action_to_another_is_told() -> None:
    keymap = build_keymap("default", {"task.approve": ("z",), "sort": ("j",), "filter": ("V",), "view.next": ("v",)})
    assert keymap.problems == ()
    assert keymap.taken == (
        "j went from move.down to sort; move.down has down now.",
        "v went from mark.range to view.next; mark.range has no key now.",
        "z went from task.snooze to task.approve; task.snooze has no key now.",
    )
    assert build_keymap("vim", {"refresh": ("f6",)}).taken == ()


@pytest.mark.parametrize(
    ("word", "key"),
    [
        *(("esc", "escape"), ("PgDn", "pagedown"), ("F5", "f5"), ("}", "}"), ("right_curly_bracket", "}")),
        *(("slash", "/"), ("Ctrl+S", "ctrl+s"), ("shift+ctrl+up", "ctrl+shift+up"), ("ctrl++", "ctrl+plus")),
        *(("ctrl+_", "ctrl+underscore"), ("+", "+"), (",", ","), ("ß", "ß"), ("ctrl", None), ("ctrl+", None)),
        *(("strg+s", None), ("f99", None), ("snowman", None), ("", None), (" ", None), ("\x1b", None)),
    ],
)
def test_names_of_keys_are_read_as_people_write_them(word: str, key: str | None) -> None:
    assert read_key(word) == key


def test_keys_of_the_tables_are_spelt_as_read() -> None:
    keys = {key for preset in PRESETS for keys in build_keymap(preset).keys.values() for key in keys}
    assert {key for key in keys if read_key(key) != key} <= {"alt+<", "alt+>"}


def test_every_key_that_textual_names_can_be_bound() -> None:
    named = {key.value for key in Keys} - {"ctrl-at", "ctrl+@", "return"}
    assert {key for key in named if not key.startswith("<") and read_key(key) != key} == set()


def test_quit_whose_keys_were_all_given_away_takes_them_back() -> None:
    keymap = build_keymap("default", {"sort": ("q", "ctrl+q", "ctrl+c")})
    assert keymap.keys["quit"] == ACTIONS["quit"].keys
    assert keymap.keys["sort"] == ()


def test_emacs_preset_opens_the_editor_with_f2() -> None:
    keymap = build_keymap("emacs")
    assert keymap.keys["composer.editor"] == ("f2",)
    assert "ctrl+p" not in keymap.keys["palette"]


def test_unknown_preset_is_told() -> None:
    assert build_keymap("nano").problems == ("There is no preset 'nano'; the default keys are used.",)


def test_key_names_are_those_that_people_know() -> None:
    assert [key_name(key) for key in ("escape", "ctrl+s", "+", "right_curly_bracket")] == ["esc", "ctrl+s", "+", "}"]
