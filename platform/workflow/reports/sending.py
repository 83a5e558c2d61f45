"""Sends reports in the morning.

Three short transactions, as notifications are sent: work the reports out, hand the letters in, note that.  A letter's id
follows from the schedule, the member and the day, so that a repeated run hands nothing in twice.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec
import structlog
from sqlalchemy import or_, select, update

from identity.members.directory import Colleague, as_colleague, colleagues
from kernel import breaker as breakers
from kernel import i18n
from kernel.database import Database
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.jobs import enqueue
from kernel.jobs.queue import tenant_job
from kernel.reading import reading_only
from kernel.work import Tenant, Work
from messaging.mail import Letter, queue
from vertical import Report, ReportTable
from workflow.reports.model import ReportSchedule

SEND_JOB = "workflow.send_reports"
ROWS_MAX = 50

log = structlog.get_logger(__name__)


async def morning(work: Work) -> None:
    """Have the reports of today sent."""
    await enqueue(work, SEND_JOB, dedupe_key=f"reports:{work.today()}")


@tenant_job(SEND_JOB, timeout_s=1800)
async def send_reports(database: Database, tenant: Tenant, breaker: breakers.Breaker = breakers.shared) -> int:
    """Hand in the letters with today's reports; how many."""
    async with database.work(tenant) as work:
        today = work.today()
        waiting = select(ReportSchedule).where(or_(ReportSchedule.sent_on.is_(None), ReportSchedule.sent_on < today))
        due = [each for each in await work.session.scalars(waiting.order_by(ReportSchedule.id)) if each.is_due(today)]
        letters = {key: letter for schedule in due for key, letter in await _letters(work, schedule, today, database)}
        done = [schedule.id for schedule in due]
    async with database.registry_session() as session:
        for mail_id, letter in letters.items():
            await queue(session, letter, tenant_id=tenant.id, mail_id=mail_id)
    async with database.work(tenant) as work:
        await work.session.execute(update(ReportSchedule).where(ReportSchedule.id.in_(done)).values(sent_on=today))
    return len(letters)


async def _letters(work: Work, schedule: ReportSchedule, today: date, database: Database) -> list[tuple[UUID, Letter]]:
    """A letter for each member who may still see the report, with what they may see of it."""
    report = next((c.item for c in work.contributions("reports") if c.item.key == schedule.report), None)
    people = await colleagues(work)
    found = []
    for person_id in schedule.to if report else ():
        member = people.get(person_id)
        if member is None or not member.verified:
            continue
        theirs = as_colleague(work, member)
        if report and theirs.actor.may(report.permission):
            letter = await _letter(theirs, report, schedule, member, database)
            if letter is not None:
                found.append((uuid5(schedule.id, f"{person_id}:{today}"), letter))
    return found


async def _letter(work: Work, report: Report, schedule: ReportSchedule, member: Colleague, database: Database) -> Letter | None:
    with i18n.using(member.locale):
        try:
            parameters = msgspec.convert(schedule.parameters or {}, report.parameters) if report.parameters else None
            async with reading_only(work):
                table: ReportTable = await report.run(work, parameters)
        except (DomainError, msgspec.ValidationError) as error:
            log.warning("a scheduled report cannot be drawn", report=schedule.report, schedule=str(schedule.id), error=str(error))
            return None
        lines = [_cells(table, row, work.tenant.zone) for row in table.rows[:ROWS_MAX]]
        values = {
            "subject": _("%(report)s: %(name)s", report=_(report.title), name=schedule.name)[:200],
            "company": work.tenant.name,
            "columns": [{"label": column.label, "right": column.kind in ("number", "money")} for column in table.columns],
            "rows": lines,
            "totals": _cells(table, table.totals, work.tenant.zone) if table.totals else [],
            "more": max(0, len(table.rows) - ROWS_MAX),
            "notes": list(table.notes),
            "address": database.tenant_url(work.tenant.slug, schedule.path),
        }
    return Letter(template="report", to=member.email, locale=member.locale, values=values)


def _cells(table: ReportTable, row: Sequence[Any], zone: str) -> list[str]:
    return [_text(value, column.kind, zone) for value, column in zip(row, table.columns, strict=True)]


def _text(value: Any, kind: str, zone: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Decimal):
        return f"{value:,.2f}" if kind == "money" else f"{value.normalize():,f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)
