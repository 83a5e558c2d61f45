"""Writing templates, and making messages of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from messaging.channels import Channel
from messaging.outgoing.model import Purpose
from messaging.wording.language import fill, parse
from messaging.wording.markup import blocks, to_html, to_text
from messaging.wording.model import MessageTemplate, TemplateVersion

LOCALES = ("zh_CN", "en")
SMS_LENGTH_MAX = 500
TEMPLATES_MAX = 500
PARAMETERS_MAX = 20


class TemplateNotFound(NotFound):
    code = "template_not_found"


class TemplateChanged(Conflict):
    code = "version_conflict"


class Wording(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    body: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    subject: Annotated[str, msgspec.Meta(max_length=300)] = ""


class TemplateInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``texts`` by language, ``zh_CN`` and ``en``; one of them at least.  ``sms_params`` are filled in their order."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    channel: Channel
    texts: dict[str, Wording]
    purpose: Purpose = Purpose.MARKETING
    sms_template: Annotated[str, msgspec.Meta(max_length=80)] = ""
    sms_params: dict[str, Annotated[str, msgspec.Meta(max_length=300)]] = {}
    active: bool = True
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A message made of a template.  ``page`` is the body as it may stand in one of our pages."""

    locale: str
    subject: str
    text: str
    html: str | None
    page: str
    sms: Mapping[str, Any] | None


async def templates(work: Work, *, channel: Channel | None = None, active: bool | None = None) -> Sequence[MessageTemplate]:
    """The company's templates by name."""
    query = select(MessageTemplate).order_by(MessageTemplate.active.desc(), MessageTemplate.name, MessageTemplate.id)
    if channel is not None:
        query = query.where(MessageTemplate.channel == channel)
    if active is not None:
        query = query.where(MessageTemplate.active == active)
    return (await work.session.scalars(query.limit(TEMPLATES_MAX))).all()


async def get_template(work: Work, template_id: UUID, *, lock: bool = False) -> MessageTemplate:
    """A template.

    Raises:
        TemplateNotFound
    """
    query = select(MessageTemplate).where(MessageTemplate.id == template_id)
    found: MessageTemplate | None = await work.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise TemplateNotFound(_("This template does not exist, or was deleted."))
    return found


async def version_of(work: Work, template: MessageTemplate, number: int | None = None) -> TemplateVersion:
    """What the template says now, or said in an earlier version.

    Raises:
        TemplateNotFound
    """
    query = select(TemplateVersion).where(
        TemplateVersion.template_id == template.id, TemplateVersion.number == (template.number if number is None else number)
    )
    found: TemplateVersion | None = await work.session.scalar(query)
    if found is None:
        raise TemplateNotFound(_("This version does not exist."))
    return found


async def versions_of(work: Work, template: MessageTemplate) -> Sequence[TemplateVersion]:
    """All versions, the newest first."""
    query = select(TemplateVersion).where(TemplateVersion.template_id == template.id).order_by(TemplateVersion.number.desc())
    return (await work.session.scalars(query.limit(100))).all()


async def save_template(work: Work, data: TemplateInput, names: Collection[str], template_id: UUID | None = None) -> MessageTemplate:
    """Write a template; other words make a new version, and messages that were sent keep naming theirs.

    Raises:
        TemplateNotFound, TemplateChanged
        TemplateWrong, Invalid: something in it is no variable among ``names``, or nothing is said.
    """
    texts = check(data, names)
    template = (
        await get_template(work, template_id, lock=True) if template_id else MessageTemplate(id=new_id(), channel=data.channel, number=0)
    )
    if template_id and data.version is not None and data.version != template.version:
        raise TemplateChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    if template.channel is not data.channel:
        raise Invalid(_("A template stays with its channel; write a new one."), field="channel")
    sms = {"template": data.sms_template.strip(), "params": data.sms_params} if data.channel is Channel.SMS else {}
    present = await version_of(work, template) if template_id else None
    template.name, template.purpose, template.active = data.name.strip(), data.purpose, data.active
    if present is None or (present.texts, present.sms) != (texts, sms):
        template.number += 1
        version = TemplateVersion(template_id=template.id, number=template.number, texts=texts, sms=sms, made_by=work.actor.name[:80])
        work.session.add(template)
        await work.session.flush()
        work.session.add(version)
    await work.session.flush()
    return template


def check(data: TemplateInput, names: Collection[str]) -> dict[str, dict[str, str]]:
    """The texts of ``data``, read once so that nothing wrong is kept.

    Raises:
        Invalid
    """
    errors: list[FieldError] = []
    if unknown := set(data.texts) - set(LOCALES):
        errors.append(FieldError("texts", _("There is no language %(name)s here.", name=sorted(unknown)[0])))
    texts: dict[str, dict[str, str]] = {}
    for locale in LOCALES:
        wording = data.texts.get(locale)
        if wording is None or not (wording.body.strip() or wording.subject.strip()):
            continue
        errors += _wrong_in(data.channel, locale, wording, names)
        texts[locale] = {
            "subject": " ".join(wording.subject.split()),
            "body": wording.body.replace("\r\n", "\n").replace("\x00", "").strip(),
        }
    if not texts and not errors:
        errors.append(FieldError("zh_CN.body", _("Write the message in one language at least.")))
    for name, source in data.sms_params.items():
        errors += _read(source, names, f"sms_params.{name}")
    if len(data.sms_params) > PARAMETERS_MAX:
        errors.append(FieldError("sms_params", _("At most %(most)s of them.", most=PARAMETERS_MAX)))
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    return texts


def filled(channel: Channel, version: TemplateVersion, names: Collection[str], values: Mapping[str, Any], locale: str) -> Filled:
    """The message for one customer, in ``locale`` if it was written in it, else in the other language.

    A name that has left the list since it was saved is left out.
    """
    chosen = locale if locale in version.texts else next(iter(version.texts))
    words = version.texts[chosen]
    known = set(names) | set(values)
    subject, body = parse(words["subject"], known), parse(words["body"], known)
    if channel is Channel.SMS:
        text = fill(body, values, chosen).strip()[:SMS_LENGTH_MAX]
        params = {name: fill(parse(str(source), known), values, chosen) for name, source in (version.sms.get("params") or {}).items()}
        sms = {"template": version.sms.get("template", ""), "params": params}
        return Filled(locale=chosen, subject="", text=text, html=None, page=blocks([text], {}, chosen), sms=sms)
    return Filled(
        locale=chosen,
        subject=fill(subject, values, chosen).strip(),
        text=to_text(body, values, chosen),
        html=to_html(body, values, chosen),
        page=blocks(body, values, chosen),
        sms=None,
    )


def _wrong_in(channel: Channel, locale: str, wording: Wording, names: Collection[str]) -> list[FieldError]:
    errors = _read(wording.subject, names, f"{locale}.subject") + _read(wording.body, names, f"{locale}.body")
    if not wording.body.strip():
        errors.append(FieldError(f"{locale}.body", _("Please fill this in.")))
    if channel is Channel.EMAIL and not wording.subject.strip():
        errors.append(FieldError(f"{locale}.subject", _("An e-mail needs a subject.")))
    if channel is Channel.SMS and len(wording.body) > SMS_LENGTH_MAX:
        errors.append(FieldError(f"{locale}.body", _("At most %(most)s characters.", most=SMS_LENGTH_MAX)))
    return errors


def _read(source: str, names: Collection[str], field: str) -> list[FieldError]:
    try:
        parse(source, names, field=field)
    except Invalid as error:
        return list(error.errors)
    return []
