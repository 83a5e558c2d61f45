"""What comes back from recipients."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ReplyReceived(Event):
    """Somebody answered a message; ``text`` is the beginning of what they wrote."""

    message_id: UUID
    party_id: UUID | None
    channel: str
    text: str


@dataclass(frozen=True, kw_only=True)
class OptedOut(Event):
    """A recipient wants no more advertising: by the link or the address in a message, or by answering R to a text message."""

    message_id: UUID | None
    party_id: UUID | None
    channel: str
    address: str
    note: str
    ip: str = ""
    agent: str = ""
