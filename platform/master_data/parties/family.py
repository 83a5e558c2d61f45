"""The group a party belongs to, as far as the reader sees it."""

from dataclasses import dataclass
from uuid import UUID

from kernel.work import Work
from master_data.parties.model import Party
from vertical.statements import Parameters, as_text, run

NODES_MAX = 100


@dataclass(frozen=True, kw_only=True)
class Node:
    """A company of the group; ``depth`` counts from its head."""

    id: UUID
    name: str
    depth: int
    here: bool


async def group_of(work: Work, party_id: UUID) -> list[Node]:
    """The companies above the party, and all below their head, in the order of a tree; empty for one that stands alone."""
    given = Parameters([party_id])
    seen = as_text(await Party.reach(work, "read"), given)
    rows = await run(
        work,
        f"""
        WITH RECURSIVE above AS (
            SELECT id, parent_id, 0 AS height FROM master_party WHERE id = $1
            UNION ALL SELECT p.id, p.parent_id, height + 1 FROM master_party p JOIN above ON p.id = above.parent_id WHERE height < 20
        ), tree AS (
            (SELECT p.id, 0 AS depth, ARRAY[p.name || p.id::text] AS path FROM master_party p JOIN above USING (id)
             ORDER BY height DESC LIMIT 1)
            UNION ALL
            SELECT p.id, depth + 1, path || (p.name || p.id::text) FROM master_party p JOIN tree ON p.parent_id = tree.id WHERE depth < 20
        )
        SELECT master_party.id, master_party.name, tree.depth FROM tree JOIN master_party ON master_party.id = tree.id
        WHERE {seen} ORDER BY tree.path LIMIT {NODES_MAX}
        """,  # noqa: S608 - the condition is compiled from the models
        given.values,
    )
    nodes = [Node(id=row["id"], name=row["name"], depth=row["depth"], here=row["id"] == party_id) for row in rows]
    return nodes if len(nodes) > 1 else []
