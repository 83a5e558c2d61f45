"""Prices below the floor in an order: who agrees to them, and that it is confirmed then."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from core_crm.orders.model import Order, OrderLine
from core_crm.orders.rates import RATES
from core_crm.orders.service import confirmed, draft_to_confirm, get_order
from core_crm.pricing.floors import FACTS, ApprovalNeeded, BelowFloor, NothingToApprove, below_floor, cheaper, named, summary_of
from core_crm.quotes.model import Quote, QuoteLine, QuoteState, QuoteVersion
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from vertical import ApprovalKind, ApprovalOutcome, ApprovalStep, ApprovalSummary
from workflow.api import request_approval

KIND, STEM = "core_crm.order_below_floor", "crm.order"


async def confirm_order(work: Work, order_id: UUID) -> Order:
    """Number the order and publish ``OrderConfirmed``: all that follows from it is done, or nothing is.

    Raises:
        OrderNotFound, UnderApproval
        OrderNotDraft: it was confirmed before; confirming is not repeatable.
        OrderEmpty: it has no lines.
        ApprovalNeeded: a price is below the floor.
        DomainError: it is in foreign money, and the books have no rate for its day, or no account that takes it.
    """
    order = await draft_to_confirm(work, order_id)
    if low := await not_agreed(work, order):
        raise ApprovalNeeded(_("Below the floor price: %(names)s. Ask for an approval; with it the order is confirmed.", names=named(low)))
    return await confirmed(work, order)


async def ask_approval(work: Work, order_id: UUID, reason: str = "") -> Order:
    """Ask that somebody agrees to prices below the floor; meanwhile the draft does not change, and with the last yes it is confirmed.

    Who decides, and from which amount on, is what the company has set up; where it wants nobody to, it is confirmed at once.

    Raises:
        OrderNotFound, UnderApproval, OrderNotDraft, OrderEmpty
        NothingToApprove: no price is below the floor.
    """
    order = await draft_to_confirm(work, order_id)
    low = await not_agreed(work, order)
    if not low:
        raise NothingToApprove(_("No price of this order is below the floor. Confirm it."))
    rate = await RATES.on(work, order.currency, order.ordered_on)  # a company sets its limits in its own currency
    facts = {"amount": round_half_up(order.gross * rate), "below_percent": max(each.percent for each in low), "customer": order.party_name}
    if await request_approval(work, kind=KIND, record=(STEM, order.id), facts=facts, note=reason.strip()[:500]) is None:
        await confirmed(work, order)
    return order


async def not_agreed(work: Work, order: Order) -> list[BelowFloor[OrderLine]]:
    """Lines below the floor, without those that an accepted quote sells as cheap: its prices were agreed to."""
    low = await below_floor(work, order)
    if not low:
        return []
    offered = select(QuoteLine).join(QuoteVersion).join(Quote, (Quote.id == QuoteVersion.quote_id) & (Quote.current == QuoteVersion.no))
    in_order = (Quote.order_id == order.id, Quote.state == QuoteState.ACCEPTED, QuoteVersion.currency == order.currency)
    agreed: dict[UUID | None, Decimal] = {}
    for sold in await work.session.scalars(offered.where(*in_order)):
        price = sold.net / sold.quantity
        agreed[sold.product_id] = min(price, agreed.get(sold.product_id, price))
    return cheaper(low, lambda line: agreed.get(line.product_id))


async def approved(work: Work, outcome: ApprovalOutcome) -> None:
    """The last one agreed: the order is confirmed."""
    await confirmed(work, await draft_to_confirm(work, outcome.record_id))


async def summary(work: Work, order_id: UUID) -> ApprovalSummary:
    """What whoever decides must know."""
    order = await get_order(work, order_id)
    return await summary_of(work, order, order.party_name, (_("Date"), order.ordered_on))


APPROVAL_KINDS = (
    ApprovalKind(
        key=KIND,
        label=N_("Order below the floor price"),
        stem=STEM,
        facts=FACTS,
        usual=(ApprovalStep(by="role:sales_manager"),),
        summary=summary,
        approved=approved,
    ),
)
