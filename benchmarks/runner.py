"""What all measurements share: a server of their own, interleaved repetitions, medians, one table."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

from kernel.database import Database
from kernel.embedded import EmbeddedPostgres
from kernel.settings import Settings
from kernel.work import Tenant
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.provision import Provisioner
from webapp.app import connect, lifecycle_of, load_catalog
from webapp.starting import bring_up

Act = Callable[[], Awaitable[Any]]
SIZES = (100_000, 1_000_000)
"""Lines of the books that are read."""


@dataclass(frozen=True)
class Row:
    """One line of the table.  ``ours`` and ``limit`` are in ``unit``; ``target`` is the least ratio that is good enough.

    Without a target the line is there to be known.  Where less is better (a time), give ``inverted``: the ratio is then limit / ours.
    """

    work: str
    ours: float
    limit: float
    target: float | None
    unit: str = "/s"
    inverted: bool = False

    @property
    def ratio(self) -> float:
        return self.limit / self.ours if self.inverted else self.ours / self.limit

    @property
    def is_met(self) -> bool:
        return self.target is None or self.ratio >= self.target


@dataclass
class Bench:
    """The house that is measured.  ``seconds`` is the length of one repetition, ``lines`` are the sizes of books to read."""

    settings: Settings
    catalog: Catalog
    database: Database
    seconds: float = 1.0
    repeats: int = 5
    lines: Sequence[int] = SIZES
    _numbers: count = field(default_factory=lambda: count(1))

    async def new_tenant(self, *verticals: str) -> Tenant:
        """A company of the measurement's own."""
        provisioner, lifecycle = Provisioner(self.database, self.catalog), lifecycle_of(self.database, self.catalog)
        async with self.database.registry_session() as session:
            tenant = await provisioner.claim(session, slug=f"bench-{next(self._numbers)}", name="青禾商贸有限公司")
        await lifecycle.open(tenant.id)
        for vertical in verticals:
            await lifecycle.enable(tenant.id, vertical)
        found = await directory_of(self.database).by_id(tenant.id)
        if found is None:
            raise LookupError(tenant.slug)
        return found

    async def bare(self, schema: str | None = None) -> asyncpg.Connection:
        """A connection of the superuser without anything of ours around it: what limits are measured with."""
        url = make_url(self.settings.database_url)
        return await asyncpg.connect(
            host=str(url.query.get("host") or url.host), port=url.port or 5432, user=url.username, password=url.password,
            database=url.database, server_settings={"search_path": schema} if schema else {},
        )  # fmt: skip

    async def rates(self, acts: Mapping[str, tuple[Sequence[Act], int]]) -> dict[str, float]:
        """Acts per second, by name.  Each value: one act per client, and how many things one act does.

        The acts take turns, ``repeats`` times, so that what disturbs the machine disturbs all; the medians are answered.
        """
        found: dict[str, list[float]] = {name: [] for name in acts}
        for _round in range(self.repeats):
            for name, (clients, things) in acts.items():
                found[name].append(await self._rate(clients) * things)
        return {name: statistics.median(values) for name, values in found.items()}

    async def _rate(self, clients: Sequence[Act]) -> float:
        await asyncio.gather(*(act() for act in clients))  # what is prepared once is prepared now
        done = 0
        end = time.perf_counter() + self.seconds

        async def client(act: Act) -> None:
            nonlocal done
            while time.perf_counter() < end:
                await act()
                done += 1

        started = time.perf_counter()
        await asyncio.gather(*map(client, clients))
        return done / (time.perf_counter() - started)


@asynccontextmanager
async def house(folder: Path, *, seconds: float, repeats: int, url: str | None = None) -> AsyncIterator[Bench]:
    """A prepared database on a server of its own (or at ``url``); it keeps what it was told, as in production."""
    server = None if url else EmbeddedPostgres(folder / "postgres").start()
    try:
        address = url or (server.url() if server else "")
        settings = Settings(database_url=address, data_dir=folder, secret_key="for measurements", spare_tenants=2)
        catalog = load_catalog()
        database = connect(settings, catalog)
        await bring_up(database, catalog, settings, say=print)
        try:
            yield Bench(settings, catalog, database, seconds, repeats)
        finally:
            await database.close()
    finally:
        if server is not None:
            server.stop()


def table(rows: Sequence[Row]) -> str:
    """The rows as people read them."""
    head = ("work", "ours", "limit", "ratio", "target", "")
    cells = [
        (
            row.work,
            f"{row.ours:,.1f} {row.unit}",
            f"{row.limit:,.1f} {row.unit}",
            f"{row.ratio:.2f}",
            f">= {row.target:.2f}" if row.target else "-",
            "" if row.target is None else "met" if row.is_met else "MISSED",
        )
        for row in rows
    ]
    widths = [max(len(line[i]) for line in (head, *cells)) for i in range(len(head))]

    def line(parts: Sequence[str]) -> str:
        return "  ".join(p.ljust(w) if i in (0, 5) else p.rjust(w) for i, (p, w) in enumerate(zip(parts, widths, strict=True))).rstrip()

    return "\n".join([line(head), *map(line, cells)])
