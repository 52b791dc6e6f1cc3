"""What the dashboard remembers between two starts: view, order, layout, watched tasks, texts and filters of before.

Nothing in here is precious: a file that cannot be read is as good as none, one that cannot be written costs comfort.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from jjm_tui.domain.times import format_time, parse_time
from jjm_tui.files import read_file
from jjm_tui.settings.loader import DEFAULT

_KEPT_TEXTS: Final = 50


@dataclass(slots=True)
class Memory:
    """The remembered choices. ``last_seen``: when the person last looked, for the digest."""

    path: Path | None = None
    sort: str = "needs-me"
    reverse: bool = False
    grouping: str = "needs"
    view: str | None = None
    preview: bool = True
    preview_below: bool = False
    theme: str | None = None
    density: str | None = None
    watched: list[str] = field(default_factory=list)
    sent_texts: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    last_seen: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None) -> Memory:
        """What is remembered in the file; the defaults when there is none or it is not understood."""
        memory = cls(path)
        try:
            data = orjson.loads(read_file(path)) if path is not None else {}
        except (OSError, ValueError):
            return memory
        if isinstance(data, dict):
            memory._take(data)
        return memory

    def _take(self, data: Mapping[str, Any]) -> None:
        defaults = Memory()
        for each in fields(self):
            value = data.get(each.name)
            if each.name in ("path", "extra", "last_seen") or value is None:
                continue
            wanted = getattr(defaults, each.name)
            if wanted is None or type(value) is type(wanted):
                setattr(self, each.name, value)
        self.watched = [str(each) for each in self.watched]
        self.sent_texts = [str(each) for each in self.sent_texts]
        self.filters = [str(each) for each in self.filters]
        self.view, self.theme, self.density = (
            each if isinstance(each, str) else None for each in (self.view, self.theme, self.density)
        )
        seen = data.get("last_seen")
        try:
            self.last_seen = parse_time(seen) if isinstance(seen, str) else None
        except ValueError:
            self.last_seen = None
        self.extra = {name: value for name, value in data.items() if name not in {each.name for each in fields(self)}}

    def choices(self, sources: Mapping[str, str]) -> dict[str, str]:
        """What was chosen on the screen by the key of its setting: only where nobody set it, as that is stronger."""
        chosen = {"ui.theme": self.theme, "ui.density": self.density}
        return {
            key: value for key, value in chosen.items() if value is not None and sources.get(key, DEFAULT) == DEFAULT
        }

    def remember_text(self, text: str) -> None:
        """Put a text that was sent at the end of the history."""
        self.sent_texts = [*(each for each in self.sent_texts if each != text), text][-_KEPT_TEXTS:]

    def remember_filter(self, text: str) -> None:
        """Put a filter that was kept at the end of their history."""
        self.filters = [*(each for each in self.filters if each != text), text][-_KEPT_TEXTS:]

    def save(self) -> None:
        """Write it, privately and at once. A failure is no trouble."""
        if self.path is None:
            return
        data = {name: value for name, value in asdict(self).items() if name not in ("path", "extra")}
        data["last_seen"] = None if self.last_seen is None else format_time(self.last_seen)
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(orjson.dumps({**self.extra, **data}, option=orjson.OPT_INDENT_2))
            temporary.replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
