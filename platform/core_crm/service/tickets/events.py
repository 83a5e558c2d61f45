"""What happens to tickets."""

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class TicketEvent(Event):
    """What all of them tell."""

    ticket_id: UUID
    number: str
    party_id: UUID | None
    owner_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class TicketCreated(TicketEvent):
    channel: str
    priority: str


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(TicketEvent):
    """It has somebody in charge now."""

    by_queue: bool


@dataclass(frozen=True, kw_only=True)
class TicketReplied(TicketEvent):
    """We answered the customer; ``first`` for the first time."""

    message_id: UUID
    first: bool


@dataclass(frozen=True, kw_only=True)
class CustomerReplied(TicketEvent):
    message_id: UUID


@dataclass(frozen=True, kw_only=True)
class TicketSolved(TicketEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class TicketReopened(TicketEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class TicketLate(TicketEvent):
    """The first answer (``first``) or the solution (``resolve``) is late; ``lead_id`` leads its queue."""

    which: str
    lead_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class TicketDueSoon(TicketEvent):
    """The first answer or the solution will be late soon."""

    which: str
