"""The company's working week and its own days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core_crm.service.hours.calendar import Calendar, Day
from core_crm.service.hours.model import COMPANY, SpecialDay, WorkingWeek
from core_crm.service.hours.texts import Spans, checked
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

USUAL_WEEK: list[list[list[int]]] = [[[540, 1080]]] * 5 + [[], []]
SPECIAL_DAYS_MAX = 1000
SPAN_DAYS_MAX = 62


class HoursChanged(Conflict):
    code = "version_conflict"


class WeekInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Seven days, Monday first, each with its spans such as ``["09:00-12:00", "13:00-18:00"]``; none: closed."""

    week: Annotated[list[Spans], msgspec.Meta(min_length=7, max_length=7)]
    public_holidays: bool = True
    version: int | None = None


class SpecialDayInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A day, or with ``until`` some days, with hours of their own; without ``spans`` closed."""

    on: date
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    until: date | None = None
    spans: Spans = []


async def working_week(work: Work) -> WorkingWeek:
    """The company's week; the usual one where nobody has set any."""
    found = await work.session.scalar(select(WorkingWeek).where(WorkingWeek.key == COMPANY))
    return found or WorkingWeek(key=COMPANY, week=USUAL_WEEK, public_holidays=True, version=0)


async def calendar_of(work: Work) -> Calendar:
    """When the company works."""
    week = await working_week(work)
    own = await special_days(work, since=work.today() - timedelta(days=731))
    return Calendar(
        zone=work.tenant.zone,
        week=[_spans(day) for day in week.week],
        special={each.on: (each.name, _spans(each.spans)) for each in own},
        public_holidays=week.public_holidays,
    )


async def days_between(work: Work, first: date, last: date) -> list[Day]:
    """Each day of a span of at most two months as the company works it.

    Raises:
        Invalid: the span is longer, or ends before it begins.
    """
    if not first <= last <= first + timedelta(days=SPAN_DAYS_MAX):
        raise Invalid(_("Ask for at most %(most)s days, the first one first.", most=SPAN_DAYS_MAX), field="until")
    calendar = await calendar_of(work)
    return [calendar.day(first + timedelta(days=n)) for n in range((last - first).days + 1)]


async def save_week(work: Work, data: WeekInput) -> WorkingWeek:
    """Set the hours of the week.

    Raises:
        Invalid: hours overlap or cannot be read, or the week has none at all.
        HoursChanged: it has another version by now.
    """
    week = [checked(day, field=f"week.{n}") for n, day in enumerate(data.week)]
    if not any(week):
        raise Invalid(_("A week without any hours would never end; give at least one day some."), field="week")
    now = clock.now()
    fresh = insert(WorkingWeek).values(
        id=new_id(), key=COMPANY, week=USUAL_WEEK, public_holidays=True, version=0, created_at=now, updated_at=now
    )
    await work.session.execute(fresh.on_conflict_do_nothing(index_elements=["key"]))
    row = await work.session.scalar(
        select(WorkingWeek).where(WorkingWeek.key == COMPANY).with_for_update().execution_options(populate_existing=True)
    )
    assert row is not None  # noqa: S101 - it was written just now
    if data.version is not None and row.version != data.version:
        raise HoursChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    before = _values(row)
    row.week, row.public_holidays = week, data.public_holidays
    await work.session.flush()
    await record(work, "working_hours.saved", f"working_hours:{COMPANY}", before=before, after=_values(row))
    return row


async def special_days(work: Work, *, since: date) -> Sequence[SpecialDay]:
    """Days of the company's own from ``since`` on."""
    query = select(SpecialDay).where(SpecialDay.on >= since).order_by(SpecialDay.on).limit(SPECIAL_DAYS_MAX)
    return (await work.session.scalars(query)).all()


async def save_special_days(work: Work, data: SpecialDayInput) -> Sequence[SpecialDay]:
    """Give a day, or each of some days, hours of its own; what was said of it before is written over.

    Raises:
        Invalid: the hours cannot be read, or it is more than two months at once.
    """
    last = data.until or data.on
    if not data.name.strip():
        raise Invalid(_("Please enter a name."), field="name")
    if not data.on <= last <= data.on + timedelta(days=SPAN_DAYS_MAX):
        raise Invalid(_("Ask for at most %(most)s days, the first one first.", most=SPAN_DAYS_MAX), field="until")
    now, spans = clock.now(), checked(data.spans, field="spans")
    values = {"name": data.name.strip(), "spans": spans, "updated_at": now}
    for n in range((last - data.on).days + 1):
        fresh = insert(SpecialDay).values(id=new_id(), on=data.on + timedelta(days=n), created_at=now, **values)
        await work.session.execute(fresh.on_conflict_do_update(index_elements=["on"], set_=values))
    work.session.expire_all()
    after = {"from": data.on.isoformat(), "to": last.isoformat(), "hours": spans}
    await record(work, "special_day.saved", f"special_day:{data.on.isoformat()}", name=data.name.strip(), after=after)
    return (await work.session.scalars(select(SpecialDay).where(SpecialDay.on.between(data.on, last)).order_by(SpecialDay.on))).all()


async def remove_special_day(work: Work, day_id: UUID) -> None:
    """The day is again as the week and the public holidays say.

    Raises:
        NotFound
    """
    found = await work.session.get(SpecialDay, day_id)
    if found is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    before = {"on": found.on.isoformat(), "hours": found.spans}
    await record(work, "special_day.removed", f"special_day:{found.on.isoformat()}", name=found.name, before=before)
    await work.session.delete(found)
    await work.session.flush()


def _spans(given: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((begin, end) for begin, end in given)


def _values(row: WorkingWeek) -> dict[str, Any]:
    return {"week": row.week, "public_holidays": row.public_holidays}
