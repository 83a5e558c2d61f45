"""The worker: takes jobs from the queue and runs each in its tenant's unit of work.

It keeps one direct connection for LISTEN and for the queue (never through PgBouncer); the jobs themselves use the
database's pool like any request.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Protocol

import asyncpg
from pgqueuer import PgQueuer
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence import qb
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.types import QueueExecutionMode
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule
from sqlalchemy import text

from kernel import breaker as breakers
from kernel import clock, i18n
from kernel.database import Database, without_set_config
from kernel.jobs import cron
from kernel.jobs.queue import Spec, registered, spec
from kernel.jobs.schema import SETTINGS
from kernel.work import Tenant

log = logging.getLogger(__name__)

ATTEMPTS_MAX = 6
BACKOFF_S = 15  # doubled at each attempt
RECONNECT_S_MAX = 30

_FINISH = text("SELECT jobs.finish(:job_id)")


class Tenants(Protocol):
    """What the worker asks of the registry; asked anew for each job, so that a disabled vertical stays silent."""

    async def by_role(self, role: str) -> Tenant | None: ...

    async def active(self) -> Sequence[Tenant]: ...


class Catalog(Protocol):
    """What the worker asks of the catalog of contributions."""

    @property
    def cores(self) -> frozenset[str]: ...

    def contributions(self, hook: str) -> Iterable[Any]: ...

    def given(self, hook: str, enabled: Collection[str]) -> Iterator[Any]: ...


class JobRefused(Exception):
    """The job names nobody it could run for."""


class _DueQueries(Queries):
    """The queue, in which a job of a later moment is no work yet: ``drain`` would wait for it."""

    async def queued_work(self, entrypoints: list[Any]) -> int:
        return await self.eligible_queued_work(entrypoints)


class Worker:
    """Runs jobs until ``stop``; several may run at once, in one process or many."""

    def __init__(
        self, database: Database, catalog: Catalog, tenants: Tenants, *, breaker: breakers.Breaker = breakers.shared, concurrency: int = 20
    ) -> None:
        self._database, self._catalog, self._tenants, self._breaker, self._concurrency = database, catalog, tenants, breaker, concurrency
        self._stop = asyncio.Event()
        self.specs = {**registered, **{s.key: s for s in _declared(catalog)}}

    async def run(self) -> None:
        """Work until stopped; a lost connection is taken up again."""
        pause_s = 1
        while not self._stop.is_set():
            try:
                await self._session(QueueExecutionMode.continuous, timedelta(seconds=30))
                pause_s = 1
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the worker lost its connection and tries again in %d s: %s", pause_s, error)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), pause_s)
                pause_s = min(pause_s * 2, RECONNECT_S_MAX)

    async def drain(self) -> None:
        """Run what is due, and end when nothing is; what is to run at a later moment stays in the queue."""
        await self._session(QueueExecutionMode.drain, timedelta(seconds=1))

    def stop(self) -> None:
        """Finish the jobs at hand and end ``run``."""
        self._stop.set()

    async def tick(self) -> None:
        """Enqueue the scheduled jobs that are due, one per tenant."""
        await cron.fan_out(self._database, [s for s in self.specs.values() if s.cron], self._tenants.active, self._catalog.cores)

    async def _session(self, mode: QueueExecutionMode, dequeue_timeout: timedelta) -> None:
        connection = await self._connect()
        try:
            queries = _DueQueries(
                AsyncpgDriver(connection),
                qb.QueryBuilderEnvironment(SETTINGS),
                qb.QueryQueueBuilder(SETTINGS),
                qb.QuerySchedulerBuilder(SETTINGS),
            )
            pgq = PgQueuer(queries.driver, queries=queries)
            for each in self.specs.values():
                self._register(pgq, each)

            async def tick(schedule: Schedule) -> None:
                await self.tick()

            run = pgq.qm.run if mode is QueueExecutionMode.drain else pgq.run
            if mode is QueueExecutionMode.continuous:
                pgq.schedule("kernel.tick", "* * * * *")(tick)
            stopping = asyncio.create_task(self._forward_stop(pgq))
            try:
                await run(
                    dequeue_timeout=dequeue_timeout,
                    batch_size=min(10, self._concurrency // 2),
                    mode=mode,
                    max_concurrent_tasks=self._concurrency,
                    shutdown_on_listener_failure=mode is QueueExecutionMode.continuous,
                )
            finally:
                stopping.cancel()
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=5)

    async def _connect(self) -> Any:
        url = self._database.app_url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(url)
        without_set_config(connection)
        await connection.execute(f"SET ROLE {self._database.registry_role}; SET search_path = pg_catalog")
        return connection

    async def _forward_stop(self, pgq: PgQueuer) -> None:
        await self._stop.wait()
        pgq.shutdown.set()

    def _register(self, pgq: PgQueuer, each: Spec) -> None:
        async def entrypoint(queued: QueuedJob) -> None:
            await self._run(each, queued)

        pgq.entrypoint(each.key, accepts_context=False, on_failure="hold")(entrypoint)

    async def _run(self, each: Spec, queued: QueuedJob) -> None:
        """Run one job; ask the queue for another attempt when it fails, and park it after the last."""
        role = str((queued.headers or {}).get("role") or "")
        circuit = (role, each.vertical)
        if each.vertical and (until := self._breaker.open_until(circuit)):
            raise RetryRequested(until - clock.now(), "the circuit breaker is open")
        try:
            async with asyncio.timeout(each.timeout_s):
                await self._run_for(role, each, queued)
        except JobRefused:
            raise
        except Exception as error:
            if each.vertical:
                self._breaker.failed(circuit)
            if queued.attempts + 1 >= ATTEMPTS_MAX:
                raise
            log.warning("job %s of %s failed (attempt %d)", each.key, role, queued.attempts + 1, exc_info=error)
            raise RetryRequested(timedelta(seconds=BACKOFF_S * 2**queued.attempts), f"{type(error).__name__}: {error}") from error
        if each.vertical:
            self._breaker.succeeded(circuit)

    async def _run_for(self, role: str, each: Spec, queued: QueuedJob) -> None:
        arguments = each.arguments(queued.payload or b"{}")
        if each.scope == "platform":
            if role != self._database.registry_role:
                raise JobRefused(f"job {each.key} is the platform's, but {role or 'nobody'} enqueued it")
            async with self._database.registry_session() as session:
                fresh = await session.scalar(_FINISH, {"job_id": queued.id})
                if fresh:
                    await each.run(self._database, **arguments)
            return
        tenant = await self._tenants.by_role(role) if role else None
        if tenant is None:
            raise JobRefused(f"job {each.key} has no tenant: {role or 'none given'}")
        if each.vertical and each.vertical not in tenant.enabled and each.vertical not in self._catalog.cores:
            log.info("job %s skipped: %s is not enabled", each.key, each.vertical)
            return
        with i18n.using(tenant.locale):
            if each.scope == "tenant":
                await each.run(self._database, tenant, self._breaker, **arguments)
                return
            async with self._database.work(tenant, request_id=f"job-{queued.id}") as work:
                if await work.session.scalar(_FINISH, {"job_id": queued.id}):
                    await each.run(work, **arguments)


def _declared(catalog: Catalog) -> Iterator[Spec]:
    """The jobs of the catalog, each with the package that gave it."""
    for contribution in catalog.contributions("jobs"):
        item = contribution.item
        yield spec(item.key, item.run, timeout_s=item.timeout_s, cron=item.cron or None, vertical=contribution.vertical)
