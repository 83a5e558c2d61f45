"""Amortisation (摊销): the month's share of what is spread over months."""

from typing import Any

from core_finance.chart.model import Ledger
from core_finance.closing.amortisations import charge, schedules
from core_finance.closing.lines import CODE, ZERO, read_chart, still_missing
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Calculation, JournalLine, PeriodEnd, ReportColumn, ReportTable

KEY = "core_finance.amortisation"


async def calculate(work: Work, end: PeriodEnd) -> Calculation:
    """A voucher with two lines for each schedule that is charged this month."""
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    chart = await read_chart(work, ledger)
    lines: list[JournalLine] = []
    rows: list[tuple[Any, ...]] = []
    paths: list[str] = []
    for schedule in await schedules(work, ledger):
        amount = charge(schedule, end.period, ledger.start_period)
        if not amount:
            continue
        expense, asset = chart.find(CODE + schedule.expense_account), chart.find(CODE + schedule.asset_account)
        lines += [
            JournalLine(account=CODE + expense.code, amount=amount, memo=schedule.name, dimensions=schedule.expense_ids),
            JournalLine(account=CODE + asset.code, amount=-amount, memo=schedule.name, dimensions=schedule.asset_ids),
        ]
        rows.append((schedule.name, *(chart.title(a) for a in (expense, asset)), schedule.amount, schedule.months, amount))
        paths.append(f"/finance/amortisation/{schedule.id}")
    missing = await still_missing(work, end, KEY, lines)
    table = ReportTable(
        columns=[
            ReportColumn(label=_("Schedule")),
            ReportColumn(label=_("Expense account")),
            ReportColumn(label=_("Asset account")),
            ReportColumn(label=_("Amount"), kind="money"),
            ReportColumn(label=_("Months"), kind="number"),
            ReportColumn(label=_("Charge of the month"), kind="money"),
        ],
        rows=rows,
        totals=[_("Total"), None, None, None, None, sum((row[-1] for row in rows), ZERO)] if rows else (),
        paths=paths,
    )
    return Calculation(
        summary=_("Amortisation of %(period)s", period=f"{end.first_on:%Y-%m}"), vouchers=[missing] if missing else (), table=table
    )
