"""Approving a plan: only the one that was read, only while the server still holds it."""

from __future__ import annotations

from collections.abc import Callable

from jjm_tui.domain.ids import spell_command
from jjm_tui.domain.operations import Operation
from jjm_tui.domain.plans import is_chat_fingerprint
from jjm_tui.domain.status import TaskStatus
from jjm_tui.domain.task import Plan, Task
from jjm_tui.errors import WrongStateError
from jjm_tui.ports import Answer
from jjm_tui.services.courses.base import (
    Confirmation,
    CourseBase,
    NothingToDoError,
    Preparation,
    Sight,
    Verdict,
)
from jjm_tui.services.told_plans import plan_to_decide


class PlanChangedError(WrongStateError):
    """The server holds another plan than the one that was read; nothing was sent. ``plan``: the other one."""

    plan: Plan | None = None


class PlanNotShownError(NothingToDoError):
    """The server was asked, and showed no plan that waits, whatever is stored; nothing was sent."""


class ApproveCourse(CourseBase):
    """The approval of one plan. ``payload``: ``fingerprint``, and ``incomplete`` as the person's explicit consent."""

    async def waiting_plan(self, task_id: str) -> tuple[Task, Plan, bool]:
        """The task, the plan that the server shows now, and whether the server is sure that it waits.

        Raises:
            NothingToDoError: nothing waits for approval.
            PlanNotShownError: the server does not show the plan; a stored one is never taken for it.
        """
        task, reading = await self._fresh_reading(task_id)
        self._require_waiting(task)
        plan = plan_to_decide(task.plan, reading.told_plan)
        if plan is None:
            where = "in what it lets be read of it" if reading.remarks else "now"
            raise PlanNotShownError(
                f"The server shows no plan of task {task_id} {where}; nothing was sent.",
                hint="".join(f"{remark} " for remark in reading.remarks)
                + f"Ask again, or look at its page: {spell_command('jjm open', task_id)}. "
                + ("A plan may still be on its way." if task.plan is None else "The plan stored here may be outdated."),
                context={"task_id": task_id, "status": task.status.value},
            )
        if plan.approved:
            raise NothingToDoError(f"The plan of task {task_id} is already approved.", context={"task_id": task_id})
        return task, plan, task.status is TaskStatus.WAITING_APPROVAL and reading.tells_status

    def _require_waiting(self, task: Task) -> None:
        """Raise NothingToDoError unless the task waits, or the server cannot tell."""
        if task.status in (TaskStatus.WAITING_APPROVAL, TaskStatus.UNKNOWN):
            return
        raise NothingToDoError(
            f"Nothing to approve: the task {task.id} {task.status.sentence}.",
            hint="See which plans wait: jjm list --status waiting_approval",
            context={"task_id": task.id, "status": task.status.value},
        )

    async def prepare(self, operation: Operation) -> Preparation:
        task_id = self._task_id(operation)
        task, plan, certain = await self.waiting_plan(task_id)
        if plan.fingerprint != operation.payload.get("fingerprint"):
            changed = PlanChangedError(
                f"The plan of task {task_id} is not the one that was read; nothing was sent.",
                hint="Read the new plan and decide again.",
                context={
                    "task_id": task_id,
                    "wanted": operation.payload.get("fingerprint"),
                    "found": plan.fingerprint,
                },
            )
            changed.plan = plan
            raise changed
        if not (plan.complete and certain) and not operation.payload.get("incomplete"):
            raise WrongStateError(
                f"The plan of task {task_id} is not known to be whole and the latest; nothing was sent.",
                hint="To approve it all the same, say so: --incomplete",
                context={"task_id": task_id, "fingerprint": plan.fingerprint},
            )
        known = {"fingerprint": plan.fingerprint, "plan_id": plan.id, "approved_instead": plan.approved_instead}
        return Preparation({**known, "status": task.status.value})

    async def send(self, operation: Operation, written: Callable[[], None]) -> Answer:
        return await self._reader.server.approve_plan(self._task_id(operation), written=written)

    async def accept(self, operation: Operation, answer: Answer) -> str | None:
        await self._absorb(answer.facts)
        return self._task_id(operation)

    async def confirm(self, operation: Operation, task_id: str | None) -> Confirmation:
        task = await self._fresh_task(self._task_id(operation))
        plan = task.plan
        moved = task.status is not TaskStatus.WAITING_APPROVAL
        read = operation.baseline.get("fingerprint")
        if plan is None or is_chat_fingerprint(plan.fingerprint):
            return Confirmation(visible=moved)
        is_other = plan.approved_instead not in (None, operation.baseline.get("approved_instead"))
        if plan.fingerprint != read or is_other:
            was_approved = plan.approved or is_other
            what = "was approved" if was_approved else "is what the server shows now that it went on"
            look = spell_command("jjm get", task.id)
            return Confirmation(
                visible=True,
                alarms=(f"ALARM: another plan than the one you read {what}. Look at it now: {look}",),
                data={
                    "shown": plan.fingerprint,
                    "read": read,
                    "approved": plan.approved,
                    "approved_instead": plan.approved_instead,
                },
            )
        return Confirmation(visible=moved)

    async def inspect(self, operation: Operation) -> Verdict:
        task, reading = await self._fresh_reading(self._task_id(operation))
        plan = task.plan
        same = plan is not None and plan.fingerprint == operation.baseline.get("fingerprint")
        if same and plan is not None and plan.approved:
            return Verdict(Sight.HAPPENED, "The server shows this plan as approved.", task.id)
        if not same:
            return Verdict(Sight.UNCLEAR, "The server shows another plan by now.", task.id)
        if not reading.tells_status:
            return Verdict(Sight.UNCLEAR, "The server does not tell the status of the task now.", task.id)
        if task.status in (TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.WAITING_FEEDBACK):
            went_on = f"The task has moved on with this plan: it {task.status.sentence}."
            return Verdict(Sight.HAPPENED, went_on, task.id)
        if task.status is TaskStatus.WAITING_APPROVAL and reading.told_plan is None:
            return Verdict(Sight.UNCLEAR, "The task still waits, and the server does not show its plan now.", task.id)
        if task.status is TaskStatus.WAITING_APPROVAL:
            return self._absent(operation, "The same plan still waits: the approval did not arrive.")
        return Verdict(Sight.UNCLEAR, "The server does not tell whether the plan was approved.", task.id)

    def leaves_mark(self, operation: Operation) -> bool:
        return False

    def done_sentence(self, operation: Operation, task_id: str | None) -> str:
        return f"Plan approved for task {task_id}."
