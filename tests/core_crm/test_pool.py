"""The public pool: what falls into it and when, who may claim, and that of two who claim at once one gets it."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from core_crm.pool.claims import claim, held
from core_crm.pool.model import PoolEntry, PoolKind, PoolLog
from core_crm.pool.query import list_log
from core_crm.pool.recycling import recycle
from kernel import clock
from kernel.database import Database
from kernel.errors import DomainError
from kernel.work import Actor
from master_data.api import EMPLOYEES, Employee
from vertical.records import create_record

NOW = datetime.now(UTC)
SELLER = frozenset(
    ("crm.lead.read", "crm.lead.update", "crm.pool.read", "crm.pool.claim", "master.party.read", "master.party.update", "crm.lead.create")
)


@pytest.fixture
async def sellers(database: Database, tenant):
    """Two who sell, with the person each signs in as."""
    found = {}
    async with database.work(tenant) as work:
        for n, name in enumerate(("王芳", "李雷"), 1):
            employee_id = await create_record(work, EMPLOYEES, {"code": f"S{n}", "name": name})
            person_id = UUID(int=n)
            await work.session.execute(sa.update(Employee).where(Employee.id == employee_id).values(person_id=person_id))
            found[name] = Actor(id=person_id, name=name, permissions=SELLER, roles=frozenset({"sales"})), employee_id
    return found


@pytest.fixture
async def lead(client):
    async def write(**fields):
        return (await client.post("/api/v1/leads", json={"name": "赵敏", **fields})).json()

    return write


async def rule(client, **fields):
    body = {"kind": "lead", "name": "7 天未跟进", "condition": "not_followed", "days": 7, **fields}
    answer = await client.post("/api/v1/pool/rules", json=body)
    assert answer.status_code == 201, answer.text


async def limits(client, kind="lead", **fields):
    assert (await client.put(f"/api/v1/pool/settings/{kind}", json=fields)).status_code == 200


async def night(database, tenant, days):
    """The nightly round, so many days from now; how many lines it added to the log."""
    with clock.frozen(NOW + timedelta(days=days)):
        async with database.work(tenant) as work:
            before = await work.session.scalar(sa.select(sa.func.count()).select_from(PoolLog))
            await recycle(work)
            return await work.session.scalar(sa.select(sa.func.count()).select_from(PoolLog)) - before


async def pooled(client, kind="leads"):
    return [row["record_id"] for row in (await client.get(f"/api/v1/pool/{kind}")).json()["items"]]


async def take(database, tenant, actor, lead, *, days=0):
    """The code of the refusal, or None when the claim went through."""
    with clock.frozen(NOW + timedelta(days=days)):
        try:
            async with database.work(tenant, actor) as work:
                await claim(work, PoolKind.LEAD, UUID(lead["id"]))
        except DomainError as error:
            return error.code
    return None


async def test_a_lead_that_nobody_follows_falls_back(client, lead, sellers, database, tenant):
    made = await lead(owner_id=str(sellers["王芳"][1]))
    await rule(client)
    await night(database, tenant, 5)
    assert await pooled(client) == []
    await night(database, tenant, 8)
    assert await pooled(client) == [made["id"]]
    [row] = (await client.get("/api/v1/pool/leads")).json()["items"]
    assert (row["former_owner"], row["reason"]) == ("王芳", "7 天未跟进")
    assert "phone" not in row


async def test_the_round_twice_does_nothing_twice(client, lead, sellers, database, tenant):
    await lead(owner_id=str(sellers["王芳"][1]))
    await rule(client)
    assert await night(database, tenant, 5) == 1  # a reminder
    assert await night(database, tenant, 5) == 0
    assert await night(database, tenant, 6) == 0
    assert await night(database, tenant, 8) == 1  # the drop
    assert await night(database, tenant, 8) == 0


async def test_the_owner_is_reminded_before_the_drop(client, lead, sellers, database, tenant):
    await lead(owner_id=str(sellers["王芳"][1]))
    await rule(client)
    await limits(client, remind_days=2)
    assert await night(database, tenant, 4) == 0
    assert await night(database, tenant, 6) == 1
    [entry] = (await client.get("/api/v1/pool/log?kind=lead")).json()["items"]
    assert (entry["act"], entry["to_owner"], entry["reason"]) == ("reminded", "王芳", "7 天未跟进")


async def test_a_contact_in_time_keeps_it(client, lead, sellers, database, tenant):
    made = await lead(owner_id=str(sellers["王芳"][1]))
    await rule(client)
    async with database.work(tenant) as work:
        await work.session.execute(
            sa.text("UPDATE crm_lead SET last_activity_at = :at WHERE id = :id"), {"at": NOW + timedelta(days=6), "id": made["id"]}
        )
    await night(database, tenant, 8)
    assert await pooled(client) == []


async def test_a_protected_one_never_falls(client, lead, sellers, database, tenant):
    made = await lead(owner_id=str(sellers["王芳"][1]))
    await rule(client)
    body = {"kind": "lead", "record_id": made["id"], "until": (NOW + timedelta(days=20)).date().isoformat(), "reason": "重点"}
    assert (await client.post("/api/v1/pool/protection", json=body)).status_code == 204
    await night(database, tenant, 10)
    assert await pooled(client) == []
    await night(database, tenant, 25)
    assert await pooled(client) == [made["id"]]


async def test_a_customer_without_a_sale_falls_by_stage(client, sellers, database, tenant):
    owner = str(sellers["王芳"][1])
    made = [
        (await client.post("/api/v1/parties", json={"name": name, "stage": stage, "owner_id": owner})).json()
        for name, stage in (("潜在一", "potential"), ("成交二", "customer"))
    ]
    await rule(client, kind="party", name="30 天未成交", condition="not_won", days=30, stage="potential")
    await night(database, tenant, 31)
    assert await pooled(client, "parties") == [made[0]["id"]]


async def test_a_sale_starts_the_clock_again(client, sellers, database, tenant):
    party = (await client.post("/api/v1/parties", json={"name": "成交", "owner_id": str(sellers["王芳"][1])})).json()
    await rule(client, kind="party", name="30 天未成交", condition="not_won", days=30)
    deal = (await client.post("/api/v1/opportunities", json={"party_id": party["id"], "name": "x"})).json()
    await client.post(f"/api/v1/opportunities/{deal['id']}/win", json={})
    async with database.work(tenant) as work:
        at = NOW + timedelta(days=20)
        await work.session.execute(sa.text("UPDATE crm_opportunity SET closed_at = :at"), {"at": at})
    await night(database, tenant, 35)
    assert await pooled(client, "parties") == []
    await night(database, tenant, 51)
    assert await pooled(client, "parties") == [party["id"]]


async def test_of_two_who_claim_at_once_one_gets_it(client, lead, sellers, database, tenant):
    made = await lead()
    (one, first), (two, second) = sellers.values()
    outcomes = await asyncio.gather(take(database, tenant, one, made), take(database, tenant, two, made))
    assert sorted(map(str, outcomes)) == ["None", "not_in_pool"]
    owner = (await client.get(f"/api/v1/leads/{made['id']}/state")).json()["owner_id"]
    assert owner == str(first if outcomes[0] is None else second)
    claims = [entry for entry in (await client.get("/api/v1/pool/log")).json()["items"] if entry["act"] == "claimed"]
    assert len(claims) == 1


async def test_two_claims_at_once_do_not_pass_the_cap(client, lead, sellers, database, tenant):
    leads = [await lead(name=f"客户{n}") for n in range(4)]
    await limits(client, holding_cap=2)
    actor = sellers["王芳"][0]
    outcomes = await asyncio.gather(*(take(database, tenant, actor, each) for each in leads))
    assert sorted(map(str, outcomes)) == ["None", "None", "holding_cap_reached", "holding_cap_reached"]


async def test_claims_of_a_day_are_limited(client, lead, sellers, database, tenant):
    leads = [await lead(name=f"客户{n}") for n in range(2)]
    await limits(client, claims_per_day=1)
    actor = sellers["王芳"][0]
    assert await take(database, tenant, actor, leads[0]) is None
    assert await take(database, tenant, actor, leads[1]) == "claims_used_up"
    assert await take(database, tenant, actor, leads[1], days=1) is None


async def test_the_former_owner_waits(client, lead, sellers, database, tenant):
    made = await lead(owner_id=str(sellers["王芳"][1]))
    await limits(client, cooldown_days=5)
    assert (await client.post(f"/api/v1/pool/lead/{made['id']}/release", json={"reason": "没空"})).status_code == 204
    assert await take(database, tenant, sellers["王芳"][0], made, days=3) == "cooling_down"
    assert await take(database, tenant, sellers["王芳"][0], made, days=6) is None


async def test_another_may_claim_at_once(client, lead, sellers, database, tenant):
    made = await lead(owner_id=str(sellers["王芳"][1]))
    await limits(client, cooldown_days=5)
    await client.post(f"/api/v1/pool/lead/{made['id']}/release", json={})
    assert await take(database, tenant, sellers["李雷"][0], made) is None


async def test_what_nobody_holds_is_not_let_go(client, lead):
    made = await lead()
    refused = await client.post(f"/api/v1/pool/lead/{made['id']}/release", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_held")


async def test_a_manager_assigns_from_the_pool(client, lead, sellers):
    made = await lead()
    body = {"employee_id": str(sellers["李雷"][1])}
    assert (await client.post(f"/api/v1/pool/lead/{made['id']}/assign", json=body)).status_code == 204
    assert (await client.get(f"/api/v1/leads/{made['id']}/state")).json()["owner_id"] == str(sellers["李雷"][1])
    assert await pooled(client) == []


async def test_what_lies_in_the_pool_is_seen_by_all_but_opened_by_nobody(database, tenant, lead, sellers):
    """A seller sees only their own leads; the pool shows the name, not the phone."""
    made = await lead(phone="13800138000")
    async with database.work(tenant, sellers["王芳"][0]) as work:
        from core_crm.leads.service import get_lead
        from core_crm.pool.query import list_pool

        [row] = (await list_pool(work, PoolKind.LEAD))[0]
        assert row.name == "赵敏"
        with pytest.raises(DomainError):
            await get_lead(work, UUID(made["id"]))


async def test_the_log_cannot_be_rewritten(database, tenant, lead):
    await lead()
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        async with database.work(tenant) as work:
            await work.session.execute(sa.delete(PoolLog))


async def test_the_page_says_why_a_claim_was_refused(client, lead):
    """The owner of the company is no employee, so cannot hold anything."""
    made = await lead()
    refused = await client.post(f"/pool/lead/{made['id']}/claim")
    assert refused.status_code == 422
    assert 'role="alert"' in refused.text
    assert made["id"] in refused.text


@pytest.mark.parametrize(
    "path", ["/pool", "/pool?kind=party", "/pool/due", "/pool/log", "/pool/rules", "/leads/rules", "/leads/forms", "/leads/forms/new"]
)
async def test_every_page_opens(client, lead, path):
    await lead()
    assert (await client.get(path)).status_code == 200


async def test_rules_are_added_on_their_page(client):
    data = {"kind": "party", "name": "30 天未跟进", "condition": "not_followed", "days": "30", "stage": ""}
    assert (await client.post("/pool/rules", data=data)).status_code == 303
    assert "30 天未跟进" in (await client.get("/pool/rules")).text
    wrong = await client.post("/pool/rules", data=data | {"days": "viele"})
    assert wrong.status_code == 422
    assert 'value="viele"' in wrong.text
    assert (await client.post("/pool/settings", data={"kind": "lead", "holding_cap": "50"})).status_code == 303
    assert 'value="50"' in (await client.get("/pool/rules")).text


async def test_another_company_has_its_own_pool(other_client, client, lead):
    made = await lead()
    assert await pooled(other_client) == []
    assert (await other_client.get("/api/v1/pool/log")).json()["items"] == []
    assert (await other_client.post(f"/api/v1/pool/lead/{made['id']}/claim")).status_code == 404


async def test_a_customer_that_was_merged_lies_in_the_pool_no_more_until_that_is_undone(client, sellers, database, tenant):
    owner = {"owner_id": str(sellers["李雷"][1])}
    goes, stays = [(await client.post("/api/v1/parties", json={"name": name, **owner})).json() for name in ("青禾", "青禾商贸")]
    assert (await client.post(f"/api/v1/pool/party/{goes['id']}/release", json={})).status_code == 204
    merged = (await client.post(f"/api/v1/parties/{stays['id']}/merge", json={"merged_id": goes["id"]})).json()
    assert (await client.get("/api/v1/pool/parties")).json()["items"] == []
    async with database.work(tenant, sellers["王芳"][0]) as work:
        with pytest.raises(DomainError) as refused:
            await claim(work, PoolKind.PARTY, UUID(goes["id"]))
    assert refused.value.code == "record_not_found"
    await client.post(f"/api/v1/parties/merges/{merged['id']}/undo")
    assert [row["record_id"] for row in (await client.get("/api/v1/pool/parties")).json()["items"]] == [goes["id"]]


async def test_a_customer_that_was_merged_neither_falls_into_the_pool_nor_counts(client, sellers, database, tenant):
    owner = {"owner_id": str(sellers["李雷"][1])}
    goes, stays = [(await client.post("/api/v1/parties", json={"name": name, **owner})).json() for name in ("青禾", "青禾商贸")]
    await client.post(f"/api/v1/parties/{stays['id']}/merge", json={"merged_id": goes["id"]})
    await rule(client, kind="party")
    async with database.work(tenant) as work:
        assert await held(work, PoolKind.PARTY, sellers["李雷"][1]) == 1
    with clock.frozen(NOW + timedelta(days=9)):
        async with database.work(tenant) as work:
            await recycle(work)
            assert (await work.session.scalars(sa.select(PoolEntry.record_id))).all() == [UUID(stays["id"])]


async def test_the_pool_is_not_searched_for_phones_and_addresses(client, sellers, lead):
    made = await lead(company="晨光文具", phone="13800138000", email="zhao@chenguang.example", owner_id=str(sellers["李雷"][1]))
    await client.post(f"/api/v1/pool/lead/{made['id']}/release", json={})
    for word, number in (("cgwj", 1), ("赵敏", 1), ("138001", 0), ("chenguang", 0)):
        assert len((await client.get("/api/v1/pool/leads", params={"search": word})).json()["items"]) == number, word


async def test_the_log_tells_of_records_in_reach_and_in_the_pool(client, sellers, lead, database, tenant):
    made = await lead(owner_id=str(sellers["李雷"][1]))
    assert (await client.post(f"/api/v1/pool/lead/{made['id']}/assign", json={"employee_id": str(sellers["李雷"][1])})).status_code == 204

    async def told(name):
        async with database.work(tenant, sellers[name][0]) as work:
            rows, _next = await list_log(work)
            return {row.record_id for row in rows}

    assert await told("李雷") == {UUID(made["id"])}
    assert await told("王芳") == set()
    assert (await client.post(f"/api/v1/pool/lead/{made['id']}/release", json={})).status_code == 204
    assert await told("王芳") == {UUID(made["id"])}
