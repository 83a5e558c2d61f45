"""What happens to leads."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class LeadCreated(Event):
    lead_id: UUID


@dataclass(frozen=True, kw_only=True)
class LeadsImported(Event):
    """Many new leads at once, from a file."""

    lead_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class LeadAssigned(Event):
    """A rule gave a lead to an employee."""

    lead_id: UUID
    owner_id: UUID
    rule: str


@dataclass(frozen=True, kw_only=True)
class LeadConverted(Event):
    lead_id: UUID
    party_id: UUID
    opportunity_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class LeadDisqualified(Event):
    lead_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class LeadReopened(Event):
    lead_id: UUID
