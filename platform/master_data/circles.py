"""Records that belong to others of their kind: none stands above itself, over however many others."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from kernel.work import Work
from vertical import Candidate, RowProblem
from vertical.statements import run

_ABOVE = """
    WITH RECURSIVE above AS (
        SELECT id, {column} AS parent_id FROM {table} WHERE id = ANY($1)
        UNION SELECT p.id, p.{column} FROM {table} p JOIN above ON p.id = above.parent_id
    ) SELECT id, parent_id FROM above
"""


async def circles(work: Work, table: str, column: str, candidates: Sequence[Candidate], message: str) -> list[RowProblem]:
    """Records that would stand above themselves, by what stands and by what the candidates make of it.  A new one cannot."""
    new = {c.id: c.values.get(column) for c in candidates if c.id is not None}
    starts = [parent_id for parent_id in new.values() if parent_id is not None]
    if not starts:
        return []
    above = {row["id"]: row["parent_id"] for row in await run(work, _ABOVE.format(table=table, column=column), [starts])} | new
    return [
        RowProblem(position=c.position, field=column, message=message)
        for c in candidates
        if c.id is not None and _stands_above_itself(c.id, above)
    ]


def _stands_above_itself(record_id: UUID, above: Mapping[UUID, UUID | None]) -> bool:
    seen: set[UUID] = set()
    each = above.get(record_id)
    while each is not None and each not in seen:
        if each == record_id:
            return True
        seen.add(each)
        each = above.get(each)
    return False
