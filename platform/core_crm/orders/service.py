"""What can be done with an order: write a draft, confirm it, cancel it, throw a draft away."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core_crm.orders.amounts import Amounts, line_amounts, total
from core_crm.orders.events import OrderCancelled, OrderConfirmed, OrderedLine
from core_crm.orders.model import Order, OrderLine, OrderState
from core_crm.orders.query import within_reach
from kernel import clock
from kernel.errors import Conflict, DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import round_half_up
from kernel.numbering import next_number
from kernel.work import Work
from master_data.api import DEFAULT_CODE, PartyCard, ProductCard, ProductKind, TaxUnknown, get_party, get_products, rate_of

LINES_MAX = 500

Text = Annotated[str, msgspec.Meta(max_length=200)]


class OrderNotFound(NotFound):
    code = "order_not_found"


class OrderNotDraft(DomainError):
    """It was confirmed or cancelled before; only a draft can change or be confirmed."""

    code = "order_not_draft"


class OrderNotConfirmed(DomainError):
    """Only a confirmed order can be cancelled."""

    code = "order_not_confirmed"


class OrderEmpty(DomainError):
    code = "order_empty"


class OrderChanged(Conflict):
    """Somebody changed the order after the caller read it."""

    code = "version_conflict"


class OrderInvalid(Invalid):
    """Lines that cannot be: ``errors`` says which field of which line."""

    code = "order_invalid"


class LineInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A line of a draft.  With ``product_id`` whatever is left out comes from the product."""

    quantity: Decimal
    product_id: UUID | None = None
    description: Text | None = None
    unit: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    unit_price: Decimal | None = None
    discount_percent: Decimal = Decimal(0)
    tax_code: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class OrderInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A draft.  ``ordered_on`` is today when it is left out; prices are in the company's currency."""

    party_id: UUID
    lines: Annotated[list[LineInput], msgspec.Meta(max_length=LINES_MAX)]
    ordered_on: date | None = None
    delivery_on: date | None = None
    prices_include_tax: bool = True
    customer_reference: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    remark: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


async def get_order(work: Work, order_id: UUID, *, lock: bool = False) -> Order:
    """The order with its lines.

    Raises:
        OrderNotFound: no such order in this tenant, or none of a customer that the actor may see.
    """
    found = select(Order).where(Order.id == order_id, await within_reach(work))
    query = found.options(selectinload(Order.lines)).execution_options(populate_existing=lock)
    order = await work.session.scalar(query.with_for_update(of=Order) if lock else query)
    if order is None:
        raise OrderNotFound(_("This order does not exist, or was deleted."))
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


async def confirm_order(work: Work, order_id: UUID) -> Order:
    """Number the order and publish ``OrderConfirmed``: all that follows from it is done, or nothing is.

    Raises:
        OrderNotFound
        OrderNotDraft: it was confirmed before; confirming is not repeatable.
        OrderEmpty: it has no lines.
    """
    order = await get_order(work, order_id, lock=True)
    _only_draft(order)
    if not order.lines:
        raise OrderEmpty(_("An order needs at least one line. Add what the customer buys."))
    order.state = OrderState.CONFIRMED
    order.confirmed_at, order.confirmed_by = clock.now(), work.actor.name[:80]
    order.number = await next_number(work, "core_crm.order", prefix="SO", on=order.ordered_on)
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
            lines=tuple(map(_ordered, order.lines)),
        )
    )
    return order


async def cancel_order(work: Work, order_id: UUID, reason: str = "") -> Order:
    """Take a confirmed order back; its number stays its own.

    Raises:
        OrderNotFound
        OrderNotConfirmed: it is a draft, or was cancelled before.
    """
    order = await get_order(work, order_id, lock=True)
    if order.state is not OrderState.CONFIRMED or order.number is None:
        if order.state is OrderState.CANCELLED:
            raise OrderNotConfirmed(_("Order %(number)s was cancelled before.", number=order.number or ""))
        raise OrderNotConfirmed(_("A draft is not cancelled but deleted: it has no number and caused nothing."))
    order.state = OrderState.CANCELLED
    order.cancelled_at, order.cancelled_by = clock.now(), work.actor.name[:80]
    order.cancel_reason = reason.strip()[:200] or None
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


async def price_lines(work: Work, inputs: Sequence[LineInput], *, on: date, includes_tax: bool) -> list[Amounts | None]:
    """What lines would come to on day ``on``; None for one that is not complete yet.  Nothing is written."""
    products = await get_products(work, {line.product_id for line in inputs if line.product_id is not None})
    priced: list[Amounts | None] = []
    for given in inputs:
        product = products.get(given.product_id) if given.product_id else None
        code = given.tax_code or (product.tax_code if product else DEFAULT_CODE)
        try:
            rate = rate_of(code, on)
        except TaxUnknown:
            priced.append(None)
            continue
        if [field for field, _message in line_problems(given, product) if field != "description"]:
            priced.append(None)
            continue
        quantity, price, discount = _priced(given, product, rate, includes_tax=includes_tax)
        priced.append(
            line_amounts(
                quantity, price, discount_percent=discount, tax_rate=rate, includes_tax=includes_tax, currency=work.tenant.currency
            )
        )
    return priced


def _only_draft(order: Order) -> None:
    if order.state is OrderState.CONFIRMED:
        raise OrderNotDraft(_("Order %(number)s is confirmed already and cannot change.", number=order.number or ""))
    if order.state is OrderState.CANCELLED:
        raise OrderNotDraft(_("Order %(number)s is cancelled and cannot change.", number=order.number or ""))


def _ordered(line: OrderLine) -> OrderedLine:
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
    )


async def _write(work: Work, order: Order, data: OrderInput) -> None:
    """Fill ``order`` from ``data``."""
    party: PartyCard = await get_party(work, data.party_id)
    order.party_id, order.party_name = party.id, party.name
    order.ordered_on = data.ordered_on or work.today()
    order.delivery_on = data.delivery_on
    order.prices_include_tax = data.prices_include_tax
    order.customer_reference = (data.customer_reference or "").strip() or None
    order.remark = (data.remark or "").strip() or None
    if order.delivery_on and order.delivery_on < order.ordered_on:
        raise OrderInvalid(_("Delivery cannot be before the order."), field="delivery_on")
    products = await get_products(work, {line.product_id for line in data.lines if line.product_id is not None})
    order.lines = _lines(order, data.lines, products)
    amounts = total(line.amounts for line in order.lines)
    order.net, order.tax, order.gross = amounts.net, amounts.tax, amounts.gross


def _lines(order: Order, inputs: Sequence[LineInput], products: Mapping[UUID, ProductCard]) -> list[OrderLine]:
    lines: list[OrderLine] = []
    errors: list[FieldError] = []
    for index, given in enumerate(inputs):
        product = products.get(given.product_id) if given.product_id else None
        wrong = list(line_problems(given, product))
        if not wrong:
            try:
                lines.append(_line(order, index + 1, given, product))
            except TaxUnknown as error:
                wrong = [("tax_code", error.message)]
        errors += [FieldError(f"lines.{index}.{field}", message) for field, message in wrong]
    if errors:
        raise OrderInvalid(errors[0].message, errors=errors)
    return lines


def line_problems(given: LineInput, product: ProductCard | None) -> Sequence[tuple[str, str]]:
    """What a line lacks, by field."""
    found = []
    price = given.unit_price
    if given.product_id is not None and product is None:
        found.append(("product_id", _("This product does not exist, or was deleted.")))
    if product is None and not (given.description or "").strip():
        found.append(("description", _("Choose a product or describe what is sold.")))
    if product is None and price is None:
        found.append(("unit_price", _("Enter a price, for example 128.00.")))
    if not given.quantity.is_finite() or not Decimal("0.000001") <= given.quantity < Decimal(10) ** 9:
        found.append(("quantity", _("A quantity is more than zero and less than 1,000,000,000.")))
    if price is not None and (not price.is_finite() or not 0 <= price < Decimal(10) ** 10):
        found.append(("unit_price", _("A price is zero or more and less than 10,000,000,000.")))
    if not given.discount_percent.is_finite() or not 0 <= given.discount_percent <= 100:
        found.append(("discount_percent", _("A discount is between 0 and 100 percent.")))
    return found


def _priced(given: LineInput, product: ProductCard | None, rate: Decimal, *, includes_tax: bool) -> tuple[Decimal, Decimal, Decimal]:
    """Quantity, price and discount of a line, as they are kept."""
    price = given.unit_price
    if price is None:
        price = price_in(product, rate, includes_tax=includes_tax) if product else Decimal(0)
    return round_half_up(given.quantity, 6), round_half_up(price, 6), round_half_up(given.discount_percent, 4)


def _line(order: Order, position: int, given: LineInput, product: ProductCard | None) -> OrderLine:
    tax_code = given.tax_code or (product.tax_code if product else DEFAULT_CODE)
    rate = rate_of(tax_code, order.ordered_on)
    quantity, price, discount = _priced(given, product, rate, includes_tax=order.prices_include_tax)
    amounts = line_amounts(
        quantity, price, discount_percent=discount, tax_rate=rate, includes_tax=order.prices_include_tax, currency=order.currency
    )
    return OrderLine(
        id=new_id(),
        order_id=order.id,
        position=position,
        product_id=product.id if product else None,
        product_code=product.sku if product else None,
        description=(given.description or "").strip() or (product.name if product else ""),
        is_service=product is not None and product.kind is ProductKind.SERVICE,
        unit=(given.unit or "").strip() or (product.unit if product else "件"),
        quantity=quantity,
        unit_price=price,
        discount_percent=discount,
        tax_code=tax_code,
        tax_rate=round_half_up(rate, 6),
        net=amounts.net,
        tax=amounts.tax,
        gross=amounts.gross,
    )


def price_in(product: ProductCard, rate: Decimal, *, includes_tax: bool) -> Decimal:
    """The product's list price with or without tax, to six decimals."""
    if product.price_includes_tax == includes_tax:
        return product.list_price
    return round_half_up(product.list_price / (1 + rate) if product.price_includes_tax else product.list_price * (1 + rate), 6)
