"""What order-to-cash shows on pages of others: the vouchers of an order."""

from typing import Any

from core_crm.api import Order, OrderState
from core_finance.api import vouchers_of_source
from kernel.templates import render
from kernel.work import Work
from vertical import Panel


async def draw_vouchers(work: Work, *, order: Order, **_: Any) -> str:
    """The vouchers that the order led to, with links."""
    vouchers = [] if order.state is OrderState.DRAFT else await vouchers_of_source(work, order.id)
    return render("order_to_cash/vouchers.html", order=order, vouchers=vouchers)


PANELS = (Panel(slot="crm.order.side", render=draw_vouchers, permission="finance.voucher.read", order=10),)
