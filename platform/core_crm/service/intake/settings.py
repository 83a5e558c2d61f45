"""Mailboxes and forms of a company."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_crm.leads.webforms import is_origin
from core_crm.service.intake.model import ServiceForm, ServiceMailbox
from core_crm.service.tickets.model import TicketCategory, TicketQueue
from identity.audit import record
from identity.opaque import digest, new_secret
from identity.people.service import InvalidEmail, clean_email
from kernel.errors import Conflict, FieldError, Invalid, NotFound
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

ROWS_MAX = 100
OFFERED = {"phone": N_("Phone"), "category": N_("Category"), "serial": N_("Serial number"), "file": N_("Files")}
"""What a form may ask for beyond name, address, subject and text."""


class ServiceFormNotFound(NotFound):
    code = "form_not_found"


class MailboxNotFound(NotFound):
    code = "mailbox_not_found"


class ServiceFormChanged(Conflict):
    code = "version_conflict"


class MailboxInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A mailbox.  ``name`` is whom customers see as the sender."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    address: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    queue_id: UUID | None = None
    category_id: UUID | None = None
    acknowledge: bool = True
    active: bool = True


class ServiceFormInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A form.  ``sites`` are origins that may show it in a frame, such as https://www.example.com."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    thanks: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    intro: Annotated[str, msgspec.Meta(max_length=2000)] | None = None
    fields: list[str] = msgspec.field(default_factory=lambda: ["phone", "category", "file"])
    consent_text: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    queue_id: UUID | None = None
    mailbox_id: UUID | None = None
    acknowledge: bool = True
    sites: Annotated[list[Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=20)] = []
    active: bool = True
    version: int | None = None


async def mailboxes(work: Work) -> Sequence[ServiceMailbox]:
    """All mailboxes."""
    return (await work.session.scalars(select(ServiceMailbox).order_by(ServiceMailbox.created_at, ServiceMailbox.id).limit(ROWS_MAX))).all()


async def get_mailbox(work: Work, mailbox_id: UUID) -> ServiceMailbox:
    """A mailbox.

    Raises:
        MailboxNotFound
    """
    found = await work.session.get(ServiceMailbox, mailbox_id)
    if found is None:
        raise MailboxNotFound(_("This mailbox does not exist, or was deleted."))
    return found


async def mailbox_by_key(work: Work, key: str) -> ServiceMailbox:
    """The mailbox in use whose key somebody shows.

    Raises:
        MailboxNotFound
    """
    found = await work.session.scalar(select(ServiceMailbox).where(ServiceMailbox.key_digest == digest(key[:100]), ServiceMailbox.active))
    if found is None:
        raise MailboxNotFound(_("This mailbox does not exist, or was deleted."))
    return found


async def save_mailbox(work: Work, data: MailboxInput, mailbox_id: UUID | None = None) -> tuple[ServiceMailbox, str]:
    """Write a mailbox; the key of a new one is in the answer and nowhere else, for one that is there it is empty.

    Raises:
        MailboxNotFound
        Invalid: no address, one that is there already, no such queue or category.
    """
    await _check_places(work, data.queue_id, data.category_id)
    try:
        address = clean_email(data.address).lower()
    except InvalidEmail as error:
        raise Invalid(error.message, field="address") from error
    same = select(ServiceMailbox.id).where(ServiceMailbox.address == address)
    if await work.session.scalar(same.where(ServiceMailbox.id != mailbox_id) if mailbox_id else same):
        raise Invalid(_("“%(name)s” is there already.", name=address), field="address")
    key = "" if mailbox_id else new_secret()
    row = await get_mailbox(work, mailbox_id) if mailbox_id else ServiceMailbox(id=new_id(), key_digest=digest(key))
    before = _values(row) if mailbox_id else None
    row.name, row.address, row.queue_id, row.category_id = data.name.strip(), address, data.queue_id, data.category_id
    row.acknowledge, row.active = data.acknowledge, data.active
    work.session.add(row)
    await work.session.flush()
    await record(work, "service_mailbox.saved", f"service_mailbox:{row.id}", name=row.address, before=before, after=_values(row))
    return row, key


async def renew_key(work: Work, mailbox_id: UUID) -> tuple[ServiceMailbox, str]:
    """Another key; the old one opens nothing any more.

    Raises:
        MailboxNotFound
    """
    row, key = await get_mailbox(work, mailbox_id), new_secret()
    row.key_digest = digest(key)
    await work.session.flush()
    await record(work, "service_mailbox.key_renewed", f"service_mailbox:{row.id}", name=row.address)
    return row, key


async def service_forms(work: Work) -> Sequence[ServiceForm]:
    """All forms."""
    return (await work.session.scalars(select(ServiceForm).order_by(ServiceForm.name, ServiceForm.id).limit(ROWS_MAX))).all()


async def get_service_form(work: Work, form_id: UUID) -> ServiceForm:
    """A form.

    Raises:
        ServiceFormNotFound
    """
    found = await work.session.get(ServiceForm, form_id)
    if found is None:
        raise ServiceFormNotFound(_("This form does not exist, or was deleted."))
    return found


async def service_form_by_key(work: Work, key: str) -> ServiceForm:
    """The form in use at an address.

    Raises:
        ServiceFormNotFound: there is none, or it was taken out of use.
    """
    found = await work.session.scalar(select(ServiceForm).where(ServiceForm.key == key[:40], ServiceForm.active))
    if found is None:
        raise ServiceFormNotFound(_("This form does not exist, or was deleted."))
    return found


async def save_service_form(work: Work, data: ServiceFormInput, form_id: UUID | None = None) -> ServiceForm:
    """Write a form; a new one gets an address that nobody can guess.

    Raises:
        ServiceFormNotFound, ServiceFormChanged
        Invalid: it names a site that is none, or a queue or mailbox that does not exist.
    """
    await _check_places(work, data.queue_id, None)
    if data.mailbox_id is not None:
        await get_mailbox(work, data.mailbox_id)
    sites = [site for text in data.sites if (site := text.strip().rstrip("/"))]
    if wrong := [site for site in sites if not is_origin(site)]:
        message = _("“%(site)s” is no address of a site; enter for example https://www.example.com.", site=wrong[0])
        raise Invalid(message, field="sites")
    form = await get_service_form(work, form_id) if form_id else ServiceForm(id=new_id(), key=secrets.token_urlsafe(18))
    if form_id and data.version is not None and form.version != data.version:
        raise ServiceFormChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    before = _values(form) if form_id else None
    form.name, form.title, form.intro = data.name.strip(), data.title.strip(), (data.intro or "").strip() or None
    form.thanks, form.consent_text, form.sites = data.thanks.strip(), data.consent_text.strip(), sites
    form.fields = [name for name in OFFERED if name in data.fields]
    form.queue_id, form.mailbox_id, form.acknowledge, form.active = data.queue_id, data.mailbox_id, data.acknowledge, data.active
    work.session.add(form)
    await work.session.flush()
    await record(work, "service_form.saved", f"service_form:{form.id}", name=form.name, before=before, after=_values(form))
    return form


async def _check_places(work: Work, queue_id: UUID | None, category_id: UUID | None) -> None:
    errors = [
        FieldError(field, _("Choose one of the list."))
        for field, model, row_id in (("queue_id", TicketQueue, queue_id), ("category_id", TicketCategory, category_id))
        if row_id is not None and await work.session.get(model, row_id) is None
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)


def _values(row: Any) -> dict[str, Any]:
    hidden = {"id", "created_at", "updated_at", "key", "key_digest", "version"}
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in hidden}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}
