"""This release as it is: all core packages and bundled verticals, in one schema."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kernel.orm import PlatformBase, TenantBase
from tenancy import migrate, revise
from tenancy.ddl import Blueprint
from tenancy.registry import TenantRow
from tenancy.structure import describe
from vertical_devkit.house import House, house


@pytest.fixture(scope="session")
async def release(server, tmp_path_factory):
    server.create_database("tenancy_release")
    async with house(server.url("tenancy_release"), tmp_path_factory.mktemp("data")) as built:
        yield built


def without_role(lines, role):
    return {line.replace(role, "role") for line in lines}


async def test_the_script_makes_what_all_migrations_make(release: House):
    tenant_id = await release.provisioner.provision()
    async with release.database.owner_engine.connect() as connection:
        schema, role = (await connection.execute(select(TenantRow.schema, TenantRow.role).where(TenantRow.id == tenant_id))).one()
        await connection.execute(text("CREATE SCHEMA t_migrated"))
        rights = f"ALTER DEFAULT PRIVILEGES IN SCHEMA t_migrated GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
        await connection.execute(text(rights))
        for name in release.catalog.manifests:
            if name in release.catalog.cores:
                await connection.run_sync(migrate.upgrade, release.catalog, "t_migrated", role, name)
        made = without_role(await connection.run_sync(describe, schema), role.replace(schema, "tenant"))
        migrated = without_role(await connection.run_sync(describe, "t_migrated"), role)
        await connection.rollback()
    assert sorted(made - migrated) == []
    assert sorted(migrated - made) == []


async def test_every_history_says_what_its_models_say(release: House):
    catalog = release.catalog
    names = list(catalog.manifests)
    for position, name in enumerate(names):
        before = [revise.history_in(catalog, other) for other in names[:position]]
        async with release.database.owner_engine.connect() as connection:
            script = await connection.run_sync(revise.compare, before, revise.history_in(catalog, name))
            await connection.rollback()
        assert script.upgrade_ops is None or script.upgrade_ops.is_empty(), f"{name}: {script.upgrade_ops.as_diffs()}"


async def test_the_platforms_history_says_what_its_models_say(release: House):
    async with release.database.owner_engine.connect() as connection:
        script = await connection.run_sync(revise.compare_platform)
        await connection.rollback()
    assert script.upgrade_ops is None or script.upgrade_ops.is_empty(), script.upgrade_ops.as_diffs()


def test_every_table_belongs_to_one_package(release: House):
    """A table that no package names would be in no tenant, and found missing by a user."""
    owned = {contribution.item.__tablename__ for contribution in release.catalog.contributions("models")}
    classes = [mapper.class_ for mapper in TenantBase.registry.mappers if issubclass(mapper.class_, TenantBase)]
    ours = {each.__tablename__ for each in classes if each.__module__.partition(".")[0] in {*release.catalog.manifests, "kernel"}}
    assert ours - owned == set()


def test_a_tenant_has_no_sequence_and_no_type_of_its_own(release: House):
    statements = " ".join(Blueprint(release.catalog).statements(release.database, "t_000001", owner_is_superuser=True)).upper()
    for word in ("CREATE SEQUENCE", " SERIAL", "AS IDENTITY", "CREATE TYPE", "CREATE DOMAIN", "CREATE TRIGGER"):
        assert word not in statements


async def test_a_tenants_role_reaches_nothing_shared(release: House):
    tenant = await release.tenant()
    query = """
        SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', :own)
          AND n.nspname NOT LIKE 'pg_toast%' AND has_schema_privilege(:role, n.oid, 'USAGE')
          AND (CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(:role, c.oid, 'USAGE')
               ELSE has_table_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE, DELETE') END)
    """
    async with release.database.owner_engine.connect() as connection:
        reached = (await connection.execute(text(query), {"own": tenant.schema, "role": tenant.role})).scalars().all()
    assert reached == []


async def test_the_login_role_has_no_right_of_its_own(release: House):
    query = """
        SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
          AND has_table_privilege(:role, c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    """
    async with release.database.owner_engine.connect() as connection:
        assert (await connection.execute(text(query), {"role": release.database.app_role})).scalars().all() == []
        row = (
            await connection.execute(text("SELECT rolinherit, rolsuper FROM pg_roles WHERE rolname = :r"), {"r": release.database.app_role})
        ).one()
    assert tuple(row) == (False, False)


@pytest.mark.parametrize("table", ["finance_voucher", "finance_voucher_line", "finance_balance", "audit_entry"])
async def test_posted_books_and_the_audit_log_cannot_be_rewritten(release: House, table):
    tenant = await release.tenant()
    query = text("SELECT has_table_privilege(current_user, CAST(:table AS regclass), :right)")
    rights = ("SELECT", "UPDATE", "DELETE", "TRUNCATE")
    async with release.database.tenant_session(tenant) as session:
        assert [await session.scalar(query, {"table": table, "right": right}) for right in rights] == [True, False, False, False]
    async with release.database.tenant_session(tenant) as session:
        with pytest.raises(DBAPIError, match="permission denied"):
            await session.execute(text(f"DELETE FROM {table}"))
        await session.rollback()


def test_platform_tables_stand_in_public():
    assert {table.schema for table in PlatformBase.metadata.tables.values()} == {"public"}
