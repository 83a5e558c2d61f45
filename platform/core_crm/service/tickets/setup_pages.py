"""Pages of what a company decides about its desk: queues, categories, deadlines."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_crm.asking import staff
from core_crm.service.care.macros import MacroInput, macros, save_macro
from core_crm.service.care.model import TicketMacro
from core_crm.service.tickets.durations import duration, minutes_in
from core_crm.service.tickets.model import Priority, SlaPolicy, TicketCategory, TicketQueue
from core_crm.service.tickets.settings import (
    CategoryInput,
    PolicyInput,
    QueueInput,
    ServiceSettingsInput,
    categories,
    delete_row,
    queues,
    save_category,
    save_policy,
    save_queue,
    save_settings,
    service_settings,
)
from core_crm.service.tickets.sla import sla_policies
from core_crm.service.tickets.words import PRIORITIES, priority_options
from kernel.errors import DomainError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page
from kernel.work import Work

SETUP, ROW = "core_crm/service/tickets/setup.html", "core_crm/service/tickets/setup_row.html"
PATH = "/service/desk"
MANAGE = {"permission": "crm.service.manage"}
TEXTS = (
    "name",
    "version",
    "lead_id",
    "load_max",
    "position",
    "queue_id",
    "priority",
    "first",
    "resolve",
    "category_id",
    "warn_percent",
    "kind",
    "then",
    "text",
)
CHECKS = ("by_load", "active", "around_clock", "reassign")
KINDS: dict[str, tuple[Any, str]] = {
    "queues": (TicketQueue, "ticket_queue"),
    "categories": (TicketCategory, "ticket_category"),
    "policies": (SlaPolicy, "sla_policy"),
    "macros": (TicketMacro, "ticket_macro"),
}

AnyRequest = Request[Any, Any, Any]


class ServiceSetupPages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", opt=MANAGE)
    async def show(self, work: NamedDependency[Work]) -> Template:
        settings = await service_settings(work)
        values = {"close_days": str(settings.close_days), "signature": settings.signature, "ask_rating": settings.ask_rating}
        values["version"] = str(settings.version)
        return page(SETUP, errors={}, values=values, **await _all(work))

    @post("/settings", opt=MANAGE)
    async def settings(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        form = await request.form()
        values: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in ("close_days", "signature", "version")}
        values["ask_rating"] = "ask_rating" in form
        context = await _all(work)
        try:
            async with work.session.begin_nested():
                await save_settings(work, _settings(values))
        except DomainError as error:
            raise FormRefused.because(error, SETUP, values=values, **context) from error
        return Redirect(PATH, status_code=303)

    @get("/{kind:str}/new", opt=MANAGE)
    async def new_row(self, work: NamedDependency[Work], kind: FromPath[str]) -> Template:
        _known(kind)
        values = dict.fromkeys((*TEXTS, *CHECKS), "") | {"active": "1", "position": "10", "warn_percent": "80", "employees": []}
        return page(ROW, errors={}, values=values, kind=kind, row_id=None, **await _choices(work))

    @post("/{kind:str}/new", opt=MANAGE)
    async def create_row(self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[str]) -> Redirect:
        return await _save(request, work, kind, None)

    @get("/{kind:str}/{row_id:uuid}", opt=MANAGE)
    async def edit_row(self, work: NamedDependency[Work], kind: FromPath[str], row_id: FromPath[UUID]) -> Template:
        row = await work.session.get(_known(kind)[0], row_id)
        if row is None:
            raise NotFound(_("This record does not exist, or was deleted."))
        return page(ROW, errors={}, values=_values(row), kind=kind, row_id=row_id, **await _choices(work))

    @post("/{kind:str}/{row_id:uuid}", opt=MANAGE)
    async def update_row(self, request: AnyRequest, work: NamedDependency[Work], kind: FromPath[str], row_id: FromPath[UUID]) -> Redirect:
        return await _save(request, work, kind, row_id)

    @post("/{kind:str}/{row_id:uuid}/delete", opt=MANAGE)
    async def remove_row(self, work: NamedDependency[Work], kind: FromPath[str], row_id: FromPath[UUID]) -> Redirect:
        model, name = _known(kind)
        try:
            async with work.session.begin_nested():
                await delete_row(work, model, row_id, name)
        except NotFound:
            raise
        except DomainError as error:
            work.session.expunge_all()
            row = await work.session.get(model, row_id)
            values, context = _values(row), await _choices(work)
            raise FormRefused.because(error, ROW, values=values, kind=kind, row_id=row_id, **context) from error
        return Redirect(PATH, status_code=303)


def _known(kind: str) -> tuple[Any, str]:
    if kind not in KINDS:
        raise NotFoundException
    return KINDS[kind]


async def _save(request: AnyRequest, work: Work, kind: str, row_id: UUID | None) -> Redirect:
    model, _name = _known(kind)
    if row_id is not None and await work.session.get(model, row_id) is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    form = await request.form()
    values: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in TEXTS} | {name: name in form for name in CHECKS}
    values["employees"] = [str(value) for value in form.getall("employees", [])]
    context = await _choices(work)
    write: dict[str, Callable[..., Any]] = {
        "queues": save_queue, "categories": save_category, "policies": save_policy, "macros": save_macro,
    }  # fmt: skip
    read: dict[str, Callable[..., Any]] = {"queues": _queue, "categories": _category, "policies": _policy, "macros": _macro}
    try:
        async with work.session.begin_nested():
            await write[kind](work, read[kind](values), row_id)
    except DomainError as error:
        work.session.expunge_all()
        raise FormRefused.because(error, ROW, values=values, kind=kind, row_id=row_id, **context) from error
    return Redirect(PATH, status_code=303)


def _queue(values: dict[str, Any]) -> QueueInput:
    return QueueInput(
        name=_name(values),
        employees=[found for text in values["employees"] if (found := id_in(text))][:100],
        by_load=values["by_load"],
        load_max=_number(values, "load_max"),
        lead_id=id_in(values["lead_id"]),
        position=_number(values, "position") or 0,
        active=values["active"],
        version=_version(values),
    )


def _category(values: dict[str, Any]) -> CategoryInput:
    return CategoryInput(
        name=_name(values),
        queue_id=id_in(values["queue_id"]),
        priority=_priority(values),
        position=_number(values, "position") or 0,
        active=values["active"],
        version=_version(values),
    )


def _policy(values: dict[str, Any]) -> PolicyInput:
    warn = _number(values, "warn_percent") or 80
    if not 1 <= warn <= 100:
        raise Invalid(_("Enter a number from 1 to 100."), field="warn_percent")
    return PolicyInput(
        name=_name(values),
        first_minutes=minutes_in(values["first"], field="first"),
        resolve_minutes=minutes_in(values["resolve"], field="resolve"),
        priority=_priority(values),
        category_id=id_in(values["category_id"]),
        warn_percent=warn,
        around_clock=values["around_clock"],
        reassign=values["reassign"],
        position=_number(values, "position") or 0,
        active=values["active"],
        version=_version(values),
    )


def _macro(values: dict[str, Any]) -> MacroInput:
    if not values["text"]:
        raise Invalid(_("Please fill this in."), field="text")
    return MacroInput(
        name=_name(values),
        text=values["text"][:20_000],
        kind="note" if values["kind"] == "note" else "reply",
        then=values["then"] if values["then"] in ("open", "waiting", "solved") else None,
        priority=_priority(values),
        category_id=id_in(values["category_id"]),
        queue_id=id_in(values["queue_id"]),
        position=_number(values, "position") or 0,
        active=values["active"],
        version=_version(values),
    )


def _settings(values: dict[str, Any]) -> ServiceSettingsInput:
    days = _number(values, "close_days")
    if days is None or not 1 <= days <= 3650:
        raise Invalid(_("Enter a number of days, for example 14."), field="close_days")
    if len(values["signature"]) > 1000:
        raise Invalid(_("At most %(most)s characters.", most=1000), field="signature")
    return ServiceSettingsInput(close_days=days, signature=values["signature"], ask_rating=values["ask_rating"], version=_version(values))


def _version(values: dict[str, Any]) -> int | None:
    return int(values["version"]) if values["version"].isdecimal() else None


def _name(values: dict[str, Any]) -> str:
    if not values["name"]:
        raise Invalid(_("Please enter a name."), field="name")
    return str(values["name"])[:80]


def _number(values: dict[str, Any], field: str) -> int | None:
    text = values[field]
    if text and not (text.isdecimal() and len(text) < 6):
        raise Invalid(_("Enter a whole number."), field=field)
    return (int(text) or None) if text else None


def _priority(values: dict[str, Any]) -> Priority | None:
    return Priority(values["priority"]) if values["priority"] in set(Priority) else None


def _values(row: Any) -> dict[str, Any]:
    values: dict[str, Any] = {name: str(getattr(row, name, None) or "") for name in TEXTS}
    values |= {name: "1" if getattr(row, name, False) else "" for name in CHECKS}
    values["employees"] = list(getattr(row, "employees", []))
    for name, column in (("priority", "priority"), ("kind", "kind"), ("then", "state_after")):
        values[name] = value.value if (value := getattr(row, column, None)) else ""
    if isinstance(row, SlaPolicy):
        values |= {"first": f"{row.first_minutes}m", "resolve": f"{row.resolve_minutes}m"}
    return values


async def _choices(work: Work) -> dict[str, Any]:
    return {
        "staff": await staff(work),
        "queues": [(str(each.id), each.name) for each in await queues(work)],
        "categories": [(str(each.id), each.name) for each in await categories(work)],
        "priorities": priority_options(),
    }


async def _all(work: Work) -> dict[str, Any]:
    people = dict(await staff(work))
    lines, kinds = await queues(work), await categories(work)
    line_names, kind_names = {line.id: line.name for line in lines}, {kind.id: kind.name for kind in kinds}
    return {
        "queues": [
            {"id": q.id, "name": q.name, "active": q.active, "sub": _(", ").join(people.get(each, "—") for each in q.employees)}
            for q in lines
        ],
        "categories": [
            {"id": c.id, "name": c.name, "active": c.active, "sub": " · ".join(filter(None, (line_names.get(c.queue_id), _of(c.priority))))}  # type: ignore[arg-type]
            for c in kinds
        ],
        "macros": [{"id": m.id, "name": m.name, "active": m.active, "sub": m.text[:80]} for m in await macros(work)],
        "policies": [
            {
                "id": p.id,
                "name": p.name,
                "active": p.active,
                "sub": " · ".join(filter(None, (_of(p.priority), kind_names.get(p.category_id)))) or _("every ticket"),  # type: ignore[arg-type]
                "first": duration(p.first_minutes * 60),
                "resolve": duration(p.resolve_minutes * 60),
                "around": p.around_clock,
            }
            for p in await sla_policies(work)
        ],
    }


def _of(priority: Priority | None) -> str:
    return _(PRIORITIES[priority][0]) if priority else ""
