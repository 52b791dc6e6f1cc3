"""What a command says is on the screen before its server is left, however long that takes."""

from __future__ import annotations

import json

import pytest

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.loop import run_async
from jjm_tui.cli.parser import parse
from jjm_tui.errors import ServerConnectionError
from tests.cli.samples import Screen


def run(screen: Screen, handler, *arguments: str) -> tuple[int, list[str]]:
    """The exit code, and what standard output had when everything was left."""
    context, seen = CommandContext(parse(arguments), {}, screen.output), []

    async def opened(context: CommandContext) -> int:
        context.closing.callback(lambda: seen.append(screen.out))
        return await handler(context)

    return run_async(opened, context), seen


def test_answer_is_shown_before_the_server_is_left() -> None:
    screen = Screen(terminal=False)

    async def answer(context: CommandContext) -> int:
        context.out.line("the answer")
        return 3

    assert run(screen, answer, "list") == (3, ["the answer\n"])


@pytest.mark.parametrize("is_wrapped", [False, True])
def test_failure_is_told_before_the_server_is_left(is_wrapped: bool) -> None:
    screen = Screen(terminal=False)
    failure = ServerConnectionError("The server is away.")

    async def fail(context: CommandContext) -> int:
        raise ExceptionGroup("both", [failure]) if is_wrapped else failure

    code, seen = run(screen, fail, "list", "--json")
    assert code == 1
    assert [json.loads(text)["error"]["message"] for text in seen] == ["The server is away."]
