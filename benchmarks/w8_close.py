"""W8: close a month of 50,000 lines: its steps and checks, the vouchers of the transfer, the close; one transaction a step.

The limit does the same sums bare, on a connection of the superuser: it reads the month's lines once, account by account,
checks that debits are credits and numbers have no gaps, and updates the month's row.  Ours reads maintained balances and
so may be faster than its limit.
"""

import random
import statistics
import time
from datetime import date
from decimal import Decimal
from uuid import UUID

import asyncpg

from benchmarks.runner import Bench, Row
from core_finance.api import Ledger, NewLine, NewVoucher, create_ledger, post_all
from core_finance.closing.closing import close, read_checks, reopen
from core_finance.closing.service import do_step, read_steps
from kernel.work import Tenant

LINES = 50_000
PER_VOUCHER = 10
BATCH = 250
MONTH = 202601
TARGET_S = 60.0
ACCOUNTS = ("1001", "1002", "1122", "1403", "1405", "2202", "5001", "5051", "5401", "560201", "560202", "560299")

SUMS = """
SELECT l.account_id, sum(l.debit), sum(l.credit) FROM finance_voucher v JOIN finance_voucher_line l ON l.voucher_id = v.id
WHERE v.ledger_id = $1 AND v.period = $2 GROUP BY 1
"""
BALANCED = """
SELECT count(*) FROM (
    SELECT v.id FROM finance_voucher v JOIN finance_voucher_line l ON l.voucher_id = v.id
    WHERE v.ledger_id = $1 AND v.period = $2 GROUP BY 1 HAVING sum(l.debit) <> sum(l.credit)
) x
"""
GAPS = "SELECT word, max(number) = count(*) FROM finance_voucher WHERE ledger_id = $1 AND period = $2 GROUP BY 1"
CLOSE = "UPDATE finance_period SET state = $3 WHERE ledger_id = $1 AND code = $2"


async def measure(bench: Bench) -> list[Row]:
    tenant = await bench.new_tenant()
    async with bench.database.work(tenant) as work:
        ledger = await create_ledger(work, name="Bench", start=date(2026, 1, 1))
    await _fill(bench, tenant, ledger)
    bare = await bench.bare(tenant.schema)
    await bare.execute("ANALYZE")
    first = await _ours(bench, tenant, ledger)
    limits, again = [], []
    for _round in range(bench.repeats):
        limits.append(await _limit(bare, ledger.id))
        again.append(await _ours(bench, tenant, ledger))
    await bare.close()
    limit = statistics.median(limits)
    return [
        Row(f"W8 close a month of {LINES:,} lines, against 60 s", first, TARGET_S, 1.0, "s", inverted=True),
        Row("W8 the same, against bare sums of its lines", first, limit, None, "s", inverted=True),
        Row("W8 reopen it, do its steps and close it again", statistics.median(again), limit, None, "s", inverted=True),
    ]


async def _ours(bench: Bench, tenant: Tenant, ledger: Ledger) -> float:
    """The whole way that the page goes: look, do each step, look at the checks, close; then it is opened again."""
    started = time.perf_counter()
    async with bench.database.work(tenant) as work:
        steps = [view.key for view in await read_steps(work, ledger, MONTH) if view.missing]
        await read_checks(work, ledger, MONTH)
    for key in steps:
        async with bench.database.work(tenant) as work:
            await do_step(work, ledger, MONTH, key)
    async with bench.database.work(tenant) as work:
        await close(work, ledger, MONTH)
    took = time.perf_counter() - started
    async with bench.database.work(tenant) as work:
        await reopen(work, ledger, MONTH, "to measure again")
    return took


async def _limit(bare: asyncpg.Connection, ledger: UUID) -> float:
    started = time.perf_counter()
    async with bare.transaction():
        await bare.execute(CLOSE, ledger, MONTH, "closed")
        for statement in (SUMS, BALANCED, GAPS):
            await bare.fetch(statement, ledger, MONTH)
    took = time.perf_counter() - started
    await bare.execute(CLOSE, ledger, MONTH, "open")
    return took


async def _fill(bench: Bench, tenant: Tenant, ledger: Ledger) -> None:
    chosen = random.Random(8)
    vouchers = [_voucher(chosen) for _ in range(LINES // PER_VOUCHER)]
    for start in range(0, len(vouchers), BATCH):
        async with bench.database.work(tenant) as work:
            await post_all(work, ledger, vouchers[start : start + BATCH])


def _voucher(chosen: random.Random) -> NewVoucher:
    lines = []
    for _ in range(PER_VOUCHER // 2):
        debit, credit = chosen.sample(ACCOUNTS, 2)
        amount = Decimal(chosen.randint(1, 10**7)) / 100
        lines += [NewLine(account=debit, debit=amount, summary="Sale"), NewLine(account=credit, credit=amount, summary="Sale")]
    return NewVoucher(on=date(2026, 1, chosen.randint(1, 31)), lines=lines)
