"""Answers of a resource's API, encoded as they were read: this is what programs ask for most."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any

import msgspec
from litestar import MediaType, Response

from master_data.api import Rights
from webapp.resource.own import decoded
from webapp.resource.query import COUNT_MAX, SORTED_BY, Cursor

CUSTOM = "custom"


def page_answer(
    names: tuple[str, ...], rows: Sequence[Mapping[str, Any]], limit: int, counted: Sequence[Mapping[str, Any]], rights: Rights
) -> Response[Any]:
    """A ``Listing`` of rows, which carry ``names`` and behind them what they are sorted by."""
    found: dict[str, Any] = {"items": shown_rows(names, rows[:limit], rights), "next": next_cursor(rows, limit)}
    found |= {"total": None, "total_capped": False, "visible_only": not rights.whole}
    if counted:
        found |= {"total": min(counted[0]["n"], COUNT_MAX), "total_capped": counted[0]["n"] > COUNT_MAX}
    return json_answer(found)


def shown_rows(names: tuple[str, ...], rows: Sequence[Mapping[str, Any]], rights: Rights) -> list[Any]:
    """The rows as the reader may see them.  ``names`` are the first fields of each, in this order."""
    if rights.fields:
        return [decoded(rights.shown({name: row[name] for name in names})) for row in rows]
    shape, width = _shape(names), len(names)
    place = names.index(CUSTOM) if CUSTOM in names else None
    if place is None:
        return [shape(*islice(row.values(), width)) for row in rows]
    return [shape(*_with_raw(list(islice(row.values(), width)), place)) for row in rows]


def json_answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response[Any]:
    return Response(msgspec.json.encode(content), status_code=status, media_type=MediaType.JSON, headers=headers)


def next_cursor(rows: Sequence[Mapping[str, Any]], limit: int) -> str | None:
    """The cursor of the next page, where a row more than ``limit`` was read."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return Cursor(last[SORTED_BY], last["id"]).encode()


def _with_raw(values: list[Any], place: int) -> list[Any]:
    """The driver gives a document as the text it has in JSON, which is what goes out."""
    if isinstance(values[place], str):
        values[place] = msgspec.Raw(values[place].encode())
    return values


@cache
def _shape(names: tuple[str, ...]) -> type[msgspec.Struct]:
    """Encodes in a third of the time that a dict takes."""
    return msgspec.defstruct("Row", [(name, Any) for name in names], gc=False, module=__name__)
