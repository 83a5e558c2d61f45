"""Records that the rows of a file may mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.work import Work
from vertical import Resource
from vertical.bulk import Change, as_json
from vertical.guarding import reach
from vertical.statements import Parameters, as_text, column_name, run, selected, table_name
from webapp.resource.own import decoded


@dataclass(frozen=True, kw_only=True)
class Known:
    """A record as it is.  ``values`` are by field, the company's own below ``custom``."""

    id: UUID
    version: int | None
    editable: bool
    values: Mapping[str, Any]

    def changed(self, prepared: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of ``prepared`` that would become others."""
        return {name: value for name, value in prepared.items() if _plain(self.values.get(name)) != _plain(value)}

    def change(self, resource: Resource, changed: Mapping[str, Any]) -> tuple[Change, list[Any]]:
        """The change, and what it takes to undo it: the id, the version and the earlier values."""
        change = Change(id=self.id, version=self.version, values=as_json(resource, changed))
        return change, [str(self.id), self.version or 0, as_json(resource, {name: self.values.get(name) for name in changed})]


def _plain(value: Any) -> Any:
    """Nothing is nothing, however it is written."""
    return None if value in ("", [], {}) else value


async def records_by(work: Work, resource: Resource, key: str, wanted: Iterable[Any]) -> dict[Any, list[Known]]:
    """The records within reach whose field ``key`` has one of the values, by that value."""
    values = sorted({value for value in wanted if value is not None})
    if not values:
        return {}
    names = tuple(name for name in resource.stored if name != "id")
    given = Parameters([values])
    may_edit, may_read = as_text(await reach(work, resource, "edit"), given), as_text(await reach(work, resource), given)
    rows = await run(
        work,
        f"SELECT id, {selected(resource, names)}, {may_edit} AS _editable FROM {table_name(resource)} "  # noqa: S608 - names come from the model
        f"WHERE {column_name(resource, key)} = ANY($1) AND {may_read}",
        given.values,
    )
    found: dict[Any, list[Known]] = {}
    for row in rows:
        record = decoded(dict(row))
        known = Known(id=UUID(int=row["id"].int), version=record.get("version"), editable=record["_editable"], values=record)
        found.setdefault(record[key], []).append(known)
    return found
