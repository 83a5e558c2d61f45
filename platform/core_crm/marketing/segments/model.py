"""Segments and the members of those that are put together by hand."""

import enum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check


class SegmentKind(enum.StrEnum):
    DYNAMIC = "dynamic"
    STATIC = "static"


class Segment(Versioned, TenantBase):
    """A group of customers.  A dynamic one is whoever meets ``definition`` at the moment of asking."""

    __tablename__ = "crm_segment"
    __table_args__ = (choice_check("kind", SegmentKind),)

    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[SegmentKind] = mapped_column(choice(SegmentKind), default=SegmentKind.DYNAMIC)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    made_by: Mapped[str] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=True)


class SegmentMember(TenantBase):
    """A customer in a segment that is put together by hand.

    ``party_id`` has no foreign key: two parties that become one may both be members, which a key would not allow.
    """

    __tablename__ = "crm_segment_member"
    __table_args__ = (UniqueConstraint("segment_id", "party_id"),)

    segment_id: Mapped[UUID] = mapped_column(ForeignKey("crm_segment.id", ondelete="CASCADE"))
    party_id: Mapped[UUID] = mapped_column(index=True)
    added_by: Mapped[str] = mapped_column(String(80))
