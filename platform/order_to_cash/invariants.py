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

    An order in foreign money is compared in it, with what its vouchers put on the customer's account.
    """
    ledger = await find_ledger(work)
    if ledger is None or ledger.id != ledger_id:
        return []  # orders are posted to the company's first ledger
    standing, foreign = standing_by_source(ledger_id, "crm.order"), foreign_by_source(ledger_id, "crm.order")
    whole = func.coalesce(standing.c.total, 0)
    posted = case((Order.currency == ledger.currency, whole), else_=func.coalesce(foreign.c.amount, 0))
    due = _due()
    confirmed = Order.state == OrderState.CONFIRMED
    query = (
        select(
            Order.id, Order.number, Order.state, Order.currency, due.label("gross"), case((confirmed, posted), else_=whole).label("posted")
        )
        .outerjoin(standing, standing.c.source_id == Order.id)
        .outerjoin(foreign, and_(foreign.c.source_id == Order.id, foreign.c.currency == Order.currency))
        .where(or_(and_(confirmed, posted != due), and_(~confirmed, whole != 0)))
        .order_by(Order.number)
        .limit(FINDINGS_MAX)
    )
    return [Finding(message=_words(row, ledger.currency), path=f"/orders/{row.id}") for row in await work.session.execute(query)]


def _due() -> ColumnElement[Decimal]:
    """What the books should hold of an order, in its currency: what was delivered.

    All of it where it was delivered at once and nothing came back.
    """
    lines = select(OrderLine).where(OrderLine.order_id == Order.id).correlate(Order)
    moved = lines.with_only_columns(func.coalesce(func.sum(OrderLine.posted_net + OrderLine.posted_tax), 0)).scalar_subquery()
    returned = lines.with_only_columns(OrderLine.id).where(OrderLine.returned > 0).exists()
    return case((and_(Order.delivery == DeliveryMode.AT_ONCE, ~returned), Order.gross), else_=moved)


def _words(row: Any, base: str) -> str:
    posted_in = row.currency if row.state is OrderState.CONFIRMED else base
    facts = {"number": row.number, "gross": _money(row.gross, row.currency, base), "posted": _money(row.posted, posted_in, base)}
    if not row.posted:
        return _("Order %(number)s of %(gross)s is confirmed, but no voucher stands for it.", **facts)
    if row.state is OrderState.CONFIRMED:
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
