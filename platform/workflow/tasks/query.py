"""Lists of tasks, with the records they are about as far as the reader may see those."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_

from kernel import clock
from kernel.work import Work
from workflow.records import kinds, visible_ids
from workflow.tasks.dates import is_overdue
from workflow.tasks.model import Priority, Task
from workflow.tasks.service import MANAGE, seen

LIST_MAX = 500
PAGE_ROWS = 50
WEEK = 7

Whose = Literal["mine", "given", "all"]


@dataclass(frozen=True)
class Shown:
    """A task as its reader sees it; ``about`` and ``about_path`` are empty where the record is kept from them."""

    task: Task
    about: str
    about_path: str
    overdue: bool
    today: bool


@dataclass(frozen=True)
class Bundle:
    """Tasks that fall due in the same stretch of time."""

    key: Literal["overdue", "today", "week", "later", "undated"]
    tasks: Sequence[Shown]


def whose(work: Work, wanted: str) -> ColumnElement[bool]:
    """The condition for a tab of the list; "all" is only for who manages tasks."""
    if wanted == "given":
        return (Task.author_id == work.actor.id) & or_(Task.assignee_id.is_(None), Task.assignee_id != work.actor.id)
    if wanted == "all" and work.actor.may(MANAGE):
        return seen(work)
    return Task.assignee_id == work.actor.id


async def bundles(work: Work, wanted: str) -> list[Bundle]:
    """Open tasks by when they are due; empty stretches are left out."""
    query = select(Task).where(whose(work, wanted), Task.done_at.is_(None))
    order = (Task.due_on.asc().nulls_last(), Task.due_time.asc().nulls_last(), Task.priority == Priority.LOW, Task.created_at, Task.id)
    found = (await work.session.scalars(query.order_by(*order).limit(LIST_MAX))).all()
    by_key: dict[str, list[Shown]] = {}
    today = work.today()
    for shown in await as_shown(work, found):
        by_key.setdefault(_stretch(shown, today), []).append(shown)
    keys: tuple[Literal["overdue", "today", "week", "later", "undated"], ...] = ("overdue", "today", "week", "later", "undated")
    return [Bundle(key, by_key[key]) for key in keys if key in by_key]


async def done_tasks(work: Work, wanted: str, *, limit: int = 30) -> list[Shown]:
    """What was done last."""
    query = select(Task).where(whose(work, wanted), Task.done_at.is_not(None))
    return await as_shown(work, (await work.session.scalars(query.order_by(Task.done_at.desc(), Task.id).limit(limit))).all())


async def tasks_about(work: Work, stem: str, record_id: UUID) -> tuple[list[Shown], list[Shown]]:
    """Open tasks of a record, and the last ones done; the caller has made sure that the record may be seen."""
    about = (Task.record_kind == stem, Task.record_id == record_id)
    open_ = select(Task).where(*about, Task.done_at.is_(None)).order_by(Task.due_on.asc().nulls_last(), Task.created_at).limit(50)
    done = select(Task).where(*about, Task.done_at.is_not(None)).order_by(Task.done_at.desc()).limit(3)
    return (
        await as_shown(work, (await work.session.scalars(open_)).all()),
        await as_shown(work, (await work.session.scalars(done)).all()),
    )


async def count_due(work: Work) -> int | None:
    """How many of the actor's tasks are overdue or due today: for the menu."""
    if work.actor.id is None:
        return None
    due = (Task.assignee_id == work.actor.id, Task.done_at.is_(None), Task.due_on <= work.today())
    return await work.session.scalar(select(func.count()).select_from(Task).where(*due))


def listed(
    work: Work,
    wanted: Whose,
    *,
    open_: bool | None = None,
    about: tuple[str, UUID] | None = None,
    due_before: date | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> Select[Task]:
    """A page of tasks for programs, the latest first; one more row than a page tells that there are others."""
    query = select(Task).where(whose(work, wanted))
    if about is not None:
        query = select(Task).where(Task.record_kind == about[0], Task.record_id == about[1])
    if open_ is not None:
        query = query.where(Task.done_at.is_(None) if open_ else Task.done_at.is_not(None))
    if due_before is not None:
        query = query.where(Task.due_on < due_before)
    if after is not None:
        query = query.where(tuple_(Task.created_at, Task.id) < after)
    return query.order_by(Task.created_at.desc(), Task.id.desc()).limit(PAGE_ROWS + 1)


async def as_shown(work: Work, tasks: Sequence[Task]) -> list[Shown]:
    """The tasks with the names of what they are about."""
    ids: dict[str, set[UUID]] = {}
    for task in tasks:
        if task.record_kind is not None and task.record_id is not None:
            ids.setdefault(task.record_kind, set()).add(task.record_id)
    titles: dict[tuple[str, UUID], str] = {}
    for stem, wanted in ids.items():
        if visible := await visible_ids(work, stem, wanted):
            kind = kinds(work)[stem]
            for row in await work.session.scalars(select(kind.model).where(kind.model.id.in_(visible))):
                titles[stem, row.id] = kind.title(row)
    now = clock.now().astimezone(ZoneInfo(work.tenant.zone))
    return [_shown(work, task, titles, now) for task in tasks]


def _shown(work: Work, task: Task, titles: dict[tuple[str, UUID], str], now: datetime) -> Shown:
    title = titles.get((task.record_kind or "", task.record_id or task.id), "")
    path = kinds(work)[task.record_kind].page(task.record_id) if title and task.record_kind and task.record_id else ""
    overdue = task.done_at is None and is_overdue(task.due_on, task.due_time, now)
    return Shown(task, title, path, overdue, task.due_on == now.date())


def _stretch(shown: Shown, today: date) -> str:
    if shown.task.due_on is None:
        return "undated"
    if shown.task.due_on < today:
        return "overdue"
    if shown.task.due_on == today:
        return "today"
    return "week" if shown.task.due_on <= today + timedelta(days=WEEK) else "later"
