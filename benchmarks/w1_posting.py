"""W1: post vouchers of two lines.

Ours is the whole way of a request below HTTP: the tenant's role and schema, every check, number, header, lines, balances,
commit; requests that come at the same time are posted together (``posting.lane``).  The limit writes the same rows into
tables of the same shape by one bare statement on a connection of the superuser: nothing is checked, accounts are given by
id, and each execution commits by itself.
"""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.runner import Act, Bench, Row
from core_finance.api import Ledger, NewLine, NewVoucher, create_ledger, post, post_all, post_alone
from kernel.ids import new_id
from kernel.work import SYSTEM, Tenant

CLIENTS = 8
BATCH = 100
ACCOUNTS = ("1001", "1002", "1012", "1121", "1122", "1123", "1403", "1405", "2202", "2203", "5001", "5051")
AMOUNT = Decimal("113.00")
TABLES = ("finance_voucher", "finance_voucher_line", "finance_balance")

BARE = """
WITH n AS (
    UPDATE number SET last = last + 1 WHERE period = $3 RETURNING last
), h AS (
    INSERT INTO finance_voucher (
        id, ledger_id, period, word, number, entry_on, kind, summary, total, attachments, made_by, posted_by, posted_at)
    SELECT $1, $2, $3, '记', last, $4, 'manual', 'Sale', $5, 0, 'bench', 'bench', $6 FROM n
    RETURNING number
), l AS (
    INSERT INTO finance_voucher_line (voucher_id, position, account_id, entry_on, word, number, summary, debit, credit, currency)
    SELECT $1, x.position, x.account, $4, '记', h.number, 'Sale', x.debit, x.credit, 'CNY'
    FROM h, unnest($7::uuid[], $8::numeric[], $9::numeric[]) WITH ORDINALITY AS x(account, debit, credit, position)
)
INSERT INTO finance_balance AS b (ledger_id, dimension_set_id, period, account_id, currency, closing, debit, credit)
SELECT $2, '00000000-0000-0000-0000-000000000000', $3, x.account, 'CNY', false, x.debit, x.credit
FROM unnest($7::uuid[], $8::numeric[], $9::numeric[]) AS x(account, debit, credit) ORDER BY x.account
ON CONFLICT (ledger_id, dimension_set_id, period, account_id, currency, closing)
DO UPDATE SET debit = b.debit + excluded.debit, credit = b.credit + excluded.credit
"""


class Ours:
    """Posts through the engine."""

    def __init__(self, bench: Bench, tenant: Tenant, ledger: Ledger) -> None:
        self.bench, self.tenant, self.ledger = bench, tenant, ledger
        self.chosen = random.Random(1)

    def voucher(self, *, hot: bool) -> NewVoucher:
        debit, credit = ACCOUNTS[:2] if hot else self.chosen.sample(ACCOUNTS, 2)
        month = 6 if hot else self.chosen.randint(1, 12)
        lines = [NewLine(account=debit, debit=AMOUNT, summary="Sale"), NewLine(account=credit, credit=AMOUNT, summary="Sale")]
        return NewVoucher(on=date(2026, month, 9), lines=lines)

    def one(self, *, hot: bool = False) -> Act:
        async def act() -> None:
            await post_alone(self.bench.database, self.tenant, SYSTEM, self.voucher(hot=hot))

        return act

    def inside(self) -> Act:
        """As part of other work, such as confirming an order: a unit of work with its session around it."""

        async def act() -> None:
            async with self.bench.database.work(self.tenant) as work:
                await post(work, self.ledger, self.voucher(hot=False))

        return act

    def batch(self) -> Act:
        async def act() -> None:
            async with self.bench.database.work(self.tenant) as work:
                await post_all(work, self.ledger, [self.voucher(hot=False) for _ in range(BATCH)])

        return act


class Limit:
    """Posts by one bare statement."""

    def __init__(self, ledger: UUID, accounts: Sequence[UUID]) -> None:
        self.ledger, self.accounts = ledger, accounts
        self.chosen = random.Random(1)

    def one(self, connection: asyncpg.Connection) -> Act:
        async def act() -> None:
            debit, credit = self.chosen.sample(self.accounts, 2)
            month = self.chosen.randint(1, 12)
            await connection.execute(
                BARE, new_id(), self.ledger, 202600 + month, date(2026, month, 9), AMOUNT, datetime.now(UTC), [debit, credit],
                [AMOUNT, Decimal(0)], [Decimal(0), AMOUNT],
            )  # fmt: skip

        return act


async def measure(bench: Bench) -> list[Row]:
    tenant = await bench.new_tenant()
    async with bench.database.work(tenant) as work:
        ledger = await create_ledger(work, name="Bench", start=date(2026, 1, 1))
    setup = await bench.bare(tenant.schema)
    accounts = await _bare_tables(setup, ledger.id)
    await setup.close()
    connections = [await bench.bare("bare") for _ in range(CLIENTS)]
    ours, limit = Ours(bench, tenant, ledger), Limit(ledger.id, accounts)
    acts: dict[str, tuple[Sequence[Act], int]] = {
        "limit 1": ([limit.one(connections[0])], 1),
        "ours 1": ([ours.one()], 1),
        "limit 8": ([limit.one(c) for c in connections], 1),
        "ours 8": ([ours.one() for _ in connections], 1),
        "hot 8": ([ours.one(hot=True) for _ in connections], 1),
        "batch": ([ours.batch()], BATCH),
        "inside": ([ours.inside()], 1),
    }
    rates = await bench.rates(acts)
    for connection in connections:
        await connection.close()
    return [
        Row("W1 post one voucher, 1 client", rates["ours 1"], rates["limit 1"], 0.5),
        Row("W1 post one voucher, 8 clients", rates["ours 8"], rates["limit 8"], 0.5),
        Row("W1 batch of 100 against one by one bare", rates["batch"], rates["limit 1"], 3.0),
        Row("W1 8 clients, one month, same accounts, against spread", rates["hot 8"], rates["ours 8"], 0.8),
        Row("W1 post as part of a unit of work, 1 client", rates["inside"], rates["limit 1"], None),
    ]


async def _bare_tables(setup: asyncpg.Connection, ledger: UUID) -> list[Any]:
    """Tables of the same shape, with the same indexes, in a schema without a tenant; the accounts' ids."""
    await setup.execute("CREATE SCHEMA bare")
    for name in TABLES:
        await setup.execute(f"CREATE TABLE bare.{name} (LIKE {name} INCLUDING ALL)")
    await setup.execute("CREATE TABLE bare.number (period integer PRIMARY KEY, last integer NOT NULL)")
    await setup.execute("INSERT INTO bare.number SELECT 202600 + month, 0 FROM generate_series(1, 12) AS month")
    rows = await setup.fetch("SELECT id FROM finance_account WHERE ledger_id = $1 AND code = ANY($2)", ledger, list(ACCOUNTS))
    return [row["id"] for row in rows]
