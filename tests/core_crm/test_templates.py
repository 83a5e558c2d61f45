"""Templates over REST and as pages: versions that stay, a preview with a real customer, rights."""

import pytest

BODY = {
    "name": "欢迎",
    "channel": "email",
    "texts": {
        "zh_CN": {"subject": "欢迎，{{ customer.name }}", "body": '# 欢迎\n\n{{ customer.contact | default: "您" }}好'},
        "en": {"subject": "Welcome, {{ customer.name }}", "body": "Hello {{ customer.region }}"},
    },
}


@pytest.fixture
async def template(client) -> dict:
    answer = await client.post("/api/v1/marketing/templates", json=BODY)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def change(client, template, **changes):
    body = BODY | {"version": template["version"]} | changes
    return await client.put(f"/api/v1/marketing/templates/{template['id']}", json=body)


async def preview(client, template, party, **more):
    return await client.post(f"/api/v1/marketing/templates/{template['id']}/preview", json={"party_id": party, **more})


async def test_other_words_make_a_new_version_and_the_old_one_stays(client, template):
    renamed = await change(client, template, name="欢迎信")
    assert (renamed.json()["number"], renamed.json()["name"]) == (1, "欢迎信")
    texts = {"zh_CN": {"subject": "欢迎", "body": "新的"}}
    second = await change(client, renamed.json(), texts=texts)
    assert (second.json()["number"], second.json()["texts"]["zh_CN"]["body"]) == (2, "新的")
    versions = (await client.get(f"/api/v1/marketing/templates/{template['id']}/versions")).json()
    assert [(v["number"], v["texts"]["zh_CN"]["subject"]) for v in versions] == [(2, "欢迎"), (1, "欢迎，{{ customer.name }}")]
    assert (await change(client, template, name="x")).status_code == 409
    assert (await change(client, second.json(), channel="sms")).status_code == 422


async def test_a_customer_is_put_in(client, template):
    party = (await client.post("/api/v1/parties", json={"name": "联华生鲜", "region": "杭州"})).json()["id"]
    shown = (await preview(client, template, party)).json()
    assert (shown["subject"], shown["text"]) == ("欢迎，联华生鲜", "欢迎\n\n您好\n")
    await client.post(f"/api/v1/parties/{party}/contacts", json={"name": "陈经理"})
    assert "陈经理好" in (await preview(client, template, party)).json()["html"]
    assert (await preview(client, template, party, locale="en")).json()["text"] == "Hello 杭州\n"


async def test_orders_and_own_fields_are_there_to_be_told(client, shop):
    made = await client.post("/api/v1/custom-fields", json={"stem": "master.party", "code": "birthday", "label": "生日", "kind": "date"})
    assert made.status_code in (200, 201), made.text
    await client.patch(f"/api/v1/parties/{shop.party}", json={"custom": {"birthday": "1990-05-01"}})
    draft = await shop.draft()
    await shop.post(draft, "confirm")
    names = (await client.get("/api/v1/marketing/templates/variables")).json()
    assert names["custom.birthday"] == "生日"
    text = "{{ orders.count }} 单，{{ orders.amount }}，{{ orders.last_number }}，{{ custom.birthday }}"
    body = BODY | {"texts": {"zh_CN": {"subject": "x", "body": text}}}
    template = (await client.post("/api/v1/marketing/templates", json=body)).json()
    shown = (await preview(client, template, shop.party)).json()["text"]
    number = (await shop.read(draft))["number"]
    assert shown == f"1 单，226.00，{number}，1990-05-01\n"


async def test_what_is_no_variable_is_refused_by_line(client):
    texts = {"zh_CN": {"subject": "x", "body": "一\n{{ customer.password }}"}}
    answer = await client.post("/api/v1/marketing/templates", json=BODY | {"texts": texts})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "zh_CN.body")
    assert "customer.password" in answer.json()["title"]
    assert (await client.get("/api/v1/marketing/templates")).json() == []


async def test_the_pages_write_and_preview(client, template):
    party = (await client.post("/api/v1/parties", json={"name": "<b>联华</b>"})).json()["id"]
    assert "欢迎" in (await client.get("/marketing/templates")).text
    shown = await client.get(f"/marketing/templates/{template['id']}")
    assert "{{ customer.name }}" in shown.text
    form = {
        "name": "生日",
        "channel": "email",
        "purpose": "marketing",
        "active": "1",
        "zh_CN.subject": "生日快乐",
        "zh_CN.body": "{{ customer.name }}",
    }
    drawn = await client.post("/marketing/templates/preview", data=form | {"sample": party})
    assert ("&lt;b&gt;联华" in drawn.text, "<b>联华" in drawn.text) == (True, False)
    wrong = await client.post("/marketing/templates/preview", data=form | {"zh_CN.body": "{% raw %}"})
    assert (wrong.status_code, "{%" in wrong.text) == (200, True)
    refused = await client.post("/marketing/templates/new", data=form | {"zh_CN.body": "{{ x() }}"})
    assert (refused.status_code, "{{ x() }}" in refused.text) == (422, True)
    assert (await client.post("/marketing/templates/new", data=form)).status_code == 303
    assert len((await client.get("/api/v1/marketing/templates")).json()) == 2


async def test_rights_and_the_other_company(client, other_client, client_for, tenant, template):
    party = (await client.post("/api/v1/parties", json={"name": "联华"})).json()["id"]
    for path in (f"/api/v1/marketing/templates/{template['id']}", f"/marketing/templates/{template['id']}"):
        assert (await other_client.get(path)).status_code == 404
    assert (await other_client.get("/api/v1/marketing/templates")).json() == []
    reader = await client_for(tenant, permissions={"crm.marketing.read", "master.party.read"})
    assert (await change(reader, template, name="x")).status_code == 403
    assert (await reader.get("/marketing/templates/new")).status_code == 403
    assert (await preview(reader, template, party)).status_code == 200
    seller = await client_for(tenant, role="sales")
    assert (await preview(seller, template, party)).status_code == 404  # not one of their customers
