"""What people may type for tasks, repositories, branches and messages, and what they are told when it is wrong."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jjm_tui.domain.ids import TaskReference, is_valid_id, parse_task_reference
from jjm_tui.domain.repository import validate_branch, validate_description, validate_message, validate_repository
from jjm_tui.errors import ValidationError

ID = "10000000000000000003"


@pytest.mark.parametrize(
    ("typed", "reference"),
    [
        (ID, TaskReference("prefix", ID)),
        (f"  {ID}\n", TaskReference("prefix", ID)),
        ("1000", TaskReference("prefix", "1000")),
        ("abc_-9", TaskReference("prefix", "abc_-9")),
        (f"https://jules.google.com/session/{ID}", TaskReference("id", ID)),
        (f"https://jules.google.com/task/{ID}/", TaskReference("id", ID)),
        (f"https://jules.google.com/u/1/task/{ID}?pli=1#top", TaskReference("id", ID)),
        (f"jules.google.com/session/{ID}", TaskReference("id", ID)),
        (f"sessions/{ID}", TaskReference("id", ID)),
        ("@1", TaskReference("row", "@1", 1)),
        ("@27", TaskReference("row", "@27", 27)),
    ],
)
def test_parse_task_reference_every_form_is_understood(typed: str, reference: TaskReference) -> None:
    assert parse_task_reference(typed) == reference
    assert reference.is_url is (reference.kind == "id")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "No task was named."),
        ("abc", "'abc' is too short for a task id: at least 4 characters are needed."),
        ("@0", "'@0' is not a row of a list: @1 is the first one."),
        ("@x", "'@x' is not a row of a list: @1 is the first one."),
        ("two words", "'two words' is not a task id: ids hold letters, digits, '-' and '_' only."),
        ("https://evil.test/session/1234", "'https://evil.test/session/1234' is not the URL of a Jules task."),
        ("https://jules.google.com.evil.test/session/1234", None),
        ("https://jules.google.com/session/", None),
        ("1234\x1b]0;x\x07 5", "'1234 5' is not a task id: ids hold letters, digits, '-' and '_' only."),
        ("\uff11\uff12\uff13\uff14", None),
        ("x" * 129, None),
    ],
)
def test_parse_task_reference_malformed_says_why(typed: str, sentence: str | None) -> None:
    with pytest.raises(ValidationError) as caught:
        parse_task_reference(typed)

    assert sentence is None or caught.value.message == sentence
    assert caught.value.context["field"] == "task"
    assert "@N" in (caught.value.hint or "")


def test_is_valid_id_takes_opaque_ids_only() -> None:
    assert all(is_valid_id(text) for text in (ID, "a", "A-b_9"))
    assert not any(is_valid_id(text) for text in ("", "a b", "../x", "ä", "1\n", "sessions/1"))


@pytest.mark.parametrize(
    ("typed", "repository"),
    [
        ("acme/webapp", "acme/webapp"),
        (" acme/web.app_2-x ", "acme/web.app_2-x"),
        ("acme/.github", "acme/.github"),
        ("a-b-c/9", "a-b-c/9"),
        ("https://github.com/acme/webapp", "acme/webapp"),
        ("https://github.com/acme/webapp.git", "acme/webapp"),
        ("http://www.github.com/acme/web.app/", "acme/web.app"),
        ("github.com/acme/webapp", "acme/webapp"),
        ("git@github.com:acme/webapp.git", "acme/webapp"),
        ("a" * 39 + "/" + "b" * 100, "a" * 39 + "/" + "b" * 100),
    ],
)
def test_validate_repository_normalises_what_github_takes(typed: str, repository: str) -> None:
    assert validate_repository(typed) == repository
    assert validate_repository(repository) == repository


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "webapp",
        "acme/",
        "/webapp",
        "acme/web/app",
        "-acme/x",
        "acme-/x",
        "a--b/x",
        "a_b/x",
        "a" * 40 + "/x",
        "acme/" + "x" * 101,
        "acme/.",
        "acme/..",
        "acme/a b",
        "acme/ä",
        "https://gitlab.com/acme/webapp",
        "https://github.com/acme",
        "acme/web\napp",
        "acme/x;rm",
        "https://github.com/acme/webapp/tree/main",
    ],
)
def test_validate_repository_refuses_what_github_refuses(typed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate_repository(typed)

    assert caught.value.context["field"] == "repository"
    assert caught.value.hint is not None


@given(st.text(max_size=30))
@settings(max_examples=100, deadline=None)
def test_validate_repository_any_text_is_refused_or_normal(text: str) -> None:
    try:
        repository = validate_repository(text)
    except ValidationError:
        return
    assert validate_repository(repository) == repository


BRANCHES = [
    "main",
    "feature/login",
    "v1.2",
    "a@b",
    "ünï",
    "a.lock.b",
    "-",
    "--force",
    "",
    ".",
    "a..b",
    "a b",
    "a~b",
    "a^",
    "a:b",
    "a?",
    "a*",
    "a[b",
    "a\\b",
    "/a",
    "a/",
    "a//b",
    ".a",
    "b/.a",
    "a.lock",
    "a.lock/b",
    "a.",
    "a@{b",
    "a\x01b",
    "a\x7f",
]


@pytest.mark.parametrize("branch", BRANCHES)
def test_validate_branch_agrees_with_git(branch: str) -> None:
    by_git = subprocess.run(["git", "check-ref-format", "--branch", branch], capture_output=True, check=False)

    if by_git.returncode == 0:
        assert validate_branch(branch) == branch
    else:
        with pytest.raises(ValidationError) as caught:
            validate_branch(branch)
        assert caught.value.context["field"] == "branch"


def test_validate_branch_drops_the_name_space_and_refuses_hidden_characters() -> None:
    assert validate_branch("refs/heads/main") == "main"
    for hidden in ("ma\u202ein", "main\u200b", "x" * 245, "@", "HEAD"):
        with pytest.raises(ValidationError):
            validate_branch(hidden)


@pytest.mark.parametrize("hidden", ["\x1b[31m", "\x1b]0;x\x07"])
def test_validate_name_of_which_nothing_can_be_shown_was_given_all_the_same(hidden: str) -> None:
    with pytest.raises(ValidationError, match=r"^What was given is not a branch name: .* that cannot be seen\.$"):
        validate_branch(hidden)
    with pytest.raises(ValidationError, match=r"^What was given is not a repository of the form owner/name\.$"):
        validate_repository(hidden)
    with pytest.raises(ValidationError, match="No branch was given"):
        validate_branch(" ")
    with pytest.raises(ValidationError, match="No repository was given"):
        validate_repository(" ")


@pytest.mark.parametrize(("check", "field"), [(validate_description, "description"), (validate_message, "message")])
def test_validate_words_must_say_something_that_can_be_sent(check, field: str) -> None:  # type: ignore[no-untyped-def]
    assert check("  Do it.\n\n  - now\n") == "Do it.\n\n  - now"
    for wrong in ("", " \n\t", "half \ud83d"):
        with pytest.raises(ValidationError) as caught:
            check(wrong)
        assert caught.value.context["field"] == field
