"""What a create call of a REST-like server looks like, by the arguments that its tool has."""

from __future__ import annotations

from typing import Any, Final

from jjm_tui.gateway.dialects.options import (
    FALLBACK_BRANCH,
    Verdict,
    choose_branch,
    judge_options,
)
from jjm_tui.gateway.dialects.rest_tools import Command
from jjm_tui.ports import Capabilities, CreatePlan, CreateRequest, Repository, Support

SOURCE_NAMES: Final = ("source", "sourceName", "source_name", "source_id", "sourceId", "sourceContext")
_OWNER_NAMES: Final = (("repoOwner", "repoName"), ("repo_owner", "repo_name"), ("owner", "repo"))
_REPO_NAMES: Final = ("repo", "repository", "repo_full_name", "repository_name")
_BRANCH_NAMES: Final = ("startingBranch", "starting_branch", "branch", "baseBranch", "base_branch")
_REQUIRE_NAMES: Final = (
    "requirePlanApproval",
    "require_plan_approval",
    "requireApproval",
    "require_approval",
    "interactive",
)
_AUTO_APPROVE_NAMES: Final = ("autoApprove", "auto_approve")
_MODE_NAMES: Final = ("automationMode", "automation_mode")
_PR_NAMES: Final = ("autoPr", "autoPR", "auto_pr", "autoCreatePR", "autoCreatePr", "auto_create_pr", "createPr")
_ALWAYS_OPENS_PR: Final = frozenset({"prompt", "source", "requirePlanApproval"})
"""The arguments of the one known server that always opens a pull request and always starts from ``main``."""
_MODE_ON, _MODE_OFF = "AUTO_CREATE_PR", "AUTOMATION_MODE_UNSPECIFIED"


def wants_source(command: Command) -> bool:
    """Whether the tool wants the opaque name of a source, which must be looked up."""
    return _owner_pair(command) is None and command.schema.first(SOURCE_NAMES) is not None


def create_support(command: Command) -> dict[str, Support]:
    """The create words of the capabilities."""
    schema = command.schema
    always = set(schema.properties) == _ALWAYS_OPENS_PR
    mode = schema.first(_MODE_NAMES)
    has_mode = mode is not None and (not schema.enum(mode) or _MODE_ON in schema.enum(mode))
    return {
        "create_branch": "yes" if _takes_branch(command) else "no",
        "create_title": "yes" if "title" in schema.properties else "no",
        "create_approval": "yes" if schema.first((*_REQUIRE_NAMES, *_AUTO_APPROVE_NAMES)) else "never",
        "create_pull_request": "yes" if has_mode or schema.first(_PR_NAMES) else "always" if always else "no",
    }


def plan_rest_create(
    command: Command,
    request: CreateRequest,
    capabilities: Capabilities,
    repository: Repository | None,
    verdict: Verdict,
) -> CreatePlan:
    """The arguments of the create call, with what the server cannot honour.

    ``repository`` is ``None`` where the server does not list its repositories.
    """
    schema = command.schema
    judge_options(request, capabilities, verdict)
    branch = _choose_branch(command, request, repository, verdict)
    arguments: dict[str, Any] = schema.fixed(writing=True)
    if command.text_argument is not None:
        arguments[command.text_argument] = request.description
    arguments.update(_repository_arguments(command, request, repository, branch, verdict))
    branch_name = schema.first(_BRANCH_NAMES)
    if branch_name is not None and branch is not None:
        arguments[branch_name] = branch
    if request.title is not None and "title" in schema.properties:
        arguments["title"] = request.title
    arguments.update(_switches(command, request))
    unknown = schema.unknown_required(arguments)
    if unknown:
        listed = ", ".join(repr(name) for name in unknown)
        verdict.refusals.append(f"The tool {schema.tool!r} requires {listed}, which this program cannot fill.")
    return verdict.plan(schema.tool, schema.wrap(arguments))


def _owner_pair(command: Command) -> tuple[str, str] | None:
    names = command.schema.properties
    return next((pair for pair in _OWNER_NAMES if pair[0] in names and pair[1] in names), None)


def _takes_branch(command: Command) -> bool:
    schema = command.schema
    if schema.first(_BRANCH_NAMES) is not None:
        return True
    return _owner_pair(command) is None and schema.first(SOURCE_NAMES) == "sourceContext" and _is_object(command)


def _is_object(command: Command) -> bool:
    return "string" not in command.schema.types("sourceContext")


def _choose_branch(
    command: Command, request: CreateRequest, repository: Repository | None, verdict: Verdict
) -> str | None:
    if _takes_branch(command):
        return choose_branch(request, repository, verdict)
    default = None if repository is None else repository.default_branch
    if request.branch is not None and request.branch != FALLBACK_BRANCH:
        verdict.object_to(
            f"This server has no argument for the branch; as far as is known it starts from {FALLBACK_BRANCH!r}.",
            explicit="branch" in request.explicit or request.branch != default,
        )
    elif default != FALLBACK_BRANCH:
        known = f"the default branch is {default!r}" if default else "the default branch is not known"
        verdict.remarks.append(
            f"This server has no argument for the branch; as far as is known it starts from {FALLBACK_BRANCH!r},"
            f" and {known}."
        )
    return None


def _repository_arguments(
    command: Command, request: CreateRequest, repository: Repository | None, branch: str | None, verdict: Verdict
) -> dict[str, Any]:
    schema = command.schema
    name = request.repository if repository is None else repository.name
    pair = _owner_pair(command)
    if pair is not None:
        owner, _, repo = name.partition("/")
        return {pair[0]: owner, pair[1]: repo}
    argument = schema.first(SOURCE_NAMES)
    if argument is not None:
        source = f"sources/github/{name}" if repository is None else repository.source
        if argument == "sourceContext" and _is_object(command):
            return {argument: {"source": source, "githubRepoContext": {"startingBranch": branch}}}
        if argument in ("source_id", "sourceId") and "sources/" not in schema.describe(argument):
            source = source.removeprefix("sources/")
        return {argument: source}
    argument = schema.first(_REPO_NAMES)
    if argument is None:
        verdict.refusals.append("This server has no argument for the repository.")
        return {}
    return {argument: name}


def _switches(command: Command, request: CreateRequest) -> dict[str, Any]:
    schema = command.schema
    values: dict[str, Any] = {}
    require, automatic = schema.first(_REQUIRE_NAMES), schema.first(_AUTO_APPROVE_NAMES)
    if require is not None:
        values[require] = request.approval == "required"
    elif automatic is not None:
        values[automatic] = request.approval != "required"
    mode, switch = schema.first(_MODE_NAMES), schema.first(_PR_NAMES)
    if mode is not None:
        word = _MODE_ON if request.pr == "auto" else _MODE_OFF
        words = schema.enum(mode)
        if not words or word in words:
            values[mode] = word
    elif switch is not None:
        values[switch] = request.pr == "auto"
    return values
