"""A ``Caller`` that answers from recorded steps, or from a function, and a clock that stands still."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jjm_tui.errors import Effect, ToolArgumentsError, ToolNotFoundError
from jjm_tui.gateway.refusals import classify_text
from jjm_tui.gateway.server import JulesServer
from jjm_tui.gateway.wire import CallPolicy, Handshake
from jjm_tui.ports import ResourceInfo, ToolAnswer, ToolInfo

WIRE = Path(__file__).parents[2] / "wire"
NOW = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
PAGING = frozenset(
    {"pageSize", "pageToken", "page_size", "limit", "includeActivities", "status", "offset", "select", "tokenBudget"}
)


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        return


def load(name: str) -> list[dict[str, Any]]:
    """The steps of one recorded file, such as ``rest/steps``."""
    steps: list[dict[str, Any]] = json.loads((WIRE / f"{name}.json").read_text())
    return steps


def tool_infos(steps: Sequence[Mapping[str, Any]]) -> tuple[ToolInfo, ...]:
    tools = next(step["result"]["tools"] for step in steps if step["label"] == "tools/list")
    return tuple(ToolInfo(tool["name"], tool.get("description"), tool["inputSchema"]) for tool in tools)


def raise_protocol_error(error: Mapping[str, Any], what: str) -> None:
    """What the calls room makes of the two JSON-RPC errors that are not a tool's own."""
    if error["code"] == -32601:
        raise ToolNotFoundError(f"No tool {what}.", effect=Effect.REFUSED)
    if error["code"] == -32602:
        raise ToolArgumentsError(error["message"], effect=Effect.REFUSED)


def to_answer(step: Mapping[str, Any]) -> ToolAnswer:
    if "protocol_error" in step:
        raise_protocol_error(step["protocol_error"], str(step["call"]))
        return ToolAnswer(step["protocol_error"]["message"], is_error=True)
    result = step["result"]
    text = "\n".join(block["text"] for block in result["content"] if block.get("type") == "text")
    return ToolAnswer(text, result.get("structuredContent"), bool(result.get("isError")))


class FakeCaller:
    """Answers calls with ``respond``, and calls ``written`` and ``judge`` as ``wire.Caller`` promises."""

    def __init__(
        self,
        tools: Sequence[ToolInfo],
        respond: Callable[[str, Mapping[str, Any]], ToolAnswer],
        *,
        resources: Mapping[str, str | Mapping[str, Any]] | None = None,
    ) -> None:
        self.tools = tuple(tools)
        self.respond = respond
        self.resources = dict(resources or {})
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.policies: list[CallPolicy] = []
        self.one_at_a_time = False
        self.closed = False

    async def connect(self) -> Handshake:
        return Handshake("recorded", "1", "2025-11-25", self.tools, has_resources=bool(self.resources))

    async def call(self, tool: str, arguments: Mapping[str, Any], policy: CallPolicy) -> ToolAnswer:
        json.dumps(arguments)
        if policy.written is not None:
            policy.written()
        self.calls.append((tool, dict(arguments)))
        self.policies.append(policy)
        answer = self.respond(tool, arguments)
        error = None if policy.judge is None else policy.judge(answer)
        if error is not None:
            raise error
        return answer

    async def list_resources(self, policy: CallPolicy) -> tuple[ResourceInfo, ...]:
        return tuple(ResourceInfo(uri, uri) for uri in self.resources)

    async def read_resource(self, uri: str, policy: CallPolicy) -> str:
        self.calls.append(("@resource", {"uri": uri}))
        content = self.resources.get(uri)
        if content is None:
            raise ToolNotFoundError(f"No resource {uri}.", effect=Effect.REFUSED)
        if isinstance(content, str):
            return content
        raise classify_text(content["message"], writing=False)

    def use_one_call_at_a_time(self) -> None:
        self.one_at_a_time = True

    async def close(self) -> None:
        self.closed = True

    def called(self) -> list[str]:
        return [name for name, _ in self.calls]


class ReplayCaller(FakeCaller):
    """Answers from recorded steps that have the same tool and the same arguments, paging aside, in their order.

    The last matching step keeps answering. ``labels`` limits the steps to some of them.
    """

    def __init__(self, name: str, *labels: str) -> None:
        steps = load(name)
        self.replies: dict[str, list[dict[str, Any]]] = defaultdict(list)
        resources: dict[str, str | Mapping[str, Any]] = {}
        for step in steps:
            if step.get("call") is None or (labels and step["label"] not in labels):
                continue
            if step["call"] == "@parallel":
                for call, result in zip(step["arguments"], step["result"]["parallel"], strict=True):
                    if "content" in result:
                        self.replies[_key(*call)].append({"call": call[0], "result": result})
                    else:
                        message = result["protocol_error"].removeprefix("MCPError: ")
                        error = {"code": -32603, "message": message}
                        self.replies[_key(*call)].append({"call": call[0], "protocol_error": error})
            elif step["call"] == "@resource":
                uri = step["arguments"]
                if "result" in step:
                    resources[uri] = step["result"]["contents"][0]["text"]
                else:
                    resources[uri] = step["protocol_error"]
            else:
                self.replies[_key(step["call"], step["arguments"])].append(step)
        super().__init__(tool_infos(steps), self._replay, resources=resources)

    def _replay(self, tool: str, arguments: Mapping[str, Any]) -> ToolAnswer:
        replies = self.replies.get(_key(tool, arguments))
        if not replies:
            raise AssertionError(f"nothing recorded for {tool} {dict(arguments)}")
        return to_answer(replies.pop(0) if len(replies) > 1 else replies[0])


def _key(tool: str, arguments: Mapping[str, Any]) -> str:
    return json.dumps([tool, _plain(arguments)], sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if key not in PAGING}
    return value


def serve(caller: FakeCaller) -> JulesServer:
    return JulesServer(caller, StoppedClock(), "test")


def replay(name: str, *labels: str) -> tuple[JulesServer, ReplayCaller]:
    """A server over one recorded file."""
    caller = ReplayCaller(name, *labels)
    return serve(caller), caller


class Written:
    """Counts how often ``written`` was called."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1
