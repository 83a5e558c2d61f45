"""Drafts: vouchers that are not posted yet and may still be edited or thrown away."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Integer, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel import clock
from kernel.orm import TenantBase, Versioned, choice, choice_check


class DraftState(enum.StrEnum):
    DRAFT = "draft"
    REVIEWED = "reviewed"


def place_now() -> int:
    """The place after all others, in microseconds."""
    return int(clock.now().timestamp() * 1_000_000)


class Draft(Versioned, TenantBase):
    """A voucher before posting.  The posted voucher keeps its id, so that its address stays the same.

    A draft's number is not stored: drafts of a month and word are counted on after the posted vouchers, in the order of
    ``place``.  So numbers have no gaps, whatever is posted first or thrown away.
    """

    __tablename__ = "finance_draft"
    __table_args__ = (
        choice_check("state", DraftState),
        Index(None, "ledger_id", "period"),
        Index("uq_finance_draft_idempotency_key", "ledger_id", "idempotency_key", unique=True,
              postgresql_where=text("idempotency_key IS NOT NULL")),
        Index("uq_finance_draft_reverses_id", "reverses_id", unique=True, postgresql_where=text("reverses_id IS NOT NULL")),
    )  # fmt: skip

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    period: Mapped[int] = mapped_column(Integer)
    word: Mapped[str] = mapped_column(String(4))
    entry_on: Mapped[date] = mapped_column(Date)
    place: Mapped[int] = mapped_column(BigInteger, default=place_now, server_default="0")
    kind: Mapped[str] = mapped_column(String(20), default="manual", server_default="manual", doc="manual or reversal.")
    reverses_id: Mapped[UUID | None] = mapped_column(doc="The voucher that this one will cancel in red.")
    attachments: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[DraftState] = mapped_column(choice(DraftState), default=DraftState.DRAFT)
    made_by: Mapped[str] = mapped_column(String(100))
    made_by_id: Mapped[UUID | None]
    reviewed_by: Mapped[str | None] = mapped_column(String(100))
    reviewed_by_id: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]
    signed_by: Mapped[str | None] = mapped_column(String(100), doc="出纳签字")
    signed_by_id: Mapped[UUID | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    body_hash: Mapped[str | None] = mapped_column(String(64))
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
    others: Mapped[dict[str, str]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'"), doc="The company's own dimensions, key -> id."
    )
    cash_item: Mapped[int | None] = mapped_column(Integer, doc="Line of the cash flow statement, where it was chosen.")


class Phrase(Versioned, TenantBase):
    """A summary kept for use (摘要库)."""

    __tablename__ = "finance_phrase"
    __table_args__ = (UniqueConstraint("text"),)

    code: Mapped[str] = mapped_column(String(20), default="", doc="What is typed to find it.")
    text: Mapped[str] = mapped_column(String(200))
    mnemonic: Mapped[str] = mapped_column(String(200), default="", doc="Initials in pinyin.")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", sort_order=102)


class VoucherTemplate(Versioned, TenantBase):
    """A voucher to begin with (凭证模板).

    ``lines`` hold summary, account, side and an amount that is fixed, a share in percent of the amount asked for, or left
    open; and dimensions.
    """

    __tablename__ = "finance_voucher_template"
    __table_args__ = (UniqueConstraint("ledger_id", "name"),)

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    word: Mapped[str] = mapped_column(String(4))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
