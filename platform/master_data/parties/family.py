"""The group a party belongs to, as far as the reader sees it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from kernel.work import Work
from master_data.parties.model import Party
from vertical.statements import Parameters, as_text, run

NODES_MAX = 100
PAGE_NODES_MAX = 1_000


@dataclass(kw_only=True)
class Node:
    """A company of the group; ``depth`` counts from its head.  ``below`` are those that the reader sees nearest below it."""

    id: UUID
    name: str
    depth: int
    here: bool
    stage: str
    owner: str | None
    phone: str | None
    region: str | None
    below: list["Node"] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Companies below it, on all levels."""
        return sum(1 + node.size for node in self.below)


async def group_of(work: Work, party_id: UUID, *, most: int = NODES_MAX) -> list[Node]:
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
        SELECT master_party.id, master_party.name, tree.depth, master_party.stage, master_party.phone, master_party.region, e.name AS owner
        FROM tree JOIN master_party ON master_party.id = tree.id LEFT JOIN master_employee e ON e.id = master_party.owner_id
        WHERE {seen} ORDER BY tree.path LIMIT {int(most)}
        """,  # noqa: S608 - the condition is compiled from the models
        given.values,
    )
    nodes = [Node(**{str(name): value for name, value in row.items()}, here=row["id"] == party_id) for row in rows]
    return nodes if len(nodes) > 1 else []


def nested(nodes: Sequence[Node]) -> list[Node]:
    """The heads of what is seen; a company below one that is hidden stands below the next that is not."""
    heads: list[Node] = []
    line: list[Node] = []
    for node in nodes:
        while line and line[-1].depth >= node.depth:
            line.pop()
        (line[-1].below if line else heads).append(node)
        line.append(node)
    return heads
