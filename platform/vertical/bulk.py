"""Writes many records at once: new ones by COPY, changes by one statement for each set of fields.  They were checked before."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import JSON, insert, select

from kernel import clock
from kernel.work import Work
from vertical.changes import note_all_written, note_written
from vertical.guarding import filled
from vertical.locks import require_unlocked
from vertical.records import binds, complete, rules_of, table_of
from vertical.resources import Resource
from vertical.statements import dialect, run, table_name

INSERT_ROWS_MAX = 500  # beyond it COPY is faster than a multi-row INSERT
COPY_ROWS = 500  # as many as go to the database at once without waiting for it


@dataclass(frozen=True, kw_only=True)
class Change:
    """Fields of one record that become others, with values as ``as_json`` gives them; ``version`` is the one it has now."""

    id: UUID
    version: int | None
    values: Mapping[str, Any]


async def insert_records(work: Work, resource: Resource, prepared: Sequence[Mapping[str, Any]]) -> list[UUID]:
    """Write records that were prepared and checked before, and tell the rules.  Many go in by COPY."""
    born = {name: value for name, value in (await filled(work, resource, {})).items() if value is not None} if prepared else {}
    rows = (complete(resource, _with(values, born)) for values in prepared)
    if len(prepared) > INSERT_ROWS_MAX:
        ids = await _copy(work, resource, rows)
    else:
        written = list(rows)
        ids = [row["id"] for row in written]
        if written:
            await work.session.execute(insert(table_of(resource)), written)
    if ids:
        note_all_written(work.session, resource.permission, ids)
        await rules_of(resource).written(work, ids, created=True)
    return ids


async def update_records(work: Work, resource: Resource, changes: Sequence[Change]) -> list[UUID]:
    """Write changes that were prepared and checked before, and tell the rules; answers the records that were changed.

    One that has another version by now, or is gone, is passed over.
    """
    await require_unlocked(work, resource.permission, *(change.id for change in changes))
    changed: list[UUID] = []
    named = sorted(((tuple(sorted(change.values)), change) for change in changes if change.values), key=itemgetter(0))
    for names, group in groupby(named, key=itemgetter(0)):
        rows = [{"id": change.id, "version": change.version, **change.values} for _names, change in group]
        own = await _own_before(work, resource, [row["id"] for row in rows]) if "custom" in names else {}
        found = await run(work, _update(resource, names), [msgspec.json.encode(rows).decode(), clock.now()])
        ids = [UUID(int=row["id"].int) for row in found]
        for record_id in ids:
            note_written(work.session, resource.permission, record_id, before=dict.fromkeys(names) | own.get(record_id, {}))
        changed += ids
    if changed:
        await rules_of(resource).written(work, changed, created=False)
    return changed


async def _own_before(work: Work, resource: Resource, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the company's own fields of the records hold: they change as one, and rules ask which of them did."""
    table = table_of(resource)
    rows = await work.session.execute(select(table.c.id, table.c.custom).where(table.c.id.in_(ids)))
    return {record_id: {"custom": custom} for record_id, custom in rows}


def as_json(resource: Resource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by field as JSON holds them, so that they can be kept and written back without loss."""
    plain: dict[str, Any] = {}
    for name, value in values.items():
        kind = resource.column(name).type.dialect_impl(dialect())
        bind = None if isinstance(kind, JSON) else kind.bind_processor(dialect())
        plain[name] = bind(value) if bind and value is not None else value
    found: dict[str, Any] = msgspec.to_builtins(plain)
    return found


def _update(resource: Resource, names: tuple[str, ...]) -> str:
    table = table_of(resource)
    columns = {name: resource.column(name) for name in names}
    typed = ", ".join(f'"{name}" {column.type.compile(dialect=dialect())}' for name, column in columns.items())
    sets = [f'"{column.name}" = x."{name}"' for name, column in columns.items()]
    if "updated_at" in table.c:
        sets.append("updated_at = $2::timestamptz")
    same = ""
    if "version" in table.c:
        sets.append("version = t.version + 1")
        same = " AND t.version = x.version"
    return (
        f"UPDATE {table_name(resource)} AS t SET {', '.join(sets)} "  # noqa: S608 - names come from the model
        f"FROM jsonb_to_recordset($1::text::jsonb) AS x(id uuid, version integer, {typed}) "
        f"WHERE t.id = x.id{same} AND $2::timestamptz IS NOT NULL RETURNING t.id"
    )


def _with(values: Mapping[str, Any], born: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values, and what every new record is born with where they say nothing."""
    missing = {name: value for name, value in born.items() if values.get(name) is None}
    return {**values, **missing} if missing else values


async def _copy(work: Work, resource: Resource, rows: Iterable[Mapping[str, Any]]) -> list[UUID]:
    """Write the rows; while the database takes some, the next ones are made ready."""
    table = table_of(resource)
    connection = await work.session.connection()
    pick = itemgetter(*(key for key, _bind in binds(table, connection.dialect)))
    places = [(place, bind) for place, (_key, bind) in enumerate(binds(table, connection.dialect)) if bind]
    driver: Any = (await connection.get_raw_connection()).driver_connection
    if not driver.is_in_transaction():  # SQLAlchemy begins with the first statement; COPY must not be that one
        await work.session.execute(select(1))
    columns = [column.name for column in table.columns]
    ids: list[UUID] = []
    under_way: asyncio.Future[Any] | None = None
    rest = iter(rows)
    try:
        while some := list(islice(rest, COPY_ROWS)):
            ids += [row["id"] for row in some]
            records = [list(pick(row)) for row in some]
            for place, bind in places:
                for record in records:
                    if record[place] is not None:
                        record[place] = bind(record[place])
            if under_way:
                await under_way
            under_way = asyncio.ensure_future(driver.copy_records_to_table(table.name, records=records, columns=columns))
            await asyncio.sleep(0)  # it is sent before the next ones are made
    finally:
        if under_way:
            await under_way
    return ids
