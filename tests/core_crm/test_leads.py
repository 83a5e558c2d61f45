"""Leads: captured, scored, assigned, converted without loss, disqualified; and the form on the company's web site."""

import asyncio

import httpx
import pytest
from sqlalchemy import update

from core_crm.leads.model import Lead, ScoringRule
from core_crm.leads.scoring import rescore
from kernel.database import Database
from master_data.api import EMPLOYEES
from vertical.records import create_record


@pytest.fixture
async def staff(database: Database, tenant):
    """Two sellers, by name."""
    async with database.work(tenant) as work:
        return {name: await create_record(work, EMPLOYEES, {"code": f"S{n}", "name": name}) for n, name in enumerate(("王芳", "李雷"), 1)}


@pytest.fixture
async def lead(client):
    async def write(**fields):
        answer = await client.post("/api/v1/leads", json={"name": "赵敏", "company": "晨光文具有限公司", "phone": "13800138000", **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return write


async def rule(client, *employees, **fields):
    body = {"name": "规则", "employees": [str(each) for each in employees], **fields}
    answer = await client.post("/api/v1/assignment-rules", json=body)
    assert answer.status_code == 201, answer.text


async def do(client, lead, command, **body):
    return await client.post(f"/api/v1/leads/{lead['id']}/{command}", json=body)


async def state(client, lead):
    return (await client.get(f"/api/v1/leads/{lead['id']}/state")).json()


async def test_a_lead_is_scored_with_its_reasons(client, lead):
    rules = (
        ("有公司", "company", "filled", None, 20),
        ("展会", "source", "equals", "展会", 30),
        ("华东", "region", "in", "上海, 江苏", 15),
        ("空邮箱", "email", "empty", None, -5),
    )
    for name, field, operator, value, points in rules:
        body = {"name": name, "field": field, "operator": operator, "value": value, "points": points}
        assert (await client.post("/api/v1/scoring-rules", json=body)).status_code == 201
    made = await state(client, await lead(source="展会", region="江苏"))
    assert made["score"] == 60
    assert {reason["rule"]: reason["points"] for reason in made["score_reasons"]} == {"有公司": 20, "展会": 30, "华东": 15, "空邮箱": -5}


async def test_a_changed_rule_scores_open_leads_again(client, lead, database, tenant):
    made = await lead()
    body = {"name": "有电话", "field": "phone", "operator": "filled", "points": 7}
    await client.post("/api/v1/scoring-rules", json=body)
    async with database.work(tenant) as work:
        await rescore(work)
    assert (await state(client, made))["score"] == 7


async def test_leads_go_round_robin(client, lead, staff):
    await rule(client, staff["王芳"], staff["李雷"])
    owners = [(await state(client, await lead(name=f"客户{n}")))["owner_id"] for n in range(4)]
    assert owners == [str(staff["王芳"]), str(staff["李雷"])] * 2


async def test_the_first_rule_that_fits_decides(client, lead, staff):
    await rule(client, staff["王芳"], field="region", operator="in", value="上海、浙江", position=1)
    await rule(client, staff["李雷"], position=2)
    assert (await state(client, await lead(region="浙江")))["owner_id"] == str(staff["王芳"])
    assert (await state(client, await lead(region="四川")))["owner_id"] == str(staff["李雷"])


async def test_whoever_has_fewest_open_leads_gets_the_next(client, lead, staff):
    for n in range(2):
        await lead(name=f"老{n}", owner_id=str(staff["王芳"]))
    await rule(client, staff["王芳"], staff["李雷"], by_load=True)
    assert (await state(client, await lead()))["owner_id"] == str(staff["李雷"])


async def test_nobody_gets_more_than_the_rule_allows(client, lead, staff):
    await rule(client, staff["王芳"], load_max=1)
    assert (await state(client, await lead(name="一")))["owner_id"] == str(staff["王芳"])
    second = await lead(name="二")
    assert (await state(client, second))["owner_id"] is None
    assert [row["record_id"] for row in (await client.get("/api/v1/pool/leads")).json()["items"]] == [second["id"]]
    refused = await client.post(f"/api/v1/leads/{second['id']}/assign")
    assert (refused.status_code, refused.json()["code"]) == (409, "nobody_free")


async def test_rules_run_on_demand(client, lead, staff):
    made = await lead()
    await rule(client, staff["李雷"])
    assert (await client.post(f"/api/v1/leads/{made['id']}/assign")).status_code == 200
    assert (await state(client, made))["owner_id"] == str(staff["李雷"])
    assert (await client.get("/api/v1/pool/leads")).json()["items"] == []


async def test_an_import_scores_and_assigns_each_row(client, staff):
    await rule(client, staff["王芳"], staff["李雷"])
    content = "name,company,phone\n甲,甲公司,1\n乙,乙公司,2\n".encode()
    answer = await client.post("/api/v1/leads/import", files={"file": ("leads.csv", content, "text/csv")})
    assert answer.json()["created"] == 2, answer.text
    leads = (await client.get("/api/v1/leads")).json()["items"]
    assert {row["owner_id"] for row in leads} == {str(staff["王芳"]), str(staff["李雷"])}


async def test_the_first_contact_begins_the_work(client, lead):
    made = await lead()
    assert (await do(client, made, "timeline", body="电话未接", kind="call")).status_code == 201
    assert (await state(client, made))["state"] == "working"


async def test_converting_keeps_all_that_was_known(client, lead):
    made = await lead(position="采购经理", email="zhao@example.com", region="上海", source="展会", need="200 套文具")
    await do(client, made, "timeline", body="要样品")
    done = await do(client, made, "convert", opportunity_name="文具年框", amount="36000")
    assert done.status_code == 200, done.text
    party = (await client.get(f"/api/v1/parties/{done.json()['party_id']}")).json()
    assert (party["name"], party["region"], party["source"], party["stage"]) == ("晨光文具有限公司", "上海", "展会", "interested")
    [contact] = (await client.get(f"/api/v1/parties/{party['id']}/contacts")).json()
    assert (contact["name"], contact["position"], contact["phone"]) == ("赵敏", "采购经理", "13800138000")
    opportunity = (await client.get(f"/api/v1/opportunities/{done.json()['opportunity_id']}")).json()
    assert (opportunity["name"], opportunity["amount"], opportunity["source"]) == ("文具年框", "36000.00", "展会")
    assert (opportunity["lead_id"], opportunity["contact_id"], opportunity["remark"]) == (made["id"], contact["id"], "200 套文具")
    assert "要样品" in (await client.get(f"/parties/{party['id']}")).text
    after = await state(client, made)
    assert (after["state"], after["party_id"]) == ("converted", party["id"])


async def test_a_person_becomes_a_person(client, lead):
    made = await lead(company=None)
    done = (await do(client, made, "convert", with_opportunity=False)).json()
    assert done["opportunity_id"] is None
    assert (await client.get(f"/api/v1/parties/{done['party_id']}")).json()["kind"] == "person"


async def test_a_lead_is_converted_once(client, lead):
    made = await lead()
    await do(client, made, "convert")
    again = await do(client, made, "convert", new_party=True)
    assert (again.status_code, again.json()["code"]) == (409, "lead_not_open")
    assert (await client.patch(f"/api/v1/leads/{made['id']}", json={"name": "别"})).status_code == 409


@pytest.mark.parametrize("same", [{"name": "晨光文具 有限责任公司"}, {"name": "别的公司", "phone": "138-0013-8000"}])
async def test_customers_that_look_alike_are_offered(client, lead, same):
    party = (await client.post("/api/v1/parties", json=same)).json()
    made = await lead()
    refused = await do(client, made, "convert")
    assert (refused.status_code, refused.json()["code"]) == (409, "party_looks_alike")
    assert [each["id"] for each in refused.json()["parties"]] == [party["id"]]
    assert party["name"] in (await client.get(f"/leads/{made['id']}/convert")).text
    done = await do(client, made, "convert", party_id=party["id"])
    assert done.json()["party_id"] == party["id"]


async def test_a_new_customer_is_made_although_another_looks_alike(client, lead):
    party = (await client.post("/api/v1/parties", json={"name": "晨光文具有限公司"})).json()
    done = await do(client, await lead(), "convert", new_party=True)
    assert done.status_code == 200, done.text
    assert done.json()["party_id"] != party["id"]


async def test_a_disqualified_lead_says_why_and_is_reopened(client, lead):
    made = await lead()
    assert (await do(client, made, "disqualify", reason="  ")).status_code == 422
    assert (await do(client, made, "disqualify", reason="空号")).json()["disqualified_reason"] == "空号"
    assert (await do(client, made, "disqualify", reason="再")).json()["code"] == "lead_not_open"
    assert (await do(client, made, "convert")).json()["code"] == "lead_not_open"
    assert (await do(client, made, "reopen")).json()["state"] == "new"
    assert (await do(client, made, "reopen")).json()["code"] == "lead_not_disqualified"


async def test_the_page_of_a_lead_offers_what_comes_next(client, lead):
    made = await lead()
    page = (await client.get(f"/leads/{made['id']}")).text
    assert f"/leads/{made['id']}/convert" in page
    assert f'action="/leads/{made["id"]}/disqualify"' in page
    answer = await client.post(f"/leads/{made['id']}/convert", data={"choice": "new", "opportunity_name": "x", "amount": "1,000"})
    assert answer.status_code == 303, answer.text
    assert "/opportunities/" in answer.headers["location"]


async def test_another_company_sees_no_lead(other_client, client, lead):
    made = await lead()
    assert (await other_client.get(f"/api/v1/leads/{made['id']}")).status_code == 404
    assert (await other_client.get("/api/v1/leads")).json()["items"] == []
    assert (await do(other_client, made, "convert")).status_code == 404
    assert (await other_client.get("/api/v1/pool/leads")).json()["items"] == []


# --- the form on the company's web site


@pytest.fixture
async def form(client):
    body = {"name": "官网", "title": "预约演示", "consent_text": "我同意被联系", "thanks": "谢谢", "sites": ["https://www.example.com"]}
    answer = await client.post("/api/v1/web-forms", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
async def stranger(app, settings, tenant):
    base = settings.tenant_url(tenant.slug, "").rstrip("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base) as browser:
        yield browser


GIVEN = {"name": "访客", "phone": "13900139000", "need": "想了解", "consent": "1"}


async def test_a_stranger_becomes_a_lead_with_the_proof_of_consent(client, form, stranger):
    shown = await stranger.get(form["path"])
    assert "我同意被联系" in shown.text
    assert "frame-ancestors https://www.example.com" in shown.headers["content-security-policy"]
    sent = await stranger.post(form["path"], data=GIVEN, headers={"sec-fetch-site": "cross-site", "user-agent": "Browser"})
    assert (sent.status_code, "谢谢" in sent.text) == (200, True)
    assert "set-cookie" not in sent.headers
    [row] = (await client.get("/api/v1/leads")).json()["items"]
    consent = (await state(client, row))["consent"]
    assert (row["name"], row["source"], consent["text"], consent["agent"]) == ("访客", "官网", "我同意被联系", "Browser")
    assert consent["ip"]
    assert consent["at"]


@pytest.fixture
async def agreed(client, form, stranger):
    """The lead of a stranger who agreed to e-mails, and was offered nothing else."""
    text = await client.post("/api/v1/consent-texts", json={"channel": "email", "body": "我同意接收邮件"})
    assert text.status_code == 201, text.text
    body = {name: form[name] for name in ("name", "title", "consent_text", "thanks", "version")}
    asks = {"fields": ["phone", "email", "advertising"]}
    assert (await client.put(f"/api/v1/web-forms/{form['id']}", json=body | asks)).status_code == 200
    shown = (await stranger.get(form["path"])).text
    assert "我同意接收邮件" in shown
    assert "自愿" in shown, "nobody has to agree to advertising to be answered"
    assert "agree_sms" not in shown
    given = GIVEN | {"email": "fang@example.com", "agree_email": text.json()["id"], "agree_sms": text.json()["id"]}
    assert (await stranger.post(form["path"], data=given, headers={"user-agent": "Browser"})).status_code == 200
    [row] = (await client.get("/api/v1/leads")).json()["items"]
    return row


async def test_consent_to_advertising_goes_along_to_the_customer(client, agreed):
    assert "营销同意" in (await client.get(f"/leads/{agreed['id']}")).text
    done = await do(client, agreed, "convert", with_opportunity=False)
    standings = (await client.get(f"/api/v1/parties/{done.json()['party_id']}/consents")).json()
    granted = {each["channel"]: each["granted"] for each in standings}
    assert granted == {"email": True, "sms": None}
    [kept] = next(each for each in standings if each["channel"] == "email")["history"]
    assert (kept["source"], kept["address"], kept["agent"]) == ("form", "fang@example.com", "Browser")


async def test_consent_of_another_address_does_not_count_for_a_customer(client, agreed):
    there = (await client.post("/api/v1/parties", json={"name": "老客户", "kind": "person", "email": "other@example.com"})).json()
    done = await do(client, agreed, "convert", with_opportunity=False, party_id=there["id"])
    assert done.status_code == 200, done.text
    standings = (await client.get(f"/api/v1/parties/{there['id']}/consents")).json()
    assert [each["granted"] for each in standings] == [None, None]


@pytest.mark.parametrize(("change", "field"), [({"consent": ""}, "consent"), ({"name": ""}, "name"), ({"phone": ""}, "phone")])
async def test_what_is_missing_is_said_and_nothing_is_kept(client, form, stranger, change, field):
    sent = await stranger.post(form["path"], data=GIVEN | change)
    assert sent.status_code == 422
    assert f'id="e-f-{field}"' in sent.text
    assert (await client.get("/api/v1/leads")).json()["items"] == []


async def test_a_program_that_fills_every_field_achieves_nothing(client, form, stranger):
    sent = await stranger.post(form["path"], data=GIVEN | {"website": "http://spam.example"})
    assert (sent.status_code, "谢谢" in sent.text) == (200, True)
    assert (await client.get("/api/v1/leads")).json()["items"] == []


async def test_one_address_sends_only_so_many(client, form, stranger):
    answers = [(await stranger.post(form["path"], data=GIVEN)).status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert len((await client.get("/api/v1/leads")).json()["items"]) == 5


async def test_a_form_out_of_use_or_of_another_company_is_not_there(client, form, stranger, app, settings, other_tenant):
    base = settings.tenant_url(other_tenant.slug, "").rstrip("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as elsewhere:
        assert (await elsewhere.get(form["path"])).status_code == 404
        assert (await elsewhere.post(form["path"], data=GIVEN)).status_code == 404
    body = {name: form[name] for name in ("name", "title", "consent_text", "thanks", "version")} | {"active": False}
    assert (await client.put(f"/api/v1/web-forms/{form['id']}", json=body)).status_code == 200
    assert (await stranger.get(form["path"])).status_code == 404


async def test_html_in_a_field_stays_text(client, form, stranger):
    await stranger.post(form["path"], data=GIVEN | {"name": "<script>alert(1)</script>"})
    [row] = (await client.get("/api/v1/leads")).json()["items"]
    assert "<script>alert(1)" not in (await client.get(f"/leads/{row['id']}")).text


async def test_a_character_that_cannot_be_kept_loses_no_lead(client, form, stranger):
    answer = await stranger.post(form["path"], data=GIVEN | {"name": "访\x00客"})
    assert answer.status_code == 200, answer.text
    assert [row["name"] for row in (await client.get("/api/v1/leads")).json()["items"]] == ["访客"]


async def test_whoever_is_signed_in_has_nothing_to_do_with_it(client, form):
    """The browser of a colleague sends its cookie along; the lead is still the form's."""
    await client.post(form["path"], data=GIVEN)
    entries = (await client.get("/api/v1/leads")).json()["items"]
    assert entries[0]["owner_id"] is None


async def test_a_form_must_be_answerable_and_sites_must_be_sites(client):
    body = {"name": "x", "title": "x", "consent_text": "x", "thanks": "x", "fields": ["name"], "sites": ["javascript:alert(1)", "*"]}
    answer = await client.post("/api/v1/web-forms", json=body)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"fields", "sites"}


async def test_sellers_do_not_set_up_rules(client_for, tenant):
    seller = await client_for(tenant, permissions={"crm.lead.read", "crm.lead.create", "crm.pool.read", "crm.pool.claim"})
    for path in (
        "/api/v1/assignment-rules",
        "/api/v1/web-forms",
        "/api/v1/pool/rules",
        "/api/v1/scoring-rules",
        "/pool/rules",
        "/leads/rules",
    ):
        assert (await seller.get(path)).status_code == 403, path


def test_rules_look_only_at_fields_of_a_lead():
    from core_crm.leads.model import RULE_FIELDS

    assert set(RULE_FIELDS) <= set(Lead.__table__.c.keys())


@pytest.mark.parametrize(("field", "points", "wrong"), [("nope", 1, "field"), ("version", 1, "field"), ("region", 2_000_000_000, "points")])
async def test_a_scoring_rule_that_no_lead_could_be_scored_by_is_refused(client, lead, field, points, wrong):
    body = {"name": "规则", "field": field, "operator": "filled", "points": points}
    refused = await client.post("/api/v1/scoring-rules", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, wrong), refused.text
    assert (await lead())["score"] == 0


async def test_a_scoring_rule_of_old_that_fits_no_field_keeps_no_lead_out(client, lead, database, tenant):
    await client.post("/api/v1/scoring-rules", json={"name": "规则", "field": "region", "operator": "filled", "points": 5})
    async with database.work(tenant) as work:
        await work.session.execute(update(ScoringRule).values(field="gone"))
    assert (await lead(region="杭州"))["score"] == 0


async def test_leads_that_come_at_once_are_all_kept_and_given_in_turn(client, staff):
    await rule(client, *staff.values())
    answers = await asyncio.gather(*(client.post("/api/v1/leads", json={"name": f"访客{n}"}) for n in range(8)))
    assert [answer.status_code for answer in answers] == [201] * 8, [answer.text for answer in answers]
    owners = [row["owner_id"] for row in (await client.get("/api/v1/leads")).json()["items"]]
    assert sorted(owners.count(str(employee_id)) for employee_id in staff.values()) == [4, 4]
