"""Orders without their voucher are named."""

from sqlalchemy import update
from tests.order_to_cash.test_posting import make_order

from core_crm.api import Order, OrderState, cancel_order, confirm_order
from core_finance.api import create_ledger, ensure_ledger, reverse, vouchers_of_source
from kernel import i18n
from order_to_cash.invariants import orders_without_voucher


async def found(work, ledger):
    with i18n.using("en"):
        return [(finding.message, finding.path) for finding in await orders_without_voucher(work, ledger.id)]


async def test_confirmed_and_cancelled_orders_are_in_the_books(work):
    ledger = await ensure_ledger(work)
    kept, cancelled = await make_order(work), await make_order(work)
    for order in (kept, cancelled):
        await confirm_order(work, order.id)
    await cancel_order(work, cancelled.id)
    await make_order(work)
    await confirm_order(work, (await make_order(work, price="0")).id)
    assert await found(work, ledger) == []


async def test_an_order_whose_voucher_was_cancelled_by_hand_is_named(work):
    ledger = await ensure_ledger(work)
    order = await make_order(work)
    await confirm_order(work, order.id)
    [voucher] = await vouchers_of_source(work, order.id)
    await reverse(work, ledger, voucher.id, by_hand=False)
    words = f"Order {order.number} of 226.00 is confirmed, but no voucher stands for it."
    assert await found(work, ledger) == [(words, f"/orders/{order.id}")]


async def test_an_order_of_another_amount_or_state_is_named(work):
    ledger = await ensure_ledger(work)
    dearer, undone = await make_order(work), await make_order(work)
    for order in (dearer, undone):
        await confirm_order(work, order.id)
    await work.session.execute(update(Order).where(Order.id == dearer.id).values(net=201, gross=227))
    await work.session.execute(update(Order).where(Order.id == undone.id).values(state=OrderState.CANCELLED))
    assert [message for message, _path in await found(work, ledger)] == [
        f"Order {dearer.number} is confirmed at 227.00, but vouchers of 226.00 stand for it.",
        f"Order {undone.number} is not confirmed, but vouchers of 226.00 stand for it.",
    ]


async def test_orders_are_looked_for_in_the_first_ledger_only(work):
    await confirm_order(work, (await make_order(work)).id)
    assert await found(work, await create_ledger(work, name="Second")) == []
