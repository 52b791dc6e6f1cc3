"""Whole conversations and patches, raw as the server gave them: one file per task in ``activities/``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from jjm_tui.domain.codec import FieldReader
from jjm_tui.domain.task import ChatMessage
from jjm_tui.domain.times import format_time
from jjm_tui.errors import StoreDamagedError, ValidationError
from jjm_tui.ports import Transcript
from jjm_tui.store.backups import damaged_path, sweep_temporaries
from jjm_tui.store.document import decode_json, encode_json
from jjm_tui.store.durable import FILE_OPS, FileOps, ensure_folder, remove_file, replace_file, storage_error
from jjm_tui.store.locks import hold_lock

_PLAIN_ID: Final = re.compile(r"[0-9a-z_][0-9a-z_-]{0,99}")
_NOT_PLAIN: Final = re.compile(r"[^0-9a-z_-]+")


def transcript_name(task_id: str) -> str:
    """A file name for any id: the id itself where it is harmless, else a readable start and a hash.

    Capital letters are not harmless, because some file systems do not tell them from small ones.
    """
    if _PLAIN_ID.fullmatch(task_id) is not None:
        return f"{task_id}.json"
    start = _NOT_PLAIN.sub("-", task_id.lower())[:40].strip("-")
    return f"{start}~{hashlib.sha256(task_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}.json"


class FileTranscripts:
    """A ``TranscriptStore`` in a folder. A damaged file is set aside when the next version is kept."""

    def __init__(
        self, folder: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC), ops: FileOps = FILE_OPS
    ) -> None:
        self._folder = Path(folder)
        self._now = now
        self._ops = ops

    async def get(self, task_id: str) -> Transcript | None:
        """What is kept of one task.

        Raises:
            StoreDamagedError: the file is not a transcript of this task.
            StorageError: it cannot be read.
        """
        from anyio import to_thread

        return await to_thread.run_sync(self._read, task_id)

    async def update(self, task_id: str, change: Callable[[Transcript], Transcript]) -> Path | None:
        """See ``TranscriptStore.update``; ``change`` runs in a worker thread, while nobody else may change the file.

        Raises:
            StorageError: it cannot be read or written; what was kept is as it was.
        """
        from anyio import to_thread

        return await to_thread.run_sync(self._update, task_id, change)

    async def remove(self, task_id: str) -> None:
        from anyio import to_thread

        await to_thread.run_sync(remove_file, self._path(task_id), self._ops)

    def _path(self, task_id: str) -> Path:
        return self._folder / transcript_name(task_id)

    def _read(self, task_id: str) -> Transcript | None:
        path = self._path(task_id)
        try:
            data, _ = self._ops.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise storage_error(error, path, "read", "") from error
        try:
            return decode_transcript(data, task_id)
        except (ValueError, ValidationError) as error:
            raise StoreDamagedError(
                f"{path} is damaged: it does not hold the conversation of task {task_id}.",
                hint="It was left as it is. Reading the task from the server sets it aside and makes a new one.",
                context={"path": str(path), "reason": str(error)},
            ) from error

    def _update(self, task_id: str, change: Callable[[Transcript], Transcript]) -> Path | None:
        path, aside = self._path(task_id), None
        ensure_folder(self._folder, self._ops)
        with hold_lock(self._folder / ".lock", ops=self._ops):
            try:
                kept = self._read(task_id) or Transcript(task_id)
            except StoreDamagedError:
                kept, aside = Transcript(task_id), damaged_path(path, self._now())
            newest = change(kept)
            if newest == kept:
                return None
            data = encode_transcript(newest)
            if aside is not None:
                try:
                    self._ops.rename(path, aside)
                except OSError as error:
                    raise storage_error(error, path, "set aside") from error
            replace_file(path, data, ops=self._ops)
            sweep_temporaries(path, self._ops)
        return aside


def encode_transcript(transcript: Transcript) -> bytes:
    """The content of its file."""
    data = encode_json(
        {
            "task_id": transcript.task_id,
            "read_at": None if transcript.read_at is None else format_time(transcript.read_at),
            "whole": transcript.whole,
            "patch": transcript.patch,
            "patch_cut": transcript.patch_cut,
            "patch_read_at": None if transcript.patch_read_at is None else format_time(transcript.patch_read_at),
            "messages": [message.to_dict() for message in transcript.messages],
            "activities": [dict(activity) for activity in transcript.activities],
        }
    )
    return data + b"\n"


def decode_transcript(data: bytes, task_id: str) -> Transcript:
    """Read the file of a task.

    Raises:
        ValueError: not JSON.
        ValidationError: not a transcript of this task.
    """
    read = FieldReader(decode_json(data), "transcript")
    found = read.take_text("task_id")
    if found != task_id:
        raise read.wrong("task_id", f"{task_id!r}", found)
    return Transcript(
        task_id=found,
        activities=read.take_objects("activities", _decode_activity),
        messages=read.take_objects("messages", ChatMessage.from_dict),
        patch=read.take_optional_text("patch"),
        patch_cut=read.take_bool("patch_cut", False),
        patch_read_at=read.take_optional_time("patch_read_at"),
        read_at=read.take_optional_time("read_at"),
        whole=read.take_bool("whole", False),
    )


def _decode_activity(data: object, where: str) -> Mapping[str, Any]:
    return FieldReader(data, where).take_rest()
