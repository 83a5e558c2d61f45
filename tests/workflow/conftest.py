"""People at their desks, and what happens after a commit."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from tests.master_data.conftest import department, seat_for  # noqa: F401 - fixtures

from identity.people.model import Person
from kernel.jobs import Worker
from tenancy.directory import directory_of

Drain = Callable[[], Awaitable[None]]


@pytest.fixture
async def drain(database, catalog) -> Drain:
    """Runs what waits: follow-ups, reminders, letters."""

    async def run() -> None:
        """Until nothing is due; what is to run at a later moment, reminders say, stays."""
        await Worker(database, catalog, directory_of(database)).drain()

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
