"""Pages of mailboxes and forms."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template

from core_crm.service.intake.server import forward_address
from core_crm.service.intake.settings import (
    OFFERED,
    MailboxInput,
    ServiceFormInput,
    get_mailbox,
    get_service_form,
    mailboxes,
    renew_key,
    save_mailbox,
    save_service_form,
    service_forms,
)
from core_crm.service.tickets.settings import categories, queues
from identity.house import house_of
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, id_in, page
from kernel.work import Work

LIST, MAILBOX, FORM = (f"core_crm/service/intake/{name}.html" for name in ("list", "mailbox", "form"))
PATH = "/service/intake"
MANAGE = {"permission": "crm.service.manage"}
BOX_TEXTS = ("name", "address", "queue_id", "category_id")
FORM_TEXTS = ("name", "title", "intro", "consent_text", "thanks", "queue_id", "mailbox_id", "sites", "version")

AnyRequest = Request[Any, Any, Any]


class IntakePages(Controller):
    path = PATH
    include_in_schema = False

    @get("/", opt=MANAGE)
    async def show(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        return page(LIST, **await _listed(request, work))

    @get("/mailboxes/new", opt=MANAGE)
    async def new_mailbox(self, work: NamedDependency[Work]) -> Template:
        values = dict.fromkeys(BOX_TEXTS, "") | {"name": work.tenant.name[:80], "acknowledge": True, "active": True}
        return page(MAILBOX, errors={}, values=values, mailbox_id=None, **await _places(work))

    @post("/mailboxes/new", opt=MANAGE, status_code=200)
    async def create_mailbox(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        return await _save_mailbox(request, work, None)

    @get("/mailboxes/{mailbox_id:uuid}", opt=MANAGE)
    async def edit_mailbox(self, work: NamedDependency[Work], mailbox_id: FromPath[UUID]) -> Template:
        row: Any = await get_mailbox(work, mailbox_id)
        values = {name: str(getattr(row, name) or "") for name in BOX_TEXTS} | {"acknowledge": row.acknowledge, "active": row.active}
        return page(MAILBOX, errors={}, values=values, mailbox_id=mailbox_id, **await _places(work))

    @post("/mailboxes/{mailbox_id:uuid}", opt=MANAGE, status_code=200)
    async def update_mailbox(self, request: AnyRequest, work: NamedDependency[Work], mailbox_id: FromPath[UUID]) -> Template:
        await get_mailbox(work, mailbox_id)
        return await _save_mailbox(request, work, mailbox_id)

    @post("/mailboxes/{mailbox_id:uuid}/key", opt=MANAGE, status_code=200)
    async def new_key(self, request: AnyRequest, work: NamedDependency[Work], mailbox_id: FromPath[UUID]) -> Template:
        _row, key = await renew_key(work, mailbox_id)
        return await _with_key(request, work, key)

    @get("/forms/new", opt=MANAGE)
    async def new_form(self, work: NamedDependency[Work]) -> Template:
        values: dict[str, Any] = dict.fromkeys(FORM_TEXTS, "") | {
            "title": _("How can we help?"),
            "thanks": _("Thank you. We will be in touch."),
            "fields": list(OFFERED),
            "acknowledge": True,
            "active": True,
        }
        return page(FORM, errors={}, values=values, form_id=None, **await _places(work))

    @post("/forms/new", opt=MANAGE)
    async def create_form(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save_form(request, work, None)

    @get("/forms/{form_id:uuid}", opt=MANAGE)
    async def edit_form(self, work: NamedDependency[Work], form_id: FromPath[UUID]) -> Template:
        row: Any = await get_service_form(work, form_id)
        values: dict[str, Any] = {name: str(getattr(row, name) or "") for name in FORM_TEXTS} | {"sites": "\n".join(row.sites)}
        values |= {"fields": row.fields, "acknowledge": row.acknowledge, "active": row.active}
        return page(FORM, errors={}, values=values, form_id=form_id, **await _places(work))

    @post("/forms/{form_id:uuid}", opt=MANAGE)
    async def update_form(self, request: AnyRequest, work: NamedDependency[Work], form_id: FromPath[UUID]) -> Redirect:
        await get_service_form(work, form_id)
        return await _save_form(request, work, form_id)


async def _save_mailbox(request: AnyRequest, work: Work, mailbox_id: UUID | None) -> Template:
    form = await request.form()
    values: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in BOX_TEXTS}
    values |= {"acknowledge": "acknowledge" in form, "active": "active" in form}
    context = await _places(work)
    try:
        async with work.session.begin_nested():
            _filled(values, "name", "address")
            data = MailboxInput(
                name=values["name"][:80],
                address=values["address"][:254],
                queue_id=id_in(values["queue_id"]),
                category_id=id_in(values["category_id"]),
                acknowledge=values["acknowledge"],
                active=values["active"],
            )
            _row, key = await save_mailbox(work, data, mailbox_id)
    except DomainError as error:
        raise FormRefused.because(error, MAILBOX, values=values, mailbox_id=mailbox_id, **context) from error
    return await _with_key(request, work, key)


async def _with_key(request: AnyRequest, work: Work, key: str) -> Template:
    """The list, and once the address at which mail is handed in."""
    settings = house_of(request).settings
    door = settings.tenant_url(work.tenant.slug, f"/support/mail/{key}") if key else ""
    headers = {"Cache-Control": "no-store", "HX-Push-Url": PATH}
    return page(LIST, headers=headers, door=door, **await _listed(request, work))


async def _listed(request: AnyRequest, work: Work) -> dict[str, Any]:
    settings, boxes = house_of(request).settings, await mailboxes(work)
    return {
        "mailboxes": boxes,
        "forwards": {box.id: forward_address(settings, work.tenant, box) for box in boxes},
        "forms": await service_forms(work),
        "address": settings.tenant_url(work.tenant.slug, "/support/"),
    }


async def _save_form(request: AnyRequest, work: Work, form_id: UUID | None) -> Redirect:
    form = await request.form()
    values: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in FORM_TEXTS}
    values |= {
        "fields": [str(value) for value in form.getall("fields", [])],
        "acknowledge": "acknowledge" in form,
        "active": "active" in form,
    }
    context = await _places(work)
    try:
        async with work.session.begin_nested():
            _filled(values, "name", "title", "thanks")
            await save_service_form(work, _form(values), form_id)
    except DomainError as error:
        raise FormRefused.because(error, FORM, values=values, form_id=form_id, **context) from error
    return Redirect(PATH, status_code=303)


def _form(values: dict[str, Any]) -> ServiceFormInput:
    return ServiceFormInput(
        name=values["name"][:80],
        title=values["title"][:120],
        thanks=values["thanks"][:300],
        intro=values["intro"][:2000],
        fields=values["fields"],
        consent_text=values["consent_text"][:2000],
        queue_id=id_in(values["queue_id"]),
        mailbox_id=id_in(values["mailbox_id"]),
        acknowledge=values["acknowledge"],
        sites=[line[:200] for line in values["sites"].splitlines()][:20],
        active=values["active"],
        version=int(values["version"]) if values["version"].isdecimal() else None,
    )


def _filled(values: dict[str, Any], *names: str) -> None:
    errors = [FieldError(name, _("Please fill this in.")) for name in names if not values[name]]
    if errors:
        raise Invalid(errors[0].message, errors=errors)


async def _places(work: Work) -> dict[str, Any]:
    return {
        "queues": [(str(each.id), each.name) for each in await queues(work, active=True)],
        "categories": [(str(each.id), each.name) for each in await categories(work, active=True)],
        "boxes": [(str(each.id), each.address) for each in await mailboxes(work)],
        "offered": [(name, _(label)) for name, label in OFFERED.items()],
    }
