"""Lists of a resource: search, filters from an allow-list, order, and pages by keyset, never by offset."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Select, Table, and_, func, literal, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Resource
from vertical.records import table_of

COUNT_MAX = 10_000
"""Counting stops here: nobody reads a larger number, and everybody waits for it."""

PAGE_ROWS = 50
PAGE_ROWS_MAX = 200


class CursorWrong(Invalid):
    code = "cursor_wrong"


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """What a list shows.  ``filters`` are allowed values by field; ``after`` is the cursor of the page before."""

    search: str = ""
    filters: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sort: str = "id"
    descending: bool = False
    limit: int = PAGE_ROWS
    after: str | None = None

    def whole(self) -> "ListQuery":
        """The same list from its beginning."""
        return replace(self, after=None)


@dataclass(frozen=True)
class Cursor:
    """Where a page ended: the sort value and the id of its last row."""

    value: Any
    id: UUID

    def encode(self) -> str:
        return base64.urlsafe_b64encode(msgspec.json.encode([self.value, self.id])).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str, kind: Any) -> "Cursor":
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            value, record_id = msgspec.json.decode(raw, type=tuple[kind | None, UUID])
        except (binascii.Error, ValueError, msgspec.DecodeError):
            raise CursorWrong(_("This page of the list does not exist; start again from the first."), field="after") from None
        return cls(value, record_id)


def sortable(resource: Resource) -> tuple[str, ...]:
    """Fields a list may be sorted by."""
    return tuple(sorted({*resource.columns, resource.sort}))


def list_statement(resource: Resource, names: Sequence[str], query: ListQuery) -> Select[Any]:
    """A page of the list and one row more, which tells whether another page follows."""
    table = table_of(resource)
    columns = [_column(table, resource, name).label(name) for name in names]
    statement = select(*columns, _sort_column(table, resource, query).label("_sort")).where(*conditions(resource, query))
    if query.after:
        cursor = Cursor.decode(query.after, resource.column(query.sort).type.python_type)
        statement = statement.where(_beyond(table, resource, query, cursor))
    return statement.order_by(*_order(table, resource, query)).limit(query.limit + 1)


async def count(work: Work, resource: Resource, query: ListQuery) -> tuple[int, bool]:
    """How many records the list has, and whether counting stopped at ``COUNT_MAX``."""
    table = table_of(resource)
    found = select(table.c.id).where(*conditions(resource, query)).limit(COUNT_MAX + 1).subquery()
    number = await work.session.scalar(select(func.count()).select_from(found)) or 0
    return min(number, COUNT_MAX), number > COUNT_MAX


async def neighbours(work: Work, resource: Resource, record_id: UUID, query: ListQuery) -> tuple[UUID | None, UUID | None]:
    """The records before and after one in the list."""
    table = table_of(resource)
    here = (await work.session.execute(select(_sort_column(table, resource, query), table.c.id).where(table.c.id == record_id))).first()
    if here is None:
        return None, None
    found: list[UUID | None] = []
    for direction in (replace(query, descending=not query.descending), query):
        cursor = Cursor(here[0], record_id)
        before = direction is not query
        statement = (
            select(table.c.id)
            .where(*conditions(resource, query), _beyond(table, resource, direction, cursor, nulls_first=before))
            .order_by(*_order(table, resource, direction, nulls_first=before))
            .limit(1)
        )
        found.append(await work.session.scalar(statement))
    return found[0], found[1]


def conditions(resource: Resource, query: ListQuery) -> list[ColumnElement[bool]]:
    """Search and filters of ``query``."""
    table = table_of(resource)
    found: list[ColumnElement[bool]] = []
    for word in query.search.casefold().split()[:5]:
        pattern = "%" + word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"
        found.append(or_(*(_column(table, resource, name).ilike(pattern, escape="\\") for name in resource.search)))
    for name, values in query.filters.items():
        column = _column(table, resource, name)
        found.append(column.in_(values) if len(values) > 1 else column == values[0])
    return found


def _beyond(table: Table, resource: Resource, query: ListQuery, cursor: Cursor, *, nulls_first: bool = False) -> ColumnElement[bool]:
    """Rows after ``cursor`` in the order of ``query``.  Empty sort values stand at the end, going back at the beginning."""
    column, key = _sort_column(table, resource, query), table.c.id
    if column is key or column.name == "id":
        return key < cursor.id if query.descending else key > cursor.id
    pair, mark = tuple_(column, key), tuple_(literal(cursor.value, column.type), literal(cursor.id, key.type))
    later = pair < mark if query.descending else pair > mark
    if not column.nullable:
        return later
    tie = key < cursor.id if query.descending else key > cursor.id
    if cursor.value is None:
        among_empty = and_(column.is_(None), tie)
        return or_(among_empty, column.is_not(None)) if nulls_first else among_empty
    return later if nulls_first else or_(later, column.is_(None))


def _order(table: Table, resource: Resource, query: ListQuery, *, nulls_first: bool = False) -> list[ColumnElement[Any]]:
    column, key = _sort_column(table, resource, query), table.c.id
    if column is key:
        return [key.desc() if query.descending else key.asc()]
    first: ColumnElement[Any] = column.desc() if query.descending else column.asc()
    if column.nullable:
        first = first.nulls_first() if nulls_first else first.nulls_last()
    return [first, key.desc() if query.descending else key.asc()]


def _sort_column(table: Table, resource: Resource, query: ListQuery) -> Any:
    return _column(table, resource, query.sort)


def _column(table: Table, resource: Resource, name: str) -> Any:
    return table.c[resource.column(name).name]
