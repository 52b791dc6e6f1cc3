"""The real app over a simulated world in this process: real stores and services, no server process, our own time."""

from __future__ import annotations

import atexit
import contextlib
import gc
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import anyio
from textual.events import Paste
from textual.pilot import Pilot

from jjm_tui.assembly.workplace import Workplace
from jjm_tui.errors import JulesManagerError, StorageError
from jjm_tui.services.board import Board
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.live import LiveFeed, Pace
from jjm_tui.services.manager import JobManager
from jjm_tui.services.reading import TaskReader
from jjm_tui.settings import Locations, load_settings
from jjm_tui.tui.app import JulesApp
from jjm_tui.tui.desk import Desk
from jjm_tui.tui.engine import Engine
from jjm_tui.tui.keymap import build_keymap
from jjm_tui.tui.launch import Launch
from jjm_tui.tui.memory import Memory
from tests.services.workbench import CuttingCaller, Workbench, bench

_PATIENCE: Final = 60.0
"""Seconds; a server that really starts may take half of them on a busy machine."""


@dataclass
class Stage:
    """A running app with everything behind it. ``press`` and ``until`` are what most tests need."""

    app: JulesApp
    pilot: Pilot[Any]
    bench: Workbench
    caller: CuttingCaller
    manager: JobManager
    context: ServiceContext
    board: Board

    @property
    def now(self) -> datetime:
        return self.bench.clock.now()

    def advance(self, seconds: float) -> None:
        """Let the world's and the program's clock go on."""
        self.bench.clock.advance(seconds)

    async def press(self, *keys: str) -> None:
        """Type keys, then wait until everything they caused has been drawn."""
        await self.pilot.press(*keys)
        await self.settle()

    async def paste(self, text: str) -> None:
        """Paste into what has the focus, then wait as after a key."""
        assert self.app.screen.focused is not None
        self.app.screen.focused.post_message(Paste(text))
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is under way any more, and the detail has followed the cursor."""
        await self.pilot.pause()
        await self.until(lambda: self.app.engine is None or self.app.engine.desk.under_way == 0)
        await self.until(lambda: not self._is_following() and not self.app._bridge._tick.is_waiting)
        await self.pilot.pause()

    def _is_following(self) -> bool:
        following = getattr(self.app.screen, "_following", None)
        return following is not None and following.is_waiting

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition."""
        with anyio.fail_after(_PATIENCE):
            while not condition():
                await self.pilot.pause(0.01)

    @property
    def text(self) -> str:
        """What the screen shows, line by line."""
        width = self.app.size.width
        lines = [""] * self.app.size.height
        for y, strips in enumerate(self.app.screen._compositor.render_strips()):
            lines[y] = strips.text[:width].rstrip() if y < len(lines) else ""
        return "\n".join(lines)

    async def shows(self, words: str) -> None:
        """Wait until the screen shows these words."""
        with anyio.move_on_after(_PATIENCE):
            while words not in self.text:
                await self.pilot.pause(0.01)
            return
        raise AssertionError(f"{words!r} did not come; there was:\n{self.text}")

    def picture(self) -> str:
        """The screen as SVG, for snapshots."""
        return self.app.export_screenshot(simplify=True)


_read_worlds: dict[tuple[object, ...], Path] = {}
"""Copies of stores that were filled from a world, by what decides about the world and how much of it is read."""


async def _fill(folder: Path, context: ServiceContext, world: tuple[int, int, str, int]) -> None:
    """Read a world into the stores; its tasks only where no stage of this process did that before."""
    *_, read = world
    reader = TaskReader(context)
    if world in _read_worlds:
        shutil.copytree(_read_worlds[world], folder, dirs_exist_ok=True)
        await reader.refresh_list()
        return
    reading = await reader.refresh_list()
    for task_id in list(reading.absorbed.tasks)[:read]:
        await reader.refresh_task(task_id)
    if not _read_worlds:
        _read_worlds[()] = Path(tempfile.mkdtemp(prefix="worlds-"))
        atexit.register(shutil.rmtree, _read_worlds[()], ignore_errors=True)
    _read_worlds[world] = _read_worlds[()] / str(len(_read_worlds))
    shutil.copytree(folder, _read_worlds[world], ignore=shutil.ignore_patterns("*.lock"))


@contextlib.asynccontextmanager
async def stage(
    folder: Path,
    *,
    size: tuple[int, int] = (100, 30),
    tasks: int = 12,
    seed: int = 1,
    dialect: str = "rest",
    settings: Mapping[str, Any] | None = None,
    config: str = "",
    memory: Callable[[Memory], None] | None = None,
    prepare: Callable[[Workbench, ServiceContext], None] | None = None,
    read: int = 50,
    polls: bool = False,
    configured: bool = True,
    server: bool = True,
    no_server: JulesManagerError | None = None,
) -> AsyncIterator[Stage]:
    """Open the app on a world of ``tasks`` whose store was filled from it (``read`` of them with their details).

    ``settings``: dotted keys; ``config``: the text of a settings file. ``prepare``: called with the workbench and the
    context before the app opens. ``polls``:
    whether the live feed asks the simulated server by itself. ``server=False``: none is configured,
    or the configured one cannot be used because of ``no_server``.
    """
    workbench = bench(folder / "store", tasks=tasks, seed=seed, dialect=dialect)
    manager, caller, context = workbench.process()
    if tasks:
        await _fill(workbench.folder, context, (tasks, seed, dialect, read))
    if prepare is not None:
        prepare(workbench, context)
    if not server:
        context = replace(context, server=None, no_server=no_server)
        manager = JobManager(context)
    environ = {"JJM_HOME": str(folder / "home")}
    if config:
        (folder / "home").mkdir(parents=True, exist_ok=True)
        (folder / "home" / "jjm.toml").write_text(config)
    loaded = load_settings(environ=environ, overrides=dict(settings or {}))
    locations = Locations.find(environ)
    place = Workplace(loaded, locations, locations.store_paths("default"), context.origin)
    board = Board()
    clock = workbench.clock

    def open_engine(board: Board) -> Engine:
        live = LiveFeed(context, TaskReader(context), board, Pace(15.0, 60.0), polls=polls)
        return Engine(context, manager, live, Desk(manager, board, live, clock))

    remembered = Memory(folder / "dashboard.json")
    if memory is not None:
        memory(remembered)
    keymap = build_keymap(loaded.settings.keys.preset, loaded.settings.keys.bindings)
    with contextlib.suppress(StorageError):  # a store that cannot be read has no first page
        board.load(await context.store.list_tasks())
    launch = Launch(
        place, environ, keymap, clock, remembered, board, open_engine, is_configured=configured, remarks=keymap.problems
    )
    app = JulesApp(launch)
    try:
        async with app.run_test(size=size, notifications=True) as pilot:
            on = Stage(app, pilot, workbench, caller, manager, context, board)
            await on.until(lambda: app.engine is not None)
            await on.settle()
            yield on
        await app.close_engine()
    finally:
        gc.unfreeze()  # what the dashboard would keep for ever is garbage between tests


def hours(count: float) -> timedelta:
    """A length of time."""
    return timedelta(hours=count)
