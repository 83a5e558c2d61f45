"""W4: a new company, from the claim to tables, roles and address that serve its first page."""

import statistics
import time
from collections.abc import Awaitable
from itertools import count
from uuid import UUID

import asyncpg
from sqlalchemy import delete

from benchmarks.runner import Bench, Row
from identity.people.model import Person
from identity.signup.service import found_company
from kernel.work import Tenant
from tenancy.directory import directory_of
from tenancy.provision import Provisioner
from tenancy.registry import TenantRow, TenantState
from webapp.app import lifecycle_of

ROUNDS_PER_REPEAT = 4  # one act is a whole company, so there are more turns instead of longer ones
WARM_MS = 20.0


class Founding:
    """What a sign-up does, but for the person, whose password is slow to hash on purpose."""

    def __init__(self, bench: Bench, provisioner: Provisioner, owner: UUID) -> None:
        self.database, self.provisioner, self.owner = bench.database, provisioner, owner
        self.lifecycle = lifecycle_of(bench.database, bench.catalog)
        self.numbers = count(1)

    async def company(self) -> Tenant | None:
        slug = f"founded-{next(self.numbers)}"
        async with self.database.registry_session() as session:
            tenant = await found_company(session, self.provisioner, self.owner, company="青禾商贸有限公司", slug=slug, locale="zh_CN")
        await self.lifecycle.open(tenant.id)
        entry = await directory_of(self.database).by_slug(slug)  # as its first request does
        return entry.tenant if entry else None


class Bare:
    """The same statements, or the rename of a schema that stands, as the superuser sends them."""

    def __init__(self, bench: Bench, provisioner: Provisioner, connection: asyncpg.Connection) -> None:
        self.bench, self.provisioner, self.connection = bench, provisioner, connection
        self.numbers = count(900_001)
        self.schema = ""

    async def ddl(self) -> None:
        self.schema = f"t_{next(self.numbers)}"
        statements = self.provisioner.blueprint.statements(self.bench.database, self.schema, owner_is_superuser=True)
        await self.connection.execute(";\n".join(statements))

    async def rename(self) -> None:
        await self.connection.execute(f"ALTER SCHEMA {self.schema} RENAME TO claimed_{self.schema}")


async def measure(bench: Bench) -> list[Row]:
    provisioner = Provisioner(bench.database, bench.catalog)
    founding = Founding(bench, provisioner, await _owner(bench))
    connection = await bench.bare()
    bare = Bare(bench, provisioner, connection)
    found: dict[str, list[float]] = {name: [] for name in ("limit cold", "cold", "spare", "limit warm", "warm")}
    for number in range(bench.repeats * ROUNDS_PER_REPEAT + 1):
        await _no_spares(bench)
        times = {"limit cold": await _ms(bare.ddl()), "cold": await _ms(founding.company()), "limit warm": await _ms(bare.rename())}
        times["spare"] = await _ms(provisioner.provision())
        times["warm"] = await _ms(founding.company())
        for name, value in times.items() if number else ():  # what is prepared once is prepared in the first turn
            found[name].append(value)
    await connection.close()
    median = {name: statistics.median(values) for name, values in found.items()}
    return [
        Row("W4 spare made ahead, against its DDL bare", median["spare"], median["limit cold"], 1 / 1.2, "ms", inverted=True),
        Row("W4 new company without a spare, against its DDL bare", median["cold"], median["limit cold"], 1 / 1.2, "ms", inverted=True),
        Row("W4 new company from a spare, against 20 ms", median["warm"], WARM_MS, 1.0, "ms", inverted=True),
        Row("W4 new company from a spare, against a rename", median["warm"], median["limit warm"], None, "ms", inverted=True),
    ]


async def _owner(bench: Bench) -> UUID:
    async with bench.database.registry_session() as session:
        person = Person(name="Lin Xiao", email="founder@example.com", email_key="founder@example.com")
        session.add(person)
        await session.flush()
        return person.id


async def _no_spares(bench: Bench) -> None:
    """Only their rows go: a schema that nobody claims any more disturbs nobody."""
    async with bench.database.owner_engine.begin() as connection:
        await connection.execute(delete(TenantRow).where(TenantRow.state == TenantState.SPARE))


async def _ms(act: Awaitable[object]) -> float:
    started = time.perf_counter()
    await act
    return (time.perf_counter() - started) * 1000
