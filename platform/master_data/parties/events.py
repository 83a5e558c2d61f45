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


@dataclass(frozen=True, kw_only=True)
class PartiesChanged(Event):
    """Many parties changed at once, by a file."""

    party_ids: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class PartiesMerged(Event):
    """The merged party is the survivor from now on; its id goes on being good."""

    survivor_id: UUID
    merged_id: UUID
