"""What happens to quotes."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class QuoteEvent(Event):
    """Something happened to version ``no`` of a quote; ``gross`` is in ``currency``."""

    quote_id: UUID
    number: str
    no: int
    party_id: UUID
    party_name: str
    owner_id: UUID | None
    currency: str
    gross: Decimal


@dataclass(frozen=True, kw_only=True)
class QuoteApprovalAsked(QuoteEvent):
    """Prices are below the floor; somebody who may has to agree before it is sent."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class QuoteApprovalDecided(QuoteEvent):
    approved: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class QuoteSent(QuoteEvent):
    """The customer got it."""


@dataclass(frozen=True, kw_only=True)
class QuoteAccepted(QuoteEvent):
    """The customer agreed; ``order_id`` is the draft order with its lines, where one was written."""

    accepted_by: str
    order_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class QuoteDeclined(QuoteEvent):
    reason: str
