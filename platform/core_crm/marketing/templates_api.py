"""REST API of templates."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core_crm.marketing.rights import READ, WRITE
from core_crm.marketing.wording import names_of, values_of
from identity.audit import record
from kernel.work import Work
from master_data.api import get_party
from messaging.channels import Channel
from messaging.outgoing.model import Purpose
from messaging.wording.model import MessageTemplate, TemplateVersion
from messaging.wording.service import Filled, TemplateInput, filled, get_template, save_template, templates, version_of, versions_of


class TemplateRead(msgspec.Struct, kw_only=True):
    """``number`` is that of the newest version, whose ``texts`` these are."""

    id: UUID
    name: str
    channel: Channel
    purpose: Purpose
    active: bool
    number: int
    texts: dict[str, dict[str, str]]
    sms: dict[str, Any]
    version: int

    @classmethod
    def of(cls, template: MessageTemplate, version: TemplateVersion) -> "TemplateRead":
        plain = {name: getattr(template, name) for name in ("id", "name", "channel", "purpose", "active", "number", "version")}
        return cls(**plain, texts=version.texts, sms=version.sms)


class TemplateRow(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    channel: Channel
    purpose: Purpose
    active: bool
    number: int


class VersionRead(msgspec.Struct, kw_only=True):
    number: int
    texts: dict[str, dict[str, str]]
    sms: dict[str, Any]
    made_by: str
    created_at: datetime


class PreviewInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    party_id: UUID
    locale: str = "zh_CN"
    number: int | None = None


class PreviewRead(msgspec.Struct, kw_only=True):
    locale: str
    subject: str
    text: str
    html: str | None
    sms: dict[str, Any] | None


class TemplateController(Controller):
    path = "/marketing/templates"
    tags = ("Marketing",)

    @get("/", opt=READ, operation_id="listTemplates")
    async def list_rows(self, work: NamedDependency[Work]) -> list[TemplateRow]:
        """Templates by name, those in use first."""
        return [TemplateRow(**{name: getattr(t, name) for name in TemplateRow.__struct_fields__}) for t in await templates(work)]

    @get("/variables", opt=READ, operation_id="listTemplateVariables")
    async def variables(self, work: NamedDependency[Work]) -> dict[str, str]:
        """The names that a template may use, with what they stand for."""
        return await names_of(work)

    @post("/", opt=WRITE, operation_id="createTemplate")
    async def create(self, work: NamedDependency[Work], data: JSONBody[TemplateInput]) -> TemplateRead:
        """A new template.  422 ``invalid`` names the line in which something is no variable."""
        return await _read(work, await write_template(work, data))

    @get("/{template_id:uuid}", opt=READ, operation_id="readTemplate")
    async def read(self, work: NamedDependency[Work], template_id: FromPath[UUID]) -> TemplateRead:
        """A template with what it says now."""
        return await _read(work, await get_template(work, template_id))

    @put("/{template_id:uuid}", opt=WRITE, operation_id="updateTemplate")
    async def update(self, work: NamedDependency[Work], template_id: FromPath[UUID], data: JSONBody[TemplateInput]) -> TemplateRead:
        """Write it anew; other words make a new version."""
        return await _read(work, await write_template(work, data, template_id))

    @get("/{template_id:uuid}/versions", opt=READ, operation_id="listTemplateVersions")
    async def versions(self, work: NamedDependency[Work], template_id: FromPath[UUID]) -> list[VersionRead]:
        """What it said, the newest first."""
        rows = await versions_of(work, await get_template(work, template_id))
        return [VersionRead(**{name: getattr(row, name) for name in VersionRead.__struct_fields__}) for row in rows]

    @post("/{template_id:uuid}/preview", opt=READ, status_code=200, operation_id="previewTemplate")
    async def preview(self, work: NamedDependency[Work], template_id: FromPath[UUID], data: JSONBody[PreviewInput]) -> PreviewRead:
        """The message as one customer would get it; nothing is sent."""
        template = await get_template(work, template_id)
        shown = await preview_of(work, template, await version_of(work, template, data.number), data.party_id, data.locale)
        sms = dict(shown.sms) if shown.sms is not None else None
        return PreviewRead(locale=shown.locale, subject=shown.subject, text=shown.text, html=shown.html, sms=sms)


async def preview_of(work: Work, template: MessageTemplate, version: TemplateVersion, party_id: UUID, locale: str) -> Filled:
    """A version filled for a customer within the actor's reach, with what the actor may see.

    Raises:
        PartyNotFound
    """
    party = await get_party(work, party_id)
    values = (await values_of(work, [party.id], by_rights=True))[party.id]
    return filled(template.channel, version, await names_of(work), values, locale)


async def write_template(work: Work, data: TemplateInput, template_id: UUID | None = None) -> MessageTemplate:
    """Write a template, and note who did; see ``save_template``."""
    template = await save_template(work, data, await names_of(work), template_id)
    facts = {"name": template.name, "number": template.number, "active": template.active}
    await record(work, "message_template.saved", f"message_template:{template.id}", name=template.name, after=facts)
    return template


async def _read(work: Work, template: MessageTemplate) -> TemplateRead:
    return TemplateRead.of(template, await version_of(work, template))
