"""Sessions bound to one tenant, by the database's own means.

The login role of the application has no right of its own.  Each transaction enters exactly one scope, in the same
message as its BEGIN: a tenant's role and schema, or the registry's.  Without a scope the search path is empty and the
role powerless, so a forgotten tenant fails closed.  Measurements: docs/decisions/0002.  Single statements that programs
ask for all day travel on connections that stay in a scope: ``kernel.drivers``.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import URL, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry

from kernel.drivers import CLEAN, Drivers
from kernel.settings import Settings
from kernel.work import SYSTEM, Actor, Bus, Tenant, Work

TENANTS_PER_CONNECTION = 100  # A backend keeps 0.28 MiB of catalog for each tenant it has visited, for ever.
POOL_RECYCLE_S = 1800
REGISTRY_CONNECTIONS = 2

_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, DBAPIError, OSError)

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_CLOSED = "SET LOCAL search_path = pg_catalog;"
PLAN_ANEW = "SET plan_cache_mode = force_custom_plan"
_READ_ONLY = "SET default_transaction_read_only = on; "


class ScopedConnection(asyncpg.Connection):
    """Sends the scope of a transaction in the message that begins it.

    asyncpg begins a transaction by ``execute("BEGIN...")``; a test asserts that it still does.
    """

    __slots__ = ("scope",)

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's own signature
        if not args and query.startswith("BEGIN"):
            query = CLEAN + query + (getattr(self, "scope", None) or _CLOSED)
        result: str = await super().execute(query, *args, timeout=timeout)
        return result


class ScopedSession(Session):
    """The synchronous half of our sessions; hands its scope to the connection it takes."""


@event.listens_for(ScopedSession, "after_begin")
def _enter_scope(session: Session, transaction: SessionTransaction, connection: Any) -> None:
    connection.connection.driver_connection.scope = session.info.get("scope")


class Database:
    """One PostgreSQL database: the application's pooled engine and the owner's engine for DDL.

    ``owner_url`` signs in as the role that owns the schemas; ``app_url`` as the powerless login role, by default
    ``<database>_app`` on the same server.
    """

    def __init__(self, owner_url: str, *, app_url: str | None = None, pool_size: int = 10, statement_timeout_s: int = 15) -> None:
        self.owner_url = make_url(owner_url)
        self.name = self.owner_url.database or "jingwei"
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"the database's name {self.name!r} must match {_NAME.pattern}")
        self.app_role, self.registry_role, self.tenant_group = f"{self.name}_app", f"{self.name}_registry", f"{self.name}_tenant"
        self.app_url = make_url(app_url) if app_url else self.owner_url.set(username=self.app_role)
        self.statement_timeout_s = statement_timeout_s
        self.owner_engine = create_async_engine(self.owner_url, pool_size=2, max_overflow=4)
        event.listen(self.owner_engine.sync_engine, "connect", spare_set_config)  # the owner, too, acts as a tenant at times
        # One engine for each shard of the registry; today there is one shard.
        self.engines: dict[str, AsyncEngine] = {"main": scoped_engine(self.app_url, pool_size=pool_size)}
        self._registry = Drivers(self._registry_driver, REGISTRY_CONNECTIONS)
        # Single statements hold a connection no longer than they take, so half as many do.
        self._drivers: dict[str, Drivers] = {"main": Drivers(self._driver, max(1, pool_size // 2))}
        self._makers = {
            shard: async_sessionmaker(engine, sync_session_class=ScopedSession, expire_on_commit=False)
            for shard, engine in self.engines.items()
        }
        self.bus: Bus | None = None
        self.settings: Settings | None = None  # of the installation, for jobs that call the world outside
        self.tenant_url: Callable[[str, str], str] = lambda slug, path: f"http://{slug}.localhost{path}"

    @asynccontextmanager
    async def tenant_session(self, tenant: Tenant) -> AsyncIterator[AsyncSession]:
        """A session in one transaction of ``tenant``: committed at the end of the block, rolled back when it raises."""
        async with self._session(tenant.shard, self.tenant_scope(tenant)) as session:
            yield session

    @asynccontextmanager
    async def registry_session(self) -> AsyncIterator[AsyncSession]:
        """A session on the platform's own tables in ``public``, likewise in one transaction."""
        async with self._session("main", self.registry_scope()) as session:
            yield session

    async def registry_row(self, statement: str, *values: Any) -> Mapping[str, Any] | None:
        """One row of the platform's own tables, by the driver alone; placeholders are ``$1``, ``$2``.

        For what every request asks: one message on a connection that is the registry's for good, and so needs no transaction
        to be.  ``statement`` is a constant of ours that reads; nothing else may travel there.
        """
        rows = await self.registry_rows(statement, *values)
        return rows[0] if rows else None

    async def registry_rows(self, statement: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        """As ``registry_row``, all rows: also for who holds a connection of a tenant already, which must not wait for another."""
        try:
            return await self._registry.fetch("", statement, values)
        except _FAILURES:
            return await self._rows_by_session("main", self.registry_scope(), statement, values)

    async def tenant_rows(self, tenant: Tenant, statement: str, *values: Any, plan_anew: bool = False) -> Sequence[Mapping[str, Any]]:
        """Rows of one statement of ``tenant`` that only reads, by the driver alone: what programs ask for all day.

        One message on a connection that is in the tenant's role and schema already, two on one that has to change.  ``plan_anew`` where
        the best way depends on the values, as in a search: a plan that is kept for any value is then far from it.
        """
        _must_select(statement)
        start = f"{_READ_ONLY}{PLAN_ANEW}; " if plan_anew else _READ_ONLY
        try:
            return await self._drivers[tenant.shard].fetch(f"{start}{self._stay(tenant)}", statement, values)
        except _FAILURES:
            scope = f"SET LOCAL transaction_read_only = on; {self.tenant_scope(tenant)}"
            return await self._rows_by_session(tenant.shard, scope, statement, values)

    async def tenant_statement(self, tenant: Tenant, statement: str, *values: Any) -> Sequence[Mapping[str, Any]]:
        """As ``tenant_rows`` for one statement that may write, which is committed as it ends.

        It is not repeated: what fails, fails in the driver's words, and of a connection that was lost nobody knows whether the
        statement was kept.
        """
        _must_select(statement)
        return await self._drivers[tenant.shard].fetch(self._stay(tenant), statement, values)

    @asynccontextmanager
    async def work(self, tenant: Tenant, actor: Actor = SYSTEM, *, request_id: str = "", ip: str = "") -> AsyncIterator[Work]:
        """A unit of work of ``tenant``: committed at the end of the block, rolled back when it raises."""
        if self.bus is None:
            raise RuntimeError("the database has no event bus yet")
        async with self.tenant_session(tenant) as session:
            session.info.update(database=self, tenant=tenant, actor=actor)
            yield Work(tenant=tenant, actor=actor, session=session, bus=self.bus, request_id=request_id, ip=ip)

    def tenant_scope(self, tenant: Tenant) -> str:
        """The statements that make a transaction the tenant's."""
        return self._scope(f"{_checked(tenant.schema)}, ext", tenant.role)

    def registry_scope(self) -> str:
        """The statements that make a transaction the platform's own."""
        return self._scope("public, ext", self.registry_role)

    async def close(self) -> None:
        for drivers in (*self._drivers.values(), self._registry):
            await drivers.close()
        for engine in (*self.engines.values(), self.owner_engine):
            await engine.dispose()

    @asynccontextmanager
    async def _session(self, shard: str, scope: str) -> AsyncIterator[AsyncSession]:
        async with self._makers[shard](info={"scope": scope}) as session, session.begin():
            yield session

    async def _rows_by_session(self, shard: str, scope: str, statement: str, values: Sequence[Any]) -> Sequence[Mapping[str, Any]]:
        """The rows again, after a failure: a session finds a new connection, or says in SQLAlchemy's words what is wrong."""
        async with self._session(shard, scope) as session:
            found = (await (await session.connection()).exec_driver_sql(statement, tuple(values))).mappings().all()
            return [{str(name): value for name, value in row.items()} for row in found]

    async def _registry_driver(self) -> Any:
        """A connection that enters the registry's scope as it signs in."""
        settings = {"role": self.registry_role, "search_path": "public, ext, pg_temp", "statement_timeout": f"{self.statement_timeout_s}s"}
        return await self._driver(settings)

    async def _driver(self, server_settings: dict[str, str] | None = None) -> Any:
        """A connection of the powerless login role."""
        address = self.app_url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = await asyncpg.connect(address, server_settings=server_settings)
        without_set_config(connection)
        return connection

    def _stay(self, tenant: Tenant) -> str:
        """The statements that make a connection the tenant's until ``CLEAN`` or another scope."""
        search_path, role = f"{_checked(tenant.schema)}, ext", tenant.role
        return self._scope(search_path, role).replace("SET LOCAL ", "SET ")

    def _scope(self, search_path: str, role: str) -> str:
        # The role comes last: what follows it would run with the tenant's rights only.
        return (
            f"SET LOCAL search_path = {search_path}, pg_temp; SET LOCAL statement_timeout = '{self.statement_timeout_s}s'; "
            f"SET LOCAL ROLE {_checked(role)};"
        )


def scoped_engine(url: URL, *, pool_size: int) -> AsyncEngine:
    """An engine whose transactions are powerless until a scope is given, and whose connections do not grow for ever."""
    engine = create_async_engine(
        url, pool_size=pool_size, max_overflow=0, pool_recycle=POOL_RECYCLE_S, connect_args={"connection_class": ScopedConnection}
    )

    event.listen(engine.sync_engine, "connect", spare_set_config)

    @event.listens_for(engine.sync_engine, "checkin")
    def forget_scope(dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
        if dbapi_connection is None:
            return
        connection = dbapi_connection.driver_connection
        visited: set[str | None] = record.info.setdefault("visited", set())
        visited.add(getattr(connection, "scope", None))
        connection.scope = None
        if len(visited) > TENANTS_PER_CONNECTION:
            record.info["visited"] = set()
            record.invalidate(soft=True)

    @event.listens_for(engine.sync_engine, "handle_error")
    def notice_dying_connection(context: ExceptionContext) -> None:
        # asyncpg raises InternalClientError on a connection that breaks in mid-statement; SQLAlchemy does not know it.
        if isinstance(getattr(context.original_exception, "__cause__", None), asyncpg.InternalClientError):
            context.is_disconnect = True

    return engine


def spare_set_config(dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
    """Let a new connection look types up as any role; see ``without_set_config``."""
    without_set_config(dbapi_connection.driver_connection)


def without_set_config(connection: Any) -> None:
    """Keep an asyncpg connection from calling ``set_config()``, which only the login role may.

    When asyncpg meets a type for the first time, an array for example, it looks it up and switches JIT compilation off
    for the moment, where it believes that the server has it.
    """
    connection._server_caps = connection._server_caps._replace(jit=False)


def _must_select(statement: str) -> None:
    """Refuse what could change the state of a connection that stays in its scope: no SELECT can, as ``set_config`` is withheld.

    Raises:
        ValueError: the statement is neither SELECT nor WITH.
    """
    if not statement.lstrip().startswith(("SELECT ", "WITH ")):
        raise ValueError("a statement of the driver alone begins with SELECT or WITH")


def _checked(name: str) -> str:
    """``name`` if it may stand in a statement as it is."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a schema or role")
    return name
