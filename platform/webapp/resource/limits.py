"""What the reader's rights leave of a resource: of its lists, its records, its fields and what may be written."""

import dataclasses
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from litestar import Request
from sqlalchemy import ColumnElement

from kernel.errors import Forbidden
from kernel.i18n import gettext as _
from kernel.work import Actor, Work
from master_data.api import Rights, read_rights, rights_of
from vertical import Resource
from vertical.guarding import guard_of
from webapp.resource.fields import Field, fields_of
from webapp.resource.query import ListQuery
from webapp.resource.reading import read_rows

AnyRequest = Request[Any, Any, Any]
ANONYMOUS = Actor(id=None, name="")


class FieldHidden(Forbidden):
    """A list cannot be sorted or filtered by what the reader may not read."""

    code = "field_hidden"


async def request_rights(request: AnyRequest, resource: Resource) -> Rights:
    """The caller's rights, for a request that only reads and so has no unit of work."""
    actor: Actor = request.scope["state"].get("actor") or ANONYMOUS
    return await read_rights(partial(read_rows, request), actor, stem_of(resource))


async def work_rights(work: Work, resource: Resource) -> Rights:
    return await rights_of(work, stem_of(resource))


def stem_of(resource: Resource) -> str:
    """Whose rights hold for the records: their own, or those of what they belong to."""
    return str(getattr(resource.model, "guarded_by", resource.permission))


def within(resource: Resource, rights: Rights) -> ColumnElement[bool] | None:
    """The condition for records in reach; None where the resource keeps no records apart."""
    return None if guard_of(resource.model) is None else rights.condition(resource.model)


def limited(resource: Resource, query: ListQuery, rights: Rights) -> ListQuery:
    """The part of a list that the reader may see; an order or a filter by a field they may not read is left out."""
    reach = within(resource, rights)
    if not rights.fields:
        return dataclasses.replace(query, within=reach)
    filters = {name: values for name, values in query.filters.items() if rights.readable(name)}
    own, own_sort = (query.own, query.own_sort) if rights.readable("custom") else ((), None)
    wanted = (query.sort, resource.sort) if own_sort is not None or query.own_sort is None else (resource.sort,)
    sort = next((name for name in wanted if rights.readable(name)), resource.columns[0])
    sort = sort if rights.readable(sort) else "id"
    return dataclasses.replace(query, within=reach, filters=filters, sort=sort, own=own, own_sort=own_sort, unread=rights.unread)


def check_named(query: ListQuery, rights: Rights, sort: str) -> None:
    """Tell a program, which would take a longer list for the filtered one.

    Raises:
        FieldHidden: it filters or sorts by a field that its roles do not read.
    """
    for name in (*query.filters, *([query.sort] if query.sort != sort else [])):
        if not rights.readable(name):
            raise FieldHidden(_("You may not filter or sort by a field that is hidden from you."), field=name)
    if (query.own or query.own_sort is not None) and not rights.readable("custom"):
        raise FieldHidden(_("You may not filter or sort by a field that is hidden from you."), field="custom")


def shown_fields(fields: Iterable[Field], rights: Rights) -> list[Field]:
    return [field for field in fields if not rights.hidden(field.name)]


def writable_fields(resource: Resource, rights: Rights) -> list[Field]:
    return [field for field in fields_of(resource, "form") if rights.writable(field.name)]


def writable_values(values: Mapping[str, Any], rights: Rights) -> dict[str, Any]:
    """What a form may say: a field that it did not offer keeps its value."""
    return {name: value for name, value in values.items() if rights.writable(name)}
