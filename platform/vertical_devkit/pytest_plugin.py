"""Fixtures for the tests of a vertical: ``-p vertical_devkit.pytest_plugin --vertical acme_dental``.

They start the platform with every installed vertical on a PostgreSQL server of its own, or on ``TEST_DATABASE_URL``.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from kernel.events import Event
from kernel.work import Tenant, Work
from tenancy.catalog import Catalog
from vertical import JournalLine
from vertical_devkit.house import House, house, server

pytest.register_assert_rewrite("vertical_devkit.conformance")

AsRole = Callable[[str], Awaitable[httpx.AsyncClient]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--vertical", help="name of the vertical under test, as its entry point says")


@pytest.fixture(scope="session")
def vertical_name(pytestconfig: pytest.Config) -> str:
    """The vertical under test."""
    name = pytestconfig.getoption("--vertical")
    if not name:
        raise pytest.UsageError("--vertical NAME says which vertical is tested")
    return str(name)


@pytest.fixture(scope="session")
def vertical_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an empty database."""
    with server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(scope="session")
async def vertical_house(vertical_server: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """The platform with every installed vertical."""
    async with house(vertical_server, tmp_path_factory.mktemp("data")) as built:
        yield built


@pytest.fixture(scope="session")
def vertical_catalog(vertical_house: House) -> Catalog:
    """What the platform and all installed verticals contribute."""
    return vertical_house.catalog


@pytest.fixture
async def tenant(vertical_house: House, vertical_name: str) -> Tenant:
    """A company of this test's own that has the vertical, and those it requires, enabled."""
    manifest = vertical_house.catalog.manifests[vertical_name]
    return await vertical_house.tenant(*manifest.requires_verticals, vertical_name)


@pytest.fixture
async def other_tenant(vertical_house: House) -> Tenant:
    """A company without the vertical."""
    return await vertical_house.tenant()


@pytest.fixture
async def work(vertical_house: House, tenant: Tenant) -> AsyncIterator[Work]:
    """A unit of work of ``tenant``, rolled back at the end."""
    async with vertical_house.database.work(tenant) as opened:
        yield opened
        await opened.session.rollback()


@pytest.fixture
async def as_role(vertical_house: House, tenant: Tenant) -> AsyncIterator[AsRole]:
    """Signs a member with one role in: ``await as_role("acme_dental.host")``."""
    async with AsyncExitStack() as stack:

        async def sign_in(role: str) -> httpx.AsyncClient:
            return await stack.enter_async_context(vertical_house.client(tenant, role=role))

        yield sign_in


@pytest.fixture
async def client(as_role: AsRole) -> httpx.AsyncClient:
    """A browser in which the owner of ``tenant`` is signed in."""
    return await as_role("owner")


@pytest.fixture
def post(vertical_catalog: Catalog, vertical_name: str) -> Callable[[Event], list[tuple[str, Sequence[JournalLine]]]]:
    """What the vertical's posting rules make of an event: ``[(key, lines)]``."""

    def entries(event: Event) -> list[tuple[str, Sequence[JournalLine]]]:
        rules: tuple[Any, ...] = vertical_catalog.by(vertical_name, "posting_rules")
        return [(rule.key, rule.lines(event)) for rule in rules if isinstance(event, rule.event)]

    return entries
