"""What was done at the end of each month, and what is spread over months."""

import enum
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check


class StepState(enum.StrEnum):
    DONE = "done"
    SKIPPED = "skipped"


class CloseStep(Versioned, TenantBase):
    """That a step of a period was done or skipped.  Its vouchers carry the period and the step as their source."""

    __tablename__ = "finance_close_step"
    __table_args__ = (choice_check("state", StepState), UniqueConstraint("ledger_id", "period", "step"))

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    period: Mapped[int] = mapped_column(Integer)
    step: Mapped[str] = mapped_column(String(80))
    state: Mapped[StepState] = mapped_column(choice(StepState))
    reason: Mapped[str] = mapped_column(String(300), default="", doc="Why it was skipped.")
    calculation: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, doc="What was shown before it was done.")
    done_by: Mapped[str] = mapped_column(String(100))
    done_at: Mapped[datetime]


class Amortisation(Versioned, TenantBase):
    """An amount that is spread over months (摊销): prepaid rent, an intangible asset, long-term deferred expenses."""

    __tablename__ = "finance_amortisation"
    __table_args__ = (
        CheckConstraint("months BETWEEN 1 AND 1200", name="months_sensible"),
        CheckConstraint("amount > 0 AND residual >= 0 AND residual < amount", name="amounts_sensible"),
        UniqueConstraint("ledger_id", "name"),
    )

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    residual: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    months: Mapped[int] = mapped_column(Integer)
    first_period: Mapped[int] = mapped_column(Integer, doc="First month that is charged.")
    stopped_period: Mapped[int | None] = mapped_column(Integer, doc="First month that is not charged any more.")
    charged_before: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0), doc="Charged before the ledger started.")
    expense_account: Mapped[str] = mapped_column(String(30), doc="Code; debited.")
    expense_dimensions: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    asset_account: Mapped[str] = mapped_column(String(30), doc="Code; credited.")
    asset_dimensions: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)

    @property
    def expense_ids(self) -> dict[str, UUID]:
        return {kind: UUID(value) for kind, value in (self.expense_dimensions or {}).items()}

    @property
    def asset_ids(self) -> dict[str, UUID]:
        return {kind: UUID(value) for kind, value in (self.asset_dimensions or {}).items()}
