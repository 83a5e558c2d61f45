"""What is sent to whom, and when."""

import enum
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Date, Index, SmallInteger, String, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, choice, choice_check


class Cadence(enum.StrEnum):
    """How often: each day, each week on a weekday, each month on a day."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class ReportSchedule(TenantBase):
    """A report with its choices, mailed to members in the morning of some days.

    Each of them gets what they themselves may see, in their language.  ``day`` is 1 to 7 from Monday for a weekly one, 1 to
    31 for a monthly one, where a shorter month sends on its last day.
    """

    __tablename__ = "workflow_report_schedule"
    __table_args__ = (
        choice_check("cadence", Cadence),
        CheckConstraint("day BETWEEN 1 AND 31", name="day_known"),
        Index("ix_workflow_report_schedule_report", "report"),
    )

    report: Mapped[str] = mapped_column(String(120), doc="The report's key: core_crm.funnel.")
    name: Mapped[str] = mapped_column(String(60))
    path: Mapped[str] = mapped_column(String(1200), doc="The page that shows it with these choices.")
    parameters: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    cadence: Mapped[Cadence] = mapped_column(choice(Cadence))
    day: Mapped[int] = mapped_column(SmallInteger, default=1)
    to: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), doc="Persons.")
    person_id: Mapped[UUID | None] = mapped_column(doc="Who wants it sent.")
    person_name: Mapped[str] = mapped_column(String(80))
    sent_on: Mapped[date | None] = mapped_column(Date)

    def is_due(self, today: date) -> bool:
        """Whether ``today`` is a day on which it is sent."""
        if self.cadence is Cadence.WEEKLY:
            return today.isoweekday() == self.day
        return self.cadence is Cadence.DAILY or today.day == min(self.day, last_day(today))


def last_day(day: date) -> int:
    """The number of days of the month."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - day.replace(day=1)).days
