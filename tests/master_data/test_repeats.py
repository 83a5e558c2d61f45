"""Requests with an ``Idempotency-Key``: made once, answered alike, however often they are sent."""

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa

from kernel import clock
from master_data.repeats.model import KeptAnswer
from master_data.repeats.service import forget_answers

PARTIES = "/api/v1/parties"


async def post(client, body, key="k-1", path=PARTIES):
    return await client.post(path, json=body, headers={"Idempotency-Key": key} if key is not None else {})


async def total(client, path=PARTIES):
    return len((await client.get(path)).json()["items"])


async def test_the_same_request_is_answered_as_the_first_time(client):
    first = await post(client, {"name": "甲", "region": "杭州"})
    again = await post(client, {"region": "杭州", "name": "甲"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == again.headers["location"]
    assert ("idempotent-replayed" in first.headers, again.headers["idempotent-replayed"]) == (False, "true")
    assert await total(client) == 1
    assert (await post(client, {"name": "乙"}, "k-2")).status_code == 201
    assert await total(client) == 2


async def test_the_same_key_with_another_body_is_refused(client, tenant, state_of):
    await post(client, {"name": "甲"})
    before = await state_of(tenant)
    refused = await post(client, {"name": "乙"})
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_mismatch")
    assert await state_of(tenant) == before


async def test_many_at_once_make_one(client):
    answers = await asyncio.gather(*(post(client, {"name": "甲", "same_name_allowed": True}) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert [answer.headers.get("idempotent-replayed") for answer in answers].count(None) == 1
    assert await total(client) == 1


async def test_a_request_that_failed_may_be_sent_again_with_its_key(client):
    await client.post(PARTIES, json={"name": "甲"})
    assert (await post(client, {"name": "甲"})).status_code == 409
    assert (await post(client, {"name": "甲", "same_name_allowed": True})).status_code == 201


async def test_keys_are_each_caller_s_and_each_company_s_own(client, tenant, client_for, other_client):
    mine = (await post(client, {"name": "甲"})).json()
    colleague = await client_for(tenant)
    theirs = await post(colleague, {"name": "乙"})
    assert (theirs.status_code, theirs.json()["id"] != mine["id"]) == (201, True)
    away = await post(other_client, {"name": "甲"})
    assert (away.status_code, "idempotent-replayed" in away.headers) == (201, False)
    assert await total(other_client) == 1


async def test_who_may_not_create_is_not_answered_from_memory(client, tenant, client_for):
    reader = await client_for(tenant, permissions={"master.party.read"})
    await post(client, {"name": "甲"})
    assert (await post(reader, {"name": "甲"})).status_code == 403


@pytest.mark.parametrize("key", ["", " ", "x" * 201, "a b", "schlüssel".encode().decode("latin-1")])
async def test_a_key_is_short_and_plain(client, key):
    answer = await client.post(PARTIES, json={"name": "甲"}, headers={"Idempotency-Key": key.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_unusable")
    assert await total(client) == 0


async def test_a_key_is_forgotten_after_a_day(client, tenant, database):
    await post(client, {"name": "甲"})
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(KeptAnswer).values(created_at=clock.now() - timedelta(hours=25)))
    assert (await post(client, {"name": "乙"})).status_code == 201
    async with database.work(tenant) as work:
        await work.session.execute(sa.update(KeptAnswer).values(created_at=clock.now() - timedelta(hours=25)))
        await forget_answers(work)
        assert await work.session.scalar(sa.select(sa.func.count()).select_from(KeptAnswer)) == 0


async def test_orders_opportunities_and_leads_are_made_once(client):
    party = (await client.post(PARTIES, json={"name": "甲"})).json()["id"]
    order = {"party_id": party, "lines": [{"description": "安装", "quantity": "1", "unit_price": "10.00"}]}
    bodies = {"orders": order, "opportunities": {"party_id": party, "name": "咖啡机"}, "leads": {"name": "张三"}}
    for path, body in bodies.items():
        answers = [await post(client, body, "same", f"/api/v1/{path}") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
        assert answers[0].json() == answers[1].json(), path
        assert await total(client, f"/api/v1/{path}") == 1
        other = await post(client, body | {"remark" if path != "leads" else "need": "x"}, "same", f"/api/v1/{path}")
        assert other.json()["code"] == "idempotency_mismatch", path


async def test_the_description_of_the_api_names_the_header(client):
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    for path in ("/api/v1/parties", "/api/v1/orders", "/api/v1/opportunities"):
        assert "Idempotency-Key" in [parameter["name"] for parameter in paths[path]["post"]["parameters"]]


def test_old_answers_are_forgotten_each_night(catalog):
    assert "master_data.forget_answers" in {
        contribution.item.key for contribution in catalog.contributions("jobs") if contribution.item.cron
    }
