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
from vertical.statements import run

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


# What was not noted yet is noted by the statement that finds it; answered are those that stood elsewhere before.
_NOTE = """
    WITH changed AS (
        SELECT x.id, p.id AS party_id, last.stage AS before, p.stage
        FROM unnest($1::uuid[], $2::uuid[]) AS x(party_id, id) JOIN master_party p ON p.id = x.party_id
        LEFT JOIN LATERAL (
            SELECT s.stage FROM master_party_stage s WHERE s.party_id = p.id ORDER BY s.created_at DESC, s.id DESC LIMIT 1
        ) AS last ON true
        WHERE last.stage IS DISTINCT FROM p.stage
    ), noted AS (
        INSERT INTO master_party_stage (id, party_id, before, stage, "by", created_at)
        SELECT id, party_id, before, stage, $3, $4 FROM changed
    )
    SELECT party_id, before, stage FROM changed WHERE before IS NOT NULL
"""


async def note_stages(work: Work, party_ids: Sequence[UUID]) -> None:
    """Note the parties whose stage is another than was noted last, however it was changed."""
    if work.session.new or work.session.dirty:
        await work.session.flush()  # the statement does not see what the session only holds
    for start in range(0, len(party_ids), BATCH):
        some, now, who = party_ids[start : start + BATCH], clock.now(), work.actor.name[:80]
        changed = await run(work, _NOTE, [some, [new_id() for _party in some], who, now])
        with i18n.using(work.tenant.locale):
            entries = [
                {"id": new_id(), "record_kind": STEM, "record_id": UUID(int=row["party_id"].int), "kind": ActivityKind.SYSTEM,
                 "body": _told(row["before"], row["stage"], who), "at": now, "author_name": "", "private": False, "created_at": now,
                 "updated_at": now}
                for row in changed
            ]  # fmt: skip
        if entries:
            await work.session.execute(insert(Activity), entries)


async def stages_of(work: Work, party_id: UUID) -> Sequence[PartyStageChange]:
    """The stages that the party came into, the first first."""
    query = select(PartyStageChange).where(PartyStageChange.party_id == party_id)
    return (await work.session.scalars(query.order_by(PartyStageChange.created_at, PartyStageChange.id).limit(200))).all()


def label_of_stage(stage: str) -> str:
    """What a stage is called."""
    choices: dict[str, str] = Party.__table__.c.stage.info["choices"]
    return _(choices[stage]) if stage in choices else stage


def _told(before: str | None, stage: str, who: str) -> str:
    values = {"before": label_of_stage(before or ""), "stage": label_of_stage(stage), "who": who}
    return _("Stage: from “%(before)s” to “%(stage)s”, by %(who)s", **values)
