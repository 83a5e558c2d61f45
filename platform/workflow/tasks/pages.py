"""One's own tasks, the form of a task, and the card of a record's tasks."""

from collections.abc import Awaitable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from kernel.errors import DomainError, Invalid, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.templates import render
from kernel.web import SIGNED_IN, FormRefused, page, toast
from kernel.work import Work
from vertical import Panel
from workflow.people import member_choices
from workflow.records import find_record, kind_of, kinds
from workflow.tasks.form import choices, read_task, task_values
from workflow.tasks.model import Task
from workflow.tasks.query import as_shown, bundles, done_tasks, tasks_about
from workflow.tasks.service import (
    MANAGE,
    complete_task,
    create_task,
    delete_task,
    get_task,
    reopen_task,
    take_task,
    update_task,
)

LIST, ROWS, FORM, PANEL = (f"workflow/tasks/{name}.html" for name in ("list", "rows", "form", "panel"))
OWN = {"permission": SIGNED_IN, "interactive": True}
STRETCHES = {
    "overdue": N_("Overdue"),
    "today": N_("Due today"),
    "week": N_("The next seven days"),
    "later": N_("Later"),
    "undated": N_("Without a day"),
}

AnyRequest = Request[Any, Any, Any]


class TaskPages(Controller):
    path = "/tasks"
    include_in_schema = False

    @get("/", opt=OWN)
    async def listed(self, work: NamedDependency[Work], whose: FromQuery[str] = "mine", done: FromQuery[str] = "") -> Template:
        return page(LIST, **await _listed(work, whose, done=done == "1"))

    @post("/", opt=OWN, status_code=200)
    async def add(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """A task in one line, for oneself."""
        form = dict(await request.form())
        try:
            await create_task(work, read_task({"assignee_id": str(work.actor.id or ""), **form}))
        except DomainError as error:
            raise FormRefused.because(error, ROWS, **{**await _listed(work, "mine"), "values": form}) from error
        return page(ROWS, headers=toast(_("Added")), **await _listed(work, "mine"))

    @get("/new", opt=OWN)
    async def new(self, work: NamedDependency[Work], about: FromQuery[str] = "") -> Template:
        values = {"assignee_id": work.actor.id, "priority": "normal", "repeat": "none", "every": 1, "remind_minutes": "0", "about": about}
        return page(FORM, **await _form(work, None, about), values=values, errors={})

    @post("/new", opt=OWN, status_code=200)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = dict(await request.form())
        about = str(form.get("about", ""))
        try:
            place = _place(about)
            await create_task(work, read_task(form), about=place)
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=form, **await _form(work, None, about)) from error
        return Redirect(kinds(work)[place[0]].page(place[1]) if place else "/tasks", status_code=303)

    @get("/{task_id:uuid}", opt=OWN)
    async def edit(self, work: NamedDependency[Work], task_id: FromPath[UUID]) -> Template:
        task = await get_task(work, task_id)
        return page(FORM, **await _form(work, task), values=task_values(task), errors={})

    @post("/{task_id:uuid}", opt=OWN, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work], task_id: FromPath[UUID]) -> Redirect:
        form = dict(await request.form())
        task = await get_task(work, task_id)
        version = int(str(form["version"])) if str(form.get("version", "")).isdecimal() else None
        try:
            await update_task(work, task_id, read_task(form), version=version)
        except NotFound:
            raise
        except DomainError as error:
            raise FormRefused.because(error, FORM, values=form, **await _form(work, task)) from error
        return Redirect("/tasks", status_code=303)

    @post("/{task_id:uuid}/done", opt=OWN, status_code=200)
    async def done(self, request: AnyRequest, work: NamedDependency[Work], task_id: FromPath[UUID]) -> Response[Any]:
        return await _answer(request, work, complete_task(work, task_id), _("Done"), undo=f"/tasks/{task_id}/reopen")

    @post("/{task_id:uuid}/reopen", opt=OWN, status_code=200)
    async def reopen(self, request: AnyRequest, work: NamedDependency[Work], task_id: FromPath[UUID]) -> Response[Any]:
        return await _answer(request, work, reopen_task(work, task_id), _("Open again"))

    @post("/{task_id:uuid}/take", opt=OWN, status_code=200)
    async def take(self, request: AnyRequest, work: NamedDependency[Work], task_id: FromPath[UUID]) -> Response[Any]:
        return await _answer(request, work, take_task(work, task_id), _("It is yours now"))

    @post("/{task_id:uuid}/delete", opt=OWN)
    async def delete(self, work: NamedDependency[Work], task_id: FromPath[UUID]) -> Redirect:
        await delete_task(work, task_id)
        return Redirect("/tasks", status_code=303)

    @post("/about/{stem:str}/{record_id:uuid}", opt=OWN, status_code=200)
    async def add_about(self, request: AnyRequest, work: NamedDependency[Work], stem: FromPath[str], record_id: FromPath[UUID]) -> Template:
        """A task in one line, on a record's page."""
        form = dict(await request.form())
        await find_record(work, stem, record_id)
        try:
            await create_task(work, read_task(form), about=(stem, record_id))
        except Invalid as error:
            raise FormRefused.because(error, PANEL, **{**await _panel(work, stem, record_id), "values": form}) from error
        return page(PANEL, headers=toast(_("Added")), **await _panel(work, stem, record_id))


async def draw_tasks(work: Work, *, stem: str, record_id: UUID | None, **_context: Any) -> str:
    """The card of a record's tasks, on the page of any record that people work on together."""
    kind = kinds(work).get(stem)
    if kind is None or not kind.shared or record_id is None or work.actor.id is None:
        return ""
    return render(PANEL, **await _panel(work, stem, record_id))


TASK_PANELS = (Panel(slot="*.side", render=draw_tasks, order=15),)


async def draw_mine(work: Work) -> str:
    """What is overdue and what is due today, for the home page."""
    due = [shown for bundle in await bundles(work, "mine") if bundle.key in ("overdue", "today") for shown in bundle.tasks]
    _freed(work, [shown.task for shown in due])
    return render("workflow/tasks/tile.html", tasks=due[:6], more=max(0, len(due) - 6))


async def _listed(work: Work, whose: str, *, done: bool = False) -> dict[str, Any]:
    found = [] if done else await bundles(work, whose)
    finished = await done_tasks(work, whose) if done else []
    _freed(work, [shown.task for bundle in found for shown in bundle.tasks] + [shown.task for shown in finished])
    return {
        "bundles": [(bundle.key, _(STRETCHES[bundle.key]), bundle.tasks) for bundle in found],
        "finished": finished,
        "done": done,
        "whose": whose if whose in ("given", "all") else "mine",
        "may_manage": work.actor.may(MANAGE),
        "me": work.actor.id,
        "values": {},
    }


async def _panel(work: Work, stem: str, record_id: UUID) -> dict[str, Any]:
    open_, done = await tasks_about(work, stem, record_id)
    _freed(work, [shown.task for shown in (*open_, *done)])
    return {
        "stem": stem,
        "record_id": record_id,
        "tasks": open_,
        "finished": done,
        "members": await member_choices(work),
        "me": work.actor.id,
        "values": {"assignee_id": work.actor.id},
    }


async def _form(work: Work, task: Task | None, about: str = "") -> dict[str, Any]:
    shown = None
    if task is not None:
        [shown] = await as_shown(work, [task])
        _freed(work, [task])
    place = _place(about)
    title = (await find_record(work, *place)).title if place else ""
    own = task is None or work.actor.may(MANAGE) or work.actor.id in (task.assignee_id, task.author_id)
    return {
        "task": task,
        "shown": shown,
        "about_title": title,
        "members": await member_choices(work),
        "may_edit": own and (task is None or task.done_at is None),
        "may_delete": task is not None and (work.actor.may(MANAGE) or work.actor.id == task.author_id),
        "may_do": own or (task is not None and task.assignee_id is None),
        **choices(),
    }


async def _answer(request: AnyRequest, work: Work, command: Awaitable[Task], said: str, *, undo: str | None = None) -> Response[Any]:
    """Do it and draw the part of the page again from which it was asked; a page without one is loaded again."""
    view = str((await request.form()).get("view", ""))
    task = await command
    headers = toast(said, undo=undo, counts=True)
    if view.startswith("list"):
        return page(ROWS, headers=headers, **await _listed(work, view.partition(":")[2]))
    if view == "record" and task.record_kind is not None and task.record_id is not None:
        kind_of(work, task.record_kind)
        return page(PANEL, headers=headers, **await _panel(work, task.record_kind, task.record_id))
    return Response("", media_type="text/html", headers={**headers, "HX-Refresh": "true"})


def _freed(work: Work, tasks: list[Task]) -> None:
    """Rows that stay readable when a refused form rolls the unit of work back."""
    detached(work.session, [task for task in dict.fromkeys(tasks) if task in work.session])


def _place(about: str) -> tuple[str, UUID] | None:
    """``crm.lead:0190...`` as stem and id.

    Raises:
        NotFound: it is neither.
    """
    if not about:
        return None
    stem, _colon, record_id = about.rpartition(":")
    try:
        return stem, UUID(record_id)
    except ValueError:
        raise NotFound(_("This record does not exist, or was deleted.")) from None
