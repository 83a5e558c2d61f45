# ruff: noqa: S101 - these are tests
"""What every vertical must hold, as a class of tests to inherit.

class TestConformance(Conformance):
    example_events = (VisitFinished(...),)      # only where events cannot be made up from their types
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from babel.messages.pofile import read_po
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import clock
from kernel.events import Event
from kernel.i18n import LOCALES
from kernel.ids import new_id
from kernel.web import PUBLIC
from kernel.work import Tenant
from tenancy import migrate, revise, rules
from tenancy.catalog import LISTS, SINGLES, Catalog
from tenancy.lifecycle import PURGE_AFTER
from tenancy.structure import describe, tables_with_prefix
from vertical_devkit.examples import made_up
from vertical_devkit.house import House

EXAMPLES = 20
SOURCE_LOCALE = "en"


class Conformance:
    """Inherit it in ``tests/test_conformance.py``; the fixtures come from ``vertical_devkit.pytest_plugin``."""

    example_events: ClassVar[Sequence[Event]] = ()

    def test_the_host_accepts_it(self, vertical_catalog: Catalog, vertical_name: str) -> None:
        assert vertical_name not in vertical_catalog.refused, vertical_catalog.refused[vertical_name]
        assert vertical_name in vertical_catalog.verticals, "no entry point of this name is installed"

    def test_contributions_are_the_same_at_every_reading(self, vertical_catalog: Catalog, vertical_name: str) -> None:
        for hook in (*LISTS, *SINGLES):
            caller = vertical_catalog.hook(vertical_name, hook)
            if caller is not None:
                assert repr(caller()) == repr(caller()), f"{hook}() answers differently the second time"

    def test_what_people_see_asks_for_declared_permissions(self, vertical_catalog: Catalog, vertical_name: str) -> None:
        known = {code for name in vertical_catalog.manifests for code in rules.declared_permissions(_lists(vertical_catalog, name))}
        for hook in ("navigation", "panels", "widgets", "reports", "searchers"):
            for item in vertical_catalog.by(vertical_name, hook):
                assert item.permission is None or item.permission in known, f"{item} asks for an unknown permission"
        for role in vertical_catalog.by(vertical_name, "roles"):
            assert set(role.permissions) <= known, f"role {role.code} holds unknown permissions {set(role.permissions) - known}"

    async def test_migrations_make_what_the_models_say(self, vertical_house: House, vertical_name: str) -> None:
        async with vertical_house.database.owner_engine.connect() as connection:
            missing = await connection.run_sync(_missing_revision, vertical_house.catalog, vertical_name)
            await connection.rollback()
        assert not missing, f"python -m tenancy.revise {vertical_name} would write:\n{missing}"

    async def test_upgrade_downgrade_upgrade(self, vertical_house: House, vertical_name: str, tenant: Tenant) -> None:
        catalog, schema = vertical_house.catalog, tenant.schema
        async with vertical_house.database.owner_engine.begin() as connection:
            first = await connection.run_sync(describe, schema)
            await connection.run_sync(migrate.purge, catalog, schema, vertical_name)
            between = await connection.run_sync(describe, schema)
            await connection.run_sync(migrate.upgrade, catalog, schema, tenant.role, vertical_name)
            assert await connection.run_sync(describe, schema) == first
        assert not [line for line in between if f" {vertical_name}_" in line]

    async def test_every_route_refuses_a_stranger_to_it(
        self, vertical_house: House, vertical_name: str, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        async with (
            vertical_house.client(tenant, permissions=()) as powerless,
            vertical_house.client(other_tenant) as elsewhere,
        ):
            for method, path, permission in _routes(vertical_house, vertical_name):
                answer = await elsewhere.request(method, path)
                assert answer.status_code == 404, f"{method} {path}: {answer.status_code} for a company without the vertical"
                if permission != PUBLIC:
                    answer = await powerless.request(method, path)
                    assert answer.status_code == 403, f"{method} {path}: {answer.status_code} for a member without permission"

    def test_posting_rules_balance(self, vertical_catalog: Catalog, vertical_name: str) -> None:
        for rule in vertical_catalog.by(vertical_name, "posting_rules"):
            if rule.reverses:
                continue
            given = [event for event in self.example_events if isinstance(event, rule.event)]
            for event in given or made_up(rule.event, EXAMPLES):
                lines = rule.lines(event)
                assert sum(line.amount for line in lines) == 0, f"{rule.key} is out of balance for {event}"
                assert lines == rule.lines(event), f"{rule.key} is not pure"
                assert rule.summary(event)
                assert rule.source(event).path.startswith(f"/{vertical_name}/")

    async def test_enabling_twice_is_enabling_once(self, vertical_house: House, vertical_name: str, tenant: Tenant) -> None:
        before = await _rows(vertical_house, tenant, vertical_name)
        assert (await vertical_house.lifecycle.disable(tenant.id, vertical_name)).done
        assert (await vertical_house.lifecycle.enable(tenant.id, vertical_name)).done
        assert await _rows(vertical_house, tenant, vertical_name) == before

    async def test_demo_data_loads(self, vertical_house: House, vertical_name: str, tenant: Tenant) -> None:
        await vertical_house.lifecycle.load_demo_data(tenant.id, vertical_name)

    async def test_a_purge_leaves_no_table(self, vertical_house: House, vertical_name: str, tenant: Tenant) -> None:
        lifecycle = vertical_house.lifecycle
        assert (await lifecycle.disable(tenant.id, vertical_name)).done
        files = [name async for name, _content in lifecycle.export(tenant.id, vertical_name)]
        assert len(files) == len(set(files)), "export_data names a file twice"
        with clock.frozen(clock.now() + PURGE_AFTER + timedelta(hours=1)):
            outcome = await lifecycle.purge(tenant.id, vertical_name)
        assert outcome.done, outcome.problems
        async with vertical_house.database.owner_engine.connect() as connection:
            left = await connection.run_sync(tables_with_prefix, tenant.schema, f"{vertical_name}_")
            left += await connection.run_sync(tables_with_prefix, tenant.schema, migrate.version_table(vertical_name))
        assert left == []

    def test_catalogs_are_complete(self, vertical_catalog: Catalog, vertical_name: str) -> None:
        directory = vertical_catalog.one("translations", vertical_name)
        if directory is None:
            pytest.skip("it has no translations()")
        for locale in LOCALES:
            path = Path(str(directory)) / locale / "LC_MESSAGES" / "messages.po"
            if locale == SOURCE_LOCALE and not path.exists():
                continue
            with path.open("rb") as file:
                messages = [message for message in read_po(file) if message.id]
            assert [m.id for m in messages if m.fuzzy or not all([m.string] if isinstance(m.string, str) else m.string or [""])] == []


def _lists(catalog: Catalog, name: str) -> dict[str, Sequence[Any]]:
    return {hook: catalog.by(name, hook) for hook in LISTS}


def _missing_revision(connection: Connection, catalog: Catalog, name: str) -> str:
    """The operations that are in the models but not in the history; empty when there are none."""
    before = [revise.history_in(catalog, other) for other in catalog.manifests if other in catalog.cores]
    before += [revise.history_in(catalog, other) for other in _required(catalog, name)]
    script = revise.compare(connection, before, revise.history_in(catalog, name))
    return "" if script.upgrade_ops is None or script.upgrade_ops.is_empty() else str(script.upgrade_ops.as_diffs())


def _required(catalog: Catalog, name: str) -> list[str]:
    needed = [other for other in catalog.verticals if name in catalog.dependants(other)]
    return [other for other in catalog.verticals if other in needed]


def _routes(house: House, name: str) -> Iterator[tuple[str, str, str]]:
    """Method, an address that fits, and permission of each of the vertical's handlers."""
    for route in house.app.routes:
        if not isinstance(route, HTTPRoute) or not re.match(rf"/(api/v1/)?{name}(/|$)", route.path):
            continue
        for handler in route.route_handlers:
            if isinstance(handler, HTTPRouteHandler):
                for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                    yield method, _address(route), str(handler.opt.get("permission"))


def _address(route: HTTPRoute) -> str:
    examples: dict[str, Callable[[], object]] = {"uuid": new_id, "int": lambda: 1, "date": lambda: "2026-01-01"}
    return re.sub(r"\{[^:}]+(?::(\w+))?\}", lambda found: str(examples.get(found[1], lambda: "x")()), route.path)


async def _rows(house: House, tenant: Tenant, name: str) -> dict[str, int]:
    """How many rows each of the vertical's tables holds."""
    async with house.database.owner_engine.connect() as connection:
        tables = await connection.run_sync(tables_with_prefix, tenant.schema, f"{name}_")
        return {table: await _count(connection, f'{tenant.schema}."{table}"') for table in tables}


async def _count(connection: AsyncConnection, table: str) -> int:
    return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - names of the database's own
