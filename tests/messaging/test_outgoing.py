"""Messages to customers: sent once, only to who agreed, within caps and hours, and what comes back is understood."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest
from sqlalchemy import select, update

from kernel import clock
from kernel.ids import new_id
from kernel.sealing import SealBroken, seal, unseal
from master_data.api import ConsentSource, Proof, create_party, keep_consent, standings_of
from messaging.channels import Channel
from messaging.intake.pages import INTAKE
from messaging.intake.reading import own_words
from messaging.intake.receiving import take_mail
from messaging.intake.server import IntakeServer
from messaging.outgoing import sending as sending_module
from messaging.outgoing.claiming import claim
from messaging.outgoing.model import ChannelSetup, Message, MessageState, Provider, Purpose, Reason
from messaging.outgoing.queueing import Draft, queue
from messaging.outgoing.sending import ATTEMPTS_MAX, send_due
from messaging.outgoing.setup import end_of_quiet, minutes
from messaging.suppression.model import SuppressionReason
from messaging.suppression.service import suppress, suppressed_among

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.fixture(autouse=True)
def noon():
    with clock.frozen(NOON):
        yield


@pytest.fixture
async def customer(database, tenant):
    """Makes customers who agreed: ``await customer("a@example.com")``."""

    async def make(email: str, *, agreed: bool = True, phone: str | None = None) -> Any:
        async with database.work(tenant) as work:
            party = await create_party(work, name=f"客户{email}", kind="person", email=email, phone=phone)
            for channel in Channel if agreed else ():
                await keep_consent(work, party, channel, Proof(source=ConsentSource.FORM, note="表单"), granted=True)
        return party

    return make


@pytest.fixture
async def put(database, tenant):
    """Queues a mail: ``await put(party, "a@example.com", key="k")``; answers its id."""

    async def add(party, address, *, key=None, purpose=Purpose.MARKETING, channel=Channel.EMAIL, **more) -> Any:
        draft = Draft(
            key=key or str(new_id()), channel=channel, purpose=purpose, party_id=party, address=address, subject="秋季上新",
            text="您好，\n秋季新品到店。", html="<html><body><p>您好</p></body></html>", **more,
        )  # fmt: skip
        async with database.work(tenant) as work:
            return await queue(work, draft)

    return add


@pytest.fixture
async def row_of(database, tenant):
    async def read(message_id) -> Message:
        async with database.work(tenant) as work:
            return await work.session.get_one(Message, message_id)

    return read


async def test_a_mail_goes_out_with_the_ways_to_end_it(database, tenant, sending, office, customer, put, row_of):
    party = await customer("wang@example.com")
    message_id = await put(party, "Wang@Example.com")
    assert await send_due(database, tenant) == 1
    [letter], [(sender, recipient)] = office.letters, office.envelopes
    assert (letter["To"], recipient) == ("wang@example.com", "wang@example.com")
    assert letter["From"] == "青禾商贸有限公司 <no-reply@jingwei.example>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link, mailto = re.findall(r"<([^>]+)>", str(letter["List-Unsubscribe"]))
    assert link.startswith(f"http://{tenant.slug}.localhost:8000/u/")
    assert re.fullmatch(r"mailto:u\+[a-z2-7]{53}@in\.jingwei\.example", mailto)
    assert re.fullmatch(r"b\+[a-z2-7]{53}@in\.jingwei\.example", sender)
    assert letter["Reply-To"].startswith("r+")
    text = letter.get_body(("plain",)).get_content()
    assert ("秋季新品到店" in text, link in text, "退订" in text) == (True, True, True)
    assert link in letter.get_body(("html",)).get_content()
    row = await row_of(message_id)
    assert (row.state, row.answer, row.sent_at) == (MessageState.SENT, "250 queued as X1", NOON)
    assert await send_due(database, tenant) == 0


async def test_the_same_occasion_makes_one_message(database, tenant, sending, office, customer, put):
    party = await customer("wang@example.com")
    made = await asyncio.gather(*(put(party, "wang@example.com", key="journey:1:2") for _ in range(6)))
    assert sum(message is not None for message in made) == 1
    await asyncio.gather(*(send_due(database, tenant) for _ in range(4)))
    assert len(office.letters) == 1


async def test_many_senders_at_once_send_each_message_once(database, tenant, sending, office, customer, put):
    for n in range(12):
        await put(await customer(f"c{n}@example.com"), f"c{n}@example.com")
    counts = await asyncio.gather(*(send_due(database, tenant) for _ in range(4)))
    assert (sum(counts), sorted(to for _from, to in office.envelopes)) == (12, sorted(f"c{n}@example.com" for n in range(12)))


async def test_who_did_not_agree_gets_no_advertising_but_what_concerns_an_order(database, tenant, sending, office, customer, put, row_of):
    party = await customer("wang@example.com", agreed=False)
    advert = await put(party, "wang@example.com")
    stranger = await put(None, "nobody@example.com")
    notice = await put(party, "wang@example.com", purpose=Purpose.TRANSACTIONAL)
    assert await send_due(database, tenant) == 1
    assert [(await row_of(each)).reason for each in (advert, stranger)] == [Reason.NO_CONSENT] * 2
    assert (await row_of(notice)).state is MessageState.SENT
    [letter] = office.letters
    assert (letter["List-Unsubscribe"], letter["Auto-Submitted"]) == (None, "auto-generated")


async def test_the_list_is_asked_again_right_before_sending(database, tenant, sending, office, customer, put, row_of):
    party = await customer("wang@example.com")
    queued = await put(party, "wang@example.com")
    order = await put(party, "wang@example.com", purpose=Purpose.TRANSACTIONAL)
    async with database.work(tenant) as work:
        await suppress(work, Channel.EMAIL, "wang@example.com", SuppressionReason.UNSUBSCRIBED)
    await send_due(database, tenant)
    assert ((await row_of(queued)).reason, (await row_of(order)).state) == (Reason.LISTED, MessageState.SENT)
    async with database.work(tenant) as work:
        await suppress(work, Channel.EMAIL, "wang@example.com", SuppressionReason.BOUNCED)
    again = await put(party, "wang@example.com", purpose=Purpose.TRANSACTIONAL)
    await send_due(database, tenant)
    assert (await row_of(again)).reason is Reason.LISTED  # an address that does not exist gets nothing at all


async def test_one_recipient_gets_no_more_than_the_cap(database, tenant, sending, office, customer, put, row_of):
    party = await customer("wang@example.com")
    ids = [await put(party, "wang@example.com") for _ in range(5)]
    await asyncio.gather(*(send_due(database, tenant) for _ in range(3)))
    assert len(office.letters) == 3
    assert [(await row_of(each)).reason for each in ids].count(Reason.CAPPED) == 2
    with clock.frozen(NOON + timedelta(days=7, minutes=1)):
        late = await put(party, "wang@example.com")
        await send_due(database, tenant)
        assert (await row_of(late)).state is MessageState.SENT


async def test_no_advertising_in_quiet_hours(database, tenant, sending, office, customer, put, row_of):
    party = await customer("wang@example.com")
    night = datetime(2026, 11, 30, 14, 30, tzinfo=UTC)  # 22:30 in Shanghai
    with clock.frozen(night):
        advert = await put(party, "wang@example.com")
        order = await put(party, "wang@example.com", purpose=Purpose.TRANSACTIONAL)
        await send_due(database, tenant)
        assert (await row_of(order)).state is MessageState.SENT
        waiting = await row_of(advert)
        assert (waiting.state, waiting.due_at) == (MessageState.QUEUED, datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
    with clock.frozen(datetime(2026, 12, 1, 0, 1, tzinfo=UTC)):
        assert await send_due(database, tenant) == 1


@pytest.mark.parametrize(
    ("start", "end", "at", "until"),
    [
        ("21:00", "08:00", "2026-11-30T13:00:00+00:00", "2026-12-01T00:00:00+00:00"),  # 21:00 sharp
        ("21:00", "08:00", "2026-11-30T12:59:59+00:00", None),
        ("21:00", "08:00", "2026-11-30T20:00:00+00:00", "2026-12-01T00:00:00+00:00"),  # 4:00 in the morning
        ("21:00", "08:00", "2026-12-01T00:00:00+00:00", None),
        ("12:00", "14:00", "2026-11-30T05:00:00+00:00", "2026-11-30T06:00:00+00:00"),
        ("09:00", "09:00", "2026-11-30T05:00:00+00:00", None),
    ],
)
def test_quiet_hours_end_where_the_company_is(start, end, at, until):
    setup = ChannelSetup(quiet_from=minutes(start), quiet_to=minutes(end))
    assert end_of_quiet(setup, "Asia/Shanghai", datetime.fromisoformat(at)) == (datetime.fromisoformat(until) if until else None)


async def test_a_temporary_refusal_is_tried_again_and_given_up_in_the_end(database, tenant, sending, office, customer, put, row_of):
    office.rcpt["wang@example.com"] = "451 greylisted"
    message_id = await put(await customer("wang@example.com"), "wang@example.com")
    now = NOON
    for attempt in range(1, ATTEMPTS_MAX + 1):
        with clock.frozen(now):
            assert await send_due(database, tenant) == 0
            assert await send_due(database, tenant) == 0  # not before it is due again
        row = await row_of(message_id)
        assert row.attempts == attempt
        now = row.due_at
    assert (row.state, row.reason) == (MessageState.FAILED, Reason.GAVE_UP)
    office.rcpt.clear()
    with clock.frozen(now + timedelta(days=1)):
        assert await send_due(database, tenant) == 0


async def test_an_address_that_does_not_exist_is_remembered(database, tenant, sending, office, customer, put, row_of):
    office.rcpt["wang@example.com"] = "550 5.1.1 no such user"
    party = await customer("wang@example.com")
    first, second = await put(party, "wang@example.com"), await put(await customer("li@example.com"), "li@example.com")
    assert await send_due(database, tenant) == 1
    assert ((await row_of(first)).state, (await row_of(second)).state) == (MessageState.BOUNCED, MessageState.SENT)
    async with database.work(tenant) as work:
        assert await suppressed_among(work, Channel.EMAIL, ["wang@example.com"]) == {"wang@example.com": SuppressionReason.BOUNCED}


async def test_a_broken_line_after_the_content_is_never_repeated(database, tenant, sending, office, customer, put, row_of):
    office.drop = True
    first = await put(await customer("wang@example.com"), "wang@example.com")
    second = await put(await customer("li@example.com"), "li@example.com")
    await send_due(database, tenant)
    assert (await row_of(first)).state is MessageState.UNSURE
    assert (await row_of(second)).state is MessageState.QUEUED  # it was not begun
    office.drop = False
    with clock.frozen(NOON + timedelta(hours=3)):
        await send_due(database, tenant)
    assert [to for _from, to in office.envelopes] == ["wang@example.com", "li@example.com"]


async def test_a_sender_that_died_leaves_its_messages_unsure(database, tenant, sending, office, customer, put, row_of):
    message_id = await put(await customer("wang@example.com"), "wang@example.com")
    async with database.work(tenant) as work:
        assert len(await claim(work)) == 1
    await send_due(database, tenant)
    assert (await row_of(message_id)).state is MessageState.SENDING
    with clock.frozen(NOON + timedelta(minutes=11)):
        assert await send_due(database, tenant) == 0
    row = await row_of(message_id)
    assert (row.state, row.reason, office.letters) == (MessageState.UNSURE, Reason.INTERRUPTED, [])


async def test_a_mail_server_that_is_down_delays_and_nothing_else(database, tenant, sending, office, customer, put, row_of, monkeypatch):
    monkeypatch.setattr(database, "settings", replace(sending, smtp_url="smtp://127.0.0.1:1"))
    message_id = await put(await customer("wang@example.com"), "wang@example.com")
    assert await send_due(database, tenant) == 0
    assert (await row_of(message_id)).state is MessageState.QUEUED
    monkeypatch.setattr(database, "settings", sending)
    with clock.frozen(NOON + timedelta(minutes=2)):
        assert await send_due(database, tenant) == 1


async def test_a_cancelled_job_frees_what_it_had_not_begun(database, tenant, sending, office, customer, put, row_of, monkeypatch):
    ids = [await put(await customer(f"c{n}@example.com"), f"c{n}@example.com") for n in range(3)]
    settled = sending_module.settle

    async def stop_after_first(work, message, outcome):
        await settled(work, message, outcome)
        monkeypatch.setattr(sending_module, "settle", settled)
        raise asyncio.CancelledError

    monkeypatch.setattr(sending_module, "settle", stop_after_first)
    with pytest.raises(asyncio.CancelledError):
        await send_due(database, tenant)
    assert [(await row_of(each)).state for each in ids].count(MessageState.QUEUED) == 2
    with clock.frozen(NOON + timedelta(hours=1)):
        await send_due(database, tenant)
    assert len({to for _from, to in office.envelopes}) == 3


async def test_nothing_smuggles_a_header_in(database, tenant, sending, office, customer, put):
    party = await customer("wang@example.com")
    async with database.work(tenant) as work:
        draft = Draft(
            key="x", channel=Channel.EMAIL, purpose=Purpose.MARKETING, party_id=party, address="wang@example.com",
            subject="Hello\r\nBcc: spy@example.com", text="x",
        )  # fmt: skip
        await queue(work, draft)
    await send_due(database, tenant)
    [letter] = office.letters
    assert (letter["Bcc"], letter["Subject"]) == (None, "Hello Bcc: spy@example.com")
    assert await put(party, "wang@example.com\r\nRCPT TO:<spy@example.com>") is not None
    assert await send_due(database, tenant) == 0  # an address of two lines is none


# --- what comes back


def token_in(letter: EmailMessage) -> str:
    return str(letter["Reply-To"]).partition("+")[2].partition("@")[0]


def bounce(status: str, action: str = "failed") -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.example.com\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n'
        b"--B\r\nContent-Type: text/plain\r\n\r\nSorry\r\n"
        b"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        + f"Final-Recipient: rfc822; wang@example.com\r\nAction: {action}\r\nStatus: {status}\r\nDiagnostic-Code: smtp; no\r\n".encode()
        + b"\r\n--B--\r\n"
    )


@pytest.fixture
async def sent(database, tenant, sending, office, customer, put):
    """A mail that was sent: its customer, id and token."""
    party = await customer("wang@example.com", phone="13800000001")
    message_id = await put(party, "wang@example.com")
    await send_due(database, tenant)
    return party, message_id, token_in(office.letters[0])


async def come(database, sending, purpose: str, token: str, content: bytes) -> bool:
    return await take_mail(database, sending, f"{purpose}+{token}@in.jingwei.example", content)


async def listed(database, tenant) -> SuppressionReason | None:
    async with database.work(tenant) as work:
        return (await suppressed_among(work, Channel.EMAIL, ["wang@example.com"])).get("wang@example.com")


async def test_a_hard_bounce_ends_it_and_three_soft_ones_too(database, tenant, sending, sent, office, put, row_of):
    party, message_id, token = sent
    assert await come(database, sending, "b", token, bounce("4.2.2", "delayed"))
    assert await listed(database, tenant) is None
    assert await come(database, sending, "b", token, bounce("2.0.0", "delivered"))
    more = [await put(party, "wang@example.com") for _ in range(2)]
    await send_due(database, tenant)
    for letter in office.letters[1:]:
        await come(database, sending, "b", token_in(letter), bounce("4.4.7"))
    assert await listed(database, tenant) is SuppressionReason.BOUNCED
    assert (await row_of(more[0])).state is MessageState.BOUNCED
    assert "4.2.2" in (await row_of(message_id)).answer


async def test_one_hard_bounce_is_enough(database, tenant, sending, sent, row_of):
    _party, message_id, token = sent
    assert await come(database, sending, "b", token.upper(), bounce("5.1.1"))
    assert await listed(database, tenant) is SuppressionReason.BOUNCED
    assert (await row_of(message_id)).state is MessageState.BOUNCED


async def test_a_complaint_ends_everything(database, tenant, sending, sent):
    party, _message_id, token = sent
    report = (
        b'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary="B"\r\n\r\n'
        b"--B\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: SomeMail/1.0\r\n\r\n--B--\r\n"
    )
    assert await come(database, sending, "b", token, report)
    assert await listed(database, tenant) is SuppressionReason.COMPLAINED
    async with database.work(tenant) as work:
        assert [s.granted for s in await standings_of(work, party)] == [False, True]


async def test_an_answer_stands_on_the_timeline_and_an_automatic_one_does_not(database, tenant, sending, sent, row_of, client):
    party, message_id, token = sent
    away = b"From: wang@example.com\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away\r\n"
    assert await come(database, sending, "r", token, away)
    assert (await row_of(message_id)).replied_at is None
    body = "想了解一下价格\r\n\r\n在 2026年11月30日，青禾写道：\r\n> 秋季新品到店\r\n".encode()
    reply = b"From: wang@example.com\r\nSubject: =?utf-8?q?Re=3A?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body
    assert await come(database, sending, "r", token, reply)
    assert (await row_of(message_id)).replied_at == NOON
    shown = (await client.get(f"/parties/{party}")).text
    assert ("想了解一下价格" in shown, "&gt; 秋季新品到店" in shown) == (True, False)


def test_what_people_wrote_ends_where_the_quotation_begins():
    assert own_words("Yes please\n\nOn Mon, 30 Nov 2026 at 12:00 Qinghe <x@y.z> wrote:\n> old") == "Yes please"
    assert own_words("> only a quotation") == "> only a quotation"


async def test_a_mail_to_the_address_to_unsubscribe_does_so(database, tenant, sending, sent, row_of):
    party, message_id, token = sent
    assert await come(database, sending, "u", token, b"From: wang@example.com\r\nSubject: unsubscribe\r\n\r\n")
    async with database.work(tenant) as work:
        assert [s.granted for s in await standings_of(work, party)] == [False, True]
    assert (await row_of(message_id)).opted_out_at == NOON


async def test_the_link_in_a_message_says_which_message_made_them_leave(database, tenant, sending, sent, office, row_of, client):
    party, message_id, _token = sent
    link = re.findall(r"<(http[^>]+)>", str(office.letters[0]["List-Unsubscribe"]))[0]
    assert (await client.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert (await row_of(message_id)).opted_out_at is not None
    async with database.work(tenant) as work:
        mail = (await standings_of(work, party))[0]
    assert (mail.granted, mail.suppressed, mail.history[0].source) == (False, SuppressionReason.UNSUBSCRIBED, ConsentSource.LINK)


async def test_mail_comes_in_by_smtp_and_only_for_addresses_that_we_gave_out(database, tenant, sending, sent, row_of):
    _party, message_id, token = sent
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "wang@example.com", f"r+{token}@in.jingwei.example", "Re"
    letter.set_content("好的")
    async with IntakeServer(database, sending, host="127.0.0.1", port=0) as server:
        await aiosmtplib.send(letter, hostname="127.0.0.1", port=server.port, start_tls=False)
        for wrong in ("someone@else.example", f"r+{'a' * 53}@in.jingwei.example"):
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await aiosmtplib.send(letter, recipients=[wrong], hostname="127.0.0.1", port=server.port, start_tls=False)
    assert (await row_of(message_id)).replied_at is not None


async def test_a_mail_server_hands_in_with_the_key_of_the_installation(app, settings, database, tenant, sent, row_of):
    import httpx

    _party, message_id, token = sent
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=settings.base_url) as server:
        to = f"/mail-intake?to=b%2B{token}@in.jingwei.example"
        wrong = await server.post(to, content=bounce("5.1.1"), headers={"x-intake-key": "no"})
        assert (wrong.status_code, (await row_of(message_id)).state) == (404, MessageState.SENT)
        key = {"x-intake-key": settings.derive(INTAKE)}
        assert (await server.post(to, content=bounce("5.1.1"), headers=key)).status_code == 204
        assert (await server.post("/mail-intake?to=x@y.z", content=b"x", headers=key)).status_code == 404
    assert (await row_of(message_id)).state is MessageState.BOUNCED


# --- the log and the settings, over REST and as pages


async def api_message(client, party, **more):
    body = {"party_id": str(party), "channel": "email", "subject": "您好", "text": "内容", **more}
    return await client.post("/api/v1/marketing/messages", json=body)


async def test_the_log_tells_what_became_of_a_message(client, database, tenant, sending, office, customer):
    party = await customer("wang@example.com")
    made = await api_message(client, party, key="k1")
    assert made.status_code == 201, made.text
    assert (await api_message(client, party, key="k1")).json()["id"] == made.json()["id"]
    assert (await api_message(client, party, subject="")).status_code == 422
    await send_due(database, tenant)
    found = (await client.get(f"/api/v1/marketing/messages/{made.json()['id']}")).json()
    assert (found["state"], found["address"], found["text"]) == ("sent", "wang@example.com", "内容")
    assert len(office.letters) == 1
    [row] = (await client.get(f"/api/v1/marketing/messages?party_id={party}&message_state=sent")).json()["items"]
    assert row["id"] == found["id"]
    assert (await client.get("/api/v1/marketing/messages?message_state=failed")).json()["items"] == []
    assert "内容" in (await client.get(f"/marketing/messages/{found['id']}")).text
    assert "wang@example.com" in (await client.get("/marketing/messages")).text
    assert "您好" in (await client.get(f"/parties/{party}")).text
    assert (await client.post(f"/api/v1/marketing/messages/{found['id']}/cancel")).json()["code"] == "message_gone"
    waiting = (await api_message(client, party)).json()
    assert (await client.post(f"/marketing/messages/{waiting['id']}/cancel")).status_code == 303
    assert (await client.get(f"/api/v1/marketing/messages/{waiting['id']}")).json()["reason"] == "cancelled"


async def test_the_log_of_another_company_and_of_hidden_customers_stays_closed(
    client, other_client, client_for, tenant, customer, database
):
    party = await customer("wang@example.com")
    made = (await api_message(client, party)).json()
    for path in (f"/api/v1/marketing/messages/{made['id']}", f"/marketing/messages/{made['id']}"):
        assert (await other_client.get(path)).status_code == 404
    assert (await other_client.get("/api/v1/marketing/messages")).json()["items"] == []
    assert (await api_message(other_client, party)).status_code == 404
    seller = await client_for(tenant, role="sales")  # sees own customers only
    assert (await seller.get("/api/v1/marketing/messages")).json()["items"] == []
    assert (await seller.get(f"/api/v1/marketing/messages/{made['id']}")).status_code == 404
    assert (await api_message(seller, party)).status_code == 404
    assert (await seller.get("/api/v1/marketing/channels/email")).status_code == 403
    reader = await client_for(tenant, permissions={"crm.marketing.read", "master.party.read"})
    assert (await api_message(reader, party)).status_code == 403


async def test_secrets_are_kept_sealed_and_never_shown(client, database, tenant, settings):
    body = {
        "provider": "smtp",
        "host": "smtp.example.com",
        "port": 465,
        "sender_address": "shop@example.com",
        "secret": "s3cret-word",
        "version": 0,
    }
    saved = await client.put("/api/v1/marketing/channels/email", json=body)
    assert (saved.status_code, saved.json()["has_secret"], "s3cret-word" in saved.text) == (200, True, False)
    assert "s3cret-word" not in (await client.get("/settings/messaging")).text
    async with database.work(tenant) as work:
        row = await work.session.scalar(select(ChannelSetup))
        assert "s3cret" not in row.sealed
        key = settings.derive("channel-secrets")
        assert unseal(key, f"{tenant.id}:email", row.sealed) == "s3cret-word"
        with pytest.raises(SealBroken):
            unseal(key, f"{tenant.id + 1}:email", row.sealed)
    kept = await client.put("/api/v1/marketing/channels/email", json=body | {"secret": "", "version": saved.json()["version"]})
    assert kept.json()["has_secret"] is True
    moved = await client.put(
        "/api/v1/marketing/channels/email", json=body | {"secret": "", "host": "smtp.evil.example", "version": kept.json()["version"]}
    )
    assert moved.json()["has_secret"] is False  # a password is not sent to another server
    assert (await client.put("/api/v1/marketing/channels/email", json=body | {"version": 1})).status_code == 409


def test_a_seal_is_never_the_same_twice_and_breaks_when_touched():
    key = "ab" * 32
    first, second = seal(key, "p", "word"), seal(key, "p", "word")
    assert first != second
    with pytest.raises(SealBroken):
        unseal(key, "p", first[:-4] + ("AAAA" if not first.endswith("AAAA") else "BBBB"))
    with pytest.raises(SealBroken):
        unseal("cd" * 32, "p", first)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"host": "smtp example"}, "host"),
        ({"port": 80}, "port"),
        ({"sender_address": "nobody"}, "sender_address"),
        ({"reply_to": "a@b.c, d@e.f"}, "reply_to"),
        ({"sender_name": "A\r\nBcc: x"}, "sender_name"),
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"provider": "aliyun"}, "provider"),
    ],
)
async def test_wrong_settings_are_refused_by_field(client, change, field):
    body = {"provider": "smtp", "host": "smtp.example.com", "port": 465, "sender_address": "shop@example.com", "version": 0}
    answer = await client.put("/api/v1/marketing/channels/email", json=body | change)
    assert (answer.status_code, field in {error["field"] for error in answer.json()["errors"]}) == (422, True)


async def test_the_company_sends_through_its_own_mail_server(client, database, tenant, sending, office, customer, put):
    form = {
        "provider": "smtp",
        "host": "127.0.0.1",
        "port": str(office.port),
        "sender_address": "shop@qinghe.example",
        "sender_name": "青禾小店",
        "reply_to": "help@qinghe.example",
        "cap_count": "9",
        "cap_days": "7",
        "quiet_from": "21:00",
        "quiet_to": "08:00",
    }
    assert (await client.post("/settings/messaging/email", data=form)).status_code == 303
    await put(await customer("wang@example.com"), "wang@example.com")
    assert await send_due(database, tenant) == 1
    [letter] = office.letters
    assert (letter["From"], letter["Reply-To"]) == ("青禾小店 <shop@qinghe.example>", "help@qinghe.example")
    assert office.envelopes[0][0] == "shop@qinghe.example"
    tried = await client.post("/api/v1/marketing/channels/email/test", json={"to": "me@qinghe.example"})
    assert tried.json() == {"sent": True, "answer": "250 queued as X1"}
    wrong = await client.post("/settings/messaging/email", data=form | {"host": "no such host"})
    assert (wrong.status_code, 'id="e-host-email"' in wrong.text) == (422, True)


async def test_a_private_mail_server_is_refused_in_production(database, tenant, sending, office, customer, put, row_of, monkeypatch):
    async with database.work(tenant) as work:
        place = {"host": "127.0.0.1", "port": office.port, "sender_address": "shop@qinghe.example"}
        work.session.add(ChannelSetup(channel=Channel.EMAIL, provider=Provider.SMTP, settings=place))
    monkeypatch.setattr(database, "settings", replace(sending, environment="production"))
    message_id = await put(await customer("wang@example.com"), "wang@example.com")
    assert await send_due(database, tenant) == 0
    assert ("not a public address" in (await row_of(message_id)).answer, office.connections) == (True, 0)


async def test_messages_are_due_again_by_themselves(database, tenant, sending, office, customer, put):
    """A job that leaves something waiting asks for the next one."""
    from sqlalchemy import text

    await put(await customer("wang@example.com"), "wang@example.com", due_at=NOON + timedelta(hours=2))
    await send_due(database, tenant)
    async with database.owner_engine.connect() as connection:
        query = "SELECT count(*) FROM jobs.pgqueuer WHERE entrypoint = 'messaging.send' AND headers->>'role' = :role"
        assert (await connection.execute(text(query), {"role": tenant.role})).scalar_one() >= 1


async def test_merged_customers_messages_stay_visible(client, database, tenant, customer):
    first, second = await customer("wang@example.com"), await customer("wx@example.com")
    made = (await api_message(client, second)).json()
    async with database.work(tenant) as work:
        await work.session.execute(update(Message).where(Message.id == made["id"]).values(state=MessageState.SENT))
    await client.post(f"/api/v1/parties/{first}/merge", json={"merged_id": str(second)})
    assert (await client.get(f"/api/v1/marketing/messages/{made['id']}")).status_code == 200
