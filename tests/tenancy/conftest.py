"""A house of its own for these tests: the platform's core tables and two small verticals with real migrations."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Mapped

from kernel.database import Database
from kernel.embedded import EmbeddedPostgres
from kernel.events import Bus
from kernel.orm import TenantBase
from kernel.work import Tenant
from tenancy import host, plugin, roles
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.fleet import Fleet
from tenancy.lifecycle import Lifecycle
from tenancy.provision import Provisioner
from tenancy.setup import prepare
from vertical import Migrations
from vertical_devkit.plugins import constant, make

_numbers = count(1)


@dataclass
class House:
    """What the composition root builds, for one database and one catalog."""

    database: Database
    catalog: Catalog
    provisioner: Provisioner
    lifecycle: Lifecycle
    fleet: Fleet

    async def tenant(self, slug: str | None = None) -> Tenant:
        """A new tenant, opened."""
        async with self.database.registry_session() as session:
            tenant = await self.provisioner.claim(session, slug=slug or f"company{next(_numbers)}", name="Company")
        await self.lifecycle.open(tenant.id)
        return tenant

    async def now(self, tenant: Tenant) -> Tenant:
        """The tenant as the registry has it."""
        found = await directory_of(self.database).by_id(tenant.id)
        assert found is not None
        return found

    def with_verticals(self, *plugins, steps=()) -> "House":
        """The same database as another release sees it."""
        return house_of(self.database, *plugins, steps=steps)


def house_of(database: Database, *plugins, steps=()) -> House:
    catalog = host.read([("tenancy", plugin)], [(p.manifest().name, p) for p in plugins])
    assert not catalog.refused, dict(catalog.refused)
    database.bus = Bus(catalog)
    lifecycle = Lifecycle(database, catalog, steps)
    return House(database, catalog, Provisioner(database, catalog), lifecycle, Fleet(database, catalog, lifecycle))


@asynccontextmanager
async def new_database(server: EmbeddedPostgres, name: str) -> AsyncIterator[Database]:
    """A prepared database, dropped with its roles at the end."""
    server.create_database(name)
    database = Database(server.url(name), pool_size=5)
    await prepare(database)
    try:
        yield database
    finally:
        await database.close()
        admin = Database(server.url("postgres"))
        async with admin.owner_engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
            await roles.forget(connection, name)
        await admin.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with EmbeddedPostgres(tmp_path_factory.mktemp("tenancy") / "pg", throwaway=True) as running:
        yield running


@pytest.fixture(scope="session")
async def empty_house(server):
    async with new_database(server, "tenancy_tests") as database:
        yield house_of(database)


@pytest.fixture
async def lone_house(server):
    """A house with a database of its own, for what concerns all tenants of a database."""
    async with new_database(server, f"tenancy_lone_{next(_numbers)}") as database:
        yield house_of(database)


@pytest.fixture(scope="session")
def house_on():
    """Builds a house on a prepared database: ``house_on(database, *plugins)``."""
    return house_of


@pytest.fixture
def house(empty_house):
    """The house without verticals."""
    return empty_house.with_verticals()


class ClinicRoom(TenantBase):
    __tablename__ = "clinic_room"
    name: Mapped[str]


class ClinicSettings(msgspec.Struct, kw_only=True, frozen=True):
    recall_months: int = 6


FIRST = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "clinic_0001", None, ("clinic",), None


def upgrade():
    op.create_table(
        "clinic_room",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade():
    op.drop_table("clinic_room")
"""
SECOND = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "clinic_0002", "clinic_0001", None, None


def upgrade():
    {upgrade}


def downgrade():
    {downgrade}
"""
ADD_FLOOR = 'op.add_column("clinic_room", sa.Column("floor", sa.Integer()))'
DROP_FLOOR = 'op.drop_column("clinic_room", "floor")'


@pytest.fixture
def clinic(tmp_path_factory):
    """Makes a vertical ``clinic`` with one table; ``upgrade`` is what its second revision does."""

    def build(version: str = "1.0", *, upgrade: str | None = None, downgrade: str = DROP_FLOOR, **hooks):
        directory = tmp_path_factory.mktemp("migrations")
        (directory / "clinic_0001_initial.py").write_text(FIRST)
        if upgrade is not None:
            (directory / "clinic_0002_more.py").write_text(SECOND.format(upgrade=upgrade, downgrade=downgrade))
        given = {"models": [ClinicRoom], "migrations": Migrations(directory=directory), "settings_schema": constant(ClinicSettings)} | hooks
        return make("clinic", version=version, **given)

    build.add_floor = ADD_FLOOR
    return build
