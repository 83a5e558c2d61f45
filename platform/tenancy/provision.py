"""New tenants: made ahead of time as spares, so that a sign-up claims a row and runs no DDL."""

import asyncio

from sqlalchemy import Select, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from kernel import clock
from kernel.database import Database
from kernel.errors import Unavailable
from kernel.i18n import gettext as _
from kernel.work import Tenant
from tenancy import slugs
from tenancy.catalog import Catalog
from tenancy.ddl import Blueprint
from tenancy.directory import notify
from tenancy.registry import TenantRow, TenantState
from tenancy.roles import is_superuser, tenant_role
from tenancy.structure import fingerprint

CLAIMS_MAX = 5
_LOCK = 7_700_002


class Provisioner:
    """Makes tenants of one database from the Catalog's core packages."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self.blueprint = Blueprint(catalog)
        self._superuser: bool | None = None
        self._fingerprint: str | None = None

    async def provision(self) -> int:
        """Make one spare tenant in one transaction and answer its id."""
        async with self._database.owner_engine.begin() as connection:
            tenant_id: int = (await connection.execute(text("SELECT nextval(pg_get_serial_sequence('public.tenant', 'id'))"))).scalar_one()
            schema = f"t_{tenant_id:06}"
            if self._superuser is None:
                self._superuser = await is_superuser(connection)
            await _send(connection, self.blueprint.statements(self._database, schema, owner_is_superuser=self._superuser))
            if self._fingerprint is None:
                self._fingerprint = await connection.run_sync(fingerprint, schema)
            await connection.execute(
                insert(TenantRow).values(
                    id=tenant_id,
                    schema=schema,
                    role=tenant_role(self._database, schema),
                    heads=self.blueprint.heads,
                    fingerprint=self._fingerprint,
                )
            )
        return tenant_id

    async def fill(self, spares: int) -> int:
        """Make spares until there are ``spares`` at this release's revisions; how many were made.

        Several processes may call it at once: one works, the others find the pool full.
        """
        async with self._database.owner_engine.connect() as connection:
            if not await connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
                return 0
            try:
                missing = max(0, spares - (await connection.scalar(self._ready()) or 0))
                for _each in range(missing):
                    await self.provision()
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
        return missing

    async def claim(
        self,
        session: AsyncSession,
        *,
        slug: str,
        name: str,
        zone: str = "Asia/Shanghai",
        currency: str = "CNY",
        locale: str = "zh_CN",
    ) -> Tenant:
        """A spare becomes the tenant ``slug``, in the registry session of the caller: nothing is kept unless it commits.

        With an empty pool a tenant is made on the spot, which takes some tenths of a second.  ``Lifecycle.open`` comes next.

        Raises:
            SlugRefused: the slug is no name for a company's address.
            SlugTaken: another company has it.
        """
        lowered = slugs.checked(slug)
        if await session.scalar(select(TenantRow.id).where(func.lower(TenantRow.slug) == lowered)):
            raise slugs.SlugTaken(_("The address %(slug)s is taken. Choose another.", slug=lowered), field="slug")
        spare = (
            select(TenantRow.id)
            .where(TenantRow.state == TenantState.SPARE, TenantRow.heads.contains(self.blueprint.heads))
            .order_by(TenantRow.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        statement = (
            update(TenantRow)
            .where(TenantRow.id == spare)
            .values(
                slug=lowered,
                name=name,
                zone=zone,
                currency=currency,
                locale=locale,
                state=TenantState.ACTIVE,
                activated_at=clock.now(),
            )
            .returning(TenantRow.id, TenantRow.schema, TenantRow.role, TenantRow.shard)
            .execution_options(synchronize_session=False)
        )
        for _attempt in range(CLAIMS_MAX):
            try:
                async with session.begin_nested():
                    row = (await session.execute(statement)).first()
            except IntegrityError as error:
                if "uq_tenant_slug_lower" not in str(error.orig):
                    raise
                raise slugs.SlugTaken(_("The address %(slug)s is taken. Choose another.", slug=lowered), field="slug") from error
            if row is not None:
                await notify(session, row.id)
                return Tenant(
                    id=row.id,
                    schema=row.schema,
                    role=row.role,
                    slug=lowered,
                    name=name,
                    zone=zone,
                    currency=currency,
                    locale=locale,
                    shard=row.shard,
                )
            await self.provision()
        raise Unavailable(_("No new company can be set up at the moment. Try again in a minute."))

    def _ready(self) -> Select[int]:
        return select(func.count()).where(TenantRow.state == TenantState.SPARE, TenantRow.heads.contains(self.blueprint.heads))


async def rename(session: AsyncSession, tenant_id: int, *, slug: str | None = None, name: str | None = None) -> None:
    """Give a tenant another address or name, in the caller's registry session; its schema is not touched.

    Raises:
        SlugRefused: the slug is no name for a company's address.
        SlugTaken: another company has it.
    """
    values: dict[str, str] = {}
    if slug is not None:
        values["slug"] = slugs.checked(slug)
    if name is not None:
        values["name"] = name
    if not values:
        return
    try:
        async with session.begin_nested():
            await session.execute(update(TenantRow).where(TenantRow.id == tenant_id).values(values))
    except IntegrityError as error:
        raise slugs.SlugTaken(_("The address %(slug)s is taken. Choose another.", slug=values["slug"]), field="slug") from error
    await notify(session, tenant_id)


async def _send(connection: AsyncConnection, statements: list[str]) -> None:
    """All statements in one round trip, within the connection's transaction."""
    await connection.execute(text("SELECT 1"))  # SQLAlchemy sends BEGIN with the first statement only
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        raise RuntimeError("the connection is closed")
    await raw.execute(";\n".join(statements))


async def keep_filled(provisioner: Provisioner, spares: int, *, every_s: float = 30) -> None:
    """Fill the pool again and again, until cancelled."""
    while True:
        await provisioner.fill(spares)
        await asyncio.sleep(every_s)
