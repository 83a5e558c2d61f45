"""What can be done with a task."""

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, or_, select, true

from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, DomainError, FieldError, Forbidden, Invalid, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.jobs import enqueue
from kernel.work import Work
from master_data.api import note_event
from workflow.notifications.service import notify
from workflow.people import member
from workflow.records import find_record, may_see
from workflow.tasks.dates import next_due, remind_moment
from workflow.tasks.model import Priority, Repeat, Task
from workflow.words import TASK_DONE, TASK_GIVEN

MANAGE = "workflow.task.manage"
REMIND_JOB = "workflow.remind"


class TaskNotFound(NotFound):
    code = "task_not_found"


class TaskReadOnly(Forbidden):
    """Only who gave it, who is to do it, or who manages all tasks."""

    code = "task_read_only"


class TaskDone(DomainError):
    """It was done before."""

    code = "task_done"


class TaskOpen(DomainError):
    """It is not done."""

    code = "task_open"


class TaskChanged(Conflict):
    code = "version_conflict"


class TaskInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A task.  ``assignee_id`` null: whoever takes it.  ``remind_minutes`` before it is due, at nine where it has no time."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    note: Annotated[str, msgspec.Meta(max_length=4000)] | None = None
    assignee_id: UUID | None = None
    due_on: date | None = None
    due_time: time | None = None
    remind_minutes: Annotated[int, msgspec.Meta(ge=0, le=43_200)] | None = 0
    priority: Priority = Priority.NORMAL
    repeat: Repeat = Repeat.NONE
    every: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    repeat_until: date | None = None


def seen(work: Work) -> ColumnElement[bool]:
    """The condition for tasks in the actor's lists: their own, those they gave, or all for who manages them."""
    if work.actor.may(MANAGE):
        return true()
    return or_(Task.assignee_id == work.actor.id, Task.author_id == work.actor.id)


async def get_task(work: Work, task_id: UUID, *, act: str = "read", lock: bool = False) -> Task:
    """The task, to ``read`` it, to ``do`` it or to ``edit`` it.

    Raises:
        TaskNotFound: there is none that the actor may see.
        TaskReadOnly: it may be seen and no more.
    """
    query = select(Task).where(Task.id == task_id).execution_options(populate_existing=lock)
    task = await work.session.scalar(query.with_for_update() if lock else query)
    if task is None:
        raise TaskNotFound(_("This task does not exist, or was deleted."))
    own = work.actor.may(MANAGE) or work.actor.id in (task.assignee_id, task.author_id)
    if not own:
        about = (task.record_kind, task.record_id)
        if about[0] is None or about[1] is None or not await may_see(work, about[0], about[1]):
            raise TaskNotFound(_("This task does not exist, or was deleted."))
        free = act == "do" and task.assignee_id is None
        if act != "read" and not free:
            raise TaskReadOnly(_("Only %(names)s can change this task.", names=task.assignee_name or task.author_name))
    return task


async def create_task(
    work: Work, data: TaskInput, *, about: tuple[str, UUID] | None = None, announced: bool = True, told: bool = True
) -> Task:
    """A new task; with ``about`` it stands on that record's page, and where it is ``announced`` on its timeline.

    Who is to do it is ``told``, unless they hear of it in another way.

    Raises:
        Invalid: nobody of the company is meant, or the days do not fit.
        RecordNotFound: the record is out of the actor's reach.
    """
    if about is not None:
        await find_record(work, *about)
    task = Task(
        id=new_id(),
        record_kind=about[0] if about else None,
        record_id=about[1] if about else None,
        author_id=work.actor.id,
        author_name=work.actor.name[:80],
    )
    await _write(work, task, data)
    if task.repeat is not Repeat.NONE:
        task.series_id = task.id
    work.session.add(task)
    await work.session.flush()
    await _remember(work, task)
    if about is not None and announced:
        await note_event(work, *about, _in_words(task), path=f"/tasks/{task.id}")
    if told:
        await _tell_assignee(work, task)
    return task


async def update_task(work: Work, task_id: UUID, data: TaskInput, *, version: int | None = None) -> Task:
    """Write an open task anew.

    Raises:
        TaskNotFound, TaskReadOnly, Invalid
        TaskDone: reopen it first.
        TaskChanged: somebody else changed it since.
    """
    task = await get_task(work, task_id, act="edit", lock=True)
    if task.done_at is not None:
        raise TaskDone(_("This task is done. Reopen it first."))
    if version is not None and task.version != version:
        raise TaskChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    before = task.assignee_id
    await _write(work, task, data)
    if task.repeat is not Repeat.NONE and task.series_id is None:
        task.series_id = task.id
    await work.session.flush()
    await _remember(work, task)
    if task.assignee_id != before:
        await _tell_assignee(work, task)
    return task


async def complete_task(work: Work, task_id: UUID) -> Task:
    """It is done: a repeated one is followed by the next, and who gave it is told.

    Raises:
        TaskNotFound, TaskReadOnly
        TaskDone: somebody was faster.
    """
    task = await get_task(work, task_id, act="do", lock=True)
    if task.done_at is not None:
        raise TaskDone(_("%(who)s has done this already.", who=task.done_by))
    task.done_at, task.done_by = clock.now(), work.actor.name[:80]
    await work.session.flush()
    if task.record_kind is not None and task.record_id is not None:
        body = _("Done: %(title)s", title=task.title)
        await note_event(work, task.record_kind, task.record_id, body, path=f"/tasks/{task.id}")
    await _follow(work, task)
    if task.author_id is not None:
        values = {"who": work.actor.name, "title": task.title}
        text = N_("%(who)s has done “%(title)s”.")
        await notify(work, [task.author_id], kind=TASK_DONE, text=text, values=values, path=f"/tasks/{task.id}")
    return task


async def settle_task(work: Work, task_id: UUID) -> None:
    """What an open task asked for came about in another way: it is closed, whoever acts; one that is done or gone stays so."""
    task = await work.session.scalar(select(Task).where(Task.id == task_id, Task.done_at.is_(None)).with_for_update())
    if task is None:
        return
    task.done_at, task.done_by = clock.now(), work.actor.name[:80]
    await work.session.flush()
    if task.record_kind is not None and task.record_id is not None:
        await note_event(work, task.record_kind, task.record_id, _("Settled: %(title)s", title=task.title), path=f"/tasks/{task.id}")


async def reopen_task(work: Work, task_id: UUID) -> Task:
    """It is to be done after all; the task that followed it goes again, unless somebody has begun with that one.

    Raises:
        TaskNotFound, TaskReadOnly
        TaskOpen: it is not done.
    """
    task = await get_task(work, task_id, act="do", lock=True)
    if task.done_at is None:
        raise TaskOpen(_("This task is open already."))
    if task.series_id is not None:
        later = select(Task).where(Task.series_id == task.series_id, Task.done_at.is_(None), Task.due_on > task.due_on)
        following = await work.session.scalar(later.order_by(Task.due_on).limit(1).with_for_update())
        if following is not None and following.version == 1:
            await work.session.delete(following)
        elif following is not None:
            task.repeat = Repeat.NONE  # the series goes on there
    task.done_at, task.done_by = None, ""
    await work.session.flush()
    return task


async def take_task(work: Work, task_id: UUID) -> Task:
    """The actor does a task that was nobody's.

    Raises:
        TaskNotFound, TaskReadOnly: it is somebody's.
    """
    task = await get_task(work, task_id, act="do", lock=True)
    if task.assignee_id is not None:
        raise TaskReadOnly(_("Only %(names)s can change this task.", names=task.assignee_name))
    task.assignee_id, task.assignee_name = work.actor.id, work.actor.name[:80]
    await work.session.flush()
    return task


async def delete_task(work: Work, task_id: UUID) -> None:
    """Take a task away.

    Raises:
        TaskNotFound
        TaskReadOnly: somebody else gave it.
    """
    task = await get_task(work, task_id, act="edit", lock=True)
    if work.actor.id != task.author_id and not work.actor.may(MANAGE):
        raise TaskReadOnly(_("Only %(names)s can delete this task.", names=task.author_name))
    await record(work, "task.deleted", f"task:{task.id}", name=task.title, before={"assignee": task.assignee_name})
    await work.session.delete(task)
    await work.session.flush()


async def _write(work: Work, task: Task, data: TaskInput) -> None:
    title = " ".join(data.title.replace("\x00", "").split())
    errors = []
    if not title:
        errors.append(FieldError("title", _("Say what is to be done.")))
    if data.due_on is None and (data.repeat is not Repeat.NONE or data.due_time is not None):
        errors.append(FieldError("due_on", _("Say when it is due.")))
    if data.repeat_until is not None and data.due_on is not None and data.repeat_until < data.due_on:
        errors.append(FieldError("repeat_until", _("The last day lies before the first.")))
    who = await member(work, data.assignee_id)
    if data.assignee_id is not None and who is None:
        errors.append(FieldError("assignee_id", _("Choose a member of the company.")))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    day_moved = task.due_on != data.due_on or task.repeat != data.repeat or task.every != data.every
    for name in ("due_on", "due_time", "remind_minutes", "priority", "repeat", "every", "repeat_until"):
        setattr(task, name, getattr(data, name))
    task.title, task.note = title[:200], (data.note or "").replace("\x00", "").strip() or None
    task.assignee_id, task.assignee_name = data.assignee_id, who.name[:80] if who else ""
    if day_moved or task.series_on is None:
        task.series_on = task.due_on if task.repeat is not Repeat.NONE else None
    remind_at = remind_moment(task.due_on, task.due_time, task.remind_minutes, work.tenant.zone)
    if remind_at != task.remind_at:
        task.remind_at, task.reminded_at = remind_at, None


async def _follow(work: Work, task: Task) -> None:
    """Add the next task of a series."""
    if task.repeat is Repeat.NONE or task.due_on is None or task.series_on is None:
        return
    due_on = next_due(task.series_on, task.repeat, task.every, max(task.due_on, work.today()))
    if task.repeat_until is not None and due_on > task.repeat_until:
        return
    kept = ("title", "note", "record_kind", "record_id", "assignee_id", "assignee_name", "author_id", "author_name", "due_time",
            "remind_minutes", "priority", "repeat", "every", "repeat_until", "series_id", "series_on")  # fmt: skip
    values: Mapping[str, Any] = {name: getattr(task, name) for name in kept}
    remind_at = remind_moment(due_on, task.due_time, task.remind_minutes, work.tenant.zone)
    following = Task(id=new_id(), due_on=due_on, remind_at=remind_at, **values)
    work.session.add(following)
    await work.session.flush()
    await _remember(work, following)


async def _remember(work: Work, task: Task) -> None:
    """Have the reminder sent at its moment; one that has passed already is not sent."""
    if task.remind_at is None or task.reminded_at is not None:
        return
    wait = task.remind_at - clock.now()
    if wait.total_seconds() > 0:
        await enqueue(work, REMIND_JOB, after=wait, task_id=task.id)
    else:
        task.reminded_at = clock.now()
        await work.session.flush()


async def _tell_assignee(work: Work, task: Task) -> None:
    if task.assignee_id is None:
        return
    if task.due_on is None:
        text = N_("%(who)s gave you a task: %(title)s")
    else:
        text = N_("%(who)s gave you a task: %(title)s (by %(day)s)")
    values = {"who": work.actor.name or task.author_name, "title": task.title, "day": task.due_on.isoformat() if task.due_on else ""}
    await notify(work, [task.assignee_id], kind=TASK_GIVEN, text=text, values=values, path=f"/tasks/{task.id}")


def _in_words(task: Task) -> str:
    if task.due_on is not None and task.assignee_name:
        return _("Task for %(who)s by %(day)s: %(title)s", who=task.assignee_name, day=task.due_on.isoformat(), title=task.title)
    if task.assignee_name:
        return _("Task for %(who)s: %(title)s", who=task.assignee_name, title=task.title)
    return _("Task: %(title)s", title=task.title)
