"""Rules: set off by what happens, on records that fit, once; what they write does not go round for ever."""

import asyncio
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from tests.workflow.conftest import told

from kernel import clock
from kernel.ids import new_id
from messaging.model import Mail
from workflow.changes.model import Change
from workflow.rules.fields import day_of
from workflow.rules.running import look_at_dates

API = "/api/v1/rules"
HTML = {"accept": "text/html"}
TASK = {"type": "create_task", "title": "联系 {name}", "who": "owner", "days": 1}


@pytest.fixture
async def wang(tenant, seat_for):
    return await seat_for(tenant, "sales", name="王丽")


async def rule(client, trigger="created", actions=(TASK,), **more):
    body = {"name": "规则", "record_kind": "crm.lead", "trigger": trigger, "actions": list(actions), **more}
    answer = await client.post(API, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def lead(client, name="方静", **more):
    answer = await client.post("/api/v1/leads", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(client, made):
    return (await client.get(f"/api/v1/leads/{made['id']}")).json()


async def runs(client, made):
    return (await client.get(f"{API}/{made['id']}/runs")).json()["items"]


async def tasks(client):
    return [task["title"] for task in (await client.get("/api/v1/tasks", params={"whose": "all"})).json()["items"]]


async def test_a_new_record_that_fits_is_given_in_turn_and_gets_its_task(client, tenant, seat_for, drain):
    one, two = [await seat_for(tenant, "sales", name=name) for name in ("甲", "乙")]
    assign = {"type": "assign", "employees": [str(one.employee_id), str(two.employee_id)]}
    fair = [{"field": "source", "operator": "in", "value": "展会、官网"}]
    made = await rule(client, actions=[assign, TASK], conditions=fair)
    leads = [await lead(client, f"线索{n}", source=source) for n, source in enumerate(("展会", "官网", "电话", "展会"))]
    await drain()
    owners = [(await read(client, each))["owner_id"] for each in leads]
    assert owners == [str(one.employee_id), str(two.employee_id), None, str(one.employee_id)]
    assert sorted(await tasks(client)) == ["联系 线索0", "联系 线索1", "联系 线索3"]
    assert [(run["outcome"], run["done"][0]) for run in await runs(client, made)] == [("done", f"已分配给{who}") for who in "甲乙甲"]
    assert len([text for text in await told(one.client) if "was given to you" in text]) == 2


async def test_any_of_several_conditions_or_all_of_them(client, drain):
    conditions = [{"field": "region", "operator": "contains", "value": "杭州"}, {"field": "phone", "operator": "filled"}]
    either = await rule(client, match="any", conditions=conditions, actions=[{"type": "set_field", "field": "need", "value": "any"}])
    both = await rule(client, match="all", conditions=conditions, actions=[{"type": "set_field", "field": "industry", "value": "all"}])
    made = [
        await lead(client, "甲", region="浙江 杭州"),
        await lead(client, "乙", region="杭州", phone="1380000"),
        await lead(client, "丙"),
    ]
    await drain()
    found = [await read(client, each) for each in made]
    assert [each["need"] for each in found] == ["any", "any", None]
    assert [each["industry"] for each in found] == [None, "all", None]
    assert (len(await runs(client, either)), len(await runs(client, both))) == (2, 1)


async def test_a_change_of_the_field_sets_it_off_and_no_other(client, drain):
    made = await rule(client, "changed", field="region", actions=[{"type": "set_field", "field": "need", "value": "变了"}])
    each = await lead(client)
    await drain()
    assert await runs(client, made) == []
    await client.patch(f"/api/v1/leads/{each['id']}", json={"phone": "138"})
    await drain()
    assert await runs(client, made) == []
    await client.patch(f"/api/v1/leads/{each['id']}", json={"region": "上海"})
    await drain()
    assert (len(await runs(client, made)), (await read(client, each))["need"]) == (1, "变了")


async def test_a_field_that_becomes_a_value_sets_it_off_once_and_by_code_too(client, wang, drain):
    made = await rule(client, "became", field="state", value="disqualified", actions=[TASK])
    each = await lead(client)
    await client.post(f"/api/v1/leads/{each['id']}/disqualify", json={"reason": "空号"})  # the ORM writes this
    await drain()
    assert len(await runs(client, made)) == 1
    await client.patch(f"/api/v1/leads/{each['id']}", json={"phone": "139"})
    await drain()
    assert len(await runs(client, made)) == 1


async def test_a_document_written_by_hand_has_rules_too(client, wang, drain):
    party = (await client.post("/api/v1/parties", json={"name": "青禾有限公司"})).json()
    made = await rule(
        client,
        record_kind="crm.opportunity",
        conditions=[{"field": "amount", "operator": "gte", "value": "100000"}],
        actions=[{"type": "notify", "who": "role:owner", "text": "大单：{title}，{amount} 元"}],
    )
    for name, amount in (("小单", "99999.99"), ("大单", "100000")):
        await client.post("/api/v1/opportunities", json={"party_id": party["id"], "name": name, "amount": amount})
    await drain()
    assert [text for text in await told(client) if "大单" in text] == ["大单：大单，100000 元"]
    assert len(await runs(client, made)) == 1


async def test_two_rules_that_answer_each_other_end(client, drain, database, tenant):
    first = await rule(client, "changed", field="region", actions=[{"type": "set_field", "field": "need", "value": "x"}])
    second = await rule(client, "changed", field="need", actions=[{"type": "set_field", "field": "region", "value": "y"}])
    each = await lead(client)
    await client.patch(f"/api/v1/leads/{each['id']}", json={"region": "开始"})
    for _round in range(4):
        await drain()
    assert [run["outcome"] for run in await runs(client, second)] == ["done"]
    assert sorted(run["outcome"] for run in await runs(client, first)) == ["done", "stopped"]
    async with database.work(tenant) as work:
        assert await work.session.scalar(sa.select(sa.func.count()).select_from(Change)) == 0


async def test_an_action_that_fails_undoes_the_others_and_says_why(client, drain):
    mail = {"type": "send_mail", "to": "email", "subject": "您好 {name}", "body": "x"}
    made = await rule(client, actions=[TASK, mail])
    await lead(client)  # without an address
    await drain()
    [run] = await runs(client, made)
    assert (run["outcome"], "地址" in run["reason"] or "address" in run["reason"], await tasks(client)) == ("failed", True, [])


async def test_mail_goes_once_to_the_records_address(client, drain, database):
    await rule(client, actions=[{"type": "send_mail", "to": "email", "subject": "您好 {name}\nBcc: x", "body": "感谢关注 {company}。"}])
    address = f"{new_id()}@example.com"
    await lead(client, "方静", email=address, company="育才小学")
    for _time in range(2):
        await drain()
    async with database.registry_session() as session:
        [letter] = list(await session.scalars(sa.select(Mail).where(Mail.recipient == address)))
    assert (letter.subject, "感谢关注 育才小学。" in letter.text) == ("您好 方静 Bcc: x", True)


async def test_what_is_rolled_back_sets_nothing_off(client, drain, database, tenant):
    made = await rule(client)

    async def fail():
        async with database.work(tenant) as work:
            from core_crm.leads.model import Lead

            work.session.add(Lead(name="没有", search_text="x"))
            await work.session.flush()
            raise ValueError

    with pytest.raises(ValueError):
        await fail()
    await drain()
    assert await runs(client, made) == []


async def test_records_of_a_file_set_rules_off(client, drain):
    made = await rule(client, actions=[{"type": "set_field", "field": "need", "value": "导入"}])
    file = {"file": ("x.csv", "name\n甲\n乙\n".encode(), "text/csv")}
    assert (await client.post("/api/v1/leads/import", files=file)).json()["created"] == 2
    await drain()
    assert len(await runs(client, made)) == 2


async def test_a_day_that_has_come_sets_it_off_once(client, wang, database, tenant, drain):
    party = (await client.post("/api/v1/parties", json={"name": "青禾有限公司"})).json()
    today = clock.today(tenant.zone)
    made = await rule(client, "date", record_kind="crm.opportunity", field="expected_on", days=-3,
                      actions=[{"type": "notify", "who": "role:owner", "text": "{title} 三天后到期"}])  # fmt: skip
    for name, days in (("三天后", 3), ("四天后", 4), ("昨天", -1)):
        body = {"party_id": party["id"], "name": name, "expected_on": str(today + timedelta(days=days))}
        assert (await client.post("/api/v1/opportunities", json=body)).status_code == 201
    for _morning in range(2):
        async with database.work(tenant) as work:
            await look_at_dates(work)
    assert [run["title"] for run in await runs(client, made)] == ["三天后"]
    with clock.frozen(clock.now() + timedelta(days=1)):
        async with database.work(tenant) as work:
            await look_at_dates(work)
    assert [run["title"] for run in await runs(client, made)] == ["四天后", "三天后"]


async def test_a_dry_run_counts_and_changes_nothing(client, other_client, drain, state_of, tenant):
    for name in ("甲", "乙"):
        await lead(client, name, region="杭州")
    await lead(client, "丙")
    await lead(other_client, "别家的", region="杭州")
    before = await state_of(tenant)
    body = {"name": "试", "record_kind": "crm.lead", "trigger": "created", "actions": [TASK],
            "conditions": [{"field": "region", "value": "杭州"}]}  # fmt: skip
    found = (await client.post(f"{API}/dry-run", json=body)).json()
    assert (found["count"], [sample["title"] for sample in found["samples"]]) == (2, ["乙", "甲"])
    after = await state_of(tenant)
    assert {table for table in before if before[table] != after[table]} == set()


async def test_rules_are_their_companys_and_of_those_who_may(client, other_client, wang, drain):
    made = await rule(client)
    for method, address in (("GET", f"{API}/{made['id']}"), ("DELETE", f"{API}/{made['id']}"), ("GET", f"{API}/{made['id']}/runs"),
                            ("GET", f"/settings/rules/{made['id']}"), ("POST", f"/settings/rules/{made['id']}/delete")):  # fmt: skip
        assert (await other_client.request(method, address)).status_code == 404
        assert (await wang.client.request(method, address)).status_code == 403
    await lead(other_client)
    await drain()
    assert (await runs(client, made), (await other_client.get(API)).json()) == ([], [])


async def test_two_workers_at_once_run_a_rule_once(client, database, catalog, tenant):
    from workflow.changes.following import follow

    made = await rule(client)
    await lead(client)

    async def work_off():
        async with database.work(tenant) as work:
            await follow(work)

    await asyncio.gather(*(work_off() for _n in range(4)))
    assert len(await runs(client, made)) == 1
    assert len(await tasks(client)) == 1


async def test_a_turn_that_somebody_took_meanwhile_does_not_fail_a_rule(client, database, tenant, seat_for):
    from workflow.changes.following import follow
    from workflow.rules.model import Rule
    from workflow.rules.running import rules_for

    one, two = [await seat_for(tenant, "sales", name=name) for name in ("甲", "乙")]
    made = await rule(client, actions=[{"type": "assign", "employees": [str(one.employee_id), str(two.employee_id)]}])
    written = await lead(client)
    async with database.work(tenant) as work:
        await rules_for(work, "crm.lead")
        async with database.work(tenant) as other:
            await other.session.execute(sa.update(Rule).values(turn=1, version=Rule.version + 1))
        await follow(work)
    assert [run["outcome"] for run in await runs(client, made)] == ["done"]
    assert (await read(client, written))["owner_id"] == str(two.employee_id)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"record_kind": "no.such"}, "record_kind"),
        ({"trigger": "became", "field": "nothing"}, "field"),
        ({"trigger": "became", "field": "state", "value": "purple"}, "value"),
        ({"trigger": "date", "field": "name"}, "field"),
        ({"actions": []}, "actions.0.type"),
        ({"actions": [{"type": "set_field", "field": "score", "value": "1"}]}, "actions.0.field"),
        ({"actions": [{"type": "assign", "employees": [str(new_id())]}]}, "actions.0.employees"),
        ({"actions": [{"type": "notify", "text": "x", "who": "stranger"}]}, "actions.0.who"),
        ({"conditions": [{"field": "score", "operator": "gt", "value": "viel"}]}, "conditions.0.value"),
        ({"conditions": [{"field": "name", "operator": "gt", "value": "a"}]}, "conditions.0.value"),
        ({"conditions": [{"field": "password", "value": "a"}]}, "conditions.0.field"),
    ],
)
async def test_wrong_rules_are_refused_beside_their_part(client, wrong, field):
    body = {"name": "x", "record_kind": "crm.lead", "trigger": "created", "actions": [TASK], **wrong}
    answer = await client.post(API, json=body)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_rule_is_built_tried_and_read_on_its_pages(client, drain, wang):
    listed = (await client.get("/settings/rules", headers=HTML)).text
    assert '<option value="crm.lead"' in listed
    page = (await client.get("/settings/rules/new?kind=crm.lead", headers=HTML)).text
    assert ('name="a0.create_task.title"' in page, "新线索" in page) == (True, True)
    form = {"record_kind": "crm.lead", "name": "展会线索", "active": "1", "trigger": "became", "field": "state", "value": "新线索"}
    form |= {"match": "all", "c0.field": "source", "c0.operator": "eq", "c0.value": "展会", "a0.type": "create_task"}
    done = {"title": "给 {name} 打电话", "who": "owner", "days": "2", "priority": "high"}
    form |= {f"a0.create_task.{name}": value for name, value in done.items()}
    wrong = await client.post("/settings/rules/new", data={**form, "a0.create_task.title": "", "value": "紫色"})
    assert (wrong.status_code, "form-errors" in wrong.text, 'value="展会"' in wrong.text) == (422, True, True)
    await lead(client, "旧的", source="展会")
    trial = (await client.post("/settings/rules/trial", data=form)).text
    assert ("旧的" in trial, "1" in trial) == (True, True)
    assert (await client.post("/settings/rules/new", data=form)).status_code == 303
    [made] = (await client.get(API)).json()
    assert made["actions"] == [{"type": "create_task", "title": "给 {name} 打电话", "who": "owner", "days": 2, "priority": "high"}]
    await lead(client, "<i>新的</i>", source="展会")
    await drain()
    ran = (await client.get(f"/settings/rules/{made['id']}/runs", headers=HTML)).text
    assert "&lt;i&gt;新的" in ran
    en = (await client.get("/settings/rules", headers=HTML | {"accept-language": "en"})).text
    assert "1 runs" in en
    again = {**form, "name": "改名", "version": str(made["version"])}
    assert (await client.post(f"/settings/rules/{made['id']}", data=again)).status_code == 303
    stale = await client.post(f"/settings/rules/{made['id']}", data=again)
    assert stale.status_code == 422
    assert "改名" in (await client.get(f"/settings/rules/{made['id']}", headers=HTML)).text
    assert (await wang.client.get("/settings/rules", headers=HTML)).status_code == 403
    assert (await client.get("/settings/rules/new?kind=no.such", headers=HTML)).status_code == 404


def test_days_are_counted_from_today():
    today = date(2026, 11, 30)
    assert [day_of(text, today) for text in ("today", "+7", "today-30", "今天+1", "2026-12-24", "2026/12/24")] == [
        today, date(2026, 12, 7), date(2026, 10, 31), date(2026, 12, 1), date(2026, 12, 24), date(2026, 12, 24),
    ]  # fmt: skip
