"""Writing segments, and who is in them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.dialects.postgresql import insert

from core_crm.marketing.segments.fields import fields_of, readable
from core_crm.marketing.segments.language import Group, check, condition, read_group
from core_crm.marketing.segments.model import Segment, SegmentKind, SegmentMember
from core_crm.marketing.wording import STEM
from identity.audit import record
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.api import Party, agreed, rights_of, visible
from messaging.channels import Channel

SEGMENTS_MAX = 500
MEMBERS_MAX = 1000
"""As many may be added in one call."""
SAMPLE = 8


class SegmentNotFound(NotFound):
    code = "segment_not_found"


class SegmentChanged(Conflict):
    code = "version_conflict"


class SegmentInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``definition`` is for dynamic ones."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    kind: SegmentKind = SegmentKind.DYNAMIC
    definition: Group = msgspec.field(default_factory=Group)
    active: bool = True
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class Reach:
    """How many there are, how many of them agreed to each channel, and some by name.

    Counts only what the actor may see; ``whole`` says whether that is everybody.
    """

    total: int
    email: int
    sms: int
    sample: Sequence[tuple[UUID, str]]
    whole: bool


async def segments(work: Work, *, active: bool | None = None) -> Sequence[Segment]:
    """The company's segments by name, those in use first."""
    query = select(Segment).order_by(Segment.active.desc(), Segment.name, Segment.id)
    if active is not None:
        query = query.where(Segment.active == active)
    return (await work.session.scalars(query.limit(SEGMENTS_MAX))).all()


async def get_segment(work: Work, segment_id: UUID, *, lock: bool = False) -> Segment:
    """A segment.

    Raises:
        SegmentNotFound
    """
    query = select(Segment).where(Segment.id == segment_id)
    found: Segment | None = await work.session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise SegmentNotFound(_("This segment does not exist, or was deleted."))
    return found


async def save_segment(work: Work, data: SegmentInput, segment_id: UUID | None = None) -> Segment:
    """Write a segment.

    Raises:
        SegmentNotFound, SegmentChanged
        SegmentWrong, FieldHidden: a condition cannot be asked.
        Invalid: its kind was to change.
    """
    segment = (
        await get_segment(work, segment_id, lock=True) if segment_id else Segment(id=new_id(), made_by=work.actor.name[:80], kind=data.kind)
    )
    if segment_id and data.version is not None and data.version != segment.version:
        raise SegmentChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    if segment.kind is not data.kind:
        raise Invalid(_("A segment stays of its kind; write a new one."), field="kind")
    if data.kind is SegmentKind.DYNAMIC:
        await check_group(work, data.definition)
    segment.name, segment.active = data.name.strip(), data.active
    segment.definition = msgspec.to_builtins(data.definition) if data.kind is SegmentKind.DYNAMIC else {}
    work.session.add(segment)
    await work.session.flush()
    after = {"name": segment.name, "definition": segment.definition, "active": segment.active}
    await record(work, "segment.saved", f"segment:{segment.id}", name=segment.name, after=after)
    return segment


async def check_group(work: Work, group: Group) -> None:
    """Refuse conditions that cannot be asked, or that the actor may not ask.

    Raises:
        SegmentWrong, FieldHidden
    """
    fields = await fields_of(work)
    check(group, fields, await readable(work, fields))


async def matching(work: Work, segment: Segment) -> ColumnElement[bool]:
    """The condition for the segment's customers, whoever may see them; for a statement that selects from ``Party``."""
    if segment.kind is SegmentKind.STATIC:
        return Party.id.in_(select(SegmentMember.party_id).where(SegmentMember.segment_id == segment.id))
    return await meeting(work, read_group(segment.definition))


async def meeting(work: Work, group: Group) -> ColumnElement[bool]:
    """The condition for customers who meet ``group``."""
    return condition(work, group, await fields_of(work))


async def reach_of(work: Work, wanted: ColumnElement[bool]) -> Reach:
    """How many meet a condition, in one statement that keeps to the actor's rights."""
    await give_room(work)
    seen = await visible(work, Party, STEM)
    hits = select(Party.id, Party.name).where(seen, wanted).cte("hits")
    first = select(hits.c.id, hits.c.name).order_by(hits.c.name, hits.c.id).limit(SAMPLE).subquery()
    sample = select(func.json_agg(func.json_build_array(first.c.id, first.c.name))).scalar_subquery()
    total = select(func.count()).select_from(hits)
    email, sms = (total.where(agreed(channel, hits.c.id)).scalar_subquery() for channel in (Channel.EMAIL, Channel.SMS))
    found = (await work.session.execute(select(total.scalar_subquery(), email, sms, sample))).one()
    named = [(UUID(party_id), name) for party_id, name in found[3] or ()]
    return Reach(total=found[0], email=found[1], sms=found[2], sample=named, whole=(await rights_of(work, STEM)).whole)


async def give_room(work: Work) -> None:
    """Let the next statements of this transaction keep sets of customers in memory: looked up in a list, each would be read
    again for every other.
    """
    await work.session.execute(text("SET LOCAL work_mem = '64MB'"))


async def preview(work: Work, group: Group) -> Reach:
    """How many meet conditions that are being written.

    Raises:
        SegmentWrong, FieldHidden
    """
    await check_group(work, group)
    return await reach_of(work, await meeting(work, group))


async def add_members(work: Work, segment_id: UUID, party_ids: Collection[UUID]) -> int:
    """Add customers within the actor's reach to a segment that is put together by hand; how many were not in it yet.

    Raises:
        SegmentNotFound
        Invalid: the segment is a dynamic one, or there are too many at once.
    """
    segment = await _by_hand(work, segment_id)
    if len(party_ids) > MEMBERS_MAX:
        raise Invalid(_("At most %(most)s at once.", most=MEMBERS_MAX), field="party_ids")
    seen = await work.session.scalars(select(Party.id).where(Party.id.in_(party_ids), await visible(work, Party, STEM)))
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "segment_id": segment.id, "party_id": party_id, "added_by": work.actor.name[:80]} for party_id in seen
    ]
    if not rows:
        return 0
    statement = insert(SegmentMember).values(rows).on_conflict_do_nothing(index_elements=["segment_id", "party_id"])
    added = (await work.session.scalars(statement.returning(SegmentMember.id))).all()
    await record(work, "segment.members_added", f"segment:{segment.id}", name=segment.name, after={"members": len(added)})
    return len(added)


async def remove_member(work: Work, segment_id: UUID, party_id: UUID) -> None:
    """Take a customer out of a segment that is put together by hand.

    Raises:
        SegmentNotFound: there is no such segment, or the customer is not in it.
    """
    segment = await _by_hand(work, segment_id)
    query = select(SegmentMember).where(SegmentMember.segment_id == segment.id, SegmentMember.party_id == party_id)
    member = await work.session.scalar(query)
    if member is None:
        raise SegmentNotFound(_("This customer is not in the segment."))
    await work.session.delete(member)
    await work.session.flush()


async def _by_hand(work: Work, segment_id: UUID) -> Segment:
    segment = await get_segment(work, segment_id)
    if segment.kind is not SegmentKind.STATIC:
        raise Invalid(_("Who is in this segment follows from its conditions."), field="kind")
    return segment
