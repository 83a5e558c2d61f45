"""A process that publishes, says "ready" at the moment asked for, and waits to be killed."""

import asyncio
import os
import sys

from tests.kernel import test_events
from tests.kernel.bench import Declared

from kernel.breaker import Breaker
from kernel.database import Database
from kernel.events import Bus
from kernel.outbox import relay
from kernel.work import Tenant


async def stay() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


async def count_effect(work, event):
    await test_events.count_effect(work, event)
    if os.environ["MOMENT"] == "delivering":
        await stay()


# The row in the outbox names the subscriber by module and function: it must be the one the test's catalog has.
count_effect.__module__, count_effect.__qualname__ = test_events.count_effect.__module__, test_events.count_effect.__qualname__


async def main() -> None:
    number, schema, role = os.environ["TENANT"].split()
    database = Database(os.environ["OWNER_URL"], app_url=os.environ["APP_URL"])
    database.bus = Bus(test_events.catalog(("core", Declared(event=test_events.Sold, handle=count_effect))))
    tenant = Tenant(id=int(number), schema=schema, role=role, slug="x", name="x")
    async with database.work(tenant) as work:
        await work.publish(test_events.Sold(**test_events.SALE))
    if os.environ["MOMENT"] == "committed":
        await stay()
    await relay(database, tenant, Breaker())


asyncio.run(main())
