"""Opportunities take fields of the company's own, as leads and parties do."""

import pytest
from tests.anew import put_anew

OPPORTUNITIES = "/api/v1/opportunities"


@pytest.fixture
async def fields(shop):
    for body in (
        {"code": "rooms", "label": "教室数", "kind": "number", "required": True},
        {"code": "bid", "label": "招标", "kind": "check"},
        {"code": "bid_no", "label": "标书号", "kind": "text", "only_once": True, "shown_if": {"field": "bid", "value": "true"}},
    ):
        answer = await shop.client.post("/api/v1/custom-fields", json={"stem": "crm.opportunity", **body})
        assert answer.status_code == 201, answer.text


async def make(shop, **custom):
    return await shop.client.post(OPPORTUNITIES, json={"party_id": shop.party, "name": "咖啡机", "custom": custom})


async def test_values_are_kept_answered_and_shown(shop, fields):
    made = (await make(shop, rooms="12", bid=True, bid_no="Z-1")).json()
    assert made["custom"] == {"rooms": "12", "bid": True, "bid_no": "Z-1"}
    one = f"{OPPORTUNITIES}/{made['id']}"
    same = {"party_id": shop.party, "name": "咖啡机二"}
    assert (await put_anew(shop.client, one, same)).json()["custom"] == made["custom"]
    assert (await put_anew(shop.client, one, {**same, "custom": {"rooms": "13"}})).json()["custom"] == made["custom"] | {"rooms": "13"}
    page = (await shop.client.get(f"/opportunities/{made['id']}")).text
    assert "标书号" in page
    assert "Z-1" in page


async def test_wrong_values_are_refused_by_field(shop, fields):
    for custom in ({}, {"rooms": "viel"}, {"rooms": "1", "unknown": "x"}):
        answer = await make(shop, **custom)
        assert answer.status_code == 422, custom
        assert answer.json()["errors"][0]["field"].startswith("custom.")
    assert (await make(shop, rooms="1", bid=True, bid_no="Z-1")).status_code == 201
    assert (await make(shop, rooms="1", bid=True, bid_no="Z-1")).status_code == 409
    assert (await make(shop, rooms="1", bid_no="Z-2")).json()["custom"] == {"rooms": "1"}


async def test_the_editor_asks_for_them(shop, fields):
    form = {"party_id": shop.party, "party_name": "x", "name": "咖啡机", "currency": "CNY"}
    editor = (await shop.client.get("/opportunities/new")).text
    assert 'name="custom.rooms"' in editor
    assert 'data-shown-if="custom.bid"' in editor
    refused = await shop.client.post("/opportunities/new", data=form)
    assert refused.status_code == 422
    done = await shop.client.post("/opportunities/new", data={**form, "custom.rooms": "4", "custom.bid": "1", "custom.bid_no": "Z"})
    assert done.status_code == 303, done.text
    path = done.headers["location"]
    assert 'value="Z"' in (await shop.client.get(f"{path}/edit")).text
    assert (await shop.client.post(f"{path}/edit", data={**form, "custom.rooms": "5"})).status_code == 303
    assert (await shop.client.get(f"/api/v1{path}")).json()["custom"] == {"rooms": "5"}


async def test_the_list_is_filtered_by_them(shop, fields):
    await make(shop, rooms="3")
    await make(shop, rooms="30")
    found = (await shop.client.get(OPPORTUNITIES, params={"custom.rooms.from": "10"})).json()["items"]
    assert len(found) == 1
    assert (await shop.client.get(OPPORTUNITIES, params={"custom.rooms": "10"})).status_code == 422
    listed = (await shop.client.get("/opportunities/list", params={"custom.rooms.to": "10"})).text
    assert listed.count('<a href="/opportunities/0') == 1


async def test_a_lead_is_converted_although_a_field_is_required(shop, fields):
    lead = (await shop.client.post("/api/v1/leads", json={"name": "张三", "company": "某某公司"})).json()
    done = await shop.client.post(f"/api/v1/leads/{lead['id']}/convert", json={"new_party": True, "opportunity_name": "x"})
    assert done.status_code in (200, 201), done.text
