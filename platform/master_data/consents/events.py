"""What happens to consents."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ConsentTakenBack(Event):
    """A party wants no more advertising by ``channel``."""

    party_id: UUID
    channel: str
