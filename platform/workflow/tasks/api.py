"""REST API of tasks."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN
from kernel.work import Work
from workflow.places import place, place_of
from workflow.records import find_record
from workflow.tasks.model import Priority, Repeat, Task
from workflow.tasks.query import PAGE_ROWS, listed
from workflow.tasks.service import (
    TaskInput,
    complete_task,
    create_task,
    delete_task,
    get_task,
    reopen_task,
    take_task,
    update_task,
)

OWN = {"permission": SIGNED_IN}


class TaskRead(msgspec.Struct, kw_only=True):
    """``done_at`` null: it is open.  ``record_kind`` and ``record_id`` name what it is about."""

    id: UUID
    title: str
    note: str | None
    record_kind: str | None
    record_id: UUID | None
    assignee_id: UUID | None
    assignee_name: str
    author_id: UUID | None
    author_name: str
    due_on: date | None
    due_time: time | None
    remind_minutes: int | None
    remind_at: datetime | None
    priority: Priority
    repeat: Repeat
    every: int
    repeat_until: date | None
    done_at: datetime | None
    done_by: str
    created_at: datetime
    version: int

    @classmethod
    def of(cls, task: Task) -> "TaskRead":
        return cls(**{name: getattr(task, name) for name in cls.__struct_fields__})


class TaskList(msgspec.Struct, kw_only=True):
    """``next`` goes into ``after`` for the following page; null on the last."""

    items: list[TaskRead]
    next: str | None


class NewTask(TaskInput, kw_only=True, forbid_unknown_fields=True):
    """With ``record_kind`` (the stem of its permissions, ``crm.lead``) and ``record_id`` it stands on that record's page."""

    record_kind: Annotated[str, msgspec.Meta(max_length=80)] | None = None
    record_id: UUID | None = None


class TaskUpdate(TaskInput, kw_only=True, forbid_unknown_fields=True):
    version: int | None = None


class TaskController(Controller):
    path = "/tasks"
    tags = ("Tasks",)

    @get("/", operation_id="listTasks", opt=OWN)
    async def listed(
        self,
        work: NamedDependency[Work],
        whose: FromQuery[Literal["mine", "given", "all"]] = "mine",
        which: FromQuery[Literal["open", "done", "any"]] = "open",
        record_kind: FromQuery[str] = "",
        record_id: FromQuery[UUID | None] = None,
        due_before: FromQuery[date | None] = None,
        after: FromQuery[str] = "",
    ) -> TaskList:
        """The caller's tasks, those they gave, or all of a record that they may see.  ``all`` needs workflow.task.manage."""
        about = _about(record_kind or None, record_id)
        if about is not None:
            await find_record(work, *about)
        open_ = None if which == "any" else which == "open"
        query = listed(work, whose, open_=open_, about=about, due_before=due_before, after=place_of(after))
        found = (await work.session.scalars(query)).all()
        shown = found[:PAGE_ROWS]
        more = place(shown[-1].created_at, shown[-1].id) if len(found) > PAGE_ROWS else None
        return TaskList(items=[TaskRead.of(task) for task in shown], next=more)

    @post("/", operation_id="createTask", opt=OWN)
    async def create(self, work: NamedDependency[Work], data: JSONBody[NewTask]) -> TaskRead:
        """A new task."""
        return TaskRead.of(await create_task(work, _plain(data), about=_about(data.record_kind, data.record_id)))

    @get("/{task_id:uuid}", operation_id="readTask", opt=OWN)
    async def read(self, work: NamedDependency[Work], task_id: FromPath[UUID]) -> TaskRead:
        """One task."""
        return TaskRead.of(await get_task(work, task_id))

    @put("/{task_id:uuid}", operation_id="updateTask", opt=OWN)
    async def update(self, work: NamedDependency[Work], task_id: FromPath[UUID], data: JSONBody[TaskUpdate]) -> TaskRead:
        """Write an open task anew.  409 ``version_conflict`` when ``version`` is not the present one."""
        return TaskRead.of(await update_task(work, task_id, _plain(data), version=data.version))

    @post("/{task_id:uuid}/done", operation_id="completeTask", opt=OWN, status_code=200)
    async def done(self, work: NamedDependency[Work], task_id: FromPath[UUID]) -> TaskRead:
        """It is done.  409 ``task_done``: somebody was faster."""
        return TaskRead.of(await complete_task(work, task_id))

    @post("/{task_id:uuid}/reopen", operation_id="reopenTask", opt=OWN, status_code=200)
    async def reopen(self, work: NamedDependency[Work], task_id: FromPath[UUID]) -> TaskRead:
        """It is to be done after all."""
        return TaskRead.of(await reopen_task(work, task_id))

    @post("/{task_id:uuid}/take", operation_id="takeTask", opt=OWN, status_code=200)
    async def take(self, work: NamedDependency[Work], task_id: FromPath[UUID]) -> TaskRead:
        """Do a task that was nobody's."""
        return TaskRead.of(await take_task(work, task_id))

    @delete("/{task_id:uuid}", operation_id="deleteTask", opt=OWN)
    async def remove(self, work: NamedDependency[Work], task_id: FromPath[UUID]) -> None:
        """Take a task away."""
        await delete_task(work, task_id)


def _plain(data: TaskInput) -> TaskInput:
    return TaskInput(**{name: getattr(data, name) for name in TaskInput.__struct_fields__})


def _about(stem: str | None, record_id: UUID | None) -> tuple[str, UUID] | None:
    if (stem is None) != (record_id is None):
        raise Invalid(_("Give both the kind of the record and its id."), field="record_id" if stem else "record_kind")
    return (stem, record_id) if stem is not None and record_id is not None else None
