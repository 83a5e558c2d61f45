"""The house for tests: one PostgreSQL cluster and one database per test process, a fresh company per test.

``TEST_DATABASE_URL`` names another server, of which a database of its own is made for each process.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from litestar import Litestar

from identity.cookies import CookieNames
from identity.csrf import HEADER
from identity.members.model import Member
from identity.opaque import digest, signature
from identity.people.model import Person
from identity.roles.catalogue import known_codes
from identity.roles.model import RoleRow
from identity.sessions.model import SessionRow
from identity.sessions.service import Visitor, start
from kernel.database import Database
from kernel.embedded import EmbeddedPostgres
from kernel.settings import Settings
from kernel.work import Actor, Tenant, Work
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.lifecycle import Lifecycle
from tenancy.provision import Provisioner
from webapp.app import connect, create_app, lifecycle_of, load_catalog
from webapp.starting import bring_up

_numbers = count(1)

NewTenant = Callable[..., Awaitable[Tenant]]
ClientFor = Callable[..., Awaitable[httpx.AsyncClient]]
WorkFor = Callable[..., Awaitable[Work]]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an empty database, owned by a superuser, on a server of its own."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
        return
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), throwaway=True) as server:
        yield server.url()


@pytest.fixture(scope="session")
def settings(cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(database_url=cluster, data_dir=tmp_path_factory.mktemp("data"), secret_key="a secret for tests", spare_tenants=6)


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
async def database(settings: Settings, catalog: Catalog) -> AsyncIterator[Database]:
    """The migrated database with some spare companies."""
    database = connect(settings, catalog)
    await bring_up(database, catalog, settings, say=lambda _sentence: None)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def lifecycle(database: Database, catalog: Catalog) -> Lifecycle:
    return lifecycle_of(database, catalog)


@pytest.fixture(scope="session")
def app(settings: Settings, database: Database, catalog: Catalog) -> Litestar:
    return create_app(settings, database, catalog)


@pytest.fixture(scope="session")
def new_tenant(database: Database, catalog: Catalog, lifecycle: Lifecycle) -> NewTenant:
    """Opens companies: ``await new_tenant("education")`` has that vertical enabled."""
    provisioner = Provisioner(database, catalog)

    async def make(*verticals: str, name: str = "青禾商贸有限公司") -> Tenant:
        async with database.registry_session() as session:
            tenant = await provisioner.claim(session, slug=f"company-{next(_numbers)}", name=name)
        await lifecycle.open(tenant.id)
        for vertical in verticals:
            outcome = await lifecycle.enable(tenant.id, vertical)
            assert outcome.done, outcome.problems
        found = await directory_of(database).by_id(tenant.id)
        assert found is not None
        return found

    return make


@pytest.fixture
async def tenant(new_tenant: NewTenant) -> Tenant:
    """A company of this test's own."""
    return await new_tenant()


@pytest.fixture
async def other_tenant(new_tenant: NewTenant) -> Tenant:
    """A second company, which must never see anything of the first."""
    return await new_tenant(name="别家科技有限公司")


@pytest.fixture
async def work_for(database: Database, catalog: Catalog) -> AsyncIterator[WorkFor]:
    """Opens units of work, all rolled back at the end: ``await work_for(tenant, permissions={"crm.order.read"})``.

    Without ``permissions`` the actor holds all that the company has.
    """
    async with AsyncExitStack() as stack:

        async def open_work(tenant: Tenant, *, permissions: Collection[str] | None = None) -> Work:
            held = known_codes(catalog, tenant.enabled) if permissions is None else frozenset(permissions)
            actor = Actor(id=None, name="林晓", permissions=held, roles=frozenset({"owner"}))
            work = await stack.enter_async_context(database.work(tenant, actor))
            stack.push_async_callback(work.session.rollback)
            return work

        yield open_work


@pytest.fixture
async def work(work_for: WorkFor, tenant: Tenant) -> Work:
    """An open unit of work of ``tenant`` with all permissions, rolled back at the end."""
    return await work_for(tenant)


@pytest.fixture
async def client_for(app: Litestar, settings: Settings, database: Database) -> AsyncIterator[ClientFor]:
    """Signs a new person in: ``await client_for(tenant, permissions={...})``; without ``permissions`` as an owner."""
    async with AsyncExitStack() as stack:

        async def sign_in(tenant: Tenant, *, permissions: Collection[str] | None = None) -> httpx.AsyncClient:
            secret, session_id = await _new_member(database, tenant, permissions)
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                base_url=settings.tenant_url(tenant.slug, "").rstrip("/"),
                cookies={CookieNames.of(settings).session: secret},
                headers={HEADER: signature(settings.derive("csrf"), f"session|{session_id}")},
            )
            return await stack.enter_async_context(client)

        yield sign_in


@pytest.fixture
def state_of(database: Database) -> Callable[[Tenant], Awaitable[dict[str, str]]]:
    """Digests of every table of a company, to see whether anything changed: ``await state_of(tenant)``."""

    async def digests(tenant: Tenant) -> dict[str, str]:
        found = {}
        async with database.owner_engine.connect() as connection:
            tables = await connection.execute(
                sa.text("SELECT tablename FROM pg_tables WHERE schemaname = :s ORDER BY 1"), {"s": tenant.schema}
            )
            for table in tables.scalars().all():
                rows = f'{tenant.schema}."{table}" r'
                statement = f"SELECT md5(coalesce(string_agg(r::text, chr(10) ORDER BY r::text), '')) FROM {rows}"
                found[table] = str((await connection.execute(sa.text(statement))).scalar_one())
        return found

    return digests


@pytest.fixture
async def client(client_for: ClientFor, tenant: Tenant) -> httpx.AsyncClient:
    """A browser in which the owner of ``tenant`` is signed in."""
    return await client_for(tenant)


@pytest.fixture
async def other_client(client_for: ClientFor, other_tenant: Tenant) -> httpx.AsyncClient:
    """A browser in which the owner of ``other_tenant`` is signed in."""
    return await client_for(other_tenant)


async def _new_member(database: Database, tenant: Tenant, permissions: Collection[str] | None) -> tuple[str, str]:
    """The session cookie and the session's id of a new person in ``tenant``."""
    number = next(_numbers)
    async with database.registry_session() as session:
        person = Person(name=f"林晓{number}", email=f"lin{number}@example.com", email_key=f"lin{number}@example.com")
        session.add(person)
        role = "owner"
        if permissions is not None:
            role = f"test_{number}"
            session.add(RoleRow(tenant_id=tenant.id, code=role, label="Test", permissions=sorted(permissions)))
        await session.flush()
        session.add(Member(tenant_id=tenant.id, person_id=person.id, roles=[role]))
        secret = await start(session, person.id, tenant.id, Visitor())
        session_id = await session.scalar(sa.select(SessionRow.id).where(SessionRow.digest == digest(secret)))
    return secret, str(session_id)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return Path(__file__).parents[1]
