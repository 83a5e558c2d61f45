"""Statements by the driver alone, on connections that stay in a scope: as well kept apart as transactions are."""

import asyncio
import random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kernel.drivers import SCOPES_PER_CONNECTION, Drivers

WHO = "SELECT key, current_user::text, current_schema()::text, current_setting('transaction_read_only') FROM document_sequence"
ADD = "INSERT INTO document_sequence VALUES (gen_random_uuid(), $1, '', 1, now(), now()) RETURNING key"
PID = "SELECT pg_backend_pid() AS pid"


async def named(house):
    """A tenant with one row that names it."""
    tenant = await house.tenant()
    async with house.database.tenant_session(tenant) as session:
        await session.execute(
            text("INSERT INTO document_sequence VALUES (gen_random_uuid(), :k, '', 1, now(), now())"), {"k": tenant.schema}
        )
    return tenant


@pytest.fixture
async def drivers(house):
    """Two connections of the powerless login role, with nothing of the application's pool around them."""
    drivers = Drivers(house.database._driver, 2)
    yield drivers
    await drivers.close()


async def test_400_statements_of_8_tenants_at_once_read_nothing_wrong(house):
    tenants = [await named(house) for _ in range(8)]
    order = [random.Random(7).choice(tenants) for _ in range(400)]

    async def read(tenant):
        return [tuple(row.values()) for row in await house.database.tenant_rows(tenant, WHO)]

    found = await asyncio.gather(*map(read, order))
    assert found == [[(tenant.schema, tenant.role, tenant.schema, "on")] for tenant in order]


async def test_what_only_reads_is_refused_to_write_at_the_second_try_too(house):
    tenant = await named(house)
    with pytest.raises(DBAPIError, match="read-only transaction"):
        await house.database.tenant_rows(tenant, f"WITH new AS ({ADD}) SELECT key FROM new", "second")
    assert len(await house.database.tenant_rows(tenant, WHO)) == 1


async def test_a_statement_of_its_own_is_kept_without_a_transaction_around_it(house):
    tenant = await named(house)
    [row] = await house.database.tenant_statement(tenant, f"WITH new AS ({ADD}) SELECT key FROM new", "second")
    assert row["key"] == "second"
    assert sorted(r["key"] for r in await house.database.tenant_rows(tenant, WHO)) == ["second", tenant.schema]


async def test_only_what_asks_for_it_is_planned_anew(house):
    tenant = await named(house)
    mode = "SELECT current_setting('plan_cache_mode') AS mode"
    for anew, wanted in ((True, "force_custom_plan"), (False, "auto"), (True, "force_custom_plan")):
        assert (await house.database.tenant_rows(tenant, mode, plan_anew=anew))[0]["mode"] == wanted


@pytest.mark.parametrize("statement", ["SET ROLE {role}", "RESET ROLE", "BEGIN", "LISTEN tenant_changed", "DECLARE c CURSOR FOR SELECT 1"])
async def test_only_a_select_travels_there(house, statement):
    own, other = await named(house), await named(house)
    for ask in (house.database.tenant_rows, house.database.tenant_statement):
        with pytest.raises(ValueError, match="begins with SELECT or WITH"):
            await ask(own, statement.format(role=other.role))


@pytest.mark.parametrize("setting", ["role", "search_path", "default_transaction_read_only", "statement_timeout"])
async def test_a_select_cannot_leave_the_scope(house, setting):
    tenant = await named(house)
    with pytest.raises(DBAPIError, match="permission denied"):
        await house.database.tenant_rows(tenant, f"SELECT set_config('{setting}', 'off', false)")


async def test_a_second_statement_of_a_scope_needs_no_word_about_it(house, drivers, monkeypatch):
    tenant = await named(house)
    scope = house.database._stay(tenant)
    first = (await drivers.fetch(scope, PID, []))[0]["pid"]
    [kept] = drivers._idle
    said = []
    monkeypatch.setattr(kept, "driver", _Listening(kept.driver, said))
    assert (await drivers.fetch(scope, PID, []))[0]["pid"] == first
    assert said == ["fetch"]
    await drivers.fetch(house.database._stay(await named(house)), PID, [])
    assert len(drivers._idle) == 2, "another scope opens a connection of its own while it may"


async def test_what_a_scope_left_behind_is_gone_for_the_next(house):
    own, other = await named(house), await named(house)
    single = Drivers(house.database._driver, 1)
    try:
        await single.fetch(house.database._stay(own), "SELECT pg_advisory_lock(42)", [])
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert (await single.fetch(house.database._stay(own), held, []))[0]["count"] == 1
        [row] = await single.fetch(house.database._stay(other), WHO, [])
        assert tuple(row.values())[:3] == (other.schema, other.role, other.schema)
        assert (await single.fetch(house.database._stay(other), held, []))[0]["count"] == 0
    finally:
        await single.close()


async def test_a_connection_is_opened_anew_after_a_hundred_scopes(house):
    single = Drivers(house.database._driver, 1)
    try:
        backends = [
            (await single.fetch(f"SET search_path = t_{number:06}", PID, []))[0]["pid"] for number in range(SCOPES_PER_CONNECTION + 3)
        ]
    finally:
        await single.close()
    assert len(set(backends)) == 2
    assert backends.count(backends[0]) == SCOPES_PER_CONNECTION + 1


async def test_no_more_than_its_size_are_open_and_all_are_served(drivers):
    answers = await asyncio.gather(*(drivers.fetch("RESET ROLE", f"{PID}, pg_sleep(0.01)", []) for _ in range(20)))
    assert len({rows[0]["pid"] for rows in answers}) == 2
    assert (drivers._open, len(drivers._idle)) == (2, 2)


async def test_who_goes_away_while_waiting_or_asking_leaves_a_place_for_others(drivers):
    asking = [asyncio.create_task(drivers.fetch("RESET ROLE", "SELECT pg_sleep(30)", [])) for _ in range(4)]
    await asyncio.sleep(0.2)
    for task in asking:
        task.cancel()
    assert all(isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*asking, return_exceptions=True))
    answers = await asyncio.wait_for(asyncio.gather(*(drivers.fetch("RESET ROLE", PID, []) for _ in range(4))), 10)
    assert len(answers) == 4
    assert drivers._open <= 2


async def test_a_scope_that_cannot_be_entered_leaves_no_connection_half_way(house, drivers):
    with pytest.raises(Exception, match="does not exist"):
        await drivers.fetch("SET search_path = public; SET ROLE nobody_at_all", PID, [])
    assert drivers._open == 0


async def test_after_closing_a_connection_in_use_does_not_come_back(drivers):
    asking = asyncio.create_task(drivers.fetch("RESET ROLE", "SELECT pg_sleep(0.3)", []))
    await asyncio.sleep(0.1)
    await drivers.close()
    await asking
    assert (drivers._open, drivers._idle) == (0, [])
    assert await drivers.fetch("RESET ROLE", PID, [])
    assert drivers._open == 1


class _Listening:
    """A driver's connection that tells what is asked of it."""

    def __init__(self, driver, said):
        self._driver, self._said = driver, said

    def __getattr__(self, name):
        if name in ("fetch", "execute"):
            self._said.append(name)
        return getattr(self._driver, name)
