"""Detection, raw access to unknown servers, what ``info`` tells, and diffs of any kind."""

from __future__ import annotations

import pytest

from jjm_tui.domain.task import SourceFile
from jjm_tui.domain.text import clean_line
from jjm_tui.errors import ConfigurationError, ToolNotFoundError
from jjm_tui.gateway.dialects.patches import decode_patch, list_changed_files
from jjm_tui.ports import ToolAnswer, ToolInfo
from tests.gateway.dialects.replay import FakeCaller, load, replay, serve, tool_infos

SCHEMA = {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("name", "dialect", "serial"),
    [
        ("rest/steps", "rest", False),
        ("official/steps", "official", False),
        ("text/steps", "text", False),
        ("browser/steps", "browser", True),
    ],
)
async def test_connect_finds_the_dialect_by_its_tools(name: str, dialect: str, serial: bool) -> None:
    server, caller = replay(name)
    assert server.info().dialect is None
    capabilities = await server.connect()
    assert capabilities.dialect == dialect
    assert capabilities.parallel_calls is not serial
    assert caller.one_at_a_time is serial
    assert not capabilities.operations & capabilities.unavailable.keys()
    info = server.info()
    assert (info.label, info.dialect, info.name, info.breaker) == ("test", dialect, "recorded", "closed")
    assert info.tools == tuple(tool.name for tool in caller.tools)
    await server.close()
    assert caller.closed
    assert server.info().capabilities is None


async def test_connect_unknown_server_names_what_it_offers_and_raw_access_works() -> None:
    tools = [ToolInfo("echo\x1b[31m", "says \x07 it", SCHEMA), ToolInfo("add", None, SCHEMA)]
    caller = FakeCaller(
        tools, lambda tool, arguments: ToolAnswer("\x1b[2Jhi", {"a": 1}), resources={"x://y": "\x9btext"}
    )
    server = serve(caller)
    with pytest.raises(ConfigurationError) as caught:
        await server.connect()
    assert "add" in caught.value.message
    assert "jules_list_tasks" in caught.value.message
    assert [tool.name for tool in await server.list_tools()] == ["echo", "add"]
    answer = await server.call_tool("add", {"a": 1})
    assert (answer.text, answer.structured) == ("hi", {"a": 1})
    assert [item.uri for item in await server.list_resources()] == ["x://y"]
    assert "\x9b" not in await server.read_resource("x://y")
    with pytest.raises(ConfigurationError):
        await server.list_tasks()
    with pytest.raises(ToolNotFoundError):
        await server.call_tool("sub", {})


async def test_connect_server_without_tools_is_unknown() -> None:
    with pytest.raises(ConfigurationError, match="no tools"):
        await serve(FakeCaller([], lambda tool, arguments: ToolAnswer(""))).connect()


async def test_connect_finds_another_dialect_after_the_server_was_started_again() -> None:
    server, caller = replay("rest/steps", "list")
    assert (await server.connect()).dialect == "rest"
    caller.tools = tool_infos(load("official/steps"))
    assert (await server.connect()).dialect == "official"


@pytest.mark.parametrize(
    ("missing", "operation"),
    [
        ("jules_approve_plan", "approve"),
        ("jules_resume_task", "resume"),
        ("jules_send_message", "message"),
        ("jules_create_task", "create"),
    ],
)
async def test_connect_tells_why_an_operation_is_missing(missing: str, operation: str) -> None:
    tools = [tool for tool in tool_infos(load("browser/steps")) if tool.name != missing]
    capabilities = await serve(FakeCaller(tools, lambda tool, arguments: ToolAnswer(""))).connect()
    assert operation not in capabilities.operations
    assert missing in capabilities.unavailable[operation]


GOOD = (
    "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-x\n+y\n z\n"
    "diff --git a/new name.txt b/new name.txt\nnew file mode 100644\n"
    "--- /dev/null\n+++ b/new name.txt\n@@ -0,0 +1 @@\n+n\n"
)


def test_patch_good_is_counted() -> None:
    assert decode_patch(GOOD) == (
        SourceFile("a.py", "modified", 1, 1),
        SourceFile("new name.txt", "created", 1, 0),
    )


def test_patch_cut_keeps_names_and_kinds_without_counts_of_what_is_cut() -> None:
    assert decode_patch(GOOD[:-5]) == (
        SourceFile("a.py", "modified", 1, 1),
        SourceFile("new name.txt", "created", None, None),
    )


def test_patch_names_that_git_quotes_are_as_on_disk_and_harmless() -> None:
    header = 'diff --git "a/\\303\\244 \\"x\\".txt" "b/\\303\\244 \\"x\\".txt"\n'
    markers = '--- "a/\\303\\244 \\"x\\".txt"\n+++ "b/\\303\\244 \\"x\\".txt"\n@@ -1 +1 @@\n-a\n+b\n'
    for patch in (header + markers, markers, header + "old mode 100644\nnew mode 100755\n"):
        (file,) = decode_patch(patch)
        assert file.filename == 'ä "x".txt'
    (evil,) = decode_patch("--- a/x\x1b[31m\u202e.py\n+++ b/x\x1b[31m\u202e.py\n@@ -1 +1 @@\n-a\n+b\n")
    assert evil.filename == clean_line(evil.filename)
    assert "\x1b" not in evil.filename


def test_patch_of_several_changes_to_one_file_is_added_up() -> None:
    first = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"
    assert decode_patch(first + first) == (SourceFile("a.py", "modified", 2, 2),)


@pytest.mark.parametrize(
    "patch", ["", "  \n", "hello", "@@ -1 +1 @@\n", "--- a\n+++ b\n@@ -1,9999999999 +1 @@\n", "\x00"]
)
def test_patch_nonsense_has_no_files_or_names_only(patch: str) -> None:
    assert all(file.additions in (None, 0) for file in decode_patch(patch))


async def test_patch_big_is_counted_in_a_thread() -> None:
    body = "".join(f"+line {number}\n" for number in range(5000))
    patch = f"diff --git a/b b/b\nnew file mode 100644\n--- /dev/null\n+++ b/b\n@@ -0,0 +1,5000 @@\n{body}"
    assert await list_changed_files(patch) == (SourceFile("b", "created", 5000, 0),)
