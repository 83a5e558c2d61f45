"""A ticket, where the actor may see or change it, and what its events tell."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_crm.service.tickets.model import Ticket
from kernel.errors import Conflict, DomainError, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import require_visible
from vertical.guarding import Act

STEM = "crm.ticket"


class TicketNotFound(NotFound):
    code = "ticket_not_found"


class TicketClosed(DomainError):
    """It is closed for good, or merged into another."""

    code = "ticket_closed"


class TicketChanged(Conflict):
    code = "version_conflict"


async def get_ticket(work: Work, ticket_id: UUID, *, act: Act = "read", lock: bool = False) -> Ticket:
    """The ticket, where the actor may ``act`` on it.

    Raises:
        TicketNotFound, RecordNotFound, RecordReadOnly
    """
    query = select(Ticket).where(Ticket.id == ticket_id).execution_options(populate_existing=lock)
    ticket = await work.session.scalar(query.with_for_update(of=Ticket) if lock else query)
    if ticket is None:
        raise TicketNotFound(_("This ticket does not exist, or was deleted."))
    await require_visible(work, ticket, STEM, act)
    return ticket


def telling(ticket: Ticket) -> dict[str, Any]:
    """What every event of a ticket says."""
    return {"ticket_id": ticket.id, "number": ticket.number, "party_id": ticket.party_id, "owner_id": ticket.owner_id}
