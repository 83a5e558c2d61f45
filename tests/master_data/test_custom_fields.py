"""Fields of a company's own: on forms, pages, files and in the API."""

import pytest

PARTIES = "/api/v1/parties"


@pytest.fixture
async def fields(client):
    """A level to choose, a number that stands only once, and one that is asked for only of chains."""

    async def add(**values):
        answer = await client.post("/api/v1/custom-fields", json={"stem": "master.party", **values})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return [
        await add(code="level", label="客户等级", kind="choice", options=["A", "B"], required=True),
        await add(code="card_no", label="会员号", kind="text", only_once=True),
        await add(code="limit", label="额度", kind="money"),
        await add(code="signed_on", label="签约日", kind="date"),
        await add(code="is_chain", label="连锁", kind="check"),
        await add(code="shops", label="门店数", kind="number", required=True, shown_if={"field": "level", "value": "A"}),
    ]


async def test_values_are_kept_and_answered(client, fields):
    custom = {"level": "A", "card_no": "X1", "limit": "1000.50", "signed_on": "2026-11-01", "is_chain": True, "shops": "12"}
    made = await client.post(PARTIES, json={"name": "青禾", "custom": custom})
    assert made.json()["custom"] == custom
    address = f"{PARTIES}/{made.json()['id']}"
    assert (await client.patch(address, json={"custom": {"limit": "2000"}})).json()["custom"] == custom | {"limit": "2000"}
    assert (await client.patch(address, json={"region": "杭州"})).json()["custom"]["level"] == "A"
    assert (await client.get(PARTIES)).json()["items"][0]["custom"]["card_no"] == "X1"
    page = (await client.get(f"/parties/{made.json()['id']}")).text
    for text in ("客户等级", "会员号", "X1", "2,000"):
        assert text in page


@pytest.mark.parametrize(
    "custom",
    [
        {},
        {"level": "C"},
        {"level": "A"},
        {"level": "B", "limit": "1.005"},
        {"level": "B", "limit": "viel"},
        {"level": "B", "limit": "NaN"},
        {"level": "B", "signed_on": "gestern"},
        {"level": "B", "card_no": "x" * 501},
        {"level": "B", "unknown": "1"},
    ],
)
async def test_wrong_values_are_refused_by_field(client, fields, custom):
    answer = await client.post(PARTIES, json={"name": "青禾", "custom": custom})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith("custom.")
    assert (await client.get(PARTIES)).json()["items"] == []


async def test_a_value_that_may_stand_once_stands_once(client, fields):
    one = (await client.post(PARTIES, json={"name": "甲", "custom": {"level": "B", "card_no": "X1"}})).json()
    double = await client.post(PARTIES, json={"name": "乙", "custom": {"level": "B", "card_no": "X1"}})
    assert (double.status_code, double.json()["errors"][0]["field"]) == (409, "custom.card_no")
    assert (await client.patch(f"{PARTIES}/{one['id']}", json={"custom": {"card_no": "X1"}})).status_code == 200


async def test_what_is_not_asked_for_is_not_kept(client, fields):
    made = await client.post(PARTIES, json={"name": "甲", "custom": {"level": "B", "shops": "12"}})
    assert made.json()["custom"] == {"level": "B"}


async def test_the_form_asks_and_keeps_what_was_typed(client, fields):
    assert "客户等级" in (await client.get("/parties/new")).text
    refused = await client.post("/parties/new", data={"name": "甲", "custom.level": "A", "custom.card_no": "X9"})
    assert refused.status_code == 422
    assert 'value="X9"' in refused.text
    made = await client.post("/parties/new", data={"name": "甲", "custom.level": "A", "custom.shops": "3", "custom.is_chain": "1"})
    assert made.status_code == 303
    [party] = (await client.get(PARTIES)).json()["items"]
    assert party["custom"] == {"level": "A", "shops": "3", "is_chain": True}
    form = (await client.get(f"/parties/{party['id']}/edit")).text
    assert '<option value="A" selected' in form


async def test_own_fields_come_and_go_by_file(client, fields):
    text = "name,客户等级,会员号,门店数\n甲,A,X1,3\n乙,B,X1,\n丙,C,,\n"
    file = {"file": ("x.csv", text.encode(), "text/csv")}
    errors = (await client.post(f"{PARTIES}/import", files=file)).json()["errors"]
    assert {(e["row"], e["field"]) for e in errors} == {(3, "custom.card_no"), (4, "custom.level")}
    file = {"file": ("x.csv", "name,客户等级,会员号,门店数\n甲,A,X1,3\n乙,B,X2,\n".encode(), "text/csv")}
    assert (await client.post(f"{PARTIES}/import", files=file)).json()["created"] == 2
    exported = (await client.get(f"{PARTIES}/export.csv")).text
    assert "custom.card_no" in exported
    assert "X2" in exported
    assert "会员号" in (await client.get("/parties/export.csv")).text


async def test_fields_of_one_company_are_unknown_to_another(client, other_client, fields):
    assert "客户等级" not in (await other_client.get("/parties/new")).text
    assert (await other_client.post(PARTIES, json={"name": "甲", "custom": {"level": "A"}})).status_code == 422
    assert (await other_client.delete(f"/api/v1/custom-fields/{fields[0]['id']}")).status_code == 404


async def test_definitions_are_checked_and_need_the_permission(client, tenant, client_for, fields):
    for wrong in (
        {"code": "Level 2", "label": "x", "kind": "text"},
        {"code": "x", "label": " ", "kind": "text"},
        {"code": "x", "label": "x", "kind": "choice"},
        {"code": "x", "label": "x", "kind": "check", "only_once": True},
    ):
        assert (await client.post("/api/v1/custom-fields", json={"stem": "master.party", **wrong})).status_code == 422, wrong
    taken = {"stem": "master.party", "code": "level", "label": "x", "kind": "text"}
    assert (await client.post("/api/v1/custom-fields", json=taken)).status_code == 409
    assert (await client.post("/api/v1/custom-fields", json=taken | {"stem": "master.product"})).status_code == 422
    stranger = await client_for(tenant, permissions={"master.party.read"})
    assert (await stranger.post("/api/v1/custom-fields", json=taken)).status_code == 403
    assert (await stranger.get("/settings/custom-fields")).status_code == 403


async def test_the_page_adds_and_removes_fields(client, fields):
    assert "客户等级" in (await client.get("/settings/custom-fields")).text
    added = await client.post("/settings/custom-fields", data={"stem": "master.party", "code": "tier", "label": "层级", "kind": "text"})
    assert added.status_code == 303
    refused = await client.post("/settings/custom-fields", data={"stem": "master.party", "code": "tier", "label": "层级", "kind": "text"})
    assert refused.status_code == 422
    assert "客户等级" in refused.text
    gone = await client.post(f"/settings/custom-fields/{fields[0]['id']}/delete", data={"stem": "master.party"})
    assert gone.status_code == 303
    assert "客户等级" not in (await client.get("/parties/new")).text
