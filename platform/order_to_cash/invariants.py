"""What must hold between orders and the books."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from core_crm.api import DeliveryMode, Order, OrderLine, OrderState
from core_finance.api import find_ledger, standing_by_source
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Finding, Invariant

FINDINGS_MAX = 100


async def orders_without_voucher(work: Work, ledger_id: UUID) -> Sequence[Finding]:
    """Confirmed orders that no voucher of their amount stands for, and others that one stands for."""
    ledger = await find_ledger(work)
    if ledger is None or ledger.id != ledger_id:
        return []  # orders are posted to the company's first ledger
    standing = standing_by_source(ledger_id, "crm.order")
    posted = func.coalesce(standing.c.total, 0)
    due = _due()
    query = (
        select(Order.id, Order.number, Order.state, due.label("gross"), posted.label("posted"))
        .outerjoin(standing, standing.c.source_id == Order.id)
        .where(or_(and_(Order.state == OrderState.CONFIRMED, posted != due), and_(Order.state != OrderState.CONFIRMED, posted != 0)))
        .order_by(Order.number)
        .limit(FINDINGS_MAX)
    )
    return [Finding(message=_words(row), path=f"/orders/{row.id}") for row in await work.session.execute(query)]


def _due() -> ColumnElement[Decimal]:
    """What the books should hold of an order: all of it where it was delivered at once and nothing came back, else what was delivered."""
    lines = select(OrderLine).where(OrderLine.order_id == Order.id).correlate(Order)
    moved = lines.with_only_columns(func.coalesce(func.sum(OrderLine.posted_net + OrderLine.posted_tax), 0)).scalar_subquery()
    returned = lines.with_only_columns(OrderLine.id).where(OrderLine.returned > 0).exists()
    return case((and_(Order.delivery == DeliveryMode.AT_ONCE, ~returned), Order.gross), else_=moved)


def _words(row: Any) -> str:
    facts = {name: getattr(row, name) for name in ("number", "gross", "posted")}
    if not facts["posted"]:
        return _("Order %(number)s of %(gross)s is confirmed, but no voucher stands for it.", **facts)
    if row.state is OrderState.CONFIRMED:
        return _("Order %(number)s is confirmed at %(gross)s, but vouchers of %(posted)s stand for it.", **facts)
    return _("Order %(number)s is not confirmed, but vouchers of %(posted)s stand for it.", **facts)


INVARIANTS = (
    Invariant(
        key="order_to_cash.orders_have_vouchers",
        title=N_("Each confirmed order has its voucher, and no other order has one"),
        find=orders_without_voucher,
        order=100,
    ),
)
