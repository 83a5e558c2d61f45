"""How far targets are reached, and who is ahead."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_crm.analytics.span import notes, percent
from core_crm.targets.measuring import METERS, Reached
from core_crm.targets.model import MEASURES, Measure, Target
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import PARTIES, Department, Employee, rights_of
from vertical import Report, ReportChart, ReportColumn, ReportTable


class TargetParameters(msgspec.Struct, kw_only=True):
    measure: Annotated[Literal["contract", "cash", "margin"], msgspec.Meta(title=N_("Measured by"), extra={"choices": MEASURES})] = (
        "contract"
    )
    by: Annotated[
        Literal["employee", "department", "month"],
        msgspec.Meta(title=N_("By"), extra={"choices": {"employee": N_("Employee"), "department": N_("Department"), "month": N_("Month")}}),
    ] = "employee"
    since: Annotated[date | None, msgspec.Meta(title=N_("From"), description=N_("This year where nothing is said."))] = None
    until: Annotated[date | None, msgspec.Meta(title=N_("To"))] = None


async def reached(work: Work, asked: TargetParameters) -> ReportTable:
    """Target and reached of each employee, department or month, the best first."""
    first, last = _months(work, asked)
    meter = METERS.known[asked.measure]
    actual = await meter.read(work, first, last)
    lines = await {"employee": _employees, "department": _departments, "month": _by_month}[asked.by](work, asked, actual, first, last)
    ranked = lines if asked.by == "month" else sorted(lines, key=lambda line: (-line[2], line[0]))
    rows = [
        (place, name, target or None, amount, percent(amount, target) if target else None, amount - target if target else None)
        for place, (name, target, amount) in enumerate(ranked, 1)
        if target or amount
    ]
    columns = [
        ReportColumn(label=_("Place") if asked.by != "month" else _("No."), kind="number"),
        ReportColumn(label={"employee": _("Employee"), "department": _("Department"), "month": _("Month")}[asked.by]),
        ReportColumn(label=_("Target"), kind="money"),
        ReportColumn(label=_("Reached"), kind="money"),
        ReportColumn(label=_("Reached (per cent)"), kind="number"),
        ReportColumn(label=_("Above or below"), kind="money"),
    ]
    totals: tuple[Any, ...] = ()
    if rows:
        target, amount = sum((row[2] or Decimal(0) for row in rows), Decimal(0)), sum((row[3] for row in rows), Decimal(0))
        totals = (_("Total"), "", target or None, amount, percent(amount, target) if target else None, amount - target if target else None)
    chart = ReportChart(x=1, bars=[3, 2]) if rows and all(row[2] for row in rows) else ReportChart(x=1, bars=[3]) if rows else None
    return ReportTable(columns=columns, rows=rows, totals=totals, chart=chart, notes=await notes(work, PARTIES.permission, _(meter.note)))


async def _employees(work: Work, asked: TargetParameters, actual: Reached, first: date, last: date) -> list[tuple[str, Decimal, Decimal]]:
    wanted = await _targets(work, asked.measure, first, last, Target.employee_id)
    people: dict[UUID | None, str] = {row[0]: row[1] for row in await work.session.execute(select(Employee.id, Employee.name))}
    people[None] = _("Nobody")
    done = _added(actual)
    shown = set(wanted) | set(done)
    rights = await rights_of(work, PARTIES.permission)
    if not rights.whole:
        shown &= {rights.employee_id, *done}
    return [(people.get(each, ""), wanted.get(each, Decimal(0)), done.get(each, Decimal(0))) for each in shown]


async def _departments(work: Work, asked: TargetParameters, actual: Reached, first: date, last: date) -> list[tuple[str, Decimal, Decimal]]:
    wanted = await _targets(work, asked.measure, first, last, Target.department_id)
    names: dict[UUID | None, str] = {row[0]: row[1] for row in await work.session.execute(select(Department.id, Department.name))}
    names[None] = _("Without a department")
    homes: dict[UUID | None, UUID | None] = {
        row[0]: row[1] for row in await work.session.execute(select(Employee.id, Employee.department_id))
    }
    done: dict[UUID | None, Decimal] = {}
    for employee_id, amount in _added(actual).items():
        done[homes.get(employee_id)] = done.get(homes.get(employee_id), Decimal(0)) + amount
    return [(names.get(each, ""), wanted.get(each, Decimal(0)), done.get(each, Decimal(0))) for each in set(wanted) | set(done)]


async def _by_month(work: Work, asked: TargetParameters, actual: Reached, first: date, last: date) -> list[tuple[str, Decimal, Decimal]]:
    """The whole company by month: its own target, else the sum of its employees', else of its departments'."""
    found = await work.session.execute(
        select(Target.month, Target.employee_id, Target.department_id, Target.amount).where(
            Target.measure == Measure(asked.measure), Target.month >= first, Target.month <= last
        )
    )
    sums: dict[date, dict[str, Decimal]] = {}
    for month, employee_id, department_id, amount in found:
        kind = "employee" if employee_id else "department" if department_id else "company"
        line = sums.setdefault(month, {})
        line[kind] = line.get(kind, Decimal(0)) + amount
    done: dict[date, Decimal] = {}
    for (_employee, month), amount in actual.items():
        done[month] = done.get(month, Decimal(0)) + amount
    rows = []
    for month in sorted(set(sums) | set(done)):
        line = sums.get(month, {})
        target = line.get("company") or line.get("employee") or line.get("department") or Decimal(0)
        rows.append((f"{month:%Y-%m}", target, done.get(month, Decimal(0))))
    return rows


async def _targets(work: Work, measure: str, first: date, last: date, bearer: Any) -> dict[UUID | None, Decimal]:
    found = await work.session.execute(
        select(bearer, Target.amount).where(
            Target.measure == Measure(measure), Target.month >= first, Target.month <= last, bearer.is_not(None)
        )
    )
    sums: dict[UUID | None, Decimal] = {}
    for each, amount in found:
        sums[each] = sums.get(each, Decimal(0)) + amount
    return sums


def _added(actual: Reached) -> Mapping[UUID | None, Decimal]:
    sums: dict[UUID | None, Decimal] = {}
    for (employee_id, _month), amount in actual.items():
        sums[employee_id] = sums.get(employee_id, Decimal(0)) + amount
    return sums


def _months(work: Work, asked: TargetParameters) -> tuple[date, date]:
    """Whole months, as targets are."""
    last = asked.until or work.today()
    first = (asked.since or last.replace(month=1)).replace(day=1)
    following = (last.replace(day=28) + timedelta(days=4)).replace(day=1)
    return first, following - timedelta(days=1)


TARGET_REPORTS = (
    Report(
        key="core_crm.targets",
        title=N_("Target attainment"),
        summary=N_("Contracts, money received and margin against targets, by employee, department or month."),
        run=reached,
        permission="crm.target.read",
        parameters=TargetParameters,
    ),
)
