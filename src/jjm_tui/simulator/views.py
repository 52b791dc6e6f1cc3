"""How the REST API v1alpha shows sources, sessions and activities: proto-JSON, empty and zero values left out."""

from __future__ import annotations

import base64
import zlib
from datetime import UTC, datetime
from functools import cache
from struct import pack
from typing import Any

from jjm_tui.simulator.catalogue import SimulatedRepository, slug
from jjm_tui.simulator.patches import render_diff
from jjm_tui.simulator.script import Progress
from jjm_tui.simulator.session import ActivityRecord, PlanRecord, Session, digest
from jjm_tui.simulator.states import State


def show_time(moment: datetime) -> str:
    """RFC 3339 with microseconds, as the recorded answers have it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def show_source(repository: SimulatedRepository) -> dict[str, Any]:
    """A ``Source``."""
    github: dict[str, Any] = {"owner": repository.owner, "repo": repository.name}
    if repository.private:
        github["isPrivate"] = True
    github["defaultBranch"] = {"displayName": repository.default_branch}
    github["branches"] = [{"displayName": branch} for branch in repository.branches]
    return {"name": repository.source, "id": repository.source.removeprefix("sources/"), "githubRepo": github}


def show_session(session: Session) -> dict[str, Any]:
    """A ``Session``; its outputs appear once it is completed."""
    spec = session.spec
    view: dict[str, Any] = {"name": f"sessions/{spec.id}", "id": spec.id, "prompt": spec.prompt}
    if spec.title:
        view["title"] = spec.title
    if spec.repository is not None:
        view["sourceContext"] = {
            "source": spec.repository.source,
            "githubRepoContext": {"startingBranch": spec.branch},
        }
    view["createTime"] = show_time(spec.created)
    view["updateTime"] = show_time(session.updated)
    view["state"] = session.state.value
    view["url"] = f"https://jules.google.com/session/{spec.id}"
    if session.archived:
        view["archived"] = True
    outputs = show_outputs(session)
    if outputs:
        view["outputs"] = outputs
    return view


def show_outputs(session: Session) -> list[dict[str, Any]]:
    """The pull request and the change set of a completed session."""
    if session.state is not State.COMPLETED or not session.spec.work.changes:
        return []
    outputs: list[dict[str, Any]] = []
    pull_request = show_pull_request(session)
    if pull_request is not None:
        outputs.append({"pullRequest": pull_request})
    outputs.append({"changeSet": show_change_set(session, tuple(range(len(session.spec.work.changes))))})
    return outputs


def show_pull_request(session: Session) -> dict[str, Any] | None:
    """The pull request of a completed session; there is none without a repository, or when none was wanted."""
    spec = session.spec
    if spec.repository is None or not spec.pull_request:
        return None
    number = 20 + int(digest(spec.id, "pull", size=2), 16) % 400
    title = spec.title or spec.prompt.splitlines()[0]
    return {
        "url": f"https://github.com/{spec.repository.full_name}/pull/{number}",
        "title": title,
        "description": spec.work.summary,
        "baseRef": spec.branch,
        "headRef": f"jules/{slug(title)}-{spec.id[-6:]}",
    }


def show_change_set(session: Session, indexes: tuple[int, ...]) -> dict[str, Any]:
    """A ``ChangeSet`` with the diff of some of the work's files."""
    spec = session.spec
    patch: dict[str, Any] = {"unidiffPatch": render_diff(spec.work.changes[index] for index in indexes)}
    view: dict[str, Any] = {}
    if spec.repository is not None:
        view["source"] = spec.repository.source
        patch["baseCommitId"] = digest(spec.repository.full_name, spec.branch, size=20)
        patch["suggestedCommitMessage"] = spec.title or spec.prompt.splitlines()[0][:72]
    view["gitPatch"] = patch
    return view


def show_plan(plan: PlanRecord) -> dict[str, Any]:
    """A ``Plan``; the index of the first step is 0 and therefore left out."""
    steps: list[dict[str, Any]] = []
    for number, step in enumerate(plan.steps):
        view: dict[str, Any] = {"id": f"{plan.id[:12]}-s{number}", "title": step.title}
        if step.description:
            view["description"] = step.description
        if number:
            view["index"] = number
        steps.append(view)
    return {"id": plan.id, "steps": steps, "createTime": show_time(plan.created)}


def show_activity(session: Session, record: ActivityRecord) -> dict[str, Any]:
    """An ``Activity`` with its artifacts."""
    view: dict[str, Any] = {"name": f"sessions/{session.spec.id}/activities/{record.id}", "id": record.id}
    if record.kind is None:
        view["description"] = record.payload
    view["createTime"] = show_time(record.time)
    view["originator"] = record.originator
    artifacts = show_artifacts(session, record.progress)
    if artifacts:
        view["artifacts"] = artifacts
    if record.kind is not None:
        shown = {"plan": show_plan(record.payload)} if isinstance(record.payload, PlanRecord) else record.payload
        view[record.kind] = shown
    return view


def show_artifacts(session: Session, progress: Progress | None) -> list[dict[str, Any]]:
    """What a progress report brings along: a patch, the output of a command, a picture."""
    if progress is None:
        return []
    work = session.spec.work
    artifacts: list[dict[str, Any]] = []
    if progress.changes:
        artifacts.append({"changeSet": show_change_set(session, progress.changes)})
    if progress.command:
        bash: dict[str, Any] = {"command": work.command, "output": work.output}
        if "error" in work.output:
            bash["exitCode"] = 1
        artifacts.append({"bashOutput": bash})
    if progress.media:
        artifacts.append({"media": {"mimeType": "image/png", "data": draw_picture()}})
    return artifacts


@cache
def draw_picture() -> str:
    """A tiny real PNG, half light and half dark, as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\x00" + b"\xff" * 8 + b"\x20" * 8 for _ in range(16))
    header = pack(">IIBBBBB", 16, 16, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()
