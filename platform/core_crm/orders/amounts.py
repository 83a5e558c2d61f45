"""What an order line costs: rounded once, at the line; the order is the sum of its lines to the cent."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from kernel.money import CURRENCIES, round_half_up

_HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Amounts:
    """Before tax, tax, and both together."""

    net: Decimal
    tax: Decimal
    gross: Decimal


def line_amounts(
    quantity: Decimal,
    unit_price: Decimal,
    *,
    discount_percent: Decimal,
    tax_rate: Decimal,
    includes_tax: bool,
    currency: str = "CNY",
) -> Amounts:
    """Amounts of one line.  ``tax_rate`` is a fraction, 0.13.

    With prices before tax (不含税) the net amount is rounded and the tax is the rounded share of it.  With prices
    including tax (含税) the gross amount is rounded, the net amount is backed out of it, and the tax is the difference, so
    that the customer pays exactly the price that was agreed.
    """
    places = CURRENCIES[currency]
    amount = round_half_up(quantity * unit_price * (_HUNDRED - discount_percent) / _HUNDRED, places)
    if includes_tax:
        net = round_half_up(amount / (1 + tax_rate), places)
        return Amounts(net, amount - net, amount)
    tax = round_half_up(amount * tax_rate, places)
    return Amounts(amount, tax, amount + tax)


def total(lines: Iterable[Amounts]) -> Amounts:
    """The sum of the lines."""
    net = tax = Decimal(0)
    for line in lines:
        net += line.net
        tax += line.tax
    return Amounts(net, tax, net + tax)
