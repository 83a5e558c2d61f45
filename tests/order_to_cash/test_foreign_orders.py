"""Orders in foreign money: their rate, their vouchers to the cent, and what must hold of them."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from tests.order_to_cash.test_deliveries import act

from core_crm.api import (
    ChangedLine,
    ChangeInput,
    DeliveryInput,
    DeliveryMode,
    LineInput,
    MovedLine,
    OrderedLine,
    OrderInput,
    OrderLine,
    OrderRevised,
    ReturnInput,
    Settings,
    cancel_order,
    change_order,
    confirm_order,
    create_order,
    deliver,
    get_order,
    take_back,
    update_order,
)
from core_finance.api import (
    RateMissing,
    add_account,
    create_ledger,
    ensure_ledger,
    lines_for,
    read_voucher,
    reverse,
    trial_balance,
    vouchers_of_source,
)
from core_finance.chart.changing import change_account
from core_finance.chart.service import get_account
from core_finance.closing.service import do_step, read_steps
from core_finance.currencies.model import RateKind
from core_finance.currencies.service import save_rate
from core_finance.invariants.service import check_ledger, results_of
from core_finance.posting.errors import CurrencyNotKept
from kernel import i18n
from kernel.errors import DomainError
from master_data.api import create_party
from order_to_cash.invariants import orders_without_voucher
from order_to_cash.posting import RULES
from tenancy.settings import write_settings

D = Decimal
START = date(2026, 1, 1)


def cents(amount):
    return amount.quantize(D("0.01"), ROUND_HALF_UP)


@pytest.fixture
async def ledger(work):
    return await create_ledger(work, name="账套", start=START)


@pytest.fixture
async def stepwise(work):
    await write_settings(work.session, "core_crm", Settings(delivery=DeliveryMode.SEPARATE))


async def spot(work, rate, on=START, currency="USD"):
    await save_rate(work, base="CNY", currency=currency, kind=RateKind.SPOT, on=on, rate=D(rate))


async def draft(work, *lines, currency="USD", **fields):
    party_id = await create_party(work, name=f"客户{uuid4().hex[:6]}")
    given_lines = [
        LineInput(description=f"商品{n}", quantity=D(quantity), unit_price=D(price), tax_code=code)
        for n, (quantity, price, code) in enumerate(lines or [("2", "113", "VAT13")])
    ]
    return await create_order(work, OrderInput(party_id=party_id, currency=currency, lines=given_lines, **fields))


async def ordered(work, *lines, **fields):
    return await confirm_order(work, (await draft(work, *lines, **fields)).id)


async def books(work, order):
    return [await read_voucher(work, ref.id) for ref in await vouchers_of_source(work, order.id)]


def sides(voucher, code):
    return [(line.debit - line.credit, line.currency, line.currency_amount, line.rate) for line in voucher.lines if line.account == code]


def base(voucher):
    found = {}
    for line in voucher.lines:
        found[line.account] = found.get(line.account, D(0)) + line.debit - line.credit
    return found


@pytest.mark.parametrize(
    ("currency", "rate", "includes", "lines"),
    [
        ("USD", "7.1234", True, [("1", "0.07", "VAT13")]),
        ("USD", "7.0812", True, [("3", "33.33", "VAT13"), ("1", "0.99", "VAT6"), ("7", "1.005", "VAT13")]),
        ("USD", "6.98765432", False, [("2", "128.5", "VAT13"), ("1", "10", "EXEMPT")]),
        ("EUR", "7.5005", True, [("1", "103", "LEVY3"), ("1", "113.37", "VAT13"), ("1", "9.99", "LEVY1")]),
        ("JPY", "0.0478", True, [("3", "1234.5", "VAT13")]),
        ("HKD", "0.91234567", False, [("999", "99999.99", "VAT13")]),
    ],
)
async def test_the_voucher_holds_to_the_cent_what_plain_arithmetic_says(work, ledger, currency, rate, includes, lines):
    await spot(work, rate, currency=currency)
    order = await ordered(work, *lines, currency=currency, prices_include_tax=includes)
    places = D(1) if currency == "JPY" else D("0.01")
    net = tax = simple = D(0)
    for quantity, price, code in lines:
        fraction = {"VAT13": D("0.13"), "VAT6": D("0.06"), "EXEMPT": D(0), "LEVY3": D("0.03"), "LEVY1": D("0.01")}[code]
        entered = (D(quantity) * D(price)).quantize(places, ROUND_HALF_UP)
        one = (entered / (1 + fraction)).quantize(places, ROUND_HALF_UP) if includes else entered
        levied = entered - one if includes else (entered * fraction).quantize(places, ROUND_HALF_UP)
        net, tax, simple = net + one, tax + levied, simple + (levied if code.startswith("LEVY") else 0)
    assert (order.net, order.tax, order.gross, order.rate) == (net, tax, net + tax, D(rate))
    [voucher] = await books(work, order)
    owed = cents(net * D(rate)) + cents(tax * D(rate))
    assert sides(voucher, "1122") == [(owed, currency, net + tax, D(rate))]
    found = base(voucher)
    assert found["5001"] == -cents(net * D(rate))
    assert found.get("222108", D(0)) == -cents(simple * D(rate))
    assert found.get("22210107", D(0)) == cents(simple * D(rate)) - cents(tax * D(rate))
    assert sum(found.values()) == 0
    assert all(line.currency_amount is None for line in voucher.lines if line.account != "1122")
    assert voucher.lines[0].dimensions == {"party": order.party_id}


moved = st.lists(
    st.tuples(
        st.decimals("-99999", "99999", places=2),
        st.sampled_from([("VAT13", "0.13"), ("LEVY3", "0.03"), ("EXEMPT", "0")]),
        st.sampled_from(["7.1234", "6.98765432", "0.0478"]),
    ),
    min_size=1,
    max_size=8,
)


@given(moved)
def test_whatever_moves_is_posted_in_balance_with_a_claim_for_each_rate(items):
    made = []
    for net, (code, fraction), rate in items:
        tax = cents(net * D(fraction))
        made.append(
            OrderedLine(
                product_id=None, description="x", is_service=False, quantity=D(1), tax_code=code, tax_rate=D(fraction), net=net, tax=tax,
                gross=net + tax, rate=D(rate),
            )
        )  # fmt: skip
    net, tax = sum(line.net for line in made), sum(line.tax for line in made)
    event = OrderRevised(
        order_id=uuid4(), number="SO-1", party_id=uuid4(), party_name="x", on=START, currency="USD", net=net, tax=tax, gross=net + tax,
        lines=tuple(made), revision=1, reason="x",
    )  # fmt: skip
    for _key, entry in lines_for(event, RULES):
        assert sum(line.amount for line in entry) == 0
        claims = [line for line in entry if line.account == "receivable"]
        assert len({line.rate for line in claims}) == len(claims)
        for claim in claims:
            assert claim.foreign == sum(line.gross for line in made if line.rate == claim.rate)
            assert abs(claim.foreign * claim.rate - claim.amount) <= D("0.01")


async def test_the_rate_is_that_of_the_order_s_day_and_stays(work, ledger):
    day = work.today() - timedelta(days=3)
    await spot(work, "7.1", day - timedelta(days=1))
    order = await ordered(work, ordered_on=day)
    await spot(work, "7.3", day + timedelta(days=1))
    assert (await get_order(work, order.id)).rate == D("7.1")
    await cancel_order(work, order.id, "退单")
    first, red = await books(work, order)
    assert sides(first, "1122") == [(D("1604.60"), "USD", D("226.00"), D("7.1"))]
    assert sides(red, "1122") == [(D("-1604.60"), "USD", D("-226.00"), D("7.1"))]
    assert list(await orders_without_voucher(work, ledger.id)) == []


async def test_each_delivery_takes_the_rate_of_its_day_and_a_return_the_one_it_was_posted_at(work, ledger, stepwise):
    today = work.today()
    first, second = today - timedelta(days=2), today - timedelta(days=1)
    await spot(work, "7.1", first)
    order = await ordered(work, ("4", "113", "VAT13"), ("1", "56.5", "VAT13"), ordered_on=first)
    assert await books(work, order) == []
    whole, other = order.lines
    await deliver(work, order.id, DeliveryInput(lines=[MovedLine(line_id=whole.id, quantity=D(1))], on=first))
    await spot(work, "7.2", second)
    await spot(work, "8", today)
    lines = [MovedLine(line_id=whole.id, quantity=D(3)), MovedLine(line_id=other.id, quantity=D(1))]
    await deliver(work, order.id, DeliveryInput(lines=lines, on=second))
    back = [MovedLine(line_id=whole.id, quantity=D(2)), MovedLine(line_id=other.id, quantity=D(1))]
    await take_back(work, order.id, ReturnInput(lines=back))
    claims = [sides(voucher, "1122") for voucher in await books(work, order)]
    assert claims == [
        [(D("802.30"), "USD", D("113.00"), D("7.1"))],
        [(D("2847.60"), "USD", D("395.50"), D("7.2"))],
        # What came back of the first line was posted at 7.1 and three times at 7.2; the second line at 7.2 alone.
        [(D("-1621.55"), "USD", D("-226.00"), D("7.175")), (D("-406.80"), "USD", D("-56.50"), D("7.2"))],
    ]
    assert order.rate == D("7.1"), "reports count the order at the rate of its confirmation"
    assert list(await orders_without_voucher(work, ledger.id)) == []


async def test_a_change_takes_more_at_the_rate_of_the_day_and_less_at_the_one_it_was_posted_at(work, ledger):
    day = work.today() - timedelta(days=1)
    await spot(work, "7.1", day)
    order = await ordered(work, ("1", "113", "VAT13"), ("3", "113", "VAT13"), ordered_on=day)
    await spot(work, "7.3", work.today())
    one, three = order.lines
    fixed = {"unit_price": D(113), "tax_code": "VAT13", "description": "x"}
    lines = [ChangedLine(id=one.id, quantity=D(2), **fixed), ChangedLine(id=three.id, quantity=D(1), **fixed)]
    await change_order(work, order.id, ChangeInput(lines=lines, reason="调整"))
    _first, voucher = await books(work, order)
    assert sides(voucher, "1122") == [(D("824.90"), "USD", D("113.00"), D("7.3")), (D("-1604.60"), "USD", D("-226.00"), D("7.1"))]
    assert base(voucher)["5001"] == D("1420.00") - D("730.00")
    assert list(await orders_without_voucher(work, ledger.id)) == []
    with pytest.raises(DomainError) as refused:
        await update_order(work, order.id, OrderInput(party_id=order.party_id, currency="EUR", lines=[]))
    assert refused.value.code == "order_not_draft"


async def test_an_order_that_the_books_do_not_know_is_found_in_its_currency(work, ledger):
    await spot(work, "7.1")
    kept, gone, wrong, undone = [await ordered(work) for _n in range(4)]
    await cancel_order(work, undone.id)
    assert list(await orders_without_voucher(work, ledger.id)) == []
    [voucher] = await vouchers_of_source(work, gone.id)
    await reverse(work, ledger, voucher.id, by_hand=False)
    wrong.net, wrong.gross = wrong.net + 1, wrong.gross + 1
    rated = await ordered(work)
    rated.rate = D("7.2")
    await work.session.flush()
    with i18n.using("en"):
        found = {finding.path: finding.message for finding in await orders_without_voucher(work, ledger.id)}
    assert found == {
        f"/orders/{gone.id}": f"Order {gone.number} of 226.00 USD is confirmed, but no voucher stands for it.",
        f"/orders/{wrong.id}": f"Order {wrong.number} is confirmed at 227.00 USD, but vouchers of 226.00 USD stand for it.",
        f"/orders/{rated.id}": f"Order {rated.number} is confirmed at 1627.20, but vouchers of 1604.60 stand for it.",
    }
    assert f"/orders/{kept.id}" not in found


async def test_a_share_that_was_tampered_with_is_found(work, ledger, stepwise):
    await spot(work, "7.1")
    order = await ordered(work)
    await deliver(work, order.id, DeliveryInput(lines=[MovedLine(line_id=order.lines[0].id, quantity=D(1))]))
    assert list(await orders_without_voucher(work, ledger.id)) == []
    await work.session.execute(update(OrderLine).where(OrderLine.order_id == order.id).values(posted_net=99))
    assert [each.path for each in await orders_without_voucher(work, ledger.id)] == [f"/orders/{order.id}"]


async def test_the_month_end_values_what_customers_owe_in_dollars(work, ledger):
    await spot(work, "7.1")
    day = date(2026, 1, 20)
    first, second = await ordered(work, ordered_on=day), await ordered(work, ("1", "1000", "EXEMPT"), ordered_on=day)
    await ordered(work, currency="CNY", ordered_on=day)
    await save_rate(work, base="CNY", currency="USD", kind=RateKind.CLOSING, on=date(2026, 1, 31), rate=D("7.2345"))
    await do_step(work, ledger, 202601, "core_finance.exchange")
    balance = await trial_balance(work, ledger, first=202601, last=202601)
    closing = {row.code: row.closing for row in balance}
    owed = cents(D(226) * D("7.2345")) + cents(D(1000) * D("7.2345"))
    assert closing["1122"] == owed + 226
    assert balance.totals.holds
    assert (first.gross, second.gross) == (226, 1000)
    view = next(each for each in await read_steps(work, ledger, 202601) if each.key == "core_finance.exchange")
    assert view.posted
    assert list(await orders_without_voucher(work, ledger.id)) == []


async def test_what_was_posted_satisfies_the_checks_of_the_books(work, ledger, stepwise):
    day = work.today()
    await spot(work, "7.12345678")
    order = await ordered(work, ("7", "33.33", "VAT13"), ("3", "9999.99", "LEVY3"))
    for quantity in (1, 1, 1):
        lines = [MovedLine(line_id=line.id, quantity=D(quantity)) for line in order.lines]
        await deliver(work, order.id, DeliveryInput(lines=lines, on=day))
        await spot(work, f"7.{quantity}2345", day)
    await take_back(work, order.id, ReturnInput(lines=lines))
    run = await check_ledger(work, ledger)
    assert [each.key for each in results_of(run) if each.state != "holds"] == []


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("mode", list(DeliveryMode))
async def test_whatever_happens_the_books_hold_the_dollars_of_what_customers_kept(work, ledger, mode, seed):
    """Random acts while the rate moves: none is refused for its rate, and the dollars are the lines' shares."""
    await write_settings(work.session, "core_crm", Settings(delivery=mode))
    random = Random(seed)
    await spot(work, "7.1")
    orders = []
    for _n in range(3):
        price = f"{random.randint(1, 99999) / 1000:.3f}"
        lines = [(str(random.randint(1, 9)), price, random.choice(["VAT13", "LEVY3", "EXEMPT"])) for _m in range(random.randint(1, 3))]
        orders.append(await ordered(work, *lines, prices_include_tax=random.random() < 0.5))
    refusals = set()
    for _n in range(20):
        await spot(work, f"{random.randint(60000000, 80000000)}e-7", work.today())
        try:
            async with work.session.begin_nested():
                await act(work, random.choice(orders), random)
        except DomainError as error:
            refusals.add(error.code)
    assert refusals <= {"quantity_invalid", "order_invalid", "nothing_to_deliver", "order_empty"}
    kept = D(0)
    for order in orders:
        kept += sum(line.posted_net + line.posted_tax for line in (await get_order(work, order.id, lock=True)).lines)
    run = await check_ledger(work, ledger)
    assert [each.key for each in results_of(run) if each.state != "holds"] == []
    claims = [claim for order in orders for voucher in await books(work, order) for claim in sides(voucher, "1122")]
    assert sum(amount for _base, _currency, amount, _rate in claims) == kept
    assert {currency for _base, currency, _amount, _rate in claims} <= {"USD"}


async def test_without_a_rate_nothing_is_confirmed(client, database, tenant, state_of):
    async with database.work(tenant) as work:
        await create_ledger(work, name="账套", start=START)
        await spot(work, "7.1", work.today() + timedelta(days=1))
        await spot(work, "7.8", currency="EUR")
        await save_rate(work, base="CNY", currency="USD", kind=RateKind.CLOSING, on=START, rate=D(7))
        order_id = (await draft(work)).id
        today = work.today().isoformat()
    before = await state_of(tenant)
    answer = await client.post(f"/api/v1/orders/{order_id}/confirm", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (409, "rate_missing")
    assert answer.json()["path"] == f"/finance/rates?currency=USD&kind=spot&on={today}"
    for language, words in (("en", "There is no rate of the day for USD"), ("zh", "没有 USD 的记账汇率")):
        page = await client.post(f"/orders/{order_id}/confirm", headers={"accept-language": language})
        assert page.status_code == 422
        assert words in page.text
        assert f"/finance/rates?currency=USD&amp;kind=spot&amp;on={today}" in page.text
    assert await state_of(tenant) == before


async def test_an_account_that_keeps_another_currency_is_named_with_the_way_out(client, database, tenant, state_of):
    async with database.work(tenant) as work:
        ledger = await create_ledger(work, name="账套", start=START)
        await spot(work, "7.1")
        await change_account(work, ledger, "1122", currency="EUR")
        order_id = (await draft(work)).id
    before = await state_of(tenant)
    answer = await client.post(f"/api/v1/orders/{order_id}/confirm", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["code"], answer.json()["path"]) == (422, "currency_not_kept", "/finance/accounts")
    assert "1122" in answer.json()["title"]
    assert "EUR" in answer.json()["title"]
    page = await client.post(f"/orders/{order_id}/confirm", headers={"accept-language": "zh"})
    assert "或在同级开设 USD 科目" in page.text
    assert await state_of(tenant) == before
    assert (await client.patch("/api/v1/finance/accounts/1122", json={"currency": None})).status_code == 200
    assert (await client.post(f"/api/v1/orders/{order_id}/confirm")).status_code == 200


async def test_also_an_order_to_deliver_later_is_refused_at_once_where_no_account_takes_it(work, ledger, stepwise):
    await spot(work, "7.1")
    await change_account(work, ledger, "1122", currency="EUR")
    order = await draft(work)
    with pytest.raises(CurrencyNotKept):
        await confirm_order(work, order.id)


async def test_each_currency_goes_to_the_sub_account_that_keeps_it(work, ledger):
    await spot(work, "7.1")
    await spot(work, "7.8", currency="EUR")
    for name, currency in (("美元户", "USD"), ("人民币户", None)):
        await add_account(work, ledger, parent="1122", name=name, currency=currency)
    dollars, yuan, euros = await ordered(work), await ordered(work, currency="CNY"), await draft(work, currency="EUR")
    assert [next(line.account for line in (await books(work, o))[0].lines) for o in (dollars, yuan)] == ["112201", "112202"]
    with pytest.raises(CurrencyNotKept, match=r"1122\.01.*EUR"):
        await confirm_order(work, euros.id)
    await add_account(work, ledger, parent="1122", name="欧元户", currency="EUR")
    await confirm_order(work, euros.id)
    assert sides((await books(work, euros))[0], "112203") == [(D("1762.80"), "EUR", D("226.00"), D("7.8"))]


async def test_rates_and_orders_are_a_company_s_own(client, other_client, database, tenant, other_tenant):
    async with database.work(other_tenant) as work:
        await create_ledger(work, name="账套", start=START)
        await spot(work, "7.1")
    async with database.work(tenant) as work:
        await create_ledger(work, name="账套", start=START)
        with pytest.raises(RateMissing):
            await ordered(work)
    async with database.work(tenant) as work:
        order_id = (await draft(work)).id
    for address in (f"/api/v1/orders/{order_id}", f"/orders/{order_id}"):
        assert (await other_client.get(address)).status_code == 404
    assert (await other_client.post(f"/api/v1/orders/{order_id}/confirm")).status_code == 404


async def test_a_seller_needs_no_right_in_the_books(client_for, database, tenant):
    async with database.work(tenant) as work:
        await create_ledger(work, name="账套", start=START)
        await spot(work, "7.1")
        order_id = (await draft(work)).id
    reader = await client_for(tenant, permissions={"crm.order.read"})
    assert (await reader.post(f"/api/v1/orders/{order_id}/confirm")).status_code == 403
    seller = await client_for(tenant, permissions={"crm.order.read", "crm.order.confirm"})
    page = await seller.get(f"/orders/{order_id}")
    assert "/finance/rates" not in page.text
    done = await seller.post(f"/api/v1/orders/{order_id}/confirm")
    assert (done.status_code, done.json()["rate"]) == (200, "7.10000000")


async def test_books_in_another_currency_than_the_company_s_take_no_foreign_order(work):
    await create_ledger(work, name="USD books", currency="USD", start=START)
    order = await draft(work, currency="EUR")
    with pytest.raises(DomainError) as refused:
        await confirm_order(work, order.id)
    assert refused.value.code == "books_in_other_currency"


async def test_a_company_without_books_gets_them_and_is_told_that_the_rate_is_missing(work):
    with pytest.raises(RateMissing):
        await ordered(work)
    await spot(work, "7.1")
    order = await ordered(work)
    account = await get_account(work, await ensure_ledger(work), "1122")
    assert account.currency is None
    assert len(await books(work, order)) == 1
