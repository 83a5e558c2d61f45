"""A database becomes ours: by its superuser, and by an owner who may only create roles."""

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from kernel.database import Database
from tenancy import roles
from tenancy.setup import prepare

NAME = "tenancy_modest"


@pytest.fixture
async def modest_url(server):
    """Address of a database whose owner is no superuser."""
    admin = Database(server.url("postgres"))
    engine = admin.owner_engine.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text("CREATE ROLE modest LOGIN CREATEROLE"))
        await connection.execute(text(f"CREATE DATABASE {NAME} OWNER modest"))
    yield make_url(server.url(NAME)).set(username="modest").render_as_string(hide_password=False)
    async with engine.connect() as connection:
        await connection.execute(text(f"DROP DATABASE {NAME} WITH (FORCE)"))
        await roles.forget(connection, NAME)
        await connection.execute(text("DROP ROLE modest"))
    await admin.close()


async def test_an_owner_without_superuser_rights_does(modest_url, house_on, clinic):
    database = Database(modest_url, pool_size=2)
    try:
        notes = await prepare(database)
        assert any("set_config" in note for note in notes), "what could not be closed is said"
        house = house_on(database, clinic())
        tenant, other = await house.tenant(), await house.tenant()
        assert (await house.lifecycle.enable(tenant.id, "clinic")).done
        async with database.tenant_session(tenant) as session:
            assert await session.scalar(text("SELECT count(*) FROM clinic_room")) == 0
        async with database.tenant_session(tenant) as session:
            with pytest.raises(DBAPIError, match="permission denied"):
                await session.execute(text(f"SELECT * FROM {other.schema}.document_sequence"))
            await session.rollback()
    finally:
        await database.close()


async def test_preparing_twice_changes_nothing(house):
    query = text(
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'jobs'::regnamespace) ORDER BY 1"
    )
    async with house.database.owner_engine.connect() as connection:
        before = (await connection.execute(query)).all()
    await prepare(house.database)
    async with house.database.owner_engine.connect() as connection:
        assert (await connection.execute(query)).all() == before


async def test_the_login_role_gets_its_password(house):
    await prepare(house.database, app_password="it's: a secret")
    async with house.database.owner_engine.connect() as connection:
        query = text("SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = :role")
        assert await connection.scalar(query, {"role": house.database.app_role})


async def test_a_user_who_may_not_create_roles_is_told_so(server):
    admin = Database(server.url("postgres"))
    async with admin.owner_engine.begin() as connection:
        await connection.execute(text("CREATE ROLE powerless LOGIN"))
    weak = Database(make_url(server.url("postgres")).set(username="powerless").render_as_string(hide_password=False))
    try:
        with pytest.raises(roles.ServerUnfit, match="may not create roles"):
            await prepare(weak)
    finally:
        await weak.close()
        async with admin.owner_engine.begin() as connection:
            await connection.execute(text("DROP ROLE powerless"))
        await admin.close()
