"""What comes of each mode of the rude server: the answer of ``echo``, or the kind of the error and words of it."""

from __future__ import annotations

from jjm_tui.errors import (
    AnswerTooLongError,
    AuthenticationError,
    JulesManagerError,
    OperationTimeoutError,
    ProtocolError,
    ServerConnectionError,
    ServerStartError,
)

MB = 1024 * 1024
LIMITS = {"line_8": 16 * MB}
"""The longest line in the settings; the others are tried with less."""

ANSWERED = {
    "polite": "hi",
    "banner": "hi",
    "bad_utf8": "a�b",
    "crlf": "hi",
    "odd_ids": "hi",
    "string_ids": "hi",
    "ignores_eof": "hi",
    "ignores_sigterm": "hi",
    "grandchild": "hi",
    "grandchild_ignores_sigterm": "hi",
    "line_1": "hi".ljust(MB),
    "line_8": "hi".ljust(8 * MB),
    "chatters_at_length": "hi",
    "nan": "nan",
    "odd_numbers": "hi",
    "stderr_flood": "hi",
    "drip": "hi",
    "glued": "hi",
    "no_newline": "hi",
    "chatty": "hi",
    "two_pages": "hi",
    "much_and_exit": "hi",
    "endless_schema": "hi",
    "endless_part_of_schema": "hi",
    "square_schema": "hi",
    "wide_schema": "hi",
}

FAILED_START: dict[str, tuple[type[JulesManagerError], str]] = {
    "exit_at_start": (ServerStartError, "left-pad"),
    "no_key": (AuthenticationError, "JULES_API_KEY"),
    "key_is_fine": (ServerStartError, "port 9 is taken"),
    "old_node": (ServerStartError, "markAsUncloneable"),
    "silent": (OperationTimeoutError, "not ready within"),
    "refuses_handshake": (ProtocolError, "does not speak MCP"),
    "speaks_html": (OperationTimeoutError, "not ready within"),
    "broken_handshake": (ProtocolError, "does not speak MCP"),
    "repeats_cursor": (ProtocolError, "without an end"),
}

FAILED_CALL: dict[str, tuple[type[JulesManagerError], str]] = {
    "dies_in_call": (ServerConnectionError, "exit code 9"),
    "grandchild_dies": (ServerConnectionError, "exit code 4"),
    "closes_stdout": (ServerConnectionError, "closed its output"),
    "hangs_in_call": (OperationTimeoutError, "did not answer echo within"),
    "endless_drip": (OperationTimeoutError, "did not answer echo within"),
    "line_40": (AnswerTooLongError, r"longer than accepted: 40\.0 MB, and server\.max_line_bytes allows 8\.0 MB"),
    "long_line_id_last": (AnswerTooLongError, "longer than accepted: 9.0 MB"),
    "long_line_without_id": (AnswerTooLongError, "longer than accepted: 9.0 MB"),
    "endless_line": (AnswerTooLongError, "longer than accepted: more than"),
    "deep": (ProtocolError, "nobody can read"),
    "wrong_shape": (ProtocolError, "not MCP"),
    "no_result": (ProtocolError, "nobody can read"),
    "no_jsonrpc": (ProtocolError, "nobody can read"),
    "broken_json": (ProtocolError, "nobody can read"),
    "broken_json_id_last": (ProtocolError, "nobody can read"),
    "null_id": (ProtocolError, "nobody can read"),
    "breaks_schema": (ProtocolError, "broke its own promise"),
    "forgets_structure": (ProtocolError, "broke its own promise"),
}
IMPATIENT = {"silent", "speaks_html", "hangs_in_call", "endless_drip"}
