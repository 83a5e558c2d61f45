"""The group a party belongs to as a page of its own, and over REST; the stages that it came into."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from kernel.web import page
from kernel.work import Work
from master_data.parties.access import STEM, may_edit, party_row
from master_data.parties.family import PAGE_NODES_MAX, Node, group_of, nested
from master_data.parties.lifecycle import label_of_stage, stages_of
from master_data.parties.model import Party
from master_data.scopes.rights import rights_of

GROUP = "master_data/group.html"
READ = {"permission": "master.party.read"}


class GroupNode(msgspec.Struct, kw_only=True):
    """A company of the group; ``depth`` counts from its head, in the order of a tree."""

    id: UUID
    name: str
    depth: int
    stage: str
    owner: str | None


class StageRead(msgspec.Struct, kw_only=True):
    """The party came into a stage; the first one has no ``before``."""

    before: str | None
    stage: str
    at: datetime
    by: str


class PartyGroupController(Controller):
    path = "/parties/{party_id:uuid}"
    tags = ("Customers and suppliers",)

    @get("/group", opt=READ, operation_id="ReadPartyGroup")
    async def group(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> list[GroupNode]:
        """The companies of its group that one may see; empty for one that stands alone."""
        await party_row(work, party_id)
        stage, owner = await _shown(work)
        return [
            GroupNode(id=n.id, name=n.name, depth=n.depth, stage=n.stage if stage else "", owner=n.owner if owner else None)
            for n in await group_of(work, party_id, most=PAGE_NODES_MAX)
        ]

    @get("/stages", opt=READ, operation_id="ListPartyStages")
    async def stages(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> list[StageRead]:
        """The stages it came into, the first first."""
        await party_row(work, party_id)
        found = await stages_of(work, party_id) if (await rights_of(work, STEM)).readable("stage") else ()
        return [StageRead(before=c.before, stage=c.stage, at=c.created_at, by=c.by) for c in found]


class GroupPages(Controller):
    path = "/parties/{party_id:uuid}/group"
    include_in_schema = False

    @get("/", opt=READ)
    async def show(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        party = await party_row(work, party_id)
        nodes = await group_of(work, party_id, most=PAGE_NODES_MAX)
        return page(GROUP, **await _context(work, party, nodes))


async def _context(work: Work, party: Party, nodes: list[Node]) -> dict[str, Any]:
    stage, owner = await _shown(work)
    tones: dict[str, str] = Party.__table__.c.stage.info["tones"]
    rights = await rights_of(work, STEM)
    return {
        "party_id": party.id,
        "name": party.name,
        "heads": nested(nodes),
        "count": len(nodes),
        "full": len(nodes) >= PAGE_NODES_MAX,
        "stages": {n.stage: (label_of_stage(n.stage), tones.get(n.stage, "")) for n in nodes} if stage else {},
        "owners": owner,
        "phones": rights.readable("phone"),
        "visible_only": not rights.whole,
        "may_edit": await may_edit(work, party),
        "may_create": work.actor.may(f"{STEM}.create"),
    }


async def _shown(work: Work) -> tuple[bool, bool]:
    """Whether the reader sees stages and persons in charge."""
    rights = await rights_of(work, STEM)
    return rights.readable("stage"), rights.readable("owner_id")
