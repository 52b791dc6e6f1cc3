"""What every command gets: its arguments, the environment, the output, and the way to the manager."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jjm_tui.cli.output import Output
from jjm_tui.errors import ConfigurationError, JulesManagerError, StorageError

if TYPE_CHECKING:
    from jjm_tui.assembly import Options
    from jjm_tui.cli.prompts import Prompts
    from jjm_tui.services.manager import JobManager
    from jjm_tui.settings import Loaded


@dataclass(slots=True)
class CommandContext:
    """One run of one command."""

    arguments: argparse.Namespace
    environ: Mapping[str, str]
    out: Output
    closing: AsyncExitStack = field(default_factory=AsyncExitStack)
    """What ends when the command has told how it went: a server that does not end is not what people wait for."""
    _manager: JobManager | None = None

    @property
    def as_json(self) -> bool:
        """The answer is a JSON document (or lines of them)."""
        return bool(self.arguments.json or self.arguments.jsonl)

    @property
    def prompts(self) -> Prompts:
        """Questions to the person."""
        from jjm_tui.cli.prompts import Prompts

        return Prompts(self.out)

    @property
    def options(self) -> Options:
        """The global options as the assembly takes them. Raises ConfigurationError for a bad ``--server``."""
        from jjm_tui.assembly import Options

        given = self.arguments
        return Options(
            config_file=None if given.config is None else Path(given.config),
            profile=given.profile,
            demo=given.demo,
            demo_tasks=given.demo_tasks,
            demo_speed=given.demo_speed,
            demo_seed=given.demo_seed,
            overrides=overrides(given),
        )

    def load(self) -> Loaded:
        """The settings of this run. Raises ConfigurationError."""
        from jjm_tui import assembly

        return assembly.load(self.options, self.environ)

    @asynccontextmanager
    async def manager(self) -> AsyncIterator[JobManager]:
        """The manager; a server is started only when something asks it, and left when everything was told."""
        from jjm_tui import assembly

        if self._manager is None:
            opening = assembly.open_manager(self.options, self.environ)
            self._manager = await self.closing.enter_async_context(opening)
        yield self._manager

    def has_readable_store(self) -> bool:
        """Whether ``--cached`` has something to show; a demo's store is gone with the command."""
        from jjm_tui import assembly

        if self.arguments.demo:
            return False
        try:
            return bool(assembly.read_cached(self.options, self.environ).tasks)
        except JulesManagerError:
            return False

    def now(self) -> datetime:
        """The wall clock, UTC."""
        return datetime.now(UTC)


@contextmanager
def what_is_stored_told(context: CommandContext, command: str) -> Iterator[None]:
    """For a reading: where there is no server to use, or what it answers cannot be stored, the error also tells the
    command that needs neither.
    """
    try:
        yield
    except (ConfigurationError, StorageError) as error:
        is_told = context.arguments.cached or "--cached" in (error.hint or "")
        if not is_told and (isinstance(error, ConfigurationError) or context.has_readable_store()):
            error.hint = f"{error.hint or ''} What is stored: {command}".lstrip()
        raise


def overrides(given: argparse.Namespace) -> dict[str, Any]:
    """The settings that the command line overrides, by dotted key."""
    found: dict[str, Any] = {"storage.path": given.store}
    level = given.log_level or ("debug" if given.verbose else None)
    found["logging.level"] = level
    if given.no_color:
        found["ui.color"] = False
    if given.server is not None:
        from jjm_tui.settings.presets import overrides_for_command

        found.update(overrides_for_command(given.server))
    if given.server_url is not None:
        from jjm_tui.settings.presets import overrides_for_url

        found.update(overrides_for_url(given.server_url))
    return {key: value for key, value in found.items() if value is not None}
