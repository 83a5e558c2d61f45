"""A company's own formulas of statements, and the statements as they were filed."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase


class StatementFormulas(TenantBase):
    """Formulas of some lines of a form, which take the place of the official ones from a period on.

    Never changed: a change is a new version.  A version without lines goes back to the official form.
    """

    __tablename__ = "finance_statement_formulas"
    __table_args__ = (UniqueConstraint("ledger_id", "kind", "version"), {"info": {"privileges": "insert_only"}})
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id"))
    kind: Mapped[str] = mapped_column(String(30))
    version: Mapped[int] = mapped_column(Integer)
    from_period: Mapped[int] = mapped_column(Integer)
    lines: Mapped[dict[str, Any]] = mapped_column(JSONB, doc="Number of the line -> its terms [{account, take, sign}].")
    note: Mapped[str] = mapped_column(String(300), default="")
    made_by: Mapped[str] = mapped_column(String(100))


class FiledStatement(TenantBase):
    """A statement as it was filed (已报送).  It never changes, whatever happens to the books after."""

    __tablename__ = "finance_filed_statement"
    __table_args__ = ({"info": {"privileges": "insert_only"}},)
    created_at: ClassVar[None] = None  # type: ignore[assignment, misc]
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    ledger_id: Mapped[UUID] = mapped_column(ForeignKey("finance_ledger.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    first: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)
    formulas_version: Mapped[int] = mapped_column(Integer, doc="0 for the official form.")
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str] = mapped_column(String(64), doc="SHA-256 of the content.")
    note: Mapped[str] = mapped_column(String(300), default="")
    filed_by: Mapped[str] = mapped_column(String(100))
    filed_at: Mapped[datetime]
