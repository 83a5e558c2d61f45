"""Orders from draft to cancellation, over the API."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from tests.anew import put_anew

from core_crm.api import OrderCancelled, OrderConfirmed
from kernel import clock


async def test_a_line_takes_what_it_leaves_out_from_its_product(shop):
    order = await shop.draft({"product_id": shop.mug, "quantity": "2"}, {"product_id": shop.service, "quantity": "1", "unit_price": "212"})
    first, second = order["lines"]
    assert (first["description"], first["unit"], first["unit_price"], first["tax_code"]) == ("骨瓷马克杯", "只", "113.000000", "VAT13")
    assert (first["net"], first["tax"], first["gross"]) == ("200.00", "26.00", "226.00")
    assert (second["net"], second["tax"], second["gross"]) == ("200.00", "12.00", "212.00")
    assert (order["net"], order["tax"], order["gross"]) == ("400.00", "38.00", "438.00")
    assert (order["state"], order["number"]) == ("draft", None)


async def test_prices_before_tax_take_the_tax_out_of_the_list_price(shop):
    order = await shop.draft(prices_include_tax=False)
    assert (order["lines"][0]["unit_price"], order["gross"]) == ("100.000000", "226.00")


async def test_a_discount_on_the_whole_is_spread_over_the_lines(shop):
    lines = ({"product_id": shop.mug, "quantity": "2"}, {"product_id": shop.service, "quantity": "1", "unit_price": "106"})
    order = await shop.draft(*lines, discount_percent="10")
    assert (order["discount_percent"], order["discount_amount"]) == ("10.0000", "33.20")
    assert [line["discount_share"] for line in order["lines"]] == ["22.60", "10.60"]
    assert [line["gross"] for line in order["lines"]] == ["203.40", "95.40"]
    assert [line["net"] for line in order["lines"]] == ["180.00", "90.00"]
    assert (order["net"], order["tax"], order["gross"]) == ("270.00", "28.80", "298.80")
    order = await shop.draft(*lines, prices_include_tax=False, discount_amount="0.01")
    assert (order["discount_percent"], order["discount_amount"], order["net"]) == (None, "0.01", "305.99")
    assert sum(Decimal(line["gross"]) for line in order["lines"]) == Decimal(order["gross"])


@pytest.mark.parametrize(
    ("discount", "field"),
    [
        ({"discount_percent": "100.5"}, "discount_percent"),
        ({"discount_percent": "-1"}, "discount_percent"),
        ({"discount_amount": "-1"}, "discount_amount"),
        ({"discount_amount": "226.01"}, "discount_amount"),
        ({"discount_percent": "5", "discount_amount": "5"}, "discount_amount"),
        ({"discount_percent": "NaN"}, "discount_percent"),
    ],
)
async def test_a_discount_that_cannot_be_is_refused(shop, discount, field):
    body = {"party_id": shop.party, "lines": [{"product_id": shop.mug, "quantity": "2"}], **discount}
    answer = await shop.client.post("/api/v1/orders", json=body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_confirming_numbers_the_order(shop):
    with clock.frozen(datetime(2026, 3, 1, 4, tzinfo=UTC)):
        first, second = await shop.draft(), await shop.draft()
        assert (await shop.post(second, "confirm")).json()["number"] == "SO-2026-00001"
        assert (await shop.post(first, "confirm")).json()["number"] == "SO-2026-00002"


async def test_an_order_is_confirmed_once(shop):
    order = await shop.draft()
    done = (await shop.post(order, "confirm")).json()
    again = await shop.post(order, "confirm")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/order_not_draft")
    assert await shop.read(order) == done


async def test_many_confirmations_at_once_do_it_once(shop, work_for, tenant):
    order = await shop.draft()
    answers = await asyncio.gather(*(shop.post(order, "confirm") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 7]
    other = await shop.draft()
    assert (await shop.post(other, "confirm")).json()["number"].endswith("-00002")


async def test_an_order_without_lines_is_refused(shop):
    answer = await shop.client.post("/api/v1/orders", json={"party_id": shop.party, "lines": []})
    refused = await shop.post(answer.json(), "confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_empty")


async def test_a_confirmed_order_does_not_change(shop):
    order = await shop.draft()
    await shop.post(order, "confirm")
    path = f"/api/v1/orders/{order['id']}"
    changed = await put_anew(shop.client, path, {"party_id": shop.party, "lines": []})
    assert (changed.status_code, changed.json()["code"]) == (409, "order_not_draft")
    assert (await shop.client.delete(path)).status_code == 409
    assert (await shop.read(order))["state"] == "confirmed"


async def test_a_draft_is_written_anew_unless_it_changed_meanwhile(shop):
    order = await shop.draft()
    path = f"/api/v1/orders/{order['id']}"
    body = {"party_id": shop.party, "lines": [{"product_id": shop.service, "quantity": "1"}], "version": order["version"]}
    changed = await shop.client.put(path, json=body)
    assert changed.status_code == 200, changed.text
    assert [line["position"] for line in changed.json()["lines"]] == [1]
    assert changed.json()["version"] == order["version"] + 1
    stale = await shop.client.put(path, json=body)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")


async def test_a_confirmed_order_is_cancelled_once_and_keeps_its_number(shop):
    order = await shop.draft()
    assert (await shop.post(order, "cancel", {})).json()["code"] == "order_not_confirmed"
    number = (await shop.post(order, "confirm")).json()["number"]
    cancelled = (await shop.post(order, "cancel", {"reason": "客户取消"})).json()
    assert (cancelled["state"], cancelled["number"], cancelled["cancel_reason"]) == ("cancelled", number, "客户取消")
    assert (await shop.post(order, "cancel", {})).status_code == 409
    assert (await shop.post(order, "confirm")).status_code == 409


async def test_a_draft_is_deleted_with_its_lines(shop):
    order = await shop.draft()
    assert (await shop.client.delete(f"/api/v1/orders/{order['id']}")).status_code == 204
    assert (await shop.client.get(f"/api/v1/orders/{order['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"quantity": "0", "description": "x", "unit_price": "1"}, "lines.0.quantity"),
        ({"quantity": "-1", "description": "x", "unit_price": "1"}, "lines.0.quantity"),
        ({"quantity": "1", "unit_price": "1"}, "lines.0.description"),
        ({"quantity": "1", "description": "x"}, "lines.0.unit_price"),
        ({"quantity": "1", "description": "x", "unit_price": "-1"}, "lines.0.unit_price"),
        ({"quantity": "1", "description": "x", "unit_price": "1e12"}, "lines.0.unit_price"),
        ({"quantity": "1", "description": "x", "unit_price": "1", "discount_percent": "101"}, "lines.0.discount_percent"),
        ({"quantity": "1", "description": "x", "unit_price": "1", "tax_code": "NONE"}, "lines.0.tax_code"),
        ({"quantity": "1", "product_id": str(uuid4())}, "lines.0.product_id"),
    ],
)
async def test_a_wrong_line_is_refused_by_line_and_field(shop, line, field):
    answer = await shop.client.post("/api/v1/orders", json={"party_id": shop.party, "lines": [line]})
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_unknown_customers_and_fields_are_refused(shop):
    assert (await shop.client.post("/api/v1/orders", json={"party_id": str(uuid4()), "lines": []})).status_code == 404
    for field in ("state", "number", "gross", "made_by", "confirmed_at"):
        body = {"party_id": shop.party, "lines": [], field: "1"}
        assert (await shop.client.post("/api/v1/orders", json=body)).status_code in (400, 422), field


async def test_each_command_needs_its_permission(shop, client_for, tenant):
    order = await shop.draft()
    path = f"/api/v1/orders/{order['id']}"
    reader = await client_for(tenant, permissions={"crm.order.read"})
    assert (await reader.get(path)).status_code == 200
    for method, address, body in (
        ("POST", "/api/v1/orders", {"party_id": shop.party, "lines": []}),
        ("PUT", path, {"party_id": shop.party, "lines": [], "version": 1}),
        ("DELETE", path, None),
        ("POST", f"{path}/confirm", None),
        ("POST", f"{path}/cancel", {}),
    ):
        assert (await reader.request(method, address, json=body)).status_code == 403, address
    assert (await shop.read(order))["state"] == "draft"


async def test_another_tenant_sees_and_changes_nothing(shop, other_client):
    order = await shop.draft()
    path = f"/api/v1/orders/{order['id']}"
    for method, address, body in (
        ("GET", path, None),
        ("PUT", path, {"party_id": shop.party, "lines": [], "version": 1}),
        ("DELETE", path, None),
        ("POST", f"{path}/confirm", None),
        ("POST", f"{path}/cancel", {}),
        ("GET", f"{path}/pdf", None),
        ("GET", f"/orders/{order['id']}", None),
    ):
        assert (await other_client.request(method, address, json=body)).status_code == 404, address
    assert (await other_client.get("/api/v1/orders")).json() == {"items": [], "next": None}
    # A customer or product of another tenant is no customer and no product.
    stolen = await other_client.post("/api/v1/orders", json={"party_id": shop.party, "lines": []})
    assert stolen.status_code == 404
    assert await shop.read(order) == order


async def test_the_list_is_paged_filtered_and_searched(shop):
    made = [await shop.draft(ordered_on=f"2026-0{month}-01") for month in (1, 2, 3)]
    await shop.post(made[1], "confirm")
    seen, after = [], None
    while True:
        params = {"limit": 1} | ({"after": after} if after else {})
        page = (await shop.client.get("/api/v1/orders", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        if (after := page["next"]) is None:
            break
    assert seen == [order["id"] for order in reversed(made)]
    for params, expected in (
        ({"state": "confirmed"}, [made[1]["id"]]),
        ({"since": "2026-02-01", "until": "2026-03-01"}, [made[1]["id"]]),
        ({"search": "联华"}, seen),
        ({"search": "%"}, []),
        ({"party_id": shop.party}, seen),
    ):
        assert [item["id"] for item in (await shop.client.get("/api/v1/orders", params=params)).json()["items"]] == expected, params
    assert (await shop.client.get("/api/v1/orders", params={"after": "x"})).status_code == 422


async def test_nothing_is_kept_when_a_subscriber_fails(shop, monkeypatch, database):
    order = await shop.draft()

    async def fail(_bus, _work, event):
        if isinstance(event, OrderConfirmed):
            raise RuntimeError("posting failed")

    with monkeypatch.context() as patched:
        patched.setattr(type(database.bus), "publish", fail)
        assert (await shop.post(order, "confirm")).status_code == 500
    assert (await shop.read(order))["state"] == "draft"
    assert (await shop.post(order, "confirm")).json()["number"].endswith("-00001")


async def test_events_carry_party_lines_and_amounts(shop, monkeypatch, database):
    order = await shop.draft()
    published = []

    async def note(_bus, _work, event):
        published.append(event)

    monkeypatch.setattr(type(database.bus), "publish", note)
    await shop.post(order, "confirm")
    await shop.post(order, "cancel", {"reason": "x"})
    confirmed, cancelled = published
    assert isinstance(confirmed, OrderConfirmed)
    assert isinstance(cancelled, OrderCancelled)
    assert str(confirmed.party_id) == shop.party
    assert (str(confirmed.net), str(confirmed.tax), str(confirmed.gross)) == ("200.00", "26.00", "226.00")
    assert [str(line.gross) for line in confirmed.lines] == ["226.00"]
    assert cancelled.number == confirmed.number
