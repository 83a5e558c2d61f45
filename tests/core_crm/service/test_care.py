"""Canned replies, merges with their undo, ratings that count once, and figures of what one may see."""

import asyncio
import io
import zipfile
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa
from tests.anew import put_anew

from core_crm.service.intake.letters import RATING_KEY, RATING_KIND, hand_in
from core_crm.service.intake.model import LetterKind, TicketLetter
from kernel import clock
from master_data.api import Employee
from messaging.model import Mail
from messaging.tokens import Subject, make_token

ZONE = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.fixture
async def stranger(app, settings, tenant):
    base = settings.tenant_url(tenant.slug, "").rstrip("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base) as browser:
        yield browser


async def test_a_ready_answer_says_its_words_and_changes_the_ticket(desk):
    body = {
        "name": "补发",
        "text": "{customer}您好，{number} 已安排补发。{evil.__class__}",
        "then": "solved",
        "priority": "low",
        "queue_id": desk.queue,
    }
    macro = (await desk.client.post("/api/v1/service/macros", json=body)).json()
    made = await desk.ticket(priority="urgent")
    answer = await desk.do(made, "macro", macro_id=macro["id"])
    assert answer.status_code == 201, answer.text
    after = answer.json()
    assert (after["state"], after["priority"], after["queue_id"]) == ("solved", "low", desk.queue)
    [said] = await desk.messages(made, "reply")
    assert said["text"] == f"赵敏您好，{made['number']} 已安排补发。{{evil.__class__}}"


async def test_a_ready_answer_fills_the_box_and_its_changes_come_with_the_sending(desk):
    macro = (
        await desk.client.post("/api/v1/service/macros", json={"name": "内", "text": "转二线", "kind": "note", "priority": "high"})
    ).json()
    made = await desk.ticket()
    box = await desk.client.get(f"/tickets/{made['id']}/composer", params={"macro": macro["id"], "text": "先看"})
    assert "先看\n\n转二线" in box.text
    assert (await desk.read(made))["priority"] == "normal"
    sent = await desk.client.post(f"/tickets/{made['id']}/messages", data={"text": "转二线处理", "kind": "note", "macro": macro["id"]})
    assert sent.status_code == 303, sent.text
    assert (await desk.read(made))["priority"] == "high"
    assert [message["text"] for message in await desk.messages(made, "note")] == ["转二线处理"]


async def test_merging_moves_the_conversation_and_an_undo_brings_it_back(desk):
    first, second = await desk.ticket(text="第一"), await desk.ticket(text="第二")
    await desk.do(first, "notes", text="内部")
    merged = await desk.do(first, "merge", into=second["id"])
    assert (merged.status_code, merged.json()["id"]) == (200, second["id"]), merged.text
    assert ((await desk.read(first))["state"], (await desk.read(first))["merged_into_id"]) == ("closed", second["id"])
    assert [m["text"] for m in await desk.messages(second, "customer")] == ["第一", "第二"]
    assert first["number"] in (await desk.client.get(f"/tickets/{second['id']}")).text
    for command, body in (("reply", {"text": "x"}), ("state", {"state": "open"}), ("merge", {"into": second["id"]})):
        assert (await desk.do(first, command, **body)).json()["code"] == "ticket_closed", command
    await desk.do(second, "reply", text="合并后的回复")
    undone = await desk.do(first, "unmerge")
    assert (undone.status_code, undone.json()["state"], undone.json()["merged_into_id"]) == (200, "new", None), undone.text
    assert [m["text"] for m in await desk.messages(first) if m["kind"] in ("customer", "note")] == ["第一", "内部"]
    assert [m["text"] for m in await desk.messages(second) if m["kind"] in ("customer", "reply")] == ["第二", "合并后的回复"]
    assert (await desk.do(first, "unmerge")).json()["code"] == "ticket_not_merged"
    acts = [m["facts"]["act"] for m in await desk.messages(first, "event")]
    assert acts[-2:] == ["merged_into", "unmerged"]


async def test_a_chain_of_merges_is_undone_from_its_end(desk):
    a, b, c = [await desk.ticket(text=text) for text in "甲乙丙"]
    await desk.do(a, "merge", into=b["id"])
    await desk.do(b, "merge", into=c["id"])
    assert {m["text"] for m in await desk.messages(c, "customer")} == {"甲", "乙", "丙"}
    assert (await desk.do(a, "unmerge")).json()["code"] == "ticket_closed"
    assert (await desk.do(b, "unmerge")).status_code == 200
    assert (await desk.do(a, "unmerge")).status_code == 200
    assert [[m["text"] for m in await desk.messages(t, "customer")] for t in (a, b, c)] == [["甲"], ["乙"], ["丙"]]


async def test_words_of_one_customer_do_not_reach_another_by_mistake(desk):
    first, second = await desk.ticket(requester_email="a@example.com"), await desk.ticket(requester_email="b@example.com")
    refused = await desk.do(first, "merge", into=second["id"])
    assert (refused.status_code, refused.json()["code"]) == (409, "other_customer")
    page = await desk.client.post(f"/tickets/{first['id']}/merge", data={"into": second["number"]})
    assert (page.status_code, 'name="sure"' in page.text) == (422, True)
    assert (await desk.client.post(f"/tickets/{first['id']}/merge", data={"into": second["number"], "sure": "1"})).status_code == 303
    for wrong in ("", "TK-1999-00001", first["number"]):
        other = await desk.ticket()
        assert (await desk.client.post(f"/tickets/{other['id']}/merge", data={"into": wrong})).status_code == 422


async def test_merges_that_cross_do_not_block_each_other(desk):
    first, second = await desk.ticket(), await desk.ticket()
    answers = await asyncio.gather(desk.do(first, "merge", into=second["id"]), desk.do(second, "merge", into=first["id"]))
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_merging_needs_its_permission(client_for, tenant, desk):
    agent = await client_for(tenant, permissions={"crm.ticket.read", "crm.ticket.update"})
    first, second = await desk.ticket(), await desk.ticket()
    assert (await agent.post(f"/api/v1/tickets/{first['id']}/merge", json={"into": second["id"]})).status_code == 403


def link(settings, tenant, ticket) -> str:
    token = make_token(settings.derive(RATING_KEY), Subject(tenant_id=tenant.id, kind=RATING_KIND, id=ticket["id"]))
    return f"/support/rate/{token}"


@pytest.fixture
def rating_link(settings, tenant):
    from uuid import UUID

    return lambda ticket: link(settings, tenant, {"id": UUID(ticket["id"])})


async def test_who_had_a_solution_is_asked_once_and_answers_once(desk, stranger, database, tenant, rating_link, app):
    made = await desk.ticket(requester_email="zhao@example.com")
    for state in ("solved", "open", "solved"):
        await desk.do(made, "state", state=state)
    await hand_in(database, tenant)
    async with database.registry_session() as session:
        mails = (await session.scalars(sa.select(Mail).where(Mail.recipient == "zhao@example.com", Mail.tenant_id == tenant.id))).all()
    path = rating_link(made)
    assert [path in (mail.text or "") for mail in mails] == [True]
    shown = await stranger.get(path, params={"score": "5"})
    assert 'value="5" checked' in shown.text
    assert (await desk.client.get(f"/api/v1/tickets/{made['id']}/rating")).json() is None, "looking counts nothing"
    assert (await stranger.post(path, data={"score": "9"})).status_code == 422
    answers = await asyncio.gather(*(stranger.post(path, data={"score": "4", "comment": "很快 <b>"}) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    rating = (await desk.client.get(f"/api/v1/tickets/{made['id']}/rating")).json()
    assert (rating["score"], rating["comment"]) == (4, "很快 <b>")
    page = (await desk.client.get(f"/tickets/{made['id']}")).text
    assert "很快 &lt;b&gt;" in page


async def test_links_to_rate_cannot_be_made_up_or_used_elsewhere(desk, stranger, other_client, rating_link):
    made = await desk.ticket()
    path = rating_link(made)
    altered = path[:-1] + ("a" if path[-1] != "a" else "b")
    assert (await stranger.get(altered)).status_code == 404
    assert (await other_client.get(path)).status_code == 404
    assert (await other_client.post(path, data={"score": "1"})).status_code == 404


async def test_nobody_is_asked_where_the_company_does_not_want_it(desk, database, tenant):
    await put_anew(desk.client, "/api/v1/service/settings", {"ask_rating": False})
    made = await desk.ticket(requester_email="zhao@example.com")
    await desk.do(made, "state", state="solved")
    async with database.work(tenant) as work:
        assert await work.session.scalar(sa.select(TicketLetter.id).where(TicketLetter.kind == LetterKind.RATING)) is None


@pytest.fixture
async def month(desk, stranger, rating_link):
    """Two tickets of one agent, one of them late and rated, and one of nobody."""
    with clock.frozen(at("2026-11-16T09:00")):
        good, late, plain = [await desk.ticket(priority="high") for _ in range(3)]
        await desk.do(good, "assign", owner_id=desk.staff["王芳"])
        await desk.do(late, "assign", owner_id=desk.staff["王芳"])
    with clock.frozen(at("2026-11-16T09:30")):
        await desk.do(good, "reply", text="好", then="solved")
    with clock.frozen(at("2026-11-18T09:00")):
        await desk.do(late, "reply", text="抱歉", then="solved")
    assert (await stranger.post(rating_link(late), data={"score": "2"})).status_code == 200
    return good, late, plain


SPAN = {"since": "2026-11-01", "until": "2026-11-20"}


async def test_figures_count_working_time_deadlines_and_ratings(desk, month):
    found = (await desk.client.get("/api/v1/service/measures", params=SPAN)).json()
    [agent, nobody] = found["lines"]
    assert (agent["label"], agent["opened"], agent["solved"]) == ("王芳", 2, 2)
    assert (agent["first_average"], agent["first_median"]) == ((1800 + 18 * 3600) // 2, (1800 + 18 * 3600) // 2)
    assert (agent["first_kept"], agent["resolve_kept"], agent["first_late"]) == ("50.0", "50.0", 1)
    assert (agent["ratings"], agent["score"], nobody["opened"]) == (1, "2.00", 1)
    assert (found["total"]["opened"], found["notes"]) == (3, [])
    weeks = (await desk.client.get("/api/v1/service/measures", params=SPAN | {"by": "week"})).json()["lines"]
    assert [(week["label"], week["opened"]) for week in weeks] == [("2026-11-16", 3)]
    assert (await desk.client.get("/api/v1/service/measures", params={"since": "2026-11-02", "until": "2026-11-01"})).status_code == 422


async def test_merged_tickets_are_counted_once(desk, month):
    good, _late, plain = month
    await desk.do(plain, "merge", into=good["id"])
    assert (await desk.do(plain, "merge", into=good["id"])).status_code == 409
    found = (await desk.client.get("/api/v1/service/measures", params=SPAN)).json()
    assert found["total"]["opened"] == 2


async def test_figures_stand_on_a_page_and_in_a_file(desk, month):
    for by in ("owner", "category", "queue", "channel", "week"):
        page = await desk.client.get("/tickets/metrics", params=SPAN | {"by": by})
        assert page.status_code == 200, by
    assert "王芳" in (await desk.client.get("/tickets/metrics", params=SPAN)).text
    assert (await desk.client.get("/tickets/metrics", params={"since": "nonsense", "until": "2020-01-01"})).status_code == 200
    export = await desk.client.get("/reports/core_crm/service/export.xlsx", params=SPAN)
    assert export.status_code == 200, export.text
    with zipfile.ZipFile(io.BytesIO(export.content)) as archive:
        assert any("王芳" in archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


async def test_figures_of_hidden_tickets_are_not_counted_and_that_is_said(desk, month, client_for, tenant, database):
    agent = await client_for(tenant, role="service")
    email = (await agent.get("/api/v1/me")).json()["email"]
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(Employee).where(Employee.id == desk.staff["王芳"]).values(email=email))
    await desk.client.put("/api/v1/scopes", json=[{"role": "service", "stem": "crm.ticket", "scope": "own"}])
    found = (await agent.get("/api/v1/service/measures", params=SPAN)).json()
    assert (found["total"]["opened"], found["notes"]) == (2, ["仅含可见数据。"])
    assert "仅含可见数据" in (await agent.get("/tickets/metrics", params=SPAN)).text


async def test_another_company_sees_no_answer_merge_or_figure(desk, month, other_client):
    await desk.client.post("/api/v1/service/macros", json={"name": "补发", "text": "x"})
    good, late, _plain = month
    assert (await other_client.get("/api/v1/service/macros")).json() == []
    assert (await other_client.get("/api/v1/service/measures", params=SPAN)).json()["total"]["opened"] == 0
    assert (await other_client.post(f"/api/v1/tickets/{good['id']}/merge", json={"into": late["id"]})).status_code == 404
    assert (await other_client.post(f"/api/v1/tickets/{good['id']}/unmerge")).status_code == 404
    assert (await other_client.get(f"/api/v1/tickets/{good['id']}/rating")).status_code == 404
    mine = (await other_client.post("/api/v1/tickets", json={"subject": "x", "text": "y"})).json()
    assert (await other_client.post(f"/api/v1/tickets/{mine['id']}/merge", json={"into": good["id"]})).status_code == 404


async def test_ready_answers_are_written_on_pages(desk):
    form = {"name": "问候", "text": "您好", "kind": "reply", "then": "open", "active": "1", "position": "5"}
    assert (await desk.client.post("/service/desk/macros/new", data=form)).status_code == 303
    assert "问候" in (await desk.client.get("/service/desk")).text
    assert (await desk.client.post("/service/desk/macros/new", data=form | {"text": "", "name": "空"})).status_code == 422
    assert (await desk.client.post("/service/desk/macros/new", data=form)).status_code == 422, "the name is there already"
    [macro] = (await desk.client.get("/api/v1/service/macros")).json()
    assert "您好" in (await desk.client.get(f"/service/desk/macros/{macro['id']}")).text
    assert (await desk.client.post(f"/service/desk/macros/{macro['id']}/delete")).status_code == 303
    made = await desk.ticket()
    assert (await desk.do(made, "macro", macro_id=macro["id"])).json()["code"] == "macro_not_found"


async def test_two_who_called_from_different_numbers_are_not_taken_for_one(desk):
    first = await desk.ticket(requester_email="", requester_phone="13900000001")
    second = await desk.ticket(requester_email="", requester_phone="13900000002")
    nameless = await desk.ticket(requester_email="", requester_phone="")
    for other in (second, nameless):
        refused = await desk.do(first, "merge", into=other["id"])
        assert (refused.status_code, refused.json()["code"]) == (409, "other_customer"), refused.text
    again = await desk.ticket(requester_email="", requester_phone="13900000001")
    assert (await desk.do(first, "merge", into=again["id"])).status_code == 200


async def test_what_a_customer_is_called_fills_in_nothing(desk):
    macro = (await desk.client.post("/api/v1/service/macros", json={"name": "好", "text": "{customer}，{number}"})).json()
    made = await desk.ticket(requester_name="{agent}{company}")
    assert (await desk.do(made, "macro", macro_id=macro["id"])).status_code == 201
    [said] = await desk.messages(made, "reply")
    assert said["text"] == "{agent}{company}，" + made["number"]
