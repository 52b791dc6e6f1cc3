"""What the guided set-up knows so far: where it will write, what was answered, which question comes next. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from jjm_tui.assembly.setup import DEFAULT_KEY, NO_KEY
from jjm_tui.assembly.workplace import Workplace
from jjm_tui.settings.locations import DEFAULT_PROFILE, locate_config
from jjm_tui.settings.presets import API_KEY, PRESETS, Preset

StepName = Literal["server", "script", "command", "key", "test", "write", "done"]

CHOICES: Final = ("demo", "rest", "official", "text", "browser", "custom")
"""Presets in the order in which they are offered."""

DEMO_TITLE: Final = "Look around first: a simulated Jules, no account needed"


@dataclass(slots=True)
class SetupAnswers:
    """``values``: settings by dotted key, as ``config set`` takes them. ``typed``: answers as they were typed, by step,
    so that going back shows them again. ``key_place`` is where the key is, never the key."""

    target: Path
    profile: str | None
    environ: Mapping[str, str]
    preset: Preset = PRESETS["rest"]
    server: dict[str, str] = field(default_factory=dict)
    key_place: str | None = None
    typed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def at(cls, place: Workplace, environ: Mapping[str, str]) -> SetupAnswers:
        """For the settings of this run; a demo has none, so for those that a start without it would read."""
        if place.demo:
            return cls(locate_config(None, environ)[0], None, environ)
        profile = place.loaded.profile
        return cls(place.loaded.path, None if profile == DEFAULT_PROFILE else profile, environ)

    @property
    def steps(self) -> tuple[StepName, ...]:
        """All steps for what was answered so far."""
        asked: tuple[StepName, ...] = ()
        if self.preset.name == "browser":
            asked = ("script",)
        elif self.preset.name == "custom":
            asked = ("command",)
        if self.preset.takes_key and "server.url" not in self.server:
            asked = (*asked, "key")
        return ("server", *asked, "test", "write", "done")

    def after(self, step: StepName) -> StepName:
        """The next step."""
        steps = self.steps
        return steps[steps.index(step) + 1]

    def before(self, step: StepName) -> StepName | None:
        """The step before, or ``None`` where leaving is all that is left."""
        steps = self.steps
        place = steps.index(step)
        return steps[place - 1] if 0 < place < len(steps) - 1 else None

    def choose(self, name: str) -> None:
        """Choose a preset; what was answered for another one does not count any more."""
        if name != self.preset.name:
            self.server, self.key_place, self.typed = {}, None, {}
        self.preset = PRESETS[name]

    @property
    def values(self) -> dict[str, str]:
        """The settings that these answers make."""
        key = {} if self.key_place is None or "server.url" in self.server else {"server.api_key": self.key_place}
        return {"server.preset": self.preset.name, **self.server, **key}

    @property
    def key_is_optional(self) -> bool:
        """Whether this server can do without a key."""
        return not self.preset.requires_key

    @property
    def likely_key(self) -> str:
        """What is offered as the place of the key."""
        return NO_KEY if self.key_is_optional and not self.has_key else DEFAULT_KEY

    @property
    def has_key(self) -> bool:
        """Whether the usual environment variable is set here. Its value is not looked at."""
        return bool(self.environ.get(API_KEY, "").strip())
