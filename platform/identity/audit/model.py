"""Entries of the audit log, in each company's own schema."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import TenantBase


class AuditEntry(TenantBase):
    """One act.  The database lets the company's role add and read entries, not change or remove them.

    ``object`` says what it was done to, ``role:sales`` or ``order:0190...``; ``actor_name`` stays readable when the
    person is long gone.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("ix_audit_entry_at_id", "at", "id"),
        Index("ix_audit_entry_object", "object"),
        {"info": {"privileges": "insert_only"}},
    )

    at: Mapped[datetime] = mapped_column(default=clock.now)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(Text)
    actor_kind: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    object: Mapped[str] = mapped_column(Text)
    object_name: Mapped[str | None] = mapped_column(Text, doc="What people called it then.")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    request_id: Mapped[str] = mapped_column(Text, default="")
    ip: Mapped[str] = mapped_column(Text, default="")
