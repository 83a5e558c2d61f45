"""Drafts: vouchers that are not posted yet and may still be edited or thrown away."""

import enum
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.orm import TenantBase, Versioned, choice, choice_check


class DraftState(enum.StrEnum):
    DRAFT = "draft"
    REVIEWED = "reviewed"


class Draft(Versioned, TenantBase):
    """A voucher before posting.  The posted voucher keeps its id, so that its address stays the same."""

    __tablename__ = "finance_draft"
    __table_args__ = (choice_check("state", DraftState), Index(None, "ledger_id", "period"))

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    period: Mapped[int] = mapped_column(Integer)
    word: Mapped[str] = mapped_column(String(4))
    entry_on: Mapped[date] = mapped_column(Date)
    attachments: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[DraftState] = mapped_column(choice(DraftState), default=DraftState.DRAFT)
    made_by: Mapped[str] = mapped_column(String(100))
    made_by_id: Mapped[UUID | None]
    reviewed_by: Mapped[str | None] = mapped_column(String(100))
    reviewed_by_id: Mapped[UUID | None]
    lines: Mapped[list["DraftLine"]] = relationship(lazy="raise", order_by="DraftLine.position", cascade="all, delete-orphan")


class DraftLine(TenantBase):
    """A line of a draft.  It may be incomplete: the account is checked when the voucher is posted."""

    __tablename__ = "finance_draft_line"
    __table_args__ = (CheckConstraint("debit = 0 OR credit = 0", name="one_side"),)

    draft_id: Mapped[UUID] = mapped_column(ForeignKey("finance_draft.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    summary: Mapped[str] = mapped_column(String(200))
    account: Mapped[str] = mapped_column(String(30), doc="Code of the account.")
    debit: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    credit: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    currency: Mapped[str | None] = mapped_column(String(3))
    currency_amount: Mapped[Decimal | None] = mapped_column(Numeric(20, 2))
    rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(20, 6))
    party_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    employee_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    product_id: Mapped[UUID | None]
