"""What a conversation looks like after several incomplete readings of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jjm_tui.domain.facts import ChatFacts, Rank, TaskFacts
from jjm_tui.domain.merge import keep_newest, merge
from jjm_tui.domain.task import ChatMessage, Task
from tests.domain.strategies import TASK_ID, at, facts, sent, told, whole


def newest(*messages: ChatMessage) -> ChatFacts:
    return ChatFacts(messages, "newest")


def oldest(*messages: ChatMessage) -> ChatFacts:
    return ChatFacts(messages, "oldest")


def excerpt(*messages: ChatMessage) -> ChatFacts:
    return ChatFacts(messages, "excerpt")


def after(*several: TaskFacts, start: Task | None = None) -> Task:
    task = start
    for one in several:
        task = merge(task, one).task
    assert task is not None
    return task


def contents(task: Task) -> list[str]:
    return [message.content for message in task.chat_history]


A, B, C, D = (told(str(number), name, number) for number, name in enumerate("ABCD", 1))
PLAIN = {name: ChatMessage(name) for name in "ABCDEFG"}
"""Messages of a server that tells neither ids nor times nor roles."""


def plain(names: str) -> tuple[ChatMessage, ...]:
    return tuple(PLAIN[name] for name in names)


# --- coverage


def test_whole_conversation_is_sorted_by_time_and_replaces_what_was_known() -> None:
    task = after(facts(chat=whole(A, B)), facts(1, chat=whole(D, C, A)))

    assert contents(task) == ["A", "C", "D"]
    assert task.chat_truncated is False


def test_equal_times_are_ordered_by_id() -> None:
    task = after(facts(chat=whole(told("b", "second", 1), told("a", "first", 1))))

    assert contents(task) == ["first", "second"]


def test_newest_page_is_united_with_what_was_known() -> None:
    task = after(facts(chat=whole(A, B)), facts(1, chat=newest(B, C, D)))

    assert contents(task) == ["A", "B", "C", "D"]
    assert task.chat_truncated is False


def test_newest_page_that_does_not_meet_the_known_part_leaves_a_gap_and_says_so() -> None:
    task = after(facts(chat=whole(A, B)), facts(1, chat=newest(D)))

    assert contents(task) == ["A", "B", "D"]
    assert task.chat_truncated is True


def test_oldest_page_alone_is_only_a_part() -> None:
    assert after(facts(chat=oldest(A, B))).chat_truncated is True


def test_oldest_page_adds_the_beginning() -> None:
    task = after(facts(chat=newest(C, D)), facts(1, chat=oldest(A, B)))

    assert contents(task) == ["A", "B", "C", "D"]
    assert task.chat_truncated is True


def test_oldest_page_that_is_known_does_not_make_a_whole_conversation_partial() -> None:
    task = after(facts(chat=whole(A, B, C)), facts(1, chat=oldest(A, B)))

    assert contents(task) == ["A", "B", "C"]
    assert task.chat_truncated is False


def test_edited_message_is_shown_as_the_server_shows_it_now() -> None:
    task = after(facts(chat=whole(A)), facts(1, chat=newest(replace(A, content="A, corrected"), B)))

    assert contents(task) == ["A, corrected", "B"]


def test_excerpt_is_used_only_while_nothing_better_is_known() -> None:
    cut = excerpt(told(None, "Work...", 1))
    first = after(facts(chat=cut))
    assert (contents(first), first.chat_truncated) == (["Work..."], True)

    better = after(facts(1, Rank.CACHE, chat=whole(told(None, "Working on it.", 1))), start=first)
    assert (contents(better), better.chat_truncated) == (["Working on it."], False)

    assert contents(after(facts(2, chat=excerpt(told(None, "Done...", 2))), start=better)) == ["Working on it."]


def test_newer_excerpt_replaces_an_older_one() -> None:
    task = after(facts(chat=excerpt(told(None, "one"))), facts(1, chat=excerpt(told(None, "two"))))

    assert contents(task) == ["two"]


@pytest.mark.parametrize(
    ("rank", "coverage", "left"),
    [
        (Rank.LIVE, "whole", []),
        (Rank.CACHE, "whole", ["A"]),
        (Rank.LIVE, "newest", ["A"]),
        (Rank.LIVE, "oldest", ["A"]),
        (Rank.LIVE, "excerpt", ["A"]),
    ],
)
def test_empty_conversation_is_believed_only_whole_and_live(rank, coverage, left) -> None:  # type: ignore[no-untyped-def]
    task = after(facts(0, rank, chat=whole(A)), facts(1, rank, chat=ChatFacts((), coverage)))

    assert contents(task) == left


def test_older_reading_of_the_same_rank_changes_nothing() -> None:
    assert contents(after(facts(5, chat=whole(A, B)), facts(4, chat=whole(A)))) == ["A", "B"]


@pytest.mark.parametrize(
    ("known", "page", "coverage", "wanted"),
    [
        ("ABC", "BCD", "newest", "ABCD"),
        ("AAB", "ABA", "newest", "AABA"),
        ("CDE", "ABCDE", "newest", "ABCDE"),
        ("ABCDE", "DE", "newest", "ABCDE"),
        ("ABC", "ABCDE", "oldest", "ABCDE"),
        ("CDE", "ABC", "oldest", "ABCDE"),
        ("DE", "AB", "oldest", "ABDE"),
        ("AB", "DE", "newest", "ABDE"),
    ],
)
def test_pages_without_ids_and_times_are_joined_where_they_overlap(
    known: str, page: str, coverage: str, wanted: str
) -> None:
    task = after(facts(chat=newest(*plain(known))), facts(1, chat=ChatFacts(plain(page), coverage)))  # type: ignore[arg-type]

    assert "".join(contents(task)) == wanted


def test_same_word_of_two_people_without_ids_is_two_messages() -> None:
    task = after(
        facts(chat=newest(told(None, "yes", 1, "user"))),
        facts(1, chat=newest(told(None, "yes", 1, "jules"), told(None, "yes", 2, "user"))),
    )

    assert [(m.type, m.timestamp) for m in task.chat_history] == [("jules", at(1)), ("user", at(1)), ("user", at(2))]


def test_messages_with_times_but_without_ids_are_recognised() -> None:
    first, second = told(None, "yes", 1, "user"), told(None, "yes", 2, "user")
    task = after(facts(chat=newest(first)), facts(1, chat=newest(first, second)))

    assert task.chat_history == (first, second)


def test_very_long_repetitive_conversation_without_ids_is_joined() -> None:
    known = tuple(ChatMessage("yes") for _ in range(20_000))

    task = after(facts(chat=newest(*known)), facts(1, chat=newest(*known, ChatMessage("no"))))

    assert len(task.chat_history) == 20_001


# --- the first prompt


def test_server_that_lists_the_prompt_itself_does_not_show_it_twice() -> None:
    task = after(
        facts(description="Fix it", created_at=at(0)), facts(1, chat=whole(told("0", "Fix it", 0.1, "user"), B))
    )

    assert [message.id for message in task.chat_history] == ["prompt", "2"]


def test_prompt_listed_without_a_time_is_not_shown_twice() -> None:
    task = after(facts(description="Fix it"), facts(1, chat=whole(ChatMessage("Fix it"), ChatMessage("I will."))))

    assert contents(task) == ["Fix it", "I will."]


def test_same_words_sent_again_later_stay_a_message_of_their_own() -> None:
    task = after(facts(description="Fix it", created_at=at(0)), facts(9, chat=whole(told("7", "Fix it", 8, "user"))))

    assert [message.id for message in task.chat_history] == ["prompt", "7"]


def test_prompt_of_the_dialect_is_kept_until_the_description_is_known() -> None:
    own = ChatMessage("Fix it", "user", None, "prompt")
    task = after(facts(chat=whole(own, A)))
    assert [message.id for message in task.chat_history] == ["prompt", "1"]

    task = after(facts(1, description="Fix it well", created_at=at(-1)), start=task)
    assert task.chat_history[0] == ChatMessage("Fix it well", "user", at(-1), "prompt")


# --- ours


def test_message_of_ours_stands_where_its_time_puts_it() -> None:
    task = merge(after(facts(chat=whole(A, B, D))), facts(1), local_messages=[sent("op", "ours", 3)]).task

    assert contents(task) == ["A", "B", "ours", "D"]


def test_message_of_ours_is_replaced_by_the_servers_despite_white_space_and_skew() -> None:
    before = merge(None, facts(chat=whole(A)), local_messages=[sent("op", "please  go on\n", 10)]).task

    result = merge(before, facts(11, chat=whole(A, told("9", "please go on", 6, "user"))))

    assert result.settled == ("local:op",)
    assert [(m.id, m.delivery, m.timestamp) for m in result.task.chat_history] == [
        ("1", None, at(1)),
        ("9", None, at(6)),
    ]


def test_equal_message_known_from_before_does_not_settle_a_second_one() -> None:
    known = facts(chat=whole(told("5", "continue", 0, "user")))
    before = merge(after(known), facts(1), local_messages=[sent("op2", "continue", 1)]).task

    result = merge(before, facts(2, chat=whole(told("5", "continue", 0, "user"))))

    assert result.settled == ()
    assert [message.id for message in result.task.chat_history] == ["5", "local:op2"]


def test_one_message_of_the_server_settles_one_of_ours() -> None:
    ours = [sent("op1", "continue", 1), sent("op2", "continue", 2)]
    before = merge(None, facts(chat=whole(A)), local_messages=ours).task

    one = merge(before, facts(3, chat=whole(A, told("8", "continue", 1, "user"))))
    assert one.settled == ("local:op1",)

    two = merge(one.task, facts(4, chat=whole(A, told("8", "continue", 1, "user"), told("9", "continue", 2, "user"))))
    assert two.settled == ("local:op2",)
    assert [message.id for message in two.task.chat_history] == ["1", "8", "9"]


def test_message_of_jules_or_a_much_older_one_settles_nothing() -> None:
    before = merge(None, facts(), local_messages=[sent("op", "yes", 30)]).task

    shown = whole(told("1", "yes", 30), told("2", "yes", 24, "user"), told("3", "no", 31, "user"))

    assert merge(before, facts(40, chat=shown)).settled == ()


def test_system_message_settles_only_where_the_server_tells_no_roles() -> None:
    before = merge(None, facts(), local_messages=[sent("op", "yes", 1)]).task
    remark = told("1", "yes", 1, "system")

    assert merge(before, facts(2, chat=whole(remark))).settled == ("local:op",)
    assert merge(before, facts(2, chat=whole(remark, told("2", "ok", 1)))).settled == ()


def test_excerpt_settles_nothing_but_the_whole_conversation_after_it_does() -> None:
    before = merge(None, facts(), local_messages=[sent("op", "yes", 1)]).task

    cut = merge(before, facts(2, chat=excerpt(ChatMessage("yes"))))
    full = merge(cut.task, facts(2, chat=whole(ChatMessage("yes"))))

    assert (cut.settled, full.settled) == ((), ("local:op",))


def test_role_and_time_of_our_message_are_remembered_where_the_server_tells_none() -> None:
    before = merge(after(facts(chat=whole(*plain("AB")))), facts(1), local_messages=[sent("op", "C", 1)]).task

    first = after(facts(2, chat=whole(*plain("ABC"))), start=before)
    second = after(facts(3, chat=whole(*plain("ABCD"))), start=first)

    assert [(m.content, m.type, m.timestamp, m.delivery) for m in second.chat_history] == [
        ("A", "system", None, None),
        ("B", "system", None, None),
        ("C", "user", at(1), None),
        ("D", "system", None, None),
    ]


def test_local_message_passed_again_is_updated_not_doubled() -> None:
    before = merge(None, facts(), local_messages=[sent("op", "yes", 1, "sending")]).task

    task = merge(before, facts(1), local_messages=[sent("op", "yes", 1, "unconfirmed")]).task

    assert [message.delivery for message in task.chat_history] == ["unconfirmed"]


def test_local_message_with_escape_sequences_is_recognised_in_its_harmless_form() -> None:
    before = merge(None, facts(), local_messages=[sent("op", "\x1b[31mred\x1b[0m", 1)]).task

    assert merge(before, facts(2, chat=whole(told("1", "red", 1, "user")))).settled == ("local:op",)


# --- what the store keeps


def long_conversation(count: int) -> tuple[ChatMessage, ...]:
    return tuple(told(f"{number:03}", f"m{number}", number) for number in range(count))


def test_keep_newest_keeps_the_prompt_and_the_newest_and_says_that_some_are_missing() -> None:
    task = after(facts(description="Fix it", created_at=at(-1), chat=whole(*long_conversation(50))))

    kept = keep_newest(task, 20)

    assert len(kept.chat_history) == 20
    assert [kept.chat_history[0].id, kept.chat_history[1].id, kept.chat_history[-1].id] == ["prompt", "031", "049"]
    assert kept.chat_truncated is True


def test_keep_newest_leaves_a_short_conversation_alone() -> None:
    task = after(facts(chat=whole(A, B)))

    assert keep_newest(task, 20) is task


def test_keep_newest_never_leaves_out_what_was_not_delivered() -> None:
    task = merge(
        None, facts(chat=whole(*long_conversation(50))), local_messages=[sent("op", "lost?", 3.5, "unconfirmed")]
    ).task

    assert "lost?" in contents(keep_newest(task, 5))


def test_whole_reading_after_the_store_cut_the_conversation_is_no_news() -> None:
    messages = long_conversation(50)
    stored = keep_newest(after(facts(-9), facts(chat=whole(*messages))), 20)

    result = merge(stored, facts(60, chat=whole(*messages, told("050", "new", 59))))

    assert [event.data["content"] for event in result.events] == ["new"]
    assert len(result.task.chat_history) == 51


def test_old_equal_message_outside_the_kept_part_settles_nothing() -> None:
    messages = (*plain("A"), *(ChatMessage(f"m{number}") for number in range(30)))
    stored = keep_newest(after(facts(chat=whole(*messages))), 20)
    waiting = merge(stored, facts(1), local_messages=[sent("op", "A", 1)]).task

    assert merge(waiting, facts(2, chat=whole(*messages))).settled == ()
    assert merge(waiting, facts(2, chat=whole(*messages, *plain("A")))).settled == ("local:op",)


def test_more_new_messages_than_the_store_keeps_are_all_news() -> None:
    stored = keep_newest(after(facts(-9), facts(chat=whole(A, B, C))), 2)

    result = merge(stored, facts(60, chat=newest(*(told(f"n{n}", f"n{n}", 30 + n) for n in range(4)))))

    assert [event.data["content"] for event in result.events] == ["n0", "n1", "n2", "n3"]
    assert result.task.chat_truncated is True


def test_facts_about_an_unknown_task_with_our_message_keep_it() -> None:
    task = merge(None, facts(description="Fix it"), local_messages=[sent("op", "hello", 1, "sending")]).task

    assert task.id == TASK_ID
    assert [message.id for message in task.chat_history] == ["prompt", "local:op"]
