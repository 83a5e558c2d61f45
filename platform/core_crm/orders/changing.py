"""A confirmed order changes: a new version with its reason, and the difference in the books."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from core_crm.orders.events import OrderRevised
from core_crm.orders.fulfilment import moved_line, note, only_open, recognise
from core_crm.orders.model import NONE, PAR, DeliveryMode, Order, OrderChange, OrderLine
from core_crm.orders.rates import RATES
from core_crm.orders.service import OrderChanged, OrderEmpty, OrderInvalid, get_order
from core_crm.pricing.amounts import Amounts, total
from core_crm.pricing.floors import ApprovalNeeded, below_floor, cheaper, named
from core_crm.pricing.lines import LINES_MAX, LineInput, Terms, discount_of, sum_up, write_lines
from kernel import clock
from kernel.errors import FieldError
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import CURRENCIES
from kernel.work import Work

_COPIED = (
    "product_id", "product_code", "description", "is_service", "unit", "quantity", "unit_price", "price_source", "discount_percent",
    "discount_share", "tax_code", "tax_rate", "net", "tax", "gross",
)  # fmt: skip


class ChangedLine(LineInput, kw_only=True, forbid_unknown_fields=True):
    """A line as it is from now on; with ``id`` one that the order has, without a new one."""

    id: UUID | None = None


class ChangeInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The order as it is from now on.  Lines that are left out are taken away."""

    lines: Annotated[list[ChangedLine], msgspec.Meta(max_length=LINES_MAX)]
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None
    version: int | None = None


async def change_order(work: Work, order_id: UUID, data: ChangeInput) -> Order:
    """Change lines, prices and the discount of a confirmed order; customer, day, currency and the way of tax stay.

    Raises:
        OrderNotFound, OrderNotConfirmed, OrderIsClosed, OrderEmpty
        OrderChanged: it has another version than ``version`` by now.
        OrderInvalid: a line is wrong, less than was delivered, or gone although something was delivered.
        ApprovalNeeded: a price goes below the floor.
        DomainError: the order is in foreign money, and the books have no rate for today.
    """
    order = await get_order(work, order_id, lock=True)
    only_open(order)
    if data.version is not None and order.version != data.version:
        raise OrderChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    if not data.lines:
        raise OrderEmpty(_("An order needs at least one line. Cancel it, or close the rest."))
    if not data.reason.strip():
        raise OrderInvalid(_("Say why the order changes."), field="reason")
    before = told(order)
    terms = Terms(
        on=order.ordered_on,
        currency=order.currency,
        includes_tax=order.prices_include_tax,
        party_id=order.party_id,
        discount=discount_of(data.discount_percent, data.discount_amount),
    )
    plain = [LineInput(**{name: getattr(line, name) for name in LineInput.__struct_fields__}) for line in data.lines]
    fresh = await write_lines(work, OrderLine, plain, terms, refusal=OrderInvalid)
    prices = {line.id: line.net / line.quantity for line in order.lines}
    moved = _exchange(order, data, fresh, await RATES.on(work, order.currency, work.today()))
    sum_up(order, order.lines, terms)
    await _keep_above_floor(work, order, prices)
    order.revision += 1
    order.updated_at = clock.now()
    await work.session.flush()
    change = OrderChange(
        id=new_id(),
        order_id=order.id,
        no=order.revision,
        reason=data.reason.strip(),
        made_by=work.actor.name[:80],
        before=before,
        after=told(order),
    )
    work.session.add(change)
    await work.session.flush()
    await note(work, order, "changed", before=before, after=change.after | {"reason": change.reason})
    await work.publish(_event(work, order, change, moved))
    return order


async def _keep_above_floor(work: Work, order: Order, prices: Mapping[UUID, Decimal]) -> None:
    """No line gets cheaper than its floor; ``prices`` are what one cost before tax until now, which was agreed to."""
    if low := cheaper(await below_floor(work, order), lambda line: prices.get(line.id)):
        names = named(low)
        raise ApprovalNeeded(_("Below the floor price: %(names)s. Write an order of its own for it, which can be approved.", names=names))


def told(order: Order) -> dict[str, Any]:
    """An order as its history keeps it."""
    lines = [
        {
            "description": line.description,
            "quantity": f"{line.quantity.normalize():f}",
            "unit": line.unit,
            "unit_price": f"{line.unit_price.normalize():f}",
            "discount_percent": f"{line.discount_percent.normalize():f}",
            "gross": _plain(line.gross, order.currency),
        }
        for line in order.lines
    ]
    return {"gross": _plain(order.gross, order.currency), "discount": _plain(order.discount_amount, order.currency), "lines": lines}


def _plain(amount: Decimal, currency: str) -> str:
    return f"{amount:.{CURRENCIES[currency]}f}"


Moved = tuple[OrderLine, Decimal, Amounts, Decimal]


def _exchange(order: Order, data: ChangeInput, fresh: list[OrderLine], rate: Decimal) -> list[Moved]:
    """Put the new values into the order's lines; answers what each line moved in the books, and at which rate."""
    at_once = order.delivery is DeliveryMode.AT_ONCE
    kept = {line.id: line for line in order.lines}
    errors = _problems(order, data, fresh)
    if errors:
        raise OrderInvalid(errors[0].message, errors=errors)
    moved: list[Moved] = []
    position = max((line.position for line in order.lines), default=0)
    for given, values in zip(data.lines, fresh, strict=True):
        line = kept.pop(given.id, None) if given.id else None
        if line is None:
            position += 1
            line = values
            line.position, line.delivered, line.returned, line.exchanged = position, NONE, NONE, NONE
            line.posted_net, line.posted_tax, line.posted_rate = Decimal(0), Decimal(0), PAR
            step = line.quantity if at_once else Decimal(0)
            order.lines.append(line)
        else:
            step = values.quantity - line.quantity if at_once else Decimal(0)
            for name in _COPIED:
                setattr(line, name, getattr(values, name))
        line.delivered += step
        moved.append((line, step, *recognise(order, line, rate)))
    for line in kept.values():
        amounts = Amounts(-line.posted_net, -line.posted_tax, -line.posted_net - line.posted_tax)
        moved.append((line, -line.delivered, amounts, line.posted_rate))
        order.lines.remove(line)
    return moved


def _problems(order: Order, data: ChangeInput, fresh: list[OrderLine]) -> list[FieldError]:
    """Lines that cannot be so, in view of what was delivered and returned."""
    at_once = order.delivery is DeliveryMode.AT_ONCE
    known = {line.id: line for line in order.lines}
    errors, seen = [], set()
    for index, (given, values) in enumerate(zip(data.lines, fresh, strict=True)):
        if given.id is None:
            continue
        line = known.get(given.id)
        if line is None or given.id in seen:
            errors.append(FieldError(f"lines.{index}.id", _("The order has no such line.")))
            continue
        seen.add(given.id)
        least = line.returned if at_once else line.delivered - line.exchanged
        if values.quantity < least:
            message = _("%(least)s of these went to the customer; it cannot be less.", least=f"{least.normalize():f}")
            errors.append(FieldError(f"lines.{index}.quantity", message))
        if _touched(line, at_once=at_once) and (values.product_id, values.tax_code) != (line.product_id, line.tax_code):
            message = _("Some of it was delivered; product and tax stay. Add another line.")
            errors.append(FieldError(f"lines.{index}.product_id", message))
    gone = [line.description for line in order.lines if line.id not in seen and _touched(line, at_once=at_once)]
    errors += [FieldError("lines", _("“%(name)s” was delivered or returned in part; it cannot go.", name=name)) for name in gone]
    return errors


def _touched(line: OrderLine, *, at_once: bool) -> bool:
    """Whether a movement speaks of the line."""
    return bool(line.returned) if at_once else bool(line.delivered)


def _event(work: Work, order: Order, change: OrderChange, moved: list[Moved]) -> OrderRevised:
    whole = total(amounts for _line, _step, amounts, _rate in moved)
    return OrderRevised(
        order_id=order.id,
        number=order.number or "",
        party_id=order.party_id,
        party_name=order.party_name,
        on=work.today(),
        currency=order.currency,
        net=whole.net,
        tax=whole.tax,
        gross=whole.gross,
        lines=tuple(moved_line(line, step, amounts, rate) for line, step, amounts, rate in moved if step or amounts.net or amounts.tax),
        base=work.tenant.currency,
        revision=change.no,
        reason=change.reason,
    )
