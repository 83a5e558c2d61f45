"""One tenant's tables as a file, and back: by COPY, some sixty times faster than pg_dump where there are many tenants.

The archive is a zip: ``manifest.json`` and one CSV per table.  It holds what stands in the tenant's schema: its books, parties and
documents.  People, memberships and roles are the platform's and not in it.  The whole server is saved by physical backups; this is for
one tenant that leaves, moves to another database, or asks for yesterday's state beside today's.
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import clock
from kernel.database import Database
from kernel.work import Tenant
from tenancy import migrate
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.lifecycle import Lifecycle
from tenancy.registry import TenantRow
from tenancy.stage import enabled_versions, stage

FORMAT = 1
_KINDS = ("zone", "currency", "locale")
"""What the registry says of a tenant and its books depend on."""

_TABLES = text("""
    SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = to_regnamespace(:schema)::oid AND c.relkind = 'r' AND c.relname NOT LIKE 'alembic\\_version\\_%'
    GROUP BY c.relname ORDER BY c.relname
""")
_REFERENCES = text("""
    SELECT c.relname AS name, f.relname AS target FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
    WHERE k.contype = 'f' AND k.connamespace = to_regnamespace(:schema)::oid AND c.oid <> f.oid
""")


class ArchiveRefused(Exception):
    """The archive is damaged, or does not fit this release; the message says how."""


async def save(database: Database, tenant: Tenant, path: Path) -> None:
    """Write the tenant's archive to ``path``, all tables as of one moment; nobody waits for it."""
    engine = database.owner_engine.execution_options(isolation_level="REPEATABLE READ")
    async with engine.connect() as connection:
        tables = (await connection.execute(_TABLES, {"schema": tenant.schema})).all()
        heads = await connection.scalar(select(TenantRow.heads).where(TenantRow.id == tenant.id))
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "saved_at": clock.now().isoformat(),
            "name": tenant.name,
            **{kind: getattr(tenant, kind) for kind in _KINDS},
            "heads": heads,
            "verticals": await enabled_versions(connection, tenant.id),
            "tables": {},
        }
        raw = await _raw(connection)
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in tables:
                file = Path(folder) / "table.csv"
                done = await raw.copy_from_table(
                    table.name, schema_name=tenant.schema, columns=table.columns, output=file, format="csv", encoding="utf-8"
                )
                archive.write(file, f"{table.name}.csv")
                manifest["tables"][table.name] = {"columns": table.columns, "rows": int(done.split()[-1]), "sha256": _digest(file)}
            archive.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))


async def load(database: Database, catalog: Catalog, lifecycle: Lifecycle, tenant: Tenant, path: Path) -> None:
    """Fill ``tenant``, which was claimed and not opened yet, from an archive: all of it or nothing.

    Raises:
        ArchiveRefused: the archive is damaged, or its tables are of another release.
    """
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
        manifest = _read_manifest(archive)
        async with stage(database, tenant.id) as on:
            if missing := sorted(set(manifest["verticals"]) - set(catalog.verticals)):
                raise ArchiveRefused(f"It needs {', '.join(missing)}, which is not installed.")
            await lifecycle.adopt(on, [name for name in catalog.verticals if name in manifest["verticals"]])
            if sorted(manifest["heads"]) != (heads := await on.connection.run_sync(migrate.stamps, tenant.schema, list(catalog.manifests))):
                raise ArchiveRefused(f"Its tables stand at {manifest['heads']}, this release's at {heads}: load it with its own release.")
            raw = await _raw(on.connection)
            for name in await _in_order(on.connection, tenant.schema, manifest["tables"]):
                file = Path(archive.extract(f"{name}.csv", folder))
                _check(name, file, manifest["tables"][name]["sha256"])
                columns = manifest["tables"][name]["columns"]
                done = await raw.copy_to_table(
                    name, schema_name=tenant.schema, columns=columns, source=file, format="csv", encoding="utf-8"
                )
                if int(done.split()[-1]) != manifest["tables"][name]["rows"]:
                    raise ArchiveRefused(f"Table {name} has another number of rows than the manifest says.")
            kinds = {kind: manifest[kind] for kind in _KINDS if kind in manifest}
            await on.connection.execute(update(TenantRow).where(TenantRow.id == tenant.id).values(opened_at=clock.now(), **kinds))
    directory_of(database).forget(tenant.id)


def name_in(path: Path) -> str:
    """What the company in an archive was called.

    Raises:
        ArchiveRefused: it is no archive of this format.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return str(_read_manifest(archive).get("name", ""))
    except zipfile.BadZipFile as error:
        raise ArchiveRefused("It is no archive, or only a part of one.") from error


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    except (KeyError, ValueError) as error:
        raise ArchiveRefused("The archive has no readable manifest.json.") from error
    if manifest.get("format") != FORMAT:
        raise ArchiveRefused(f"The archive has format {manifest.get('format')}, this release reads {FORMAT}.")
    return manifest


async def _in_order(connection: AsyncConnection, schema: str, wanted: Mapping[str, Any]) -> Sequence[str]:
    """Tables so that each comes after those it refers to."""
    known = {row.name for row in await connection.execute(_TABLES, {"schema": schema})}
    if known != set(wanted):
        raise ArchiveRefused(f"The tables differ: {', '.join(sorted(known ^ set(wanted)))}.")
    graph: dict[str, set[str]] = {name: set() for name in wanted}
    for row in await connection.execute(_REFERENCES, {"schema": schema}):
        graph[row.name].add(row.target)
    return list(TopologicalSorter(graph).static_order())


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _check(name: str, file: Path, digest: str) -> None:
    if _digest(file) != digest:
        raise ArchiveRefused(f"Table {name} is damaged in the archive.")


async def _raw(connection: AsyncConnection) -> Any:
    await connection.execute(text("SELECT 1"))  # SQLAlchemy sends BEGIN with the first statement only
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        raise RuntimeError("the connection is closed")
    return raw
