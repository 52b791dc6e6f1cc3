"""Looks for texts that break what reads them: changes known texts at random, and keeps each that reaches new code.

``python -m tests.fuzz.fuzzer [SECONDS] [TARGET…]`` does so until the time is over, another way each time, and writes
what it found, made as short as it can be, into ``found/TARGET``, where ``test_fuzz`` tries it ever after.
"""

from __future__ import annotations

import hashlib
import json
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import jjm_tui

FOUND = Path(__file__).with_name("found")
_OURS = str(Path(jjm_tui.__file__).parent)
_LONGEST = 6_000
"""Characters of a text; what is slow with long ones is measured elsewhere."""
_HANGS_AFTER = 10
"""Seconds after which reading a text counts as hanging."""
_NOISE = (
    *(
        "\x1b[31m",
        "\x1b]52;c;aGk=\x07",
        "\x9b2J",
        "\u202e",
        "\r",
        "\r\n",
        "\x00",
        "\u2028",
        "\ud800",
        "\udcff",
        "\ufeff",
    ),
    *("\n", "\n\n", "\t", " ", '"', "'", "\\", "{", "}", "[", "]", ":", ",", "0", "-1", "9" * 30, "1e999", "null", "é"),
    *("\u200d", "\ufe0f", "👨", "İ", "ß", "²", "٣", "\x85", "\x0c", "\x1c", "\ufeff"),
)
_VALUES = (None, True, False, 0, -1, 2**70, 0.5, float("nan"), "", "\x1b[2J", "\ud800", [], {}, [None], {"": None})

Reached = set[tuple[str, int, int]]


class Hanging(BaseException):
    """A text is being read for too long; no ``except Exception`` may swallow it."""


@dataclass(frozen=True)
class Break:
    """A text that cannot be read. ``kind``: the error and where it was raised; ``told``: its traceback."""

    text: str
    kind: tuple[str, str, int]
    told: str


@dataclass(frozen=True)
class Target:
    """What reads a text, raising when anything is wrong, and texts to begin with. ``words``: what means much to it."""

    name: str
    read: Callable[[str], object]
    seeds: Sequence[str]
    words: Sequence[str] = ()

    def try_text(self, text: str) -> Break | None:
        """What goes wrong when a text is read."""
        try:
            self.read(text)
        except (Exception, Hanging) as error:
            innermost = traceback.extract_tb(error.__traceback__)[-1]
            kind = (type(error).__name__, innermost.filename, innermost.lineno or 0)
            return Break(text, kind, traceback.format_exc(limit=-6))
        return None


@dataclass
class Fuzzer:
    """Tries changed texts on one target. ``corpus``: texts that reached code which none before had reached."""

    target: Target
    rng: random.Random
    corpus: list[str] = field(default_factory=list)
    tried: int = 0
    _reached: Reached = field(default_factory=set)

    @property
    def steps(self) -> int:
        """How many steps from one line of the program to another were reached."""
        return len(self._reached)

    def start(self) -> Iterator[Break]:
        """Read what there is to begin with; answer what breaks."""
        for text in self.target.seeds:
            yield from self._try(text[:_LONGEST], is_kept=True)

    def step(self) -> Iterator[Break]:
        """Change a text and read it; answer it if that breaks."""
        newest = self.rng.random() < 0.5
        text = self.rng.choice((self.corpus[-20:] if newest else self.corpus) or self.target.seeds)
        for _ in range(self.rng.choice((1, 1, 2, 4, 8))):
            text = self._change(text)
        yield from self._try(text[:_LONGEST])

    def _try(self, text: str, *, is_kept: bool = False) -> Iterator[Break]:
        self.tried += 1
        before = len(self._reached)
        with _noting(self._reached):
            broken = self.target.try_text(text)
        if broken is not None:
            yield broken
        elif is_kept or len(self._reached) > before:
            self.corpus.append(text)

    def _change(self, text: str) -> str:
        rng = self.rng
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.choice((0, 1, 2, 8, 64, 400)))
        other = rng.choice(self.corpus or self.target.seeds)
        word = rng.choice(self.target.words if self.target.words and rng.random() < 0.6 else _NOISE)
        kind = rng.randrange(7)
        if kind == 0:
            return text[:start] + word + text[start:]
        if kind == 1:
            return text[:start] + word + text[end:]
        if kind == 2:
            return text[:start] + text[end:]
        if kind == 3:
            return text[:end] + text[start:end] * rng.choice((1, 1, 3, 50)) + text[end:]
        if kind == 4:
            return text[:start] + other[rng.randint(0, len(other)) :]
        if kind == 5:
            lines = text.split("\n")
            one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
            lines[one], lines[two] = lines[two], lines[one]
            return "\n".join(lines)
        return self._change_value(text)

    def _change_value(self, text: str) -> str:
        """Another value somewhere in a JSON text; other texts stay."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        places = list(_places(value))
        if not places:
            return json.dumps(self.rng.choice(_VALUES))
        holder, key = self.rng.choice(places)
        source, name = self.rng.choice(places)
        if self.rng.random() < 0.2:
            del holder[key]
        elif self.rng.random() < 0.5:
            holder[key] = self.rng.choice(_VALUES)
        else:
            holder[key] = json.loads(json.dumps(source[name]))
        return json.dumps(value, ensure_ascii=self.rng.random() < 0.5)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


@contextmanager
def _noting(reached: Reached) -> Iterator[None]:
    """Note every step from one line of the program to another."""

    def enter(frame: FrameType, event: str, argument: object) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(_OURS):
            return None
        last = 0

        def note(frame: FrameType, event: str, argument: object) -> Any:
            nonlocal last
            if event == "line":
                reached.add((name, last, frame.f_lineno))
                last = frame.f_lineno
            return note

        return note

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield
    finally:
        sys.settrace(before)


def shorten(target: Target, broken: Break) -> str:
    """A part of a text that breaks in the same way."""
    text = broken.text
    size = max(1, len(text) // 2)
    end = time.monotonic() + 20
    while size and time.monotonic() < end:
        for start in range(0, len(text), size):
            less = target.try_text(text[:start] + text[start + size :])
            if less is not None and less.kind == broken.kind and len(less.text) < len(text):
                text = less.text
                break
        else:
            size //= 2
    return text


def read_found(target: Target) -> list[str]:
    """What was found for it so far."""
    return [path.read_bytes().decode("utf-8", "surrogatepass") for path in sorted((FOUND / target.name).glob("*"))]


def _keep(target: Target, text: str) -> Path:
    data = text.encode("utf-8", "surrogatepass")
    path = FOUND / target.name / hashlib.sha256(data).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _ring(*_: object) -> None:
    raise Hanging


def main() -> int:
    """Exit code 1 when something broke."""
    from tests.fuzz.targets import TARGETS

    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    names = sys.argv[2:] or list(TARGETS)
    seed = random.randrange(10**9)
    signal.signal(signal.SIGALRM, _ring)
    known: set[tuple[str, str, int]] = set()
    for name in names:
        fuzzer = Fuzzer(TARGETS[name], random.Random(f"{seed} {name}"))
        end = time.monotonic() + seconds / len(names)
        steps = [fuzzer.start()]
        while steps or time.monotonic() < end:
            signal.alarm(_HANGS_AFTER)
            for broken in steps.pop() if steps else fuzzer.step():
                signal.alarm(0)
                if broken.kind not in known:
                    known.add(broken.kind)
                    text = broken.text if broken.kind[0] == Hanging.__name__ else shorten(fuzzer.target, broken)
                    print(f"{name}: {_keep(fuzzer.target, text)}\n{broken.told}", flush=True)
        signal.alarm(0)
        print(
            f"{name}: {fuzzer.tried} texts, {len(fuzzer.corpus)} kept, {len(fuzzer._reached)} steps reached", flush=True
        )
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
