"""Keys: defaults, presets, own bindings, conflicts."""

from __future__ import annotations

from itertools import combinations

import pytest

from jjm_tui.tui.actions import ACTIONS, Scope
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
