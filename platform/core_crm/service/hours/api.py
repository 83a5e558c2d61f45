"""REST API of working hours."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_crm.service.hours.calendar import Day, Why, due_after
from core_crm.service.hours.model import SpecialDay, WorkingWeek
from core_crm.service.hours.service import (
    SpecialDayInput,
    WeekInput,
    calendar_of,
    days_between,
    remove_special_day,
    save_special_days,
    save_week,
    special_days,
    working_week,
)
from core_crm.service.hours.texts import listed
from kernel.work import Work

MANAGE = {"permission": "crm.service.manage"}


class WeekRead(msgspec.Struct, kw_only=True):
    """Seven days, Monday first, each with its spans."""

    week: list[list[str]]
    public_holidays: bool
    version: int

    @classmethod
    def of(cls, row: WorkingWeek) -> "WeekRead":
        return cls(week=[listed(day) for day in row.week], public_holidays=row.public_holidays, version=row.version)


class SpecialDayRead(msgspec.Struct, kw_only=True):
    id: UUID
    on: date
    name: str
    spans: list[str]

    @classmethod
    def of(cls, row: SpecialDay) -> "SpecialDayRead":
        return cls(id=row.id, on=row.on, name=row.name, spans=listed(row.spans))


class WorkingDayRead(msgspec.Struct, kw_only=True):
    """A day as the company works it.  ``why``: ``week``, ``holiday``, ``stead`` (worked instead of a holiday) or ``special``."""

    on: date
    spans: list[str]
    why: Why
    name: str

    @classmethod
    def of(cls, day: Day) -> "WorkingDayRead":
        return cls(on=day.on, spans=listed(day.spans), why=day.why, name=day.name)


class DueInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    start: datetime
    minutes: Annotated[int, msgspec.Meta(ge=0, le=200_000)]


class DueRead(msgspec.Struct, kw_only=True):
    due_at: datetime


class HoursController(Controller):
    path = "/service"
    tags = ("Service desk",)

    @get("/hours", operation_id="readWorkingHours", opt=MANAGE)
    async def read(self, work: NamedDependency[Work]) -> WeekRead:
        """The hours of the company's week."""
        return WeekRead.of(await working_week(work))

    @put("/hours", operation_id="setWorkingHours", opt=MANAGE)
    async def write(self, work: NamedDependency[Work], data: JSONBody[WeekInput]) -> WeekRead:
        """Set them.  409 ``version_conflict`` when ``version`` is an old one."""
        return WeekRead.of(await save_week(work, data))

    @get("/special-days", operation_id="listSpecialDays", opt=MANAGE)
    async def own_days(self, work: NamedDependency[Work], since: FromQuery[date | None] = None) -> list[SpecialDayRead]:
        """Days of the company's own, from ``since`` or today on."""
        return [SpecialDayRead.of(row) for row in await special_days(work, since=since or work.today())]

    @post("/special-days", operation_id="saveSpecialDays", opt=MANAGE)
    async def add_days(self, work: NamedDependency[Work], data: JSONBody[SpecialDayInput]) -> list[SpecialDayRead]:
        """Give one or some days hours of their own, or close them."""
        return [SpecialDayRead.of(row) for row in await save_special_days(work, data)]

    @delete("/special-days/{day_id:uuid}", operation_id="removeSpecialDay", opt=MANAGE)
    async def remove_day(self, work: NamedDependency[Work], day_id: FromPath[UUID]) -> None:
        """The day is again as week and public holidays say."""
        await remove_special_day(work, day_id)

    @get("/working-days", operation_id="listWorkingDays", opt=MANAGE)
    async def days(
        self, work: NamedDependency[Work], since: FromQuery[date | None] = None, until: FromQuery[date | None] = None
    ) -> list[WorkingDayRead]:
        """Each day of a span, two weeks from today where nothing is said."""
        first = since or work.today()
        return [WorkingDayRead.of(day) for day in await days_between(work, first, until or first + timedelta(days=13))]

    @post("/due", operation_id="countWorkingTime", opt=MANAGE, status_code=200)
    async def due(self, work: NamedDependency[Work], data: JSONBody[DueInput]) -> DueRead:
        """When so many minutes of working time have gone by since ``start``, which needs a time zone."""
        return DueRead(due_at=due_after(await calendar_of(work), data.start, timedelta(minutes=data.minutes)))
