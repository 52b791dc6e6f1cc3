"""Creating a task: settled by comparing the server's list before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from jjm_tui.domain.facts import SILENT, FactSource, Rank, TaskFacts
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Task
from jjm_tui.domain.text import clean
from jjm_tui.errors import UnsupportedOperationError
from jjm_tui.ports import Answer, CreateRequest, TaskListing
from jjm_tui.services.courses.base import CLOCK_SKEW, Confirmation, CourseBase, Preparation, Sight, Verdict


def encode_request(request: CreateRequest) -> dict[str, object]:
    """The request as the outbox keeps it."""
    return {
        "description": request.description,
        "repository": request.repository,
        "branch": request.branch,
        "title": request.title,
        "approval": request.approval,
        "pr": request.pr,
        "explicit": sorted(request.explicit),
    }


def decode_request(payload: Operation) -> CreateRequest:
    """The request that an operation of kind *create* holds."""
    data = payload.payload
    return CreateRequest(
        description=str(data["description"]),
        repository=str(data["repository"]),
        branch=cast("str | None", data.get("branch")),
        title=cast("str | None", data.get("title")),
        approval="auto" if data.get("approval") == "auto" else "required",
        pr="none" if data.get("pr") == "none" else "auto",
        explicit=frozenset(data.get("explicit", ())),
    )


class CreateCourse(CourseBase):
    """The creation of one task. Equal creates go out one after the other, each with its own baseline."""

    async def prepare(self, operation: Operation) -> Preparation:
        plan = await self._reader.server.plan_create(decode_request(operation))
        if plan.refusal is not None:
            raise UnsupportedOperationError(
                plan.refusal,
                hint=plan.advice or "Leave the option out, or use a server that can honour it; see jjm server info.",
                context={"tool": plan.tool},
            )
        reading = await self._reader.refresh_list()
        return Preparation(
            {
                "known_ids": sorted(facts.id for facts in reading.listing.tasks),
                "list_truncated": reading.listing.truncated or not reading.listing.complete,
            },
            plan.remarks,
        )

    async def send(self, operation: Operation, written: Callable[[], None]) -> Answer:
        return await self._reader.server.create_task(decode_request(operation), written=written)

    async def accept(self, operation: Operation, answer: Answer) -> str | None:
        if not answer.facts:
            return None
        task_id = answer.facts[0].id
        await self._absorb((self._request_facts(operation, task_id), *answer.facts))
        return task_id

    def _request_facts(self, operation: Operation, task_id: str) -> TaskFacts:
        """What we know about a task because we asked for it; anything that a server says is stronger.

        The branch is left to the server: some take it and use another one.
        """
        request = decode_request(operation)
        return TaskFacts(
            id=task_id,
            origin=FactSource(Rank.GUESS, self._context.clock.now(), "create"),
            description=clean(request.description),
            repository=request.repository,
            title=clean(request.title) if request.title else SILENT,
            status=TaskStatus.PENDING,
        )

    async def confirm(self, operation: Operation, task_id: str | None) -> Confirmation:
        if task_id is None:
            return Confirmation(visible=False)
        await self._read(task_id)
        return Confirmation(visible=True)

    async def inspect(self, operation: Operation) -> Verdict:
        known = operation.baseline.get("known_ids")
        if not isinstance(known, list):
            return Verdict(Sight.UNCLEAR, "It was not recorded which tasks there were before.")
        reading = await self._reader.refresh_list()
        partial = reading.listing.truncated or not reading.listing.complete
        candidates = [
            task
            for facts in reading.listing.tasks
            if facts.id not in known and (task := await self._candidate(operation, facts.id)) is not None
        ]
        claimed = await self._claimed_by_others(operation)
        candidates = [task for task in candidates if task.id not in claimed]
        fitting = [task for task in candidates if not self._is_older(operation, task)]
        if candidates and not fitting and not (partial or operation.baseline.get("list_truncated")):
            sentence = f"Task {candidates[0].id} is new and may be it, but its time is from before it was sent."
            return Verdict(Sight.UNCLEAR, sentence, candidates[0].id, has_trace=True)
        candidates = fitting
        if len(candidates) == 1:
            if self._is_doubtful(operation, candidates[0], reading.listing):
                sentence = f"Task {candidates[0].id} may be it, but the list is cut short."
                return Verdict(Sight.UNCLEAR, sentence, candidates[0].id, has_trace=True)
            return Verdict(Sight.HAPPENED, f"Task {candidates[0].id} was created.", candidates[0].id)
        if candidates:
            ids = ", ".join(task.id for task in candidates)
            return Verdict(Sight.UNCLEAR, f"Several new tasks look like it: {ids}.", has_trace=True)
        if partial or operation.baseline.get("list_truncated"):
            return Verdict(Sight.UNCLEAR, "The server's list shows only a part of the tasks, so it cannot be told.")
        return self._absent(operation, "The task was not created: the complete list shows no sign of it.")

    async def _candidate(self, operation: Operation, task_id: str) -> Task | None:
        """The listed task if prompt and repository fit what was asked for."""
        task = await self._context.store.get_task(task_id)
        request = decode_request(operation)
        if task is None or task.description is None:
            return task
        if not _same_prompt(task.description, clean(request.description)):
            return None
        if task.repository is not None and task.repository.lower() != request.repository.lower():
            return None
        return task

    def _is_older(self, operation: Operation, task: Task) -> bool:
        """Whether its own time says that it was there before; that is wrong where our clock is."""
        sent = operation.sent_at
        return task.created_at is not None and sent is not None and task.created_at < sent - CLOCK_SKEW

    async def _claimed_by_others(self, operation: Operation) -> set[str]:
        """Tasks that other creates of ours are known to have made."""
        operations = await self._context.outbox.list_operations()
        return {op.task_id for op in operations if op.id != operation.id and op.task_id is not None}

    def _is_doubtful(self, operation: Operation, task: Task, listing: TaskListing) -> bool:
        """With a list cut short before, an unknown id is only surely new when its own time says so."""
        if not (operation.baseline.get("list_truncated") or listing.truncated):
            return task.description is None
        sent = operation.sent_at
        return task.created_at is None or sent is None or task.created_at < sent - CLOCK_SKEW

    def done_sentence(self, operation: Operation, task_id: str | None) -> str:
        if task_id is None:
            return "The server accepted the task, but did not tell its id."
        return f"Task {task_id} created."


def _same_prompt(told: str, wanted: str) -> bool:
    """Whether a told description is the wanted one, or its beginning cut with dots."""
    told, wanted = told.strip(), wanted.strip()
    if told == wanted:
        return True
    cut = told.removesuffix("…").removesuffix("...")
    return cut != told and len(cut) >= 20 and wanted.startswith(cut)
