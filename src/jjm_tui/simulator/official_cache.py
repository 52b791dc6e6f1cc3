"""The official server's cache: what ``query_cache`` knows, and what ``get_session_state`` believes for a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jjm_tui.simulator import official_views
from jjm_tui.simulator.session import ActivityRecord, Session
from jjm_tui.simulator.states import State

DOMAINS: Final = ("sessions", "activities")


class OfficialCache:
    """Sessions that were looked at; a completed one is believed until a list shows it otherwise."""

    def __init__(self) -> None:
        self._sessions: dict[str, tuple[Session, dict[str, Any], tuple[ActivityRecord, ...]]] = {}
        self._final: dict[str, str] = {}

    def store(self, session: Session) -> None:
        """Remember a session as it is now."""
        kept = (session, official_views.show_entry(session), tuple(session.activities))
        self._sessions[session.spec.id] = kept

    def keep_final(self, session: Session, shown: str) -> None:
        """Believe from now on that the session is done."""
        self._final[session.spec.id] = shown

    def forget_final(self, session: Session) -> None:
        """A list showed the session: believe it."""
        if session.state is not State.COMPLETED:
            self._final.pop(session.spec.id, None)

    def stale_state(self, session_id: str) -> str | None:
        """What ``get_session_state`` says without asking."""
        return self._final.get(session_id)

    def query(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a valid query, newest first."""
        where = query.get("where") or {}
        select = query.get("select") or []
        rows = self._session_rows(select) if query["from"] == "sessions" else self._activity_rows(where, select)
        wanted = {name: value for name, value in where.items() if name != "sessionId"}
        rows = [row for row in rows if all(_matches(row.get(name), value) for name, value in wanted.items())]
        rows.sort(key=lambda row: (row["createTime"], row["id"]), reverse=True)
        start = int(query.get("offset") or 0)
        limit = query.get("limit")
        return {"results": rows[start : None if limit is None else start + int(limit)]}

    def _session_rows(self, select: Sequence[str]) -> list[dict[str, Any]]:
        rows = [entry for _, entry, _ in self._sessions.values()]
        if "*" in select:
            return rows
        names = list(select) or ["id", "state", "title", "createTime"]
        return [{name: row[name] for name in names if name in row} for row in rows]

    def _activity_rows(self, where: Mapping[str, Any], select: Sequence[str]) -> list[dict[str, Any]]:
        chosen = where.get("sessionId")
        show = official_views.show_cached_activity if "*" in select else official_views.show_cached_brief
        return [
            show(session, record)
            for session_id, (session, _, records) in self._sessions.items()
            if chosen is None or _matches(session_id, chosen)
            for record in records
        ]


def _matches(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return bool(value == wanted)
    tests: dict[str, Callable[[Any], bool]] = {
        "eq": lambda operand: bool(value == operand),
        "neq": lambda operand: bool(value != operand),
        "in": lambda operand: value in operand,
        "contains": lambda operand: str(operand).lower() in str(value).lower(),
        "gt": lambda operand: bool(value is not None and value > operand),
        "gte": lambda operand: bool(value is not None and value >= operand),
        "lt": lambda operand: bool(value is not None and value < operand),
        "lte": lambda operand: bool(value is not None and value <= operand),
        "exists": lambda operand: (value is not None) is bool(operand),
    }
    return all(name in tests and tests[name](operand) for name, operand in wanted.items())


def validate_query(query: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the server answers to a query that it cannot read; it does not call that an error."""
    domain = query.get("from")
    if domain in DOMAINS:
        return None
    return {
        "valid": False,
        "error": [f'Invalid domain: "{domain}"'],
        "message": (
            "Query validation failed:\n\nErrors:\n"
            f'  - [INVALID_DOMAIN] from: Invalid domain: "{domain}"\n'
            '    Suggestion: Valid domains are: "sessions", "activities"'
        ),
        "warnings": [],
        "schema": "# Jules Query Language (JQL) Schema Reference\n",
    }
