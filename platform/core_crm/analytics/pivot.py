"""A table of one's own: what to add up, by what in rows, by what in columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Date, Select, case, cast, func, select, text, tuple_

from core_crm.analytics.span import Span, bounds, converted, notes, percent, sold, weekdays
from core_crm.leads.model import Lead, LeadState
from core_crm.orders.model import Order, OrderLine, worth
from core_crm.pipeline.model import Opportunity, Stage, StageKind
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import PARTIES, Department, Employee, Party, Product, visible
from vertical import Report, ReportColumn, ReportTable

COLUMNS_MAX, ROWS_MAX = 24, 200
ALL = object()
"""Stands for all rows, or all columns."""

Figure = tuple[Decimal, Decimal]
"""What is shown, and what it is a share of."""

BY = {
    "month": N_("Month"),
    "quarter": N_("Calendar quarter"),
    "weekday": N_("Weekday"),
    "owner": N_("Person in charge"),
    "department": N_("Department"),
    "customer": N_("Customer"),
    "region": N_("Region"),
    "industry": N_("Industry"),
    "source": N_("Source"),
    "product": N_("Product"),
    "stage": N_("Stage"),
}
MEASURES = {"count": N_("Number"), "amount": N_("Amount"), "quantity": N_("Quantity"), "rate": N_("Converted or won (per cent)")}
By = Literal["month", "quarter", "weekday", "owner", "department", "customer", "region", "industry", "source", "product", "stage"]


OF = {"orders": N_("Orders"), "opportunities": N_("Opportunities"), "leads": N_("Leads")}


class PivotParameters(Span, kw_only=True):
    of: Annotated[Literal["orders", "opportunities", "leads"], msgspec.Meta(title=N_("Of"), extra={"choices": OF})] = "orders"
    rows: Annotated[By, msgspec.Meta(title=N_("In rows"), extra={"choices": BY})] = "owner"
    columns: Annotated[By, msgspec.Meta(title=N_("In columns"), extra={"choices": BY})] = "month"
    measure: Annotated[Literal["count", "amount", "quantity", "rate"], msgspec.Meta(title=N_("Add up"), extra={"choices": MEASURES})] = (
        "amount"
    )


@dataclass(frozen=True, kw_only=True)
class Source:
    """Something to add up: what it may be ordered by, what can be added, and the statement both go into."""

    stem: str
    by: dict[str, Any]
    measures: dict[str, tuple[Any, Any]]
    statement: Any
    where: ColumnElement[bool]
    notes: Sequence[str] = ()


async def pivot(work: Work, asked: PivotParameters) -> ReportTable:
    """The table that is asked for, with totals of rows and columns."""
    source = await {"orders": _orders, "opportunities": _opportunities, "leads": _leads}[asked.of](work, asked)
    for field, name in (("rows", asked.rows), ("columns", asked.columns)):
        if name not in source.by:
            known = _(", ").join(_(BY[each]) for each in source.by)
            raise Invalid(_("%(by)s is not known there; choose one of %(known)s.", by=_(BY[name]), known=known), field=field)
    if asked.measure not in source.measures:
        known = _(", ").join(_(MEASURES[each]) for each in source.measures)
        raise Invalid(_("%(by)s is not known there; choose one of %(known)s.", by=_(MEASURES[asked.measure]), known=known), field="measure")
    part, whole = source.measures[asked.measure]
    row, column = source.by[asked.rows], source.by[asked.columns]
    # All sums in one pass: of cells, of rows, of columns and of the whole, as orders with two products are still one order.
    sets = func.grouping_sets(tuple_(row, column), tuple_(row), tuple_(column), text("()"))
    query: Select[Any] = source.statement.with_only_columns(row, column, func.grouping(row), func.grouping(column), part, whole)
    cells: dict[tuple[Any, Any], Figure] = {}
    for at, across, all_rows, all_columns, top, bottom in await work.session.execute(query.where(source.where).group_by(sets)):
        cells[ALL if all_rows else at, ALL if all_columns else across] = (Decimal(top or 0), Decimal(bottom or 0))
    heads = _sorted(asked.columns, {across for _at, across in cells if across is not ALL})
    sides = _sorted(asked.rows, {at for at, _across in cells if at is not ALL})
    if len(heads) > COLUMNS_MAX or len(sides) > ROWS_MAX:
        raise Invalid(
            _(
                "This makes %(rows)s rows and %(columns)s columns; choose a shorter span or another grouping.",
                rows=len(sides),
                columns=len(heads),
            ),
            field="columns",
        )
    shown = _shown(asked.measure)
    rows = [(_name(asked.rows, at), *(shown(cells.get((at, head))) for head in heads), shown(cells.get((at, ALL)))) for at in sides]
    kind: Literal["number", "money"] = "money" if asked.measure == "amount" else "number"
    columns = [
        ReportColumn(label=_(BY[asked.rows])),
        *(ReportColumn(label=_name(asked.columns, head), kind=kind, heat=True) for head in heads),
        ReportColumn(label=_("Total"), kind=kind),
    ]
    totals = (_("Total"), *(shown(cells.get((ALL, head))) for head in heads), shown(cells.get((ALL, ALL)))) if rows else ()
    return ReportTable(columns=columns, rows=rows, totals=totals, notes=await notes(work, source.stem, *source.notes))


async def _orders(work: Work, asked: PivotParameters) -> Source:
    lines = (
        select(OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Party, Party.id == Order.party_id)
        .outerjoin(Employee, Employee.id == Party.owner_id)
        .outerjoin(Department, Department.id == Employee.department_id)
        .outerjoin(Product, Product.id == OrderLine.product_id)
    )
    by = _customer() | _days(Order.ordered_on) | {"product": func.coalesce(Product.name, OrderLine.description)}
    one = func.count(func.distinct(Order.id))
    measures = {"count": (one, one), "amount": (worth(OrderLine.net),) * 2, "quantity": (func.sum(OrderLine.quantity),) * 2}
    return Source(stem=PARTIES.permission, by=by, measures=measures, statement=lines, where=await sold(work, asked), notes=(converted(),))


async def _opportunities(work: Work, asked: PivotParameters) -> Source:
    o = Opportunity
    since, until = bounds(work, asked)
    statement = (
        select(o.id)
        .join(Party, Party.id == o.party_id)
        .join(Stage, Stage.id == o.stage_id)
        .outerjoin(Employee, Employee.id == o.owner_id)
        .outerjoin(Department, Department.id == Employee.department_id)
    )
    by = _customer() | _days(func.timezone(work.tenant.zone, o.created_at)) | {"source": o.source, "stage": Stage.name}
    won = func.sum(case((o.state == StageKind.WON, 1), else_=0))
    ended = func.sum(case((o.state == StageKind.OPEN, 0), else_=1))
    measures = {"count": (func.count(), func.count()), "amount": (func.sum(o.amount),) * 2, "rate": (won, ended)}
    where = (o.created_at >= since) & (o.created_at < until) & (o.currency == work.tenant.currency) & await visible(work, o, o.rights_stem)
    return Source(stem=o.rights_stem, by=by, measures=measures, statement=statement, where=where)


async def _leads(work: Work, asked: PivotParameters) -> Source:
    since, until = bounds(work, asked)
    statement = (
        select(Lead.id)
        .outerjoin(Employee, Employee.id == Lead.owner_id)
        .outerjoin(Department, Department.id == Employee.department_id)
        .outerjoin(Product, Product.id == Lead.product_id)
    )
    by = _days(func.timezone(work.tenant.zone, Lead.created_at)) | {
        "owner": Employee.name,
        "department": Department.name,
        "region": Lead.region,
        "industry": Lead.industry,
        "source": Lead.source,
        "product": Product.name,
    }
    converted = func.sum(case((Lead.state == LeadState.CONVERTED, 1), else_=0))
    measures = {"count": (func.count(), func.count()), "rate": (converted, func.count())}
    where = (Lead.created_at >= since) & (Lead.created_at < until) & await visible(work, Lead, Lead.rights_stem)
    return Source(stem=Lead.rights_stem, by=by, measures=measures, statement=statement, where=where)


def _customer() -> dict[str, Any]:
    return {
        "owner": Employee.name,
        "department": Department.name,
        "customer": Party.name,
        "region": Party.region,
        "industry": Party.industry,
        "source": Party.source,
    }


def _days(on: Any) -> dict[str, Any]:
    return {
        "month": cast(func.date_trunc("month", on), Date),
        "quarter": cast(func.date_trunc("quarter", on), Date),
        "weekday": func.extract("isodow", on),
    }


def _sorted(by: str, values: set[Any]) -> list[Any]:
    """In the order of time where there is one, by name otherwise, and those that were not said last."""
    return sorted(values, key=lambda value: (value is None or value == "", value if by in ("month", "quarter", "weekday") else str(value)))


def _name(by: str, value: Any) -> str:
    if value is None or value == "":
        return _("Not said")
    if by == "month":
        return f"{value:%Y-%m}"
    if by == "quarter":
        return f"{value.year} Q{(value.month + 2) // 3}"
    if by == "weekday":
        return weekdays()[int(value) - 1]
    return str(value)


def _shown(measure: str) -> Any:
    def show(value: Figure | None) -> Any:
        if value is None:
            return None
        return percent(*value) if measure == "rate" else int(value[0]) if measure == "count" else value[0]

    return show


PIVOT_REPORTS = (
    Report(
        key="core_crm.pivot",
        title=N_("Custom pivot table"),
        summary=N_("Orders, opportunities or leads, added up by what you choose in rows and columns."),
        run=pivot,
        permission="crm.order.read",
        parameters=PivotParameters,
    ),
)
