"""Deliveries, returns and changes of orders in the books."""

import re
from datetime import date
from decimal import Decimal
from random import Random
from uuid import uuid4

import pytest

from core_crm.api import (
    ChangedLine,
    ChangeInput,
    DeliveryInput,
    DeliveryMode,
    LineInput,
    MovedLine,
    OrderInput,
    ReturnInput,
    Settings,
    cancel_order,
    change_order,
    close_order,
    confirm_order,
    create_order,
    deliver,
    get_order,
    take_back,
)
from core_finance.api import close_period, create_ledger, ensure_ledger, read_voucher, trial_balance, vouchers_of_source
from kernel.errors import DomainError
from master_data.api import create_party
from order_to_cash.invariants import orders_without_voucher
from tenancy.settings import write_settings


@pytest.fixture
async def stepwise(work):
    await write_settings(work.session, "core_crm", Settings(delivery=DeliveryMode.SEPARATE))
    return work


async def make_order(work, *lines, **fields):
    party_id = await create_party(work, name=f"客户{uuid4().hex[:6]}")
    given = [
        LineInput(description=f"商品{n}", quantity=Decimal(quantity), unit_price=Decimal(price), tax_code=code)
        for n, (quantity, price, code) in enumerate(lines or [("2", "113", "VAT13")])
    ]
    order = await create_order(work, OrderInput(party_id=party_id, lines=given, **fields))
    return await confirm_order(work, order.id)


def some(order, *quantities):
    return [MovedLine(line_id=line.id, quantity=Decimal(q)) for line, q in zip(order.lines, quantities, strict=True) if q]


async def books(work, order):
    return [await read_voucher(work, ref.id) for ref in await vouchers_of_source(work, order.id)]


def plain(voucher):
    return {line.account: (line.debit, line.credit) for line in voucher.lines}


async def test_revenue_comes_with_each_delivery(stepwise):
    order = await make_order(stepwise)
    assert await books(stepwise, order) == []
    await deliver(stepwise, order.id, DeliveryInput(lines=some(order, 1)))
    [voucher] = await books(stepwise, order)
    assert plain(voucher) == {
        "1122": (Decimal("113.00"), Decimal(0)),
        "5001": (Decimal(0), Decimal("100.00")),
        "22210107": (Decimal(0), Decimal("13.00")),
    }
    assert voucher.source.number == order.number
    assert voucher.lines[0].dimensions == {"party": order.party_id}


async def test_a_return_is_posted_in_red_on_the_same_sides(stepwise):
    order = await make_order(stepwise)
    await deliver(stepwise, order.id, DeliveryInput())
    await take_back(stepwise, order.id, ReturnInput(lines=some(order, 1), reason="破损"))
    _delivery, voucher = await books(stepwise, order)
    assert plain(voucher) == {
        "1122": (Decimal("-113.00"), Decimal(0)),
        "5001": (Decimal(0), Decimal("-100.00")),
        "22210107": (Decimal(0), Decimal("-13.00")),
    }


async def test_a_change_posts_the_difference_for_what_was_delivered(stepwise):
    order = await make_order(stepwise)
    await deliver(stepwise, order.id, DeliveryInput(lines=some(order, 1)))
    line = ChangedLine(id=order.lines[0].id, description="商品0", quantity=Decimal(2), unit_price=Decimal("90.4"), tax_code="VAT13")
    await change_order(stepwise, order.id, ChangeInput(lines=[line], reason="降价"))
    _delivery, voucher = await books(stepwise, order)
    assert plain(voucher)["1122"] == (Decimal("-22.60"), Decimal(0))
    assert plain(voucher)["5001"] == (Decimal(0), Decimal("-20.00"))
    await deliver(stepwise, order.id, DeliveryInput())
    assert plain((await books(stepwise, order))[-1])["1122"] == (Decimal("90.40"), Decimal(0))


async def test_a_change_of_what_is_not_delivered_leaves_the_books_alone(stepwise):
    order = await make_order(stepwise)
    line = ChangedLine(id=order.lines[0].id, description="商品0", quantity=Decimal(9), unit_price=Decimal("10"))
    await change_order(stepwise, order.id, ChangeInput(lines=[line], reason="改价"))
    await close_order(stepwise, order.id, "停产")
    assert await books(stepwise, order) == []


async def test_simplified_tax_is_kept_apart_in_deliveries_too(stepwise):
    order = await make_order(stepwise, ("1", "103", "LEVY3"))
    await deliver(stepwise, order.id, DeliveryInput())
    [voucher] = await books(stepwise, order)
    assert plain(voucher)["222108"] == (Decimal(0), Decimal("3.00"))


async def test_an_order_delivered_at_once_is_changed_returned_and_cancelled(work):
    order = await make_order(work)
    line = ChangedLine(id=order.lines[0].id, description="商品0", quantity=Decimal(3), unit_price=Decimal(113), tax_code="VAT13")
    await change_order(work, order.id, ChangeInput(lines=[line], reason="加单"))
    await take_back(work, order.id, ReturnInput(lines=some(order, 1)))
    gross = [plain(voucher)["1122"][0] for voucher in await books(work, order)]
    assert gross == [Decimal("226.00"), Decimal("113.00"), Decimal("-113.00")]
    ledger = await ensure_ledger(work)
    assert list(await orders_without_voucher(work, ledger.id)) == []
    await cancel_order(work, order.id, "退单")
    assert sum(plain(voucher)["1122"][0] for voucher in await books(work, order)) == 0
    assert list(await orders_without_voucher(work, ledger.id)) == []


async def test_a_delivery_into_a_closed_month_is_refused_whole(stepwise):
    work = stepwise
    ledger = await create_ledger(work, name="账套", start=date(2026, 1, 1))
    order_id = (await make_order(work, ordered_on=date(2026, 1, 15))).id
    await close_period(work, ledger, 202601)
    with pytest.raises(DomainError) as refused:
        async with work.session.begin_nested():
            await deliver(work, order_id, DeliveryInput(on=date(2026, 1, 20)))
    assert refused.value.code == "period_closed"
    read = await get_order(work, order_id, lock=True)
    assert read.lines[0].delivered == 0


async def test_an_order_that_the_books_do_not_know_is_found(stepwise):
    work = stepwise
    order = await make_order(work)
    await deliver(work, order.id, DeliveryInput(lines=some(order, 1)))
    ledger = await ensure_ledger(work)
    assert list(await orders_without_voucher(work, ledger.id)) == []
    order.lines[0].posted_net += 1
    await work.session.flush()
    [finding] = await orders_without_voucher(work, ledger.id)
    assert finding.path == f"/orders/{order.id}"


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mode", list(DeliveryMode))
async def test_whatever_happens_the_books_hold_what_the_customers_kept(work, mode, seed):
    """Random deliveries, returns, exchanges and changes: the trial balance holds, and receivables are the lines' shares."""
    await write_settings(work.session, "core_crm", Settings(delivery=mode))
    random = Random(seed)
    ledger = await create_ledger(work, name="账套")
    orders = [
        await make_order(
            work,
            *(
                (str(random.randint(1, 9)), f"{random.randint(1, 99999) / 1000:.3f}", random.choice(["VAT13", "VAT6", "LEVY3", "EXEMPT"]))
                for _ in range(random.randint(1, 3))
            ),
            discount_percent=random.choice([None, Decimal("7.5")]),
            prices_include_tax=random.random() < 0.5,
        )
        for _ in range(3)
    ]
    for _ in range(20):
        order = random.choice(orders)
        try:
            async with work.session.begin_nested():
                await act(work, order, random)
        except DomainError:
            continue
    due = Decimal(0)
    for order in orders:
        read = await get_order(work, order.id, lock=True)
        for line in read.lines:
            assert 0 <= line.exchanged <= line.returned <= line.delivered <= line.quantity + line.exchanged
            if line.kept == line.quantity:
                assert (line.posted_net, line.posted_tax) == (line.net, line.tax)
            due += line.posted_net + line.posted_tax
    month = int(f"{work.today():%Y%m}")
    balance = await trial_balance(work, ledger, first=month, last=month)
    assert balance.totals.holds
    assert {row.code: row.closing for row in balance}.get("1122", 0) == due
    assert list(await orders_without_voucher(work, ledger.id)) == []


async def act(work, order, random):
    order = await get_order(work, order.id, lock=True)
    line = random.choice(order.lines)
    quantity = Decimal(random.randint(1, 5)) / random.choice([1, 2, 3, 8])
    moved = [MovedLine(line_id=line.id, quantity=quantity.quantize(Decimal("0.001")))]
    choice = random.random()
    if choice < 0.4:
        await deliver(work, order.id, DeliveryInput(lines=moved if random.random() < 0.7 else []))
    elif choice < 0.65:
        await take_back(work, order.id, ReturnInput(lines=moved, exchange=random.random() < 0.4))
    else:
        fields = ("description", "quantity", "unit_price", "discount_percent", "tax_code")
        lines = [ChangedLine(id=each.id, **{name: getattr(each, name) for name in fields}) for each in order.lines]
        lines[0].quantity += random.choice([-1, 1, 2])
        lines[-1].unit_price *= random.choice([Decimal("0.9"), Decimal(1), Decimal("1.25")])
        if random.random() < 0.3:
            lines.append(ChangedLine(description="加购", quantity=Decimal(1), unit_price=Decimal("9.99")))
        await change_order(work, order.id, ChangeInput(lines=lines, reason="随机变更", discount_amount=random.choice([None, Decimal(1)])))


async def test_the_page_of_an_order_without_deliveries_does_not_call_it_worthless(client, database, tenant):
    await client.put("/api/v1/apps/core_crm/settings", json={"delivery": "separate"})
    async with database.work(tenant) as work:
        order = await make_order(work)
        order_id, line_id = order.id, order.lines[0].id
    page = (await client.get(f"/orders/{order_id}", headers={"accept-language": "en"})).text
    assert "Vouchers come with the deliveries." in page
    await client.post(f"/orders/{order_id}/deliver", data={f"quantity.{line_id}": "1"})
    await client.post(f"/orders/{order_id}/deliver", data={f"quantity.{line_id}": "1"})
    page = (await client.get(f"/orders/{order_id}", headers={"accept-language": "en"})).text
    assert len(re.findall(r'href="/vouchers/[0-9a-f]{8}-', page)) == 2
    assert "reversal in red" not in page
