"""Visits: noted on one page at the customer's, listed for who may see the customer."""

from datetime import timedelta

import pytest
from tests.core_finance.test_attachments import HTML
from tests.master_data.test_timeline_files import photo

from kernel import clock


@pytest.fixture
async def party(client):
    return (await client.post("/api/v1/parties", json={"name": "青禾有限公司", "phone": "13800001111"})).json()


def form(party, **more):
    return {"party_id": party["id"], "kind": "visit", "body": "看了展厅", "place": "二楼", **more}


async def visits(client, **query):
    return (await client.get("/api/v1/visits", params=query)).json()["items"]


async def test_a_visit_is_noted_with_a_photo_and_leads_to_the_customer(client, party):
    done = await client.post("/visits", data=form(party, latitude="31.2", longitude="121.4"), files=[("files", ("a.jpg", photo()))])
    assert (done.status_code, done.headers["location"]) == (303, f"/parties/{party['id']}")
    [visit] = await visits(client)
    assert (visit["party_name"], visit["place"], visit["files"][0]["name"]) == ("青禾有限公司", "二楼", "a.jpg")
    page = (await client.get("/visits")).text
    assert f"/timeline/files/{visit['files'][0]['id']}/small" in page
    assert "geo:31.2" in page


async def test_an_order_is_taken_on_the_spot(client, tenant, client_for, party):
    done = await client.post("/visits", data=form(party, then="order"))
    assert done.headers["location"] == f"/orders/new?party_id={party['id']}"
    assert "青禾有限公司" in (await client.get(done.headers["location"])).text
    visitor = await client_for(tenant, permissions={"master.party.read"})
    assert "Save and take an order" not in (await visitor.get("/visits", headers={"accept-language": "en"})).text
    assert (await visitor.post("/visits", data=form(party, then="order"))).headers["location"] == f"/parties/{party['id']}"


async def test_a_visit_of_yesterday_keeps_its_day_and_one_of_tomorrow_is_none(client, party):
    day = clock.today("Asia/Shanghai")
    assert (await client.post("/visits", data=form(party, on=(day - timedelta(days=1)).isoformat()))).status_code == 303
    assert (await visits(client))[0]["at"][:10] in ((day - timedelta(days=1)).isoformat(), (day - timedelta(days=2)).isoformat())
    for on in ((day + timedelta(days=1)).isoformat(), "soon"):
        assert (await client.post("/visits", data=form(party, on=on))).status_code == 422, on


async def test_a_wrong_form_comes_back_with_what_was_typed(client, party, tenant, state_of):
    before = await state_of(tenant)
    for wrong in ({"party_id": ""}, {"party_id": "x"}, {"body": " "}, {"kind": "system"}, {"place": "长" * 201}, {"latitude": "x"}):
        again = await client.post("/visits", data={**form(party), **wrong})
        assert again.status_code == 422, wrong
        assert "二楼" in again.text or "place" in wrong
    assert (await client.post("/visits", data=form(party), files=[("files", ("a.jpg", HTML))])).status_code == 422
    assert await state_of(tenant) == before


async def test_who_sees_only_their_own_customers_sees_only_their_visits(client, tenant, seat_for, client_for, party):
    await client.post("/visits", data=form(party))
    await client.post("/visits", data=form(party, body="只给自己", private="1"))
    seat = await seat_for(tenant, "sales")
    assert await visits(seat.client) == []
    assert (await seat.client.post("/visits", data=form(party))).status_code == 404
    assert (await seat.client.get("/visits", params={"party_id": party["id"]})).status_code == 404
    assert [v["body"] for v in await visits(await client_for(tenant))] == ["看了展厅"]
    own = (await seat.client.post("/api/v1/parties", json={"name": "自己的客户"})).json()
    await seat.client.post("/visits", data=form(own))
    assert [v["party_name"] for v in await visits(seat.client)] == ["自己的客户"]
    assert len(await visits(client, mine=True)) == 2


async def test_another_company_sees_no_visit(client, other_client, party):
    await client.post("/visits", data=form(party))
    assert await visits(other_client) == []
    assert "青禾" not in (await other_client.get("/visits")).text
    assert (await other_client.post("/visits", data=form(party))).status_code == 404
    assert (await other_client.get("/visits/customers", params={"q": "青禾"})).json() == []
    assert [c["text"] for c in (await client.get("/visits/customers", params={"q": "青禾"})).json()] == ["青禾有限公司"]


async def test_visits_go_on_by_cursor(client, party):
    for number in range(3):
        await client.post("/visits", data=form(party, body=f"第{number}次"))
    first = (await client.get("/api/v1/visits", params={"limit": 2})).json()
    second = (await client.get("/api/v1/visits", params={"limit": 2, "after": first["next"]})).json()
    assert ([v["body"] for v in second["items"]], second["next"]) == (["第0次"], None)
    assert (await client.get("/api/v1/visits", params={"after": "nonsense"})).status_code == 422
