"""Who takes part in a party, what was done with it, and its tags."""

from datetime import timedelta

import pytest

from kernel import clock


@pytest.fixture
async def party(client):
    return (await client.post("/api/v1/parties", json={"name": "青禾有限公司", "tags": ["重点", "华东", "重点"]})).json()


async def note(client, party, **more):
    return await client.post(f"/api/v1/parties/{party['id']}/timeline", json={"kind": "call", "body": "聊了报价", **more})


async def test_the_latest_entry_comes_first_and_says_who_wrote_it(client, party):
    await note(client, party, body="第一次电话")
    await note(client, party, kind="visit", body="上门拜访", next_contact_on="2099-01-05")
    items = (await client.get(f"/api/v1/parties/{party['id']}/timeline")).json()["items"]
    assert [item["body"] for item in items] == ["上门拜访", "第一次电话"]
    assert items[0]["next_contact_on"] == "2099-01-05"
    assert items[0]["author"].startswith("林晓")
    page = (await client.get(f"/parties/{party['id']}")).text
    assert "上门拜访" in page
    assert "2099-01-05" in page


async def test_a_private_entry_is_its_authors_alone(client, tenant, client_for, party):
    await note(client, party, body="只给自己", private=True)
    colleague = await client_for(tenant)
    assert (await colleague.get(f"/api/v1/parties/{party['id']}/timeline")).json()["items"] == []
    assert "只给自己" not in (await colleague.get(f"/parties/{party['id']}")).text
    assert len((await client.get(f"/api/v1/parties/{party['id']}/timeline")).json()["items"]) == 1


async def test_only_its_author_takes_an_entry_back(client, tenant, client_for, party):
    entry = (await note(client, party)).json()
    colleague = await client_for(tenant)
    address = f"/api/v1/parties/{party['id']}/timeline/{entry['id']}"
    assert (await colleague.delete(address)).json()["code"] == "activity_not_yours"
    assert (await client.delete(address)).status_code == 204
    assert (await client.delete(address)).status_code == 404


async def test_wrong_entries_are_refused_beside_their_field(client, party):
    address = f"/parties/{party['id']}/timeline"
    for form in (
        {"kind": "call", "body": " "},
        {"kind": "system", "body": "x"},
        {"kind": "x", "body": "x"},
        {"kind": "call", "body": "x", "next_contact_on": "2001-01-01"},
        {"kind": "call", "body": "x", "next_contact_on": "soon"},
    ):
        assert (await client.post(address, data=form)).status_code == 422, form
    late = (clock.now() + timedelta(days=2)).isoformat()
    assert (await note(client, party, at=late)).status_code == 422
    assert "聊了报价" in (await client.post(address, data={"kind": "call", "body": "聊了报价"})).text
    again = await client.post(address, data={"kind": "visit", "body": ""})
    assert (again.status_code, "聊了报价" in again.text) == (422, True)


async def test_html_in_an_entry_stays_text(client, party):
    await note(client, party, body="<script>alert(1)</script>")
    assert "<script>alert(1)" not in (await client.get(f"/parties/{party['id']}")).text


async def test_the_timeline_goes_on_by_cursor(client, party):
    for number in range(23):
        await note(client, party, body=f"第{number}次")
    first = (await client.get(f"/api/v1/parties/{party['id']}/timeline")).json()
    second = (await client.get(f"/api/v1/parties/{party['id']}/timeline", params={"before": first["next"]})).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (20, 3, None)
    assert "第0次" in (await client.get(f"/parties/{party['id']}/timeline", params={"before": first["next"]})).text


async def test_another_company_neither_reads_nor_writes_a_timeline(other_client, client, party):
    assert (await note(other_client, party)).status_code == 404
    assert (await other_client.get(f"/api/v1/parties/{party['id']}/timeline")).status_code == 404


async def test_who_takes_part_sees_the_party_and_changes_it_only_where_allowed(client, tenant, seat_for, party):
    seat = await seat_for(tenant, "sales")
    api = f"/api/v1/parties/{party['id']}"
    assert (await seat.client.get(api)).status_code == 404
    await client.put(f"{api}/collaborators/{seat.employee_id}", json={})
    assert (await seat.client.get(api)).status_code == 200
    assert (await seat.client.patch(api, json={"region": "上海"})).json()["code"] == "record_read_only"
    assert (await note(seat.client, party)).status_code == 201
    assert f"/parties/{party['id']}/edit" not in (await seat.client.get(f"/parties/{party['id']}")).text
    page = await client.post(f"/parties/{party['id']}/team", data={"employee_id": str(seat.employee_id), "may_edit": "1"})
    assert page.status_code == 200
    assert (await seat.client.patch(api, json={"region": "上海"})).status_code == 200
    await client.delete(f"{api}/collaborators/{seat.employee_id}")
    assert (await seat.client.get(api)).status_code == 404


async def test_tags_are_kept_once_offered_and_filtered_by(client, other_client, party):
    assert party["tags"] == ["重点", "华东"]
    await client.post("/api/v1/parties", json={"name": "别的公司"})
    assert [p["name"] for p in (await client.get("/api/v1/parties", params={"tags": "华东"})).json()["items"]] == ["青禾有限公司"]
    listed = (await client.get("/parties", params={"tags": "华东"})).text
    assert "青禾有限公司" in listed
    assert "别的公司" not in listed.partition("<tbody")[2]
    assert '<option value="重点"' in listed
    assert "重点" not in (await other_client.get("/parties")).text
    await client.post(f"/parties/{party['id']}/edit", data={"name": "青禾有限公司", "tags": "老客户， 华东"})
    assert (await client.get(f"/api/v1/parties/{party['id']}")).json()["tags"] == ["老客户", "华东"]


async def test_tags_come_and_go_by_file(client):
    file = {"file": ("x.csv", 'name,tags\n甲,"重点,华东"\n'.encode(), "text/csv")}
    assert (await client.post("/api/v1/parties/import", files=file)).json()["created"] == 1
    assert '"重点,华东"' in (await client.get("/api/v1/parties/export.csv")).text
