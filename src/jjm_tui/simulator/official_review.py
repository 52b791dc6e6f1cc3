"""The official server's diffs and code reviews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from jjm_tui.simulator import views
from jjm_tui.simulator.official_views import STATE_WORDS, summarise
from jjm_tui.simulator.patches import FileChange, render_diff, render_file_diff
from jjm_tui.simulator.session import ActivityRecord, Session
from jjm_tui.simulator.states import State

_MARKS: Final = {"created": "🟢", "modified": "🟡", "deleted": "🔴"}
NO_CHANGES: Final = "No changes found in this session."


@dataclass(frozen=True, slots=True)
class ReviewedFile:
    """A changed file with its counts of lines and the activity that changed it."""

    change: FileChange
    kind: str
    added: int
    removed: int
    activity_id: str


def list_changes(session: Session) -> list[FileChange]:
    """The changes that a session shows so far."""
    work = session.spec.work
    indexes = range(len(work.changes)) if session.state is State.COMPLETED else sorted(session.done_changes)
    return [work.changes[index] for index in indexes]


def count_lines(change: FileChange) -> tuple[int, int]:
    """Added and removed lines of one file."""
    body = [line for line in render_file_diff(change).splitlines() if not line.startswith(("+++", "---"))]
    return sum(line.startswith("+") for line in body), sum(line.startswith("-") for line in body)


def classify(change: FileChange) -> str:
    """created, modified or deleted."""
    if change.before is None:
        return "created"
    return "deleted" if change.after is None else "modified"


def render_code_diff(session: Session, file: str | None, activity_id: str | None) -> str:
    """The answer of ``show_code_diff``."""
    changes = list_changes(session)
    if activity_id:
        shown = [record.progress for record in session.activities if record.id == activity_id and record.progress]
        changes = [session.spec.work.changes[index] for progress in shown for index in progress.changes]
    if file:
        changes = [change for change in changes if change.path == file]
    return render_diff(changes) or NO_CHANGES


def render_review(session: Session, form: str, wanted: str) -> str:
    """The answer of ``get_code_review_context``."""
    files = [file for file in _review_files(session) if wanted in {"all", file.kind}]
    if form == "markdown":
        return _render_markdown(session, files)
    if form == "detailed":
        return "\n".join(
            f"{_MARKS[file.kind]} {file.change.path}\n   Type: {file.kind}\n"
            f"   Lines: +{file.added} / -{file.removed}\n   Activities: {file.activity_id[:8]}"
            for file in files
        )
    if form == "tree":
        return _render_tree(files)
    return f"{_render_head(session)}\n\n{_render_counts(files)}\n\n📁 Changes:\n{_render_tree(files)}"


def _review_files(session: Session) -> list[ReviewedFile]:
    owners = {
        index: record.id
        for record in session.activities
        if record.progress is not None
        for index in record.progress.changes
    }
    fallback = session.activities[-1].id if session.activities else "0" * 16
    known = {change.path: owners.get(index, fallback) for index, change in enumerate(session.spec.work.changes)}
    return [
        ReviewedFile(change, classify(change), *count_lines(change), known[change.path])
        for change in list_changes(session)
    ]


def _render_head(session: Session) -> str:
    lines = [
        f'Session: "{session.spec.title or session.spec.prompt}" ({STATE_WORDS[session.state]})',
        f"URL: https://jules.google.com/session/{session.spec.id}",
    ]
    pull_request = views.show_pull_request(session) if session.state is State.COMPLETED else None
    if pull_request is not None:
        lines.append(f"PR: [{pull_request['title']}]({pull_request['url']})")
    return "\n".join(lines)


def _render_counts(files: Sequence[ReviewedFile]) -> str:
    added, removed = sum(file.added for file in files), sum(file.removed for file in files)
    lines = [f"📊 Summary: {len(files)} files changed (+{added} / -{removed})"]
    kinds = Counter(file.kind for file in files)
    lines += [f"  {_MARKS[kind]} {kinds[kind]} {kind}" for kind in _MARKS if kinds[kind]]
    return "\n".join(lines)


def _render_tree(files: Sequence[ReviewedFile]) -> str:
    lines: list[str] = []
    folder = None
    for file in sorted(files, key=lambda file: file.change.path):
        path = PurePosixPath(file.change.path)
        if path.parent != folder:
            folder = path.parent
            lines.append(f"{folder}/")
        counts = " / ".join(
            part for part in (f"+{file.added}" * bool(file.added), f"-{file.removed}" * bool(file.removed)) if part
        )
        lines.append(f"  {_MARKS[file.kind]} {path.name} ({counts}) [{file.activity_id[:8]}]")
    return "\n".join(lines)


def _render_markdown(session: Session, files: Sequence[ReviewedFile]) -> str:
    spec, kinds = session.spec, Counter(record.kind for record in session.activities)
    lines = [
        f"# Session: {spec.title or spec.prompt}",
        f"**Status**: `{STATE_WORDS[session.state]}` | **ID**: `{spec.id}`",
        "",
        "## Overview",
        f"- **Duration**: {int((session.updated - spec.created).total_seconds())}s",
        f"- **Total Activities**: {len(session.activities)}",
    ]
    pull_request = views.show_pull_request(session) if session.state is State.COMPLETED else None
    if pull_request is not None:
        lines.append(f"- **Pull Request**: [{pull_request['title']}]({pull_request['url']})")
    lines.append(f"- **Generated Files**: {len(files)}")
    for file in files:
        lines += [
            f"  - {file.change.path}",
            f"  - Type: {file.kind}",
            f"  - Additions: {file.added}",
            f"  - Deletions: {file.removed}",
        ]
    lines += [
        "",
        "## Insights",
        f"- **Completion Attempts**: {kinds['sessionCompleted']}",
        f"- **Plan Regenerations**: {kinds['planGenerated']}",
        f"- **User Interventions**: {kinds['userMessaged']}",
        "- **Failed Commands**: 0",
        "",
        "## Timeline",
    ]
    lines += [
        f"- **[{record.kind}]** {_describe(record)} _({views.show_time(record.time)})_" for record in session.activities
    ]
    lines += ["", "## Activity Counts", "```", *(f"{kind:<20}: {count}" for kind, count in kinds.items()), "```"]
    return "\n".join(lines)


def _describe(record: ActivityRecord) -> str:
    match record.kind:
        case "agentMessaged":
            return f"Agent: {record.payload['agentMessage']}"
        case "userMessaged":
            return f"User: {record.payload['userMessage']}"
        case _:
            return summarise(record).replace("Plan generated with", "Plan with")
