"""What members are told of tickets."""

from collections.abc import Sequence
from uuid import UUID

from core_crm.service.tickets.events import CustomerReplied, TicketAssigned, TicketDueSoon, TicketEvent, TicketLate
from core_crm.service.tickets.model import Ticket
from core_crm.service.tickets.reading import STEM
from kernel.i18n import N_
from kernel.work import Work
from vertical import NotificationKind, Subscriber
from workflow.api import notify, persons_of

ASSIGNED, ANSWERED, SOON, LATE = "core_crm.ticket_assigned", "core_crm.ticket_answered", "core_crm.ticket_due_soon", "core_crm.ticket_late"

TICKET_NOTIFICATIONS = (
    NotificationKind(key=ASSIGNED, label=N_("You are in charge of a ticket"), icon="headset"),
    NotificationKind(key=ANSWERED, label=N_("The customer answered in a ticket of yours"), icon="message"),
    NotificationKind(key=SOON, label=N_("Your ticket is about to be overdue"), icon="clock-exclamation"),
    NotificationKind(key=LATE, label=N_("A ticket is overdue"), mail=True, icon="alert-triangle"),
)
_LATE = {
    "first": N_("Ticket %(number)s: the first answer is late. %(subject)s"),
    "resolve": N_("Ticket %(number)s: the solution is late. %(subject)s"),
}
_SOON = {
    "first": N_("Ticket %(number)s: the first answer is due soon. %(subject)s"),
    "resolve": N_("Ticket %(number)s: the solution is due soon. %(subject)s"),
}


async def tell_who_is_in_charge(work: Work, event: TicketAssigned) -> None:
    await _tell(work, event, [event.owner_id], ASSIGNED, N_("Ticket %(number)s is yours now: %(subject)s"))


async def tell_of_answer(work: Work, event: CustomerReplied) -> None:
    await _tell(work, event, [event.owner_id], ANSWERED, N_("The customer answered in ticket %(number)s: %(subject)s"))


async def tell_that_it_is_due(work: Work, event: TicketDueSoon) -> None:
    await _tell(work, event, [event.owner_id], SOON, _SOON[event.which])


async def tell_that_it_is_late(work: Work, event: TicketLate) -> None:
    """Whoever is in charge, and who leads the queue."""
    await _tell(work, event, [event.owner_id, event.lead_id], LATE, _LATE[event.which])


async def _tell(work: Work, event: TicketEvent, to: Sequence[UUID | None], kind: str, text: str) -> None:
    people = await persons_of(work, to)
    ticket = await work.session.get(Ticket, event.ticket_id)
    if people and ticket is not None:
        values = {"number": ticket.number, "subject": ticket.subject}
        await notify(work, people.values(), kind=kind, text=text, values=values, record=(STEM, ticket.id))


TICKET_SUBSCRIBERS = (
    Subscriber(event=TicketAssigned, handle=tell_who_is_in_charge, when="in_transaction"),
    Subscriber(event=CustomerReplied, handle=tell_of_answer, when="in_transaction"),
    Subscriber(event=TicketDueSoon, handle=tell_that_it_is_due, when="in_transaction"),
    Subscriber(event=TicketLate, handle=tell_that_it_is_late, when="in_transaction"),
)
