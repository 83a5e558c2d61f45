"""Cron: one job per tenant at each tick, in the tenant's time zone.

The last tick of each (job, zone) is kept in the database, so that several workers enqueue it once, and a tick missed while
no worker ran is made up once.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from croniter import croniter  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from kernel import clock
from kernel.database import Database
from kernel.jobs.queue import Spec, platform_job
from kernel.work import Tenant

KEPT_DAYS = 7

# xmax is 0 for a row that was inserted: a job seen for the first time starts with its next tick.
_ADVANCE = text("""
    INSERT INTO jobs.tick (key, zone, at) VALUES (:key, :zone, :at)
    ON CONFLICT (key, zone) DO UPDATE SET at = excluded.at WHERE jobs.tick.at < excluded.at
    RETURNING xmax <> 0
""")
_FAN_OUT = text("""
    INSERT INTO jobs.pgqueuer (priority, entrypoint, payload, dedupe_key, headers, status)
    SELECT 0, :key, '{}', role || ' cron:' || :key, jsonb_build_object('role', role), 'queued' FROM unnest(CAST(:roles AS text[])) AS role
    ON CONFLICT (dedupe_key)
        WHERE status = ANY (ARRAY['queued'::jobs.pgqueuer_status, 'picked'::jobs.pgqueuer_status]) AND dedupe_key IS NOT NULL
        DO NOTHING
""")


def last_tick(expression: str, now: datetime, zone: str) -> datetime:
    """The latest moment, at or before ``now``, that ``expression`` names on the clocks of ``zone``; in UTC."""
    local = now.astimezone(ZoneInfo(zone)).replace(microsecond=0) + timedelta(seconds=1)
    found: datetime = croniter(expression, local).get_prev(datetime)
    return found.astimezone(UTC)


async def fan_out(
    database: Database, specs: Iterable[Spec], active: Callable[[], Awaitable[Sequence[Tenant]]], cores: Collection[str]
) -> None:
    """Enqueue each due job for every tenant it applies to, never twice for one tick."""
    tenants = await active()
    now = clock.now()
    zones: dict[str, list[Tenant]] = {}
    for tenant in tenants:
        zones.setdefault(tenant.zone, []).append(tenant)
    async with database.registry_session() as session:
        for each in specs:
            if each.scope == "platform":
                await _enqueue(session, each, "UTC", now, [database.registry_role])
                continue
            for zone, members in zones.items():
                roles = [t.role for t in members if each.vertical is None or each.vertical in cores or each.vertical in t.enabled]
                await _enqueue(session, each, zone, now, roles)


async def _enqueue(session: AsyncSession, each: Spec, zone: str, now: datetime, roles: Sequence[str]) -> None:
    at = last_tick(each.cron or "", now, zone)
    if await session.scalar(_ADVANCE, {"key": each.key, "zone": zone, "at": at}) and roles:
        await session.execute(_FAN_OUT, {"key": each.key, "roles": list(roles)})


@platform_job("kernel.prune_jobs", cron="17 3 * * *")
async def prune_jobs(database: Database) -> None:
    """Forget finished jobs after a week; by then no worker can still hold one."""
    values: dict[str, Any] = {"before": clock.now() - timedelta(days=KEPT_DAYS)}
    async with database.registry_session() as session:
        await session.execute(text("DELETE FROM jobs.finished WHERE at < :before"), values)
        await session.execute(text("DELETE FROM jobs.pgqueuer_log WHERE created < :before"), values)
