"""The queue's tables in schema ``jobs``, and the functions that are a tenant's only way to them."""

import re
from typing import Any

from pgqueuer.adapters.persistence import qb
from pgqueuer.domain.settings import DBSettings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

SETTINGS = DBSettings(db_schema="jobs")

_ROLE = re.compile(r"[a-z][a-z0-9_]{0,62}")

# Inside a SECURITY DEFINER function current_user is the function's owner, so the tenant is read from the setting ``role``,
# which SET LOCAL ROLE has set and the function's caller cannot choose beyond the roles granted to it.
_OURS = """
CREATE TABLE IF NOT EXISTS jobs.finished (
    job_id bigint NOT NULL,
    role text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, role)
);
CREATE TABLE IF NOT EXISTS jobs.tick (
    key text NOT NULL,
    zone text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (key, zone)
);
CREATE OR REPLACE FUNCTION jobs.caller() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END
$$;
CREATE OR REPLACE FUNCTION jobs.enqueue(key text, payload bytea, after interval, dedupe text, priority integer) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS (
        INSERT INTO jobs.pgqueuer (priority, entrypoint, payload, execute_after, dedupe_key, headers, status)
        VALUES (enqueue.priority, enqueue.key, enqueue.payload, now() + enqueue.after, jobs.caller() || ' ' || enqueue.dedupe,
                jsonb_build_object('role', jobs.caller()), 'queued')
        ON CONFLICT (dedupe_key)
            WHERE status = ANY (ARRAY['queued'::jobs.pgqueuer_status, 'picked'::jobs.pgqueuer_status]) AND dedupe_key IS NOT NULL
            DO NOTHING
        RETURNING id, status, entrypoint, priority
    ), logged AS (
        INSERT INTO jobs.pgqueuer_log (job_id, status, entrypoint, priority) SELECT id, status, entrypoint, priority FROM made
    )
    SELECT id FROM made
$$;
CREATE OR REPLACE FUNCTION jobs.finish(job_id bigint) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO jobs.finished (job_id, role) VALUES (finish.job_id, jobs.caller()) ON CONFLICT DO NOTHING RETURNING true
$$;
REVOKE ALL ON SCHEMA jobs FROM PUBLIC;
REVOKE ALL ON FUNCTION jobs.caller(), jobs.enqueue(text, bytea, interval, text, integer), jobs.finish(bigint) FROM PUBLIC;
"""

_GRANTS = """
GRANT USAGE ON SCHEMA jobs TO {tenant}, {worker};
GRANT EXECUTE ON FUNCTION jobs.enqueue(text, bytea, interval, text, integer), jobs.finish(bigint) TO {tenant}, {worker};
GRANT SELECT, INSERT, UPDATE, DELETE ON jobs.pgqueuer, jobs.pgqueuer_log, jobs.pgqueuer_schedules, jobs.pgqueuer_statistics,
    jobs.finished, jobs.tick TO {worker};
GRANT USAGE ON SEQUENCE jobs.pgqueuer_id_seq, jobs.pgqueuer_schedules_id_seq, jobs.pgqueuer_statistics_id_seq TO {worker};
"""


async def install(connection: AsyncConnection, *, tenant_group: str, worker_role: str) -> None:
    """Create what is missing, as the owner.  Safe to repeat; it commits nothing.

    Roles in ``tenant_group`` may enqueue; ``worker_role`` may run the queue.
    """
    if not (_ROLE.fullmatch(tenant_group) and _ROLE.fullmatch(worker_role)):
        raise ValueError("the names of the roles must be plain identifiers")
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('jobs.install', 0))"))
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not await connection.scalar(text("SELECT to_regclass('jobs.pgqueuer') IS NOT NULL")):
        await driver.execute(qb.QueryBuilderEnvironment(SETTINGS).build_install_query())
    await driver.execute(_OURS)
    await driver.execute(_GRANTS.format(tenant=tenant_group, worker=worker_role))
