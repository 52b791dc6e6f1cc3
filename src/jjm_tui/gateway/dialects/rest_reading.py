"""Reading from a REST-like server: pages of its lists, and ids in the form that its tools want."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from jjm_tui.errors import ProtocolError, TaskNotFoundError, ToolArgumentsError, ToolRefusedError
from jjm_tui.gateway.dialects.activities import check_owner
from jjm_tui.gateway.dialects.answers import AnswerReading, excerpt
from jjm_tui.gateway.dialects.arguments import IdForm
from jjm_tui.gateway.dialects.base import MAX_PAGES
from jjm_tui.gateway.dialects.exchange import Exchange
from jjm_tui.gateway.dialects.rest_tools import Command, RestTools, Role
from jjm_tui.gateway.dialects.sessions import Page, SessionCollector, read_page
from jjm_tui.ports import Priority

T = TypeVar("T")

DEFAULT_LIST_PAGE: Final = 30
DEFAULT_ACTIVITY_PAGE: Final = 50
"""What the REST API answers when nobody asks for a page size (``servers.md`` section 1)."""
_LONGEST_EMPTY_ANSWER: Final = 100


@dataclass(frozen=True, slots=True)
class ListEnd:
    """How the reading of a list ended.

    ``truncated``: the server has more than was read. ``certain``: what was read is all; a bare list that is exactly
    as long as a page may or may not go on, because it has no room for a token.
    """

    truncated: bool
    certain: bool
    remarks: tuple[str, ...] = ()


class RestReader:
    """Reads from one server. ``list_uri``: the resource that holds the sessions where no tool lists them."""

    def __init__(self, exchange: Exchange, tools: RestTools, list_uri: str | None) -> None:
        self._exchange = exchange
        self._tools = tools
        self._list_uri = list_uri
        self._forms: dict[str, IdForm] = {}

    async def collect_sessions(
        self, collector: SessionCollector, priority: Priority, on_page: Callable[[int], None] | None
    ) -> ListEnd:
        """Read the whole list of sessions, from its tool or its resource. A resource may show only some of them."""

        def take(page: Page) -> int:
            new = collector.add(page.records)
            if on_page is not None:
                on_page(len(collector.tasks))
            return new

        if "list" not in self._tools.commands:
            reading = await self._exchange.read_resource(self._list_uri or "", priority)
            page = expect_page(reading, "sessions")
            take(page)
            return ListEnd(page.has_more, certain=False)
        return await self.read_pages("list", "sessions", {}, DEFAULT_LIST_PAGE, priority, take)

    async def read_pages(
        self,
        role: Role,
        kind: str,
        arguments: Mapping[str, Any],
        default_size: int,
        priority: Priority,
        take: Callable[[Page], int],
    ) -> ListEnd:
        """Read every page that the server lets us read; ``take`` answers how many of its records were new."""
        schema = self._tools.commands[role].schema
        size_name, token_name = self._tools.page_arguments(role)
        size = default_size if size_name is None else schema.page_size(size_name)
        fixed = {**schema.fixed(writing=False), **arguments, **({size_name: size} if size_name is not None else {})}
        token: str | None = None
        tokens: set[str] = set()
        for _ in range(MAX_PAGES):
            call = {**fixed, token_name: token} if token_name is not None and token is not None else fixed
            page = expect_page(await self._exchange.read(schema.tool, schema.wrap(call), priority), kind)
            new = take(page)
            token = page.next_token
            if token is None:
                certain = not (page.bare and len(page.records) >= int(size))
                return ListEnd(page.has_more, certain and not page.has_more)
            if token_name is None:
                return ListEnd(True, certain=False)
            if token in tokens or (not new and page.records):
                return ListEnd(True, False, ("The server repeats a page of its list; what follows was not read.",))
            tokens.add(token)
        what = "list" if kind == "sessions" else f"list of {kind}"
        return ListEnd(True, False, (f"The server's {what} was read up to {MAX_PAGES} pages; it is longer.",))

    async def read_activities(self, task_id: str, priority: Priority) -> tuple[list[Any], ListEnd]:
        """The raw activities of a session, in the server's order. Raises TaskNotFoundError."""
        command = self._tools.commands["activities"]
        records: list[Any] = []

        def take(page: Page) -> int:
            records.extend(page.records)
            return len(page.records)

        async def read(form: IdForm) -> ListEnd:
            records.clear()
            arguments = {command.id_argument or "": spell(task_id, form)}
            return await self.read_pages("activities", "activities", arguments, DEFAULT_ACTIVITY_PAGE, priority, take)

        end = await self._try_forms(command, read)
        check_owner(records, task_id)
        if end.truncated and not end.remarks:
            end = replace(end, remarks=("The server shows only a part of this task's activities.",))
        return records, end

    async def read_by_id(self, role: Role, task_id: str, priority: Priority) -> AnswerReading:
        """The answer of a reading tool to the id of a session."""
        command = self._tools.commands[role]
        schema = command.schema

        async def read(form: IdForm) -> AnswerReading:
            call = {**schema.fixed(writing=False), command.id_argument or "": spell(task_id, form)}
            return await self._exchange.read(schema.tool, schema.wrap(call), priority)

        return await self._try_forms(command, read)

    async def _try_forms(self, command: Command, read: Callable[[IdForm], Awaitable[T]]) -> T:
        """Read with the id in the form that worked before or that the schema describes, else in the other one."""
        form = self.id_form(command)
        name = command.id_argument or ""
        try:
            result = await read(form)
        except (TaskNotFoundError, ToolArgumentsError, ToolRefusedError) as error:
            if name in self._forms:
                raise
            other: IdForm = "name" if form == "bare" else "bare"
            try:
                result = await read(other)
            except (TaskNotFoundError, ToolArgumentsError, ToolRefusedError):
                raise error from None
            form = other
        self._forms[name] = form
        return result

    def id_form(self, command: Command) -> IdForm:
        """The form of ids that worked before, else the one that the schema describes."""
        name = command.id_argument or ""
        return self._forms.get(name) or command.schema.id_form(name)[0]


def spell(task_id: str, form: IdForm) -> str:
    """An id in the form that an argument wants."""
    return f"sessions/{task_id}" if form == "name" else task_id


def expect_page(reading: AnswerReading, kind: str) -> Page:
    """The page in an answer; words such as *No sessions found* are an empty one."""
    page = read_page(reading.value, kind) if reading.has_value else None
    if page is not None:
        return page
    words = reading.text.strip().lower()
    if (
        not reading.has_value
        and words.startswith(("no ", "there are no ", "0 "))
        and len(words) < _LONGEST_EMPTY_ANSWER
    ):
        return Page(())
    raise unreadable_answer(f"list of {kind}", reading)


def unreadable_answer(what: str, reading: AnswerReading) -> ProtocolError:
    """The error for an answer that is not what was asked for, with its first words."""
    return ProtocolError(
        f"The server's answer is not a {what} that can be read: {excerpt(reading.text) or 'no text at all'}",
        hint="`jjm server call` shows the whole answer.",
    )
