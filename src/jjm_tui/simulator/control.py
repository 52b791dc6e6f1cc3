"""A tester's hand: one tool that moves the clock, the sessions and the faults. Listed only when asked for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from jjm_tui.errors import JulesManagerError
from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.dialect import NUMBER, TEXT, Reply, build_schema
from jjm_tui.simulator.faults import Fault, FaultPlan
from jjm_tui.simulator.world import World

ACTIONS: Final = (
    "step",
    "pause",
    "resume_clock",
    "speed",
    "fault",
    "clear_faults",
    "change_plan",
    "set_state",
    "say",
    "archive",
    "unarchive",
    "delete",
    "create",
    "message",
    "approve",
    "journal",
    "calls",
    "now",
)

CONTROL_TOOL: Final[dict[str, Any]] = {
    "name": "simulator_control",
    "description": "Moves the simulated world. Not part of any real server.",
    "inputSchema": build_schema(
        {
            "action": {"type": "string", "enum": list(ACTIONS)},
            "seconds": NUMBER,
            "speed": NUMBER,
            "spec": TEXT,
            "sessionId": TEXT,
            "state": TEXT,
            "text": TEXT,
            "source": TEXT,
        },
        ["action"],
    ),
}


class Controller:
    """Carries out ``simulator_control`` on a world and its faults.

    ``create``, ``message``, ``approve``, ``archive`` and ``delete`` are what another person does elsewhere; they are
    in the journal like everybody's effects.
    """

    def __init__(self, world: World, faults: FaultPlan) -> None:
        self._world = world
        self._faults = faults
        self.calls: Counter[str] = Counter()

    def call(self, arguments: Mapping[str, Any]) -> Reply:
        """Do it; the answer is JSON, a mistake is an error in words."""
        try:
            return Reply(json.dumps(self.act(arguments)))
        except (ApiError, JulesManagerError, KeyError, TypeError, ValueError) as error:
            return Reply(f"simulator_control: {error!r}", is_error=True)

    def act(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Do it.

        Raises:
            KeyError: an argument is missing, or the action is unknown.
            ApiError: the world says no.
            ValidationError: the fault cannot be read.
        """
        world, session_id = self._world, arguments.get("sessionId", "")
        actions: dict[str, Callable[[], Any]] = {
            "step": lambda: world.step(float(arguments["seconds"])),
            "pause": world.pause,
            "resume_clock": world.go_on,
            "speed": lambda: world.set_speed(float(arguments["speed"])),
            "fault": lambda: self._faults.add(Fault.parse(arguments["spec"])),
            "clear_faults": self._faults.clear,
            "change_plan": lambda: {"planId": world.change_plan(session_id, arguments.get("text", "Changed."))},
            "set_state": lambda: world.set_state(session_id, arguments["state"]),
            "say": lambda: world.say(session_id, arguments["text"]),
            "archive": lambda: world.archive(session_id),
            "unarchive": lambda: world.archive(session_id, archived=False),
            "delete": lambda: world.delete_session(session_id),
            "create": lambda: self._create(arguments),
            "message": lambda: world.send_message(session_id, arguments["text"]),
            "approve": lambda: world.approve_plan(session_id),
            "journal": lambda: {"journal": [entry.to_dict() for entry in world.journal]},
            "calls": lambda: {"calls": dict(self.calls)},
            "now": lambda: None,
        }
        result = actions[arguments["action"]]() or {}
        return {"now": world.now.isoformat(), "speed": world.speed, **result}

    def _create(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        source = arguments.get("source", "sources/github/acme/webapp")
        return self._world.create_session(
            arguments["text"],
            source,
            starting_branch="main",
            require_plan_approval=True,
            automation_mode="AUTO_CREATE_PR",
        )
