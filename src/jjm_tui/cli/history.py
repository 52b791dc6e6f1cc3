"""``events``: what this machine has seen and done."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from jjm_tui.cli.appearance import local_minute, task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError
from jjm_tui.cli.loop import while_somebody_reads
from jjm_tui.cli.session import expand_reference
from jjm_tui.cli.tables import hanging, with_title
from jjm_tui.cli.values import moment_before
from jjm_tui.domain.event_words import event_sentence
from jjm_tui.domain.events import TaskEvent
from jjm_tui.domain.text import SHORT_ID_LENGTH, short_ids
from jjm_tui.domain.times import format_time


async def run(context: CommandContext) -> int:
    """Show the history, and with ``--follow`` what is added to it."""
    given = context.arguments
    if given.follow and given.json:
        raise UsageError("--follow never ends, so it cannot be one JSON document.", hint="Use --jsonl instead.")
    since = _since(context, given.since)
    async with context.manager() as manager:
        task_id = None
        if given.task is not None:
            task_id = await manager.resolve(expand_reference(context, given.task), ask_server=False)
        events = await manager.query_events(task_id=task_id, types=given.type, since=since, limit=given.limit)
        if left_out := manager.events_left_out:
            lines = "1 line" if left_out == 1 else f"{left_out} lines"
            context.out.warn(f"{lines} of the history cannot be read and may be missing here. See `jjm store check`.")
        if given.json:
            context.out.document({"events": [harmless_event(event) for event in events]})
            return ExitCode.DONE
        stored = await manager.list_stored() if context.out.terminal else ()
        names = _Names({task.id: task_heading(task) for task in stored}, told=task_id is None)
        names.add(event.task_id for event in events)
        for event in events:
            _write(context, event, names)
        if not events and not given.follow:
            context.out.remark("Nothing is recorded that matches.")
        if given.follow:
            with while_somebody_reads(context.out):
                async for event in manager.follow_events():
                    if task_id in (None, event.task_id) and (given.type is None or event.type in given.type):
                        names.add([event.task_id])
                        _write(context, event, names)
                    if context.out.broken:
                        break
    return ExitCode.DONE


def _since(context: CommandContext, word: str | None) -> datetime | None:
    if word is None:
        return None
    try:
        return moment_before(context.now(), word)
    except argparse.ArgumentTypeError as error:
        raise UsageError(f"--since {error}.", hint="Example: jjm events --since 2h") from error


def harmless_event(event: TaskEvent) -> dict[str, Any]:
    """An event as JSON; its data may hold raw words, so they are made harmless again."""
    from jjm_tui.cli.output import harmless

    made: dict[str, Any] = harmless(event.to_dict())
    return made


class _Names:
    """Short ids and titles of tasks. ``told``: the title belongs into every line."""

    def __init__(self, titles: Mapping[str, str], *, told: bool) -> None:
        self._titles = titles
        self._told = told
        self._ids = short_ids(titles)

    def add(self, task_ids: Iterable[str | None]) -> None:
        """Know further ids: of tasks that are not stored any more."""
        new = {task_id for task_id in task_ids if task_id} - set(self._ids)
        if new:
            self._ids = short_ids([*self._ids, *new])

    def head(self, event: TaskEvent) -> str:
        room = max(map(len, self._ids.values()), default=SHORT_ID_LENGTH)
        return f"{local_minute(event.at)}  {self._ids.get(event.task_id or '', '-'):<{room}}  "

    def line(self, event: TaskEvent, width: int) -> str:
        head = self.head(event)
        title = self._titles.get(event.task_id or "") if self._told else None
        return hanging(head, with_title(event_sentence(event), title, width - len(head)), width)


def _write(context: CommandContext, event: TaskEvent, names: _Names) -> None:
    """One event: a JSON line, a line for people, or tab-separated."""
    out = context.out
    if context.arguments.jsonl:
        out.json_line(harmless_event(event))
    elif out.terminal:
        out.line(names.line(event, out.look.width))
    else:
        out.row([format_time(event.at), event.task_id or "", event.type.value, event_sentence(event)])
