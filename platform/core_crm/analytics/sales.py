"""Reports of orders and of what people did: products, customers who come back, follow-up."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import Date, String, cast, func, or_, select

from core_crm.analytics.span import ROWS_MAX, Span, bounds, converted, days, notes, percent, sold
from core_crm.orders.model import Order, OrderLine, worth
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import PARTIES, Activity, ActivityKind, Employee, Party, Product, visible
from vertical import Report, ReportChart, ReportColumn, ReportTable

READ = "crm.order.read"
MONTHS_MAX = 12


class ProductParameters(Span, kw_only=True):
    order: Annotated[
        Literal["net", "quantity", "orders", "customers"],
        msgspec.Meta(
            title=N_("Ranked by"),
            extra={"choices": {"net": N_("Before tax"), "quantity": N_("Quantity"), "orders": N_("Orders"), "customers": N_("Customers")}},
        ),
    ] = "net"


class CohortParameters(Span, kw_only=True):
    show: Annotated[
        Literal["customers", "share", "net"],
        msgspec.Meta(
            title=N_("Show"),
            extra={"choices": {"customers": N_("Customers"), "share": N_("Share of customers (per cent)"), "net": N_("Before tax")}},
        ),
    ] = "share"


async def products(work: Work, asked: ProductParameters) -> ReportTable:
    """What sold best in the span."""
    net, quantity = worth(OrderLine.net), func.sum(OrderLine.quantity)
    orders, customers = func.count(func.distinct(Order.id)), func.count(func.distinct(Order.party_id))
    by: Any = {"net": net, "quantity": quantity, "orders": orders, "customers": customers}[asked.order]
    name = func.coalesce(Product.name, OrderLine.description)
    found = (
        await work.session.execute(
            select(func.max(cast(OrderLine.product_id, String)), Product.sku, name, OrderLine.unit, quantity, net, orders, customers)
            .join(Order, Order.id == OrderLine.order_id)
            .outerjoin(Product, Product.id == OrderLine.product_id)
            .where(await sold(work, asked))
            .group_by(Product.sku, name, OrderLine.unit)
            .order_by(by.desc(), name)
            .limit(ROWS_MAX)
        )
    ).all()
    whole = await work.session.scalar(select(worth(Order.net)).where(await sold(work, asked))) or Decimal(0)
    rows = [
        (place, label, sku or "", amount, unit, sales, percent(sales, whole), number, buyers)
        for place, (_id, sku, label, unit, amount, sales, number, buyers) in enumerate(found, 1)
    ]
    columns = [
        ReportColumn(label=_("Place"), kind="number"),
        ReportColumn(label=_("Product")),
        ReportColumn(label=_("SKU")),
        ReportColumn(label=_("Quantity"), kind="number"),
        ReportColumn(label=_("Unit")),
        ReportColumn(label=_("Before tax"), kind="money"),
        ReportColumn(label=_("Share (per cent)"), kind="number"),
        ReportColumn(label=_("Orders"), kind="number"),
        ReportColumn(label=_("Customers"), kind="number"),
    ]
    totals = (_("Total"), "", "", None, "", sum((row[5] for row in rows), Decimal(0)), None, None, None) if rows else ()
    paths = [f"/products/{row[0]}" if row[0] else None for row in found]
    chart = ReportChart(x=1, bars=[5]) if rows else None
    below = await notes(work, PARTIES.permission, converted())
    return ReportTable(columns=columns, rows=rows, totals=totals, paths=paths, chart=chart, notes=below)


async def cohorts(work: Work, asked: CohortParameters) -> ReportTable:
    """Customers by the month of their first order, and how many of them ordered again in each month after it."""
    month = cast(func.date_trunc("month", Order.ordered_on), Date)
    first = select(Order.party_id, func.min(month).label("first")).where(await sold(work)).group_by(Order.party_id).subquery()
    since, until = days(work, asked)
    rows_found = await work.session.execute(
        select(first.c.first, month, func.count(func.distinct(Order.party_id)), worth(Order.net))
        .join(first, first.c.party_id == Order.party_id)
        .where(await sold(work), first.c.first >= since.replace(day=1), first.c.first <= until)
        .group_by(first.c.first, month)
        .order_by(first.c.first, month)
    )
    cells: dict[Any, dict[int, tuple[int, Decimal]]] = {}
    for begun, at, customers, net in rows_found:
        offset = (at.year - begun.year) * 12 + at.month - begun.month
        cells.setdefault(begun, {})[offset] = (customers, Decimal(net))
    width = min(MONTHS_MAX, max((offset for line in cells.values() for offset in line), default=0))
    today = work.today()
    rows = []
    for begun, line in cells.items():
        size = line.get(0, (0, Decimal(0)))[0]
        passed = (today.year - begun.year) * 12 + today.month - begun.month
        rows.append((f"{begun:%Y-%m}", size, *(_cell(asked.show, line.get(n), size, n <= passed) for n in range(width + 1))))
    kind: Literal["number", "money"] = "money" if asked.show == "net" else "number"
    columns = [
        ReportColumn(label=_("First order")),
        ReportColumn(label=_("Customers"), kind="number"),
        *(ReportColumn(label=_("Month %(n)s", n=n), kind=kind, heat=True) for n in range(width + 1)),
    ]
    more = _("Month 0 is the month of the first order. An empty cell is still to come.")
    return ReportTable(columns=columns, rows=rows, notes=await notes(work, PARTIES.permission, more, converted()))


async def follow_up(work: Work, asked: Span) -> ReportTable:
    """Who called, visited and wrote how often, and to how many customers."""
    since, until = bounds(work, asked)
    a = Activity
    kinds = (ActivityKind.CALL, ActivityKind.VISIT, ActivityKind.MAIL, ActivityKind.WECHAT, ActivityKind.NOTE)
    customers = select(Party.id).where(await visible(work, Party, PARTIES.permission))
    mine = or_(a.private.is_(False), a.author_id == work.actor.id)
    found = await work.session.execute(
        select(
            func.coalesce(Employee.name, a.author_name),
            *(func.count().filter(a.kind == kind) for kind in kinds),
            func.count(),
            func.count(func.distinct(a.record_id)),
        )
        .outerjoin(Employee, Employee.id == a.employee_id)
        .where(a.record_kind == PARTIES.permission, a.record_id.in_(customers), a.kind.in_(kinds), a.at >= since, a.at < until, mine)
        .group_by(func.coalesce(Employee.name, a.author_name))
        .order_by(func.count().desc())
        .limit(ROWS_MAX)
    )
    rows = [(name or _("Nobody"), *figures) for name, *figures in found]
    columns = [
        ReportColumn(label=_("Name of the person")),
        *(ReportColumn(label=label, kind="number") for label in (_("Calls"), _("Visits"), _("Mails"), _("WeChat"), _("Notes"))),
        ReportColumn(label=_("Together"), kind="number"),
        ReportColumn(label=_("Customers"), kind="number"),
    ]
    chart = ReportChart(x=0, bars=[1, 2, 3]) if rows else None
    return ReportTable(columns=columns, rows=rows, chart=chart, notes=await notes(work, PARTIES.permission))


def _cell(show: str, found: tuple[int, Decimal] | None, size: int, passed: bool) -> Any:  # noqa: FBT001
    if found is None:
        return (Decimal(0) if show != "customers" else 0) if passed else None
    customers, net = found
    return {"customers": customers, "share": percent(customers, size), "net": net}[show]


SALES_REPORTS = (
    Report(
        key="core_crm.products",
        title=N_("Products sold"),
        summary=N_("What sells best, by amount, quantity, orders or customers."),
        run=products,
        permission=READ,
        parameters=ProductParameters,
    ),
    Report(
        key="core_crm.cohorts",
        title=N_("Repeat customers"),
        summary=N_("Customers by the month of their first order, and how many order again."),
        run=cohorts,
        permission=READ,
        parameters=CohortParameters,
    ),
    Report(
        key="core_crm.follow_up",
        title=N_("Follow-up by person"),
        summary=N_("Calls, visits and mails by person."),
        run=follow_up,
        permission=f"{PARTIES.permission}.read",
        parameters=Span,
    ),
)
