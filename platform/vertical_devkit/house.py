"""The whole platform for a test: one PostgreSQL server, one database, companies and signed-in people at will."""

import importlib
import os
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar
from sqlalchemy import select

from identity.cookies import CookieNames
from identity.csrf import HEADER
from identity.members.model import Member
from identity.opaque import signature
from identity.people.model import Person
from identity.roles.model import RoleRow
from identity.sessions.model import SessionRow
from identity.sessions.service import Visitor, start
from kernel.database import Database
from kernel.embedded import EmbeddedPostgres
from kernel.settings import Settings
from kernel.work import Tenant
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.lifecycle import Lifecycle
from tenancy.provision import Provisioner

_numbers = count(1)


@dataclass(frozen=True)
class House:
    """What the composition root builds, and short ways to what a test needs."""

    settings: Settings
    catalog: Catalog
    database: Database
    lifecycle: Lifecycle
    provisioner: Provisioner
    app: Litestar

    async def tenant(self, *verticals: str) -> Tenant:
        """A new company that has ``verticals`` enabled."""
        async with self.database.registry_session() as session:
            tenant = await self.provisioner.claim(session, slug=f"devkit-{next(_numbers)}", name="Test company")
        await self.lifecycle.open(tenant.id)
        for vertical in verticals:
            outcome = await self.lifecycle.enable(tenant.id, vertical)
            if not outcome.done:
                raise AssertionError(f"{vertical} cannot be enabled: {outcome.problems}")
        return await self.now(tenant)

    async def now(self, tenant: Tenant) -> Tenant:
        """The company as the registry has it now."""
        found = await directory_of(self.database).by_id(tenant.id)
        if found is None:
            raise AssertionError(f"tenant {tenant.id} is gone")
        return found

    @asynccontextmanager
    async def client(
        self, tenant: Tenant, *, permissions: Collection[str] | None = None, role: str | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A browser in which a new member is signed in: an owner, or one with ``role``, or with just ``permissions``."""
        secret, session_id = await self._member(tenant, permissions, role)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(_asgi(self.app), raise_app_exceptions=False),
            base_url=self.settings.tenant_url(tenant.slug, "").rstrip("/"),
            cookies={CookieNames.of(self.settings).session: secret},
            headers={HEADER: signature(self.settings.derive("csrf"), f"session|{session_id}")},
        ) as client:
            yield client

    async def _member(self, tenant: Tenant, permissions: Collection[str] | None, role: str | None) -> tuple[str, str]:
        number = next(_numbers)
        address = f"member{number}@devkit.example"
        async with self.database.registry_session() as session:
            person = Person(name=f"Member {number}", email=address, email_key=address)
            session.add(person)
            code = role or "owner"
            if permissions is not None:
                code = f"devkit_{number}"
                session.add(RoleRow(tenant_id=tenant.id, code=code, label="Test", permissions=sorted(permissions)))
            await session.flush()
            session.add(Member(tenant_id=tenant.id, person_id=person.id, roles=[code]))
            secret = await start(session, person.id, tenant.id, Visitor())
            session_id = await session.scalar(select(SessionRow.id).where(SessionRow.person_id == person.id))
        return secret, str(session_id)


def _asgi(app: Litestar) -> Any:
    """The application as httpx types it: with less precise messages."""
    return app


@contextmanager
def server(directory: Path) -> Iterator[str]:
    """Address of an empty database: ``TEST_DATABASE_URL``, or a server of its own in ``directory``."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with EmbeddedPostgres(directory, throwaway=True) as running:
        yield running.url()


@asynccontextmanager
async def house(database_url: str, data_dir: Path) -> AsyncIterator[House]:
    """The platform with every installed vertical, on a database that is brought to this release first."""
    settings = Settings(database_url=database_url, data_dir=data_dir, secret_key="a secret for tests", spare_tenants=2)  # noqa: S106
    # The composition root stands above this package; it is looked up by name so that nothing below leans on it.
    root, starting = importlib.import_module("webapp.app"), importlib.import_module("webapp.starting")
    catalog: Catalog = root.load_catalog()
    database: Database = root.connect(settings, catalog)
    try:
        await starting.bring_up(database, catalog, settings, say=lambda _sentence: None)
        yield House(
            settings=settings,
            catalog=catalog,
            database=database,
            lifecycle=root.lifecycle_of(database, catalog),
            provisioner=Provisioner(database, catalog),
            app=root.create_app(settings, database, catalog),
        )
    finally:
        await database.close()
