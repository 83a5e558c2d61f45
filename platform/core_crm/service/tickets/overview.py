"""Tickets on other pages: the widget, the palette, a customer's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from core_crm.service.tickets.model import Ticket
from core_crm.service.tickets.query import TicketQuery, count_tickets, list_tickets
from kernel.i18n import N_
from kernel.templates import render
from kernel.work import Work
from vertical import Panel, Searcher, SearchHit, Widget

READ = "crm.ticket.read"
ROWS = 5


def ticket_title(ticket: Ticket) -> str:
    return f"{ticket.number} {ticket.subject}"


async def draw_mine(work: Work) -> str:
    """The actor's tickets, what is due first on top, and how many are late of all they see."""
    rows, _more = await list_tickets(work, TicketQuery(show="mine", limit=ROWS))
    counts = {show: await count_tickets(work, TicketQuery(show=show)) for show in ("mine", "nobody", "late")}
    return render("core_crm/service/tickets/mine.html", rows=rows, counts=counts)


async def draw_of_party(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """A customer's latest tickets."""
    rows, more = await list_tickets(work, TicketQuery(show="all", party_id=record["id"], newest_first=True, limit=ROWS))
    may = work.actor.may("crm.ticket.create")
    return render("core_crm/service/tickets/of_party.html", rows=rows, more=more, party_id=record["id"], may_create=may)


async def search_tickets(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Tickets by number, subject, customer or serial number."""
    rows, _following = await list_tickets(work, TicketQuery(show="all", search=text, newest_first=True, limit=limit))
    return [SearchHit(title=row.subject, path=f"/tickets/{row.id}", hint=row.number, icon="headset") for row in rows]


TICKET_WIDGETS = (Widget(key="core_crm.my_tickets", title=N_("My tickets"), render=draw_mine, permission=READ),)
TICKET_SEARCHERS = (Searcher(key="core_crm.ticket", label=N_("Tickets"), permission=READ, search=search_tickets),)
TICKET_PANELS = (Panel(slot="master.party.side", render=draw_of_party, permission=READ, order=8),)
