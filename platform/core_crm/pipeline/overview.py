"""Opportunities on other pages: the widget, the palette, a customer's page, and the page of the order that one became."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core_crm.orders.model import Order
from core_crm.pipeline.model import Opportunity, StageKind
from core_crm.pipeline.query import OpportunityQuery, list_opportunities, totals
from core_crm.pipeline.service import STEM
from kernel.i18n import N_
from kernel.templates import render
from kernel.work import Work
from master_data.api import visible
from vertical import Panel, Searcher, SearchHit, Widget

ROWS = 5


async def draw_pipeline(work: Work) -> str:
    """The actor's open opportunities: what they come to, and those that nothing happened to for too long."""
    mine = OpportunityQuery(mine=True, state=StageKind.OPEN, limit=ROWS)
    stale, _more = await list_opportunities(work, OpportunityQuery(mine=True, stale=True, limit=ROWS))
    return render("core_crm/pipeline/mine.html", sums=await totals(work, mine), stale=stale)


async def draw_of_party(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """A customer's latest opportunities."""
    rows, more = await list_opportunities(work, OpportunityQuery(party_id=record["id"], limit=ROWS))
    may = work.actor.may("crm.opportunity.create")
    return render("core_crm/pipeline/of_party.html", rows=rows, more=more, party_id=record["id"], may_create=may)


async def draw_of_order(work: Work, *, order: Order, **_context: Any) -> str:
    """The opportunity that the order came of."""
    query = select(Opportunity.id, Opportunity.name).where(Opportunity.order_id == order.id, await visible(work, Opportunity, STEM))
    found = (await work.session.execute(query.limit(1))).first()
    return render("core_crm/pipeline/of_order.html", opportunity=found) if found else ""


async def search_opportunities(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Opportunities by name or customer."""
    rows, _following = await list_opportunities(work, OpportunityQuery(search=text, limit=limit))
    return [SearchHit(title=row.name, path=f"/opportunities/{row.id}", hint=row.party_name, icon="target-arrow") for row in rows]


READ = "crm.opportunity.read"
PIPELINE_WIDGETS = (Widget(key="core_crm.my_pipeline", title=N_("My opportunities"), render=draw_pipeline, permission=READ),)
PIPELINE_SEARCHERS = (Searcher(key="core_crm.opportunity", label=N_("Opportunities"), permission=READ, search=search_opportunities),)
PARTY_OPPORTUNITIES = Panel(slot="master.party.side", render=draw_of_party, permission=READ, order=5)
ORDER_OPPORTUNITY = Panel(slot="crm.order.side", render=draw_of_order, permission=READ, order=5)
