"""Rules look at a company's own fields and set them, as they do with those that every company has."""

from datetime import timedelta

import pytest
from tests.workflow.test_rules import API, HTML, lead, read, rule, runs

from kernel import clock
from master_data.scopes.model import FieldRight, FieldRule
from workflow.rules.running import look_at_dates

OWN = "/api/v1/custom-fields"
FIELDS = (
    {"code": "level", "label": "级别", "kind": "choice", "options": ["A", "B"]},
    {"code": "size", "label": "人数", "kind": "number"},
    {"code": "visit", "label": "拜访日", "kind": "date"},
    {"code": "vip", "label": "贵宾", "kind": "check"},
    {"code": "hint", "label": "备考", "kind": "text"},
    {"code": "vip_no", "label": "贵宾号", "kind": "text", "shown_if": {"field": "vip", "value": "true"}},
)


@pytest.fixture
async def own(client):
    found = {}
    for body in FIELDS:
        answer = await client.post(OWN, json={"stem": "crm.lead", **body})
        assert answer.status_code == 201, answer.text
        found[body["code"]] = answer.json()["id"]
    return found


BODY = {"name": "试", "record_kind": "crm.lead", "trigger": "created"}


def sets(field, value):
    return {"type": "set_field", "field": field, "value": value}


async def fitting(client, *conditions, match="all"):
    named = [dict(zip(("field", "operator", "value"), each, strict=False)) for each in conditions]
    body = BODY | {"match": match, "conditions": named, "actions": [sets("need", "x")]}
    answer = await client.post(f"{API}/dry-run", json=body)
    assert answer.status_code == 200, answer.text
    return {sample["title"].split()[-1] for sample in answer.json()["samples"]}


@pytest.mark.usefixtures("own")
async def test_every_comparison_of_every_type_finds_what_it_says(client, tenant):
    today = clock.today(tenant.zone)
    await lead(client, "甲", custom={"level": "A", "size": "9", "visit": str(today), "vip": True, "hint": "Große_Schule 100%"})
    await lead(client, "乙", custom={"level": "B", "size": "10.5", "visit": str(today + timedelta(days=40))})
    await lead(client, "丙")
    for condition, found in (
        (("custom.level", "eq", "a"), "甲"), (("custom.level", "ne", "A"), "乙丙"), (("custom.level", "in", "A、B"), "甲乙"),
        (("custom.level", "empty"), "丙"), (("custom.level", "filled"), "甲乙"),
        (("custom.size", "eq", "9.0"), "甲"), (("custom.size", "gt", "9"), "乙"), (("custom.size", "gte", "9"), "甲乙"),
        (("custom.size", "lt", "10"), "甲"), (("custom.size", "lte", "1,0.5"), "甲乙"), (("custom.size", "ne", "9"), "乙丙"),
        (("custom.size", "in", "9、11"), "甲"), (("custom.size", "empty"), "丙"),
        (("custom.visit", "eq", "today"), "甲"), (("custom.visit", "gt", "today"), "乙"), (("custom.visit", "lte", "+40"), "甲乙"),
        (("custom.visit", "ne", "today"), "乙丙"), (("custom.visit", "filled"), "甲乙"),
        (("custom.vip", "eq", "是"), "甲"), (("custom.vip", "eq", "no"), "乙丙"), (("custom.vip", "ne", "yes"), "乙丙"),
        (("custom.vip", "filled"), "甲"), (("custom.vip", "empty"), "乙丙"),
        (("custom.hint", "contains", "_schule"), "甲"), (("custom.hint", "contains", "e_c"), ""),
        (("custom.hint", "eq", "große_schule 100%"), "甲"),
        (("custom.hint", "empty"), "乙丙"),
    ):  # fmt: skip
        assert await fitting(client, condition) == set(found), condition
    assert await fitting(client, ("custom.level", "eq", "B"), ("custom.vip", "eq", "yes"), match="any") == {"甲", "乙"}


@pytest.mark.usefixtures("own")
async def test_an_earlier_field_of_the_code_does_not_stop_a_rule(client, own):
    await lead(client, "甲", custom={"hint": "2026-99-99"})
    assert (await client.delete(f"{OWN}/{own['hint']}", params={"stem": "crm.lead"})).status_code == 204
    for kind in ("date", "number"):
        made = await client.post(OWN, json={"stem": "crm.lead", "code": "hint", "label": "新", "kind": kind})
        value = "today-9000" if kind == "date" else "-1"
        assert await fitting(client, ("custom.hint", "lte", value)) == set()
        await client.delete(f"{OWN}/{made.json()['id']}", params={"stem": "crm.lead"})


@pytest.mark.usefixtures("own")
async def test_a_rule_sets_each_type_and_keeps_the_others(client, drain):
    made = await rule(
        client,
        conditions=[{"field": "custom.level", "value": "B"}],
        actions=[sets("custom.level", "a"), sets("custom.size", "1,200"), sets("custom.visit", "2026-12-24"), sets("custom.vip", "是"),
                 sets("custom.hint", "")],
    )  # fmt: skip
    one, other = (
        await lead(client, "甲", custom={"level": "B", "hint": "旧"}),
        await lead(client, "乙", custom={"level": "A", "hint": "旧"}),
    )
    await drain()
    assert (await read(client, one))["custom"] == {"level": "A", "size": "1200", "visit": "2026-12-24", "vip": True}
    assert (await read(client, other))["custom"] == {"level": "A", "hint": "旧"}
    [run] = await runs(client, made)
    assert (run["outcome"], run["done"][0]) == ("done", "级别：A")


@pytest.mark.usefixtures("own")
async def test_what_a_record_does_not_ask_for_is_not_set(client, drain):
    made = await rule(client, actions=[sets("need", "变"), sets("custom.vip_no", "7")])
    one = await lead(client, "甲")
    await drain()
    [run] = await runs(client, made)
    assert (run["outcome"], "贵宾号" in run["reason"], (await read(client, one))["need"]) == ("failed", True, None)


@pytest.mark.usefixtures("own")
async def test_only_a_change_of_the_field_itself_sets_it_off(client, drain):
    changed = await rule(client, "changed", field="custom.size", actions=[sets("need", "{x}")])
    became = await rule(client, "became", field="custom.level", value="A", actions=[sets("region", "x")])
    one = await lead(client, "甲", custom={"size": "5", "level": "B"})
    path = f"/api/v1/leads/{one['id']}"
    await client.patch(path, json={"custom": {"hint": "x"}})
    await client.patch(path, json={"phone": "138"})
    await drain()
    assert (await runs(client, changed), await runs(client, became)) == ([], [])
    # Two changes before anybody follows them: each field is seen to change once.
    await client.patch(path, json={"custom": {"size": "6", "level": "A"}})
    await client.patch(path, json={"custom": {"hint": "y"}})
    await drain()
    assert (len(await runs(client, changed)), len(await runs(client, became))) == (1, 1)
    await client.patch(path, json={"custom": {"size": "6.0", "level": "A"}})
    await drain()
    assert (len(await runs(client, changed)), len(await runs(client, became))) == (1, 1)


@pytest.mark.usefixtures("own")
async def test_a_new_record_becomes_what_it_begins_with(client, drain):
    made = await rule(client, "became", field="custom.vip", value="yes", actions=[sets("need", "贵宾")])
    for name, custom in (("甲", {"vip": True}), ("乙", {})):
        await lead(client, name, custom=custom)
    await drain()
    assert [run["title"].split()[-1] for run in await runs(client, made)] == ["甲"]


@pytest.mark.usefixtures("own")
async def test_a_day_of_the_companys_own_that_has_come(client, database, tenant):
    today = clock.today(tenant.zone)
    made = await rule(client, "date", field="custom.visit", days=-2, actions=[sets("need", "准备拜访")])
    for name, days in (("甲", 2), ("乙", 3)):
        await lead(client, name, custom={"visit": str(today + timedelta(days=days))})
    for _morning in range(2):
        async with database.work(tenant) as work:
            await look_at_dates(work)
    assert [run["title"].split()[-1] for run in await runs(client, made)] == ["甲"]


async def test_a_document_written_by_hand_takes_them_too(client, drain):
    await client.post(OWN, json={"stem": "crm.opportunity", "code": "bid", "label": "招标", "kind": "check"})
    await client.post(OWN, json={"stem": "crm.opportunity", "code": "team", "label": "小组", "kind": "text"})
    party = (await client.post("/api/v1/parties", json={"name": "青禾有限公司"})).json()
    condition = {"field": "custom.bid", "value": "yes"}
    await rule(client, record_kind="crm.opportunity", conditions=[condition], actions=[sets("custom.team", "标书组")])
    path = "/api/v1/opportunities"
    made = (await client.post(path, json={"party_id": party["id"], "name": "大单", "custom": {"bid": True}})).json()
    await drain()
    assert (await client.get(f"{path}/{made['id']}")).json()["custom"] == {"bid": True, "team": "标书组"}


async def test_a_field_that_is_gone_makes_the_rule_say_so(client, own, drain):
    conditions = [{"field": "custom.level", "value": "A"}]
    made = await rule(client, conditions=conditions, actions=[sets("custom.size", "1"), sets("need", "x")])
    assert made["missing_fields"] == []
    for code in ("level", "size"):
        assert (await client.delete(f"{OWN}/{own[code]}", params={"stem": "crm.lead"})).status_code == 204
    one = await lead(client, "甲")
    await drain()
    [run] = await runs(client, made)
    assert (run["outcome"], "custom.level" in run["reason"], (await read(client, one))["need"]) == ("failed", True, None)
    assert (await client.get(f"{API}/{made['id']}")).json()["missing_fields"] == ["custom.level", "custom.size"]
    assert "custom.level、custom.size" in (await client.get("/settings/rules", headers=HTML)).text
    page = (await client.get(f"/settings/rules/{made['id']}", headers=HTML)).text
    assert '<option value="custom.level" selected' in page
    form = {"record_kind": "crm.lead", "name": "规则", "active": "1", "trigger": "created", "match": "all", "version": str(made["version"])}
    form |= {"c0.field": "custom.level", "c0.operator": "eq", "c0.value": "A", "a0.type": "set_field", "a0.set_field.field": "need"}
    refused = await client.post(f"/settings/rules/{made['id']}", data=form)
    assert (refused.status_code, 'value="custom.level" selected' in refused.text) == (422, True)
    en = await client.post(f"/settings/rules/{made['id']}", data=form, headers={"accept-language": "en"})
    assert "There is no field custom.level any more." in en.text
    fixed = await client.post(f"/settings/rules/{made['id']}", data=form | {"c0.field": "", "a0.set_field.value": "y"})
    assert fixed.status_code == 303, fixed.text
    gone = await rule(client, "changed", field="need", actions=[sets("custom.hint", "x")])
    await client.delete(f"{OWN}/{own['hint']}", params={"stem": "crm.lead"})
    await client.patch(f"/api/v1/leads/{one['id']}", json={"need": "z"})
    await drain()
    assert [(run["outcome"], "custom.hint" in run["reason"]) for run in await runs(client, gone)] == [("failed", True)]


@pytest.mark.usefixtures("own")
async def test_what_is_hidden_from_somebody_is_no_part_of_their_rules(client, client_for, tenant, database):
    chief = await client_for(tenant, permissions={"workflow.rule.manage", "crm.lead.read", "crm.lead.update"})
    [role] = [each["code"] for each in (await client.get("/api/v1/roles")).json() if each["code"].startswith("test_")]
    limits = {"custom.size": FieldRight.HIDDEN, "custom.level": FieldRight.READ, "phone": FieldRight.MASKED}
    async with database.work(tenant) as work:
        work.session.add_all(FieldRule(role=role, stem="crm.lead", field=name, field_right=right) for name, right in limits.items())
    kinds = (await chief.get(f"{API}/kinds")).json()
    offered = {field["name"]: field for kind in kinds if kind["record_kind"] == "crm.lead" for field in kind["fields"]}
    assert ("custom.size" in offered, offered["custom.level"]["writable"], offered["custom.hint"]["writable"]) == (False, False, True)
    assert offered["custom.level"]["choices"] == [["A", "A"], ["B", "B"]]
    page = (await chief.get("/settings/rules/new?kind=crm.lead", headers=HTML)).text
    assert ("人数" in page, "备考" in page) == (False, True)
    body = {"name": "x", "record_kind": "crm.lead", "trigger": "created", "actions": [sets("need", "x")]}
    for more, place in (
        ({"conditions": [{"field": "custom.size", "operator": "gt", "value": "1"}]}, "conditions.0.field"),
        ({"conditions": [{"field": "phone", "operator": "contains", "value": "138"}]}, "conditions.0.field"),
        ({"trigger": "changed", "field": "custom.size"}, "field"),
        ({"actions": [sets("custom.size", "1")]}, "actions.0.field"),
        ({"actions": [sets("custom.level", "A")]}, "actions.0.field"),
        ({"actions": [{"type": "notify", "who": "owner", "text": "人数 {custom.size}"}]}, "actions.0.text"),
    ):
        for path in (API, f"{API}/dry-run"):
            refused = await chief.post(path, json={**body, **more})
            assert (refused.status_code, [error["field"] for error in refused.json()["errors"]]) == (422, [place]), more
            assert (await client.post(path, json={**body, **more})).status_code in (200, 201), more


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"conditions": [{"field": "custom.nothing", "value": "a"}]}, "conditions.0.field"),
        ({"conditions": [{"field": "custom.size", "operator": "gt", "value": "viel"}]}, "conditions.0.value"),
        ({"conditions": [{"field": "custom.size", "operator": "contains", "value": "1"}]}, "conditions.0.value"),
        ({"conditions": [{"field": "custom.visit", "value": "2026-02-30"}]}, "conditions.0.value"),
        ({"conditions": [{"field": "custom.level", "value": "C"}]}, "conditions.0.value"),
        ({"conditions": [{"field": "custom.vip", "value": "vielleicht"}]}, "conditions.0.value"),
        ({"trigger": "became", "field": "custom.level", "value": "C"}, "value"),
        ({"trigger": "date", "field": "custom.hint"}, "field"),
        ({"actions": [sets("custom.level", "C")]}, "actions.0.value"),
        ({"actions": [sets("custom.nothing", "C")]}, "actions.0.field"),
    ],
)
async def test_wrong_parts_are_refused_in_their_place(client, wrong, field):
    answer = await client.post(API, json={**BODY, "actions": [sets("need", "x")], **wrong})
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.usefixtures("own")
async def test_another_company_does_not_know_them(client, other_client):
    body = {"name": "x", "record_kind": "crm.lead", "trigger": "created", "actions": [sets("custom.hint", "x")]}
    assert (await other_client.post(API, json=body)).status_code == 422
    assert "custom." not in (await other_client.get(f"{API}/kinds")).text
    assert "备考" not in (await other_client.get("/settings/rules/new?kind=crm.lead", headers=HTML)).text


async def test_a_file_tells_which_own_field_it_changed(client, drain):
    for code, label in (("size", "人数"), ("hint", "备考")):
        await client.post(OWN, json={"stem": "master.party", "code": code, "label": label, "kind": "text"})
    for name in ("甲公司", "乙公司"):
        await client.post("/api/v1/parties", json={"name": name, "custom": {"size": "1"}})
    made = await rule(client, "changed", record_kind="master.party", field="custom.size", actions=[sets("custom.hint", "变")])
    file = ("x.csv", "名称,人数,备考\n甲公司,2,\n乙公司,1,新\n".encode(), "text/csv")
    answer = await client.post("/api/v1/parties/import", params={"key": "name"}, files={"file": file})
    assert answer.json()["changed"] == 2, answer.text
    await drain()
    assert [run["title"].split()[0] for run in await runs(client, made)] == ["甲公司"]
