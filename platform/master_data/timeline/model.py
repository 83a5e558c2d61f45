"""Entries of a record's timeline."""

import enum
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, LargeBinary, Numeric, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase, choice, choice_check


class ActivityKind(enum.StrEnum):
    CALL = "call"
    VISIT = "visit"
    MAIL = "mail"
    WECHAT = "wechat"
    NOTE = "note"
    SYSTEM = "system"


class Activity(TenantBase):
    """One contact with, or note about, a record.  ``record_kind`` is the stem of the record's permissions.

    ``private`` shows it to its author only.  An entry of the platform has ``path``, the page of what happened.
    """

    __tablename__ = "master_activity"
    __table_args__ = (
        choice_check("kind", ActivityKind),
        Index("ix_master_activity_record", "record_kind", "record_id", "at", "id"),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="position_is_whole"),
        Index("ix_master_activity_visit", "at", "id", postgresql_where=text("kind = 'visit'")),
        Index("ix_master_activity_next", "next_contact_on", postgresql_where=text("next_contact_on IS NOT NULL")),
    )

    record_kind: Mapped[str] = mapped_column(String(80))
    record_id: Mapped[UUID]
    kind: Mapped[ActivityKind] = mapped_column(choice(ActivityKind))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    author_id: Mapped[UUID | None] = mapped_column(doc="The person who signed in; none: the platform itself.")
    author_name: Mapped[str] = mapped_column(String(80), default="")
    employee_id: Mapped[UUID | None] = mapped_column(ForeignKey("master_employee.id"), index=True)
    next_contact_on: Mapped[date | None] = mapped_column(Date)
    private: Mapped[bool] = mapped_column(default=False)
    path: Mapped[str | None] = mapped_column(String(200))
    place: Mapped[str | None] = mapped_column(String(200), doc="Where it was, in words.")
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6), doc="Degrees north, WGS 84.")
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6), doc="Degrees east, WGS 84.")


class ActivityFile(TenantBase):
    """A file or photograph of an entry; it goes with the entry.  ``small`` is a JPEG for lists, where it is a picture."""

    __tablename__ = "master_activity_file"

    activity_id: Mapped[UUID] = mapped_column(ForeignKey("master_activity.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    small: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    added_by: Mapped[str] = mapped_column(String(80))
