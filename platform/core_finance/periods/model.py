"""Periods.  The row of a period is the lock under which vouchers of the month take their numbers."""

import enum
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, choice, choice_check


class PeriodState(enum.StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Period(TenantBase):
    """A month of a ledger, written as 202611."""

    __tablename__ = "finance_period"
    __table_args__ = (
        choice_check("state", PeriodState),
        CheckConstraint("mod(code, 100) BETWEEN 1 AND 12", name="code_month"),
        UniqueConstraint("ledger_id", "code"),
    )

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    code: Mapped[int] = mapped_column(Integer)
    state: Mapped[PeriodState] = mapped_column(choice(PeriodState), default=PeriodState.OPEN)
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(String(100))
