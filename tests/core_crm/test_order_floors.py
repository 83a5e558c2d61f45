"""Orders below the floor price: nobody sells so cheap alone, and nobody touches what somebody decides about."""

import pytest
from tests.anew import put_anew

from kernel.errors import DomainError
from vertical import locks

FLOORS, FLOWS, APPROVALS = "/api/v1/price-floors", "/api/v1/approval-flows", "/api/v1/approvals"


@pytest.fixture
async def floor(shop):
    body = {"product_id": shop.mug, "unit_price": "100", "price_includes_tax": True}
    assert (await shop.client.post(FLOORS, json=body)).status_code == 201


@pytest.fixture
async def manager(client_for, tenant):
    return await client_for(tenant, role="sales_manager")


async def cheap(shop, price="99"):
    return await shop.draft({"product_id": shop.mug, "quantity": "2", "unit_price": price})


async def decide(client, act, body):
    [waiting] = (await client.get(APPROVALS, params={"tab": "waiting"})).json()["items"]
    return await client.post(f"{APPROVALS}/{waiting['id']}/{act}", json=body)


@pytest.mark.usefixtures("floor")
async def test_below_the_floor_an_order_is_confirmed_by_who_agrees_to_it(shop, manager):
    order = await cheap(shop)
    refused = await shop.post(order, "confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "approval_needed")
    assert "骨瓷马克杯" in refused.json()["title"]
    asked = await shop.post(order, "ask-approval", {"reason": "老客户"})
    assert (asked.status_code, asked.json()["state"]) == (200, "draft")
    done = await decide(manager, "approve", {})
    assert done.status_code == 200, done.text
    confirmed = await shop.read(order)
    assert (confirmed["state"], confirmed["gross"]) == ("confirmed", "198.00")
    assert confirmed["number"]


@pytest.mark.usefixtures("floor")
async def test_while_somebody_decides_the_draft_stays_as_it_is(shop, manager):
    order = await cheap(shop)
    await shop.post(order, "ask-approval", {})
    body = {"party_id": shop.party, "lines": [{"product_id": shop.mug, "quantity": "1", "unit_price": "50"}]}
    path = f"/api/v1/orders/{order['id']}"
    for answer in (
        await put_anew(shop.client, path, body),
        await shop.client.delete(path),
        await shop.post(order, "confirm"),
        await shop.post(order, "ask-approval", {}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "record_under_approval")
    await decide(manager, "reject", {"reason": "太低"})
    assert (await shop.read(order))["state"] == "draft"
    body["lines"][0]["unit_price"] = "100"
    assert (await put_anew(shop.client, path, body)).status_code == 200
    assert (await shop.post(order, "confirm")).json()["state"] == "confirmed"


@pytest.mark.usefixtures("floor")
async def test_at_the_floor_nobody_is_asked(shop):
    order = await cheap(shop, "100")
    assert (await shop.post(order, "ask-approval", {})).json()["code"] == "nothing_to_approve"
    assert (await shop.post(order, "confirm")).json()["state"] == "confirmed"


@pytest.mark.usefixtures("floor")
async def test_where_the_company_wants_nobody_to_decide_asking_confirms(shop):
    large = [{"field": "amount", "operator": "gte", "value": "10000"}]
    flow = {"kind": "core_crm.order_below_floor", "name": "大额", "steps": [{"by": "role:owner"}], "conditions": large}
    assert (await shop.client.post(FLOWS, json=flow)).status_code == 201
    order = await cheap(shop)
    assert (await shop.post(order, "ask-approval", {})).json()["state"] == "confirmed"


@pytest.mark.usefixtures("floor")
async def test_prices_of_an_accepted_quote_were_agreed_to(shop, manager):
    body = {"party_id": shop.party, "lines": [{"product_id": shop.mug, "quantity": "2", "unit_price": "99"}]}
    quote = (await shop.client.post("/api/v1/quotes", json=body)).json()
    path = f"/api/v1/quotes/{quote['id']}"
    await shop.client.post(f"{path}/ask-approval", json={"reason": ""})
    await decide(manager, "approve", {})
    assert (await shop.client.post(f"{path}/send", json={})).status_code == 200
    accepted = (await shop.client.post(f"{path}/accept", json={"name": "王经理"})).json()
    order = (await shop.client.get(f"/api/v1/orders/{accepted['order_id']}")).json()
    body["lines"][0]["unit_price"] = "98"
    cheaper = await put_anew(shop.client, f"/api/v1/orders/{order['id']}", body)
    assert cheaper.status_code == 200, cheaper.text
    assert (await shop.post(order, "confirm")).json()["code"] == "approval_needed"
    body["lines"][0]["unit_price"] = "99"
    await put_anew(shop.client, f"/api/v1/orders/{order['id']}", body)
    assert (await shop.post(order, "confirm")).json()["state"] == "confirmed"


@pytest.mark.usefixtures("floor")
async def test_prices_that_were_agreed_to_in_other_money_were_not_agreed_to_in_ours(shop):
    body = {"party_id": shop.party, "currency": "USD", "lines": [{"product_id": shop.mug, "quantity": "2", "unit_price": "99"}]}
    assert (
        await shop.client.post("/api/v1/price-floors", json={"product_id": shop.mug, "unit_price": "14", "currency": "USD"})
    ).status_code == 201
    quote = (await shop.client.post("/api/v1/quotes", json=body)).json()
    path = f"/api/v1/quotes/{quote['id']}"
    assert (await shop.client.post(f"{path}/send", json={})).status_code == 200
    accepted = (await shop.client.post(f"{path}/accept", json={"name": "王经理"})).json()
    order = (await shop.client.get(f"/api/v1/orders/{accepted['order_id']}")).json()
    changed = body | {"currency": "CNY", "version": order["version"]}
    assert (await shop.client.put(f"/api/v1/orders/{order['id']}", json=changed)).json()["currency"] == "CNY"
    assert (await shop.post(order, "confirm")).json()["code"] == "approval_needed"


@pytest.mark.usefixtures("floor")
async def test_a_confirmed_order_does_not_get_cheaper_than_the_floor(shop):
    order = await cheap(shop, "110")
    order = (await shop.post(order, "confirm")).json()
    line = {"id": order["lines"][0]["id"], "product_id": shop.mug, "quantity": "2", "unit_price": "99"}
    change = {"lines": [line], "reason": "还价", "version": order["version"]}
    answer = await shop.post(order, "change", change)
    assert (answer.status_code, answer.json()["code"]) == (409, "approval_needed")
    assert (await shop.read(order))["gross"] == "220.00"
    line["unit_price"] = "100"
    assert (await shop.post(order, "change", change)).json()["gross"] == "200.00"


@pytest.mark.usefixtures("floor")
async def test_asking_on_the_page(shop, manager, client_for, other_tenant):
    order = await cheap(shop)
    path = f"/orders/{order['id']}"
    page = (await shop.client.get(path)).text
    assert f'action="{path}/ask-approval"' in page
    assert f'action="{path}/confirm"' not in page
    stranger = await client_for(other_tenant)
    assert (await stranger.post(f"{path}/ask-approval", data={"reason": "x"})).status_code == 404
    assert (await shop.client.post(f"{path}/ask-approval", data={"reason": "老客户"})).status_code == 303
    page = (await shop.client.get(path)).text
    assert "老客户" in page
    assert f'action="{path}/ask-approval"' not in page
    assert f'action="{path}/edit"' not in page
    [waiting] = (await manager.get(APPROVALS, params={"tab": "waiting"})).json()["items"]
    assert f"/approvals/{waiting['id']}" in page
    assert "骨瓷马克杯" in (await manager.get(f"/approvals/{waiting['id']}")).text


async def test_an_opportunity_that_must_stay_is_read_but_not_won(shop, monkeypatch):
    made = await shop.client.post("/api/v1/opportunities", json={"name": "春季订货", "party_id": shop.party, "amount": "100"})
    assert made.status_code == 201, made.text
    path = f"/api/v1/opportunities/{made.json()['id']}"
    asked = []

    async def keep_still(_work, stem, ids):
        asked.append((stem, *map(str, ids)))
        raise DomainError("waits")

    monkeypatch.setattr(locks, "_locks", [*locks._locks, keep_still])
    assert (await shop.client.get(path)).status_code == 200
    assert asked == []
    refused = await shop.client.post(f"{path}/win", json={})
    assert (refused.status_code, refused.json()["title"]) == (409, "waits")
    assert asked == [("crm.opportunity", made.json()["id"])]
    assert (await shop.client.get(path)).json()["state"] == "open"
