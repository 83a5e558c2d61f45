"""Which price a customer gets: one answer for one question, and the list that gave it.

Among the lists that are in use, in the document's currency and valid on its day, those of the customer come before those of
the customer's levels, and these before those for all.  Of a list the price for the largest quantity counts that is reached;
of lists that are equally near the lowest price, then the list that began later, then the name.  Where no list has the
product, its list price counts, which is in the company's currency.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from core_crm.pricing.amounts import price_as
from core_crm.pricing.price_model import Price, PriceFloor, PriceList
from kernel.work import Work
from master_data.api import Party


@dataclass(frozen=True, kw_only=True)
class ListPrice:
    """A price of a list.  ``nearness`` is 0 for the customer's own list, 1 for one of a level, 2 for one for all."""

    list_id: UUID
    list_name: str
    nearness: int
    since: date
    includes_tax: bool
    min_quantity: Decimal
    unit_price: Decimal


@dataclass(frozen=True, kw_only=True)
class Offer:
    """The price of one unit, in the way the document means prices, and what gave it; no ``source`` is the product's list price."""

    price: Decimal
    source: str | None


Prices = Mapping[UUID, Sequence[ListPrice]]


async def list_prices(work: Work, product_ids: Collection[UUID], *, party_id: UUID | None, on: date, currency: str) -> Prices:
    """What lists say of the products for a customer on a day, by product."""
    if not product_ids:
        return {}
    lists = PriceList
    theirs = [and_(lists.party_id.is_(None), lists.level.is_(None))]
    if party_id is not None:
        tags = select(func.unnest(Party.tags)).where(Party.id == party_id)
        theirs += [lists.party_id == party_id, lists.level.in_(tags)]
    query = (
        select(
            Price.product_id, Price.min_quantity, Price.unit_price, lists.id, lists.name, lists.party_id, lists.level, lists.valid_from,
            lists.prices_include_tax,
        )
        .join(lists, lists.id == Price.price_list_id)
        .where(
            Price.product_id.in_(product_ids),
            lists.active,
            lists.currency == currency,
            or_(lists.valid_from.is_(None), lists.valid_from <= on),
            or_(lists.valid_until.is_(None), lists.valid_until >= on),
            or_(*theirs),
        )
    )  # fmt: skip
    found: dict[UUID, list[ListPrice]] = defaultdict(list)
    for row in await work.session.execute(query):
        found[row.product_id].append(_read(row))
    return found


def best_of(prices: Sequence[ListPrice], quantity: Decimal, rate: Decimal, *, includes_tax: bool) -> Offer | None:
    """The price that counts for a quantity; None where no list has one."""
    reached: dict[UUID, ListPrice] = {}
    for price in prices:
        before = reached.get(price.list_id)
        if price.min_quantity <= quantity and (before is None or before.min_quantity < price.min_quantity):
            reached[price.list_id] = price
    offers = [(price_as(p.unit_price, rate, included=p.includes_tax, wanted=includes_tax), p) for p in reached.values()]
    if not offers:
        return None
    best, chosen = min(offers, key=lambda o: (o[1].nearness, o[0], -o[1].since.toordinal(), o[1].list_name, o[1].list_id))
    return Offer(price=best, source=chosen.list_name)


async def floors_of(work: Work, product_ids: Collection[UUID], currency: str) -> Mapping[UUID, tuple[Decimal, bool]]:
    """Floor prices by product, each with whether it includes tax."""
    query = select(PriceFloor).where(PriceFloor.product_id.in_(product_ids), PriceFloor.currency == currency)
    rows = (await work.session.scalars(query)).all() if product_ids else []
    return {row.product_id: (row.unit_price, row.price_includes_tax) for row in rows}


def _read(row: Any) -> ListPrice:
    return ListPrice(
        list_id=row.id,
        list_name=row.name,
        nearness=0 if row.party_id else 1 if row.level else 2,
        since=row.valid_from or date.min,
        includes_tax=row.prices_include_tax,
        min_quantity=row.min_quantity,
        unit_price=row.unit_price,
    )
