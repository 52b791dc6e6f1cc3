"""Diffs out of activities: what one step changed is not lost when the next one tells another file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jjm_tui.gateway.dialects.activities import decode_activities, find_activity_changes
from jjm_tui.gateway.dialects.patches import decode_patch, unite_patches


def activity(number: int, patch: str) -> dict[str, object]:
    change = {"changeSet": {"gitPatch": {"unidiffPatch": patch}}}
    return {"id": str(number), "createTime": f"2026-11-20T10:00:0{number}Z", "artifacts": [change]}


def part(name: str, *lines: str) -> str:
    body = "".join(f"+{line}\n" for line in lines)
    return f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1 +1,{len(lines)} @@\n-old\n{body}"


@pytest.mark.parametrize("length", [1, 9000], ids=["small", "in a thread"])
async def test_newest_changes_per_file_survive_the_steps_after_them(length: int) -> None:
    def told(name: str, line: str) -> str:
        return part(name, *[line] * length)

    records = [activity(1, told("a", "one")), activity(2, told("b", "two")), activity(3, told("a", "three"))]
    for _ in range(2):
        changes = await find_activity_changes(decode_activities(records))
        assert changes is not None
        assert changes.patch == told("a", "three") + told("b", "two")
        assert changes.files == decode_patch(changes.patch)
        assert [(file.filename, file.additions) for file in changes.files] == [("a", length), ("b", length)]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.sampled_from(["x", "-- ", "diff --git"])), st.integers(0, 40))
    )
)
async def test_files_of_united_diffs_are_those_of_the_diff(told: list[tuple[str, list[str], int]]) -> None:
    patches = [part(name, *lines)[: -cut or None] for name, lines, cut in told]
    changes = await unite_patches([*patches, "".join(patches)])
    assert changes.files == decode_patch(changes.patch)
