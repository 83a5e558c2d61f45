"""How far a party came and when: a row for each change, and an entry on its timeline."""

from collections.abc import Sequence
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from kernel import clock, i18n
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.orm import TenantBase
from kernel.work import Work
from master_data.parties.model import Party
from master_data.timeline.model import Activity, ActivityKind

STEM = "master.party"
BATCH = 2_000


class PartyStageChange(TenantBase):
    """A party came into a stage; the first row has no ``before``.  Rows are added, never changed."""

    __tablename__ = "master_party_stage"
    __table_args__ = (
        Index("ix_master_party_stage_party", "party_id", "created_at", "id"),
        {"info": {"privileges": "insert_only"}},
    )
    updated_at: ClassVar[None] = None  # type: ignore[assignment, misc]

    party_id: Mapped[UUID] = mapped_column(ForeignKey("master_party.id", ondelete="CASCADE"))
    before: Mapped[str | None] = mapped_column(String(40))
    stage: Mapped[str] = mapped_column(String(40))
    by: Mapped[str] = mapped_column(String(80))


async def note_stages(work: Work, party_ids: Sequence[UUID]) -> None:
    """Note the parties whose stage is another than was noted last, however it was changed."""
    for start in range(0, len(party_ids), BATCH):
        changed = await _changed(work, party_ids[start : start + BATCH])
        if not changed:
            continue
        now, who = clock.now(), work.actor.name[:80]
        rows = [
            {"id": new_id(), "party_id": party_id, "before": before, "stage": stage, "by": who, "created_at": now}
            for party_id, before, stage in changed
        ]
        await work.session.execute(insert(PartyStageChange), rows)
        with i18n.using(work.tenant.locale):
            entries = [
                {"id": new_id(), "record_kind": STEM, "record_id": party_id, "kind": ActivityKind.SYSTEM, "body": _told(before, stage, who),
                 "at": now, "author_name": "", "private": False, "created_at": now, "updated_at": now}
                for party_id, before, stage in changed
                if before is not None
            ]  # fmt: skip
        if entries:
            await work.session.execute(insert(Activity), entries)


async def stages_of(work: Work, party_id: UUID) -> Sequence[PartyStageChange]:
    """The stages that the party came into, the first first."""
    query = select(PartyStageChange).where(PartyStageChange.party_id == party_id)
    return (await work.session.scalars(query.order_by(PartyStageChange.created_at, PartyStageChange.id).limit(200))).all()


async def _changed(work: Work, party_ids: Sequence[UUID]) -> list[tuple[UUID, str | None, str]]:
    """Each party with the stage that was noted last and the one it has."""
    c = PartyStageChange
    last = select(c.stage).where(c.party_id == Party.id).order_by(c.created_at.desc(), c.id.desc()).limit(1).scalar_subquery()
    query = select(Party.id, last.label("before"), Party.stage).where(Party.id.in_(party_ids))
    rows = await work.session.execute(query)
    return [(row.id, row.before, row.stage.value) for row in rows if row.before != row.stage.value]


def label_of_stage(stage: str) -> str:
    """What a stage is called."""
    choices: dict[str, str] = Party.__table__.c.stage.info["choices"]
    return _(choices[stage]) if stage in choices else stage


def _told(before: str | None, stage: str, who: str) -> str:
    values = {"before": label_of_stage(before or ""), "stage": label_of_stage(stage), "who": who}
    return _("Stage: from “%(before)s” to “%(stage)s”, by %(who)s", **values)
