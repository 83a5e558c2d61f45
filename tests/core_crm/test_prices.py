"""Which price a customer gets, and which list gave it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core_crm.pricing.finding import ListPrice, best_of

RATE = Decimal("0.13")


def price(name, amount, *, nearness=2, quantity=0, since=date.min, includes=True, list_id=None):
    return ListPrice(
        list_id=list_id or UUID(int=sum(map(ord, name))), list_name=name, nearness=nearness, since=since, includes_tax=includes,
        min_quantity=Decimal(quantity), unit_price=Decimal(amount),
    )  # fmt: skip


def best(prices, quantity=1, *, includes=True):
    offer = best_of(prices, Decimal(quantity), RATE, includes_tax=includes)
    return offer and (offer.source, offer.price)


def test_the_nearest_list_counts_even_where_it_is_dearer():
    prices = [price("all", 90), price("vip", 100, nearness=1), price("own", 105, nearness=0)]
    assert best(prices) == ("own", Decimal(105))
    assert best(prices[:2]) == ("vip", Decimal(100))


def test_of_a_list_the_largest_quantity_reached_counts():
    prices = [price("all", amount, quantity=quantity) for quantity, amount in ((0, 100), (10, 90), (100, 95))]
    assert [best(prices, n)[1] for n in (1, 9, 10, 99, 100, 500)] == [100, 100, 90, 90, 95, 95]
    assert best([price("all", 90, quantity=10)], 9) is None


def test_of_equal_lists_the_lowest_price_counts_in_the_same_terms():
    prices = [price("with", "113.5"), price("before", 100, includes=False)]
    assert best(prices) == ("before", Decimal("113.000000"))
    assert best(prices, includes=False) == ("before", Decimal(100))


def test_equal_prices_are_told_apart_by_day_then_name():
    prices = [price("b", 100), price("a", 100), price("late", 100, since=date(2026, 1, 1))]
    assert {best(order) for order in permutations(prices)} == {("late", Decimal(100))}
    assert {best(order) for order in permutations(prices[:2])} == {("a", Decimal(100))}


lists = st.lists(
    st.builds(
        price,
        st.sampled_from("abcd"),
        st.integers(1, 50),
        nearness=st.integers(0, 2),
        quantity=st.integers(0, 20),
        includes=st.booleans(),
    ),
    max_size=8,
)


@given(lists, st.integers(1, 30), st.randoms(), st.booleans())
def test_the_order_of_the_lists_makes_no_difference(prices, quantity, random, includes):
    # One list is of one nearness, means its prices in one way and has one price for a quantity.
    unique = {(p.list_name, p.min_quantity): p for p in prices}
    first = {}
    prices = [
        replace(p, nearness=first.setdefault(p.list_name, p).nearness, includes_tax=first[p.list_name].includes_tax)
        for p in unique.values()
    ]
    shuffled = random.sample(prices, len(prices))
    assert best(prices, quantity, includes=includes) == best(shuffled, quantity, includes=includes)


async def make_list(client, name, *prices, **fields):
    answer = await client.post("/api/v1/price-lists", json={"name": name, **fields})
    assert answer.status_code == 201, answer.text
    for product, quantity, amount in prices:
        body = {"price_list_id": answer.json()["id"], "product_id": product, "min_quantity": str(quantity), "unit_price": str(amount)}
        made = await client.post("/api/v1/prices", json=body)
        assert made.status_code == 201, made.text
    return answer.json()


async def line_of(shop, quantity="1", **fields):
    order = await shop.draft({"product_id": shop.mug, "quantity": quantity}, **fields)
    [line] = order["lines"]
    return line["price_source"], Decimal(line["unit_price"])


async def test_an_order_says_which_list_gave_its_price(shop):
    assert await line_of(shop) == (None, Decimal(113))
    await make_list(shop.client, "零售价", (shop.mug, 0, 110), (shop.mug, 10, 100))
    assert await line_of(shop) == ("零售价", Decimal(110))
    assert await line_of(shop, "10") == ("零售价", Decimal(100))
    await make_list(shop.client, "VIP 价", (shop.mug, 0, "105"), level="VIP")
    assert await line_of(shop) == ("零售价", Decimal(110))
    await shop.client.patch(f"/api/v1/parties/{shop.party}", json={"tags": ["VIP"]})
    assert await line_of(shop) == ("VIP 价", Decimal(105))
    await make_list(shop.client, "联华协议价", (shop.mug, 0, "90"), party_id=shop.party, prices_include_tax=False)
    assert await line_of(shop) == ("联华协议价", Decimal("101.7"))
    assert await line_of(shop, prices_include_tax=False) == ("联华协议价", Decimal(90))
    order = await shop.draft({"product_id": shop.mug, "quantity": "1"})
    assert "联华协议价" in (await shop.client.get(f"/orders/{order['id']}")).text
    by_hand = await shop.draft({"product_id": shop.mug, "quantity": "1", "unit_price": "99"})
    assert by_hand["lines"][0]["price_source"] is None


async def test_days_currency_and_use_decide_whether_a_list_counts(shop):
    await make_list(shop.client, "过期", (shop.mug, 0, 1), valid_until="2026-01-31")
    await make_list(shop.client, "将来", (shop.mug, 0, 2), valid_from="2026-03-01")
    await make_list(shop.client, "美元", (shop.mug, 0, 3), currency="USD")
    await make_list(shop.client, "停用", (shop.mug, 0, 4), active=False)
    seen = [await line_of(shop, ordered_on=day) for day in ("2026-01-31", "2026-02-01", "2026-02-28", "2026-03-01")]
    assert seen == [("过期", 1), (None, 113), (None, 113), ("将来", 2)]


async def test_the_editor_shows_the_price_that_counts(shop):
    await make_list(shop.client, "批发价", (shop.mug, 5, 80))
    data = {"party_id": shop.party, "prices_include_tax": "1", "product_id": [shop.mug, shop.mug], "quantity": ["5", "1"]}
    answer = await shop.client.post("/orders/preview", data=data)
    assert answer.json()["lines"] == [
        {"row": 0, "amount": "400.00", "price": "80", "source": "批发价"},
        {"row": 1, "amount": "113.00", "price": "113"},
    ]


async def test_a_price_stands_once_in_a_list(shop):
    made = await make_list(shop.client, "零售价", (shop.mug, 10, 110))
    body = {"price_list_id": made["id"], "product_id": shop.mug, "min_quantity": "10", "unit_price": "1"}
    again = await shop.client.post("/api/v1/prices", json=body)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (409, "min_quantity")
    [there] = (await shop.client.get("/api/v1/prices", params={"price_list_id": made["id"]})).json()["items"]
    assert there["name"] == "M-1 骨瓷马克杯 · 零售价"
    assert (await shop.client.patch(f"/api/v1/prices/{there['id']}", json={"unit_price": "108"})).status_code == 200
    await shop.client.patch(f"/api/v1/products/{shop.mug}", json={"name": "陶瓷马克杯"})
    await shop.client.patch(f"/api/v1/price-lists/{made['id']}", json={"name": "门店价"})
    renamed = (await shop.client.get(f"/api/v1/prices/{there['id']}")).json()
    assert renamed["name"] == "M-1 陶瓷马克杯 · 门店价"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"currency": "XXX"}, "currency"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, "valid_until"),
        ({"level": "VIP", "party_id": "own"}, "level"),
    ],
)
async def test_a_list_that_cannot_be_is_refused(shop, fields, field):
    if fields.get("party_id"):
        fields = fields | {"party_id": shop.party}
    answer = await shop.client.post("/api/v1/price-lists", json={"name": "x", **fields})
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_prices_go_out_as_a_file_and_come_in_again(shop):
    await make_list(shop.client, "零售价", (shop.mug, 0, "110.5"), (shop.mug, 10, 100))
    sent = await shop.client.get("/api/v1/prices/export.csv")
    assert sent.status_code == 200, sent.text
    for row in ("110.5", "M-1 骨瓷马克杯 · 零售价"):
        assert row in sent.text
    rows = "price_list_id,product_id,min_quantity,unit_price\n零售价,M-1,20,95\n零售价,M-1,10,1\n零售价,NONE,1,1\n"
    answer = await shop.client.post("/api/v1/prices/import", files={"file": ("p.csv", rows.encode(), "text/csv")})
    problems = answer.json()
    assert "min_quantity" in str(problems)
    assert "product_id" in str(problems)
    good = "price_list_id,product_id,min_quantity,unit_price\n零售价,M-1,20,95\n"
    done = await shop.client.post("/api/v1/prices/import", files={"file": ("p.csv", good.encode(), "text/csv")})
    assert done.json()["created"] == 1, done.text
    assert await line_of(shop, "20") == ("零售价", Decimal(95))


async def test_the_product_and_the_list_show_their_prices(shop):
    made = await make_list(shop.client, "零售价", (shop.mug, 0, "110.5"))
    floor = {"product_id": shop.mug, "unit_price": "95", "currency": "CNY"}
    assert (await shop.client.post("/api/v1/price-floors", json=floor)).status_code == 201
    assert (await shop.client.post("/api/v1/price-floors", json=floor)).status_code == 409
    assert "110.50" in (await shop.client.get(f"/price-lists/{made['id']}")).text
    page = (await shop.client.get(f"/products/{shop.mug}")).text
    assert "110.50" in page
    assert "95.00" in page


async def test_sellers_see_prices_and_do_not_set_them(shop, client_for, tenant):
    await make_list(shop.client, "零售价", (shop.mug, 0, 110))
    seller = await client_for(tenant, role="sales")
    assert (await seller.get("/api/v1/prices")).json()["items"]
    assert (await seller.post("/api/v1/price-lists", json={"name": "x"})).status_code == 403
    assert (await seller.get("/api/v1/price-floors")).status_code == 403
    page = (await seller.get(f"/products/{shop.mug}")).text
    assert "110.00" in page


async def test_another_company_has_its_own_prices(shop, other_client):
    made = await make_list(shop.client, "零售价", (shop.mug, 0, 110))
    assert (await other_client.get("/api/v1/price-lists")).json()["items"] == []
    assert (await other_client.get("/api/v1/prices")).json()["items"] == []
    assert (await other_client.get(f"/api/v1/price-lists/{made['id']}")).status_code == 404
    body = {"price_list_id": made["id"], "product_id": shop.mug, "unit_price": "1"}
    assert (await other_client.post("/api/v1/prices", json=body)).status_code == 409
    assert (await other_client.get(f"/price-lists/{uuid4()}")).status_code == 404
