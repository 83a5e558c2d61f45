"""Does the steps of a month and closes it; stops dead before the statement it is told, and waits there to be killed."""

import asyncio
import sys
import time
from itertools import count
from pathlib import Path
from uuid import UUID

from sqlalchemy import event
from tests.scenarios.crash_house import load_cores

from core_finance.chart.ledgers import get_ledger
from core_finance.closing.closing import close
from core_finance.closing.service import do_step, next_step
from kernel.database import Database
from kernel.events import Bus
from kernel.work import SYSTEM, Tenant

PERIOD = 202601


async def close_month(database: Database, tenant: Tenant, ledger_id: UUID) -> None:
    """As the page does it: each step in a transaction of its own, then the checks and the close."""
    while True:
        async with database.work(tenant, SYSTEM) as work:
            ledger = await get_ledger(work, ledger_id)
            step = await next_step(work, ledger, PERIOD)
            if step is None:
                break
            await do_step(work, ledger, PERIOD, step.key)
    async with database.work(tenant, SYSTEM) as work:
        await close(work, await get_ledger(work, ledger_id), PERIOD)


async def main() -> str:
    """What to say at the end."""
    owner_url, number, schema, role, ledger_id, stop_at, path = sys.argv[1:]
    database = Database(owner_url)
    database.bus = Bus(load_cores())
    done = count(1)
    said = 0

    def before(*_facts: object, **_more: object) -> None:
        nonlocal said
        said = next(done)
        if said == int(stop_at):
            Path(path).write_text("stopped")
            time.sleep(3600)

    for engine in database.engines.values():
        for moment in ("before_cursor_execute", "commit"):
            event.listen(engine.sync_engine, moment, before)
    await close_month(database, Tenant(id=int(number), schema=schema, role=role, slug="x", name="x"), UUID(ledger_id))
    return f"done after {said}"


if __name__ == "__main__":
    words = asyncio.run(main())
    Path(sys.argv[-1]).write_text(words)
