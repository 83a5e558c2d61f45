"""What the invariant centre found, and when."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase


class InvariantRun(TenantBase):
    """One look at all invariants of a ledger."""

    __tablename__ = "finance_invariant_run"
    __table_args__ = (Index(None, "ledger_id", "ran_at"), {"info": {"privileges": "insert_only"}})
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id"))
    ran_at: Mapped[datetime]
    ran_by: Mapped[str] = mapped_column(String(100))
    took_ms: Mapped[int] = mapped_column(Integer)
    broken: Mapped[int] = mapped_column(Integer, doc="How many invariants do not hold.")
    results: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, doc="Of each invariant: key, holds, breaches with their documents.")
