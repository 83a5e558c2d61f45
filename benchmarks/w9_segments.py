"""W9: how many customers meet the conditions of a segment, of 100,000 with 300,000 orders and 60,000 consents.

The question is the usual hard one: at least 3 orders in the last 90 days or none for half a year, in a region, with consent counted
for both channels.  The figure is the time that the database takes for the statement, in the company's role and schema; the limit is
100 ms.
"""

import statistics
import time
from typing import Any

from sqlalchemy import text

from benchmarks.runner import Bench, Row
from core_crm.api import SegmentGroup, SegmentRule, segment_reach
from kernel.work import SYSTEM

CUSTOMERS, ORDERS_EACH, LIMIT_S = 100_000, 3, 0.1

_PARTIES = """
    INSERT INTO master_party (id, name, kind, is_customer, is_supplier, same_name_allowed, stage, payment_days, name_key, search_text,
                              region, tags, behaviour_consent, created_at, updated_at, version)
    SELECT gen_random_uuid(), '客户' || n, 'person', true, false, true, 'customer', 0, 'k' || n, 's' || n,
           (ARRAY['华东','华南','华北','西南'])[1 + n % 4], ARRAY['t' || n % 20], false, now() - n % 900 * interval '1 day', now(), 1
    FROM generate_series(1, :customers) AS n
"""
_ORDERS = """
    INSERT INTO crm_order (id, number, state, party_id, party_name, ordered_on, currency, prices_include_tax, net, tax, gross, made_by,
                           confirmed_at, created_at, updated_at, version)
    SELECT gen_random_uuid(), 'B' || row_number() OVER (), 'confirmed', id, name, current_date - (random() * 700)::int, 'CNY', true,
           100, 13, 113, 'x', now(), now(), now(), 1
    FROM master_party, generate_series(1, :each)
"""
_CONSENTS = """
    INSERT INTO master_consent (id, party_id, channel, granted, latest, at, address, source, note, by_name, ip, agent,
                                created_at, updated_at)
    SELECT gen_random_uuid(), id, channel, random() > 0.1, true, now(), '', 'form', 'x', '', '', '', now(), now()
    FROM master_party, unnest(ARRAY['email', 'sms']) AS channel WHERE random() < 0.3
"""
_RULE = SegmentRule
GROUP = SegmentGroup(
    rules=[
        SegmentGroup(
            match="any",
            rules=[
                _RULE(field="orders.count", op="at_least", value="3", days=90),
                _RULE(field="orders.last", op="before_last", days=180),
            ],
        ),
        _RULE(field="region", op="is", value="华东"),
    ]
)


async def measure(bench: Bench) -> list[Row]:
    tenant = await bench.new_tenant()
    async with bench.database.work(tenant, SYSTEM) as work:
        await work.session.execute(text("SET LOCAL statement_timeout = '120s'"))
        for statement, values in ((_PARTIES, {"customers": CUSTOMERS}), (_ORDERS, {"each": ORDERS_EACH}), (_CONSENTS, {})):
            await work.session.execute(text(statement), values)
    async with bench.database.owner_engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("master_party", "crm_order", "master_consent"):
            await connection.execute(text(f"VACUUM ANALYZE {tenant.schema}.{table}"))
    taken: list[float] = []
    found: Any = None
    for _round in range(max(3, bench.repeats)):
        async with bench.database.work(tenant, SYSTEM) as work:
            started = time.perf_counter()
            found = await segment_reach(work, GROUP)
            taken.append(time.perf_counter() - started)
    if not 0 < found.total < CUSTOMERS:
        raise RuntimeError("the segment holds nobody, or everybody")
    return [
        Row(f"W9 count of a segment over {CUSTOMERS:,} customers, against 100 ms", statistics.median(taken), LIMIT_S, 1, "s", inverted=True)
    ]
