"""Approvals: who decides, in which order, once, and that what was asked for is done with the last decision or not at all."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal

import httpx
import pytest
import sqlalchemy as sa
from tests.education.conftest import School
from tests.workflow.conftest import told

from education.enrolments.service import get_enrolment, receive_tuition, withdraw
from identity.members.model import Member
from kernel.errors import DomainError
from kernel.ids import new_id
from master_data.organisation.model import Employee
from vertical.locks import require_unlocked
from workflow.api import request_approval
from workflow.approvals.model import Approval

API, FLOWS = "/api/v1/approvals", "/api/v1/approval-flows"
REFUND, ENROLMENT = "education.refund", "education.enrolment"
OWNERS = [{"by": "role:owner"}]


@dataclass
class Desk:
    """A school with a refund to ask for."""

    school: School
    owner: httpx.AsyncClient
    enrolment_id: str

    async def flow(self, steps=OWNERS, **more):
        answer = await self.owner.post(FLOWS, json={"kind": REFUND, "name": "退费", "steps": steps, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def ask(self, client, amount="500.00"):
        answer = await client.post(f"/api/v1/education/enrolments/{self.enrolment_id}/refund", json={"amount": amount})
        assert answer.status_code == 200, answer.text
        found = (await client.get(API, params={"which": "mine"})).json()["items"]
        return found[0] if found else None

    async def paid(self):
        async with self.school.work() as work:
            return (await get_enrolment(work, self.enrolment_id)).paid


@pytest.fixture
async def desk(database, new_tenant, client_for):
    school = School(database, await new_tenant("education"))
    async with school.work() as work:
        enrolment = await school.enrolled(work, price="1000.00")
        await receive_tuition(work, enrolment.id, Decimal("1000.00"))
        await withdraw(work, enrolment.id)
    return Desk(school, await client_for(school.tenant), str(enrolment.id))


@pytest.fixture
def sit(desk, seat_for):
    """Signs a member of the school in: ``await sit("registrar", name="前台")``."""

    async def seat(*roles, name, **more):
        return await seat_for(desk.school.tenant, *roles, name=name, **more)

    return seat


@pytest.fixture
async def asking(sit):
    """Somebody who may refund, and so asks for it."""
    return await sit("education.registrar", "test_refund", name="前台")


@pytest.fixture(autouse=True)
async def refund_role(database, desk):
    from identity.roles.model import RoleRow

    async with database.registry_session() as session:
        session.add(RoleRow(tenant_id=desk.school.tenant.id, code="test_refund", label="Refund", permissions=["education.tuition.refund"]))
        session.add(RoleRow(tenant_id=desk.school.tenant.id, code="bare", label="Bare", permissions=[]))


async def decide(seat, approval, verb="approve", **body):
    client = getattr(seat, "client", seat)
    return await client.post(f"{API}/{approval['id']}/{verb}", json=body)


async def test_without_a_flow_the_kind_is_not_held_up(desk, asking):
    assert await desk.ask(asking.client) is None
    assert await desk.paid() == Decimal("500.00")


async def test_a_refund_waits_is_decided_and_paid_with_the_decision(desk, asking, sit):
    boss = await sit("owner", name="校长")
    await desk.flow()
    approval = await desk.ask(asking.client)
    assert (await desk.paid(), approval["state"], approval["facts"]["amount"]) == (Decimal("1000.00"), "pending", "500.00")
    [asked] = [text for text in await told(boss.client) if "approval" in text]
    assert asked.startswith("前台 asks for your approval: Refund of tuition")
    assert [item["id"] for item in (await boss.client.get(API)).json()["items"]] == [approval["id"]]
    assert 'id="nc--approvals" hx-swap-oob="true">1<' in (await boss.client.get("/shell/counts")).text
    done = (await decide(boss, approval, comment="同意")).json()
    assert (done["state"], done["decided_by"], await desk.paid()) == ("approved", "校长", Decimal("500.00"))
    assert [act["kind"] for act in done["history"]] == ["submitted", "asked", "approved", "done"]
    assert any("was approved" in text for text in await told(asking.client))
    assert (await boss.client.get(API)).json()["items"] == []
    assert len((await boss.client.get(API, params={"which": "decided"})).json()["items"]) == 1


async def test_small_amounts_pass_and_large_ones_take_more_steps(desk, asking, sit):
    chief, boss = await sit("chief_accountant", name="财务"), await sit("owner", name="校长")
    large = [{"field": "amount", "operator": "gte", "value": "300"}]
    steps = [{"by": "role:chief_accountant", "name": "财务审核"}, {"by": f"member:{boss.person_id}", "conditions": large}]
    await desk.flow(steps, conditions=[{"field": "amount", "operator": "gt", "value": "100"}])
    assert await desk.ask(asking.client, "100.00") is None
    assert await desk.paid() == Decimal("900.00")
    approval = await desk.ask(asking.client, "300.00")
    assert (await decide(boss, approval)).json()["code"] == "approval_not_yours"
    half = (await decide(chief, approval)).json()
    assert (half["state"], half["step"], await desk.paid()) == ("pending", 1, Decimal("900.00"))
    assert (await decide(boss, approval)).json()["state"] == "approved"
    assert await desk.paid() == Decimal("600.00")


async def test_of_two_who_decide_at_once_one_is_told_that_it_is_decided(desk, asking, sit):
    one, two = await sit("owner", name="甲"), await sit("owner", name="乙")
    await desk.flow()
    approval = await desk.ask(asking.client)
    yes, no = await asyncio.gather(decide(one, approval), decide(two, approval, "reject", reason="太多"))
    assert sorted((yes.status_code, no.status_code)) == [200, 409]
    late = yes if yes.status_code == 409 else no
    assert late.json()["code"] == "approval_decided"
    assert await desk.paid() == (Decimal("500.00") if yes.status_code == 200 else Decimal("1000.00"))


async def test_where_all_must_agree_one_is_not_enough_and_one_refusal_ends_it(desk, asking, sit):
    one, two = await sit("chief_accountant", name="甲"), await sit("chief_accountant", name="乙")
    await desk.flow([{"by": "role:chief_accountant", "mode": "all"}])
    first = await desk.ask(asking.client, "100.00")
    assert (await decide(one, first)).json()["state"] == "pending"
    assert (await decide(one, first)).json()["code"] == "approval_not_yours"
    assert (await decide(two, first)).json()["state"] == "approved"
    second = await desk.ask(asking.client, "200.00")
    assert (await decide(one, second, "reject", reason=" ")).json()["code"] == "approval_reason_missing"
    ended = (await decide(one, second, "reject", reason="缺少申请表")).json()
    assert (ended["state"], ended["reason"]) == ("rejected", "缺少申请表")
    assert (await decide(two, second)).json()["code"] == "approval_decided"
    assert await desk.paid() == Decimal("900.00")
    assert any("缺少申请表" in text for text in await told(asking.client))


async def test_nobody_decides_about_their_own_request_unless_there_is_nobody_else(desk, sit, database):
    boss, other = await sit("owner", name="校长"), await sit("owner", name="副校长")
    await desk.flow()
    approval = await desk.ask(boss.client, "100.00")
    refused = await decide(boss, approval)
    assert (refused.status_code, refused.json()["code"]) == (403, "approval_not_yours")
    assert (await decide(other, approval)).json()["state"] == "approved"
    async with database.registry_session() as session:
        await session.execute(sa.delete(Member).where(Member.tenant_id == desk.school.tenant.id, Member.person_id != boss.person_id))
    alone = await desk.ask(boss.client, "100.00")
    done = (await decide(boss, alone)).json()
    assert (done["state"], [act["kind"] for act in done["history"]][:2]) == ("approved", ["submitted", "escalated"])


async def test_the_superior_decides_and_owners_where_there_is_none(desk, asking, sit, database):
    manager = await sit(name="主管")
    async with desk.school.work() as work:
        (await work.session.get_one(Employee, asking.employee_id)).manager_id = manager.employee_id
    await desk.flow([{"by": "manager"}])
    approval = await desk.ask(asking.client, "100.00")
    detail = (await manager.client.get(f"{API}/{approval['id']}")).json()
    assert ([seat["name"] for seat in detail["steps"][0]["seats"]], detail["may_decide"]) == (["主管"], True)
    assert (await decide(manager, approval)).json()["state"] == "approved"
    async with desk.school.work() as work:
        (await work.session.get_one(Employee, asking.employee_id)).manager_id = None
    orphan = await desk.ask(asking.client, "100.00")
    assert "escalated" in [act["kind"] for act in (await desk.owner.get(f"{API}/{orphan['id']}")).json()["history"]]
    assert (await decide(desk.owner, orphan)).json()["state"] == "approved"


async def test_who_agreed_in_one_step_is_not_asked_again_in_the_next(desk, asking, sit):
    boss = await sit("owner", "chief_accountant", name="校长")
    await desk.flow([{"by": "role:chief_accountant"}, {"by": "role:owner"}])
    approval = await desk.ask(asking.client)
    done = (await decide(boss, approval)).json()
    assert (done["state"], "passed" in [act["kind"] for act in done["history"]]) == ("approved", True)


async def test_one_hands_on_ones_turn_but_not_to_who_asked(desk, asking, sit):
    boss, helper = await sit("chief_accountant", name="财务"), await sit("bare", name="助理")
    await desk.flow([{"by": "role:chief_accountant"}])
    approval = await desk.ask(asking.client)
    for wrong in (asking.person_id, boss.person_id, new_id()):
        assert (await decide(boss, approval, "delegate", to=str(wrong))).status_code == 422
    assert (await helper.client.get(f"{API}/{approval['id']}")).status_code == 404
    handed = (await decide(boss, approval, "delegate", to=str(helper.person_id), comment="出差")).json()
    assert {seat["name"]: seat["state"] for seat in handed["steps"][0]["seats"]} == {"财务": "delegated", "助理": "waiting"}
    assert (await decide(boss, approval)).json()["code"] == "approval_not_yours"
    assert (await decide(helper, approval)).json()["state"] == "approved"


async def test_who_manages_approvals_hands_on_for_somebody_who_is_away(desk, asking, sit):
    away, helper = await sit("chief_accountant", name="休假"), await sit("bare", name="代理")
    await desk.flow([{"by": "role:chief_accountant"}])
    approval = await desk.ask(asking.client)
    body = {"to": str(helper.person_id), "instead_of": str(away.person_id)}
    assert (await decide(asking, approval, "delegate", **body)).json()["code"] == "approval_not_yours"
    assert (await decide(desk.owner, approval, "delegate", **body)).status_code == 200
    assert (await decide(helper, approval)).json()["state"] == "approved"


async def test_who_holds_the_role_by_now_decides(desk, asking, sit):
    await sit("chief_accountant", name="财务")
    await desk.flow([{"by": "role:chief_accountant"}])
    approval = await desk.ask(asking.client)
    newcomer = await sit("chief_accountant", name="新财务")
    assert [item["id"] for item in (await newcomer.client.get(API)).json()["items"]] == [approval["id"]]
    assert (await decide(newcomer, approval)).json()["state"] == "approved"


async def test_only_who_asked_withdraws_and_then_nobody_decides(desk, asking, sit):
    boss = await sit("chief_accountant", name="财务")
    await desk.flow([{"by": "role:chief_accountant"}])
    approval = await desk.ask(asking.client)
    assert (await decide(boss, approval, "withdraw")).json()["code"] == "approval_not_yours"
    assert (await decide(asking, approval, "withdraw")).json()["state"] == "withdrawn"
    assert (await decide(boss, approval)).json()["code"] == "approval_decided"
    assert await desk.paid() == Decimal("1000.00")


async def test_a_record_under_approval_does_not_change_and_is_not_asked_for_twice(desk, asking):
    await desk.flow()
    approval = await desk.ask(asking.client)
    again = await asking.client.post(f"/api/v1/education/enrolments/{desk.enrolment_id}/refund", json={"amount": "1.00"})
    assert (again.status_code, again.json()["code"]) == (409, "record_under_approval")
    async with desk.school.work() as work:
        with pytest.raises(DomainError) as refused:
            await require_unlocked(work, ENROLMENT, desk.enrolment_id)
        assert refused.value.details["path"] == f"/approvals/{approval['id']}"
        await require_unlocked(work, ENROLMENT, new_id())
        await require_unlocked(work, "crm.lead", desk.enrolment_id)


async def test_two_who_ask_at_once_ask_once(desk):
    await desk.flow()

    async def ask():
        async with desk.school.work() as work:
            return await request_approval(work, kind=REFUND, record=(ENROLMENT, desk.enrolment_id), facts={"amount": Decimal(1)})

    answers = await asyncio.gather(ask(), ask(), ask(), return_exceptions=True)
    assert sorted(getattr(answer, "code", "made") for answer in answers) == ["approval_pending", "approval_pending", "made"]


async def test_what_cannot_be_done_undoes_the_decision(desk, asking, sit):
    boss = await sit("chief_accountant", name="财务")
    await desk.flow([{"by": "role:chief_accountant"}])
    approval = await desk.ask(asking.client)
    async with desk.school.work() as work:  # the money is gone meanwhile
        (await get_enrolment(work, desk.enrolment_id)).paid = Decimal("100.00")
    refused = await decide(boss, approval)
    assert (refused.status_code, refused.json()["code"]) == (422, "education_amount_wrong") or refused.status_code == 409
    detail = (await boss.client.get(f"{API}/{approval['id']}")).json()
    assert (detail["state"], [act["kind"] for act in detail["history"]]) == ("pending", ["submitted", "asked"])


async def test_another_company_sees_and_decides_nothing(desk, asking, other_client):
    flow = await desk.flow()
    approval = await desk.ask(asking.client)
    for method, address, body in (
        ("GET", f"{API}/{approval['id']}", None),
        ("POST", f"{API}/{approval['id']}/approve", {}),
        ("POST", f"{API}/{approval['id']}/reject", {"reason": "x"}),
        ("POST", f"{API}/{approval['id']}/withdraw", None),
        ("POST", f"{API}/{approval['id']}/delegate", {"to": str(new_id())}),
        ("GET", f"{FLOWS}/{flow['id']}", None),
        ("DELETE", f"{FLOWS}/{flow['id']}", None),
    ):
        assert (await other_client.request(method, address, json=body)).status_code == 404, address
    for which in ("waiting", "mine", "decided", "all"):
        assert (await other_client.get(API, params={"which": which})).json()["items"] == []
    assert (await other_client.get(FLOWS)).json() == []


async def test_flows_are_set_up_by_who_may_and_checked(desk, asking):
    assert (await asking.client.get(FLOWS)).status_code == 403
    assert (await asking.client.get("/api/v1/approval-kinds")).status_code == 403
    assert REFUND in {kind["key"] for kind in (await desk.owner.get("/api/v1/approval-kinds")).json()}
    for wrong, field in (
        ({"kind": "no.such"}, "kind"),
        ({"steps": []}, "steps.0.by"),
        ({"steps": [{"by": "somebody"}]}, "steps.0.by"),
        ({"steps": [{"by": f"member:{new_id()}"}]}, "steps.0.by"),
        ({"conditions": [{"field": "colour", "value": "x"}]}, "conditions.0.field"),
        ({"conditions": [{"field": "amount", "operator": "gt", "value": "much"}]}, "conditions.0.value"),
    ):
        answer = await desk.owner.post(FLOWS, json={"kind": REFUND, "name": "x", "steps": OWNERS, **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), wrong
    flow = await desk.flow()
    body = {"kind": REFUND, "name": "改", "steps": OWNERS, "version": flow["version"]}
    assert (await desk.owner.put(f"{FLOWS}/{flow['id']}", json=body)).status_code == 200
    assert (await desk.owner.put(f"{FLOWS}/{flow['id']}", json=body)).json()["code"] == "version_conflict"


async def test_a_flow_that_changes_or_goes_does_not_change_what_waits(desk, asking, sit):
    chief = await sit("chief_accountant", name="财务")
    flow = await desk.flow([{"by": "role:chief_accountant"}])
    approval = await desk.ask(asking.client)
    assert (await desk.owner.delete(f"{FLOWS}/{flow['id']}")).status_code == 204
    assert (await decide(chief, approval)).json()["state"] == "approved"


async def test_history_cannot_be_rewritten(desk, asking, database):
    await desk.flow()
    await desk.ask(asking.client)

    async def rewrite():
        async with desk.school.work() as work:
            await work.session.execute(sa.text("UPDATE workflow_approval_act SET comment = 'x'"))

    with pytest.raises(sa.exc.DBAPIError, match="permission denied"):
        await rewrite()
    async with desk.school.work() as work:
        assert await work.session.scalar(sa.select(sa.func.count()).select_from(Approval)) == 1


HTML = {"accept": "text/html"}


async def test_the_inbox_shows_what_must_be_known_and_decides(desk, asking, sit):
    boss = await sit("owner", name="校长")
    await desk.flow([{"by": "role:owner", "name": "校长审批"}])
    approval = await desk.ask(asking.client)
    address = f"/approvals/{approval['id']}"
    inbox = (await boss.client.get("/approvals", headers=HTML)).text
    assert ("500.00" in inbox, address in inbox) == (True, True)
    zh, en = [(await boss.client.get(address, headers=HTML | {"accept-language": lang})).text for lang in ("zh", "en")]
    assert ("退学费" in zh, "校长审批" in zh, "王子涵" in zh, "同意" in zh) == (True, True, True, True)
    assert ("Refund of tuition" in en, "Delegate" in en) == (True, True)
    refused = await boss.client.post(f"{address}/reject", data={"reason": ""})
    assert (refused.status_code, "请填写驳回原因" in refused.text) == (422, True)
    wrong = await boss.client.post(f"{address}/delegate", data={"to": "x"})
    assert wrong.status_code == 422
    mine = (await asking.client.get(address, headers=HTML)).text
    assert (f"{address}/withdraw" in mine, f"{address}/approve" in mine) == (True, False)
    decided = await boss.client.post(f"{address}/approve", data={"comment": "<b>好</b>"})
    assert (decided.status_code, decided.headers["location"]) == (303, address)
    assert await desk.paid() == Decimal("500.00")
    assert "&lt;b&gt;好" in (await boss.client.get(address, headers=HTML)).text
    late = await boss.client.post(f"{address}/approve", data={})
    assert (late.status_code, "已批准" in late.text) == (422, True)
    record = (await desk.owner.get(f"/education/enrolments/{desk.enrolment_id}", headers=HTML)).text
    assert address in record


async def test_nobody_opens_the_inbox_page_of_others(desk, asking, sit, other_client):
    bare = await sit("bare", name="旁人")
    await desk.flow()
    approval = await desk.ask(asking.client)
    for client in (bare.client, other_client):
        assert (await client.get(f"/approvals/{approval['id']}", headers=HTML)).status_code == 404
        for verb in ("approve", "reject", "withdraw", "delegate"):
            data = {"reason": "x", "to": str(new_id())}
            assert (await client.post(f"/approvals/{approval['id']}/{verb}", data=data)).status_code == 404
        assert approval["id"] not in (await client.get("/approvals?which=all", headers=HTML)).text


async def test_a_flow_is_set_up_on_its_page(desk, asking):
    page = (await desk.owner.get(f"/settings/approvals/new?kind={REFUND}", headers=HTML)).text
    assert ("申请人的直属上级" in page, "角色：" in page, 'name="s0.by"' in page) == (True, True, True)
    form = {"kind": REFUND, "name": "大额退费", "active": "1", "position": "1", "s1.by": "", "s1.name": "ignored"}
    form |= {"c0.field": "amount", "c0.operator": "gte", "c0.value": "300"}
    form |= {"s0.by": "role:owner", "s0.mode": "all", "s0.name": "校长"}
    wrong = await desk.owner.post("/settings/approvals/new", data={**form, "c0.value": "很多"})
    assert (wrong.status_code, "请输入数字" in wrong.text, 'value="很多"' in wrong.text) == (422, True, True)
    assert (await desk.owner.post("/settings/approvals/new", data=form)).status_code == 303
    [flow] = (await desk.owner.get(FLOWS)).json()
    assert flow["steps"] == [{"by": "role:owner", "name": "校长", "mode": "all", "conditions": []}]
    assert flow["conditions"] == [{"field": "amount", "operator": "gte", "value": "300"}]
    listed = (await desk.owner.get("/settings/approvals", headers=HTML)).text
    assert "大额退费" in listed
    edited = {**form, "name": "改名", "version": str(flow["version"]), "c0.field": ""}
    assert (await desk.owner.post(f"/settings/approvals/{flow['id']}", data=edited)).status_code == 303
    assert (await desk.owner.get(FLOWS)).json()[0]["conditions"] == []
    assert (await desk.owner.post(f"/settings/approvals/{flow['id']}/delete")).status_code == 303
    assert (await desk.owner.get(FLOWS)).json() == []
    for address in ("/settings/approvals", f"/settings/approvals/new?kind={REFUND}"):
        assert (await asking.client.get(address, headers=HTML)).status_code == 403
    assert (await desk.owner.get("/settings/approvals/new?kind=no", headers=HTML)).status_code == 404
