"""Parked deliveries are seen and tried again by those who manage apps."""

from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select

from identity.audit.model import AuditEntry
from kernel import clock
from kernel.ids import new_id
from kernel.outbox import OutboxEvent

HTML = {"accept": "text/html", "accept-language": "en"}
PAGE = "/settings/deliveries"


@pytest.fixture
async def give_up(database):
    """Park a delivery of a tenant: ``await give_up(tenant, "shop.Sold")``."""

    async def park(tenant, event, error="ValueError: no <paper> in the printer"):
        values = {
            "id": new_id(),
            "event": event,
            "event_id": uuid4(),
            "payload": {},
            "vertical": "identity",
            "subscriber": "shop.x:print_it",
        }
        values |= {"attempts": 8, "parked_at": clock.now(), "last_error": error}
        async with database.work(tenant) as work:
            await work.session.execute(insert(OutboxEvent).values(values))
        return values["id"]

    return park


async def waiting(database, tenant):
    async with database.work(tenant) as work:
        return await work.session.scalar(select(func.count()).where(OutboxEvent.parked_at.is_not(None)))


async def test_nothing_failed_is_good_news(client):
    answer = await client.get(PAGE, headers=HTML)
    assert answer.status_code == 200
    assert "Nothing has failed" in answer.text
    assert f'href="{PAGE}"' in (await client.get("/", headers=HTML)).text


async def test_a_parked_delivery_is_listed_with_its_reason(client, tenant, give_up):
    await give_up(tenant, "shop.Sold")
    text = (await client.get(PAGE, headers=HTML)).text
    for part in ("shop.Sold", "no &lt;paper&gt; in the printer", "Administration", "shop.x:print_it"):
        assert part in text
    assert 'id="nc--settings-deliveries"' in (counts := (await client.get("/shell/counts", headers=HTML)).text)
    assert ">1<" in counts


async def test_it_is_tried_again_and_that_is_noted(client, tenant, give_up, database):
    first, _second = await give_up(tenant, "shop.Sold"), await give_up(tenant, "shop.Paid")
    assert (await client.post(f"{PAGE}/{first}/retry", headers=HTML)).status_code == 303
    assert await waiting(database, tenant) == 1
    async with database.work(tenant) as work:
        row = await work.session.get(OutboxEvent, first)
        assert row.attempts == 0
        entry = await work.session.scalar(select(AuditEntry).where(AuditEntry.action == "delivery.retried"))
        assert (entry.object, entry.object_name) == (f"delivery:{first}", "shop.Sold")
    assert (await client.post(f"{PAGE}/{first}/retry", headers=HTML)).status_code == 404, "it does not wait any more"


async def test_all_are_tried_again_at_once(client, tenant, give_up, database):
    for event in ("shop.Sold", "shop.Paid"):
        await give_up(tenant, event)
    assert (await client.post(f"{PAGE}/retry", headers=HTML)).status_code == 303
    assert await waiting(database, tenant) == 0


async def test_another_company_sees_and_retries_nothing_of_it(tenant, other_client, give_up, database):
    mine = await give_up(tenant, "shop.Sold")
    assert "shop.Sold" not in (await other_client.get(PAGE, headers=HTML)).text
    assert (await other_client.post(f"{PAGE}/{mine}/retry", headers=HTML)).status_code == 404
    assert (await other_client.post(f"{PAGE}/retry", headers=HTML)).status_code == 303
    assert await waiting(database, tenant) == 1


async def test_it_asks_for_the_right_to_manage_apps(client_for, tenant):
    stranger = await client_for(tenant, permissions={"crm.order.read"})
    assert (await stranger.get(PAGE, headers=HTML)).status_code == 403
    assert (await stranger.post(f"{PAGE}/retry", headers=HTML)).status_code == 403
