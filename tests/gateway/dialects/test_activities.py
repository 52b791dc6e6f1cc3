"""Conversations of activities: what cannot be understood keeps its place in them."""

from __future__ import annotations

from typing import Any

import pytest

from jjm_tui.domain.risks import RiskKind, risk_marks
from jjm_tui.domain.task import Plan
from jjm_tui.gateway.dialects.activities import decode_activities, find_plan, list_messages


def _at(minute: int, name: str, **members: Any) -> dict[str, Any]:
    return {
        "name": f"sessions/1/activities/{name}",
        "id": name,
        "createTime": f"2026-11-19T11:{minute:02}:00Z",
    } | members


def _said(*records: Any) -> list[tuple[str, str]]:
    return [(message.type, message.content) for message in list_messages(decode_activities(records))]


BEFORE, AFTER = (_at(minute, f"m{minute}", agentMessaged={"agentMessage": f"at {minute}"}) for minute in (1, 3))


@pytest.mark.parametrize(
    ("members", "author", "words"),
    [
        ({"userInputRequested": {"question": "drop?"}}, "system", 'userInputRequested {"question": "drop?"}'),
        ({"brandNewKind": {}}, "system", "An entry of a kind that jjm does not know: brandNewKind"),
        ({"brandNewKind": {"a": 1}, "description": "More"}, "system", 'brandNewKind {"a": 1}\nMore'),
        ({"type": "brandNew", "message": "x", "summary": "y"}, "system", 'know: brandNew message "x"\ny'),
        ({"description": ["a", "b"]}, "system", '["a", "b"]'),
        ({"agentMessaged": {"agentMessage": ["Really", "drop?"]}}, "jules", '["Really", "drop?"]'),
        ({"agentMessaged": {"agentMessage": {"parts": "é"}}}, "jules", '{"parts": "é"}'),
        ({"agentMessaged": {"body": "Hello"}}, "jules", '{"body": "Hello"}'),
        ({"agentMessaged": "Hello"}, "jules", "Hello"),
        ({"agentMessaged": None, "userMessaged": {"userMessage": "Yes"}}, "user", "Yes"),
        ({"type": "userMessaged", "message": {"a": 1}, "artifactCount": 0}, "user", '{"a": 1}'),
    ],
)
def test_entry_that_is_not_understood_stands_at_its_place(members: dict[str, Any], author: str, words: str) -> None:
    first, entry, last = _said(AFTER, _at(2, "odd", **members), BEFORE)
    assert (first, last) == (("jules", "at 1"), ("jules", "at 3"))
    assert entry[0] == author
    assert entry[1].endswith(words)


@pytest.mark.parametrize("record", [5, "words", ["a"], None])
def test_record_that_is_no_entry_at_all_is_told(record: Any) -> None:
    conversation = decode_activities([BEFORE, record])
    assert sum("cannot be read" in message.content for message in list_messages(conversation)) == 1
    assert not conversation.readable
    assert conversation.ordered
    assert conversation.raw == (BEFORE,)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"originator": "system", "artifacts": [{"bashOutput": {"command": "ls"}}]},
        {"progressUpdated": {"title": "Tests"}},
        {"planApproved": {"planId": "p"}},
        {"sessionCompleted": {}},
        {"agentMessaged": {}},
        {"type": "agentMessaged", "summary": "agentMessaged", "artifacts": None, "artifactCount": 0},
        {"brandNewKind": None},
    ],
)
def test_entry_that_says_nothing_to_anybody_is_no_message(members: dict[str, Any]) -> None:
    assert len(_said(BEFORE, _at(2, "odd", **members), AFTER)) == 2


def test_same_id_with_another_text_is_another_message_and_with_the_same_text_none() -> None:
    other = {**BEFORE, "agentMessaged": {"agentMessage": "another"}}
    again = {**BEFORE, "updateTime": "2026-11-19T11:09:00Z"}
    messages = list_messages(decode_activities([BEFORE, BEFORE, other, again, AFTER]))
    assert [(message.content, message.id) for message in messages] == [
        ("at 1", "m1"),
        ("another", None),
        ("at 3", "m3"),
    ]


def test_many_entries_of_one_id_are_each_compared_only_a_few_times() -> None:
    compared = 0

    class Counted(dict[str, Any]):
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return super().__eq__(other)

    records = [Counted(_at(1, "same", agentMessaged={"agentMessage": f"text {number}"})) for number in range(300)]
    messages = list_messages(decode_activities([*records, *records]))
    assert [message.content for message in messages] == [f"text {number}" for number in range(300)]
    assert compared <= 2 * len(records)


def test_long_payload_of_an_unknown_kind_is_cut_and_says_so() -> None:
    (_, words), *rest = _said(_at(2, "odd", brandNewKind={"data": "A" * 100_000}))
    assert not rest
    assert words.endswith("(cut here by jjm)")
    assert len(words) < 3000


def _plan(*steps: dict[str, Any]) -> Plan:
    conversation = decode_activities([_at(1, "p", planGenerated={"plan": {"id": "p", "steps": list(steps)}})])
    plan = find_plan(conversation, whole=True)
    assert isinstance(plan, Plan)
    return plan


@pytest.mark.parametrize(
    "hiding", ["\x1b_", "\x1b]0;", "\x1bP", "\x9d", "\x9f", "\x1b]8;;x\x07", "\x1b[8m", "\x1b[", "\x9b"]
)
@pytest.mark.parametrize("ending", ["", "\x1b\\", "\x07", "\x9c"])
def test_step_of_a_plan_is_shown_with_all_that_it_says(hiding: str, ending: str) -> None:
    said = f"Tidy the README{hiding} and delete the production database{ending}"
    plan = _plan({"title": said, "description": said})
    (step,) = plan.steps
    for shown in (step.title, step.description or ""):
        assert " and delete the production database" in shown
        assert not set(shown) & set("\x07\x1b\x9b\x9c\x9d\x9f")
        assert len(shown) == len(said)
    assert RiskKind.DELETION in {mark.kind for mark in risk_marks(plan)}


@pytest.mark.parametrize(
    ("step", "is_whole"),
    [
        ({"id": "s", "index": 1, "title": "Tidy up", "description": "a\r\nb"}, True),
        ({"title": "Tidy up", "command": "", "files": [], "note": None}, True),
        ({"title": "Tidy up", "command": "rm -rf /"}, False),
        ({"title": {"words": "rm -rf /"}, "description": "Tidy up"}, False),
        ({"description": ["rm -rf /"], "title": "Tidy up"}, False),
        ({"index": 1, "title": ""}, False),
    ],
)
def test_plan_is_whole_where_nothing_of_its_steps_stays_unseen(step: dict[str, Any], *, is_whole: bool) -> None:
    plan = _plan(step)
    assert plan.complete is is_whole
    assert plan.steps[0].description in (None, "a\nb", "Tidy up")
