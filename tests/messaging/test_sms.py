"""Text messages: signed as the providers want it, understood when they refuse, and never into our own network."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.anew import put_anew
from tests.messaging.post import Gateway

from kernel import clock
from kernel.egress import EgressFailed, EgressRefused, call
from kernel.ids import new_id
from master_data.api import ConsentSource, Proof, create_party, keep_consent, standings_of
from messaging.channels import Channel
from messaging.outgoing.model import Message, MessageState, Purpose, Reason
from messaging.outgoing.queueing import Draft, queue
from messaging.outgoing.sending import send_due
from messaging.sms import aliyun, tencent
from messaging.sms.provider import Account

NOON = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def afternoon():
    with clock.frozen(NOON):
        yield


def account(**more) -> Account:
    return Account(**{"access_key": "AK", "secret": "SK", "sign_name": "艾克米~公司", "private": True} | more)


def test_the_signature_for_alibaba_cloud_is_that_of_its_own_library():
    """The expected value was made with alibabacloud-openapi-util 0.2.4 from the same call."""
    query = {"PhoneNumbers": "13800138000", "SignName": "艾克米~公司", "TemplateCode": "SMS_154950909",
             "TemplateParam": '{"code":"12 34+*","名":"王"}'}  # fmt: skip
    target, headers = aliyun.signed(account(), query, host="dysmsapi.aliyuncs.com", now=NOON, nonce="n1")
    canonical = headers["Authorization"].rpartition("Signature=")[2]
    assert target.startswith("/?PhoneNumbers=13800138000&SignName=%E8%89%BE%E5%85%8B%E7%B1%B3~%E5%85%AC%E5%8F%B8&")
    assert canonical == ALIYUN_EXPECTED


def test_the_signature_for_tencent_cloud_is_that_of_its_own_library():
    """The expected value was made with tencentcloud-sdk-python-common 3.1.195 from the same call."""
    payload = {"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400006666", "SignName": "艾克米", "TemplateId": "449739",
               "TemplateParamSet": ["1234", "5"]}  # fmt: skip
    _body, headers = tencent.signed(account(access_key="SID", secret="KEY"), payload, host="sms.tencentcloudapi.com", timestamp=1795420000)
    assert headers["Authorization"].rpartition("Signature=")[2] == TENCENT_EXPECTED


ALIYUN_EXPECTED = "d73dff574175eb4fe4ac8072ee3a208e20895fd7ec4a8b59b80ffc920ab06772"
TENCENT_EXPECTED = "b4f5eb1ec5e6da6973716fb319708e61c3b69505104d69201155b32251e6975d"


@pytest.fixture
async def phone_party(database, tenant):
    async with database.work(tenant) as work:
        party = await create_party(work, name="王小明", kind="person", phone="13800000001")
        await keep_consent(work, party, Channel.SMS, Proof(source=ConsentSource.FORM, note="表单"), granted=True)
    return party


@pytest.fixture
async def text_to(database, tenant, phone_party):
    async def put(phone="13800000001", template="SMS_1", **params) -> object:
        draft = Draft(
            key=str(new_id()), channel=Channel.SMS, purpose=Purpose.MARKETING, party_id=phone_party, address=phone, text="上新啦",
            sms={"template": template, "params": params},
        )  # fmt: skip
        async with database.work(tenant) as work:
            return await queue(work, draft)

    return put


@pytest.fixture
async def row_of(database, tenant):
    async def read(message_id) -> Message:
        async with database.work(tenant) as work:
            return await work.session.get_one(Message, message_id)

    return read


async def use(client, provider: str, url: str, **more) -> None:
    body = {"provider": provider, "access_key": "AK", "secret": "SK", "sign_name": "青禾", "url": url, "cap_count": 50, **more}
    answer = await put_anew(client, "/api/v1/marketing/channels/sms", body)
    assert answer.status_code == 200, answer.text


async def test_alibaba_cloud_gets_a_signed_call_and_its_answer_counts(client, database, tenant, sending, text_to, row_of):
    answers = iter(
        [
            (200, {"Code": "OK", "BizId": "biz-1", "Message": "OK"}),
            (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "too often"}),
            (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL", "Message": "no number"}),
            (400, {"Code": "SignatureDoesNotMatch", "Message": "x"}),
            (0, None),
        ]
    )
    with Gateway(lambda *_: next(answers)) as gateway:
        await use(client, "aliyun", gateway.url)
        ids = [await text_to(name="王") for _ in range(5)]
        assert await send_due(database, tenant) == 1
        path, headers, _body = gateway.requests[0]
    query = parse_qs(urlsplit(path).query)
    assert (query["PhoneNumbers"], query["SignName"], json.loads(query["TemplateParam"][0])) == (["13800000001"], ["青禾"], {"name": "王"})
    assert headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=AK,SignedHeaders=host;x-acs-action;")
    states = [(await row_of(each)).state for each in ids]
    assert states == [MessageState.SENT, MessageState.QUEUED, MessageState.FAILED, MessageState.FAILED, MessageState.UNSURE]
    assert (await row_of(ids[0])).provider_id == "biz-1"


async def test_tencent_cloud_gets_a_signed_call_and_its_answer_counts(client, database, tenant, sending, text_to, row_of):
    answers = iter(
        [
            (200, {"Response": {"SendStatusSet": [{"Code": "Ok", "SerialNo": "s-1", "Message": "send success"}]}}),
            (200, {"Response": {"SendStatusSet": [{"Code": "LimitExceeded.PhoneNumberDailyLimit", "Message": "x"}]}}),
            (200, {"Response": {"Error": {"Code": "AuthFailure.SignatureFailure", "Message": "x"}}}),
        ]
    )
    with Gateway(lambda *_: next(answers)) as gateway:
        await use(client, "tencent", gateway.url, app_id="1400")
        ids = [await text_to(first="王", second="8 折") for _ in range(3)]
        assert await send_due(database, tenant) == 1
        _path, headers, body = gateway.requests[0]
    said = json.loads(body)
    assert (said["PhoneNumberSet"], said["TemplateParamSet"], said["SmsSdkAppId"]) == (["+8613800000001"], ["王", "8 折"], "1400")
    assert headers["x-tc-action"] == "SendSms"
    assert [(await row_of(each)).state for each in ids] == [MessageState.SENT, MessageState.QUEUED, MessageState.FAILED]


async def test_any_gateway_gets_words_with_name_and_way_out(client, database, tenant, sending, text_to, row_of):
    answers = iter([(200, {"status": "accepted", "id": "g-1"}), (200, {"status": "rejected", "message": "no"}), (503, {}), (409, {})])
    with Gateway(lambda *_: next(answers)) as gateway:
        await use(client, "gateway", gateway.url + "/send")
        ids = [await text_to(template="") for _ in range(4)]
        assert await send_due(database, tenant) == 2
        _path, headers, body = gateway.requests[0]
    said = json.loads(body)
    assert (said["text"], said["to"], said["id"]) == ("【青禾】上新啦 拒收请回复R", "+8613800000001", ids[0].hex)
    assert headers["x-signature"] == "sha256=" + hmac.new(b"SK", body, hashlib.sha256).hexdigest()
    states = [(await row_of(each)).state for each in ids]
    assert states == [MessageState.SENT, MessageState.FAILED, MessageState.QUEUED, MessageState.SENT]


async def test_numbers_of_other_countries_and_a_channel_that_is_not_set_up(client, database, tenant, sending, text_to, row_of):
    unset = await text_to()
    await send_due(database, tenant)
    assert (await row_of(unset)).reason is Reason.NO_PROVIDER
    with Gateway(lambda *_: (200, {"status": "accepted"})) as gateway:
        await use(client, "gateway", gateway.url)
        abroad = await text_to("+447700900123")
        assert await send_due(database, tenant) == 0
        assert ((await row_of(abroad)).reason, gateway.requests) == (Reason.COUNTRY, [])


async def test_receipts_and_answers_come_to_the_address_of_the_company(
    client, other_client, database, tenant, sending, text_to, row_of, phone_party
):
    with Gateway(lambda *_: (200, {"status": "accepted", "id": "g-1"})) as gateway:
        await use(client, "gateway", gateway.url)
        message_id = await text_to(template="")
        await send_due(database, tenant)
    hook = (await client.get("/api/v1/marketing/channels/sms")).json()["hook"]
    path = urlsplit(hook).path
    told = await client.post(path, json=[{"id": "g-1", "to": "+8613800000001", "arrived": True}])
    assert (told.status_code, told.json()["taken"], (await row_of(message_id)).state) == (200, 1, MessageState.DELIVERED)
    assert (await other_client.post(path, json=[])).status_code == 404  # the address is of this company only
    assert (await client.post(f"/hooks/sms/{'a' * 53}", json=[])).status_code == 404
    assert (await client.post(path, json={"from": "13800000001", "text": "什么时候到？"})).json()["taken"] == 1
    assert (await row_of(message_id)).replied_at is not None
    async with database.work(tenant) as work:
        assert (await standings_of(work, phone_party))[1].granted is True
    assert (await client.post(path, json={"from": "13800000001", "text": " r "})).json()["taken"] == 1
    async with database.work(tenant) as work:
        sms = (await standings_of(work, phone_party))[1]
        assert (sms.granted, sms.history[0].source) == (False, ConsentSource.REPLY)


def test_receipts_of_the_big_providers_are_understood():
    [report] = aliyun.Aliyun().receipts([{"phone_number": "13800000001", "biz_id": "b", "success": False, "err_code": "MK:0001"}])
    assert (report.phone, report.provider_id, report.arrived, report.code) == ("+8613800000001", "b", False, "MK:0001")
    [answer] = aliyun.Aliyun().receipts([{"phone_number": "13800000001", "content": "R"}])
    assert answer.reply == "R"
    [report] = tencent.Tencent().receipts([{"mobile": "13800000001", "nationcode": "86", "report_status": "SUCCESS", "sid": "s"}])
    assert (report.phone, report.provider_id, report.arrived) == ("+8613800000001", "s", True)
    [answer] = tencent.Tencent().receipts({"mobile": "13800000001", "nationcode": "86", "text": "TD"})
    assert answer.reply == "TD"
    assert list(tencent.Tencent().receipts(["x", 1, None])) == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "https://127.0.0.1/", "https://localhost/", "https://0.0.0.0/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
        "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://0177.0.0.1/", "https://2130706433/",
        "https://0x7f.1/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "ftp://example.com/", "file:///etc/passwd",
        "https://user:pw@127.0.0.1/", "https://127.0.0.1:8443/", "http://example.com/", "https://100.64.0.1/", "https://224.0.0.1/",
    ],
)  # fmt: skip
async def test_no_call_reaches_our_own_network(url):
    with pytest.raises((EgressRefused, EgressFailed)) as caught:
        await call("POST", url)
    assert not getattr(caught.value, "sent", False)


async def test_a_redirect_is_not_followed():
    with Gateway(lambda *_: (302, {})) as gateway:
        assert (await call("POST", gateway.url, private=True)).status == 302
        assert len(gateway.requests) == 1


async def test_a_name_that_leads_inside_is_refused(monkeypatch):
    """All addresses of a name are checked, and the connection goes to the one that was."""
    import socket

    answers = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: answers)
    with pytest.raises(EgressRefused):
        await call("POST", "https://rebind.example/")
