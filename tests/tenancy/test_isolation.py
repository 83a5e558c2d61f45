"""One tenant cannot reach another, nor the platform, whatever statement is sent: the database refuses."""

import asyncio
import random

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.database import TENANTS_PER_CONNECTION, scoped_engine
from kernel.work import Tenant


@pytest.fixture
async def pair(house):
    """Two tenants, each with one row that names it."""
    tenants = [await house.tenant(), await house.tenant()]
    for tenant in tenants:
        await name_it(house, tenant)
    return tenants


async def name_it(house, tenant: Tenant) -> None:
    async with house.database.tenant_session(tenant) as session:
        await session.execute(
            text("INSERT INTO document_sequence VALUES (gen_random_uuid(), :k, '', 1, now(), now())"),
            {"k": f"secret of {tenant.schema}"},
        )


async def refused(house, tenant, statement: str) -> str:
    async with house.database.tenant_session(tenant) as session:
        with pytest.raises(DBAPIError) as caught:
            await session.execute(text(statement))
        await session.rollback()
    return str(caught.value.orig)


async def test_sql_without_a_tenant_fails_in_the_database(house, pair):
    engine = house.database.engines["main"]
    for statement in (
        "SELECT * FROM document_sequence",
        f"SELECT * FROM {pair[0].schema}.document_sequence",
        "SELECT * FROM public.tenant",
        "CREATE TEMP TABLE x (id int)",
        "CREATE SCHEMA mine",
    ):
        async with engine.connect() as connection:
            with pytest.raises(DBAPIError, match=r"does not exist|permission denied"):
                await connection.execute(text(statement))


async def test_without_a_transaction_there_is_no_tenant_either(house, pair):
    engine = house.database.engines["main"].execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError, match="does not exist"):
            await connection.execute(text("SELECT * FROM document_sequence"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {other}.document_sequence",
        "INSERT INTO {other}.outbox_event DEFAULT VALUES",
        "SELECT * FROM public.tenant",
        "SELECT * FROM public.tenant_vertical",
        "SELECT * FROM public.alembic_version_platform",
        "SELECT * FROM alembic_version_tenancy",
        "SELECT * FROM jobs.pgqueuer",
        "SELECT set_config('role', '{other_role}', true)",
        "SELECT set_config('search_path', '{other}', true)",
        "UPDATE pg_settings SET setting = '{other}' WHERE name = 'search_path'",
        "DO $$ BEGIN EXECUTE 'SET ROLE {other_role}'; END $$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TEMP TABLE document_sequence (id int)",
        "CREATE TABLE mine (id int)",
        "CREATE EXTENSION dblink",
        "ALTER SCHEMA {own} RENAME TO x",
        "DROP SCHEMA {own} CASCADE",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY document_sequence TO PROGRAM 'id'",
        "SELECT * FROM pg_authid",
        "SELECT 1; SELECT 2",
    ],
)
async def test_a_tenants_statement_is_refused(house, pair, statement):
    own, other = pair
    answer = await refused(house, own, statement.format(own=own.schema, other=other.schema, other_role=other.role))
    assert any(word in answer for word in ("permission denied", "must be owner", "must be superuser", "cannot insert multiple commands")), (
        answer
    )


async def test_the_registry_role_cannot_read_a_tenant(house, pair):
    async with house.database.registry_session() as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text(f"SELECT * FROM {pair[0].schema}.document_sequence"))
        await session.rollback()


async def test_the_registrys_own_connections_cannot_read_a_tenant_either(house, pair):
    scope = await house.database.registry_row("SELECT current_user::text, current_schema()::text, current_setting('statement_timeout')")
    assert tuple(scope.values()) == (house.database.registry_role, "public", "15s")
    with pytest.raises(DBAPIError, match="permission denied"):
        await house.database.registry_row(f"SELECT * FROM {pair[0].schema}.document_sequence")
    with pytest.raises(DBAPIError, match="cannot insert multiple commands"):
        await house.database.registry_row(f"SET ROLE {pair[0].role}; SELECT 1")


async def test_rows_by_the_driver_alone_are_the_tenants_own_and_only_read(house, pair):
    for tenant in pair:
        [row] = await house.database.tenant_rows(tenant, "SELECT key, current_user::text FROM document_sequence")
        assert tuple(row.values()) == (f"secret of {tenant.schema}", tenant.role)
    with pytest.raises(DBAPIError, match="permission denied"):
        await house.database.tenant_rows(pair[0], f"SELECT * FROM {pair[1].schema}.document_sequence")


async def test_rows_are_asked_for_again_when_their_connection_is_lost(house, pair):
    async def own(statement):
        return (await house.database.tenant_rows(pair[0], statement))[0]

    for ask in (house.database.registry_row, own):
        lost = (await ask("SELECT pg_backend_pid() AS pid"))["pid"]
        async with house.database.owner_engine.connect() as connection:
            assert await connection.scalar(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": lost})
        assert (await ask("SELECT pg_backend_pid() AS pid"))["pid"] != lost


async def test_400_interleaved_transactions_on_5_connections_read_nothing_wrong(house):
    tenants = [await house.tenant() for _ in range(8)]
    for tenant in tenants:
        await name_it(house, tenant)
    order = [random.Random(7).choice(tenants) for _ in range(400)]

    async def read(number: int, tenant: Tenant) -> bool:
        async with house.database.tenant_session(tenant) as session:
            await asyncio.sleep(0.001 * (number % 7))
            first = (await session.execute(text("SELECT key, current_user::text, current_schema()::text FROM document_sequence"))).all()
            again = (await session.execute(text("SELECT key, current_user::text, current_schema()::text FROM document_sequence"))).all()
        wanted = [(f"secret of {tenant.schema}", tenant.role, tenant.schema)]
        return [tuple(r) for r in first] == wanted == [tuple(r) for r in again]

    right = await asyncio.gather(*(read(number, tenant) for number, tenant in enumerate(order)))
    assert right.count(False) == 0
    assert house.database.engines["main"].pool.size() == 5


HOSTILE = (
    "RESET ROLE",
    "SET SESSION search_path = {other}",
    "SET ROLE {other_role}",
    "SET SESSION statement_timeout = 1",
    "SELECT pg_advisory_lock(42)",
    "LISTEN tenant_changed",
    "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
)


async def test_what_a_hostile_session_leaves_behind_is_gone(house, pair):
    own, other = pair
    single = scoped_engine(house.database.app_url, pool_size=1)
    try:
        connection = await single.raw_connection()
        backend = connection.driver_connection
        assert backend is not None
        async with backend.transaction():
            for statement in HOSTILE:
                await backend.execute(statement.format(other=other.schema, other_role=other.role))
        # Handed back without a rollback of what outlives the transaction.
        backend.scope = house.database.tenant_scope(own)
        async with backend.transaction():
            row = await backend.fetchrow(
                "SELECT current_user::text, current_schema()::text, current_setting('statement_timeout'), key FROM document_sequence"
            )
            held = await backend.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            cursors = await backend.fetch("SELECT * FROM pg_cursors WHERE is_holdable")
        # UNLISTEN counts from the commit on.
        channels = await backend.fetch("SELECT * FROM pg_listening_channels()")
        connection.close()
    finally:
        await single.dispose()
    assert tuple(row) == (own.role, own.schema, "15s", f"secret of {own.schema}")
    assert (held, channels, cursors) == (0, [], [])


async def test_asyncpg_still_begins_a_transaction_by_execute(house, pair):
    """``ScopedConnection`` leans on it; should it change, no tenant could be reached at all."""
    async with house.database.tenant_session(pair[0]) as session:
        assert await session.scalar(text("SELECT current_schema()::text")) == pair[0].schema


@pytest.mark.parametrize("schema", ["t_1; DROP SCHEMA t_2", "t_1\n", "T_1", "t_1, t_2", 't_1"', ""])
async def test_a_schema_name_that_is_no_plain_name_never_reaches_the_database(house, schema):
    tenant = Tenant(id=1, schema=schema, role="tenancy_tests_t_1", slug="x", name="x")
    with pytest.raises(ValueError, match="no name"):
        house.database.tenant_scope(tenant)


async def test_no_trace_of_values_is_lost_between_tenants_when_one_fails(house, pair):
    own, other = pair
    with pytest.raises(DBAPIError):
        async with house.database.tenant_session(own) as session:
            await session.execute(text("SELECT 1 / 0"))
    async with house.database.tenant_session(other) as session:
        assert await session.scalar(text("SELECT key FROM document_sequence")) == f"secret of {other.schema}"


async def test_a_connection_is_replaced_after_a_hundred_tenants(house):
    """Else each backend would keep the catalog of every tenant it ever visited in memory."""
    engine = scoped_engine(house.database.app_url, pool_size=1)
    backends = []
    try:
        for number in range(TENANTS_PER_CONNECTION + 5):
            connection = await engine.raw_connection()
            driver = connection.driver_connection
            assert isinstance(driver, asyncpg.Connection)
            backends.append(driver.get_server_pid())
            driver.scope = f"SET LOCAL search_path = t_{number:06}, ext;"  # type: ignore[attr-defined]
            connection.close()
    finally:
        await engine.dispose()
    assert len(set(backends)) == 2
    assert backends.count(backends[0]) == TENANTS_PER_CONNECTION + 1
