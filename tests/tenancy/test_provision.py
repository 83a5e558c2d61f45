"""A tenant is claimed, not made: its schema, its role, its rights and its address."""

import asyncio

import pytest
from sqlalchemy import select, text

from kernel.work import Tenant
from tenancy import migrate
from tenancy.directory import directory_of
from tenancy.provision import rename
from tenancy.registry import TenantRow, TenantState
from tenancy.slugs import SlugRefused, SlugTaken, checked
from tenancy.structure import describe, fingerprint


async def test_a_spare_becomes_a_tenant_without_ddl(house):
    await house.provisioner.fill(1)
    async with house.database.owner_engine.connect() as connection:
        before = await connection.scalar(text("SELECT count(*) FROM pg_namespace"))
        tenant = await house.tenant("spare-co")
        assert await connection.scalar(text("SELECT count(*) FROM pg_namespace")) == before
    assert tenant.schema == f"t_{tenant.id:06}"
    assert tenant.role == f"tenancy_tests_{tenant.schema}"
    async with house.database.tenant_session(tenant) as session:
        row = (await session.execute(text("SELECT current_schema()::text, current_user::text, count(*) FROM document_sequence"))).one()
    assert tuple(row) == (tenant.schema, tenant.role, 0)


async def test_with_an_empty_pool_a_tenant_is_made_on_the_spot(house):
    async with house.database.registry_session() as session:
        spares = await session.scalar(select(TenantRow.id).where(TenantRow.state == TenantState.SPARE).limit(1))
    assert spares is None or await house.tenant()
    assert (await house.tenant("cold-co")).slug == "cold-co"


async def test_simultaneous_claims_get_different_tenants(house):
    await house.provisioner.fill(4)

    async def claim(number: int) -> Tenant:
        async with house.database.registry_session() as session:
            return await house.provisioner.claim(session, slug=f"rush-{number}", name="Rush")

    claimed = await asyncio.gather(*map(claim, range(6)))
    assert len({tenant.schema for tenant in claimed}) == 6


async def test_a_claim_that_is_rolled_back_leaves_the_spare(house):
    async def claim_and_fail():
        async with house.database.registry_session() as session:
            await house.provisioner.claim(session, slug="undone", name="Undone")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await claim_and_fail()
    assert await directory_of(house.database).by_slug("undone") is None
    assert (await house.tenant("undone")).slug == "undone"


async def test_a_slug_is_taken_whatever_its_case(house):
    await house.tenant("acme")
    with pytest.raises(SlugTaken):
        await house.tenant("ACME")
    other = await house.tenant("acme-2")
    async with house.database.registry_session() as session:
        with pytest.raises(SlugTaken):
            await rename(session, other.id, slug="Acme")


async def test_a_company_may_change_its_address_without_ddl(house):
    tenant = await house.tenant("before-name")
    async with house.database.registry_session() as session:
        await rename(session, tenant.id, slug="after-name", name="After")
    assert await directory_of(house.database).by_slug("before-name") is None
    found = await directory_of(house.database).by_slug("after-name")
    assert found is not None
    assert (found.tenant.schema, found.tenant.name) == (tenant.schema, "After")


@pytest.mark.parametrize(
    "slug", ["ab", "www", "Admin", "xn--acm-dma", "-acme", "acme-", "ac.me", "ac me", "a" * 41, "123", "acmé", "ac_me", "ａcme", ""]
)
def test_a_slug_that_is_no_address_is_refused(slug):
    with pytest.raises(SlugRefused):
        checked(slug)


def test_a_slug_is_kept_in_lower_case():
    assert checked(" Acme-42 ") == "acme-42"


async def test_the_script_makes_what_the_migrations_make(house):
    tenant_id = await house.provisioner.provision()
    async with house.database.owner_engine.connect() as connection:
        schema, role = (await connection.execute(select(TenantRow.schema, TenantRow.role).where(TenantRow.id == tenant_id))).one()
        await connection.execute(text("CREATE SCHEMA t_migrated"))
        await connection.execute(
            text(f"ALTER DEFAULT PRIVILEGES IN SCHEMA t_migrated GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}")
        )
        for name in house.catalog.manifests:
            await connection.run_sync(migrate.upgrade, house.catalog, "t_migrated", role, name)
        made = {line.replace(role.replace(schema, "tenant"), "role") for line in await connection.run_sync(describe, schema)}
        migrated = {line.replace(role, "role") for line in await connection.run_sync(describe, "t_migrated")}
        await connection.rollback()
    assert made == migrated


async def test_all_new_tenants_have_one_fingerprint(house):
    first, second = await house.provisioner.provision(), await house.provisioner.provision()
    async with house.database.owner_engine.connect() as connection:
        rows = (await connection.execute(select(TenantRow.schema, TenantRow.fingerprint).where(TenantRow.id.in_([first, second])))).all()
        assert len({row.fingerprint for row in rows}) == 1
        assert await connection.run_sync(fingerprint, rows[1].schema) == rows[0].fingerprint
        await connection.execute(text(f"ALTER TABLE {rows[1].schema}.document_sequence ADD COLUMN by_hand text"))
        assert await connection.run_sync(fingerprint, rows[1].schema) != rows[0].fingerprint
        await connection.rollback()
