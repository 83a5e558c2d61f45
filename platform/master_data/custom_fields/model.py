"""A company's own fields."""

import enum
from typing import Any

from sqlalchemy import Integer, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.orm import TenantBase, Versioned, choice, choice_check


class CustomKind(enum.StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    CHOICE = "choice"
    CHECK = "check"


class CustomField(Versioned, TenantBase):
    """A field of the records of one kind, ``stem``.  Its values stand in the record's column ``custom`` under ``code``.

    With ``shown_if`` it is asked for only where another field of the company's own has a value: ``{"field": ..., "value": ...}``.
    """

    __tablename__ = "master_custom_field"
    __table_args__ = (choice_check("kind", CustomKind), UniqueConstraint("stem", "code"))

    stem: Mapped[str] = mapped_column(String(80))
    code: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(60))
    kind: Mapped[CustomKind] = mapped_column(choice(CustomKind))
    options: Mapped[list[str]] = mapped_column(JSONB, default=list)
    required: Mapped[bool] = mapped_column(default=False)
    only_once: Mapped[bool] = mapped_column(default=False, doc="No two records have the same value.")
    shown_if: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    position: Mapped[int] = mapped_column(Integer, default=100)
    active: Mapped[bool] = mapped_column(default=True)
