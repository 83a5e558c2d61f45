"""People at their desks, and what happens after a commit."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from tests.master_data.conftest import department, seat_for  # noqa: F401 - fixtures

from identity.people.model import Person
from kernel.jobs import Worker
from tenancy.directory import directory_of

Drain = Callable[[], Awaitable[None]]


@pytest.fixture
async def drain(database, catalog) -> Drain:
    """Runs what waits: follow-ups, reminders, letters."""

    async def waiting() -> int:
        async with database.owner_engine.connect() as connection:
            due = "SELECT count(*) FROM jobs.pgqueuer WHERE status IN ('queued', 'picked') AND execute_after <= now()"
            return await connection.scalar(sa.text(due))

    async def run() -> None:
        """Until nothing is due; what is to run at a later moment, reminders say, stays."""
        worker = Worker(database, catalog, directory_of(database))
        running = asyncio.create_task(worker.run())
        try:
            async with asyncio.timeout(60):
                while await waiting():  # noqa: ASYNC110 - the worker is another task with its own connection
                    await asyncio.sleep(0.05)
        finally:
            worker.stop()
            await running

    return run


@pytest.fixture
def verified(database) -> Callable[[object], Awaitable[None]]:
    """The person has proved their address, and so gets mail."""

    async def prove(seat) -> None:
        async with database.registry_session() as session:
            person = await session.get_one(Person, seat.person_id)
            person.verified_at = datetime.now(UTC)

    return prove


async def told(client) -> list[str]:
    """What a member reads, the latest first, in English."""
    answer = await client.get("/api/v1/notifications", headers={"accept-language": "en"})
    return [n["text"] for n in answer.json()["items"]]
