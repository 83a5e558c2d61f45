"""The arithmetic of prices: rounded once, at the line; a document is the sum of its lines to the cent.

A price is meant with tax (含税) or before it (不含税).  The amount that was agreed is rounded half-up to the minor unit, a
discount on the whole document is spread over the lines without losing a cent, and only then the tax is taken out of each
line or put on it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.money import CURRENCIES, Money, allocate, round_half_up

_HUNDRED = Decimal(100)
_ZERO = Decimal(0)


class DiscountTooLarge(ValueError):
    """A discount is more than what it is taken off."""


@dataclass(frozen=True)
class Amounts:
    """Before tax, tax, and both together."""

    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line as it was agreed.  ``tax_rate`` is a fraction, 0.13."""

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = _ZERO
    tax_rate: Decimal


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What a line comes to; ``share`` is its part of the document's discount, taken off already."""

    amounts: Amounts
    share: Decimal


@dataclass(frozen=True, kw_only=True)
class Discount:
    """A discount on the whole document: a percentage of the sum of its lines, or an amount; in the way the prices are meant."""

    percent: Decimal | None = None
    amount: Decimal | None = None

    def off(self, whole: Decimal, currency: str) -> Decimal:
        """What is taken off ``whole``.

        Raises:
            DiscountTooLarge: it is more than there is.
        """
        places = CURRENCIES[currency]
        if self.percent is not None:
            return round_half_up(whole * self.percent / _HUNDRED, places)
        amount = round_half_up(self.amount or _ZERO, places)
        if amount > whole:
            raise DiscountTooLarge(f"{amount} is more than {whole}")
        return amount


NO_DISCOUNT = Discount()


def entered_amount(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal, currency: str) -> Decimal:
    """What was agreed for a line after its own discount, in the way its price is meant."""
    return round_half_up(quantity * unit_price * (_HUNDRED - discount_percent) / _HUNDRED, CURRENCIES[currency])


def taxed(amount: Decimal, tax_rate: Decimal, *, includes_tax: bool, currency: str) -> Amounts:
    """``amount`` as net, tax and gross.

    With prices before tax (不含税) the tax is the rounded share of it.  With prices including tax (含税) the net amount is
    backed out of it and rounded, and the tax is the difference, so that the customer pays exactly what was agreed.
    """
    places = CURRENCIES[currency]
    if includes_tax:
        net = round_half_up(amount / (1 + tax_rate), places)
        return Amounts(net, amount - net, amount)
    tax = round_half_up(amount * tax_rate, places)
    return Amounts(amount, tax, amount + tax)


def line_amounts(
    quantity: Decimal,
    unit_price: Decimal,
    *,
    discount_percent: Decimal,
    tax_rate: Decimal,
    includes_tax: bool,
    currency: str = "CNY",
) -> Amounts:
    """Amounts of one line by itself."""
    return taxed(entered_amount(quantity, unit_price, discount_percent, currency), tax_rate, includes_tax=includes_tax, currency=currency)


def spread(amounts: Sequence[Decimal], off: Decimal, currency: str) -> list[Decimal]:
    """``off`` divided over ``amounts`` in their proportion; the parts sum to it exactly and none is more than its amount."""
    if not off:
        return [_ZERO] * len(amounts)
    return [part.amount for part in allocate(Money(off, currency), amounts)]


def document_amounts(entries: Sequence[Entry], *, includes_tax: bool, discount: Discount = NO_DISCOUNT, currency: str) -> list[Priced]:
    """What each line of a document comes to, the discount on the whole taken off.

    Raises:
        DiscountTooLarge: the discount is more than the lines.
    """
    agreed = [entered_amount(e.quantity, e.unit_price, e.discount_percent, currency) for e in entries]
    shares = spread(agreed, discount.off(sum(agreed, _ZERO), currency), currency)
    return [
        Priced(amounts=taxed(amount - share, entry.tax_rate, includes_tax=includes_tax, currency=currency), share=share)
        for entry, amount, share in zip(entries, agreed, shares, strict=True)
    ]


def portion(amounts: Amounts, part: Decimal, whole: Decimal, *, includes_tax: bool, currency: str) -> Amounts:
    """What ``part`` of ``whole`` units comes to; all of it is ``amounts`` to the cent.

    What was agreed, gross or net, is rounded by itself, so that one of two at 100.00 is 100.00.  Parts that follow each
    other are taken as differences of this: they sum to the line whatever their number.
    """
    net, tax, gross = (round_half_up(amount * part / whole, CURRENCIES[currency]) for amount in (amounts.net, amounts.tax, amounts.gross))
    return Amounts(net, gross - net, gross) if includes_tax else Amounts(net, tax, net + tax)


def price_as(price: Decimal, rate: Decimal, *, included: bool, wanted: bool) -> Decimal:
    """A unit price with or without tax, to six decimals."""
    if included == wanted:
        return price
    return round_half_up(price / (1 + rate) if included else price * (1 + rate), 6)


def total(lines: Iterable[Amounts]) -> Amounts:
    """The sum of the lines."""
    net = tax = _ZERO
    for line in lines:
        net += line.net
        tax += line.tax
    return Amounts(net, tax, net + tax)
