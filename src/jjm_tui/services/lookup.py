"""Finding the task that a person means: full id, unambiguous prefix, or task URL."""

from __future__ import annotations

from typing import Final

from jjm_tui.domain.ids import parse_task_reference
from jjm_tui.domain.text import heading
from jjm_tui.errors import AmbiguousTaskError, JulesManagerError, TaskNotFoundError, ValidationError
from jjm_tui.services.context import ServiceContext
from jjm_tui.services.reading import TaskReader

_FULL_ID: Final = 15
"""Ids of Jules have 17 to 20 digits; text this long is taken as whole when nothing known starts with it."""

_SHOWN_MATCHES: Final = 5


class TaskLookup:
    """Resolves task references against the store and, when nothing matches, the server's list."""

    def __init__(self, context: ServiceContext, reader: TaskReader) -> None:
        self._context = context
        self._reader = reader

    async def resolve(self, reference: str, *, ask_server: bool = True) -> str:
        """The full id that ``reference`` means.

        Raises:
            ValidationError: it is not a task reference at all.
            TaskNotFoundError, AmbiguousTaskError: nothing or too much matches.
        """
        parsed = parse_task_reference(reference)
        if parsed.kind == "row":
            raise ValidationError(
                f"{parsed.text} is a row of the last list, and there is no list here.",
                hint="Give the task's id.",
                context={"field": "task"},
            )
        wanted = parsed.text
        found = await self._stored(wanted)
        if found is not None:
            return found
        if ask_server:
            if self._context.server is not None and (parsed.is_url or len(wanted) >= _FULL_ID):
                return wanted
            try:
                await self._reader.refresh_list()
            except JulesManagerError as error:
                raise TaskNotFoundError(
                    f"No stored task starts with {wanted}, and the server could not be asked: {error.message}",
                    hint=error.hint or "Give the full id, or try again when the server is back.",
                    context={"reference": reference},
                ) from error
            found = await self._stored(wanted)
            if found is not None:
                return found
        message = f"No task matches {wanted}." if ask_server else f"No stored task starts with {wanted}."
        listing = "jjm list --all" if ask_server else "jjm list --all --cached"
        raise TaskNotFoundError(
            message,
            hint=f"Run `{listing}` to see the ids; at least 4 characters of one are needed.",
            context={"reference": reference},
        )

    @staticmethod
    def whole_id(reference: str) -> str | None:
        """The id that is meant whatever is stored; ``None`` where that cannot be told without the store."""
        try:
            parsed = parse_task_reference(reference)
        except ValidationError:
            return None
        is_whole = parsed.kind != "row" and (parsed.is_url or len(parsed.text) >= _FULL_ID)
        return parsed.text if is_whole else None

    async def _stored(self, wanted: str) -> str | None:
        if await self._context.store.get_task(wanted) is not None:
            return wanted
        matches = await self._context.store.find_ids(wanted)
        if len(matches) > 1:
            raise AmbiguousTaskError(
                f"{len(matches)} tasks start with {wanted}.",
                hint="Give more characters: " + "; ".join(await self._describe(matches[:_SHOWN_MATCHES])),
                context={"reference": wanted, "matches": list(matches)},
            )
        return matches[0] if matches else None

    async def _describe(self, task_ids: tuple[str, ...]) -> list[str]:
        described = []
        for task_id in task_ids:
            task = await self._context.store.get_task(task_id)
            title = heading(task.title, task.description) if task is not None else ""
            described.append(f"{task_id} {title[:40]}".rstrip())
        return described
