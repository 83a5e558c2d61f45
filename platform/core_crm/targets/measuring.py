"""What was reached, by employee.  Other packages add what they alone know: what came in stands in the books."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, case, cast, func, select

from core_crm.analytics.span import Span, sold
from core_crm.orders.model import Order, OrderLine, worth
from core_crm.targets.model import Measure
from kernel.i18n import N_
from kernel.work import Work
from master_data.api import PARTIES, Party, Product, visible

Reached = Mapping[tuple[UUID | None, date], Decimal]
"""What each employee, or nobody, reached in each month, by its first day."""

Measuring = Callable[[Work, date, date], Awaitable[Reached]]


@dataclass(frozen=True, kw_only=True)
class Meter:
    """How a measure is read: ``read(work, since, until)`` of whole months; ``note`` says what it counts, an English message."""

    read: Measuring
    note: str


@dataclass
class Meters:
    """The known meters by measure."""

    known: dict[str, Meter] = field(default_factory=dict)

    def add(self, measure: str, meter: Meter) -> None:
        self.known[Measure(measure)] = meter


METERS = Meters()


async def contracts(work: Work, since: date, until: date) -> Reached:
    """Orders before tax, to whoever looks after the customer."""
    return await _by_owner(work, Order.ordered_on, worth(Order.net), await sold(work, Span(since=since, until=until)))


async def margin(work: Work, since: date, until: date) -> Reached:
    """Orders before tax less what their products cost, to whoever looks after the customer."""
    cost = case((Product.cost_price.is_not(None), Product.cost_price * OrderLine.quantity), else_=0)
    left = func.sum(OrderLine.net * Order.rate - cost)
    return await _by_owner(work, Order.ordered_on, left, await sold(work, Span(since=since, until=until)), lines=True)


async def by_owner_of(work: Work, amounts: Mapping[tuple[UUID, date], Decimal]) -> Reached:
    """Amounts by party and month, to whoever looks after the party, as far as the actor may see parties."""
    parties = {party_id for party_id, _month in amounts}
    seen = select(Party.id, Party.owner_id).where(Party.id.in_(parties), await visible(work, Party, PARTIES.permission))
    owners: dict[UUID, UUID | None] = {row[0]: row[1] for row in await work.session.execute(seen)}
    found: dict[tuple[UUID | None, date], Decimal] = {}
    for (party_id, month), amount in amounts.items():
        if party_id in owners:
            key = (owners[party_id], month)
            found[key] = found.get(key, Decimal(0)) + amount
    return found


async def _by_owner(work: Work, on: Any, amount: Any, where: ColumnElement[bool], *, lines: bool = False) -> Reached:
    month = cast(func.date_trunc("month", on), Date)
    query = select(Party.owner_id, month, amount).select_from(Order).join(Party, Party.id == Order.party_id)
    if lines:
        query = query.join(OrderLine, OrderLine.order_id == Order.id).outerjoin(Product, Product.id == OrderLine.product_id)
    found = await work.session.execute(query.where(and_(where)).group_by(Party.owner_id, month))
    return {(owner_id, at): round(Decimal(total), 2) for owner_id, at, total in found}


METERS.add(
    "contract",
    Meter(
        read=contracts,
        note=N_(
            "Contracts are confirmed orders before tax, of whoever looks after the customer; those in foreign money count at the rate "
            "of their confirmation."
        ),
    ),
)
METERS.add(
    "margin",
    Meter(read=margin, note=N_("Margin is orders before tax less the cost price of their products; products without one count as free.")),
)
