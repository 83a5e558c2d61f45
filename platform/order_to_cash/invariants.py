"""What must hold between orders and the books."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from core_crm.api import DeliveryMode, Order, OrderLine, OrderState
from core_finance.api import find_ledger, foreign_by_source, standing_by_source
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import written
from kernel.work import Work
from vertical import Finding, Invariant

FINDINGS_MAX = 100


async def orders_without_voucher(work: Work, ledger_id: UUID) -> Sequence[Finding]:
    """Confirmed orders that no voucher of their amount stands for, and others that one stands for.

    An order in foreign money is compared in it, with what its vouchers put on the customer's account; and where it was
    delivered whole with its confirmation, also in base money at its rate.
    """
    ledger = await find_ledger(work)
    if ledger is None or ledger.id != ledger_id:
        return []  # orders are posted to the company's first ledger
    standing, foreign = standing_by_source(ledger_id, "crm.order"), foreign_by_source(ledger_id, "crm.order")
    whole = func.coalesce(standing.c.total, 0)
    posted = case((Order.currency == ledger.currency, whole), else_=func.coalesce(foreign.c.amount, 0))
    due, worth = _due(), func.round(Order.net * Order.rate, 2) + func.round(Order.tax * Order.rate, 2)
    off_rate = and_(Order.currency != ledger.currency, _is_whole(), Order.revision == 0, whole != worth)
    confirmed = Order.state == OrderState.CONFIRMED
    query = (
        select(
            Order.id,
            Order.number,
            Order.state,
            Order.currency,
            due.label("gross"),
            posted.label("posted"),
            whole.label("whole"),
            worth.label("worth"),
        )
        .outerjoin(standing, standing.c.source_id == Order.id)
        .outerjoin(foreign, and_(foreign.c.source_id == Order.id, foreign.c.currency == Order.currency))
        .where(or_(and_(confirmed, or_(posted != due, off_rate)), and_(~confirmed, whole != 0)))
        .order_by(Order.number)
        .limit(FINDINGS_MAX)
    )
    return [Finding(message=_words(row, ledger.currency), path=f"/orders/{row.id}") for row in await work.session.execute(query)]


def _due() -> ColumnElement[Decimal]:
    """What the books should hold of an order, in its currency: what was delivered.

    All of it where it was delivered at once and nothing came back.
    """
    moved = select(func.coalesce(func.sum(OrderLine.posted_net + OrderLine.posted_tax), 0)).where(OrderLine.order_id == Order.id)
    return case((_is_whole(), Order.gross), else_=moved.correlate(Order).scalar_subquery())


def _is_whole() -> ColumnElement[bool]:
    """Delivered with its confirmation, and nothing came back."""
    returned = select(OrderLine.id).where(OrderLine.order_id == Order.id, OrderLine.returned > 0).correlate(Order).exists()
    return and_(Order.delivery == DeliveryMode.AT_ONCE, ~returned)


def _words(row: Any, base: str) -> str:
    confirmed = row.state is OrderState.CONFIRMED
    in_base = not confirmed or row.posted == row.gross
    due, posted, currency = (row.worth, row.whole, base) if in_base else (row.gross, row.posted, row.currency)
    facts = {"number": row.number, "gross": _money(due, currency, base), "posted": _money(posted, currency, base)}
    if confirmed and not row.posted:
        return _("Order %(number)s of %(gross)s is confirmed, but no voucher stands for it.", **facts)
    if confirmed:
        return _("Order %(number)s is confirmed at %(gross)s, but vouchers of %(posted)s stand for it.", **facts)
    return _("Order %(number)s is not confirmed, but vouchers of %(posted)s stand for it.", **facts)


def _money(amount: Decimal, currency: str, base: str) -> str:
    return f"{amount:.2f}" if currency == base else f"{written(amount, currency)} {currency}"


INVARIANTS = (
    Invariant(
        key="order_to_cash.orders_have_vouchers",
        title=N_("Each confirmed order has its voucher, and no other order has one"),
        find=orders_without_voucher,
        order=100,
    ),
)
