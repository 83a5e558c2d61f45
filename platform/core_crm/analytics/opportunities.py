"""Reports of leads and opportunities: how leads convert, how long stages take, and when deals are won."""

from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Date, and_, case, cast, extract, func, literal, select

from core_crm.analytics.span import ROWS_MAX, Span, bounds, notes, percent, weekdays
from core_crm.leads.model import Lead, LeadState
from core_crm.pipeline.model import Opportunity, StageKind, StageMove
from core_crm.pipeline.setup import pipelines
from kernel import clock
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import Employee, visible
from vertical import Report, ReportChart, ReportColumn, ReportTable

READ = "crm.opportunity.read"
LEADS, OPPORTUNITIES = "crm.lead", "crm.opportunity"
DAYS = (1, 3, 7, 14, 30)
"""Upper bounds of the groups that stays in a stage are counted in."""


class ConversionParameters(Span, kw_only=True):
    by: Annotated[
        Literal["month", "source", "owner", "region"],
        msgspec.Meta(title=N_("By"), extra={"choices": {"month": N_("Month of entry"), "owner": N_("Person in charge")}}),
    ] = "month"


class HeatParameters(Span, kw_only=True):
    show: Annotated[
        Literal["won", "rate", "amount"],
        msgspec.Meta(
            title=N_("Show"), extra={"choices": {"won": N_("Deals won"), "rate": N_("Win rate (per cent)"), "amount": N_("Won amount")}}
        ),
    ] = "won"


async def conversion(work: Work, asked: ConversionParameters) -> ReportTable:
    """Of the leads that came in the span: how many became customers, got an opportunity, and were won."""
    since, until = bounds(work, asked)
    month = cast(func.date_trunc("month", func.timezone(work.tenant.zone, Lead.created_at)), Date)
    by: Any = {"month": month, "source": Lead.source, "owner": Employee.name, "region": Lead.region}[asked.by]
    o = Opportunity
    mine = (o.lead_id.is_not(None), o.currency == work.tenant.currency, await visible(work, o, OPPORTUNITIES))
    won_ones = o.state == StageKind.WON
    sold = (
        select(
            o.lead_id,
            func.count().label("begun"),
            func.count().filter(won_ones).label("won"),
            func.coalesce(func.sum(o.amount).filter(won_ones), 0).label("amount"),
        )
        .where(*mine)
        .group_by(o.lead_id)
        .subquery()
    )
    found = await work.session.execute(
        select(
            by.label("by"),
            func.count(),
            func.count().filter(Lead.state == LeadState.CONVERTED),
            func.count().filter(sold.c.begun > 0),
            func.count().filter(sold.c.won > 0),
            func.coalesce(func.sum(sold.c.amount), 0),
        )
        .outerjoin(sold, sold.c.lead_id == Lead.id)
        .outerjoin(Employee, Employee.id == Lead.owner_id)
        .where(Lead.created_at >= since, Lead.created_at < until, await visible(work, Lead, LEADS))
        .group_by(by)
        .order_by(by if asked.by == "month" else func.count().desc())
        .limit(ROWS_MAX)
    )
    rows = [
        (_called(asked.by, value), leads, converted, percent(converted, leads), begun, won, percent(won, leads), Decimal(amount))
        for value, leads, converted, begun, won, amount in found
    ]
    label = {"month": _("Month of entry"), "source": _("Source"), "owner": _("Person in charge"), "region": _("Region")}[asked.by]
    columns = [
        ReportColumn(label=label),
        ReportColumn(label=_("Leads"), kind="number"),
        ReportColumn(label=_("Converted"), kind="number"),
        ReportColumn(label=_("Converted (per cent)"), kind="number"),
        ReportColumn(label=_("With an opportunity"), kind="number"),
        ReportColumn(label=_("Deals won"), kind="number"),
        ReportColumn(label=_("Won of all leads (per cent)"), kind="number"),
        ReportColumn(label=_("Won amount"), kind="money"),
    ]
    return ReportTable(columns=columns, rows=rows, chart=ReportChart(x=0, bars=[1, 2, 5]) if rows else None, notes=await notes(work, LEADS))


async def stage_time(work: Work, asked: Span) -> ReportTable:
    """How long opportunities stay in each stage: the middle, the quarters, and how the stays are spread."""
    since, until = bounds(work, asked)
    m = StageMove
    ends = func.coalesce(func.lead(m.at).over(partition_by=m.opportunity_id, order_by=(m.at, m.id)), literal(clock.now()))
    seen = select(Opportunity.id).where(await visible(work, Opportunity, OPPORTUNITIES))
    stays: Any = (
        select(m.stage_id, m.at, m.kind, (extract("epoch", ends - m.at) / 86400).label("days")).where(m.opportunity_id.in_(seen)).subquery()
    )
    quarters = [func.percentile_cont(share).within_group(stays.c.days) for share in (0.25, 0.5, 0.75, 0.9)]
    lower = (0, *DAYS)
    spread = [
        func.count().filter(and_(stays.c.days >= low, stays.c.days < high) if high is not None else stays.c.days >= low)
        for low, high in zip(lower, (*DAYS, None), strict=True)
    ]
    found = await work.session.execute(
        select(stays.c.stage_id, func.count(), *quarters, *spread)
        .where(stays.c.at >= since, stays.c.at < until, stays.c.kind == StageKind.OPEN)
        .group_by(stays.c.stage_id)
    )
    by_stage: dict[UUID, Any] = {row[0]: row[1:] for row in found}
    rows: list[tuple[Any, ...]] = []
    for pipeline in await pipelines(work, begin=False):
        for stage in (s for s in pipeline.stages if s.kind is StageKind.OPEN and s.id in by_stage):
            count, *figures = by_stage[stage.id]
            middle = [round_half_up(Decimal(str(value)), 1) for value in figures[:4]]
            rows.append((stage.name, pipeline.name, count, *middle, *figures[4:]))
    labels = [_("under a day"), *(_("%(a)s to %(b)s days", a=a, b=b) for a, b in pairwise(DAYS))]
    columns = [
        ReportColumn(label=_("Stage")),
        ReportColumn(label=_("Pipeline")),
        ReportColumn(label=_("Stays"), kind="number"),
        ReportColumn(label=_("A quarter leave within (days)"), kind="number"),
        ReportColumn(label=_("Half leave within (days)"), kind="number"),
        ReportColumn(label=_("Three quarters leave within (days)"), kind="number"),
        ReportColumn(label=_("Nine of ten leave within (days)"), kind="number"),
        *(ReportColumn(label=label, kind="number", heat=True) for label in [*labels, _("%(days)s days and more", days=DAYS[-1])]),
    ]
    chart = ReportChart(x=0, bars=[4], lines=[6], unit=_("days")) if rows else None
    more = _("Stays that began in the span; one that still lasts counts up to now.")
    return ReportTable(columns=columns, rows=rows, chart=chart, notes=await notes(work, OPPORTUNITIES, more))


async def win_hours(work: Work, asked: HeatParameters) -> ReportTable:
    """When deals are won: weekday by hour."""
    since, until = bounds(work, asked)
    o = Opportunity
    local = func.timezone(work.tenant.zone, o.closed_at)
    day, hour = extract("isodow", local), extract("hour", local)
    won = case((o.state == StageKind.WON, 1), else_=0)
    found = await work.session.execute(
        select(day, hour, func.count(), func.sum(won), func.sum(case((o.state == StageKind.WON, o.amount), else_=0)))
        .where(o.closed_at >= since, o.closed_at < until, o.currency == work.tenant.currency, await visible(work, o, OPPORTUNITIES))
        .group_by(day, hour)
    )
    cells: dict[tuple[int, int], Any] = {}
    for weekday, at, ended, wins, amount in found:
        cells[int(weekday), int(at)] = {"won": int(wins), "rate": percent(wins, ended), "amount": Decimal(amount)}[asked.show]
    if not cells:
        return ReportTable(columns=[ReportColumn(label=_("Weekday"))], rows=[])
    hours = range(min(at for _day, at in cells), max(at for _day, at in cells) + 1)
    names = weekdays()
    kind: Literal["number", "money"] = "money" if asked.show == "amount" else "number"
    columns = [ReportColumn(label=_("Weekday")), *(ReportColumn(label=f"{at:02d}:00", kind=kind, heat=True) for at in hours)]
    rows = [(name, *(cells.get((number, at)) for at in hours)) for number, name in enumerate(names, 1)]
    more = _("The moment at which an opportunity was closed, on the clocks of the company.")
    return ReportTable(columns=columns, rows=rows, notes=await notes(work, OPPORTUNITIES, more))


def _called(by: str, value: Any) -> str:
    if value is None or value == "":
        return _("Not said")
    return f"{value:%Y-%m}" if by == "month" else str(value)


OPPORTUNITY_REPORTS = (
    Report(
        key="core_crm.conversion",
        title=N_("Lead conversion"),
        summary=N_("How many leads become customers and deals, by month, source, person or region."),
        run=conversion,
        permission="crm.lead.read",
        parameters=ConversionParameters,
    ),
    Report(
        key="core_crm.stage_time",
        title=N_("Time in stages"),
        summary=N_("How long opportunities stay in each stage, and how that is spread."),
        run=stage_time,
        permission=READ,
        parameters=Span,
    ),
    Report(
        key="core_crm.win_hours",
        title=N_("When deals are won"),
        summary=N_("Won deals by weekday and hour."),
        run=win_hours,
        permission=READ,
        parameters=HeatParameters,
    ),
)
