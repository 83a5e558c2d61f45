"""REST API of doubles, merges and behaviour."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from kernel.work import Work
from master_data.parties.doubles import likely_doubles
from master_data.parties.merging import merge_parties, undo_merge


class DoubleRead(msgspec.Struct, kw_only=True):
    """A party that may be the same; ``id`` is null and names are masked where you may not see it."""

    id: UUID | None
    name: str
    owner: str
    reasons: list[str]


class MergeInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``take`` names the fields whose value comes from the merged party; the others keep the survivor's."""

    merged_id: UUID
    take: Annotated[list[str], msgspec.Meta(max_length=50)] = []


class MergeRead(msgspec.Struct, kw_only=True):
    id: UUID
    survivor_id: UUID
    merged_id: UUID
    undone: bool


class DoubleController(Controller):
    path = "/parties/doubles"
    tags = ("Customers and suppliers",)

    @get("/", opt={"permission": "master.party.create"}, operation_id="FindPartyDoubles")
    async def doubles(
        self,
        work: NamedDependency[Work],
        name: FromQuery[str] = "",
        credit_code: FromQuery[str] = "",
        phone: FromQuery[str] = "",
        email: FromQuery[str] = "",
    ) -> list[DoubleRead]:
        """Parties that are likely the same, before one more is made."""
        found = await likely_doubles(work, name=name[:200], credit_code=credit_code[:40], phone=phone[:40], email=email[:254])
        return [DoubleRead(id=d.id, name=d.name, owner=d.owner, reasons=list(d.reasons)) for d in found]


class MergeController(Controller):
    path = "/parties/{party_id:uuid}/merge"
    tags = ("Customers and suppliers",)

    @post("/", opt={"permission": "master.party.merge"}, operation_id="MergeParties", status_code=200)
    async def merge(self, work: NamedDependency[Work], party_id: FromPath[UUID], data: JSONBody[MergeInput]) -> MergeRead:
        """Make another party part of this one.  Its id goes on being good; posted books keep it."""
        merge = await merge_parties(work, party_id, data.merged_id, data.take)
        return MergeRead(id=merge.id, survivor_id=merge.survivor_id, merged_id=merge.merged_id, undone=False)


class MergeUndoController(Controller):
    path = "/parties/merges/{merge_id:uuid}"
    tags = ("Customers and suppliers",)

    @post("/undo", opt={"permission": "master.party.merge"}, operation_id="UndoPartyMerge", status_code=200)
    async def undo(self, work: NamedDependency[Work], merge_id: FromPath[UUID]) -> MergeRead:
        """Part the two again, within 30 days."""
        merge = await undo_merge(work, merge_id)
        return MergeRead(id=merge.id, survivor_id=merge.survivor_id, merged_id=merge.merged_id, undone=True)
