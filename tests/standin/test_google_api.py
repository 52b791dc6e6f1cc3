"""The stand-in answers over HTTP as Google's front ends do."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from jjm_tui.simulator.world import World
from tests.real_server.harness import PRELOAD, WorldControl, find_tool, run_stand_in
from tests.standin.google_api import EXPIRED_KEY, GOOD_KEY, Server, StandIn


@pytest.fixture
def port() -> Iterator[int]:
    server = Server(StandIn(World(speed=0)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port: int, method: str, path: str, body: Any = None, key: str | None = GOOD_KEY) -> tuple[int, Any]:
    headers = {} if key is None else {"X-Goog-Api-Key": key}
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"http://127.0.0.1:{port}/v1alpha/{path}", data=data, method=method, headers=headers)
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_keys_are_checked_as_google_does(port: int) -> None:
    assert ask(port, "GET", "sources")[0] == 200
    code, wrong = ask(port, "GET", "sources", key="wrong")
    assert (code, wrong["error"]["message"]) == (400, "API key not valid. Please pass a valid API key.")
    assert wrong["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert ask(port, "GET", "sources", key=None)[0] == 403
    assert ask(port, "GET", "sources", key=EXPIRED_KEY)[0] == 401


def test_every_call_of_the_api_is_served(port: int) -> None:
    context = {"source": "sources/github/acme/webapp", "githubRepoContext": {"startingBranch": "develop"}}
    code, made = ask(port, "POST", "sessions", {"prompt": "x", "title": "T", "sourceContext": context})
    assert (code, made["title"], made["sourceContext"]) == (200, "T", context)
    session = f"sessions/{made['id']}"
    assert ask(port, "GET", session) == (200, made)
    assert ask(port, "POST", f"{session}:sendMessage", {"prompt": "hello"}) == (200, {})
    activities = ask(port, "GET", f"{session}/activities?pageSize=1")[1]["activities"]
    assert ask(port, "GET", activities[0]["name"])[1] == activities[0]
    assert ask(port, "POST", f"{session}:approvePlan", {})[1]["error"]["status"] == "FAILED_PRECONDITION"
    assert ask(port, "POST", f"{session}:archive", {}) == (200, {})
    assert len(ask(port, "GET", "sessions?filter=archived%20%3D%20true")[1]["sessions"]) == 1
    assert ask(port, "POST", f"{session}:unarchive", {}) == (200, {})
    assert len(ask(port, "GET", "sessions?pageSize=100")[1]["sessions"]) == 13
    assert ask(port, "GET", "sources/github/acme/webapp")[1]["githubRepo"]["repo"] == "webapp"
    assert ask(port, "DELETE", session) == (200, {})
    for method, path in (("GET", session), ("GET", "nothing"), ("POST", f"{session}:dance"), ("DELETE", "sources")):
        assert ask(port, method, path, {} if method == "POST" else None)[0] == 404
    kinds = [entry["kind"] for entry in WorldControl(port).journal()]
    assert kinds == ["create", "message", "archive", "unarchive", "delete"]


def test_control_moves_the_world_and_its_failures(port: int) -> None:
    control = WorldControl(port)
    before = ask(port, "GET", "sessions")
    control.step(30)
    assert ask(port, "GET", "sessions") != before
    control.fail("GET /v1alpha/sources", 429, count=2)
    assert [ask(port, "GET", "sources")[0] for _ in range(3)] == [429, 429, 200]
    control.fail("POST /v1alpha/sessions", 0, after=True)
    with pytest.raises(OSError, match="closed"):
        ask(port, "POST", "sessions", {"prompt": "Lost"})
    assert [entry["text"] for entry in control.journal()] == ["Lost"]
    assert control.requests()[-1] == "POST /v1alpha/sessions"


@pytest.mark.needs_node
def test_preload_leads_fetch_and_https_to_the_stand_in_and_nothing_elsewhere() -> None:
    script = """
    const https = require("node:https");
    const headers = { "X-Goog-Api-Key": process.argv[1] };
    const base = "https://jules.googleapis.com/v1alpha";
    const viaHttps = () => new Promise((resolve, reject) => {
      https.get(base + "/sources?pageSize=1", { headers }, (answer) => {
        let text = "";
        answer.on("data", (part) => { text += part; }).on("end", () => resolve(JSON.parse(text).sources.length));
      }).on("error", reject);
    });
    (async () => {
      const fetched = await (await fetch(base + "/sessions", { headers })).json();
      const refused = await fetch("https://example.org/").then(() => "went out", (error) => error.message);
      console.log(JSON.stringify([fetched.sessions.length, await viaHttps(), refused]));
    })();
    """
    with run_stand_in(tasks=5) as port:
        ended = subprocess.run(
            [find_tool("node"), "--require", str(PRELOAD), "-e", script, GOOD_KEY],
            env={"JJM_STANDIN_PORT": str(port)},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
            cwd=Path(__file__).parent,
        )
    assert json.loads(ended.stdout) == [5, 1, "The tests allow no request to example.org."]
