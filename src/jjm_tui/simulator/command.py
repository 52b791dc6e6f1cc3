"""The ``simulator`` command: options, and the process that serves a world until its client goes away."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jjm_tui.errors import JulesManagerError, ValidationError

if TYPE_CHECKING:
    from io import BufferedReader

    from jjm_tui.simulator.dialect import Dialect
    from jjm_tui.simulator.faults import Fault
    from jjm_tui.simulator.variants import Variant
    from jjm_tui.simulator.world import World

_MOST = 1_000_000
DIALECTS = ("rest", "official", "browser")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``jjm simulator``."""
    parser.add_argument("--tasks", type=_count, default=12, metavar="N", help="tasks at the beginning (12)")
    parser.add_argument("--seed", type=_seed, default=1, metavar="N", help="decides every story (1)")
    parser.add_argument(
        "--speed", type=_speed, default=None, metavar="X", help="simulated seconds per second (1); 0 stands still"
    )
    parser.add_argument("--dialect", choices=DIALECTS, default="rest", help="which server to be (rest)")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep the world in FILE, so that processes and restarts share it"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="SPEC",
        help="do something wrong, such as error=429:list_sessions:2",
    )
    parser.add_argument(
        "--http", type=_port, metavar="PORT", help="serve streamable HTTP on 127.0.0.1:PORT instead of stdio; 0: any"
    )
    parser.add_argument("--control", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--variant", default=None, metavar="SPEC", help=argparse.SUPPRESS)
    parser.add_argument("--hostile", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--activities-race", type=float, default=0.0, metavar="S", help=argparse.SUPPRESS)


def _count(text: str) -> int:
    number = _whole(text)
    if number is None or not 0 <= number <= _MOST:
        raise argparse.ArgumentTypeError(f"wants a whole number from 0 to {_MOST}, not {text!r}")
    return number


def _seed(text: str) -> int:
    number = _whole(text)
    if number is None:
        raise argparse.ArgumentTypeError(f"wants a whole number, not {text!r}")
    return number


def _whole(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= _MOST:
        raise argparse.ArgumentTypeError(f"wants a number from 0 to {_MOST}, not {text!r}")
    return speed


def _port(text: str) -> int:
    port = _whole(text)
    if port is None or not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"wants a port from 0 to 65535, not {text!r}")
    return port


def build_world(namespace: argparse.Namespace) -> World:
    """The world that the options describe. Raises StorageError."""
    from jjm_tui.simulator.world import World

    speed: float | None = namespace.speed
    world = World(
        seed=namespace.seed,
        tasks=namespace.tasks,
        speed=1.0 if speed is None else speed,
        state_path=namespace.state,
        hostile=namespace.hostile,
        activities_race=namespace.activities_race,
    )
    if speed is not None and world.speed != speed:
        world.set_speed(speed)
    return world


def build_dialect(world: World, name: str, variant: Variant | None = None, *, strict: bool = False) -> Dialect:
    """The family of servers to be; ``strict`` is the official one that cannot read command output."""
    if name == "official":
        from jjm_tui.simulator.official_dialect import OfficialDialect

        return OfficialDialect(world, strict_artifacts=strict)
    if name == "browser":
        from jjm_tui.simulator.browser_dialect import BrowserDialect

        return BrowserDialect(world)
    from jjm_tui.simulator.rest_dialect import RestDialect
    from jjm_tui.simulator.variants import VariantDialect

    return RestDialect(world) if variant is None else VariantDialect(world, variant)


def run(namespace: argparse.Namespace) -> int:
    """Serve until the client goes away; answers the exit code."""
    from jjm_tui.simulator.faults import Fault
    from jjm_tui.simulator.variants import Variant

    try:
        faults = [Fault.parse(spec) for spec in namespace.fault]
        variant = Variant.parse(namespace.variant) if namespace.variant and namespace.dialect == "rest" else None
        _check_state(namespace.state)
    except JulesManagerError as error:
        return _tell(error, 2)
    for fault in faults:
        if fault.kind == "die-at-start":
            print(fault.text, file=sys.stderr)  # noqa: T201
            return 1
    try:
        return _serve(namespace, faults, variant)
    except JulesManagerError as error:
        return _tell(error, 1)


def _check_state(path: Path | None) -> None:
    """Raise ValidationError when there is no folder for the state file: a slip of the finger, most likely."""
    if path is not None and not path.expanduser().absolute().parent.is_dir():
        raise ValidationError(
            f"--state {path}: there is no folder {path.parent}.", hint="Make it first, or name a file in another one."
        )


def _tell(error: JulesManagerError, code: int) -> int:
    hint = f"\n  {error.hint}" if error.hint else ""
    print(f"jjm: {error.message}{hint}", file=sys.stderr)  # noqa: T201
    return code


def _end_now(_number: int, _frame: object) -> None:
    os._exit(0)


def _serve(namespace: argparse.Namespace, faults: list[Fault], variant: Variant | None) -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end_now)
    import anyio

    from jjm_tui.simulator import server as mcp_server
    from jjm_tui.simulator.control import Controller
    from jjm_tui.simulator.faults import FaultPlan

    world = build_world(namespace)
    plan = FaultPlan(faults, seed=namespace.seed, used=lambda: world.faults_used)
    dialect = build_dialect(world, namespace.dialect, variant, strict=namespace.variant == "strict")
    controller = Controller(world, plan) if namespace.control else None
    if namespace.http is not None:
        simulator = mcp_server.SimulatorServer(world, dialect, plan, controller)
        anyio.run(mcp_server.serve_http, simulator.build(), namespace.http, lambda address: print(address, flush=True))  # noqa: T201
        return 0
    wire_in, wire_out = mcp_server.guard_stdout()
    if plan.has("silent-start"):
        return _stay_silent(wire_in)

    def say_garbage(line: bytes) -> None:
        wire_out.write(line)
        wire_out.flush()

    simulator = mcp_server.SimulatorServer(world, dialect, plan, controller, say_garbage)
    anyio.run(mcp_server.serve_stdio, simulator.build(), wire_in, wire_out)
    return 0


def _stay_silent(wire_in: BufferedReader) -> int:
    while wire_in.read1(65536):
        pass
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """``python -m jjm_tui.simulator``."""
    parser = argparse.ArgumentParser(prog="jjm simulator", description="A Jules MCP server that needs no account.")
    add_arguments(parser)
    return run(parser.parse_args(argv))
