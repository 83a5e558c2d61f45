"""How orders are posted.

Confirming an order is taken as the moment of revenue: the customer owes the gross amount, revenue is the net amount,
and the tax is owed to the state.  A cancelled order is reversed in red, dated the day of cancelling.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from core_crm.api import OrderCancelled, OrderConfirmed
from kernel.i18n import gettext as _
from vertical import JournalLine, PostingRule, SourceDocument

SIMPLIFIED = frozenset({"LEVY1", "LEVY3", "LEVY5"})
"""Tax codes of the simplified method: no output tax in the sense of the VAT law, hence an account of their own."""


def order_lines(event: OrderConfirmed) -> Sequence[JournalLine]:
    """Dr receivable gross / Cr revenue net / Cr output VAT, simplified VAT apart."""
    party = {"party": event.party_id}
    simplified = sum((line.tax for line in event.lines if line.tax_code in SIMPLIFIED), Decimal(0))
    return [
        JournalLine(account="receivable", amount=event.gross, dimensions=party),
        JournalLine(account="revenue", amount=-event.net, dimensions=party),
        JournalLine(account="output_vat", amount=-(event.tax - simplified)),
        JournalLine(account="simplified_vat", amount=-simplified),
    ]


def no_lines(_event: OrderCancelled) -> Sequence[JournalLine]:
    """A reversal takes its lines from the voucher it reverses."""
    return []


def source_of(event: OrderConfirmed | OrderCancelled) -> SourceDocument:
    return SourceDocument(kind="crm.order", id=event.order_id, number=event.number, path=f"/orders/{event.order_id}")


def confirmed_summary(event: OrderConfirmed) -> str:
    return _("Sale to %(customer)s, order %(number)s", customer=event.party_name, number=event.number)


def cancelled_summary(event: OrderCancelled) -> str:
    return _("Cancel order %(number)s of %(customer)s", customer=event.party_name, number=event.number)


def day_of(event: OrderConfirmed | OrderCancelled) -> date:
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
        key="order_to_cash.order_cancelled",
        event=OrderCancelled,
        lines=no_lines,
        source=source_of,
        summary=cancelled_summary,
        on=day_of,
        reverses=True,
    ),
)
