"""How orders are posted.

The delivery is the moment of revenue: the customer owes the gross amount, revenue is the net amount, and the tax is owed to
the state.  Where a company delivers at once, that is the confirmation.  Returns, and changes of what was delivered, post
their difference: what becomes less in red.  A cancelled order is reversed in red, dated the day of cancelling.

An order in foreign money leads to a claim in it (原币); revenue and tax are converted with the rate that the event gives and
rounded each by itself, and the claim in base money is their sum.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from core_crm.api import OrderCancelled, OrderConfirmed, OrderDelivered, OrderMoved, OrderReturned, OrderRevised
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES, round_half_up
from vertical import JournalLine, PostingRule, SourceDocument

SIMPLIFIED = frozenset({"LEVY1", "LEVY3", "LEVY5"})
"""Tax codes of the simplified method: no output tax in the sense of the VAT law, hence an account of their own."""


def order_lines(event: OrderConfirmed) -> Sequence[JournalLine]:
    """Dr receivable gross / Cr revenue net / Cr output VAT, simplified VAT apart; nothing before the first delivery."""
    return moved_lines(event) if event.delivered else []


def moved_lines(event: OrderConfirmed | OrderMoved) -> Sequence[JournalLine]:
    """As many as there are amounts; what is less than nothing is red on its own side (红字), so that turnover stays clean.

    Of what was taken at different rates each has a claim of its own.
    """
    party = {"party": event.party_id}
    parts = [_at(event, rate) for rate in dict.fromkeys(line.rate for line in event.lines)]
    foreign = event.currency if event.currency != event.base else ""
    claims = [
        JournalLine(
            account="receivable",
            amount=part.net + part.tax,
            dimensions=party,
            red=part.net + part.tax < 0,
            currency=foreign,
            foreign=part.foreign if foreign else None,
            rate=part.rate if foreign else None,
        )
        for part in parts
    ]
    simplified = sum((part.simplified for part in parts), Decimal(0))
    sides: tuple[tuple[str, Decimal, Mapping[str, UUID]], ...] = (
        ("revenue", sum((part.net for part in parts), Decimal(0)), party),
        ("output_vat", sum((part.tax for part in parts), Decimal(0)) - simplified, {}),
        ("simplified_vat", simplified, {}),
    )
    return claims + [
        JournalLine(account=account, amount=-amount, dimensions=dimensions, red=amount < 0) for account, amount, dimensions in sides
    ]


@dataclass(frozen=True, kw_only=True)
class _Part:
    """What of an event was taken at one rate, in base money; ``simplified`` is the part of ``tax`` by the simplified method."""

    rate: Decimal
    foreign: Decimal
    net: Decimal
    tax: Decimal
    simplified: Decimal


def _at(event: OrderConfirmed | OrderMoved, rate: Decimal) -> _Part:
    lines = [line for line in event.lines if line.rate == rate]

    def base(amounts: Iterable[Decimal]) -> Decimal:
        return round_half_up(sum(amounts, Decimal(0)) * rate, CURRENCIES[event.base])

    return _Part(
        rate=rate,
        foreign=sum((line.gross for line in lines), Decimal(0)),
        net=base(line.net for line in lines),
        tax=base(line.tax for line in lines),
        simplified=base(line.tax for line in lines if line.tax_code in SIMPLIFIED),
    )


def no_lines(_event: OrderCancelled) -> Sequence[JournalLine]:
    """A reversal takes its lines from the voucher it reverses."""
    return []


def source_of(event: OrderConfirmed | OrderMoved | OrderCancelled) -> SourceDocument:
    return SourceDocument(kind="crm.order", id=event.order_id, number=event.number, path=f"/orders/{event.order_id}")


def confirmed_summary(event: OrderConfirmed) -> str:
    return _("Sale to %(customer)s, order %(number)s", customer=event.party_name, number=event.number)


def cancelled_summary(event: OrderCancelled) -> str:
    return _("Cancel order %(number)s of %(customer)s", customer=event.party_name, number=event.number)


def delivered_summary(event: OrderDelivered) -> str:
    return _(
        "Delivery %(delivery)s to %(customer)s, order %(number)s",
        delivery=event.delivery,
        customer=event.party_name,
        number=event.number,
    )


def returned_summary(event: OrderReturned) -> str:
    return _(
        "Return %(delivery)s of %(customer)s, order %(number)s",
        delivery=event.delivery,
        customer=event.party_name,
        number=event.number,
    )


def revised_summary(event: OrderRevised) -> str:
    return _("Change %(no)s of order %(number)s of %(customer)s", no=event.revision, number=event.number, customer=event.party_name)


def day_of(event: OrderConfirmed | OrderMoved | OrderCancelled) -> date:
    return event.on


RULES = (
    PostingRule(
        key="order_to_cash.order_confirmed",
        event=OrderConfirmed,
        lines=order_lines,
        source=source_of,
        summary=confirmed_summary,
        on=day_of,
    ),
    PostingRule(
        key="order_to_cash.order_delivered",
        event=OrderDelivered,
        lines=moved_lines,
        source=source_of,
        summary=delivered_summary,
        on=day_of,
    ),
    PostingRule(
        key="order_to_cash.order_returned",
        event=OrderReturned,
        lines=moved_lines,
        source=source_of,
        summary=returned_summary,
        on=day_of,
    ),
    PostingRule(
        key="order_to_cash.order_revised",
        event=OrderRevised,
        lines=moved_lines,
        source=source_of,
        summary=revised_summary,
        on=day_of,
    ),
    PostingRule(
        key="order_to_cash.order_cancelled",
        event=OrderCancelled,
        lines=no_lines,
        source=source_of,
        summary=cancelled_summary,
        on=day_of,
        reverses=True,
    ),
)
