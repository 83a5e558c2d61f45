"""Posts vouchers for ever and writes each one that was acknowledged to a file.  Expects to be killed."""

import asyncio
import os
import random
import sys
from datetime import date
from decimal import Decimal
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError
from tests.kernel.bench import HandMadeCatalog

from core_finance.chart.ledgers import get_ledger
from core_finance.posting.engine import post
from core_finance.posting.lane import post_alone
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.database import Database
from kernel.errors import Unavailable
from kernel.events import Bus
from kernel.work import SYSTEM, Tenant

POSTERS = 4
GONE = (OSError, DBAPIError, Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
"""What a server that dies raises.  The voucher may have been posted or not: the same key is sent again."""


async def poster(database: Database, tenant: Tenant, name: str, file: int) -> None:
    chosen = random.Random(name)
    for number in range(1_000_000):
        key = f"{name}-{number}"
        amount = Decimal(chosen.randint(3, 10**6)) / 100
        part = (amount / 3).quantize(Decimal("0.01"))
        lines = [
            NewLine(account="1122", debit=amount, summary=key, dimensions={"party": UUID(int=chosen.randint(1, 9))}),
            NewLine(account="5001", credit=part, summary=key),
            NewLine(account="22210107", credit=amount - part, summary=key),
        ]
        on = date(2026, chosen.randint(1, 3), 9)
        posted = None
        while posted is None:
            try:
                voucher = NewVoucher(on=on, lines=lines, idempotency_key=key)
                if number % 2:
                    posted = await post_alone(database, tenant, SYSTEM, voucher)
                else:
                    async with database.work(tenant) as work:
                        answer = await post(work, await get_ledger(work), voucher)
                    posted = answer
            except GONE:
                await asyncio.sleep(0.05)
        os.write(file, f"{key} {posted.period} {posted.number}\n".encode())
        os.fsync(file)


async def main() -> None:
    owner_url, number, schema, role, name, path = sys.argv[1:]
    database = Database(owner_url, pool_size=POSTERS)
    database.bus = Bus(HandMadeCatalog())
    tenant = Tenant(id=int(number), schema=schema, role=role, slug="x", name="x")
    file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    await asyncio.gather(*(poster(database, tenant, f"{name}-{os.getpid()}-{i}", file) for i in range(POSTERS)))


asyncio.run(main())
