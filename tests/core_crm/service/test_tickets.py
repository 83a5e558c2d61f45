"""Tickets: numbered, given to somebody, answered within working time, solved, opened again; and who may see them."""

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core_crm.service.tickets.model import SlaPolicy, Ticket, TicketQueue
from core_crm.service.tickets.sla import sla_policies
from core_crm.service.tickets.upkeep import close_solved, look_at_clock, sweep_clocks
from identity.people.model import Person
from kernel import clock
from master_data.api import Employee

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(ZONE) if text else None


async def test_a_ticket_gets_a_number_a_queue_a_priority_and_somebody_in_charge(desk):
    first = await desk.ticket(category_id=desk.category)
    second = await desk.ticket(category_id=desk.category)
    assert (first["state"], first["priority"], first["queue_id"]) == ("new", "high", desk.queue)
    assert int(second["number"][-5:]) == int(first["number"][-5:]) + 1
    assert [first["owner_id"], second["owner_id"]] == [desk.staff["王芳"], desk.staff["李雷"]]
    [said] = await desk.messages(first, "customer")
    assert (said["text"], said["author_name"]) == ("按了开始没有反应。", "赵敏")


async def test_whoever_has_fewest_gets_the_next_and_nobody_more_than_allowed(desk):
    queue = {"name": "售后", "employees": [desk.staff["王芳"], desk.staff["李雷"]], "by_load": True, "load_max": 1}
    assert (await desk.client.put(f"/api/v1/service/queues/{desk.queue}", json=queue | {"version": 1})).status_code == 200
    owners = [(await desk.ticket(queue_id=desk.queue))["owner_id"] for _ in range(3)]
    assert owners == [desk.staff["王芳"], desk.staff["李雷"], None]
    full = await desk.ticket(queue_id=desk.queue)
    refused = await desk.do(full, "assign", by_queue=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "nobody_free")


async def test_tickets_that_come_at_once_go_round_and_have_numbers_of_their_own(desk):
    made = await asyncio.gather(*(desk.ticket(queue_id=desk.queue) for _ in range(6)))
    assert len({ticket["number"] for ticket in made}) == 6
    owners = [ticket["owner_id"] for ticket in made]
    assert (owners.count(desk.staff["王芳"]), owners.count(desk.staff["李雷"])) == (3, 3)


async def test_the_clock_counts_working_time(desk):
    with clock.frozen(at("2026-11-20T17:00")):  # a Friday; high: 1 hour to answer, 9 to solve
        made = await desk.ticket(category_id=desk.category)
    assert moment(made["first_due_at"]) == at("2026-11-20T18:00")
    assert moment(made["resolve_due_at"]) == at("2026-11-23T17:00")
    with clock.frozen(at("2026-11-23T09:30")):
        assert (await desk.do(made, "reply", text="请重启", then="open")).status_code == 201
    answered = await desk.read(made)
    assert (answered["first_seconds"], answered["state"]) == (90 * 60, "open")


async def test_waiting_for_the_customer_stops_the_clock_of_the_solution(desk):
    with clock.frozen(at("2026-11-23T09:00")):
        made = await desk.ticket(category_id=desk.category)
    assert moment(made["resolve_due_at"]) == at("2026-11-23T18:00")
    with clock.frozen(at("2026-11-23T10:00")):
        await desk.do(made, "reply", text="请发照片", then="waiting")
    with clock.frozen(at("2026-11-24T11:00")):  # eight hours of the first day and two of the second
        await desk.do(made, "state", state="open")
    going = await desk.read(made)
    assert going["paused_seconds"] == 10 * 3600
    assert moment(going["resolve_due_at"]) == at("2026-11-25T10:00")
    with clock.frozen(at("2026-11-24T12:00")):
        await desk.do(made, "reply", text="好了", then="solved")
    assert (await desk.read(made))["resolve_seconds"] == 2 * 3600


async def test_opening_again_keeps_the_time_it_was_solved_out_of_the_count(desk):
    with clock.frozen(at("2026-11-23T09:00")):
        made = await desk.ticket()
    with clock.frozen(at("2026-11-23T10:00")):
        await desk.do(made, "state", state="solved")
    with clock.frozen(at("2026-11-23T15:00")):
        assert (await desk.do(made, "state", state="open")).json()["reopened"] == 1
    with clock.frozen(at("2026-11-23T16:00")):
        await desk.do(made, "state", state="solved")
    assert (await desk.read(made))["resolve_seconds"] == 2 * 3600


async def test_another_priority_reckons_the_deadlines_anew(desk):
    with clock.frozen(at("2026-11-23T09:00")):
        made = await desk.ticket(priority="low")
        changed = await desk.client.patch(f"/api/v1/tickets/{made['id']}", json={"priority": "urgent", "version": made["version"]})
    assert moment(changed.json()["first_due_at"]) == at("2026-11-23T09:30")
    late = await desk.client.patch(f"/api/v1/tickets/{made['id']}", json={"subject": "别的", "version": made["version"]})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    events = [message["facts"] for message in await desk.messages(made, "event")]
    assert {"act": "changed", "fields": {"priority": ["low", "urgent"]}} in events


async def test_a_policy_around_the_clock_counts_nights(desk):
    body = {"name": "7×24", "category_id": desk.category, "first_minutes": 30, "resolve_minutes": 240, "around_clock": True, "position": 1}
    assert (await desk.client.post("/api/v1/service/policies", json=body)).status_code == 201
    with clock.frozen(at("2026-11-21T23:00")):
        made = await desk.ticket(category_id=desk.category)
    assert moment(made["resolve_due_at"]) == at("2026-11-22T03:00")


async def link(database, tenant, employee_id):
    """A member of the company who signs in as this employee."""
    from identity.members.model import Member

    async with database.registry_session() as session:
        person = Person(name="客服", email=f"{employee_id}@example.com", email_key=f"{employee_id}@example.com")
        session.add(person)
        await session.flush()
        session.add(Member(tenant_id=tenant.id, person_id=person.id, roles=["owner"]))
        person_id = person.id
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(Employee).where(Employee.id == employee_id).values(person_id=person_id))
    return person_id


async def told(database, tenant, kind):
    async with database.work(tenant) as work:
        rows = await work.session.execute(sa.text("SELECT person_id FROM workflow_notification WHERE kind = :k"), {"k": kind})
        return {row.person_id for row in rows}


async def test_a_late_ticket_is_told_of_once_and_goes_to_the_lead_where_the_policy_says_so(desk, database, tenant):
    lead = await link(database, tenant, desk.staff["组长"])
    agent = await link(database, tenant, desk.staff["王芳"])
    body = {"name": "快", "category_id": desk.category, "first_minutes": 10, "resolve_minutes": 20, "reassign": True, "position": 1}
    await desk.client.post("/api/v1/service/policies", json=body)
    with clock.frozen(at("2026-11-23T09:00")):
        made = await desk.ticket(category_id=desk.category)
    assert await told(database, tenant, "core_crm.ticket_assigned") == {agent}
    with clock.frozen(at("2026-11-23T09:09")):
        async with database.work(tenant) as work:
            await look_at_clock(work, made["id"])
    assert await told(database, tenant, "core_crm.ticket_due_soon") == {agent}
    for _ in range(2):
        with clock.frozen(at("2026-11-23T09:15")):
            async with database.work(tenant) as work:
                await sweep_clocks(work)
    after = await desk.read(made)
    assert (after["owner_id"], moment(after["first_breached_at"]), after["resolve_breached_at"]) == (
        desk.staff["组长"],
        at("2026-11-23T09:15"),
        None,
    )
    assert await told(database, tenant, "core_crm.ticket_late") == {agent, lead}
    acts = [message["facts"]["act"] for message in await desk.messages(made, "event")]
    assert acts.count("first_breached") == 1


async def test_what_waits_for_the_customer_is_not_late(desk, database, tenant):
    with clock.frozen(at("2026-11-23T09:00")):
        made = await desk.ticket(priority="urgent")
        await desk.do(made, "reply", text="请发照片")
    with clock.frozen(at("2026-11-28T09:00")):
        async with database.work(tenant) as work:
            await sweep_clocks(work)
    assert (await desk.read(made))["resolve_breached_at"] is None


async def test_solved_tickets_are_closed_after_some_days(desk, database, tenant):
    with clock.frozen(at("2026-11-01T09:00")):
        old = await desk.ticket()
        await desk.do(old, "state", state="solved")
    with clock.frozen(at("2026-11-06T09:00")):
        fresh = await desk.ticket()
        await desk.do(fresh, "state", state="solved")
    with clock.frozen(at("2026-11-09T09:00")):
        async with database.work(tenant) as work:
            await close_solved(work)
    assert ((await desk.read(old))["state"], (await desk.read(fresh))["state"]) == ("closed", "solved")
    refused = await desk.do(old, "reply", text="还有问题")
    assert (refused.status_code, refused.json()["code"]) == (409, "ticket_closed")


async def test_a_customer_is_found_by_the_address(desk):
    party = (await desk.client.post("/api/v1/parties", json={"name": "晨光文具有限公司"})).json()
    contact = {"name": "赵敏", "email": "Zhao@Example.com", "phone": "13800138000"}
    contact_id = (await desk.client.post(f"/api/v1/parties/{party['id']}/contacts", json=contact)).json()["id"]
    made = await desk.ticket(requester_name="", requester_email="zhao@example.com")
    assert (made["party_id"], made["contact_id"], made["requester_name"]) == (party["id"], contact_id, "赵敏")
    assert made["number"] in (await desk.client.get(f"/parties/{party['id']}")).text
    assert await desk.listed(q="cgwj") == [made["id"]]


async def test_what_is_not_the_customers_is_refused(desk):
    mine = (await desk.client.post("/api/v1/parties", json={"name": "晨光文具有限公司"})).json()
    other = (await desk.client.post("/api/v1/parties", json={"name": "别家有限公司"})).json()
    contact = (await desk.client.post(f"/api/v1/parties/{other['id']}/contacts", json={"name": "王五"})).json()
    body = {"subject": "x", "text": "y", "party_id": mine["id"], "contact_id": contact["id"]}
    answer = await desk.client.post("/api/v1/tickets", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "contact_id")
    for field in ("category_id", "queue_id", "product_id", "order_id", "owner_id"):
        answer = await desk.client.post("/api/v1/tickets", json={"subject": "x", "text": "y", field: mine["id"]})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text


async def test_ready_views_find_what_they_say(desk):
    with clock.frozen(at("2026-11-23T09:00")):
        plain = await desk.ticket()
        waiting = await desk.ticket()
        await desk.do(waiting, "reply", text="请稍候")
        solved = await desk.ticket()
        await desk.do(solved, "state", state="solved")
        given = await desk.ticket(queue_id=desk.queue)
    with clock.frozen(at("2026-11-28T09:00")):
        late = await desk.listed(show="late")
    assert set(late) == {plain["id"], given["id"]}
    assert set(await desk.listed(show="active")) == {plain["id"], waiting["id"], given["id"]}
    assert set(await desk.listed(show="nobody")) == {plain["id"], waiting["id"]}
    assert await desk.listed(show="waiting") == [waiting["id"]]
    assert await desk.listed(show="solved") == [solved["id"]]
    pages = (await desk.client.get("/api/v1/tickets", params={"limit": 3, "newest_first": False})).json()
    following = (await desk.client.get("/api/v1/tickets", params={"limit": 3, "newest_first": False, "after": pages["next"]})).json()
    assert len({row["id"] for row in pages["items"] + following["items"]}) == 4


async def test_notes_and_files_are_ours_and_files_are_always_downloads(desk, other_client):
    made = await desk.ticket()
    page = b"<script>alert(1)</script>"
    sent = await desk.client.post(
        f"/tickets/{made['id']}/messages",
        data={"text": "内部看一下", "kind": "note"},
        files={"file": ("../../evil\u202e.html", page, "text/html")},
    )
    assert sent.status_code == 303, sent.text
    [said] = await desk.messages(made, "note")
    [file] = said["files"]
    assert (file["name"], (await desk.read(made))["first_responded_at"]) == ("evil.html", None)
    for address in (f"/tickets/{made['id']}/files/{file['id']}", f"/api/v1/tickets/{made['id']}/files/{file['id']}"):
        answer = await desk.client.get(address)
        assert (answer.content, answer.headers["content-type"]) == (page, "application/octet-stream")
        assert answer.headers["content-disposition"].startswith("attachment")
        assert (await other_client.get(address)).status_code == 404
    other = await desk.ticket()
    assert (await desk.client.get(f"/tickets/{other['id']}/files/{file['id']}")).status_code == 404


async def test_pages_show_what_was_said_without_running_it(desk):
    made = await desk.ticket(subject="<img src=x onerror=alert(1)>", text="<script>alert(2)</script>")
    page = (await desk.client.get(f"/tickets/{made['id']}")).text
    assert "<script>alert(2)" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(2)" in page


async def test_a_ticket_is_opened_answered_and_changed_on_pages(desk):
    assert "data-new" in (await desk.client.get("/tickets")).text
    form = {"subject": "发票抬头错了", "text": "请重开", "channel": "wechat", "queue_id": desk.queue, "requester_name": "赵敏"}
    made = await desk.client.post("/tickets/new", data=form)
    assert made.status_code == 303, made.text
    path = made.headers["location"]
    assert "发票抬头错了" in (await desk.client.get("/tickets", params={"q": "发票", "channel": "wechat"})).text
    assert (await desk.client.post(f"{path}/messages", data={"text": "马上重开", "kind": "reply", "then": "solved"})).status_code == 303
    page = (await desk.client.get(path)).text
    assert "马上重开" in page
    assert "已解决" in page
    empty = await desk.client.post(f"{path}/messages", data={"text": "  ", "kind": "reply"})
    assert (empty.status_code, 'id="e-f-text"' in empty.text) == (422, True)
    edit = (await desk.client.get(f"{path}/edit")).text
    assert "赵敏" in edit
    version = edit.split('name="version" value="')[1].split('"')[0]
    saved = await desk.client.post(f"{path}/edit", data=form | {"priority": "urgent", "version": version})
    assert saved.status_code == 303, saved.text
    assert (await desk.client.post("/tickets/new", data={"subject": "", "text": ""})).status_code == 422
    assert (await desk.client.post(f"{path}/assign", data={"owner_id": desk.staff["组长"]})).status_code == 303
    assert (await desk.client.post(f"{path}/state", data={"state": "open"})).status_code == 303


async def test_views_are_saved_under_a_name(desk):
    await desk.client.post("/tickets/views", data={"name": "紧急", "query": "priority=urgent&show=all&evil=1"})
    page = (await desk.client.get("/tickets", params={"priority": "urgent", "show": "all"})).text
    assert "紧急" in page
    assert "evil" not in page


async def test_taking_begins_the_work(client_for, tenant, desk, database):
    agent = await client_for(tenant, permissions={"crm.ticket.read", "crm.ticket.update"})
    made = await desk.ticket()
    refused = await agent.post(f"/api/v1/tickets/{made['id']}/take")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "owner_id")
    email = (await agent.get("/api/v1/me")).json()["email"]
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(Employee).where(Employee.id == desk.staff["李雷"]).values(email=email))
    taken = (await agent.post(f"/api/v1/tickets/{made['id']}/take")).json()
    assert (taken["owner_id"], taken["state"]) == (desk.staff["李雷"], "open")
    assert (await agent.post(f"/api/v1/tickets/{made['id']}/assign", json={})).status_code == 403
    assert (await agent.post("/api/v1/tickets", json={"subject": "x", "text": "y"})).status_code == 403
    assert (await agent.get("/service/desk")).status_code == 403


async def test_who_sees_only_their_own_sees_no_other_ticket(client_for, tenant, desk, database):
    agent = await client_for(tenant, role="service")
    mine, other = await desk.ticket(), await desk.ticket(subject="别人的")
    email = (await agent.get("/api/v1/me")).json()["email"]
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(Employee).where(Employee.id == desk.staff["李雷"]).values(email=email))
    await desk.do(mine, "assign", owner_id=desk.staff["李雷"])
    assert len((await agent.get("/api/v1/tickets")).json()["items"]) == 2
    rule = await desk.client.put("/api/v1/scopes", json=[{"role": "service", "stem": "crm.ticket", "scope": "own"}])
    assert rule.status_code == 200, rule.text
    assert [row["id"] for row in (await agent.get("/api/v1/tickets")).json()["items"]] == [mine["id"]]
    assert (await agent.get(f"/tickets/{other['id']}")).status_code == 404
    assert (await agent.get(f"/api/v1/tickets/{other['id']}/messages")).status_code == 404
    assert "别人的" not in (await agent.get("/tickets", params={"show": "all"})).text


async def test_who_sees_only_their_own_keeps_what_they_enter_and_loses_what_the_queue_gives_away(client_for, tenant, desk):
    agent = await client_for(tenant, role="service")
    await desk.client.put("/api/v1/scopes", json=[{"role": "service", "stem": "crm.ticket", "scope": "own"}])
    form = {"subject": "自己的", "text": "内容", "channel": "phone"}
    mine = await agent.post("/tickets/new", data=form)
    assert mine.status_code == 303, mine.text
    assert "自己的" in (await agent.get(mine.headers["location"])).text
    given = await agent.post("/tickets/new", data=form | {"queue_id": desk.queue})
    assert given.headers["location"] == "/tickets"
    named = await agent.post("/api/v1/tickets", json={"subject": "给人", "text": "内容", "owner_id": desk.staff["李雷"]})
    assert (named.status_code, named.json()["owner_id"]) == (201, desk.staff["李雷"])


async def test_the_desk_is_set_up_on_pages(desk):
    assert "售后" in (await desk.client.get("/service/desk")).text
    form = {"name": "加急", "first": "30m", "resolve": "1h 30m", "priority": "urgent", "warn_percent": "90", "active": "1", "position": "1"}
    assert (await desk.client.post("/service/desk/policies/new", data=form)).status_code == 303
    policies = (await desk.client.get("/api/v1/service/policies")).json()
    [made] = [policy for policy in policies if policy["name"] == "加急"]
    assert (made["first_minutes"], made["resolve_minutes"], made["warn_percent"]) == (30, 90, 90)
    for wrong, field in (({"first": "soon"}, "first"), ({"name": ""}, "name"), ({"resolve": "10m"}, "resolve"), ({"name": "Normal"}, "")):
        answer = await desk.client.post("/service/desk/policies/new", data=form | wrong)
        assert answer.status_code == 422 or wrong == {"name": "Normal"}, field
    assert (await desk.client.get("/service/desk/nonsense/new")).status_code == 404
    await desk.ticket(queue_id=desk.queue)
    refused = await desk.client.post(f"/service/desk/queues/{desk.queue}/delete")
    assert (refused.status_code, "售后" in refused.text) == (422, True)
    assert (await desk.client.delete(f"/api/v1/service/queues/{desk.queue}")).json()["code"] == "in_use"
    assert (await desk.client.post("/service/desk/settings", data={"close_days": "3", "signature": "青禾客服"})).status_code == 303
    made = await desk.ticket()
    await desk.do(made, "reply", text="您好")
    [reply] = await desk.messages(made, "reply")
    assert reply["text"] == "您好\n\n青禾客服"


async def test_the_usual_deadlines_are_made_once(database, tenant):
    async def ask() -> int:
        async with database.work(tenant) as work:
            return len(await sla_policies(work))

    assert await asyncio.gather(*(ask() for _ in range(4))) == [4] * 4
    async with database.work(tenant) as work:
        assert await work.session.scalar(sa.select(sa.func.count()).select_from(SlaPolicy)) == 4


async def test_another_company_sees_no_ticket(desk, other_client):
    made = await desk.ticket(queue_id=desk.queue)
    assert (await other_client.get(f"/api/v1/tickets/{made['id']}")).status_code == 404
    assert (await other_client.get(f"/tickets/{made['id']}")).status_code == 404
    assert (await other_client.get("/api/v1/tickets")).json()["items"] == []
    assert (await other_client.get("/api/v1/service/queues")).json() == []
    for command, body in (
        ("reply", {"text": "x"}),
        ("notes", {"text": "x"}),
        ("state", {"state": "solved"}),
        ("assign", {}),
        ("take", None),
    ):
        answer = await other_client.post(f"/api/v1/tickets/{made['id']}/{command}", json=body)
        assert answer.status_code == 404, command
    foreign = await other_client.post("/api/v1/tickets", json={"subject": "x", "text": "y", "queue_id": desk.queue})
    assert foreign.status_code == 422


async def test_the_late_of_one_company_are_not_told_of_by_another(desk, database, other_tenant):
    with clock.frozen(at("2026-11-23T09:00")):
        made = await desk.ticket(priority="urgent")
    with clock.frozen(at("2026-11-28T09:00")):
        async with database.work(other_tenant) as work:
            await sweep_clocks(work)
            assert await work.session.get(Ticket, made["id"]) is None
            assert await work.session.scalar(sa.select(sa.func.count()).select_from(TicketQueue)) == 0
    assert (await desk.read(made))["first_breached_at"] is None


def test_moments_are_compared_in_one_zone():
    assert moment("2026-11-23T01:00:00+00:00") == datetime(2026, 11, 23, 1, tzinfo=UTC) == at("2026-11-23T09:00")
    assert at("2026-11-23T09:00") - at("2026-11-23T08:00") == timedelta(hours=1)


@pytest.mark.parametrize(
    ("path", "row"),
    [
        ("service/queues", {"name": "二线"}),
        ("service/categories", {"name": "安装"}),
        ("service/policies", {"name": "加急", "first_minutes": 30, "resolve_minutes": 240}),
        ("service/macros", {"name": "收到", "text": "已收到。"}),
        ("article-categories", {"name": "入门"}),
    ],
)
async def test_two_who_set_up_the_desk_at_once_do_not_overwrite_each_other(desk, other_client, path, row):
    made = (await desk.client.post(f"/api/v1/{path}", json=row)).json()
    one = f"/api/v1/{path}/{made['id']}"
    assert made["version"] == 1
    unsaid = await desk.client.put(one, json=row | {"name": "改"})
    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "version_required")
    assert (await desk.client.put(one, json=row | {"name": "改", "version": 1})).json()["version"] == 2
    late = await desk.client.put(one, json=row | {"name": "又改", "version": 1})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    assert (await other_client.put(one, json=row | {"version": 2})).status_code == 404
    if path.startswith("service/"):
        page = f"/service/desk/{path.removeprefix('service/')}/{made['id']}"
        shown = (await desk.client.get(page)).text
        assert 'name="version" value="2"' in shown
        form = {"name": "第三", "text": "x", "first": "30m", "resolve": "4h", "position": "1", "active": "1"}
        old = await desk.client.post(page, data=form | {"version": "1"}, headers={"accept-language": "zh-CN"})
        assert (old.status_code, "刷新" in old.text or "重新" in old.text) == (422, True)
        assert (await desk.client.post(page, data=form | {"version": "2"})).status_code == 303


async def test_turns_at_a_queue_are_no_change_of_it(desk):
    await desk.ticket(queue_id=desk.queue)
    [queue] = [row for row in (await desk.client.get("/api/v1/service/queues")).json() if row["id"] == desk.queue]
    assert queue["version"] == 1
