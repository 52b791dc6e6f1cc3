"""The words of failed answers, recorded from real servers and invented, become the right errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.errors import (
    AuthenticationError,
    Effect,
    JulesManagerError,
    ProtocolError,
    RateLimitedError,
    ServiceUnavailableError,
    TaskNotFoundError,
    ToolArgumentsError,
    ToolNotFoundError,
    ToolRefusedError,
    WrongStateError,
)
from jjm_tui.gateway.refusals import classify_text

WIRE = Path(__file__).parents[1] / "wire"

RECORDED: dict[str, type[JulesManagerError]] = {
    "browser/corrupt.json:list-corrupt": ToolRefusedError,
    "browser/corrupt.json:res-corrupt": ToolRefusedError,
    "browser/nobrowser.json:get-without-browser": ToolRefusedError,
    "browser/signedout.json:send-signed-out": ServiceUnavailableError,
    "browser/signedout.json:create-signed-out": ServiceUnavailableError,
    "browser/steps.json:res-unknown": ToolRefusedError,
    "browser/steps.json:unknown-tool": ToolNotFoundError,
    "official/badkey-400.json:list": AuthenticationError,
    "official/badkey-401.json:list": AuthenticationError,
    "official/nokey.json:list": AuthenticationError,
    "official/hostile.json:state-shell": ToolRefusedError,
    "official/hostile.json:state-untyped": ToolRefusedError,
    "official/steps.json:list-bad-type": ToolRefusedError,
    "official/steps.json:state-failed": ToolRefusedError,
    "official/steps.json:state-missing": TaskNotFoundError,
    "official/steps.json:state-noarg": ToolArgumentsError,
    "official/steps.json:approve-again": WrongStateError,
    "official/steps.json:send-empty": ToolArgumentsError,
    "official/steps.json:create-unknown-repo": ToolRefusedError,
    "official/steps.json:unknown-tool": ToolNotFoundError,
    "rest/badkey-400.json:sources": ToolRefusedError,
    "rest/badkey-401.json:sources": AuthenticationError,
    "rest/steps.json:get-name-form": TaskNotFoundError,
    "rest/steps.json:get-noarg": ToolArgumentsError,
    "rest/steps.json:activities-missing": TaskNotFoundError,
    "rest/steps.json:approve-again": ToolRefusedError,
    "rest/steps.json:create-bad-source": ToolRefusedError,
    "rest/steps.json:source-missing": ToolRefusedError,
    "rest/steps.json:list-rate-limited": RateLimitedError,
    "rest/steps.json:list-502-html": ServiceUnavailableError,
    "rest/steps.json:unknown-tool": ToolNotFoundError,
    "text/badkey-400.json:sources": AuthenticationError,
    "text/badkey-401.json:sources": AuthenticationError,
    "text/hostile.json:list-hostile": ToolRefusedError,
    "text/steps.json:status-missing": TaskNotFoundError,
    "text/steps.json:status-noarg": ToolArgumentsError,
    "text/steps.json:approve-again": WrongStateError,
    "text/steps.json:create-bad": ToolRefusedError,
    "text/steps.json:list-rate-limited": RateLimitedError,
    "text/steps.json:unknown-tool": ToolNotFoundError,
}


def failures_on_record() -> dict[str, str]:
    """The words of every failure recorded, by file and label."""
    found: dict[str, str] = {}
    for path in sorted(WIRE.glob("*/*.json")):
        for step in json.loads(path.read_text(encoding="utf-8")):
            result: dict[str, Any] = step.get("result") or {}
            words = (step.get("protocol_error") or {}).get("message")
            if words is None and result.get("isError"):
                words = "\n".join(block.get("text", "") for block in result["content"])
            if words is not None:
                found[f"{path.parent.name}/{path.name}:{step['label']}"] = words
    return found


@pytest.mark.parametrize("case", RECORDED)
def test_classify_recorded_failure_is_the_right_error(case: str) -> None:
    error = classify_text(failures_on_record()[case], writing=True)
    assert type(error) is RECORDED[case], error.message


@pytest.mark.parametrize("case", failures_on_record())
def test_classify_recorded_failure_reads_well(case: str) -> None:
    error = classify_text(failures_on_record()[case], writing=False)
    assert error.effect is Effect.REFUSED
    assert error.message.startswith("The server said: ")
    assert len(error.message) < 280
    assert not set(error.message) & set("\n\x1b╔║═│")
    assert not error.message.startswith(("The server said: MCP error", "The server said: Error executing"))
    assert len(error.context["server_said"]) <= 2000


@pytest.mark.parametrize(
    ("words", "kind", "effect"),
    [
        ("Request failed with status code 404", TaskNotFoundError, Effect.REFUSED),
        ("Request failed with status code 403", AuthenticationError, Effect.REFUSED),
        ("Request failed with status code 400", ToolRefusedError, Effect.REFUSED),
        ("Request failed with status code 409", ToolRefusedError, Effect.REFUSED),
        ("Request failed with status code 429", RateLimitedError, Effect.REFUSED),
        ("Request failed with status code 503", ServiceUnavailableError, Effect.UNKNOWN),
        ('{"error":{"code":500,"message":"Internal","status":"INTERNAL"}}', ServiceUnavailableError, Effect.UNKNOWN),
        ("connect ECONNREFUSED 127.0.0.1:443", ServiceUnavailableError, Effect.UNKNOWN),
        ("socket hang up", ServiceUnavailableError, Effect.UNKNOWN),
        ("page.goto: net::ERR_ABORTED", ServiceUnavailableError, Effect.UNKNOWN),
        ("the operation timed out", ServiceUnavailableError, Effect.UNKNOWN),
        ("Something odd happened", ToolRefusedError, Effect.UNKNOWN),
        ("", ToolRefusedError, Effect.UNKNOWN),
        ("Session 11111111111111114041 is busy", ToolRefusedError, Effect.UNKNOWN),
        ("session 123 not found", TaskNotFoundError, Effect.REFUSED),
        ("MCP error -32602: Output validation error: no structured content", ProtocolError, Effect.UNKNOWN),
        ("MCP error -32602: Invalid arguments for tool send_message", ToolArgumentsError, Effect.REFUSED),
        ("429 Too Many Requests, then the request timed out", ServiceUnavailableError, Effect.UNKNOWN),
        ("401 Unauthorized: upstream status code 502", ServiceUnavailableError, Effect.UNKNOWN),
        ("status code 429, then status code 503", ServiceUnavailableError, Effect.UNKNOWN),
        ("Internal error: name is required", ServiceUnavailableError, Effect.UNKNOWN),
        ('{"error":{"status":"INTERNAL","message":"Unauthorized"}}', ServiceUnavailableError, Effect.UNKNOWN),
    ],
)
def test_classify_write_tells_what_may_have_happened(words: str, kind: type[JulesManagerError], effect: Effect) -> None:
    error = classify_text(words, writing=True)
    assert type(error) is kind
    assert error.effect is effect


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ('{\n  "id": "123",\n  "title": "Mend"\n}', 'The server said: { "id": "123", "title": "Mend" }.'),
        ('Error creating session: {\n  "id": "123"\n}', 'The server said: { "id": "123" }.'),
        ('[\n  "odd"\n]', 'The server said: [ "odd" ].'),
        ('{\n  "message": "It is full."\n}', "The server said: It is full."),
        ('{"error": "It is full."}', "The server said: It is full."),
        ('{"error": {"message": "It is full."}}', "The server said: It is full."),
        ("{", "The server said: {."),
    ],
)
def test_classify_json_tells_its_message_or_its_beginning(words: str, sentence: str) -> None:
    assert classify_text(words, writing=True).message == sentence


SENT = 'Say "429 Too many requests"\nwhen the rate limit is hit; a name is required; else 401 Unauthorized.'


@pytest.mark.parametrize(
    "echo",
    [
        SENT,
        json.dumps(SENT),
        json.dumps(json.dumps(SENT)),
        repr(SENT),
        " ".join(SENT.split()),
        SENT[:60] + "...",
        SENT.replace('"', "&quot;"),
    ],
    ids=["whole", "json", "json in json", "repr", "one line", "cut", "html"],
)
def test_classify_words_that_were_sent_do_not_speak_for_the_server(echo: str) -> None:
    error = classify_text(f"Could not do it ({echo})", writing=True, sent=(SENT, "sessions/1"))
    assert type(error) is ToolRefusedError
    assert error.effect is Effect.UNKNOWN


@pytest.mark.parametrize(
    ("words", "sent"),
    [("Error: 401 Unauthorized", "Unauthorized"), ("Error: timed out: 401 Unauthorized", "timed out")],
)
def test_classify_words_that_were_sent_never_make_an_answer_surer(words: str, sent: str) -> None:
    assert classify_text(words, writing=True, sent=(sent,)).effect is Effect.UNKNOWN


def test_classify_short_words_that_were_sent_leave_other_words_whole() -> None:
    error = classify_text("session 17 not found: API key expired", writing=True, sent=("a", "17", "s", "key exp", ""))
    assert type(error) is AuthenticationError
    error = classify_text("session 17 not found", writing=True, sent=("17",))
    assert type(error) is TaskNotFoundError


def test_classify_bare_400_names_the_three_causes() -> None:
    hint = classify_text("Error approving plan: Request failed with status code 400", writing=True).hint or ""
    assert "key" in hint
    assert "argument" in hint
    assert "state" in hint


@pytest.mark.parametrize(
    ("words", "seconds"),
    [("429, retry after 12 seconds", 12.0), ('{"retryDelay": "7.5s"}', 7.5), ("try again in 3 s", 3.0), ("429", None)],
)
def test_classify_keeps_the_wait_that_the_server_asks_for(words: str, seconds: float | None) -> None:
    assert classify_text(words, writing=False).context.get("retry_after") == seconds


def test_classify_hostile_words_are_made_harmless() -> None:
    error = classify_text(
        "Error: \x1b]52;c;AAAA\x07\x1b[31mred\x1b[0m \u202eevil [/foo]\r\n" + "x" * 5000, writing=False
    )
    assert "\x1b" not in error.message + error.context["server_said"]
    assert "\u202e" not in error.message
    assert "red" in error.message


@given(st.text(max_size=400), st.booleans())
def test_classify_any_words_give_one_clean_line(words: str, writing: bool) -> None:
    error = classify_text(words, writing=writing)
    assert "\n" not in error.message
    assert error.message.endswith(".")
    assert error.effect in ((Effect.REFUSED, Effect.UNKNOWN) if writing else (Effect.REFUSED,))


@pytest.mark.parametrize("piece", ["create session ", "retry ", "Error in a: ", "[4", "session ", '{"error":', "╔"])
def test_classify_long_repetitive_words_take_no_time(piece: str) -> None:
    words = piece * (1_000_000 // len(piece))
    assert classify_text(words, writing=False).message
    assert classify_text(words, writing=True, sent=(words[: len(words) // 2], piece)).message
