"""Where a tenant's tables and rows change together: one transaction of the owner, entered in turn by three roles."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from kernel.database import Database
from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import SYSTEM, Tenant, Work
from tenancy.migrate import advisory_key
from tenancy.registry import TENANTS, TenantRow, TenantState, TenantVertical, VerticalState, tenant_of

_OWNER = "SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = 0;"


class Stage:
    """One tenant under change.

    DDL runs as the owner on ``connection``; ``work()`` acts with the tenant's rights and ``registry()`` with those of the platform's
    own tables.  All of it is one transaction: a hook that fails leaves no table behind.  A hook's own ``commit`` ends a savepoint only.
    """

    def __init__(self, database: Database, connection: AsyncConnection, tenant: Tenant) -> None:
        self.database = database
        self.connection = connection
        self.tenant = tenant
        self._scopes = [_OWNER]

    @asynccontextmanager
    async def work(self, *, enabled: frozenset[str] | None = None, keep: bool = True) -> AsyncIterator[Work]:
        """A unit of work of the tenant within the stage's transaction.

        ``enabled`` looks ahead: the set as it will be.  Without ``keep`` what it wrote is undone at the end.
        """
        tenant = self.tenant if enabled is None else replace(self.tenant, enabled=enabled)
        if self.database.bus is None:
            raise RuntimeError("the database has no event bus yet")
        async with self._session(self.database.tenant_scope(tenant), keep=keep) as session:
            yield Work(tenant=tenant, actor=SYSTEM, session=session, bus=self.database.bus)

    @asynccontextmanager
    async def registry(self) -> AsyncIterator[AsyncSession]:
        """A session on the platform's own tables within the stage's transaction."""
        async with self._session(self.database.registry_scope()) as session:
            yield session

    @asynccontextmanager
    async def _session(self, scope: str, *, keep: bool = True) -> AsyncIterator[AsyncSession]:
        async with AsyncSession(self.connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
            await self._enter(scope)
            self._scopes.append(scope)
            yield session
            await (session.commit() if keep else session.rollback())
        # Not in a finally: after an error the transaction only waits for its rollback, and stays without the owner's rights.
        self._scopes.pop()
        await self._enter(self._scopes[-1])

    async def _enter(self, scope: str) -> None:
        raw = (await self.connection.get_raw_connection()).driver_connection
        if raw is None:
            raise RuntimeError("the connection is closed")
        await raw.execute(f"SET LOCAL ROLE NONE; {scope}")


@asynccontextmanager
async def stage(database: Database, tenant_id: int) -> AsyncIterator[Stage]:
    """The stage of one tenant, locked against every other change of its tables; committed at the end of the block.

    Raises:
        NotFound: there is no such tenant.
    """
    async with database.owner_engine.begin() as connection:
        row = (await connection.execute(TENANTS.where(TenantRow.id == tenant_id, TenantRow.state != TenantState.DELETING))).first()
        if row is None:
            raise NotFound(_("There is no company at this address."))
        await connection.execute(select(func.pg_advisory_xact_lock(advisory_key(row.schema, "stage"))))
        row = (await connection.execute(TENANTS.where(TenantRow.id == tenant_id))).one()
        yield Stage(database, connection, tenant_of(row))


async def enabled_versions(connection: AsyncConnection, tenant_id: int) -> dict[str, str]:
    """The versions of a tenant's enabled verticals, by name."""
    query = select(TenantVertical.vertical, TenantVertical.version).where(
        TenantVertical.tenant_id == tenant_id, TenantVertical.state == VerticalState.ENABLED
    )
    return {row.vertical: row.version for row in await connection.execute(query)}
