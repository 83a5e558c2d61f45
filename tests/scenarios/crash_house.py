"""A server of its own with one company, and processes that work for it and are killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from kernel import i18n
from kernel.database import Database
from kernel.embedded import EmbeddedPostgres
from kernel.events import Bus
from kernel.work import Tenant, Work
from tenancy import host
from tenancy.catalog import Catalog
from tenancy.provision import Provisioner
from tenancy.setup import prepare

WAIT_S = 120
ROOT = Path(__file__).parents[2]
CORES = ("tenancy.plugin", "messaging.plugin", "identity.plugin", "master_data.plugin", "core_finance.plugin")


def load_cores() -> Catalog:
    """The packages below the shell with their words, in a process of its own."""
    catalog = host.load(CORES)
    i18n.load([str(directory) for directory in catalog.singles("translations").values()])
    return catalog


class House(ABC):
    """What a test of crashes needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = EmbeddedPostgres(folder / "postgres").start()
        self.workers: list[subprocess.Popen[bytes]] = []
        self.tenant: Tenant

    async def furnish(self) -> None:
        catalog = host.load(CORES)
        database = self.database()
        await prepare(database)
        provisioner = Provisioner(database, catalog)
        await provisioner.provision()
        async with database.registry_session() as session:
            self.tenant = await provisioner.claim(session, slug="crash-test", name="Crash test")
        async with database.work(self.tenant) as work:
            await self.fill(work)
        await database.close()

    @abstractmethod
    async def fill(self, work: Work) -> None:
        """Put into the new company's books what the test starts with."""

    def database(self) -> Database:
        """The application's side of the server, as after a start; whoever asks closes it."""
        database = Database(self.server.url())
        database.bus = Bus(host.load(CORES))
        return database

    def hire(self, script: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a process of ``tests/scenarios`` that works for the company."""
        who = (self.server.url(), str(self.tenant.id), self.tenant.schema, self.tenant.role)
        command = [sys.executable, str(ROOT / "tests" / "scenarios" / script), *who, *arguments]
        paths = os.pathsep.join(str(ROOT / part) for part in ("platform", "plugins", ""))
        worker = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths})
        self.workers.append(worker)
        return worker

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

    def restart(self, sign: signal.Signals) -> None:
        """Kill the server and start it anew."""
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
