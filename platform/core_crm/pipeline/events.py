"""What happens to opportunities."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OpportunityEvent(Event):
    """What all of them tell."""

    opportunity_id: UUID
    party_id: UUID
    name: str
    amount: Decimal
    currency: str
    owner_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class OpportunityCreated(OpportunityEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class OpportunityMoved(OpportunityEvent):
    """It stands in another stage, which is neither won nor lost."""

    from_stage: str
    stage: str


@dataclass(frozen=True, kw_only=True)
class OpportunityWon(OpportunityEvent):
    """``order_id`` is the draft order that it became, where one was asked for."""

    order_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class OpportunityLost(OpportunityEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class OpportunityReopened(OpportunityEvent):
    stage: str
