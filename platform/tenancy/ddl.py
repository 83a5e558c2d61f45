"""All tables of a new tenant as one list of statements, made once per release from the models of the core packages.

A tenant could also be made by running every migration; that takes three times as long, and longer with each release.  A test
holds that both ways end in the same schema.
"""

from collections.abc import Sequence

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable, ForeignKeyConstraint, sort_tables_and_constraints

from kernel.database import Database
from tenancy import migrate
from tenancy.catalog import Catalog
from tenancy.roles import role_statements, tenant_role

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Blueprint:
    """What a new tenant consists of.  ``heads`` are the revisions that its tables stand at."""

    def __init__(self, catalog: Catalog) -> None:
        cores = [name for name in catalog.manifests if name in catalog.cores]
        self.tables: list[Table] = [model.__table__ for name in cores for model in catalog.by(name, "models")]
        self._body = tuple(table_statements(self.tables))
        self._stamps = {name: head for name in cores if (head := migrate.head_of(catalog, name))}
        self.heads = sorted(self._stamps.values())

    def statements(self, database: Database, schema: str, *, owner_is_superuser: bool) -> list[str]:
        """Role, schema, rights, tables and version rows, to be run as the owner in one transaction, one after the other."""
        role = tenant_role(database, schema)
        return [
            *role_statements(database, schema, owner_is_superuser=owner_is_superuser),
            f"CREATE SCHEMA {schema}",
            f"GRANT USAGE ON SCHEMA {schema} TO {role}",
            f"SET LOCAL search_path = {schema}, ext",
            # Before the rights: the tenant's role has no business with the version tables.
            *(statement for name, head in self._stamps.items() for statement in _stamp(name, head)),
            # A GRANT ... ON ALL TABLES would read the whole of pg_class, which grows with every tenant.
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
            *self._body,
            *migrate.rights(self.tables, role),
            *after_create(self.tables),
        ]


def table_statements(tables: Sequence[Table]) -> list[str]:
    """CREATE TABLE in the order of their foreign keys, then the indexes.

    Raises:
        ValueError: a table would bring a sequence or a type of its own.
    """
    created: list[str] = []
    late: list[str] = []
    in_circles = {c for table, constraints in _sorted(tables) if table is None for c in constraints}
    for table, constraints in _sorted(tables):
        if table is None:
            late += [_compiled(AddConstraint(c)) for c in constraints]
            continue
        _check(table)
        inline = [c for c in table.foreign_key_constraints if c not in in_circles]
        created.append(_compiled(CreateTable(table, include_foreign_key_constraints=inline)))
        created += [_compiled(CreateIndex(index)) for index in sorted(table.indexes, key=lambda i: str(i.name))]
    return created + late


def after_create(tables: Sequence[Table]) -> list[str]:
    """SQL that tables bring along in ``info["after_create"]``: functions, say, with ``SET search_path FROM CURRENT``."""
    return [str(statement) for table in tables for statement in table.info.get("after_create", ())]


def _sorted(tables: Sequence[Table]) -> list[tuple[Table | None, list[ForeignKeyConstraint]]]:
    """Tables in the order of their foreign keys; under None come those keys with which tables refer to each other in a circle."""
    return list(sort_tables_and_constraints(tables))  # type: ignore[no-untyped-call]


def _check(table: Table) -> None:
    for column in table.columns:
        if column.identity is not None or (column.autoincrement is True):
            raise ValueError(f"column {table.name}.{column.name} needs a sequence in every schema; use a UUIDv7")
        if type(column.type).__name__ in ("Enum", "ENUM", "DOMAIN"):
            raise ValueError(f"column {table.name}.{column.name} needs a type in every schema; use kernel.orm.choice")
    if not table.primary_key.columns:
        raise ValueError(f"table {table.name} has no primary key")


def _stamp(name: str, head: str) -> list[str]:
    table = migrate.version_table(name)
    return [
        f"CREATE TABLE {table} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {table}_pkc PRIMARY KEY (version_num))",
        f"INSERT INTO {table} (version_num) VALUES ('{head}')",  # noqa: S608 - both are names of ours
    ]


def _compiled(element: CreateTable | CreateIndex | AddConstraint) -> str:
    return str(element.compile(dialect=_DIALECT)).strip()
