"""Cash movements by item of the cash flow statement.

``finance_post`` puts each voucher with a line on a cash account into ``CashDue``.  Whoever next asks for cash flows works
it off: the voucher's movement of cash is split among the lines against it, item by item (``CashFlow``), and summed by
month (``CashTotal``), so that the statement reads a few rows however long the books are.
"""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned


class CashDue(TenantBase):
    """A voucher whose movement of cash is not classified yet."""

    __tablename__ = "finance_cash_due"
    id: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    ledger_id: Mapped[UUID] = mapped_column(primary_key=True)
    voucher_id: Mapped[UUID] = mapped_column(primary_key=True)


class CashFlow(TenantBase):
    """What one line against cash says of the voucher's movement of cash.

    ``amount`` is positive for money that comes in.  ``item`` is a line of the statement, None where no rule knows one.
    ``is_chosen``: a person chose it, at entry or in the workbench; rules leave it alone.
    """

    __tablename__ = "finance_cash_flow"
    __table_args__ = (
        UniqueConstraint("voucher_id", "position"),
        Index("ix_finance_cash_flow_item", "ledger_id", "period", "item"),
    )

    ledger_id: Mapped[UUID]
    voucher_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(Integer, doc="Of the line against cash.")
    period: Mapped[int] = mapped_column(Integer)
    item: Mapped[int | None] = mapped_column(Integer)
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    is_chosen: Mapped[bool] = mapped_column(default=False)


class CashTotal(TenantBase):
    """The sum of ``CashFlow`` by ledger, month and item; item 0 stands for none."""

    __tablename__ = "finance_cash_total"
    id: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    ledger_id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True)
    item: Mapped[int] = mapped_column(Integer, primary_key=True)
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2))


class CashRule(Versioned, TenantBase):
    """A company's own rule, asked before the official ones: the longest prefix of the account's code wins."""

    __tablename__ = "finance_cash_rule"
    __table_args__ = (
        CheckConstraint("direction IN ('in', 'out')", name="direction_known"),
        UniqueConstraint("ledger_id", "account", "direction"),
    )

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    account: Mapped[str] = mapped_column(String(30), doc="Code or the beginning of codes.")
    direction: Mapped[str] = mapped_column(String(3))
    item: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=102)
