"""REST API of segments."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core_crm.marketing.rights import READ, WRITE
from core_crm.marketing.segments.fields import OPERATORS, fields_of, readable
from core_crm.marketing.segments.language import Group
from core_crm.marketing.segments.model import Segment, SegmentKind
from core_crm.marketing.segments.service import (
    Reach,
    SegmentInput,
    add_members,
    get_segment,
    matching,
    preview,
    reach_of,
    remove_member,
    save_segment,
    segments,
)
from kernel.work import Work


class SegmentRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    kind: SegmentKind
    definition: dict[str, Any]
    made_by: str
    active: bool
    version: int

    @classmethod
    def of(cls, segment: Segment) -> "SegmentRead":
        return cls(**{name: getattr(segment, name) for name in cls.__struct_fields__})


class SampleRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str


class ReachRead(msgspec.Struct, kw_only=True):
    """``email`` and ``sms`` count who agreed to each; ``whole`` is false where the caller does not see all customers."""

    total: int
    email: int
    sms: int
    sample: list[SampleRead]
    whole: bool

    @classmethod
    def of(cls, reach: Reach) -> "ReachRead":
        sample = [SampleRead(id=party_id, name=name) for party_id, name in reach.sample]
        return cls(total=reach.total, email=reach.email, sms=reach.sms, sample=sample, whole=reach.whole)


class FieldRead(msgspec.Struct, kw_only=True):
    key: str
    label: str
    kind: str
    operators: list[str]


class MembersInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    party_ids: list[UUID]


class MembersAdded(msgspec.Struct, kw_only=True):
    added: int


class SegmentController(Controller):
    path = "/marketing/segments"
    tags = ("Marketing",)

    @get("/", opt=READ, operation_id="listSegments")
    async def list_rows(self, work: NamedDependency[Work]) -> list[SegmentRead]:
        """Segments by name, those in use first."""
        return [SegmentRead.of(segment) for segment in await segments(work)]

    @get("/fields", opt=READ, operation_id="listSegmentFields")
    async def fields(self, work: NamedDependency[Work]) -> list[FieldRead]:
        """What can be asked about a customer, and how."""
        found = await readable(work, await fields_of(work))
        return [FieldRead(key=f.key, label=f.label, kind=f.kind, operators=list(OPERATORS[f.kind])) for f in found.values()]

    @post("/preview", opt=READ, status_code=200, operation_id="previewSegment")
    async def preview(self, work: NamedDependency[Work], data: JSONBody[Group]) -> ReachRead:
        """How many customers meet conditions that are kept nowhere."""
        return ReachRead.of(await preview(work, data))

    @post("/", opt=WRITE, operation_id="createSegment")
    async def create(self, work: NamedDependency[Work], data: JSONBody[SegmentInput]) -> SegmentRead:
        """A new segment.  422 ``segment_wrong`` names each condition that cannot be asked."""
        return SegmentRead.of(await save_segment(work, data))

    @get("/{segment_id:uuid}", opt=READ, operation_id="readSegment")
    async def read(self, work: NamedDependency[Work], segment_id: FromPath[UUID]) -> SegmentRead:
        """One segment."""
        return SegmentRead.of(await get_segment(work, segment_id))

    @put("/{segment_id:uuid}", opt=WRITE, operation_id="updateSegment")
    async def update(self, work: NamedDependency[Work], segment_id: FromPath[UUID], data: JSONBody[SegmentInput]) -> SegmentRead:
        """Write it anew."""
        return SegmentRead.of(await save_segment(work, data, segment_id))

    @get("/{segment_id:uuid}/reach", opt=READ, operation_id="readSegmentReach")
    async def reach(self, work: NamedDependency[Work], segment_id: FromPath[UUID]) -> ReachRead:
        """How many customers are in it now, of those whom the caller may see."""
        return ReachRead.of(await reach_of(work, await matching(work, await get_segment(work, segment_id))))

    @post("/{segment_id:uuid}/members", opt=WRITE, status_code=200, operation_id="addSegmentMembers")
    async def add(self, work: NamedDependency[Work], segment_id: FromPath[UUID], data: JSONBody[MembersInput]) -> MembersAdded:
        """Add customers to a segment that is put together by hand."""
        return MembersAdded(added=await add_members(work, segment_id, data.party_ids))

    @delete("/{segment_id:uuid}/members/{party_id:uuid}", opt=WRITE, operation_id="removeSegmentMember")
    async def remove(self, work: NamedDependency[Work], segment_id: FromPath[UUID], party_id: FromPath[UUID]) -> None:
        """Take a customer out of it."""
        await remove_member(work, segment_id, party_id)
