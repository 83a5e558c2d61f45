"""Brings all tenants to this release, some at a time, resumable: a failed one keeps its tables as they were and is shown."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, exists, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import Text

from kernel import clock
from kernel.database import Database
from tenancy import migrate
from tenancy.catalog import Catalog
from tenancy.lifecycle import Lifecycle
from tenancy.registry import TENANTS, MigrationRun, RunState, TenantRow, TenantState, TenantVertical, VerticalState

log = logging.getLogger(__name__)

ATTEMPTS_MAX = 3
STALE = timedelta(minutes=10)
FAILURES_MAX = 5

_UNOPENED = and_(TenantRow.slug.is_not(None), TenantRow.opened_at.is_(None))
_VERSIONS = (
    select(func.coalesce(func.jsonb_object_agg(TenantVertical.vertical, TenantVertical.version), text("'{}'"), type_=JSONB))
    .where(TenantVertical.tenant_id == TenantRow.id, TenantVertical.state == VerticalState.ENABLED)
    .correlate(TenantRow)
    .scalar_subquery()
    .label("versions")
)


@dataclass
class Report:
    """How a run ended.  ``stopped`` says that it gave up early, as too many tenants failed or a canary did."""

    done: int = 0
    failed: int = 0
    stopped: bool = False


class Fleet:
    """Migrates the tenants of one database.  Each is one transaction; several processes may run at once."""

    def __init__(self, database: Database, catalog: Catalog, lifecycle: Lifecycle) -> None:
        self._database = database
        self._catalog = catalog
        self._lifecycle = lifecycle

    async def due(self) -> list[int]:
        """Ids of the tenants behind this release, by one query over the registry, canaries first."""
        cores = [name for name in self._catalog.manifests if name in self._catalog.cores]
        apart = [~TenantRow.heads.contains(migrate.heads(self._catalog, cores)), _UNOPENED]
        for name in self._catalog.verticals:
            head = migrate.head_of(self._catalog, name)
            older = TenantVertical.version != self._catalog.manifests[name].version
            if head is not None:
                older = or_(older, ~TenantRow.heads.contains(literal([head], ARRAY(Text))))
            enabled = and_(TenantVertical.vertical == name, TenantVertical.state == VerticalState.ENABLED)
            apart.append(exists().where(TenantVertical.tenant_id == TenantRow.id, enabled, older))
        query = TENANTS.add_columns(_VERSIONS, _UNOPENED.label("unopened")).where(TenantRow.state != TenantState.DELETING, or_(*apart))
        async with self._database.registry_session() as session:
            rows = await session.execute(query.order_by(TenantRow.canary.desc(), TenantRow.id))
            return [row.id for row in rows if self._behind(row)]

    def _behind(self, row: Any) -> bool:
        """Whether a tenant that differs from this release is older in some part, not newer in all of them."""
        names = self._catalog.active(row.enabled)
        other = any(name in row.versions and row.versions[name] != self._catalog.manifests[name].version for name in names)
        return other or row.unopened or migrate.behind(self._catalog, names, row.heads)

    async def plan(self) -> int:
        """Write down which tenants are due, giving those that failed before new attempts; how many."""
        due = await self.due()
        if due:
            async with self._database.registry_session() as session:
                statement = insert(MigrationRun).values(
                    [{"tenant_id": tenant_id, "state": RunState.WAITING, "attempts": 0} for tenant_id in due]
                )
                again = {"state": RunState.WAITING, "attempts": 0, "error": None}
                fresh = or_(MigrationRun.state != RunState.RUNNING, MigrationRun.started_at < clock.now() - STALE)
                await session.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_=again, where=fresh))
        return len(due)

    async def run(self, *, failures_max: int = FAILURES_MAX) -> Report:
        """Migrate what was planned, canaries first, until nothing is left or too much failed."""
        report = Report()
        while not report.stopped:
            claimed = await self._claim()
            if claimed is None:
                return report
            tenant_id, canary = claimed
            try:
                await self._lifecycle.bring_up(tenant_id)
            except asyncio.CancelledError:
                await self._finish(tenant_id, RunState.WAITING, "interrupted")
                raise
            except Exception as error:
                log.exception("tenant %s could not be migrated", tenant_id)
                attempts = await self._finish(tenant_id, RunState.FAILED, str(error.orig if isinstance(error, DBAPIError) else error))
                if attempts >= ATTEMPTS_MAX:
                    report.failed += 1
                    report.stopped = canary or report.failed >= failures_max
            else:
                await self._finish(tenant_id, RunState.DONE, None)
                report.done += 1
        return report

    async def status(self) -> dict[str, int]:
        """How many tenants wait, run, are done or failed."""
        async with self._database.registry_session() as session:
            rows = await session.execute(select(MigrationRun.state, func.count()).group_by(MigrationRun.state))
            return {row[0].value: row[1] for row in rows}

    async def _claim(self) -> tuple[int, bool] | None:
        """The next tenant, for this process alone."""
        now = clock.now()
        claimable = or_(
            and_(MigrationRun.state.in_([RunState.WAITING, RunState.FAILED]), MigrationRun.attempts < ATTEMPTS_MAX),
            and_(MigrationRun.state == RunState.RUNNING, MigrationRun.started_at < now - STALE),
        )
        chosen = (
            select(MigrationRun.tenant_id, TenantRow.canary)
            .join(TenantRow, TenantRow.id == MigrationRun.tenant_id)
            .where(claimable)
            .order_by(TenantRow.canary.desc(), MigrationRun.attempts, MigrationRun.tenant_id)
            .limit(1)
            .with_for_update(of=MigrationRun, skip_locked=True)
        )
        async with self._database.registry_session() as session:
            row = (await session.execute(chosen)).first()
            if row is None:
                return None
            await session.execute(
                update(MigrationRun)
                .where(MigrationRun.tenant_id == row.tenant_id)
                .values(state=RunState.RUNNING, attempts=MigrationRun.attempts + 1, started_at=now, finished_at=None)
            )
            return row.tenant_id, row.canary

    async def _finish(self, tenant_id: int, state: RunState, error: str | None) -> int:
        async with self._database.registry_session() as session:
            attempts = await session.scalar(
                update(MigrationRun)
                .where(MigrationRun.tenant_id == tenant_id)
                .values(state=state, finished_at=clock.now(), error=error[:500] if error else None)
                .returning(MigrationRun.attempts)
            )
            return attempts or 0


async def fingerprints(database: Database) -> dict[str, int]:
    """How many tenants have each structure.  Two structures among tenants with the same verticals: one was changed by hand."""
    async with database.registry_session() as session:
        rows = await session.execute(text("SELECT fingerprint, count(*) FROM public.tenant GROUP BY fingerprint"))
        return {row[0]: row[1] for row in rows}
