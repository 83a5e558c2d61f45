"""What happens to tickets by itself: those that are late are told of, solved ones are closed after some days."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from core_crm.service.tickets.answering import move
from core_crm.service.tickets.assignment import give_to
from core_crm.service.tickets.events import TicketDueSoon, TicketLate
from core_crm.service.tickets.model import ACTIVE, SlaPolicy, Ticket, TicketQueue, TicketState
from core_crm.service.tickets.reading import telling
from core_crm.service.tickets.settings import service_settings
from core_crm.service.tickets.sla import warn_at
from core_crm.service.tickets.thread import add_event
from kernel import clock
from kernel.work import Work
from master_data.api import Employee

BATCH = 200


async def look_at_clock(work: Work, ticket_id: UUID) -> None:
    """Something of the ticket is due, or was when this was planned."""
    query = select(Ticket).where(Ticket.id == ticket_id, Ticket.state.in_(ACTIVE)).with_for_update(of=Ticket)
    ticket = await work.session.scalar(query.execution_options(populate_existing=True))
    if ticket is not None:
        await _tell(work, ticket, clock.now())


async def sweep_clocks(work: Work) -> None:
    """Look at all that is late and was not told of, should a planned look have been lost.  Run twice, it does nothing the second time."""
    now = clock.now()
    first_late = (Ticket.first_responded_at.is_(None)) & (Ticket.first_due_at <= now) & Ticket.first_breached_at.is_(None)
    late = (Ticket.state != TicketState.WAITING) & (Ticket.resolve_due_at <= now) & Ticket.resolve_breached_at.is_(None)
    query = select(Ticket).where(Ticket.state.in_(ACTIVE), or_(first_late, late)).order_by(Ticket.id).limit(BATCH)
    while True:
        tickets = (await work.session.scalars(query.with_for_update(of=Ticket, skip_locked=True))).all()
        for ticket in tickets:
            await _tell(work, ticket, now)
        if len(tickets) < BATCH:
            return


async def close_solved(work: Work) -> None:
    """Close what was solved and not spoken of for as many days as the company says."""
    days = (await service_settings(work)).close_days
    before = clock.now() - timedelta(days=days)
    query = select(Ticket).where(Ticket.state == TicketState.SOLVED, Ticket.last_activity_at < before).order_by(Ticket.id).limit(BATCH)
    while True:
        tickets = (await work.session.scalars(query.with_for_update(of=Ticket, skip_locked=True))).all()
        for ticket in tickets:
            await move(work, ticket, TicketState.CLOSED)
            await add_event(work, ticket, "closed_by_time", days=days)
        if len(tickets) < BATCH:
            return


async def _tell(work: Work, ticket: Ticket, now: datetime) -> None:
    """Mark what is late, once, and tell of it; warn of what will be."""
    policy = await work.session.get(SlaPolicy, ticket.policy_id) if ticket.policy_id else None
    first = ticket.first_due_at if ticket.first_responded_at is None else None
    solution = ticket.resolve_due_at if ticket.state is not TicketState.WAITING else None
    if first is not None and first <= now and ticket.first_breached_at is None:
        ticket.first_breached_at = now
        await _escalate(work, ticket, policy, "first")
    if solution is not None and solution <= now and ticket.resolve_breached_at is None:
        ticket.resolve_breached_at = now
        await _escalate(work, ticket, policy, "resolve")
    if policy is None or ticket.warned_at is not None:
        return
    for which, due in (("first", first), ("resolve", solution)):
        if due is not None and warn_at(ticket, due, policy.warn_percent) <= now < due:
            ticket.warned_at = now
            await work.session.flush()
            await work.publish(TicketDueSoon(**telling(ticket), which=which))
            return


async def _escalate(work: Work, ticket: Ticket, policy: SlaPolicy | None, which: str) -> None:
    await work.session.flush()
    await add_event(work, ticket, f"{which}_breached")
    queue = await work.session.get(TicketQueue, ticket.queue_id) if ticket.queue_id else None
    lead_id = queue.lead_id if queue else None
    await work.publish(TicketLate(**telling(ticket), which=which, lead_id=lead_id))
    if lead_id is not None and policy is not None and policy.reassign and await give_to(work, ticket, lead_id):
        lead = await work.session.get(Employee, lead_id)
        await add_event(work, ticket, "escalated", name=lead.name if lead else "")
