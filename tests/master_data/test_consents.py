"""Consents to advertising: the proof, the link to unsubscribe, and the suppression list."""

import asyncio
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from kernel.ids import new_id
from master_data.consents.links import PURPOSE, link_of
from master_data.consents.model import Consent, ConsentSource
from master_data.consents.service import Proof, agreed_among, keep_consent
from messaging.channels import Channel, address_key, masked_address
from messaging.suppression.model import Suppression, SuppressionReason
from messaging.suppression.service import suppress, suppressed_among
from messaging.tokens import Subject, make_token, read_token

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
async def party(client) -> str:
    body = {"name": "王小明", "kind": "person", "email": "Xiaoming@Example.com", "phone": "138 0000 0001"}
    return (await client.post("/api/v1/parties", json=body)).json()["id"]


@pytest.fixture
async def stranger_at(app, settings):
    clients = []

    def open_at(tenant) -> httpx.AsyncClient:
        base = settings.tenant_url(tenant.slug, "").rstrip("/")
        clients.append(httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base))
        return clients[-1]

    yield open_at
    for each in clients:
        await each.aclose()


async def agree(client, party, channel="email", **fields) -> httpx.Response:
    body = {"channel": channel, "granted": True, "note": "展会签名", **fields}
    return await client.post(f"/api/v1/parties/{party}/consents", json=body)


async def standing(client, party, channel="email") -> dict:
    rows = (await client.get(f"/api/v1/parties/{party}/consents")).json()
    return next(row for row in rows if row["channel"] == channel)


def path_of(settings, tenant, party, channel=Channel.EMAIL) -> str:
    return httpx.URL(link_of(settings, tenant, UUID(party), channel)).path


@pytest.mark.parametrize(
    ("channel", "text", "key"),
    [
        ("email", " Lin@Example.COM ", "lin@example.com"),
        ("email", "lin@example.com, wang@example.com", None),
        ("email", "lin@example.com\nBcc: x@example.com", None),
        ("email", "lin@localhost", None),
        ("sms", "138-0000 0001", "+8613800000001"),
        ("sms", "0086 13800000001", "+8613800000001"),
        ("sms", "+44 7700 900123", "+447700900123"),
        ("sms", "0571-88880000", None),
        ("sms", "", None),
    ],
)
def test_an_address_has_one_form_or_is_none(channel, text, key):
    assert address_key(Channel(channel), text) == key


def test_a_masked_address_can_be_recognised():
    assert masked_address("lin@example.com") == "l***@example.com"
    assert masked_address("+8613800000001") == "+86138****0001"


def test_a_token_is_read_back_and_cannot_be_altered():
    subject = Subject(tenant_id=7, kind="e", id=new_id())
    token = make_token("key", subject)
    assert read_token("key", token) == subject
    assert read_token("key", token.upper()) == subject
    assert read_token("another key", token) is None
    for place in range(0, len(token) - 1, 4):
        letter = "b" if token[place] == "a" else "a"
        assert read_token("key", token[:place] + letter + token[place + 1 :]) is None
    assert [read_token("key", wrong) for wrong in ("", "x" * 53, token + "a", "é" * 53)] == [None] * 4


async def test_a_consent_is_kept_with_its_proof(client, party):
    assert (await standing(client, party))["granted"] is None
    text = (await client.post("/api/v1/consent-texts", json={"channel": "email", "body": "我同意接收促销邮件"})).json()
    made = await agree(client, party, text_id=text["id"], ip="203.0.113.9", agent="Form", at="2026-03-01T08:00:00Z")
    assert made.status_code == 201, made.text
    found = await standing(client, party)
    assert (found["granted"], found["reachable"], found["address"]) == (True, True, "xiaoming@example.com")
    [proof] = found["history"]
    assert (proof["text_id"], proof["note"], proof["ip"], proof["at"]) == (text["id"], "展会签名", "203.0.113.9", "2026-03-01T08:00:00Z")
    assert proof["by_name"].startswith("林晓")
    assert (await standing(client, party, "sms"))["granted"] is None


async def test_without_proof_an_agreement_counts_for_nothing(client, party):
    refused = await agree(client, party, note=" ")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "note")
    assert (await agree(client, party, at="2999-01-01T00:00:00Z")).status_code == 422
    assert (await agree(client, party, text_id=str(new_id()))).status_code == 404
    assert (await standing(client, party))["granted"] is None


async def test_a_new_text_gets_a_new_number_and_the_old_one_stays(client, party):
    first = (await client.post("/api/v1/consent-texts", json={"channel": "sms", "body": "同意一"})).json()
    await agree(client, party, "sms", text_id=first["id"])
    assert (await client.post("/api/v1/consent-texts", json={"channel": "sms", "body": "同意一"})).status_code == 422
    second = (await client.post("/api/v1/consent-texts", json={"channel": "sms", "body": "同意二"})).json()
    assert (first["number"], second["number"]) == (1, 2)
    assert (await agree(client, party, "email", text_id=second["id"])).status_code == 404  # of the other channel
    assert [text["body"] for text in (await client.get("/api/v1/consent-texts")).json()] == ["同意二", "同意一"]
    assert (await standing(client, party, "sms"))["history"][0]["text_id"] == first["id"]


async def test_one_click_ends_advertising_by_that_channel_only(client, party, settings, tenant, stranger_at):
    await agree(client, party)
    await agree(client, party, "sms")
    stranger = stranger_at(tenant)
    path = path_of(settings, tenant, party)
    sent = await stranger.post(path, data=ONE_CLICK, headers={"sec-fetch-site": "cross-site", "user-agent": "Mail service"})
    assert (sent.status_code, "set-cookie" in sent.headers) == (200, False)
    mail, sms = await standing(client, party), await standing(client, party, "sms")
    assert (mail["granted"], mail["reachable"], mail["suppressed"]) == (False, False, "unsubscribed")
    assert (sms["granted"], sms["reachable"]) == (True, True)
    assert (mail["history"][0]["source"], mail["history"][0]["agent"], mail["history"][0]["by_name"]) == ("link", "Mail service", "")


async def test_looking_at_the_page_ends_nothing(client, party, settings, tenant, stranger_at):
    await agree(client, party)
    stranger, path = stranger_at(tenant), path_of(settings, tenant, party)
    shown = await stranger.get(path, headers={"accept-language": "zh-CN"})
    assert (shown.status_code, "退订" in shown.text, tenant.name in shown.text) == (200, True, True)
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "Unsubscribe" in (await stranger.get(path, headers={"accept-language": "en"})).text
    assert (await standing(client, party))["reachable"] is True


async def test_a_mistake_is_taken_back_but_a_complaint_stays(client, party, settings, tenant, stranger_at, database):
    await agree(client, party)
    stranger, path = stranger_at(tenant), path_of(settings, tenant, party)
    await stranger.post(path)
    assert (await stranger.post(f"{path}/again")).status_code == 200
    found = await standing(client, party)
    assert (found["reachable"], [row["granted"] for row in found["history"]]) == (True, [True, False, True])
    async with database.work(tenant) as work:
        await suppress(work, Channel.EMAIL, "xiaoming@example.com", SuppressionReason.COMPLAINED)
    await agree(client, party)
    assert (await standing(client, party))["suppressed"] == "complained"


async def test_a_link_of_another_company_or_an_invented_one_is_none(client, party, settings, tenant, other_tenant, stranger_at):
    await agree(client, party)
    path = path_of(settings, tenant, party)
    elsewhere = stranger_at(other_tenant)
    assert (await elsewhere.get(path)).status_code == 404
    assert (await elsewhere.post(path, data=ONE_CLICK)).status_code == 404
    foreign = make_token(settings.derive(PURPOSE), Subject(tenant_id=other_tenant.id, kind="e", id=UUID(party)))
    assert (await elsewhere.post(f"/u/{foreign}", data=ONE_CLICK)).status_code == 200  # rightly signed, about nobody of theirs
    assert (await standing(client, party))["reachable"] is True
    guesses = [(await elsewhere.get(f"/u/{'a' * 53}")).status_code for _ in range(25)]
    assert guesses[-1] == 429


async def test_two_at_once_leave_one_latest_word(party, tenant, database):
    async def note(granted: bool) -> None:
        async with database.work(tenant) as work:
            await keep_consent(work, UUID(party), Channel.EMAIL, Proof(source=ConsentSource.STAFF, note="x"), granted=granted)

    await asyncio.gather(*(note(n % 2 == 0) for n in range(8)))
    async with database.work(tenant) as work:
        latest = (await work.session.scalars(select(Consent).where(Consent.latest))).all()
        assert len(latest) == 1
        assert (await agreed_among(work, Channel.EMAIL, [UUID(party)]) == {UUID(party)}) is latest[0].granted


async def test_two_parties_that_become_one_agreed_only_if_both_did(client, party, tenant, database):
    other = (await client.post("/api/v1/parties", json={"name": "王晓明", "kind": "person", "email": "wxm@example.com"})).json()["id"]
    await agree(client, party)
    await client.post(f"/api/v1/parties/{other}/consents", json={"channel": "email", "granted": False})
    merged = await client.post(f"/api/v1/parties/{party}/merge", json={"merged_id": other})
    assert merged.status_code in (200, 201), merged.text
    found = await standing(client, party)
    assert (found["granted"], len(found["history"])) == (False, 2)
    async with database.work(tenant) as work:
        assert await agreed_among(work, Channel.EMAIL, [UUID(party)]) == set()


async def test_the_suppression_list_is_kept_by_hand_too(client, other_client, tenant, database):
    assert (await client.post("/api/v1/suppressions", json={"channel": "sms", "address": "nobody"})).status_code == 422
    for address in ("13800000001", "+86 138 0000 0001"):
        assert (await client.post("/api/v1/suppressions", json={"channel": "sms", "address": address})).status_code == 201
    [row] = (await client.get("/api/v1/suppressions")).json()["items"]
    assert (row["address"], row["reason"]) == ("+8613800000001", "manual")
    assert (await other_client.get("/api/v1/suppressions")).json()["items"] == []
    assert (await other_client.delete(f"/api/v1/suppressions/{row['id']}")).status_code == 404
    async with database.work(tenant) as work:
        assert await suppressed_among(work, Channel.SMS, ["+8613800000001"]) == {"+8613800000001": SuppressionReason.MANUAL}
    assert (await client.delete(f"/api/v1/suppressions/{row['id']}")).status_code == 204
    assert (await client.get("/api/v1/suppressions")).json()["items"] == []


async def test_the_list_goes_on_where_the_page_ended(client, tenant, database):
    async with database.work(tenant) as work:
        work.session.add_all(
            Suppression(channel=Channel.EMAIL, address=f"a{n}@example.com", reason=SuppressionReason.BOUNCED) for n in range(7)
        )
    seen, after = [], ""
    while after is not None:
        found = (await client.get(f"/api/v1/suppressions?limit=3&after={after}" if after else "/api/v1/suppressions?limit=3")).json()
        seen += [row["address"] for row in found["items"]]
        after = found["next"]
    assert (len(seen), len(set(seen))) == (7, 7)
    assert [row["address"] for row in (await client.get("/api/v1/suppressions?q=A3@")).json()["items"]] == ["a3@example.com"]


async def test_the_card_keeps_and_shows_the_proof(client, party):
    page = await client.get(f"/parties/{party}")
    assert 'id="party-consents"' in page.text
    refused = await client.post(f"/parties/{party}/consents", data={"channel": "email", "granted": "1", "note": ""})
    assert (refused.status_code, 'id="e-consent-note-email"' in refused.text) == (422, True)
    kept = await client.post(f"/parties/{party}/consents", data={"channel": "email", "granted": "1", "note": "电话里说的"})
    assert (kept.status_code, "电话里说的" in kept.text) == (200, True)
    assert (await standing(client, party))["reachable"] is True
    links = await client.get(f"/parties/{party}/unsubscribe-links")
    assert links.text.count("/u/") == 2


async def test_the_settings_page_writes_texts_and_the_list(client, tenant):
    for path, data in (("texts", {"channel": "email", "body": "我同意"}), ("suppressions", {"address": "x@example.com"})):
        assert (await client.post(f"/settings/consents/{path}", data=data)).status_code == 303
    shown = (await client.get("/settings/consents")).text
    assert ("我同意" in shown, "x@example.com" in shown) == (True, True)
    wrong = await client.post("/settings/consents/suppressions", data={"address": "nobody"})
    assert (wrong.status_code, "nobody" in wrong.text) == (422, True)


async def test_rights_hold_for_consents(client_for, seat_for, client, party, tenant):
    reader = await client_for(tenant, permissions={"master.party.read"})
    assert (await reader.get(f"/api/v1/parties/{party}/consents")).status_code == 200
    assert (await agree(reader, party)).status_code == 403
    for path in ("/api/v1/suppressions", "/settings/consents"):
        assert (await reader.get(path)).status_code == 403
    seller = await seat_for(tenant, "sales")  # sees their own only
    assert (await seller.client.get(f"/api/v1/parties/{party}/consents")).status_code == 404
    assert (await agree(seller.client, party)).status_code == 404


async def test_another_company_reaches_no_consent(other_client, client, party):
    await agree(client, party)
    for path in (f"/api/v1/parties/{party}/consents", f"/parties/{party}/unsubscribe-links"):
        assert (await other_client.get(path)).status_code == 404
    assert (await agree(other_client, party)).status_code == 404
    assert (await other_client.get("/api/v1/consent-texts")).json() == []


async def test_an_address_that_a_role_may_not_see_is_not_in_the_proof(client, client_for, party, tenant, database):
    from master_data.scopes.model import FieldRight, FieldRule

    await agree(client, party, "sms")
    reader = await client_for(tenant, permissions={"master.party.read"})
    async with database.registry_session() as session:
        from identity.roles.model import RoleRow

        role = await session.scalar(select(RoleRow.code).where(RoleRow.tenant_id == tenant.id, RoleRow.label == "Test"))
    async with database.work(tenant) as work:
        work.session.add(FieldRule(role=role, stem="master.party", field="phone", field_right=FieldRight.MASKED))
    shown = await reader.get(f"/api/v1/parties/{party}/consents")
    assert "13800000001" not in shown.text
    assert "****" in shown.text
