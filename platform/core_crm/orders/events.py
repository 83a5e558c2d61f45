"""What happens to orders, for posting rules, stock and webhooks."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderedLine:
    """One line as it was agreed, in the order's currency; ``rate`` is what one unit of that was taken at in the books'."""

    product_id: UUID | None
    description: str
    is_service: bool
    quantity: Decimal
    tax_code: str
    tax_rate: Decimal
    net: Decimal
    tax: Decimal
    gross: Decimal
    rate: Decimal = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(Event):
    """A draft became binding.  Amounts are in ``currency``; net and tax add up to gross, for each line and for the order.

    ``base`` is the company's currency, ``rate`` how much of it one unit of ``currency`` is taken at.
    ``delivered``: all of it goes to the customer with this; otherwise deliveries follow.
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
    lines: tuple[OrderedLine, ...]
    delivered: bool = True
    base: str = "CNY"
    rate: Decimal = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class OrderMoved(Event):
    """What the customer owes for an order becomes more or less on day ``on``; ``lines`` say for what.

    Amounts are in ``currency``.  They are negative where the customer owes less.  The lines' rates are those of the day for
    what is more, and those it was posted at for what is less; ``base`` is the company's currency.
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
    lines: tuple[OrderedLine, ...]
    base: str = "CNY"


@dataclass(frozen=True, kw_only=True)
class OrderDelivered(OrderMoved):
    """Goods or services went to the customer; quantities and amounts are those of this delivery."""

    delivery: str


@dataclass(frozen=True, kw_only=True)
class OrderReturned(OrderMoved):
    """Goods came back; quantities and amounts are negative.  With ``exchange`` they are delivered again."""

    delivery: str
    reason: str
    exchange: bool


@dataclass(frozen=True, kw_only=True)
class OrderRevised(OrderMoved):
    """A confirmed order changed; amounts are the difference for what was delivered already, often nothing.

    Quantities of ``lines`` are the difference of what was delivered: of orders that are delivered with their confirmation.
    """

    revision: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class OrderClosed(Event):
    """What is not delivered yet will not be."""

    order_id: UUID
    number: str
    party_id: UUID
    reason: str


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
