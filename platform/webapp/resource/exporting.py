"""Records as files: for people with labels and names, for programs with field names and raw values."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from kernel.work import Work
from master_data.api import Rights
from vertical import Resource
from vertical.statements import run
from webapp.resource import csv, xlsx
from webapp.resource.fields import Field, fields_of
from webapp.resource.limits import shown_fields
from webapp.resource.links import titles
from webapp.resource.own import own_of, spread
from webapp.resource.query import ListQuery, list_statement

EXPORT_ROWS_MAX = 100_000

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def export_rows(
    work: Work, resource: Resource, query: ListQuery, rights: Rights
) -> tuple[Sequence[Field], Sequence[Mapping[str, Any]]]:
    """Form fields and columns of all records of a list, up to ``EXPORT_ROWS_MAX``, as far as ``rights`` show them."""
    fields = shown_fields(export_fields(resource), rights)
    whole = dataclasses.replace(query, after=None, limit=EXPORT_ROWS_MAX - 1)
    own = await own_of(work, resource)
    names = [field.name for field in fields] + (["custom"] if own else [])
    rows = await run(work, *list_statement(resource, names, whole))
    shown = [rights.shown(row) for row in rows] if rights.fields else rows
    return [*fields, *own], [spread(row, own) for row in shown] if own else shown


def export_fields(resource: Resource) -> tuple[Field, ...]:
    """Columns first, as on screen, then what only the form has; an import takes the same file back."""
    form = {field.name for field in fields_of(resource, "form")}
    return tuple(field for field in fields_of(resource, "read") if field.name in form or field.name in resource.columns)


async def for_people(work: Work, resource: Resource, query: ListQuery, kind: str, rights: Rights) -> bytes:
    """A file with labels, words and names; ``kind`` is ``csv`` or ``xlsx``."""
    fields, rows = await export_rows(work, resource, query, rights)
    names = {f.name: await titles(work, f, [row[f.name] for row in rows]) for f in fields if f.kind == "reference"}
    header = [field.label for field in fields]
    if kind == "xlsx":
        return xlsx.write(header, [[_cell(field, row[field.name], names) for field in fields] for row in rows])
    return csv.write(header, [[_word(field, row[field.name], names) for field in fields] for row in rows])


async def for_programs(work: Work, resource: Resource, query: ListQuery, rights: Rights) -> bytes:
    """A CSV file with field names and raw values."""
    fields, rows = await export_rows(work, resource, query, rights)
    return csv.write([field.name for field in fields], [[field.raw(row[field.name]) for field in fields] for row in rows])


def template(resource: Resource, kind: str, beside: Sequence[Field] = ()) -> bytes:
    """An empty file to fill in: one column for each field, those ``beside`` the record too; drop-downs where there is a choice."""
    fields = (*fields_of(resource, "form"), *beside)
    header = [f"{field.label} *" if field.required else field.label for field in fields]
    if kind != "xlsx":
        return csv.write(header, [])
    choices = {place: [label for _value, label in field.options()] for place, field in enumerate(fields) if field.options()}
    return xlsx.write(header, [], choices=choices)


def _word(field: Field, value: Any, names: Mapping[str, Mapping[Any, str]]) -> str:
    return names[field.name].get(value, "") if field.name in names else field.show(value)


def _cell(field: Field, value: Any, names: Mapping[str, Mapping[Any, str]]) -> str | Decimal | int:
    if isinstance(value, Decimal) or (isinstance(value, int) and field.kind == "integer"):
        return value
    return _word(field, value, names)
