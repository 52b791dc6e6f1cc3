"""Every way of misbehaving, and what a person is told about it; the modes are those of the gateway's rude server."""

from __future__ import annotations

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
)
"""Rude, but clear: the list is shown."""

REFUSED: dict[str, tuple[int, str, str]] = {
    "exit_at_start": (1, "server_start_failed", "left-pad"),
    "no_key": (4, "not_authenticated", "JULES_API_KEY"),
    "silent": (1, "timeout", "not ready within"),
    "refuses_handshake": (1, "protocol_error", "does not speak MCP"),
    "speaks_html": (1, "timeout", "not ready within"),
    "broken_handshake": (1, "protocol_error", "does not speak MCP"),
    "repeats_cursor": (1, "protocol_error", "without an end"),
    "dies_in_call": (1, "connection_failed", "exit code 9"),
    "grandchild_dies": (1, "connection_failed", "exit code 4"),
    "closes_stdout": (1, "connection_failed", "closed its output"),
    "hangs_in_call": (1, "timeout", "did not answer list_sessions"),
    "endless_drip": (1, "timeout", "did not answer list_sessions"),
    "line_40": (1, "protocol_error", "longer than accepted"),
    "endless_line": (1, "protocol_error", "longer than accepted"),
    "deep": (1, "protocol_error", "nobody can read"),
    "wrong_shape": (1, "protocol_error", "not MCP"),
    "no_result": (1, "protocol_error", "nobody can read"),
    "no_jsonrpc": (1, "protocol_error", "nobody can read"),
    "broken_json": (1, "protocol_error", "nobody can read"),
    "null_id": (1, "protocol_error", "nobody can read"),
    "breaks_schema": (1, "protocol_error", "broke its own promise"),
    "forgets_structure": (1, "protocol_error", "broke its own promise"),
    "bad_utf8": (1, "protocol_error", "not a list of sessions"),
    "nan": (1, "protocol_error", "not a list of sessions"),
}
"""The exit code, the code of the error, and words of its sentence."""

IMPATIENT = {
    "silent": "JJM_SERVER__START_TIMEOUT",
    "speaks_html": "JJM_SERVER__START_TIMEOUT",
    "hangs_in_call": "JJM_SERVER__CALL_TIMEOUT",
    "endless_drip": "JJM_SERVER__CALL_TIMEOUT",
}
"""Where the error is that nothing comes: the setting that is made short, so that the tests are quick."""
