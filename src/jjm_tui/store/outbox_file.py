"""What people decided, on disk before it is sent: one record per operation, durable at every step."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from jjm_tui.domain.arrivals import Arrivals, arrived_meanwhile
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operation_words import changed_meanwhile
from jjm_tui.domain.operations import Operation, OperationKind, OperationState
from jjm_tui.errors import StorageError, ValidationError, WrongStateError
from jjm_tui.ports import Clock
from jjm_tui.store.backups import list_damaged
from jjm_tui.store.document import Document, RecordKind, encode_json
from jjm_tui.store.document_file import DocumentFile, refuse_newer
from jjm_tui.store.durable import FILE_OPS, FileOps, ensure_folder
from jjm_tui.store.locks import hold_lock, lock_path, try_lock

if TYPE_CHECKING:
    from filelock import FileLock

T = TypeVar("T")

KEEP_FINISHED: Final = timedelta(days=7)
"""How long what ended is kept; texts that did not go out stay until they are sent again or discarded."""

OPERATIONS: Final[RecordKind[Operation]] = RecordKind(
    "operations", Operation.from_dict, lambda operation: operation.id, "kind"
)

_OWNER_NAME: Final = re.compile(r"[0-9]{1,20}-[0-9a-f]{12}")
_STALE_OWNERS_SWEPT: Final = 20
"""How many lock files of dead owners are looked at when a new owner starts."""


class FileOutbox:
    """An ``OutboxStore`` in one file, with a lock file per owner in ``owners_dir``.

    A damaged file is set aside and told once; its readable operations go on.
    """

    def __init__(
        self,
        path: Path,
        owners_dir: Path,
        clock: Clock,
        *,
        pause: Callable[[float], None] = time.sleep,
        ops: FileOps = FILE_OPS,
    ) -> None:
        self._file = DocumentFile(path, OPERATIONS, clock.now, salvages=True, pause=pause, ops=ops)
        self._owners = Path(owners_dir)
        self._clock = clock
        self._owner: str | None = None
        self._owner_lock: FileLock | None = None

    @property
    def path(self) -> Path:
        """The file, symbolic links resolved."""
        return self._file.path

    def owner(self) -> str:
        """See ``OutboxStore.owner``.

        Raises:
            StorageError: the lock file cannot be made.
        """
        if self._owner is None:
            name = f"{os.getpid()}-{secrets.token_hex(6)}"
            ensure_folder(self._owners)
            with self._probing():
                self._sweep_owners()
                self._owner_lock = try_lock(self._owner_path(name))
            if self._owner_lock is None:
                raise StorageError(
                    f"{self._owner_path(name)} is locked by somebody else.",
                    hint="Nothing was sent. Try again.",
                    context={"path": str(self._owner_path(name))},
                )
            self._owner = name
        return self._owner

    async def is_alive(self, owner: str) -> bool:
        from anyio import to_thread

        return owner == self._owner or await to_thread.run_sync(self._is_alive_now, owner)

    async def add(self, operation: Operation) -> None:
        await self._in_thread(lambda: self._file.update(lambda document: self._add(document, operation)))

    async def supersede(self, known: Operation, ended: Operation, new: Operation) -> None:
        """See ``OutboxStore.supersede``."""

        def write(document: Document[Operation]) -> None:
            found = document.get(known.id)
            if found is None or (found.state, found.sent_again_as) != (known.state, known.sent_again_as):
                raise changed_meanwhile(found or known)
            if (arrived := Arrivals(document.items()).of_words_since(found)) is not None:
                raise arrived_meanwhile(found, arrived)
            document.put(encode_json(ended.to_dict()))
            self._add(document, new)

        await self._in_thread(lambda: self._file.update(write))

    async def withdraw(self, operation: Operation, former: Operation) -> Operation:
        """See ``OutboxStore.withdraw``."""

        def write(document: Document[Operation]) -> Operation:
            found = document.get(operation.id)
            if found is not None and found.state is OperationState.DONE:
                return found
            document.remove(operation.id)
            known = document.get(former.id)
            if known is None or known.sent_again_as == operation.id:
                document.put(encode_json(former.to_dict()))
            return former

        return await self._in_thread(lambda: self._file.update(write))

    async def change(self, operation_id: str, change: Callable[[Operation], Operation]) -> Operation:
        return await self._in_thread(lambda: self.change_now(operation_id, change))

    def change_now(self, operation_id: str, change: Callable[[Operation], Operation]) -> Operation:
        """See ``OutboxStore.change_now``."""
        return self._file.update(lambda document: self._change(document, operation_id, change))

    async def get(self, operation_id: str) -> Operation | None:
        return (await self._in_thread(self._read)).get(operation_id)

    async def list_operations(self, *, open_only: bool = False) -> tuple[Operation, ...]:
        document = await self._in_thread(self._read)
        over = set() if open_only else self._over(document)
        shown = [each for each in document.items() if (each.state.is_open if open_only else each.id not in over)]
        return tuple(sorted(shown, key=lambda operation: operation.created_at))

    async def remove(self, operation_id: str) -> None:
        await self._in_thread(lambda: self._file.update(lambda document: document.remove(operation_id)))

    async def set_aside(self) -> tuple[str, ...]:
        """See ``OutboxStore.set_aside``; the paths."""
        return tuple(str(path) for path in await self._in_thread(lambda: list_damaged(self.path)))

    async def watch(self) -> AsyncIterator[None]:
        """See ``OutboxStore.watch``."""
        from jjm_tui.store.watching import watch_file

        async with watch_file(self.path) as bell:
            while True:
                await bell.wait()
                bell.clear()
                yield

    def close(self) -> None:
        """Stop being an owner: others may adopt what is open."""
        if self._owner is not None and self._owner_lock is not None:
            self._owner_path(self._owner).unlink(missing_ok=True)
            self._owner_lock.release()
        self._owner = self._owner_lock = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        from anyio import to_thread

        return await to_thread.run_sync(work)

    def _read(self) -> Document[Operation]:
        return self._understood(self._file.read())

    def _understood(self, document: Document[Operation]) -> Document[Operation]:
        """The same; a record that nobody understands may be of something that was sent, so nothing goes on then."""
        if problems := document.problems():
            refuse_newer(self.path, document.schema_version)
            raise StorageError(
                f"{len(problems)} of the operations in {self.path} cannot be read. {problems[0]}",
                hint="Nothing was sent or changed. Look at your tasks in Jules, then correct the file by hand.",
                context={"path": str(self.path), "problems": list(problems)},
            )
        return document

    def _over(self, document: Document[Operation]) -> set[str]:
        """The ids of those that ended long ago, and hold no text that did not go out."""
        limit = self._clock.now() - KEEP_FINISHED
        ended = [each for each in document.items() if not each.state.is_open]
        old = [each for each in ended if (each.finished_at or each.created_at) < limit]
        if not old:
            return set()
        arrivals = Arrivals(ended)
        return {each.id for each in old if not arrivals.leave_unsent(each)}

    def _add(self, document: Document[Operation], operation: Operation) -> None:
        self._understood(document)
        for old in self._over(document):
            document.remove(old)
        if document.get(operation.id) is not None:
            raise WrongStateError(
                f"The operation {operation.id} is recorded already.",
                hint="Look at `jjm outbox list`.",
                context={"operation_id": operation.id},
            )
        for known in document.items():
            if known.state.is_open and _is_same_decision(known, operation):
                raise _already_open(known)
        document.put(encode_json(operation.to_dict()))

    def _change(
        self, document: Document[Operation], operation_id: str, change: Callable[[Operation], Operation]
    ) -> Operation:
        known = document.get(operation_id)
        if known is None:
            raise StorageError(
                f"The outbox has no operation {operation_id}.",
                hint="It may have been settled and removed elsewhere: look at `jjm outbox list`.",
                context={"path": str(self.path), "operation_id": operation_id},
            )
        wanted = change(known)
        if wanted.id != operation_id:
            raise ValidationError(
                f"A change of operation {operation_id} must not give it another id.",
                hint="Report this: it should not happen.",
                context={"field": "id"},
            )
        return known if wanted == known else document.put(encode_json(wanted.to_dict()))

    def _owner_path(self, owner: str) -> Path:
        return self._owners / f"{owner}.lock"

    def _probing(self) -> contextlib.AbstractContextManager[None]:
        """One prober at a time: two of them would take each other for the owner."""
        return hold_lock(lock_path(self._owners))

    def _is_alive_now(self, owner: str) -> bool:
        if _OWNER_NAME.fullmatch(owner) is None or not self._owner_path(owner).exists():
            return False
        with self._probing():
            return not self._bury(owner)

    def _bury(self, owner: str) -> bool:
        """Remove the lock file of an owner that is dead; answer whether it is. Only while probing."""
        path = self._owner_path(owner)
        if not path.exists():
            return True
        lock = try_lock(path)
        if lock is None:
            return False
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        lock.release()
        return True

    def _sweep_owners(self) -> None:
        for path in sorted(self._owners.glob("*.lock"))[:_STALE_OWNERS_SWEPT]:
            if _OWNER_NAME.fullmatch(path.stem) is not None:
                self._bury(path.stem)


def _is_same_decision(known: Operation, new: Operation) -> bool:
    if known.kind is not new.kind:
        return False
    if new.kind is OperationKind.CREATE:
        wanted = ("description", "repository")
        return known.origin == new.origin and all(known.payload.get(name) == new.payload.get(name) for name in wanted)
    return known.task_id == new.task_id


def _already_open(known: Operation) -> WrongStateError:
    what = {
        OperationKind.CREATE: "The same task is being created already",
        OperationKind.MESSAGE: f"An earlier message to task {known.task_id} is not settled yet",
        OperationKind.APPROVE: f"An earlier approval of task {known.task_id} is not settled yet",
        OperationKind.RESUME: f"An earlier resume of task {known.task_id} is not settled yet",
    }[known.kind]
    return WrongStateError(
        f"{what} ({known.state.value}).",
        hint=f"Nothing was sent. Wait for it, or look at: {spell_command('jjm outbox show', known.id)}",
        context={"operation_id": known.id, "state": known.state.value, "task_id": known.task_id},
    )
