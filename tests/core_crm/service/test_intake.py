"""Tickets by mail, by form and on the customer's own page: threads, no loops, nothing hostile, and real letters out."""

import asyncio
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage
from email.parser import BytesParser
from uuid import UUID

import aiosmtplib
import httpx
import pytest
import sqlalchemy as sa

from core_crm.service.intake.letters import hand_in
from core_crm.service.intake.model import ServiceMailbox
from core_crm.service.intake.reading import harmless, read_mail
from core_crm.service.intake.server import forward_address, take_from_server
from core_crm.service.tickets.thread import split_quote
from kernel.errors import Invalid
from messaging.intake.server import IntakeServer
from messaging.mail import deliver
from messaging.mailbox import Mailbox, MailboxServer
from messaging.model import Mail
from messaging.tokens import Subject


@pytest.fixture
async def mailbox(desk):
    body = {"name": "青禾客服", "address": "Support@Qinghe.example", "queue_id": desk.queue}
    answer = await desk.client.post("/api/v1/service/mailboxes", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["address"] == "support@qinghe.example"
    return answer.json()


@pytest.fixture
async def stranger(app, settings, tenant):
    base = settings.tenant_url(tenant.slug, "").rstrip("/")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base) as browser:
        yield browser


def letter(
    text="墨盒装不上", *, subject="墨盒问题", sender="赵敏 <zhao@example.com>", message_id="<1@example.com>", **headers
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = sender, "support@qinghe.example", subject, message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


@pytest.fixture
def send(stranger, mailbox):
    async def post(mail: EmailMessage | bytes) -> dict:
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        answer = await stranger.post(mailbox["path"], content=content, headers={"content-type": "message/rfc822"})
        assert answer.status_code == 200, answer.text
        return answer.json()

    return post


@pytest.fixture
async def delivered(database, settings, tenant, tmp_path):
    """Hands in and sends what waits to a real mail server, and answers what arrived for an address."""
    async with database.registry_session() as session:  # letters of other tests' companies wait there too
        await session.execute(sa.delete(Mail).where(Mail.tenant_id.is_distinct_from(tenant.id)))
    async with MailboxServer(Mailbox(tmp_path / "mailbox"), port=0) as server:

        async def run(to: str) -> list[EmailMessage]:
            await hand_in(database, tenant)
            while await deliver(database, replace(settings, smtp_url=server.url), limit=50):
                pass
            files = sorted((tmp_path / "mailbox").glob("*.eml"))
            mails = [BytesParser(policy=email.policy.default).parsebytes(path.read_bytes()) for path in files]
            return [mail for mail in mails if mail["To"] == to]

        yield run


async def test_a_mail_opens_a_ticket_and_is_taken_once(send, desk, mailbox):
    first = await send(letter(subject="Re: 回复：墨盒问题"))
    assert first["what"] == "opened"
    assert (await send(letter())) == {"what": "known", "number": None}
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    made = await desk.read(row)
    assert (made["subject"], made["channel"], made["requester_email"], made["queue_id"]) == (
        "墨盒问题",
        "mail",
        "zhao@example.com",
        desk.queue,
    )
    [said] = await desk.messages(made, "customer")
    assert (said["text"], said["author_name"], made["made_by"]) == ("墨盒装不上", "赵敏", "赵敏")


async def test_a_reply_goes_out_with_its_thread_and_the_answer_comes_back_into_it(send, desk, delivered):
    await send(letter())
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    sent = await desk.client.post(
        f"/tickets/{row['id']}/messages",
        data={"text": "请看附件 https://example.com/help", "kind": "reply"},
        files={"file": ("说明.pdf", b"%PDF-1.4", "application/pdf")},
    )
    assert sent.status_code == 303, sent.text
    mails = await delivered("zhao@example.com")
    [ack] = [mail for mail in mails if mail["Auto-Submitted"] == "auto-replied"]
    [reply] = [mail for mail in mails if mail["Auto-Submitted"] == "no"]
    assert (ack["In-Reply-To"], ack["X-Auto-Response-Suppress"]) == ("<1@example.com>", "All")
    assert row["number"] in ack["Subject"]
    assert reply["From"].addresses[0].display_name == "青禾客服"
    assert (reply["Reply-To"], reply["In-Reply-To"]) == ("support@qinghe.example", "<1@example.com>")
    assert reply["References"] == "<1@example.com>"
    body, [file] = reply.get_body(("plain",)).get_content(), list(reply.iter_attachments())
    assert "请看附件" in body
    assert (file.get_filename(), file.get_content()) == ("说明.pdf", b"%PDF-1.4")
    assert len(await delivered("zhao@example.com")) == len(mails), "a second run sends nothing again"

    again = letter(
        "装好了，谢谢", subject="另一个标题", sender="zhao.home@example.net", message_id="<2@example.net>", In_Reply_To=reply["Message-ID"]
    )
    assert (await send(again))["number"] == row["number"]
    after = await desk.read(row)
    assert after["state"] == "open"
    assert [message["text"] for message in await desk.messages(row, "customer")] == ["墨盒装不上", "装好了，谢谢"]


async def test_the_number_in_the_subject_counts_from_who_wrote_before_only(send, desk):
    first = await send(letter())
    subject = f"Re: [{first['number']}] 墨盒问题"
    stranger = await send(letter("给我看看", subject=subject, sender="eve@example.org", message_id="<9@example.org>"))
    assert (stranger["what"], stranger["number"] == first["number"]) == ("opened", False)
    own = await send(letter("补充", subject=subject, message_id="<3@example.com>"))
    assert own == {"what": "continued", "number": first["number"]}


async def test_an_answer_opens_what_was_solved_and_goes_on_from_what_was_closed(send, desk):
    first = await send(letter())
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    await desk.do(row, "state", state="solved")
    await send(letter("又坏了", message_id="<4@example.com>", References="<1@example.com>"))
    assert ((await desk.read(row))["state"], (await desk.read(row))["reopened"]) == ("open", 1)
    await desk.do(row, "state", state="closed")
    following = await send(letter("还是坏", message_id="<5@example.com>", References="<1@example.com> <4@example.com>"))
    assert following["number"] != first["number"]
    [new] = [each for each in (await desk.client.get("/api/v1/tickets")).json()["items"] if each["number"] == following["number"]]
    assert (await desk.read(new))["follows_id"] == row["id"]


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-replied (vacation)"}, {"Precedence": "bulk"}, {"List_Id": "<news.example.com>"}]
)
async def test_programs_are_not_answered(send, delivered, headers):
    await send(letter(**headers))
    assert await delivered("zhao@example.com") == []


async def test_a_vacation_note_stays_among_ourselves_and_opens_nothing(send, desk):
    await send(letter())
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    await desk.do(row, "state", state="solved")
    away = letter("我在休假", message_id="<6@example.com>", References="<1@example.com>", Auto_Submitted="auto-replied")
    assert (await send(away))["what"] == "noted"
    assert (await desk.read(row))["state"] == "solved"
    assert [message["kind"] for message in await desk.messages(row) if message["text"] == "我在休假"] == ["note"]


async def test_our_own_address_writing_to_itself_makes_no_loop(send, desk):
    assert (await send(letter(sender="support@qinghe.example")))["what"] == "dropped"
    assert (await desk.client.get("/api/v1/tickets")).json()["items"] == []


async def test_one_address_gets_only_some_acknowledgements(send, delivered):
    for n in range(8):
        await send(letter(message_id=f"<n{n}@example.com>", sender="flood@example.com"))
    assert len(await delivered("flood@example.com")) == 5


async def test_a_bounce_is_told_of_in_the_ticket(send, desk, delivered):
    await send(letter(sender="gone@example.com"))
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    await desk.do(row, "reply", text="您好")
    [reply] = [mail for mail in await delivered("gone@example.com") if mail["Auto-Submitted"] == "no"]
    report = (
        "From: MAILER-DAEMON@example.com\r\nTo: support@qinghe.example\r\nSubject: failed\r\nMessage-ID: <b@example.com>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\nMIME-Version: 1.0\r\n\r\n'
        "--x\r\nContent-Type: text/plain\r\n\r\nno such user\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n\r\n"
        f"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {reply['Message-ID']}\r\n\r\n--x--\r\n"
    )
    assert (await send(report.encode()))["what"] == "bounced"
    assert "bounced" in [message["facts"]["act"] for message in await desk.messages(row, "event")]
    assert len((await desk.client.get("/api/v1/tickets")).json()["items"]) == 1


async def test_what_is_hostile_in_a_mail_does_nothing(send, desk):
    mail = letter(subject="=?utf-8?b?PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==?=", sender='"<img src=x>" <evil@example.com>')
    mail.add_alternative(
        '<p onclick="x()">hi <script>x()</script><img src="http://track.example/p.gif"><a href="javascript:x()">a</a></p>', subtype="html"
    )
    mail.add_attachment(b"MZ\x90", maintype="application", subtype="x-msdownload", filename="../../run.exe")
    await send(mail)
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    [said] = await desk.messages(row, "customer")
    for bad in ("onclick", "script", "track.example", "javascript"):
        assert bad not in said["html"], bad
    assert "/" not in said["files"][0]["name"]
    page = (await desk.client.get(f"/tickets/{row['id']}")).text
    assert "<script>alert(1)" not in page
    assert "<img src=x>" not in page


@pytest.mark.parametrize(
    "content",
    [
        b"From: a@example.com\r\nSubject: \x00\xff\r\n\r\n\x00\xff\xfe text",
        b"From: a@example.com\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx",
        b"From: a@example.com\r\nContent-Type: multipart/mixed; boundary=\r\n\r\nx",
        b"From: a@example.com\r\nMessage-ID: <" + b"y" * 5000 + b">\r\n\r\nx",
        b"From: =?utf-8?q?=00?= <a@example.com>\r\nReferences: " + b"<z@e>" * 3000 + b"\r\n\r\nx",
        b"Subject: from nobody\r\n\r\nx",
        b"",
    ],
)
async def test_broken_mails_break_nothing(stranger, mailbox, content):
    answer = await stranger.post(mailbox["path"], content=content, headers={"content-type": "message/rfc822"})
    assert answer.status_code in (200, 422), answer.text


def test_deeply_nested_mails_are_refused_or_read():
    content = b"From: a@example.com\r\n"
    for n in range(300):
        content += f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n".encode()
    try:
        assert read_mail(content).sender == "a@example.com"
    except Invalid:
        pass
    with pytest.raises(Invalid):
        read_mail(b"x" * (21 * 1024 * 1024))


def test_html_keeps_what_people_mean():
    assert harmless("<p>a <b>b</b></p><table><tr><td colspan=2>c</td></tr></table>").startswith("<p>a <b>b</b></p><table>")
    assert harmless("<style>p{}</style><svg onload=x>") == ""


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("好的\n\n在 2026年11月1日，青禾客服写道：\n> 您好", "好的"),
        ("ok\n\nOn Mon, 2 Nov 2026 at 10:00, Support wrote:\n> hello", "ok"),
        ("见下\n------------------ 原始邮件 ------------------\n发件人: a", "见下"),
        ("a > b 成立\n不是引用", "a > b 成立\n不是引用"),
    ],
)
def test_quotes_are_told_from_what_was_written(text, own):
    assert split_quote(text)[0] == own


async def test_the_door_for_mail_needs_its_key(stranger, desk, mailbox, other_client):
    assert (await stranger.post("/support/mail/wrong", content=letter().as_bytes())).status_code == 404
    assert (await other_client.post(mailbox["path"], content=letter().as_bytes())).status_code == 404
    renewed = (await desk.client.post(f"/api/v1/service/mailboxes/{mailbox['id']}/key")).json()
    assert (await stranger.post(mailbox["path"], content=letter().as_bytes())).status_code == 404
    sent = await stranger.post(renewed["path"], files={"email": ("mail.eml", letter().as_bytes(), "message/rfc822")})
    assert sent.json()["what"] == "opened"
    assert [box["path"] for box in (await desk.client.get("/api/v1/service/mailboxes")).json()] == [None]


async def test_the_same_mail_twice_at_once_is_one_ticket(stranger, mailbox, desk):
    answers = await asyncio.gather(*(stranger.post(mailbox["path"], content=letter().as_bytes()) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {200}
    assert len((await desk.client.get("/api/v1/tickets")).json()["items"]) == 1


# --- the form and the customer's page


@pytest.fixture
async def form(desk):
    body = {
        "name": "官网",
        "title": "需要什么帮助？",
        "thanks": "我们会尽快回复",
        "queue_id": desk.queue,
        "sites": ["https://www.example.com"],
    }
    answer = await desk.client.post("/api/v1/service/forms", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


GIVEN = {"name": "赵敏", "email": "Zhao@example.com", "subject": "墨盒", "text": "装不上"}


async def test_a_form_opens_a_ticket_that_the_customer_can_follow(desk, form, stranger, delivered):
    shown = await stranger.get(form["path"])
    assert "frame-ancestors https://www.example.com" in shown.headers["content-security-policy"]
    photo = {"file": ("照片.jpg", b"\xff\xd8\xff", "image/jpeg")}
    sent = await stranger.post(
        form["path"], data=GIVEN | {"category_id": desk.category}, files=photo, headers={"sec-fetch-site": "cross-site"}
    )
    assert (sent.status_code, "我们会尽快回复" in sent.text) == (200, True)
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    made = await desk.read(row)
    assert (made["channel"], made["requester_email"], made["category_id"]) == ("form", "zhao@example.com", desk.category)
    [ack] = await delivered("zhao@example.com")
    path = re.search(r"/support/tickets/[\w-]+", ack.get_body(("plain",)).get_content())[0]
    await desk.do(made, "notes", text="内部的话")
    await desk.do(made, "reply", text="请重装驱动")
    page = await stranger.get(path)
    assert "请重装驱动" in page.text
    assert "内部的话" not in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    file = re.search(r"/support/tickets/[\w-]+/files/[0-9a-f-]+", page.text)[0]
    assert (await stranger.get(file)).headers["content-disposition"].startswith("attachment")
    answered = await stranger.post(path, data={"text": "好了"})
    assert answered.status_code == 303, answered.text
    assert (await desk.read(made))["state"] == "open"
    assert (await stranger.post(path, data={"text": " "})).status_code == 422


async def test_notes_files_are_not_for_the_customer(desk, stranger, database, tenant):
    made = await desk.ticket()
    await desk.client.post(f"/api/v1/tickets/{made['id']}/files", files={"file": ("内部.txt", b"secret", "text/plain")})
    [note] = await desk.messages(made, "note")
    async with database.work(tenant) as work:
        key = await work.session.scalar(sa.text("SELECT public_key FROM crm_ticket"))
    assert (await stranger.get(f"/support/tickets/{key}")).status_code == 200
    assert (await stranger.get(f"/support/tickets/{key}/files/{note['files'][0]['id']}")).status_code == 404


@pytest.mark.parametrize(("change", "field"), [({"email": "x"}, "email"), ({"name": ""}, "name"), ({"text": ""}, "text")])
async def test_what_is_missing_is_said_and_nothing_is_kept(desk, form, stranger, change, field):
    sent = await stranger.post(form["path"], data=GIVEN | change)
    assert (sent.status_code, f'id="e-f-{field}"' in sent.text) == (422, True)
    assert (await desk.client.get("/api/v1/tickets")).json()["items"] == []


async def test_programs_and_floods_achieve_little(desk, form, stranger):
    assert (await stranger.post(form["path"], data=GIVEN | {"website": "x"})).status_code == 200
    answers = [(await stranger.post(form["path"], data=GIVEN)).status_code for _ in range(7)]
    assert answers == [200] * 5 + [429] * 2
    assert len((await desk.client.get("/api/v1/tickets")).json()["items"]) == 5


async def test_links_and_forms_of_one_company_open_nothing_at_another(desk, form, other_client, database, tenant):
    await desk.ticket()
    async with database.work(tenant) as work:
        key = await work.session.scalar(sa.text("SELECT public_key FROM crm_ticket"))
    assert (await other_client.get(form["path"])).status_code == 404
    assert (await other_client.post(form["path"], data=GIVEN)).status_code == 404
    assert (await other_client.get(f"/support/tickets/{key}")).status_code == 404
    assert (await other_client.post(f"/support/tickets/{key}", data={"text": "x"})).status_code == 404
    assert (await other_client.get("/api/v1/service/forms")).json() == []


async def test_ways_in_are_set_up_on_pages(desk, client_for, tenant):
    made = await desk.client.post("/service/intake/mailboxes/new", data={"name": "客服", "address": "help@qinghe.example", "active": "1"})
    assert (made.status_code, "/support/mail/" in made.text) == (200, True)
    assert "/support/mail/" not in (await desk.client.get("/service/intake")).text
    twice = await desk.client.post("/service/intake/mailboxes/new", data={"name": "客服", "address": "help@qinghe.example"})
    assert twice.status_code == 422
    body = {"name": "官网", "title": "帮助", "thanks": "谢谢", "fields": ["phone"], "sites": "https://a.example\nnonsense", "active": "1"}
    wrong = await desk.client.post("/service/intake/forms/new", data=body)
    assert (wrong.status_code, "nonsense" in wrong.text) == (422, True)
    assert (await desk.client.post("/service/intake/forms/new", data=body | {"sites": ""})).status_code == 303
    agent = await client_for(tenant, permissions={"crm.ticket.read"})
    assert (await agent.get("/service/intake")).status_code == 403


# --- by SMTP


async def test_a_forwarded_mail_comes_in_by_smtp(desk, mailbox, database, settings, tenant):
    own = replace(settings, mail_intake_domain="in.example")
    async with database.work(tenant) as work:
        address = forward_address(own, tenant, await work.session.get_one(ServiceMailbox, UUID(mailbox["id"])))
    assert address.startswith("s+")
    async with IntakeServer(database, own, host="127.0.0.1", port=0) as server:
        await aiosmtplib.send(
            letter(), hostname="127.0.0.1", port=server.port, sender="zhao@example.com", recipients=[address], start_tls=False
        )
        altered = ("t" if address[5] != "t" else "u").join((address[:5], address[6:]))
        for stranger_address in (altered, "s+" + "a" * 53 + "@in.example", "support@in.example"):
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await aiosmtplib.send(
                    letter(), hostname="127.0.0.1", port=server.port, sender="x@example.com", recipients=[stranger_address], start_tls=False
                )
        await aiosmtplib.send(
            b"\x00\xff", hostname="127.0.0.1", port=server.port, sender="x@example.com", recipients=[address], start_tls=False
        )
    [row] = (await desk.client.get("/api/v1/tickets")).json()["items"]
    assert row["subject"] == "墨盒问题"


async def test_a_mailbox_out_of_use_takes_nothing(desk, mailbox, database, settings, tenant):
    subject = Subject(tenant_id=tenant.id, kind="s", id=UUID(mailbox["id"]))
    body = {"name": "青禾客服", "address": mailbox["address"], "active": False}
    assert (await desk.client.put(f"/api/v1/service/mailboxes/{mailbox['id']}", json=body)).status_code == 200
    assert not await take_from_server(database, settings, subject, letter().as_bytes())
    assert (await desk.client.get("/api/v1/tickets")).json()["items"] == []
