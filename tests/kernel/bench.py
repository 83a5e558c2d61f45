"""A small house for tests of the kernel: a catalog made by hand, a bus, a register of tenants."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from kernel.database import Database
from kernel.events import Bus, Event
from kernel.work import Contribution, Tenant


@dataclass(frozen=True)
class Declared:
    """A subscriber or job as the public API declares them."""

    event: type[Event] = Event
    handle: Any = None
    when: str = "after_commit"
    key: str = ""
    run: Any = None
    cron: str = ""
    timeout_s: int = 5


class HandMadeCatalog:
    def __init__(self, cores: Collection[str] = ("core",), **lists: Iterable[tuple[str, Any]]) -> None:
        self.cores = frozenset(cores)
        self._lists = {hook: tuple(Contribution(vertical, item) for vertical, item in items) for hook, items in lists.items()}

    def given(self, hook: str, enabled: Collection[str]) -> Iterator[Contribution]:
        return (c for c in self.contributions(hook) if c.vertical in self.cores or c.vertical in enabled)

    def contributions(self, hook: str) -> tuple[Contribution, ...]:
        return self._lists.get(hook, ())


class Register:
    """The tenants a worker may ask for."""

    def __init__(self, *tenants: Tenant) -> None:
        self.tenants = {tenant.role: tenant for tenant in tenants}

    async def by_role(self, role: str) -> Tenant | None:
        return self.tenants.get(role)

    async def active(self) -> Sequence[Tenant]:
        return list(self.tenants.values())

    def enable(self, tenant: Tenant, *verticals: str) -> Tenant:
        self.tenants[tenant.role] = replace(tenant, enabled=frozenset(verticals))
        return self.tenants[tenant.role]


@asynccontextmanager
async def house(database: Database, catalog: HandMadeCatalog) -> Any:
    """The same database with a bus of its own."""
    own = Database(
        database.owner_url.render_as_string(hide_password=False),
        app_url=database.app_url.render_as_string(hide_password=False),
        pool_size=12,
    )
    own.bus = Bus(catalog)
    try:
        yield own
    finally:
        await own.close()
