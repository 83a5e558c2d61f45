"""The database's roles and what they may do.

``<db>_app`` signs in and can do nothing by itself; it may only become another role, for one transaction:
``<db>_registry`` reads and writes the platform's tables, ``<db>_t_000123`` those of one tenant.  ``<db>_tenant`` is
the group of all tenants' roles.
"""

import logging
import re

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import jobs
from kernel.database import Database

log = logging.getLogger(__name__)
EXTENSIONS = ("pg_trgm", "btree_gist")
_LOCK = 7_700_001


class ServerUnfit(Exception):
    """The PostgreSQL server lacks something the platform needs; the message says what to do."""


async def prepare(database: Database, *, app_password: str | None = None) -> list[str]:
    """Create the roles, the extensions and the closed doors of an empty database; safe to repeat.

    Returns what the server did not allow, as sentences for the operator.

    Raises:
        ServerUnfit: too old, an extension is missing, or the owner may not create roles.
    """
    async with database.owner_engine.begin() as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        superuser = await _check_server(connection)
        await _create_roles(connection, database, app_password)
        for statement in _grants(database):
            await connection.execute(text(statement))
        await jobs.install(connection, tenant_group=database.tenant_group, worker_role=database.registry_role)
        if not superuser:
            await connection.execute(text(f"GRANT {database.registry_role} TO CURRENT_USER"))
            return ["The owner role is no superuser: tenants' SQL can call set_config(). Revoke it from PUBLIC as a superuser."]
        for statement in _hardening(database):
            await connection.execute(text(statement))
    return []


async def forget(connection: AsyncConnection, database_name: str) -> None:
    """Drop all roles of a database that was dropped before."""
    pattern = f"^{re.escape(database_name)}_(app|registry|tenant|t_[0-9]+)$"
    names = (await connection.execute(text("SELECT rolname FROM pg_roles WHERE rolname ~ :pattern"), {"pattern": pattern})).scalars().all()
    for name in names:
        await connection.execute(text(f'DROP ROLE "{name}"'))


def tenant_role(database: Database, schema: str) -> str:
    """Name of the role that owns nothing but may use ``schema``."""
    return f"{database.name}_{schema}"


def role_statements(database: Database, schema: str, *, owner_is_superuser: bool) -> list[str]:
    """Create a tenant's role; the application may become it, and it sees what the group sees.

    So may the owner, who seeds a new tenant's rows with the tenant's rights; a superuser needs no membership for that.
    """
    role = tenant_role(database, schema)
    members = database.app_role if owner_is_superuser else f"{database.app_role}, CURRENT_USER"
    return [f"CREATE ROLE {role} NOLOGIN IN ROLE {database.tenant_group}", f"GRANT {role} TO {members}"]


async def is_superuser(connection: AsyncConnection) -> bool:
    """Whether the owner of the database may do everything on its server."""
    return bool(await connection.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")))


async def _check_server(connection: AsyncConnection) -> bool:
    """Whether we are superuser."""
    row = (
        await connection.execute(
            text(
                "SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,"
                " rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
            )
        )
    ).one()
    if row.version < 150_000:
        raise ServerUnfit(f"PostgreSQL {row.name} is too old; version 15 or newer is needed.")
    if not (row.rolsuper or row.rolcreaterole):
        raise ServerUnfit("The database user may not create roles; ALTER ROLE ... CREATEROLE, or use the owner of the server.")
    available = (
        await connection.execute(text("SELECT name FROM pg_available_extensions WHERE name = ANY(:names)"), {"names": list(EXTENSIONS)})
    ).scalars()
    if missing := sorted(set(EXTENSIONS) - set(available)):
        raise ServerUnfit(f"The PostgreSQL server lacks the extensions {', '.join(missing)}; install its contrib package.")
    return bool(row.rolsuper)


async def _create_roles(connection: AsyncConnection, database: Database, app_password: str | None) -> None:
    wanted = {
        database.app_role: "LOGIN NOINHERIT",
        database.registry_role: "NOLOGIN",
        database.tenant_group: "NOLOGIN",
    }
    query = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names)")
    known = set((await connection.execute(query, {"names": list(wanted)})).scalars())
    for name, options in wanted.items():
        await connection.execute(text(f"{'ALTER' if name in known else 'CREATE'} ROLE {name} {options}"))
    if app_password is not None:
        quoted = app_password.replace("'", "''").replace(":", r"\:")
        await connection.execute(text(f"ALTER ROLE {database.app_role} PASSWORD '{quoted}'"))


def _grants(database: Database) -> list[str]:
    return [
        "CREATE SCHEMA IF NOT EXISTS ext",
        *(f"CREATE EXTENSION IF NOT EXISTS {name} SCHEMA ext" for name in EXTENSIONS),
        f"GRANT USAGE ON SCHEMA ext TO {database.tenant_group}, {database.registry_role}",
        # Temporary tables would shadow real ones for the next tenant on the same connection.
        f'REVOKE TEMPORARY ON DATABASE "{database.name}" FROM PUBLIC',
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {database.registry_role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {database.registry_role}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {database.registry_role}",
        f"GRANT {database.registry_role} TO {database.app_role}",
    ]


def _hardening(database: Database) -> list[str]:
    # An injected "SELECT set_config('role', ...)" would switch the tenant for the rest of the transaction.  asyncpg itself
    # calls it as the login role when it looks a type up.
    return [
        "REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) TO {database.app_role}",
        "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
    ]
