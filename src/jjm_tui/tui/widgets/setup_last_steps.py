"""The last steps of the guided set-up: writing the settings, and what comes after."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from jjm_tui.domain.text import clean_line
from jjm_tui.errors import ConfigurationError
from jjm_tui.services.results import Check
from jjm_tui.tui.literal import literal, literal_line
from jjm_tui.tui.widgets.key_bar import Hint
from jjm_tui.tui.widgets.setup_steps import Step

_MUTED: Final = "$text-muted"
_READY: Final = "\nThe dashboard starts again with this server. Its tasks come in within a few seconds."
_NOT_READY: Final = (
    "Until that is done, no tasks come in. Do it and try again here; a variable that is set in your shell counts when "
    "jjm is started from that shell, so leave jjm, set it, and start jjm again. Set-up opens again from the palette "
    "or with jjm setup; jjm doctor tries it, too."
)


class WriteStep(Step):
    """Shows what would be written, and writes it when the person says so."""

    heading = "Write it?"

    def __init__(
        self, target: Path, lines: Iterable[str], remarks: Iterable[str], write: Callable[[], Path | None]
    ) -> None:
        super().__init__()
        self._target = target
        self._lines = tuple(lines)
        self._remarks = tuple(remarks)
        self._write = write
        self.is_writing = False
        """Whether it is being written, or is written: the person can no longer turn back."""

    def compose(self) -> ComposeResult:
        yield Static(Content("This would be in the settings file:"))
        yield Static(literal_line(str(self._target), "bold"))
        yield Static(
            Content("\n").join([Content(""), *(literal_line(f"  {line}") for line in self._lines), Content("")])
        )
        for remark in self._remarks:
            yield Static(literal_line(remark, _MUTED))
        yield Static(id="wrong", classes="wrong")

    def hints(self) -> Iterable[Hint]:
        return (("question.yes", "write it"),)

    def write(self) -> None:
        """Write the file, or say why it cannot be written."""
        self.is_writing = True
        self._write_behind()

    @work(group="write")
    async def _write_behind(self) -> None:
        try:
            kept = await asyncio.to_thread(self._write)
        except ConfigurationError as error:
            self.is_writing = False
            told = " ".join(filter(None, ("Nothing was written.", error.message, error.hint)))
            self.query_one("#wrong", Static).update(literal(told, "bold $text-error"))
            return
        self.post_message(self.Answered(self, "" if kept is None else str(kept)))


class DoneStep(Step):
    """It is written; the dashboard starts again with it. What failed when it was tried is told as still to be done."""

    heading = "Ready"

    def __init__(self, target: Path, kept: str, failures: Sequence[Check] = ()) -> None:
        """``failures``: the checks that failed when the choice was tried last."""
        super().__init__()
        self._target = target
        self._kept = kept
        self._failures = tuple(failures)
        if self._failures:
            self.heading = "Written, but it does not work yet"

    def compose(self) -> ComposeResult:
        yield Static(literal_line(f"Written: {self._target}", "bold"))
        if self._kept:
            yield Static(literal_line(f"The old file is now {self._kept}.", _MUTED))
        if not self._failures:
            yield Static(Content(_READY))
            return
        with VerticalScroll(can_focus=False):
            yield Static(Content("\n").join([Content(""), *self._left_to_do(), Content(""), Content(_NOT_READY)]))

    def _left_to_do(self) -> Iterator[Content]:
        for check in self._failures:
            yield Content.styled(f"✗ {clean_line(check.name)}: ", "bold $text-error") + literal_line(check.message)
            if check.way_out:
                yield literal_line(f"Left to do: {check.way_out}")

    def hints(self) -> Iterable[Hint]:
        if self._failures:
            return (("refresh", "try again"), ("open", "start with it all the same"))
        return (("open", "start with it"),)

    def move(self, lines: int) -> None:
        for text in self.query(VerticalScroll):
            text.scroll_relative(y=lines, animate=False)

    def choose(self) -> None:
        self.post_message(self.Answered(self))
