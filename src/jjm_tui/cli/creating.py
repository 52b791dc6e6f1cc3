"""``create``: one task, equal ones, or many from a file; checked as a whole, sent one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import ExitCode, UsageError, worst
from jjm_tui.cli.interruption import truth_after_interruption
from jjm_tui.cli.loop import run_async
from jjm_tui.cli.operating import failed, read_standard_input, read_text_file, tell_results
from jjm_tui.cli.output import harmless
from jjm_tui.cli.progress import answer_awaited, waiting_for
from jjm_tui.cli.task_files import Defaults, read_requests
from jjm_tui.domain.operations import OperationKind
from jjm_tui.domain.repository import validate_branch, validate_description, validate_repository
from jjm_tui.errors import AuthenticationError, JulesManagerError
from jjm_tui.ports import CreateRequest
from jjm_tui.services.results import MonitorRequest, OperationResult, Outcome

if TYPE_CHECKING:
    from jjm_tui.ports import CreatePlan
    from jjm_tui.services.manager import JobManager

_EXAMPLE = "jjm create --repo acme/webapp --description 'Fix the login bug'"

_SHOWN_REPOSITORIES = 5


def run(context: CommandContext) -> int:
    """Create tasks. Everything is read and checked before a server is started."""
    given = context.arguments
    if given.watch and (given.json or given.dry_run):
        raise UsageError(
            "--watch goes on after the answer, so it does not go with --json or --dry-run.", hint="See: jjm monitor"
        )
    requests = _read_requests(context)
    many = len(requests) > 1 or given.source is not None

    async def create(context: CommandContext) -> int:
        async with context.manager() as manager:
            if given.dry_run:
                return await _dry_run(context, manager, requests)
            results = await _create_all(context, manager, requests, many=many)
            code = tell_results(context, results, many=many)
            made = tuple(result.task_id for result in results if result.outcome is Outcome.DONE and result.task_id)
            if given.watch and made:
                with context.out.telling_what_is_done():
                    code = worst((code, await _watch(context, manager, made)))
            return code

    return run_async(create, context)


def _read_requests(context: CommandContext) -> list[CreateRequest]:
    given = context.arguments
    defaults = _defaults(context)
    if given.source is not None:
        if given.stdin is not None:
            raise UsageError("--from and - do not go together; use --from -.", hint="See: jjm create --help")
        name = "standard input" if given.source == "-" else given.source
        text = read_standard_input("list of tasks") if given.source == "-" else read_text_file(given.source)
        return read_requests(text, name, defaults)
    if defaults.repository is None:
        hint = f"{_known_repositories(context)}For example: {_EXAMPLE}"
        raise UsageError("Which repository? Name it with --repo.", hint=hint, context={"field": "repository"})
    request = CreateRequest(
        description=validate_description(_description(context)),
        repository=validate_repository(defaults.repository),
        branch=None if defaults.branch is None else validate_branch(defaults.branch),
        title=defaults.title,
        approval=defaults.approval,
        pr=defaults.pr,
        explicit=defaults.explicit,
    )
    return [request] * defaults.parallel


def _known_repositories(context: CommandContext) -> str:
    """A sentence with the repositories of the stored tasks, those with the most tasks first; empty without any."""
    from collections import Counter

    from jjm_tui import assembly

    try:
        tasks = assembly.read_cached(context.options, context.environ).tasks
    except JulesManagerError:
        return ""
    known = [name for name, _ in Counter(task.repository for task in tasks if task.repository).most_common()]
    more = ", …" if len(known) > _SHOWN_REPOSITORIES else ""
    return f"Your tasks have {', '.join(known[:_SHOWN_REPOSITORIES])}{more}. " if known else ""


def _defaults(context: CommandContext) -> Defaults:
    given, settings = context.arguments, context.load().settings.create
    explicit = frozenset(name for name in ("branch", "title", "approval", "pr") if getattr(given, name) is not None)
    return Defaults(
        repository=given.repo if given.repo is not None else settings.repository,
        branch=given.branch if given.branch is not None else settings.branch,
        title=given.title,
        approval=given.approval or settings.approval,
        pr=given.pr or settings.pr,
        parallel=given.parallel or 1,
        explicit=explicit,
    )


def _description(context: CommandContext) -> str:
    given = context.arguments
    if given.stdin is not None and (given.description is not None or given.file is not None):
        raise UsageError("Give the description once: --description, --file, or -.", hint=_EXAMPLE)
    if given.description is not None and given.description != "-":
        return str(given.description)
    if given.file is not None and given.file != "-":
        return read_text_file(given.file)
    if "-" in (given.stdin, given.description, given.file):
        return read_standard_input("description")
    raise UsageError("What is Jules to do? Say it with --description, --file, or -.", hint=_EXAMPLE)


async def _create_all(
    context: CommandContext, manager: JobManager, requests: Sequence[CreateRequest], *, many: bool
) -> list[OperationResult]:
    """One after the other; when nothing leaves this machine any more, the rest is not tried."""
    asked = [None] * len(requests)
    async with truth_after_interruption(context, manager, OperationKind.CREATE, asked, many=many) as results:
        for number, request in enumerate(requests, 1):
            text = "Creating the task" if len(requests) == 1 else f"Creating task {number} of {len(requests)}"
            async with answer_awaited(context.out, manager, text):
                try:
                    results.append(await manager.create_task(request))
                except JulesManagerError as error:
                    if len(requests) == 1:
                        raise
                    results.append(failed(OperationKind.CREATE, None, error))
            last = results[-1]
            if last.outcome is Outcome.NOT_SENT or isinstance(last.error, AuthenticationError):
                left = len(requests) - number
                results.extend([_not_tried(last)] * left)
                break
    return results


def _not_tried(last: OperationResult) -> OperationResult:
    return OperationResult(
        OperationKind.CREATE,
        Outcome.NOT_SENT,
        "Not sent, because the one before it could not be sent.",
        error=last.error,
    )


async def _dry_run(context: CommandContext, manager: JobManager, requests: Sequence[CreateRequest]) -> int:
    plans = []
    async with waiting_for(context.out, "Asking the server what it can do"):
        for request in requests:
            plans.append((request, await manager.plan_create(request)))  # noqa: PERF401 - one at a time
    if context.arguments.json:
        context.out.document({"dry_run": True, "creates": [_plan_document(plan) for _, plan in plans]})
    for request, plan in plans:
        if not context.arguments.json:
            _show_plan(context, request, plan)
    return ExitCode.FAILED if any(plan.refusal for _, plan in plans) else ExitCode.DONE


def _plan_document(plan: CreatePlan) -> dict[str, Any]:
    return {
        "tool": plan.tool,
        "arguments": harmless(plan.arguments),
        "remarks": list(plan.remarks),
        "refusal": plan.refusal,
    }


def _show_plan(context: CommandContext, request: CreateRequest, plan: CreatePlan) -> None:
    out = context.out
    arguments = out.encode(harmless(plan.arguments))
    if not out.terminal:
        out.row([plan.tool, arguments, plan.refusal or "", *plan.remarks])
        return
    verdict = "Would be refused here" if plan.refusal else "Would send"
    out.line(f"{verdict}: {plan.tool} for {request.repository}")
    out.line(f"  {arguments}")
    for sentence in (*([plan.refusal] if plan.refusal else []), *plan.remarks):
        out.line(f"  {sentence}")


async def _watch(context: CommandContext, manager: JobManager, task_ids: tuple[str, ...]) -> int:
    from jjm_tui.cli.monitoring import watch

    interval = context.load().settings.monitor.interval
    return await watch(context, manager, MonitorRequest(task_ids=task_ids, interval=interval, until_idle=True))
