"""What happens on timelines."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ActivityNoted(Event):
    """Somebody noted something on a record.  ``mentioned`` are the persons whom an open entry names."""

    activity_id: UUID
    record_kind: str
    record_id: UUID
    mentioned: tuple[UUID, ...] = ()
