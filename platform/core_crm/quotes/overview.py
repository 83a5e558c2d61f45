"""Quotes on other pages: the palette, and the pages of the customer, the opportunity and the order."""

from collections.abc import Mapping, Sequence
from typing import Any

from core_crm.orders.model import Order
from core_crm.pipeline.model import Opportunity
from core_crm.quotes.query import QuoteQuery, list_quotes
from kernel.i18n import N_
from kernel.templates import render
from kernel.work import Work
from vertical import Panel, Searcher, SearchHit

ROWS = 5
READ = "crm.quote.read"


async def draw_of_party(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """A customer's latest quotes."""
    quotes, more = await list_quotes(work, QuoteQuery(party_id=record["id"], limit=ROWS))
    return _card(work, quotes, f"/quotes?party_id={record['id']}" if more else "", f"/quotes/new?party_id={record['id']}")


async def draw_of_opportunity(work: Work, *, opportunity: Opportunity, **_context: Any) -> str:
    """What was offered for an opportunity."""
    quotes, _more = await list_quotes(work, QuoteQuery(opportunity_id=opportunity.id, limit=20))
    return _card(work, quotes, "", f"/quotes/new?opportunity_id={opportunity.id}" if opportunity.closed_at is None else "")


async def draw_of_order(work: Work, *, order: Order, **_context: Any) -> str:
    """The quote that the order came of."""
    quotes, _more = await list_quotes(work, QuoteQuery(order_id=order.id, limit=1))
    return _card(work, quotes, "", "") if quotes else ""


async def search_quotes(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Quotes by number or customer."""
    rows, _following = await list_quotes(work, QuoteQuery(search=text, limit=limit))
    return [SearchHit(title=row.number, path=f"/quotes/{row.id}", hint=row.party_name, icon="file-description") for row in rows]


def _card(work: Work, quotes: Sequence[Any], more: str, new: str) -> str:
    return render("core_crm/quotes/card.html", quotes=quotes, more=more, new=new if work.actor.may("crm.quote.create") else "")


QUOTE_SEARCHERS = (Searcher(key="core_crm.quote", label=N_("Quotes"), permission=READ, search=search_quotes),)
QUOTE_PANELS = (
    Panel(slot="master.party.side", render=draw_of_party, permission=READ, order=7),
    Panel(slot="crm.opportunity.side", render=draw_of_opportunity, permission=READ, order=5),
    Panel(slot="crm.order.side", render=draw_of_order, permission=READ, order=4),
)
