"""Journeys: who enters, what happens to them and when, once for each, and how they leave."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import select, update
from tests.anew import put_anew

from core_crm.marketing.journeys.advancing import advance, tick
from core_crm.marketing.journeys.entering import is_held, share_of
from core_crm.marketing.journeys.model import Journey, JourneyRun, RunState
from core_crm.marketing.journeys.recipes import RECIPES
from core_crm.marketing.journeys.steps import Trigger, met_on, occasion_on
from kernel import clock
from kernel.ids import new_id
from master_data.api import ConsentSource, Party, Proof, keep_consent
from messaging.channels import Channel
from messaging.outgoing.events import ReplyReceived
from messaging.outgoing.model import Message, MessageState, Reason
from workflow.api import Task

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
_numbers = count(1)


@pytest.fixture(autouse=True)
def noon():
    with clock.frozen(NOON):
        yield


@pytest.fixture
async def letter(client):
    """Makes templates: ``await letter("欢迎")`` answers the id."""

    async def make(subject: str, channel: str = "email") -> str:
        body = {
            "name": subject,
            "channel": channel,
            "texts": {"zh_CN": {"subject": subject, "body": f"{subject}，{{{{ customer.name }}}}"}},
        }
        answer = await client.post("/api/v1/marketing/templates", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return make


@pytest.fixture
async def segment(client):
    async def make(*rules, name="组") -> str:
        body = {"name": name, "definition": {"type": "group", "rules": [{"type": "rule", **rule} for rule in rules]}}
        answer = await client.post("/api/v1/marketing/segments", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return make


@pytest.fixture
async def begin(client):
    """Writes a journey and starts it: ``await begin([step, ...], trigger={...})``; answers the id."""

    async def make(steps, *, trigger=None, start=True, **more) -> str:
        body = {"name": f"旅程{next(_numbers)}", "trigger": trigger or {"kind": "created"}, "steps": steps, **more}
        answer = await client.post("/api/v1/marketing/journeys", json=body)
        assert answer.status_code == 201, answer.text
        path = f"/api/v1/marketing/journeys/{answer.json()['id']}"
        if start:
            assert (await client.post(f"{path}/start")).status_code == 200
        return answer.json()["id"]

    return make


@pytest.fixture
async def arrive(client, database, tenant):
    """Enters a customer who agreed to mail."""

    async def make(name: str, *, agreed=True, **more) -> UUID:
        body = {"name": name, "kind": "person", "email": f"c{next(_numbers)}@example.com", **more}
        answer = await client.post("/api/v1/parties", json=body)
        assert answer.status_code == 201, answer.text
        party = UUID(answer.json()["id"])
        if agreed:
            async with database.work(tenant) as work:
                await keep_consent(work, party, Channel.EMAIL, Proof(source=ConsentSource.FORM, note="x"), granted=True)
        return party

    return make


@pytest.fixture
def go(database, tenant):
    """Lets the job run at a moment after noon."""

    async def run(**after) -> None:
        with clock.frozen(NOON + timedelta(**after)):
            async with database.work(tenant) as work:
                await tick(work)

    return run


@pytest.fixture
def runs(database, tenant):
    async def read(journey: str) -> list[JourneyRun]:
        async with database.work(tenant) as work:
            query = select(JourneyRun).where(JourneyRun.journey_id == UUID(journey)).order_by(JourneyRun.id)
            return list(await work.session.scalars(query))

    return read


@pytest.fixture
def queued(database, tenant):
    async def read(journey: str) -> list[Message]:
        async with database.work(tenant) as work:
            return list(await work.session.scalars(select(Message).where(Message.source_id == UUID(journey)).order_by(Message.id)))

    return read


async def mail_of(letter, subject: str) -> dict:
    """A step that sends a mail."""
    return {"kind": "email", "template_id": await letter(subject)}


async def test_a_new_customer_is_welcomed_and_hears_again_after_three_days(letter, begin, arrive, go, runs, queued):
    steps = [
        {"kind": "email", "template_id": await letter("欢迎")},
        {"kind": "wait", "days": 3},
        {"kind": "email", "template_id": await letter("再见")},
    ]
    journey = await begin(steps)
    await arrive("王小明")
    await go()
    assert [m.subject for m in await queued(journey)] == ["欢迎"]
    assert "王小明" in (await queued(journey))[0].text
    await go(days=2, hours=23)
    assert len(await queued(journey)) == 1
    await go(days=3)
    assert [m.subject for m in await queued(journey)] == ["欢迎", "再见"]
    [run] = await runs(journey)
    assert (run.state, run.ended_at) == (RunState.DONE, NOON + timedelta(days=3))


async def test_jobs_at_once_take_each_step_once(letter, begin, arrive, database, tenant, queued, runs):
    steps = [{"kind": "email", "template_id": await letter("欢迎")}, {"kind": "email", "template_id": await letter("第二")}]
    journey = await begin(steps)
    await asyncio.gather(*(arrive(f"客户{n}") for n in range(4)))

    async def once() -> None:
        with clock.frozen(NOON):
            async with database.work(tenant) as work:
                await advance(work)

    await asyncio.gather(*(once() for _ in range(4)))
    assert len(await queued(journey)) == 8
    assert {run.state for run in await runs(journey)} == {RunState.DONE}


async def test_a_file_of_customers_enters_only_where_that_is_wanted(client, letter, begin, database, tenant, runs):
    from master_data.api import PartiesImported

    mail = [{"kind": "email", "template_id": await letter("欢迎")}]
    plain, wanting = await begin(mail), await begin(mail, trigger={"kind": "created", "include_imports": True})
    async with database.work(tenant) as work:
        party = Party(name="甲", kind="person", name_key="甲", search_text="甲", stage="potential")
        work.session.add(party)
        await work.session.flush()
        await work.publish(PartiesImported(party_ids=(party.id,)))
    assert (len(await runs(plain)), len(await runs(wanting))) == (0, 1)


async def test_whoever_comes_into_a_segment_enters_and_who_was_there_does_not(client, letter, segment, begin, arrive, go, runs):
    east = await segment({"field": "region", "op": "is", "value": "华东"})
    await arrive("早就在", region="华东")
    mail = [{"kind": "email", "template_id": await letter("您好")}]
    journey = await begin(mail, trigger={"kind": "segment", "segment_id": east})
    everybody = await begin(mail, trigger={"kind": "segment", "segment_id": east, "include_present": True})
    later = await arrive("后来的")
    await go()
    assert ([r.exit_reason for r in await runs(journey)], len(await runs(everybody))) == (["present"], 1)
    await client.patch(f"/api/v1/parties/{later}", json={"region": "华东"})
    await go(hours=1)
    assert [r.party_id for r in await runs(journey) if r.exit_reason != "present"] == [later]
    await go(hours=2)
    assert len(await runs(journey)) == 2  # each once


async def test_a_customer_enters_again_only_after_the_days_that_are_set(letter, segment, begin, arrive, go, runs):
    everybody = await segment({"field": "name", "op": "filled"})
    trigger = {"kind": "segment", "segment_id": everybody, "include_present": True}
    mail = [{"kind": "email", "template_id": await letter("您好")}]
    once, again = await begin(mail, trigger=trigger), await begin(mail, trigger=trigger, again_days=30)
    await arrive("甲")
    for days in (0, 10, 31):
        await go(days=days, hours=1)
    assert (len(await runs(once)), len(await runs(again))) == (1, 2)


async def test_a_birthday_is_met_every_year(client, letter, begin, arrive, go, runs):
    await client.post("/api/v1/custom-fields", json={"stem": "master.party", "code": "birthday", "label": "生日", "kind": "date"})
    await arrive("寿星", custom={"birthday": "1990-12-01"})
    await arrive("别人", custom={"birthday": "1990-12-05"})
    mail = [{"kind": "email", "template_id": await letter("生日快乐")}]
    journey = await begin(mail, trigger={"kind": "date", "field": "custom.birthday"})
    early = await begin(mail, trigger={"kind": "date", "field": "custom.birthday", "offset_days": -4})
    await go()
    assert await runs(journey) == []
    await go(hours=20)  # 8:00 on the first of December: not yet nine
    assert await runs(journey) == []
    await go(hours=21)
    assert ([r.occasion for r in await runs(journey)], len(await runs(early))) == (["2026"], 1)
    await go(hours=22)
    assert len(await runs(journey)) == 1
    await go(days=366)
    assert sorted(r.occasion for r in await runs(journey)) == ["2026", "2027"]


def test_occasions_of_the_calendar():
    calendar = Trigger(kind="calendar", days=["02-14", "2027-02-06"])
    assert [bool(occasion_on(calendar, day)) for day in (date(2027, 2, 6), date(2028, 2, 6), date(2028, 2, 14))] == [True, False, True]
    weekly, monthly = Trigger(kind="periodic", every="week", on=1), Trigger(kind="periodic", every="month", on=28)
    assert occasion_on(weekly, date(2026, 11, 30)) == "2026-11-30"
    assert occasion_on(weekly, date(2026, 12, 1)) is None
    assert occasion_on(monthly, date(2026, 2, 28)) == "2026-02-28"
    assert met_on(Trigger(kind="date"), date(2027, 2, 28)) == (["02-28", "02-29"], "2027")
    assert met_on(Trigger(kind="date", offset_days=-30), date(2026, 12, 2)) == (["01-01"], "2027")


async def test_a_promotion_goes_out_each_month_and_missed_days_are_made_up(letter, segment, begin, arrive, go, runs):
    everybody = await segment({"field": "name", "op": "filled"})
    await arrive("甲")
    mail = [{"kind": "email", "template_id": await letter("优惠")}]
    journey = await begin(mail, trigger={"kind": "periodic", "every": "month", "on": 1, "segment_id": everybody})
    await go(days=3)  # the job did not run on the first
    assert [r.occasion for r in await runs(journey)] == ["2026-12-01"]
    await go(days=3, hours=1)
    await go(days=32)
    assert [r.occasion for r in await runs(journey)] == ["2026-12-01", "2027-01-01"]


async def test_conditions_tags_tasks_and_the_end(client, letter, segment, begin, arrive, go, runs, queued, database, tenant):
    vip = await segment({"field": "tags", "op": "any_of", "values": ["VIP"]})
    steps = [
        {"kind": "condition", "segment_id": vip, "otherwise": "skip"},
        {"kind": "email", "template_id": await letter("贵宾")},
        {"kind": "tag", "tag": "已联系"},
        {"kind": "task", "title": "打电话", "days": 2},
        {"kind": "condition", "segment_id": vip, "negate": True},
        {"kind": "exit"},
        {"kind": "email", "template_id": await letter("不会发")},
    ]
    journey = await begin(steps)
    plain, important = await arrive("普通"), await arrive("贵宾", tags=["VIP"])
    await go()
    by_party = {run.party_id: run for run in await runs(journey)}
    assert (by_party[plain].state, by_party[important].exit_reason) == (RunState.DONE, "condition")
    assert [(m.party_id, m.subject) for m in await queued(journey)] == [(important, "贵宾")]
    async with database.work(tenant) as work:
        assert (await work.session.get_one(Party, plain)).tags == ["已联系"]
        tasks = (await work.session.scalars(select(Task).where(Task.title == "打电话"))).all()
        assert {(task.record_id, task.due_on) for task in tasks} == {(party, date(2026, 12, 2)) for party in (plain, important)}


async def test_the_goal_ends_it_and_counts_beside_those_kept_out(client, shop, letter, begin, go, runs, queued, database, tenant):
    steps = [
        {"kind": "email", "template_id": await letter("一")},
        {"kind": "wait", "days": 3},
        {"kind": "email", "template_id": await letter("二")},
    ]
    journey = await begin(steps, trigger={"kind": "manual"}, goal={"kind": "order", "amount": "200"})
    path = f"/api/v1/marketing/journeys/{journey}"
    held = (await client.post("/api/v1/parties", json={"name": "对照"})).json()["id"]
    assert (await client.post(f"{path}/enter", json={"party_ids": [shop.party, held]})).json() == {"entered": 2}
    assert (await client.post(f"{path}/enter", json={"party_ids": [shop.party]})).json() == {"entered": 0}
    async with database.work(tenant) as work:
        await work.session.execute(update(JourneyRun).where(JourneyRun.party_id == UUID(held)).values(state=RunState.HELD))
    await go()
    small = await shop.draft({"product_id": shop.mug, "quantity": "1"})
    await shop.post(small, "confirm")
    assert {run.state for run in await runs(journey)} == {RunState.ACTIVE, RunState.HELD}
    for party in (shop.party, held):
        shop.party = party
        await shop.post(await shop.draft(), "confirm")
    figures = (await client.get(f"{path}/figures")).json()
    assert figures["through"] == {"customers": 1, "reached": 1, "amount": "226.00"}
    assert figures["held"] == {"customers": 1, "reached": 1, "amount": "226.00"}
    await go(days=4)
    assert [m.subject for m in await queued(journey)] == ["一"]
    assert {run.state for run in await runs(journey)} == {RunState.GOAL, RunState.HELD}


async def test_some_are_kept_out_and_two_wordings_are_compared(client, letter, begin, arrive, go, runs, queued):
    steps = [{"kind": "email", "template_id": await letter("甲式"), "template_b": await letter("乙式"), "share_b": 50}]
    journey = await begin(steps, holdout_percent=50)
    parties = [await arrive(f"客户{n}") for n in range(24)]
    await go()
    async_runs = await runs(journey)
    held = {run.party_id for run in async_runs if run.state is RunState.HELD}
    assert 0 < len(held) < 24
    messages = await queued(journey)
    assert {m.party_id for m in messages} == set(parties) - held
    assert {(m.variant, m.subject) for m in messages} == {("A", "甲式"), ("B", "乙式")}
    rows = (await client.get(f"/api/v1/marketing/journeys/{journey}/figures")).json()["steps"]
    assert [row["variant"] for row in rows] == ["A", "B"]


def test_the_same_customer_is_always_on_the_same_side():
    journey, shares = new_id(), [share_of(new_id(), new_id(), "x") for _ in range(2000)]
    party = new_id()
    assert share_of(journey, party, "a") == share_of(journey, party, "a")
    assert 850 < sum(share < 50 for share in shares) < 1150
    assert not is_held(Journey(id=journey, holdout_percent=0), party)
    assert is_held(Journey(id=journey, holdout_percent=100), party)


async def test_an_answer_or_the_end_of_consent_ends_it(client, letter, begin, arrive, go, runs, queued, database, tenant):
    steps = [
        {"kind": "email", "template_id": await letter("一")},
        {"kind": "wait", "days": 1},
        {"kind": "email", "template_id": await letter("二")},
    ]
    stubborn = await begin(steps, exit_on_reply=False)
    journey = await begin(steps)
    answering, leaving = await arrive("回复的"), await arrive("退订的")
    await go()
    async with database.work(tenant) as work:
        await work.publish(ReplyReceived(message_id=new_id(), party_id=answering, channel="email", text="x"))
    await client.post(f"/api/v1/parties/{leaving}/consents", json={"channel": "sms", "granted": False})
    assert sum(run.state is RunState.ACTIVE for run in await runs(journey)) == 1  # the other channel is no matter
    await client.post(f"/api/v1/parties/{leaving}/consents", json={"channel": "email", "granted": False})
    assert {run.party_id: run.exit_reason for run in await runs(journey)} == {answering: "reply", leaving: "unsubscribed"}
    waiting = [m for m in await queued(journey) if m.party_id == leaving]
    assert [(m.state, m.reason) for m in waiting] == [(MessageState.SUPPRESSED, Reason.CANCELLED)]
    assert {run.party_id: run.state for run in await runs(stubborn)}[answering] is RunState.ACTIVE


async def test_a_step_that_fails_is_tried_again_and_holds_up_nobody(letter, begin, arrive, go, runs, queued, database, tenant, monkeypatch):
    from core_crm.marketing.journeys import advancing

    journey = await begin([{"kind": "tag", "tag": "新"}, {"kind": "email", "template_id": await letter("欢迎")}])
    bad, good = await arrive("坏"), await arrive("好")
    real = advancing.values_of

    async def failing(work, ids, **more):
        if list(ids) == [bad]:
            raise RuntimeError("no values")
        return await real(work, ids, **more)

    monkeypatch.setattr(advancing, "values_of", failing)
    await go()
    states = {run.party_id: run for run in await runs(journey)}
    assert (states[good].state, states[bad].state, states[bad].failures) == (RunState.DONE, RunState.ACTIVE, 1)
    async with database.work(tenant) as work:
        assert (await work.session.get_one(Party, bad)).tags is None  # what the failed attempt did is undone
    monkeypatch.setattr(advancing, "values_of", real)
    await go(hours=1)
    assert {run.state for run in await runs(journey)} == {RunState.DONE}
    assert len(await queued(journey)) == 2


async def test_paused_nobody_moves_and_an_ended_one_is_over(client, letter, begin, arrive, go, runs, queued):
    steps = [{"kind": "wait", "days": 1}, {"kind": "email", "template_id": await letter("一")}]
    journey = await begin(steps)
    path = f"/api/v1/marketing/journeys/{journey}"
    await arrive("甲")
    await go()
    assert (await client.post(f"{path}/pause")).json()["state"] == "paused"
    await arrive("乙")
    await go(days=2)
    assert (len(await runs(journey)), await queued(journey)) == (1, [])
    await client.post(f"{path}/start")
    await go(days=2, hours=1)
    assert len(await queued(journey)) == 1
    await client.post(f"{path}/end")
    assert (await queued(journey))[0].reason is Reason.CANCELLED
    assert (await client.post(f"{path}/start")).json()["code"] == "journey_ended"


async def test_who_is_on_the_way_keeps_to_the_steps_of_the_beginning(client, letter, begin, arrive, go, queued):
    first = [{"kind": "wait", "days": 1}, {"kind": "email", "template_id": await letter("旧")}]
    journey = await begin(first)
    await arrive("甲")
    await go()
    body = {"name": "x", "trigger": {"kind": "created"}, "steps": [{"kind": "email", "template_id": await letter("新")}]}
    changed = await put_anew(client, f"/api/v1/marketing/journeys/{journey}", body)
    assert (changed.status_code, changed.json()["number"]) == (200, 2)
    await arrive("乙")
    await go(days=2)
    assert sorted(m.subject for m in await queued(journey)) == ["新", "旧"]


async def test_what_cannot_run_is_refused_by_field(client, letter):
    sms = await letter("短信", "sms")
    body = {
        "name": "x",
        "trigger": {"kind": "date", "field": "name"},
        "goal": {"kind": "segment"},
        "steps": [{"kind": "email", "template_id": sms}, {"kind": "wait"}, {"kind": "condition"}, {"kind": "tag"}, {"kind": "task"}],
    }
    answer = await client.post("/api/v1/marketing/journeys", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "journey_wrong")
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {
        "trigger.field",
        "goal.segment_id",
        "steps.0.template_id",
        "steps.1.days",
        "steps.2.segment_id",
        "steps.3.tag",
        "steps.4.title",
    }
    for trigger in ({"kind": "segment"}, {"kind": "calendar", "days": ["02-30"]}, {"kind": "periodic", "every": "week", "on": 9}):
        assert (await client.post("/api/v1/marketing/journeys", json=body | {"trigger": trigger})).status_code == 422


@pytest.mark.parametrize("name", RECIPES)
async def test_every_recipe_makes_a_journey_that_can_start(client, name):
    await client.post("/api/v1/custom-fields", json={"stem": "master.party", "code": "due", "label": "到期", "kind": "date"})
    made = await client.post(f"/api/v1/marketing/journeys/recipes/{name}")
    assert made.status_code == 201, made.text
    assert made.json()["state"] == "draft"
    assert (await client.post(f"/api/v1/marketing/journeys/{made.json()['id']}/start")).json()["state"] == "active"


async def test_the_form_is_written_without_code(client, letter, segment):
    east = await segment({"field": "region", "op": "is", "value": "华东"})
    form = {
        "name": "欢迎", "trigger.kind": "created", "goal.kind": "order", "goal.within_days": "30", "exit_on_reply": "1", "version": "",
        "s0.kind": "email", "s0.id": "", "s0.template_id": await letter("欢迎"), "s1.kind": "wait", "s1.days": "3",
        "s2.kind": "condition", "s2.segment_id": east, "s2.negate": "1", "s2.otherwise": "exit",
    }  # fmt: skip
    drawn = await client.post("/marketing/journeys/draw", data=form | {"do": "add-tag"})
    assert (drawn.status_code, 'name="s3.tag"' in drawn.text) == (200, True)
    moved = await client.post("/marketing/journeys/draw", data=form | {"do": "up-1"})
    assert moved.text.index('value="wait"') < moved.text.index('value="email"')
    fewer = await client.post("/marketing/journeys/draw", data=form | {"do": "drop-2"})
    assert 'name="s2.segment_id"' not in fewer.text
    changed = await client.post("/marketing/journeys/draw", data=form | {"trigger.kind": "calendar"})
    assert 'name="trigger.days"' in changed.text
    refused = await client.post("/marketing/journeys/new", data=form | {"s1.days": "0"})
    assert (refused.status_code, 'id="e-f-s1-days"' in refused.text or "e-f-" in refused.text) == (422, True)
    saved = await client.post("/marketing/journeys/new", data=form)
    assert saved.status_code == 303, saved.text
    path = saved.headers["location"]
    assert (await client.post(f"{path}/start")).status_code == 303
    shown = (await client.get(path)).text
    assert "欢迎" in shown
    assert 'value="3"' in (await client.get(f"{path}/edit")).text
    assert "欢迎" in (await client.get("/marketing/journeys")).text
    by_recipe = await client.post("/marketing/journeys/recipes/win_back")
    assert by_recipe.status_code == 303


async def test_rights_and_the_other_company(client, other_client, client_for, tenant, letter, begin, arrive):
    journey = await begin([{"kind": "email", "template_id": await letter("一")}])
    await arrive("甲")
    for path in (f"/api/v1/marketing/journeys/{journey}", f"/marketing/journeys/{journey}", f"/api/v1/marketing/journeys/{journey}/runs"):
        assert (await other_client.get(path)).status_code == 404
    assert (await other_client.get("/api/v1/marketing/journeys")).json() == []
    assert (await other_client.post(f"/api/v1/marketing/journeys/{journey}/end")).status_code == 404
    seller = await client_for(tenant, role="sales")
    assert (await seller.post(f"/api/v1/marketing/journeys/{journey}/end")).status_code == 403
    assert (await seller.get(f"/api/v1/marketing/journeys/{journey}/runs")).json() == []  # customers of others
    assert len((await client.get(f"/api/v1/marketing/journeys/{journey}/runs")).json()) == 1
    reader = await client_for(tenant, permissions={"crm.marketing.read"})
    assert (await reader.post("/api/v1/marketing/journeys/recipes/welcome")).status_code == 403


async def test_merging_two_customers_who_are_both_on_their_way(client, letter, begin, arrive, go, runs):
    journey = await begin([{"kind": "wait", "days": 1}, {"kind": "email", "template_id": await letter("一")}])
    first, second = await arrive("甲"), await arrive("乙")
    await go()
    assert (await client.post(f"/api/v1/parties/{first}/merge", json={"merged_id": str(second)})).status_code in (200, 201)
    assert {run.party_id: run.exit_reason for run in await runs(journey)} == {first: "", second: "merged"}


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1", "1e20"])
async def test_a_goal_that_no_order_could_reach_is_refused(client, amount):
    body = {"name": "欢迎", "trigger": {"kind": "created"}, "steps": [{"kind": "exit"}], "goal": {"kind": "order", "amount": amount}}
    refused = await client.post("/api/v1/marketing/journeys", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "goal.amount"), refused.text
    page = await client.post("/marketing/journeys/new", data={"name": "欢迎", "goal.kind": "order", "goal.amount": amount})
    assert page.status_code == 422
