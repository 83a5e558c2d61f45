"""A contract comes to its end: somebody gets the task to decide, and what renews it lies on the same days of the calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from tests.anew import put_anew
from tests.core_crm.test_contracts import active, body, post

from core_crm.contracts.deciding import decision_day
from core_crm.contracts.reminding import remind
from core_crm.contracts.renewing import Term
from kernel import clock

NOON = datetime(2026, 3, 10, 4, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def frozen():
    with clock.frozen(NOON):
        yield


@pytest.fixture
def morning(database, tenant):
    async def look(on: datetime = NOON):
        with clock.frozen(on):
            async with database.work(tenant) as work:
                await remind(work)

    return look


@pytest.fixture
async def seller(client_for, tenant):
    return await client_for(tenant, role="sales")


@pytest.fixture
async def near(shop, seller, frozen):
    """A contract of a seller that ends in 22 days."""
    party = (await seller.post("/api/v1/parties", json={"name": "销售的客户"})).json()["id"]
    return await active(shop.__class__(**{**vars(shop), "client": seller, "party": party}), ends_on="2026-04-01", remind_days=30)


async def tasks(client, **asked):
    return (await client.get("/api/v1/tasks", params=asked)).json()["items"]


async def test_the_person_in_charge_gets_one_task_however_often_the_job_runs(near, seller, morning, database, tenant):
    for _run in range(3):
        await morning()
    [task] = await tasks(seller)
    assert (task["title"], task["due_on"]) == (f"续签或到期终止与销售的客户的合同 {near['number']}", "2026-03-17")
    assert (task["record_kind"], task["record_id"]) == ("crm.contract", near["id"])
    assert near["number"] in (await seller.get("/tasks", headers={"accept": "text/html"})).text
    assert task["title"] in (await seller.get(f"/contracts/{near['id']}", headers={"accept": "text/html"})).text
    async with database.work(tenant) as work:  # one notification tells of the end and the task
        query = text("SELECT kind FROM workflow_notification WHERE kind <> 'core_crm.instalment_overdue'")
        kinds = (await work.session.execute(query)).all()
    assert kinds == [("core_crm.contract_end_near",)]


@pytest.mark.parametrize("command", ["renew", "end"])
async def test_it_is_gone_when_the_contract_is_renewed_or_ended(near, shop, seller, morning, command):
    await morning()
    [task] = await tasks(seller)
    done = await post(shop, near, command, {"reason": "不再需要"} if command == "end" else None)  # by somebody else than the assignee
    assert done.status_code in (200, 201), done.text
    assert await tasks(seller) == []
    assert (await seller.get(f"/api/v1/tasks/{task['id']}")).json()["done_at"] is not None
    await morning()
    assert await tasks(seller) == []


async def test_it_comes_back_when_the_renewal_is_thrown_away(near, shop, seller, morning):
    await morning()
    renewal = (await post(shop, near, "renew")).json()
    assert (await shop.client.delete(f"/api/v1/contracts/{renewal['id']}")).status_code == 204
    await morning()
    await morning()
    assert len(await tasks(seller)) == 1


async def test_what_was_renewed_before_needs_no_decision(near, shop, seller, morning):
    await post(shop, near, "renew")
    await morning()
    assert await tasks(seller) == []


async def test_another_last_day_makes_another_task(near, shop, seller, morning):
    await morning()
    later = {"party_id": near["party_id"], "instalments": near["instalments"], "amount": near["amount"]}
    plan = [{name: row[name] for name in ("name", "due_on", "amount")} for row in later.pop("instalments")]
    path = f"/api/v1/contracts/{near['id']}"
    changed = await put_anew(seller, path, body(shop, **later, instalments=plan, milestones=[], ends_on="2026-04-08"))
    assert changed.status_code == 200, changed.text
    assert await tasks(seller) == []
    await morning()
    assert [task["due_on"] for task in await tasks(seller)] == ["2026-03-24"]
    far = await put_anew(seller, path, body(shop, **later, instalments=plan, milestones=[], ends_on="2027-04-08"))
    assert far.status_code == 200, far.text
    await morning()
    assert await tasks(seller) == []


async def test_a_task_that_somebody_did_or_deleted_stays_away(near, shop, seller, morning):
    await morning()
    [task] = await tasks(seller)
    assert (await shop.client.delete(f"/api/v1/tasks/{task['id']}")).status_code == 204
    await morning()
    assert await tasks(seller) == []
    assert (await post(shop, near, "end", {"reason": "x"})).status_code == 200


async def test_after_the_last_day_nothing_is_left_to_decide(near, seller, morning):
    await morning()
    await morning(NOON + timedelta(days=22))
    assert len(await tasks(seller)) == 1
    await morning(NOON + timedelta(days=23))
    assert await tasks(seller) == []


async def test_without_a_member_in_charge_whoever_sees_it_takes_it(shop, frozen, morning, database, tenant, client_for, other_client):
    contract = await active(shop, ends_on="2026-04-01")
    async with database.work(tenant) as work:
        await work.session.execute(text("UPDATE crm_contract SET owner_id = NULL"))
    await morning()
    [task] = await tasks(shop.client, whose="all")
    assert (task["assignee_id"], task["record_id"]) == (None, contract["id"])
    stranger = await client_for(tenant, permissions={"master.party.read"})
    assert (await stranger.get(f"/api/v1/tasks/{task['id']}")).status_code == 404
    assert (await other_client.get(f"/api/v1/tasks/{task['id']}")).status_code == 404


@pytest.mark.parametrize(
    ("today", "ends", "remind", "due"),
    [
        ("2026-03-10", "2026-04-01", 30, "2026-03-17"),
        ("2026-03-10", "2026-04-07", 34, "2026-03-20"),  # 21 March is a Saturday
        ("2026-09-10", "2026-10-10", 12, "2026-09-30"),  # the National Day holidays are 1 to 7 October
        ("2026-03-10", "2026-03-12", 30, "2026-03-10"),
        ("2026-03-07", "2026-03-07", 0, "2026-03-07"),
    ],
)
def test_the_task_is_due_on_a_working_day_halfway_to_the_end(today, ends, remind, due):
    assert decision_day(date.fromisoformat(today), date.fromisoformat(ends), remind) == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("first", "last", "next_first", "next_last"),
    [
        ("2024-01-01", "2024-12-31", "2025-01-01", "2025-12-31"),
        ("2023-01-01", "2023-12-31", "2024-01-01", "2024-12-31"),
        ("2023-03-01", "2024-02-29", "2024-03-01", "2025-02-28"),
        ("2024-02-29", "2025-02-28", "2025-03-01", "2026-02-28"),
        ("2024-02-29", "2025-02-27", "2025-02-28", "2026-02-27"),
        ("2023-07-15", "2024-07-14", "2024-07-15", "2025-07-14"),
        ("2024-01-01", "2024-01-31", "2024-02-01", "2024-02-29"),
        ("2025-01-31", "2025-02-28", "2025-03-01", "2025-03-31"),
        ("2024-11-16", "2025-02-15", "2025-02-16", "2025-05-15"),
        ("2024-01-01", "2026-12-31", "2027-01-01", "2029-12-31"),
        ("2024-01-01", "2024-01-10", "2024-01-11", "2024-01-20"),
        ("2024-01-01", "2024-12-30", "2024-12-31", "2025-12-30"),  # 365 days and no year
        ("2024-05-05", "2024-05-05", "2024-05-06", "2024-05-06"),
    ],
)
def test_the_following_term_lies_on_the_same_days_of_the_calendar(first, last, next_first, next_last):
    following = Term(first=date.fromisoformat(first), last=date.fromisoformat(last)).following()
    assert (str(following.first), str(following.last)) == (next_first, next_last)


days = st.dates(date(2000, 1, 1), date(2090, 12, 31))


@given(first=days, months=st.integers(1, 60), due=st.integers(-40, 2000))
def test_whole_months_are_followed_by_as_many_and_no_day_is_lost(first, months, due):
    term = Term(first=first, last=clock.months_on(first, months) - DAY)
    following, moved = term.following(), term.shift()
    assert term.months == months
    assert following.first == term.last + DAY
    assert moved(term.first) == following.first
    assert moved(term.last) == following.last
    day = first + timedelta(days=due)
    assert moved(day) > day
    assert abs((moved(day) - day).days - months * 30.44) < 6
    if first.day <= 28:
        assert following.months == months
        assert (following.first.day, following.last + DAY) == (first.day, clock.months_on(first, 2 * months))


@given(first=days, length=st.integers(1, 2000))
def test_other_terms_are_followed_by_as_many_days(first, length):
    term = Term(first=first, last=first + timedelta(days=length - 1))
    if not term.months:
        following = term.following()
        assert (following.last - following.first, following.first - term.last) == (term.last - term.first, DAY)
        assert term.shift()(first + DAY) == first + DAY + timedelta(days=length)


async def test_plan_and_milestones_move_by_calendar_months(shop, frozen):
    due = ("2024-01-31", "2024-02-29", "2024-08-31", "2024-12-31")
    plan = [{"name": f"第{n}期", "due_on": day, "amount": "250"} for n, day in enumerate(due, 1)]
    milestones = [{"name": "验收", "due_on": "2024-02-29"}, {"name": "未定"}]
    contract = await active(shop, starts_on="2024-01-01", ends_on="2024-12-31", instalments=plan, milestones=milestones)
    answer = await post(shop, contract, "renew")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["starts_on"], made["ends_on"]) == ("2025-01-01", "2025-12-31")
    assert [row["due_on"] for row in made["instalments"]] == ["2025-01-31", "2025-02-28", "2025-08-31", "2025-12-31"]
    assert [row["due_on"] for row in made["milestones"]] == ["2025-02-28", None]
    assert (await post(shop, contract, "renew")).json()["code"] == "contract_fixed"


async def test_a_term_without_end_cannot_be_renewed(shop, frozen):
    contract = await active(shop, ends_on="9999-12-31")
    assert (await post(shop, contract, "renew")).json()["code"] == "contract_fixed"
