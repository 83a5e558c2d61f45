"""What can be done with a ticket short of answering it: open one, change what is known of it."""

import re
from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, or_, select

from core_crm.orders.model import Order
from core_crm.orders.query import within_reach
from core_crm.service.tickets.assignment import begin_with
from core_crm.service.tickets.events import TicketCreated
from core_crm.service.tickets.model import (
    MessageKind,
    Priority,
    Ticket,
    TicketCategory,
    TicketChannel,
    TicketMessage,
    TicketQueue,
    TicketState,
)
from core_crm.service.tickets.reading import TicketChanged, TicketClosed, get_ticket, telling
from core_crm.service.tickets.sla import set_clock
from core_crm.service.tickets.thread import Upload, add_event, add_message
from identity.audit import record
from kernel import clock
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.numbering import next_number
from kernel.work import Work
from master_data.api import Contact, Party, get_parties, get_party, get_products, note_event, search_text

_EMAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")

Line = Annotated[str, msgspec.Meta(max_length=80)]


class TicketInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A ticket.  ``text`` is what the customer says; queue and priority come from the category where they are left out."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)]
    channel: TicketChannel = TicketChannel.API
    priority: Priority | None = None
    category_id: UUID | None = None
    queue_id: UUID | None = None
    owner_id: UUID | None = None
    party_id: UUID | None = None
    contact_id: UUID | None = None
    requester_name: Line = ""
    requester_email: Annotated[str, msgspec.Meta(max_length=254)] = ""
    requester_phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    order_id: UUID | None = None
    product_id: UUID | None = None
    serial: Line = ""


class TicketChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    version: int | None = None
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    category_id: UUID | UnsetType | None = UNSET
    queue_id: UUID | UnsetType | None = UNSET
    party_id: UUID | UnsetType | None = UNSET
    contact_id: UUID | UnsetType | None = UNSET
    requester_name: Line | UnsetType = UNSET
    requester_email: Annotated[str, msgspec.Meta(max_length=254)] | UnsetType = UNSET
    requester_phone: Annotated[str, msgspec.Meta(max_length=40)] | UnsetType = UNSET
    order_id: UUID | UnsetType | None = UNSET
    product_id: UUID | UnsetType | None = UNSET
    serial: Line | UnsetType = UNSET


async def create_ticket(
    work: Work, data: TicketInput, *, files: Sequence[Upload] = (), author: str | None = None, follows: Ticket | None = None, **mail: Any
) -> Ticket:
    """A new ticket with its clock, given to somebody where its queue names one.

    ``author`` is the customer who says it where nobody of us writes it down; ``mail`` goes to the first message.

    Raises:
        Invalid, PartyNotFound
    """
    now = clock.now()
    category = await _active(work, TicketCategory, data.category_id, "category_id")
    ticket = Ticket(
        id=new_id(),
        created_at=now,
        last_activity_at=now,
        state=TicketState.NEW,
        channel=data.channel,
        priority=data.priority or (category.priority if category else None) or Priority.NORMAL,
        follows_id=follows.id if follows else None,
        paused_seconds=0,
        reopened=0,
        made_by=(author if author is not None else work.actor.name)[:80],
    )
    values = {name: getattr(data, name) for name in _WRITTEN}
    values["queue_id"] = data.queue_id or (category.queue_id if category else None)
    await _fill(work, ticket, values)
    await set_clock(work, ticket)
    ticket.number = await next_number(work, "core_crm.ticket", prefix="TK", on=work.today())
    ticket.search_text = await _words(work, ticket)
    work.session.add(ticket)
    await work.session.flush()
    # Whoever of us writes it down stands in made_by: the words are the customer's.
    speaker = author if author is not None else ticket.requester_name or None
    message = await add_message(work, ticket, MessageKind.CUSTOMER, data.text, author=speaker, files=files, **mail)
    message.at = now
    await record(work, "ticket.created", f"ticket:{ticket.id}", name=ticket.number, after={"subject": ticket.subject})
    if follows is not None:
        await add_event(work, ticket, "follows", number=follows.number)
    await begin_with(work, ticket, data.owner_id)
    await work.publish(TicketCreated(**telling(ticket), channel=ticket.channel.value, priority=ticket.priority.value))
    if ticket.party_id is not None:
        said = _("Ticket %(number)s: %(subject)s", number=ticket.number, subject=ticket.subject)
        await note_event(work, "master.party", ticket.party_id, said, path=f"/tickets/{ticket.id}")
    return ticket


async def update_ticket(work: Work, ticket_id: UUID, data: TicketChange) -> Ticket:
    """Change what is known of a ticket; another priority or category reckons its deadlines anew.

    Raises:
        TicketNotFound, TicketClosed, Invalid, PartyNotFound
        TicketChanged: it has another version than ``version`` by now.
    """
    ticket = await get_ticket(work, ticket_id, act="edit", lock=True)
    if data.version is not None and data.version != ticket.version:
        raise TicketChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    if ticket.state is TicketState.CLOSED:
        raise TicketClosed(_("Ticket %(number)s is closed. Open a new one that goes on from it.", number=ticket.number))
    before, clocked = await _shown(work, ticket), (ticket.priority, ticket.category_id)
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if name != "version" and value is not UNSET}
    if "category_id" in given and given["category_id"] != ticket.category_id:
        await _active(work, TicketCategory, given["category_id"], "category_id")
    await _fill(work, ticket, given)
    if (ticket.priority, ticket.category_id) != clocked:
        await set_clock(work, ticket)
    ticket.search_text = await _words(work, ticket)
    await work.session.flush()
    after = await _shown(work, ticket)
    if changed := {name: [before[name], after[name]] for name in after if before[name] != after[name]}:
        await add_event(work, ticket, "changed", fields=changed)
        old, new = ({name: pair[n] for name, pair in changed.items()} for n in (0, 1))
        await record(work, "ticket.updated", f"ticket:{ticket.id}", name=ticket.number, before=old, after=new)
    return ticket


async def find_requester(work: Work, email: str) -> tuple[UUID | None, UUID | None, str]:
    """Whose address it is: party, contact and name, where exactly one has it."""
    if not email:
        return None, None, ""
    contacts = (await work.session.execute(select(Contact).where(func.lower(Contact.email) == email).limit(2))).scalars().all()
    if len(contacts) == 1:
        return contacts[0].party_id, contacts[0].id, contacts[0].name
    live = Party.merged_into_id.is_(None)
    parties = (await work.session.execute(select(Party.id, Party.name).where(func.lower(Party.email) == email, live).limit(2))).all()
    return (parties[0].id, None, parties[0].name[:80]) if len(parties) == 1 else (None, None, "")


_WRITTEN = (
    "subject", "priority", "category_id", "queue_id", "party_id", "contact_id", "requester_name", "requester_email", "requester_phone",
    "order_id", "product_id", "serial",
)  # fmt: skip


async def _fill(work: Work, ticket: Ticket, values: dict[str, Any]) -> None:
    """Write ``values`` into the ticket, checked."""
    clean = {name: " ".join(value.split()) if isinstance(value, str) and name != "priority" else value for name, value in values.items()}
    if clean.get("priority", "") is None:
        clean.pop("priority")
    if clean.get("requester_email"):
        clean["requester_email"] = clean["requester_email"].lower()
    moved = "party_id" in clean and clean["party_id"] != ticket.party_id
    if moved and (party_id := values["party_id"]) is not None:
        clean["party_id"] = (await get_party(work, party_id)).id
    if moved and "contact_id" not in clean:
        clean["contact_id"] = None
    errors = [*_wrong(clean), *await _strangers(work, ticket, clean)]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    for name, value in clean.items():
        setattr(ticket, name, value)
    await _complete(work, ticket)


def _wrong(values: dict[str, Any]) -> list[FieldError]:
    errors = []
    if "subject" in values and not values["subject"]:
        errors.append(FieldError("subject", _("Say in a few words what it is about.")))
    if (email := values.get("requester_email")) and not _EMAIL.fullmatch(email):
        errors.append(FieldError("requester_email", _("Please enter an e-mail address, for example name@example.com.")))
    return errors


async def _strangers(work: Work, ticket: Ticket, values: dict[str, Any]) -> list[FieldError]:
    """What the values refer to and is not there, or not the customer's."""
    errors = []
    party_id = values.get("party_id", ticket.party_id)
    if (contact_id := values.get("contact_id")) is not None:
        contact = await work.session.get(Contact, contact_id)
        if contact is None or contact.party_id != party_id:
            errors.append(FieldError("contact_id", _("Choose a contact of this customer.")))
    if (order_id := values.get("order_id")) is not None and order_id != ticket.order_id:
        owner = await work.session.scalar(select(Order.party_id).where(Order.id == order_id, await within_reach(work)))
        if owner is None or (party_id is not None and owner != party_id):
            errors.append(FieldError("order_id", _("Choose an order of this customer.")))
    if (product_id := values.get("product_id")) is not None and not await get_products(work, {product_id}):
        errors.append(FieldError("product_id", _("Choose one of the list.")))
    if (queue_id := values.get("queue_id")) is not None and queue_id != ticket.queue_id:
        queue = await work.session.get(TicketQueue, queue_id)
        if queue is None or not queue.active:
            errors.append(FieldError("queue_id", _("Choose one of the list.")))
    return errors


async def _complete(work: Work, ticket: Ticket) -> None:
    """Take name, address and phone from the contact or the customer where they are not given."""
    if ticket.party_id is None and ticket.requester_email:
        party_id, contact_id, name = await find_requester(work, ticket.requester_email)
        ticket.party_id, ticket.contact_id = party_id, contact_id
        ticket.requester_name = ticket.requester_name or name
    source: Any = await work.session.get(Contact, ticket.contact_id) if ticket.contact_id else None
    if source is None and ticket.party_id is not None:
        source = await work.session.get(Party, ticket.party_id)
    if source is not None:
        ticket.requester_name = ticket.requester_name or source.name[:80]
        ticket.requester_email = ticket.requester_email or (source.email or "").lower()
        ticket.requester_phone = ticket.requester_phone or (source.phone or "")
    for name in ("requester_name", "requester_email", "requester_phone", "serial"):
        setattr(ticket, name, getattr(ticket, name) or "")


async def _words(work: Work, ticket: Ticket) -> str:
    party = (await get_parties(work, [ticket.party_id])).get(ticket.party_id) if ticket.party_id else None
    who = (ticket.requester_name, ticket.requester_email, ticket.requester_phone)
    return search_text(party.name if party else ticket.requester_name, ticket.number, ticket.subject, ticket.serial, *who)


async def _shown(work: Work, ticket: Ticket) -> dict[str, Any]:
    """The ticket's fields in words, as events and the log keep them."""

    async def name_of(model: Any, row_id: UUID | None, field: str = "name") -> Any:
        row = await work.session.get(model, row_id) if row_id else None
        return getattr(row, field) if row is not None else None

    products = await get_products(work, {ticket.product_id}) if ticket.product_id else {}
    return {
        "subject": ticket.subject,
        "priority": ticket.priority.value,
        "category": await name_of(TicketCategory, ticket.category_id),
        "queue": await name_of(TicketQueue, ticket.queue_id),
        "party": await name_of(Party, ticket.party_id),
        "contact": await name_of(Contact, ticket.contact_id),
        "requester_name": ticket.requester_name,
        "requester_email": ticket.requester_email,
        "requester_phone": ticket.requester_phone,
        "order": await name_of(Order, ticket.order_id, "number"),
        "product": products[ticket.product_id].name if ticket.product_id in products else None,
        "serial": ticket.serial,
    }


async def _active(work: Work, model: Any, row_id: UUID | None, field: str) -> Any:
    row = await work.session.get(model, row_id) if row_id else None
    if row_id is not None and (row is None or not row.active):
        raise Invalid(_("Choose one of the list."), field=field)
    return row


async def known_mail(work: Work, message_id: str) -> TicketMessage | None:
    """The message that came by the mail of this id, if it came before."""
    found: TicketMessage | None = await work.session.scalar(select(TicketMessage).where(TicketMessage.message_id == message_id[:300]))
    return found


async def tickets_of(work: Work, emails: Sequence[str], party_id: UUID | None) -> int:
    """How many tickets a customer has, by party or address."""
    condition = or_(Ticket.requester_email.in_([email for email in emails if email]), Ticket.party_id == party_id)
    return await work.session.scalar(select(func.count()).select_from(Ticket).where(condition)) or 0
