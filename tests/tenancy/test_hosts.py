"""Which company a request means: its Host header, exactly, and nothing else."""

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from kernel import i18n
from kernel.errors import Forbidden, NotFound, Unavailable
from kernel.settings import Settings
from tenancy.directory import directory_of
from tenancy.middleware import HostMiddleware, Hosts, vertical_of
from tenancy.provision import rename
from tenancy.registry import TenantRow, TenantState


@pytest.mark.parametrize(
    ("base", "host", "slug"),
    [
        ("http://localhost:8000", "acme.localhost:8000", "acme"),
        ("http://localhost:8000", "ACME.LocalHost:8000", "acme"),
        ("http://localhost:8000", "localhost:8000", ""),
        ("http://localhost:8000", "acme.localhost", None),
        ("http://localhost:8000", "acme.localhost:8001", None),
        ("http://localhost:8000", "a.acme.localhost:8000", None),
        ("http://localhost:8000", "acme@x.localhost:8000", None),
        ("http://localhost:8000", "evil.example", None),
        ("http://localhost:8000", "acme.localhost:8000.evil.example", None),
        ("http://localhost:8000", "acme.localhost:8000\n", None),
        ("http://localhost:8000", ".localhost:8000", None),
        ("http://localhost:8000", "-acme.localhost:8000", None),
        ("http://localhost:8000", "ac_me.localhost:8000", None),
        ("http://localhost:8000", "", None),
        ("https://jingwei.example", "acme.jingwei.example", "acme"),
        ("https://jingwei.example", "acme.jingwei.example:443", "acme"),
        ("https://jingwei.example:443", "acme.jingwei.example", "acme"),
        ("https://jingwei.example", "acme.jingwei.example:80", None),
        ("https://jingwei.example", "acme.jingweiXexample", None),
    ],
)
def test_a_host_is_ours_exactly_or_not_at_all(base, host, slug):
    assert Hosts(base).slug(host) == slug


def ask(house, **settings):
    """Sends a request through the middleware; answers the tenant that the application saw."""
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["state"]["tenant"])

    given = Settings(database_url="postgresql+asyncpg://x/x", data_dir=None, secret_key="x", **settings)  # type: ignore[arg-type]
    middleware = HostMiddleware(app, given, house.database)

    async def request(host: str, path: str = "/", **headers: str):
        raw = [(b"host", host.encode()), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())]
        application = SimpleNamespace(state=SimpleNamespace(catalog=house.catalog))
        scope = {"type": "http", "path": path, "headers": raw, "state": {}, "litestar_app": application, "app": application}
        await middleware(scope, None, None)  # type: ignore[arg-type]
        return seen.pop()

    return request


async def test_the_tenant_of_the_host_is_in_the_request(house, clinic):
    house = house.with_verticals(clinic())
    tenant = await house.tenant("host-co")
    await house.lifecycle.enable(tenant.id, "clinic")
    found = await ask(house)("host-co.localhost:8000")
    assert (found.id, found.schema, found.enabled) == (tenant.id, tenant.schema, {"clinic"})


async def test_the_platforms_own_host_has_no_tenant(house):
    assert await ask(house)("localhost:8000") is None


@pytest.mark.parametrize("host", ["nobody.localhost:8000", "evil.example", "127.0.0.1:8000"])
async def test_an_unknown_host_is_not_found(house, host):
    with pytest.raises(NotFound):
        await ask(house)(host)


async def test_a_spare_has_no_address(house):
    await house.provisioner.fill(1)
    with pytest.raises(NotFound):
        await ask(house)("none.localhost:8000")


async def test_a_forwarded_host_counts_only_behind_a_trusted_proxy(house):
    tenant = await house.tenant("proxied")
    assert await ask(house)("localhost:8000", x_forwarded_host="proxied.localhost:8000") is None
    found = await ask(house, trust_proxy=True)("localhost:8000", x_forwarded_host="proxied.localhost:8000")
    assert found.id == tenant.id


async def test_a_suspended_tenant_is_told_so_and_a_deleted_one_is_gone(house):
    tenant = await house.tenant("paused")
    for state, error in ((TenantState.SUSPENDED, Forbidden), (TenantState.DELETING, NotFound)):
        async with house.database.registry_session() as session:
            await session.execute(update(TenantRow).where(TenantRow.id == tenant.id).values(state=state))
        with pytest.raises(error):
            await ask(house)("paused.localhost:8000")


async def test_a_tenant_behind_this_release_is_unavailable_until_it_is_migrated(house, clinic):
    first = house.with_verticals(clinic("1.0"))
    tenant = await first.tenant("behind")
    await first.lifecycle.enable(tenant.id, "clinic")
    second = house.with_verticals(clinic("1.1", upgrade=clinic.add_floor))
    with pytest.raises(Unavailable):
        await ask(second)("behind.localhost:8000")
    await second.lifecycle.bring_up(tenant.id)
    assert (await ask(second)("behind.localhost:8000")).id == tenant.id
    rolled_back = house.with_verticals(clinic("1.1"))
    assert (await ask(rolled_back)("behind.localhost:8000")).id == tenant.id, "a release that was rolled back works on wider tables"
    assert tenant.id not in await rolled_back.fleet.due()
    assert not await rolled_back.lifecycle.bring_up(tenant.id)


async def test_a_vertical_whose_wheel_is_gone_does_not_close_the_tenant(house, clinic):
    first = house.with_verticals(clinic())
    tenant = await first.tenant("orphan")
    await first.lifecycle.enable(tenant.id, "clinic")
    without = house.with_verticals()
    assert (await ask(without)("orphan.localhost:8000")).id == tenant.id
    assert not await without.lifecycle.bring_up(tenant.id)


@asynccontextmanager
async def listening(directory):
    async with directory.listening():
        await until(lambda: directory._listening)
        yield


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what we wait for is another connection's
            await asyncio.sleep(0.01)


async def test_a_cached_tenant_is_forgotten_when_another_process_changes_it(house, clinic):
    house = house.with_verticals(clinic())
    tenant = await house.tenant("cached")
    directory = directory_of(house.database)
    async with listening(directory):
        first = await directory.by_slug("cached")
        assert await directory.by_slug("cached") is first, "kept in the process"
        async with house.database.registry_session() as session:
            await rename(session, tenant.id, name="Renamed")
        await until(lambda: "cached" not in directory._entries)
        entry = await directory.by_slug("cached")
        assert entry is not None
        assert entry.tenant.name == "Renamed"
        await house.lifecycle.enable(tenant.id, "clinic")
        entry = await directory.by_slug("cached")
        assert entry is not None
        assert entry.tenant.enabled == {"clinic"}, "what this process changed is seen at once"
    assert await directory.by_slug("cached") is not await directory.by_slug("cached"), "nothing is kept without a listener"


async def test_a_tenant_is_found_by_its_role_for_the_worker(house):
    tenant = await house.tenant()
    found = await directory_of(house.database).by_role(tenant.role)
    assert found is not None
    assert found.id == tenant.id
    assert await directory_of(house.database).by_role("postgres") is None
    assert tenant.id in {t.id for t in await directory_of(house.database).active()}


@pytest.mark.parametrize(
    ("path", "vertical"),
    [
        ("/clinic", "clinic"),
        ("/clinic/rooms/7", "clinic"),
        ("/api/v1/clinic", "clinic"),
        ("/api/v1/clinic/rooms", "clinic"),
        ("//clinic/rooms", "clinic"),
        ("/api/v1/orders", None),
        ("/clinical", None),
        ("/tenancy", None),
        ("/api/v1", None),
        ("/", None),
    ],
)
async def test_a_vertical_that_is_not_enabled_answers_like_nothing(house, clinic, path, vertical):
    house = house.with_verticals(clinic())
    assert vertical_of(path, house.catalog) == vertical
    tenant = await house.tenant()
    host = f"{tenant.slug}.localhost:8000"
    if vertical is None:
        assert (await ask(house)(host, path)).id == tenant.id
        return
    with i18n.using("en"), pytest.raises(NotFound, match="nothing at this address"):
        await ask(house)(host, path)
    await house.lifecycle.enable(tenant.id, "clinic")
    assert (await ask(house)(host, path)).id == tenant.id
