"""What all commands share that change something: whom they mean, how the outcome is told."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jjm_tui.cli.appearance import task_heading
from jjm_tui.cli.context import CommandContext
from jjm_tui.cli.exit_codes import UsageError, code_for_outcome, worst
from jjm_tui.cli.output import UnwritableError
from jjm_tui.cli.plan_view import difference_lines
from jjm_tui.cli.session import expand_reference, is_row
from jjm_tui.cli.task_json import CHANGED_SINCE_READ, operation_document
from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import OperationKind
from jjm_tui.errors import JulesManagerError
from jjm_tui.services.results import OperationResult, Outcome

if TYPE_CHECKING:
    from jjm_tui.services.manager import JobManager

_NEXT_STEPS: Final = {
    OperationKind.CREATE: ("Follow it", "jjm monitor"),
    OperationKind.MESSAGE: ("See the answer", "jjm get"),
    OperationKind.APPROVE: ("Follow it", "jjm monitor"),
    OperationKind.RESUME: ("Follow it", "jjm monitor"),
}

NO_YES: Final = "You did not say yes, so nothing was sent."

_DEMO_ENDS: Final = "A demo ends with its command and forgets this. To try it in one that stays open: jjm --demo"

_SENTENCES: Final = re.compile(r"(?<=[.?!])\s+")
_NO_ID: Final = re.compile(r"(jjm outbox (?:resend|discard)) ID\b")
_LARGEST_INPUT: Final = 200 * 1024 * 1024
"""Bytes; nine times what 10 000 tasks take in the store (22.4 MB, benchmarks/README.md)."""
_AT_MOST: Final = "At most 200 MiB are read."


def read_standard_input(what: str) -> str:
    """Standard input to its end, as text. Raises UsageError when it is not UTF-8 or far too large."""
    if sys.stdin is None:
        raise UsageError(f"There is no standard input to read the {what} from.", hint="Give it on the command line.")
    data = sys.stdin.buffer.read(_LARGEST_INPUT + 1)
    if len(data) > _LARGEST_INPUT:
        raise UsageError(f"The {what} on standard input is too large.", hint=_AT_MOST)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"The {what} on standard input is not UTF-8 text (byte {error.start}).", hint="Convert it first."
        ) from error


def read_text_file(name: str, *, hint: str = "Convert it first.") -> str:
    """A file or pipe to its end, as text with line feeds.

    Raises:
        UsageError: it cannot be read, is a device or far too large, or is not UTF-8; ``hint`` says what is wanted then.
    """
    try:
        path = Path(name).expanduser()
        if path.is_char_device() or path.is_block_device():
            raise UsageError(f"{name} is a device, not a file.", hint="Name a file, or - for standard input.")
        with path.open("rb") as file:
            data = file.read(_LARGEST_INPUT + 1)
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error).rstrip(".")
        raise UsageError(f"{name} cannot be read: {reason}.", hint="Check the path.") from error
    if len(data) > _LARGEST_INPUT:
        raise UsageError(f"{name} is too large.", hint=_AT_MOST)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text (byte {error.start}).", hint=hint) from error


async def resolve_all(
    context: CommandContext, manager: JobManager, references: Sequence[str], *, ask_server: bool
) -> list[str]:
    """The full ids of the references, each once. Raises TaskNotFoundError, AmbiguousTaskError, ValidationError."""
    ids = [
        await manager.resolve(expand_reference(context, reference), ask_server=ask_server) for reference in references
    ]
    return list(dict.fromkeys(ids))


async def confirm_rows(
    context: CommandContext, manager: JobManager, references: Sequence[str], task_ids: Sequence[str], what: str
) -> bool:
    """Where a task was named by ``@N``: show titles and ask. True: go on.

    Raises:
        UsageError: nobody can be asked.
    """
    if not any(is_row(reference) for reference in references):
        return True
    stored = {task.id: task for task in await manager.list_stored()}
    for task_id in task_ids:
        task = stored.get(task_id)
        context.out.say(f"  {task_id}  {task_heading(task) if task is not None else ''}".rstrip())
    return await context.prompts.confirm(what, hint="Give the id of the task instead of @N.")


async def may_overwrite(context: CommandContext, target: Path, forced: str) -> None:
    """A file that is there is written over only when the person says so; devices and pipes are no such files.

    Args:
        context: of a command that takes ``--force``.
        target: where is to be written.
        forced: the command line that says so, for the hint.

    Raises:
        UsageError: its folder is not there, its name is impossible, nobody can be asked, or the answer is no.
    """
    if not _is_file(target) or context.arguments.force:
        return
    sentence = f"{target} is there already; nothing was written."
    if not context.prompts.can_ask:
        raise UsageError(sentence, hint=f"Write over it: {forced}")
    if not await context.prompts.confirm(f"{target} is there already. Write over it?", hint=forced):
        raise UsageError(sentence, hint="Name another file.")


def _is_file(target: Path) -> bool:
    """Whether a file is there. Raises UsageError when not even its folder is, or there can be none of that name."""
    folder = target.expanduser().absolute().parent
    try:
        is_folder, is_file = folder.is_dir(), target.expanduser().is_file()
    except OSError as error:
        raise UsageError(
            f"{target} cannot be written: {error.strerror}. Nothing was written.", hint="Name another file."
        ) from error
    if not is_folder:
        raise UsageError(f"There is no folder {folder}.", hint=f"Make it first: mkdir -p {shlex.quote(str(folder))}")
    return is_file


def declined(kind: OperationKind, task_id: str | None) -> OperationResult:
    """The person said no."""
    return OperationResult(kind, Outcome.NOT_SENT, NO_YES, task_id)


def failed(kind: OperationKind, task_id: str | None, error: JulesManagerError) -> OperationResult:
    """One of several tasks could not be worked on; nothing was sent for it."""
    return OperationResult(kind, Outcome.NOT_SENT, error.message, task_id, hint=error.hint, error=error)


def tell_results(context: CommandContext, results: Sequence[OperationResult], *, many: bool) -> int:
    """Write how operations ended; answer the exit code, the worst of all.

    When standard output fails, standard error tells the outcomes, and the exit code stays that of what was done.
    """
    with context.out.telling_what_is_done():
        try:
            _write_results(context, results, many=many)
        except UnwritableError:
            for result in results:
                if result.outcome is Outcome.DONE:
                    context.out.warn(f"done: {result.message}")
                _tell_outcome(context, result, 1)
            raise
    return worst(code_for_outcome(result.outcome.value, result.error) for result in results)


def _write_results(context: CommandContext, results: Sequence[OperationResult], *, many: bool) -> None:
    now = context.now()
    if context.arguments.json:
        if many:
            context.out.document({"operations": [operation_document(result, now) for result in results]})
        else:
            for result in results:
                context.out.document(operation_document(result, now))
    told: set[tuple[object, ...]] = set()
    for result in results:
        _tell_data(context, result)
        sentence = _sentence_of(result)
        if sentence not in told:
            told.add(sentence)
            _tell_outcome(context, result, sum(_sentence_of(each) == sentence for each in results))


def _sentence_of(result: OperationResult) -> tuple[object, ...]:
    """What would be said of a result; several with the same are told once. A ``done`` is always told."""
    if result.outcome is Outcome.DONE or result.operation_id is not None:
        return (id(result),)
    return result.outcome, result.message, result.hint, result.server_said, result.remarks


def _tell_data(context: CommandContext, result: OperationResult) -> None:
    out = context.out
    url = result.task.url if result.task is not None else None
    if not context.arguments.json:
        if not out.terminal:
            out.row([result.task_id or "", result.outcome.value, result.message, url or ""])
        elif result.outcome is Outcome.DONE:
            out.styled([(result.message, "green")])
            if result.kind is OperationKind.CREATE and url:
                out.line(url)


def _tell_outcome(context: CommandContext, result: OperationResult, count: int) -> None:
    out = context.out
    if result.outcome is not Outcome.DONE:
        times = f" ({count} tasks)" if count > 1 else ""
        out.warn(f"{result.outcome.value.replace('_', ' ')}{times}: {result.message}")
        if hint := _hint_of(result, in_demo=context.arguments.demo):
            for line in out.own(hint).splitlines():
                out.say(f"  {line}")
        if result.server_said and not _is_said(result.server_said, result.message):
            out.say(f"  The server said: {result.server_said}")
    if result.difference:
        out.styled(difference_lines(CHANGED_SINCE_READ, result.difference), to_error=True)
    for remark in result.remarks:
        out.remark(remark)
    if result.outcome is Outcome.DONE and result.task_id and out.terminal and not context.arguments.json:
        what, command = _NEXT_STEPS[result.kind]
        step = f"{what}: {spell_command(command, result.task_id)}"
        out.remark(_DEMO_ENDS if context.arguments.demo else step)


def _hint_of(result: OperationResult, *, in_demo: bool = False) -> str | None:
    """What to do next; an operation that is kept is named by its own id. Nothing outlives a demo's command."""
    if in_demo and result.operation_id is not None:
        lasting = [each for each in _SENTENCES.split(result.hint or "") if each and "jjm outbox" not in each]
        return "\n".join([*([" ".join(lasting)] if lasting else []), _DEMO_ENDS])
    if result.outcome is not Outcome.UNCONFIRMED or result.operation_id is None:
        return result.hint
    operation_id = result.operation_id
    if result.hint is not None and "jjm outbox settle" in result.hint:
        return _NO_ID.sub(lambda match: spell_command(match[1], operation_id), result.hint)
    kept = f"It is kept as {result.operation_id}: jjm outbox settle, resend or discard."
    return f"{result.hint} {kept}" if result.hint else kept


def _is_said(words: str, sentence: str) -> bool:
    """The sentence has the server's words already."""
    plain, told = (" ".join(text.split()).rstrip(".") for text in (words, sentence))
    quoted = told.partition("The server said: ")[2]
    return plain in told or (bool(quoted) and plain.endswith(quoted))
