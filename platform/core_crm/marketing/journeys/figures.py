"""What came of a journey: where customers stand, what was sent, and how they did beside those who were kept out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from core_crm.marketing.journeys.model import Journey, JourneyRun, RunState
from core_crm.marketing.wording import STEM
from kernel.work import Work
from master_data.api import Party, visible
from messaging.outgoing.model import Message, MessageState

ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Side:
    """Customers who went through, or who were kept out: how many, how many reached the goal, and for how much."""

    customers: int
    reached: int
    amount: Decimal

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.reached) / self.customers if self.customers else None


@dataclass(frozen=True, kw_only=True)
class StepFigures:
    """Messages of one step and variant."""

    step: str
    variant: str
    sent: int
    arrived: int
    not_sent: int
    came_back: int
    replied: int
    opted_out: int


@dataclass(frozen=True, kw_only=True)
class RunRow:
    id: UUID
    party_id: UUID
    name: str
    state: RunState
    exit_reason: str
    position: int
    due_at: datetime
    entered_at: datetime
    error: str


async def sides_of(work: Work, journey: Journey) -> tuple[Side, Side]:
    """Those who went through, and those who were kept out."""
    r = JourneyRun
    held = (r.state == RunState.HELD).label("held")
    query = select(held, func.count(), func.count(r.goal_at), func.coalesce(func.sum(r.goal_amount), 0)).where(
        r.journey_id == journey.id, r.exit_reason != "present"
    )
    found = {row[0]: Side(customers=row[1], reached=row[2], amount=row[3]) for row in await work.session.execute(query.group_by(held))}
    none = Side(customers=0, reached=0, amount=Decimal(0))
    return found.get(False, none), found.get(True, none)


async def steps_figures(work: Work, journey: Journey) -> Sequence[StepFigures]:
    """What was sent by each step and variant."""
    m = Message
    went: Any = m.state.in_((MessageState.SENT, MessageState.DELIVERED, MessageState.BOUNCED, MessageState.UNSURE))
    query = (
        select(
            m.step, m.variant, func.count().filter(went).label("sent"),
            func.count().filter(m.state == MessageState.DELIVERED).label("arrived"),
            func.count().filter(m.state.in_((MessageState.SUPPRESSED, MessageState.FAILED))).label("not_sent"),
            func.count().filter(m.state == MessageState.BOUNCED).label("came_back"),
            func.count(m.replied_at).label("replied"), func.count(m.opted_out_at).label("opted_out"),
        )
        .where(m.source == "journey", m.source_id == journey.id)
        .group_by(m.step, m.variant)
        .order_by(m.step, m.variant)
    )  # fmt: skip
    return [StepFigures(**row) for row in (await work.session.execute(query)).mappings()]


async def runs_of(work: Work, journey: Journey, *, state: RunState | None = None, limit: int = ROWS) -> Sequence[RunRow]:
    """The latest runs of customers whom the actor may see."""
    r = JourneyRun
    columns = (r.id, r.party_id, Party.name, r.state, r.exit_reason, r.position, r.due_at, r.entered_at, r.error)
    query = (
        select(*columns)
        .join(Party, Party.id == r.party_id)
        .where(r.journey_id == journey.id, r.exit_reason != "present", await visible(work, Party, STEM))
        .order_by(r.entered_at.desc(), r.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(r.state == state)
    return [RunRow(**row) for row in (await work.session.execute(query)).mappings()]
