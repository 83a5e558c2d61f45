"""What happens in the public pool.  ``kind`` is lead or party."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PoolClaimed(Event):
    kind: str
    record_id: UUID
    owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class PoolReleased(Event):
    """Its owner let it go."""

    kind: str
    record_id: UUID
    former_owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class PoolDropped(Event):
    """A rule took it from its owner."""

    kind: str
    record_id: UUID
    former_owner_id: UUID
    rule: str


@dataclass(frozen=True, kw_only=True)
class PoolDropNear(Event):
    """It falls into the pool on ``drops_on`` unless its owner does something."""

    kind: str
    record_id: UUID
    owner_id: UUID
    drops_on: date
    rule: str
