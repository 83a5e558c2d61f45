"""Likely doubles, merges and their undoing, and groups of companies."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from kernel import clock
from master_data.api import get_party, survivors
from master_data.parties.doubles import mail_domain, phone_key
from master_data.parties.merging_model import PartyMerge

CODE = "91110000600037341L"


async def make(client, name, **more):
    answer = await client.post("/api/v1/parties", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("138 0000 0001", "+8613800000001"),
        ("+86-138-0000-0001", "+8613800000001"),
        ("0086 13800000001", "+8613800000001"),
        ("0571-88886666", "+8657188886666"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("8888", None),
        ("", None),
    ],
)
def test_a_phone_number_has_one_form(typed, key):
    assert phone_key(typed) == key


def test_only_a_companys_own_mail_domain_tells_something():
    assert mail_domain("Li@QingHe.cn") == "qinghe.cn"
    assert mail_domain("li@163.com") is None


async def test_likely_doubles_are_told_with_their_reasons(client):
    one = await make(client, "杭州青禾有限公司", phone="13800000001", email="li@qinghe.cn")
    found = (await client.get("/api/v1/parties/doubles", params={"name": "杭州青禾 股份有限公司", "phone": "+86 13800000001"})).json()
    assert [(d["id"], d["reasons"]) for d in found] == [(one["id"], ["name", "phone"])]
    assert (await client.get("/api/v1/parties/doubles", params={"email": "wang@qinghe.cn"})).json()[0]["reasons"] == ["mail"]
    assert (await client.get("/api/v1/parties/doubles", params={"name": "另一家"})).json() == []
    fragment = (await client.get("/parties/doubles", params={"phone": "13800000001"})).text
    assert f"/parties/{one['id']}" in fragment
    assert (await client.get("/parties/doubles", params={"phone": "13800000001", "besides": one["id"]})).text.strip() == ""


async def test_a_double_out_of_reach_is_masked(client, tenant, seat_for):
    owner = (await client.post("/api/v1/employees", json={"code": "E1", "name": "王小明"})).json()
    await make(client, "杭州青禾有限公司", phone="13800000001", owner_id=owner["id"])
    seat = await seat_for(tenant, "sales")
    [found] = (await seat.client.get("/api/v1/parties/doubles", params={"phone": "13800000001"})).json()
    assert (found["id"], found["owner"]) == (None, "王**")
    assert "青禾" not in found["name"]
    refused = await seat.client.post("/api/v1/parties", json={"name": "杭州青禾有限公司"})
    assert "王**" in refused.json()["title"]
    assert "小明" not in refused.text
    file = {"file": ("x.csv", "name\n杭州青禾\n新公司\n".encode(), "text/csv")}
    [error] = (await seat.client.post("/api/v1/parties/import", files=file)).json()["errors"]
    assert error["row"] == 2
    assert "王**" in error["message"]


async def test_doubles_of_another_company_are_not_told(client, other_client):
    await make(client, "杭州青禾有限公司", phone="13800000001")
    assert (await other_client.get("/api/v1/parties/doubles", params={"phone": "13800000001"})).json() == []


@pytest.fixture
async def pair(client):
    stays = await make(client, "青禾", phone="13800000001")
    goes = await make(client, "青禾商贸", phone="13900000002", credit_code=CODE, region="杭州")
    await client.post(f"/api/v1/parties/{goes['id']}/contacts", json={"name": "张经理"})
    await client.post(f"/api/v1/parties/{goes['id']}/timeline", json={"kind": "call", "body": "聊了报价"})
    return stays, goes


async def merge(client, pair, *take):
    stays, goes = pair
    return await client.post(f"/api/v1/parties/{stays['id']}/merge", json={"merged_id": goes["id"], "take": list(take)})


async def test_a_merge_takes_the_chosen_fields_and_moves_what_hangs_on_the_other(client, pair):
    stays, _goes = pair
    assert (await merge(client, pair, "credit_code", "region")).status_code == 200
    now = (await client.get(f"/api/v1/parties/{stays['id']}")).json()
    assert (now["name"], now["phone"], now["credit_code"], now["region"]) == ("青禾", "13800000001", CODE, "杭州")
    assert [c["name"] for c in (await client.get(f"/api/v1/parties/{stays['id']}/contacts")).json()] == ["张经理"]
    assert len((await client.get(f"/api/v1/parties/{stays['id']}/timeline")).json()["items"]) == 1
    assert [p["id"] for p in (await client.get("/api/v1/parties")).json()["items"]] == [stays["id"]]


async def test_the_old_id_leads_to_the_survivor(client, pair, work_for, tenant):
    stays, goes = pair
    await merge(client, pair)
    assert (await client.get(f"/api/v1/parties/{goes['id']}")).json()["id"] == stays["id"]
    page = await client.get(f"/parties/{goes['id']}")
    assert (page.status_code, page.headers["location"]) == (302, f"/parties/{stays['id']}")
    work = await work_for(tenant)
    assert (await get_party(work, UUID(goes["id"]))).id == UUID(stays["id"])
    assert await survivors(work, [UUID(goes["id"])]) == {UUID(goes["id"]): UUID(stays["id"])}
    again = await client.post("/api/v1/parties", json={"name": "新名字", "credit_code": CODE})
    assert "青禾" in again.json()["title"], "the merged one's code goes on naming the survivor"


async def test_orders_move_and_come_back(client, pair):
    stays, goes = pair
    line = {"description": "咨询", "unit": "次", "quantity": "1", "unit_price": "100"}
    order = await client.post("/api/v1/orders", json={"party_id": goes["id"], "lines": [line]})
    assert order.status_code == 201, order.text
    merged = (await merge(client, pair)).json()
    assert (await client.get(f"/api/v1/orders/{order.json()['id']}")).json()["party_id"] == stays["id"]
    assert (await client.post(f"/api/v1/parties/merges/{merged['id']}/undo")).status_code == 200
    assert (await client.get(f"/api/v1/orders/{order.json()['id']}")).json()["party_id"] == goes["id"]


async def test_an_undone_merge_leaves_everything_as_it_was(client, pair):
    stays, goes = pair
    before = {p["id"]: p for p in (await client.get("/api/v1/parties")).json()["items"]}
    merged = (await merge(client, pair, "credit_code", "phone")).json()
    assert "撤销" in (await client.get(f"/parties/{stays['id']}")).text
    await client.post(f"/parties/merges/{merged['id']}/undo")
    after = {p["id"]: p for p in (await client.get("/api/v1/parties")).json()["items"]}
    for old in (before, after):
        for party in old.values():
            party.pop("version")
    assert after == before
    assert [c["name"] for c in (await client.get(f"/api/v1/parties/{goes['id']}/contacts")).json()] == ["张经理"]
    assert (await client.post(f"/api/v1/parties/merges/{merged['id']}/undo")).json()["code"] == "merge_too_old"


async def test_after_thirty_days_a_merge_stays(client, pair, database, tenant):
    merged = (await merge(client, pair)).json()
    async with database.work(tenant) as work:
        await work.session.execute(update(PartyMerge).values(merged_at=clock.now() - timedelta(days=31)))
    assert (await client.post(f"/api/v1/parties/merges/{merged['id']}/undo")).json()["code"] == "merge_too_old"


async def test_wrong_merges_change_nothing(client, tenant, pair, seat_for, other_client, state_of):
    stays, _goes = pair
    before = await state_of(tenant)
    assert (await merge(client, (stays, stays))).status_code == 422
    assert (await merge(client, pair, "search_text")).status_code == 422
    seat = await seat_for(tenant, "sales", employee=False)
    assert (await merge(seat.client, pair)).status_code == 404
    assert (await merge(other_client, pair)).status_code == 404
    viewer = await seat_for(tenant, "viewer", employee=False)
    assert (await merge(viewer.client, pair)).status_code == 403
    assert await state_of(tenant) == before


async def test_the_page_asks_field_by_field(client, pair):
    stays, goes = pair
    assert (await client.get(f"/parties/{stays['id']}/merge")).status_code == 200
    page = (await client.get(f"/parties/{stays['id']}/merge", params={"other": goes["id"]})).text
    assert "13800000001" in page
    assert "13900000002" in page
    done = await client.post(f"/parties/{stays['id']}/merge", data={"other": goes["id"], "phone": "other", "region": "kept"})
    assert done.status_code == 303
    assert (await client.get(f"/api/v1/parties/{stays['id']}")).json()["phone"] == "13900000002"


async def test_a_company_stands_in_its_group_and_never_above_itself(client):
    head = await make(client, "集团")
    child = await make(client, "子公司", parent_id=head["id"])
    leaf = await make(client, "孙公司", parent_id=child["id"])
    page = (await client.get(f"/parties/{leaf['id']}")).text
    assert "集团" in page
    for parent in (head, child, leaf):
        answer = await client.patch(f"/api/v1/parties/{head['id']}", json={"parent_id": parent["id"]})
        assert answer.status_code == 409, parent["name"]
        assert answer.json()["errors"][0]["field"] == "parent_id"


async def test_of_merges_that_cross_one_happens_and_the_customer_stays(client):
    one, two = await make(client, "青禾"), await make(client, "青禾商贸")
    answers = await asyncio.gather(*(merge(client, each) for each in [(one, two), (two, one)] * 3))
    assert sorted(answer.status_code in (404, 409) for answer in answers) == [False, *[True] * 5], [a.text for a in answers]
    assert len((await client.get("/api/v1/parties")).json()["items"]) == 1


async def test_a_merge_takes_no_field_that_one_may_not_write(client, pair, tenant, seat_for):
    stays, _goes = pair
    rule = [{"role": "admin", "field": "phone", "right": "masked"}]
    assert (await client.put("/api/v1/scopes/fields", params={"stem": "master.party"}, json=rule)).status_code == 200
    admin = await seat_for(tenant, "admin")
    refused = await merge(admin.client, pair, "phone")
    assert (refused.status_code, refused.json()["code"]) == (403, "field_read_only")
    assert (await client.get(f"/api/v1/parties/{stays['id']}")).json()["phone"] == "13800000001"
    assert (await merge(admin.client, pair, "region")).status_code == 200
