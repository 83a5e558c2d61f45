"""Keeps sending what waits, in the background of the application."""

import asyncio

import structlog

from kernel.database import Database
from kernel.settings import Settings
from messaging.mail import deliver

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 1.0


async def keep_sending(database: Database, settings: Settings) -> None:
    """Look for letters that are due, every second, until cancelled.  One indexed query when there is none."""
    while True:
        if not await deliver(database, settings):
            await asyncio.sleep(LOOK_EVERY_S)
