"""No text breaks what reads it: those that once did, and new ones, the same in every run."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.fuzzer import Fuzzer, Target, read_found, shorten
from tests.fuzz.targets import TARGETS

STEPS = 60


@pytest.mark.parametrize("name", TARGETS)
def test_text_that_broke_it_once_is_read(name: str) -> None:
    target = TARGETS[name]
    assert [broken.told for text in read_found(target) if (broken := target.try_text(text)) is not None] == []


@pytest.mark.parametrize("name", TARGETS)
def test_changed_text_is_read_and_nothing_wrong_comes_out(name: str) -> None:
    fuzzer = Fuzzer(TARGETS[name], random.Random(name))
    broken = list(fuzzer.start())
    for _ in range(STEPS):
        broken += fuzzer.step()
    assert [f"{each.text!r}\n{each.told}" for each in broken] == []
    assert fuzzer.corpus


def test_hidden_break_is_found_and_made_short() -> None:
    def read(text: str) -> None:
        assert "{}" not in text or "\x1b[31m" not in text

    target = Target("x", read, ['{"a": 1}'], ["{}"])
    fuzzer = Fuzzer(target, random.Random(1))
    list(fuzzer.start())
    found = next(broken for _ in range(20_000) for broken in fuzzer.step())
    assert sorted(shorten(target, found)) == sorted("{}\x1b[31m")
