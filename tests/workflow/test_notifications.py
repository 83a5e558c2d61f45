"""What members are told: by whom, of what, in which way, and never of what they may not see."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from tests.workflow.conftest import told

from core_crm.pool.recycling import recycle
from identity.members.model import Member
from kernel import clock
from kernel.ids import new_id
from messaging.model import Mail
from workflow.api import notify
from workflow.notifications.mail import send_mail

EN = {"accept-language": "en"}


@pytest.fixture
async def party(client):
    return (await client.post("/api/v1/parties", json={"name": "青禾有限公司"})).json()


async def note(client, party, body, **more):
    answer = await client.post(f"/api/v1/parties/{party['id']}/timeline", json={"kind": "note", "body": body, **more})
    assert answer.status_code == 201, answer.text


async def letters_to(database, email):
    async with database.registry_session() as session:
        return list(await session.scalars(sa.select(Mail).where(Mail.recipient == email).order_by(Mail.id)))


async def test_who_is_named_in_a_note_reads_of_it_and_gets_there(client, tenant, seat_for, party):
    wang = await seat_for(tenant, "viewer", name="王丽")
    await note(client, party, "@王丽 请看一下报价")
    [entry] = (await wang.client.get("/api/v1/notifications")).json()["items"]
    assert entry["text"].endswith("：@王丽 请看一下报价") or entry["text"].endswith(": @王丽 请看一下报价")
    assert (entry["path"], entry["read_at"]) == (f"/parties/{party['id']}", None)
    assert await told(client) == []
    opened = await wang.client.post(f"/notifications/{entry['id']}/open")
    assert (opened.status_code, opened.headers["location"]) == (303, f"/parties/{party['id']}")
    answer = (await wang.client.get("/api/v1/notifications")).json()
    assert (answer["unread"], answer["items"][0]["read_at"] is not None) == (0, True)


async def test_the_longest_name_is_meant_and_a_private_note_tells_nobody(client, tenant, seat_for, party):
    short, long = await seat_for(tenant, "viewer", name="张伟"), await seat_for(tenant, "viewer", name="张伟明")
    await note(client, party, "@张伟明，辛苦了")
    await note(client, party, "@张伟 这是我自己的备忘", private=True)
    assert (await told(short.client), len(await told(long.client))) == ([], 1)


async def test_nobody_is_told_of_a_record_that_is_kept_from_them(client, tenant, seat_for, party):
    sales = await seat_for(tenant, "sales", name="李强")  # sees only what is theirs
    bare = await seat_for(tenant, name="赵六", employee=False)  # holds no role at all
    await note(client, party, "@李强 @赵六 你们看得到吗")
    assert (await told(sales.client), await told(bare.client)) == ([], [])


async def test_another_company_is_neither_named_nor_told(client, tenant, other_tenant, seat_for, party, database):
    stranger = await seat_for(other_tenant, "owner", name="钱七")
    await note(client, party, "@钱七 你好")
    async with database.work(tenant) as work:
        assert await notify(work, [stranger.person_id], kind="workflow.mention", text="x") == 0
    assert await told(stranger.client) == []


async def test_one_notification_is_nobody_elses(client, tenant, other_tenant, seat_for, party):
    wang, colleague = await seat_for(tenant, "owner", name="王丽"), await seat_for(tenant, "owner", name="孙八")
    stranger = await seat_for(other_tenant, "owner")
    await note(client, party, "@王丽 只给你")
    [entry] = (await wang.client.get("/api/v1/notifications")).json()["items"]
    for other in (colleague, stranger):
        for address in (f"/notifications/{entry['id']}/open", f"/api/v1/notifications/{entry['id']}/read"):
            assert (await other.client.post(address)).status_code == 404
    assert (await wang.client.get("/api/v1/notifications")).json()["unread"] == 1


async def test_a_record_given_by_a_colleague_is_told_and_one_taken_by_oneself_is_not(client, tenant, seat_for, drain):
    wang = await seat_for(tenant, "sales", name="王丽")
    lead = (await client.post("/api/v1/leads", json={"name": "方静", "company": "育才小学"})).json()
    await client.post(f"/api/v1/pool/lead/{lead['id']}/assign", json={"employee_id": str(wang.employee_id)})
    await drain()
    assert await told(wang.client) == ["Leads: “方静” was given to you."]
    mine = await wang.client.post("/api/v1/leads", json={"name": "唐磊"})
    assert mine.status_code == 201
    await drain()
    assert len(await told(wang.client)) == 1
    patched = await client.patch(f"/api/v1/leads/{mine.json()['id']}", json={"owner_id": None})
    assert patched.status_code == 200, patched.text
    await drain()
    await client.patch(f"/api/v1/leads/{mine.json()['id']}", json={"owner_id": str(wang.employee_id)})
    await drain()
    assert await told(wang.client) == ["Leads: “唐磊” was given to you.", "Leads: “方静” was given to you."]


async def test_an_opportunity_given_in_code_is_told_too(client, tenant, seat_for, drain, party):
    wang = await seat_for(tenant, "sales", name="王丽")
    made = await client.post("/api/v1/opportunities", json={"party_id": party["id"], "name": "书架", "owner_id": str(wang.employee_id)})
    assert made.status_code == 201, made.text
    await drain()
    assert await told(wang.client) == ["Opportunities: “书架” was given to you."]


async def test_many_records_at_once_are_one_sentence(client, tenant, seat_for, drain, database):
    wang = await seat_for(tenant, "sales", name="王丽")
    ids = [(await client.post("/api/v1/leads", json={"name": f"线索{n}"})).json()["id"] for n in range(5)]
    async with database.work(tenant) as work:
        from core_crm.leads.model import Lead

        for lead in await work.session.scalars(sa.select(Lead).where(Lead.id.in_(ids))):
            lead.owner_id = wang.employee_id
    await drain()
    assert await told(wang.client) == ["Leads: 5 records were given to you."]


async def test_what_is_rolled_back_was_never_told(client, tenant, seat_for, drain, database):
    wang = await seat_for(tenant, "sales", name="王丽")

    async def fail():
        async with database.work(tenant) as work:
            await notify(work, [wang.person_id], kind="workflow.mention", text="lost")
            raise ValueError

    with pytest.raises(ValueError):
        await fail()
    lead = (await client.post("/api/v1/leads", json={"name": "方静"})).json()
    refused = await client.patch(f"/api/v1/leads/{lead['id']}", json={"owner_id": str(new_id())})
    assert refused.status_code == 409
    await drain()
    assert await told(wang.client) == []


async def test_the_owner_is_warned_before_a_lead_falls_into_the_pool_and_only_once(client, tenant, seat_for, database):
    wang = await seat_for(tenant, "sales", name="王丽")
    rule = {"kind": "lead", "name": "15 天未跟进", "condition": "not_followed", "days": 15}
    assert (await client.post("/api/v1/pool/rules", json=rule)).status_code == 201
    lead = await wang.client.post("/api/v1/leads", json={"name": "方静"})
    for days in (13, 13, 17):
        with clock.frozen(clock.now() + timedelta(days=days)):
            async with database.work(tenant) as work:
                await recycle(work)
    dropped, warned = await told(wang.client)
    assert warned.startswith("“方静” falls into the public pool on ")
    assert dropped == "“方静” fell into the public pool: 15 天未跟进."
    assert (await wang.client.get(f"/api/v1/leads/{lead.json()['id']}")).status_code == 404


async def test_each_member_chooses_what_comes_by_mail_or_not_at_all(client, tenant, seat_for, party, database, drain, verified):
    both, mail, none, unproved = [await seat_for(tenant, "viewer", name=name) for name in ("甲一", "乙二", "丙三", "丁四")]
    for seat in (both, mail, none):
        await verified(seat)
    choose = {"channels": {"workflow.mention": "mail"}}
    assert (await mail.client.put("/api/v1/notifications/choices", json=choose)).status_code == 200
    saved = await none.client.post("/notifications/choices", data={"kind:workflow.mention": "none"})
    assert saved.status_code == 200
    await note(client, party, "@甲一 @乙二 @丙三 @丁四 开会")
    await drain()
    assert [len(await told(seat.client)) for seat in (both, mail, none, unproved)] == [1, 0, 0, 1]
    assert [len(await letters_to(database, seat.email)) for seat in (both, mail, none, unproved)] == [1, 1, 0, 0]
    [letter] = await letters_to(database, both.email)
    assert f"/parties/{party['id']}" in letter.text
    assert "/notifications/choices" in letter.text


async def test_several_at_once_are_one_letter_in_the_readers_language_and_never_twice(tenant, seat_for, database, verified):
    wang = await seat_for(tenant, "viewer", name="王丽")
    await verified(wang)
    async with database.work(tenant) as work:
        for n in range(25):
            await notify(
                work, [wang.person_id], kind="workflow.mention", text="%(who)s: %(note)s", values={"who": "林", "note": f"第{n}条"}
            )
    await asyncio.gather(send_mail(database, tenant), send_mail(database, tenant))
    await send_mail(database, tenant)
    [letter] = await letters_to(database, wang.email)
    assert letter.subject == f"{tenant.name} 有 25 件事等您处理"
    assert "还有 5 条" in letter.text


async def test_a_letter_that_was_handed_in_but_not_noted_is_not_handed_in_again(tenant, seat_for, database, verified):
    wang = await seat_for(tenant, "viewer", name="王丽")
    await verified(wang)
    async with database.work(tenant) as work:
        await notify(work, [wang.person_id], kind="workflow.mention", text="x")
    await send_mail(database, tenant)
    async with database.owner_engine.begin() as connection:  # as if the process had died before it noted that
        await connection.execute(sa.text(f"UPDATE {tenant.schema}.workflow_notification SET mailed_at = NULL"))
    await send_mail(database, tenant)
    assert len(await letters_to(database, wang.email)) == 1


async def test_a_key_is_told_once_even_by_two_at_once(tenant, seat_for, database):
    wang = await seat_for(tenant, "viewer")

    async def tell():
        async with database.work(tenant) as work:
            return await notify(work, [wang.person_id], kind="workflow.mention", text="x", key="once")

    assert sorted(await asyncio.gather(tell(), tell(), tell())) == [0, 0, 1]


async def test_who_left_is_not_told(tenant, seat_for, database):
    gone = await seat_for(tenant, "viewer")
    async with database.registry_session() as session:
        await session.execute(sa.delete(Member).where(Member.person_id == gone.person_id))
    async with database.work(tenant) as work:
        assert await notify(work, [gone.person_id], kind="workflow.mention", text="x") == 0


async def test_the_pages_speak_both_languages_and_mark_all_as_read(client, tenant, seat_for, party):
    wang = await seat_for(tenant, "viewer", name="王丽")
    await note(client, party, "@王丽 <b>看</b>")
    html = {"accept": "text/html"}
    zh, en = [(await wang.client.get("/notifications", headers=html | {"accept-language": lang})).text for lang in ("zh", "en")]
    assert ("全部标为已读" in zh, "Mark all as read" in en) == (True, True)
    assert "&lt;b&gt;看" in zh
    counts = (await wang.client.get("/shell/counts")).text
    assert 'id="nc-bell"' in counts
    assert ">1<" in counts
    assert "&lt;b&gt;看" in (await wang.client.get("/notifications/latest")).text
    assert (await wang.client.post("/notifications/read")).status_code == 303
    assert "全部标为已读" not in (await wang.client.get("/notifications", headers=html)).text
    assert (await wang.client.get("/notifications?unread=1", headers=html)).text.count("note-b") == 0


async def test_the_list_goes_on_by_cursor(tenant, seat_for, database):
    wang = await seat_for(tenant, "viewer")
    async with database.work(tenant) as work:
        for n in range(33):
            await notify(work, [wang.person_id], kind="workflow.mention", text=f"n{n}")
    first = (await wang.client.get("/api/v1/notifications")).json()
    second = (await wang.client.get("/api/v1/notifications", params={"before": first["next"]})).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (30, 3, None)


async def test_unknown_kinds_and_ways_are_refused(client):
    for channels in ({"nobody.knows": "app"}, {"workflow.mention": "pigeon"}):
        assert (await client.put("/api/v1/notifications/choices", json={"channels": channels})).status_code in (400, 422)


async def test_old_news_goes(tenant, seat_for, database):
    from workflow.notifications.mail import forget_old

    wang = await seat_for(tenant, "viewer")
    with clock.frozen(clock.now() - timedelta(days=200)):
        async with database.work(tenant) as work:
            await notify(work, [wang.person_id], kind="workflow.mention", text="old")
    async with database.work(tenant) as work:
        await notify(work, [wang.person_id], kind="workflow.mention", text="new")
        await forget_old(work)
    assert await told(wang.client) == ["new"]
