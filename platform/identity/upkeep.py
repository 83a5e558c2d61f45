"""Forgets, every night, what no longer matters: sessions that ran out, used links, old counts of guesses."""

from identity.sessions.service import forget_ended
from identity.throttle.service import forget_old as forget_attempts
from identity.tickets.service import forget_old as forget_tickets
from kernel.database import Database
from kernel.jobs import platform_job


@platform_job("identity.forget", cron="41 3 * * *")
async def forget(database: Database) -> None:
    await forget_attempts(database)
    async with database.registry_session() as session:
        await forget_tickets(session)
        await forget_ended(session)
