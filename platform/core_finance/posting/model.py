"""The posted books.

The tenant's role may only read these tables.  They are written by the function ``finance_post`` alone (``statement.py``),
which runs with the rights of the schema's owner; so no program error and no injected statement of the application can
change a posted voucher, a number or a balance.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index, Integer, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core_finance.posting import statement
from kernel.orm import TenantBase

READ_ONLY: dict[str, Any] = {"info": {"privileges": "select_only"}}
NO_DIMENSIONS = UUID(int=0)
"""Stands for "whatever the dimensions" in a balance: the row that statements read."""


class Voucher(TenantBase):
    """A posted voucher (记账凭证).  Corrected by a red-letter voucher, never changed."""

    __tablename__ = "finance_voucher"
    __table_args__ = (
        Index("uq_finance_voucher_series", "ledger_id", "period", "word", "number", unique=True),
        Index("uq_finance_voucher_idempotency_key", "ledger_id", "idempotency_key", unique=True,
              postgresql_where=text("idempotency_key IS NOT NULL")),
        Index("uq_finance_voucher_reverses_id", "reverses_id", unique=True, postgresql_where=text("reverses_id IS NOT NULL")),
        Index("ix_finance_voucher_day", "ledger_id", "entry_on", "word", "number"),
        Index("ix_finance_voucher_source_id", "source_id", postgresql_where=text("source_id IS NOT NULL")),
        READ_ONLY,
    )  # fmt: skip
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    # No foreign key: it would lock the ledger's row in every posting, and balances hold one to the account already.
    ledger_id: Mapped[UUID]
    period: Mapped[int] = mapped_column(Integer)
    word: Mapped[str] = mapped_column(String(4))
    number: Mapped[int] = mapped_column(Integer, doc="From 1 in each ledger, period and word, without a gap.")
    entry_on: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(20), doc="manual, automatic, reversal, closing (结转损益), exchange (期末调汇) or opening.")
    summary: Mapped[str] = mapped_column(String(200))
    total: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="Sum of the debits, which is the sum of the credits.")
    attachments: Mapped[int] = mapped_column(Integer, doc="Count of paper attachments (附单据数).")
    made_by: Mapped[str] = mapped_column(String(100), doc="制单")
    reviewed_by: Mapped[str | None] = mapped_column(String(100), doc="审核")
    signed_by: Mapped[str | None] = mapped_column(String(100), doc="出纳")
    posted_by: Mapped[str] = mapped_column(String(100), doc="记账")
    posted_by_id: Mapped[UUID | None]
    posted_at: Mapped[datetime]
    reverses_id: Mapped[UUID | None] = mapped_column(doc="The voucher that this one cancels in red.")
    source_kind: Mapped[str | None] = mapped_column(String(60))
    source_id: Mapped[UUID | None]
    source_number: Mapped[str | None] = mapped_column(String(60))
    source_path: Mapped[str | None] = mapped_column(String(300))
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    body_hash: Mapped[str | None] = mapped_column(String(64), doc="SHA-256 of what was posted under the key.")


class VoucherLine(TenantBase):
    """One line of a posted voucher.  Red letters are negative amounts on the same side.

    The voucher's date and number stand here again, so that an account's ledger is one range of one index.
    """

    __tablename__ = "finance_voucher_line"
    __table_args__ = (
        CheckConstraint("(debit = 0) <> (credit = 0)", name="one_side"),
        Index("ix_finance_voucher_line_account", "account_id", "entry_on", "word", "number", "position"),
        READ_ONLY,
    )
    id: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    voucher_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[UUID]
    entry_on: Mapped[date] = mapped_column(Date)
    word: Mapped[str] = mapped_column(String(4))
    number: Mapped[int] = mapped_column(Integer)
    summary: Mapped[str] = mapped_column(String(200))
    debit: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="In the base currency.")
    credit: Mapped[Decimal] = mapped_column(Numeric(20, 2), doc="In the base currency.")
    currency: Mapped[str] = mapped_column(String(3))
    currency_amount: Mapped[Decimal | None] = mapped_column(Numeric(20, 2), doc="In ``currency``, where that is not the base currency.")
    rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(20, 6))
    dimension_set_id: Mapped[UUID | None]
    cash_item: Mapped[int | None] = mapped_column(Integer, doc="Line of the cash flow statement that was chosen at entry.")


class DimensionSet(TenantBase):
    """One combination of what lines say about themselves (辅助核算); its id is computed from its content.

    What it names can no longer be deleted: the books would tell of a customer whom nobody knows.
    """

    __tablename__ = "finance_dimension_set"
    __table_args__ = (READ_ONLY,)
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_party.id"), index=True)
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_department.id"), index=True)
    employee_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_employee.id"), index=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_dimension_item.id"), index=True)
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_product.id"), index=True)
    others: Mapped[str] = mapped_column(Text, default="", doc="The company's own dimensions, key=id in order of key, with ; between.")


class Balance(TenantBase):
    """What was posted to an account in a period, maintained by the posting statement itself.

    ``dimension_set_id`` is all zeros for the account's total, else one combination.  Month 0 of a year holds what was
    brought forward.  ``closing`` keeps apart what vouchers that transfer profit and loss (结转损益) moved: the income
    statement leaves it out.
    """

    __tablename__ = "finance_balance"
    __table_args__ = (
        ForeignKeyConstraint(["account_id"], ["finance_account.id"]),
        Index("ix_finance_balance_account", "account_id", "dimension_set_id", "period"),
        # Room on each page lets an update stay beside its row without touching the indexes.
        {**READ_ONLY, "postgresql_with": {"fillfactor": 60}},
    )
    id: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    ledger_id: Mapped[UUID] = mapped_column(primary_key=True)
    dimension_set_id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    closing: Mapped[bool] = mapped_column(primary_key=True)
    debit: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    credit: Mapped[Decimal] = mapped_column(Numeric(20, 2))


class Measure(TenantBase):
    """As ``Balance``, for what an account keeps beside the base currency: foreign money and quantities."""

    __tablename__ = "finance_measure"
    __table_args__ = (
        {
            "info": {**READ_ONLY["info"], "after_create": statement.CREATE, "before_drop": statement.DROP},
            "postgresql_with": {"fillfactor": 60},
        },
    )
    id: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    dimension_set_id: Mapped[UUID] = mapped_column(primary_key=True)
    period: Mapped[int] = mapped_column(Integer, primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    currency_debit: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    currency_credit: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    quantity_debit: Mapped[Decimal] = mapped_column(Numeric(20, 6))
    quantity_credit: Mapped[Decimal] = mapped_column(Numeric(20, 6))
