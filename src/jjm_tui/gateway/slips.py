"""The slip that travels with one request: which request it became, whether it left, whether an answer came."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import anyio

from jjm_tui.errors import Effect, JulesManagerError

SLIP_KEY = "jjm-tui/slip"
"""The private key in ``_meta`` by which the transport knows a request; it is removed before the bytes go out."""

_numbers = itertools.count(1)


class WritingRefused(Exception):  # noqa: N818
    """The ``written`` callback raised: nothing goes out. Wrapped so that nothing on the way mistakes its type."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class Slip:
    """One request on its way. ``written`` of the call policy is called by ``leave`` and by nothing else."""

    def __init__(self, written: Callable[[], None] | None = None) -> None:
        self.number = next(_numbers)
        self.request_id: int | str | None = None
        self.left = False
        self.is_given_up = False
        """Nobody waits any more, and whoever waited was told that nothing left: from now on nothing may."""
        self.is_answered = False
        self.over = anyio.Event()
        self.failure: JulesManagerError | None = None
        self.refusal: WritingRefused | None = None
        self.http_status: int | None = None
        self.retry_after: float | None = None
        self._written = written

    @property
    def effect(self) -> Effect:
        """What a failure without a clear answer may have changed."""
        return Effect.UNKNOWN if self.left else Effect.NONE

    def leave(self) -> None:
        """Called immediately before the first byte is written; a second call does nothing.

        Raises:
            WritingRefused: the callback raised, or it was given up before; the request must not be written.
        """
        if self.is_given_up:
            raise WritingRefused(RuntimeError("given up"))
        if self._written is not None and not self.left:
            try:
                self._written()
            except Exception as error:
                self.refusal = WritingRefused(error)
                raise self.refusal from error
        self.left = True


class SlipBook:
    """All requests that wait for an answer on one connection, ours with a slip and the SDK's own without."""

    def __init__(self) -> None:
        self._announced: dict[int, Slip] = {}
        self._waiting: dict[int | str, Slip | None] = {}
        self.quiet_when_abandoned = False
        """Do not tell the server about abandoned calls, so that it still answers and we learn when it is free."""

    def announce(self, slip: Slip) -> dict[str, Any]:
        """Expect a request with this slip; answer the ``_meta`` to send it with."""
        self._announced[slip.number] = slip
        return {SLIP_KEY: slip.number}

    def forget(self, slip: Slip) -> None:
        """The caller is gone, and so is its request unless it left."""
        slip.is_given_up = not slip.left
        self._announced.pop(slip.number, None)
        if slip.request_id is not None and not (slip.left and self.quiet_when_abandoned):
            self._waiting.pop(_key(slip.request_id), None)

    def take(self, request_id: int | str, params: dict[str, Any] | None) -> Slip | None:
        """Find the slip of an outgoing request, take the private key out of ``params``, and note who waits."""
        slip = None
        meta = (params or {}).get("_meta")
        if params is not None and isinstance(meta, dict) and SLIP_KEY in meta:
            slip = self._announced.pop(meta.pop(SLIP_KEY), None)
            if not meta:
                del params["_meta"]
        if slip is not None:
            slip.request_id = request_id
        return slip

    def expect(self, request_id: int | str, slip: Slip | None) -> None:
        """The request is about to be written: from now on an answer may come."""
        self._waiting[_key(request_id)] = slip

    def is_waiting(self, request_id: int | str) -> bool:
        """Whether somebody waits for an answer with this id."""
        return _key(request_id) in self._waiting

    def waiting_ids(self) -> tuple[int | str, ...]:
        """The ids that wait."""
        return tuple(self._waiting)

    def find(self, request_id: int | str) -> Slip | None:
        """The slip that waits under this id."""
        return self._waiting.get(_key(request_id))

    def answer(self, request_id: int | str | None) -> None:
        """An answer came in."""
        if request_id is None:
            return
        slip = self._waiting.pop(_key(request_id), None)
        if slip is not None:
            slip.is_answered = True
            slip.over.set()

    def fail(self, request_id: int | str, error: JulesManagerError) -> None:
        """The answer came in and nobody can read it."""
        slip = self._waiting.pop(_key(request_id), None)
        if slip is not None:
            slip.failure = error
            slip.over.set()

    def end(self) -> None:
        """The connection ended: whatever was busy is not busy any more."""
        for slip in self._waiting.values():
            if slip is not None:
                slip.over.set()
        self._waiting.clear()
        self._announced.clear()


def _key(request_id: int | str) -> int | str:
    """Servers may answer ``1`` with ``"1"``; the SDK takes both for the same request, and so do we."""
    if isinstance(request_id, str):
        try:
            return int(request_id)
        except ValueError:
            return request_id
    return request_id


def request_params(message: Any) -> dict[str, Any] | None:
    """The parameters of an outgoing request as a plain dict, or ``None``."""
    params = getattr(message, "params", None)
    return params if isinstance(params, dict) else None


def is_abandonment(message: Any) -> bool:
    """Whether this outgoing message only tells that a request was given up."""
    return getattr(message, "method", None) == "notifications/cancelled"
