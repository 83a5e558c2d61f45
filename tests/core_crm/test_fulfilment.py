"""Deliveries, returns, changes and the close of confirmed orders, over the API and the pages."""

import asyncio
import re
from decimal import Decimal

import pytest

from core_crm.api import OrderDelivered, OrderReturned, OrderRevised


@pytest.fixture
async def stepwise(shop):
    """The company delivers step by step."""
    answer = await shop.client.put("/api/v1/apps/core_crm/settings", json={"delivery": "separate"})
    assert answer.status_code == 200, answer.text
    return shop


async def confirmed(shop, *lines, **fields):
    order = await shop.draft(*lines, **fields)
    answer = await shop.post(order, "confirm")
    assert answer.status_code == 200, answer.text
    return answer.json()


def lines_of(order, *quantities):
    return [{"line_id": line["id"], "quantity": str(q)} for line, q in zip(order["lines"], quantities, strict=True) if q]


async def deliver(shop, order, *quantities, **fields):
    return await shop.post(order, "deliveries", {"lines": lines_of(order, *quantities), **fields})


async def take_back(shop, order, *quantities, **fields):
    return await shop.post(order, "returns", {"lines": lines_of(order, *quantities), **fields})


async def test_an_order_is_delivered_with_its_confirmation_where_the_company_has_it_so(shop):
    order = await confirmed(shop)
    assert (order["delivery"], order["progress"]) == ("at_once", "delivered")
    assert [line["open"] for line in order["lines"]] == ["0.000000"]
    assert (await shop.post(order, "deliveries", {})).json()["code"] == "nothing_to_deliver"


async def test_an_order_is_delivered_in_parts_that_sum_to_it(stepwise):
    shop = stepwise
    order = await confirmed(
        shop, {"product_id": shop.mug, "quantity": "3", "unit_price": "33.33"}, {"product_id": shop.service, "quantity": "1"}
    )
    assert order["progress"] == "open"
    first = await deliver(shop, order, 1, 0, reference="SF123")
    assert first.status_code == 201, first.text
    assert (first.json()["gross"], first.json()["reference"]) == ("33.33", "SF123")
    assert first.json()["number"].startswith("DN-")
    assert (await shop.read(order))["progress"] == "partial"
    rest = (await shop.post(order, "deliveries", {})).json()
    assert [line["quantity"] for line in rest["lines"]] == ["2.000000", "1.000000"]
    assert Decimal(first.json()["gross"]) + Decimal(rest["gross"]) == Decimal(order["gross"])
    assert Decimal(first.json()["tax"]) + Decimal(rest["tax"]) == Decimal(order["tax"])
    assert (await shop.read(order))["progress"] == "delivered"
    assert len((await shop.client.get(f"/api/v1/orders/{order['id']}/movements")).json()) == 2


@pytest.mark.parametrize("quantity", ["3", "0", "-1", "NaN", "0.0000001"])
async def test_more_than_is_open_is_not_delivered(stepwise, quantity):
    order = await confirmed(stepwise)
    body = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": quantity}]}
    answer = await stepwise.post(order, "deliveries", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "quantity_invalid")
    assert answer.json()["errors"][0]["field"] == "lines.0.quantity"


async def test_a_line_stands_once_and_belongs_to_the_order(stepwise):
    order, other = await confirmed(stepwise), await confirmed(stepwise)
    line = lines_of(order, 1)[0]
    assert (await stepwise.post(order, "deliveries", {"lines": [line, line]})).json()["code"] == "quantity_invalid"
    wrong = await stepwise.post(other, "deliveries", {"lines": [line]})
    assert wrong.json()["errors"][0]["field"] == "lines.0.line_id"


async def test_many_deliveries_at_once_never_go_beyond_what_was_ordered(stepwise):
    order = await confirmed(stepwise)
    answers = await asyncio.gather(*(deliver(stepwise, order, 1) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 422, 422, 422, 422]
    assert (await stepwise.read(order))["lines"][0]["delivered"] == "2.000000"


async def test_what_was_delivered_comes_back_and_no_more(stepwise):
    order = await confirmed(stepwise)
    assert (await take_back(stepwise, order, 1)).status_code == 422
    await deliver(stepwise, order, 2)
    back = await take_back(stepwise, order, 1, reason="破损")
    assert (back.status_code, back.json()["gross"], back.json()["kind"]) == (201, "113.00", "return")
    assert (await take_back(stepwise, order, 2)).status_code == 422
    assert (await deliver(stepwise, order, 1)).status_code == 422  # it was taken back for good
    await take_back(stepwise, order, 1)
    assert (await stepwise.read(order))["progress"] == "returned"


async def test_what_is_exchanged_is_delivered_again(stepwise):
    order = await confirmed(stepwise)
    await deliver(stepwise, order, 2)
    await take_back(stepwise, order, 1, exchange=True)
    read = await stepwise.read(order)
    assert (read["progress"], read["lines"][0]["open"], read["lines"][0]["exchanged"]) == ("partial", "1.000000", "1.000000")
    assert (await deliver(stepwise, order, 1)).status_code == 201
    read = await stepwise.read(order)
    assert (read["progress"], read["lines"][0]["delivered"]) == ("delivered", "3.000000")


async def test_an_order_delivered_at_once_takes_returns_and_exchanges(shop):
    order = await confirmed(shop)
    assert (await take_back(shop, order, 1)).json()["gross"] == "113.00"
    await take_back(shop, order, 1, exchange=True)
    assert (await deliver(shop, order, 1)).status_code == 201
    assert (await shop.read(order))["progress"] == "delivered"


async def test_days_in_the_future_or_before_the_order_are_refused(stepwise):
    order = await confirmed(stepwise)
    for day in ("2099-01-01", "2001-01-01"):
        answer = await deliver(stepwise, order, 1, on=day)
        assert answer.json()["errors"][0]["field"] == "on", day


async def test_the_rest_is_closed_and_opened_again(stepwise):
    order = await confirmed(stepwise)
    await deliver(stepwise, order, 1)
    closed = (await stepwise.post(order, "close", {"reason": "停产"})).json()
    assert (closed["progress"], closed["close_reason"]) == ("closed", "停产")
    assert (await deliver(stepwise, order, 1)).json()["code"] == "order_closed"
    assert (await stepwise.post(order, "close", {})).json()["code"] == "order_closed"
    assert (await take_back(stepwise, order, 1)).status_code == 201  # what was delivered can come back all the same
    assert (await stepwise.post(order, "reopen")).json()["progress"] == "partial"
    await deliver(stepwise, order, 1)
    assert (await stepwise.post(order, "close", {})).json()["code"] == "nothing_to_deliver"


async def test_a_delivered_order_is_not_cancelled(stepwise):
    order = await confirmed(stepwise)
    await deliver(stepwise, order, 1)
    assert (await stepwise.post(order, "cancel", {})).json()["code"] == "order_delivered"
    other = await confirmed(stepwise)
    assert (await stepwise.post(other, "cancel", {})).json()["state"] == "cancelled"
    assert (await deliver(stepwise, other, 1)).json()["code"] == "order_not_confirmed"


async def test_drafts_are_neither_delivered_nor_changed(stepwise):
    order = await stepwise.draft()
    for command, body in (("deliveries", {}), ("close", {}), ("returns", {"lines": lines_of(order, 1)})):
        assert (await stepwise.post(order, command, body)).json()["code"] == "order_not_confirmed", command
    assert (await change(stepwise, order, [{"id": order["lines"][0]["id"], "quantity": "1"}])).json()["code"] == "order_not_confirmed"


async def change(shop, order, lines, **fields):
    fields = {"version": (await shop.read(order))["version"], **fields}
    return await shop.post(order, "change", {"lines": lines, "reason": "客户加单", **fields})


async def test_a_confirmed_order_changes_with_a_reason_and_keeps_what_was(stepwise):
    shop = stepwise
    order = await confirmed(shop)
    mug = {"id": order["lines"][0]["id"], "product_id": shop.mug, "quantity": "5"}
    changed = await change(shop, order, [mug, {"product_id": shop.service, "quantity": "1"}], version=order["version"])
    assert changed.status_code == 200, changed.text
    read = changed.json()
    assert (read["gross"], read["revision"], read["number"], read["state"]) == ("665.00", 1, order["number"], "confirmed")
    assert read["lines"][0]["id"] == order["lines"][0]["id"]
    assert (await change(shop, order, [mug], version=order["version"])).json()["code"] == "version_conflict"
    [kept] = (await shop.client.get(f"/api/v1/orders/{order['id']}/changes")).json()
    assert (kept["no"], kept["reason"], kept["before"]["gross"], kept["after"]["gross"]) == (1, "客户加单", "226.00", "665.00")
    assert (await change(shop, order, [mug], reason=" ")).status_code == 422
    assert (await change(shop, order, [])).json()["code"] == "order_empty"


async def test_what_was_delivered_stays_through_a_change(stepwise):
    shop = stepwise
    order = await confirmed(shop, {"product_id": shop.mug, "quantity": "4"}, {"product_id": shop.service, "quantity": "1"})
    await deliver(shop, order, 3, 0)
    mug, service = ({"id": line["id"], "product_id": line["product_id"]} for line in order["lines"])
    for lines, field in (
        ([mug | {"quantity": "2"}, service | {"quantity": "1"}], "lines.0.quantity"),
        ([service | {"quantity": "1"}], "lines"),
        ([mug | {"quantity": "4", "product_id": shop.service}, service | {"quantity": "1"}], "lines.0.product_id"),
        ([mug | {"quantity": "4"}, mug | {"quantity": "4"}], "lines.1.id"),
    ):
        refused = await change(shop, order, lines)
        assert (refused.status_code, refused.json()["code"]) == (422, "order_invalid"), refused.text
        assert field in [error["field"] for error in refused.json()["errors"]]
    done = (await change(shop, order, [mug | {"quantity": "3", "unit_price": "100"}])).json()
    assert (done["gross"], done["progress"], len(done["lines"])) == ("300.00", "delivered", 1)


async def test_a_change_of_an_order_delivered_at_once_is_delivered_too(shop):
    order = await confirmed(shop)
    await take_back(shop, order, 1)
    line = {"id": order["lines"][0]["id"], "product_id": shop.mug}
    assert (await change(shop, order, [line | {"quantity": "0.5"}])).status_code == 422
    read = (await change(shop, order, [line | {"quantity": "3"}, {"description": "礼盒", "quantity": "1", "unit_price": "10"}])).json()
    assert [entry["delivered"] for entry in read["lines"]] == ["3.000000", "1.000000"]
    assert read["progress"] == "delivered"


async def test_events_say_what_moved(stepwise, monkeypatch, database):
    order = await confirmed(stepwise)
    published = []

    async def note(_bus, _work, event):
        published.append(event)

    monkeypatch.setattr(type(database.bus), "publish", note)
    await deliver(stepwise, order, 2)
    await take_back(stepwise, order, 1)
    await change(stepwise, order, [{"id": order["lines"][0]["id"], "product_id": stepwise.mug, "quantity": "2", "unit_price": "100"}])
    delivered, returned, revised = published
    assert (type(delivered), type(returned), type(revised)) == (OrderDelivered, OrderReturned, OrderRevised)
    assert (str(delivered.gross), str(returned.gross), str(revised.gross)) == ("226.00", "-113.00", "-13.00")
    assert str(returned.lines[0].quantity) == "-1"


async def test_each_command_needs_its_permission(stepwise, client_for, tenant):
    order = await confirmed(stepwise)
    path = f"/api/v1/orders/{order['id']}"
    reader = await client_for(tenant, permissions={"crm.order.read", "master.party.read"})
    assert (await reader.get(f"{path}/movements")).status_code == 200
    for command, body in (
        ("deliveries", {}),
        ("returns", {"lines": lines_of(order, 1)}),
        ("close", {}),
        ("reopen", None),
        ("change", {"lines": [], "reason": "x", "version": 1}),
    ):
        assert (await reader.post(f"{path}/{command}", json=body)).status_code == 403, command


async def test_another_company_reaches_nothing(stepwise, other_client):
    order = await confirmed(stepwise)
    path = f"/api/v1/orders/{order['id']}"
    for method, command, body in (
        ("GET", "movements", None),
        ("GET", "changes", None),
        ("POST", "deliveries", {}),
        ("POST", "returns", {"lines": lines_of(order, 1)}),
        ("POST", "close", {}),
        ("POST", "reopen", None),
        ("POST", "change", {"lines": [], "reason": "x", "version": 1}),
    ):
        assert (await other_client.request(method, f"{path}/{command}", json=body)).status_code == 404, command
    assert (await other_client.get(f"/orders/{order['id']}/change")).status_code == 404
    assert (await other_client.get("/api/v1/apps/core_crm/settings")).json()["delivery"] == "at_once"


async def test_the_list_shows_what_is_to_be_delivered(stepwise):
    order, done = await confirmed(stepwise), await confirmed(stepwise)
    await stepwise.post(done, "deliveries", {})
    answer = (await stepwise.client.get("/api/v1/orders", params={"to_deliver": True})).json()["items"]
    assert [(row["id"], row["progress"]) for row in answer] == [(order["id"], "open")]
    listed = (await stepwise.client.get("/orders?state=to_deliver")).text
    assert f"/orders/{order['id']}" in listed
    assert f"/orders/{done['id']}" not in listed


async def test_goods_go_out_and_come_back_on_the_page(stepwise):
    shop = stepwise
    order = await confirmed(shop)
    path, line = f"/orders/{order['id']}", order["lines"][0]["id"]
    page = (await shop.client.get(path)).text
    assert f'name="quantity.{line}" value="2"' in page
    assert (await shop.client.post(f"{path}/deliver", data={f"quantity.{line}": "1", "reference": "SF9"})).status_code == 303
    page = (await shop.client.get(path)).text
    assert "SF9" in page
    refused = await shop.client.post(f"{path}/deliver", data={f"quantity.{line}": "5"})
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    for wrong in ({f"quantity.{line}": "x"}, {}, {f"quantity.{line}": "1", "on": "y"}):
        assert (await shop.client.post(f"{path}/deliver", data=wrong)).status_code == 422
    assert (await shop.client.post(f"{path}/return", data={f"quantity.{line}": "1", "exchange": "1"})).status_code == 303
    assert "RN-" in (await shop.client.get(path)).text
    assert (await shop.client.post(f"{path}/close", data={"reason": "停产"})).status_code == 303
    assert "停产" in (await shop.client.get(path)).text
    assert (await shop.client.get(f"{path}/change")).status_code == 303
    assert (await shop.client.post(f"{path}/reopen")).status_code == 303
    assert f'action="{path}/close"' in (await shop.client.get(path)).text


FIELDS = ("product_id", "description", "quantity", "unit", "unit_price", "discount_percent", "tax_code", "line_id")


async def test_an_order_is_changed_on_the_page(stepwise):
    shop = stepwise
    order = await confirmed(shop)
    path = f"/orders/{order['id']}/change"
    page = (await shop.client.get(path)).text
    line = re.search(r'name="line_id" value="([^"]+)"', page)[1]
    assert line == order["lines"][0]["id"]
    version = re.search(r'name="version" value="(\d+)"', page)[1]
    rows = ({"product_id": shop.mug, "quantity": "4", "unit_price": "113", "line_id": line}, {"product_id": shop.service, "quantity": "1"})
    data = {name: [row.get(name, "") for row in rows] for name in FIELDS}
    data |= {"version": version, "prices_include_tax": "1", "party_id": shop.party, "ordered_on": order["ordered_on"]}
    sums = (await shop.client.post(f"{path}/preview", data=data)).json()
    assert sums["gross"] == "552.00"
    refused = await shop.client.post(path, data=data)
    assert refused.status_code == 422
    assert 'value="4"' in refused.text
    assert (await shop.client.post(path, data=data | {"reason": "加单"})).status_code == 303
    page = (await shop.client.get(f"/orders/{order['id']}")).text
    assert "加单" in page
    assert "552.00" in page


async def test_the_settings_are_on_a_page_of_their_own(shop):
    page = await shop.client.get("/apps/core_crm/settings")
    assert page.status_code == 200
    assert 'name="delivery"' in page.text
    saved = await shop.client.post("/apps/core_crm/settings", data={"delivery": "separate", "quote_days": "15"})
    assert saved.status_code in (200, 303)
    assert (await shop.client.get("/api/v1/apps/core_crm/settings")).json() == {"delivery": "separate", "quote_days": 15}
    assert "/apps/core_crm/settings" in (await shop.client.get("/")).text
