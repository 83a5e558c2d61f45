"""Runs a package's Alembic history in one tenant's schema, and the platform's own in ``public``.

Each package keeps its own version table, ``alembic_version_<name>``, so that a distribution that was removed cannot make
another's migrations unreadable.  Alembic's ``op`` is global to the process: ``alembic_turn`` lets one run at a time.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnElement, Connection, Table, func, text

from tenancy.catalog import Catalog
from tenancy.structure import describe, tables_with_prefix

PLATFORM = "platform"
PLATFORM_DIRECTORY = Path(__file__).parent / "public_migrations"
LOCK_TIMEOUT_S = 5

_turns: "WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]" = WeakKeyDictionary()
_process = threading.Lock()


# It announces itself twice for every tenant and package.
logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)


class MigrationRefused(Exception):
    """A migration did what it may not, or cannot be run."""


@asynccontextmanager
async def alembic_turn() -> AsyncIterator[None]:
    """The right to run Alembic in this process.

    Two runs at once would execute one tenant's operation on the other's connection: ``op`` is a module-wide proxy, and a
    greenlet that waits for the database lets the next one in.
    """
    async with _turns.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
        await asyncio.to_thread(_process.acquire)
        try:
            yield
        finally:
            _process.release()


@cache
def script_directory(directory: str) -> ScriptDirectory:
    """The revisions in ``directory``; read once per process, as that takes tens of milliseconds."""
    return ScriptDirectory(directory, version_locations=[directory])


def directory_of(catalog: Catalog, name: str) -> str | None:
    """Where the history of a package stands; None when it has none."""
    history = catalog.one("migrations", name)
    return None if history is None else str(history.directory)


def head_of(catalog: Catalog, name: str) -> str | None:
    """The newest revision of a package; None when it has no history."""
    directory = directory_of(catalog, name)
    return None if directory is None else script_directory(directory).get_current_head()


def heads(catalog: Catalog, names: Sequence[str]) -> list[str]:
    """The revisions a tenant with these packages must stand at."""
    return sorted(head for name in names if (head := head_of(catalog, name)))


def behind(catalog: Catalog, names: Sequence[str], stands_at: Collection[str]) -> bool:
    """Whether tables that stand at these revisions lack one that the packages need.

    A revision that we do not know is of a later release: tables are only ever widened before the code needs it, so that a release that
    was rolled back still works on them.
    """
    for name in names:
        directory = directory_of(catalog, name)
        if directory is None or head_of(catalog, name) in stands_at:
            continue
        own = {revision for revision in stands_at if revision.rpartition("_")[0] == name}
        if not own or any(_known(directory, revision) for revision in own):
            return True
    return False


def _known(directory: str, revision: str) -> bool:
    return revision in script_directory(directory).revision_map._revision_map


def version_table(name: str) -> str:
    return f"alembic_version_{name}"


def enter(connection: Connection, schema: str) -> None:
    """Make the rest of the transaction look into ``schema``, and give up rather than block the tenant's users."""
    connection.execute(
        text("SELECT set_config('search_path', :path, true), set_config('lock_timeout', :timeout, true)"),
        {"path": f"{schema}, ext", "timeout": f"{LOCK_TIMEOUT_S}s"},
    )


def current(connection: Connection, schema: str, name: str) -> str | None:
    """The revision of a package's tables in ``schema``."""
    opts = {"version_table": version_table(name), "version_table_schema": schema}
    return MigrationContext.configure(connection, opts=opts).get_current_revision()


def stamps(connection: Connection, schema: str, names: Sequence[str]) -> list[str]:
    """The revisions at which the packages' tables in ``schema`` stand; a package that was never there has none."""
    known = tables_with_prefix(connection, schema, "alembic_version_")
    tables = [f"{schema}.{version_table(name)}" for name in names if version_table(name) in known]
    query = " UNION ALL ".join(f"SELECT version_num FROM {table}" for table in tables)  # noqa: S608 - names of ours
    return sorted(connection.execute(text(query)).scalars()) if tables else []


def upgrade(connection: Connection, catalog: Catalog, schema: str, role: str, name: str, revision: str = "head") -> bool:
    """Bring one package's tables in ``schema`` to ``revision`` in the open transaction; whether anything was done.

    Raises:
        MigrationRefused: a vertical's revision changed a table that is not its own.
    """
    directory = directory_of(catalog, name)
    if directory is None:
        return False
    enter(connection, schema)
    target = script_directory(directory).get_current_head() if revision == "head" else revision
    stands_at = current(connection, schema, name)
    if stands_at == target or (stands_at is not None and not _known(directory, stands_at)):
        return False
    guarded = name not in catalog.cores
    before = _foreign(connection, catalog, schema, name) if guarded else []
    run(connection, directory, schema, name, revision)
    statements = rights([model.__table__ for model in catalog.by(name, "models")], role, present=tables_with_prefix(connection, schema, ""))
    for statement in [f"REVOKE ALL ON {version_table(name)} FROM {role}", *statements]:
        connection.exec_driver_sql(statement)
    if guarded and (changed := sorted(set(before) ^ set(_foreign(connection, catalog, schema, name)))):
        raise MigrationRefused(f"a migration of {name} touches what is not its own: {'; '.join(changed[:5])}")
    return True


def purge(connection: Connection, catalog: Catalog, schema: str, name: str) -> None:
    """Drop a vertical's tables, whatever its downgrade forgets, and its history."""
    enter(connection, schema)
    directory = directory_of(catalog, name)
    if directory is not None and current(connection, schema, name) is not None:
        before = _foreign(connection, catalog, schema, name)
        run(connection, directory, schema, name, "base")
        if changed := sorted(set(before) ^ set(_foreign(connection, catalog, schema, name))):
            raise MigrationRefused(f"the downgrade of {name} touches what is not its own: {'; '.join(changed[:5])}")
    owned = [t for t in (m.__tablename__ for m in catalog.by(name, "models")) if t in tables_with_prefix(connection, schema, f"{name}_")]
    for table in [*owned, version_table(name)]:
        connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{table}" CASCADE')


def upgrade_platform(connection: Connection, revision: str = "head") -> None:
    """Bring the platform's own tables in ``public`` to ``revision`` in the open transaction."""
    enter(connection, "public")
    run(connection, str(PLATFORM_DIRECTORY), "public", PLATFORM, revision)


def rights(tables: Sequence[Table], role: str, *, present: Sequence[str] | None = None) -> list[str]:
    """Statements that take from the tenant's role what a table's ``info["privileges"]`` withholds.

    ``"insert_only"``: rows are added and read, never changed or removed.  ``"select_only"``: rows are only read; they change through
    a function of the owner.  ``info["update_columns"]`` names columns that may change nevertheless.  Default privileges of the schema
    give all four rights on every other table.
    """
    statements: list[str] = []
    for table in tables:
        kind = table.info.get("privileges")
        if kind is None or (present is not None and table.name not in present):
            continue
        if kind not in ("insert_only", "select_only"):
            raise ValueError(f"table {table.name}: unknown privileges {kind!r}")
        statements.append(f"REVOKE {'INSERT, ' if kind == 'select_only' else ''}UPDATE, DELETE ON {table.name} FROM {role}")
        if columns := table.info.get("update_columns"):
            statements.append(f"GRANT UPDATE ({', '.join(columns)}) ON {table.name} TO {role}")
    return statements


def run(connection: Connection, directory: str, schema: str, name: str, revision: str) -> None:
    """Run the history in ``directory`` up to ``revision``, or down to ``"base"``; no rights are set and nothing is checked."""
    script = script_directory(directory)

    def plan(current_revision: Any, context: MigrationContext) -> Any:
        # What command.upgrade and command.downgrade call themselves; the public functions read all files anew each time.
        if revision == "base":
            return script._downgrade_revs("base", current_revision)
        return script._upgrade_revs(revision, current_revision)

    with EnvironmentContext(Config(), script, fn=plan, destination_rev=revision) as environment:
        environment.configure(
            connection=connection, version_table=version_table(name), version_table_schema=schema, transaction_per_migration=False
        )
        environment.run_migrations()


def _foreign(connection: Connection, catalog: Catalog, schema: str, name: str) -> list[str]:
    """Lines of the schema's structure that are not the vertical's own."""
    own = (f"{name}_", version_table(name))
    others = tuple(f"{other}_" for other in catalog.verticals if other.startswith(f"{name}_"))

    def owned(line: str) -> bool:
        subject = line.split(" ", 1)[1]
        return subject.startswith(own) and not (others and subject.startswith(others))

    return [line for line in describe(connection, schema) if not owned(line)]


def advisory_key(schema: str, purpose: str) -> ColumnElement[int]:
    """The key of the lock for one purpose in one schema; advisory locks are shared by the whole database."""
    return func.hashtextextended(f"{schema}:{purpose}", 0)
