"""The way of one opportunity through the stages, with the time it spent in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from core_crm.pipeline.model import Stage, StageKind, StageMove
from kernel import clock
from kernel.work import Work

MOVES_MAX = 200


@dataclass(frozen=True, kw_only=True)
class Stay:
    """The opportunity came into a stage, and how long it stayed; until now, where it still is."""

    stage: str
    kind: StageKind
    at: datetime
    by: str
    amount: Decimal
    reason: str | None
    until: datetime | None

    @property
    def lasted(self) -> timedelta:
        return (self.until or clock.now()) - self.at


async def stays(work: Work, opportunity_id: UUID) -> Sequence[Stay]:
    """All stages the opportunity came into, the first first.  The caller has made sure that the actor may see it."""
    m = StageMove
    following = func.lead(m.at).over(partition_by=m.opportunity_id, order_by=(m.at, m.id))
    statement = (
        select(Stage.name.label("stage"), m.kind, m.at, m.by, m.amount, m.reason, following.label("until"))
        .join(Stage, Stage.id == m.stage_id)
        .where(m.opportunity_id == opportunity_id)
        .order_by(m.at, m.id)
        .limit(MOVES_MAX)
    )
    return [Stay(**row) for row in (await work.session.execute(statement)).mappings()]
