"""Texts that did not go out yet."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from jjm_tui.domain.codec import NO_EXTRA, FieldReader
from jjm_tui.domain.kept_draft import UNKNOWN_TIMES, DraftTimes, KeptDraft
from jjm_tui.domain.times import format_time
from jjm_tui.errors import StorageError, StoreDamagedError
from jjm_tui.ports import DraftReading
from jjm_tui.store.backups import list_damaged
from jjm_tui.store.document import Document, RecordKind, encode_json
from jjm_tui.store.document_file import DocumentFile, refuse_newer
from jjm_tui.store.durable import FILE_OPS, FileOps

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping


@dataclass(frozen=True, slots=True)
class Draft:
    """One text under its key. ``extra`` holds fields that a newer version wrote."""

    key: str
    text: str
    times: DraftTimes = UNKNOWN_TIMES
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    @property
    def kept(self) -> KeptDraft:
        """Without what only the file knows."""
        return KeptDraft(self.text, self.times)

    def to_dict(self) -> dict[str, Any]:
        return {"key": self.key, "text": self.text, **_encode_times(self.times), **self.extra}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, "draft")
        key, text, begun_at = read.take_text("key"), read.take_text("text"), read.take_optional_time("begun_at")
        times = DraftTimes(begun_at, read.take_optional_object("typed_at", _decode_times) or {})
        return cls(key, text, times, read.take_rest())


DRAFTS: Final[RecordKind[Draft]] = RecordKind("drafts", Draft.from_dict, lambda draft: draft.key, "key")

_FILE_ID: Final = "file_id"
"""The name beside the drafts of what tells this file from one that is begun anew."""


class FileDrafts:
    """A ``DraftStore`` in one file. A damaged file is set aside and told once; its readable drafts go on.

    ``set_aside`` tells of it until somebody removes it.
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = time.sleep,
        ops: FileOps = FILE_OPS,
    ) -> None:
        self._file = DocumentFile(path, DRAFTS, now, salvages=True, pause=pause, ops=ops)

    async def get(self, key: str) -> str | None:
        draft = (await self._read()).get(key)
        return None if draft is None else draft.text

    async def put(self, key: str, text: str, times: DraftTimes = UNKNOWN_TIMES) -> None:
        from anyio import to_thread

        await to_thread.run_sync(self._file.update, lambda document: _put(document, key, KeptDraft(text, times)))

    async def exchange(self, key: str, known: KeptDraft, draft: KeptDraft) -> str | None:
        """See ``DraftStore.exchange``."""
        from anyio import to_thread

        def exchange(document: Document[Draft]) -> str | None:
            stored = document.get(key)
            is_known = (KeptDraft() if stored is None else stored.kept) == known
            return _put(document, key, draft) if is_known else None

        return await to_thread.run_sync(self._file.update, exchange)

    async def list_keys(self) -> tuple[str, ...]:
        return tuple((await self._read()).ids())

    async def read(self) -> DraftReading:
        """See ``DraftStore.read``."""
        document = await self._read()
        return DraftReading({draft.key: draft.kept for draft in document.items()}, _file_id(document))

    async def set_aside(self) -> tuple[str, ...]:
        """See ``DraftStore.set_aside``; the paths."""
        from anyio import to_thread

        return tuple(str(path) for path in await to_thread.run_sync(list_damaged, self._file.path))

    async def find_trouble(self) -> StorageError | None:
        """See ``DraftStore.find_trouble``. A damaged file is set aside by looking, and told by ``set_aside``."""
        try:
            document = await self._read()
            refuse_newer(self._file.path, document.schema_version)
        except StoreDamagedError:
            return None
        except StorageError as error:
            return error
        if not (problems := document.problems()):
            return None
        return StorageError(
            f"{len(problems)} of the drafts in {self._file.path} cannot be read. {problems[0]}",
            hint="Nothing was changed. Correct the file by hand; what you typed is in it.",
            context={"path": str(self._file.path), "problems": list(problems)},
        )

    async def watch(self) -> AsyncGenerator[None, None]:
        """See ``DraftStore.watch``."""
        from jjm_tui.store.watching import watch_file

        async with watch_file(self._file.path) as bell:
            bell.set()
            while True:
                await bell.wait()
                bell.clear()
                yield

    async def _read(self) -> Document[Draft]:
        from anyio import to_thread

        return await to_thread.run_sync(self._file.read)


def _put(document: Document[Draft], key: str, draft: KeptDraft) -> str:
    """Answers the id of the file; one that has none gets it now."""
    if draft.text:
        known = document.get(key)
        document.put(encode_json(Draft(key, *draft, NO_EXTRA if known is None else known.extra).to_dict()))
    else:
        document.remove(key)
    file_id = _file_id(document)
    if file_id is None:
        file_id = secrets.token_hex(8)
        document.set_sibling(_FILE_ID, file_id)
    return file_id


def _file_id(document: Document[Draft]) -> str | None:
    file_id = document.get_sibling(_FILE_ID)
    return file_id if isinstance(file_id, str) else None


def _encode_times(times: DraftTimes) -> dict[str, Any]:
    typed_at = {text: format_time(moment) for text, moment in times.typed_at.items()}
    begun_at = None if times.begun_at is None else format_time(times.begun_at)
    return {name: value for name, value in (("begun_at", begun_at), ("typed_at", typed_at)) if value}


def _decode_times(data: object, where: str) -> Mapping[str, datetime]:
    told = FieldReader(data, where).take_rest()
    times = {text: FieldReader({where: moment}).take_optional_time(where) for text, moment in told.items()}
    return {text: moment for text, moment in times.items() if moment is not None}
