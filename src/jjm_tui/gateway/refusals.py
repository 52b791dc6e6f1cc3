"""The words of a failed tool answer, read and turned into one of our errors.

The rules come from the recorded answers under ``tests/wire`` and from the REST API that all these servers wrap: most
repeat Google's status number or status word somewhere in a sentence of their own, some only the number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

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
from jjm_tui.gateway.echoes import take_out

SAID_CHARS = 2000
_SENTENCE_CHARS = 240
_READ_CHARS = 20_000
_SEARCHED_CHARS = 100_000
"""So much of an answer is searched for words that were sent: they may stand before the server's own."""

_STATUS = re.compile(
    r"\[(\d{3}) [A-Z][A-Za-z' -]+\]|status(?: code)?[ :=]+(\d{3})\b|API error:? (\d{3})\b"
    r"|\bHTTP(?:/\d(?:\.\d)?)? (\d{3})\b|\"code\"\s*:\s*(\d{3})\b",
    re.IGNORECASE,
)
_RETRY_AFTER = re.compile(
    r"retry[-_ ]?(?:after|delay|in)\"?[ :=]*\"?(\d+(?:\.\d+)?)|try again in (\d+(?:\.\d+)?) ?s", re.IGNORECASE
)
_PREFIX = re.compile(
    r"^(?:MCP error -?\d+:\s*|Error (?:in|executing) [\w./-]+:\s*|(?:Timeout|Type|Range)?Error:\s*"
    r"|Failed to [\w ]{1,30}:\s*"
    r"|Error (?:getting|listing|creating|approving|sending|reading|deleting|archiving) [\w ]{1,30}:\s*)+"
)
_BOXES = re.compile(r"[\u2500-\u259f]+")

_KEY_HINT = "Check the API key (JULES_API_KEY) that the settings pass to the server; `jjm doctor` tests it."
_BARE_400_HINT = (
    "Jules gave no reason: it can be a refused API key, a wrong argument, or a task in another state. "
    "`jjm doctor` tests the key."
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """``words`` or one of ``statuses`` make it this error; ``unsure``: the server may have acted before it failed."""

    make: Callable[..., JulesManagerError]
    words: re.Pattern[str] | None
    statuses: frozenset[int]
    hint: str
    unsure: bool = False


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_BROKEN_PROMISE = _words(r"Output validation error|has an output schema but")
_TROUBLE = _words(
    r"ECONNREFUSED|ECONNRESET|ECONNABORTED|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|socket hang up|fetch failed"
    r"|network error|net::ERR_|timed? ?out(?:Error|Exception)?\b|Timeout \d+ ?ms exceeded|DEADLINE_EXCEEDED"
    r"|\bUNAVAILABLE\b|Bad Gateway|Service Unavailable|Internal (?:Server )?Error|\"INTERNAL\"|\berror:? 5\d\d\b"
    r"|Gateway Time-?out|AbortError|connection (?:was )?(?:closed|lost|reset|aborted)|broken pipe"
    r"|Target (?:page|closed)|browser has been closed"
)

_RULES = (
    _Rule(
        ProtocolError,
        _BROKEN_PROMISE,
        frozenset(),
        "This is a fault of the server; try another version of it.",
        unsure=True,
    ),
    _Rule(
        ServiceUnavailableError,
        _TROUBLE,
        frozenset({408, *range(500, 600)}),
        "Try again in a while; if it stays, look at the network and at the server's own log.",
        unsure=True,
    ),
    _Rule(
        ToolRefusedError,
        _words(r"Executable doesn't exist|playwright install"),
        frozenset(),
        "The server has no browser: run `npx playwright install chromium` where the server is installed.",
    ),
    _Rule(
        AuthenticationError,
        _words(
            r"API key (?:is )?(?:not valid|missing|invalid|expired|required)|API_KEY_INVALID|UNAUTHENTICATED|"
            r"PERMISSION_DENIED|invalid authentication credentials|\bUnauthorized\b|JULES_API_KEY"
        ),
        frozenset({401, 403}),
        _KEY_HINT,
    ),
    _Rule(
        RateLimitedError,
        _words(r"RESOURCE_EXHAUSTED|rate.?limit|too many requests|quota (?:exceeded|exhausted)"),
        frozenset({429}),
        "Jules asks for fewer calls; wait a minute. The free plan allows 15 tasks a day and 3 at once.",
    ),
    _Rule(
        WrongStateError,
        _words(r"FAILED_PRECONDITION|Precondition check failed"),
        frozenset({412}),
        "The task is in another state by now; read it again.",
    ),
    _Rule(
        ToolNotFoundError,
        _words(r"Unknown tool|Tool not found|\bTool ['\"]?[\w.-]+['\"]? (?:was )?not found|-32601"),
        frozenset(),
        "`jjm server tools` shows what the server has.",
    ),
    _Rule(
        ToolArgumentsError,
        _words(r"-32602|Input validation error|Invalid arguments|parameter validation failed|\b\w+ is required\b"),
        frozenset(),
        "`jjm server tools` shows what the tool takes.",
    ),
    _Rule(
        ToolRefusedError,
        _words(
            r"Could not get source|(?:creating|create)[_ ](?:session|task)\b[^\n]{0,300}404"
            r"|(?:getting|listing) sources?\b[^\n]{0,300}404"
        ),
        frozenset(),
        "Check the repository and the branch: is the repository connected to Jules?",
    ),
    _Rule(
        TaskNotFoundError,
        _words(r"\bNOT_FOUND\b|Requested entity was not found|(?:task|session) (?:\S{1,80} )?(?:was )?not found"),
        frozenset({404, 410}),
        "It may have been deleted, or belong to another account; `jjm list` shows what there is.",
    ),
)


def classify_text(text: str, *, writing: bool, sent: Iterable[str] = ()) -> JulesManagerError:
    """The error that a failed answer's words amount to.

    ``writing`` says that the call was to change something: then ``effect`` is ``REFUSED`` for a clear no and
    ``UNKNOWN`` where the server may have acted before it failed, or where the words are not recognised. ``sent`` are
    the words of the call: repeated by the server they can make its answer less sure, and never surer. The raw words
    (at most 2 000 characters) are in ``context["server_said"]``; ``context["retry_after"]`` holds seconds if told.
    """
    said = strip_decoration(text[:_READ_CHARS])
    own = strip_decoration(take_out(text[:_SEARCHED_CHARS], sent)[:_READ_CHARS])
    status = _find_status(own)
    context: dict[str, object] = {"server_said": said[:SAID_CHARS]}
    if status is not None:
        context["http_status"] = status
    if (seconds := find_retry_after(own)) is not None:
        context["retry_after"] = seconds
    make, hint, unsure = _judge(own, status)
    effect = Effect.UNKNOWN if writing and (unsure or leaves_doubt(text)) else Effect.REFUSED
    return make(_sentence(said, status), hint=hint, context=context, effect=effect)


def leaves_doubt(text: str) -> bool:
    """Whether a failure's words, whatever else they say, are of the kind that comes after an effect as well."""
    said = strip_decoration(text[:_SEARCHED_CHARS])
    status = _find_status(said)
    has_words = _BROKEN_PROMISE.search(said) is not None or _TROUBLE.search(said) is not None
    return has_words or (status is not None and status >= 500)


def _judge(said: str, status: int | None) -> tuple[Callable[..., JulesManagerError], str | None, bool]:
    for rule in _RULES:
        if status in rule.statuses or (rule.words is not None and rule.words.search(said)):
            return rule.make, rule.hint, rule.unsure
    if status is not None and 400 <= status < 500:
        reason = _json_message(said)
        return ToolRefusedError, None if reason else _BARE_400_HINT, False
    return ToolRefusedError, None, True


def find_retry_after(text: str) -> float | None:
    """How many seconds the server asks us to wait, if its words say so."""
    found = _RETRY_AFTER.search(text)
    return float(found.group(1) or found.group(2)) if found is not None else None


def strip_decoration(text: str) -> str:
    """Text for people: escape sequences, boxes drawn around it and everything harmful gone."""
    from jjm_tui.domain.text import clean

    plain = clean(text)
    lines = (_BOXES.sub(" ", line).rstrip() for line in plain.splitlines())
    return "\n".join(line for line in lines if line.strip())


def _find_status(said: str) -> int | None:
    """The first status of trouble on the server's side, else the first of a refusal."""
    told = (int(next(group for group in found.groups() if group)) for found in _STATUS.finditer(said))
    failures = [status for status in told if 400 <= status < 600]
    return next((status for status in failures if status >= 500), failures[0] if failures else None)


def _json_message(said: str) -> str | None:
    """The message in an answer that is JSON, such as Google's that the server passed on."""
    start = said.find("{")
    if start < 0:
        return None
    try:
        body, _ = json.JSONDecoder().raw_decode(said[start:])
    except (ValueError, RecursionError):
        return None
    inner = body.get("error", body) if isinstance(body, dict) else body
    message = inner.get("message") if isinstance(inner, dict) else inner
    return message if isinstance(message, str) and message.strip() else None


def _sentence(said: str, status: int | None) -> str:
    reason = _json_message(said)
    if reason is None:
        first = next((line.strip() for line in said.splitlines() if line.strip()), "")
        reason = _PREFIX.sub("", first) or first
        if not any(char.isalnum() for char in reason):  # of JSON in several lines the first is a bracket
            reason = _PREFIX.sub("", " ".join(said.split()))
    reason = " ".join(reason.split())
    if len(reason) > _SENTENCE_CHARS:
        reason = reason[: _SENTENCE_CHARS - 1].rstrip() + "…"
    if not reason:
        return "The server said no, without a reason."
    number = f" ({status})" if status is not None and str(status) not in reason else ""
    return f"The server said: {reason.rstrip('.')}{number}."
