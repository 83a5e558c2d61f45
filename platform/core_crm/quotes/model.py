"""Tables of quotes.  A version that was sent never changes; a change is a new version."""

import enum
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core_crm.pricing.model import PricedHead, PricedLine, head_checks, line_checks
from kernel.i18n import N_
from kernel.orm import TenantBase, Versioned, choice, choice_check
from master_data.api import Owned


class QuoteState(enum.StrEnum):
    """How far a version has come.  ``pending``: somebody has to agree to prices below the floor."""

    DRAFT = "draft"
    PENDING = "pending"
    APPROVED = "approved"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REPLACED = "replaced"


class Quote(Owned, Versioned, TenantBase):
    """An offer to a customer under one number.  ``current`` is the version that counts, ``state`` is that version's."""

    rights_stem = "crm.quote"
    rights_label = N_("Quotes")

    __tablename__ = "crm_quote"
    __table_args__ = (
        choice_check("state", QuoteState),
        CheckConstraint("current > 0", name="current_positive"),
        Index("ix_crm_quote_list", "created_at", "id"),
    )

    number: Mapped[str] = mapped_column(String(30), unique=True)
    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    party_name: Mapped[str] = mapped_column(String(200))
    opportunity_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_opportunity.id", ondelete="SET NULL"), index=True)
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_order.id", ondelete="SET NULL"), index=True, doc="What it became.")
    current: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[QuoteState] = mapped_column(choice(QuoteState), default=QuoteState.DRAFT)
    made_by: Mapped[str] = mapped_column(String(80))
    versions: Mapped[list["QuoteVersion"]] = relationship(
        lazy="raise", order_by="QuoteVersion.no", cascade="all, delete-orphan", passive_deletes=True
    )

    @property
    def latest(self) -> "QuoteVersion":
        """The version that counts."""
        return next(version for version in self.versions if version.no == self.current)


class QuoteVersion(PricedHead, TenantBase):
    """What was offered at one time, with who agreed to it and what the customer said."""

    __tablename__ = "crm_quote_version"
    __table_args__ = (
        UniqueConstraint("quote_id", "no"),
        choice_check("state", QuoteState),
        CheckConstraint("valid_until >= quoted_on", name="valid_after_it_is_written"),
        CheckConstraint("state <> 'accepted' OR accepted_at IS NOT NULL", name="accepted_has_moment"),
        *head_checks(),
    )

    quote_id: Mapped[UUID] = mapped_column(ForeignKey("crm_quote.id", ondelete="CASCADE"))
    no: Mapped[int] = mapped_column(Integer)
    state: Mapped[QuoteState] = mapped_column(choice(QuoteState), default=QuoteState.DRAFT)
    quoted_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    remark: Mapped[str | None] = mapped_column(Text)
    made_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime | None]
    asked_by: Mapped[str | None] = mapped_column(String(80))
    asked_reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decision_note: Mapped[str | None] = mapped_column(String(500))
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str | None] = mapped_column(String(80))
    sent_to: Mapped[str | None] = mapped_column(String(254))
    link_key: Mapped[str | None] = mapped_column(String(40), doc="Random; part of what the customer's link is signed with.")
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None] = mapped_column(String(80), doc="The name the customer signed with.")
    accepted_ip: Mapped[str | None] = mapped_column(String(60))
    accepted_agent: Mapped[str | None] = mapped_column(String(300))
    declined_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None] = mapped_column(String(500))
    lines: Mapped[list["QuoteLine"]] = relationship(
        lazy="raise", order_by="QuoteLine.position", cascade="all, delete-orphan", passive_deletes=True
    )

    def lapsed(self, today: date) -> bool:
        """Whether the customer let its last day pass."""
        return self.state is QuoteState.SENT and self.valid_until < today


class QuoteLine(PricedLine, TenantBase):
    __tablename__ = "crm_quote_line"
    __table_args__ = (UniqueConstraint("version_id", "position"), *line_checks())

    version_id: Mapped[UUID] = mapped_column(ForeignKey("crm_quote_version.id", ondelete="CASCADE"))
