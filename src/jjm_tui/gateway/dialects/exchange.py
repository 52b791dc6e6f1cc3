"""One dialect's way to its server: reads that may be repeated, writes that never are, failures as typed errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar

from jjm_tui.domain.facts import FactSource, Rank
from jjm_tui.errors import Effect, JulesManagerError
from jjm_tui.gateway.dialects.answers import AnswerReading, read_answer
from jjm_tui.gateway.dialects.record_list import RecordList
from jjm_tui.gateway.echoes import list_words, take_out
from jjm_tui.gateway.refusals import classify_text, leaves_doubt
from jjm_tui.gateway.wire import Caller, CallKind, CallPolicy
from jjm_tui.ports import Clock, Priority, ResourceInfo, ToolAnswer

T = TypeVar("T")

Judge = Callable[[str, bool], JulesManagerError | None]
"""A dialect's own verdict on failure words (text, writing), before the general classification."""

POLLING_ROUND: Final = timedelta(seconds=30)
"""How long a list serves the tasks that are polled after it; the facts keep the time at which it was read."""


class Exchange:
    """Calls through a ``Caller``, with answers read once and judged in the same place.

    ``at_least``: seconds that one call of this family needs, whatever the settings say. ``judge`` may know failure
    words that are special to the dialect.
    """

    def __init__(
        self, caller: Caller, clock: Clock, *, at_least: float | None = None, judge: Judge | None = None
    ) -> None:
        self._caller = caller
        self._clock = clock
        self._at_least = at_least
        self._judge = judge

    def source(self, rank: Rank, word: str) -> FactSource:
        """The mark of facts that are asked for now."""
        return FactSource(rank, self._clock.now(), word)

    def use_one_call_at_a_time(self) -> None:
        """From now on never two calls at once."""
        self._caller.use_one_call_at_a_time()

    async def read(self, tool: str, arguments: Mapping[str, Any], priority: Priority) -> AnswerReading:
        """Call a tool that changes nothing. Raises the error that the answer amounts to."""
        return await self._call(tool, arguments, "read", priority, None)

    async def write(self, tool: str, arguments: Mapping[str, Any], written: Callable[[], None]) -> AnswerReading:
        """Call a tool that changes something; ``written`` is called just before the first byte goes out.

        Raises:
            JulesManagerError: with ``effect`` telling what may have happened.
        """
        return await self._call(tool, arguments, "write", Priority.USER, written)

    async def list_resources(self, priority: Priority) -> tuple[ResourceInfo, ...]:
        """All resources of the server."""
        return await self._caller.list_resources(CallPolicy(priority=priority, at_least=self._at_least))

    async def read_resource(self, uri: str, priority: Priority) -> AnswerReading:
        """The content of a resource, read like an answer of a tool."""
        return self._read_text(
            await self._caller.read_resource(uri, CallPolicy(priority=priority, at_least=self._at_least))
        )

    async def read_records(self, uri: str, priority: Priority, known: RecordList[T]) -> list[T] | None:
        """The records of a resource that holds a list, ``None`` when it holds none; ``known`` remembers a plain one."""
        text = await self._caller.read_resource(uri, CallPolicy(priority=priority, at_least=self._at_least))
        records = known.read(text)
        if records is not None:
            return records
        value = self._read_text(text).value
        return [known.decode(record) for record in value] if isinstance(value, list) else None

    def _read_text(self, text: str) -> AnswerReading:
        reading = read_answer(ToolAnswer(text))
        if reading.failure is not None:
            raise self._verdict(reading.failure, (), writing=False)
        return reading

    async def _call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        kind: CallKind,
        priority: Priority,
        written: Callable[[], None] | None,
    ) -> AnswerReading:
        readings: dict[int, AnswerReading] = {}
        sent = list_words(arguments)

        def judge(answer: ToolAnswer) -> JulesManagerError | None:
            reading = read_answer(answer)
            readings[id(answer)] = reading
            return None if reading.failure is None else self._verdict(reading.failure, sent, writing=kind == "write")

        policy = CallPolicy(kind=kind, priority=priority, at_least=self._at_least, written=written, judge=judge)
        answer = await self._caller.call(tool, arguments, policy)
        reading = readings.get(id(answer)) or read_answer(answer)
        if reading.failure is not None:
            raise self._verdict(reading.failure, sent, writing=kind == "write")
        return reading

    def _verdict(self, words: str, sent: tuple[str, ...], *, writing: bool) -> JulesManagerError:
        own = None if self._judge is None else self._judge(take_out(words, sent), writing)
        if own is None:
            return classify_text(words, writing=writing, sent=sent)
        if writing and leaves_doubt(words):
            own.effect = Effect.UNKNOWN
        return own
