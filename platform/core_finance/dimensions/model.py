"""Kinds of dimensions that a company adds, and their items.

Party, department, employee and product are master data; ``project`` has items here from the start.
"""

from sqlalchemy import CheckConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned

PROJECT = "project"


class DimensionKind(Versioned, TenantBase):
    """A kind of the company's own, such as region or vehicle."""

    __tablename__ = "finance_dimension_kind"
    __table_args__ = (CheckConstraint("key ~ '^[a-z][a-z0-9_]{0,19}$'", name="key_plain"),)

    key: Mapped[str] = mapped_column(String(20), unique=True, doc="How programs name it; never changes.")
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60), default="")
    position: Mapped[int] = mapped_column(Integer, default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class DimensionItem(Versioned, TenantBase):
    """One project, region and so on.  Disabled, never deleted, once the books speak of it."""

    __tablename__ = "finance_dimension_item"
    __table_args__ = (UniqueConstraint("kind", "code"), Index(None, "kind", "name"))

    kind: Mapped[str] = mapped_column(String(20), doc="``project``, or the key of a kind.")
    code: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(100))
    mnemonic: Mapped[str] = mapped_column(String(100), default="", doc="Initials in pinyin, for search.")
    is_active: Mapped[bool] = mapped_column(default=True)
