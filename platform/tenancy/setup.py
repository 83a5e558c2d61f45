"""An empty or older database becomes one that this release can use: roles, extensions, the platform's tables, the job queue."""

from sqlalchemy import text

from kernel import jobs
from kernel.database import Database
from tenancy import migrate, roles

_LOCK = 7_700_003


async def prepare(database: Database, *, app_password: str | None = None) -> list[str]:
    """Make ``database`` ready; safe to repeat, and by several processes at once.

    Tenants' tables are not touched: ``Fleet`` brings them up.  Returns what the server did not allow, for the operator.

    Raises:
        ServerUnfit: the server is too old or lacks something; the message says what to do.
    """
    notes = await roles.prepare(database, app_password=app_password)
    async with database.owner_engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        async with migrate.alembic_turn():
            await connection.run_sync(migrate.upgrade_platform)
        await jobs.install(connection, tenant_group=database.tenant_group, worker_role=database.registry_role)
    return notes
