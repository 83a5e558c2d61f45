"""What happens to contracts."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ContractEvent(Event):
    contract_id: UUID
    number: str
    title: str
    party_id: UUID
    party_name: str
    owner_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class ContractActivated(ContractEvent):
    """It came into force."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ContractPaid(ContractEvent):
    """Money came in on day ``on``."""

    on: date
    amount: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ContractEndNear(ContractEvent):
    """Its last day is near; somebody should renew it, or let it end."""

    ends_on: date


@dataclass(frozen=True, kw_only=True)
class InstalmentOverdue(ContractEvent):
    """A payment of the plan did not come by its day; ``open`` is what is missing of it."""

    name: str
    due_on: date
    open: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True)
class ContractEnded(ContractEvent):
    """It was ended before its last day."""

    reason: str
