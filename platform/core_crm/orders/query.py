"""Lists of orders: filtered, searched, newest first, by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, literal, select, true, tuple_

from core_crm.orders.model import Order, OrderLine, OrderState, Progress, progress_of, worth
from core_crm.paging import PAGE_ROWS, cursor, matches, read_cursor
from kernel.work import Work
from master_data.api import PARTIES, Party, rights_of, visible


@dataclass(frozen=True, kw_only=True)
class OrderQuery:
    """What a list of orders shows.  ``to_deliver``: only those with something left; ``after`` is the cursor of the page before."""

    search: str = ""
    state: OrderState | None = None
    party_id: UUID | None = None
    since: date | None = None
    until: date | None = None
    to_deliver: bool = False
    limit: int = PAGE_ROWS
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """One line of a list."""

    id: UUID
    number: str | None
    state: OrderState
    party_id: UUID
    party_name: str
    ordered_on: date
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    progress: Progress | None = None


async def within_reach(work: Work) -> ColumnElement[bool]:
    """The condition for orders that the actor may see: those of customers that they may see."""
    if (await rights_of(work, PARTIES.permission)).whole:
        return true()
    return Order.party_id.in_(select(Party.id).where(await visible(work, Party, PARTIES.permission)))


async def list_orders(work: Work, query: OrderQuery) -> tuple[Sequence[OrderRow], str | None]:
    """A page of orders, the newest first, and the cursor of the next page."""
    o = Order
    statement = _filtered(select(o.id, o.number, o.state, o.party_id, o.party_name, o.ordered_on, o.currency, o.net, o.tax, o.gross), query)
    statement = statement.where(await within_reach(work))
    if query.after:
        day, order_id = read_cursor(query.after, tuple[date, UUID])
        statement = statement.where(tuple_(o.ordered_on, o.id) < tuple_(literal(day, o.ordered_on.type), literal(order_id, o.id.type)))
    found = await work.session.execute(statement.order_by(o.ordered_on.desc(), o.id.desc()).limit(query.limit + 1))
    rows = await _with_progress(work, [OrderRow(**row) for row in found.mappings()])
    more = rows[query.limit - 1] if len(rows) > query.limit else None
    return rows[: query.limit], cursor(more.ordered_on, more.id) if more else None


async def neighbours(work: Work, order: Order) -> tuple[UUID | None, UUID | None]:
    """The orders before and after one in the whole list, newest first."""
    here = tuple_(literal(order.ordered_on, Order.ordered_on.type), literal(order.id, Order.id.type))
    place = tuple_(Order.ordered_on, Order.id)
    reach = await within_reach(work)
    newer = select(Order.id).where(place > here, reach).order_by(Order.ordered_on, Order.id).limit(1)
    older = select(Order.id).where(place < here, reach).order_by(Order.ordered_on.desc(), Order.id.desc()).limit(1)
    return await work.session.scalar(newer), await work.session.scalar(older)


async def order_totals(work: Work, since: date, until: date) -> tuple[int, Decimal, Decimal]:
    """Confirmed orders of the days from ``since`` to before ``until`` that the actor may see: how many, before tax, with tax.

    In the company's currency: orders in another count at the rate they were confirmed at.
    """
    found = await work.session.execute(
        select(func.count(), func.coalesce(worth(Order.net), 0), func.coalesce(worth(Order.gross), 0)).where(
            Order.state == OrderState.CONFIRMED, Order.ordered_on >= since, Order.ordered_on < until, await within_reach(work)
        )
    )
    number, net, gross = found.one()
    return number, Decimal(net), Decimal(gross)


async def _with_progress(work: Work, rows: Sequence[OrderRow]) -> list[OrderRow]:
    """The rows with how far their orders have come."""
    line = OrderLine
    query = (
        select(
            line.order_id,
            Order.closed_at,
            func.bool_or(line.delivered > 0).label("delivered"),
            func.bool_or(_open(line)).label("open_"),
            func.bool_or(line.delivered > line.returned).label("kept"),
        )
        .join(Order, Order.id == line.order_id)
        .where(line.order_id.in_([row.id for row in rows if row.state is OrderState.CONFIRMED]))
        .group_by(line.order_id, Order.closed_at)
    )
    found = {row.order_id: row for row in await work.session.execute(query)} if rows else {}
    return [replace(row, progress=_progress(found[row.id])) if row.id in found else row for row in rows]


def _progress(row: Any) -> Progress:
    if row.closed_at is not None:
        return Progress.CLOSED
    return progress_of(delivered=row.delivered, open_=row.open_, kept=row.kept)


def _open(line: type[OrderLine]) -> ColumnElement[bool]:
    return line.quantity + line.exchanged > line.delivered


def _filtered(statement: Select[*tuple[Any, ...]], query: OrderQuery) -> Select[*tuple[Any, ...]]:
    if query.state is not None:
        statement = statement.where(Order.state == query.state)
    if query.party_id is not None:
        statement = statement.where(Order.party_id == query.party_id)
    if query.since is not None:
        statement = statement.where(Order.ordered_on >= query.since)
    if query.until is not None:
        statement = statement.where(Order.ordered_on < query.until)
    if query.to_deliver:
        left = select(OrderLine.id).where(OrderLine.order_id == Order.id, _open(OrderLine)).exists()
        statement = statement.where(Order.state == OrderState.CONFIRMED, Order.closed_at.is_(None), left)
    return statement.where(*matches(query.search, Order.number, Order.party_name, Order.customer_reference))
