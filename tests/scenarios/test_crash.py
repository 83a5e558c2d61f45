"""Kills the application and PostgreSQL while vouchers are posted.  What was acknowledged is there; what is there holds."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from tests.core_finance.invariants import ON_DISK
from tests.scenarios.crash_house import WAIT_S, House

from core_finance.chart.ledgers import create_ledger
from kernel.work import Work
from master_data.api import Party

ROUNDS = 20
WORKERS = 2
ACKS_PER_ROUND = 60
KINDS = ("application", "postmaster", "immediate", "backend", "terminate")


class PostingHouse(House):
    """Processes post to the company's ledger."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.file = folder / "acknowledged"
        self.file.touch()

    async def fill(self, work: Work) -> None:
        await create_ledger(work, name="Main", start=date(2026, 1, 1))
        work.session.add_all(Party(id=UUID(int=n), name=f"{n}", name_key=f"{n}", search_text=f"{n}") for n in range(1, 10))

    def post(self, name: str) -> None:
        """Start a process that posts."""
        self.hire("crash_worker.py", name, str(self.file))

    def acknowledged(self) -> list[tuple[str, int, int]]:
        lines = [line.split() for line in self.file.read_text().splitlines(keepends=True) if line.endswith("\n")]
        return [(key, int(period), int(number)) for key, period, number in lines]

    async def more(self, count: int) -> None:
        """Wait until that many more vouchers were acknowledged: posting goes on after whatever happened before."""
        wanted = len(self.acknowledged()) + count
        until = time.monotonic() + WAIT_S
        while len(self.acknowledged()) < wanted:
            assert time.monotonic() < until, f"no more than {len(self.acknowledged())} of {wanted} vouchers were posted"
            await asyncio.sleep(0.02)

    async def look(self) -> tuple[dict[str, int], list[tuple[str, int, int]]]:
        """What is broken, and which acknowledged vouchers are not there.  Its own connection may die as well."""
        until = time.monotonic() + WAIT_S
        while True:
            try:
                connection = await self.ask()
                try:
                    acknowledged = self.acknowledged()
                    async with connection.transaction(isolation="repeatable_read"):
                        broken = {name: found for name, query in ON_DISK.items() if (found := await connection.fetchval(query))}
                        rows = await connection.fetch("SELECT idempotency_key, period, number FROM finance_voucher")
                finally:
                    connection.terminate()
                present = {tuple(row) for row in rows}
                return broken, [each for each in acknowledged if each not in present]
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                assert time.monotonic() < until, "the books cannot be read"

    # ------------------------------------------------------------ what happens to them
    async def application(self, chosen: random.Random, number: int) -> None:
        worker = self.workers.pop(chosen.randrange(len(self.workers)))
        worker.kill()
        worker.wait()
        self.post(f"w{number}")

    async def postmaster(self, _chosen: random.Random, _number: int) -> None:
        self.restart(signal.SIGKILL)

    async def immediate(self, _chosen: random.Random, _number: int) -> None:
        self.restart(signal.SIGQUIT)

    async def backend(self, chosen: random.Random, _number: int) -> None:
        connection = await self.ask()
        pids = await connection.fetch(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'checker'"
        )
        connection.terminate()
        if pids:
            with suppress(ProcessLookupError):
                os.kill(chosen.choice(pids)["pid"], signal.SIGKILL)

    async def terminate(self, _chosen: random.Random, _number: int) -> None:
        connection = await self.ask()
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'checker'"
        )
        connection.terminate()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[PostingHouse]:
    house = PostingHouse(tmp_path)
    try:
        await house.furnish()
        yield house
    finally:
        house.close()


@pytest.mark.crash
@pytest.mark.slow
async def test_what_was_acknowledged_survives_every_crash(house: PostingHouse, record_property: Callable[[str, object], None]) -> None:
    chosen = random.Random(7)
    for number in range(WORKERS):
        house.post(f"w{number}")
    kinds = [*KINDS] * (ROUNDS // len(KINDS))
    chosen.shuffle(kinds)
    for number, kind in enumerate(kinds):
        await house.more(ACKS_PER_ROUND)
        await getattr(house, kind)(chosen, WORKERS + number)
        broken, lost = await house.look()
        assert (number, kind, broken, lost) == (number, kind, {}, [])
    await house.more(ACKS_PER_ROUND)
    record_property("acknowledged", len(house.acknowledged()))
