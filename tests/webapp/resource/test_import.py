"""The import wizard and its API: nothing is written until everything fits, and every error is told."""

import re

from master_data.api import PARTIES, find_parties, saved_views
from webapp.resource import xlsx


async def upload(client, content, name="客户.csv"):
    return await client.post("/parties/import", files={"file": (name, content if isinstance(content, bytes) else content.encode(), "")})


async def test_a_file_is_checked_then_applied(client, database, tenant):
    sent = await upload(
        client, "name,credit_code,is_customer,payment_days\n杭州青禾商贸有限公司,91110000600037341L,是,30\n宁波东海水产,,否,\n"
    )
    assert sent.status_code == 303
    step = await client.get(sent.headers["location"])
    assert step.status_code == 200
    assert "杭州青禾商贸有限公司" in step.text
    assert (await client.get("/api/v1/parties")).json()["items"] == []
    done = await client.post(f"{sent.headers['location']}/apply")
    assert done.status_code == 200
    items = {item["name"]: item for item in (await client.get("/api/v1/parties")).json()["items"]}
    assert items["杭州青禾商贸有限公司"]["payment_days"] == 30
    assert items["宁波东海水产"]["is_customer"] is False
    assert (await client.post(f"{sent.headers['location']}/apply")).status_code == 404


async def test_all_errors_are_shown_and_given_back_as_a_file(client):
    content = (
        "name,credit_code,email\n甲,123,\n,,x@example.com\n乙,,nobody\n丙,91110000600037341L,\n丁,91110000600037341L,\n戊,,\n戊有限公司,,\n"
    )
    sent = await upload(client, content)
    step = await client.get(sent.headers["location"])
    file = await client.get(f"{sent.headers['location']}/errors.xlsx")
    rows = xlsx.read(file.content).rows
    assert [row[0] for row in rows] == ["2", "3", "4", "6", "8"]
    assert all(row[-1] for row in rows)
    assert f"{sent.headers['location']}/apply" not in step.text
    refused = await client.post(f"{sent.headers['location']}/apply")
    assert refused.status_code == 422
    assert (await client.get("/api/v1/parties")).json()["items"] == []


async def test_columns_are_mapped_by_hand_where_names_are_unknown(client):
    sent = await upload(client, "公司,手机\n青禾,138\n")
    assert "公司" in (await client.get(sent.headers["location"])).text
    mapped = await client.post(sent.headers["location"], data={"c0": "name", "c1": "phone"})
    assert mapped.status_code == 303
    await client.post(f"{sent.headers['location']}/apply")
    [item] = (await client.get("/api/v1/parties")).json()["items"]
    assert (item["name"], item["phone"]) == ("青禾", "138")


async def test_a_double_of_what_is_there_is_told(client):
    owner = (await client.post("/api/v1/employees", json={"code": "E1", "name": "王丽"})).json()
    await client.post("/api/v1/parties", json={"name": "青禾有限公司", "owner_id": owner["id"]})
    file = {"file": ("x.csv", "name\n青禾\n".encode(), "text/csv")}
    answer = (await client.post("/api/v1/parties/import", files=file)).json()
    assert answer["created"] == 0
    assert answer["errors"][0]["row"] == 2
    assert "王丽" in answer["errors"][0]["message"]


async def test_a_broken_file_is_one_clear_error(client):
    for content in (b"", b'name\n"open', b"\x00\x01\x02", b"PK\x03\x04zzz"):
        answer = await upload(client, content, "x.csv")
        assert answer.status_code == 422, content
        assert "form-errors" in answer.text


async def test_an_oversize_upload_is_refused(client):
    answer = await upload(client, b"name\n" + b"x" * (11 * 1024 * 1024))
    assert answer.status_code in (413, 422)


async def test_another_person_cannot_reach_the_file(client, client_for, tenant, other_client):
    sent = await upload(client, "name\n甲\n")
    colleague = await client_for(tenant)
    for stranger in (colleague, other_client):
        assert (await stranger.get(sent.headers["location"])).status_code == 404
        assert (await stranger.get(f"{sent.headers['location']}/errors.xlsx")).status_code == 404
        assert (await stranger.post(f"{sent.headers['location']}/apply")).status_code == 404


async def test_a_reference_is_found_by_code_or_name(client):
    await client.post("/api/v1/departments", json={"code": "D01", "name": "销售部"})
    file = {"file": ("x.csv", "code,name,department_id\nE1,王丽,D01\nE2,孙伟,销售部\nE3,徐静,D01 销售部\nE4,赵敏,仓库\n".encode(), "")}
    answer = (await client.post("/api/v1/employees/import", files=file)).json()
    assert [(e["row"], e["field"]) for e in answer["errors"]] == [(5, "department_id")]


async def test_the_template_names_every_field_and_takes_them_back(client):
    for kind in ("csv", "xlsx"):
        answer = await client.get(f"/parties/import/template.{kind}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]


async def test_many_rows_go_in_at_once(client, database, tenant):
    rows = "".join(f"公司{n},{n % 90}\n" for n in range(3000))
    file = {"file": ("x.csv", f"name,payment_days\n{rows}".encode(), "")}
    answer = (await client.post("/api/v1/parties/import", files=file)).json()
    assert (answer["created"], answer["errors"]) == (3000, [])
    total = (await client.get("/api/v1/parties", params={"total": "true"})).json()
    assert (total["total"], total["total_capped"]) == (3000, False)
    assert PARTIES.slug == "parties"


async def test_views_are_saved_for_oneself_or_the_company(client, client_for, tenant, database):
    await client.post("/api/v1/parties", json={"name": "青禾"})
    mine = await client.post("/parties/views", data={"name": "我的供应商", "is_supplier": "true"})
    assert mine.status_code == 303
    ours = await client.post("/parties/views", data={"name": "潜在客户", "stage": "potential", "company": "1"})
    assert ours.status_code == 303
    page = (await client.get("/parties")).text
    assert "我的供应商" in page
    assert "stage=potential" in page
    colleague = await client_for(tenant, permissions={"master.party.read"})
    page = (await colleague.get("/parties")).text
    assert "我的供应商" not in page
    assert "潜在客户" in page
    async with database.work(tenant) as work:
        views = {view.name: view.id for view in await saved_views(work, "master.party")}
    assert set(views) == {"潜在客户"}
    assert (await colleague.post(f"/parties/views/{views['潜在客户']}/delete")).status_code == 403
    assert (await client.post(f"/parties/views/{views['潜在客户']}/delete")).status_code == 303
    assert (await client.post(f"/parties/views/{views['潜在客户']}/delete")).status_code == 404


async def test_ticked_rows_are_changed_together_or_not_at_all(client):
    ids = [(await client.post("/api/v1/parties", json={"name": name})).json()["id"] for name in ("甲", "乙")]
    assert (await client.post("/parties/bulk/mark-lost", data={"ids": ids})).status_code == 303
    assert {item["stage"] for item in (await client.get("/api/v1/parties")).json()["items"]} == {"lost"}
    gone = await client.post("/parties/bulk/delete", data={"ids": [ids[0], "00000000-0000-0000-0000-000000000000"]})
    assert gone.status_code == 409
    assert len((await client.get("/api/v1/parties")).json()["items"]) == 2
    assert (await client.post("/parties/bulk/delete", data={"ids": ids})).status_code == 303
    assert (await client.get("/api/v1/parties")).json()["items"] == []


async def test_neighbours_follow_the_list(client):
    for name in ("A", "B", "C"):
        await client.post("/api/v1/parties", json={"name": name})
    by_name = {item["name"]: item["id"] for item in (await client.get("/api/v1/parties")).json()["items"]}
    page = (await client.get(f"/parties/{by_name['B']}")).text
    assert re.search(rf'rel="prev" href="/parties/{by_name["A"]}', page)
    assert re.search(rf'rel="next" href="/parties/{by_name["C"]}', page)
    turned = (await client.get(f"/parties/{by_name['B']}?sort=name&desc=1")).text
    assert re.search(rf'rel="prev" href="/parties/{by_name["C"]}', turned)


async def test_a_stale_form_does_not_overwrite(client):
    record = (await client.post("/api/v1/parties", json={"name": "甲"})).json()
    await client.patch(f"/api/v1/parties/{record['id']}", json={"phone": "1"})
    stale = await client.post(f"/parties/{record['id']}/edit", data={"name": "乙", "kind": "organisation", "version": record["version"]})
    assert stale.status_code == 422
    assert (await client.get(f"/api/v1/parties/{record['id']}")).json()["name"] == "甲"


async def test_find_escapes_what_like_would_read(work):
    assert await find_parties(work, "100%_\\") == []
