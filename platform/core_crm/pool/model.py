"""Tables of the public pool."""

import enum
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase, choice, choice_check


class PoolKind(enum.StrEnum):
    LEAD = "lead"
    PARTY = "party"


class Condition(enum.StrEnum):
    NOT_FOLLOWED = "not_followed"
    NOT_WON = "not_won"


class Act(enum.StrEnum):
    """What happened to a record in the log of the pool."""

    DROPPED = "dropped"
    RELEASED = "released"
    CLAIMED = "claimed"
    ASSIGNED = "assigned"
    REMINDED = "reminded"


class PoolSettings(TenantBase):
    """The limits of one pool.  Without a number there is none."""

    __tablename__ = "crm_pool_settings"
    __table_args__ = (choice_check("kind", PoolKind),)

    kind: Mapped[PoolKind] = mapped_column(choice(PoolKind), unique=True)
    holding_cap: Mapped[int | None] = mapped_column(Integer, doc="So many may one person hold.")
    claims_per_day: Mapped[int | None] = mapped_column(Integer)
    cooldown_days: Mapped[int] = mapped_column(Integer, default=0, doc="Days before the former owner may claim it again.")
    remind_days: Mapped[int] = mapped_column(Integer, default=3, doc="Days before the drop on which the owner is reminded.")


class PoolRule(TenantBase):
    """When a record falls back into the pool."""

    __tablename__ = "crm_pool_rule"
    __table_args__ = (
        choice_check("kind", PoolKind),
        choice_check("condition", Condition),
        CheckConstraint("days > 0", name="days_positive"),
    )

    kind: Mapped[PoolKind] = mapped_column(choice(PoolKind))
    name: Mapped[str] = mapped_column(String(80))
    condition: Mapped[Condition] = mapped_column(choice(Condition))
    days: Mapped[int] = mapped_column(Integer)
    stage: Mapped[str | None] = mapped_column(String(40), doc="Only records of this stage (customers) or state (leads).")
    active: Mapped[bool] = mapped_column(default=True)


class PoolEntry(TenantBase):
    """A record lies in the pool.  Claiming it deletes the row, so of two who claim at once one gets it."""

    __tablename__ = "crm_pool_entry"
    __table_args__ = (
        choice_check("kind", PoolKind),
        UniqueConstraint("kind", "record_id"),
        Index("ix_crm_pool_entry_list", "kind", "since", "id"),
    )
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    kind: Mapped[PoolKind] = mapped_column(choice(PoolKind))
    record_id: Mapped[UUID]
    former_owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_employee.id"))
    since: Mapped[datetime] = mapped_column(default=clock.now)
    reason: Mapped[str] = mapped_column(String(200))


class PoolProtection(TenantBase):
    """A record that never falls into the pool, or not before a day."""

    __tablename__ = "crm_pool_protection"
    __table_args__ = (choice_check("kind", PoolKind), UniqueConstraint("kind", "record_id"))

    kind: Mapped[PoolKind] = mapped_column(choice(PoolKind))
    record_id: Mapped[UUID]
    until: Mapped[date | None] = mapped_column(Date)
    reason: Mapped[str | None] = mapped_column(String(200))


class PoolLog(TenantBase):
    """What happened in the pool.  Rows are added, never changed."""

    __tablename__ = "crm_pool_log"
    __table_args__ = (
        choice_check("kind", PoolKind),
        choice_check("act", Act),
        Index("ix_crm_pool_log_record", "kind", "record_id", "at"),
        Index("ix_crm_pool_log_list", "at", "id"),
        Index("ix_crm_pool_log_claims", "to_owner_id", "act", "at"),
        {"info": {"privileges": "insert_only"}},
    )
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    kind: Mapped[PoolKind] = mapped_column(choice(PoolKind))
    record_id: Mapped[UUID]
    record_name: Mapped[str] = mapped_column(String(200), doc="What it was called then.")
    act: Mapped[Act] = mapped_column(choice(Act))
    from_owner_id: Mapped[UUID | None]
    to_owner_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(String(80))
