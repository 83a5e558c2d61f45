"""What can be done with an order: write a draft, make it an order, cancel it, throw a draft away."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core_crm.orders.events import OrderCancelled, OrderConfirmed, OrderedLine
from core_crm.orders.model import DeliveryMode, Order, OrderLine, OrderState
from core_crm.orders.query import within_reach
from core_crm.orders.rates import RATES
from core_crm.pricing.lines import LINES_MAX, LineInput, Terms, currency_of, discount_of, sum_up, write_lines
from core_crm.settings import Settings
from kernel import clock
from kernel.errors import Conflict, DomainError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.numbering import next_number
from kernel.work import Work
from master_data.api import PartyCard, get_party
from vertical.locks import require_unlocked
from vertical.settings import settings_of


class OrderNotFound(NotFound):
    code = "order_not_found"


class OrderNotDraft(DomainError):
    """It was confirmed or cancelled before; only a draft can change or be confirmed."""

    code = "order_not_draft"


class OrderNotConfirmed(DomainError):
    """Only a confirmed order can be cancelled."""

    code = "order_not_confirmed"


class OrderDeliveredAlready(DomainError):
    """What the customer has got is not cancelled but returned."""

    code = "order_delivered"


class OrderEmpty(DomainError):
    code = "order_empty"


class OrderChanged(Conflict):
    """Somebody changed the order after the caller read it."""

    code = "version_conflict"


class OrderInvalid(Invalid):
    """Lines that cannot be: ``errors`` says which field of which line."""

    code = "order_invalid"


class OrderInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A draft.  ``ordered_on`` is today when it is left out.

    Prices are in ``currency``; where that is left out, a new draft is in the company's, and one that is there keeps its own.
    A discount on the whole order is a percentage or an amount, in the way the prices are meant; it is spread over the lines.
    """

    party_id: UUID
    lines: Annotated[list[LineInput], msgspec.Meta(max_length=LINES_MAX)]
    ordered_on: date | None = None
    delivery_on: date | None = None
    currency: Annotated[str, msgspec.Meta(max_length=10)] | None = None
    prices_include_tax: bool = True
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    customer_reference: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    remark: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


async def get_order(work: Work, order_id: UUID, *, lock: bool = False) -> Order:
    """The order with its lines; with ``lock`` to change it.

    Raises:
        OrderNotFound: no such order in this tenant, or none of a customer that the actor may see.
        UnderApproval: it is to be changed while somebody decides about it.
    """
    found = select(Order).where(Order.id == order_id, await within_reach(work))
    query = found.options(selectinload(Order.lines)).execution_options(populate_existing=lock)
    order = await work.session.scalar(query.with_for_update(of=Order) if lock else query)
    if order is None:
        raise OrderNotFound(_("This order does not exist, or was deleted."))
    if lock:
        await require_unlocked(work, "crm.order", order.id)
    return order


async def create_order(work: Work, data: OrderInput) -> Order:
    """Write a draft.

    Raises:
        OrderInvalid: a line is wrong; ``errors`` names line and field.
        PartyNotFound: there is no such customer.
    """
    order = Order(id=new_id(), currency=work.tenant.currency, made_by=work.actor.name[:80], state=OrderState.DRAFT)
    await _write(work, order, data)
    work.session.add(order)
    await work.session.flush()
    return order


async def update_order(work: Work, order_id: UUID, data: OrderInput, *, version: int | None = None) -> Order:
    """Write a draft anew, lines and all.

    Raises:
        OrderNotFound, OrderNotDraft, OrderInvalid, PartyNotFound
        OrderChanged: it has another version than ``version`` by now.
    """
    order = await get_order(work, order_id, lock=True)
    _only_draft(order)
    if version is not None and order.version != version:
        raise OrderChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    order.lines.clear()
    await work.session.flush()  # the old lines go before the new ones take their positions
    await _write(work, order, data)
    order.updated_at = clock.now()  # counts the version up even where only lines changed
    await work.session.flush()
    return order


async def delete_draft(work: Work, order_id: UUID) -> None:
    """Throw a draft away; it never had a number, so nothing is missing.

    Raises:
        OrderNotFound, OrderNotDraft
    """
    order = await get_order(work, order_id, lock=True)
    _only_draft(order)
    await work.session.delete(order)
    await work.session.flush()


async def draft_to_confirm(work: Work, order_id: UUID) -> Order:
    """The order, locked, as far as it can be confirmed.

    Raises:
        OrderNotFound, OrderNotDraft, UnderApproval
        OrderEmpty: it has no lines.
    """
    order = await get_order(work, order_id, lock=True)
    _only_draft(order)
    if not order.lines:
        raise OrderEmpty(_("An order needs at least one line. Add what the customer buys."))
    return order


async def confirmed(work: Work, order: Order) -> Order:
    """The draft is an order now: it is numbered, its rate is fixed, and ``OrderConfirmed`` is published.

    Raises:
        DomainError: it is in foreign money, and the books have no rate for its day, or no account that takes it.
    """
    order.rate = await RATES.on(work, order.currency, order.ordered_on)
    order.state = OrderState.CONFIRMED
    order.confirmed_at, order.confirmed_by = clock.now(), work.actor.name[:80]
    order.number = await next_number(work, "core_crm.order", prefix="SO", on=order.ordered_on)
    order.delivery = (await settings_of(work, "core_crm", Settings)).delivery
    at_once = order.delivery is DeliveryMode.AT_ONCE
    if at_once:
        for line in order.lines:
            line.delivered, line.posted_net, line.posted_tax, line.posted_rate = line.quantity, line.net, line.tax, order.rate
    await work.session.flush()
    await work.publish(
        OrderConfirmed(
            order_id=order.id,
            number=order.number,
            party_id=order.party_id,
            party_name=order.party_name,
            on=order.ordered_on,
            currency=order.currency,
            net=order.net,
            tax=order.tax,
            gross=order.gross,
            lines=tuple(_ordered(line, order.rate) for line in order.lines),
            delivered=at_once,
            base=work.tenant.currency,
            rate=order.rate,
        )
    )
    return order


async def cancel_order(work: Work, order_id: UUID, reason: str = "") -> Order:
    """Take a confirmed order back; its number stays its own.

    Raises:
        OrderNotFound
        OrderNotConfirmed: it is a draft, or was cancelled before.
        OrderDeliveredAlready: some of it was delivered by itself.
    """
    order = await get_order(work, order_id, lock=True)
    if order.state is not OrderState.CONFIRMED or order.number is None:
        if order.state is OrderState.CANCELLED:
            raise OrderNotConfirmed(_("Order %(number)s was cancelled before.", number=order.number or ""))
        raise OrderNotConfirmed(_("A draft is not cancelled but deleted: it has no number and caused nothing."))
    if order.delivery is DeliveryMode.SEPARATE and any(line.delivered for line in order.lines):
        raise OrderDeliveredAlready(
            _("Order %(number)s was delivered in part. Take the goods back, or close the rest instead.", number=order.number)
        )
    order.state = OrderState.CANCELLED
    order.cancelled_at, order.cancelled_by = clock.now(), work.actor.name[:80]
    order.cancel_reason = reason.strip()[:200] or None
    for line in order.lines:
        line.posted_net = line.posted_tax = Decimal(0)
    await work.session.flush()
    await work.publish(
        OrderCancelled(
            order_id=order.id,
            number=order.number,
            party_id=order.party_id,
            party_name=order.party_name,
            on=work.today(),
            currency=order.currency,
            net=order.net,
            tax=order.tax,
            gross=order.gross,
            reason=order.cancel_reason or "",
        )
    )
    return order


def _only_draft(order: Order) -> None:
    if order.state is OrderState.CONFIRMED:
        raise OrderNotDraft(_("Order %(number)s is confirmed already and cannot change.", number=order.number or ""))
    if order.state is OrderState.CANCELLED:
        raise OrderNotDraft(_("Order %(number)s is cancelled and cannot change.", number=order.number or ""))


def _ordered(line: OrderLine, rate: Decimal) -> OrderedLine:
    return OrderedLine(
        product_id=line.product_id,
        description=line.description,
        is_service=line.is_service,
        quantity=line.quantity,
        tax_code=line.tax_code,
        tax_rate=line.tax_rate,
        net=line.net,
        tax=line.tax,
        gross=line.gross,
        rate=rate,
    )


async def _write(work: Work, order: Order, data: OrderInput) -> None:
    """Fill ``order`` from ``data``."""
    party: PartyCard = await get_party(work, data.party_id)
    order.party_id, order.party_name = party.id, party.name
    order.ordered_on = data.ordered_on or work.today()
    order.delivery_on = data.delivery_on
    order.customer_reference = (data.customer_reference or "").strip() or None
    order.remark = (data.remark or "").strip() or None
    if order.delivery_on and order.delivery_on < order.ordered_on:
        raise OrderInvalid(_("Delivery cannot be before the order."), field="delivery_on")
    if data.currency:
        order.currency = currency_of(data.currency, OrderInvalid)
    terms = Terms(
        on=order.ordered_on,
        currency=order.currency,
        includes_tax=data.prices_include_tax,
        party_id=order.party_id,
        discount=discount_of(data.discount_percent, data.discount_amount),
    )
    order.lines = await write_lines(work, OrderLine, data.lines, terms, refusal=OrderInvalid)
    sum_up(order, order.lines, terms)
