"""How the service goes: answers, solutions, deadlines kept, ratings; by agent, category, queue, channel or week.

All read what the reader may see, and say so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import ColumnElement, Date, Select, and_, case, cast, func, literal, or_, select

from core_crm.service.care.model import TicketRating
from core_crm.service.tickets.model import ACTIVE, Ticket, TicketCategory, TicketChannel, TicketQueue, TicketState
from core_crm.service.tickets.reading import STEM
from core_crm.service.tickets.words import CHANNELS
from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from master_data.api import Employee, rights_of, visible
from vertical import Report, ReportColumn, ReportTable

ROWS_MAX = 500
SPAN_DAYS_MAX = 1100

By = Literal["owner", "category", "queue", "channel", "week"]


class ServiceParameters(msgspec.Struct, kw_only=True):
    """Tickets that were opened in the span; the last thirteen weeks where nothing is said."""

    since: Annotated[date | None, msgspec.Meta(title=N_("From"))] = None
    until: Annotated[date | None, msgspec.Meta(title=N_("To"))] = None
    by: Annotated[By, msgspec.Meta(title=N_("By"), extra={"choices": {"owner": N_("Person in charge")}})] = "owner"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Of one group of tickets.  Times are seconds of working time; shares are of those that had a deadline."""

    label: str
    opened: int
    solved: int
    first_average: int | None
    first_median: int | None
    resolve_average: int | None
    first_due: int
    first_late: int
    resolve_due: int
    resolve_late: int
    ratings: int
    score: Decimal | None
    reopened: int

    @property
    def first_kept(self) -> Decimal | None:
        return _percent(self.first_due - self.first_late, self.first_due)

    @property
    def resolve_kept(self) -> Decimal | None:
        return _percent(self.resolve_due - self.resolve_late, self.resolve_due)


async def measures(work: Work, asked: ServiceParameters) -> list[Measure]:
    """A line for each group, by week in order, else the largest first.

    Raises:
        Invalid: the span is longer than three years, or ends before it begins.
    """
    key = _keys(work)[asked.by]
    order: Any = key if asked.by == "week" else func.count().desc()
    found = await work.session.execute((await _select(work, asked, key)).group_by(key).order_by(order, key).limit(ROWS_MAX))
    return [_measure(_label(asked.by, row[0]), row[1:]) for row in found]


async def whole(work: Work, asked: ServiceParameters) -> Measure:
    """All of them together."""
    row = (await work.session.execute(await _select(work, asked, literal("")))).one()
    return _measure(_("Total"), row[1:])


async def backlog(work: Work) -> tuple[int, int | None]:
    """How many tickets are active, and how many days the oldest is."""
    t = Ticket
    query = select(func.count(), func.min(t.created_at)).where(t.state.in_(ACTIVE), await visible(work, t, STEM))
    count, oldest = (await work.session.execute(query)).one()
    age: datetime | None = oldest
    return count, (clock.now() - age).days if age is not None else None


async def service_report(work: Work, asked: ServiceParameters) -> ReportTable:
    """The lines as a report, with the sum below."""
    lines, total = await measures(work, asked), await whole(work, asked)
    columns = [
        ReportColumn(label=by_labels()[asked.by]),
        ReportColumn(label=_("Tickets"), kind="number"),
        ReportColumn(label=_("Solved"), kind="number"),
        ReportColumn(label=_("First answer, average minutes"), kind="number"),
        ReportColumn(label=_("First answer, median minutes"), kind="number"),
        ReportColumn(label=_("Answered in time (per cent)"), kind="number"),
        ReportColumn(label=_("Solution, average hours"), kind="number"),
        ReportColumn(label=_("Solved in time (per cent)"), kind="number"),
        ReportColumn(label=_("Late answers"), kind="number"),
        ReportColumn(label=_("Late solutions"), kind="number"),
        ReportColumn(label=_("Ratings"), kind="number"),
        ReportColumn(label=_("Satisfaction, 1 to 5"), kind="number"),
        ReportColumn(label=_("Reopened"), kind="number"),
    ]
    notes = [_("Times are working time, without the time the customer was waited for."), *await visible_note(work)]
    return ReportTable(columns=columns, rows=[_row(line) for line in lines], totals=_row(total) if lines else (), notes=notes)


async def visible_note(work: Work) -> Sequence[str]:
    """That hidden tickets are not counted, where some may be hidden."""
    return [] if (await rights_of(work, STEM)).whole else [_("Counts only what you may see.")]


SERVICE_REPORTS = (
    Report(
        key="core_crm.service",
        title=N_("Service"),
        summary=N_("Answers, solutions, deadlines kept and satisfaction; by person, category, queue, channel or week."),
        run=service_report,
        permission="crm.ticket.read",
        parameters=ServiceParameters,
    ),
)


def by_labels() -> dict[By, str]:
    """What the groups are called."""
    return {
        "owner": _("Person in charge"),
        "category": _("Category"),
        "queue": _("Queue"),
        "channel": _("Channel"),
        "week": _("Week from"),
    }


def span_of(work: Work, asked: ServiceParameters) -> tuple[date, date]:
    """First and last day.

    Raises:
        Invalid
    """
    last = asked.until or work.today()
    first = asked.since or last - timedelta(days=90)
    if not first <= last <= first + timedelta(days=SPAN_DAYS_MAX):
        raise Invalid(_("Choose a span of at most three years that begins before it ends."), field="until")
    return first, last


async def _select(work: Work, asked: ServiceParameters, key: Any) -> Select[*tuple[Any, ...]]:
    t, r = Ticket, TicketRating
    first, last = span_of(work, asked)
    zone = ZoneInfo(work.tenant.zone)
    since, until = datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
    now = literal(clock.now(), t.created_at.type)
    done = t.solved_at.is_not(None)
    first_known = or_(t.first_responded_at.is_not(None), t.first_due_at <= now)
    first_late = func.coalesce(t.first_responded_at, now) > t.first_due_at
    resolve_known = or_(done, and_(t.resolve_due_at <= now, t.state != TicketState.WAITING))
    resolve_late = func.coalesce(t.solved_at, now) > t.resolve_due_at
    return (
        select(
            key, func.count(), _count(done), func.avg(t.first_seconds), func.percentile_cont(0.5).within_group(t.first_seconds),
            func.avg(t.resolve_seconds), _count(and_(t.first_due_at.is_not(None), first_known)), _count(and_(first_known, first_late)),
            _count(and_(t.resolve_due_at.is_not(None), resolve_known)), _count(and_(resolve_known, resolve_late)),
            func.count(r.id), func.avg(r.score), _count(t.reopened > 0),
        )
        .select_from(t)
        .outerjoin(r, r.ticket_id == t.id)
        .outerjoin(Employee, Employee.id == t.owner_id)
        .outerjoin(TicketCategory, TicketCategory.id == t.category_id)
        .outerjoin(TicketQueue, TicketQueue.id == t.queue_id)
        .where(t.created_at >= since, t.created_at < until, t.merged_into_id.is_(None), await visible(work, t, STEM))
    )  # fmt: skip


def _keys(work: Work) -> dict[str, Any]:
    week = cast(func.date_trunc("week", func.timezone(work.tenant.zone, Ticket.created_at)), Date)
    return {"owner": Employee.name, "category": TicketCategory.name, "queue": TicketQueue.name, "channel": Ticket.channel, "week": week}


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _label(by: str, value: Any) -> str:
    if by == "channel":
        return _(CHANNELS[TicketChannel(value)][0])
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value else {"owner": _("Nobody"), "category": _("Without category"), "queue": _("Without queue")}.get(by, "")


def _measure(label: str, values: Any) -> Measure:
    opened, solved, average, median, resolve, first_due, first_late, due, late, ratings, score, reopened = values
    return Measure(
        label=label, opened=opened, solved=solved, first_average=_whole(average), first_median=_whole(median),
        resolve_average=_whole(resolve), first_due=first_due, first_late=first_late, resolve_due=due, resolve_late=late,
        ratings=ratings, score=round_half_up(Decimal(str(score)), 2) if score is not None else None, reopened=reopened,
    )  # fmt: skip


def _row(line: Measure) -> tuple[Any, ...]:
    return (
        line.label, line.opened, line.solved, _minutes(line.first_average), _minutes(line.first_median), line.first_kept,
        _hours(line.resolve_average), line.resolve_kept, line.first_late, line.resolve_late, line.ratings, line.score, line.reopened,
    )  # fmt: skip


def _whole(value: Any) -> int | None:
    return int(value) if value is not None else None


def _minutes(seconds: int | None) -> Decimal | None:
    return round_half_up(Decimal(seconds) / 60, 0) if seconds is not None else None


def _hours(seconds: int | None) -> Decimal | None:
    return round_half_up(Decimal(seconds) / 3600, 1) if seconds is not None else None


def _percent(part: int, of: int) -> Decimal | None:
    return round_half_up(Decimal(part) * 100 / of, 1) if of else None
