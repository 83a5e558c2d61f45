"""Base classes of all tables.

``TenantBase`` tables stand in every tenant's schema; ``PlatformBase`` tables stand once, in ``public``.  Two bases mean
two metadatas, so a foreign key cannot cross from a tenant into the platform.
"""

import enum
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Dialect, Integer, MetaData, String, TypeDecorator, Uuid
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from kernel import clock
from kernel.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored and returned in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None


class Choice(TypeDecorator[Any]):
    """One of a ``StrEnum``'s values, stored as text.

    No PostgreSQL ENUM: a type per schema breaks statements that are prepared once and run in many schemas.  Use
    ``choice_check`` for the constraint.
    """

    impl = String
    cache_ok = True

    def __init__(self, kind: type[enum.StrEnum]) -> None:
        self.kind = kind
        self._members = {member.value: member for member in kind}
        super().__init__(max(40, *(len(member.value) for member in kind)))

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return value.value if type(value) is self.kind else None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self._members.get(value) or self.kind(value)

    @property
    def python_type(self) -> type[Any]:
        return self.kind


def choice(kind: type[enum.StrEnum]) -> Choice:
    """Column type for ``kind``: ``state: Mapped[OrderState] = mapped_column(choice(OrderState))``."""
    return Choice(kind)


def choice_check(column: str, kind: type[enum.StrEnum]) -> CheckConstraint:
    """The constraint that keeps ``column`` within ``kind``; goes into ``__table_args__``."""
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({values})", name=f"{column}_known")


class _Base(DeclarativeBase):
    __abstract__ = True
    type_annotation_map = {datetime: Moment(), UUID: Uuid()}  # noqa: RUF012 - SQLAlchemy's own protocol

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy's own protocol
        """The database sets nothing that Python did not, so a flush needs no reading back."""
        return {"eager_defaults": False}


R = TypeVar("R", bound=_Base)


class TenantBase(_Base):
    """A table in every tenant's schema.  It names no schema: the transaction's search_path does."""

    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-100)
    created_at: Mapped[datetime] = mapped_column(default=clock.now, sort_order=100)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now, sort_order=101)


class PlatformBase(_Base):
    """A table of the platform itself, in schema ``public``: the registry, people, sessions.  Tenants' roles cannot reach it."""

    __abstract__ = True
    metadata = MetaData(naming_convention=NAMING, schema="public")


def detached(session: AsyncSession, rows: Sequence[R]) -> Sequence[R]:
    """Rows that stay readable when the unit of work is rolled back: for a form that is drawn again after a refusal."""
    for row in rows:
        session.expunge(row)
    return rows


class Versioned:
    """Adds ``version``, counted up by each update: two people who edit at once do not overwrite each other."""

    version: Mapped[int] = mapped_column(Integer, default=1, sort_order=102)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805 - SQLAlchemy's own protocol
        return {"version_id_col": cls.version, "eager_defaults": False}
