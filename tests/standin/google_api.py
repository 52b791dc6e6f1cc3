"""Serves a simulated world on loopback as ``https://jules.googleapis.com/v1alpha`` does.

Start it as a process with ``python -m tests.standin.google_api``; it prints its port and ends with its standard
input. Real third-party servers reach it through ``preload.cjs``. What a test may do is under ``/control/``:

- ``POST /control/act``: ``simulator_control`` arguments (step, set_state, change_plan, create, journal …)
- ``POST /control/fail``: the fields of ``Failure``, such as ``{"match": "GET /v1alpha/sessions", "status": 429}``;
  status 0 closes the connection without an answer; ``after`` lets the effect happen first
- ``GET /control/journal``, ``GET /control/requests``
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from jjm_tui.simulator import api_errors
from jjm_tui.simulator.api_errors import ApiError
from jjm_tui.simulator.control import Controller
from jjm_tui.simulator.faults import FaultPlan
from jjm_tui.simulator.world import World

GOOD_KEY = "stand-in-key"
EXPIRED_KEY = "expired-key"
PREFIX = "/v1alpha/"


@dataclass
class Failure:
    """What goes wrong with the next requests that match."""

    match: str
    status: int
    count: int = 1
    body: str | None = None
    after: bool = False


@dataclass
class StandIn:
    """A world behind HTTP."""

    world: World
    failures: list[Failure] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.controller = Controller(self.world, FaultPlan())

    def take_failure(self, line: str) -> Failure | None:
        for failure in self.failures:
            if failure.count > 0 and line.startswith(failure.match):
                failure.count -= 1
                return failure
        return None

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> dict[str, Any]:
        """The answer of the REST API. Raises ApiError."""
        if method == "GET":
            return self.read(path, query)
        match (method, path.split("/")):
            case ("POST", ["sessions"]):
                return self.create(body)
            case ("POST", ["sessions", target]) if ":" in target:
                return self.act(*target.split(":", 1), body)
            case ("DELETE", ["sessions", session_id]):
                return self.world.delete_session(session_id)
            case _:
                raise api_errors.not_found()

    def read(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        page = (query.get("pageSize"), query.get("pageToken"))
        match path.split("/"):
            case ["sources"]:
                return self.world.list_sources(*page)
            case ["sources", *_]:
                return self.world.get_source(path)
            case ["sessions"]:
                return self.world.list_sessions(*page, query.get("filter"))
            case ["sessions", session_id]:
                return self.world.get_session(session_id)
            case ["sessions", session_id, "activities"]:
                return self.world.list_activities(session_id, *page, query.get("filter"))
            case ["sessions", session_id, "activities", activity_id]:
                return self.world.get_activity(session_id, activity_id)
            case _:
                raise api_errors.not_found()

    def act(self, session_id: str, verb: str, body: Any) -> dict[str, Any]:
        match verb:
            case "sendMessage":
                return self.world.send_message(session_id, body.get("prompt"))
            case "approvePlan":
                return self.world.approve_plan(session_id)
            case "archive" | "unarchive":
                return self.world.archive(session_id, archived=verb == "archive")
            case _:
                raise api_errors.not_found()

    def create(self, body: Any) -> dict[str, Any]:
        context = body.get("sourceContext") or {}
        return self.world.create_session(
            body.get("prompt"),
            context.get("source"),
            starting_branch=context.get("githubRepoContext", {}).get("startingBranch"),
            title=body.get("title"),
            require_plan_approval=bool(body.get("requirePlanApproval")),
            automation_mode=body.get("automationMode"),
        )

    def control(self, path: str, body: Any) -> Any:
        match path:
            case "/control/act":
                return self.controller.act(body)
            case "/control/fail":
                self.failures.append(Failure(**body))
                return {}
            case "/control/journal":
                return [entry.to_dict() for entry in self.world.journal]
            case "/control/requests":
                return self.requests
            case _:
                raise api_errors.not_found()


def check_key(key: str | None) -> None:
    """As Google's front ends do. Raises ApiError."""
    if not key:
        raise ApiError(403)
    if key == EXPIRED_KEY:
        raise ApiError(401)
    if key != GOOD_KEY:
        raise api_errors.bad_key()


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def log_message(self, *_: Any) -> None:
        """Nothing: the output belongs to the test run."""

    def do_GET(self) -> None:
        self.serve("GET")

    def do_POST(self) -> None:
        self.serve("POST")

    def do_DELETE(self) -> None:
        self.serve("DELETE")

    def serve(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length) if length else b""
        address = urlsplit(self.path)
        with self.stand_in.lock:
            try:
                body = json.loads(raw) if raw else {}
                if address.path.startswith("/control/"):
                    return self.send(200, self.stand_in.control(address.path, body))
                self.stand_in.requests.append(f"{method} {self.path}")
                failure = self.stand_in.take_failure(f"{method} {address.path}")
                if failure is None or failure.after:
                    answer = self.ask_world(method, address.path, address.query, body)
                if failure is not None:
                    return self.fail(failure)
                return self.send(200, answer)
            except ApiError as error:
                return self.send(error.code, error.body())
            except (KeyError, TypeError, ValueError) as error:
                return self.send(400, api_errors.invalid(str(error)).body())

    def ask_world(self, method: str, path: str, query: str, body: Any) -> dict[str, Any]:
        check_key(self.headers.get("X-Goog-Api-Key"))
        if not path.startswith(PREFIX):
            raise api_errors.not_found()
        values = {name: values[-1] for name, values in parse_qs(query).items()}
        return self.stand_in.answer(method, unquote(path.removeprefix(PREFIX)), values, body)

    def fail(self, failure: Failure) -> None:
        if failure.status == 0:
            self.close_connection = True
            return
        if failure.body is not None:
            self.send_text(failure.status, failure.body, "text/html")
        else:
            self.send(failure.status, ApiError(failure.status).body())

    def send(self, status: int, value: Any) -> None:
        self.send_text(status, json.dumps(value, indent=2), "application/json; charset=UTF-8")

    def send_text(self, status: int, text: str, kind: str) -> None:
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(ThreadingHTTPServer):
    """Loopback only; threads do not hold up the end."""

    daemon_threads = True

    def __init__(self, stand_in: StandIn) -> None:
        super().__init__(("127.0.0.1", 0), type("BoundHandler", (Handler,), {"stand_in": stand_in}))

    @property
    def port(self) -> int:
        return int(self.server_address[1])


def main() -> int:
    parser = argparse.ArgumentParser(description="A stand-in for Google's Jules API on loopback.")
    parser.add_argument("--tasks", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=0.0)
    options = parser.parse_args()
    server = Server(StandIn(World(options.seed, options.tasks, options.speed)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.read()
    return 0


if __name__ == "__main__":
    sys.exit(main())
