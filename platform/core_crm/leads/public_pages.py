"""The page of a web form: open to everybody, also in a frame on the company's own site, without session or script."""

from collections.abc import Mapping
from typing import Any

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from core_crm.leads.advertising import box, texts_of
from core_crm.leads.model import WebForm
from core_crm.leads.webforms import LENGTHS, OFFERED, form_by_key, submit
from identity.access import visitor_of
from identity.house import house_of
from identity.throttle.service import Limit, count_attempt
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, by_field, page
from kernel.work import Work
from master_data.api import ConsentText
from messaging.channels import Channel

PAGE = "core_crm/leads/public.html"
TRAP = "website"
"""A field that people do not see; who fills it in is a program."""

PER_ADDRESS, PER_FORM = 5, 300

AnyRequest = Request[Any, Any, Any]


class PublicFormPages(Controller):
    path = "/forms"
    include_in_schema = False

    @get("/{key:str}", opt={"permission": PUBLIC})
    async def show(self, work: NamedDependency[Work], key: FromPath[str]) -> Template:
        form = await form_by_key(work, key)
        return _page(form, await texts_of(work, form))

    # Open to every site: it acts for nobody, reads no cookie and can only add a lead.
    @post("/{key:str}", opt={"permission": PUBLIC, "csrf": False}, status_code=200)
    async def send(self, request: AnyRequest, work: NamedDependency[Work], key: FromPath[str]) -> Template:
        form, data = await form_by_key(work, key), await request.form()
        given = {name: str(data.get(name, "")).replace("\x00", "")[:4000] for name in (*OFFERED, "consent", TRAP, *map(box, Channel))}
        if given[TRAP]:
            return _page(form, {}, done=True)
        visitor = visitor_of(request)
        limits = [Limit(f"web-form|{form.id}|{visitor.ip}", PER_ADDRESS), Limit(f"web-form|{form.id}", PER_FORM)]
        try:
            await count_attempt(house_of(request).database, limits)
            async with work.session.begin_nested():
                await submit(work, form, given, ip=visitor.ip, agent=visitor.agent)
        except DomainError as error:
            errors = by_field(error.errors or [FieldError("", error.message)])
            form = await form_by_key(work, key)
            return _page(form, await texts_of(work, form), values=given, errors=errors, status_code=error.status_code)
        return _page(form, {}, done=True)


def _page(form: WebForm, texts: Mapping[Channel, ConsentText], *, status_code: int = 200, **context: Any) -> Template:
    fields = [(name, _(OFFERED[name]), LENGTHS[name]) for name in form.fields if name in OFFERED]
    boxes = [(box(channel), text) for channel, text in texts.items()]
    frames = " ".join(form.sites) or "'none'"
    policy = f"default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    context = {"values": {}, "errors": {}, "done": False} | context
    return page(PAGE, status_code=status_code, headers=headers, form=form, fields=fields, boxes=boxes, trap=TRAP, **context)
