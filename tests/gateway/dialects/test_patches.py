"""Diffs out of activities: what one step changed is not lost when the next one tells another file."""

from __future__ import annotations

from jjm_tui.gateway.dialects.activities import decode_activities, find_activity_patch


def test_newest_changes_per_file_survive_the_steps_after_them():
    def activity(number: int, patch: str) -> dict[str, object]:
        change = {"changeSet": {"gitPatch": {"unidiffPatch": patch}}}
        return {"id": str(number), "createTime": f"2026-11-20T10:00:0{number}Z", "artifacts": [change]}

    def part(name: str, line: str) -> str:
        return f"diff --git a/{name} b/{name}\n--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-old\n+{line}\n"

    records = [activity(1, part("a", "one")), activity(2, part("b", "two")), activity(3, part("a", "three"))]
    assert find_activity_patch(decode_activities(records)) == part("a", "three") + part("b", "two")
