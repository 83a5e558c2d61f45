"""A statement by ``vertical.statements.run`` is one of the session's transaction, and fails in SQLAlchemy's words."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from kernel.work import Work
from vertical.statements import run

ADD = "INSERT INTO document_sequence VALUES ($1, $2, '', 1, now(), now()) RETURNING key"
KEYS = "SELECT key FROM document_sequence ORDER BY key"


@pytest.fixture
async def tenant(house):
    return await house.tenant()


def work_of(house, tenant, session):
    return Work(tenant=tenant, actor=None, session=session, bus=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("begun", [False, True])
async def test_it_sees_and_shares_the_sessions_transaction(house, tenant, begun):
    async with house.database.tenant_session(tenant) as session:
        work = work_of(house, tenant, session)
        if begun:
            await session.execute(text("SELECT 1"))
        await run(work, ADD, [uuid4(), "a"])
        [row] = await run(work, "SELECT key, current_user::text AS who FROM document_sequence", [])
        assert dict(row) == {"key": "a", "who": tenant.role}
        assert list(await run(work, "UPDATE document_sequence SET key = 'b'", [])) == []
        assert (await session.execute(text(KEYS))).scalars().all() == ["b"]
        await session.rollback()
    async with house.database.tenant_session(tenant) as session:
        assert list(await run(work_of(house, tenant, session), KEYS, [])) == []


@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize(
    ("statement", "kind", "state"),
    [
        ("SELECT 1 / 0", DBAPIError, "22012"),
        ("SELECT * FROM nothing_here", DBAPIError, "42P01"),
        ("INSERT INTO document_sequence (id) VALUES (NULL)", IntegrityError, "23502"),
        ("SELECT pg_read_file('/etc/passwd')", DBAPIError, "42501"),
    ],
)
async def test_a_refusal_is_the_same_whoever_sent_the_statement(house, tenant, begun, statement, kind, state):
    async with house.database.tenant_session(tenant) as session:
        if begun:
            await session.execute(text("SELECT 1"))
        with pytest.raises(kind) as caught:
            await run(work_of(house, tenant, session), statement, [])
        assert caught.value.orig.sqlstate == state
        assert not caught.value.connection_invalidated
        await session.rollback()
    async with house.database.tenant_session(tenant) as session:
        with pytest.raises(kind) as by_session:
            await session.execute(text(statement))
        await session.rollback()
    assert type(by_session.value) is type(caught.value)


async def test_a_lost_connection_is_told_and_given_up(house, tenant):
    async with house.database.tenant_session(tenant) as session:
        work = work_of(house, tenant, session)
        pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        async with house.database.owner_engine.connect() as connection:
            assert await connection.scalar(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
        with pytest.raises(DBAPIError) as caught:
            await run(work, KEYS, [])
        assert caught.value.connection_invalidated
        await session.rollback()
    async with house.database.tenant_session(tenant) as session:
        assert list(await run(work_of(house, tenant, session), KEYS, [])) == []
