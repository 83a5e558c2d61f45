"""Orders on other pages: the widget of the month, the palette, and a customer's page."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from core_crm.orders.model import Order
from core_crm.orders.query import OrderQuery, OrderRow, list_orders, order_totals
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import written
from kernel.templates import render
from kernel.work import Work
from master_data.api import PARTIES, rights_of
from vertical import Panel, Searcher, SearchHit, Widget

ROWS = 5


def order_title(order: Order) -> str:
    """What an order is called: its number, a draft by its customer."""
    return order.number or order.party_name


async def draw_month(work: Work) -> str:
    """Confirmed orders of this month beside the last, and the latest orders."""
    today = work.today()
    first = today.replace(day=1)
    before = _months_back(first, 1)
    series = [await order_totals(work, _months_back(first, n), _months_back(first, n - 1)) for n in range(5, 1, -1)]
    last = await order_totals(work, before, first)
    this = await order_totals(work, first, _months_back(first, -1))
    latest, _following = await list_orders(work, OrderQuery(limit=ROWS))
    return render(
        "core_crm/orders/month.html",
        number=this[0],
        net=this[1],
        currency=work.tenant.currency,
        trend=[float(net) for _number, net, _gross in (*series, last, this)],
        delta=float(this[1] / last[1] - 1) if last[1] else None,
        orders=latest,
        visible_only=not (await rights_of(work, PARTIES.permission)).whole,
    )


async def draw_orders_of_party(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """A customer's latest orders."""
    orders, more = await list_orders(work, OrderQuery(party_id=record["id"], limit=ROWS))
    return render(
        "core_crm/orders/of_party.html", orders=orders, more=more, party_id=record["id"], may_create=work.actor.may("crm.order.create")
    )


async def search_orders(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Orders by number, customer, or the customer's reference."""
    rows, _following = await list_orders(work, OrderQuery(search=text, limit=limit))
    return [SearchHit(title=row.number or _("Draft"), path=f"/orders/{row.id}", hint=_hint(work, row), icon="file-invoice") for row in rows]


def _hint(work: Work, row: OrderRow) -> str:
    """The customer, and what it is in where that is not the company's currency."""
    foreign = row.currency != work.tenant.currency
    return f"{row.party_name} · {written(row.gross, row.currency)} {row.currency}" if foreign else row.party_name


def _months_back(first: date, count: int) -> date:
    """The first day of the month ``count`` months before; negative goes ahead."""
    months = first.year * 12 + first.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


ORDER_WIDGETS = (
    Widget(key="core_crm.orders_of_month", title=N_("Orders this month"), render=draw_month, permission="crm.order.read", size="wide"),
)
ORDER_SEARCHERS = (Searcher(key="core_crm.order", label=N_("Orders"), permission="crm.order.read", search=search_orders),)
PARTY_ORDERS = Panel(slot="master.party.side", render=draw_orders_of_party, permission="crm.order.read", order=10)
