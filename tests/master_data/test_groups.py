"""Groups of companies as a tree, and the stages that a party came into."""

import pytest

PARTIES = "/api/v1/parties"


@pytest.fixture
async def group(client):
    """集团 > 华东 > 杭州, 集团 > 华南."""
    made = {}
    for name, parent in (("集团", None), ("华东", "集团"), ("杭州", "华东"), ("华南", "集团")):
        body = {"name": name, "parent_id": made[parent]["id"] if parent else None}
        made[name] = (await client.post(PARTIES, json=body)).json()
    return made


async def test_the_whole_group_is_read_from_any_of_its_companies(client, group):
    for name in group:
        found = (await client.get(f"{PARTIES}/{group[name]['id']}/group")).json()
        assert [(node["name"], node["depth"]) for node in found] == [("集团", 0), ("华东", 1), ("杭州", 2), ("华南", 1)]
    page = (await client.get(f"/parties/{group['杭州']['id']}/group")).text
    for name in group:
        assert name in page
    assert f"/parties/new?parent_id={group['杭州']['id']}" in page
    form = (await client.get(f"/parties/new?parent_id={group['杭州']['id']}")).text
    assert f'value="{group["杭州"]["id"]}" selected' in form


async def test_a_company_alone_says_what_to_do(client):
    alone = (await client.post(PARTIES, json={"name": "<b>独"})).json()
    assert (await client.get(f"{PARTIES}/{alone['id']}/group")).json() == []
    page = (await client.get(f"/parties/{alone['id']}/group")).text
    assert "<b>独" not in page
    assert "&lt;b&gt;独" in page


async def test_a_reader_sees_of_a_group_what_is_within_reach(client, tenant, seat_for, group):
    seat = await seat_for(tenant, "sales")
    assert (await seat.client.get(f"{PARTIES}/{group['杭州']['id']}/group")).status_code == 404
    for name in ("集团", "杭州"):
        await client.put(f"{PARTIES}/{group[name]['id']}/collaborators/{seat.employee_id}", json={})
    found = (await seat.client.get(f"{PARTIES}/{group['杭州']['id']}/group")).json()
    assert [node["name"] for node in found] == ["集团", "杭州"]
    page = (await seat.client.get(f"/parties/{group['杭州']['id']}/group")).text
    assert "集团" in page
    assert "华" not in page.partition("<main")[2]


async def test_a_hidden_stage_is_not_told_by_the_tree(client, tenant, seat_for, group):
    entries = [{"role": "viewer", "field": "stage", "right": "hidden"}]
    assert (await client.put("/api/v1/scopes/fields", params={"stem": "master.party"}, json=entries)).status_code == 200
    seat = await seat_for(tenant, "viewer")
    assert {node["stage"] for node in (await seat.client.get(f"{PARTIES}/{group['集团']['id']}/group")).json()} == {""}
    assert (await seat.client.get(f"{PARTIES}/{group['集团']['id']}/stages")).json() == []


async def test_another_company_sees_neither_group_nor_stages(other_client, group):
    for address in (f"{PARTIES}/{group['集团']['id']}", f"/parties/{group['集团']['id']}"):
        assert (await other_client.get(f"{address}/group")).status_code == 404
    assert (await other_client.get(f"{PARTIES}/{group['集团']['id']}/stages")).status_code == 404


async def stages(client, party):
    found = (await client.get(f"{PARTIES}/{party['id']}/stages")).json()
    return [(each["before"], each["stage"]) for each in found]


async def told(client, party):
    items = (await client.get(f"{PARTIES}/{party['id']}/timeline")).json()["items"]
    return [item["body"] for item in items if item["kind"] == "system"]


async def test_each_change_of_the_stage_stands_on_the_timeline(client):
    party = (await client.post(PARTIES, json={"name": "甲"})).json()
    assert (await stages(client, party), await told(client, party)) == ([(None, "potential")], [])
    one = f"{PARTIES}/{party['id']}"
    await client.patch(one, json={"stage": "interested"})
    await client.patch(one, json={"region": "杭州"})
    await client.patch(one, json={"stage": "interested"})
    await client.post(f"{one}/mark-lost")
    assert await stages(client, party) == [(None, "potential"), ("potential", "interested"), ("interested", "lost")]
    lines = await told(client, party)
    assert len(lines) == 2
    assert "意向" in lines[1], "in the company's language"
    assert "林晓" in lines[1]


async def test_a_stage_that_a_file_changes_is_noted_too(client):
    party = (await client.post(PARTIES, json={"name": "甲", "credit_code": "91110000600037341L"})).json()
    file = {"file": ("x.csv", b"credit_code,name,stage\n91110000600037341L,\xe7\x94\xb2,customer\n", "text/csv")}
    done = await client.post(f"{PARTIES}/import", params={"key": "credit_code"}, files=file)
    assert done.json()["changed"] == 1, done.text
    assert await stages(client, party) == [(None, "potential"), ("potential", "customer")]
    assert len(await told(client, party)) == 1


async def test_a_merge_mixes_no_histories(client):
    one, two = [(await client.post(PARTIES, json={"name": name})).json() for name in ("甲", "乙")]
    await client.patch(f"{PARTIES}/{two['id']}", json={"stage": "customer"})
    merged = await client.post(f"{PARTIES}/{one['id']}/merge", json={"merged_id": two["id"], "take": []})
    if merged.status_code == 404:
        merged = await client.post("/api/v1/parties/merges", json={"survivor_id": one["id"], "merged_id": two["id"], "take": []})
    assert merged.status_code in (200, 201), merged.text
    await client.patch(f"{PARTIES}/{one['id']}", json={"region": "杭州"})
    assert await stages(client, one) == [(None, "potential")]
