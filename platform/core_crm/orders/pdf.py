"""The order on paper."""

from litestar import Response

from core_crm.orders.model import Order, OrderState
from core_crm.pricing.paper import Paper, draw, party_facts
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import get_party

_DRAFT_NAME = "draft"


async def order_pdf(work: Work, order: Order) -> Response[bytes]:
    """The order in the language of the moment, named after its number."""
    paper = Paper(
        title=_("Sales order"),
        seller=work.tenant.name,
        watermark=_watermark(order),
        party=party_facts(await get_party(work, order.party_id)),
        facts=_facts(order),
        remark=order.remark or "",
        signatures=[_("Seller (stamp)"), _("Customer (stamp)")],
        name=order.number or _DRAFT_NAME,
    )
    return await draw(paper, order, order.lines)


def _watermark(order: Order) -> str:
    return {OrderState.DRAFT: _("Draft"), OrderState.CANCELLED: _("Cancelled"), OrderState.CONFIRMED: ""}[order.state]


def _facts(order: Order) -> list[list[str]]:
    facts = [[_("Order number"), order.number or "—"], [_("Date"), order.ordered_on.isoformat()], [_("Currency"), order.currency]]
    if order.delivery_on:
        facts.append([_("Delivery date"), order.delivery_on.isoformat()])
    if order.customer_reference:
        facts.append([_("Your reference"), order.customer_reference])
    return facts
