"""What the pages of tickets show."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import select

from core_crm.asking import contact_choices, staff
from core_crm.orders.model import Order
from core_crm.orders.query import within_reach
from core_crm.service.care.macros import macros
from core_crm.service.care.rating import rating_of
from core_crm.service.tickets.durations import duration
from core_crm.service.tickets.model import SlaPolicy, Ticket, TicketCategory, TicketMessage, TicketQueue
from core_crm.service.tickets.query import SHOWS, TicketQuery
from core_crm.service.tickets.reading import STEM
from core_crm.service.tickets.settings import categories, queues
from core_crm.service.tickets.sla import next_due
from core_crm.service.tickets.thread import split_quote, thread_of
from core_crm.service.tickets.words import channel_options, event_text, priority_options
from kernel import clock
from kernel.i18n import gettext as _
from kernel.orm import detached
from kernel.work import Work
from master_data.api import Employee, employee_of, get_parties, get_products, rights_of, saved_views
from vertical.slots import slot

ORDERS_MAX = 50


def show_names() -> dict[str, str]:
    return {
        "active": _("Active"),
        "mine": _("Mine"),
        "nobody": _("Unassigned"),
        "late": _("Late"),
        "waiting": _("Waiting for customer"),
        "solved": _("Done"),
        "all": _("All"),
    }


async def list_frame(work: Work, query: TicketQuery, chosen: dict[str, str]) -> dict[str, Any]:
    """Filters and views of the list; ``chosen`` is the query as the address has it."""
    names = show_names()
    views = [(names[show], address(**{**chosen, "show": show}), show == query.show, None) for show in SHOWS]
    kept = detached(work.session, await saved_views(work, STEM))
    here = urlencode({name: value for name, value in sorted(chosen.items()) if value})
    saved = [(view.name, f"/tickets?{view.query}", view.query == here, None) for view in kept]
    view = next((view for view in kept if view.query == here), None)
    filters = [
        _filter("owner", _("Person in charge"), [*await staff(work)], query.owner_id),
        _filter("priority", _("Priority"), priority_options(), query.priority),
        _filter("queue", _("Queue"), [(str(q.id), q.name) for q in await queues(work)], query.queue_id),
        _filter("category", _("Category"), [(str(c.id), c.name) for c in await categories(work)], query.category_id),
        _filter("channel", _("Channel"), channel_options(), query.channel),
    ]
    return {
        "query": query,
        "chosen": chosen,
        "views": [*views, *saved],
        "view": view,
        "may_remove_view": view is not None and (view.person_id == work.actor.id or work.actor.may("crm.service.manage")),
        "filters": [each for each in filters if each["options"]],
        "sees_all": (await rights_of(work, STEM)).whole,
    }


def address(**values: str) -> str:
    text = urlencode({name: value for name, value in sorted(values.items()) if value})
    return f"/tickets?{text}" if text else "/tickets"


async def choices(work: Work, *, party_id: UUID | None = None) -> dict[str, Any]:
    """What can be chosen in a ticket's form."""
    return {
        "staff": await staff(work),
        "queues": [(str(each.id), each.name) for each in await queues(work, active=True)],
        "categories": [(str(each.id), each.name) for each in await categories(work, active=True)],
        "priorities": priority_options(),
        "channels": channel_options(),
        "contacts": await contact_choices(work, party_id),
        "orders": await _orders(work, party_id),
    }


async def composer_context(work: Work, ticket: Ticket) -> dict[str, Any]:
    """What the box to write in needs."""
    return {"ticket": ticket, "macros": [(str(each.id), each.name) for each in await macros(work, active=True)]}


async def detail_context(work: Work, ticket: Ticket) -> dict[str, Any]:
    """What the ticket's page needs."""
    party = (await get_parties(work, [ticket.party_id])).get(ticket.party_id) if ticket.party_id else None
    product = (await get_products(work, {ticket.product_id})).get(ticket.product_id) if ticket.product_id else None
    policy = await work.session.get(SlaPolicy, ticket.policy_id) if ticket.policy_id else None
    category = await work.session.get(TicketCategory, ticket.category_id) if ticket.category_id else None
    queue = await work.session.get(TicketQueue, ticket.queue_id) if ticket.queue_id else None
    owner = await work.session.get(Employee, ticket.owner_id) if ticket.owner_id else None
    order = await work.session.scalar(select(Order.number).where(Order.id == ticket.order_id)) if ticket.order_id else None
    related = {name: await _other(work, value) for name, value in (("follows", ticket.follows_id), ("merged", ticket.merged_into_id))}
    me = await employee_of(work)
    due = next_due(ticket)
    return {
        **await composer_context(work, ticket),
        "duration": duration,
        "rating": await rating_of(work, ticket.id),
        "origins": await _origins(work, ticket.id),
        "split_quote": split_quote,
        "party": party,
        "product": product.name if product else "",
        "policy": policy.name if policy else "",
        "category": category.name if category else "",
        "queue": queue.name if queue else "",
        "owner": owner.name if owner else "",
        "order": order,
        "mine": me is not None and me.id == ticket.owner_id,
        "due": due,
        "late": due is not None and due <= clock.now(),
        "thread": [
            (view.row, view.files, event_text(view.row.facts) if view.row.facts else "") for view in await thread_of(work, ticket.id)
        ],
        "staff": await staff(work),
        "side": await slot(work, "crm.ticket.side", ticket=ticket),
        **related,
    }


async def _origins(work: Work, ticket_id: UUID) -> dict[UUID, str]:
    """Numbers of the tickets whose words stand in this one."""
    among = select(TicketMessage.origin_id).where(TicketMessage.ticket_id == ticket_id, TicketMessage.origin_id.is_not(None))
    rows = await work.session.execute(select(Ticket.id, Ticket.number).where(Ticket.id.in_(among)))
    return {row.id: row.number for row in rows}


async def _other(work: Work, ticket_id: UUID | None) -> tuple[UUID, str] | None:
    if ticket_id is None:
        return None
    row = (await work.session.execute(select(Ticket.id, Ticket.number).where(Ticket.id == ticket_id))).first()
    return (row.id, row.number) if row else None


async def _orders(work: Work, party_id: UUID | None) -> list[tuple[str, str]]:
    if party_id is None or not work.actor.may("crm.order.read"):
        return []
    query = select(Order.id, Order.number, Order.ordered_on).where(
        Order.party_id == party_id, Order.number.is_not(None), await within_reach(work)
    )
    found = await work.session.execute(query.order_by(Order.ordered_on.desc(), Order.id.desc()).limit(ORDERS_MAX))
    return [(str(row.id), f"{row.number} · {row.ordered_on.isoformat()}") for row in found]


def _filter(name: str, label: str, options: list[tuple[str, str]], value: Any) -> dict[str, Any]:
    return {"name": name, "label": label, "options": options, "value": str(getattr(value, "value", value) or "")}
