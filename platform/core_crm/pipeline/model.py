"""Tables of the pipeline: stages, opportunities with their lines, and every move that was made."""

import enum
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, Numeric, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel import clock
from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.api import Customised, Owned


class StageKind(enum.StrEnum):
    """What a stage means: the opportunity is open, won or lost."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Pipeline(Versioned, TenantBase):
    """A way of selling, with stages of its own: new business, renewals, partners."""

    __tablename__ = "crm_pipeline"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(default=True)
    stages: Mapped[list["Stage"]] = relationship(
        lazy="raise", order_by="Stage.position", cascade="all, delete-orphan", passive_deletes=True
    )


class Stage(TenantBase):
    """A step of a pipeline.

    ``required`` are fields an opportunity must have to stand here or further on; ``criteria`` are sentences to be ticked
    before it may leave for a later stage.
    """

    __tablename__ = "crm_stage"
    __table_args__ = (
        choice_check("kind", StageKind),
        UniqueConstraint("pipeline_id", "position", deferrable=True, initially="DEFERRED"),
        CheckConstraint("probability >= 0 AND probability <= 100", name="probability_is_a_percentage"),
        CheckConstraint("stale_days > 0", name="stale_days_positive"),
    )

    pipeline_id: Mapped[UUID] = mapped_column(ForeignKey("crm_pipeline.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[StageKind] = mapped_column(choice(StageKind), default=StageKind.OPEN)
    probability: Mapped[Decimal] = mapped_column(Numeric(5, 2), doc="Per cent of such opportunities that are won.")
    required: Mapped[list[str]] = mapped_column(JSONB, default=list)
    criteria: Mapped[list[str]] = mapped_column(JSONB, default=list)
    active: Mapped[bool] = mapped_column(default=True, doc="A stage that was taken away stays for the history.")
    stale_days: Mapped[int | None] = mapped_column(Integer, doc="Days without activity after which an opportunity here is stale.")


class LostReason(TenantBase):
    """Why opportunities are lost; chosen, so that it can be counted."""

    __tablename__ = "crm_lost_reason"

    name: Mapped[str] = mapped_column(String(60), unique=True)
    position: Mapped[int] = mapped_column(Integer, default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Opportunity(Customised, Owned, Versioned, TenantBase):
    """A chance to sell something to somebody.  With lines its amount is their sum, tax included."""

    rights_stem = "crm.opportunity"
    rights_label = N_("Opportunities")

    __tablename__ = "crm_opportunity"
    __table_args__ = (
        choice_check("state", StageKind),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint("state <> 'lost' OR lost_reason_id IS NOT NULL", name="lost_has_reason"),
        CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_has_moment"),
        Index("ix_crm_opportunity_board", "stage_id", "rank"),
        Index("ix_crm_opportunity_expected", "state", "expected_on"),
        Index("ix_crm_opportunity_closed", "state", "closed_at"),
        Index("ix_crm_opportunity_list", "created_at", "id"),
    )

    name: Mapped[str] = mapped_column(String(120))
    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    contact_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_contact.id", ondelete="SET NULL"), index=True)
    pipeline_id: Mapped[UUID] = mapped_column(ForeignKey("crm_pipeline.id"), index=True)
    stage_id: Mapped[UUID] = mapped_column(ForeignKey("crm_stage.id"))
    state: Mapped[StageKind] = mapped_column(choice(StageKind), default=StageKind.OPEN, doc="The kind of its stage.")
    stage_since: Mapped[datetime]
    rank: Mapped[float] = mapped_column(default=0.0, doc="Its place in the column of the board, the smallest on top.")
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2), default=Decimal(0))
    currency: Mapped[str] = mapped_column(String(3), doc="ISO 4217 code.")
    expected_on: Mapped[date | None] = mapped_column(Date)
    source: Mapped[str | None] = mapped_column(String(80))
    remark: Mapped[str | None] = mapped_column(Text)
    met: Mapped[list[str]] = mapped_column(JSONB, default=list, doc="Exit criteria that were ticked, in their words.")
    last_activity_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    lost_reason_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_lost_reason.id"))
    lost_remark: Mapped[str | None] = mapped_column(String(500))
    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_lead.id", ondelete="SET NULL"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_order.id", ondelete="SET NULL"), index=True, doc="What it became.")
    made_by: Mapped[str] = mapped_column(String(80))
    lines: Mapped[list["OpportunityLine"]] = relationship(
        lazy="raise", order_by="OpportunityLine.position", cascade="all, delete-orphan", passive_deletes=True
    )
    competitors: Mapped[list["Competitor"]] = relationship(
        lazy="raise", order_by="Competitor.name", cascade="all, delete-orphan", passive_deletes=True
    )


class OpportunityLine(TenantBase):
    """What the customer may buy, in the shape of an order's line."""

    __tablename__ = "crm_opportunity_line"
    __table_args__ = (UniqueConstraint("opportunity_id", "position"), CheckConstraint("quantity > 0", name="quantity_positive"))

    opportunity_id: Mapped[UUID] = mapped_column(ForeignKey("crm_opportunity.id", ondelete="CASCADE"))
    position: Mapped[int]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_product.id"), index=True)
    description: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    unit: Mapped[str] = mapped_column(String(20))
    unit_price: Mapped[Decimal] = mapped_column(Numeric(20, 6), doc="With tax.")
    discount_percent: Mapped[Decimal] = mapped_column(Numeric(7, 4), default=Decimal(0))
    tax_code: Mapped[str] = mapped_column(String(20))
    gross: Mapped[Decimal] = mapped_column(Numeric(20, 2))


class Competitor(TenantBase):
    """Who else bids, and what is known about it."""

    __tablename__ = "crm_competitor"
    __table_args__ = (UniqueConstraint("opportunity_id", "name"),)

    opportunity_id: Mapped[UUID] = mapped_column(ForeignKey("crm_opportunity.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    remark: Mapped[str | None] = mapped_column(String(200))


class StageMove(TenantBase):
    """An opportunity came into a stage.  Rows are added, never changed: stage times and the funnel are read from them."""

    __tablename__ = "crm_stage_move"
    __table_args__ = (
        choice_check("kind", StageKind),
        Index("ix_crm_stage_move_opportunity_id_at", "opportunity_id", "at"),
        Index("ix_crm_stage_move_at", "at"),
        {"info": {"privileges": "insert_only"}},
    )
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    opportunity_id: Mapped[UUID] = mapped_column(ForeignKey("crm_opportunity.id", ondelete="CASCADE"))
    from_stage_id: Mapped[UUID | None]
    stage_id: Mapped[UUID] = mapped_column(ForeignKey("crm_stage.id"), index=True)
    kind: Mapped[StageKind] = mapped_column(choice(StageKind), doc="The kind of the stage at that moment.")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(String(80))
    amount: Mapped[Decimal] = mapped_column(Numeric(20, 2))
    reason: Mapped[str | None] = mapped_column(String(500))
