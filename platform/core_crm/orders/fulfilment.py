"""What becomes of a confirmed order: deliveries, returns, and the end of what is left.

Quantities never go beyond what was ordered, nor beyond what was delivered.  What the books hold of a line is at any
moment its share for what was delivered and kept; each act posts the difference.  In foreign money what is more is taken at
the rate of its day, and what is less at the rate it was posted at.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core_crm.orders.events import OrderClosed, OrderDelivered, OrderedLine, OrderReturned
from core_crm.orders.model import Movement, MovementKind, MovementLine, Order, OrderChange, OrderLine, OrderState
from core_crm.orders.rates import RATES
from core_crm.orders.service import OrderNotConfirmed, get_order
from core_crm.pricing.amounts import Amounts, portion, total
from identity.audit import record
from kernel import clock
from kernel.errors import DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import round_half_up
from kernel.numbering import next_number
from kernel.work import Work

LINES_MAX = 500
HISTORY_MAX = 200

Reason = Annotated[str, msgspec.Meta(max_length=200)]


class QuantityInvalid(Invalid):
    """More than is open, or than was delivered; ``errors`` says which line."""

    code = "quantity_invalid"


class NothingToDeliver(DomainError):
    code = "nothing_to_deliver"


class OrderIsClosed(DomainError):
    """Its rest was closed; reopen it first."""

    code = "order_closed"


class MovedLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    line_id: UUID
    quantity: Decimal


class DeliveryInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A delivery; without ``lines`` of all that is open.  ``on`` is today where it is left out."""

    lines: Annotated[list[MovedLine], msgspec.Meta(max_length=LINES_MAX)] = []
    on: date | None = None
    reference: Annotated[str, msgspec.Meta(max_length=60)] = ""


class ReturnInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Goods that came back.  With ``exchange`` the customer gets the same once more, otherwise owes so much less."""

    lines: Annotated[list[MovedLine], msgspec.Meta(min_length=1, max_length=LINES_MAX)]
    on: date | None = None
    reason: Reason = ""
    exchange: bool = False


async def deliver(work: Work, order_id: UUID, data: DeliveryInput) -> Movement:
    """Goods or services go to the customer.

    Raises:
        OrderNotFound, OrderNotConfirmed, OrderIsClosed
        NothingToDeliver: all of it is delivered.
        QuantityInvalid: more than is open, or the day cannot be.
        DomainError: the order is in foreign money, and the books have no rate for the day.
    """
    order = await _moving(work, order_id)
    lines = {line.id: line for line in order.lines}
    wanted = {each.line_id: each.quantity for each in data.lines} or {line.id: line.open for line in order.lines if line.open}
    if not wanted:
        raise NothingToDeliver(_("All of order %(number)s is delivered.", number=order.number or ""))
    _check(wanted, data.lines, lines, {line.id: line.open for line in order.lines}, _("There are %(most)s left to deliver."))
    on = _day(work, order, data.on)
    rate = await RATES.on(work, order.currency, on)
    for line_id, quantity in wanted.items():
        lines[line_id].delivered += quantity
    movement = await _move(work, order, MovementKind.DELIVERY, wanted, on, rate, reference=data.reference.strip() or None)
    await work.publish(OrderDelivered(**_told(work, order, on, movement, 1), delivery=movement.number))
    return movement


async def take_back(work: Work, order_id: UUID, data: ReturnInput) -> Movement:
    """Goods come back.

    Raises:
        OrderNotFound, OrderNotConfirmed
        QuantityInvalid: more than the customer has, or the day cannot be.
    """
    order = await get_order(work, order_id, lock=True)
    _only_confirmed(order)
    lines = {line.id: line for line in order.lines}
    wanted = {each.line_id: each.quantity for each in data.lines}
    _check(wanted, data.lines, lines, {line.id: line.kept for line in order.lines}, _("The customer has %(most)s of these."))
    on = _day(work, order, data.on)
    for line_id, quantity in wanted.items():
        line = lines[line_id]
        line.returned += quantity
        line.exchanged += quantity if data.exchange else Decimal(0)
    reason = data.reason.strip() or None
    movement = await _move(work, order, MovementKind.RETURN, wanted, on, order.rate, reason=reason, exchange=data.exchange)
    told = _told(work, order, on, movement, -1)
    await work.publish(OrderReturned(**told, delivery=movement.number, reason=movement.reason or "", exchange=data.exchange))
    return movement


async def close_order(work: Work, order_id: UUID, reason: str = "") -> Order:
    """What is not delivered yet will not be.

    Raises:
        OrderNotFound, OrderNotConfirmed, OrderIsClosed
        NothingToDeliver: nothing is left.
    """
    order = await _moving(work, order_id)
    if not any(line.open for line in order.lines):
        raise NothingToDeliver(_("All of order %(number)s is delivered.", number=order.number or ""))
    order.closed_at, order.closed_by = clock.now(), work.actor.name[:80]
    order.close_reason = reason.strip()[:200] or None
    await work.session.flush()
    await note(work, order, "closed", after={"reason": order.close_reason})
    event = OrderClosed(order_id=order.id, number=order.number or "", party_id=order.party_id, reason=order.close_reason or "")
    await work.publish(event)
    return order


async def reopen_order(work: Work, order_id: UUID) -> Order:
    """The rest is delivered after all.

    Raises:
        OrderNotFound
        OrderNotConfirmed: it was not closed.
    """
    order = await get_order(work, order_id, lock=True)
    if order.closed_at is None:
        raise OrderNotConfirmed(_("Order %(number)s was not closed.", number=order.number or ""))
    order.closed_at = order.closed_by = order.close_reason = None
    await work.session.flush()
    await note(work, order, "reopened")
    return order


async def movements_of(work: Work, order: Order) -> Sequence[Movement]:
    """Deliveries and returns of an order, the first one first."""
    query = select(Movement).where(Movement.order_id == order.id).options(selectinload(Movement.lines))
    return (await work.session.scalars(query.order_by(Movement.on_day, Movement.id).limit(HISTORY_MAX))).all()


async def changes_of(work: Work, order: Order) -> Sequence[OrderChange]:
    """Changes of an order after its confirmation, the latest first."""
    query = select(OrderChange).where(OrderChange.order_id == order.id).order_by(OrderChange.no.desc()).limit(HISTORY_MAX)
    return (await work.session.scalars(query)).all()


def recognise(order: Order, line: OrderLine, rate: Decimal) -> tuple[Amounts, Decimal]:
    """Bring what the books hold of a line to its share for what was delivered and kept.

    Answers the difference and its rate: ``rate`` for what is more, the one it was posted at for what is less.
    """
    due = portion(line.amounts, line.kept, line.quantity, includes_tax=order.prices_include_tax, currency=order.currency)
    net, tax = due.net - line.posted_net, due.tax - line.posted_tax
    held, more = line.posted_net + line.posted_tax, net + tax
    if more > 0:
        line.posted_rate = round_half_up((held * line.posted_rate + more * rate) / (held + more), 8) if held else rate
    else:
        rate = line.posted_rate
    line.posted_net, line.posted_tax = due.net, due.tax
    return Amounts(net, tax, more), rate


def moved_line(line: OrderLine, quantity: Decimal, amounts: Amounts, rate: Decimal) -> OrderedLine:
    """A line as events tell it."""
    return OrderedLine(
        product_id=line.product_id,
        description=line.description,
        is_service=line.is_service,
        quantity=quantity,
        tax_code=line.tax_code,
        tax_rate=line.tax_rate,
        net=amounts.net,
        tax=amounts.tax,
        gross=amounts.gross,
        rate=rate,
    )


async def note(work: Work, order: Order, verb: str, **facts: Any) -> None:
    """An entry of the audit log."""
    await record(work, f"order.{verb}", f"order:{order.id}", name=order.number or "", **facts)


def only_open(order: Order) -> None:
    """Refuse what only an order can have done to it that is confirmed and not closed.

    Raises:
        OrderNotConfirmed, OrderIsClosed
    """
    _only_confirmed(order)
    if order.closed_at is not None:
        raise OrderIsClosed(_("The rest of order %(number)s was closed. Reopen it first.", number=order.number or ""))


async def _moving(work: Work, order_id: UUID) -> Order:
    order = await get_order(work, order_id, lock=True)
    only_open(order)
    return order


def _only_confirmed(order: Order) -> None:
    if order.state is OrderState.DRAFT:
        raise OrderNotConfirmed(_("Confirm the order first."))
    if order.state is OrderState.CANCELLED:
        raise OrderNotConfirmed(_("Order %(number)s was cancelled before.", number=order.number or ""))


def _check(
    wanted: Mapping[UUID, Decimal],
    given: Sequence[MovedLine],
    lines: Mapping[UUID, OrderLine],
    limits: Mapping[UUID, Decimal],
    too_many: str,
) -> None:
    errors = []
    for index, each in enumerate(given):
        place = f"lines.{index}.quantity"
        if each.line_id not in lines:
            errors.append(FieldError(f"lines.{index}.line_id", _("The order has no such line.")))
        elif not each.quantity.is_finite() or each.quantity <= 0 or each.quantity != round_half_up(each.quantity, 6):
            errors.append(FieldError(place, _("A quantity is more than zero, with six decimals at most.")))
        elif each.quantity > limits[each.line_id]:
            errors.append(FieldError(place, too_many % {"most": _plain(limits[each.line_id])}))
    if len(wanted) < len(given):
        errors.append(FieldError("lines", _("A line stands there twice; add the quantities.")))
    if errors:
        raise QuantityInvalid(errors[0].message, errors=errors)


def _day(work: Work, order: Order, on: date | None) -> date:
    day = on or work.today()
    if day > work.today():
        raise QuantityInvalid(_("What has not happened yet cannot be noted."), field="on")
    if day < order.ordered_on:
        raise QuantityInvalid(_("This is before the order of %(day)s.", day=order.ordered_on.isoformat()), field="on")
    return day


async def _move(
    work: Work, order: Order, kind: MovementKind, wanted: Mapping[UUID, Decimal], on: date, rate: Decimal, **facts: Any
) -> Movement:
    """Write the movement, with what it is worth."""
    sign = 1 if kind is MovementKind.DELIVERY else -1
    key, prefix = ("core_crm.delivery", "DN") if kind is MovementKind.DELIVERY else ("core_crm.return", "RN")
    movement = Movement(
        id=new_id(),
        order_id=order.id,
        number=await next_number(work, key, prefix=prefix, on=on),
        kind=kind,
        on_day=on,
        made_by=work.actor.name[:80],
        lines=[],
        **facts,
    )
    for line in order.lines:
        if line.id in wanted:
            moved, taken = recognise(order, line, rate)
            movement.lines.append(
                MovementLine(
                    id=new_id(),
                    line_id=line.id,
                    description=line.description,
                    unit=line.unit,
                    quantity=wanted[line.id],
                    net=sign * moved.net,
                    tax=sign * moved.tax,
                    gross=sign * moved.gross,
                    rate=taken,
                )
            )
    whole = total(Amounts(each.net, each.tax, each.gross) for each in movement.lines)
    movement.net, movement.tax, movement.gross = whole.net, whole.tax, whole.gross
    order.updated_at = clock.now()
    work.session.add(movement)
    await work.session.flush()
    verb = "delivered" if kind is MovementKind.DELIVERY else "returned"
    await note(work, order, verb, after={"number": movement.number, "on": on.isoformat(), "lines": [
        f"{each.description} × {_plain(each.quantity)}" for each in movement.lines
    ]})  # fmt: skip
    return movement


def _told(work: Work, order: Order, on: date, movement: Movement, sign: int) -> dict[str, Any]:
    """What the event of a movement says."""
    lines = {line.id: line for line in order.lines}
    return {
        "order_id": order.id,
        "number": order.number or "",
        "party_id": order.party_id,
        "party_name": order.party_name,
        "on": on,
        "currency": order.currency,
        "base": work.tenant.currency,
        "net": sign * movement.net,
        "tax": sign * movement.tax,
        "gross": sign * movement.gross,
        "lines": tuple(
            moved_line(lines[each.line_id], sign * each.quantity, Amounts(sign * each.net, sign * each.tax, sign * each.gross), each.rate)
            for each in movement.lines
        ),
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
