"""Finds a tenant by its slug, id or schema; remembers it in the process until the registry says that it changed."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from kernel.database import Database
from kernel.work import Tenant
from tenancy.registry import TENANTS, TenantRow, TenantState, tenant_of

log = logging.getLogger(__name__)
CHANNEL = "tenant_changed"
KEPT_S = 60  # bounds what a notification lost with its connection can do
KEPT_MAX = 10_000
RECONNECT_S = 5


@dataclass(frozen=True)
class Entry:
    """A tenant, whether it may be used, and the revisions at which its tables stand."""

    tenant: Tenant
    state: TenantState
    heads: frozenset[str]


class Directory:
    """The tenants of one database.  It caches only while ``listening``; otherwise each question is a query."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries: dict[str, tuple[float, Entry]] = {}
        self._listening = False
        self._generation = 0

    async def by_slug(self, slug: str) -> Entry | None:
        """The tenant at ``<slug>.<host>``; None for nobody and for spares."""
        kept = self._entries.get(slug)
        if kept is not None and self._listening and kept[0] > time.monotonic():
            return kept[1]
        # What was read before a notification must not be kept after it.
        generation = self._generation
        async with self._database.registry_session() as session:
            entry = await _first(session, func.lower(TenantRow.slug) == slug)
        if entry is not None and self._listening and generation == self._generation:
            if len(self._entries) >= KEPT_MAX:
                self._entries.clear()
            self._entries[slug] = (time.monotonic() + KEPT_S, entry)
        return entry

    async def by_id(self, tenant_id: int) -> Tenant | None:
        """The tenant with this id, as the registry has it now."""
        async with self._database.registry_session() as session:
            entry = await _first(session, TenantRow.id == tenant_id)
        return entry.tenant if entry else None

    async def by_role(self, role: str) -> Tenant | None:
        """The tenant whose database role this is, as the registry has it now."""
        async with self._database.registry_session() as session:
            entry = await _first(session, TenantRow.role == role)
        return entry.tenant if entry else None

    async def active(self) -> list[Tenant]:
        """All tenants in use, by id."""
        async with self._database.registry_session() as session:
            rows = await session.execute(TENANTS.where(TenantRow.state == TenantState.ACTIVE).order_by(TenantRow.id))
            return [tenant_of(row) for row in rows]

    def forget(self, tenant_id: int | None = None) -> None:
        """Read the tenant, or all, anew at the next question."""
        self._generation += 1
        for slug, (_, entry) in list(self._entries.items()):
            if tenant_id is None or entry.tenant.id == tenant_id:
                del self._entries[slug]

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Within the block tenants are cached, and forgotten when any process changes them."""
        task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            self._listening = False
            self.forget()

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("the listener for changed tenants lost its connection: %s", error)
            self._listening = False
            self.forget()
            await asyncio.sleep(RECONNECT_S)

    async def _listen_once(self) -> None:
        url = self._database.app_url
        # asyncpg's own address, so that the listener reaches the server directly with the same rights as the application.
        connection = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        closed = asyncio.Event()
        try:
            connection.add_termination_listener(lambda *_: closed.set())
            await connection.add_listener(CHANNEL, lambda _c, _p, _channel, payload: self._hear(payload))
            self.forget()
            self._listening = True
            await closed.wait()
        finally:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=2)

    def _hear(self, payload: object) -> None:
        self.forget(int(payload) if isinstance(payload, str) and payload.isdigit() else None)


async def notify(connection: AsyncSession | AsyncConnection, tenant_id: int) -> None:
    """Tell all processes, once the transaction commits, that the tenant changed."""
    await connection.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": CHANNEL, "payload": str(tenant_id)})


def directory_of(database: Database) -> Directory:
    """The one directory of ``database`` in this process."""
    return _directories.setdefault(database, Directory(database))


async def _first(session: AsyncSession, condition: Any) -> Entry | None:
    row = (await session.execute(TENANTS.where(condition, TenantRow.state != TenantState.SPARE))).first()
    return None if row is None else Entry(tenant_of(row), row.state, frozenset(row.heads))


async def slugs_taken(session: AsyncSession, slugs: Collection[str]) -> set[str]:
    """Which of ``slugs``, in lower case, belong to a tenant."""
    query = select(func.lower(TenantRow.slug)).where(func.lower(TenantRow.slug).in_(slugs))
    return {slug for slug in (await session.scalars(query)) if slug is not None}


_directories: "WeakKeyDictionary[Database, Directory]" = WeakKeyDictionary()
