"""Texts that did not go out yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from jjm_tui.domain.codec import NO_EXTRA, FieldReader
from jjm_tui.errors import StorageError, StoreDamagedError
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
    extra: Mapping[str, Any] = field(default_factory=lambda: NO_EXTRA)

    def to_dict(self) -> dict[str, Any]:
        return {"key": self.key, "text": self.text, **self.extra}

    @classmethod
    def from_dict(cls, data: object) -> Self:
        """Raises ValidationError naming the field."""
        read = FieldReader(data, "draft")
        return cls(read.take_text("key"), read.take_text("text"), read.take_rest())


DRAFTS: Final[RecordKind[Draft]] = RecordKind("drafts", Draft.from_dict, lambda draft: draft.key, "key")


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

    async def put(self, key: str, text: str) -> None:
        from anyio import to_thread

        await to_thread.run_sync(self._file.update, lambda document: _put(document, key, text))

    async def exchange(self, key: str, known: str, text: str) -> bool:
        from anyio import to_thread

        def exchange(document: Document[Draft]) -> bool:
            stored = document.get(key)
            if (stored.text if stored is not None else "") != known:
                return False
            _put(document, key, text)
            return True

        return await to_thread.run_sync(self._file.update, exchange)

    async def list_keys(self) -> tuple[str, ...]:
        return tuple((await self._read()).ids())

    async def read_all(self) -> Mapping[str, str]:
        document = await self._read()
        return {draft.key: draft.text for key in document.ids() if (draft := document.get(key)) is not None}

    async def is_whole(self) -> bool:
        """See ``DraftStore.is_whole``."""
        from anyio import to_thread

        path = self._file.path
        return await to_thread.run_sync(lambda: path.exists() and not list_damaged(path))

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


def _put(document: Document[Draft], key: str, text: str) -> None:
    if not text:
        document.remove(key)
        return
    known = document.get(key)
    document.put(encode_json(Draft(key, text, NO_EXTRA if known is None else known.extra).to_dict()))
