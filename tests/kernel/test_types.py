"""A tenant's role may use every type, though asyncpg would ask for a right that it lacks."""

from datetime import date
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy import ARRAY, Date, Numeric, String, Uuid, any_, literal, select
from tests.kernel.bench import HandMadeCatalog, house


@pytest.mark.parametrize(
    ("kind", "value"),
    [(String(60), "x"), (Uuid(), uuid4()), (Date(), date(2026, 3, 9)), (Numeric(20, 2), 5)],
    ids=lambda v: type(v).__name__,
)
async def test_arrays_can_be_sent_as_a_tenant(database, tenant, kind, value):
    async with house(database, HandMadeCatalog()) as own, own.work(tenant) as work:
        assert await work.session.scalar(select(literal(value, kind) == any_(literal([value], ARRAY(kind)))))


async def test_asyncpg_still_decides_by_the_servers_capabilities(database):
    connection = await asyncpg.connect(database.app_url.set(drivername="postgresql").render_as_string(hide_password=False))
    assert connection._server_caps.jit
    await connection.close()
