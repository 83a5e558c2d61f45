"""Notes of what was said and done with a lead, a customer or about an opportunity."""

import enum
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase, choice, choice_check


class FollowKind(enum.StrEnum):
    CALL = "call"
    VISIT = "visit"
    MESSAGE = "message"
    NOTE = "note"


class FollowUp(TenantBase):
    """One contact.  What was noted at a lead also stands at the customer and opportunity that it became."""

    __tablename__ = "crm_follow_up"
    __table_args__ = (
        choice_check("kind", FollowKind),
        CheckConstraint("num_nonnulls(lead_id, party_id, opportunity_id) > 0", name="about_something"),
        Index("ix_crm_follow_up_lead_id_at", "lead_id", "at"),
        Index("ix_crm_follow_up_party_id_at", "party_id", "at"),
        Index("ix_crm_follow_up_opportunity_id_at", "opportunity_id", "at"),
    )

    lead_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_lead.id", ondelete="CASCADE"))
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"))
    opportunity_id: Mapped[UUID | None] = mapped_column(ForeignKey("crm_opportunity.id", ondelete="CASCADE"))
    kind: Mapped[FollowKind] = mapped_column(choice(FollowKind), default=FollowKind.NOTE)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(String(80))
    next_on: Mapped[date | None] = mapped_column(Date, doc="When to be in touch again.")
