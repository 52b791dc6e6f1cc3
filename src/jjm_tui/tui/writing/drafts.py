"""Texts that are being typed: in memory at once, on disk within half a second, and nobody else's overwritten.

What another process typed meanwhile is never replaced: both texts are kept in one, ours first, with a marker line
between them that must be deleted before anything can be sent. Each copy of the program has one text in there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final

from jjm_tui.domain.draft_keys import CREATE_KEY, message_key, task_of
from jjm_tui.domain.kept_draft import UNKNOWN_TIMES, DraftTimes, KeptDraft
from jjm_tui.errors import StorageError
from jjm_tui.services.drafting.draft_kinds import DraftKind, beginning_of, draft_kinds
from jjm_tui.services.drafting.joined_texts import NOT_SENT, has_marker
from jjm_tui.tui.writing.draft_outcomes import attach
from jjm_tui.tui.writing.draft_states import DraftChange, DraftState, Entry, Unkept

if TYPE_CHECKING:
    from jjm_tui.ports import DraftReading, DraftStore
    from jjm_tui.services.results import OperationResult
    from jjm_tui.tui.app import JulesApp

__all__ = ["DraftChange", "DraftState", "Drafts", "Unkept", "open_drafts"]

SAVE_AFTER: Final = 0.25
"""Seconds from a keystroke to the beginning of the saving, so that it is on disk within half a second."""

_RETRY_AFTER: Final = 2.0
"""Seconds after a failed saving until the next try."""

_NOT_OPEN: Final = "the store is not open"
_RETURNED: Final = frozenset({"not_sent", "refused"})


class Drafts:
    """All drafts of one dashboard.

    ``store`` answers where they are kept, or ``None`` before that is open: until then they live in memory.
    """

    def __init__(
        self,
        store: Callable[[], DraftStore | None],
        kind: Callable[[str], DraftKind],
        now: Callable[[], datetime],
        *,
        save_after: float = SAVE_AFTER,
    ) -> None:
        self._store = store
        self._kind = kind
        self._now = now
        self._save_after = save_after
        self._entries: dict[str, Entry] = {}
        self._listeners: list[Callable[[DraftChange], None]] = []
        self._turn = asyncio.Lock()
        self._urgent = asyncio.Event()
        self._saving: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self.read_outcomes: Callable[[], Awaitable[None]] | None = None
        """Reads what became of the messages; asked when a text is gone, so that it can be told why."""

    # what there is

    def text(self, key: str) -> str:
        """The draft as far as it is in memory."""
        return self._entry(key).text

    def state(self, key: str) -> DraftState:
        """How safe it is."""
        entry = self._entries.get(key)
        if entry is None:
            return DraftState(is_kept=False)
        on_disk = self._on_disk(key, entry).text
        is_kept = entry.known is not None and self._kind(key).is_same(entry.known.text, on_disk)
        trouble = entry.trouble or (None if self._store() is not None else _NOT_OPEN)
        return DraftState(is_kept, entry.kept_at, trouble, entry.held is not None)

    def unkept(self) -> tuple[Unkept, ...]:
        """What would be lost now: texts that could not be stored, as far as that was tried."""
        missing = None if self._store() is not None else _NOT_OPEN
        entries = [(key, self._on_disk(key, entry).text, entry.trouble or missing) for key, entry in self._changed()]
        return tuple(Unkept(key, text, trouble) for key, text, trouble in entries if trouble and text.strip())

    def waiting(self) -> tuple[str, ...]:
        """The keys of the texts that were begun and not sent, here or in another process."""
        return tuple(key for key, entry in self._entries.items() if entry.text.strip())

    def is_waiting(self, task_id: str) -> bool:
        """Whether a message to this task was begun and not sent, here or in another process."""
        entry = self._entries.get(message_key(task_id))
        return entry is not None and bool(entry.text.strip())

    def sent_beginning(self, key: str, text: str) -> str | None:
        """What ``text`` begins with, and was sent after it was begun: from elsewhere, while it was typed on here."""
        return beginning_of(text, self._entry(key).times, self._kind(key).gone(key))

    def subscribe(self, listener: Callable[[DraftChange], None]) -> Callable[[], None]:
        """Call ``listener`` at every change and saving; answer how to stop that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    # typing

    def put(self, key: str, text: str, *, by: object = None, at_once: bool = False) -> None:
        """Take over what is typed; it is saved behind this call, ``at_once`` without waiting for more."""
        entry = self._entry(key)
        if entry.text != text:
            self._set(key, entry, text)
            entry.is_dirty = entry.is_typed = True
            self._tell(DraftChange(key, by=by))
        self._save_soon(at_once)

    def add_below(self, key: str, text: str, why: str) -> None:
        """Keep another text as well, below what is typed."""
        self._add_below(key, self._entry(key), text, why, UNKNOWN_TIMES)
        self._save_soon()

    async def refresh(self, key: str) -> None:
        """Look at the store: what another process typed is taken over, or kept beside what is typed here."""
        store = self._store()
        if store is None:
            return
        async with self._turn:
            await self._look(store, key)
        self._save_soon()

    def store_opened(self) -> None:
        """The store can be used from now on: what is in there is read, and followed."""
        if self._following is None:
            self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        store = self._store()
        if store is None:
            return
        async with contextlib.aclosing(store.watch()) as changes:
            async for _ in changes:
                await self._refresh_all(store)

    async def _refresh_all(self, store: DraftStore) -> None:
        async with self._turn:
            try:
                reading = await store.read()
            except StorageError as error:
                for key in self._dirty():
                    self._fail(key, self._entry(key), error)
                return
            if any(entry.stored.text and key not in reading.drafts for key, entry in self._entries.items()):
                await self._learn()
            for key in {**reading.drafts, **self._entries}:
                self._see(key, self._entry(key), reading)
        self._save_soon()

    # sending

    async def hand_over(self, key: str, *, rest: str = "") -> None:
        """The text goes out. When this returns it is on disk, where it stays until its outcome is known.

        ``rest``: what is left to be typed on; the field is emptied of the text once it is safe.
        """
        entry = self._entry(key)
        entry.hold()
        self._set(key, entry, rest)
        entry.is_dirty = self._on_disk(key, entry) != entry.known
        store = self._store()
        if store is not None:
            await self._save(store, key)
        self._tell(DraftChange(key))
        self._save_soon()

    def held_since(self, key: str) -> datetime | None:
        """Since when the text that was handed over has been in these words."""
        return self._entry(key).held_since

    def reconsider(self, task_ids: Collection[str]) -> None:
        """Operations of these tasks changed: a stored text may have gone out, or may be known not to have."""
        for key, entry in list(self._entries.items()):
            is_meant = key == CREATE_KEY or task_of(key) in task_ids
            if is_meant and not entry.is_typed and entry.held is None:
                draft = entry.draft if entry.text else entry.stored
                if (left := self._kind(key).unsent(key, draft)).text != entry.text:
                    entry.is_dirty = left.is_over
                    self._change(key, entry, left.text, draft.times)
        self._save_soon()

    def release(self, key: str, *, is_done: bool) -> None:
        """The text handed over went out. When that is not certain, the stored draft stays until more is typed."""
        entry = self._entry(key)
        entry.let_go()
        entry.is_dirty = is_done or bool(entry.text)
        self._tell(DraftChange(key))
        self._save_soon()

    def give_back(self, key: str, text: str | None = None) -> None:
        """It did not go out: it, or ``text`` instead, comes back, below what was typed meanwhile."""
        entry = self._entry(key)
        held = entry.let_go()
        if back := text or held.text:
            self._add_below(key, entry, back, NOT_SENT, held.times)
        self._save_soon(at_once=True)

    def ended(self, result: OperationResult) -> None:
        """A message has its outcome."""
        key = message_key(result.task_id or "")
        if result.kind.value != "message" or not self.state(key).is_sending:
            return
        if result.outcome.value in _RETURNED:
            self.give_back(key)
        else:
            self.release(key, is_done=result.outcome.value == "done")

    # saving

    async def close(self) -> tuple[Unkept, ...]:
        """Stop following, and save everything; answer what could not be saved."""
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        await self.flush()
        return self.unkept()

    async def flush(self) -> tuple[str, ...]:
        """Save everything now; answer why what could not be saved could not."""
        store = self._store()
        if store is not None:
            async with self._turn:
                pass  # what is being written right now counts as saved only when it is
            for key in self._dirty():
                await self._save(store, key)
        return tuple({entry.trouble for entry in self._entries.values() if entry.is_dirty and entry.trouble})

    def _entry(self, key: str) -> Entry:
        return self._entries.setdefault(key, Entry())

    def _dirty(self) -> list[str]:
        return [key for key, _ in self._changed()]

    def _changed(self) -> list[tuple[str, Entry]]:
        return [(key, entry) for key, entry in self._entries.items() if entry.is_dirty]

    def _tell(self, change: DraftChange) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def _save_soon(self, at_once: bool = False) -> None:
        if not self._dirty() or self._store() is None:
            return
        if at_once:
            self._urgent.set()
        if self._saving is None or self._saving.done():
            self._saving = asyncio.create_task(self._save_dirty())

    async def _save_dirty(self) -> None:
        pause = self._save_after
        while (store := self._store()) is not None and self._dirty():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._urgent.wait(), pause)
            self._urgent.clear()
            for key in self._dirty():
                await self._save(store, key)
            has_failed = any(entry.trouble for entry in self._entries.values())
            pause = _RETRY_AFTER if has_failed else self._save_after

    async def _save(self, store: DraftStore, key: str) -> None:
        async with self._turn:
            entry = self._entry(key)
            while entry.is_dirty and await self._look(store, key):
                try:
                    if await self._exchange(store, key, entry):
                        break
                except StorageError:
                    return
            else:
                return
        self._tell(DraftChange(key))

    async def _exchange(self, store: DraftStore, key: str, entry: Entry) -> bool:
        """Write what is in memory over what was last seen on disk; false when another process was faster."""
        wanted = self._on_disk(key, entry)
        try:
            if wanted != entry.known:
                if (file_id := await store.exchange(key, entry.stored, wanted)) is None:
                    return False
                entry.file_id = file_id
        except StorageError as error:
            self._fail(key, entry, error)
            raise
        entry.known, entry.kept_at, entry.trouble = wanted, self._now(), None
        entry.is_dirty = entry.is_dirty and self._on_disk(key, entry) != wanted  # more was typed meanwhile
        return True

    def _on_disk(self, key: str, entry: Entry) -> KeptDraft:
        return entry.on_disk(self._kind(key))

    def _fail(self, key: str, entry: Entry, error: StorageError) -> None:
        entry.trouble = error.message
        self._tell(DraftChange(key))

    async def _look(self, store: DraftStore, key: str) -> bool:
        """Read what is stored and take it in; false when it cannot be read."""
        entry = self._entry(key)
        try:
            reading = await store.read()
        except StorageError as error:
            self._fail(key, entry, error)
            return False
        if entry.stored.text and key not in reading.drafts:
            await self._learn()
        self._see(key, entry, reading)
        return True

    async def _learn(self) -> None:
        if self.read_outcomes is not None:
            await self.read_outcomes()

    def _see(self, key: str, entry: Entry, reading: DraftReading) -> None:
        """This is what is stored now. What went out may have to come back, when it is known that it did not.

        What somebody took out elsewhere goes here, too; what was lost with the file is stored again.
        """
        stored = reading.drafts.get(key, KeptDraft())
        is_same_file = reading.file_id is not None and reading.file_id == entry.file_id
        entry.file_id = reading.file_id
        is_gone = is_same_file and entry.stored.text and not stored.text
        if is_gone and not entry.is_dirty and entry.held is None:
            entry.is_typed = False
            self._change(key, entry, "")
        if stored.text == entry.stored.text and stored != entry.stored and not (entry.text or entry.held):
            entry.is_dirty = False  # what was to be taken out was typed anew by somebody else
        may_come_back = stored.text and not (entry.text or entry.is_dirty or entry.held)
        if entry.known is None or stored.text != entry.known.text or may_come_back:
            self._take_in(key, entry, stored)
        elif stored != entry.known:
            entry.known = stored
            self._set(key, entry, entry.text, stored.times)

    def _take_in(self, key: str, entry: Entry, stored: KeptDraft) -> None:
        """Somebody else changed the stored draft, or it is seen for the first time."""
        kind, bases = self._kind(key), filter(None, (entry.stored.text, entry.held))
        theirs = kind.unsent(key, stored)
        entry.known = stored
        if not theirs.text:
            if entry.text and not entry.is_dirty:
                entry.is_typed = False
                self._change(key, entry, kind.unsent(key, entry.draft).text)
        elif not (entry.text or entry.is_dirty or entry.held):
            entry.is_typed = False
            self._change(key, entry, theirs.text, stored.times)
        elif theirs.text == entry.text:
            self._set(key, entry, entry.text, stored.times)
        elif theirs.text != entry.held:
            self._change(key, entry, kind.merge(bases, entry.text, theirs.text), stored.times)
        is_other = bool(entry.text) and not kind.is_same(self._on_disk(key, entry).text, stored.text)
        entry.is_dirty = entry.is_dirty or theirs.is_over or is_other

    def _change(self, key: str, entry: Entry, text: str, times: DraftTimes = UNKNOWN_TIMES) -> None:
        """``times``: of what comes in with this text."""
        if text != entry.text:
            is_joined = has_marker(text) and not has_marker(entry.text)
            typed_at = entry.typed_at
            self._set(key, entry, text, times)
            self._tell(DraftChange(key, is_joined=is_joined, typed_at=typed_at))

    def _set(self, key: str, entry: Entry, text: str, times: DraftTimes = UNKNOWN_TIMES) -> None:
        known = entry.times.joined(times)
        entry.times = self._kind(key).times(key, text, known, self._now()) if text else UNKNOWN_TIMES
        entry.text = text

    def _add_below(self, key: str, entry: Entry, text: str, why: str, times: DraftTimes) -> None:
        joined = self._kind(key).join(entry.text, text, why) if entry.text else text
        if joined is not None:
            entry.is_dirty = True
            self._change(key, entry, joined, times)


def open_drafts(app: JulesApp) -> Drafts:
    """The drafts of this dashboard. They hear how messages ended, whichever screens are open then."""

    def store() -> DraftStore | None:
        return None if app.engine is None else app.engine.context.drafts

    drafts = Drafts(store, draft_kinds(app.launch.board), app.launch.clock.now)
    app.when_open(lambda engine: attach(drafts, engine, app.launch.board))
    return drafts
