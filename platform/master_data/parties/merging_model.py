"""Merges of parties, kept so that they can be undone, and what parties were seen to do."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase


class PartyMerge(TenantBase):
    """One party was found to be another.  ``before`` are the survivor's fields that changed, ``moved`` the rows that were moved."""

    __tablename__ = "master_party_merge"

    survivor_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    merged_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id"), index=True)
    merged_at: Mapped[datetime] = mapped_column(default=clock.now)
    merged_by: Mapped[str] = mapped_column(String(80))
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    moved: Mapped[list[Any]] = mapped_column(JSONB)
    undone_at: Mapped[datetime | None]


class Behaviour(TenantBase):
    """Something a party that agreed was seen to do: a page looked at, interest in a product."""

    __tablename__ = "master_behaviour"
    __table_args__ = (Index("ix_master_behaviour_party_id", "party_id", "at", "id"),)

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(300))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_product.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    details: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
