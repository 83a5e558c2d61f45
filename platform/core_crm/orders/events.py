"""What happens to orders, for posting rules, stock and webhooks."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderedLine:
    """One line as it was agreed, in the order's currency."""

    product_id: UUID | None
    description: str
    is_service: bool
    quantity: Decimal
    tax_code: str
    tax_rate: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(Event):
    """A draft became binding.  Amounts are in ``currency``; net and tax add up to gross, for each line and for the order."""

    order_id: UUID
    number: str
    party_id: UUID
    party_name: str
    on: date
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    lines: tuple[OrderedLine, ...]


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """A confirmed order was taken back on day ``on``; what it caused must be reversed.

    A draft is deleted instead: it caused nothing.
    """

    order_id: UUID
    number: str
    party_id: UUID
    party_name: str
    on: date
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    reason: str
