"""What happens to parties."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PartyCreated(Event):
    party_id: UUID


@dataclass(frozen=True, kw_only=True)
class PartiesImported(Event):
    """Many new parties at once, from a file."""

    party_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PartyUpdated(Event):
    party_id: UUID
