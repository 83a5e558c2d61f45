"""Jobs: enqueued with the transaction, run for the tenant that enqueued them, retried and not doubled."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.kernel.bench import Declared, HandMadeCatalog, Register, house
from tests.kernel.test_events import SALE, Sold, catalog, count_effect, effects

from kernel import clock, i18n
from kernel.breaker import Breaker
from kernel.jobs import Worker, enqueue, enqueue_platform, install, queue
from kernel.jobs.cron import last_tick, prune_jobs
from kernel.jobs.queue import Spec, spec


@asynccontextmanager
async def worker_of(database, *tenants, jobs=(), specs=(), lists=None, breaker=None):
    """A house and a worker on an empty queue that also knows ``specs``."""
    lists = lists or HandMadeCatalog(jobs=jobs)
    async with house(database, lists) as own:
        async with database.owner_engine.begin() as connection:
            await connection.execute(text("TRUNCATE jobs.pgqueuer, jobs.pgqueuer_log, jobs.pgqueuer_schedules, jobs.finished, jobs.tick"))
        worker = Worker(own, lists, Register(*tenants), breaker=breaker or Breaker())
        worker.specs |= {each.key: each for each in specs}
        yield own, worker


async def queued(database):
    async with database.owner_engine.begin() as connection:
        rows = await connection.execute(
            text("SELECT entrypoint, status::text, headers->>'role' AS role, attempts FROM jobs.pgqueuer ORDER BY id")
        )
        return rows.all()


def recorder():
    """A job that notes the tenant it runs for and what it was given."""
    ran = []

    async def note(work, order_id: UUID | None = None, on: datetime | None = None) -> None:
        schema = await work.session.scalar(text("SELECT current_schema()"))
        ran.append((work.tenant.id, schema, order_id, i18n.locale()))

    return ran, spec("note", note)


async def test_a_job_runs_after_the_commit_and_not_before(database, tenant):
    ran, note = recorder()
    order_id = uuid4()
    async with worker_of(database, tenant, specs=[note]) as (own, worker):
        async with own.work(tenant) as work:
            await enqueue(work, "note", order_id=order_id)
            await worker.drain()
            assert ran == []
        await worker.drain()
    assert ran == [(tenant.id, tenant.schema, order_id, "zh_CN")]


async def test_a_job_of_a_later_moment_stays_and_holds_nobody_up(database, tenant):
    ran, note = recorder()
    async with worker_of(database, tenant, specs=[note]) as (own, worker):
        async with own.work(tenant) as work:
            await enqueue(work, "note", after=timedelta(days=1))
            await enqueue(work, "note")
        async with asyncio.timeout(60):
            await worker.drain()
        assert len(ran) == 1
        assert [row.status for row in await queued(database)] == ["queued"]


async def test_a_rolled_back_transaction_leaves_no_job(database, tenant):
    ran, note = recorder()
    async with worker_of(database, tenant, specs=[note]) as (own, worker):
        with pytest.raises(ZeroDivisionError):
            await enqueue_and_fail(own, tenant)
        await worker.drain()
        assert (ran, await queued(database)) == ([], [])


async def test_one_worker_keeps_tenants_and_the_platform_apart(database, tenant, other_tenant):
    ran, note = recorder()
    platform_ran = []

    async def sweep(database, n: int) -> None:
        platform_ran.append(n)

    specs = [note, spec("sweep", sweep, scope="platform")]
    async with worker_of(database, tenant, other_tenant, specs=specs) as (own, worker):
        for turn in range(10):
            async with own.work(tenant) as work:
                await enqueue(work, "note")
            async with own.registry_session() as session:
                await enqueue_platform(session, "sweep", n=turn)
            async with own.work(other_tenant) as work:
                await enqueue(work, "note")
        await worker.drain()
    assert Counter((tenant_id, schema) for tenant_id, schema, *_ in ran) == {
        (tenant.id, tenant.schema): 10,
        (other_tenant.id, other_tenant.schema): 10,
    }
    assert sorted(platform_ran) == list(range(10))


async def test_a_tenant_cannot_enqueue_for_another_nor_see_or_touch_the_queue(database, tenant, other_tenant):
    async with worker_of(database) as (own, _):
        refused = [
            f"INSERT INTO jobs.pgqueuer (priority, entrypoint, status) VALUES (0, '{other_tenant.role}', 'queued')",
            "SELECT * FROM jobs.pgqueuer",
            "UPDATE jobs.pgqueuer SET headers = NULL",
            "DELETE FROM jobs.finished",
            f"SET ROLE {own.owner_url.username}",
        ]
        for statement in refused:
            with pytest.raises(DBAPIError, match=r"permission denied"):
                async with own.work(tenant) as work:
                    await work.session.execute(text(statement))
        with pytest.raises(DBAPIError, match=r"permission denied"):
            async with own.work(tenant) as work:
                await work.session.execute(text("SELECT set_config('role', :other, true)"), {"other": other_tenant.role})
        async with own.work(tenant) as work:
            await enqueue(work, "note", role=other_tenant.role)
        assert [(row.entrypoint, row.role) for row in await queued(database)] == [("note", tenant.role)]


async def test_without_a_scope_nothing_can_be_enqueued(database):
    connection = await asyncpg.connect(database.app_url.set(drivername="postgresql").render_as_string(hide_password=False))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SELECT jobs.enqueue('note', '{}', interval '0', NULL, 0)")
    await connection.close()


async def test_a_tenant_cannot_run_a_job_of_the_platform(database, tenant):
    ran = []

    async def sweep(database) -> None:
        ran.append(1)

    async with worker_of(database, tenant, specs=[spec("sweep", sweep, scope="platform")]) as (own, worker):
        async with own.work(tenant) as work:
            await enqueue(work, "sweep")
        await worker.drain()
        assert (ran, [row.status for row in await queued(database)]) == ([], ["failed"])


async def test_a_job_without_a_tenant_is_parked(database, tenant):
    ran, note = recorder()
    async with worker_of(database, specs=[note]) as (own, worker):
        async with own.owner_engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO jobs.pgqueuer (priority, entrypoint, payload, status) VALUES (0, 'note', '{}', 'queued')")
            )
        async with own.work(tenant) as work:
            await enqueue(work, "note")  # the register does not know this tenant
        await worker.drain()
        assert (ran, [row.status for row in await queued(database)]) == ([], ["failed", "failed"])


async def test_a_dedupe_key_keeps_one_job_waiting_for_each_tenant(database, tenant, other_tenant):
    async with worker_of(database) as (own, _):
        async with own.work(tenant) as work:
            assert await enqueue(work, "note", dedupe_key="x") is not None
            assert await enqueue(work, "note", dedupe_key="x") is None
        async with own.work(other_tenant) as work:
            assert await enqueue(work, "note", dedupe_key="x") is not None


async def test_a_failing_job_is_retried_later_and_leaves_nothing_behind(database, tenant):
    async def broken(work) -> None:
        await count_effect(work, None)
        raise ValueError("no paper")

    async with worker_of(database, tenant) as (own, worker):
        async with own.work(tenant) as work:
            await enqueue(work, "broken")
        await run_once(worker, spec("broken", broken), own)
        assert [(row.status, row.attempts) for row in await queued(database)] == [("queued", 1)]
        assert await effects(own, tenant) == 0


async def test_a_job_that_is_delivered_twice_takes_effect_once(database, tenant):
    async def work_once(work) -> None:
        await count_effect(work, None)

    async with worker_of(database, tenant, specs=[spec("once", work_once)]) as (own, worker):
        async with own.work(tenant) as work:
            job_id = await enqueue(work, "once")
        await worker.drain()
        async with own.owner_engine.begin() as connection:  # as if the worker had died before it could strike the job off
            await connection.execute(
                text(
                    "INSERT INTO jobs.pgqueuer (id, priority, entrypoint, payload, headers, status)"
                    " VALUES (:id, 0, 'once', '{}', jsonb_build_object('role', CAST(:role AS text)), 'queued')"
                ),
                {"id": job_id, "role": tenant.role},
            )
        await worker.drain()
        assert (await effects(own, tenant), await queued(database)) == (1, [])


async def test_a_job_of_a_vertical_runs_only_where_it_is_enabled(database, tenant, other_tenant):
    ran = []

    async def remind(work) -> None:
        ran.append(work.tenant.id)

    jobs = [("shop", Declared(key="shop.remind", run=remind))]
    enabled = Register().enable(tenant, "shop")
    async with worker_of(database, enabled, other_tenant, jobs=jobs) as (own, worker):
        for each in (tenant, other_tenant):
            async with own.work(each) as work:
                await enqueue(work, "shop.remind")
        await worker.drain()
        assert (ran, await queued(database)) == ([tenant.id], [])


async def test_a_job_of_a_vertical_is_cut_off_and_then_kept_from_running(database, tenant):
    async def hang(work) -> None:
        await asyncio.Event().wait()

    breaker = Breaker(failures_max=1)
    jobs = [("shop", Declared(key="shop.hang", run=hang, timeout_s=0.05))]
    enabled = Register().enable(tenant, "shop")
    async with worker_of(database, enabled, jobs=jobs, breaker=breaker) as (own, worker):
        async with own.work(enabled) as work:
            await enqueue(work, "shop.hang")
        await run_once(worker, worker.specs["shop.hang"], own)
        assert breaker.open_until((tenant.role, "shop")) is not None
        assert [(row.status, row.attempts) for row in await queued(database)] == [("queued", 1)]


async def test_cron_fans_out_one_job_per_tenant_and_tick(database, tenant, other_tenant):
    async def remind(work) -> None: ...

    jobs = [("shop", Declared(key="shop.remind", run=remind, cron="0 8 * * *"))]
    register = Register(other_tenant)
    register.enable(tenant, "shop")
    moment = datetime(2026, 3, 9, 0, 30, tzinfo=UTC)  # 08:30 in Shanghai
    async with worker_of(database, jobs=jobs) as (own, _):
        worker = Worker(own, HandMadeCatalog(jobs=jobs), register, breaker=Breaker())
        worker.specs = {key: each for key, each in worker.specs.items() if key.startswith("shop")}
        with clock.frozen(moment):
            await worker.tick()
        assert await queued(database) == []  # seen for the first time: it starts with the next tick
        for hours in (23, 23.6, 23.7, 24.1):
            with clock.frozen(moment + timedelta(hours=hours)):
                await asyncio.gather(worker.tick(), worker.tick())
        assert [(row.entrypoint, row.role) for row in await queued(database)] == [("shop.remind", tenant.role)]


@pytest.mark.parametrize(
    ("expression", "zone", "tick"),
    [
        ("0 8 * * *", "Asia/Shanghai", "2026-03-09T00:00"),
        ("0 8 * * *", "Europe/Berlin", "2026-03-08T07:00"),
        ("30 0 * * *", "UTC", "2026-03-09T00:30"),
    ],
)
def test_the_last_tick_is_read_on_the_tenants_clock(expression, zone, tick):
    assert last_tick(expression, datetime(2026, 3, 9, 0, 30, tzinfo=UTC), zone) == datetime.fromisoformat(tick).replace(tzinfo=UTC)


async def test_the_running_worker_hears_of_a_commit_and_stops_when_told(database, tenant):
    done = asyncio.Event()

    async def ring(work) -> None:
        done.set()

    async with worker_of(database, tenant, specs=[spec("ring", ring)]) as (own, worker):
        running = asyncio.create_task(worker.run())
        async with own.work(tenant) as work:
            await enqueue(work, "ring")
        await asyncio.wait_for(done.wait(), 20)
        worker.stop()
        await asyncio.wait_for(running, 20)
        assert await queued(database) == []


async def test_the_worker_relays_the_outbox_after_the_commit(database, tenant):
    lists = catalog(("core", Declared(event=Sold, handle=count_effect)))
    async with worker_of(database, tenant, lists=lists) as (own, worker):
        async with own.work(tenant) as work:
            for _ in range(3):
                await work.publish(Sold(**SALE))
        assert [row.entrypoint for row in await queued(database)] == ["kernel.relay"]
        await worker.drain()
        assert await effects(own, tenant) == 3


async def test_finished_jobs_are_forgotten_after_a_week(database):
    async with worker_of(database) as (own, _):
        async with own.owner_engine.begin() as connection:
            await connection.execute(
                text("INSERT INTO jobs.finished (job_id, role, at) VALUES (1, 'x', now() - interval '8 days'), (2, 'x', now())")
            )
        await prune_jobs(own)
        async with own.owner_engine.begin() as connection:
            assert (await connection.execute(text("SELECT job_id FROM jobs.finished"))).scalars().all() == [2]


async def test_installing_twice_changes_nothing(database):
    async with database.owner_engine.begin() as connection:
        await install(connection, tenant_group=database.tenant_group, worker_role=database.registry_role)
    with pytest.raises(ValueError):
        async with database.owner_engine.begin() as connection:
            await install(connection, tenant_group="x; DROP", worker_role=database.registry_role)


def test_two_jobs_cannot_have_one_key():
    async def other(work) -> None: ...

    assert "kernel.relay" in queue.registered
    with pytest.raises(ValueError, match="two jobs"):
        queue.job("kernel.relay")(other)


async def enqueue_and_fail(own, tenant):
    async with own.work(tenant) as work:
        await enqueue(work, "note")
        raise ZeroDivisionError


async def run_once(worker: Worker, each: Spec, own) -> None:
    """Work until the one job has been tried."""
    worker.specs[each.key] = each
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        while not any(row.attempts for row in await queued(own)):  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.02)
    worker.stop()
    await running
