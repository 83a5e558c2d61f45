"""Files that change what is there, and imports that are undone."""

import asyncio
from datetime import timedelta

import sqlalchemy as sa

from kernel import clock
from master_data.api import Import


async def send(client, text, *, stem="parties", **params):
    answer = await client.post(f"/api/v1/{stem}/import", params=params, files={"file": ("客户.csv", text.encode(), "text/csv")})
    assert answer.status_code in (200, 422, 409), answer.text
    return answer.json()


async def listed(client, stem="parties"):
    return {item["name"]: item for item in (await client.get(f"/api/v1/{stem}", params={"limit": "200"})).json()["items"]}


async def test_a_row_changes_the_record_with_the_same_code_and_keeps_its_other_fields(client):
    await client.post("/api/v1/parties", json={"name": "青禾商贸有限公司", "credit_code": "91110000600037341L", "phone": "13800000001"})
    answer = await send(
        client, "credit_code,name,payment_days\n91110000600037341l,青禾商贸有限公司,45\n,宁波东海水产,30\n", key="credit_code"
    )
    assert (answer["created"], answer["changed"], answer["unchanged"], answer["errors"]) == (1, 1, 0, [])
    there = await listed(client)
    assert (there["青禾商贸有限公司"]["payment_days"], there["青禾商贸有限公司"]["phone"]) == (45, "13800000001")
    again = await send(client, "credit_code,name,payment_days\n91110000600037341L,青禾商贸有限公司,45\n", key="credit_code")
    assert (again["created"], again["changed"], again["unchanged"]) == (0, 0, 1)


async def test_a_file_of_keys_and_changes_needs_no_other_columns(client):
    await client.post("/api/v1/products", json={"sku": "A1", "name": "苹果", "list_price": "5.00"})
    answer = await send(client, "sku,list_price\nA1,6.50\n", stem="products", key="sku")
    assert (answer["changed"], answer["errors"]) == (1, [])
    assert (await listed(client, "products"))["苹果"]["list_price"] == "6.500000"
    unknown = await send(client, "sku,list_price\nB2,6.50\n", stem="products", key="sku")
    assert [(e["row"], e["field"]) for e in unknown["errors"]] == [(2, "name")]


async def test_keys_that_repeat_or_are_unknown_are_told(client):
    twice = await send(client, "name,phone\n甲,1\n甲,2\n", key="name")
    assert [(e["row"], e["field"]) for e in twice["errors"]] == [(3, "name")]
    for wrong in ("phone", "nonsense"):
        answer = await send(client, "name,phone\n甲,1\n", key=wrong)
        assert answer["errors"][0]["row"] == 1
    assert await listed(client) == {}


async def test_several_records_of_one_name_are_not_guessed(client):
    for phone in ("13800000001", "13800000002"):
        made = await client.post("/api/v1/parties", json={"name": "王芳", "kind": "person", "phone": phone})
        assert made.status_code == 201
    answer = await send(client, "name,payment_days\n王芳,3\n", key="name")
    assert [(e["row"], e["field"]) for e in answer["errors"]] == [(2, "name")]


async def test_a_circle_made_by_one_file_is_refused(client):
    for name in ("甲", "乙"):
        await client.post("/api/v1/parties", json={"name": name})
    answer = await send(client, "name,parent_id\n甲,乙\n乙,甲\n", key="name")
    assert {e["field"] for e in answer["errors"]} == {"parent_id"}


async def test_a_phone_that_somebody_else_has_is_a_doubt_and_no_error(client):
    await client.post("/api/v1/parties", json={"name": "青禾商贸", "phone": "138 0000 0001"})
    text = "name,phone\n青禾贸易,+86 13800000001\n"
    tried = await send(client, text, dry_run="true")
    assert [(d["row"], d["field"]) for d in tried["doubts"]] == [(2, "phone")]
    assert "青禾商贸" in tried["doubts"][0]["message"]
    assert (tried["errors"], tried["created"]) == ([], 1)
    assert (await send(client, text))["created"] == 1


async def test_an_import_is_undone_but_not_where_somebody_worked_since(client):
    await client.post("/api/v1/parties", json={"name": "老客户", "phone": "1"})
    await client.post("/api/v1/parties", json={"name": "改过的", "phone": "1"})
    done = await send(client, "name,phone,tags\n老客户,2,重点\n改过的,2,\n新一,3,\n新二,4,\n新三,5,\n新四,6,\n", key="name")
    assert (done["created"], done["changed"]) == (4, 2)
    there = await listed(client)
    await client.patch(f"/api/v1/parties/{there['改过的']['id']}", json={"phone": "9"})
    await client.patch(f"/api/v1/parties/{there['新二']['id']}", json={"phone": "9"})
    await client.post(f"/api/v1/parties/{there['新三']['id']}/contacts", json={"name": "李雷"})
    child = await client.post("/api/v1/parties", json={"name": "子公司", "parent_id": there["新四"]["id"]})
    assert child.status_code == 201
    undone = (await client.post(f"/api/v1/parties/imports/{done['import_id']}/undo")).json()
    assert undone == {"removed": 1, "restored": 1, "kept": 4}
    after = await listed(client)
    assert set(after) == {"老客户", "改过的", "新二", "新三", "新四", "子公司"}
    assert (after["老客户"]["phone"], after["老客户"]["tags"], after["改过的"]["phone"]) == ("1", None, "9")
    assert (await client.get("/api/v1/parties", params={"search": "老客户"})).json()["items"]
    again = await client.post(f"/api/v1/parties/imports/{done['import_id']}/undo")
    assert (again.status_code, again.json()["code"]) == (409, "import_stands")


async def test_an_import_stands_after_30_days(client, database, tenant):
    done = await send(client, "name\n甲\n")
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(Import).values(created_at=clock.now() - timedelta(days=31)))
    assert (await client.get("/api/v1/parties/imports")).json()[0]["may_undo"] is False
    assert (await client.post(f"/api/v1/parties/imports/{done['import_id']}/undo")).json()["code"] == "import_stands"
    assert set(await listed(client)) == {"甲"}


async def test_imports_are_their_makers_to_undo_and_never_another_companys(client, client_for, tenant, other_client):
    done = await send(client, "name\n甲\n")
    path = f"/api/v1/parties/imports/{done['import_id']}/undo"
    may_import = {"master.party.read", "master.party.import", "master.party.create"}
    colleague = await client_for(tenant, permissions=may_import)
    assert (await colleague.post(path)).status_code == 403
    assert (await colleague.get("/api/v1/parties/imports")).json()[0]["may_undo"] is False
    assert (await other_client.post(path)).status_code == 404
    assert (await other_client.get("/api/v1/parties/imports")).json() == []
    reader = await client_for(tenant, permissions={"master.party.read"})
    assert (await reader.get("/api/v1/parties/imports")).status_code == 403
    assert set(await listed(client)) == {"甲"}


async def test_another_list_does_not_undo_it(client):
    done = await send(client, "name\n甲\n")
    assert (await client.post(f"/api/v1/products/imports/{done['import_id']}/undo")).status_code == 404


async def test_two_who_undo_at_once_undo_once(client):
    done = await send(client, "name\n甲\n乙\n")
    path = f"/api/v1/parties/imports/{done['import_id']}/undo"
    answers = await asyncio.gather(client.post(path), client.post(path))
    assert sorted(a.status_code for a in answers) == [200, 409]


async def test_own_fields_are_merged(client):
    for code, label in (("level", "级别"), ("area", "片区")):
        made = await client.post("/api/v1/custom-fields", json={"stem": "master.party", "code": code, "label": label, "kind": "text"})
        assert made.status_code == 201, made.text
    await client.post("/api/v1/parties", json={"name": "甲", "custom": {"level": "A", "area": "华东"}})
    answer = await send(client, "name,级别\n甲,B\n", key="name")
    assert (answer["changed"], answer["errors"]) == (1, [])
    assert (await listed(client))["甲"]["custom"] == {"level": "B", "area": "华东"}
    undone = await client.post(f"/api/v1/parties/imports/{answer['import_id']}/undo")
    assert undone.json()["restored"] == 1
    assert (await listed(client))["甲"]["custom"] == {"level": "A", "area": "华东"}


async def test_the_wizard_offers_keys_and_undo(client):
    await client.post("/api/v1/parties", json={"name": "老客户", "phone": "1"})
    upload = {"file": ("老.csv", "name,phone\n老客户,2\n新客户,3\n".encode(), "")}
    sent = await client.post("/parties/import", files=upload)
    step = await client.get(sent.headers["location"])
    assert 'name="key"' in step.text
    assert "/apply" not in step.text  # the old customer is a double
    await client.post(sent.headers["location"], data={"c0": "name", "c1": "phone", "key": "name"})
    step = await client.get(sent.headers["location"])
    assert "/apply" in step.text
    done = await client.post(f"{sent.headers['location']}/apply")
    assert done.status_code == 200
    assert (await listed(client))["老客户"]["phone"] == "2"
    start = await client.get("/parties/import")
    [import_id] = {row["id"] for row in (await client.get("/api/v1/parties/imports")).json()}
    assert f"/parties/imports/{import_id}/undo" in start.text
    undone = await client.post(f"/parties/imports/{import_id}/undo")
    assert undone.status_code == 200
    assert set(await listed(client)) == {"老客户"}
    assert f"/parties/imports/{import_id}/undo" not in (await client.get("/parties/import")).text
    assert (await client.post(f"/parties/imports/{import_id}/undo")).status_code == 422


async def test_a_record_changed_between_check_and_apply_is_not_overwritten(client, database, tenant):
    """Rows are read and written in one transaction; what another wrote before it began is read, what it writes later waits."""
    await client.post("/api/v1/parties", json={"name": "甲", "phone": "1"})
    answers = await asyncio.gather(send(client, "name,phone\n甲,2\n", key="name"), send(client, "name,remark\n甲,好\n", key="name"))
    there = (await listed(client))["甲"]
    refused = [a for a in answers if a.get("code") == "version_conflict"]
    record = (await client.get(f"/api/v1/parties/{there['id']}")).json()
    assert len(refused) == (0 if record["phone"] == "2" and record["remark"] == "好" else 1)
