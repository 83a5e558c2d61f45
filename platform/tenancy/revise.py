"""Write a migration from what the models say that the history does not.

    python -m tenancy.revise core_finance "Add periods"      a core package
    python -m tenancy.revise education "Add courses"         a vertical, by its entry point
    python -m tenancy.revise platform "Add sessions"         the platform's own tables in ``public``

Options: ``--database-url`` (default DATABASE_URL, else an embedded server) names a server where a scratch database may be made;
``--check`` writes nothing and ends with status 1 when something is missing; ``--cores`` and ``--models`` name other packages.

It runs the histories of the packages so far in a scratch database, compares the tables of one package with its ``models()``, and
writes ``<package>/migrations/<package>_0002_add_periods.py`` with explicit operations.  Read what it wrote before you commit it:
Alembic sees no renamings and no changed CHECK constraints.  SQL in a table's ``info["after_create"]`` (functions, say) is added to the
revision that creates the table.
"""

import argparse
import asyncio
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import ops
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, TypeDecorator, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kernel.embedded import EmbeddedPostgres
from kernel.orm import PlatformBase, TenantBase
from kernel.settings import async_url
from tenancy import migrate
from tenancy.catalog import Catalog
from tenancy.structure import tables_with_prefix

PLATFORM_MODELS = ("tenancy.registry", "identity.models", "messaging.models", "kernel.jobs")
SCRATCH = "t_scratch"
_REMARK = re.compile(r"\n?    # ### .* ###\n?|# ### .* ###\n    ")


@dataclass(frozen=True)
class History:
    """A package's tables and where its revisions stand."""

    name: str
    directory: Path
    tables: frozenset[str]
    requires: tuple[str, ...] = ()

    @property
    def script(self) -> ScriptDirectory:
        return ScriptDirectory(str(self.directory), version_locations=[str(self.directory)])


def history_of(name: str, plugin: Any) -> History:
    """What ``plugin.models()`` and ``plugin.migrations()`` say; the host's rules are not asked, as the first revision is yet to come."""
    given = plugin.migrations() if hasattr(plugin, "migrations") else None
    directory = Path(str(given.directory)) if given else Path(str(plugin.__file__)).parent / "migrations"
    tables = frozenset(m.__tablename__ for m in plugin.models()) if hasattr(plugin, "models") else frozenset()
    return History(name, directory, tables, tuple(plugin.manifest().requires_verticals))


def history_in(catalog: Catalog, name: str) -> History:
    """The history of a loaded package."""
    directory = migrate.directory_of(catalog, name)
    tables = frozenset(model.__tablename__ for model in catalog.by(name, "models"))
    return History(name, Path(directory or "none"), tables, tuple(catalog.manifests[name].requires_verticals))


def histories(target: str, cores: Sequence[str]) -> list[History]:
    """The histories to run before ``target``'s, and its own last."""
    found: list[History] = []
    for module in cores:
        name = module.partition(".")[0]
        try:
            found.append(history_of(name, importlib.import_module(module)))
        except Exception as error:
            if name == target:
                raise
            _say(f"left out: {module} ({error!r})")
        if name == target:
            return found
    points = {point.name: point for point in entry_points(group="vertical")}

    def add(name: str) -> None:
        if name not in points:
            raise SystemExit(f"{name} is neither a core package nor an installed vertical")
        history = history_of(name, points[name].load())
        for needed in history.requires:
            add(needed)
        if name not in {known.name for known in found}:
            found.append(history)

    add(target)
    return found


def compare(connection: Connection, before: Sequence[History], own: History) -> ops.MigrationScript:
    """Operations that ``own``'s models ask for and its revisions lack, in a scratch schema of the open transaction."""
    connection.exec_driver_sql(f"CREATE SCHEMA {SCRATCH}")
    for history in before:
        _run(connection, history)
    others = set(tables_with_prefix(connection, SCRATCH, ""))
    if own.directory.exists():
        _run(connection, own)
    created = set(tables_with_prefix(connection, SCRATCH, "")) - others - {migrate.version_table(own.name)}

    def include(obj: Any, name: str | None, type_: str, reflected: bool, compare_to: Any) -> bool:  # noqa: FBT001 - Alembic calls it so
        return type_ != "table" or (name in created if reflected else name in own.tables)

    return produce_migrations(_context(connection, include_object=include), TenantBase.metadata)


def compare_platform(connection: Connection) -> ops.MigrationScript:
    """As ``compare``, for the tables of ``PlatformBase``."""
    if any(migrate.PLATFORM_DIRECTORY.glob("platform_*.py")):
        migrate.upgrade_platform(connection)
    # Reflection leaves the schema out where the search path implies it, the models name it always.
    connection.exec_driver_sql("SET LOCAL search_path = pg_catalog, ext")
    connection.dialect.default_schema_name = "none"

    def include_name(name: str | None, type_: str, parents: Any) -> bool:
        if type_ == "schema":
            return name == "public"
        # pgqueuer brings its tables itself.
        return type_ != "table" or not str(name).startswith(("alembic_version_", "pgqueuer"))

    return produce_migrations(_context(connection, include_schemas=True, include_name=include_name), PlatformBase.metadata)


def source(name: str, number: int, message: str, script: ops.MigrationScript, metadata: MetaData) -> str:
    """The revision file."""
    upgrades, downgrades = script.upgrade_ops or ops.UpgradeOps(), script.downgrade_ops or ops.DowngradeOps()
    for operation in [o for o in upgrades.ops if isinstance(o, ops.CreateTableOp)]:
        table = metadata.tables[f"{operation.schema}.{operation.table_name}" if operation.schema else operation.table_name]
        upgrades.ops += [ops.ExecuteSQLOp(str(statement)) for statement in table.info.get("after_create", ())]
        downgrades.ops[:0] = [ops.ExecuteSQLOp(str(statement)) for statement in table.info.get("before_drop", ())]
    dialect = MigrationContext.configure(dialect_name="postgresql")
    up, down = (
        _REMARK.sub("", render_python_code(part, render_item=_plain_type, migration_context=dialect)) for part in (upgrades, downgrades)
    )
    previous = f'"{name}_{number - 1:04}"' if number > 1 else "None"
    labels = f'("{name}",)' if number == 1 else "None"
    postgresql = "from sqlalchemy.dialects import postgresql\n" if "postgresql." in up + down else ""
    sqlalchemy = "import sqlalchemy as sa\n" if "sa." in up + down else ""
    return f'''"""{message}."""

{sqlalchemy}from alembic import op
{postgresql}
revision = "{name}_{number:04}"
down_revision = {previous}
branch_labels = {labels}
depends_on = None


def upgrade() -> None:
    {up}


def downgrade() -> None:
    {down}
'''


async def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tenancy.revise", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("package")
    parser.add_argument("message", nargs="?", default="The first tables")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--database-url", default=os.environ.get("DATABASE_URL"))
    parser.add_argument("--cores", default="webapp.cores:CORES", help="module:NAME of the list, or module names separated by commas")
    parser.add_argument("--models", default=",".join(PLATFORM_MODELS), help="modules with platform tables")
    options = parser.parse_args(arguments)

    if options.package == migrate.PLATFORM:
        for module in options.models.split(","):
            _import_if_there(module)
        directory, metadata = migrate.PLATFORM_DIRECTORY, PlatformBase.metadata
    else:
        cores = pkgutil.resolve_name(options.cores) if ":" in options.cores else options.cores.split(",")
        *before, own = histories(options.package, cores)
        directory, metadata = own.directory, TenantBase.metadata

    with _server(options.database_url) as url:
        async with _scratch_database(url) as engine, engine.connect() as connection:
            await connection.execute(text("CREATE SCHEMA ext"))
            for extension in ("pg_trgm", "btree_gist"):
                await connection.execute(text(f"CREATE EXTENSION {extension} SCHEMA ext"))
            if options.package == migrate.PLATFORM:
                script = await connection.run_sync(compare_platform)
            else:
                script = await connection.run_sync(compare, before, own)
            await connection.rollback()
    if script.upgrade_ops is None or script.upgrade_ops.is_empty():
        _say(f"{options.package}: the history says what the models say")
        return 0
    number = len(list(directory.glob(f"{options.package}_*.py"))) + 1
    written = source(options.package, number, options.message, script, metadata)
    if options.check:
        _say(written)
        return 1
    directory.mkdir(exist_ok=True)
    slug = "initial" if number == 1 else re.sub(r"[^a-z0-9]+", "_", options.message.lower()).strip("_")[:40]
    path = directory / f"{options.package}_{number:04}_{slug}.py"
    path.write_text(written)
    _tidy(path)
    _say(path)
    return 0


def _tidy(path: Path) -> None:
    """Format the file where ruff is at hand."""
    if ruff := shutil.which("ruff", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])):
        for command in (["check", "--fix", "--select", "I,F401"], ["format"]):
            subprocess.run([ruff, *command, "--quiet", str(path)], check=False)


def _say(words: object) -> None:
    sys.stderr.write(f"{words}\n")


def _run(connection: Connection, history: History) -> None:
    if any(history.directory.glob(f"{history.name}_*.py")):
        migrate.enter(connection, SCRATCH)
        migrate.run(connection, str(history.directory), SCRATCH, history.name, "head")
    migrate.enter(connection, SCRATCH)


def _context(connection: Connection, **options: Any) -> MigrationContext:
    return MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": TenantBase.metadata, **options}
    )


def _plain_type(kind: str, item: Any, context: AutogenContext) -> Any:
    """A revision names the column types of the database, not our classes, which will change after it was written."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def _import_if_there(module: str) -> None:
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        _say(f"left out: {module} is not there")


class _scratch_database:  # noqa: N801 - reads as a block
    """An engine on a new, empty database, dropped at the end of the block."""

    def __init__(self, url: str) -> None:
        self._admin = create_async_engine(async_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._name = f"jingwei_revise_{os.getpid()}"

    async def __aenter__(self) -> Any:
        async with self._admin.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {self._name} TEMPLATE template0"))
        self._engine = create_async_engine(make_url(self._admin.url).set(database=self._name), poolclass=NullPool)
        return self._engine

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()
        async with self._admin.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {self._name} WITH (FORCE)"))
        await self._admin.dispose()


@contextmanager
def _server(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with (
        tempfile.TemporaryDirectory(prefix="jingwei-revise-") as directory,
        EmbeddedPostgres(Path(directory) / "pg", throwaway=True) as server,
    ):
        yield server.url("postgres")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
