"""Tasks made by hand, for output that must be exactly so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO, TextIOWrapper

from jjm_tui.cli.output import Look, Output
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, Plan, PlanStep, SourceFile, Task

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


WAITING = Task(
    id="31415926535897932384",
    title="Upgrade the ORM",
    description="Move to SQLAlchemy 2.0.",
    repository="acme/api.server",
    branch="main",
    status=TaskStatus.WAITING_APPROVAL,
    status_detail="AWAITING_PLAN_APPROVAL",
    created_at=ago(hours=2),
    updated_at=ago(minutes=18),
    waiting_since=ago(minutes=18),
    synced_at=ago(seconds=14),
    url="https://jules.google.com/session/31415926535897932384",
    plan=Plan("9f86d081884c7d65", (PlanStep("Pin SQLAlchemy 2.0", "Update the lock file."),), id="p1", complete=True),
    chat_history=(ChatMessage("Move to SQLAlchemy 2.0.", "user", ago(hours=2)),),
    chat_truncated=False,
    source_files=(
        SourceFile("app/db.py", "modified", 12, 3),
        SourceFile("app/new.py", "created", 5, 0),
        SourceFile("old.py", "deleted", 0, 40),
    ),
    on_server=True,
    origin="default/rest",
    extra={"from_the_future": 1},
)
RUNNING = Task(
    id="27182818284590452353",
    description="Fix the login bug that keeps people out when their session token has expired during a redirect",
    repository="acme/webapp",
    branch="feature/a-long-branch-name",
    status=TaskStatus.IN_PROGRESS,
    created_at=ago(hours=3),
    updated_at=ago(days=2),
)
DONE = Task(
    id="27182818999999999999",
    title="日本語のタイトル",
    status=TaskStatus.COMPLETED,
    updated_at=ago(seconds=5),
    waiting_since=ago(seconds=5),
    seen_at=ago(seconds=1),
)
UNKNOWN = Task(id="16180339887498948482")
ALL = (DONE, WAITING, RUNNING, UNKNOWN)


class Screen:
    """An output whose two streams can be read back."""

    def __init__(
        self,
        *,
        terminal: bool = True,
        error_terminal: bool = False,
        width: int = 80,
        unicode: bool = True,
        quiet: bool = False,
    ) -> None:
        self._out, self._err = BytesIO(), BytesIO()
        self.output = Output(
            TextIOWrapper(self._out, "utf-8", write_through=True),
            TextIOWrapper(self._err, "utf-8", write_through=True),
            Look(terminal, error_terminal, width=width, unicode=unicode, quiet=quiet),
        )

    @property
    def out(self) -> str:
        return self._out.getvalue().decode()

    @property
    def err(self) -> str:
        return self._err.getvalue().decode()
