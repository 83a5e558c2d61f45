"""Resources by table, so that a field that refers to a record can show, offer and find it by its name."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from litestar import Request

from kernel.work import Work
from vertical import Resource
from vertical.guarding import reach
from vertical.records import table_of
from vertical.statements import Parameters, as_text, column_name, run, selected, table_name
from webapp.resource.fields import Field
from webapp.resource.limits import work_rights
from webapp.resource.query import ListQuery, read_list

OPTIONS_MAX = 20

_BY_TABLE: dict[str, Resource] = {}


def register(resource: Resource) -> None:
    """Make ``resource`` known as what stands behind its table."""
    _BY_TABLE[table_of(resource).name] = resource


def behind(field: Field) -> Resource | None:
    """The resource a reference leads to."""
    return _BY_TABLE.get(field.table or "")


def base_path(request: Request[Any, Any, Any], resource: Resource) -> str:
    """Where the resource's pages are: below its vertical's name, or at the root for a core."""
    vertical = resource.permission.partition(".")[0]
    return f"/{vertical}/{resource.slug}" if vertical in request.app.state.catalog.verticals else f"/{resource.slug}"


def title_names(resource: Resource) -> tuple[str, ...]:
    """The fields that name a record: a code and a name, or the first column."""
    first = resource.columns[0]
    return (first, "name") if first != "name" and "name" in resource.columns else (first,)


def title_of(resource: Resource, row: Any) -> str:
    return " ".join(str(row[name]) for name in title_names(resource) if row[name] is not None)


async def titles(work: Work, field: Field, ids: Collection[Any]) -> dict[Any, str]:
    """The names of the records that ``ids`` refer to: whoever sees a record sees what it calls others."""
    resource = behind(field)
    wanted = [record_id for record_id in set(ids) if record_id is not None]
    if resource is None or not wanted:
        return {record_id: str(record_id) for record_id in wanted}
    columns = selected(resource, ("id", *title_names(resource)))
    rows = await run(work, f"SELECT {columns} FROM {table_name(resource)} WHERE id = ANY($1)", [wanted])  # noqa: S608
    return {row["id"]: title_of(resource, row) for row in rows}


async def options(work: Work, resource: Resource, text: str, limit: int = OPTIONS_MAX) -> Sequence[tuple[UUID, str]]:
    """Records within reach that ``text`` finds, by name."""
    names = title_names(resource)
    unread = (await work_rights(work, resource)).unread
    within = await reach(work, resource)
    query = ListQuery(search=text if resource.search else "", sort=names[0], limit=limit - 1, within=within, unread=unread)
    rows = await read_list(work, resource, ("id", *names), query)
    return [(row["id"], title_of(resource, row)) for row in rows]


async def find(work: Work, resource: Resource, texts: Iterable[str]) -> dict[str, UUID]:
    """Records within reach by what a file says of them: their code, their name, or both."""
    wanted = sorted({text for text in texts if text})
    if not wanted:
        return {}
    names = title_names(resource)
    columns = [column_name(resource, name) for name in names]
    matches = [*columns, " || ' ' || ".join(columns)] if len(columns) > 1 else columns
    given = Parameters([wanted])
    called = " OR ".join(f"{match} = ANY($1)" for match in matches)
    where = f"({called}) AND {as_text(await reach(work, resource), given)}"
    rows = await run(work, f"SELECT {selected(resource, ('id', *names))} FROM {table_name(resource)} WHERE {where}", given.values)  # noqa: S608
    ids: dict[str, UUID] = {}
    for row in rows:
        # The code is surer than the name, so it is written last.
        for text in (*(str(row[name]) for name in reversed(names)), title_of(resource, row)):
            ids[text] = row["id"]
    return ids
