"""Lists of a resource: search, filters from an allow-list, order, and pages by keyset, never by offset."""

import base64
import binascii
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, ColumnElement, True_

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import CustomKind, OwnFilter, imported, open_text, own_value
from vertical import Resource
from vertical.guarding import guard_of
from vertical.statements import Parameters, as_text, column_name, read_one, run, selected, table_name

COUNT_MAX = 10_000
"""Counting stops here: nobody reads a larger number, and everybody waits for it."""

PAGE_ROWS = 50
PAGE_ROWS_MAX = 200
WORDS_MAX = 5
FOLDED = "search_text"
"""The column in which ``master_data.search.search_text`` keeps small letters of half width."""
SORTED_BY = "_sort"
"""Name under which a row carries the value it is sorted by."""


class CursorWrong(Invalid):
    code = "cursor_wrong"


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """What a list shows.  ``filters`` are allowed values by field; ``after`` is the cursor of the page before.

    ``own`` are filters by the company's own fields; with ``own_sort``, the kind of one, ``sort`` is its name ``custom.level``.
    ``columns`` are those that are shown, where they are not the usual ones.  ``imported`` is the import whose records are asked for.

    ``unread`` are fields that the reader may not read: a search does not look into them.

    ``within`` is the condition for records within the reader's reach.  A list of records that are kept apart refuses to be
    read without one.
    """

    search: str = ""
    filters: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    sort: str = "id"
    descending: bool = False
    limit: int = PAGE_ROWS
    after: str | None = None
    within: ColumnElement[bool] | None = None
    own: Sequence[OwnFilter] = ()
    own_sort: CustomKind | None = None
    columns: Sequence[str] = ()
    imported: UUID | None = None
    unread: frozenset[str] = frozenset()

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


def list_statement(resource: Resource, names: Sequence[str], query: ListQuery) -> tuple[str, list[Any]]:
    """A page of the list and one row more, which tells whether another page follows; with the values it binds."""
    given = Parameters()
    where = conditions(resource, query, given)
    if query.after:
        where.append(_beyond(resource, query, Cursor.decode(query.after, _sort_type(resource, query)), given))
    columns = f'{selected(resource, tuple(names))}, {_sorted(resource, query, given)} AS "{SORTED_BY}"'
    order, limit = _order(resource, query, given), given.bind(query.limit + 1)
    return f"SELECT {columns} FROM {table_name(resource)}{_where(where)} ORDER BY {order} LIMIT {limit}", given.values  # noqa: S608


def record_statement(
    resource: Resource, names: tuple[str, ...], record_id: UUID, within: ColumnElement[bool] | None
) -> tuple[str, list[Any]]:
    """One record, where it is within reach."""
    given = Parameters()
    given.bind(record_id)
    where = _reach(resource, ListQuery(within=within), given)
    return " AND ".join([read_one(resource, names), *where]), given.values


def survivor_statement(resource: Resource) -> str | None:
    """What the record of id ``$1`` was merged into; None where records are not merged."""
    if "merged_into_id" not in resource.model.__table__.c:
        return None
    return f"SELECT merged_into_id AS id FROM {table_name(resource)} WHERE id = $1 AND merged_into_id IS NOT NULL"  # noqa: S608


async def read_list(work: Work, resource: Resource, names: Sequence[str], query: ListQuery) -> Sequence[Mapping[str, Any]]:
    """The rows of ``list_statement``.  What a search finds, few or most, decides which way is short: it is planned for itself."""
    if query.search:
        await run(work, "SET LOCAL plan_cache_mode = force_custom_plan", ())
    return await run(work, *list_statement(resource, names, query))


async def count(work: Work, resource: Resource, query: ListQuery) -> tuple[int, bool]:
    """How many records the list has, and whether counting stopped at ``COUNT_MAX``."""
    [row] = await run(work, *count_statement(resource, query))
    number = int(row["n"])
    return min(number, COUNT_MAX), number > COUNT_MAX


def count_statement(resource: Resource, query: ListQuery) -> tuple[str, list[Any]]:
    """One row ``n``, at most one more than ``COUNT_MAX``; with the values it binds."""
    given = Parameters()
    where = _where(conditions(resource, query, given))
    limit = given.bind(COUNT_MAX + 1)
    return f"SELECT count(*) AS n FROM (SELECT FROM {table_name(resource)}{where} LIMIT {limit}) AS found", given.values  # noqa: S608


async def neighbours(work: Work, resource: Resource, record_id: UUID, query: ListQuery) -> tuple[UUID | None, UUID | None]:
    """The records before and after one in the list."""
    table, start = table_name(resource), Parameters([record_id])
    sort = _sorted(resource, query, start)
    here = await run(work, f'SELECT {sort} AS "{SORTED_BY}" FROM {table} WHERE id = $1', start.values)  # noqa: S608
    if not here:
        return None, None
    cursor = Cursor(here[0][SORTED_BY], record_id)
    found: list[UUID | None] = []
    for direction, back in ((replace(query, descending=not query.descending), True), (query, False)):
        given = Parameters()
        where = [*conditions(resource, query, given), _beyond(resource, direction, cursor, given, nulls_first=back)]
        order = _order(resource, direction, given, nulls_first=back)
        rows = await run(work, f"SELECT id FROM {table}{_where(where)} ORDER BY {order} LIMIT 1", given.values)  # noqa: S608
        found.append(rows[0]["id"] if rows else None)
    return found[0], found[1]


def conditions(resource: Resource, query: ListQuery, given: Parameters) -> list[str]:
    """Reach, search and filters of ``query``."""
    found = _reach(resource, query, given)
    for word in query.search.casefold().split()[:WORDS_MAX]:
        places = [_holds(resource, name, word, given, query.unread) for name in resource.search if name not in query.unread]
        found.append("(" + (" OR ".join(places) or "false") + ")")
    for name, values in query.filters.items():
        column = column_name(resource, name)
        if isinstance(resource.column(name).type, ARRAY):
            words = [word for value in values for word in (value if isinstance(value, list) else [value])]
            found.append(f"{column} && {given.bind(words)}")
            continue
        found.append(f"{column} = {given.bind(values[0])}" if len(values) == 1 else f"{column} = ANY({given.bind(list(values))})")
    if query.imported is not None:
        found.append(as_text(imported(resource.model, resource.permission, query.imported), given))
    return [*found, *(as_text(each.condition(resource.model), given) for each in query.own)]


def _holds(resource: Resource, name: str, word: str, given: Parameters, unread: frozenset[str]) -> str:
    """That the field holds the word, in small letters or capitals.  A folded text has small ones only, so no row need be folded."""
    sign, wanted = ("LIKE", unicodedata.normalize("NFKC", word)) if name == FOLDED else ("ILIKE", word)
    hides = unread and not unread.isdisjoint(resource.column(name).info.get("holds", ()))
    text = as_text(open_text(resource.model, unread), given) if hides else column_name(resource, name)
    return f"{text} {sign} {given.bind('%' + like(wanted) + '%')}"


def _reach(resource: Resource, query: ListQuery, given: Parameters) -> list[str]:
    if query.within is None:
        if guard_of(resource.model) is not None:
            raise LookupError(f"a list of {resource.permission} was asked for without saying who asks")
        return []
    return [] if isinstance(query.within, True_) else [as_text(query.within, given)]


def like(text: str) -> str:
    """``text`` as a pattern of LIKE that means the text itself."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _where(conditions_: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions_)}" if conditions_ else ""


def _beyond(resource: Resource, query: ListQuery, cursor: Cursor, given: Parameters, *, nulls_first: bool = False) -> str:
    """Rows after ``cursor`` in the order of ``query``.  Empty sort values stand at the end, going back at the beginning."""
    column, sign = _sorted(resource, query, given), "<" if query.descending else ">"
    if column == '"id"':
        return f"id {sign} {given.bind(cursor.id)}"
    if cursor.value is None:
        among_empty = f"({column} IS NULL AND id {sign} {given.bind(cursor.id)})"
        return f"({among_empty} OR {column} IS NOT NULL)" if nulls_first else among_empty
    later = f"({column}, id) {sign} ({given.bind(cursor.value)}, {given.bind(cursor.id)})"
    if nulls_first or not _may_be_empty(resource, query):
        return later
    return f"({later} OR {column} IS NULL)"


def _order(resource: Resource, query: ListQuery, given: Parameters, *, nulls_first: bool = False) -> str:
    column, direction = _sorted(resource, query, given), "DESC" if query.descending else "ASC"
    if column == '"id"':
        return f"id {direction}"
    nulls = f" NULLS {'FIRST' if nulls_first else 'LAST'}" if _may_be_empty(resource, query) else ""
    return f"{column} {direction}{nulls}, id {direction}"


def _sorted(resource: Resource, query: ListQuery, given: Parameters) -> str:
    """What the list is sorted by: a column, or the value of one of the company's own fields."""
    if query.own_sort is None:
        return column_name(resource, query.sort)
    return as_text(own_value(resource.model, query.sort.removeprefix("custom."), query.own_sort), given)


def _sort_type(resource: Resource, query: ListQuery) -> Any:
    if query.own_sort is None:
        return resource.column(query.sort).type.python_type
    return Decimal if query.own_sort in (CustomKind.NUMBER, CustomKind.MONEY) else str


def _may_be_empty(resource: Resource, query: ListQuery) -> bool:
    return query.own_sort is not None or bool(resource.column(query.sort).nullable)
