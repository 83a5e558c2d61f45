"""All tenants come to a new release one by one; what fails stays as it was, is shown, and is taken up again."""

import asyncio

import pytest
from sqlalchemy import select, text, update

from tenancy import migrate
from tenancy.fleet import ATTEMPTS_MAX, fingerprints
from tenancy.registry import MigrationRun, RunState, TenantRow

ROOM = "INSERT INTO clinic_room (id, name, created_at, updated_at) VALUES (gen_random_uuid(), 'Room', now(), now())"


async def tenants_with_clinic(house, number):
    """``number`` tenants, all but the last with the clinic enabled."""
    tenants = [await house.tenant() for _ in range(number)]
    for tenant in tenants[:-1]:
        assert (await house.lifecycle.enable(tenant.id, "clinic")).done
    return tenants


async def has_floor(house, tenant):
    query = "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass(:table) AND attname = 'floor'"
    async with house.database.owner_engine.connect() as connection:
        return bool(await connection.scalar(text(query), {"table": f"{tenant.schema}.clinic_room"}))


async def by_hand(house, tenant, statement):
    async with house.database.owner_engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL search_path = {tenant.schema}"))
        await connection.execute(text(statement))


async def test_a_release_without_news_is_one_query(lone_house, clinic):
    house = lone_house.with_verticals(clinic())
    await tenants_with_clinic(house, 3)
    assert await house.fleet.plan() == 0
    report = await house.fleet.run()
    assert (report.done, report.failed) == (0, 0)


async def test_only_tenants_that_are_behind_are_migrated(lone_house, clinic):
    first = lone_house.with_verticals(clinic("1.0"))
    *having, without = await tenants_with_clinic(first, 4)
    ran = []

    def on_upgrade(context, from_version):
        ran.append((context.tenant, from_version))

    second = first.with_verticals(clinic("1.1", upgrade=clinic.add_floor, on_upgrade=on_upgrade))
    assert sorted(await second.fleet.due()) == [t.id for t in having]
    assert await second.fleet.plan() == 3
    assert (await second.fleet.run()).done == 3
    assert [await has_floor(second, t) for t in having] == [True] * 3
    assert ran == [(t.schema, "1.0") for t in having]
    assert await second.fleet.plan() == 0
    assert without.id not in await second.fleet.due()


async def test_a_failing_tenant_keeps_its_tables_and_its_data_and_is_resumed(lone_house, clinic):
    first = lone_house.with_verticals(clinic("1.0"))
    good, broken, _ = await tenants_with_clinic(first, 3)
    await by_hand(first, broken, "ALTER TABLE clinic_room ADD COLUMN floor int")
    await by_hand(first, broken, ROOM)
    second = first.with_verticals(clinic("1.1", upgrade=clinic.add_floor))
    await second.fleet.plan()
    report = await second.fleet.run()
    assert (report.done, report.failed, report.stopped) == (1, 1, False)
    assert await has_floor(second, good)
    async with second.database.registry_session() as session:
        row = (await session.execute(select(MigrationRun).where(MigrationRun.tenant_id == broken.id))).scalar_one()
        heads = await session.scalar(select(TenantRow.heads).where(TenantRow.id == broken.id))
    assert (row.state, row.attempts) == (RunState.FAILED, ATTEMPTS_MAX)
    assert "floor" in (row.error or "")
    assert "clinic_0001" in heads
    assert await second.fleet.status() == {"done": 1, "failed": 1}

    await by_hand(first, broken, "ALTER TABLE clinic_room DROP COLUMN floor")
    assert await second.fleet.plan() == 1
    report = await second.fleet.run()
    assert (report.done, report.failed) == (1, 0)
    async with second.database.tenant_session(broken) as session:
        assert (await session.execute(text("SELECT name, floor FROM clinic_room"))).all() == [("Room", None)]


async def test_a_canary_goes_first_and_stops_the_rest(lone_house, clinic):
    first = lone_house.with_verticals(clinic("1.0"))
    one, two, canary, _ = await tenants_with_clinic(first, 4)
    async with first.database.registry_session() as session:
        await session.execute(update(TenantRow).where(TenantRow.id == canary.id).values(canary=True))
    await by_hand(first, canary, "ALTER TABLE clinic_room ADD COLUMN floor int")
    second = first.with_verticals(clinic("1.1", upgrade=clinic.add_floor))
    await second.fleet.plan()
    report = await second.fleet.run()
    assert (report.done, report.failed, report.stopped) == (0, 1, True)
    assert [await has_floor(second, t) for t in (one, two)] == [False, False]


async def test_a_run_stops_when_too_many_fail(lone_house, clinic):
    first = lone_house.with_verticals(clinic("1.0"))
    await tenants_with_clinic(first, 4)
    second = first.with_verticals(clinic("1.1", upgrade='op.execute("SELECT 1 / 0")'))
    await second.fleet.plan()
    report = await second.fleet.run(failures_max=2)
    assert (report.done, report.failed, report.stopped) == (0, 2, True)


async def test_two_runners_share_the_work(lone_house, clinic):
    first = lone_house.with_verticals(clinic("1.0"))
    *tenants, _ = await tenants_with_clinic(first, 5)
    ran = []
    second = first.with_verticals(
        clinic("1.1", upgrade=clinic.add_floor, on_upgrade=lambda context, from_version: ran.append(context.tenant))
    )
    await second.fleet.plan()
    reports = await asyncio.gather(second.fleet.run(), second.fleet.run())
    assert sum(r.done for r in reports) == 4
    assert sorted(ran) == sorted(t.schema for t in tenants)


async def test_migrations_of_several_tenants_never_mix_in_one_process(lone_house, clinic):
    """Alembic's ``op`` is one for the whole process; unguarded, six at once put columns into each other's tables."""
    first = lone_house.with_verticals(clinic("1.0"))
    *tenants, _ = await tenants_with_clinic(first, 7)
    second = first.with_verticals(clinic("1.1", upgrade=clinic.add_floor))
    await asyncio.gather(*(second.lifecycle.bring_up(t.id) for t in tenants[:4]))
    assert [await has_floor(second, t) for t in tenants] == [True] * 4 + [False] * 2


async def test_spares_are_migrated_too_and_old_ones_are_not_claimed(lone_house):
    spare = await lone_house.provisioner.provision()
    async with lone_house.database.registry_session() as session:
        await session.execute(update(TenantRow).where(TenantRow.id == spare).values(heads=[]))
    assert await lone_house.fleet.due() == [spare]
    assert (await lone_house.tenant()).id != spare
    await lone_house.fleet.plan()
    assert (await lone_house.fleet.run()).done == 1
    assert (await lone_house.tenant()).id == spare


async def test_fingerprints_show_a_schema_that_was_changed_by_hand(lone_house):
    tenants = [await lone_house.tenant() for _ in range(3)]
    assert len(await fingerprints(lone_house.database)) == 1
    await lone_house.lifecycle.bring_up(tenants[0].id)
    assert len(await fingerprints(lone_house.database)) == 1, "made by the script or brought up, it is the same"
    await by_hand(lone_house, tenants[1], "ALTER TABLE outbox_event ADD COLUMN by_hand text")
    await lone_house.lifecycle.bring_up(tenants[1].id)
    assert sorted((await fingerprints(lone_house.database)).values()) == [1, 2]


@pytest.mark.parametrize("state", [RunState.RUNNING])
async def test_a_tenant_whose_runner_died_is_taken_up_after_ten_minutes(lone_house, clinic, state):
    first = lone_house.with_verticals(clinic("1.0"))
    tenant, _ = await tenants_with_clinic(first, 2)
    second = first.with_verticals(clinic("1.1", upgrade=clinic.add_floor))
    await second.fleet.plan()
    statement = update(MigrationRun).values(state=state, attempts=1, started_at=text("now() - interval '9 minutes'"))
    async with second.database.registry_session() as session:
        await session.execute(statement)
    assert (await second.fleet.run()).done == 0
    async with second.database.registry_session() as session:
        await session.execute(statement.values(started_at=text("now() - interval '11 minutes'")))
    assert (await second.fleet.run()).done == 1
    assert await has_floor(second, tenant)


async def test_upgrade_downgrade_upgrade_ends_in_the_same_structure(lone_house, clinic):
    house = lone_house.with_verticals(clinic("1.1", upgrade=clinic.add_floor))
    tenant = await house.tenant()
    await house.lifecycle.enable(tenant.id, "clinic")
    before = await fingerprints(house.database)
    async with house.database.owner_engine.begin() as connection:
        await connection.run_sync(migrate.purge, house.catalog, tenant.schema, "clinic")
    await house.lifecycle.bring_up(tenant.id)
    assert await fingerprints(house.database) == before


async def test_a_sign_up_that_died_before_the_opening_is_opened(lone_house):
    async with lone_house.database.registry_session() as session:
        tenant = await lone_house.provisioner.claim(session, slug="half-open", name="Half open")
    assert await lone_house.fleet.due() == [tenant.id]
    await lone_house.fleet.plan()
    assert (await lone_house.fleet.run()).done == 1
    assert await lone_house.fleet.due() == []
    async with lone_house.database.registry_session() as session:
        assert await session.scalar(select(TenantRow.opened_at).where(TenantRow.id == tenant.id)) is not None
