"""Whoever is put in charge by somebody's file hears of it once, with the way to just these records, and of its undoing."""

import re

import pytest
from tests.workflow.conftest import told

HTML = {"accept": "text/html", "accept-language": "zh-CN"}


@pytest.fixture
async def wang(tenant, seat_for):
    return await seat_for(tenant, "sales", name="王丽")


@pytest.fixture
async def boss(tenant, seat_for):
    return await seat_for(tenant, "owner", name="林晓")


async def send(client, text, *, stem="parties", **params):
    answer = await client.post(f"/api/v1/{stem}/import", params=params, files={"file": ("客户.csv", text.encode(), "text/csv")})
    assert answer.status_code == 200, answer.text
    assert answer.json()["errors"] == []
    return answer.json()


async def notified(seat, locale="en"):
    answer = await seat.client.get("/api/v1/notifications", headers={"accept-language": locale})
    return [(each["text"], each["path"]) for each in answer.json()["items"]]


def names_in(page: str) -> set[str]:
    return set(re.findall(r"客户\d+号", page))


async def test_each_new_owner_is_told_once_and_led_to_the_records(boss, wang, tenant, seat_for, drain, other_client):
    zhao = await seat_for(tenant, "sales", name="赵强")
    rows = [f"客户{n}号,{'王丽' if n < 6 else '赵强' if n < 8 else '林晓' if n < 9 else ''}" for n in range(10)]
    done = await send(boss.client, "name,owner_id\n" + "\n".join(rows) + "\n")
    await send(boss.client, "name,owner_id\n客户99号,王丽\n", stem="leads")
    await drain()
    await drain()
    mine = await notified(wang)
    assert [text for text, _path in mine] == [
        "林晓 imported a file and put you in charge. Leads: 1",
        "林晓 imported a file and put you in charge. Customers and suppliers: 6",
    ]
    assert (await notified(wang, "zh-CN"))[1][0] == "林晓 导入文件并指定您为负责人。客户与供应商：6 条"
    assert [text for text, _path in await notified(zhao)] == ["林晓 imported a file and put you in charge. Customers and suppliers: 2"]
    assert await told(boss.client) == []
    path = mine[1][1]
    assert path == f"/parties?owner_id={wang.employee_id}&import={done['import_id']}"
    page = (await wang.client.get(path, headers=HTML)).text
    assert names_in(page) == {f"客户{n}号" for n in range(6)}
    assert "某次导入的记录" in page
    assert "Records of one import" in (await wang.client.get(path, headers=HTML | {"accept-language": "en"})).text
    assert names_in((await boss.client.get(f"/parties?import={done['import_id']}", headers=HTML)).text) == {f"客户{n}号" for n in range(10)}
    assert names_in((await boss.client.get(f"/parties/export.csv?import={done['import_id']}&owner_id={zhao.employee_id}")).text) == {
        "客户6号",
        "客户7号",
    }
    assert names_in((await other_client.get(path, headers=HTML)).text) == set()
    lead_page = (await wang.client.get(mine[0][1], headers=HTML)).text
    assert names_in(lead_page) == {"客户99号"}


async def test_records_that_change_hands_by_a_file_are_told_with_the_new_ones(boss, wang, drain):
    for n in range(3):
        await boss.client.post("/api/v1/parties", json={"name": f"客户{n}号"})
    done = await send(boss.client, "name,owner_id,phone\n客户0号,王丽,\n客户1号,,13800000001\n客户7号,王丽,\n", key="name")
    await drain()
    [(text, path)] = await notified(wang)
    assert text == "林晓 imported a file and put you in charge. Customers and suppliers: 2"
    assert names_in((await wang.client.get(path, headers=HTML)).text) == {"客户0号", "客户7号"}
    everything = (await boss.client.get(f"/parties?import={done['import_id']}", headers=HTML)).text
    assert names_in(everything) == {"客户0号", "客户1号", "客户7号"}


async def test_leads_that_a_rule_gives_are_told_once_for_the_file(client, wang, drain):
    rule = {"name": "展会", "field": "source", "value": "展会", "employees": [str(wang.employee_id)]}
    assert (await client.post("/api/v1/assignment-rules", json=rule)).status_code == 201
    done = await send(client, "name,source\n" + "".join(f"客户{n}号,{'展会' if n < 5 else '官网'}\n" for n in range(7)), stem="leads")
    await drain()
    [(text, path)] = await notified(wang)
    assert text.endswith(" imported a file and put you in charge. Leads: 5")
    assert names_in((await wang.client.get(path, headers=HTML)).text) == {f"客户{n}号" for n in range(5)}
    assert path.endswith(f"&import={done['import_id']}")
    # One that comes alone is told of by its name, as before.
    await client.post("/api/v1/leads", json={"name": "客户55号", "source": "展会"})
    await drain()
    assert (await notified(wang))[0][0] == "Leads: “客户55号” was given to you."


async def test_an_undone_import_is_told_and_the_link_still_opens(boss, wang, drain):
    kept = (await boss.client.post("/api/v1/parties", json={"name": "客户0号"})).json()
    done = await send(boss.client, "name,owner_id\n客户0号,王丽\n客户1号,王丽\n客户2号,王丽\n客户3号,林晓\n", key="name")
    [(_text, path)] = await notified(wang)
    worked_on = next(
        item for item in (await wang.client.get("/api/v1/parties")).json()["items"] if item["name"] == "客户2号"
    )  # somebody worked with it: it stays
    assert (await wang.client.patch(f"/api/v1/parties/{worked_on['id']}", json={"phone": "13800000001"})).status_code == 200
    undone = await boss.client.post(f"/api/v1/parties/imports/{done['import_id']}/undo")
    assert undone.json() == {"removed": 2, "restored": 1, "kept": 1}
    await drain()
    texts = [text for text, _path in await notified(wang)]
    assert texts[0] == "林晓 undid an import, so these are yours no longer. Customers and suppliers: 2"
    assert len(texts) == 2
    assert names_in((await wang.client.get(path, headers=HTML)).text) == {"客户2号"}
    assert (await boss.client.get(f"/api/v1/parties/{kept['id']}")).json()["owner_id"] == str(boss.employee_id)


async def test_a_rule_of_the_company_still_sees_the_change_of_owner(boss, wang, drain):
    action = {"type": "set_field", "field": "remark", "value": "换人"}
    body = {"name": "x", "record_kind": "master.party", "trigger": "changed", "field": "owner_id", "actions": [action]}
    assert (await boss.client.post("/api/v1/rules", json=body)).status_code == 201
    await boss.client.post("/api/v1/parties", json={"name": "客户0号"})
    await drain()
    await send(boss.client, "name,owner_id\n客户0号,王丽\n", key="name")
    await drain()
    [party] = (await boss.client.get("/api/v1/parties")).json()["items"]
    assert (await boss.client.get(f"/api/v1/parties/{party['id']}")).json()["remark"] == "换人"
    assert [text for text, _path in await notified(wang)] == ["林晓 imported a file and put you in charge. Customers and suppliers: 1"]


@pytest.mark.parametrize("asked", ["nonsense", "00000000-0000-0000-0000-000000000000"])
async def test_an_import_that_is_none_breaks_no_list(client, asked):
    await client.post("/api/v1/parties", json={"name": "客户0号"})
    page = await client.get("/parties", params={"import": asked}, headers=HTML)
    assert page.status_code == 200
    assert names_in(page.text) == ({"客户0号"} if asked == "nonsense" else set())


async def test_lists_without_anybody_in_charge_tell_nobody(boss, wang, drain):
    await send(boss.client, "sku,name\nA1,苹果\n", stem="products")
    await drain()
    assert await notified(wang) == []
