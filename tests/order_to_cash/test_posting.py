"""Confirmed orders in the books, and cancelled ones out of them again."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_crm.api import LineInput, OrderConfirmed, OrderedLine, OrderInput, cancel_order, confirm_order, create_order, line_amounts
from core_finance.api import Standard, close_period, create_ledger, lines_for, read_voucher, trial_balance, vouchers_of_source
from core_finance.chart.changing import change_account
from kernel.i18n import using
from master_data.api import create_party
from order_to_cash.posting import RULES

lines = st.lists(
    st.tuples(
        st.decimals("0.01", 10**5, places=2),
        st.decimals("0", 10**5, places=4),
        st.sampled_from([("VAT13", "0.13"), ("VAT6", "0.06"), ("LEVY3", "0.03"), ("LEVY1", "0.01"), ("EXEMPT", "0")]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def confirmed(items) -> OrderConfirmed:
    made = []
    for quantity, price, (code, rate), includes in items:
        amounts = line_amounts(quantity, price, discount_percent=Decimal(0), tax_rate=Decimal(rate), includes_tax=includes)
        made.append(
            OrderedLine(
                product_id=None,
                description="x",
                is_service=False,
                quantity=quantity,
                tax_code=code,
                tax_rate=Decimal(rate),
                net=amounts.net,
                tax=amounts.tax,
                gross=amounts.gross,
            )
        )
    net, tax = sum((line.net for line in made), Decimal(0)), sum((line.tax for line in made), Decimal(0))
    return OrderConfirmed(
        order_id=uuid4(),
        number="SO-2026-00001",
        party_id=uuid4(),
        party_name="联华",
        on=date(2026, 3, 1),
        currency="CNY",
        net=net,
        tax=tax,
        gross=net + tax,
        lines=tuple(made),
    )


@given(lines)
def test_every_order_is_posted_in_balance(items):
    event = confirmed(items)
    made = lines_for(event, RULES)
    if not event.gross:
        assert made == []
        return
    [(key, entry)] = made
    assert key == "order_to_cash.order_confirmed"
    assert sum(line.amount for line in entry) == 0
    by_account = {line.account: line.amount for line in entry}
    assert by_account["receivable"] == event.gross
    assert -by_account.get("output_vat", 0) - by_account.get("simplified_vat", 0) == event.tax


async def make_order(work, *, price="113", **fields):
    party_id = await create_party(work, name=f"客户{uuid4().hex[:6]}")
    line = LineInput(description="马克杯", quantity=Decimal(2), unit_price=Decimal(price), tax_code="VAT13")
    return await create_order(work, OrderInput(party_id=party_id, lines=[line], **fields))


async def test_a_confirmed_order_has_its_voucher_and_the_voucher_its_order(work):
    order = await make_order(work)
    await confirm_order(work, order.id)
    [ref] = await vouchers_of_source(work, order.id)
    voucher = await read_voucher(work, ref.id)
    assert {line.account: (line.debit, line.credit) for line in voucher.lines} == {
        "1122": (Decimal("226.00"), Decimal(0)),
        "5001": (Decimal(0), Decimal("200.00")),
        "22210107": (Decimal(0), Decimal("26.00")),
    }
    assert voucher.entry_on == order.ordered_on
    assert (voucher.source.number, voucher.source.path) == (order.number, f"/orders/{order.id}")
    receivable = next(line for line in voucher.lines if line.account == "1122")
    assert receivable.dimensions == {"party": order.party_id}


async def test_a_cancelled_order_is_reversed_in_red(work):
    order = await make_order(work)
    await confirm_order(work, order.id)
    await cancel_order(work, order.id, "退单")
    first, second = [await read_voucher(work, ref.id) for ref in await vouchers_of_source(work, order.id)]
    assert second.reverses.id == first.id
    assert [(line.account, line.debit, line.credit) for line in second.lines] == [
        (line.account, -line.debit, -line.credit) for line in first.lines
    ]


async def test_an_order_of_nothing_leads_to_no_voucher(work):
    order = await make_order(work, price="0")
    await confirm_order(work, order.id)
    assert list(await vouchers_of_source(work, order.id)) == []


async def test_an_order_before_the_books_begin_is_not_confirmed(client, database, tenant):
    async with database.work(tenant) as work:
        await create_ledger(work, name="账套", start=date(2026, 2, 1))
        order_id = (await make_order(work, ordered_on=date(2026, 1, 15))).id
    await refused(client, order_id, "period_missing")


async def test_an_order_of_a_closed_period_is_not_confirmed(client, database, tenant):
    async with database.work(tenant) as work:
        ledger = await create_ledger(work, name="账套", start=date(2026, 1, 1))
        order_id = (await make_order(work, ordered_on=date(2026, 1, 15))).id
        await close_period(work, ledger, 202601)
    await refused(client, order_id, "period_closed")


async def refused(client, order_id, code, status=409):
    """Neither the API nor the page confirms the order, and both say why."""
    answer = await client.post(f"/api/v1/orders/{order_id}/confirm")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    page = await client.post(f"/orders/{order_id}/confirm")
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    order = (await client.get(f"/api/v1/orders/{order_id}")).json()
    assert (order["state"], order["number"]) == ("draft", None)


async def test_the_pages_lead_from_order_to_voucher_and_back(client, database, tenant):
    async with database.work(tenant) as work:
        order_id = (await make_order(work)).id
    await client.post(f"/orders/{order_id}/confirm")
    async with database.work(tenant) as work:
        [ref] = await vouchers_of_source(work, order_id)
    page = await client.get(f"/orders/{order_id}")
    assert f"/vouchers/{ref.id}" in page.text
    voucher = await client.get(f"/vouchers/{ref.id}")
    assert voucher.status_code == 200
    assert f"/orders/{order_id}" in voucher.text


async def test_who_may_not_see_vouchers_sees_no_panel(client, client_for, database, tenant):
    async with database.work(tenant) as work:
        order_id = (await make_order(work)).id
    await client.post(f"/orders/{order_id}/confirm")
    seller = await client_for(tenant, permissions={"crm.order.read"})
    page = await seller.get(f"/orders/{order_id}")
    assert page.status_code == 200
    assert "/vouchers/" not in page.text


@pytest.mark.parametrize(("standard", "revenue"), [(Standard.SMALL_BUSINESS, "5001"), (Standard.ENTERPRISE, "6001")])
async def test_the_books_hold_after_orders_and_cancellations(work, standard, revenue):
    ledger = await create_ledger(work, name="账套", standard=standard)
    orders = [await make_order(work, price=price) for price in ("100", "33.33", "0.05")]
    for order in orders:
        await confirm_order(work, order.id)
    await cancel_order(work, orders[1].id)
    month = int(f"{work.today():%Y%m}")
    balance = await trial_balance(work, ledger, first=month, last=month)
    assert balance.totals.holds
    closing = {row.code: row.closing for row in balance}
    assert closing["1122"] == orders[0].gross + orders[2].gross
    assert closing[revenue] == -(orders[0].net + orders[2].net)
    assert closing["222101"] == -(orders[0].tax + orders[2].tax)


async def test_a_voucher_of_an_order_that_stands_is_not_reversed_by_hand(client, other_client, database, tenant):
    async with database.work(tenant) as work:
        order = await make_order(work)
        order_id = order.id
    confirmed = (await client.post(f"/api/v1/orders/{order_id}/confirm")).json()
    async with database.work(tenant) as work:
        [ref] = await vouchers_of_source(work, order_id)
    address = f"/api/v1/vouchers/{ref.id}"
    refused = await client.post(f"{address}/reverse", json={}, headers={"accept-language": "en"})
    assert (refused.status_code, refused.json()["code"]) == (409, "document_stands")
    assert confirmed["number"] in refused.json()["title"]
    assert refused.json()["document"] == {
        "kind": "crm.order", "id": str(order_id), "number": confirmed["number"], "path": f"/orders/{order_id}"}  # fmt: skip
    page = (await client.get(f"/vouchers/{ref.id}")).text
    assert f"/vouchers/{ref.id}/reverse" not in page
    assert page.count(f'href="/orders/{order_id}"') > 1
    assert (await other_client.post(f"{address}/reverse", json={})).status_code in (404, 409)
    assert (await client.post(f"/api/v1/orders/{order_id}/cancel", json={"reason": "退单"})).status_code == 200
    assert (await client.get(address)).json()["reversed_by"] is not None


@pytest.mark.parametrize(("company", "reader", "words"), [("zh_CN", "en", "销售"), ("en", "zh_CN", "Sale to")])
async def test_the_books_speak_the_company_s_language_whoever_confirms(app, work_for, tenant, company, reader, words):
    work = await work_for(replace(tenant, locale=company))
    with using(reader):
        order = await make_order(work)
        await confirm_order(work, order.id)
        await cancel_order(work, order.id)
    first, second = [await read_voucher(work, ref.id) for ref in await vouchers_of_source(work, order.id)]
    assert first.summary.startswith(words)
    assert second.summary.startswith("冲销" if company == "zh_CN" else "Cancel order")


async def test_an_order_is_not_posted_in_yuan_to_an_account_in_dollars(client, database, tenant):
    async with database.work(tenant) as work:
        ledger = await create_ledger(work, name="账套", start=date(2026, 1, 1))
        await change_account(work, ledger, "1122", currency="USD")
        order_id = (await make_order(work)).id
    await refused(client, order_id, "currency_missing", 422)
