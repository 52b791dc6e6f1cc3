"""Reading fault specifications, and when they strike."""

from __future__ import annotations

import pytest

from jjm_tui.errors import ValidationError
from jjm_tui.simulator.faults import GARBAGE, Fault, FaultPlan


@pytest.mark.parametrize(
    ("spec", "kind", "tool", "count", "number"),
    [
        ("latency=0.5", "latency", "*", None, 0.5),
        ("error=429:list_sessions:2", "error", "list_sessions", 2, 429),
        ("error=503", "error", "*", None, 503),
        ("error=503:3", "error", "*", 3, 503),
        ("lost-answer=send_message:1", "lost-answer", "send_message", 1, 0),
        ("crash-before=create_session:1", "crash-before", "create_session", 1, 0),
        ("crash-after=approve_plan:1", "crash-after", "approve_plan", 1, 0),
        ("hang=get_session:1", "hang", "get_session", 1, 0),
        ("hang", "hang", "*", None, 0),
        ("garbage=0.2", "garbage", "*", None, 0.2),
        ("refuse-key", "refuse-key", "*", None, 0),
        ("silent-start", "silent-start", "*", None, 0),
    ],
)
def test_specification_is_read(spec: str, kind: str, tool: str, count: int | None, number: float) -> None:
    fault = Fault.parse(spec)
    assert (fault.kind, fault.tool, fault.count, fault.number) == (kind, tool, count, number)


def test_options_of_a_specification_are_read() -> None:
    fault = Fault.parse("lost-answer=send_message:5:p=0.1:skip=3")
    assert (fault.count, fault.probability, fault.skip) == (5, 0.1, 3)
    assert Fault.parse("die-at-start=No key: set one.").text == "No key: set one."


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "nope",
        "error",
        "error=x",
        "error=200",
        "error=700:a",
        "latency=-1",
        "latency=fast",
        "latency=nan",
        "garbage=2",
        "hang=a:b",
        "hang=a:p=2",
        "hang=a:skip=x",
        "refuse-key=1",
    ],
)
def test_wrong_specification_is_one_sentence(spec: str) -> None:
    with pytest.raises(ValidationError) as error:
        Fault.parse(spec)
    assert error.value.message.endswith(".")
    assert "\n" not in error.value.message


def strikes(plan: FaultPlan, *tools: str) -> list[list[str]]:
    return [sorted(plan.strike(tool)) for tool in tools]


def test_counted_fault_strikes_its_tool_that_often() -> None:
    plan = FaultPlan([Fault.parse("hang=a:2")])
    assert strikes(plan, "b", "a", "a", "a") == [[], ["hang"], ["hang"], []]


def test_skipped_calls_are_left_alone() -> None:
    plan = FaultPlan([Fault.parse("crash-after=*:1:skip=2")])
    assert strikes(plan, "a", "b", "c", "d") == [[], [], ["crash-after"], []]


def test_counts_live_where_the_caller_keeps_them() -> None:
    used: dict[str, int] = {}
    faults = [Fault.parse("crash-after=a:1")]
    assert strikes(FaultPlan(faults, used=lambda: used), "a") == [["crash-after"]]
    assert strikes(FaultPlan(faults, used=lambda: used), "a") == [[]]


def test_probability_is_the_same_for_the_same_seed() -> None:
    def run(seed: int) -> list[list[str]]:
        return strikes(FaultPlan([Fault.parse("hang=a:p=0.5")], seed=seed), *["a"] * 100)

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 30 < sum(map(bool, run(1))) < 70


def test_added_fault_counts_from_the_start() -> None:
    plan = FaultPlan([Fault.parse("hang=a:1")])
    assert strikes(plan, "a", "a") == [["hang"], []]
    plan.clear()
    plan.add(Fault.parse("hang=a:1"))
    assert strikes(plan, "a", "a") == [["hang"], []]


def test_garbage_is_never_a_line_of_ours() -> None:
    plan = FaultPlan([Fault.parse("garbage=1"), Fault.parse("latency=0.1"), Fault.parse("latency=0.2")])
    assert plan.is_garbage_due()
    assert {plan.pick_garbage() for _ in range(200)} == set(GARBAGE)
    assert plan.latency() == pytest.approx(0.3)
