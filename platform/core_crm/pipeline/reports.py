"""Reports of the pipeline: the funnel with its stage times, how many are won by what, and who sells most.

All read the moves that were made, count only what the reader may see, and say so.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Select, and_, case, extract, func, literal, select

from core_crm.analytics.span import ROWS_MAX, Span, bounds, notes, percent, weekdays
from core_crm.pipeline.model import Opportunity, Stage, StageKind, StageMove
from core_crm.pipeline.service import STEM
from core_crm.pipeline.setup import pipelines
from kernel import clock
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import Employee, visible
from vertical import Report, ReportChart, ReportColumn, ReportTable

READ = "crm.opportunity.read"


class WinParameters(Span, kw_only=True):
    by: Annotated[Literal["source", "owner", "weekday", "hour"], msgspec.Meta(title=N_("By"))] = "source"


async def funnel(work: Work, asked: Span) -> ReportTable:
    """Of the opportunities that began in the span: how many reached each stage, went on from it, and how long they stayed."""
    since, until = bounds(work, asked)
    begun = and_(Opportunity.created_at >= since, Opportunity.created_at < until, await visible(work, Opportunity, STEM))
    furthest = _furthest()
    reached = await work.session.execute(
        select(Stage.id, func.count(), func.coalesce(func.sum(Opportunity.amount), 0))
        .select_from(Opportunity)
        .join(furthest, furthest.c.opportunity_id == Opportunity.id)
        .join(
            Stage, and_(Stage.pipeline_id == Opportunity.pipeline_id, Stage.position <= furthest.c.position, Stage.kind != StageKind.LOST)
        )
        .where(begun, Opportunity.currency == work.tenant.currency)
        .group_by(Stage.id)
    )
    counts = {stage_id: (count, amount) for stage_id, count, amount in reached}
    lasted = await _stage_days(work, since, until)
    rows: list[tuple[Any, ...]] = []
    for pipeline in await pipelines(work, begin=False):
        before: int | None = None
        for stage in (s for s in pipeline.stages if s.kind is not StageKind.LOST):
            count, amount = counts.get(stage.id, (0, Decimal(0)))
            rate = percent(count, before) if before is not None else None
            stays, days = lasted.get(stage.id, (0, None))
            rows.append((stage.name, pipeline.name, count, rate, Decimal(amount), days, stays))
            before = count
    columns = [
        ReportColumn(label=_("Stage")),
        ReportColumn(label=_("Pipeline")),
        ReportColumn(label=_("Reached it"), kind="number"),
        ReportColumn(label=_("Of the stage before (per cent)"), kind="number"),
        ReportColumn(label=_("Amount"), kind="money"),
        ReportColumn(label=_("Days in the stage, on average"), kind="number"),
        ReportColumn(label=_("Stays"), kind="number"),
    ]
    return ReportTable(
        columns=columns,
        rows=rows,
        chart=ReportChart(x=0, bars=[2]),
        notes=await notes(work, STEM, _("An opportunity has reached a stage when it stood in it or further on.")),
    )


async def win_rate(work: Work, asked: WinParameters) -> ReportTable:
    """Of the opportunities that ended in the span: how many were won, by source, owner, weekday or hour of the end."""
    since, until = bounds(work, asked)
    o = Opportunity
    local = func.timezone(work.tenant.zone, o.closed_at)
    by: Any = {"source": o.source, "owner": Employee.name, "weekday": extract("isodow", local), "hour": extract("hour", local)}[asked.by]
    won = case((o.state == StageKind.WON, 1), else_=0)
    found = await work.session.execute(
        select(by.label("by"), func.count(), func.sum(won), func.sum(case((o.state == StageKind.WON, o.amount), else_=0)))
        .outerjoin(Employee, Employee.id == o.owner_id)
        .where(o.closed_at >= since, o.closed_at < until, o.currency == work.tenant.currency, await visible(work, o, STEM))
        .group_by(by)
        .order_by(by if asked.by in ("weekday", "hour") else func.count().desc())
        .limit(ROWS_MAX)
    )
    shown = _shown(asked.by)
    rows = [(shown(value), total, wins, percent(wins, total), Decimal(amount)) for value, total, wins, amount in found]
    columns = [
        ReportColumn(label={"source": _("Source"), "owner": _("Person in charge"), "weekday": _("Weekday"), "hour": _("Hour")}[asked.by]),
        ReportColumn(label=_("Ended"), kind="number"),
        ReportColumn(label=_("Deals won"), kind="number"),
        ReportColumn(label=_("Win rate (per cent)"), kind="number"),
        ReportColumn(label=_("Won amount"), kind="money"),
    ]
    ended, wins = sum(row[1] for row in rows), sum(row[2] for row in rows)
    won_amount = sum((row[4] for row in rows), Decimal(0))
    totals = (_("Total"), ended, wins, percent(wins, ended), won_amount) if rows else ()
    return ReportTable(columns=columns, rows=rows, totals=totals, notes=await notes(work, STEM))


async def ranking(work: Work, asked: Span) -> ReportTable:
    """Who won most in the span, with what each still has open."""
    since, until = bounds(work, asked)
    o = Opportunity
    in_span = and_(o.closed_at >= since, o.closed_at < until)
    won, lost, open_ = (
        and_(o.state == StageKind.WON, in_span),
        and_(o.state == StageKind.LOST, in_span),
        o.state == StageKind.OPEN,
    )
    amount = func.coalesce(func.sum(o.amount).filter(won), 0)
    found = await work.session.execute(
        select(
            Employee.name, func.count().filter(won), amount, func.count().filter(lost), func.count().filter(open_),
            func.coalesce(func.sum(o.amount).filter(open_), 0),
            func.coalesce(func.sum(o.amount * Stage.probability / 100).filter(open_), 0),
        )
        .select_from(o)
        .join(Stage, Stage.id == o.stage_id)
        .outerjoin(Employee, Employee.id == o.owner_id)
        .where(o.currency == work.tenant.currency, await visible(work, o, STEM))
        .group_by(Employee.id, Employee.name)
        .order_by(amount.desc(), Employee.name)
        .limit(ROWS_MAX)
    )  # fmt: skip
    rows = [
        (place, name or _("Nobody"), wins, Decimal(sold), losses, still, Decimal(pending), round_half_up(Decimal(weighted)))
        for place, (name, wins, sold, losses, still, pending, weighted) in enumerate(found, 1)
    ]
    columns = [
        ReportColumn(label=_("Place"), kind="number"),
        ReportColumn(label=_("Person in charge")),
        ReportColumn(label=_("Deals won"), kind="number"),
        ReportColumn(label=_("Won amount"), kind="money"),
        ReportColumn(label=_("Deals lost"), kind="number"),
        ReportColumn(label=_("Still open"), kind="number"),
        ReportColumn(label=_("Open amount"), kind="money"),
        ReportColumn(label=_("Weighted"), kind="money"),
    ]
    return ReportTable(columns=columns, rows=rows, notes=await notes(work, STEM))


PIPELINE_REPORTS = (
    Report(
        key="core_crm.funnel",
        title=N_("Sales funnel"),
        summary=N_("How many opportunities reach each stage, go on from it, and how long they stay."),
        run=funnel,
        permission=READ,
        parameters=Span,
    ),
    Report(
        key="core_crm.win_rate",
        title=N_("Win rate"),
        summary=N_("How many opportunities are won, by source, person, weekday or hour."),
        run=win_rate,
        permission=READ,
        parameters=WinParameters,
    ),
    Report(
        key="core_crm.ranking",
        title=N_("Sales ranking"),
        summary=N_("Who won most, and what each still has open."),
        run=ranking,
        permission=READ,
        parameters=Span,
    ),
)


def _furthest() -> Any:
    """The furthest place on the way that each opportunity ever stood at; a lost one keeps the place it had come to."""
    return (
        select(StageMove.opportunity_id, func.max(Stage.position).label("position"))
        .join(Stage, Stage.id == StageMove.stage_id)
        .where(Stage.kind != StageKind.LOST)
        .group_by(StageMove.opportunity_id)
        .subquery()
    )


async def _stage_days(work: Work, since: datetime, until: datetime) -> dict[UUID, tuple[int, Decimal]]:
    """By stage: how many stays began in the span, and how many days they lasted on average; until now, where they last."""
    m = StageMove
    ends = func.coalesce(func.lead(m.at).over(partition_by=m.opportunity_id, order_by=(m.at, m.id)), literal(clock.now()))
    visible_ones = select(Opportunity.id).where(await visible(work, Opportunity, STEM))
    stays: Any = (
        select(m.stage_id, m.at, m.kind, (extract("epoch", ends - m.at) / 86400).label("days"))
        .where(m.opportunity_id.in_(visible_ones))
        .subquery()
    )
    query: Select[Any] = (
        select(stays.c.stage_id, func.count(), func.avg(stays.c.days))
        .where(stays.c.at >= since, stays.c.at < until, stays.c.kind == StageKind.OPEN)
        .group_by(stays.c.stage_id)
    )
    return {stage_id: (count, round_half_up(Decimal(str(days)), 1)) for stage_id, count, days in await work.session.execute(query)}


def _shown(by: str) -> Callable[[Any], str]:
    if by == "weekday":
        days = weekdays()
        return lambda value: days[int(value) - 1]
    if by == "hour":
        return lambda value: f"{int(value):02d}:00–{int(value) + 1:02d}:00"
    return lambda value: str(value) if value else _("Not said")
