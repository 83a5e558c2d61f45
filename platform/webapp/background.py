"""What runs beside the requests: jobs, outgoing mail, spare tenants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from kernel.database import Database
from kernel.jobs import Worker
from kernel.settings import Settings
from messaging.intake.server import keep_taking
from messaging.sender import keep_sending
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.provision import Provisioner, keep_filled

log = structlog.get_logger(__name__)

AGAIN_AFTER_S = 5
STOP_TIMEOUT_S = 10


@asynccontextmanager
async def background(database: Database, catalog: Catalog, settings: Settings) -> AsyncIterator[None]:
    """Within the block jobs run, letters are sent, and the pool of spare tenants is kept full.

    At the end the jobs at hand are finished; what takes longer than a few seconds is taken up again at the next start.
    """
    worker = Worker(database, catalog, directory_of(database))
    provisioner = Provisioner(database, catalog)
    working = asyncio.create_task(_kept_running("worker", worker.run))
    endless = [
        asyncio.create_task(_kept_running("mail", lambda: keep_sending(database, settings))),
        asyncio.create_task(_kept_running("spare tenants", lambda: keep_filled(provisioner, settings.spare_tenants))),
    ]
    if settings.mail_intake_port:
        endless.append(asyncio.create_task(_kept_running("mail intake", lambda: keep_taking(database, settings))))
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait([working], timeout=STOP_TIMEOUT_S)
        for task in (working, *endless):
            task.cancel()
        await asyncio.wait([working, *endless], timeout=STOP_TIMEOUT_S)


async def _kept_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Run until it ends by itself or is cancelled; start it again after a failure, which is logged."""
    task = asyncio.current_task()
    while True:
        try:
            await run()
        except Exception:
            # A driver may turn a cancellation that hits it half way into an error of its own.
            if task is not None and task.cancelling():
                return
            log.exception("a background service failed and is started again", service=name)
            await asyncio.sleep(AGAIN_AFTER_S)
        else:
            return
