"""What stands in a schema, as lines of text: to compare two schemas, and to tell whether one was changed by hand."""

import hashlib
from collections.abc import Iterable

from sqlalchemy import Connection, text

_LINES = """
SELECT 'table ' || c.relname || ' ' || c.relkind::text
FROM pg_class c WHERE c.relnamespace = :schema AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
UNION ALL
SELECT 'column ' || c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
    || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
    || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') || coalesce(' ' || nullif(a.attgenerated::text, ''), '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE c.relnamespace = :schema AND c.relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'constraint ' || c.relname || ' ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.connamespace = :schema AND k.contype <> 'n'
UNION ALL
SELECT 'index ' || c.relname || ' ' || pg_get_indexdef(i.indexrelid)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = :schema
UNION ALL
SELECT 'function ' || p.proname || ' ' || pg_get_functiondef(p.oid) || coalesce(' ' || p.proacl::text, '')
FROM pg_proc p WHERE p.pronamespace = :schema AND p.prokind IN ('f', 'p')
UNION ALL
SELECT 'trigger ' || c.relname || ' ' || pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = :schema AND NOT t.tgisinternal
UNION ALL
SELECT 'right ' || c.relname || ' ' || coalesce(r.rolname, 'public') || ' ' || acl.privilege_type
FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) acl LEFT JOIN pg_roles r ON r.oid = acl.grantee
WHERE c.relnamespace = :schema AND acl.grantee <> c.relowner
UNION ALL
SELECT 'right ' || c.relname || '.' || a.attname || ' ' || coalesce(r.rolname, 'public') || ' ' || acl.privilege_type
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
CROSS JOIN LATERAL aclexplode(a.attacl) acl LEFT JOIN pg_roles r ON r.oid = acl.grantee
WHERE c.relnamespace = :schema AND acl.grantee <> c.relowner
"""


_SET_PATH = text("SELECT set_config('search_path', :path, true)")


def describe(connection: Connection, schema: str) -> list[str]:
    """Tables, columns, constraints, indexes, functions, triggers and rights of ``schema``, sorted, without its own name.

    The order of columns does not count: a column added later stands last.
    """
    query = text("SELECT oid, current_setting('search_path') FROM pg_namespace WHERE nspname = :schema")
    oid, path = connection.execute(query, {"schema": schema}).one()
    # Definitions leave out what the search path implies; with an empty one they read alike from everywhere.
    connection.execute(_SET_PATH, {"path": "pg_catalog"})
    lines: Iterable[str] = connection.execute(text(_LINES), {"schema": oid}).scalars().all()
    connection.execute(_SET_PATH, {"path": path})
    return sorted(line.replace(f"{schema}.", "").replace(f'"{schema}"', "").replace(schema, "tenant") for line in lines)


def fingerprint(connection: Connection, schema: str) -> str:
    """A digest of ``describe``: equal for two schemas exactly when their structure and rights are."""
    return hashlib.sha256("\n".join(describe(connection, schema)).encode()).hexdigest()[:32]


def tables_with_prefix(connection: Connection, schema: str, prefix: str) -> list[str]:
    """Tables of ``schema`` whose names start with ``prefix``."""
    query = text(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(:schema)::oid AND relkind IN ('r', 'p') ORDER BY relname"
    )
    return [name for name in connection.execute(query, {"schema": schema}).scalars() if name.startswith(prefix)]
