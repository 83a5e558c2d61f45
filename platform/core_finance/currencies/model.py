"""Exchange rates, each from a day on."""

import enum
from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check


class RateKind(enum.StrEnum):
    """What a rate is for."""

    SPOT = "spot"  # 记账汇率: what an entry of the day takes
    CLOSING = "closing"  # 期末汇率: what the end of a month is valued at
    AVERAGE = "average"  # 平均汇率


class Rate(Versioned, TenantBase):
    """Units of ``base`` for one unit of ``currency``, from ``on`` until the next one."""

    __tablename__ = "finance_rate"
    __table_args__ = (
        choice_check("kind", RateKind),
        CheckConstraint("rate > 0", name="rate_positive"),
        UniqueConstraint("base", "currency", "kind", "on"),
    )

    base: Mapped[str] = mapped_column(String(3))
    currency: Mapped[str] = mapped_column(String(3))
    kind: Mapped[RateKind] = mapped_column(choice(RateKind))
    on: Mapped[date] = mapped_column(Date)
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    note: Mapped[str] = mapped_column(String(200), default="")
