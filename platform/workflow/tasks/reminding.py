"""Reminders: one at the moment a task asks for, and one each working day about what is overdue."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select

from kernel import clock
from kernel.i18n import N_
from kernel.work import Work
from workflow.notifications.service import notify
from workflow.tasks.model import Task
from workflow.words import TASK_DUE, TASK_OVERDUE

BATCH = 500


async def remind(work: Work, task_id: UUID) -> None:
    """Remind of one task, unless it was done, moved or remembered meanwhile."""
    task = await work.session.scalar(select(Task).where(Task.id == task_id).with_for_update())
    if task is not None:
        await _tell(work, [task])


async def remind_late(work: Work) -> None:
    """Reminders whose moment passed while no worker ran, or whose job was lost."""
    late = select(Task).where(Task.done_at.is_(None), Task.reminded_at.is_(None), Task.remind_at <= clock.now())
    await _tell(work, await work.session.scalars(late.order_by(Task.remind_at).limit(BATCH).with_for_update(skip_locked=True)))


async def tell_overdue(work: Work) -> None:
    """Tell each member once a day how many of their tasks are overdue."""
    today = work.today()
    counted = await work.session.execute(
        select(Task.assignee_id, func.count())
        .where(Task.done_at.is_(None), Task.due_on < today, Task.assignee_id.is_not(None))
        .group_by(Task.assignee_id)
    )
    for person_id, number in counted.all():
        if person_id is not None:
            text, values = N_("Overdue tasks: %(count)s. Do them, move them or let them go."), {"count": number}
            key = f"overdue:{today}"
            await notify(work, [person_id], kind=TASK_OVERDUE, text=text, values=values, path="/tasks", key=key, even_self=True)


async def _tell(work: Work, tasks: Iterable[Task]) -> None:
    now = clock.now()
    for task in tasks:
        if task.done_at is not None or task.reminded_at is not None or task.remind_at is None or task.remind_at > now:
            continue
        task.reminded_at = now
        person_id = task.assignee_id or task.author_id
        if person_id is None or task.due_on is None:
            continue
        text = N_("Due on %(day)s: %(title)s") if task.due_time is None else N_("Due on %(day)s at %(time)s: %(title)s")
        values = {
            "day": task.due_on.isoformat(),
            "time": f"{task.due_time:%H:%M}" if task.due_time else "",
            "title": task.title,
        }
        key = f"due:{task.id}:{task.remind_at.isoformat()}"
        await notify(work, [person_id], kind=TASK_DUE, text=text, values=values, path=f"/tasks/{task.id}", key=key, even_self=True)
    await work.session.flush()
