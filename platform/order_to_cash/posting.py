"""How orders are posted.

The delivery is the moment of revenue: the customer owes the gross amount, revenue is the net amount, and the tax is owed to
the state.  Where a company delivers at once, that is the confirmation.  Returns, and changes of what was delivered, post
their difference: what becomes less in red.  A cancelled order is reversed in red, dated the day of cancelling.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from core_crm.api import OrderCancelled, OrderConfirmed, OrderDelivered, OrderMoved, OrderReturned, OrderRevised
from kernel.i18n import gettext as _
from vertical import JournalLine, PostingRule, SourceDocument

SIMPLIFIED = frozenset({"LEVY1", "LEVY3", "LEVY5"})
"""Tax codes of the simplified method: no output tax in the sense of the VAT law, hence an account of their own."""


def order_lines(event: OrderConfirmed) -> Sequence[JournalLine]:
    """Dr receivable gross / Cr revenue net / Cr output VAT, simplified VAT apart; nothing before the first delivery."""
    return moved_lines(event) if event.delivered else []


def moved_lines(event: OrderConfirmed | OrderMoved) -> Sequence[JournalLine]:
    """As many as there are amounts; what is less than nothing is red on its own side (红字), so that turnover stays clean."""
    party = {"party": event.party_id}
    simplified = sum((line.tax for line in event.lines if line.tax_code in SIMPLIFIED), Decimal(0))
    sides: tuple[tuple[str, Decimal, int, Mapping[str, UUID]], ...] = (
        ("receivable", event.gross, 1, party),
        ("revenue", event.net, -1, party),
        ("output_vat", event.tax - simplified, -1, {}),
        ("simplified_vat", simplified, -1, {}),
    )
    return [
        JournalLine(account=account, amount=side * amount, dimensions=dimensions, red=amount < 0)
        for account, amount, side, dimensions in sides
    ]


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
