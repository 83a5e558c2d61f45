"""The register of tenants, in schema ``public``: who they are, where their tables stand, which verticals they use."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock
from kernel.orm import PlatformBase, choice, choice_check
from kernel.work import Tenant


class TenantState(enum.StrEnum):
    SPARE = "spare"  # provisioned, waiting for a sign-up
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DELETING = "deleting"


class VerticalState(enum.StrEnum):
    ENABLED = "enabled"
    DISABLED = "disabled"
    PURGING = "purging"


class RunState(enum.StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class TenantRow(PlatformBase):
    """One tenant.  ``schema`` and ``role`` are opaque and never change; the name and the slug may."""

    __tablename__ = "tenant"
    __table_args__ = (
        choice_check("state", TenantState),
        CheckConstraint("(slug IS NULL) = (state = 'spare')", name="slug_unless_spare"),
        Index("uq_tenant_slug_lower", func.lower(text("slug")), unique=True),
        Index("ix_tenant_spare", "id", postgresql_where=text("state = 'spare'")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    schema: Mapped[str] = mapped_column(Text, unique=True)
    role: Mapped[str] = mapped_column(Text, unique=True)
    slug: Mapped[str | None] = mapped_column(Text, doc="Sub-domain; unique without regard to case.")
    name: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[TenantState] = mapped_column(choice(TenantState), default=TenantState.SPARE)
    shard: Mapped[str] = mapped_column(Text, default="main", doc="Which database holds the schema.")
    zone: Mapped[str] = mapped_column(Text, default="Asia/Shanghai")
    currency: Mapped[str] = mapped_column(Text, default="CNY")
    locale: Mapped[str] = mapped_column(Text, default="zh_CN")
    heads: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, doc="Alembic heads of the schema; written with each migration.")
    fingerprint: Mapped[str] = mapped_column(Text, default="", doc="Digest of the schema's structure after the last migration.")
    canary: Mapped[bool] = mapped_column(default=False, doc="Migrated before the others.")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    activated_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None] = mapped_column(doc="When the core packages had seeded it.")


class TenantVertical(PlatformBase):
    """A vertical that a tenant has, or had, switched on.  No row means never, or purged."""

    __tablename__ = "tenant_vertical"
    __table_args__ = (choice_check("state", VerticalState),)

    tenant_id: Mapped[int] = mapped_column(ForeignKey("public.tenant.id", ondelete="CASCADE"), primary_key=True)
    vertical: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[str] = mapped_column(Text, doc="Version of the distribution whose on_enable or on_upgrade ran last.")
    state: Mapped[VerticalState] = mapped_column(choice(VerticalState))
    enabled_at: Mapped[datetime] = mapped_column(default=clock.now)
    disabled_at: Mapped[datetime | None]
    exported_at: Mapped[datetime | None] = mapped_column(doc="When its data was last handed out; a purge needs it.")


class MigrationRun(PlatformBase):
    """Where the fleet runner stands with one tenant: a row while a migration is due, running or failed."""

    __tablename__ = "migration_run"
    __table_args__ = (choice_check("state", RunState),)

    tenant_id: Mapped[int] = mapped_column(ForeignKey("public.tenant.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)


TENANTS = select(
    TenantRow.id,
    TenantRow.schema,
    TenantRow.role,
    TenantRow.slug,
    TenantRow.name,
    TenantRow.state,
    TenantRow.shard,
    TenantRow.zone,
    TenantRow.currency,
    TenantRow.locale,
    TenantRow.heads,
    select(func.coalesce(func.array_agg(TenantVertical.vertical), text("'{}'")))
    .where(TenantVertical.tenant_id == TenantRow.id, TenantVertical.state == VerticalState.ENABLED)
    .correlate(TenantRow)
    .scalar_subquery()
    .label("enabled"),
)
"""Registry rows with the tenant's enabled verticals; ``tenant_of`` reads one."""


def tenant_of(row: Any) -> Tenant:
    """The ``Tenant`` of a row of ``TENANTS``."""
    return Tenant(
        id=row.id,
        schema=row.schema,
        role=row.role,
        slug=row.slug or "",
        name=row.name,
        enabled=frozenset(row.enabled),
        zone=row.zone,
        currency=row.currency,
        locale=row.locale,
        shard=row.shard,
    )
