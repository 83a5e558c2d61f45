"""Ledgers and accounts.  An account that was ever posted to is disabled, never deleted."""

import enum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check


class Standard(enum.StrEnum):
    """The accounting standard a company keeps its books by."""

    SMALL_BUSINESS = "small_business"  # 小企业会计准则, 财会〔2011〕17号
    ENTERPRISE = "enterprise"  # 企业会计准则, formats of 财会〔2019〕6号


class Taxpayer(enum.StrEnum):
    """How the company pays VAT."""

    GENERAL = "general"  # 一般纳税人
    SMALL_SCALE = "small_scale"  # 小规模纳税人


class FilingPeriod(enum.StrEnum):
    """How often the company files VAT."""

    MONTH = "month"
    QUARTER = "quarter"


class Review(enum.StrEnum):
    """Who must have looked at a voucher before it is posted (审核)."""

    NONE = "none"
    ANYONE = "anyone"
    SECOND_PERSON = "second_person"  # 制单人与审核人不得为同一人


class Side(enum.StrEnum):
    """Of an account: where its balance normally stands (余额方向)."""

    DEBIT = "debit"
    CREDIT = "credit"


class Category(enum.StrEnum):
    """The class of an account, as the official charts have it."""

    ASSET = "asset"
    LIABILITY = "liability"
    COMMON = "common"
    EQUITY = "equity"
    COST = "cost"
    REVENUE = "revenue"
    EXPENSE = "expense"


WORDS = ("记", "收", "付", "转")
"""Voucher words (凭证字): one for all, or receipts, payments and transfers apart."""

PROFIT_AND_LOSS = frozenset({Category.REVENUE, Category.EXPENSE})


class Ledger(Versioned, TenantBase):
    """A set of books: one legal entity, one standard, one base currency.  Periods are months, written as 202611."""

    __tablename__ = "finance_ledger"
    __table_args__ = (
        choice_check("standard", Standard),
        choice_check("taxpayer", Taxpayer),
        choice_check("filing_period", FilingPeriod),
        choice_check("review", Review),
        CheckConstraint("mod(start_period, 100) BETWEEN 1 AND 12", name="start_period_month"),
        UniqueConstraint("name"),
    )

    name: Mapped[str] = mapped_column(String(100))
    standard: Mapped[Standard] = mapped_column(choice(Standard))
    currency: Mapped[str] = mapped_column(String(3), doc="ISO 4217 code of the base currency.")
    taxpayer: Mapped[Taxpayer] = mapped_column(choice(Taxpayer))
    start_period: Mapped[int] = mapped_column(Integer, doc="First month kept here (启用期间), 202601.")
    code_scheme: Mapped[str] = mapped_column(String(30), default="4-2-2-2", doc="Digits of a code by level.")
    filing_period: Mapped[FilingPeriod] = mapped_column(
        choice(FilingPeriod), default=FilingPeriod.MONTH, server_default="month", doc="How often VAT is filed."
    )
    words: Mapped[list[str]] = mapped_column(
        ARRAY(Text), default=lambda: list(WORDS), server_default=text("'{记,收,付,转}'"), doc="Voucher words in use (凭证字)."
    )
    review: Mapped[Review] = mapped_column(choice(Review), default=Review.NONE, server_default="none")
    poster_apart: Mapped[bool] = mapped_column(
        default=False, server_default=text("false"), doc="Who made a voucher may not post it (制单与记账分离)."
    )
    rules: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'"), doc="Choices of bookkeeping, in the shape of ``chart.rules.LedgerRules``."
    )

    @property
    def code_lengths(self) -> tuple[int, ...]:
        """Digits of a code by level."""
        return tuple(int(length) for length in self.code_scheme.split("-"))

    def digits_below(self, level: int) -> int:
        """How many digits a sub-account of an account of ``level`` adds to its code; below the scheme the last length goes on."""
        lengths = self.code_lengths
        return lengths[min(level, len(lengths) - 1)]


class Account(Versioned, TenantBase):
    """An account (会计科目).  Only leaves are posted to.

    ``required_dimensions`` and ``optional_dimensions`` name what a line must and may say about itself (辅助核算):
    party, department, employee, project, product.
    """

    __tablename__ = "finance_account"
    __table_args__ = (
        choice_check("category", Category),
        choice_check("side", Side),
        UniqueConstraint("ledger_id", "code"),
        Index(None, "parent_id"),
    )

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(30), doc="Digits only; shown with dots between levels where wanted.")
    name: Mapped[str] = mapped_column(String(100))
    name_en: Mapped[str] = mapped_column(String(100), default="")
    mnemonic: Mapped[str] = mapped_column(String(100), default="", doc="Initials in pinyin (助记码), for search.")
    category: Mapped[Category] = mapped_column(choice(Category))
    side: Mapped[Side] = mapped_column(choice(Side))
    level: Mapped[int] = mapped_column(Integer)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("finance_account.id"))
    is_leaf: Mapped[bool] = mapped_column(default=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_cash: Mapped[bool] = mapped_column(default=False, doc="Cash, bank or cash equivalent: counts in the cash flow statement.")
    currency: Mapped[str | None] = mapped_column(String(3), doc="A foreign currency that is kept beside the base currency (外币核算).")
    unit: Mapped[str | None] = mapped_column(String(20), doc="Unit of quantity where quantities are kept (数量核算).")
    required_dimensions: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    optional_dimensions: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    cash_item_in: Mapped[int | None] = mapped_column(
        Integer, doc="Line of the cash flow statement for money that comes in against this account; None: as the rules say."
    )
    cash_item_out: Mapped[int | None] = mapped_column(Integer, doc="As ``cash_item_in``, for money that goes out.")
    note: Mapped[str] = mapped_column(String(300), default="")


class AccountKey(TenantBase):
    """What posting rules call an account: ``receivable`` or ``education.tuition``.  Renumbering an account does not break a rule."""

    __tablename__ = "finance_account_key"
    __table_args__ = (UniqueConstraint("ledger_id", "key"),)

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("finance_account.id", ondelete="CASCADE"), index=True)


class Seat(TenantBase):
    """Which ledger a person has before them on the pages; programs name theirs in each request."""

    __tablename__ = "finance_seat"

    person_id: Mapped[UUID] = mapped_column(unique=True)
    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id", ondelete="CASCADE"))
