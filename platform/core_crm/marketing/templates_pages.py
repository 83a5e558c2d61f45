"""Pages of templates: a list, and a form that shows beside it what a customer would get."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from markupsafe import Markup
from sqlalchemy import select

from core_crm.marketing.rights import READ, WRITE
from core_crm.marketing.templates_api import write_template
from core_crm.marketing.wording import names_of, values_of
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, by_field, id_in, page, toast
from kernel.work import Work
from master_data.api import Party, visible
from messaging.channels import CHANNELS, Channel
from messaging.outgoing.model import Purpose
from messaging.wording.model import TemplateVersion
from messaging.wording.service import LOCALES, TemplateInput, Wording, check, filled, get_template, templates, version_of, versions_of

LIST, FORM, PREVIEW = (f"core_crm/marketing/{name}.html" for name in ("templates", "template", "template_preview"))
TEXTS = ("name", "channel", "purpose", "sms_template", "sms_params", "version", "zh_CN.subject", "zh_CN.body", "en.subject", "en.body")
SAMPLES = 30

AnyRequest = Request[Any, Any, Any]


class TemplatePages(Controller):
    path = "/marketing/templates"
    include_in_schema = False

    @get("/", opt=READ)
    async def list_page(self, work: NamedDependency[Work]) -> Template:
        rows = [
            {"id": t.id, "name": t.name, "channel": _(CHANNELS[t.channel]), "email": t.channel is Channel.EMAIL, "number": t.number,
             "active": t.active, "marketing": t.purpose is Purpose.MARKETING, "at": t.updated_at}
            for t in await templates(work)
        ]  # fmt: skip
        return page(LIST, rows=rows)

    @get("/new", opt=WRITE)
    async def new(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        channel = Channel.SMS if request.query_params.get("channel") == "sms" else Channel.EMAIL
        values = dict.fromkeys(TEXTS, "") | {"channel": channel.value, "purpose": "marketing", "active": True}
        return page(FORM, values=values, errors={}, **await _context(work, None))

    @post("/new", opt=WRITE)
    async def create(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        return await _save(request, work, None)

    # Drawn anew while somebody types: it reads the form and keeps nothing.
    @post("/preview", opt=READ, status_code=200)
    async def preview(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        values = _given(await request.form())
        party_id = id_in(values["sample"])
        names = await names_of(work)
        try:
            data = _input(values)
            version = TemplateVersion(number=0, texts=check(data, names), sms={"template": "", "params": data.sms_params})
        except Invalid as error:
            return page(PREVIEW, shown=None, problems=by_field(error.errors), body="")
        seen = select(Party.id).where(await visible(work, Party, "master.party"))
        found = await work.session.scalar(seen.where(Party.id == party_id) if party_id else seen.order_by(Party.name).limit(1))
        known = (await values_of(work, [found], by_rights=True))[found] if found else {}
        shown = filled(data.channel, version, names, known, values["locale"] or work.tenant.locale)
        return page(PREVIEW, shown=shown, problems={}, body=Markup(shown.page))  # noqa: S704 - made and escaped by messaging.wording.markup

    @get("/{template_id:uuid}", opt=READ)
    async def edit(self, work: NamedDependency[Work], template_id: FromPath[UUID]) -> Template:
        template = await get_template(work, template_id)
        version = await version_of(work, template)
        values: dict[str, Any] = {
            "name": template.name,
            "channel": template.channel.value,
            "purpose": template.purpose.value,
            "active": template.active,
            "version": template.version,
            "sms_template": version.sms.get("template", ""),
            "sms_params": "\n".join(f"{name} = {source}" for name, source in (version.sms.get("params") or {}).items()),
        }
        for locale in LOCALES:
            words = version.texts.get(locale, {})
            values |= {f"{locale}.subject": words.get("subject", ""), f"{locale}.body": words.get("body", "")}
        return page(FORM, values=values, errors={}, **await _context(work, template_id))

    @post("/{template_id:uuid}", opt=WRITE)
    async def update(self, request: AnyRequest, work: NamedDependency[Work], template_id: FromPath[UUID]) -> Redirect:
        await get_template(work, template_id)
        return await _save(request, work, template_id)


async def _save(request: AnyRequest, work: Work, template_id: UUID | None) -> Redirect:
    values = _given(await request.form())
    context = await _context(work, template_id)
    try:
        if not values["name"]:
            raise Invalid(_("Please enter a name."), field="name")
        async with work.session.begin_nested():
            template = await write_template(work, _input(values), template_id)
    except DomainError as error:
        work.session.expunge_all()
        raise FormRefused.because(error, FORM, values=values, **context) from error
    return Redirect(f"/marketing/templates/{template.id}", status_code=303, headers=toast(_("Saved.")))


async def _context(work: Work, template_id: UUID | None) -> dict[str, Any]:
    seen = await visible(work, Party, "master.party")
    samples = await work.session.execute(select(Party.id, Party.name).where(seen).order_by(Party.updated_at.desc()).limit(SAMPLES))
    versions = await versions_of(work, await get_template(work, template_id)) if template_id else ()
    return {
        "template_id": template_id,
        "names": list((await names_of(work)).items()),
        "samples": [(str(row.id), row.name) for row in samples],
        "versions": [{"number": v.number, "made_by": v.made_by, "at": v.created_at, "texts": v.texts} for v in versions],
        "locales": [("zh_CN", _("Chinese")), ("en", _("English"))],
    }


def _given(form: Any) -> dict[str, Any]:
    values: dict[str, Any] = {name: str(form.get(name, "")).strip() for name in (*TEXTS, "sample", "locale")}
    return values | {"active": "active" in form}


def _input(values: Mapping[str, Any]) -> TemplateInput:
    params = {}
    for line in str(values["sms_params"]).splitlines()[:40]:
        name, separator, source = line.partition("=")
        if name.strip():
            params[name.strip()[:40]] = (source if separator else "").strip()[:300]
    texts = {
        locale: Wording(subject=str(values[f"{locale}.subject"])[:300], body=str(values[f"{locale}.body"])[:20_000]) for locale in LOCALES
    }
    return TemplateInput(
        name=str(values["name"])[:80] or "-",
        channel=Channel.SMS if values["channel"] == Channel.SMS else Channel.EMAIL,
        purpose=Purpose.TRANSACTIONAL if values["purpose"] == Purpose.TRANSACTIONAL else Purpose.MARKETING,
        texts=texts,
        sms_template=str(values["sms_template"])[:80],
        sms_params=params,
        active=bool(values["active"]),
        version=int(values["version"]) if str(values["version"]).isdecimal() else None,
    )
