"""Kills the application and PostgreSQL while vouchers are posted.  What was acknowledged is there; what is there holds."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import make_url
from tests.core_finance.invariants import ON_DISK

from core_finance.chart.ledgers import create_ledger
from kernel.database import Database
from kernel.embedded import EmbeddedPostgres
from kernel.events import Bus
from kernel.work import Tenant
from master_data.api import Party
from tenancy import host
from tenancy.provision import Provisioner
from tenancy.setup import prepare

ROUNDS = 20
WORKERS = 2
ACKS_PER_ROUND = 60
WAIT_S = 30
KINDS = ("application", "postmaster", "immediate", "backend", "terminate")
ROOT = Path(__file__).parents[2]


class House:
    """A server of its own, a company with a ledger, and processes that post to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = EmbeddedPostgres(folder / "postgres").start()
        self.file = folder / "acknowledged"
        self.file.touch()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.tenant: Tenant

    async def furnish(self) -> None:
        catalog = host.load(("tenancy.plugin", "messaging.plugin", "identity.plugin", "master_data.plugin", "core_finance.plugin"))
        database = Database(self.server.url())
        database.bus = Bus(catalog)
        await prepare(database)
        provisioner = Provisioner(database, catalog)
        await provisioner.provision()
        async with database.registry_session() as session:
            self.tenant = await provisioner.claim(session, slug="crash-test", name="Crash test")
        async with database.work(self.tenant) as work:
            await create_ledger(work, name="Main", start=date(2026, 1, 1))
            work.session.add_all(Party(id=UUID(int=n), name=f"{n}", name_key=f"{n}", search_text=f"{n}") for n in range(1, 10))
        await database.close()

    def hire(self, name: str) -> None:
        """Start a process that posts."""
        who = (str(self.tenant.id), self.tenant.schema, self.tenant.role, name, str(self.file))
        command = [sys.executable, str(ROOT / "tests" / "scenarios" / "crash_worker.py"), self.server.url(), *who]
        paths = os.pathsep.join(str(ROOT / part) for part in ("platform", "plugins", ""))
        self.workers.append(subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}))

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

    async def ask(self) -> asyncpg.Connection:
        """A connection of the owner, looking into the company's schema; waits while the server recovers."""
        url = make_url(self.server.url())
        until = time.monotonic() + WAIT_S
        while True:
            try:
                return await asyncpg.connect(
                    host=str(url.query["host"]), user=url.username, database=url.database,
                    server_settings={"search_path": self.tenant.schema, "application_name": "checker"},
                )  # fmt: skip
            except (OSError, asyncpg.PostgresError, asyncpg.InternalClientError):
                assert time.monotonic() < until, "the server does not come back"
                await asyncio.sleep(0.05)

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
        self.hire(f"w{number}")

    async def postmaster(self, _chosen: random.Random, _number: int) -> None:
        self._restart(signal.SIGKILL)

    async def immediate(self, _chosen: random.Random, _number: int) -> None:
        self._restart(signal.SIGQUIT)

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

    def _restart(self, sign: signal.Signals) -> None:
        server = self.server._server
        assert server is not None
        server.send_signal(sign)
        server.wait()
        # A second user of the folder finds the server dead and starts it anew; the first leaves afterwards.
        old, self.server = self.server, EmbeddedPostgres(self.folder / "postgres").start()
        old._leave()

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.server.stop()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    try:
        await house.furnish()
        yield house
    finally:
        house.close()


@pytest.mark.crash
@pytest.mark.slow
async def test_what_was_acknowledged_survives_every_crash(house: House, record_property: Callable[[str, object], None]) -> None:
    chosen = random.Random(7)
    for number in range(WORKERS):
        house.hire(f"w{number}")
    kinds = [*KINDS] * (ROUNDS // len(KINDS))
    chosen.shuffle(kinds)
    for number, kind in enumerate(kinds):
        await house.more(ACKS_PER_ROUND)
        await getattr(house, kind)(chosen, WORKERS + number)
        broken, lost = await house.look()
        assert (number, kind, broken, lost) == (number, kind, {}, [])
    await house.more(ACKS_PER_ROUND)
    record_property("acknowledged", len(house.acknowledged()))
