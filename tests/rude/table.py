"""Every way of misbehaving, and what a person is told about it; the modes are those of the gateway's rude server."""

from __future__ import annotations

from typing import NamedTuple

ANSWERED = (
    "banner",
    "crlf",
    "odd_ids",
    "string_ids",
    "ignores_eof",
    "ignores_sigterm",
    "grandchild",
    "grandchild_ignores_sigterm",
    "stderr_flood",
    "glued",
    "no_newline",
    "chatty",
    "chatters_at_length",
    "much_and_exit",
    "line_1",
    "line_8",
    "drip",
)
"""Rude, but clear: the list is shown."""


class Told(NamedTuple):
    """The exit code, the code of the error, words of its sentence, and words of its way out."""

    exit_code: int
    error_code: str
    words: str
    way_out: str


_STARTED_AGAIN = "It is started again by itself"
_LOG = "This is a fault of the server; its log may tell more."
_VERSION = "This is a fault of the server; try another version of it."
_COMMAND = "does it start an MCP server over stdio?"
_START_TIME = "raise the time to start in the settings"
_RAISE = "Raise server.max_line_bytes in the settings"
_BUSY = "It may still be busy"
_WHOLE = "`jjm server call` shows the whole answer."

REFUSED: dict[str, Told] = {
    "exit_at_start": Told(1, "server_start_failed", "cannot find module 'left-pad'", "install or build it again"),
    "no_key": Told(4, "not_authenticated", "does not start without an API key", "Set JULES_API_KEY"),
    "silent": Told(1, "timeout", "was not ready within 3 s.", _START_TIME),
    "refuses_handshake": Told(1, "protocol_error", "does not speak MCP as expected", _COMMAND),
    "speaks_html": Told(1, "timeout", "was not ready within 3 s.", _START_TIME),
    "broken_handshake": Told(1, "protocol_error", "does not speak MCP as expected", _COMMAND),
    "repeats_cursor": Told(1, "protocol_error", "answers its list of tools without an end", _VERSION),
    "dies_in_call": Told(1, "connection_failed", "ended with exit code 9", _STARTED_AGAIN),
    "grandchild_dies": Told(1, "connection_failed", "ended with exit code 4", _STARTED_AGAIN),
    "closes_stdout": Told(1, "connection_failed", "closed its output", _STARTED_AGAIN),
    "hangs_in_call": Told(1, "timeout", "did not answer list_sessions within 3 s.", _BUSY),
    "endless_drip": Told(1, "timeout", "did not answer list_sessions within 3 s.", _BUSY),
    "line_40": Told(1, "protocol_error", "is longer than accepted: 40.0 MB", _RAISE),
    "endless_line": Told(1, "protocol_error", "is longer than accepted: more than", _RAISE),
    "deep": Told(1, "protocol_error", "sent an answer that nobody can read", _LOG),
    "wrong_shape": Told(1, "protocol_error", "sent an answer to list_sessions that is not MCP", _VERSION),
    "no_result": Told(1, "protocol_error", "sent an answer that nobody can read", _LOG),
    "no_jsonrpc": Told(1, "protocol_error", "sent an answer that nobody can read", _LOG),
    "broken_json": Told(1, "protocol_error", "sent an answer that nobody can read", _LOG),
    "null_id": Told(1, "protocol_error", "sent an answer that nobody can read", _LOG),
    "breaks_schema": Told(1, "protocol_error", "broke its own promise about the answer of list_sessions", _VERSION),
    "forgets_structure": Told(1, "protocol_error", "broke its own promise about the answer of list_sessions", _VERSION),
    "bad_utf8": Told(1, "protocol_error", "answer is not a list of sessions that can be read", _WHOLE),
    "nan": Told(1, "protocol_error", "answer is not a list of sessions that can be read", _WHOLE),
}

SETTINGS = {
    "silent": {"JJM_SERVER__START_TIMEOUT": "3"},
    "speaks_html": {"JJM_SERVER__START_TIMEOUT": "3"},
    "hangs_in_call": {"JJM_SERVER__CALL_TIMEOUT": "3"},
    "endless_drip": {"JJM_SERVER__CALL_TIMEOUT": "3"},
    "chatters_at_length": {"JJM_SERVER__MAX_LINE_BYTES": str(8 * 1024 * 1024)},
}
"""What is set for a mode: little time where nothing comes, so that tests are quick; less than it says in a line."""
