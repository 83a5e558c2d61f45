"""A vertical comes to one tenant, is renewed, rests and goes; what fails leaves nothing behind."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from kernel import clock
from tenancy.lifecycle import PURGE_AFTER, states
from tenancy.migrate import MigrationRefused
from tenancy.registry import TenantRow, VerticalState
from tenancy.settings import read_settings, write_settings
from tenancy.steps import LifecycleStep
from vertical import Problem
from vertical_devkit.plugins import make


async def tables(house, tenant):
    """The vertical's tables, and its version table, as the owner sees them."""
    query = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(:schema)::oid AND relkind = 'r' AND relname LIKE '%clinic%'"
    async with house.database.owner_engine.connect() as connection:
        return sorted((await connection.execute(text(query), {"schema": tenant.schema})).scalars())


async def rooms(house, tenant):
    async with house.database.tenant_session(tenant) as session:
        return list((await session.execute(text("SELECT name FROM clinic_room ORDER BY name"))).scalars())


def seeds(name):
    """An ``on_enable`` that adds one room, once."""

    async def on_enable(context):
        await context.session.execute(
            text(
                "INSERT INTO clinic_room (id, name, created_at, updated_at) SELECT gen_random_uuid(), CAST(:name AS text), now(), now()"
                " WHERE NOT EXISTS (SELECT 1 FROM clinic_room WHERE name = :name)"
            ),
            {"name": name},
        )

    return on_enable


async def test_enabling_brings_tables_settings_and_seeds_to_one_tenant_only(house, clinic):
    house = house.with_verticals(clinic(on_enable=seeds("Room 1")))
    tenant, other = await house.tenant(), await house.tenant()
    assert (await house.lifecycle.enable(tenant.id, "clinic")).done
    assert await tables(house, tenant) == ["alembic_version_clinic", "clinic_room"]
    assert await tables(house, other) == []
    assert await rooms(house, tenant) == ["Room 1"]
    assert (await house.now(tenant)).enabled == {"clinic"}
    assert (await house.now(other)).enabled == frozenset()
    async with house.database.tenant_session(tenant) as session:
        settings = await read_settings(session, "clinic", house.catalog.one("settings_schema", "clinic"))
    assert settings.recall_months == 6
    async with house.database.registry_session() as session:
        assert "clinic_0001" in await session.scalar(select(TenantRow.heads).where(TenantRow.id == tenant.id))


async def test_enabling_twice_is_enabling_once(house, clinic):
    ran = []
    house = house.with_verticals(clinic(on_enable=lambda context: ran.append(context.tenant)))
    tenant = await house.tenant()
    assert (await house.lifecycle.enable(tenant.id, "clinic")).done
    assert (await house.lifecycle.enable(tenant.id, "clinic")).done
    assert ran == [tenant.schema]


async def test_a_blocking_problem_is_an_answer_and_nothing_changes(house, clinic):
    async def check_enable(context):
        await context.session.execute(text("INSERT INTO document_sequence SELECT gen_random_uuid(), 'x', '', 1, now(), now()"))
        return [Problem(code="no_ledger", message="Set up the ledger first.")]

    house = house.with_verticals(clinic(check_enable=check_enable))
    tenant = await house.tenant()
    outcome = await house.lifecycle.enable(tenant.id, "clinic")
    assert not outcome.done
    assert [p.code for p in outcome.problems] == ["no_ledger"]
    assert await tables(house, tenant) == []
    assert (await house.now(tenant)).enabled == frozenset()
    assert [p.code for p in await house.lifecycle.check_enable(tenant.id, "clinic")] == ["no_ledger"]
    async with house.database.tenant_session(tenant) as session:
        assert await session.scalar(text("SELECT count(*) FROM document_sequence")) == 0, "a check keeps nothing"


async def test_a_warning_does_not_block(house, clinic):
    problem = Problem(code="slow", message="This takes a while.", blocking=False)
    house = house.with_verticals(clinic(check_enable=lambda context: [problem]))
    tenant = await house.tenant()
    outcome = await house.lifecycle.enable(tenant.id, "clinic")
    assert outcome.done
    assert outcome.problems == (problem,)


async def test_nothing_is_kept_when_a_hook_fails(house, clinic):
    async def on_enable(context):
        await seeds("Room 1")(context)
        await context.session.commit()
        raise RuntimeError("no network")

    house = house.with_verticals(clinic(on_enable=on_enable))
    tenant = await house.tenant()
    with pytest.raises(RuntimeError, match="no network"):
        await house.lifecycle.enable(tenant.id, "clinic")
    assert await tables(house, tenant) == []
    assert (await house.now(tenant)).enabled == frozenset()


async def test_a_hook_acts_with_the_tenants_rights(house, clinic):
    seen = []

    async def on_enable(context):
        query = "SELECT current_user::text, current_schema()::text"
        seen.append(tuple((await context.session.execute(text(query))).one()))
        seen.append(context.work.tenant.enabled)

    house = house.with_verticals(clinic(on_enable=on_enable))
    tenant = await house.tenant()
    await house.lifecycle.enable(tenant.id, "clinic")
    assert seen == [(tenant.role, tenant.schema), frozenset({"clinic"})]


async def test_what_is_required_comes_first_and_goes_last(house, clinic):
    house = house.with_verticals(clinic(), make("vet", requires=("clinic",)))
    tenant = await house.tenant()
    assert [p.code for p in (await house.lifecycle.enable(tenant.id, "vet")).problems] == ["requires"]
    await house.lifecycle.enable(tenant.id, "clinic")
    assert (await house.lifecycle.enable(tenant.id, "vet")).done
    assert [p.code for p in (await house.lifecycle.disable(tenant.id, "clinic")).problems] == ["needed"]
    assert (await house.lifecycle.disable(tenant.id, "vet")).done
    assert (await house.lifecycle.disable(tenant.id, "clinic")).done


async def test_an_unknown_app_cannot_be_enabled(house):
    tenant = await house.tenant()
    assert [p.code for p in (await house.lifecycle.enable(tenant.id, "nothing")).problems] == ["unknown"]
    assert [p.code for p in (await house.lifecycle.enable(tenant.id, "tenancy")).problems] == ["unknown"]


async def test_disabling_silences_and_keeps_the_data(house, clinic):
    ran = []
    house = house.with_verticals(clinic(on_enable=seeds("Room 1"), on_disable=lambda context: ran.append("off")))
    tenant = await house.tenant()
    await house.lifecycle.enable(tenant.id, "clinic")
    assert (await house.lifecycle.disable(tenant.id, "clinic")).done
    assert (await house.lifecycle.disable(tenant.id, "clinic")).done
    assert ran == ["off"]
    assert (await house.now(tenant)).enabled == frozenset()
    assert await states(house.database, tenant.id) == {"clinic": VerticalState.DISABLED}
    assert await rooms(house, tenant) == ["Room 1"]
    await house.lifecycle.enable(tenant.id, "clinic")
    assert (await house.now(tenant)).enabled == {"clinic"}


async def test_a_vertical_may_refuse_to_be_disabled(house, clinic):
    problem = Problem(code="open_visits", message="Two visits are open.")
    house = house.with_verticals(clinic(check_disable=lambda context: [problem]))
    tenant = await house.tenant()
    await house.lifecycle.enable(tenant.id, "clinic")
    assert (await house.lifecycle.disable(tenant.id, "clinic")).problems == (problem,)
    assert (await house.now(tenant)).enabled == {"clinic"}


async def test_settings_survive_switching_off_and_on(house, clinic):
    house = house.with_verticals(clinic())
    tenant = await house.tenant()
    schema = house.catalog.one("settings_schema", "clinic")
    await house.lifecycle.enable(tenant.id, "clinic")
    async with house.database.tenant_session(tenant) as session:
        await write_settings(session, "clinic", schema(recall_months=12))
    await house.lifecycle.disable(tenant.id, "clinic")
    await house.lifecycle.enable(tenant.id, "clinic")
    async with house.database.tenant_session(tenant) as session:
        assert await read_settings(session, "clinic", schema) == schema(recall_months=12)


async def test_a_purge_needs_rest_an_export_and_thirty_days(house, clinic):
    said = []

    async def export_data(context):
        yield "rooms.csv", ",".join(await rooms(house, tenant)).encode()

    house = house.with_verticals(clinic(on_enable=seeds("Room 1"), export_data=export_data, on_purge=lambda context: said.append("bye")))
    tenant, other = await house.tenant(), await house.tenant()
    for each in (tenant, other):
        await house.lifecycle.enable(each.id, "clinic")
    assert [p.code for p in (await house.lifecycle.purge(tenant.id, "clinic")).problems] == ["enabled"]
    await house.lifecycle.disable(tenant.id, "clinic")
    assert [p.code for p in await house.lifecycle.check_purge(tenant.id, "clinic")] == ["not_exported", "too_early"]
    assert [file async for file in house.lifecycle.export(tenant.id, "clinic")] == [("rooms.csv", b"Room 1")]
    assert [p.code for p in (await house.lifecycle.purge(tenant.id, "clinic")).problems] == ["too_early"]
    assert await tables(house, tenant) == ["alembic_version_clinic", "clinic_room"]

    with clock.frozen(clock.now() + PURGE_AFTER + timedelta(minutes=1)):
        assert (await house.lifecycle.purge(tenant.id, "clinic")).done
    assert said == ["bye"]
    assert await tables(house, tenant) == []
    assert await tables(house, other) == ["alembic_version_clinic", "clinic_room"]
    assert await states(house.database, tenant.id) == {}
    async with house.database.tenant_session(tenant) as session:
        assert await session.scalar(text("SELECT count(*) FROM vertical_settings")) == 0
    async with house.database.registry_session() as session:
        assert await session.scalar(select(TenantRow.heads).where(TenantRow.id == tenant.id)) == house.provisioner.blueprint.heads
    assert (await house.lifecycle.enable(tenant.id, "clinic")).done, "what was purged may come again"


async def test_steps_of_other_packages_run_in_the_same_transaction(house, clinic):
    told = []

    class Roles(LifecycleStep):
        async def enable(self, stage, catalog, vertical):
            async with stage.registry() as session:
                who = await session.scalar(text("SELECT current_user::text"))
                async with stage.work() as work:
                    inner = await work.session.scalar(text("SELECT current_user::text"))
                assert await session.scalar(text("SELECT current_user::text")) == who, "the outer role is back"
            told.append((vertical, who, inner))

        async def purge(self, stage, catalog, vertical):
            told.append((vertical, "purge"))

    house = house.with_verticals(clinic(), steps=[Roles()])
    tenant = await house.tenant()
    assert told == [("tenancy", house.database.registry_role, tenant.role)]
    told.clear()
    await house.lifecycle.enable(tenant.id, "clinic")
    assert told == [("clinic", house.database.registry_role, tenant.role)]


async def test_a_step_may_veto(house, clinic):
    class Plan(LifecycleStep):
        async def check_enable(self, stage, catalog, vertical):
            return [Problem(code="plan", message="Not in your plan.")]

    house = house.with_verticals(clinic(), steps=[Plan()])
    tenant = await house.tenant()
    assert [p.code for p in (await house.lifecycle.enable(tenant.id, "clinic")).problems] == ["plan"]


@pytest.mark.parametrize(
    "act",
    [
        'op.add_column("document_sequence", sa.Column("clinic_hint", sa.Text()))',
        'op.create_table("other_thing", sa.Column("id", sa.Uuid(), primary_key=True))',
        'op.execute("GRANT SELECT ON outbox_event TO PUBLIC")',
        'op.drop_table("vertical_settings")',
    ],
)
async def test_a_migration_may_only_touch_the_verticals_own_tables(house, clinic, act):
    house = house.with_verticals(clinic(upgrade=act))
    tenant = await house.tenant()
    with pytest.raises(MigrationRefused, match="clinic"):
        await house.lifecycle.enable(tenant.id, "clinic")
    assert await tables(house, tenant) == []


async def test_a_tenant_may_use_but_not_change_the_structure_of_a_verticals_table(house, clinic):
    house = house.with_verticals(clinic())
    tenant = await house.tenant()
    await house.lifecycle.enable(tenant.id, "clinic")
    for statement in (
        "ALTER TABLE clinic_room ADD COLUMN x int",
        "DROP TABLE clinic_room",
        "TRUNCATE clinic_room",
        "CREATE TABLE x (id int)",
    ):
        async with house.database.tenant_session(tenant) as session:
            with pytest.raises(Exception, match=r"must be owner|permission denied"):
                await session.execute(text(statement))
            await session.rollback()
