"""Orders in a currency of their own: what is written, shown and printed, and that sums are in the company's currency."""

import re
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from tests.core_crm.test_prices import make_list

from core_crm.analytics.pivot import PivotParameters, pivot
from core_crm.analytics.rfm import RfmParameters, rfm
from core_crm.analytics.sales import ProductParameters, products
from core_crm.api import order_totals
from core_crm.marketing.wording import _orders
from core_crm.orders.overview import search_orders
from core_crm.targets.report import TargetParameters, reached
from core_finance.api import receipts_by_party
from kernel import i18n

SPAN = {"since": date(2026, 1, 1), "until": date(2026, 12, 31)}


@pytest.fixture
async def rates(shop):
    """7.1234 yuan for a dollar and 0.0478 for a yen, from January on."""
    assert (await shop.client.post("/api/v1/finance/ledgers", json={"name": "账套", "start": "2026-01-01"})).status_code == 201
    for currency, rate in (("USD", "7.1234"), ("JPY", "0.0478")):
        body = {"currency": currency, "on": "2026-01-01", "rate": rate, "kind": "spot"}
        assert (await shop.client.post("/api/v1/finance/rates", json=body)).status_code == 200


def line(shop, quantity="1", price="16.05"):
    return {"product_id": shop.mug, "quantity": quantity, "unit_price": price}


async def test_a_draft_is_in_the_company_s_currency_until_another_is_said(shop):
    order = await shop.draft()
    assert (order["currency"], order["rate"]) == ("CNY", "1.00000000")
    body = {"party_id": shop.party, "lines": [line(shop)]}
    changed = await shop.client.put(f"/api/v1/orders/{order['id']}", json=body | {"currency": "usd", "version": order["version"]})
    assert (changed.status_code, changed.json()["currency"], changed.json()["gross"]) == (200, "USD", "16.05")
    kept = await shop.client.put(f"/api/v1/orders/{order['id']}", json=body | {"version": changed.json()["version"]})
    assert kept.json()["currency"] == "USD", "what is left out stays"


@pytest.mark.parametrize("currency", ["XXX", "US", "KWD", "美元", "USDUSDUSD"])
async def test_what_is_no_currency_of_documents_is_refused(shop, currency):
    body = {"party_id": shop.party, "lines": [line(shop)], "currency": currency}
    for address in ("/api/v1/orders", "/api/v1/quotes"):
        answer = await shop.client.post(address, json=body)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "currency")
    page = await shop.client.post("/orders/new", data={"party_id": shop.party, "currency": currency, "description": "x", "unit_price": "1"})
    assert page.status_code == 422


async def test_prices_and_floors_are_those_in_the_order_s_currency(shop, rates):
    await make_list(shop.client, "美元价", (shop.mug, 0, "16"), currency="USD", prices_include_tax=True)
    floor = {"product_id": shop.mug, "unit_price": "15", "currency": "USD"}
    assert (await shop.client.post("/api/v1/price-floors", json=floor)).status_code == 201
    order = await shop.draft({"product_id": shop.mug, "quantity": "2"}, currency="USD")
    assert (order["gross"], order["lines"][0]["price_source"]) == ("32.00", "美元价")
    cheap = await shop.draft(line(shop, price="14.99"), currency="USD")
    assert (await shop.post(cheap, "confirm")).json()["code"] == "approval_needed"
    yuan = await shop.draft(line(shop, price="14.99"))
    assert (await shop.post(yuan, "confirm")).status_code == 200, "the floor is one of dollars"
    missing = {"party_id": shop.party, "currency": "EUR", "lines": [{"product_id": shop.mug, "quantity": "1"}]}
    answer = await shop.client.post("/api/v1/orders", json=missing)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "lines.0.unit_price")


async def test_a_floor_in_the_company_s_money_holds_in_other_money_too(shop, rates):
    floor = {"product_id": shop.mug, "unit_price": "100", "currency": "CNY"}
    assert (await shop.client.post("/api/v1/price-floors", json=floor)).status_code == 201
    low, high = [await shop.draft(line(shop, price=price), currency="USD") for price in ("14.03", "14.04")]  # 100 / 7.1234 = 14.0382...
    assert (await shop.post(low, "confirm")).json()["code"] == "approval_needed"
    assert (await shop.client.post("/api/v1/price-floors", json=floor | {"unit_price": "15", "currency": "USD"})).status_code == 201
    assert (await shop.post(high, "confirm")).json()["code"] == "approval_needed", "one in the document's own money comes first"


async def test_without_a_rate_nobody_knows_whether_it_is_below_the_floor(shop, rates):
    floor = {"product_id": shop.mug, "unit_price": "100", "currency": "CNY"}
    assert (await shop.client.post("/api/v1/price-floors", json=floor)).status_code == 201
    body = {"party_id": shop.party, "lines": [line(shop, price="900")], "currency": "EUR"}
    quote = (await shop.client.post("/api/v1/quotes", json=body)).json()
    assert quote["below_floor"] == [1]
    assert (await shop.client.post(f"/api/v1/quotes/{quote['id']}/send", json={})).json()["code"] == "approval_needed"
    assert (await shop.client.get(f"/quotes/{quote['id']}")).status_code == 200
    order = await shop.draft(line(shop, price="900"), currency="EUR")
    assert (await shop.client.get(f"/orders/{order['id']}")).status_code == 200


async def test_the_limit_of_an_approval_is_in_the_company_s_currency(shop, rates):
    floor = {"product_id": shop.mug, "unit_price": "20", "currency": "USD"}
    await shop.client.post("/api/v1/price-floors", json=floor)
    order = await shop.draft(line(shop, "10"), currency="USD")
    asked = await shop.post(order, "ask-approval", {"reason": "x"})
    assert asked.status_code == 200, asked.text
    waiting = (await shop.client.get("/api/v1/approvals", params={"view": "all"})).json()
    [facts] = [each["facts"] for each in waiting["items"] if each["record_id"] == order["id"]]
    assert Decimal(facts["amount"]) == Decimal("1143.31")


async def test_the_confirmed_order_keeps_its_currency_and_its_rate(shop, rates):
    order = await shop.draft(line(shop, "2"), currency="USD")
    done = (await shop.post(order, "confirm")).json()
    assert (done["currency"], done["rate"], done["gross"]) == ("USD", "7.12340000", "32.10")
    body = {"party_id": shop.party, "lines": [line(shop)], "currency": "CNY", "version": done["version"]}
    assert (await shop.client.put(f"/api/v1/orders/{order['id']}", json=body)).json()["code"] == "order_not_draft"
    change = {"lines": [line(shop) | {"id": done["lines"][0]["id"]}], "reason": "x", "version": done["version"], "currency": "CNY"}
    assert (await shop.post(order, "change", change)).status_code in (400, 422)


async def test_sums_are_in_the_company_s_currency(shop, rates, database, tenant):
    await shop.client.patch(f"/api/v1/products/{shop.mug}", json={"cost_price": "60"})
    for currency, price, quantity in (("USD", "16.05", "2"), ("JPY", "1695", "3"), ("CNY", "113", "1")):
        order = await shop.draft(line(shop, quantity, price), currency=currency, ordered_on="2026-03-02")
        assert (await shop.post(order, "confirm")).status_code == 200
    await shop.draft(line(shop), currency="USD")
    # 32.10 dollars are 28.41 before tax, 5085 yen 4500, 113 yuan 100
    net = round(Decimal("28.41") * Decimal("7.1234") + 4500 * Decimal("0.0478") + 100, 2)
    gross = round(Decimal("32.10") * Decimal("7.1234") + 5085 * Decimal("0.0478") + 113, 2)
    async with database.work(tenant) as work:
        assert await order_totals(work, date(2026, 3, 1), date(2026, 4, 1)) == (3, net, gross)
        assert [row[5] for row in (await products(work, ProductParameters(**SPAN))).rows] == [net]
        assert (await pivot(work, PivotParameters(measure="amount", **SPAN))).totals[-1] == net
        assert net in (await rfm(work, RfmParameters(days=3650))).rows[0]
        assert (await reached(work, TargetParameters(**SPAN))).totals[3] == net
        assert (await reached(work, TargetParameters(measure="margin", **SPAN))).totals[3] == net - 6 * 60
        party = (await _orders(work, [UUID(shop.party)])).popitem()[1]
        assert (party["orders.count"], party["orders.amount"]) == (3, gross)


async def test_reports_say_how_foreign_orders_count(shop, database, tenant):
    async with database.work(tenant) as work:
        with i18n.using("en"):
            tables = [await products(work, ProductParameters()), await pivot(work, PivotParameters()), await rfm(work, RfmParameters())]
    assert all("Orders in foreign money count at the rate of their confirmation." in table.notes for table in tables)


async def test_money_that_came_in_counts_on_the_account_of_its_currency(shop, rates, database, tenant):
    for name, currency in (("人民币", None), ("美元", "USD")):
        body = {"parent": "1122", "name": name, "currency": currency}
        assert (await shop.client.post("/api/v1/finance/accounts", json=body)).status_code == 201
    foreign = {"currency": "USD", "currency_amount": "10", "rate": "7.1"}
    lines = [{"account": "1002", "debit": "71"}, {"account": "112202", "credit": "71", "dimensions": {"party": shop.party}, **foreign}]
    posted = await shop.client.post("/api/v1/vouchers", json={"on": "2026-03-05", "post": True, "lines": lines})
    assert posted.status_code == 201, posted.text
    async with database.work(tenant) as work:
        assert [*(await receipts_by_party(work, SPAN["since"], SPAN["until"])).values()] == [Decimal(71)]


async def test_the_editor_counts_with_the_decimals_of_the_currency(shop):
    data = {
        "party_id": shop.party,
        "prices_include_tax": "1",
        "currency": "JPY",
        "description": "x",
        "quantity": "3",
        "unit_price": "1234.5",
    }
    answer = (await shop.client.post("/orders/preview", data=data)).json()
    assert (answer["gross"], answer["lines"][0]["amount"]) == ("3,704", "3,704")
    made = await shop.client.post("/orders/new", data=data)
    assert made.status_code == 303, made.text
    order = made.headers["location"]
    page = (await shop.client.get(f"{order}/edit")).text
    assert re.search(r'<option value="JPY" selected', page)
    assert 'value="KWD"' not in page
    new = (await shop.client.get("/orders/new")).text
    assert re.search(r'<option value="CNY" selected', new)
    choices = "/orders/choices/products"
    assert (await shop.client.get(choices, params={"q": "M-1", "currency": "JPY"})).json()[0]["hint"] == "M-1"
    assert (await shop.client.get(choices, params={"q": "M-1", "currency": "CNY"})).json()[0]["hint"] == "M-1 · 113"


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [("en", "the rate of", "In CNY"), ("zh", "确认时按账上", "折合 CNY")],
)
async def test_pages_and_paper_show_currency_and_rate(shop, rates, language, before, after):
    client, order = shop.client, await shop.draft(line(shop, "2"), currency="USD")
    client.headers["accept-language"] = language
    page = f"/orders/{order['id']}"
    assert before in (await client.get(page)).text
    await shop.post(order, "confirm")
    shown = (await client.get(page)).text
    assert after in shown
    own = await shop.draft()
    assert after not in (await client.get(f"/orders/{own['id']}")).text, "yuan need no rate"
    assert "7.1234" in shown
    assert "228.66" in shown, "32.10 at 7.1234"
    row = (await client.get("/orders")).text
    assert re.search(r"32\.10\s*<[^>]*>USD", row)
    paper = await client.get(f"{page}/pdf")
    assert (paper.status_code, paper.headers["content-type"]) == (200, "application/pdf")


async def test_the_palette_says_what_a_foreign_order_is_worth(shop, database, tenant):
    await shop.draft(line(shop, "2"), currency="USD")
    await shop.draft()
    async with database.work(tenant) as work:
        assert {hit.hint for hit in await search_orders(work, "联华", 5)} == {
            "联华生鲜超市有限公司",
            "联华生鲜超市有限公司 · 32.10 USD",
        }


async def test_the_change_of_an_order_counts_in_its_currency(shop, rates):
    order = await shop.draft(line(shop, "2", "1695"), currency="JPY")
    await shop.post(order, "confirm")
    page = (await shop.client.get(f"/orders/{order['id']}/change")).text
    assert re.search(r'name="currency"[^>]*value="JPY"', page)
    data = {
        "party_id": shop.party,
        "currency": "JPY",
        "description": "x",
        "quantity": "1",
        "unit_price": "100.5",
        "prices_include_tax": "1",
    }
    assert (await shop.client.post(f"/orders/{order['id']}/change/preview", data=data)).json()["gross"] == "101"
