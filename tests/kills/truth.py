"""What the tests with killed processes share: worlds in files, and what is true about them."""

from __future__ import annotations

from pathlib import Path

from jjm_tui.domain.plans import fingerprint_steps
from jjm_tui.simulator.world import World

STATES = {"message": "AWAITING_USER_FEEDBACK", "approve": "AWAITING_PLAN_APPROVAL", "resume": "PAUSED"}


def prepare(folder: Path, kind: str) -> tuple[World, str | None, str | None]:
    """A world in a file, the task to decide about, and the fingerprint of its plan."""
    folder.mkdir(parents=True)
    world = World(1, 12, 0.0, state_path=folder / "world.json")
    if kind == "create":
        return world, None, None
    task_id = next(id_ for id_ in world.session_ids() if world.get_session(id_).get("state") == STATES[kind])
    plans = [
        item["planGenerated"]["plan"]
        for item in world.list_activities(task_id)["activities"]
        if "planGenerated" in item
    ]
    return world, task_id, fingerprint_steps(plans[-1]["steps"]) if plans else None


def effects_of(world: World, kind: str) -> int:
    """How often the world really did it."""
    wanted = "message" if kind == "resume" else kind
    return sum(1 for entry in world.journal if entry.kind == wanted)


def is_true(word: str, effects: int) -> bool:
    """Whether the word of an outcome fits what really happened."""
    if word == "done":
        return effects == 1
    return effects == 0 if word in ("refused", "not_sent") else effects in (0, 1)
