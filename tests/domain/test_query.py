"""The filter language as people type it, and the orders of lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.query import FILTER_KEYS, SORT_FIELDS, is_unread, matches_repository, parse_query, sort_tasks
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import ChatMessage, SourceFile, Task
from jjm_tui.errors import FilterError, ValidationError
from tests.domain.strategies import NOON, at, plan, tasks, told

S = TaskStatus
HOUR = timedelta(hours=1)
bounded = settings(max_examples=80, deadline=None)

TASKS = {
    task.id: task
    for task in (
        Task(
            "orm",
            title="Upgrade the ORM",
            repository="acme/api",
            branch="main",
            status=S.WAITING_APPROVAL,
            created_at=NOON - 3 * HOUR,
            updated_at=NOON - 1.5 * HOUR,
            waiting_since=NOON - HOUR,
            plan=plan("a"),
        ),
        Task(
            "night",
            description="Why does the nightly job fail?",
            repository="acme/worker",
            branch="release/2",
            status=S.WAITING_FEEDBACK,
            created_at=NOON - HOUR,
            waiting_since=NOON - timedelta(minutes=7),
            chat_history=(told("1", "Which log do you mean?", -7),),
        ),
        Task(
            "login",
            title="Fix the login bug",
            repository="acme/webapp",
            status=S.IN_PROGRESS,
            created_at=NOON - timedelta(minutes=5),
            source_files=tuple(SourceFile(f"{n}.py") for n in range(12)),
        ),
        Task(
            "legacy",
            title="Remove legacy module",
            repository="Umbrella/Site",
            status=S.COMPLETED,
            waiting_since=NOON - 3 * HOUR,
            pull_request_url="https://github.com/umbrella/site/pull/3",
            seen_at=NOON - HOUR,
            source_files=(),
        ),
        Task(
            "rewrite",
            title="Rewrite everything",
            status=S.FAILED,
            waiting_since=NOON - 2 * HOUR,
            failure="Out of memory",
        ),
        Task("queued", title="Add dark mode", status=S.PENDING, snoozed_until=NOON + HOUR, archived=True),
        Task("held", title="say OR -not", status=S.PAUSED),
        Task("gone", status=S.UNKNOWN, on_server=False),
    )
}


def found(query: str) -> set[str]:
    wanted = parse_query(query)
    return {task.id for task in TASKS.values() if wanted.matches(task, NOON)}


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", set(TASKS)),
        ("   ", set(TASKS)),
        ("state:paused,failed", {"held", "rewrite"}),
        ("state:in_progress", {"login"}),
        ("state:IN-PROGRESS", {"login"}),
        ("status:AWAITING_PLAN_APPROVAL", {"orm"}),
        ("state:running", {"login", "queued"}),
        ("state:waiting", {"orm", "night"}),
        ("state:plan", {"orm"}),
        ("state:working", {"login"}),
        ("state:snoozed", {"queued"}),
        ("state:gone", {"gone"}),
        ("state:done", {"legacy"}),
        ("state:unknown", {"gone"}),
        ("state:needs-me", {"orm", "night", "rewrite"}),
        ("state:question,failure", {"night", "rewrite"}),
        ("state:all", set(TASKS)),
        ("repo:acme/*", {"orm", "night", "login"}),
        ("repo:webapp", {"login"}),
        ("repo:web*,api", {"login", "orm"}),
        ("repo:umbrella/site", {"legacy"}),
        ("repo:acme", {"orm", "night", "login"}),
        ("repo:acm", set()),
        ("branch:release/*", {"night"}),
        ("age:>2h", {"orm"}),
        ("age:<1h30m age:>=1h", {"night"}),
        ("waiting:>30m", {"orm", "rewrite"}),
        ("waiting:<10m", {"night"}),
        ("updated:<2h", {"orm"}),
        ("pr:yes", {"legacy"}),
        ("-pr:no", {"legacy"}),
        ("files:>10", {"login"}),
        ("files:0", {"legacy"}),
        ("files:<=12", {"login", "legacy"}),
        ("unread:yes", {"orm", "night", "rewrite"}),
        ("unread:no is:done", {"legacy"}),
        ("is:needs-me", {"orm", "night", "rewrite"}),
        ("is:archived", {"queued"}),
        ("is:snoozed", {"queued"}),
        ("is:final", {"legacy", "rewrite"}),
        ("is:active", {"orm", "night", "login", "queued", "held"}),
        ("is:vanished", {"gone"}),
        ("needs:approval", {"orm"}),
        ("needs:any -needs:failure", {"orm", "night"}),
        ("needs:none is:active", {"login", "queued", "held"}),
        ('text:"out of MEMORY"', {"rewrite"}),
        ("text:log", {"night", "login"}),
        ("id:leg", {"legacy"}),
        ("id:orm,held", {"orm", "held"}),
        ("REWRITE", {"rewrite"}),
        ("nightly", {"night"}),
        ("which", {"night"}),
        ("umbrella legacy", {"legacy"}),
        ('"the login"', {"login"}),
        ('"OR"', {"orm", "night", "held"}),
        ('"-not"', {"held"}),
        ("-acme", {"legacy", "rewrite", "queued", "held", "gone"}),
        ("state:paused OR state:failed", {"held", "rewrite"}),
        ("acme state:running OR is:vanished", {"login", "gone"}),
        ("login or", set()),
        ('repo:"acme/api"', {"orm"}),
        (r'"say \"x\""', set()),
    ],
)
def test_query_finds_the_tasks_that_people_mean(query: str, ids: set[str]) -> None:
    assert found(query) == ids


@pytest.mark.parametrize(
    ("query", "position", "sentence", "hint"),
    [
        ("repo:x stat:failed", 7, "there is no key 'stat:'.", "Did you mean state:?"),
        ("zzz:1", 0, "there is no key 'zzz:'.", "The keys are age, "),
        ("state:failed,pausd", 13, "'pausd' is not a word for this.", "Did you mean paused?"),
        ("-is:needsme", 4, "'needsme' is not a word for this.", "Did you mean needs-me?"),
        ("state:paused,f", 13, "'f' is not a word for this.", "Did you mean failed or final or failure?"),
        ("needs:sleep", 6, "'sleep' is not a word for this.", "Use one of approval, "),
        ("age:2h", 4, "a length of time needs '>' or '<' in front.", "For example age:>2h."),
        ("x age:>2y", 7, "'2y' is not a length of time.", "Write a number and s, m, h, d or w"),
        ("files:>ten", 7, "'ten' is not a number of files.", "For example files:>10."),
        ("files:1,2", 8, "only one number can stand here.", ""),
        ("age:>1h,2h", 8, "only one length of time can stand here.", ""),
        ("pr:perhaps", 3, "only yes or no can stand here.", "Write yes or no."),
        ("a repo:", 2, "'repo:' needs a value.", "For example repo:acme/*."),
        ('a "b c', 2, "this quote is never closed.", "Add a"),
        ('text:"', 5, "this quote is never closed.", "Add a"),
        ('a ""', 2, "there is nothing between the quotes.", "Write the words"),
        ("a - b", 2, "'-' has nothing to turn around.", "Write it in front"),
        ("OR a", 0, "OR has nothing on its left side.", "between"),
        ("a OR OR b", 5, "OR has nothing on its left side.", "between"),
        ("a OR", 2, "OR has nothing on its right side.", "between"),
        ("https://x.test", 0, "there is no key 'https:'.", "Put words with a colon in quotes."),
    ],
)
def test_query_that_is_wrong_says_where_and_what_to_write(query: str, position: int, sentence: str, hint: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_query(query)

    assert caught.value.context["position"] == position
    assert caught.value.message == f"The filter is wrong at column {position + 1}: {sentence}"
    assert hint in (caught.value.hint or "")


def test_query_explains_itself() -> None:
    assert parse_query("").explain() == "all tasks"
    assert parse_query("state:paused,failed -repo:acme/* OR files:>10 bug").explain() == (
        "state is paused or failed, and not (repository matches acme/*); "
        "or more than 10 files touched, and title, repository, id or last message holds 'bug'"
    )


@given(st.text(st.sampled_from('ab:-"\\, ORstate>1h\x1b'), max_size=20) | st.text(max_size=20), tasks)
@bounded
def test_query_any_text_is_a_filter_or_a_located_error(text: str, task: Task) -> None:
    try:
        query = parse_query(text)
    except FilterError as error:
        said, position = error.message, error.context["position"]
    else:
        said, position = query.explain(), 0
        assert query.matches(task, NOON) in (True, False)
    assert 0 <= position <= len(text)
    assert "\x1b" not in said


@given(tasks, st.sampled_from(["state:paused", "pr:yes", "unread:yes", "is:needs-me", "files:>1", "age:>2h", "a"]))
@bounded
def test_query_negation_finds_exactly_the_others(task: Task, query: str) -> None:
    assert parse_query(query).matches(task, NOON) is not parse_query(f"-{query}").matches(task, NOON)


def test_query_keys_are_offered_for_completion() -> None:
    assert {
        "group",
        "state",
        "repo",
        "branch",
        "age",
        "waiting",
        "updated",
        "pr",
        "files",
        "unread",
        "is",
        "needs",
        "text",
        "id",
    } == set(FILTER_KEYS)


def test_matches_repository_of_an_unknown_repository_is_never_true() -> None:
    assert not matches_repository(Task("x"), "*")
    assert matches_repository(Task("x", repository="acme/webapp"), "*")


def test_is_unread_ends_when_seen_and_begins_with_news() -> None:
    seen = Task("x", seen_at=at(5), chat_history=(told("1", "Hello", 4), told("2", "mine", 9, "user")))

    assert not is_unread(seen)
    assert is_unread(replace(seen, chat_history=(told("1", "Hello", 6),)))
    assert is_unread(replace(seen, waiting_since=at(6)))
    assert is_unread(replace(seen, plan=plan("a", created_at=at(6))))
    assert not is_unread(replace(seen, chat_history=(ChatMessage("ours", "system", at(9), "local:1", "sent"),)))


# --- orders


def order(field: str, *, reverse: bool = False, among: tuple[Task, ...] | None = None) -> list[str]:
    return [task.id for task in sort_tasks(TASKS.values() if among is None else among, field, reverse, now=NOON)]


def test_sort_by_update_is_newest_first_with_creation_for_the_silent_and_unknown_last() -> None:
    assert order("updated_at")[:3] == ["login", "night", "orm"]
    assert order("updated_at", reverse=True)[:3] == ["orm", "night", "login"]
    assert set(order("updated_at")[3:]) == set(order("updated_at", reverse=True)[3:])


def test_sort_by_needs_me_is_longest_wait_first_then_the_rest() -> None:
    assert order("needs-me")[:4] == ["rewrite", "orm", "night", "login"]
    assert order("needs-me", reverse=True)[-3:] == ["night", "orm", "rewrite"]


def test_sort_by_needs_me_puts_what_is_under_way_before_what_rests_and_what_has_ended() -> None:
    task = replace(TASKS["login"], status=TaskStatus.IN_PROGRESS, waiting_since=None, on_server=True, seen_at=NOON)
    states = (TaskStatus.COMPLETED, TaskStatus.PAUSED, TaskStatus.IN_PROGRESS, TaskStatus.PENDING)
    later = tuple(
        replace(task, id=str(number), status=state, updated_at=at(number), created_at=at(-number))
        for number, state in enumerate(states)
    )
    gone = replace(task, id="gone", on_server=False)
    assert order("needs-me", among=(gone, *later)) == ["2", "3", "1", "0", "gone"]


def test_sort_by_words_ignores_case() -> None:
    assert order("repository")[:4] == ["orm", "login", "night", "legacy"]
    assert order("title")[:2] == ["queued", "login"]
    assert order("id") == sorted(TASKS)
    assert order("status")[:3] == ["orm", "night", "rewrite"]
    assert order("waiting")[:3] == ["rewrite", "orm", "night"]


@given(st.lists(tasks, max_size=6), st.sampled_from(SORT_FIELDS), st.booleans())
@bounded
def test_sort_any_field_keeps_every_task(several: list[Task], field: str, reverse: bool) -> None:
    assert sorted(order(field, reverse=reverse, among=tuple(several))) == sorted(task.id for task in several)


@pytest.mark.parametrize(
    ("field", "hint"), [("updatd", "Did you mean updated?"), ("colour", "Sort by one of updated_at, ")]
)
def test_sort_by_an_unknown_field_is_refused_with_a_suggestion(field: str, hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        sort_tasks([], field, now=NOON)

    assert caught.value.context["field"] == "sort"
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("alias", ["updated", "UPDATED-AT", "created", "repo", "needs_me", "state"])
def test_sort_fields_have_customary_other_names(alias: str) -> None:
    assert sort_tasks([], alias, now=NOON) == []
