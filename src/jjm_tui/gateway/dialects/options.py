"""The options of a new task against what a server can do: sent, refused with the reason, or told as a remark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from jjm_tui.domain.text import clean_line
from jjm_tui.ports import Capabilities, CreatePlan, CreateRequest, Repository, Support

FALLBACK_BRANCH = "main"
"""The branch when nobody said one and the default of the repository is not known."""

_SHOWN = 5
"""Names that are offered in the place of one that is not known."""


@dataclass(slots=True)
class Verdict:
    """What there is to tell about a create before it is sent."""

    remarks: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    advice: str | None = None

    def object_to(self, sentence: str, *, explicit: bool) -> None:
        """Refuse when the person asked for it, else only tell."""
        (self.refusals if explicit else self.remarks).append(sentence)

    def plan(self, tool: str, arguments: Mapping[str, Any]) -> CreatePlan:
        """The plan with everything that was said on the way."""
        refusal = " ".join(dict.fromkeys(self.refusals)) or None
        return CreatePlan(tool, dict(arguments), tuple(dict.fromkeys(self.remarks)), refusal, self.advice)


def judge_options(request: CreateRequest, capabilities: Capabilities, verdict: Verdict) -> None:
    """Judge approval, pull request and title by the words of the capabilities (``ports.Support``)."""
    asked = request.explicit
    _judge_switch(
        verdict,
        capabilities.create_approval,
        wanted=request.approval == "required",
        explicit="approval" in asked,
        subject="whether a plan needs approval",
        when_never="this server has no switch for it, and plans are then approved automatically",
        when_always="this server always asks for approval",
    )
    _judge_switch(
        verdict,
        capabilities.create_pull_request,
        wanted=request.pr == "auto",
        explicit="pr" in asked,
        subject="whether a pull request is opened",
        when_never="this server never opens one",
        when_always="this server always opens one when the task completes",
    )
    if request.title is not None and capabilities.create_title != "yes":
        verdict.remarks.append("The title is not sent: this server has no argument for it.")


def _judge_switch(
    verdict: Verdict,
    support: Support,
    *,
    wanted: bool,
    explicit: bool,
    subject: str,
    when_never: str,
    when_always: str,
) -> None:
    if support == "no":
        sentence = f"This server cannot be told {subject}; its own way applies."
        verdict.object_to(sentence, explicit=explicit)
    elif support == "ignored":
        verdict.remarks.append(f"This server is known not to honour {subject}.")
    elif support == "never" and wanted:
        verdict.object_to(f"It cannot be chosen {subject}: {when_never}.", explicit=explicit)
    elif support == "always" and not wanted:
        verdict.object_to(f"It cannot be chosen {subject}: {when_always}.", explicit=explicit)


def choose_branch(request: CreateRequest, repository: Repository | None, verdict: Verdict) -> str:
    """The branch to send: the person's, else the repository's default, else ``main`` with a remark."""
    if request.branch is not None:
        if repository is not None and repository.branches and request.branch not in repository.branches:
            verdict.remarks.append(_not_listed(request.branch, repository))
        return request.branch
    if repository is not None and repository.default_branch:
        return repository.default_branch
    verdict.remarks.append(f"The default branch is not known; {FALLBACK_BRANCH!r} is used.")
    return FALLBACK_BRANCH


def _not_listed(branch: str, repository: Repository) -> str:
    """A sentence that names what is spelled alike, else the first of those that there are."""
    near = get_close_matches(branch, repository.branches, n=3, cutoff=0.5)
    shown = near or repository.branches[:_SHOWN]
    more = ", …" if len(shown) < len(repository.branches) else ""
    listed = ", ".join(map(clean_line, shown)) + more
    return f"The server does not list a branch {clean_line(branch)!r} of {repository.name}. It lists {listed}."


def refuse_unknown_repository(name: str, known: Mapping[str, Repository], verdict: Verdict) -> None:
    """Refuse a repository that is not connected, naming what is spelled alike."""
    names = {item.name.lower(): item.name for item in known.values()}
    near = get_close_matches(name.lower(), names, n=3, cutoff=0.5)
    sentence = f"The repository {clean_line(name)!r} is not connected to Jules."
    if near:
        sentence += " Similar ones: " + ", ".join(names[item] for item in near) + "."
    elif names:
        shown = sorted(names.values())[:_SHOWN]
        sentence += " Connected: " + ", ".join(shown) + (", …" if len(names) > len(shown) else "") + "."
    verdict.refusals.append(sentence)
    otherwise = "connect the repository to Jules on jules.google.com first."
    verdict.advice = f"Did you mean {names[near[0]]}? Else {otherwise}" if near else f"Check its name, or {otherwise}"


def find_repository(name: str, known: Mapping[str, Repository]) -> Repository | None:
    """The repository of that name; GitHub's names do not differ by case."""
    return next((item for item in known.values() if item.name.lower() == name.lower()), None)
